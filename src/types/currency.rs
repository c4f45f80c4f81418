//! `Currency`: which money, kept with how many decimals, and how it is read and written.
//!
//! Money comes in as decimal text, as exact decimals or floats of major units, or as whole minor
//! units; it is held as whole minor units and nothing else. The one place where anything is rounded
//! is [`Decimal::round_to`] (and its twin for floats), half to even, once.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

use super::{Amount, Expected};

/// A currency and the number of decimals its amounts are kept with.
///
/// ```
/// use regulars::types::Currency;
///
/// assert_eq!(Currency::new("JPY")?.decimals(), 0);
/// assert_eq!(Currency::CNY.with_decimals(4)?.decimals(), 4); // finer than the coin, for unit prices such as 0.0385
/// assert!(Currency::new("ABC").is_err());
/// assert_eq!(Currency::custom("POINTS", 0)?.code(), "POINTS");
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Two currencies are equal where code and decimals are: euros in cents and euros in thousandths are different
/// units, and data in one are refused by a model fitted in the other. Nothing is ever converted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency {
    code: [u8; Self::CODE_BYTES],
    decimals: u8,
}

/// ISO 4217 codes of 2024 whose minor unit is not a hundredth, with their decimals.
const OTHER_DECIMALS: [(&str, u8); 26] = [
    ("BIF", 0),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("ISK", 0),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("PYG", 0),
    ("RWF", 0),
    ("UGX", 0),
    ("UYI", 0),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
    ("XOF", 0),
    ("XPF", 0),
    ("BHD", 3),
    ("IQD", 3),
    ("JOD", 3),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("TND", 3),
    ("CLF", 4),
    ("UYW", 4),
];

/// ISO 4217 codes of 2024 with two decimals. Source of both lists: the SIX Group's table "List One: Current currency
/// & funds", <https://www.six-group.com/en/products-services/financial-information/data-standards.html>.
const TWO_DECIMALS: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";

impl Currency {
    /// Room for a code: three letters of ISO 4217, or up to eight of one's own.
    const CODE_BYTES: usize = 8;
    /// More decimals than this leave too little room before the point in 64 bits.
    const MAX_DECIMALS: u8 = 9;

    /// Pound sterling.
    pub const GBP: Self = Self::coin(*b"GBP", 2);
    /// United States dollar.
    pub const USD: Self = Self::coin(*b"USD", 2);
    /// Euro.
    pub const EUR: Self = Self::coin(*b"EUR", 2);
    /// Renminbi.
    pub const CNY: Self = Self::coin(*b"CNY", 2);
    /// Hong Kong dollar.
    pub const HKD: Self = Self::coin(*b"HKD", 2);
    /// New Taiwan dollar.
    pub const TWD: Self = Self::coin(*b"TWD", 2);
    /// Japanese yen, without minor units.
    pub const JPY: Self = Self::coin(*b"JPY", 0);
    /// South Korean won, without minor units.
    pub const KRW: Self = Self::coin(*b"KRW", 0);
    /// Australian dollar.
    pub const AUD: Self = Self::coin(*b"AUD", 2);
    /// Canadian dollar.
    pub const CAD: Self = Self::coin(*b"CAD", 2);
    /// New Zealand dollar.
    pub const NZD: Self = Self::coin(*b"NZD", 2);
    /// Singapore dollar.
    pub const SGD: Self = Self::coin(*b"SGD", 2);
    /// Swiss franc.
    pub const CHF: Self = Self::coin(*b"CHF", 2);
    /// Swedish krona.
    pub const SEK: Self = Self::coin(*b"SEK", 2);
    /// Norwegian krone.
    pub const NOK: Self = Self::coin(*b"NOK", 2);
    /// Danish krone.
    pub const DKK: Self = Self::coin(*b"DKK", 2);
    /// Polish zloty.
    pub const PLN: Self = Self::coin(*b"PLN", 2);
    /// Indian rupee.
    pub const INR: Self = Self::coin(*b"INR", 2);
    /// Thai baht.
    pub const THB: Self = Self::coin(*b"THB", 2);
    /// Malaysian ringgit.
    pub const MYR: Self = Self::coin(*b"MYR", 2);
    /// Indonesian rupiah.
    pub const IDR: Self = Self::coin(*b"IDR", 2);
    /// Philippine peso.
    pub const PHP: Self = Self::coin(*b"PHP", 2);
    /// Vietnamese dong, without minor units.
    pub const VND: Self = Self::coin(*b"VND", 0);
    /// Brazilian real.
    pub const BRL: Self = Self::coin(*b"BRL", 2);
    /// Mexican peso.
    pub const MXN: Self = Self::coin(*b"MXN", 2);
    /// South African rand.
    pub const ZAR: Self = Self::coin(*b"ZAR", 2);
    /// Dirham of the United Arab Emirates.
    pub const AED: Self = Self::coin(*b"AED", 2);
    /// Saudi riyal.
    pub const SAR: Self = Self::coin(*b"SAR", 2);

