//! The kind of a column that nobody named: by its header, else by its values.
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
    if let Some(kind) = named {
        return kind;
    }
    let digits = |v: &str| v.chars().filter(char::is_ascii_digit).count();
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
    } else if most(&|v| v.parse::<f64>().is_ok_and(f64::is_finite)) {
        FieldKind::Number
    } else if few(&sample) {
        FieldKind::Category
    } else {
        FieldKind::FreeText
    }
}

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
}
