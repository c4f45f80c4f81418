//! Whether customers still look like those the segments were fitted on.
//!
//! Three questions, asked of the customers of a later date who have been put into the old segments:
//!
//! 1. Have the **sizes** moved? Each share by a test of two proportions, all together by χ², and by how much by the
//!    population stability index, which does not grow with the number of customers.
//! 2. Have the **profiles** moved within the segments? Each column by Welch's test, with Cohen's d for how far.
//! 3. Have customers moved **away from every centre**? By the mean squared distance, now over then.
//!
//! p-values say that something moved, sizes of effects that it matters: the advice asks for both, each p below 0.01. A
//! segment is a cell with fixed borders, so a profile within it moves less than its customers do; sizes tell the rest.
//!
//! # False alarms
//! Without drift the advice is to keep the segments in all but about two of a hundred comparisons, with 60 customers as with
//! thousands (a test draws both dates from one population): three questions at 0.01 each, of which the size of effects
//! lets fewer through the more customers there are. Distances are judged out of sample against in sample: centres lie nearer to
//! the customers they were fitted on, by about n / (n − k), which is allowed for.
//!
//! The customers of both dates are largely the same people, so the two samples are not independent; positively related
//! samples make the tests careful rather than rash.

use crate::error::Result;
use crate::kernel::par;
use crate::kernel::special::{beta_inc, chi_square_tail};
use crate::types::Language;

use super::block::squared_distance;
use super::input::SegmentInput;
use super::lloyd::{self, Rows};
use super::model::{Segment, SegmentModel};
use super::names::SegmentName;
use super::profile::{self, Sums};

/// What to do about drift.
///
/// ```
/// use regulars::segment::Advice;
/// use regulars::types::Language;
///
/// assert_eq!(Advice::Keep.text(Language::English), "Keep the segments: they still fit.");
/// assert_eq!(Advice::Refit.text(Language::Chinese), "建议重新分群：人群已明显变化。");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Advice {
    /// The segments still fit.
    Keep,
    /// Shares or profiles have begun to move: look again soon.
    Watch,
    /// Shares, profiles or distances have moved far: fit anew, and [match](SegmentModel::matched) the segments with the
    /// old ones.
    Refit,
}

impl Advice {
    /// A sentence.
    pub fn text(self, language: Language) -> &'static str {
        match self {
            Self::Keep => language.pick("Keep the segments: they still fit.", "无需调整：分群仍然适用。"),
            Self::Watch => language.pick("Watch: customers have begun to move.", "请关注：人群开始变化。"),
            Self::Refit => language.pick(
                "Fit anew: customers have moved, and the segments no longer describe them well.",
                "建议重新分群：人群已明显变化。",
            ),
        }
    }
}

/// How the customers of a later date compare with those of the fit.
///
/// ```
/// use regulars::data::{Customers, Features};
/// use regulars::segment::{Advice, KMeansParams};
/// use regulars::types::Language;
///
/// let table = |low: usize, high: usize| {
///     let spend = (0..low).map(|i| 10.0 + (i % 3) as f64).chain((0..high).map(|i| 900.0 + (i % 3) as f64));
///     Features::builder(Customers::numbered(low + high)?).numeric("spend", spend)?.build()
/// };
/// let model = KMeansParams::new(2).fit(&table(61, 60)?)?;
/// let drift = model.drift(&table(100, 20)?)?;
/// assert_eq!(drift.advice, Advice::Refit);
/// let low = &drift.segments[0];
/// assert_eq!((low.share_then, low.share_now), (61.0 / 121.0, 5.0 / 6.0));
/// assert!(low.share_p_value < 1e-6);
/// // The same shares among six customers prove nothing.
/// assert_eq!(model.drift(&table(5, 1)?)?.advice, Advice::Keep);
/// println!("{}", drift.describe(Language::English));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Drift {
    /// Each segment then and now, in the order of the model.
    pub segments: Vec<SegmentDrift>,
    /// Pearson's χ² of the sizes now against those of the fit (homogeneity of two samples).
    pub chi_square: f64,
    /// Probability of a χ² at least this large without drift. With many customers tiny differences are significant; the
    /// advice looks at their size instead.
    pub p_value: f64,
    /// Population stability index Σ (now − then) ln(now / then) over the segments, each share raised to at least 10⁻⁴.
    pub stability_index: f64,
    /// Mean squared distance to the own centre, now over that at the fit: above 1 where customers have moved away from
    /// every centre; `None` where it was 0 at the fit.
    pub distance_ratio: Option<f64>,
    /// Refit from a stability index of 0.25 or a distance ratio of 1.5 on, watch from 0.1 or 1.25 on: the usual bands
    /// of the index in credit scoring (Siddiqi 2006), and our own for the ratio. A segment with at least 5 % of the
    /// customers whose profile has moved counts too: by an effect of at least 0.8 for a refit, 0.5 for a watch (Cohen's
    /// large and medium). Each only where it is more than chance, with a p below 0.01: of the sizes together, of the mean
    /// squared distance (normal, with the variance of the customers given), of the profile (adjusted).
    pub advice: Advice,
}

