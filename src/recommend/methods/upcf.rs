//! UP-CF@r: user-wise popularity of the latest baskets, and that of similar customers.
//!
//! By hand: a customer with 2 items and one with 8 share both. With a = 0.75 the first is like the second by
//! 2 / (2^0.75 · 8^0.25) = 0.71, the second like the first by 2 / (8^0.75 · 2^0.25) = 0.35: someone who has all of mine can
//! advise me, while I know little of theirs. q = 5 makes of these 0.18 and 0.006.

use crate::error::{Error, Result};

use super::super::baskets::{Baskets, Past};
use super::super::model::Own;
use super::super::rank::Candidate;
use super::super::sparse::{Index, Pool, Sparse, keep_largest, merge};
use super::{Work, fits, united};

/// Fits UP-CF@r, recency-aware collaborative filtering.
///
/// # When to use
/// As a baseline beside [`TifuKnnParams`](crate::recommend::TifuKnnParams): similar customers are told by which items
/// they ever bought rather than by how often, which suits wide catalogues. The
/// [default](crate::recommend::Method::Learned) beats both.
///
/// # Model
/// `R_u(i)` is the share of the customer's last r baskets that hold item i, `H_u` the set of items ever bought. Customers
/// are alike by the asymmetric cosine `s(u, v) = |H_u ∩ H_v| / (|H_u|^a |H_v|^(1 − a) + 10⁻⁶)`. The score is
/// `R_u(i) + Σ_v s(u, v)^q R_v(i)` over the most similar other customers.
///
/// | symbol | setter | default |
/// |---|---|---|
/// | r | [`recency`](Self::recency), 0 for all baskets | 5 |
/// | a | [`asymmetry`](Self::asymmetry) | 0.75 |
/// | q | [`locality`](Self::locality) | 5 |
/// | | [`neighbours`](Self::neighbours) | 100 |
///
/// # Example
/// ```
/// # use regulars::{data::*, types::*};
/// use regulars::recommend::UpCfParams;
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for (who, day, item) in [("ann", 1, "tea"), ("ann", 8, "tea"), ("bob", 2, "tea"), ("bob", 2, "milk")] {
/// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, day)?).item(item))?;
/// # }
/// # let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
/// let list = UpCfParams::new().locality(1.0).fit(now)?.recommend("ann", 2)?;
/// // s(ann, bob) = 1 / 2^(1/4): all of Ann's items are Bob's, half of Bob's are Ann's.
/// assert!((list[0].score - (1.0 + 0.5_f64.powf(0.25))).abs() < 1e-5);
/// assert_eq!(list[1].item, "milk".into());
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Complexity
/// As [`TifuKnnParams`](crate::recommend::TifuKnnParams).
///
/// # Accuracy
/// Equal to the four digits of an independent implementation on Ta-Feng and Online Retail; `ACCURACY.md`.
///
/// # References
/// Faggioli, Polato, Aiolli 2020, Recency Aware Collaborative Filtering for Next Basket Recommendation,
/// doi:10.1145/3340631.3394850
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct UpCfParams {
    recency: usize,
    asymmetry: f64,
    locality: f64,
    neighbours: usize,
    most_buyers: usize,
}

impl Default for UpCfParams {
    fn default() -> Self {
        Self { recency: 5, asymmetry: 0.75, locality: 5.0, neighbours: 100, most_buyers: 10_000 }
    }
}

impl UpCfParams {
    /// r = 5, a = .75, q = 5, 100 neighbours.
    pub fn new() -> Self {
        Self::default()
    }

    /// Latest baskets that count, r; 0 for all.
    pub fn recency(mut self, baskets: usize) -> Self {
        self.recency = baskets;
        self
    }

    /// Which customer's breadth divides the items in common, a in [0, 1]: 1 the customer's own, 0 the neighbour's.
    pub fn asymmetry(mut self, a: f64) -> Self {
        self.asymmetry = a;
        self
    }

    /// How much nearer neighbours count for more, q: positive and finite.
    pub fn locality(mut self, q: f64) -> Self {
        self.locality = q;
        self
    }

    /// How many customers are asked; at least 1. With a high [locality](Self::locality) the far ones hardly count.
    pub fn neighbours(mut self, k: usize) -> Self {
        self.neighbours = k;
        self
    }

    /// Buyers of one item that a search visits, as
    /// [`TifuKnnParams::most_buyers`](crate::recommend::TifuKnnParams::most_buyers).
    pub fn most_buyers(mut self, buyers: usize) -> Self {
        self.most_buyers = buyers;
        self
    }

    /// Whether the parameters can be used.
    ///
    /// ```
    /// use regulars::recommend::UpCfParams;
    /// assert!(UpCfParams::new().recency(0).check().is_ok());
    /// assert!(UpCfParams::new().locality(0.0).check().is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for 0 neighbours or buyers, an asymmetry outside [0, 1] and a
    /// locality that is not positive and finite.
    pub fn check(&self) -> Result<()> {
        for (name, value) in [("neighbours", self.neighbours), ("most_buyers", self.most_buyers)] {
            if value == 0 {
                return Err(Error::param(name, "must be at least 1", value));
            }
        }
        if !(0.0..=1.0).contains(&self.asymmetry) {
            return Err(Error::param("asymmetry", "must lie in [0, 1]", self.asymmetry));
        }
        if !(self.locality > 0.0 && self.locality.is_finite()) {
            return Err(Error::param("locality", "must be positive and finite", self.locality));
        }
        Ok(())
    }

    /// R of a history: the share of its latest baskets that hold each item, `R(i) = n_i(last r) / min(r, n)`.
    fn recent(&self, past: Past<'_>) -> Vec<(u32, f64)> {
        let n = if self.recency == 0 { past.len() } else { past.len().min(self.recency) };
        let each = 1.0 / n.max(1) as f64;
        let latest = past.baskets().skip(past.len() - n);
        merge(latest.flat_map(|basket| basket.iter().map(|item| (*item, each))).collect())
    }
}

fits!(UpCfParams, UpCf);

/// Which items everybody bought, and the latest baskets.
pub(in crate::recommend) struct Engine {
    params: UpCfParams,
    /// The customer of each row.
    pool: Vec<u32>,
    /// Items ever bought, as ones.
    index: Index<f64>,
    recent: Sparse<f64>,
    work: Pool<Work>,
}

fn ones(past: Past<'_>) -> Vec<(u32, f64)> {
    past.items().into_iter().map(|item| (item, 1.0)).collect()
}

impl Engine {
    pub(super) fn new(params: UpCfParams, baskets: &Baskets, pool: &[u32]) -> Self {
        let past = |customer: &u32| baskets.past(*customer as usize);
        let rows = Sparse::of_rows(pool.iter().map(|c| ones(past(c))));
        Self {
            params,
            pool: pool.to_vec(),
            index: Index::new(baskets.items.len(), rows, params.most_buyers),
            recent: Sparse::of_rows(pool.iter().map(|c| params.recent(past(c)))),
            work: Pool::default(),
        }
    }

    pub(super) fn candidates(&self, past: Past<'_>, own: &[Own], customer: Option<u32>) -> Vec<Candidate> {
        let UpCfParams { asymmetry, locality, neighbours, .. } = self.params;
        let (query, mine) = (ones(past), self.params.recent(past));
        self.work.with(|work| {
            self.index.overlap(&query, &mut work.common);
            let breadth = (query.len() as f64).powf(asymmetry);
            for row in work.common.touched() {
                if Some(self.pool[*row as usize]) != customer {
                    let theirs = (self.index.row(*row as usize).len() as f64).powf(1.0 - asymmetry);
                    work.nearest.push((work.common.get(*row) / (breadth * theirs + 1e-6), *row));
                }
            }
            keep_largest(&mut work.nearest, neighbours);
            let mut total = 0.0;
            for (similarity, row) in &work.nearest {
                let weight = similarity.powf(locality);
                total += weight;
                for (item, share) in self.recent.row(*row as usize) {
                    work.items.reach(*item as usize + 1);
                    work.items.add(*item, weight * share);
                }
            }
            united(&mine, &work.items, own, 1.0 / f64::max(total, f64::MIN_POSITIVE))
        })
    }
}
