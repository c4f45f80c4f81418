//! Binary blocks after the JSON line: typed little-endian arrays with name, length and checksum.
//!
//! Names and types are redundant on purpose: a block asked for under another name or type is a fault of the file or of the
//! library, and both should be found at once rather than as wrong numbers.

use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

use super::incompatible;

/// What the envelope says about one block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Descriptor {
    /// By which the model asks for it.
    name: String,
    /// Of the elements.
    r#type: ElementType,
    /// Number of elements.
    len: u64,
    /// Of the block's bytes, in hexadecimal.
    checksum: String,
}

/// What a block is an array of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ElementType {
    U8,
    U32,
    I32,
    U64,
    I64,
    F64,
}

impl ElementType {
    /// Bytes of one element.
    fn bytes(self) -> u64 {
        match self {
            Self::U8 => 1,
            Self::U32 | Self::I32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// FNV-1a in 64 bits, eight bytes a step: detects damage, not malice.
///
/// The plain form takes a byte a step; a rotation after each multiplication lets the upper bits of a word reach the lower
/// ones of the next. The length goes in first, so that trailing zeros count. Each step is one-to-one in the word and in
/// the state, so a change within one word of eight bytes is always found.
pub(super) fn checksum(bytes: &[u8]) -> String {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let step = |hash: u64, word: u64| (hash ^ word).wrapping_mul(PRIME).rotate_left(29);
    let mut hash = step(0xcbf2_9ce4_8422_2325, bytes.len() as u64);
    for block in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..block.len()].copy_from_slice(block);
        hash = step(hash, u64::from_le_bytes(word));
    }
    format!("{hash:016x}")
}

/// Collects the blocks of a model that is being written.
#[derive(Debug, Default)]
pub struct BlockWriter {
    /// In the order written.
    blocks: Vec<(Descriptor, Vec<u8>)>,
}

/// Hands out the blocks of a model that is being read, in the order written.
#[derive(Debug, Default)]
pub struct BlockReader {
    /// Reversed, so that the next one is popped.
    blocks: Vec<(Descriptor, Vec<u8>)>,
}

impl BlockWriter {
    /// Adds a block with its descriptor.
    fn put(&mut self, name: &str, r#type: ElementType, len: usize, bytes: Vec<u8>) {
        let descriptor =
            Descriptor { name: name.to_owned(), r#type, len: len as u64, checksum: checksum(&bytes) };
        self.blocks.push((descriptor, bytes));
    }

    /// What the envelope lists, in order.
    pub(super) fn descriptors(&self) -> Vec<Descriptor> {
        self.blocks.iter().map(|(d, _)| d.clone()).collect()
    }

    /// The bytes of the blocks, in the same order.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.blocks.iter().map(|(_, bytes)| bytes.as_slice())
    }

    /// Raw bytes, for instance UTF-8 text.
    pub(crate) fn bytes(&mut self, name: &str, values: &[u8]) {
        self.put(name, ElementType::U8, values.len(), values.to_vec());
    }
}

impl BlockReader {
    /// Reads all blocks; memory grows with the bytes that are really there, not with the lengths the header claims.
    pub(super) fn new(descriptors: &[Descriptor], mut reader: impl Read, limit: u64) -> Result<Self> {
        let mut left = limit;
        let mut blocks = Vec::new();
        for descriptor in descriptors {
            let size = descriptor.len.checked_mul(descriptor.r#type.bytes()).filter(|size| *size <= left);
            let size = size.ok_or_else(|| {
                incompatible(format!("the blocks are larger than the limit of {limit} bytes"))
            })?;
            left -= size;
            let mut bytes = Vec::new();
            let read = reader.by_ref().take(size).read_to_end(&mut bytes);
            read.map_err(|e| Error::new(ErrorKind::Io, None, e))?;
            if bytes.len() as u64 != size {
                return Err(incompatible("the file ends within a block"));
            }
            if checksum(&bytes) != descriptor.checksum {
                return Err(incompatible("a block does not match its checksum"));
            }
            blocks.push((descriptor.clone(), bytes));
        }
        blocks.reverse();
        Ok(Self { blocks })
    }

    /// The bytes of the next block, which must have that name and type.
    fn take(&mut self, name: &str, r#type: ElementType) -> Result<Vec<u8>> {
        match self.blocks.pop() {
            Some((descriptor, bytes)) if descriptor.name == name && descriptor.r#type == r#type => Ok(bytes),
            _ => Err(incompatible(format!("expected block `{name}` of type {type:?}"))),
        }
    }

    /// All blocks must have been asked for.
    pub(super) fn finish(&self) -> Result<()> {
        if self.blocks.is_empty() {
            Ok(())
        } else {
            Err(incompatible("the file holds blocks that the model does not have"))
        }
    }

    /// Raw bytes.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        self.take(name, ElementType::U8)
    }

    /// UTF-8 text written as bytes.
    pub(crate) fn text(&mut self, name: &str) -> Result<String> {
        String::from_utf8(self.bytes(name)?).map_err(|_| incompatible(format!("block `{name}` is not UTF-8")))
    }
}

macro_rules! typed_blocks {
    ($($type:ty, $variant:ident, $plural:ident;)*) => {
        impl BlockWriter {$(
            #[doc = concat!("An array of ", stringify!($type), ".")]
            pub(crate) fn $plural(&mut self, name: &str, values: &[$type]) {
                let mut bytes = Vec::with_capacity(size_of_val(values));
                for value in values {
                    bytes.extend_from_slice(&value.to_le_bytes());
                }
                self.put(name, ElementType::$variant, values.len(), bytes);
            }
        )*}
        impl BlockReader {$(
            #[doc = concat!("An array of ", stringify!($type), ".")]
            pub(crate) fn $plural(&mut self, name: &str) -> Result<Vec<$type>> {
                let bytes = self.take(name, ElementType::$variant)?;
                let (values, _) = bytes.as_chunks::<{ size_of::<$type>() }>();
                Ok(values.iter().map(|v| <$type>::from_le_bytes(*v)).collect())
            }
        )*}
    };
}

typed_blocks! {
    u32, U32, u32s;
    i32, I32, i32s;
    u64, U64, u64s;
    i64, I64, i64s;
    f64, F64, f64s;
}
