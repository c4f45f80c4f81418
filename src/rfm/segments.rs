//! `SegmentMap`: names for codes, each code exactly once.
//!
//! A map is a table of segment numbers by code, in ascending order of codes. It can be built only through
//! `from_lists`, which refuses holes and overlaps; a customer therefore always has exactly one segment.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use crate::data::PerCustomer;
use crate::error::{Error, ErrorKind, Result};
use crate::types::Language;

use super::score::{Code, Rfm};

/// A named segment. Segments are equal where both names are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Segment {
    name: String,
    name_zh: String,
}

impl Segment {
    /// The name; the same in both languages where only one was given.
    ///
    /// ```
    /// use regulars::rfm::{SegmentMap, SegmentRule};
    /// use regulars::types::Language;
    /// let map = SegmentMap::from_rules([2, 2, 2], [SegmentRule::new("everybody")])?;
    /// assert_eq!(map.segments()[0].name(Language::Chinese), "everybody");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn name(&self, language: Language) -> &str {
        language.pick(&self.name, &self.name_zh)
    }
}

/// A segment of one map, by its place among [`SegmentMap::segments`]. Two bytes for each customer instead of a
/// name; turned into the segment by [`SegmentMap::segment`] of the same map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SegmentIx(u16);

impl SegmentIx {
    /// The place, from 0.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

/// Codes that belong to a segment: a box of scores. A segment may have several rules.
///
/// Axes that are not narrowed take every score. All rules together must take every code of the map's bins once;
/// the error lists what is left over and what is taken twice, so that a map is made by trying.
///
/// ```
/// use regulars::rfm::{SegmentMap, SegmentRule};
/// use regulars::types::Language;
///
/// let map = SegmentMap::from_rules([2, 2, 2], [
///     SegmentRule::new("regulars").chinese("常客").recency(2..=2).frequency(2..=2),
///     SegmentRule::new("fresh").chinese("新客").recency(2..=2).frequency(1..=1),
///     SegmentRule::new("asleep").chinese("沉睡").recency(1..=1),
/// ])?;
/// assert_eq!(map.segment_of("212".parse()?).map(|s| s.name(Language::English)), Some("fresh"));
///
/// let error = SegmentMap::from_rules([2, 2, 2], [
///     SegmentRule::new("regulars").frequency(2..=2),
///     SegmentRule::new("fresh").recency(2..=2).monetary(1..=1),
/// ]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "parameter `rules`: must cover every code exactly once, got no segment for 111, 112, 212; more than one for 221"
/// );
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[must_use]
pub struct SegmentRule {
    name: String,
    name_zh: Option<String>,
    scores: [Option<RangeInclusive<u8>>; 3],
}

impl SegmentRule {
    /// A rule that takes every code, until its axes are narrowed.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), name_zh: None, scores: [None, None, None] }
    }

    /// The segment's name in Chinese. Where rules share a name, the first one's counts.
    pub fn chinese(mut self, name: impl Into<String>) -> Self {
        self.name_zh = Some(name.into());
        self
    }

    /// Scores of recency that belong to it; high scores are those who came last. Scores outside the map's bins take
    /// nothing.
    pub fn recency(mut self, scores: RangeInclusive<u8>) -> Self {
        self.scores[0] = Some(scores);
        self
    }

    /// Scores of frequency that belong to it.
    pub fn frequency(mut self, scores: RangeInclusive<u8>) -> Self {
        self.scores[1] = Some(scores);
        self
    }

    /// Scores of monetary value that belong to it.
    pub fn monetary(mut self, scores: RangeInclusive<u8>) -> Self {
        self.scores[2] = Some(scores);
        self
    }

    /// Whether the code lies in the box.
    fn takes(&self, code: Code) -> bool {
        self.scores
            .iter()
            .zip([code.r, code.f, code.m])
            .all(|(range, score)| range.as_ref().is_none_or(|range| range.contains(&score)))
    }
}

