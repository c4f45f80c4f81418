//! What each segment looks like: size, means in the units of the table, and what sets it apart.
//!
//! Three kinds of units meet here. Centres and radii are in those of the matrix that was clustered. Effects and deviations
//! are in those of the scaled columns, which are the same unless the columns were whitened: whitening mixes columns, and
//! people want to hear of one at a time. Means, typical values and shares are in the units of the table, by the inverse of
//! the transform or from the table itself.
//!
//! All sums run over fixed chunks of rows, relative to an origin near them; O(n · width).

use std::ops::Range;

use crate::error::Result;
use crate::kernel::par;
use crate::types::Language;

use super::input::Measured;
use super::lloyd::{Rows, Run};
use super::names::{SegmentKind, SegmentName, Standing, name_all};

/// One segment as people see it.
///
/// ```
/// use regulars::data::{Customers, Features};
/// use regulars::segment::KMeansParams;
/// use regulars::types::Language;
///
/// let features = Features::builder(Customers::numbered(5)?)
///     .numeric("recency", [3.0, 5.0, 200.0, 300.0, 250.0])?
///     .numeric("monetary", [600.0, 350.0, 20.0, 20.0, 10.0])?
///     .build()?;
/// let model = KMeansParams::new(2).fit(&features)?;
/// let best = &model.profiles()[0];
/// assert_eq!((best.size, best.share), (2, 0.4));
/// assert_eq!(best.revenue, Some(0.95));
/// assert!(best.describe(Language::English).starts_with("champions: 2 customers (40.0 %), 95.0 % of spend, "));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SegmentProfile {
    /// Its name, by the rule or the user's own.
    pub name: SegmentName,
    /// Its kind, where the columns tell; a user's own name does not change it.
    pub kind: Option<SegmentKind>,
    /// Customers.
    pub size: usize,
    /// Their share of all customers.
    pub share: f64,
    /// Sum of their weights; the same as `size` without weights.
    pub weight: f64,
    /// Root mean square distance of members to the centre, in units of the matrix.
    pub radius: f64,
    /// Their share of all money, refunds taken off: of the column `monetary` of the table, whether it is clustered or
    /// not. `None` without that column and where the total is not above 0. Below 0 for a segment that returned more than
    /// it paid.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub revenue: Option<f64>,
    /// One trait per clustered column, in the order of the columns.
    pub traits: Vec<Trait>,
}

/// One column of one segment.
///
/// ```
/// use regulars::data::{Customers, Features, TransformParams};
/// use regulars::segment::KMeansParams;
///
/// let spend = [10.0, 20.0, 30.0, 100.0, 140.0];
/// let features = Features::builder(Customers::numbered(5)?).numeric("spend", spend)?.build()?;
/// let model = KMeansParams::new(2).transform(TransformParams::new()).fit(&features)?;
/// let low = &model.profiles()[0].traits[0];
/// assert_eq!((low.column.as_str(), low.centre, low.mean), ("spend", 20.0, Some(20.0)));
/// assert_eq!(low.share_of_total, Some(0.2));
/// assert!((low.deviation.unwrap() - (200.0_f64 / 3.0).sqrt()).abs() < 1e-12);
/// // (20 − 120) over the pooled deviation of both segments, sqrt((200 + 800) / 5).
/// assert!((low.effect.unwrap() + 100.0 / 200.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Trait {
    /// The column.
    pub column: String,
    /// The centre in the units of the table: the typical member. Under the default transform it is a geometric mean.
    pub centre: f64,
    /// Weighted mean of the members in the units of the table, missing values left out; `None` where all are missing.
    pub mean: Option<f64>,
    /// The segment's share of the column's total; `None` where the total is not above 0.
    pub share_of_total: Option<f64>,
    /// Difference of means, members − others, in pooled standard deviations (Cohen's d) of the scaled columns; `None`
    /// with one segment or without spread.
    pub effect: Option<f64>,
    /// Root mean square deviation of the members from the centre, in units of the scaled column; `None` for a segment
    /// without weight and in files of older versions.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub deviation: Option<f64>,
}

