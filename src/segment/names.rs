//! Names of segments, by a rule that anyone can check.
//!
//! A name has to mean the same next month, so the rule looks at how a segment stands against all customers, in standard
//! deviations, and not at amounts that grow with prices. Its bounds are those at which a difference is called large (1),
//! medium (0.5) and small (0.25 to 0.4). It is one rule for every shop: it is never fitted.
//!
//! The words are those of the trade in both languages; a team that has words of its own gives them by
//! [`SegmentModel::named`](crate::segment::SegmentModel::named), and keeps the kind.

use std::borrow::Cow;

use crate::types::Language;

/// What kind of customers a segment holds, judged by its mean recency, frequency, spend and tenure against all
/// customers (the rule stands on the page of the [module](crate::segment)).
///
/// ```
/// use regulars::data::{Customers, Features};
/// use regulars::segment::{KMeansParams, SegmentKind};
///
/// let features = Features::builder(Customers::numbered(6)?)
///     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
///     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
///     .build()?;
/// let model = KMeansParams::new(2).fit(&features)?;
/// let kinds: Vec<_> = model.profiles().iter().map(|p| p.kind).collect();
/// assert_eq!(kinds, [Some(SegmentKind::HighValue), Some(SegmentKind::Dormant)]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum SegmentKind {
    /// Buy much, and lately.
    Champions,
    /// Worth more than most, and still there.
    HighValue,
    /// Worth more than most, and silent.
    AtRisk,
    /// Came lately, and not long ago for the first time.
    New,
    /// Came lately, not yet worth much.
    Potential,
    /// Nothing sets them apart.
    General,
    /// Worth little, and long silent.
    Dormant,
}

/// How a segment compares with all customers: differences of means in standard deviations of the clustered columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Standing {
    /// Higher means longer silent.
    pub(super) recency: f64,
    /// Mean of frequency and spend, whichever of them there are.
    pub(super) value: f64,
    /// Higher means customer for longer; `None` without a column `tenure`.
    pub(super) tenure: Option<f64>,
}

impl SegmentKind {
    /// The rule, first match wins. r, v and t are the differences of the segment's mean recency, value (the mean of
    /// frequency and spend) and tenure from those of all customers, in standard deviations.
    ///
    /// | kind | rule |
    /// |---|---|
    /// | champions | v >= 1 and r <= −0.25 |
    /// | at risk | v >= 0 and r >= 0.25 |
    /// | high value | v >= 0.4 |
    /// | new | r <= −0.25 and t <= −0.5 |
    /// | potential | r <= −0.25 |
    /// | dormant | r >= 0.5 |
    /// | general | all others |
    pub(super) fn of(standing: &Standing) -> Self {
        let Standing { recency: r, value: v, tenure } = *standing;
        if v >= 1.0 && r <= -0.25 {
            Self::Champions
        } else if v >= 0.0 && r >= 0.25 {
            Self::AtRisk
        } else if v >= 0.4 {
            Self::HighValue
        } else if r <= -0.25 {
            if tenure.is_some_and(|t| t <= -0.5) { Self::New } else { Self::Potential }
        } else if r >= 0.5 {
            Self::Dormant
        } else {
            Self::General
        }
    }

