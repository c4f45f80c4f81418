//! `Language`.

/// The language of names and sentences meant for people.
///
/// ```
/// use regulars::types::Language;
/// assert_eq!(Language::default(), Language::English);
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
    /// The text in this language.
    pub(crate) fn pick<T>(self, english: T, chinese: T) -> T {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}