/// One segment then and now.
///
/// ```
/// use regulars::data::{Customers, Matrix};
/// use regulars::segment::KMeansParams;
/// use regulars::types::Language;
///
/// let rows = |values: &[f64]| Matrix::unnamed(Customers::numbered(values.len())?, 1, values.to_vec());
/// let model = KMeansParams::new(2).fit(&rows(&[1.0, 2.0, 3.0, 81.0, 82.0, 83.0])?)?;
/// let drift = model.drift(&rows(&[1.0, 2.0, 3.0, 81.0])?)?;
/// let far = &drift.segments[1];
/// assert_eq!((far.share_then, far.share_now), (0.5, 0.25));
/// assert_eq!(far.name.text(Language::English), "segment 2");
/// assert_eq!(model.profile(far.segment)?.size, 3);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SegmentDrift {
    /// The segment.
    pub segment: Segment,
    /// Its name.
    pub name: SegmentName,
    /// Its share of the customers at the fit.
    pub share_then: f64,
    /// Its share of the customers given.
    pub share_now: f64,
    /// Two-sided p of equal shares (two proportions, pooled).
    pub share_p_value: f64,
    /// Its profile, one entry per column of the model.
    pub columns: Vec<ColumnDrift>,
}

/// One column of one segment then and now.
///
/// ```
/// use regulars::data::{Customers, Matrix};
/// use regulars::segment::KMeansParams;
///
/// let rows = |values: &[f64]| Matrix::unnamed(Customers::numbered(values.len())?, 1, values.to_vec());
/// let model = KMeansParams::new(2).fit(&rows(&[1.0, 2.0, 3.0, 81.0, 82.0, 83.0])?)?;
/// let drift = model.drift(&rows(&[3.0, 4.0, 5.0, 81.0, 82.0, 83.0])?)?;
/// let near = &drift.segments[0].columns[0];
/// assert_eq!((near.column.as_str(), near.then, near.now), ("x1", 2.0, Some(4.0)));
/// // Two over a root mean square deviation of √(2/3).
/// assert!((near.effect.unwrap() - 6.0_f64.sqrt()).abs() < 1e-9);
/// assert!(near.p_value.unwrap() > 0.05, "three customers prove little");
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ColumnDrift {
    /// The column.
    pub column: String,
    /// The typical member at the fit, in units of the table: [`Trait::centre`](super::Trait::centre).
    pub then: f64,
    /// The typical member now; `None` without members.
    pub now: Option<f64>,
    /// Difference of the means, now − then, in root mean square deviations of then and now; `None` without spread, with
    /// fewer than two members on either side, and for models of older files.
    pub effect: Option<f64>,
    /// Two-sided p of equal means by Welch's test (1947, doi:10.1093/biomet/34.1-2.28), adjusted over all columns of all
    /// segments (Holm 1979); `None` where the effect is.
    pub p_value: Option<f64>,
}

