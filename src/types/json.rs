//! How plain values stand in JSON and in other formats of serde.
//!
//! Formats that people read hold a day as its ISO date and a currency as its code. Files written
//! before that hold a day as a number and a currency as code and decimals: both forms are read.
//! Binary formats hold numbers.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Currency, CustomerIx, Day, Horizon, ItemIx, Key, Language};

/// A value that people write as a number or as a text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a whole number or a text")]
enum Form<N> {
    Number(N),
    Text(String),
}

/// The ISO date; the number of days since 1970-01-01 where the year has not four digits, and in
/// binary formats.
impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() && (0..=9_999).contains(&self.to_ymd().0) {
            to.collect_str(self)
        } else {
            to.serialize_i32(self.days_since_epoch())
        }
    }
}

/// A date as text, or the number of days since 1970-01-01.
impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            match Form::deserialize(from)? {
                Form::Number(days) => Ok(Self::new(days)),
                Form::Text(text) => text.parse().map_err(D::Error::custom),
            }
        } else {
            i32::deserialize(from).map(Self::new)
        }
    }
}

/// The number of days.
impl Serialize for Horizon {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(self.in_days())
    }
}

/// A number of days, or a text such as `90d`.
impl<'de> Deserialize<'de> for Horizon {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let horizon = if from.is_human_readable() {
            match Form::deserialize(from)? {
                Form::Number(days) => Self::days(days),
                Form::Text(text) => text.parse(),
            }
        } else {
            Self::days(u32::deserialize(from)?)
        };
        horizon.map_err(D::Error::custom)
    }
}

/// The tag: `en` or `zh`.
impl Serialize for Language {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.tag())
    }
}

/// A tag or a name, as the text is read.
impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// A key as a number of 64 bits, signed or not, or as a text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a whole number or a text")]
enum KeyForm {
    Number(i64),
    Large(u64),
    Text(String),
}

/// An integer, or a text.
///
/// In JSON an integer beyond 2^53 is exact; programs that read all numbers as floats (JavaScript)
/// round it.
impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.as_integer() {
            Some(value) if to.is_human_readable() => to.serialize_i64(value),
            _ => to.serialize_str(&self.to_text()),
        }
    }
}

/// An integer, or a text; `"17850"` and `17850` are one key. The key owns its text.
impl<'de> Deserialize<'de> for Key<'_> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            Ok(match KeyForm::deserialize(from)? {
                KeyForm::Number(value) => Key::from(value),
                KeyForm::Large(value) => Key::from(value),
                KeyForm::Text(text) => Key::from(text),
            })
        } else {
            String::deserialize(from).map(Key::from)
        }
    }
}

/// The number. Keys say more: results hold them wherever they can.
impl Serialize for CustomerIx {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(self.index)
    }
}

/// The number.
impl Serialize for ItemIx {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(self.index)
    }
}

/// A currency that is not on the list, or kept with other decimals than its coin.
#[derive(Serialize, Deserialize)]
struct CodeAndDecimals<'a> {
    code: Cow<'a, str>,
    decimals: u8,
}

/// Both forms of a currency.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a currency code, or an object of `code` and `decimals`")]
enum CurrencyForm<'a> {
    Code(String),
    Full(CodeAndDecimals<'a>),
}

/// The code where that says all; else, and in binary formats, code and decimals.
impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() && Self::listed(self.code()) == Some(*self) {
            to.serialize_str(self.code())
        } else {
            CodeAndDecimals { code: self.code().into(), decimals: self.decimals() }.serialize(to)
        }
    }
}

/// A code of ISO 4217 in any case, or code and decimals.
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let form = if from.is_human_readable() {
            CurrencyForm::deserialize(from)?
        } else {
            CurrencyForm::Full(CodeAndDecimals::deserialize(from)?)
        };
        let currency = match form {
            CurrencyForm::Code(code) => code.parse(),
            CurrencyForm::Full(full) => Self::custom(&full.code, full.decimals),
        };
        currency.map_err(D::Error::custom)
    }
}

/// `Deserialize` of parameters that are made from arguments: the fields that `new` asks for must be
/// there, all others have its defaults, and unknown ones are refused, so that a misspelt setting is
/// not ignored.
///
/// What is read is checked where it is used, by `check`, as if setters had been called.
macro_rules! deserialize_params {
    ($params:ident, $usual:expr; $($need:ident: $need_type:ty),*; $($field:ident: $type:ty),* $(,)?) => {
        impl<'de> serde::Deserialize<'de> for $params {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Form {
                    $($need: $need_type,)*
                    $(#[serde(default)]
                    $field: Option<$type>,)*
                }
                let form = Form::deserialize(from)?;
                $(let $need = form.$need.into();)*
                let mut params: Self = $usual;
                $(params.$need = $need;)*
                $(if let Some(value) = form.$field {
                    params.$field = value;
                })*
                Ok(params)
            }
        }
    };
}
pub(crate) use deserialize_params;

