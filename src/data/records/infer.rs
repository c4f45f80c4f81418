//! The kind of a column that nobody named: by its header, else by its values.
//!
//! Names have no form of their own; they are told by the commonest ones, which one person in six or more has in most
//! countries that write them in Latin letters. A wrong guess costs little: kinds decide which priors the fit starts from.
//!
//! A rule holds where six values in ten of the sample satisfy it: real columns have blanks, slips and placeholders. The
//! order of the rules is from the most to the least telling form.

use super::kind::FieldKind;

/// Values looked at; more would not change the answer.
const SAMPLE: usize = 500;

/// The kind of a column, from its header and, where that says nothing, from its values.
pub(crate) fn infer<'a>(header: &str, values: impl Iterator<Item = &'a str>) -> FieldKind {
    let sample: Vec<&str> = values.filter(|v| !v.trim().is_empty()).take(SAMPLE).collect();
    let named = FieldKind::from_header(header);
    let most = |test: &dyn Fn(&str) -> bool| {
        !sample.is_empty() && sample.iter().filter(|v| test(v)).count() * 10 >= sample.len() * 6
    };
    if matches!(named, Some(FieldKind::FullName)) && most(&|v| v.chars().any(is_han)) {
        return FieldKind::ChineseName;
    }
    // A "title" of many words is that of a book or a product.
    let long = |v: &str| v.split_whitespace().count() > 2;
    let digits = |v: &str| v.chars().filter(char::is_ascii_digit).count();
    // "direct mail" may hold yes and no: a header must not speak against all values.
    let any = |test: &dyn Fn(&str) -> bool| sample.is_empty() || sample.iter().any(|v| test(v));
    let plausible = |kind: &FieldKind| match kind {
        FieldKind::Category => few(&sample) || !most(&long),
        FieldKind::Email => any(&|v| v.contains(['@', '＠', '*'])),
        FieldKind::Phone => any(&|v| v.chars().filter(|c| c.is_numeric() || *c == '*').count() >= 4),
        FieldKind::BirthDate => any(&|v| v.chars().any(char::is_numeric)),
        _ => true,
    };
    if let Some(kind) = named.filter(plausible) {
        return kind;
    }
    if most(&|v| v.contains('@') && v.contains('.')) {
        FieldKind::Email
    } else if most(&|v| v.parse::<crate::types::Day>().is_ok()) {
        FieldKind::BirthDate
    } else if most(&|v| digits(v) >= 17 && v.len() == 18) {
        FieldKind::NationalId
    } else if most(&|v| (10..=14).contains(&digits(v)) && v.len() <= digits(v) + 5) {
        FieldKind::Phone
    } else if most(&|v| v.chars().all(is_han) && (2..=4).contains(&v.chars().count())) {
        FieldKind::ChineseName
    } else if code(&sample) {
        FieldKind::Postcode
    } else if most(&|v| v.parse::<f64>().is_ok_and(f64::is_finite)) {
        FieldKind::Number
    } else if few(&sample) {
        FieldKind::Category
    } else {
        text(&sample)
    }
}

/// Digits, all of one length between four and seven, some with a zero in front: a code, not a quantity.
fn code(sample: &[&str]) -> bool {
    let length = sample.first().map_or(0, |v| v.len());
    let digits = |v: &&str| v.len() == length && v.bytes().all(|b| b.is_ascii_digit());
    (4..=7).contains(&length)
        && sample.len() >= 20
        && sample.iter().all(digits)
        && (sample.iter().any(|v| v.starts_with('0')) || (5..=6).contains(&length) && !few(sample))
}

