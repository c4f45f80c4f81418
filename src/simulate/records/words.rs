//! Invented Latin words: names, towns, streets. Nobody is meant.
//!
//! Syllables of an onset and a nucleus, a coda, an ending. The vocabulary is the same in every shop; which word a person
//! gets is the person's own chance, by Zipf frequencies as real names have them.

use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::super::zipf::Alias;
use super::pick;

/// What a syllable may begin with.
const ONSETS: [&str; 30] = [
    "b", "br", "c", "ch", "cl", "d", "dr", "f", "fr", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p",
    "pl", "pr", "r", "s", "sh", "sl", "st", "t", "th", "tr", "v",
];
/// Its vowel.
const NUCLEI: [&str; 12] = ["a", "e", "i", "o", "u", "ai", "ea", "ee", "ie", "oo", "ou", "y"];
/// What a word may end with.
const CODAS: [&str; 10] = ["", "", "l", "n", "r", "s", "m", "x", "nd", "z"];

/// Words with Zipf frequencies.
#[derive(Debug)]
pub(super) struct Words {
    words: Vec<String>,
    frequency: Alias,
}

impl Words {
    /// `n` words of one of these numbers of syllables, each with one of these endings. `list` numbers the vocabulary.
    ///
    /// Repetitions are possible, as two towns may share a name; the Zipf weights then add up.
    pub(super) fn invent(list: u64, n: u32, syllables: &[u8], endings: &[&str], exponent: f64) -> Self {
        // The vocabulary is the same in every shop.
        let mut rng = Rng::new(Seed(0x776f_7264), list);
        let words = (0..n)
            .map(|_| {
                let mut word = String::new();
                for _ in 0..pick(&mut rng, syllables) {
                    word.push_str(pick(&mut rng, &ONSETS));
                    word.push_str(pick(&mut rng, &NUCLEI));
                }
                word.push_str(pick(&mut rng, &CODAS));
                word.push_str(pick(&mut rng, endings));
                word
            })
            .collect();
        Self { words, frequency: Alias::zipf(n, exponent) }
    }

    /// The number of a word, by frequency.
    pub(super) fn draw(&self, rng: &mut Rng) -> u32 {
        self.frequency.draw(rng)
    }

    /// The word with that number.
    pub(super) fn get(&self, word: u32) -> &str {
        &self.words[word as usize]
    }
}
