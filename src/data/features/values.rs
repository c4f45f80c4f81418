//! Order statistics of plain slices.
//!
//! `total_cmp` sorts without a panic whatever comes; callers pass finite values, for which it is the usual order (with
//! -0 before 0, which no quantile can tell apart).

/// The values in ascending order, in a vector of their own.
pub(crate) fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// The quantile of ascending values by linear interpolation between order statistics (Hyndman and Fan 1996, type 7,
/// doi:10.2307/2684934); `None` for no values.
///
/// With h = q (n - 1) it is x(floor h) (1 - w) + x(floor h + 1) w, w = h - floor h. A weighted sum cannot overflow
/// where both ends are finite; the difference of the two could. `q` is held within \[0, 1\].
pub(crate) fn quantile_sorted(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the last index"
    )]
    let below = (position.floor() as usize).min(last);
    let (a, b) = (sorted[below], sorted[(below + 1).min(last)]);
    let weight = position - below as f64;
    // Weighted rather than a + w (b − a), which overflows for the largest floats.
    Some(if a == b { a } else { a * (1.0 - weight) + b * weight })
}