/// Names of persons, addresses, or any text.
fn text(sample: &[&str]) -> FieldKind {
    let lower: Vec<Vec<String>> =
        sample.iter().map(|v| v.split_whitespace().map(str::to_lowercase).collect()).collect();
    // How many in a hundred have a word of a list, in front or at the end.
    let share = |words: usize, list: &str, last: bool| {
        let known = |v: &&Vec<String>| {
            let word = if last { v.last() } else { v.first() };
            v.len() == words && word.is_some_and(|w| list.split(' ').any(|known| known == w.as_str()))
        };
        lower.iter().filter(known).count() * 100 / lower.len().max(1)
    };
    let (given, family) = (share(1, GIVEN, false), share(1, FAMILY, false));
    let both = share(2, GIVEN, false).max(share(2, FAMILY, true));
    let letters = |v: &&str| v.chars().any(char::is_alphabetic) && v.chars().any(|c| c.is_ascii_digit());
    let number = |w: &str| w.starts_with(|c: char| c.is_ascii_digit()) && w.len() <= 5;
    let housed = |v: &&Vec<String>| {
        v.len() >= 2 && (v.first().is_some_and(|w| number(w)) || v.last().is_some_and(|w| number(w)))
    };
    if given >= 15 && given > family {
        FieldKind::GivenName
    } else if family >= 10 {
        FieldKind::FamilyName
    } else if both >= 15 {
        FieldKind::FullName
    } else if !sample.is_empty()
        && sample.iter().filter(|v| letters(v)).count() * 10 >= sample.len() * 6
        && lower.iter().filter(housed).count() * 10 >= sample.len() * 6
    {
        FieldKind::Address
    } else {
        FieldKind::FreeText
    }
}

/// Common given names of Europe and the Americas.
const GIVEN: &str = "james john robert michael william david richard joseph thomas charles christopher daniel matthew \
    anthony mark donald steven paul andrew joshua kenneth kevin brian george edward peter jack oliver harry henry samuel \
    mary patricia jennifer linda elizabeth barbara susan jessica sarah karen nancy lisa betty margaret sandra ashley \
    emily emma olivia amelia sophie charlotte laura anna maria marie julia hannah lena jan lukas stefan andreas \
    thomas martin jean pierre michel nicolas camille jose juan antonio manuel francisco luis carlos carmen ana lucia \
    giuseppe giovanni marco luca francesca joao pedro alex alexander ivan sergei olga elena mohammed muhammad ahmed ali \
    fatima";

/// Common family names of the same, and Chinese ones in Latin letters.
const FAMILY: &str = "smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez \
    wilson anderson thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis \
    robinson walker young allen king wright scott torres nguyen hill green adams nelson baker hall evans roberts hughes \
    edwards wood muller müller schmidt schneider fischer weber meyer wagner becker bernard dubois durand moreau rossi \
    russo ferrari esposito silva santos oliveira pereira jansen ivanov petrov kim park khan singh kumar patel wang li \
    zhang liu chen yang";

/// Twenty distinct values or fewer among fifty or more: a category.
fn few(sample: &[&str]) -> bool {
    let mut distinct = sample.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    sample.len() >= 50 && distinct.len() <= 20
}

/// Whether a character is a Han character.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_first_then_content() {
        let kind = |header: &str, values: &[&str]| infer(header, values.iter().copied());
        assert_eq!(kind("surname", &["1", "2"]), FieldKind::FamilyName);
        assert_eq!(kind("name", &["张伟", "李娜"]), FieldKind::ChineseName);
        assert_eq!(kind("name", &["Ann Lee"]), FieldKind::FullName);
        assert_eq!(kind("x", &["a@b.com", "", "c@d.org"]), FieldKind::Email);
        assert_eq!(kind("x", &["1980-01-02", "1980年1月2日"]), FieldKind::BirthDate);
        assert_eq!(kind("x", &["13800000000", "+86 138 0000 0000"]), FieldKind::Phone);
        assert_eq!(kind("x", &["1.5", "2"]), FieldKind::Number);
        assert_eq!(kind("x", &[]), FieldKind::FreeText);
    }

    #[test]
    fn names_addresses_and_codes_are_told_by_their_values() {
        let kind = |values: &[&str]| infer("x", values.iter().copied());
        assert_eq!(kind(&["James", "Mary", "Zebulon", "Rob"]), FieldKind::GivenName);
        assert_eq!(kind(&["Smith", "Lee", "Zwart", "Oduya"]), FieldKind::FamilyName);
        assert_eq!(kind(&["Mary Smith", "Tariq Oduya", "Zoe Lee"]), FieldKind::FullName);
        assert_eq!(kind(&["12 Mill Lane", "Hauptstr. 7", "9a High St"]), FieldKind::Address);
        assert_eq!(kind(&["red lamp", "blue chair", "oak table"]), FieldKind::FreeText);
        let codes: Vec<String> = (0..40).map(|i| format!("{:05}", i * 1_234)).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        assert_eq!(kind(&codes), FieldKind::Postcode);
        let titles = ["sony a7 camera", "dell xps laptop", "bosch dry vacuum"];
        assert_eq!(infer("title", titles.iter().copied()), FieldKind::FreeText);
    }
}
