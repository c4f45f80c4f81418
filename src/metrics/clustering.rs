//! How good a clustering is: by itself (silhouette, Calinski-Harabasz, Davies-Bouldin) and against another one (adjusted
//! Rand index).
//!
//! Rows are given row-major with their number of columns; labels are any numbers, one for each row. Distances are
//! Euclidean. Renaming labels changes no measure; neither does the order of rows, but for the last bits of a float.
//!
//! ```
//! use regulars::metrics;
//!
//! let values = [0.0, 1.0, 10.0, 11.0];
//! let labels = [0, 0, 1, 1];
//! assert!((metrics::silhouette(&values, 1, &labels)? - 0.899749373433584).abs() < 1e-15);
//! assert_eq!(metrics::davies_bouldin(&values, 1, &labels)?, 0.1);
//! assert_eq!(metrics::calinski_harabasz(&values, 1, &labels)?, 200.0);
//! assert_eq!(metrics::adjusted_rand_index(&labels, &[7, 7, 3, 3])?, 1.0);
//! # Ok::<(), regulars::Error>(())
//! ```

use crate::error::{Error, Result};
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::Seed;

/// Labels renamed to 0, 1 .. in ascending order, and how many there are: no measure depends on what clusters are called.
fn dense(labels: &[u32]) -> (Vec<usize>, usize) {
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let dense = labels.iter().map(|label| distinct.partition_point(|own| own < label)).collect();
    (dense, distinct.len())
}

/// Checks what every measure of one clustering needs: as many values as labels times columns, finite and at most 10¹⁴⁰, and at
/// least two clusters. Gives the dense labels.
fn check(values: &[f64], width: usize, labels: &[u32]) -> Result<(Vec<usize>, usize)> {
    if labels.is_empty() || width == 0 {
        return Err(Error::empty("no rows to measure on"));
    }
    if labels.len().checked_mul(width) != Some(values.len()) {
        return Err(Error::shape("values", labels.len().saturating_mul(width), values.len()));
    }
    if let Some(i) = values.iter().position(|v| v.is_nan() || v.abs() > 1e140) {
        return Err(Error::row((i / width) as u64 + 1, None, "values must be finite and at most 1e140"));
    }
    let (dense, k) = dense(labels);
    if k < 2 {
        return Err(Error::input("a clustering is measured with at least two clusters, got one"));
    }
    Ok((dense, k))
}

/// Euclidean distance; the squares fit a float because [`check`] bounds the values.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// Mean silhouette of all rows, in \[−1, 1\]: (b − a) / max(a, b) with `a` a row's mean distance to the other rows of
/// its cluster and `b` the smallest mean distance to the rows of another cluster; 0 for a cluster of one row, and where
/// both distances are 0 (Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7).
///
/// ```
/// use regulars::metrics::silhouette;
///
/// let values = [0.0, 1.0, 10.0, 11.0];
/// assert!(silhouette(&values, 1, &[0, 0, 1, 1])? > 0.89);
/// assert!(silhouette(&values, 1, &[0, 1, 0, 1])? < 0.0, "rows are nearer to the other cluster");
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Time O(n² · width), in parallel; for many rows see [`silhouette_sampled`].
///
/// # Errors
/// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for unequal lengths, [`InvalidInput`](crate::ErrorKind::InvalidInput)
/// for values that are not finite (or beyond 10¹⁴⁰) and for one cluster only,
/// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows.
pub fn silhouette(values: &[f64], width: usize, labels: &[u32]) -> Result<f64> {
    let (labels, k) = check(values, width, labels)?;
    let mut sizes = vec![0_usize; k];
    for label in &labels {
        sizes[*label] += 1;
    }
    let row = |i: usize| &values[i * width..(i + 1) * width];
    let single = |i: usize| {
        if sizes[labels[i]] == 1 {
            return 0.0;
        }
        let mut sums = vec![0.0; k];
        for (other, label) in values.chunks_exact(width).zip(&labels) {
            sums[*label] += distance(row(i), other);
        }
        let own = sums[labels[i]] / (sizes[labels[i]] - 1) as f64;
        let others = (0..k).filter(|j| *j != labels[i]).map(|j| sums[j] / sizes[j] as f64);
        let other = others.fold(f64::INFINITY, f64::min);
        let larger = own.max(other);
        if larger > 0.0 { (other - own) / larger } else { 0.0 }
    };
    let all = par::map(labels.len(), single);
    Ok(all.iter().sum::<f64>() / labels.len() as f64)
}

