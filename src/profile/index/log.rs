//! The audit: an append-only history whose personal values can be erased without breaking its proof.
//!
//! Each event has a header that names nobody (what happened, to which record by number) and, for a record that came, a
//! block with its source, id and values. A block is sealed by the digest of a salt and the block; the salt lies in the
//! block. Event n is bound to all before it:
//! ```text
//! digest(n) = BLAKE3(salt(n) ‖ block(n))
//! chain(n)  = BLAKE3(chain(n − 1) ‖ header(n) ‖ digest(n))
//! ```
//! Erasing overwrites a block, salt included, with zeros: `digest(n)` stays, so the chain still holds, and without the
//! salt nobody can tell from the digest, even by trying, what the values were.
//!
//! # What can be proved
//! | somebody | is found out by |
//! |---|---|
//! | changes a value in a block | its digest |
//! | changes, drops, adds or moves an event | the chain, from that event on |
//! | replaces the whole audit, chain included | nobody with the file alone: keep the last digest elsewhere |
//! | erases a block without saying so | nobody by the digest; a block of zeros without a later `Forget` shows it |
//!
//! # Salts
//! 16 bytes, BLAKE3 keyed with the index's key over the chain and the place of the block, so no salt comes twice.
//! With the default key (zeros) a salt could be computed by whoever has the chain, and a value with few candidates
//! be tried: give a key of one's own.
//!
//! # Layout of a block
//! ```text
//! 16 bytes salt | length, source | length, id | day | field, length, value | ...
//! ```
//! Lengths and days are 4 bytes, little endian, fields 1 byte; a day that is not known is −2³¹. Merges and removals
//! have no block.
//!
//! # By hand
//! An audit of three events: record 0 comes (block of 60 bytes), record 1 comes (50), record 0 is forgotten.
//! ```text
//! ends     60, 110, 110
//! blocks   60 zeros, 50 bytes of record 1
//! digests  as they were written; the third is that of nothing
//! ```
//! Verifying recomputes the digest of the second block, skips the first, and links all three.
//!
//! # Complexity
//! O(block) to append, O(bytes) to verify, O(events) to erase a record. Memory: 52 bytes an event and the blocks.
//!
//! # References
//! - O'Connor, Aumasson, Neves and Wilcox-O'Hearn 2020, BLAKE3: one function, fast everywhere.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// Bytes of a digest and of a salt.
const DIGEST: usize = 32;
/// 128 bits: nobody tries all salts of a block whose salt has been erased.
const SALT: usize = 16;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Action {
    /// A record came, or came again with other values.
    Upsert,
    /// A record was removed.
    Remove,
    /// Two records were declared to be of one person.
    Merge,
    /// Two records were declared to be of different people.
    Unmerge,
    /// The values of a record were erased everywhere.
    Forget,
}

/// One line of the audit: what happened, to which records by their number in the audit. It names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AuditEvent {
    /// What happened.
    pub action: Action,
    /// The record, numbered by its first upsert.
    pub record: u32,
    /// The other record of a merge or unmerge; otherwise the record itself.
    pub other: u32,
}

impl AuditEvent {
    /// Action, record, other: 1 + 4 + 4 bytes, little endian. It is part of the chain, so the order of actions must
    /// not change.
    fn bytes(self) -> [u8; 9] {
        let mut bytes = [0; 9];
        bytes[0] = self.action as u8;
        bytes[1..5].copy_from_slice(&self.record.to_le_bytes());
        bytes[5..].copy_from_slice(&self.other.to_le_bytes());
        bytes
    }
}

/// The values of one record as they were given, where they were given or where they are stored.
///
/// As they came, before normalising: a later version with better rules finds what was said, and golden records need
/// the spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored<'t> {
    pub(super) source: &'t str,
    pub(super) id: Cow<'t, str>,
    pub(super) day: Option<i32>,
    /// Number of the field, and the value.
    pub(super) values: Vec<(u8, &'t str)>,
}

impl<'t> Stored<'t> {
    /// Length-prefixed fields, one behind the other.
    fn write(&self, out: &mut Vec<u8>) {
        let mut text = |t: &str| {
            out.extend(u32::try_from(t.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend(t.as_bytes());
        };
        text(self.source);
        text(&self.id);
        out.extend(self.day.unwrap_or(i32::MIN).to_le_bytes());
        for (field, value) in &self.values {
            out.push(*field);
            out.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend(value.as_bytes());
        }
    }

    /// `None` where a length does not fit or a text is not UTF-8, as in a file that was tampered with.
    fn read(mut bytes: &'t [u8]) -> Option<Self> {
        fn number(bytes: &mut &[u8]) -> Option<[u8; 4]> {
            let (head, rest) = bytes.split_first_chunk::<4>()?;
            *bytes = rest;
            Some(*head)
        }
        fn text<'t>(bytes: &mut &'t [u8]) -> Option<&'t str> {
            let length = u32::from_le_bytes(number(bytes)?) as usize;
            let (head, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            std::str::from_utf8(head).ok()
        }
        let source = text(&mut bytes)?;
        let id = Cow::Borrowed(text(&mut bytes)?);
        let day = Some(i32::from_le_bytes(number(&mut bytes)?)).filter(|d| *d != i32::MIN);
        let mut values = Vec::new();
        while let Some((field, rest)) = bytes.split_first() {
            bytes = rest;
            values.push((*field, text(&mut bytes)?));
        }
        Some(Self { source, id, day, values })
    }
}

/// The events, their digests, and the blocks.
#[derive(Clone, Default)]
pub(super) struct Log {
    pub(super) events: Vec<AuditEvent>,
    pub(super) digests: Vec<[u8; DIGEST]>,
    /// Where the block of each event ends.
    pub(super) ends: Vec<u64>,
    pub(super) blocks: Vec<u8>,
    pub(super) chain: [u8; DIGEST],
    records: u32,
}

/// BLAKE3(chain ‖ header ‖ digest), 32 + 9 + 32 bytes: of fixed lengths, so no two different inputs read the same.
fn link(chain: &[u8; DIGEST], event: AuditEvent, digest: &[u8; DIGEST]) -> [u8; DIGEST] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(chain).update(&event.bytes()).update(digest);
    *hasher.finalize().as_bytes()
}

