//! Candidates for a list and their features.
//!
//! All features of a candidate are known at the time of the customer's next basket, from the customer's own baskets and
//! the [tables](super::tables) of everybody's. Counts enter by decay, times and shares by logarithm, so that the piecewise
//! linear terms have their knots where the rows are.
//!
//! # Of an item bought before
//! Let the customer have n baskets, the item be in those numbered `t₁ < … < t_m` (from 0).
//!
//! | feature | definition | says |
//! |---|---|---|
//! | 0 | Σ 0.5^(n − 1 − t) over its baskets | bought just now |
//! | 1, 2 | the same with 0.8 and 0.95, over that sum for all baskets | share of late, of the longer past |
//! | 3 | m | how often |
//! | 4 | `ln (n − t_m)` | baskets since |
//! | 5 | m / (n − t₁) | how regularly since the first |
//! | 6 | `ln ((n − t_m) (m − 1) / (t_m − t₁))`, −5 for m = 1 | since the last, in units of its usual gap |
//! | 7 | ln repurchase rate of the item among everybody, shrunk | used up or kept |
//! | 8 | ln share of all baskets | popular |
//! | 9 | ln Σ cosine of buyers with the customer's items, √count and recency weighted | goes with the rest |
//! | 10 | ln Σ cosine "in the basket after" with the last basket's items | comes next |
//! | 11, 16 | ln mean weight among the wide and the close circle of similar customers | they buy it |
//! | 12, 13, 14 | ln share of repeats, ln items a basket, ln n | the customer's habits |
//! | 15 | ln share of the item's purchases that fall in last baskets | trend |
//! | 17 | ln of its latest sales over its average ones, when the customer is due | season |
//! | 18 | ln (1 + days since `t_m` until the customer is due), 0 without dates | days beside baskets |
//!
//! # Of a new item
//! The same of everybody's (popularity, relations, trend, season, repurchase), the habits, and the number of distinct items
//! the customer has: a customer of few items has yet to find most.
//!
//! # By hand
//! A customer has four baskets, and the item is in the first and the third: n = 4, t = 0, 2, m = 2.
//!
//! | feature | value |
//! |---|---|
//! | 0 | 0.5³ + 0.5¹ = 0.625 |
//! | 1 | (0.8³ + 0.8¹) / (1 + 0.8 + 0.64 + 0.512) = 1.312 / 2.952 = 0.444 |
//! | 3, 4 | 2, and ln (4 − 2) = 0.69 |
//! | 5 | 2 / (4 − 0) = 0.5 |
//! | 6 | its usual gap is (2 − 0) / 1 = 2 baskets, two have passed: ln (2 / 2) = 0, just due |
//!
//! # Why these
//! - Counts and shares alone cannot tell what is finished from what is due: 4 and 6 can, and the pairs (3, 4), (5, 4) and
//!   (1, 6) let a long silence mean more for what was bought often.
//! - Everybody's repurchase (7) speaks where the customer has bought an item once and has no gap yet.
//! - Habits (12 to 14) are equal for all items of one customer and cannot reorder repeats by themselves; they decide between
//!   repeats and new items, and by the pairs how fast a history is forgotten.
//!
//! # Units
//! Baskets for 0 to 6 and 14, days for 18, natural logarithms of shares or ratios for the rest. A relation of 0 enters as
//! `ln 10⁻⁴` = −9.2 and lies at the outermost knot, apart from every relation there is.
//!
//! # Determinism
//! `f32` sums in the order of baskets, newest first, and of items: one customer's features come from one thread.

use super::super::additive::Pair;
use super::super::baskets::Past;
use super::super::model::Own;
use super::relations::{CLOSE, FOLLOWS, RELATED, Relations, WIDE};
use super::tables::Tables;

/// What a term of the model says, so that its contribution can be put into words: each term belongs to one group, a group's
/// contribution is the sum of its terms, and a reason tells one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recommend) enum Group {
    Bought,
    Again,
    Popular,
    GoesWith,
    Similar,
    Season,
    /// The customer's habits, and the constant.
    Habits,
}

/// Number of [`Group`]s.
pub(in crate::recommend) const GROUPS: usize = 7;

