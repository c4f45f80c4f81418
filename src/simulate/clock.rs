//! The shop's clock: how busy each day is, and the operational time in which every customer's process is plain.
//!
//! A Poisson process whose rate varies as λ b(t) is a plain one of rate λ in the time u(t) = ∫ b: draw there, read off here.
//! The same trick serves Erlang gaps and exponential ends, so that season and trend cost one table for the whole shop.

/// Cumulated busyness of the shop's days. Purchases are drawn in operational time, where rates are constant, and read
/// off in calendar time; with neither season nor trend the two are one.
///
/// One table of days + 1 numbers for the whole shop; none where nothing varies.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    /// Operational time at the start of each day and at the end of the last; `None` where it is calendar time itself.
    cumulated: Option<Vec<f64>>,
    days: f64,
}

impl Clock {
    /// `day_of_year` is that of the shop's first day (0 to 365). Busyness is constant within a day.
    pub(super) fn new(days: u32, day_of_year: f64, seasonality: f64, trend: f64) -> Self {
        const YEAR: f64 = 365.25;
        /// Mid-December.
        const PEAK: f64 = 348.0;
        let n = f64::from(days);
        if seasonality == 0.0 && trend == 0.0 {
            return Self { cumulated: None, days: n };
        }
        let mut cumulated = Vec::with_capacity(days as usize + 1);
        let mut sum = 0.0;
        cumulated.push(0.0);
        for day in 0..days {
            let t = f64::from(day) + 0.5;
            let angle = std::f64::consts::TAU * (day_of_year + t - PEAK) / YEAR;
            // Never quite zero, so that operational time can be turned back into calendar time.
            sum += (1.0 + seasonality * angle.cos()).max(1e-3) * (trend * t / YEAR).exp();
            cumulated.push(sum);
        }
        Self { cumulated: Some(cumulated), days: n }
    }

    /// Operational time at calendar time `t` (days since the start, within the shop's days), linear within a day.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the shop's days")]
    pub(super) fn operational(&self, t: f64) -> f64 {
        let t = t.clamp(0.0, self.days);
        let Some(cumulated) = &self.cumulated else { return t };
        let day = (t as usize).min(cumulated.len() - 2);
        cumulated[day] + (cumulated[day + 1] - cumulated[day]) * (t - day as f64)
    }

    /// The calendar time of operational time `u`, `None` after the last day: the inverse, by bisection.
    pub(super) fn calendar(&self, u: f64) -> Option<f64> {
        let Some(cumulated) = &self.cumulated else { return (u < self.days).then_some(u) };
        let day = cumulated.partition_point(|c| *c <= u).checked_sub(1)?;
        let (from, to) = (cumulated[day], *cumulated.get(day + 1)?);
        Some((day as f64 + (u - from) / (to - from)).min(self.days.next_down()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There and back for every kind of clock.
    #[test]
    fn operational_time_turns_back() {
        for clock in
            [Clock::new(800, 10.0, 0.7, 0.4), Clock::new(800, 10.0, 0.0, 0.0), Clock::new(3, 0.0, 1.0, 0.0)]
        {
            for step in 0..300 {
                let t = f64::from(step) / 300.0 * clock.days;
                let back = clock.calendar(clock.operational(t)).unwrap();
                assert!((back - t).abs() < 1e-9, "{t} came back as {back}");
            }
            assert_eq!(clock.calendar(clock.operational(clock.days)), None);
        }
    }

    /// The season is where it should be.
    #[test]
    fn december_is_busier_than_june() {
        let clock = Clock::new(365, 0.0, 0.5, 0.0);
        let month = |first: f64| clock.operational(first + 30.0) - clock.operational(first);
        assert!(month(334.0) > 2.5 * month(151.0));
    }
}
