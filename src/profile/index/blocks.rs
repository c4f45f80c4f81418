//! Blocks that grow and shrink: for each pass and key, the rows that have it.
//!
//! Whether two rows are candidates is a function of the set of rows alone, never of the order they came in: they share a
//! key that at most [`OPEN`] rows have. A block that outgrows the limit closes, one that shrinks back opens, and the rows
//! concerned are reported so that their pairs can be looked at again. Adding and taking away a row costs O(passes),
//! whatever the size of a block: a value shared by a million rows is a closed block, which nobody walks.
//!
//! # Layout
//! | rows of a block | where they are |
//! |---|---|
//! | 1 | in the block's entry of the table |
//! | 2 to 96 | behind one another in a run of 2, 4, 8, ..., 128 places |
//! | more | in a set of their own |
//!
//! So an arrival waits for memory twice, however many rows it meets: once for the entries of all its keys, once for their
//! runs. Lists of rows that point to each other would be walked row by row, and each step is a wait.
//!
//! # Cost
//! An entry of the table for each key, 4 to 8 bytes for each row of a block of two rows and more. An arrival meets at most
//! passes · 95 candidates.
//!
//! # Why blocks close instead of sampling
//! A sample of a large block would depend on who came first. A closed block yields nobody, whatever the order; records that share
//! only such a value were as good as strangers anyway, and those that share more meet in another pass.
//!
//! # By hand
//! Records 5, 9 and 12 share a key; 14 comes with it, then 21.
//! ```text
//! before      3 rows in a run of 4     5 9 12 .
//! 14 comes    4 rows in the same run   5 9 12 14
//! 21 comes    5 rows in a run of 8     5 9 12 14 21 . . .    the run of 4 is free for others
//! 9 leaves    4 rows in a run of 4     5 21 12 14
//! ```
//! At size 97 the block closes: its rows are told once, so that pairs found only here are dropped; at 96 it opens
//! and they are told again.
//!
//! # Determinism
//! Order within a run depends on who came when, but candidates are sorted before anybody sees them.
//!
//! # Errors
//! None. A row that is taken away must come with the keys it came with: they are computed anew and not stored.

use std::hint::black_box;

use hashbrown::{HashMap, HashSet};

use crate::data::NONE;
use crate::kernel::rng::mix;
use crate::profile::block::{Grain, Spec};
use crate::profile::compare::Scratch;

use super::table::Table;

/// Rows up to which a block yields candidates.
///
/// It bounds an arrival: at most 20 · 95 candidates, and some five as a rule.
pub(super) const OPEN: u32 = 96;

/// Lengths of runs: 2, 4, ..., 128.
const LENGTHS: usize = 7;

/// A block: how many rows it has; where its run starts, or the row itself where it is the only one.
#[derive(Clone, Copy, Default)]
pub(super) struct Block {
    place: u32,
    size: u32,
}

/// Rows of open blocks of two rows and more. The length of a run follows from the number of rows in it.
#[derive(Default)]
struct Runs {
    places: Vec<u32>,
    free: [Vec<u32>; LENGTHS],
}

/// Which of the lengths holds so many rows, two at least.
fn length(rows: u32) -> usize {
    rows.next_power_of_two().trailing_zeros().saturating_sub(1) as usize
}

impl Runs {
    /// The rows of an open block.
    fn rows<'a>(&'a self, block: &'a Block) -> &'a [u32] {
        match block.size {
            0 => &[],
            1 => std::slice::from_ref(&block.place),
            n => &self.places[block.place as usize..][..n as usize],
        }
    }

    /// A run for so many rows, two at least.
    fn take(&mut self, rows: u32) -> u32 {
        self.free[length(rows)].pop().unwrap_or_else(|| {
            let start = self.places.len();
            self.places.resize(start + (2 << length(rows)), NONE);
            u32::try_from(start).unwrap_or(NONE)
        })
    }

    /// Gives the run of a block back.
    fn release(&mut self, block: Block) {
        if block.size > 1 {
            self.free[length(block.size)].push(block.place);
        }
    }

    /// Puts the rows of a block into a run for so many rows, which are at least as many; where it starts.
    fn move_to(&mut self, block: Block, rows: u32) -> u32 {
        let place = self.take(rows);
        match block.size {
            0 => {}
            1 => self.places[place as usize] = block.place,
            n => {
                let start = block.place as usize;
                self.places.copy_within(start..start + n as usize, place as usize);
            }
        }
        self.release(block);
        place
    }

    /// An open block with one row more, which stays open.
    fn with(&mut self, block: Block, row: u32) -> Block {
        let size = block.size + 1;
        let place = match block.size {
            0 => return Block { place: row, size },
            n if n == 1 || n.is_power_of_two() => self.move_to(block, size),
            _ => block.place,
        };
        self.places[place as usize + block.size as usize] = row;
        Block { place, size }
    }

    /// An open block without one of its rows; the last takes the place of that.
    fn without(&mut self, block: Block, row: u32) -> Block {
        if block.size < 2 {
            return Block::default();
        }
        let run = &mut self.places[block.place as usize..][..block.size as usize];
        if let Some(at) = run.iter().position(|r| *r == row) {
            run[at] = run[run.len() - 1];
        }
        let (first, size) = (run[0], block.size - 1);
        if size == 1 {
            self.release(block);
            Block { place: first, size }
        } else if size.is_power_of_two() {
            let place = self.take(size);
            let start = block.place as usize;
            self.places.copy_within(start..start + size as usize, place as usize);
            self.release(block);
            Block { place, size }
        } else {
            Block { size, ..block }
        }
    }
}

