//! The steps a transform is made of, each a function of one column.
//!
//! Fitting a step sees the column as the steps before it left it: quantiles after a logarithm are those of the
//! logarithms. Every step is monotone, so that ranks survive any transform.

use crate::error::{Error, Result};

use super::values::{quantile_sorted, sorted};

/// Rule broken by a column whose mean, deviation or scaled value is not finite.
pub(super) const TOO_LARGE: &str = "holds values too large to be scaled";

/// A step as asked for, before it has seen a column.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub(super) enum StepParams {
    Log1p,
    Clip { low: f64, high: f64 },
    Standardise,
    Robust,
}

/// A step with the measures of the column it was fitted on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum Step {
    Log1p,
    Clip { low: f64, high: f64 },
    Scale { centre: f64, scale: f64 },
}

impl StepParams {
    /// Quantiles of a clip in order and within \[0, 1\]; the other steps have no knob.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Clip { low, high } if !(0.0 <= *low && low < high && *high <= 1.0) => {
                Err(Error::param("clip", "needs quantiles 0 <= low < high <= 1", format!("{low} and {high}")))
            }
            _ => Ok(()),
        }
    }

    /// Measures one column. The error is the rule that the column breaks.
    ///
    /// | step | measures | refuses |
    /// |---|---|---|
    /// | `Log1p` | nothing | nothing |
    /// | `Clip` | two quantiles | nothing |
    /// | `Standardise` | mean and standard deviation, denominator n | constant columns |
    /// | `Robust` | median and interquartile range, or the deviation where the range is 0 | constant columns |
    pub(super) fn fit(&self, values: &[f64]) -> Result<Step, &'static str> {
        match *self {
            Self::Log1p => Ok(Step::Log1p),
            Self::Clip { low, high } => {
                let sorted = sorted(values.iter().copied());
                let edge = |q| quantile_sorted(&sorted, q).unwrap_or_default();
                Ok(Step::Clip { low: edge(low), high: edge(high) })
            }
            Self::Standardise => {
                let (centre, scale) = mean_and_deviation(values)?;
                Ok(Step::Scale { centre, scale })
            }
            Self::Robust => {
                let sorted = sorted(values.iter().copied());
                let at = |q| quantile_sorted(&sorted, q).unwrap_or_default();
                let range = at(0.75) - at(0.25);
                let scale = if range == 0.0 { mean_and_deviation(values)?.1 } else { range };
                if scale.is_finite() { Ok(Step::Scale { centre: at(0.5), scale }) } else { Err(TOO_LARGE) }
            }
        }
    }
}

impl Step {
    /// The step of one value: sign(x) ln(1 + |x|), clamping, or (x - centre) / scale.
    pub(super) fn apply(self, x: f64) -> f64 {
        match self {
            Self::Log1p => x.abs().ln_1p().copysign(x),
            Self::Clip { low, high } => x.clamp(low, high),
            Self::Scale { centre, scale } => (x - centre) / scale,
        }
    }

    /// The inverse; of clipping, which has none, the identity.
    ///
    /// A sum that cancels to less than the rounding of its terms is 0: the centre of customers who all bought today is 0
    /// days, not −1.1e-16.
    pub(super) fn invert(self, x: f64) -> f64 {
        match self {
            Self::Log1p => x.abs().exp_m1().copysign(x),
            Self::Clip { .. } => x,
            Self::Scale { centre, scale } => {
                let sum = x * scale + centre;
                if sum.abs() <= 4.0 * f64::EPSILON * centre.abs() { 0.0 } else { sum }
            }
        }
    }

    /// What every fitted step satisfies, asked again of a step from a file.
    pub(super) fn is_valid(&self) -> bool {
        match *self {
            Self::Log1p => true,
            Self::Clip { low, high } => low.is_finite() && high.is_finite() && low <= high,
            Self::Scale { centre, scale } => centre.is_finite() && scale.is_finite() && scale > 0.0,
        }
    }
}

/// Mean and standard deviation (denominator n) in two passes, the squares relative to the largest deviation so that
/// they neither overflow nor vanish.
fn mean_and_deviation(values: &[f64]) -> Result<(f64, f64), &'static str> {
    let first = values.first().copied().unwrap_or_default();
    if values.iter().all(|v| *v == first) {
        return Err("is constant, so it cannot be scaled");
    }
    let n = values.len() as f64;
    let rough = values.iter().sum::<f64>() / n;
    // One correction brings the mean to full precision where the values are far from zero.
    let mean = rough + values.iter().map(|v| v - rough).sum::<f64>() / n;
    let largest = values.iter().map(|v| (v - mean).abs()).fold(0.0, f64::max);
    let deviation = largest * (values.iter().map(|v| ((v - mean) / largest).powi(2)).sum::<f64>() / n).sqrt();
    if mean.is_finite() && deviation.is_finite() && deviation > 0.0 {
        Ok((mean, deviation))
    } else {
        Err(TOO_LARGE)
    }
}