impl SegmentProfile {
    /// The traits that set the segment apart, strongest first: those with an effect of at least 0.2 either way, which
    /// is where Cohen (1988) begins to speak of a small effect.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # let features = Features::builder(Customers::numbered(4)?)
    /// #     .numeric("age", [30.0, 50.0, 35.0, 45.0])?
    /// #     .numeric("spend", [9.0, 10.0, 2_000.0, 2_100.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// let columns = model.profiles()[0].distinctive().iter().map(|t| t.column.clone()).collect::<Vec<_>>();
    /// assert!(!columns.is_empty());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn distinctive(&self) -> Vec<&Trait> {
        let mut traits: Vec<&Trait> =
            self.traits.iter().filter(|t| t.effect.is_some_and(|e| e.abs() >= 0.2)).collect();
        traits.sort_by(|a, b| b.strength().total_cmp(&a.strength()));
        traits
    }

    /// A sentence: size, share, revenue, and the three traits that set the segment apart most, with the typical value of
    /// each. "Much" stands for an effect of at least 0.8, Cohen's large one.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(4)?)
    /// #     .numeric("recency", [3.0, 5.0, 200.0, 300.0])?
    /// #     .numeric("monetary", [700.0, 250.0, 20.0, 30.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?.named(["regulars", "others"])?;
    /// let english = model.profiles()[0].describe(Language::English);
    /// assert!(english.starts_with("regulars: 2 customers (50.0 %), 95.0 % of spend, "), "{english}");
    /// assert!(english.contains("bought much more recently (typically 3.90)"), "{english}");
    /// let chinese = model.profiles()[0].describe(Language::Chinese);
    /// assert!(chinese.starts_with("regulars：2人（50.0%），占消费额95.0%，"), "{chinese}");
    /// assert!(chinese.contains("距上次购买时间明显偏短（典型值3.90）"), "{chinese}");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn describe(&self, language: Language) -> String {
        let percent = 100.0 * self.share;
        let mut parts = vec![match language {
            Language::Chinese => format!("{}人（{percent:.1}%）", self.size),
            _ => format!("{} customers ({percent:.1} %)", self.size),
        }];
        if let Some(revenue) = self.revenue {
            parts.push(match language {
                Language::Chinese => format!("占消费额{:.1}%", 100.0 * revenue),
                _ => format!("{:.1} % of spend", 100.0 * revenue),
            });
        }
        let traits = self.distinctive();
        parts.extend(traits.iter().take(3).map(|t| t.describe(language)));
        if traits.is_empty() {
            parts.push((*language.pick("close to the average", "各项接近平均")).to_owned());
        }
        let name = self.name.text(language);
        match language {
            Language::Chinese => format!("{name}：{}。", parts.join("，")),
            _ => format!("{name}: {}.", parts.join(", ")),
        }
    }
}

impl Trait {
    /// The size of the effect, 0 where there is none.
    fn strength(&self) -> f64 {
        self.effect.map_or(0.0, f64::abs)
    }

    /// The trait in words that fit its column, with the typical value: "bought much more recently (typically 14.4)".
    fn describe(&self, language: Language) -> String {
        let effect = self.effect.unwrap_or_default();
        let words = comparison(&self.column, effect > 0.0, effect.abs() >= 0.8, language);
        let centre = short(self.centre);
        match language {
            Language::Chinese => format!("{words}（典型值{centre}）"),
            _ => format!("{words} (typically {centre})"),
        }
    }
}

/// How a segment compares with all customers in a column, in words that a marketer would use: for time longer and shorter, for
/// counts more and fewer, for all else higher and lower.
fn comparison(column: &str, high: bool, much: bool, language: Language) -> String {
    let name = column_name(column, language);
    if language == Language::Chinese {
        let word = match (column, high) {
            ("recency" | "tenure" | "mean_gap", true) => "长",
            ("recency" | "tenure" | "mean_gap", false) => "短",
            ("frequency" | "items", true) => "多",
            ("frequency" | "items", false) => "少",
            (_, true) => "高",
            (_, false) => "低",
        };
        return format!("{name}{}偏{word}", if much { "明显" } else { "" });
    }
    let (very, far) = if much { ("much ", "far ") } else { ("", "") };
    match (column, high) {
        ("recency", true) => format!("silent for {very}longer"),
        ("recency", false) => format!("bought {very}more recently"),
        ("frequency", true) => format!("{far}more purchases"),
        ("frequency", false) => format!("{far}fewer purchases"),
        ("items", true) => format!("{far}more different items"),
        ("items", false) => format!("{far}fewer different items"),
        ("tenure", true) => format!("customers for {very}longer"),
        ("tenure", false) => format!("{very}newer as customers"),
        ("mean_gap", true) => format!("{very}longer between purchases"),
        ("mean_gap", false) => format!("{very}shorter between purchases"),
        (_, true) => format!("{very}higher {name}"),
        (_, false) => format!("{very}lower {name}"),
    }
}