    /// A well-known currency with the decimals of its coin, as a constant.
    const fn coin(code: [u8; 3], decimals: u8) -> Self {
        Self { code: [code[0], code[1], code[2], 0, 0, 0, 0, 0], decimals }
    }

    /// The currency with that ISO 4217 code, in any case, kept with the decimals of its coin.
    ///
    /// ```
    /// use regulars::{ErrorKind, types::Currency};
    /// assert_eq!(Currency::new("EUR")?, Currency::EUR);
    /// assert_eq!("jpy".parse::<Currency>()?, Currency::JPY); // the same, as payment services write it
    /// assert_eq!(Currency::new("KWD")?.decimals(), 3);
    /// let error = Currency::new("euro").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidInput);
    /// assert_eq!(error.to_string(), "expected an ISO 4217 currency code such as EUR");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a code that is not on the list of 2024, since
    /// it is a row's value as a rule; see [`Currency::custom`] for units of one's own.
    pub fn new(code: &str) -> Result<Self> {
        Self::listed(code).ok_or_else(|| Error::input("expected an ISO 4217 currency code such as EUR"))
    }

    /// The currency of the list of 2024 with that code in any case.
    pub(super) fn listed(code: &str) -> Option<Self> {
        let code: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
        let code = code.map(|letter| letter.to_ascii_uppercase());
        let other = OTHER_DECIMALS.iter().find(|(c, _)| c.as_bytes() == code).map(|(_, decimals)| *decimals);
        let two = || TWO_DECIMALS.split(' ').any(|c| c.as_bytes() == code).then_some(2);
        other.or_else(two).map(|decimals| Self::coin(code, decimals))
    }

    /// A unit of one's own, such as loyalty points: 1 to 8 upper-case letters or digits, 0 to 9 decimals.
    ///
    /// ```
    /// use regulars::types::{Amount, Currency};
    /// let points = Currency::custom("POINTS", 0)?;
    /// assert_eq!(points.parse("1,200")?, Amount::minor(1_200));
    /// assert!(Currency::custom("points", 0).is_err());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) for another code or more decimals.
    pub fn custom(code: &str, decimals: u8) -> Result<Self> {
        let bytes = code.as_bytes();
        if bytes.is_empty()
            || bytes.len() > Self::CODE_BYTES
            || !bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        {
            return Err(Error::param("code", "must be 1 to 8 upper-case letters or digits", code));
        }
        let mut padded = [0; Self::CODE_BYTES];
        padded[..bytes.len()].copy_from_slice(bytes);
        Self { code: padded, decimals: 0 }.with_decimals(decimals)
    }

    /// The same currency kept with other decimals, 0 to 9: finer for unit prices below a cent, coarser never pays.
    ///
    /// ```
    /// use regulars::types::{Amount, Currency};
    /// let fine = Currency::CNY.with_decimals(4)?;
    /// assert_eq!(fine.parse("0.0385")?, Amount::minor(385));
    /// assert_eq!(Currency::CNY.parse("0.0385")?, Amount::minor(4)); // rounded to 0.04
    /// assert_eq!(fine.minor_per_major(), 10_000);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) above 9.
    pub fn with_decimals(self, decimals: u8) -> Result<Self> {
        if decimals > Self::MAX_DECIMALS {
            return Err(Error::param("decimals", "must be 0 to 9", decimals));
        }
        Ok(Self { decimals, ..self })
    }

    /// The code, 1 to 8 letters or digits.
    pub fn code(&self) -> &str {
        let length = self.code.iter().position(|b| *b == 0).unwrap_or(Self::CODE_BYTES);
        std::str::from_utf8(&self.code[..length]).unwrap_or_default()
    }

