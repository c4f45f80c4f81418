//! TIFU-KNN: personal item frequencies with decay, and those of the nearest customers.

use crate::error::{Error, Result};

use super::super::baskets::{Baskets, Past};
use super::super::model::Own;
use super::super::rank::Candidate;
use super::super::sparse::{Index, Pool, Sparse, keep_largest, merge, squared_norm};
use super::{Work, fits, united};

/// Fits TIFU-KNN, the strongest of the published neighbour methods for next baskets.
///
/// # When to use
/// As a baseline, or to reproduce published figures. The [default](crate::recommend::Method::Learned) knows the same
/// neighbours and more, and needs no parameters; TIFU-KNN's best parameters differ from shop to shop, and badly chosen
/// ones lose a fifth of its recall.
///
/// # Model
/// Of a customer's baskets b₁ … `b_n`, oldest first, G groups are made: the first G − (n mod G) hold ⌊n/G⌋ consecutive
/// baskets, the others one more; with n < G every basket is its own group. Basket t in group j of size s has the weight
/// `w^(n − t) · g^(G − j) / s / m`, m the number of groups, and the customer's vector v(i) is the sum of the weights of the
/// baskets that hold item i. The score is `α v(i) + (1 − α) v̄(i)`, v̄ the mean of the k nearest other customers in
/// Euclidean distance.
///
/// | symbol | setter | default |
/// |---|---|---|
/// | k | [`neighbours`](Self::neighbours) | 300 |
/// | w | [`within_group_decay`](Self::within_group_decay) | 0.9 |
/// | g | [`group_decay`](Self::group_decay) | 0.7 |
/// | α | [`own_share`](Self::own_share) | 0.7 |
/// | G | [`groups`](Self::groups) | 7 |
///
/// The defaults are those published for Ta-Feng.
///
/// # Example
/// ```
/// # use regulars::{data::*, types::*};
/// use regulars::recommend::TifuKnnParams;
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for (who, day, item) in [("ann", 1, "tea"), ("ann", 8, "tea"), ("bob", 2, "tea"), ("bob", 2, "milk")] {
/// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, day)?).item(item))?;
/// # }
/// # let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
/// let model = TifuKnnParams::new().neighbours(1).own_share(0.5).fit(now)?;
/// let list = model.recommend("ann", 2)?;
/// // Ann's own tea, and the milk of Bob, who buys tea too.
/// assert_eq!((list[0].item.to_string(), list[1].item.to_string()), ("tea".into(), "milk".into()));
/// assert!((list[1].score - 0.5 * 0.7_f64.powi(6)).abs() < 1e-12);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Complexity
/// `fit` is linear in rows. A list costs the buyers of the customer's own items, at most
/// [`most_buyers`](Self::most_buyers) each, and the rows of k neighbours. 24 bytes a customer's distinct item.
///
/// # Accuracy
/// Equal to the four published digits of an independent implementation on Ta-Feng and Online Retail; `ACCURACY.md`.
///
/// # References
/// Hu, He, Gao, Zhang 2020, Modeling Personalized Item Frequency Information for Next-basket Recommendation,
/// doi:10.1145/3397271.3401066
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct TifuKnnParams {
    neighbours: usize,
    within_group_decay: f64,
    group_decay: f64,
    own_share: f64,
    groups: usize,
    most_buyers: usize,
}

impl Default for TifuKnnParams {
    fn default() -> Self {
        Self {
            neighbours: 300,
            within_group_decay: 0.9,
            group_decay: 0.7,
            own_share: 0.7,
            groups: 7,
            most_buyers: 10_000,
        }
    }
}

impl TifuKnnParams {
    /// The parameters published for Ta-Feng.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many customers are asked, k; at least 1. Published values are 300 to 900; more smooth the answer towards
    /// popularity among customers of the same kind.
    pub fn neighbours(mut self, k: usize) -> Self {
        self.neighbours = k;
        self
    }

    /// Weight of a basket over that of the next one, w in (0, 1]; 1 forgets nothing within a group.
    pub fn within_group_decay(mut self, w: f64) -> Self {
        self.within_group_decay = w;
        self
    }

    /// Weight of a group over that of the next one, g in (0, 1]; 1 forgets no group.
    pub fn group_decay(mut self, g: f64) -> Self {
        self.group_decay = g;
        self
    }

    /// What the customer's own vector counts for against the neighbours', α in [0, 1]: 1 asks nobody, 0 forgets the
    /// customer. Where many new items are bought, small values do better.
    pub fn own_share(mut self, alpha: f64) -> Self {
        self.own_share = alpha;
        self
    }

    /// Number of groups G; at least 1. Customers with fewer baskets have one group for each.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// Buyers of one item that a search visits, spread evenly over all of them; 10,000 unless set. Where an item has more
    /// buyers the search is approximate, and its cost no longer grows with the number of customers.
    pub fn most_buyers(mut self, buyers: usize) -> Self {
        self.most_buyers = buyers;
        self
    }

    /// Whether the parameters can be used.
    ///
    /// ```
    /// use regulars::recommend::TifuKnnParams;
    /// assert!(TifuKnnParams::new().check().is_ok());
    /// assert!(TifuKnnParams::new().group_decay(1.5).check().is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for 0 neighbours, groups or buyers, a decay outside (0, 1] and an
    /// own share outside [0, 1].
    pub fn check(&self) -> Result<()> {
        for (name, value) in
            [("neighbours", self.neighbours), ("groups", self.groups), ("most_buyers", self.most_buyers)]
        {
            if value == 0 {
                return Err(Error::param(name, "must be at least 1", value));
            }
        }
        for (name, value) in
            [("within_group_decay", self.within_group_decay), ("group_decay", self.group_decay)]
        {
            if !(value > 0.0 && value <= 1.0) {
                return Err(Error::param(name, "must lie in (0, 1]", value));
            }
        }
        if !(0.0..=1.0).contains(&self.own_share) {
            return Err(Error::param("own_share", "must lie in [0, 1]", self.own_share));
        }
        Ok(())
    }

    /// The vector of a history, items ascending: `v(i) = Σ_t w^(n − t) g^(G − j) / s / m` over the baskets t that hold i, j the
    /// group of t and s its size. Additions run from the oldest basket on.
    fn vector(&self, past: Past<'_>) -> Vec<(u32, f64)> {
        let (n, groups) = (past.len(), self.groups);
        let power = |base: f64, e: usize| base.powf(e as f64);
        // Sizes of the groups in order: `small` of `n / groups`, then the rest of one more.
        let own_groups = n < groups;
        let (small, size) = if own_groups { (n, 1) } else { (groups - n % groups, n / groups) };
        let number = if own_groups { n } else { groups };
        let mut rows = Vec::with_capacity(past.bought.len());
        for (t, basket) in past.baskets().enumerate() {
            let (group, s) = if t < small * size {
                (t / size, size)
            } else {
                (small + (t - small * size) / (size + 1), size + 1)
            };
            let weight = power(self.within_group_decay, n - 1 - t)
                * power(self.group_decay, groups - 1 - group)
                / s as f64
                / number as f64;
            rows.extend(basket.iter().map(|item| (*item, weight)));
        }
        merge(rows)
    }
}

fits!(TifuKnnParams, TifuKnn);

/// The vectors of all who may be neighbours.
pub(in crate::recommend) struct Engine {
    params: TifuKnnParams,
    /// The customer of each row.
    pool: Vec<u32>,
    index: Index<f64>,
    norms: Vec<f64>,
    /// Rows, shortest vector first: the nearest of those who share nothing.
    shortest: Vec<u32>,
    work: Pool<Work>,
}

impl Engine {
    pub(super) fn new(params: TifuKnnParams, baskets: &Baskets, pool: &[u32]) -> Self {
        let rows = Sparse::of_rows(pool.iter().map(|c| params.vector(baskets.past(*c as usize))));
        let norms: Vec<f64> = (0..rows.rows()).map(|r| squared_norm(rows.row(r))).collect();
        let mut shortest: Vec<u32> = (0_u32..).zip(&norms).map(|(r, _)| r).collect();
        // Stable: of equal ones the earlier.
        shortest.sort_by(|a, b| norms[*a as usize].total_cmp(&norms[*b as usize]));
        let index = Index::new(baskets.items.len(), rows, params.most_buyers);
        Self { params, pool: pool.to_vec(), index, norms, shortest, work: Pool::default() }
    }

    /// The k nearest rows, nearest first, ties by row: largest in 2 q·v − |v|².
    ///
    /// Strangers share no item, so that their nearness is −|v|²; they come in the order of that, and the walk ends with the first
    /// that is further than the k-th of those who share something. Without them small shops would have fewer than k neighbours.
    fn search(&self, query: &[(u32, f64)], myself: Option<u32>, work: &mut Work) {
        self.index.overlap(query, &mut work.common);
        let other = |row: u32| Some(self.pool[row as usize]) != myself;
        let nearness = |row: u32| 2.0 * work.common.get(row) - self.norms[row as usize];
        work.nearest.extend(work.common.touched().iter().filter(|r| other(**r)).map(|r| (nearness(*r), *r)));
        let k = self.params.neighbours;
        keep_largest(&mut work.nearest, k);
        // Those who share nothing are as near as their vectors are short: they matter where few share anything.
        let worst = work.nearest.get(k - 1).map_or(f64::NEG_INFINITY, |w| w.0);
        let strangers = self.shortest.iter().filter(|r| work.common.get(**r) == 0.0 && other(**r));
        let near = strangers.map(|r| (-self.norms[*r as usize], *r)).take_while(|(n, _)| *n >= worst).take(k);
        work.nearest.extend(near);
        keep_largest(&mut work.nearest, k);
    }

    pub(super) fn candidates(&self, past: Past<'_>, own: &[Own], customer: Option<u32>) -> Vec<Candidate> {
        let alpha = self.params.own_share;
        let mut mine = self.params.vector(past);
        self.work.with(|work| {
            self.search(&mine, customer, work);
            let each = 1.0 / work.nearest.len().max(1) as f64;
            let mut mean = std::mem::take(&mut work.items);
            mean.reach(past.bought.iter().max().map_or(0, |i| *i as usize + 1));
            for (_, row) in &work.nearest {
                for (item, weight) in self.index.row(*row as usize) {
                    mean.reach(*item as usize + 1);
                    mean.add(*item, each * weight);
                }
            }
            mean.scale(1.0 - alpha);
            for (_, weight) in &mut mine {
                *weight *= alpha;
            }
            let found = united(&mine, &mean, own, 1.0 / (1.0 - alpha).max(1e-9));
            work.items = mean;
            found
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Day;

    /// The weights of five baskets in three groups, by the formula: sizes 1, 2, 2.
    #[test]
    fn weights_are_those_of_the_formula() {
        let days = [Day::new(0); 5];
        let start = [0, 1, 2, 3, 4, 5];
        let past = Past { days: &days, start: &start, bought: &[0, 1, 2, 3, 4] };
        let vector = TifuKnnParams::new().groups(3).within_group_decay(0.9).group_decay(0.5).vector(past);
        let expected = [
            0.9_f64.powi(4) * 0.25 / 3.0,
            0.9_f64.powi(3) * 0.5 / 2.0 / 3.0,
            0.9_f64.powi(2) * 0.5 / 2.0 / 3.0,
            0.9 / 2.0 / 3.0,
            1.0 / 2.0 / 3.0,
        ];
        for ((_, got), expected) in vector.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-15, "{got} {expected}");
        }
        // Fewer baskets than groups: each its own, the exponent counts all groups.
        let vector = TifuKnnParams::new().groups(7).within_group_decay(1.0).group_decay(0.5).vector(past);
        assert!((vector[0].1 - 0.5_f64.powi(6) / 5.0).abs() < 1e-15);
    }
}
