//! Saved models: a versioned envelope, validated on the way back.
//!
//! Every model of this crate is written with [`write()`] and comes back with [`read`], bit for bit: a loaded model gives
//! the same answers as the one that was saved.
//!
//! # The file
//! One line of JSON, closed by a line feed:
//!
//! ```json
//! {"format":"regulars-model","version":2,"kind":"rfm","library":"0.1.0","model":{},"blocks":[],"checksum":"…"}
//! ```
//!
//! Models of a few parameters are that line alone: readable, and fit for a diff. Models that hold state (an index of
//! profiles, the baskets of a recommender) keep their arrays in binary blocks after it, in the order listed under
//! `blocks`, each with name, type, length and checksum; numbers are little-endian. Floats keep every bit.
//!
//! The line ends with its own checksum, over every byte before it. Since the checksums of the blocks stand in the
//! line, no bit of a file can change unseen. A checksum finds damage, not malice: who can write the file can write
//! a checksum that fits. A line that was edited in a text editor is refused; fit the model again instead.
//!
//! The model ends with its last block. Bytes after it are not part of it and are ignored, so that a model may stand
//! at the start of a longer stream; the reader may have taken some of them.
//!
//! # What is checked
//! Nothing in a file is trusted. The envelope's format, version, checksum and kind come first; lengths are held against
//! [`Limits`] before memory is taken, checksums against the blocks, and each model checks every rule that its `fit`
//! would have kept. A file of a newer version is refused, a file of an older one is read.
//!
//! # Versions
//! | version | what is new |
//! |---|---|
//! | 1 | blocks have checksums, the line has none: a flipped bit in a number of the line is not noticed |
//! | 2 | the line has a checksum, and says where the data of the fit came from ([`Provenance`]) |
//!
//! # Errors
//! [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel) for a file that is damaged, of another kind, of a newer
//! version or above the limits; [`Io`](crate::ErrorKind::Io) where reading or writing fails, with the cause as source.
//!
//! # Recipes
//! A program that learns at night and answers by day: write beside, then rename, so that no reader ever sees half a file.
//!
//! ```
//! use regulars::persist;
//! use regulars::rfm::SegmentMap;
//! use std::io::{BufWriter, Error};
//!
//! let folder = std::env::temp_dir();
//! let name = format!("regulars-{}.model", std::process::id());
//! let (path, beside) = (folder.join(&name), folder.join(format!("{name}.new")));
//!
//! let file = std::fs::File::create(&beside).expect("a folder to write to");
//! persist::write(BufWriter::new(file), &SegmentMap::standard([5, 5, 5])?)?;
//! std::fs::rename(&beside, &path).expect("on one disk");
//!
//! let loaded: SegmentMap = persist::read(std::fs::File::open(&path).expect("just written"))?;
//! assert_eq!(loaded.segments().len(), 11);
//! # let _: Result<(), Error> = std::fs::remove_file(&path);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! Which model is in a file? The first line says it, to any program that reads JSON.
//!
//! ```
//! use regulars::persist;
//! use regulars::rfm::SegmentMap;
//!
//! let mut file = Vec::new();
//! persist::write(&mut file, &SegmentMap::standard([5, 5, 5])?)?;
//! let line = file.split(|byte| *byte == b'\n').next().expect("there is one");
//! let head: serde_json::Value = serde_json::from_slice(line).expect("JSON");
//! assert_eq!(head["kind"], "rfm-segments");
//! # Ok::<(), regulars::Error>(())
//! ```

mod blocks;
pub(crate) mod wire;

use std::io::{BufRead, BufReader, Read, Write};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::types::Provenance;

use blocks::Descriptor;
pub(crate) use blocks::{BlockReader, BlockWriter};

/// The version this library writes, and the newest one it reads. Files of every older version stay readable; the tests
/// keep one of each model.
///
/// ```
/// use regulars::persist;
/// use regulars::rfm::SegmentMap;
///
/// let mut file = Vec::new();
/// persist::write(&mut file, &SegmentMap::standard([5, 5, 5])?)?;
/// let version = format!("\"version\":{}", persist::FORMAT_VERSION);
/// assert!(String::from_utf8_lossy(&file).contains(&version));
/// # Ok::<(), regulars::Error>(())
/// ```
pub const FORMAT_VERSION: u32 = 2;