/// The columns of [`Features::behaviour`](crate::data::Features::behaviour) in words; others by their own name.
pub(super) fn column_name(column: &str, language: Language) -> &str {
    match column {
        "recency" => language.pick("time since the last purchase", "距上次购买时间"),
        "frequency" => language.pick("number of purchases", "购买次数"),
        "monetary" => language.pick("spend", "消费金额"),
        "tenure" => language.pick("time since the first purchase", "客龄"),
        "mean_gap" => language.pick("time between purchases", "购买间隔"),
        "items" => language.pick("breadth of items", "商品种类"),
        "refund_share" => language.pick("share of refunds", "退款占比"),
        other => other,
    }
}

/// A number for a sentence: three significant digits, without an exponent for the sizes that people read.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    if size >= 1e9 || (size < 1e-3 && size > 0.0) {
        format!("{value:.2e}")
    } else if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// What one pass over the rows finds out (16,384 rows at a time, partial sums added in order): sizes, weights, and sums relative to an origin.
pub(super) struct Sums {
    pub(super) size: Vec<usize>,
    pub(super) weight: Vec<f64>,
    /// Weighted sums and sums of squares by segment and column.
    pub(super) sum: Vec<f64>,
    pub(super) squares: Vec<f64>,
}

/// Weighted mean and standard deviation (denominator: the sum of weights) of each column over all rows.
struct Moments {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

/// Rows summed as one; the partial sums are added in order.
const CHUNK: usize = 16_384;

impl Sums {
    /// One pass over the rows, in fixed chunks. `origin` holds one point for all segments, or one for each.
    pub(super) fn of(rows: Rows<'_>, labels: &[u16], k: usize, origin: &[f64]) -> Self {
        let width = rows.width;
        let origins = origin.len() / width;
        let empty = || Self {
            size: vec![0; k],
            weight: vec![0.0; k],
            sum: vec![0.0; k * width],
            squares: vec![0.0; k * width],
        };
        let chunk = |range: Range<usize>| {
            let mut sums = empty();
            for row in range {
                let (j, w) = (usize::from(labels[row]), rows.weight(row));
                sums.size[j] += 1;
                sums.weight[j] += w;
                let sum = &mut sums.sum[j * width..(j + 1) * width];
                let squares = &mut sums.squares[j * width..(j + 1) * width];
                let origin = &origin[if origins == 1 { 0 } else { j * width }..];
                for (d, value) in rows.row(row).iter().enumerate() {
                    let difference = value - origin[d];
                    sum[d] += w * difference;
                    squares[d] += w * difference * difference;
                }
            }
            sums
        };
        par::reduce_chunks(labels.len(), CHUNK, chunk, |a, b| a.add(&b)).unwrap_or_else(empty)
    }

    fn add(mut self, other: &Self) -> Self {
        let add = |own: &mut [f64], other: &[f64]| {
            for (own, other) in own.iter_mut().zip(other) {
                *own += other;
            }
        };
        for (own, other) in self.size.iter_mut().zip(&other.size) {
            *own += other;
        }
        add(&mut self.weight, &other.weight);
        add(&mut self.sum, &other.sum);
        add(&mut self.squares, &other.squares);
        self
    }