/// Features of an item bought before, in order.
pub(super) const REPEAT: [Group; 19] = [
    Group::Bought,   // 0 baskets with it, each weighted by ½ per basket since
    Group::Bought,   // 1 the same with 0.8, as a share of all baskets' weights
    Group::Bought,   // 2 the same with 0.95
    Group::Bought,   // 3 baskets with it
    Group::Bought,   // 4 ln baskets since the last one
    Group::Bought,   // 5 share of the baskets since the first one that hold it
    Group::Bought,   // 6 ln (baskets since the last one / its usual gap)
    Group::Again,    // 7 everybody's repurchase of it
    Group::Popular,  // 8 ln share of all baskets
    Group::GoesWith, // 9 ln cosine to the customer's items
    Group::GoesWith, // 10 ln cosine to the last basket
    Group::Similar,  // 11 ln weight in the wide circle of similar customers
    Group::Habits,   // 12 ln share of repeats in the customer's baskets
    Group::Habits,   // 13 ln items in a basket
    Group::Habits,   // 14 ln baskets
    Group::Season,   // 15 trend
    Group::Similar,  // 16 ln weight in the close circle
    Group::Season,   // 17 sales of the season
    Group::Bought,   // 18 ln days since the last one
];

/// Interactions between them.
///
/// Each with the group that its contribution is told in. A pair costs up to 25 coefficients and four active
/// weights a row, the square of which goes into a Hessian: all 171 pairs of 19 features would be thirteen times as many.
pub(super) const REPEAT_PAIRS: [(Pair, Group); 13] = [
    ((3, 4), Group::Bought),
    ((4, 14), Group::Bought),
    ((2, 14), Group::Bought),
    ((7, 4), Group::Again),
    ((2, 11), Group::Similar),
    ((17, 18), Group::Season),
    ((1, 6), Group::Bought),
    ((0, 16), Group::Similar),
    ((8, 2), Group::Popular),
    ((12, 2), Group::Bought),
    ((5, 4), Group::Bought),
    ((9, 11), Group::Similar),
    ((13, 2), Group::Bought),
];

/// Features of an item new to the customer, in order.
pub(super) const EXPLORE: [Group; 12] = [
    Group::Popular,  // 0 ln share of all baskets
    Group::GoesWith, // 1 ln cosine to the customer's items
    Group::GoesWith, // 2 ln cosine to the last basket
    Group::Similar,  // 3 ln weight in the wide circle of similar customers
    Group::Habits,   // 4 ln share of repeats in the customer's baskets
    Group::Habits,   // 5 ln items in a basket
    Group::Habits,   // 6 ln baskets
    Group::Season,   // 7 trend
    Group::Again,    // 8 everybody's repurchase of it
    Group::Habits,   // 9 ln distinct items
    Group::Similar,  // 10 ln weight in the close circle
    Group::Season,   // 11 sales of the season
];

/// Interactions between them.
pub(super) const EXPLORE_PAIRS: [(Pair, Group); 10] = [
    ((0, 1), Group::GoesWith),
    ((0, 3), Group::Similar),
    ((3, 6), Group::Similar),
    ((3, 10), Group::Similar),
    ((3, 11), Group::Season),
    ((0, 11), Group::Season),
    ((3, 5), Group::Similar),
    ((2, 3), Group::GoesWith),
    ((3, 4), Group::Similar),
    ((1, 10), Group::GoesWith),
];

/// The wider of the two.
pub(super) const WIDTH: usize = REPEAT.len();

/// A candidate before it is scored.
///
/// `x` has the width of the longer list; of a new item the places behind the twelve features are 0 and no term reads them.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) item: u32,
    pub(super) repeat: bool,
    pub(super) x: [f32; WIDTH],
    /// ln of the weight in the wide circle of similar customers.
    pub(super) vouched: f32,
}

/// Share of places in the customer's second and later baskets that hold an item bought before, smoothed.
///
/// `(repeats + 1) / (places + 4)`: a customer of one basket has 1/4, and it takes a few baskets to move from there. By hand:
/// baskets {a, b} {a, c} {a, b} have four places after the first, three of them repeats: (3 + 1) / (4 + 4) = 1/2.
pub(super) fn repeat_share(past: Past<'_>, own: &[Own]) -> f32 {
    let places = past.bought.len() - past.baskets().next().map_or(0, <[u32]>::len);
    let firsts = own.iter().filter(|o| o.first > 0).count();
    ((places - firsts) as f32 + 1.0) / (places as f32 + 4.0)
}

