//! Item-item co-occurrence: what customers with the same purchases bought besides.
//!
//! The sums `Σ_u w_ui w_uj` are the same for all four similarities; what differs is the weight w, made beforehand, and for lift
//! the division after. One pass over an item's buyers gives its sums to all other items.

use crate::error::{Error, Result};

use super::super::baskets::Baskets;
use super::super::model::{Own, own_items};
use super::super::rank::Candidate;
use super::super::sparse::{Index, Pool, Sparse, best_pairs, merge};
use super::pairs::together;
use super::{Because, Work, fits, united};

/// How alike two items are. Let `c_ui` be the baskets of customer u that hold item i, N the customers, `n_i` those who
/// bought i, `n_ij` those who bought both, M the items and `m_u` those that u bought.
///
/// By hand, of 100 customers, tea bought by 16, honey by 9, both by 7, once each: the cosine is 7 / √(16 · 9) = 0.58, the lift
/// 100 · 7 / (16 · 9) = 4.9. Of BM25 an item of average popularity bought once weighs 1 before the logarithm, three times 1.57,
/// and ever so often 2.2: counts saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Similarity {
    /// `Σ_u c_ui c_uj / (|c_i| |c_j|)`.
    #[default]
    Cosine,
    /// The cosine of `√c_ui · ln(M / (1 + m_u))`: customers who buy everything say little.
    TfIdf,
    /// `Σ_u b_ui b_uj` with `b_ui = c_ui (k₁ + 1) / (k₁ ℓ_i + c_ui) · ln(M / (1 + m_u))`, `ℓ_i = 1 − b + b · c_i / c̄`, k₁ = 1.2
    /// and b = .75 (Robertson and Zaragoza 2009, doi:10.1561/1500000019).
    Bm25,
    /// `N n_ij / (n_i n_j)`: how many times as many bought both as would by chance. Pairs of fewer than
    /// [`min_together`](ItemItemParams::min_together) customers are left out, and an item is not alike to itself: a list
    /// by lift is what goes with the customer's purchases.
    Lift,
}

/// Fits an item-item recommender.
///
/// # When to use
/// For "goes with": to put something beside a product or a basket, or as a fast baseline. For the next basket of a
/// customer it is far behind methods that know the customer's rhythm.
///
/// # Model
/// The score of item j is `Σ_i c_ui S_ij` over the customer's items i, S the [similarity](Similarity) of items, of which
/// the [`neighbours`](Self::neighbours) largest of each item i are kept, i itself among them. The part `S_jj` is told as the
/// customer's own purchases, the rest as what the item goes with.
///
/// # Example
/// ```
/// # use regulars::{data::*, types::*};
/// use regulars::recommend::{ItemItemParams, Similarity};
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for (who, item) in [("ann", "tea"), ("bob", "tea"), ("bob", "milk"), ("eve", "rice")] {
/// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, 1)?).item(item))?;
/// # }
/// # let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
/// let list = ItemItemParams::new().similarity(Similarity::Cosine).fit(now)?.recommend("ann", 2)?;
/// // Tea is in two customers' purchases, milk in one, both in one: cosine 1/√2.
/// assert_eq!((list[0].item.to_string(), list[1].item.to_string()), ("tea".into(), "milk".into()));
/// assert!((list[1].score - 0.5_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Complexity
/// `fit` costs `Σ m_u²` over customers, in parallel by item; a list the kept neighbours of the own items. 12 bytes a kept
/// neighbour, 24 bytes a customer's distinct item.
///
/// # Accuracy
/// Within a few units of the fourth digit of the package implicit 0.7.3 with the same K (its ties are its own);
/// `ACCURACY.md`.
///
/// # References
/// Sarwar, Karypis, Konstan, Riedl 2001, Item-based collaborative filtering, doi:10.1145/371920.372071
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct ItemItemParams {
    similarity: Similarity,
    neighbours: usize,
    min_together: u32,
}

impl Default for ItemItemParams {
    fn default() -> Self {
        Self { similarity: Similarity::Cosine, neighbours: 100, min_together: 1 }
    }
}

impl ItemItemParams {
    /// Cosine, 100 neighbours.
    pub fn new() -> Self {
        Self::default()
    }

    /// How alike two items are.
    pub fn similarity(mut self, similarity: Similarity) -> Self {
        self.similarity = similarity;
        self
    }

    /// Similar items kept for each item, itself included; at least 1. Fewer make lists sharper and smaller models; of an item
    /// that none of the customer's is close to nothing is known.
    pub fn neighbours(mut self, k: usize) -> Self {
        self.neighbours = k;
        self
    }

    /// Customers who must have bought both items of a pair; 1 unless set. Lift needs about 5: one coincidence of two rare
    /// items has the highest lift there is.
    pub fn min_together(mut self, customers: u32) -> Self {
        self.min_together = customers;
        self
    }

    /// Whether the parameters can be used.
    ///
    /// ```
    /// assert!(regulars::recommend::ItemItemParams::new().neighbours(0).check().is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for 0 neighbours.
    pub fn check(&self) -> Result<()> {
        if self.neighbours == 0 {
            return Err(Error::param("neighbours", "must be at least 1", 0));
        }
        Ok(())
    }

    /// The weight of every customer's items, as rows of customers.
    ///
    /// The logarithm `ln(M / (1 + m))` is formed as a difference, which does not overflow for any catalogue; of a customer who
    /// bought every item it is just below 0, and products of two such weights are positive again.
    fn weights(&self, counts: &[Vec<(u32, f64)>], items: usize) -> Vec<Vec<(u32, f64)>> {
        let mut rows = counts.to_vec();
        let idf = |row: &[(u32, f64)]| (items as f64).ln() - (row.len() as f64).ln_1p();
        match self.similarity {
            Similarity::Lift => rows.iter_mut().flatten().for_each(|(_, w)| *w = 1.0),
            Similarity::Cosine => normalise(&mut rows, items),
            Similarity::TfIdf => {
                for row in &mut rows {
                    let idf = idf(row);
                    for (_, w) in row {
                        *w = w.sqrt() * idf;
                    }
                }
                normalise(&mut rows, items);
            }
            Similarity::Bm25 => {
                let (k1, b) = (1.2, 0.75);
                let totals = by_item(&rows, items, |w| w);
                let average = totals.iter().sum::<f64>() / items.max(1) as f64;
                for row in &mut rows {
                    let idf = idf(row);
                    for (item, w) in row {
                        let length = 1.0 - b + b * totals[*item as usize] / average;
                        *w = *w * (k1 + 1.0) / (k1 * length + *w) * idf;
                    }
                }
            }
        }
        rows
    }
}

fits!(ItemItemParams, ItemItem);

/// Σ over customers of f(weight), by item, customers ascending.
fn by_item(rows: &[Vec<(u32, f64)>], items: usize, f: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; items];
    for (item, w) in rows.iter().flatten() {
        sums[*item as usize] += f(*w);
    }
    sums
}