    /// Of all rows together, from the sums of the segments.
    fn moments(&self, origin: &[f64]) -> Moments {
        let width = origin.len();
        let total: f64 = self.weight.iter().sum();
        let of = |values: &[f64], d: usize| values.iter().skip(d).step_by(width).sum::<f64>() / total;
        let offset: Vec<f64> = (0..width).map(|d| of(&self.sum, d)).collect();
        Moments {
            mean: offset.iter().zip(origin).map(|(offset, origin)| origin + offset).collect(),
            deviation: (0..width)
                .map(|d| (of(&self.squares, d) - offset[d] * offset[d]).max(0.0).sqrt())
                .collect(),
        }
    }
}

/// The mean of the centres: near the rows, so that sums relative to it keep their digits.
pub(super) fn origin(centres: &[f64], width: usize) -> Vec<f64> {
    let k = (centres.len() / width) as f64;
    (0..width).map(|d| centres.iter().skip(d).step_by(width).map(|c| c / k).sum()).collect()
}

/// How each segment stands against all customers; `None` for all of them where the columns do not tell: without
/// `recency`, or without both `frequency` and `monetary`, or where these do not vary.
///
/// A standing is (centre − mean of all) / deviation of all, by column; value is the mean of those of frequency and spend.
fn standings(names: &[String], centres: &[f64], moments: &Moments) -> Vec<Option<Standing>> {
    let width = names.len();
    let at = |name: &str| names.iter().position(|own| own == name).filter(|d| moments.deviation[*d] > 0.0);
    let (recency, tenure) = (at("recency"), at("tenure"));
    let value: Vec<usize> = [at("frequency"), at("monetary")].into_iter().flatten().collect();
    let standing = |centre: &[f64]| {
        let z = |d: usize| (centre[d] - moments.mean[d]) / moments.deviation[d];
        (!value.is_empty()).then_some(())?;
        Some(Standing {
            recency: z(recency?),
            value: value.iter().map(|d| z(*d)).sum::<f64>() / value.len() as f64,
            tenure: tenure.map(z),
        })
    };
    centres.chunks_exact(width).map(standing).collect()
}

/// Puts the segments in order: by value where the columns tell it, otherwise by size; ties by centre. Chance has numbered
/// them in the order in which their centres were drawn; the order of a report must not depend on that.
pub(super) fn order(measured: &Measured<'_>, run: &mut Run) {
    let width = measured.matrix.width();
    let k = run.centres.len() / width;
    let shown = measured.shown_centres(&run.centres);
    let origin = origin(&shown, width);
    let sums = Sums::of(measured.shown(), &run.labels, k, &origin);
    let standings = standings(measured.matrix.names(), &shown, &sums.moments(&origin));
    let sizes = sums.size;
    let centre = |j: usize| &run.centres[j * width..(j + 1) * width];
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by(|a, b| {
        let key = |j: usize| standings[j].map_or(sizes[j] as f64, |s| s.value);
        let by_centre = || centre(*a).iter().zip(centre(*b)).map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne());
        key(*b).total_cmp(&key(*a)).then_with(|| by_centre().unwrap_or(std::cmp::Ordering::Equal))
    });
    let centres = order.iter().flat_map(|j| centre(*j)).copied().collect();
    let mut rank = vec![0_u16; k];
    for (new, old) in (0_u16..).zip(&order) {
        rank[*old] = new;
    }
    for label in &mut run.labels {
        *label = rank[usize::from(*label)];
    }
    run.centres = centres;
}

/// The profiles of a run, in the order of its centres. O(n · width).
pub(super) fn profiles(measured: &Measured<'_>, run: &Run) -> Result<Vec<SegmentProfile>> {
    let (rows, names) = (measured.rows(), measured.matrix.names());
    let (width, n) = (rows.width, rows.len());
    let k = run.centres.len() / width;
    let shown = measured.shown_centres(&run.centres);
    let origin = origin(&shown, width);
    let sums = Sums::of(measured.shown(), &run.labels, k, &origin);
    let standings = standings(names, &shown, &sums.moments(&origin));
    let radii = if measured.scaled.is_some() {
        let origin = self::origin(&run.centres, width);
        Sums::of(rows, &run.labels, k, &origin).radii(&run.centres, &origin)
    } else {
        sums.radii(&shown, &origin)
    };
    let effects = sums.effects();
    let mut profiles = Vec::with_capacity(k);
    for (j, name) in name_all(&standings).into_iter().enumerate() {
        let centre = &run.centres[j * width..(j + 1) * width];
        let typical =
            measured.transform.as_ref().map_or_else(|| Ok(centre.to_vec()), |t| t.invert(centre))?;
        let trait_of = |d: usize| {
            let at = j * width + d;
            let mean = origin[d] + sums.sum[at] / sums.weight[j];
            Trait {
                column: names[d].clone(),
                centre: typical[d],
                // Of a matrix; of a table it is replaced below.
                mean: Some(mean).filter(|m| m.is_finite()),
                share_of_total: None,
                effect: effects[at],
                deviation: sums.deviation(j, d, shown[at] - origin[d]),
            }
        };
        profiles.push(SegmentProfile {
            name,
            kind: standings[j].as_ref().map(SegmentKind::of),
            size: sums.size[j],
            share: sums.size[j] as f64 / n as f64,
            weight: sums.weight[j],
            radius: radii[j],
            revenue: None,
            traits: (0..width).map(trait_of).collect(),
        });
    }
    if let Some(features) = measured.features {
        for (d, name) in names.iter().enumerate() {
            let column = features.numeric(name)?;
            let known = |row: usize| column.get(row).map(|value| (value, rows.weight(row)));
            for (profile, mean) in profiles.iter_mut().zip(original_means(known, &run.labels, k)) {
                profile.traits[d].mean = mean;
            }
        }
    }
    let money = |row: usize| {
        let value = measured.features?.numeric("monetary").ok()?.get(row)?;
        Some((value, rows.weight(row)))
    };
    let revenue = shares(original_means(money, &run.labels, k).into_iter().zip(&sums.weight));
    for (profile, revenue) in profiles.iter_mut().zip(revenue) {
        profile.revenue = revenue;
    }
    share_totals(&mut profiles);
    Ok(profiles)
}

