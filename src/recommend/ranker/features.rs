//! Candidates for a list and their features.

use super::super::baskets::{Baskets, Past};
use super::super::model::Own;
use super::additive::Pair;
use super::scratch::Scratch;
use super::tables::Tables;

/// What a term of the model says, so that its contribution can be put into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recommend) enum Group {
    Bought,
    Again,
    Popular,
    GoesWith,
    Similar,
    /// The customer's habits, and the constant.
    Habits,
}

/// Number of [`Group`]s.
pub(in crate::recommend) const GROUPS: usize = 6;

/// Features of an item bought before, in order.
pub(super) const REPEAT: [Group; 16] = [
    Group::Bought,   // baskets with it, each weighted by ½ per basket since
    Group::Bought,   // the same with 0.8, as a share of all baskets' weights
    Group::Bought,   // the same with 0.95
    Group::Bought,   // baskets with it
    Group::Bought,   // ln baskets since the last one
    Group::Bought,   // share of the baskets since the first one that hold it
    Group::Bought,   // ln (baskets since the last one / its usual gap)
    Group::Again,    // everybody's repurchase of it
    Group::Popular,  // ln share of all baskets
    Group::GoesWith, // ln cosine to the customer's items
    Group::GoesWith, // ln cosine to the last basket
    Group::Similar,  // ln share of similar customers' latest baskets
    Group::Habits,   // ln share of repeats in the customer's baskets
    Group::Habits,   // ln items in a basket
    Group::Habits,   // ln baskets
    Group::Popular,  // trend
];

/// Interactions between them.
pub(super) const REPEAT_PAIRS: [Pair; 4] = [
    Pair { a: 3, b: 4, group: Group::Bought },
    Pair { a: 4, b: 14, group: Group::Bought },
    Pair { a: 2, b: 14, group: Group::Bought },
    Pair { a: 7, b: 4, group: Group::Again },
];

/// Features of an item new to the customer, in order.
pub(super) const EXPLORE: [Group; 10] = [
    Group::Popular,  // ln share of all baskets
    Group::GoesWith, // ln cosine to the customer's items
    Group::GoesWith, // ln cosine to the last basket
    Group::Similar,  // ln share of similar customers' latest baskets
    Group::Habits,   // ln share of repeats in the customer's baskets
    Group::Habits,   // ln items in a basket
    Group::Habits,   // ln baskets
    Group::Popular,  // trend
    Group::Again,    // everybody's repurchase of it
    Group::Habits,   // ln distinct items
];

/// Interactions between them.
pub(super) const EXPLORE_PAIRS: [Pair; 2] =
    [Pair { a: 0, b: 1, group: Group::GoesWith }, Pair { a: 0, b: 3, group: Group::Similar }];

/// The wider of the two.
pub(super) const WIDTH: usize = REPEAT.len();

/// New items taken from each source: the most popular, the best related, the best followers, the best vouched for.
const SOURCE: usize = 60;

/// Keeps the logarithm of an absent relation finite; about one thousandth of a usual one.
const FLOOR: f32 = 1e-4;

/// A candidate before it is scored.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) item: u32,
    pub(super) repeat: bool,
    pub(super) x: [f32; WIDTH],
    /// Share of similar customers' latest baskets that hold it.
    pub(super) vouched: f32,
}

/// Share of places in the customer's second and later baskets that hold an item bought before, smoothed.
pub(in crate::recommend) fn repeat_share(past: Past<'_>, own: &[Own]) -> f32 {
    let places = past.bought.len() - past.baskets().next().map_or(0, <[u32]>::len);
    let firsts = own.iter().filter(|o| o.first > 0).count();
    ((places - firsts) as f32 + 1.0) / (places as f32 + 4.0)
}

/// Everything the customer has bought, and the best of what is new.
pub(super) fn candidates(
    tables: &Tables,
    baskets: &Baskets,
    past: Past<'_>,
    own: &[Own],
    myself: Option<u32>,
    scratch: &mut Scratch,
) -> Vec<Found> {
    let n = past.len();
    let mine: Vec<u32> = own.iter().map(|o| o.item).collect();
    scratch.related.reach(tables.items());
    scratch.follows.reach(tables.items());
    for o in own {
        let age = (n - 1 - o.last as usize) as f32;
        let weight = (o.times as f32).sqrt() * 0.9_f32.powf(age);
        for (cosine, other) in tables.related(o.item) {
            scratch.related.add(*other, cosine * weight);
        }
    }
    for item in past.baskets().next_back().unwrap_or_default() {
        for (cosine, other) in tables.follows(*item) {
            scratch.follows.add(*other, *cosine);
        }
    }
    tables.vouch(baskets, &mine, myself, scratch);

    let habits = [
        repeat_share(past, own).ln(),
        (past.bought.len() as f32 / n.max(1) as f32 + 1.0).ln(),
        (n.max(1) as f32).ln(),
    ];
    let relations = |scratch: &Scratch, item: u32| {
        [&scratch.related, &scratch.follows, &scratch.vouched].map(|sums| (sums.get(item) + FLOOR).ln())
    };

    // Decayed counts of the customer's items, and the weight of all baskets.
    let (mut counts, mut mass) = (vec![[0_f32; 3]; own.len()], [0_f32; 3]);
    for (b, basket) in past.baskets().enumerate() {
        let weights = [0.5_f32, 0.8, 0.95].map(|decay| decay.powf((n - 1 - b) as f32));
        (0..3).for_each(|k| mass[k] += weights[k]);
        for item in basket {
            if let Ok(at) = mine.binary_search(item) {
                (0..3).for_each(|k| counts[at][k] += weights[k]);
            }
        }
    }
    let mut found = Vec::with_capacity(own.len() + 4 * SOURCE);
    for (o, decayed) in own.iter().zip(&counts) {
        let since = (n - o.last as usize) as f32;
        let overdue = if o.times > 1 {
            let gap = (o.last - o.first) as f32 / (o.times - 1) as f32;
            (since / gap).ln()
        } else {
            // Apart from all that have a gap.
            -5.0
        };
        let [related, follows, vouched] = relations(scratch, o.item);
        let [share, size, count] = habits;
        let x = [
            decayed[0],
            decayed[1] / mass[1],
            decayed[2] / mass[2],
            o.times as f32,
            since.ln(),
            o.times as f32 / (n - o.first as usize) as f32,
            overdue,
            tables.repurchase(o.item),
            tables.log_share(o.item),
            related,
            follows,
            vouched,
            share,
            size,
            count,
            tables.trend(o.item),
        ];
        found.push(Found { item: o.item, repeat: true, x, vouched: scratch.vouched.get(o.item) });
    }

    let mut new: Vec<u32> = tables.popular(SOURCE).to_vec();
    for sums in [&scratch.related, &scratch.follows, &scratch.vouched] {
        new.extend(sums.largest(SOURCE));
    }
    new.sort_unstable();
    new.dedup();
    let breadth = (mine.len() as f32 + 1.0).ln();
    for item in new.into_iter().filter(|item| mine.binary_search(item).is_err()) {
        let mut x = [0_f32; WIDTH];
        let [related, follows, vouched] = relations(scratch, item);
        let [share, size, count] = habits;
        x[..EXPLORE.len()].copy_from_slice(&[
            tables.log_share(item),
            related,
            follows,
            vouched,
            share,
            size,
            count,
            tables.trend(item),
            tables.repurchase(item),
            breadth,
        ]);
        found.push(Found { item, repeat: false, x, vouched: scratch.vouched.get(item) });
    }
    found
}
