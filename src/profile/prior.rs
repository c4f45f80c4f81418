//! What is known about people before any record is seen, by kind of field.
//!
//! The numbers are round on purpose: typical shares of slips, moves and shared homes in customer files. They start the fit,
//! hold it where a file says little, and give way where it says much: as much as 40 pairs of one person, 20,000 pairs of
//! strangers and 100 pairs of a household would say.
//!
//! How to read a line: of pairs of one person, both filled, an e-mail differs in 15 of 100 (people have several), is two
//! slips apart in 2, one slip in 4, shares the local part only in 2, and is equal in the rest. Of strangers, one in 500,000
//! has an e-mail one slip apart. Of two people of a household, one in 50 shares the e-mail address, one in four the
//! telephone, nine in ten the address. A household's share of what belongs to one person (given name, birth date) is not
//! learnt, that of an e-mail address and a national id only up to 0.3 and 0.02 (couples share them, and borrow them): else
//! the class for households would drift to take in what belongs to one person.
//!
//! # Why priors by kind, and not equal ones
//! Expectation-maximisation on pairs finds the two clearest groups of pairs. In a file of families these are "same household"
//! and "rest", and a fit from equal starts ends there (the users' complaint of every tool that does so). What keeps the classes
//! to their meaning is that a given name, a birth date and a national id do not go with a household: their share h is fixed.
//!
//! # Bounds
//! | | among pairs of one person, differ at most | among pairs of a household, in common |
//! |---|---|---|
//! | given name | 0.12 | 0.01, not learnt |
//! | birth date | 0.35 | 0.004, not learnt |
//! | national id | 0.25 | 0.001 to 0.02 |
//! | e-mail | | 0.001 to 0.3 |
//! | other | | 0.001 to 0.99 |
//!
//! They are bounds of meaning, not of data: a fit that ends beyond them has taken another class for one person.
//!
//! # Units
//! Shares between 0 and 1, of pairs in which both records have the value. They are round and need not be exact: the fit
//! learns all but the fixed shares of households from the table.
//!
//! # The form of a prior
//! The m-shares of a column are a Dirichlet prior with a mass of 40 pairs, the chances of strangers one with a mass
//! of 20,000, and a household's share h a Beta prior with a mass of 100 (masses are those of `mixture`, the means
//! are here). A prior's mean is what the fit answers where the table says nothing; a column of which k pairs of one
//! person are seen moves k / (k + 40) of the way from the prior to the table.
//!
//! | pairs of one person seen | weight of the table |
//! |---|---|
//! | 10 | 0.20 |
//! | 40 | 0.50 |
//! | 360 | 0.90 |
//! | 3,960 | 0.99 |
//!
//! # By hand
//! A surname: of pairs of one person 0.04 differ, 0.01 are weakly alike, 0.015 close, 0.04 near, 0.01 short, 0.02
//! share the key; the rest, 0.865, is equal. In a register where 60 of 80 pairs of one person have equal surnames
//! (many married), the fit answers (60 + 40 · 0.865) / (80 + 40) = 0.79, between the table's 0.75 and the prior's
//! 0.865.
//!
//! # Why no share is 0
//! Every share is raised by 10⁻⁴ and the sum brought back to 1. A share of 0 would be a weight of −∞ which no other
//! evidence could outweigh, and the logarithm of the first such pair would be no number. Before anything is learnt,
//! 10⁻⁴ bounds what a level that "never happens" says against one person: log₂(10⁻⁴ / u), about −13 bits where u is
//! near 1.
//!
//! # The universe
//! A value that nobody else of a small table has need not be rare: among ten people, even a common surname often
//! occurs once. So each kind has a least number of values, added to the number of entities where the chance of an
//! unseen value is estimated (see `frequency`): 20,000 for what belongs to one person or home, 10,000 birth dates
//! (27 years of days), 300 surnames or postcodes, 2 categories. In a table of a million the universe no longer
//! shows.
//!
//! # What depends on these numbers
//! Tables of a few hundred records lean on them; from some thousand pairs of one person on they only decide which
//! class is which.
//!
//! # The same numbers as weights
//! Bits against strangers, log₂ of m / u, of the two levels that are seen most beside equality (whose weight
//! depends on the value):
//!
//! | kind | differ | one slip apart |
//! |---|---|---|
//! | given name | −5.0 | +3.7 |
//! | family name | −4.6 | +4.3 |
//! | birth date | −5.6 | +6.0 |
//! | e-mail | −2.7 | +15.3 |
//! | phone | −2.7 | +14.6 |
//! | national id | −5.6 | +14.9 |
//! | address | −2.7 | +11.6 |
//! | postcode | −3.3 | +5.6 |
//! | city | −3.3 | +4.3 |
//!
//! What people have several of, or change, says little by differing; what they keep says much. A slip in something
//! long is hardly ever chance, one in something short often is.

use crate::data::FieldKind;

use super::compare::LEVELS;

/// Prior of one column.
///
/// Shares are of pairs in which both records have a value, by level: index 0 (`Unknown`) is not used, 1 to 7 are
/// `Differ` to `Equal` and sum to 1 in `same`. In `chance` only the levels 2 to 5 are read; `Differ` is what they
/// leave, and the two highest depend on the value.
pub(crate) struct Prior {
    /// Share of each level among pairs of records of one person, both filled.
    pub(crate) same: [f64; LEVELS],
    /// Chance of each level among unrelated pairs. Only the levels between `Differ` and `SameKey` are used.
    pub(crate) chance: [f64; LEVELS],
    /// Share of pairs of a household that have this value in common.
    pub(crate) household: f64,
    /// Whether the share may be learnt. What belongs to one person stays as it is: else the class for households would
    /// drift to take in what belongs to one person.
    pub(crate) learn: bool,
    /// Bounds of the learnt share of a household; equal where it is not learnt.
    pub(crate) least_household: f64,
    pub(crate) most_household: f64,
    /// The largest share of pairs of one person that may differ in it.
    pub(crate) most_differ: f64,
    /// How many values there are at least, whatever the number of records: in a small table, that nobody else has a
    /// value says little.
    pub(crate) universe: f64,
}