    /// Decimals that amounts are kept with.
    pub const fn decimals(&self) -> u8 {
        self.decimals
    }

    /// Minor units in one major unit: 100 for pounds, 1 for yen.
    pub const fn minor_per_major(&self) -> i64 {
        10_i64.pow(self.decimals as u32)
    }

    /// Reads an exact decimal such as `-1234.50`, `£1,234.5` or `￥12`, and rounds half to even where it is finer than
    /// the currency.
    ///
    /// A point is decimal; `,`, `'` and narrow spaces separate groups of three digits. `1.234,50` and `1,5` are refused
    /// rather than guessed. Brackets mean minus, as accountants write. The sign or code of the currency is not
    /// checked: it is read over.
    ///
    /// ```
    /// use regulars::{ErrorKind, types::{Amount, Currency}};
    /// for (text, minor) in [("1234.5", 123_450), ("£1,234.50", 123_450), ("(12.00)", -1_200), ("12元", 1_200), (".5", 50)] {
    ///     assert_eq!(Currency::GBP.parse(text)?, Amount::minor(minor));
    /// }
    /// // Half to even: 1.005 is a tie and goes to 1.00, 1.015 to 1.02.
    /// assert_eq!((Currency::GBP.parse("1.005")?, Currency::GBP.parse("1.015")?), (Amount::minor(100), Amount::minor(102)));
    /// assert_eq!(Currency::GBP.parse("1,5").unwrap_err().kind(), ErrorKind::InvalidInput);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for anything else, [`Overflow`](ErrorKind::Overflow) beyond 64 bits.
    pub fn parse(&self, text: &str) -> Result<Amount> {
        Decimal::parse(text).and_then(|d| d.round_to(self.decimals)).map(|(minor, _)| Amount::minor(minor))
    }

    /// The amount nearest to a float of major units, ties to even; what lies within the float's own error of a tie is one.
    ///
    /// So a float gives the amount that its shortest decimal form would: 1.005 is a little less than that as a float,
    /// and still counts as the tie it was written as.
    ///
    /// ```
    /// use regulars::types::{Amount, Currency};
    /// assert_eq!(Currency::GBP.from_major(0.1 + 0.2)?, Amount::minor(30));
    /// assert_eq!(Currency::GBP.from_major(1.005)?, Currency::GBP.parse("1.005")?);
    /// assert!(Currency::GBP.from_major(f64::NAN).is_err());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for NaN and infinities, [`Overflow`](ErrorKind::Overflow) beyond 2^53
    /// minor units, where a float no longer holds every unit.
    pub fn from_major(&self, value: f64) -> Result<Amount> {
        self.nearest(value).map(|(amount, _)| amount)
    }

    /// As [`Currency::from_major`] for a float that lies within its own error of a whole number of minor units, the usual
    /// case; `None` where [`nearest`](Self::nearest) must look closer. `scale` is [`minor_per_major`](Self::minor_per_major).
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^47")]
    pub(crate) fn whole_minor(scale: f64, value: f64) -> Option<i64> {
        const LIMIT: f64 = 140_737_488_355_328.0;
        // Adding and taking away 1.5 * 2^52 rounds to a whole number.
        const SHIFT: f64 = 6_755_399_441_055_744.0;
        let scaled = value * scale;
        let whole = (scaled + SHIFT) - SHIFT;
        let slack = (4.0 * f64::EPSILON * scaled.abs()).max(1e-9);
        ((scaled - whole).abs() <= slack && scaled.abs() < LIMIT).then_some(whole as i64)
    }

    /// As [`whole_minor`](Self::whole_minor) for amounts of 32 bits, without a branch: the number, and whether it holds.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the low half of a mantissa")]
    pub(crate) fn near_minor(scale: f64, value: f64) -> (i32, bool) {
        const LIMIT: f64 = 2_147_483_647.0;
        const SHIFT: f64 = 6_755_399_441_055_744.0;
        let scaled = value * scale;
        let shifted = scaled + SHIFT;
        let slack = (4.0 * f64::EPSILON * scaled.abs()).max(1e-9);
        // The mantissa of a number that was shifted ends in its whole part, as a number of two's complement.
        let whole = shifted.to_bits() as u32;
        let is_whole = ((scaled - (shifted - SHIFT)).abs() <= slack) & (scaled.abs() < LIMIT);
        (whole.cast_signed(), is_whole)
    }