/// Fills in every trait's share of its column's total.
fn share_totals(profiles: &mut [SegmentProfile]) {
    let width = profiles.first().map_or(0, |p| p.traits.len());
    for d in 0..width {
        let shares = shares(profiles.iter().map(|p| (p.traits[d].mean, &p.weight)));
        for (profile, share) in profiles.iter_mut().zip(shares) {
            profile.traits[d].share_of_total = share;
        }
    }
}

/// Means, shares of totals and of revenue after a batch of rows of weight 1, from those before it and the weights the
/// segments had then. Revenue follows where `monetary` is a column of the model, and is `None` otherwise.
pub(super) fn update_means(
    measured: &Measured<'_>,
    labels: &[u16],
    old: &[f64],
    profiles: &mut [SegmentProfile],
) -> Result<()> {
    for (d, name) in measured.matrix.names().iter().enumerate() {
        let column = measured.features.map(|f| f.numeric(name)).transpose()?;
        let known = |row: usize| match column {
            Some(column) => column.get(row).map(|value| (value, 1.0)),
            None => Some((measured.rows().row(row)[d], 1.0)),
        };
        let fresh = original_means(known, labels, profiles.len());
        for ((profile, fresh), old) in profiles.iter_mut().zip(fresh).zip(old) {
            let share = (profile.weight - old) / profile.weight;
            let mean = &mut profile.traits[d].mean;
            *mean = match (*mean, fresh) {
                (Some(before), Some(fresh)) => Some(before * (1.0 - share) + fresh * share),
                (before, fresh) => before.or(fresh),
            };
        }
    }
    share_totals(profiles);
    for profile in profiles {
        let money = profile.traits.iter().find(|t| t.column == "monetary");
        profile.revenue = profile.revenue.and(money).and_then(|t| t.share_of_total);
    }
    Ok(())
}

/// Effects from the centres (in units of the scaled columns), deviations and weights of the profiles; those that cannot
/// be told are left as they are.
pub(super) fn update_effects(centres: &[f64], profiles: &mut [SegmentProfile]) {
    let width = profiles.first().map_or(0, |p| p.traits.len());
    let weights: Vec<f64> = profiles.iter().map(|p| p.weight).collect();
    let total: f64 = weights.iter().sum();
    for d in 0..width {
        let deviations: Option<Vec<f64>> =
            profiles.iter().map(|p| p.traits[d].deviation.or((p.weight == 0.0).then_some(0.0))).collect();
        let Some(deviations) = deviations else { continue };
        let at = |i: usize| centres[i * width + d];
        for (j, profile) in profiles.iter_mut().enumerate() {
            let others = || (0..weights.len()).filter(move |i| *i != j);
            let rest: f64 = others().map(|i| weights[i]).sum();
            let mean = others().map(|i| weights[i] / rest * at(i)).sum::<f64>();
            let inside = weights[j] * deviations[j] * deviations[j]
                + others()
                    .map(|i| weights[i] * (deviations[i] * deviations[i] + (at(i) - mean) * (at(i) - mean)))
                    .sum::<f64>();
            let effect = (at(j) - mean) / (inside / total).sqrt();
            profile.traits[d].effect = Some(effect).filter(|e| e.is_finite());
        }
    }
}

