//! Values that stand for "nothing was entered".
//!
//! Three kinds: words (`unknown`, `n/a`, `test`, 未知), forms (`000-00-0000`, `12345678`, `test@test.com`, `1900-01-01`,
//! `9999`), and, in `prepare`, identifiers that far too many records share (`noemail@shop.com`). All count as missing: they
//! neither agree nor differ.
//!
//! Why it matters: a thousand records with `noemail@shop.com` are half a million pairs that agree on an identifier. A model
//! that believes them makes one person of the shop's customers; one that counts the value as common still spends its budget of
//! pairs on them. As missing values they cost nothing and say nothing.
//!
//! What is not a placeholder: a common name, a city, a postcode. Those are true, and their frequency says what they are worth.
//!
//! # Tests by kind
//! | kind | placeholder where |
//! |---|---|
//! | any | the whole value is one of the words, or asterisks only |
//! | e-mail | a placeholder word at a made-up domain or at none, `noemail`, `noreply` and the like at any |
//! | phone, national id | one digit repeated, or digits that count up (of eleven with a 1 in front: the last nine) |
//! | birth date | 1900-01-01, 1970-01-01 and other defaults of systems, year 0000 |
//! | postcode | four digits and more, all 0 or all 9 |
//!
//! A true value may be lost: somebody was born on 1 January 1970. A missing date costs that person some evidence; a
//! false one would join everyone whose date is not known.

use crate::data::FieldKind;

use super::text::only;

/// In normal form: words with single blanks, so `N/A` is `n a` and `not-known` is `not known`.
const WORDS: [&str; 27] = [
    "unknown",
    "n a",
    "na",
    "none",
    "null",
    "nil",
    "nan",
    "test",
    "tester",
    "testing",
    "missing",
    "not known",
    "not available",
    "undefined",
    "anonymous",
    "guest",
    "xxx",
    "xxxx",
    "tbc",
    "tbd",
    "no name",
    "noname",
    "customer",
    "empty",
    "blank",
    "not provided",
    "unk",
];
/// Bytes of the longest of them.
const LONGEST: usize = 13;
/// Unknown, none, for the time being none, anonymous, test, empty, not clear, not filled in, there is none, sir,
/// madam, customer (two words).
const HAN: [&str; 13] =
    ["未知", "无", "暂无", "匿名", "测试", "空", "不详", "未填写", "没有", "先生", "女士", "顾客", "客户"];

/// O(length) and some forty comparisons; asked once for each distinct value and round.
pub(super) fn is_placeholder(kind: FieldKind, normal: &str) -> bool {
    let word = |text: &str| text.len() <= LONGEST && WORDS.contains(&text);
    if word(normal) || HAN.contains(&normal) || normal.bytes().all(|b| b == b'*') {
        return true;
    }
    match kind {
        FieldKind::Email => {
            let (local, domain) = normal.split_once('@').unwrap_or((normal, ""));
            let fake = matches!(
                domain,
                "test.com" | "example.com" | "none.com" | "na.com" | "email.com" | "noemail.com"
            );
            word(local) && (fake || domain.is_empty())
                || matches!(local, "noemail" | "no-email" | "noreply" | "no-reply" | "donotreply")
                || normal == "a@a.com"
        }
        FieldKind::Phone | FieldKind::NationalId => {
            let digits = normal.strip_prefix('+').unwrap_or(normal);
            let digits = only(digits.into(), |c| c.is_ascii_digit());
            let national = digits.strip_prefix("86").filter(|d| d.len() == 11).unwrap_or(&digits).as_bytes();
            let body = if national.len() == 11 && national[0] == b'1' { &national[2..] } else { national };
            let one_digit = body.len() >= 5 && body.windows(2).all(|w| w[0] == w[1]);
            let counting = body.len() >= 8
                && body.windows(2).all(|w| w[1] == w[0] + 1 || (w[0] == b'9' && w[1] == b'0'));
            (one_digit && !normal.contains('*')) || counting
        }
        FieldKind::BirthDate => {
            matches!(
                normal,
                "1900-01-01" | "1901-01-01" | "1970-01-01" | "1111-11-11" | "9999-12-31" | "9999-99-99"
            ) || normal.starts_with("0000")
        }
        FieldKind::Postcode => {
            normal.len() >= 4
                && normal.bytes().all(|b| matches!(b, b'0' | b'9'))
                && normal.bytes().all(|b| b == normal.as_bytes()[0])
        }
        _ => false,
    }
}
