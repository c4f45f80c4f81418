//! A model that keeps learning: new customers move the centres, segments stay themselves.
//!
//! What is known of the customers so far is in the profiles: weight W, centre c, deviation s of each column and radius r.
//! A batch of weight w, mean m and squares q around the new centre c′ joins them as
//!
//! - c′ = (W c + w m) / (W + w),
//! - s′² = (W (s² + (c′ − c)²) + q) / (W + w), and r′² likewise over all columns (Chan, Golub and `LeVeque` 1983,
//!   doi:10.1080/00031305.1983.10483115),
//! - effects from the new centres, deviations and weights.
//!
//! This is exact where centres are the means of their members, which they are after a fit that has converged.

use crate::data::PerCustomer;
use crate::error::{Error, Result};

use super::input::SegmentInput;
use super::minibatch;
use super::model::{Segment, SegmentModel};
use super::profile::{self, Sums};

impl SegmentModel {
    /// Learns from further customers, once each, and tells the segment that each of them had before: for a stream, and
    /// for data that do not fit into memory (fit on the first part, update with the others).
    ///
    /// A centre of weight W that meets w new rows of mean m moves to (W c + w m) / (W + w): the mean of all it has met
    /// (`MacQueen` 1967). Sizes, shares, radii, means, deviations and effects of the profiles follow; names and kinds stay,
    /// so that segments keep their identity. Every new row counts 1. Rows once learned are not forgotten and not
    /// assigned anew: after [drift](Self::drift), fit again. A failed update changes nothing. O(n · k · width).
    ///
    /// ```
    /// use regulars::data::{Customers, Matrix};
    /// use regulars::segment::KMeansParams;
    ///
    /// let batch = |values: &[f64]| Matrix::unnamed(Customers::numbered(values.len())?, 1, values.to_vec());
    /// let mut model = KMeansParams::new(2).fit(&batch(&[1.0, 3.0, 100.0, 102.0])?)?;
    /// let segments = model.update(&batch(&[5.0, 104.0, 105.0])?)?;
    /// assert_eq!(segments.values()[1], segments.values()[2]);
    /// assert_eq!(model.centres(), [3.0, 102.75]);
    /// assert_eq!(model.profiles()[1].size, 4);
    /// assert_eq!(model.summary().rows, 7);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`assign`](Self::assign); [`Overflow`](crate::ErrorKind::Overflow) where squared distances no longer fit a
    /// float.
    pub fn update<'a>(&mut self, data: impl Into<SegmentInput<'a>>) -> Result<PerCustomer<Segment>> {
        let measured = self.measure(data.into())?;
        let (k, width) = (self.k(), self.columns.len());
        let old: Vec<f64> = self.profiles.iter().map(|p| p.weight).collect();
        let (mut centres, mut weights) = (self.centres.clone(), old.clone());
        let batch = minibatch::step(measured.rows(), &mut centres, &mut weights);
        // New rows around the new centres, before and after whitening.
        let (before, after) = (measured.shown_centres(&self.centres), measured.shown_centres(&centres));
        let shown = Sums::of(measured.shown(), &batch.labels, k, &after);
        let clustered = Sums::of(measured.rows(), &batch.labels, k, &centres);
        let mut next = self.clone();
        for (j, profile) in next.profiles.iter_mut().enumerate() {
            let added = shown.weight[j];
            let (old, all) = (old[j], weights[j]);
            if added == 0.0 {
                continue;
            }
            profile.size = profile.size.saturating_add(shown.size[j]);
            profile.weight = all;
            let own = j * width..(j + 1) * width;
            let moved: f64 = centres[own.clone()]
                .iter()
                .zip(&self.centres[own.clone()])
                .map(|(new, old)| (new - old) * (new - old))
                .sum();
            let squares: f64 = clustered.squares[own.clone()].iter().sum();
            profile.radius = ((old * (profile.radius * profile.radius + moved) + squares) / all).sqrt();
            let typical = match &self.transform {
                Some(transform) => transform.invert(&centres[own.clone()])?,
                None => centres[own.clone()].to_vec(),
            };
            for (d, own) in profile.traits.iter_mut().enumerate() {
                let at = j * width + d;
                own.centre = typical[d];
                own.deviation = own.deviation.filter(|_| old > 0.0).map_or_else(
                    || shown.deviation(j, d, 0.0).filter(|_| old == 0.0),
                    |deviation| {
                        let moved = after[at] - before[at];
                        let inside = old * (deviation * deviation + moved * moved) + shown.squares[at];
                        Some((inside / all).sqrt()).filter(|v| v.is_finite())
                    },
                );
            }
        }
        let n = next.profiles.iter().fold(0_usize, |sum, p| sum.saturating_add(p.size));
        let mut fine = centres.iter().all(|c| c.is_finite());
        for profile in &mut next.profiles {
            profile.share = profile.size as f64 / n as f64;
            fine &= profile.radius.is_finite() && profile.weight.is_finite();
        }
        if !fine {
            return Err(Error::overflow(
                "the sum of squared distances does not fit a float: scale rows down",
            ));
        }
        profile::update_means(&measured, &batch.labels, &old, &mut next.profiles)?;
        profile::update_effects(&after, &mut next.profiles);
        next.centres = centres;
        next.summary.rows = next.summary.rows.saturating_add(batch.labels.len());
        next.summary.filled = next.summary.filled.saturating_add(measured.filled());
        next.summary.inertia = next.profiles.iter().map(|p| p.weight * p.radius * p.radius).sum();
        let labels = batch.labels.into_iter().map(Segment).collect();
        let segments = PerCustomer::new(measured.matrix.customers().clone(), labels)?;
        *self = next;
        Ok(segments)
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Customers, Features, TransformParams};
    use crate::kernel::rng::Rng;
    use crate::segment::{KMeansParams, SegmentModel};
    use crate::types::Seed;

    fn part(range: std::ops::Range<usize>) -> Features {
        let mut rng = Rng::new(Seed(2), 0);
        let rows: Vec<[f64; 2]> = (0..600)
            .map(|i| [f64::from(i % 3 % 2) * 14.0 + rng.normal(), f64::from(i % 3 / 2) * 14.0 + rng.normal()])
            .collect();
        Features::builder(Customers::numbered(range.len()).unwrap())
            .numeric("recency", rows[range.clone()].iter().map(|r| r[0]))
            .unwrap()
            .numeric("monetary", rows[range].iter().map(|r| 20.0 + r[1]))
            .unwrap()
            .build()
            .unwrap()
    }

    /// With groups far apart the stream ends where the fit of all rows does, profiles included.
    #[test]
    fn a_stream_of_parts_is_the_fit_of_the_whole() {
        for steps in [TransformParams::new(), TransformParams::new().standardise().whiten()] {
            let first = KMeansParams::new(3).transform(steps).fit(&part(0..300)).unwrap();
            let mut streamed = first.clone();
            for range in [300..301, 301..450, 450..600] {
                streamed.update(&part(range)).unwrap();
            }
            let whole = KMeansParams::from_model(&first).fit(&part(0..600)).unwrap();
            let close = |a: f64, b: f64| (a - b).abs() < 1e-9 * b.abs().max(1.0);
            assert!(streamed.centres().iter().zip(whole.centres()).all(|(a, b)| close(*a, *b)));
            assert!(close(streamed.summary().inertia, whole.summary().inertia));
            assert_eq!(streamed.summary().rows, 600);
            for (own, other) in streamed.profiles().iter().zip(whole.profiles()) {
                assert_eq!((own.size, own.share, &own.name), (other.size, other.share, &other.name));
                assert!(
                    close(own.radius, other.radius) && close(own.revenue.unwrap(), other.revenue.unwrap())
                );
                for (a, b) in own.traits.iter().zip(&other.traits) {
                    assert!(close(a.centre, b.centre) && close(a.mean.unwrap(), b.mean.unwrap()));
                    assert!(close(a.effect.unwrap(), b.effect.unwrap()), "{a:?} {b:?}");
                    assert!(close(a.deviation.unwrap(), b.deviation.unwrap()));
                    assert!(close(a.share_of_total.unwrap(), b.share_of_total.unwrap()));
                }
            }
        }
    }

    /// A value out of range and a missing column leave every bit of the model as it was.
    #[test]
    fn a_failed_update_changes_nothing() {
        let mut model: SegmentModel =
            KMeansParams::new(2).transform(TransformParams::new()).fit(&part(0..60)).unwrap();
        let before = model.clone();
        let huge = Features::builder(Customers::numbered(1).unwrap())
            .numeric("recency", [1e200])
            .unwrap()
            .numeric("monetary", [1.0])
            .unwrap();
        assert!(model.update(&huge.build().unwrap()).is_err());
        assert!(model.update(&part(0..5).select(&["recency"]).unwrap()).is_err());
        assert!(model == before);
    }
}
