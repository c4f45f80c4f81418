//! Results on public data sets, in the folder named by `REGULARS_DATA`. Without the variable each test says that it is
//! skipped; with it, a missing file fails.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::float_cmp,
    reason = "a test fails by panicking and says when it is skipped"
)]

#[cfg(feature = "csv")]
#[path = "anchors/churn.rs"]
mod churn;
#[cfg(feature = "csv")]
#[path = "anchors/data.rs"]
mod data;
#[path = "anchors/ltv.rs"]
mod ltv;
#[cfg(feature = "csv")]
#[path = "anchors/profile.rs"]
mod profile;
#[path = "anchors/recommend.rs"]
mod recommend;
#[path = "anchors/rfm.rs"]
mod rfm;
#[cfg(feature = "csv")]
#[path = "anchors/segment.rs"]
mod segment;

use std::io::Read;
use std::path::PathBuf;

/// The folder of the public data sets, if the caller has named one.
fn data_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("REGULARS_DATA").map(PathBuf::from);
    if dir.is_none() {
        eprintln!("skipped: REGULARS_DATA names no folder with the public data sets");
    }
    dir
}

/// The text of a file below that folder, unpacked where it is gzip.
fn read(dir: &std::path::Path, name: &str) -> String {
    let bytes = std::fs::read(dir.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    text
}

/// The rows of a simple CSV file behind its header: no field holds a comma or a line break.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').map(|f| f.trim_matches('"')).collect())
}