/// Divides each item's weights by their length, so that products are cosines.
fn normalise(rows: &mut [Vec<(u32, f64)>], items: usize) {
    let norms = by_item(rows, items, |w| w * w);
    for (item, w) in rows.iter_mut().flatten() {
        *w /= norms[*item as usize].sqrt().max(f64::MIN_POSITIVE);
    }
}

/// The kept similarities, and who bought what.
pub(in crate::recommend) struct Engine {
    similar: Sparse<f64>,
    buyers: Index<f64>,
    /// Customers with a purchase.
    people: f64,
    work: Pool<Work>,
}

impl Engine {
    /// Where a least number of joint customers is asked for, it is counted anew for the pairs that have any sum: sums of weights
    /// do not tell it.
    pub(super) fn new(params: ItemItemParams, baskets: &Baskets) -> Self {
        let items = baskets.items.len();
        let counts: Vec<Vec<(u32, f64)>> = (0..baskets.customers.len())
            .map(|c| own_items(baskets.past(c)).iter().map(|o| (o.item, o.times.into())).collect())
            .collect();
        let weights = params.weights(&counts, items);
        let buyers = Index::new(items, Sparse::of_rows(weights), usize::MAX);
        let people = counts.iter().filter(|own| !own.is_empty()).count() as f64;
        let size = |item: usize| buyers.holders(item).len() as f64;
        let least = f64::from(params.min_together);
        let similar = best_pairs(
            items,
            params.neighbours,
            |item, sums| together(&buyers, item, sums),
            |item, other, sum| {
                let rare = params.min_together > 1 && joint(&buyers, item, other) < least;
                match params.similarity {
                    _ if rare => None,
                    Similarity::Lift if item == other => None,
                    Similarity::Lift => Some(sum * people / (size(item) * size(other))),
                    _ => Some(sum),
                }
            },
        );
        Self { similar, buyers, people, work: Pool::default() }
    }

    pub(super) fn candidates(&self, own: &[Own]) -> Vec<Candidate> {
        self.work.with(|work| {
            let mut mine = Vec::new();
            for o in own {
                for (other, similarity) in self.similar.row(o.item as usize) {
                    let adds = f64::from(o.times) * similarity;
                    if *other == o.item {
                        mine.push((o.item, adds));
                    } else {
                        work.items.reach(*other as usize + 1);
                        work.items.add(*other, adds);
                    }
                }
            }
            united(&merge(mine), &work.items, own, 0.0)
        })
    }

    /// The customer's item that adds most to a candidate, and the lift of the two.
    pub(super) fn companion(&self, own: &[Own], item: u32) -> Because {
        let similarity = |o: &Own| {
            let row = self.similar.row(o.item as usize);
            row.iter().find(|(other, _)| *other == item).map_or(0.0, |(_, s)| *s * f64::from(o.times))
        };
        let others = own.iter().filter(|o| o.item != item).map(|o| (similarity(o), o.item));
        // Of equal ones the first.
        let best = others.fold((0.0, None), |best, (s, i)| if s > best.0 { (s, Some(i)) } else { best });
        let Some(other) = best.1 else { return Because::Nothing };
        let size = |item: u32| self.buyers.holders(item as usize).len().max(1) as f64;
        let both = joint(&self.buyers, item as usize, other as usize);
        Because::GoesWith(other, both * self.people / (size(item) * size(other)))
    }
}

/// Customers who bought both: the shorter list looked up in the longer.
fn joint(buyers: &Index<f64>, a: usize, b: usize) -> f64 {
    let (a, b) = (buyers.holders(a), buyers.holders(b));
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.iter().filter(|(c, _)| long.binary_search_by_key(c, |(other, _)| *other).is_ok()).count() as f64
}