/// The eleven segments of the field for quintiles: name, name in Chinese, codes.
///
/// The list is the one that CRM vendors publish, code by code, since Exponea (now Bloomreach) did; for example Squeezely,
/// "RFM App", <https://squeezely.atlassian.net/wiki/pages/2666070037>.
const STANDARD: [(&str, &str, &str); 11] = [
    ("champions", "冠军客户", "555 554 544 545 454 455 445"),
    ("loyal", "忠诚客户", "543 444 435 355 354 345 344 335"),
    (
        "potential loyalist",
        "潜在忠诚客户",
        "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323",
    ),
    ("new", "新客户", "512 511 422 421 412 411 311"),
    ("promising", "潜力客户", "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313"),
    ("need attention", "需要关注", "535 534 443 434 343 334 325 324"),
    ("about to sleep", "即将沉睡", "331 321 312 221 213 231 241 251"),
    (
        "at risk",
        "流失风险",
        "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124",
    ),
    ("cannot lose them", "不能失去", "155 154 144 214 215 115 114 113"),
    ("hibernating", "休眠客户", "332 322 233 232 223 222 132 123 122 212 211"),
    ("lost", "已流失", "111 112 121 131 141 151"),
];

/// Which segment every code belongs to: no code is left out, none belongs to two.
///
/// Three ways to make one: [`standard`](Self::standard) for quintiles, [`from_rules`](Self::from_rules) for boxes
/// of scores, [`from_codes`](Self::from_codes) for lists. Saved by [`persist`](crate::persist), since a report of
/// next year needs the names of this one.
///
/// ```
/// use regulars::rfm::SegmentMap;
/// use regulars::types::Language;
///
/// let map = SegmentMap::standard([5, 5, 5])?;
/// assert_eq!(map.segments().len(), 11);
/// let precious = map.segment_of("155".parse()?).expect("one of the 125");
/// assert_eq!(precious.name(Language::English), "cannot lose them");
/// assert_eq!(precious.name(Language::Chinese), "不能失去");
/// assert!(SegmentMap::standard([4, 4, 4]).is_err()); // no published standard: make your own
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct SegmentMap {
    pub(super) bins: [u8; 3],
    pub(super) segments: Vec<Segment>,
    /// By code, in ascending order of codes.
    pub(super) of_code: Vec<u16>,
}

