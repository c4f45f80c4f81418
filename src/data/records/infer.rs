//! The kind of a column that nobody named: by its header, else by its values.
//!
//! Names have no form of their own; they are told by the commonest ones, which one person in six or more has in most
//! countries that write them in Latin letters. A wrong guess costs little: kinds decide which priors the fit starts from.
//!
//! A rule holds where six values in ten of the sample satisfy it: real columns have blanks, slips and placeholders. The
//! order of the rules is from the most to the least telling form.

use super::kind::{FieldKind, header_words};

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
    } else if most(&|v| year_of(v).is_some()) {
        if births(header, &sample) { FieldKind::BirthDate } else { FieldKind::FreeText }
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

/// The year of a date in figures, a time behind it or not: ISO, Chinese, and `7/24/1980` in either order.
fn year_of(value: &str) -> Option<i32> {
    let value = value.trim();
    let date =
        value.split_once(['T', ' ']).filter(|(_, time)| time.contains(':')).map_or(value, |(date, _)| date);
    let mut groups = date.split(['/', '-', '.']);
    let last = match (groups.next(), groups.next(), groups.next(), groups.next()) {
        (Some(a), Some(b), Some(c), None) if a.len().max(b.len()) <= 2 && c.len() == 4 => {
            let small = |t: &str| t.parse().is_ok_and(|n: u32| (1..=31).contains(&n));
            Some(c).filter(|_| small(a) && small(b))
        }
        _ => None,
    };
    let year = match last {
        Some(year) => year.parse().ok()?,
        None => date.parse::<crate::types::Day>().ok()?.to_string().get(..4)?.parse().ok()?,
    };
    (1500..2200).contains(&year).then_some(year)
}

/// What a header says of a date that is no birth date.
const EVENTS: [&str; 28] = [
    "creat",
    "updat",
    "modif",
    "regist",
    "join",
    "sign",
    "visit",
    "login",
    "seen",
    "order",
    "purchas",
    "enrol",
    "admi",
    "discharg",
    "expir",
    "start",
    "since",
    "issue",
    "event",
    "effective",
    "时间",
    "注册",
    "创建",
    "更新",
    "登录",
    "下单",
    "入会",
    "开卡",
];

/// Whether dates are those of births: no header that says otherwise, and not all of them in the same few years of late, as
/// the days are on which customers came.
fn births(header: &str, sample: &[&str]) -> bool {
    let words = header_words(header);
    // Words of Latin letters begin so; others are written without gaps.
    let says = |what: &str| {
        words.iter().any(|word| if what.is_ascii() { word.starts_with(what) } else { word.contains(what) })
    };
    let of_births = ["birth", "born", "dob", "出生", "生日"].into_iter().any(says);
    let mut years: Vec<i32> = sample.iter().filter_map(|v| year_of(v)).collect();
    years.sort_unstable();
    let at = |tenths: usize| years[(years.len() - 1) * tenths / 10];
    let of_late = years.len() >= 20 && at(5) >= 2000 && at(9) - at(1) < 15;
    of_births || !EVENTS.into_iter().any(says) && !of_late
}

/// Digits, all of one length between four and seven, some with a zero in front: a code, not a quantity. Places have several
/// people; numbers of which a hundred are all different are those of the records.
fn code(sample: &[&str]) -> bool {
    let mut distinct = sample.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() >= 100 && distinct.len() == sample.len() {
        return false;
    }
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
    // `Smith, John A.` has the family name in front.
    let turned = |v: &&str| {
        v.split_once(',').is_some_and(|(family, given)| {
            let given = given.split_whitespace().next().unwrap_or_default().to_lowercase();
            let known = |list: &str, name: &str| list.split(' ').any(|known| known == name);
            known(GIVEN, &given) || known(FAMILY, &family.trim().to_lowercase())
        })
    };
    let turned = sample.iter().filter(|v| turned(v)).count() * 100 / sample.len().max(1);
    // How many in a hundred have a word of a list, in front or at the end.
    let share = |words: usize, list: &str, last: bool| {
        let known = |v: &&Vec<String>| {
            let word = if last { v.last() } else { v.first() };
            v.len() == words && word.is_some_and(|w| list.split(' ').any(|known| known == w.as_str()))
        };
        lower.iter().filter(known).count() * 100 / lower.len().max(1)
    };
    let (given, family) = (share(1, GIVEN, false), share(1, FAMILY, false));
    let both = share(2, GIVEN, false).max(share(2, FAMILY, true)).max(turned);
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
    fn dates_of_events_are_no_birth_dates() {
        let recent: Vec<String> =
            (0..40).map(|i| format!("20{:02}-03-{:02} 12:33:00", 10 + i % 13, 1 + i % 28)).collect();
        let recent: Vec<&str> = recent.iter().map(String::as_str).collect();
        assert_eq!(infer("x", recent.iter().copied()), FieldKind::FreeText);
        let old: Vec<String> =
            (0..40).map(|i| format!("{}/{}/{}", 1 + i % 12, 1 + i % 28, 1940 + i)).collect();
        let old: Vec<&str> = old.iter().map(String::as_str).collect();
        assert_eq!(infer("x", old.iter().copied()), FieldKind::BirthDate);
        assert_eq!(infer("registr_dt", old.iter().copied()), FieldKind::FreeText);
        assert_eq!(infer("dob", recent.iter().copied()), FieldKind::BirthDate);
    }

    #[test]
    fn numbers_of_records_are_no_postcodes() {
        let numbers: Vec<String> = (0..200).map(|i| format!("{:07}", i * 40_009)).collect();
        let kind = infer("x", numbers.iter().map(String::as_str));
        assert_ne!(kind, FieldKind::Postcode);
        assert_eq!(infer("MRN", numbers.iter().map(String::as_str)), FieldKind::CustomerAccount);
    }

    #[test]
    fn family_names_in_front_of_a_comma_are_names() {
        let names = ["SMITH, MARY A", "Oduya, Tariq", "Zwart, John"];
        assert_eq!(infer("x", names.iter().copied()), FieldKind::FullName);
        assert_eq!(infer("patient_name", names.iter().copied()), FieldKind::FullName);
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
