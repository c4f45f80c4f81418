//! Clouds of points with known labels, for methods that look for segments.
//!
//! The least that a clustering must manage: far clouds, every label. What it should manage on the way to real data, one knob
//! each: unequal sizes, elongated clouds, noise, many dimensions.

use crate::data::{Customers, Matrix};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::params::between;
use super::zipf::Alias;

/// Parameters of Gaussian clouds.
///
/// ```
/// use regulars::simulate::BlobsParams;
/// use regulars::types::Seed;
///
/// let blobs = BlobsParams::new(500, 4, Seed(7)).dims(3).separation(8.0).simulate()?;
/// assert_eq!((blobs.matrix().len(), blobs.matrix().width()), (500, 3));
/// assert_eq!(blobs.labels().len(), 500);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// A cloud is normal with standard deviation 1 in every direction but the first, where [`stretch`](Self::stretch)
/// multiplies it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct BlobsParams {
    rows: u32,
    clusters: u32,
    seed: Seed,
    dims: u32,
    separation: f64,
    skew: f64,
    stretch: f64,
    noise: f64,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    BlobsParams, Self::new(0, 0, Seed(0));
    rows: u32, clusters: u32, seed: Seed;
    dims: u32, separation: f64, skew: f64, stretch: f64, noise: f64,
}

/// Points, and the cloud each was drawn from.
///
/// ```
/// use regulars::simulate::BlobsParams;
/// use regulars::types::Seed;
///
/// let blobs = BlobsParams::new(300, 3, Seed(7)).separation(20.0).simulate()?;
/// // At twenty deviations the nearest centre is the right one, for every point.
/// let (width, centres) = (blobs.matrix().width(), blobs.centres());
/// for (point, label) in blobs.matrix().rows().zip(blobs.labels()) {
///     let distance = |centre: &[f64]| point.iter().zip(centre).map(|(p, c)| (p - c).powi(2)).sum::<f64>();
///     let nearest = (0..3).min_by(|a, b| {
///         let of = |k: &usize| distance(&centres[k * width..(k + 1) * width]);
///         of(a).total_cmp(&of(b))
///     });
///     assert_eq!(nearest, Some(*label as usize));
/// }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Blobs {
    matrix: Matrix,
    labels: Vec<u32>,
    centres: Vec<f64>,
}

impl Blobs {
    /// The points, customers numbered from 0, columns `x1`, `x2`, ..
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// The cloud of each point, 0 to clusters − 1; `u32::MAX` for a point of the background noise.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The centres of the clouds, cloud by cloud: coordinate j of cloud k stands at k · dims + j.
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }
}

/// Streams of single points begin after those of the centres.
const POINTS: u64 = 1 << 32;

impl BlobsParams {
    /// That many points in that many clouds, 1 to 100,000 of them: two dimensions, six deviations apart, alike in size, round,
    /// without noise.
    pub const fn new(rows: u32, clusters: u32, seed: Seed) -> Self {
        Self { rows, clusters, seed, dims: 2, separation: 6.0, skew: 0.0, stretch: 1.0, noise: 0.0 }
    }

    /// Number of dimensions, 1 to 10,000; 2 by default.
    pub const fn dims(mut self, dims: u32) -> Self {
        self.dims = dims;
        self
    }

    /// Distance between any two centres at least, in standard deviations of a cloud, 0 to 100; 6 by default. At 6 and
    /// above a good method finds every label.
    ///
    /// ```
    /// use regulars::simulate::BlobsParams;
    /// use regulars::types::Seed;
    /// let blobs = BlobsParams::new(10, 20, Seed(7)).dims(3).separation(8.0).simulate()?;
    /// let centres: Vec<&[f64]> = blobs.centres().chunks(3).collect();
    /// for (i, a) in centres.iter().enumerate() {
    ///     for b in &centres[..i] {
    ///         let distance = a.iter().zip(*b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    ///         assert!(distance >= 8.0 - 1e-9);
    ///     }
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn separation(mut self, deviations: f64) -> Self {
        self.separation = deviations;
        self
    }

    /// Sizes of the clouds as `1 / rank^skew`, 0 (alike, the default) to 3. Sizes are probabilities: a cloud may get no point.
    ///
    /// ```
    /// use regulars::simulate::BlobsParams;
    /// use regulars::types::Seed;
    /// let blobs = BlobsParams::new(1_000, 2, Seed(7)).skew(1.0).simulate()?;
    /// let first = blobs.labels().iter().filter(|label| **label == 0).count();
    /// assert!((600..740).contains(&first)); // two thirds: 1 against 1/2
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn skew(mut self, exponent: f64) -> Self {
        self.skew = exponent;
        self
    }