    /// The name in a language.
    ///
    /// ```
    /// use regulars::segment::SegmentKind;
    /// use regulars::types::Language;
    ///
    /// assert_eq!(SegmentKind::AtRisk.name(Language::English), "at risk");
    /// assert_eq!(SegmentKind::AtRisk.name(Language::Chinese), "流失风险客户");
    /// ```
    pub fn name(self, language: Language) -> &'static str {
        match self {
            Self::Champions => language.pick("champions", "核心客户"),
            Self::HighValue => language.pick("high value", "高价值客户"),
            Self::AtRisk => language.pick("at risk", "流失风险客户"),
            Self::New => language.pick("new", "新客户"),
            Self::Potential => language.pick("potential", "潜力客户"),
            Self::General => language.pick("general", "一般客户"),
            Self::Dormant => language.pick("dormant", "沉睡客户"),
        }
    }

    /// What to do about such customers, in a sentence.
    ///
    /// ```
    /// use regulars::segment::SegmentKind;
    /// use regulars::types::Language;
    ///
    /// assert!(SegmentKind::New.advice(Language::English).starts_with("Make the second purchase easy"));
    /// assert_eq!(SegmentKind::Dormant.advice(Language::Chinese), "低成本触达，偶尔提醒即可。");
    /// ```
    pub fn advice(self, language: Language) -> &'static str {
        match self {
            Self::Champions => language.pick(
                "Keep them: reward loyalty, ask for referrals, show new things first.",
                "重点维护：回馈忠诚，鼓励推荐，新品优先。",
            ),
            Self::HighValue => language.pick(
                "Grow them: recommend what goes with what they buy.",
                "深度经营：推荐关联商品，提升客单价。",
            ),
            Self::AtRisk => language.pick(
                "Win them back now: they were worth a visit and have gone silent.",
                "尽快召回：曾经有价值，现已沉默。",
            ),
            Self::New => language
                .pick("Make the second purchase easy: welcome and follow up.", "促成复购：做好欢迎与跟进。"),
            Self::Potential => language.pick(
                "Build the habit: they come, but buy little as yet.",
                "培养习惯：近期有购买，价值待提升。",
            ),
            Self::General => {
                language.pick("Treat as usual; watch which way they move.", "常规维护，关注其变化方向。")
            }
            Self::Dormant => {
                language.pick("Spend little: an occasional reminder at most.", "低成本触达，偶尔提醒即可。")
            }
        }
    }
}

/// The name of a segment.
///
/// ```
/// use regulars::data::{Customers, Matrix};
/// use regulars::segment::{KMeansParams, SegmentName};
/// use regulars::types::Language;
///
/// let matrix = Matrix::new(Customers::numbered(3)?, ["age"], vec![20.0, 21.0, 60.0])?;
/// let model = KMeansParams::new(2).fit(&matrix)?;
/// // Age says nothing about recency and value.
/// assert_eq!(model.profiles()[0].name, SegmentName::Number(1));
/// assert_eq!(model.profiles()[0].name.text(Language::Chinese), "客群 1");
/// let own = model.named(["young", "old"])?;
/// assert_eq!(own.profiles()[1].name, SegmentName::Custom("old".to_owned()));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum SegmentName {
    /// By the rule; where several segments are of one kind they are numbered from 1, the most valuable first.
    Kind {
        /// The kind.
        kind: SegmentKind,
        /// Its number among segments of that kind, `None` where there is one only.
        number: Option<u16>,
    },
    /// Only a number, from 1: the columns say nothing about recency and value.
    Number(u16),
    /// What the user calls it.
    Custom(String),
}

impl SegmentName {
    /// The name in a language; a user's own name is the same in all.
    pub fn text(&self, language: Language) -> Cow<'_, str> {
        match self {
            Self::Kind { kind, number: None } => Cow::Borrowed(kind.name(language)),
            Self::Kind { kind, number: Some(n) } => Cow::Owned(format!("{} {n}", kind.name(language))),
            Self::Number(n) => Cow::Owned(format!("{} {n}", language.pick("segment", "客群"))),
            Self::Custom(name) => Cow::Borrowed(name),
        }
    }
}

/// Names for segments in their order; `None` where a segment cannot be judged, which is then only numbered. Segments of
/// one kind are told apart by a number, in the order of the segments, so that no two share a name.
pub(super) fn name_all(standings: &[Option<Standing>]) -> Vec<SegmentName> {
    let kinds: Vec<Option<SegmentKind>> = standings.iter().map(|s| s.as_ref().map(SegmentKind::of)).collect();
    let mut names = Vec::with_capacity(kinds.len());
    for (i, kind) in kinds.iter().enumerate() {
        let rank = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        names.push(match kind {
            None => SegmentName::Number(rank(i + 1)),
            Some(kind) => {
                let same =
                    |kinds: &[Option<SegmentKind>]| kinds.iter().filter(|k| **k == Some(*kind)).count();
                let number = (same(&kinds) > 1).then(|| rank(same(&kinds[..=i])));
                SegmentName::Kind { kind: *kind, number }
            }
        });
    }
    names
}