/// A range of whole numbers in parameters: `5`, or `{"start": 2, "end": 8}`, both ends included.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a whole number, or an object of `start` and `end`")]
pub(crate) enum Range {
    One(usize),
    Range(std::ops::RangeInclusive<usize>),
}

impl From<Range> for std::ops::RangeInclusive<usize> {
    fn from(range: Range) -> Self {
        match range {
            Range::One(number) => number..=number,
            Range::Range(range) => range,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::de::DeserializeOwned;

    use super::*;
    use crate::types::{Amount, AsOf, Expected, Probability, Quantity, Seed, Weekday};

    /// Writes the value as that JSON and reads it back.
    fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, json: &str) {
        assert_eq!(serde_json::to_string(value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(json).unwrap(), *value);
    }

    #[test]
    fn plain_values_read_what_they_write() {
        let day = Day::ymd(2024, 5, 1).unwrap();
        round_trip(&day, "\"2024-05-01\"");
        round_trip(&AsOf::new(day), "\"2024-05-01\"");
        for beyond in [i32::MIN, -719_529, 2_932_897, i32::MAX] {
            round_trip(&Day::new(beyond), &beyond.to_string());
        }
        round_trip(&Currency::EUR, "\"EUR\"");
        round_trip(&Currency::JPY, "\"JPY\"");
        let fine = Currency::CNY.with_decimals(4).unwrap();
        round_trip(&fine, "{\"code\":\"CNY\",\"decimals\":4}");
        round_trip(&Currency::custom("POINTS", 0).unwrap(), "{\"code\":\"POINTS\",\"decimals\":0}");
        round_trip(&Horizon::days(90).unwrap(), "90");
        round_trip(&Language::Chinese, "\"zh\"");
        round_trip(&Key::from(-7), "-7");
        round_trip(&Key::from("007"), "\"007\"");
        round_trip(&Key::from(u64::MAX), "\"18446744073709551615\"");
        round_trip(&Amount::minor(-5), "-5");
        round_trip(&Expected::minor(0.1).unwrap(), "0.1");
        round_trip(&Probability::new(0.25).unwrap(), "0.25");
        round_trip(&Quantity::units(2), "2000");
        round_trip(&Seed(7), "7");
        round_trip(&Weekday::Monday, "\"monday\"");
    }

    #[test]
    fn other_forms_are_read() {
        assert_eq!(serde_json::from_str::<Day>("19844").unwrap(), Day::ymd(2024, 5, 1).unwrap());
        let numbers = "{\"code\":\"EUR\",\"decimals\":2}";
        assert_eq!(serde_json::from_str::<Currency>(numbers).unwrap(), Currency::EUR);
        assert_eq!(serde_json::from_str::<Currency>("\"eur\"").unwrap(), Currency::EUR);
        assert_eq!(serde_json::from_str::<Horizon>("\"12w\"").unwrap(), Horizon::days(84).unwrap());
        assert_eq!(serde_json::from_str::<Key<'_>>("\"17850\"").unwrap(), Key::from(17_850));
        assert_eq!(serde_json::from_str::<Key<'_>>("18446744073709551615").unwrap(), Key::from(u64::MAX));
        assert_eq!(serde_json::from_str::<Language>("\"zh-CN\"").unwrap(), Language::Chinese);
    }

    #[test]
    fn what_breaks_a_rule_is_refused() {
        for json in ["\"2024-02-30\"", "1.5", "4294967296", "null", "[]"] {
            assert!(serde_json::from_str::<Day>(json).is_err(), "{json}");
        }
        for json in ["\"EURO\"", "978", "{\"code\":\"eur\",\"decimals\":2}", "{\"code\":\"EUR\"}"] {
            assert!(serde_json::from_str::<Currency>(json).is_err(), "{json}");
        }
        for json in ["0", "-1", "365251", "\"3 months\""] {
            assert!(serde_json::from_str::<Horizon>(json).is_err(), "{json}");
        }
        assert!(serde_json::from_str::<Probability>("1.5").is_err());
        assert!(serde_json::from_str::<Expected>("1e999").is_err());
        assert!(serde_json::from_str::<Key<'_>>("1.5").is_err());
        let error = serde_json::from_str::<Day>("\"2024-02-30\"").unwrap_err().to_string();
        assert!(
            error.starts_with("expected a day of the calendar, got a date that does not exist"),
            "{error}"
        );
    }
}