    /// Standard deviation along the first dimension as a multiple of that along the others, 0.01 to 100; 1 (round) by
    /// default.
    ///
    /// ```
    /// use regulars::simulate::BlobsParams;
    /// use regulars::types::Seed;
    /// let blobs = BlobsParams::new(2_000, 1, Seed(7)).stretch(5.0).simulate()?;
    /// let spread = |axis: usize| -> f64 {
    ///     let mean = blobs.matrix().rows().map(|row| row[axis]).sum::<f64>() / 2_000.0;
    ///     (blobs.matrix().rows().map(|row| (row[axis] - mean).powi(2)).sum::<f64>() / 2_000.0).sqrt()
    /// };
    /// assert!((spread(0) - 5.0).abs() < 0.4 && (spread(1) - 1.0).abs() < 0.08);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn stretch(mut self, factor: f64) -> Self {
        self.stretch = factor;
        self
    }

    /// Share of points spread evenly over the box of the centres; 0 by default. Their label is `u32::MAX`.
    ///
    /// ```
    /// use regulars::simulate::BlobsParams;
    /// use regulars::types::Seed;
    /// let blobs = BlobsParams::new(100, 2, Seed(7)).noise(1.0).simulate()?;
    /// assert!(blobs.labels().iter().all(|label| *label == u32::MAX));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn noise(mut self, share: f64) -> Self {
        self.noise = share;
        self
    }

    /// Whether every parameter is in its domain.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the first that is not:
    ///
    /// ```
    /// use regulars::simulate::BlobsParams;
    /// use regulars::types::Seed;
    /// let error = BlobsParams::new(100, 0, Seed(7)).check().unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `clusters`: must be 1 to 100000, got 0");
    /// ```
    pub fn check(&self) -> Result<()> {
        if !(1..=100_000).contains(&self.clusters) {
            return Err(Error::param("clusters", "must be 1 to 100000", self.clusters));
        }
        if !(1..=10_000).contains(&self.dims) {
            return Err(Error::param("dims", "must be 1 to 10000", self.dims));
        }
        between("separation", self.separation, 0.0, 100.0)?;
        between("skew", self.skew, 0.0, 3.0)?;
        between("stretch", self.stretch, 0.01, 100.0)?;
        between("noise", self.noise, 0.0, 1.0)
    }

    /// Draws the points, each from a stream of its own: the first hundred of a thousand are those of a hundred.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`EmptyInput`](crate::ErrorKind::EmptyInput) without points.
    pub fn simulate(&self) -> Result<Blobs> {
        self.check()?;
        if self.rows == 0 {
            return Err(Error::empty("clouds need at least one point"));
        }
        let (n, d) = (self.rows as usize, self.dims as usize);
        let (centres, side) = self.centres();
        let sizes = Alias::zipf(self.clusters, self.skew);
        let points = par::map_chunks(n, 1024, |range| {
            let mut labels = Vec::with_capacity(range.len());
            let mut values = Vec::with_capacity(range.len() * d);
            for row in range {
                let mut rng = Rng::new(self.seed, POINTS + row as u64);
                if rng.chance(self.noise) {
                    labels.push(u32::MAX);
                    values.extend((0..d).map(|_| side * rng.uniform()));
                    continue;
                }
                let label = sizes.draw(&mut rng);
                labels.push(label);
                let centre = &centres[label as usize * d..][..d];
                for (i, c) in centre.iter().enumerate() {
                    let deviation = if i == 0 { self.stretch } else { 1.0 };
                    values.push(c + deviation * rng.normal());
                }
            }
            (labels, values)
        });
        let (labels, values): (Vec<_>, Vec<_>) = points.into_iter().unzip();
        let matrix = Matrix::unnamed(Customers::numbered(n)?, d, values.concat())?;
        Ok(Blobs { matrix, labels: labels.concat(), centres })
    }

    /// Centres on the cells of a lattice in a random order, moved within the cell: any two differ by at least the
    /// separation, in any number of dimensions and without trial and error. Also the side of the box.
    ///
    /// The lattice has a pitch of one and a half separations; each centre may move by half a separation within its cell, so two
    /// in neighbouring cells are at least one separation apart. Few clouds in many dimensions spread over the first dimensions
    /// only, where three cells a side suffice.
    fn centres(&self) -> (Vec<f64>, f64) {
        let (k, d) = (self.clusters as usize, self.dims as usize);
        let mut rng = Rng::new(self.seed, 0);
        // The first few dimensions span the lattice; the rest only move within one cell.
        let mut axes = 1_usize;
        let side = loop {
            let side =
                (1..=k).find(|s| s.checked_pow(u32::try_from(axes).unwrap_or(1)).is_none_or(|c| c >= k));
            let side = side.unwrap_or(k);
            if axes == d || side <= 3 {
                break side;
            }
            axes += 1;
        };
        let mut cells: Vec<usize> = (0..side.pow(u32::try_from(axes).unwrap_or(1))).collect();
        rng.shuffle(&mut cells);
        // Half a separation of play in each cell of one and a half keeps the gap.
        let (pitch, play) = (1.5 * self.separation, 0.5 * self.separation);
        let mut centres = Vec::with_capacity(k * d);
        for cell in cells.into_iter().take(k) {
            let mut left = cell;
            for axis in 0..d {
                let step = if axis < axes { left % side } else { 0 };
                left /= side;
                centres.push(step as f64 * pitch + play * rng.uniform());
            }
        }
        (centres, side as f64 * pitch)
    }
}
