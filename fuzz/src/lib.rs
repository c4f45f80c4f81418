//! What every fuzz target checks besides its own claims: bounded time and bounded memory.
//!
//! A target is `fuzz_target!(|data: &[u8]| regulars_fuzz::guarded(data, |data| ..))`. Run one with
//! `cargo +nightly fuzz run csv -- -max_total_time=60`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Counts the bytes that are allocated, and the most there ever were.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grow(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(live, Ordering::Relaxed);
}

// SAFETY: every call is passed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new block may live side by side for a moment.
        grow(size);
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs a target on one input: it must not take above one second, nor hold above 64 times the input plus 1 MiB at any
/// moment.
pub fn guarded(data: &[u8], target: impl FnOnce(&[u8])) {
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let start = Instant::now();
    target(data);
    let took = start.elapsed();
    let held = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    let allowed = 64 * data.len() + (1 << 20);
    assert!(held <= allowed, "held {held} bytes for an input of {} bytes, allowed {allowed}", data.len());
    assert!(took <= Duration::from_secs(1), "took {took:?} for an input of {} bytes", data.len());
}