/// [`silhouette`] of `size` rows drawn at random without replacement, among themselves; of all rows where there are no
/// more than that.
///
/// The standard error of the mean over `size` rows is at most 1 / √size: 0.022 for 2,048.
///
/// ```
/// use regulars::{metrics::silhouette_sampled, types::Seed};
///
/// let labels: Vec<u32> = (0..400).map(|i| i % 2).collect();
/// let values: Vec<f64> = (0..400).map(|i| f64::from(i % 2) * 50.0 + f64::from(i % 7)).collect();
/// assert!(silhouette_sampled(&values, 1, &labels, 50, Seed(1))? > 0.9);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// As [`silhouette`]; [`InvalidParam`](crate::ErrorKind::InvalidParam) for a size below 2. One cluster only in the sample
/// is an error too.
pub fn silhouette_sampled(
    values: &[f64],
    width: usize,
    labels: &[u32],
    size: usize,
    seed: Seed,
) -> Result<f64> {
    check(values, width, labels)?;
    if size < 2 {
        return Err(Error::param("size", "must be at least 2", size));
    }
    if size >= labels.len() {
        return silhouette(values, width, labels);
    }
    let rows = sample(labels.len(), size, seed);
    let picked: Vec<f64> = rows.iter().flat_map(|r| &values[r * width..(r + 1) * width]).copied().collect();
    let labels: Vec<u32> = rows.iter().map(|r| labels[*r]).collect();
    silhouette(&picked, width, &labels)
}

/// `size` distinct numbers below `n`, ascending (Knuth's algorithm S).
fn sample(n: usize, size: usize, seed: Seed) -> Vec<usize> {
    let mut rng = Rng::new(seed, 0);
    let mut picked = Vec::with_capacity(size);
    for i in 0..n {
        let (wanted, left) = (size - picked.len(), n - i);
        if wanted > 0 && rng.below(left as u64) < wanted as u64 {
            picked.push(i);
        }
    }
    picked
}

/// Means of the clusters, row-major, and their sizes.
fn centroids(values: &[f64], width: usize, labels: &[usize], k: usize) -> (Vec<f64>, Vec<usize>) {
    let mut sizes = vec![0_usize; k];
    for label in labels {
        sizes[*label] += 1;
    }
    let mut centroids = vec![0.0; k * width];
    for (row, label) in values.chunks_exact(width).zip(labels) {
        for (c, v) in centroids[label * width..(label + 1) * width].iter_mut().zip(row) {
            *c += v / sizes[*label] as f64;
        }
    }
    (centroids, sizes)
}

/// Ratio of the variance between clusters to that within them, each by its degrees of freedom; the higher the better
/// (Caliński and Harabasz 1974, doi:10.1080/03610927408827101).
///
/// With B the weighted squared distances of the k centroids to that of all rows, and W those of the n rows to their own:
/// (B / (k − 1)) / (W / (n − k)). It grows with n, so compare numbers of clusters, not data sets. O(n · width).
///
/// ```
/// use regulars::metrics::calinski_harabasz;
///
/// let values = [0.0, 1.0, 10.0, 11.0];
/// assert_eq!(calinski_harabasz(&values, 1, &[0, 0, 1, 1])?, 200.0);
/// assert!(calinski_harabasz(&values, 1, &[0, 0, 0, 1])? < 10.0);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// As [`silhouette`]; [`InvalidInput`](crate::ErrorKind::InvalidInput) also where every cluster is a single point, where
/// the ratio has no value.
pub fn calinski_harabasz(values: &[f64], width: usize, labels: &[u32]) -> Result<f64> {
    let (labels, k) = check(values, width, labels)?;
    let n = labels.len();
    let (centroids, sizes) = centroids(values, width, &labels, k);
    let all = self::centroids(values, width, &vec![0; n], 1).0;
    let squared = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    let between: f64 =
        centroids.chunks_exact(width).zip(&sizes).map(|(c, size)| *size as f64 * squared(c, &all)).sum();
    let rows = values.chunks_exact(width).zip(&labels);
    let within: f64 = rows.map(|(row, j)| squared(row, &centroids[j * width..(j + 1) * width])).sum();
    let ratio = between / (k - 1) as f64 * (n - k) as f64 / within;
    if ratio.is_finite() {
        Ok(ratio)
    } else {
        Err(Error::input("every cluster is a single point, so the ratio of variances has no value"))
    }
}

