//! `Language`: in which language names and sentences come out.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// The language of names and sentences meant for people: segments, tiers, reasons. Error messages are English.
///
/// ```
/// use regulars::rfm::SegmentMap;
/// use regulars::types::Language;
///
/// assert_eq!(Language::default(), Language::English);
/// let map = SegmentMap::standard([5, 5, 5])?;
/// let lost = map.segment_of("111".parse()?).expect("one of the 125");
/// assert_eq!((lost.name(Language::English), lost.name(Language::Chinese)), ("lost", "已流失"));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese, simplified characters.
    Chinese,
}

impl Language {
    /// The tag of the language (BCP 47): `en` or `zh`; what `Display` prints and JSON holds.
    ///
    /// ```
    /// use regulars::types::Language;
    /// assert_eq!((Language::English.tag(), Language::Chinese.tag()), ("en", "zh"));
    /// ```
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// The text in this language.
    pub(crate) fn pick<T>(self, english: T, chinese: T) -> T {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}

/// The tag.
impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.tag())
    }
}

/// Reads a language's tag with or without a region, or its name in English or in itself, in any
/// case.
///
/// ```
/// use regulars::types::Language;
/// for text in ["en", "EN-us", "en_GB.UTF-8", "English"] {
///     assert_eq!(text.parse::<Language>()?, Language::English);
/// }
/// for text in ["zh", "zh-CN", "zh_Hans_CN", "cmn", "Chinese", "中文"] {
///     assert_eq!(text.parse::<Language>()?, Language::Chinese);
/// }
/// assert!("fr".parse::<Language>().is_err());
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for another language.
impl FromStr for Language {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim().to_lowercase();
        match text.split(['-', '_', '.', '@']).next().unwrap_or_default() {
            "en" | "eng" | "english" => Ok(Self::English),
            "zh" | "zho" | "chi" | "cmn" | "chinese" | "中文" | "汉语" | "简体中文" => {
                Ok(Self::Chinese)
            }
            _ => Err(Error::input("expected a language: en or zh")),
        }
    }
}
