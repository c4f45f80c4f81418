//! Files in and out.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::Failure;

/// Opens a file; one that starts as a gzip member is decompressed on the way, whatever its name.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    let failed = |e: io::Error| Failure::new(format!("{}: {e}", path.display()));
    let mut file = File::open(path).map_err(failed)?;
    let mut magic = Vec::with_capacity(2);
    Read::by_ref(&mut file).take(2).read_to_end(&mut magic).map_err(failed)?;
    let is_gzip = magic == [0x1f, 0x8b];
    let whole = io::Cursor::new(magic).chain(file);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}

/// Writes a file whole or not at all: under another name first, renamed at the end.
pub(crate) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |e: io::Error| Failure::new(format!("{}: {e}", path.display()));
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let result = (|| {
        let mut writer = BufWriter::new(File::create(&part).map_err(failed)?);
        write(&mut writer)?;
        writer.flush().map_err(failed)?;
        drop(writer);
        std::fs::rename(&part, path).map_err(failed)
    })();
    if result.is_err() {
        // The first failure is the one to report.
        let _ = std::fs::remove_file(&part);
    }
    result
}

fn raw<const BYTES: usize, T>(
    path: &Path,
    n: usize,
    value: impl Fn([u8; BYTES]) -> T,
) -> Result<Vec<T>, Failure> {
    /// The file is read piece by piece, so that its bytes and its values are not in memory together.
    const PIECE: usize = 1 << 13;
    let failed = |e: io::Error| Failure::new(format!("{}: {e}", path.display()));
    let mut file = File::open(path).map_err(failed)?;
    let (expected, got) = (n.saturating_mul(BYTES) as u64, file.metadata().map_err(failed)?.len());
    if got != expected {
        let file = path.display();
        return Err(Failure::new(format!(
            "{file}: expected {n} values of {BYTES} bytes = {expected} bytes, got {got}"
        )));
    }
    let mut values = Vec::with_capacity(n);
    let mut piece = Vec::with_capacity(PIECE * BYTES);
    while values.len() < n {
        piece.clear();
        Read::by_ref(&mut file).take((PIECE * BYTES) as u64).read_to_end(&mut piece).map_err(failed)?;
        values.extend(piece.chunks_exact(BYTES).filter_map(|chunk| chunk.try_into().ok()).map(&value));
        if piece.len() < BYTES {
            return Err(Failure::new(format!("{}: the file has shrunk while it was read", path.display())));
        }
    }
    Ok(values)
}

/// `n` little-endian f64 values without a header.
pub(crate) fn raw_f64s(path: &Path, n: usize) -> Result<Vec<f64>, Failure> {
    raw(path, n, f64::from_le_bytes)
}

/// `n` little-endian i64 values without a header.
pub(crate) fn raw_i64s(path: &Path, n: usize) -> Result<Vec<i64>, Failure> {
    raw(path, n, i64::from_le_bytes)
}

/// `n` little-endian i32 values without a header.
pub(crate) fn raw_i32s(path: &Path, n: usize) -> Result<Vec<i32>, Failure> {
    raw(path, n, i32::from_le_bytes)
}