/// Mean over the clusters of the worst (s₁ + s₂) / d with another cluster, `s` the mean distance of rows to their
/// centroid and `d` the distance of the two centroids; the lower the better (Davies and Bouldin 1979,
/// doi:10.1109/TPAMI.1979.4766909). Two clusters with one centroid count 0 if both are single points.
///
/// O(n · width + k² · width).
///
/// ```
/// use regulars::metrics::davies_bouldin;
///
/// // (0.5 + 0.5) / 10 for either cluster.
/// assert_eq!(davies_bouldin(&[0.0, 1.0, 10.0, 11.0], 1, &[0, 0, 1, 1])?, 0.1);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// As [`silhouette`]; [`InvalidInput`](crate::ErrorKind::InvalidInput) also where two clusters with spread share one
/// centroid, where the ratio has no value.
pub fn davies_bouldin(values: &[f64], width: usize, labels: &[u32]) -> Result<f64> {
    let (labels, k) = check(values, width, labels)?;
    let (centroids, sizes) = centroids(values, width, &labels, k);
    let centroid = |j: usize| &centroids[j * width..(j + 1) * width];
    let mut spread = vec![0.0; k];
    for (row, j) in values.chunks_exact(width).zip(&labels) {
        spread[*j] += distance(row, centroid(*j)) / sizes[*j] as f64;
    }
    let ratio = |i: usize, j: usize| {
        let sum = spread[i] + spread[j];
        if sum == 0.0 { 0.0 } else { sum / distance(centroid(i), centroid(j)) }
    };
    let worst = |i: usize| (0..k).filter(|j| *j != i).map(|j| ratio(i, j)).fold(0.0, f64::max);
    let mean = (0..k).map(worst).sum::<f64>() / k as f64;
    if mean.is_finite() {
        Ok(mean)
    } else {
        Err(Error::input("two clusters share one centroid, so their ratio has no value"))
    }
}

/// Agreement of two clusterings of the same rows, corrected for chance: 1 for equal partitions, 0 on average for
/// independent ones, at least −0.5 (Hubert and Arabie 1985, doi:10.1007/BF01908075).
///
/// With s the pairs of rows together in both, a and b those together in either, and e = a b / (n (n − 1) / 2) what chance
/// gives: (s − e) / ((a + b) / 2 − e). Pairs are counted exactly. O(n log n).
///
/// ```
/// use regulars::metrics::adjusted_rand_index;
///
/// assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[5, 5, 2, 2])?, 1.0);
/// assert!((adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 0, 1])? + 0.5).abs() < 1e-12);
/// assert_eq!(adjusted_rand_index(&[0, 0, 0, 0], &[0, 1, 2, 3])?, 0.0);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for unequal lengths, [`EmptyInput`](crate::ErrorKind::EmptyInput)
/// without rows.
pub fn adjusted_rand_index(a: &[u32], b: &[u32]) -> Result<f64> {
    if a.len() != b.len() {
        return Err(Error::shape("labels of the second clustering", a.len(), b.len()));
    }
    if a.is_empty() {
        return Err(Error::empty("no rows to measure on"));
    }
    let n = a.len() as u128;
    let both = pairs(a.iter().zip(b).collect()) as f64;
    let (in_a, in_b) = (pairs(a.to_vec()) as f64, pairs(b.to_vec()) as f64);
    let all = (n * (n - 1) / 2) as f64;
    if in_a == in_b && both == in_a {
        return Ok(1.0);
    }
    let expected = in_a / all * in_b;
    Ok((both - expected) / (0.5 * (in_a + in_b) - expected))
}

