//! Blocks that grow and shrink: for each pass and key, the rows that have it.
//!
//! Whether two rows are candidates is a function of the set of rows alone, never of the order they came in: they share a
//! key that at most [`OPEN`] rows have. A block that outgrows the limit closes, one that shrinks back opens, and the rows
//! concerned are reported so that their pairs can be looked at again. Adding and taking away a row costs O(passes),
//! whatever the size of a block: a value shared by a million rows is a closed block, which nobody walks.
//!
//! # Cost
//! Four bytes forward and four back for each record and pass, an entry of the table for each key. An arrival reads its own keys,
//! one entry a pass, and walks the open blocks among them: at most passes · 96 candidates.
//!
//! # Why blocks close instead of sampling
//! A sample of a large block would depend on who came first. A closed block yields nobody, whatever the order; records that share
//! only such a value were as good as strangers anyway, and those that share more meet in another pass.
//!
//! # By hand
//! Records 5, 9 and 12 share a key; 14 comes with it.
//! ```text
//! before    head 12, size 3      12 → 9 → 5
//! after     head 14, size 4      14 → 12 → 9 → 5
//! 9 leaves  head 14, size 3      14 → 12 → 5       two links are written, nobody is walked
//! ```
//! At size 97 the block closes: its rows are told once, so that pairs found only here are dropped; at 96 it opens
//! and they are told again.
//!
//! # Determinism
//! Order within a list is that of arrival, but candidates are sorted before anybody sees them.
//!
//! # Errors
//! None. A row that is taken away must still have the values it came with: its keys are computed anew and not
//! stored.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use crate::data::NONE;
use crate::kernel::rng::mix;
use crate::profile::block::Spec;
use crate::profile::prepare::Prepared;

/// Rows up to which a block yields candidates.
///
/// It bounds an arrival: at most 20 · 95 candidates, and some ten as a rule.
pub(super) const OPEN: u32 = 96;

/// A block: its first row in the list, and how many there are.
#[derive(Clone, Copy)]
struct Block {
    head: u32,
    size: u32,
}

/// Doubly linked lists of rows, one for each key of each pass.
pub(super) struct LiveBlocks {
    specs: Vec<Spec>,
    table: HashMap<u64, Block>,
    /// Row by row, pass by pass: the next and the previous row of the block.
    links: Vec<[u32; 2]>,
    /// The row that came last, its keys, and the rows in their blocks without it: who came is asked for at once.
    last: Option<u32>,
    keys: Vec<Option<u64>>,
    sizes: Vec<u32>,
}

impl LiveBlocks {
    pub(super) fn new(specs: Vec<Spec>) -> Self {
        Self {
            specs,
            table: HashMap::new(),
            links: Vec::new(),
            last: None,
            keys: Vec::new(),
            sizes: Vec::new(),
        }
    }

    /// The pass is mixed in, so that all passes share one table. Keys of 64 bits meet by chance once in 3.7 · 10¹⁹
    /// / n² tables of n keys.
    fn key(&self, prepared: &Prepared, row: u32, pass: usize) -> Option<u64> {
        self.specs[pass].key(prepared, row as usize).map(|key| mix(key ^ (pass as u64) << 56))
    }

    /// Links of one row lie side by side: an arrival reads them as one.
    fn at(&self, row: u32, pass: usize) -> usize {
        row as usize * self.specs.len() + pass
    }

    /// Adds a row; `again` receives the rows of blocks that closed.
    ///
    /// O(passes), and 97 rows where a block closes. New rows go in front, so nobody is walked. All keys are looked up
    /// before any is entered: look-ups that do not wait for each other take the memory's time once, not twenty times.
    pub(super) fn insert(&mut self, prepared: &Prepared, row: u32, again: &mut Vec<u32>) {
        let passes = self.specs.len();
        if self.links.len() < (row as usize + 1) * passes {
            self.links.resize((row as usize + 1) * passes, [NONE; 2]);
        }
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        keys.extend((0..passes).map(|pass| self.key(prepared, row, pass)));
        self.sizes.clear();
        let size = |key: &Option<u64>| key.and_then(|k| self.table.get(&k)).map_or(0, |b| b.size);
        self.sizes.extend(keys.iter().map(size));
        self.last = Some(row);
        for (pass, key) in keys.iter().enumerate() {
            let Some(key) = *key else { continue };
            let here = self.at(row, pass);
            let closed = match self.table.entry(key) {
                Entry::Vacant(slot) => {
                    self.links[here] = [NONE; 2];
                    slot.insert(Block { head: row, size: 1 });
                    continue;
                }
                Entry::Occupied(mut slot) => {
                    let block = slot.get_mut();
                    let second = block.head;
                    self.links[here] = [second, NONE];
                    self.links[second as usize * passes + pass][1] = row;
                    *block = Block { head: row, size: block.size + 1 };
                    block.size == OPEN + 1
                }
            };
            if closed {
                self.walk(row, pass, again);
            }
        }
        self.keys = keys;
    }

    /// Takes a row away while its values are still there; `again` receives the rows of blocks that open.
    ///
    /// O(passes), and 96 rows where a block opens. A block without rows leaves the table.
    pub(super) fn remove(&mut self, prepared: &Prepared, row: u32, again: &mut Vec<u32>) {
        self.last = None;
        for pass in 0..self.specs.len() {
            let Some(key) = self.key(prepared, row, pass) else { continue };
            let here = self.at(row, pass);
            let [next, previous] = std::mem::replace(&mut self.links[here], [NONE; 2]);
            if next != NONE {
                let at = self.at(next, pass);
                self.links[at][1] = previous;
            }
            if previous != NONE {
                let at = self.at(previous, pass);
                self.links[at][0] = next;
            }
            let Entry::Occupied(mut slot) = self.table.entry(key) else { continue };
            let block = slot.get_mut();
            block.size -= 1;
            if previous == NONE {
                block.head = next;
            }
            let (head, size) = (block.head, block.size);
            if size == 0 {
                slot.remove();
            } else if size == OPEN {
                self.walk(head, pass, again);
            }
        }
    }

    /// O(rows of the block), from the latest to the first.
    fn walk(&self, head: u32, pass: usize, out: &mut Vec<u32>) {
        let mut row = head;
        while row != NONE {
            out.push(row);
            row = self.links[self.at(row, pass)][0];
        }
    }

    /// All rows that share an open block with a row, ascending, the row itself left out. A row that is not `inside` is
    /// looked at as if it were.
    pub(super) fn candidates(&self, prepared: &Prepared, row: u32, inside: bool, out: &mut Vec<u32>) {
        out.clear();
        if inside && self.last == Some(row) {
            // It heads its blocks.
            let open = |(_, size): &(usize, &u32)| (1..OPEN).contains(*size);
            for (pass, _) in self.sizes.iter().enumerate().filter(open) {
                self.walk(self.links[self.at(row, pass)][0], pass, out);
            }
            out.sort_unstable();
            out.dedup();
            return;
        }
        for pass in 0..self.specs.len() {
            let Some(key) = self.key(prepared, row, pass) else { continue };
            let Some(block) = self.table.get(&key) else { continue };
            if (2..=OPEN).contains(&(block.size + u32::from(!inside))) {
                self.walk(block.head, pass, out);
            }
        }
        out.sort_unstable();
        out.dedup();
        out.retain(|other| *other != row);
    }

    /// Blocks that are closed, and the rows in the largest.
    pub(super) fn closed(&self) -> (usize, u32) {
        let closed = self.table.values().filter(|b| b.size > OPEN);
        (closed.clone().count(), closed.map(|b| b.size).max().unwrap_or(0))
    }
}