impl Drift {
    /// The advice, and what speaks for it: shares that moved, then profiles, each with a p below 0.01, the largest first;
    /// at most five.
    ///
    /// ```
    /// use regulars::data::{Customers, Matrix};
    /// use regulars::segment::KMeansParams;
    /// use regulars::types::Language;
    ///
    /// let rows = |low: usize, high: usize| {
    ///     let values = (0..low).map(|i| (i % 3) as f64).chain((0..high).map(|i| 90.0 + (i % 3) as f64)).collect();
    ///     Matrix::unnamed(Customers::numbered(low + high)?, 1, values)
    /// };
    /// let model = KMeansParams::new(2).fit(&rows(150, 150)?)?.named(["low", "high"])?;
    /// let drift = model.drift(&rows(60, 240)?)?;
    /// assert_eq!(
    ///     drift.describe(Language::English),
    ///     "Fit anew: customers have moved, and the segments no longer describe them well. \
    ///      low: share 50.0 % to 20.0 %; high: share 50.0 % to 80.0 %.",
    /// );
    /// assert!(drift.describe(Language::Chinese).contains("low占比由50.0%变为20.0%"));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn describe(&self, language: Language) -> String {
        let mut parts: Vec<(f64, String)> = Vec::new();
        for segment in self.segments.iter().filter(|s| s.share_p_value < 0.01) {
            let (then, now) = (100.0 * segment.share_then, 100.0 * segment.share_now);
            let name = segment.name.text(language);
            let text = match language {
                Language::Chinese => format!("{name}占比由{then:.1}%变为{now:.1}%"),
                _ => format!("{name}: share {then:.1} % to {now:.1} %"),
            };
            // Shares first, by how far they moved.
            parts.push((1e3 + (now - then).abs(), text));
        }
        for segment in &self.segments {
            let name = segment.name.text(language);
            for column in segment.columns.iter().filter(|c| c.p_value.is_some_and(|p| p < 0.01)) {
                let (Some(now), Some(effect)) = (column.now, column.effect) else { continue };
                let (what, then) =
                    (profile::column_name(&column.column, language), profile::short(column.then));
                let now = profile::short(now);
                let text = match language {
                    Language::Chinese => format!("{name}的{what}由{then}变为{now}"),
                    _ => format!("{name}: {what} {then} to {now}"),
                };
                parts.push((effect.abs(), text));
            }
        }
        parts.sort_by(|a, b| b.0.total_cmp(&a.0));
        let reasons: Vec<String> = parts.into_iter().take(5).map(|(_, text)| text).collect();
        match (reasons.is_empty(), language) {
            (true, _) => self.advice.text(language).to_owned(),
            (false, Language::Chinese) => format!("{}{}。", self.advice.text(language), reasons.join("；")),
            (false, _) => format!("{} {}.", self.advice.text(language), reasons.join("; ")),
        }
    }
}

