//! What each segment looks like: size, means in the units of the table, and what sets it apart.

use std::ops::Range;

use crate::data::{Features, Matrix, Transform};
use crate::error::Result;
use crate::kernel::par;
use crate::types::Language;

use super::lloyd::{Rows, Run};
use super::names::{SegmentKind, SegmentName, Standing, name_all};

/// One segment as people see it.
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
    /// One trait per clustered column, in the order of the columns.
    pub traits: Vec<Trait>,
}

/// One column of one segment.
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
    /// The segment's share of the column's total, of spend for instance: `None` where the column has values below 0 or
    /// its total is 0.
    pub share_of_total: Option<f64>,
    /// Difference of means, members − others, in pooled standard deviations (Cohen's d) of the matrix; `None` with one
    /// segment or without spread.
    pub effect: Option<f64>,
}

impl SegmentProfile {
    /// The traits that set the segment apart, strongest first: those with an effect of at least 0.2 either way, which
    /// is where Cohen (1988) begins to speak of a small effect.
    pub fn distinctive(&self) -> Vec<&Trait> {
        let mut traits: Vec<&Trait> =
            self.traits.iter().filter(|t| t.effect.is_some_and(|e| e.abs() >= 0.2)).collect();
        traits.sort_by(|a, b| b.strength().total_cmp(&a.strength()));
        traits
    }

    /// A sentence: size, share, and the three traits that set the segment apart most.
    pub fn describe(&self, language: Language) -> String {
        let traits: Vec<String> = self.distinctive().iter().take(3).map(|t| t.describe(language)).collect();
        let percent = 100.0 * self.share;
        let name = self.name.text(language);
        match language {
            Language::Chinese if traits.is_empty() => {
                format!("{name}：{}人（{percent:.1}%），各项接近平均。", self.size)
            }
            Language::Chinese => format!("{name}：{}人（{percent:.1}%），{}。", self.size, traits.join("，")),
            _ if traits.is_empty() => {
                format!("{name}: {} customers ({percent:.1} %), close to the average.", self.size)
            }
            _ => format!("{name}: {} customers ({percent:.1} %), {}.", self.size, traits.join(", ")),
        }
    }
}

impl Trait {
    fn strength(&self) -> f64 {
        self.effect.map_or(0.0, f64::abs)
    }

    fn describe(&self, language: Language) -> String {
        let effect = self.effect.unwrap_or_default();
        let high = effect > 0.0;
        let words = match (effect.abs() >= 0.8, language) {
            (true, Language::Chinese) => {
                if high {
                    "明显偏高"
                } else {
                    "明显偏低"
                }
            }
            (false, Language::Chinese) => {
                if high {
                    "偏高"
                } else {
                    "偏低"
                }
            }
            (true, _) => {
                if high {
                    "much higher"
                } else {
                    "much lower"
                }
            }
            (false, _) => {
                if high {
                    "higher"
                } else {
                    "lower"
                }
            }
        };
        let column = column_name(&self.column, language);
        let centre = short(self.centre);
        match language {
            Language::Chinese => format!("{column}{words}（典型值{centre}）"),
            _ => format!("{words} {column} (typically {centre})"),
        }
    }
}