    /// As [`Currency::from_major`], and whether the float was finer than the currency.
    ///
    /// The slack is four units in the last place of the scaled value, at least a thousand-millionth of a minor unit: as
    /// much as reading the decimal, storing it and multiplying by the scale can be off.
    pub(crate) fn nearest(&self, value: f64) -> Result<(Amount, bool)> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let scaled = value * self.minor_per_major() as f64;
        if !scaled.is_finite() {
            return Err(Error::input("expected a finite amount"));
        }
        if scaled.abs() > EXACT {
            return Err(Error::overflow("an amount does not fit 2^53 minor units"));
        }
        let slack = (4.0 * f64::EPSILON * scaled.abs()).max(1e-9);
        let floor = scaled.floor();
        let nearest = if (scaled - floor - 0.5).abs() <= slack {
            (floor + 0.5).round_ties_even()
        } else {
            scaled.round()
        };
        #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 2^53")]
        let minor = nearest as i64;
        Ok((Amount::minor(minor), (scaled - nearest).abs() > slack))
    }

    /// An amount of major units with the currency's decimals, without its name and without groups: `-1234.50`. What
    /// [`parse`](Self::parse) reads back.
    ///
    /// ```
    /// use regulars::types::{Amount, Currency};
    /// assert_eq!(Currency::EUR.format(Amount::minor(-5)), "-0.05");
    /// ```
    pub fn format(&self, amount: Amount) -> String {
        let (sign, units) = (if amount.in_minor() < 0 { "-" } else { "" }, amount.in_minor().unsigned_abs());
        let scale = self.minor_per_major().unsigned_abs();
        match self.decimals {
            0 => format!("{sign}{units}"),
            n => format!("{sign}{}.{:0width$}", units / scale, units % scale, width = n as usize),
        }
    }

    /// An estimate in major units, rounded to the currency's decimals: `1234.57`.
    pub fn format_expected(&self, value: Expected) -> String {
        format!("{:.*}", self.decimals as usize, self.to_major(value))
    }

    /// An estimate as a number of major units: 1,250 cents are 12.5 euros.
    pub fn to_major(&self, value: Expected) -> f64 {
        value.in_minor() / self.minor_per_major() as f64
    }
}

/// As [`Currency::new`].
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) for a code that is not on the list.
impl FromStr for Currency {
    type Err = Error;

    fn from_str(code: &str) -> Result<Self> {
        Self::new(code)
    }
}

/// The code.
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Code and decimals: `Currency(EUR, 2 decimals)`.
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({}, {} decimals)", self.code(), self.decimals)
    }
}

/// An exact decimal on its way into an `Amount` or a `Quantity`: `digits` / 10^`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: i128,
    scale: u32,
}

impl Decimal {
    /// Digits that are kept; 18 before and 18 after the point leave room to multiply in 128 bits.
    const MAX_DIGITS: u32 = 18;