impl SegmentModel {
    /// Compares the customers of a later date with those of the fit: sizes, profiles, and distances to the centres.
    /// O(n · k · width).
    ///
    /// ```
    /// use regulars::data::{Customers, Features};
    /// use regulars::segment::{Advice, KMeansParams};
    ///
    /// let table = |low: usize, high: usize| {
    ///     let spend = (0..low).map(|i| 10.0 + (i % 3) as f64).chain((0..high).map(|i| 900.0 + (i % 3) as f64));
    ///     Features::builder(Customers::numbered(low + high)?).numeric("spend", spend)?.build()
    /// };
    /// let model = KMeansParams::new(2).fit(&table(20, 20)?)?;
    /// assert_eq!(model.drift(&table(19, 21)?)?.advice, Advice::Keep);
    /// assert_eq!(model.drift(&table(40, 0)?)?.advice, Advice::Refit);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`assign`](Self::assign).
    pub fn drift<'a>(&self, data: impl Into<SegmentInput<'a>>) -> Result<Drift> {
        let measured = self.measure(data.into())?;
        let (k, width) = (self.k(), self.columns.len());
        let (labels, inertia) = lloyd::assign(measured.rows(), &self.centres);
        let shown = measured.shown_centres(&self.centres);
        let origin = profile::origin(&shown, width);
        let sums = Sums::of(measured.shown(), &labels, k, &origin);
        // Typical members are told from the units of the matrix, which whitening sets apart from those of the columns.
        let clustered = measured.scaled.is_some().then(|| {
            let origin = profile::origin(&self.centres, width);
            (Sums::of(measured.rows(), &labels, k, &origin), origin)
        });
        let (of_matrix, matrix_origin) = clustered.as_ref().map_or((&sums, &origin), |(s, o)| (s, o));
        let then: Vec<usize> = self.profiles().iter().map(|p| p.size).collect();
        let (n_now, n_then) = (labels.len() as f64, then.iter().sum::<usize>().max(1) as f64);
        let (mut chi_square, mut degrees, mut stability_index) = (0.0, -1.0, 0.0);
        let mut segments = Vec::with_capacity(k);
        for (j, segment) in self.segments().enumerate() {
            let (a, b) = (then[j] as f64, sums.size[j] as f64);
            if a + b > 0.0 {
                let (expected_a, expected_b) =
                    ((a + b) * n_then / (n_then + n_now), (a + b) * n_now / (n_then + n_now));
                chi_square += (a - expected_a).powi(2) / expected_a + (b - expected_b).powi(2) / expected_b;
                degrees += 1.0;
            }
            let (p, q) = (a / n_then, b / n_now);
            let (p1, q1) = (p.max(1e-4), q.max(1e-4));
            stability_index += (q1 - p1) * (q1 / p1).ln();
            let now = if sums.size[j] == 0 {
                None
            } else {
                let mean = |d: usize| matrix_origin[d] + of_matrix.sum[j * width + d] / b;
                let mean: Vec<f64> = (0..width).map(mean).collect();
                Some(match &self.transform {
                    Some(transform) => transform.invert(&mean)?,
                    None => mean,
                })
            };
            let column = |d: usize| {
                let at = j * width + d;
                let own = &self.profiles()[j].traits[d];
                let mean = sums.sum[at] / b;
                let spread = sums.deviation(j, d, mean);
                let before = Side { n: a, mean: shown[at] - origin[d], deviation: own.deviation };
                let test = before.welch(&Side { n: b, mean, deviation: spread });
                ColumnDrift {
                    column: own.column.clone(),
                    then: own.centre,
                    now: now.as_ref().map(|now| now[d]),
                    effect: test.map(|(effect, _)| effect),
                    p_value: test.map(|(_, p)| p),
                }
            };
            segments.push(SegmentDrift {
                segment,
                name: self.profiles()[j].name.clone(),
                share_then: p,
                share_now: q,
                share_p_value: proportions(a, n_then, b, n_now),
                columns: (0..width).map(column).collect(),
            });
        }
        holm(&mut segments);
        let p_value = if degrees > 0.0 { chi_square_tail(chi_square, degrees) } else { 1.0 };
        let weight: f64 = self.profiles().iter().map(|p| p.weight).sum();
        let before = self.summary().inertia / weight;
        let distance_ratio = Some(inertia / n_now / before).filter(|r| r.is_finite());
        let farther = {
            // What the fit took off the distances by placing the centres among its own customers.
            let expected = before * n_then / (n_then - k as f64).max(1.0);
            let variance = variance_of_squares(measured.rows(), &labels, &self.centres, inertia / n_now);
            (inertia / n_now - expected) / (variance * (1.0 / n_now + 1.0 / n_then)).sqrt() > FAR
        };
        let sizes = |least: f64| stability_index >= least && p_value < SIGNIFICANT;
        let distances = |least: f64| farther && distance_ratio.is_some_and(|ratio| ratio >= least);
        let moved = |least: f64| {
            let far = |c: &ColumnDrift| {
                c.effect.is_some_and(|e| e.abs() >= least) && c.p_value.is_some_and(|p| p < SIGNIFICANT)
            };
            segments.iter().any(|s| s.share_now >= 0.05 && s.columns.iter().any(far))
        };
        let advice = if sizes(0.25) || distances(1.5) || moved(0.8) {
            Advice::Refit
        } else if sizes(0.1) || distances(1.25) || moved(0.5) {
            Advice::Watch
        } else {
            Advice::Keep
        };
        Ok(Drift { segments, chi_square, p_value, stability_index, distance_ratio, advice })
    }
}

/// A p below this is more than chance.
const SIGNIFICANT: f64 = 0.01;

/// The quantile of the normal distribution that [`SIGNIFICANT`] leaves above itself.
const FAR: f64 = 2.326;

/// Variance of the squared distances of rows to their own centres, of which the mean is known: Σ (d² − mean)² / n. Partial
/// sums are added in order.
fn variance_of_squares(rows: Rows<'_>, labels: &[u16], centres: &[f64], mean: f64) -> f64 {
    let sum = par::reduce_chunks(
        labels.len(),
        16_384,
        |range| {
            let squared = |row: usize| {
                let own = usize::from(labels[row]) * rows.width;
                squared_distance(rows.row(row), &centres[own..own + rows.width]) - mean
            };
            range.map(|row| squared(row) * squared(row)).sum::<f64>()
        },
        |a, b| a + b,
    );
    sum.unwrap_or(0.0) / labels.len().max(1) as f64
}

