//! `Language`: in which language names and sentences come out.

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
    /// The text in this language.
    pub(crate) fn pick<T>(self, english: T, chinese: T) -> T {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}