impl SegmentMap {
    /// The eleven named segments of the field, for five scores on each axis. All 125 codes are listed in the
    /// [module](super)'s page.
    ///
    /// ```
    /// use regulars::rfm::SegmentMap;
    ///
    /// let error = SegmentMap::standard([4, 4, 4]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "parameter `bins`: the standard segments are defined for 5x5x5 scores only: must be [5, 5, 5], got [4, 4, 4]"
    /// );
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) for other bins: they have no published standard, and none is made up.
    pub fn standard(bins: [u8; 3]) -> Result<Self> {
        if bins != [5, 5, 5] {
            return Err(Error::param(
                "bins",
                "the standard segments are defined for 5x5x5 scores only: must be [5, 5, 5]",
                format!("{bins:?}"),
            ));
        }
        let parsed: Vec<(Segment, Vec<Code>)> = STANDARD
            .iter()
            .map(|(name, name_zh, codes)| {
                let codes: Result<Vec<Code>> = codes.split(' ').map(str::parse).collect();
                Ok((Segment { name: (*name).to_owned(), name_zh: (*name_zh).to_owned() }, codes?))
            })
            .collect::<Result<_>>()?;
        Self::from_lists(bins, parsed)
    }

    /// Segments by lists of codes, in the order given.
    ///
    /// ```
    /// use regulars::rfm::SegmentMap;
    /// use regulars::types::Language;
    ///
    /// let all = ["111", "112", "121", "122", "211", "212", "221"];
    /// let map = SegmentMap::from_codes([2, 2, 2], [("best", &["222"][..]), ("rest", &all[..])])?;
    /// assert_eq!(map.segments()[0].name(Language::English), "best");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) naming the codes that belong to no segment, to more than one, or do not
    /// exist.
    pub fn from_codes<'a>(
        bins: [u8; 3],
        segments: impl IntoIterator<Item = (&'a str, &'a [&'a str])>,
    ) -> Result<Self> {
        let lists = segments
            .into_iter()
            .map(|(name, codes)| {
                let codes: Result<Vec<Code>> = codes.iter().map(|code| code.parse()).collect();
                Ok((Segment { name: name.to_owned(), name_zh: name.to_owned() }, codes?))
            })
            .collect::<Result<_>>()?;
        Self::from_lists(bins, lists)
    }

    /// Segments by rules. Rules of the same name make one segment; two rules must not take the same code, not even
    /// two of one segment. [`SegmentRule`] has an example.
    ///
    /// # Errors
    /// As [`from_codes`](Self::from_codes).
    pub fn from_rules(bins: [u8; 3], rules: impl IntoIterator<Item = SegmentRule>) -> Result<Self> {
        let codes = codes_of(bins)?;
        let lists = rules
            .into_iter()
            .map(|rule| {
                let taken = codes.iter().copied().filter(|code| rule.takes(*code)).collect();
                let name_zh = rule.name_zh.unwrap_or_else(|| rule.name.clone());
                (Segment { name: rule.name, name_zh }, taken)
            })
            .collect();
        Self::from_lists(bins, lists)
    }

    /// The one way to a map: numbers the segments by first mention, and asks of every code of the bins that exactly
    /// one segment claims it. Owners are kept in a `BTreeMap`, so that the message lists codes in order and
    /// `of_code` falls out of it in ascending order of codes.
    fn from_lists(bins: [u8; 3], lists: Vec<(Segment, Vec<Code>)>) -> Result<Self> {
        let codes = codes_of(bins)?;
        let mut segments: Vec<Segment> = Vec::new();
        let mut owners: BTreeMap<Code, Vec<u16>> = codes.iter().map(|code| (*code, Vec::new())).collect();
        let mut unknown = Vec::new();
        for (segment, codes) in lists {
            if segment.name.trim().is_empty() {
                return Err(Error::param("rules", "a segment must have a name", "an empty one"));
            }
            let number = segments.iter().position(|s| s.name == segment.name).unwrap_or_else(|| {
                segments.push(segment);
                segments.len() - 1
            });
            let number = u16::try_from(number).map_err(|_| Error::overflow("more than 65535 segments"))?;
            for code in codes {
                match owners.get_mut(&code) {
                    Some(owners) => owners.push(number),
                    None => unknown.push(code),
                }
            }
        }
        let with = |test: fn(&Vec<u16>) -> bool| -> Vec<Code> {
            owners.iter().filter(|(_, owners)| test(owners)).map(|(code, _)| *code).collect()
        };
        let faults: Vec<String> = [
            ("no segment for", with(Vec::is_empty)),
            ("more than one for", with(|owners| owners.len() > 1)),
            ("codes that do not exist:", unknown),
        ]
        .iter()
        .filter(|(_, codes)| !codes.is_empty())
        .map(|(what, codes)| format!("{what} {}", listed(codes)))
        .collect();
        if !faults.is_empty() {
            return Err(Error::param("rules", "must cover every code exactly once", faults.join("; ")));
        }
        Ok(Self { bins, segments, of_code: owners.into_values().flatten().collect() })
    }

    /// The segments, in the order given; [`SegmentIx`] counts by it.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Scores on each axis: recency, frequency, monetary value. Scores of other bins are refused by
    /// [`assign`](Self::assign).
    pub fn bins(&self) -> [u8; 3] {
        self.bins
    }

    /// The segment of a code; `None` for a code that these bins do not have.
    ///
    /// ```
    /// use regulars::rfm::SegmentMap;
    /// let map = SegmentMap::standard([5, 5, 5])?;
    /// assert!(map.segment_of("111".parse()?).is_some());
    /// assert!(map.segment_of("116".parse()?).is_none());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn segment_of(&self, code: Code) -> Option<&Segment> {
        self.segments.get(self.place_of(code)?.index())
    }

    /// The segment behind a place; `None` for a place of a map with more segments.
    pub fn segment(&self, place: SegmentIx) -> Option<&Segment> {
        self.segments.get(place.index())
    }

    /// Codes in ascending order are numbers of mixed radix: ((r - 1) F + (f - 1)) M + (m - 1) for F scores of
    /// frequency and M of money. The same order as that of `codes_of`.
    fn place_of(&self, code: Code) -> Option<SegmentIx> {
        let mut place = 0;
        for (score, bins) in [code.r, code.f, code.m].into_iter().zip(self.bins) {
            if !(1..=bins).contains(&score) {
                return None;
            }
            place = place * usize::from(bins) + usize::from(score - 1);
        }
        self.of_code.get(place).map(|segment| SegmentIx(*segment))
    }

    /// The segment of every customer, in the order of `scores`. O(customers).
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// use regulars::rfm::{RfmParams, SegmentMap, SegmentRule};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (customer, day) in [("ann", 30), ("bob", 2), ("cleo", 3)] {
    /// #     builder.push(Transaction::new(customer, Day::new(day)).amount(Amount::minor(100)))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// # let now = ledger.observed(AsOf::new(Day::new(31)))?;
    /// // ann came yesterday, bob and cleo four weeks ago: the median of 1, 28, 29 days is 28.
    /// let scores = RfmParams::new().bins(2).fit(now)?.score(now)?;
    /// let map = SegmentMap::from_rules([2, 2, 2], [
    ///     SegmentRule::new("here").recency(2..=2),
    ///     SegmentRule::new("gone").recency(1..=1),
    /// ])?;
    /// let assigned = map.assign(&scores)?;
    /// let name = |key: &str| assigned.by_key(key).and_then(|ix| map.segment(*ix)).map(|s| s.name(Language::English));
    /// // A value on the edge belongs to the bin below it: cleo's 28 days are still "here".
    /// assert_eq!((name("ann"), name("cleo"), name("bob")), (Some("here"), Some("here"), Some("gone")));
    /// assert_eq!(map.counts(&assigned), [2, 1]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeMismatch`](ErrorKind::ShapeMismatch) for scores of other bins than the map's.
    pub fn assign(&self, scores: &PerCustomer<Rfm>) -> Result<PerCustomer<SegmentIx>> {
        let places: Option<Vec<SegmentIx>> = scores
            .values()
            .iter()
            .map(|rfm| self.place_of(rfm.code()).filter(|_| rfm.bins == self.bins))
            .collect();
        let places = places.ok_or_else(|| {
            let got = scores.values().iter().map(|rfm| rfm.bins).find(|bins| *bins != self.bins);
            let rule =
                format!("segments are defined for {:?} scores, the customers have {:?}", self.bins, got);
            Error::new(ErrorKind::ShapeMismatch, None, rule)
        })?;
        PerCustomer::new(scores.customers().clone(), places)
    }

    /// Customers in each segment, in the order of [`segments`](Self::segments); 0 for a segment that nobody is in.
    pub fn counts(&self, assigned: &PerCustomer<SegmentIx>) -> Vec<usize> {
        let mut counts = vec![0; self.segments.len()];
        for place in assigned.values() {
            if let Some(count) = counts.get_mut(place.index()) {
                *count += 1;
            }
        }
        counts
    }
}

/// All codes in ascending order, r first: bins³ of them for equal bins, at most 1,000.
pub(super) fn codes_of(bins: [u8; 3]) -> Result<Vec<Code>> {
    if !bins.iter().all(|n| (2..=10).contains(n)) {
        return Err(Error::param("bins", "must be 2 to 10 on each axis", format!("{bins:?}")));
    }
    let [rs, fs, ms] = bins;
    Ok((1..=rs).flat_map(|r| (1..=fs).flat_map(move |f| (1..=ms).map(move |m| Code { r, f, m }))).collect())
}

/// The first thirty codes and how many more there are: a map with a hole in one axis would otherwise make a
/// message of hundreds.
fn listed(codes: &[Code]) -> String {
    const SHOWN: usize = 30;
    let text = codes.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match codes.len().saturating_sub(SHOWN) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

impl fmt::Debug for SegmentMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentMap({} segments of {:?} scores)", self.segments.len(), self.bins)
    }
}