/// Shares of a total, from means and weights; `None` for all where the total is not above 0 by more than rounding.
fn shares<'a>(means: impl Iterator<Item = (Option<f64>, &'a f64)>) -> Vec<Option<f64>> {
    let pairs: Vec<(f64, f64)> = means.map(|(mean, weight)| (mean.unwrap_or_default(), *weight)).collect();
    let all: f64 = pairs.iter().map(|(_, weight)| weight).sum();
    let parts: Vec<f64> = pairs.iter().map(|(mean, weight)| mean * (weight / all)).collect();
    let (total, size): (f64, f64) = (parts.iter().sum(), parts.iter().map(|p| p.abs()).sum());
    parts.iter().map(|part| Some(part / total).filter(|s| total > 1e-9 * size && s.is_finite())).collect()
}

impl Sums {
    /// Weighted mean of the members' squared deviations from a centre in one column, `centre` relative to the origin;
    /// `None` without weight.
    fn around(&self, j: usize, d: usize, centre: f64) -> Option<f64> {
        let at = j * (self.sum.len() / self.weight.len()) + d;
        let (w, s, ss) = (self.weight[j], self.sum[at], self.squares[at]);
        (w > 0.0).then(|| (ss - s * s / w).max(0.0) / w + (centre - s / w) * (centre - s / w))
    }

    /// The root of that.
    pub(super) fn deviation(&self, j: usize, d: usize, centre: f64) -> Option<f64> {
        self.around(j, d, centre).map(f64::sqrt).filter(|v| v.is_finite())
    }

    /// Root mean square distance of each segment's members to its centre; 0 without weight.
    fn radii(&self, centres: &[f64], origin: &[f64]) -> Vec<f64> {
        let squared = |(j, centre): (usize, &[f64])| -> f64 {
            let columns = centre.iter().zip(origin).enumerate();
            columns.filter_map(|(d, (c, origin))| self.around(j, d, c - origin)).sum()
        };
        centres.chunks_exact(origin.len()).enumerate().map(squared).map(f64::sqrt).collect()
    }

    /// Cohen's d of each segment and column: (mean of the members − mean of the others) / pooled deviation, the pooled
    /// variance being that within the two groups over their weight together.
    fn effects(&self) -> Vec<Option<f64>> {
        let k = self.weight.len();
        let width = self.sum.len() / k;
        let total: f64 = self.weight.iter().sum();
        let all = |values: &[f64], d: usize| values.iter().skip(d).step_by(width).sum::<f64>();
        let effect = |at: usize| {
            let (j, d) = (at / width, at % width);
            let (s, ss) = (self.sum[at], self.squares[at]);
            let (others_s, others_ss) = (all(&self.sum, d) - s, all(&self.squares, d) - ss);
            let (w, others_w) = (self.weight[j], total - self.weight[j]);
            if k == 1 || w <= 0.0 || others_w <= 0.0 {
                return None;
            }
            let inside = (ss - s * s / w).max(0.0) + (others_ss - others_s * others_s / others_w).max(0.0);
            Some((s / w - others_s / others_w) / (inside / total).sqrt()).filter(|e| e.is_finite())
        };
        (0..k * width).map(effect).collect()
    }
}

/// Weighted means of the members of each segment in units of the table, missing values left out.
fn original_means(known: impl Fn(usize) -> Option<(f64, f64)>, labels: &[u16], k: usize) -> Vec<Option<f64>> {
    let known = || labels.iter().enumerate().filter_map(|(row, j)| Some((usize::from(*j), known(row)?)));
    let mut weights = vec![0.0; k];
    for (j, (_, weight)) in known() {
        weights[j] += weight;
    }
    // Divided before they are added: the sum of the largest floats does not fit a float, their mean does.
    let mut means = vec![0.0; k];
    for (j, (value, weight)) in known().filter(|(_, (_, weight))| *weight > 0.0) {
        means[j] += value * (weight / weights[j]);
    }
    means.iter().zip(&weights).map(|(m, w)| Some(*m).filter(|m| *w > 0.0 && m.is_finite())).collect()
}