/// Pairs of rows with equal labels, exactly.
fn pairs<T: Ord>(mut labels: Vec<T>) -> u128 {
    labels.sort_unstable();
    let runs = labels.chunk_by(|x, y| x == y).map(<[T]>::len);
    runs.map(|n| n as u128 * (n as u128 - 1) / 2).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn rows() -> Vec<f64> {
        let row = |i: i32| {
            let j = f64::from(i % 3);
            [f64::from(i * 7 % 5) + j * 4.0 + f64::from(i) * 0.1, f64::from(i * 3 % 7) * 0.5 - j * 2.0]
        };
        (0..12).flat_map(row).collect()
    }

    fn close(own: Result<f64>, expected: f64) {
        let own = own.unwrap();
        assert!((own - expected).abs() <= 1e-13 * expected.abs().max(1.0), "{own} {expected}");
    }

    /// sklearn.metrics 1.9.1; tolerance 1e-13 relative.
    #[test]
    fn measures_agree_with_scikit_learn() {
        let three: Vec<u32> = (0..12).map(|i| i % 3).collect();
        close(silhouette(&rows(), 2, &three), 0.39240444709167704);
        close(calinski_harabasz(&rows(), 2, &three), 21.45644428920713);
        close(davies_bouldin(&rows(), 2, &three), 0.7327195735018052);
        // With a cluster of one row, and labels that are not 0, 1, 2.
        let mut four = three.clone();
        four[11] = 900;
        close(silhouette(&rows(), 2, &four), 0.1871313652709182);
        close(calinski_harabasz(&rows(), 2, &four), 13.23671032357473);
        close(davies_bouldin(&rows(), 2, &four), 1.011515340137596);
        let (a, b) = ([0, 0, 0, 1, 1, 1, 2, 2, 2, 2], [0, 0, 1, 1, 1, 1, 2, 2, 0, 2]);
        close(adjusted_rand_index(&a, &b), 0.4318181818181818);
        close(adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 0, 1]), -0.5);
        close(adjusted_rand_index(&[0, 0], &[1, 1]), 1.0);
        close(adjusted_rand_index(&[0, 1, 2], &[5, 4, 3]), 1.0);
        close(adjusted_rand_index(&[3], &[4]), 1.0);
    }

    #[test]
    fn a_sample_of_all_rows_is_exact_and_a_part_is_near() {
        let labels: Vec<u32> = (0..3_000).map(|i| i % 3).collect();
        let mut rng = Rng::new(Seed(5), 0);
        let values: Vec<f64> =
            labels.iter().flat_map(|j| [f64::from(*j) * 4.0 + rng.normal(), rng.normal()]).collect();
        let exact = silhouette(&values, 2, &labels).unwrap();
        assert_eq!(silhouette_sampled(&values, 2, &labels, 3_000, Seed(1)).unwrap(), exact);
        let near = silhouette_sampled(&values, 2, &labels, 600, Seed(1)).unwrap();
        assert!((near - exact).abs() < 0.05, "{near} {exact}");
        let picked = sample(100, 30, Seed(2));
        assert!(picked.len() == 30 && picked.is_sorted_by(|a, b| a < b) && picked[29] < 100);
    }

    #[test]
    fn what_cannot_be_measured_is_an_error() {
        let kind = |r: Result<f64>| r.unwrap_err().kind();
        assert_eq!(kind(silhouette(&[1.0, 2.0], 1, &[0, 0])), ErrorKind::InvalidInput);
        assert_eq!(kind(silhouette(&[1.0], 1, &[0, 1])), ErrorKind::ShapeMismatch);
        assert_eq!(kind(silhouette(&[], 1, &[])), ErrorKind::EmptyInput);
        assert_eq!(kind(silhouette(&[1.0, f64::NAN], 1, &[0, 1])), ErrorKind::InvalidInput);
        assert_eq!(kind(calinski_harabasz(&[1.0, 2.0], 1, &[0, 1])), ErrorKind::InvalidInput);
        assert_eq!(kind(davies_bouldin(&[0.0, 2.0, 0.0, 2.0], 1, &[0, 0, 1, 1])), ErrorKind::InvalidInput);
        assert_eq!(kind(adjusted_rand_index(&[1], &[1, 2])), ErrorKind::ShapeMismatch);
        assert_eq!(kind(silhouette_sampled(&[1.0, 2.0], 1, &[0, 1], 1, Seed(0))), ErrorKind::InvalidParam);
        assert_eq!(silhouette(&[3.0, 3.0, 3.0], 1, &[0, 0, 1]).unwrap(), 0.0);
    }
}