/// Bytes of the checksum's field: its name, 16 digits, quotes and the brace.
const SEAL: usize = r#","checksum":"0123456789abcdef"}"#.len();

/// What every file of this library says of itself.
const FORMAT: &str = "regulars-model";

/// A model that can be saved: every model of this crate, and nothing else.
///
/// Sealed: the wire form behind it is private, so that it can change with the version. Bound generic code by it:
///
/// ```
/// use regulars::persist::{self, Model};
///
/// fn round_trip<M: Model>(model: &M) -> regulars::Result<M> {
///     let mut file = Vec::new();
///     persist::write(&mut file, model)?;
///     persist::read(file.as_slice())
/// }
/// # use regulars::rfm::SegmentMap;
/// let map = SegmentMap::standard([5, 5, 5])?;
/// assert_eq!(round_trip(&map)?, map);
/// # Ok::<(), regulars::Error>(())
/// ```
pub trait Model: wire::Wire {}

impl<M: wire::Wire> Model for M {}

/// How large a file [`read_with`] accepts.
///
/// A header claims lengths; without limits a file of a hundred bytes could ask for all memory there is. Raise them for
/// models of hundreds of millions of rows, lower them where files come from strangers.
///
/// ```
/// use regulars::persist::{self, Limits};
/// use regulars::rfm::SegmentMap;
///
/// let mut file = Vec::new();
/// persist::write(&mut file, &SegmentMap::standard([5, 5, 5])?)?;
/// let tight = Limits::default().header_bytes(100).block_bytes(0);
/// let error = persist::read_with::<SegmentMap>(file.as_slice(), &tight).unwrap_err();
/// assert_eq!(error.to_string(), "the header is longer than the limit of 100 bytes");
/// assert!(persist::read_with::<SegmentMap>(file.as_slice(), &Limits::default()).is_ok());
/// # Ok::<(), regulars::Error>(())
/// ```
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
    /// The same limits with other bytes of JSON; the default is 64 MiB, some hundred thousand segments or rules.
    #[must_use]
    pub fn header_bytes(self, bytes: u64) -> Self {
        Self { header_bytes: bytes, ..self }
    }

    /// The same limits with other bytes of blocks, of all together; the default is 4 GiB.
    #[must_use]
    pub fn block_bytes(self, bytes: u64) -> Self {
        Self { block_bytes: bytes, ..self }
    }
}

/// What an envelope says before its model is read: enough to say what is wrong with a file of another kind or of a newer
/// version, whose model this library could not parse.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
    #[serde(default)]
    kind: String,
    #[serde(default, rename = "model")]
    _model: IgnoredAny,
    /// Absent in files of version 1.
    checksum: Option<IgnoredAny>,
}

/// The JSON line without its checksum. `library` is for people; only `version` decides.
#[derive(Serialize, Deserialize)]
struct Envelope<R> {
    format: String,
    version: u32,
    kind: String,
    library: String,
    /// Where the data of the fit came from; absent in files of version 1, and for models that come from no data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provenance: Option<Provenance>,
    model: R,
    blocks: Vec<Descriptor>,
}

/// Writes a model: one line of JSON, then the blocks.
///
/// The same model makes the same bytes. Write to a buffer or a `BufWriter`; write to a temporary file and rename it where
/// a reader must never see half a model.
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::persist;
/// use regulars::rfm::{RfmModel, RfmParams};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for (customer, day, cents) in [("ann", 30, 9_900), ("bob", 12, 500)] {
///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
/// }
/// let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
/// let model = RfmParams::new().fit(now)?;
///
/// let mut file = Vec::new();
/// persist::write(&mut file, &model)?;
/// assert!(file.starts_with(br#"{"format":"regulars-model","version":2,"kind":"rfm""#));
///
/// let loaded: RfmModel = persist::read(file.as_slice())?;
/// assert_eq!(loaded.score(now)?, model.score(now)?);
/// # Ok::<(), regulars::Error>(())
/// ```
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
        provenance: model.origin().filter(|own| !own.is_silent()).cloned(),
        model: repr,
        blocks: blocks.descriptors(),
    };
    let mut header =
        serde_json::to_vec(&envelope).map_err(|e| Error::new(ErrorKind::IncompatibleModel, None, e))?;
    header.pop();
    header.extend_from_slice(seal(&header).as_bytes());
    let io = |e: std::io::Error| Error::new(ErrorKind::Io, None, e);
    writer.write_all(&header).map_err(io)?;
    writer.write_all(b"\n").map_err(io)?;
    for part in blocks.parts() {
        writer.write_all(part).map_err(io)?;
    }
    writer.flush().map_err(io)
}