/// One side of a comparison of means: how many, their mean, and how far they spread.
struct Side {
    n: f64,
    mean: f64,
    /// Root mean square deviation (denominator n).
    deviation: Option<f64>,
}

impl Side {
    /// Effect, later − this in root mean square deviations of the two, and the two-sided p of Welch's test:
    /// t = (m₂ − m₁) / √(v₁/n₁ + v₂/n₂) with the degrees of freedom of Satterthwaite.
    fn welch(&self, later: &Self) -> Option<(f64, f64)> {
        let (a, b) = (self.deviation?, later.deviation?);
        if self.n < 2.0 || later.n < 2.0 {
            return None;
        }
        let difference = later.mean - self.mean;
        let effect = difference / (0.5 * (a * a + b * b)).sqrt();
        let (ea, eb) = (a * a / (self.n - 1.0), b * b / (later.n - 1.0));
        let t = difference / (ea + eb).sqrt();
        let freedom = (ea + eb).powi(2) / (ea * ea / (self.n - 1.0) + eb * eb / (later.n - 1.0));
        if !(effect.is_finite() && t.is_finite() && freedom.is_finite()) {
            return None;
        }
        let tail = freedom + t * t;
        Some((effect, beta_inc(0.5 * freedom, 0.5, freedom / tail, t * t / tail)))
    }
}

/// Two-sided p of equal proportions a / n and b / m, by the normal approximation with the pooled proportion p:
/// z = (a / n − b / m) / √(p (1 − p) (1 / n + 1 / m)), and z² follows χ² with one degree of freedom. 1 where nobody or
/// everybody is in the segment at both dates.
fn proportions(a: f64, n: f64, b: f64, m: f64) -> f64 {
    let pooled = (a + b) / (n + m);
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    if variance <= 0.0 {
        return 1.0;
    }
    chi_square_tail((a / n - b / m).powi(2) / variance, 1.0)
}