/// What a search for the neighbours of a row works with; made once, used for many rows.
pub(super) struct Search {
    /// Of the row, pass by pass: its key, 0 for none.
    pub(super) keys: Vec<u64>,
    blocks: Vec<Block>,
    /// The rows that share an open block with it, ascending, itself left out.
    pub(super) others: Vec<u32>,
    pub(super) scratch: Scratch,
}

impl Search {
    pub(super) fn new() -> Self {
        Self { keys: Vec::new(), blocks: Vec::new(), others: Vec::new(), scratch: Scratch::new() }
    }

    /// Overwrites what it knows of the last row.
    pub(super) fn wipe(&mut self) {
        self.keys.fill(0);
        self.blocks.fill(Block::default());
        self.others.fill(0);
    }
}

/// The rows of each key of each pass.
pub(super) struct LiveBlocks {
    specs: Vec<Spec>,
    table: Table<Block>,
    runs: Runs,
    /// By key: the rows of a closed block.
    crowds: HashMap<u64, HashSet<u32>>,
}

impl LiveBlocks {
    pub(super) fn new(specs: Vec<Spec>, seed: u64) -> Self {
        Self { specs, table: Table::new(seed), runs: Runs::default(), crowds: HashMap::new() }
    }

    /// Keys of a row from the parts that its values make, 0 for none.
    ///
    /// The pass is mixed in, so that all passes share one table. Keys of 64 bits meet by chance once in 3.7 · 10¹⁹
    /// / n² tables of n keys.
    pub(super) fn keys(&self, part: impl Fn((usize, Grain)) -> u64, keys: &mut Vec<u64>) {
        let key = |(pass, spec): (u64, &Spec)| {
            spec.key_of_parts(&part).map_or(0, |key| mix(key ^ pass << 56).max(1))
        };
        keys.clear();
        keys.extend((0..).zip(&self.specs).map(key));
    }

    /// The blocks of the search's keys as they are. All entries are read before any is searched, then all runs before
    /// any is copied: what does not wait for each other takes the memory's time once.
    fn meet(&self, search: &mut Search) {
        let keyed = search.keys.iter().filter(|k| **k != 0);
        black_box(keyed.clone().fold(0, |sum, key| sum ^ self.table.ahead(*key)));
        search.blocks.clear();
        search.blocks.extend(search.keys.iter().map(|key| match key {
            0 => Block::default(),
            key => self.table.get(*key).unwrap_or_default(),
        }));
        let open = search.blocks.iter().filter(|b| b.size <= OPEN);
        black_box(open.fold(0, |sum, block| sum ^ self.runs.rows(block).last().map_or(0, |r| *r)));
    }

    /// The rows of these blocks that stay open with one more, each once.
    fn gather(&self, search: &mut Search, most: u32) {
        search.others.clear();
        for block in search.blocks.iter().filter(|b| b.size <= most) {
            search.others.extend_from_slice(self.runs.rows(block));
        }
        search.others.sort_unstable();
        search.others.dedup();
    }

    /// Adds a row that has the search's keys, and finds its candidates; `again` receives the rows of blocks that
    /// closed.
    ///
    /// O(passes + candidates), and 97 rows where a block closes.
    pub(super) fn insert(&mut self, row: u32, search: &mut Search, again: &mut Vec<u32>) {
        self.meet(search);
        self.gather(search, OPEN - 1);
        for (key, block) in search.keys.iter().zip(&search.blocks).filter(|(key, _)| **key != 0) {
            let size = block.size + 1;
            let now = if size <= OPEN {
                self.runs.with(*block, row)
            } else {
                let crowd = self.crowds.entry(*key).or_default();
                if size == OPEN + 1 {
                    crowd.extend(self.runs.rows(block));
                    self.runs.release(*block);
                    again.extend(crowd.iter());
                }
                crowd.insert(row);
                Block { place: NONE, size }
            };
            *self.table.entry(*key) = now;
        }
    }

    /// Takes away a row that has the search's keys; `again` receives the rows of blocks that open.
    ///
    /// O(passes · 96). A block without rows leaves the table.
    pub(super) fn remove(&mut self, row: u32, search: &mut Search, again: &mut Vec<u32>) {
        self.meet(search);
        for (key, block) in search.keys.iter().zip(&search.blocks).filter(|(_, b)| b.size > 0) {
            let now = if block.size <= OPEN {
                self.runs.without(*block, row)
            } else {
                let Some(crowd) = self.crowds.get_mut(key) else { continue };
                crowd.remove(&row);
                if block.size == OPEN + 1 {
                    again.extend(crowd.iter());
                    let place = self.runs.take(OPEN);
                    for (slot, row) in self.runs.places[place as usize..].iter_mut().zip(crowd.iter()) {
                        *slot = *row;
                    }
                    self.crowds.remove(key);
                    Block { place, size: OPEN }
                } else {
                    Block { place: NONE, size: block.size - 1 }
                }
            };
            if now.size == 0 {
                self.table.remove(*key);
            } else {
                *self.table.entry(*key) = now;
            }
        }
    }

    /// Finds the candidates of a row that has the search's keys. A row that is not `inside` is looked at as if it were.
    pub(super) fn candidates(&self, row: u32, inside: bool, search: &mut Search) {
        self.meet(search);
        self.gather(search, if inside { OPEN } else { OPEN - 1 });
        search.others.retain(|other| *other != row);
    }

    /// Blocks that are closed, and the rows in the largest.
    pub(super) fn closed(&self) -> (usize, u32) {
        let sizes = self.crowds.values().map(|crowd| u32::try_from(crowd.len()).unwrap_or(NONE));
        (self.crowds.len(), sizes.max().unwrap_or(0))
    }
}