/// Decayed counts of some of the customer's items, ascending, by three decays, and the weight of all baskets:
/// `Σ_t δ^(n − 1 − t) [item in basket t]` and `Σ_t δ^(n − 1 − t)` for δ = 0.5, 0.8 and 0.95.
///
/// One pass from the newest basket to the oldest, the weights multiplied by δ from one to the next, instead of a power for
/// each: O(rows · log items) and exact in its order. Half-lives are 1, 3.1 and 13.5 baskets.
fn decayed(past: Past<'_>, items: &[u32]) -> (Vec<[f32; 3]>, [f32; 3]) {
    let (mut counts, mut mass) = (vec![[0_f32; 3]; items.len()], [0_f32; 3]);
    let mut weights = [1_f32; 3];
    for basket in past.baskets().rev() {
        (0..3).for_each(|k| mass[k] += weights[k]);
        // Both ascend.
        let mut at = 0;
        for item in basket {
            at += items[at..].partition_point(|wanted| wanted < item);
            if items.get(at) == Some(item) {
                let count = &mut counts[at];
                (0..3).for_each(|k| count[k] += weights[k]);
            }
        }
        for (weight, decay) in weights.iter_mut().zip([0.5, 0.8, 0.95]) {
            *weight *= decay;
        }
    }
    (counts, mass)
}

/// The features of the candidates of `relations`, handed to `f` one by one: own items first, each kind in ascending order of
/// item numbers.
///
/// Cost: O(rows of the customer) for the decayed counts, then constant a candidate.
pub(super) fn features(
    tables: &Tables,
    past: Past<'_>,
    own: &[Own],
    relations: Relations<'_>,
    mut f: impl FnMut(&Found),
) {
    let n = past.len();
    let habits = [
        repeat_share(past, own).ln(),
        (past.bought.len() as f32 / n.max(1) as f32 + 1.0).ln(),
        (n.max(1) as f32).ln(),
    ];
    let due = tables.seasons.as_ref().map(|s| (s, s.due(past)));
    let season = |item: u32| due.map_or(0.0, |(s, day)| s.current(day, item));
    let [share, size, count] = habits;
    let items: Vec<u32> = relations.own.iter().map(|(place, _)| own[*place as usize].item).collect();
    let (counts, mass) = decayed(past, &items);
    for ((place, log), decayed) in relations.own.iter().zip(&counts) {
        let o = own[*place as usize];
        let rates = tables.rates(o.item);
        let since = (n - o.last as usize) as f32;
        let overdue = if o.times > 1 {
            let gap = (o.last - o.first) as f32 / (o.times - 1) as f32;
            (since / gap).ln()
        } else {
            // Apart from all that have a gap.
            -5.0
        };
        let days = due.map_or(0, |(_, day)| day - past.days[o.last as usize]);
        let x = [
            decayed[0],
            decayed[1] / mass[1],
            decayed[2] / mass[2],
            o.times as f32,
            since.ln(),
            o.times as f32 / (n - o.first as usize) as f32,
            overdue,
            rates.repurchase,
            rates.log_share,
            log[RELATED],
            log[FOLLOWS],
            log[WIDE],
            share,
            size,
            count,
            rates.trend,
            log[CLOSE],
            season(o.item),
            (days.max(0) as f32 + 1.0).ln(),
        ];
        f(&Found { item: o.item, repeat: true, x, vouched: log[WIDE] });
    }
    let breadth = (own.len() as f32 + 1.0).ln();
    for (item, log) in relations.new {
        let rates = tables.rates(*item);
        let mut x = [0_f32; WIDTH];
        x[..EXPLORE.len()].copy_from_slice(&[
            rates.log_share,
            log[RELATED],
            log[FOLLOWS],
            log[WIDE],
            share,
            size,
            count,
            rates.trend,
            rates.repurchase,
            breadth,
            log[CLOSE],
            season(*item),
        ]);
        f(&Found { item: *item, repeat: false, x, vouched: log[WIDE] });
    }
}