/// Adjusts the p-values of all columns for their number, so that the chance of even one false alarm among them stays what
/// a single p says: the i-th smallest of m times m − i + 1, never below one before.
fn holm(segments: &mut [SegmentDrift]) {
    let mut tests: Vec<&mut f64> =
        segments.iter_mut().flat_map(|s| &mut s.columns).filter_map(|c| c.p_value.as_mut()).collect();
    tests.sort_by(|a, b| a.total_cmp(b));
    let (mut left, mut least) = (tests.len(), 0.0_f64);
    for p in tests {
        least = least.max((*p * left as f64).min(1.0));
        *p = least;
        left -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Customers, Features, Matrix, TransformParams};
    use crate::kernel::rng::Rng;
    use crate::segment::KMeansParams;
    use crate::types::Seed;

    fn table(low: usize, high: usize) -> Features {
        let values = (0..low).map(|i| (i % 3) as f64).chain((0..high).map(|i| 100.0 + (i % 3) as f64));
        Features::builder(Customers::numbered(low + high).unwrap())
            .numeric("x", values)
            .unwrap()
            .build()
            .unwrap()
    }

    /// Sizes against `SciPy`, the stability index by hand, and no drift where nothing has changed.
    #[test]
    fn the_tests_are_those_of_the_books() {
        // scipy.stats.chi2_contingency([[60, 30], [45, 45]], correction=False) of SciPy 1.17.1.
        let plain = KMeansParams::new(2).transform(TransformParams::new());
        let model = plain.fit(&table(60, 30)).unwrap();
        let drift = model.drift(&table(45, 45)).unwrap();
        assert!((drift.chi_square - 5.142857142857143).abs() < 1e-12);
        assert!((drift.p_value - 0.02334220200).abs() < 1e-9);
        // Of two segments the test of one share is that of both.
        assert!((drift.segments[0].share_p_value - drift.p_value).abs() < 1e-12);
        let index = (0.5 - 2.0 / 3.0) * (0.5_f64 * 1.5).ln() + (0.5 - 1.0 / 3.0) * (1.5_f64).ln();
        assert!((drift.stability_index - index).abs() < 1e-12);
        // More than a tenth, but not more than chance; among ten times as many customers it is.
        assert!(drift.stability_index > 0.1 && drift.advice == Advice::Keep);
        let many = plain.fit(&table(600, 300)).unwrap().drift(&table(450, 450)).unwrap();
        assert_eq!(many.advice, Advice::Watch);
        let same = model.drift(&table(60, 30)).unwrap();
        assert_eq!((same.chi_square, same.p_value, same.advice), (0.0, 1.0, Advice::Keep));
        assert!((same.distance_ratio.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(same.describe(Language::English), Advice::Keep.text(Language::English));
    }

    /// `scipy.stats.ttest_ind([1, 2, 3, 4, 5], [3, 4, 5, 6, 9, 12], equal_var=False)` of `SciPy` 1.17.1.
    #[test]
    fn welch_agrees_with_scipy() {
        let side = |values: &[f64]| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
            Side { n, mean, deviation: Some(variance.sqrt()) }
        };
        let (a, b) = (side(&[1.0, 2.0, 3.0, 4.0, 5.0]), side(&[3.0, 4.0, 5.0, 6.0, 9.0, 12.0]));
        let (effect, p) = a.welch(&b).unwrap();
        assert!((p - WELCH_P).abs() < 1e-12, "{p}");
        assert!((effect - 3.5 / 5.791666666666667_f64.sqrt()).abs() < 1e-12, "{effect}");
        assert!(a.welch(&Side { n: 1.0, mean: 0.0, deviation: Some(0.0) }).is_none());
    }

    const WELCH_P: f64 = 0.057420740241904404;

    /// All customers of one segment move within it: no share changes, the column is told in both languages.
    #[test]
    fn a_profile_that_moves_is_told_even_where_shares_do_not() {
        let plain = KMeansParams::new(2).transform(TransformParams::new());
        let model = plain.fit(&table(60, 60)).unwrap();
        let moved = (0..60).map(|i| 2.0 + f64::from(i % 3)).chain((0..60).map(|i| 100.0 + f64::from(i % 3)));
        let later = Features::builder(Customers::numbered(120).unwrap()).numeric("x", moved).unwrap();
        let drift = model.drift(&later.build().unwrap()).unwrap();
        assert_eq!((drift.stability_index, drift.advice), (0.0, Advice::Refit));
        let column = &drift.segments[0].columns[0];
        assert!((column.effect.unwrap() - 2.0 / (2.0 / 3.0_f64).sqrt()).abs() < 1e-9);
        assert!((column.then - 1.0).abs() < 1e-9 && (column.now.unwrap() - 3.0).abs() < 1e-9);
        assert!(column.p_value.unwrap() < 1e-20 && drift.segments[1].columns[0].p_value == Some(1.0));
        assert!(drift.describe(Language::English).ends_with("segment 1: x 1.00 to 3.00."));
        assert!(drift.describe(Language::Chinese).ends_with("客群 1的x由1.00变为3.00。"));
    }

    /// Both dates drawn from one population, two hundred times: the segments are to be kept but for some two in a hundred,
    /// whether there are few customers or many. Where customers do move, by one standard deviation in one column, it is told.
    #[test]
    fn false_alarms_are_rare_and_drift_is_told() {
        let mut rng = Rng::new(Seed(17), 0);
        let mut draw = |n: usize, shift: f64| {
            let values = (0..n).flat_map(|_| [shift + rng.normal(), rng.exponential(1.0), rng.normal()]);
            Matrix::unnamed(Customers::numbered(n).unwrap(), 3, values.collect()).unwrap()
        };
        for n in [60, 500] {
            let mut alarms = 0;
            for _ in 0..200 {
                let model = KMeansParams::new(4).restarts(2).fit(&draw(n, 0.0)).unwrap();
                alarms += usize::from(model.drift(&draw(n, 0.0)).unwrap().advice != Advice::Keep);
            }
            assert!(alarms <= 10, "{alarms} of 200 with {n} customers");
        }
        for _ in 0..20 {
            let model = KMeansParams::new(4).restarts(2).fit(&draw(500, 0.0)).unwrap();
            assert_ne!(model.drift(&draw(500, 1.0)).unwrap().advice, Advice::Keep);
        }
    }

    /// Nothing to compare is told as nothing, not as a number.
    #[test]
    fn one_segment_without_spread_has_no_ratio_and_no_test() {
        let one = Matrix::new(Customers::numbered(1).unwrap(), ["x"], vec![3.0]).unwrap();
        let model = KMeansParams::new(1).fit(&one).unwrap();
        let drift = model.drift(&table(2, 2)).unwrap();
        assert_eq!((drift.distance_ratio, drift.p_value), (None, 1.0));
        assert_eq!(drift.segments[0].columns[0].p_value, None);
    }
}
