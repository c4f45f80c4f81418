//! What each segment looks like: size, means in the units of the table, and what sets it apart.

use crate::data::{Features, Matrix, Transform};
use crate::error::Result;
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
    /// Mean of the members in the units of the table, missing values left out; `None` where all are missing.
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

/// Weighted mean and standard deviation of each column over all rows, and the means by segment.
struct Moments {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

fn moments(rows: Rows<'_>) -> Moments {
    let width = rows.width;
    let total: f64 = (0..rows.len()).map(|row| rows.weight(row)).sum();
    let mut mean = vec![0.0; width];
    for row in 0..rows.len() {
        for (mean, value) in mean.iter_mut().zip(rows.row(row)) {
            *mean += rows.weight(row) / total * value;
        }
    }
    let mut deviation = vec![0.0; width];
    for row in 0..rows.len() {
        for ((deviation, value), mean) in deviation.iter_mut().zip(rows.row(row)).zip(&mean) {
            *deviation += rows.weight(row) / total * (value - mean) * (value - mean);
        }
    }
    for deviation in &mut deviation {
        *deviation = deviation.sqrt();
    }
    Moments { mean, deviation }
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
    let moments = moments(Rows { values: matrix.values(), width, weights });
    let standings = standings(matrix.names(), &run.centres, &moments);
    let mut sizes = vec![0_usize; k];
    for label in &run.labels {
        sizes[usize::from(*label)] += 1;
    }
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
    let overall = moments(rows);
    let standings = standings(matrix.names(), &run.centres, &overall);
    let names = name_all(&standings);
    let mut size = vec![0_usize; k];
    let mut weight = vec![0.0; k];
    let mut mean = vec![0.0; k * width];
    let mut spread = vec![0.0; k * width];
    for (row, label) in run.labels.iter().enumerate() {
        let j = usize::from(*label);
        size[j] += 1;
        weight[j] += rows.weight(row);
        for (d, value) in rows.row(row).iter().enumerate() {
            let (difference, w) = (value - overall.mean[d], rows.weight(row));
            mean[j * width + d] += w * difference;
            spread[j * width + d] += w * difference * difference;
        }
    }
    let total_weight: f64 = weight.iter().sum();
    let mut profiles = Vec::with_capacity(k);
    for (j, name) in names.into_iter().enumerate() {
        let centre = &run.centres[j * width..(j + 1) * width];
        let typical = transform.map_or_else(|| Ok(centre.to_vec()), |t| t.invert(centre))?;
        let mut traits = Vec::with_capacity(width);
        let mut within = 0.0;
        for d in 0..width {
            let at = j * width + d;
            // Sums over members and over the others, relative to the mean of all rows.
            let sum = |values: &[f64]| values.iter().skip(d).step_by(width).sum::<f64>();
            let (s, ss) = (mean[at], spread[at]);
            let (others_s, others_ss) = (sum(&mean) - s, sum(&spread) - ss);
            let (w, others_w) = (weight[j], total_weight - weight[j]);
            let effect = (k > 1 && w > 0.0 && others_w > 0.0).then(|| {
                let inside =
                    (ss - s * s / w).max(0.0) + (others_ss - others_s * others_s / others_w).max(0.0);
                (s / w - others_s / others_w) / (inside / total_weight).sqrt()
            });
            if w > 0.0 {
                let off = centre[d] - overall.mean[d] - s / w;
                within += (ss - s * s / w).max(0.0) / w + off * off;
            }
            traits.push(Trait {
                column: matrix.names()[d].clone(),
                centre: typical[d],
                mean: None,
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
        let column = features.map(|f| f.numeric(name)).transpose()?;
        let value = |row: usize| column.map_or_else(|| Some(rows.row(row)[d]), |c| c.get(row));
        original_means(d, value, &run.labels, &mut profiles);
    }
    Ok(profiles)
}

/// Mean of the members and share of the total of one column, in the units of the table.
fn original_means(
    d: usize,
    value: impl Fn(usize) -> Option<f64>,
    labels: &[u16],
    profiles: &mut [SegmentProfile],
) {
    let known = || labels.iter().enumerate().filter_map(|(row, j)| Some((usize::from(*j), value(row)?)));
    let mut counts = vec![0_usize; profiles.len()];
    let mut negative = false;
    for (j, value) in known() {
        counts[j] += 1;
        negative |= value < 0.0;
    }
    // Divided before they are added: the sum of the largest floats does not fit a float, their mean does.
    let mut means = vec![0.0; profiles.len()];
    for (j, value) in known() {
        means[j] += value / counts[j] as f64;
    }
    let n = labels.len() as f64;
    let parts: Vec<f64> = means.iter().zip(&counts).map(|(mean, count)| mean * (*count as f64 / n)).collect();
    let total: f64 = parts.iter().sum();
    for (j, profile) in profiles.iter_mut().enumerate() {
        let t = &mut profile.traits[d];
        t.mean = (counts[j] > 0).then_some(means[j]).filter(|m| m.is_finite());
        t.share_of_total = Some(parts[j] / total).filter(|s| !negative && s.is_finite());
    }
}