/// The end of a line that begins with these bytes: the checksum as its last field, and the brace that closes it.
fn seal(body: &[u8]) -> String {
    format!(",\"checksum\":\"{}\"}}", blocks::checksum(body))
}

/// Whether a line ends with the checksum of what stands before it.
fn is_sealed(line: &[u8]) -> bool {
    let (body, end) = line.split_at(line.len().saturating_sub(SEAL));
    seal(body).as_bytes() == end
}

/// Reads a model within the default [`Limits`]. The type asked for must be the one that was saved.
///
/// ```
/// use regulars::{ErrorKind, persist};
/// use regulars::rfm::{RfmModel, SegmentMap};
///
/// let mut file = Vec::new();
/// persist::write(&mut file, &SegmentMap::standard([5, 5, 5])?)?;
/// let error = persist::read::<RfmModel>(file.as_slice()).unwrap_err();
/// assert_eq!(error.to_string(), "expected a model of kind `rfm`, found `rfm-segments`");
///
/// // A byte less, another byte, or a newer version: refused as a whole.
/// assert!(persist::read::<SegmentMap>(&file[..file.len() - 2]).is_err());
/// let other = String::from_utf8_lossy(&file).replace("loyal", "royal");
/// let error = persist::read::<SegmentMap>(other.as_bytes()).unwrap_err();
/// assert_eq!(error.to_string(), "the header does not match its checksum");
/// let newer = String::from_utf8_lossy(&file).replace("\"version\":2", "\"version\":3");
/// let error = persist::read::<SegmentMap>(newer.as_bytes()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::IncompatibleModel);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// See the [module](self).
pub fn read<M: Model>(reader: impl Read) -> Result<M> {
    read_with(reader, &Limits::default())
}

/// Reads a model within limits of one's own. Bytes after the model are ignored.
///
/// The order of checks: length of the line, format, version, checksum of the line, kind, the JSON of that kind, lengths
/// and checksums of the blocks, then every rule of the model itself.
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
    if head.version == 0 {
        return Err(incompatible("there is no format version 0"));
    }
    if (head.version > 1 || head.checksum.is_some()) && !is_sealed(&header) {
        return Err(incompatible("the header does not match its checksum"));
    }
    if head.kind != M::KIND {
        // A file without a checksum may say anything here: what is no name is not quoted.
        let name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let found = match head.kind.as_str() {
            "" => "none".to_owned(),
            kind if kind.len() <= 40 && kind.chars().all(name) => format!("`{kind}`"),
            _ => "one that is no name".to_owned(),
        };
        return Err(incompatible(format!("expected a model of kind `{}`, found {found}", M::KIND)));
    }
    let envelope: Envelope<M::Repr> = parse(&header)?;
    drop(header);
    let mut blocks = BlockReader::new(&envelope.blocks, reader, limits.block_bytes)?;
    let mut model = M::from_wire(envelope.model, &mut blocks).map_err(as_incompatible)?;
    blocks.finish()?;
    if let Some(provenance) = envelope.provenance {
        model.set_origin(provenance);
    }
    Ok(model)
}

/// JSON of a known shape. Unknown fields are ignored, so that a later library may add some within a version.
fn parse<T: DeserializeOwned>(header: &[u8]) -> Result<T> {
    // serde's messages quote the file; its position is enough.
    serde_json::from_slice(header).map_err(|e| incompatible(format!("damaged header at byte {}", e.column())))
}

/// The bytes up to the line feed, never more than the limit and one.
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

/// A file that cannot be used.
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

/// A saved model with a text of its line replaced and the checksum set right: what the model's own checks must find.
#[cfg(test)]
pub(crate) fn edited(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let end = file.iter().position(|byte| *byte == b'\n').expect("a line");
    let line = std::str::from_utf8(&file[..end - SEAL]).expect("JSON");
    assert!(line.contains(from), "{from} is not in {line}");
    let line = line.replace(from, to).into_bytes();
    [&line[..], seal(&line).as_bytes(), &file[end..]].concat()
}

#[cfg(test)]
mod tests;