/// The prior of a kind.
///
/// Every kind has one. Shares are smoothed as s' = (s + 10⁻⁴) / (1 + 7 · 10⁻⁴) over the seven levels, so that they
/// still sum to 1 and none is 0.
pub(crate) fn prior(kind: FieldKind) -> Prior {
    use FieldKind as K;
    // Shares among records of one person: differ, weak, close, near, short, same key; the rest is equal.
    let (same, chance, household, learn) = match kind {
        K::GivenName | K::FullName | K::ChineseName => {
            ([0.03, 0.02, 0.02, 0.04, 0.03, 0.02], [2e-2, 3e-3, 3e-3, 3e-3, 1e-4], 0.01, false)
        }
        K::FamilyName => ([0.04, 0.01, 0.015, 0.04, 0.01, 0.02], [2e-2, 2e-3, 2e-3, 2e-3, 1e-4], 0.75, true),
        K::BirthDate => ([0.02, 0.01, 0.02, 0.05, 0.0, 0.02], [1e-2, 5e-3, 8e-4, 1e-6, 1e-4], 0.004, false),
        K::Email => ([0.15, 0.02, 0.02, 0.04, 0.0, 0.02], [2e-5, 2e-6, 1e-6, 1e-6, 1e-6], 0.02, false),
        K::Phone => ([0.15, 0.004, 0.01, 0.05, 0.0, 0.02], [1e-6, 1e-5, 2e-6, 1e-6, 1e-6], 0.25, true),
        K::NationalId => ([0.02, 0.002, 0.02, 0.06, 0.0, 0.05], [1e-6, 1e-5, 2e-6, 1e-6, 1e-6], 0.001, false),
        K::CustomerAccount => ([0.3, 0.0, 0.01, 0.02, 0.0, 0.0], [1e-6, 1e-2, 1e-2, 1e-6, 1e-6], 0.02, false),
        K::Handle => ([0.08, 0.0, 0.01, 0.02, 0.0, 0.0], [1e-6, 1e-5, 2e-6, 1e-6, 1e-6], 0.004, false),
        K::Address => ([0.15, 0.03, 0.04, 0.06, 0.05, 0.06], [1e-4, 1e-4, 2e-5, 1e-4, 1e-4], 0.9, true),
        K::AddressPart => ([0.2, 0.03, 0.04, 0.05, 0.05, 0.0], [1e-2, 1e-3, 1e-3, 1e-3, 1e-4], 0.8, true),
        K::HouseNumber => ([0.08, 0.0, 0.0, 0.05, 0.0, 0.0], [1e-2, 1e-2, 5e-2, 1e-2, 1e-4], 0.9, true),
        K::Postcode => ([0.1, 0.02, 0.02, 0.05, 0.0, 0.0], [1e-2, 5e-3, 1e-3, 1e-4, 1e-4], 0.95, true),
        K::City => ([0.1, 0.02, 0.02, 0.04, 0.01, 0.0], [3e-2, 2e-3, 2e-3, 2e-3, 1e-4], 0.95, true),
        K::Region => ([0.07, 0.0, 0.0, 0.02, 0.0, 0.0], [1e-2, 1e-2, 3e-2, 1e-2, 1e-4], 0.97, true),
        K::Category => ([0.1, 0.0, 0.0, 0.01, 0.0, 0.0], [1e-2, 1e-2, 1e-2, 1e-2, 1e-4], 0.1, true),
        K::Number => ([0.3, 0.02, 0.02, 0.03, 0.02, 0.0], [1e-2, 1e-2, 1e-2, 1e-2, 1e-4], 0.2, true),
        // Somebody writes a word more or less as often as a slip.
        K::FreeText => ([0.2, 0.06, 0.06, 0.05, 0.03, 0.08], [1e-2, 1e-3, 5e-4, 1e-3, 1e-4], 0.2, true),
    };
    let mut levels = [0.0; LEVELS];
    levels[1..7].copy_from_slice(&same);
    levels[7] = 1.0 - same.iter().sum::<f64>();
    // No level is impossible.
    for share in &mut levels[1..] {
        *share = (*share + 1e-4) / (1.0 + 7e-4);
    }
    let mut by_chance = [0.0; LEVELS];
    by_chance[2..7].copy_from_slice(&chance);
    let universe = match kind {
        K::Email | K::Phone | K::NationalId | K::CustomerAccount | K::Handle | K::Address => 20_000.0,
        K::BirthDate => 10_000.0,
        K::FullName | K::ChineseName | K::FreeText | K::AddressPart => 1_000.0,
        K::GivenName | K::FamilyName | K::Postcode => 300.0,
        K::City | K::HouseNumber | K::Number => 50.0,
        K::Region | K::Category => 2.0,
    };
    let most_differ = match kind {
        K::GivenName | K::FullName | K::ChineseName => 0.12,
        K::BirthDate => 0.35,
        K::NationalId => 0.25,
        _ => 1.0,
    };
    let (least_household, most_household) = match kind {
        _ if learn => (0.001, 0.99),
        K::Email => (0.001, 0.3),
        K::NationalId => (0.001, 0.02),
        _ => (household, household),
    };
    Prior {
        most_differ,
        least_household,
        most_household,
        same: levels,
        chance: by_chance,
        household,
        learn,
        universe,
    }
}