    /// Sign, currency sign, digits with thousands separators (`,`, `，`, `'`, space), point, digits; full-width forms
    /// are read as their ASCII twins. Accountants' brackets `(1.20)` mean minus.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Self::read(text).ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, None, "expected an exact decimal number such as -1234.50")
        })
    }

    /// The decimal behind a text as people write it; `None` for anything that is not clearly one number.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(plain) = Self::read_plain(text) {
            return Some(plain);
        }
        let (text, mut negative) = match text.strip_prefix(['(', '（']) {
            Some(inner) => (inner.strip_suffix([')', '）'])?, true),
            None => (text, false),
        };
        let (mut digits, mut kept, mut scale) = (0_i128, 0_u32, None::<u32>);
        let (mut seen_digit, mut seen_sign) = (false, negative);
        let mut group = None::<u32>;
        let number = text
            .trim_end_matches(['元', '圆', ' '])
            .trim_end_matches(|c: char| c.is_ascii_uppercase())
            .trim_end()
            .chars();
        for c in number {
            match c {
                '0'..='9' | '０'..='９' => {
                    let digit = c.to_digit(10).unwrap_or_else(|| (c as u32).wrapping_sub('０' as u32));
                    seen_digit = true;
                    if digits != 0 || digit != 0 {
                        kept += 1;
                    }
                    if kept > 2 * Self::MAX_DIGITS {
                        return None;
                    }
                    digits = digits * 10 + i128::from(digit);
                    scale = scale.map(|s| s + 1);
                    group = group.map(|g| g + 1);
                }
                '.' | '．' if scale.is_none() && group.is_none_or(|g| g == 3) => scale = Some(0),
                // A group after a separator has three digits; Indian and Chinese myriad grouping (two or four) is refused
                // rather than guessed.
                ',' | '，' | '\'' | '’' | '\u{a0}' | '\u{202f}'
                    if seen_digit && scale.is_none() && group.is_none_or(|g| g == 3) =>
                {
                    group = Some(0);
                }
                '-' | '−' | '－' | '+' | '＋' if !seen_digit && !seen_sign => {
                    seen_sign = true;
                    negative = !matches!(c, '+' | '＋');
                }
                '$' | '£' | '€' | '¥' | '￥' | '＄' | '￡' | ' ' if !seen_digit => {}
                c if c.is_ascii_uppercase() && !seen_digit => {}
                _ => return None,
            }
        }
        let scale = scale.unwrap_or(0);
        if !seen_digit || (scale == 0 && group.is_some_and(|g| g != 3)) || scale > Self::MAX_DIGITS {
            return None;
        }
        Some(Self { digits: if negative { -digits } else { digits }, scale })
    }

    /// The common case: an optional minus, at most 18 ASCII digits, at most one point.
    fn read_plain(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, rest) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        if rest.is_empty() || rest.len() > Self::MAX_DIGITS as usize {
            return None;
        }
        let (mut digits, mut scale, mut seen) = (0_i64, None::<u32>, false);
        for byte in rest {
            match byte {
                b'0'..=b'9' => {
                    digits = digits * 10 + i64::from(byte - b'0');
                    scale = scale.map(|s| s + 1);
                    seen = true;
                }
                b'.' if scale.is_none() => scale = Some(0),
                _ => return None,
            }
        }
        seen.then(|| Self {
            digits: i128::from(if negative { -digits } else { digits }),
            scale: scale.unwrap_or(0),
        })
    }

    /// The number `digits` / 10^`scale`, for a scale of at most 36.
    #[cfg(feature = "rust_decimal")]
    pub(super) const fn new(digits: i128, scale: u32) -> Self {
        Self { digits, scale }
    }

    /// The exact product, or an overflow.
    pub(crate) fn times(self, other: Self) -> Result<Self> {
        let digits = self.digits.checked_mul(other.digits);
        digits
            .map(|digits| Self { digits, scale: self.scale + other.scale })
            .ok_or_else(|| Error::overflow("a product of quantity and price does not fit 128 bits"))
    }

    /// Units of 10^−`decimals`, rounded once, half to even; and whether anything was rounded away.
    ///
    /// Euclidean division rounds down also below zero, so one rule serves both signs: up where the rest is more than
    /// half, or exactly half and the quotient odd.
    pub(crate) fn round_to(self, decimals: u8) -> Result<(i64, bool)> {
        let decimals = u32::from(decimals);
        let too_big = || Error::overflow("an amount does not fit 64 bits of minor units");
        let (units, rounded) = if decimals >= self.scale {
            let factor = 10_i128.pow(decimals - self.scale);
            (self.digits.checked_mul(factor).ok_or_else(too_big)?, false)
        } else {
            let divisor = 10_i128.pow(self.scale - decimals);
            let (quotient, rest) = (self.digits.div_euclid(divisor), self.digits.rem_euclid(divisor));
            let up = rest * 2 > divisor || (rest * 2 == divisor && quotient % 2 != 0);
            (quotient + i128::from(up), rest != 0)
        };
        i64::try_from(units).map(|units| (units, rounded)).map_err(|_| too_big())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_branchless_conversion_agrees_with_the_careful_one() {
        let cents = [0_i64, 1, -1, 5, -9_999, 123_456_789, 2_147_483_646, -2_147_483_646];
        for minor in cents {
            let value = minor as f64 / 100.0;
            assert_eq!(Currency::whole_minor(100.0, value), Some(minor));
            assert_eq!(Currency::near_minor(100.0, value), (i32::try_from(minor).unwrap(), true));
        }
        for value in [0.001, -12.345, 21_474_836.48, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(!Currency::near_minor(100.0, value).1, "{value}");
        }
    }

    #[test]
    fn reads_money_as_people_write_it() {
        for (text, minor) in [
            ("1234.5", 123_450),
            ("-0.01", -1),
            ("£1,234.50", 123_450),
            ("-£3", -300),
            ("£-3", -300),
            ("(12.00)", -1_200),
            ("￥１２．５０", 1_250),
            ("12元", 1_200),
            ("USD 7.25", 725),
            ("7.25 USD", 725),
            ("1,000,000", 100_000_000),
            (".5", 50),
            ("5.", 500),
            ("1.005", 100),
            ("1.015", 102),
            ("-1.005", -100),
            ("-1.015", -102),
            ("1.0050000000000001", 101),
            ("92233720368547758.07", i64::MAX),
        ] {
            assert_eq!(Currency::GBP.parse(text).unwrap(), Amount::minor(minor), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "1.2.3",
            "1,23",
            "12,34.5",
            "1,234,5",
            "1e3",
            "NaN",
            "--1",
            "1-",
            "£",
            "abc",
            "1 2",
            "12 apples",
            "12e",
        ] {
            assert_eq!(Currency::GBP.parse(text).unwrap_err().kind(), ErrorKind::InvalidInput, "{text}");
        }
        assert_eq!(Currency::GBP.parse("92233720368547758.08").unwrap_err().kind(), ErrorKind::Overflow);
    }

    #[test]
    fn a_product_is_rounded_once() {
        let product = Decimal::parse("3").unwrap().times(Decimal::parse("0.835").unwrap()).unwrap();
        assert_eq!(product.round_to(2).unwrap(), (250, true)); // 2.505 is a tie: to even
        let exact = Decimal::parse("-6").unwrap().times(Decimal::parse("2.55").unwrap()).unwrap();
        assert_eq!(exact.round_to(2).unwrap(), (-1_530, false));
    }

    #[test]
    fn floats_round_as_their_decimal_text_would() {
        let gbp = Currency::GBP;
        for value in [0.0, 0.1, 2.675, 1.005, -2.675, 33.33, 1e9 + 0.07, 0.29, 1.15] {
            assert_eq!(gbp.from_major(value).unwrap(), gbp.parse(&format!("{value}")).unwrap(), "{value}");
        }
        for value in
            [0.0, -0.0, 0.1, 2.675, 1e9 + 0.07, -19.99, 19.995, 1.4e12, 1.5e12, f64::NAN, f64::INFINITY]
        {
            if let Some(minor) = Currency::whole_minor(100.0, value) {
                assert_eq!(gbp.nearest(value).unwrap(), (Amount::minor(minor), false), "{value}");
            }
        }
        assert_eq!(Currency::whole_minor(100.0, 2.675), None);
        assert_eq!(Currency::whole_minor(100.0, -19.99), Some(-1_999));
        assert!(gbp.from_major(f64::NAN).is_err() && gbp.from_major(1e300).is_err());
        assert!(!gbp.nearest(19.99).unwrap().1 && gbp.nearest(19.995).unwrap().1);
    }

    #[test]
    fn constants_are_what_the_list_says() {
        let coins = [
            Currency::GBP,
            Currency::USD,
            Currency::EUR,
            Currency::CNY,
            Currency::HKD,
            Currency::TWD,
            Currency::JPY,
            Currency::KRW,
            Currency::AUD,
            Currency::CAD,
            Currency::NZD,
            Currency::SGD,
            Currency::CHF,
            Currency::SEK,
            Currency::NOK,
            Currency::DKK,
            Currency::PLN,
            Currency::INR,
            Currency::THB,
            Currency::MYR,
            Currency::IDR,
            Currency::PHP,
            Currency::VND,
            Currency::BRL,
            Currency::MXN,
            Currency::ZAR,
            Currency::AED,
            Currency::SAR,
        ];
        for coin in coins {
            assert_eq!(Currency::new(coin.code()).unwrap(), coin);
            assert_eq!(Currency::new(&coin.code().to_ascii_lowercase()).unwrap(), coin);
        }
        for code in ["", "EU", "EURO", "ABC", "éu", "€"] {
            assert_eq!(Currency::new(code).unwrap_err().kind(), ErrorKind::InvalidInput, "{code}");
        }
    }
}