/// The columns of [`Features::behaviour`] in words.
fn column_name(column: &str, language: Language) -> &str {
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

/// Three significant digits, without an exponent for the sizes that people read.
fn short(value: f64) -> String {
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

/// What one pass over the rows finds out: sizes, weights, and sums relative to an origin.
struct Sums {
    size: Vec<usize>,
    weight: Vec<f64>,
    /// Weighted sums and sums of squares by segment and column.
    sum: Vec<f64>,
    squares: Vec<f64>,
    /// The least value of each column.
    least: Vec<f64>,
}

/// Weighted mean and standard deviation of each column over all rows.
struct Moments {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

/// Rows summed as one; the partial sums are added in order.
const CHUNK: usize = 16_384;

impl Sums {
    fn of(rows: Rows<'_>, labels: &[u16], k: usize, origin: &[f64]) -> Self {
        let width = rows.width;
        let empty = || Self {
            size: vec![0; k],
            weight: vec![0.0; k],
            sum: vec![0.0; k * width],
            squares: vec![0.0; k * width],
            least: vec![f64::INFINITY; width],
        };
        let chunk = |range: Range<usize>| {
            let mut sums = empty();
            for row in range {
                let (j, w) = (usize::from(labels[row]), rows.weight(row));
                sums.size[j] += 1;
                sums.weight[j] += w;
                let sum = &mut sums.sum[j * width..(j + 1) * width];
                let squares = &mut sums.squares[j * width..(j + 1) * width];
                for (d, value) in rows.row(row).iter().enumerate() {
                    let difference = value - origin[d];
                    sum[d] += w * difference;
                    squares[d] += w * difference * difference;
                    sums.least[d] = sums.least[d].min(*value);
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
        for (own, other) in self.least.iter_mut().zip(&other.least) {
            *own = own.min(*other);
        }
        self
    }

    /// Of all rows together.
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
fn origin(centres: &[f64], width: usize) -> Vec<f64> {
    let k = (centres.len() / width) as f64;
    (0..width).map(|d| centres.iter().skip(d).step_by(width).map(|c| c / k).sum()).collect()
}

/// How each segment stands against all customers; `None` for all of them where the columns do not tell.
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

/// Puts the segments in order: by value where the columns tell it, otherwise by size; ties by centre.
pub(super) fn order(matrix: &Matrix, weights: Option<&[f64]>, run: &mut Run) {
    let width = matrix.width();
    let k = run.centres.len() / width;
    let origin = origin(&run.centres, width);
    let rows = Rows { values: matrix.values(), width, weights };
    let sums = Sums::of(rows, &run.labels, k, &origin);
    let standings = standings(matrix.names(), &run.centres, &sums.moments(&origin));
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

/// The profiles of a run, in the order of its centres.
pub(super) fn profiles(
    matrix: &Matrix,
    transform: Option<&Transform>,
    features: Option<&Features>,
    weights: Option<&[f64]>,
    run: &Run,
) -> Result<Vec<SegmentProfile>> {
    let rows = Rows { values: matrix.values(), width: matrix.width(), weights };
    let (width, k, n) = (rows.width, run.centres.len() / rows.width, rows.len());
    let origin = origin(&run.centres, width);
    let sums = Sums::of(rows, &run.labels, k, &origin);
    let overall = sums.moments(&origin);
    let standings = standings(matrix.names(), &run.centres, &overall);
    let names = name_all(&standings);
    let Sums { size, weight, sum, squares, least } = sums;
    let total_weight: f64 = weight.iter().sum();
    let mut profiles = Vec::with_capacity(k);
    for (j, name) in names.into_iter().enumerate() {
        let centre = &run.centres[j * width..(j + 1) * width];
        let typical = transform.map_or_else(|| Ok(centre.to_vec()), |t| t.invert(centre))?;
        let mut traits = Vec::with_capacity(width);
        let mut within = 0.0;
        for d in 0..width {
            let at = j * width + d;
            // Sums over members and over the others, relative to the origin.
            let all = |values: &[f64]| values.iter().skip(d).step_by(width).sum::<f64>();
            let (s, ss) = (sum[at], squares[at]);
            let (others_s, others_ss) = (all(&sum) - s, all(&squares) - ss);
            let (w, others_w) = (weight[j], total_weight - weight[j]);
            let effect = (k > 1 && w > 0.0 && others_w > 0.0).then(|| {
                let inside =
                    (ss - s * s / w).max(0.0) + (others_ss - others_s * others_s / others_w).max(0.0);
                (s / w - others_s / others_w) / (inside / total_weight).sqrt()
            });
            if w > 0.0 {
                let off = centre[d] - origin[d] - s / w;
                within += (ss - s * s / w).max(0.0) / w + off * off;
            }
            traits.push(Trait {
                column: matrix.names()[d].clone(),
                centre: typical[d],
                // Of a matrix; of a table it is replaced below.
                mean: (w > 0.0).then(|| origin[d] + s / w),
                share_of_total: None,
                effect: effect.filter(|e| e.is_finite()),
            });
        }
        profiles.push(SegmentProfile {
            name,
            kind: standings[j].as_ref().map(SegmentKind::of),
            size: size[j],
            share: size[j] as f64 / n as f64,
            weight: weight[j],
            radius: within.sqrt(),
            traits,
        });
    }
    for (d, name) in matrix.names().iter().enumerate() {
        let mut negative = least[d] < 0.0;
        if let Some(features) = features {
            let column = features.numeric(name)?;
            let known = |row: usize| column.get(row).map(|value| (value, rows.weight(row)));
            negative = column.iter().flatten().any(|value| value < 0.0);
            for (profile, mean) in profiles.iter_mut().zip(original_means(known, &run.labels, k)) {
                profile.traits[d].mean = mean;
            }
        }
        let parts: Vec<f64> = profiles
            .iter()
            .map(|p| p.traits[d].mean.unwrap_or_default() * (p.weight / total_weight))
            .collect();
        let total: f64 = parts.iter().sum();
        for (profile, part) in profiles.iter_mut().zip(parts) {
            profile.traits[d].share_of_total = Some(part / total).filter(|s| !negative && s.is_finite());
        }
    }
    Ok(profiles)
}

/// Weighted means of the members of each segment, missing values left out.
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
