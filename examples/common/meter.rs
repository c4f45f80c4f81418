//! CPU seconds and peak memory of this process.

use std::time::Instant;

/// Measures from its start: `let meter = Meter::start(); ..; meter.cpu_seconds()`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    wall: Instant,
    cpu: f64,
    peak_mb: f64,
}

impl Meter {
    pub(crate) fn start() -> Self {
        let (cpu, peak_mb) = usage();
        Self { wall: Instant::now(), cpu, peak_mb }
    }

    /// User and system CPU seconds of all threads of this process since the start; wall time where the system does not
    /// tell.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let cpu = usage().0 - self.cpu;
        if cfg!(unix) { cpu } else { self.wall_seconds() }
    }

    pub(crate) fn wall_seconds(&self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }

    /// Growth of the peak resident memory since the start, in MiB; 0 where the system does not tell.
    pub(crate) fn extra_mb(&self) -> f64 {
        usage().1 - self.peak_mb
    }
}

/// Peak resident memory of this process so far, in MiB; 0 where the system does not tell.
pub(crate) fn peak_rss_mb() -> f64 {
    usage().1
}

/// CPU seconds and peak resident memory in MiB.
#[cfg(unix)]
fn usage() -> (f64, f64) {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;

    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return (0.0, 0.0) };
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1024.0 * 1024.0 } else { 1024.0 };
    (microseconds as f64 / 1e6, usage.max_rss() as f64 / unit)
}

#[cfg(not(unix))]
fn usage() -> (f64, f64) {
    (0.0, 0.0)
}