impl Log {
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// A number for a record that was not there before.
    pub(super) fn new_record(&mut self) -> u32 {
        self.records += 1;
        self.records - 1
    }

    /// Appends an event, with the record's values where it came.
    pub(super) fn push(&mut self, event: AuditEvent, stored: Option<&Stored<'_>>, key: &[u8; 32]) {
        let start = self.blocks.len();
        if let Some(stored) = stored {
            // The salt is new for each event and cannot be guessed without the key.
            let mut salt = blake3::Hasher::new_keyed(key);
            salt.update(&self.chain).update(&(start as u64).to_le_bytes());
            self.blocks.extend(&salt.finalize().as_bytes()[..SALT]);
            stored.write(&mut self.blocks);
        }
        let digest = *blake3::hash(&self.blocks[start..]).as_bytes();
        self.chain = link(&self.chain, event, &digest);
        self.events.push(event);
        self.digests.push(digest);
        self.ends.push(self.blocks.len() as u64);
    }

    /// Where the block of an event lies; empty for an event without one.
    #[expect(clippy::cast_possible_truncation, reason = "offsets into memory")]
    fn range(&self, event: usize) -> std::ops::Range<usize> {
        let start = if event == 0 { 0 } else { self.ends[event - 1] as usize };
        start..self.ends[event] as usize
    }

    /// The values an event came with; `None` where there were none or they have been erased.
    pub(super) fn stored(&self, event: usize) -> Option<Stored<'_>> {
        let block = &self.blocks[self.range(event)];
        let body = block.get(SALT..)?;
        if block.iter().all(|b| *b == 0) { None } else { Stored::read(body) }
    }

    /// Overwrites all blocks of a record with zeros.
    ///
    /// All that ever came under the number, not only the last values. Digests stay, so does the chain.
    pub(super) fn erase(&mut self, record: u32) {
        for event in 0..self.events.len() {
            if self.events[event].record == record && self.events[event].action == Action::Upsert {
                let range = self.range(event);
                self.blocks[range].fill(0);
            }
        }
    }

    /// The log as it was after so many events; `None` for more than there are.
    pub(super) fn prefix(&self, events: usize) -> Option<Self> {
        let mut log = Self {
            events: self.events.get(..events)?.to_vec(),
            digests: self.digests[..events].to_vec(),
            ends: self.ends[..events].to_vec(),
            ..Self::default()
        };
        let end = log.ends.last().copied().unwrap_or(0);
        log.blocks = self.blocks[..usize::try_from(end).ok()?].to_vec();
        for (event, digest) in log.events.iter().zip(&log.digests) {
            log.chain = link(&log.chain, *event, digest);
            log.records = log.records.max(event.record + 1);
        }
        Some(log)
    }

    /// Checks the chain and every block that has not been erased.
    ///
    /// The error names the first event whose block is wrong, by number. A broken chain is only known at the end.
    pub(super) fn verify(&self) -> Result<()> {
        let mut chain = [0; DIGEST];
        for (i, (event, digest)) in self.events.iter().zip(&self.digests).enumerate() {
            chain = link(&chain, *event, digest);
            let block = &self.blocks[self.range(i)];
            let erased = !block.is_empty() && block.iter().all(|b| *b == 0);
            if !erased && blake3::hash(block).as_bytes() != digest {
                return Err(Error::input(format!("the values of audit event {i} are not those recorded")));
            }
        }
        if chain == self.chain { Ok(()) } else { Err(Error::input("the audit's chain of digests is broken")) }
    }

    /// From parts that were saved; everything is checked.
    ///
    /// Records must be numbered in the order of their first upsert, and every event must be of a record that came
    /// before.
    pub(super) fn from_parts(
        events: Vec<AuditEvent>,
        digests: Vec<[u8; DIGEST]>,
        ends: Vec<u64>,
        blocks: Vec<u8>,
        chain: [u8; DIGEST],
    ) -> Result<Self> {
        let ordered = ends.is_sorted() && ends.last().copied().unwrap_or(0) == blocks.len() as u64;
        if events.len() != digests.len() || events.len() != ends.len() || !ordered {
            return Err(Error::input("the audit's parts do not fit each other"));
        }
        let mut records = 0;
        for event in &events {
            let new = event.action == Action::Upsert && event.record == records;
            if new {
                records += 1;
            }
            if event.record >= records || (!new && event.other >= records) {
                return Err(Error::input("an audit event of a record that never came"));
            }
        }
        let log = Self { events, digests, ends, blocks, chain, records };
        log.verify()?;
        Ok(log)
    }
}
