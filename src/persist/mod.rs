//! Saved models: a versioned envelope, validated on the way back.
//!
//! Every model of this crate is written with [`write()`] and comes back with [`read`], bit for bit: a loaded model gives
//! the same answers as the one that was saved.
//!
//! # The file
//! One line of JSON, closed by a line feed:
//!
//! ```json
//! {"format":"regulars-model","version":1,"kind":"rfm","library":"0.1.0","model":{"…":"…"},"blocks":[]}
//! ```
//!
//! Models of a few parameters are that line alone: readable, and fit for a diff. Models that hold state (an index of
//! profiles, the baskets of a recommender) keep their arrays in binary blocks behind it, in the order listed under
//! `blocks`, each with name, type, length and checksum; numbers are little-endian. Floats keep every bit.
//!
//! # What is checked
//! Nothing in a file is trusted. The envelope's format, kind and version come first; lengths are held against
//! [`Limits`] before memory is taken, checksums against the blocks, and each model checks every rule that its `fit`
//! would have kept. A file of a newer version is refused, a file of an older one is read.
//!
//! # Errors
//! [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel) for a file that is damaged, of another kind, of a newer
//! version or above the limits; [`Io`](crate::ErrorKind::Io) where reading or writing fails, with the cause as source.

mod blocks;
pub(crate) mod wire;

use std::io::{BufRead, BufReader, Read, Write};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

use blocks::Descriptor;
pub(crate) use blocks::{BlockReader, BlockWriter};

/// The version this library writes, and the newest one it reads.
pub const FORMAT_VERSION: u32 = 1;

const FORMAT: &str = "regulars-model";

/// A model that can be saved: every model of this crate, and nothing else.
pub trait Model: wire::Wire {}

impl<M: wire::Wire> Model for M {}

/// How large a file [`read_with`] accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the JSON line.
    pub header_bytes: u64,
    /// Bytes of all binary blocks together.
    pub block_bytes: u64,
}

impl Default for Limits {
    /// 64 MiB of JSON and 4 GiB of blocks.
    fn default() -> Self {
        Self { header_bytes: 64 << 20, block_bytes: 4 << 30 }
    }
}

impl Limits {
    /// The same limits with other bytes of JSON.
    #[must_use]
    pub fn header_bytes(self, bytes: u64) -> Self {
        Self { header_bytes: bytes, ..self }
    }

    /// The same limits with other bytes of blocks.
    #[must_use]
    pub fn block_bytes(self, bytes: u64) -> Self {
        Self { block_bytes: bytes, ..self }
    }
}

/// What an envelope says before its model is read.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
    #[serde(default)]
    kind: String,
    #[serde(default, rename = "model")]
    _model: IgnoredAny,
}

#[derive(Serialize, Deserialize)]
struct Envelope<R> {
    format: String,
    version: u32,
    kind: String,
    library: String,
    model: R,
    blocks: Vec<Descriptor>,
}

/// Writes a model.
///
/// # Errors
/// [`Io`](ErrorKind::Io) where the writer fails.
pub fn write<M: Model>(mut writer: impl Write, model: &M) -> Result<()> {
    let mut blocks = BlockWriter::default();
    let repr = model.to_wire(&mut blocks);
    let envelope = Envelope {
        format: FORMAT.to_owned(),
        version: FORMAT_VERSION,
        kind: M::KIND.to_owned(),
        library: env!("CARGO_PKG_VERSION").to_owned(),
        model: repr,
        blocks: blocks.descriptors(),
    };
    let header =
        serde_json::to_vec(&envelope).map_err(|e| Error::new(ErrorKind::IncompatibleModel, None, e))?;
    let io = |e: std::io::Error| Error::new(ErrorKind::Io, None, e);
    writer.write_all(&header).map_err(io)?;
    writer.write_all(b"\n").map_err(io)?;
    for part in blocks.parts() {
        writer.write_all(part).map_err(io)?;
    }
    writer.flush().map_err(io)
}

/// Reads a model within the default [`Limits`].
///
/// # Errors
/// See the [module](self).
pub fn read<M: Model>(reader: impl Read) -> Result<M> {
    read_with(reader, &Limits::default())
}

/// Reads a model within limits of one's own.
///
/// # Errors
/// See the [module](self).
pub fn read_with<M: Model>(reader: impl Read, limits: &Limits) -> Result<M> {
    let mut reader = BufReader::new(reader);
    let header = read_line(&mut reader, limits.header_bytes)?;
    let head: Head = parse(&header)?;
    if head.format != FORMAT {
        return Err(incompatible("not a model file of this library"));
    }
    if head.version > FORMAT_VERSION {
        return Err(incompatible(format!(
            "format version {} is newer than {FORMAT_VERSION}, the newest this library reads",
            head.version
        )));
    }
    if head.kind != M::KIND {
        // The kind found is not quoted: it may be anything.
        return Err(incompatible(format!("expected a model of kind `{}`, found another kind", M::KIND)));
    }
    let envelope: Envelope<M::Repr> = parse(&header)?;
    drop(header);
    let mut blocks = BlockReader::new(&envelope.blocks, reader, limits.block_bytes)?;
    let model = M::from_wire(envelope.model, &mut blocks).map_err(as_incompatible)?;
    blocks.finish()?;
    Ok(model)
}

fn parse<T: DeserializeOwned>(header: &[u8]) -> Result<T> {
    // serde's messages quote the file; its position is enough.
    serde_json::from_slice(header).map_err(|e| incompatible(format!("damaged header at byte {}", e.column())))
}

fn read_line(reader: &mut impl BufRead, limit: u64) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    let io = |e: std::io::Error| Error::new(ErrorKind::Io, None, e);
    reader.take(limit.saturating_add(1)).read_until(b'\n', &mut line).map_err(io)?;
    if line.pop() == Some(b'\n') {
        Ok(line)
    } else if line.len() as u64 >= limit {
        Err(incompatible(format!("the header is longer than the limit of {limit} bytes")))
    } else {
        Err(incompatible("the file ends within its header"))
    }
}

fn incompatible(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::IncompatibleModel, None, message.into())
}

/// A rule broken by a file's content is the file's fault, whatever it would be in a call.
fn as_incompatible(error: Error) -> Error {
    match error.kind() {
        ErrorKind::IncompatibleModel | ErrorKind::Io => error,
        _ => Error::new(
            ErrorKind::IncompatibleModel,
            error.place().cloned(),
            format!("damaged model: {error}"),
        ),
    }
}

#[cfg(test)]
mod tests;
