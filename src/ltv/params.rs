//! What a fit is told: `LtvParams`, `Model`, `Prior`.
//!
//! # Which to choose
//!
//! | you know | take |
//! |---|---|
//! | nothing but the ledger | [`LtvParams::auto`] |
//! | the model of a paper to be reproduced | [`LtvParams::new`] of it: maximum likelihood, no prior |
//! | that customers restock (filters, pet food) | [`Model::MbgCnbdK`] |
//! | that many buy once and never again | [`Model::MbgNbd`] or [`Model::ParetoNbd`] |
//! | that leaving has nothing to do with buying | [`Model::ParetoNbd`] |
//! | occasions: donations, seasons of a club | [`Model::BgBb`] |
//! | contracts | [`ShiftedBetaGeometric`](super::ShiftedBetaGeometric), none of these |
//!
//! # What the prior is for
//!
//! Likelihoods of small or young shops have maxima at the edge: nobody seems ever to leave, or all newcomers seem to have
//! left already. Maximum likelihood then forecasts eternity or nothing. A normal law of the logarithms with standard
//! deviation 3 about typical values of the data moves an estimate by about its variance over 9 times its distance from
//! there: on CDNOW by less than a tenth of a standard error, for ten customers by enough.

use crate::error::{Error, Result};

use super::discount::Discount;

/// The models of buying and leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Model {
    /// BG/NBD: may leave after each repeat purchase (r, alpha, a, b).
    BgNbd,
    /// MBG/NBD: may leave after each purchase, the first included (r, alpha, a, b).
    MbgNbd,
    /// Pareto/NBD: may leave at any time, at a constant risk (r, alpha, s, beta).
    ParetoNbd,
    /// GGompertz/NBD: may leave at any time, at a risk that grows or fades with age (r, alpha, b, s, beta).
    #[cfg_attr(feature = "serde", serde(rename = "ggompertz_nbd"))]
    GGompertzNbd,
    /// BG/CNBD-k: BG/NBD with regular buyers, whose gaps are Erlang-k (k, r, alpha, a, b); k is chosen by likelihood.
    BgCnbdK,
    /// MBG/CNBD-k: MBG/NBD with regular buyers (k, r, alpha, a, b).
    MbgCnbdK,
    /// BG/BB: one chance to buy at each of a series of occasions, may leave between them (alpha, beta, gamma, delta).
    /// Times are numbers of occasions; not among [`Model::ALL`], whose time is continuous.
    BgBb,
}

impl Model {
    /// All models of continuous time, in the order [`LtvParams::auto`] prefers equals.
    pub const ALL: [Self; 6] =
        [Self::BgNbd, Self::MbgNbd, Self::ParetoNbd, Self::GGompertzNbd, Self::BgCnbdK, Self::MbgCnbdK];

    /// Whether customers leave at any time, rather than at a purchase: the division of the models that matters most for
    /// silent customers.
    pub(super) const fn leaves_by_clock(self) -> bool {
        matches!(self, Self::ParetoNbd | Self::GGompertzNbd)
    }

    /// The name as the literature writes it: `BG/NBD`.
    ///
    /// ```
    /// use regulars::ltv::Model;
    /// assert_eq!(Model::MbgCnbdK.name(), "MBG/CNBD-k");
    /// assert_eq!(Model::ParetoNbd.to_string(), "Pareto/NBD");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::BgNbd => "BG/NBD",
            Self::MbgNbd => "MBG/NBD",
            Self::ParetoNbd => "Pareto/NBD",
            Self::GGompertzNbd => "GGompertz/NBD",
            Self::BgCnbdK => "BG/CNBD-k",
            Self::MbgCnbdK => "MBG/CNBD-k",
            Self::BgBb => "BG/BB",
        }
    }

    /// The names of the parameters in the literature's order, which is that of
    /// [`PurchaseProcess::new`](super::PurchaseProcess::new) and of all tables here.
    ///
    /// ```
    /// use regulars::ltv::Model;
    /// assert_eq!(Model::ParetoNbd.parameter_names(), ["r", "alpha", "s", "beta"]);
    /// ```
    pub const fn parameter_names(self) -> &'static [&'static str] {
        match self {
            Self::BgNbd | Self::MbgNbd => &["r", "alpha", "a", "b"],
            Self::ParetoNbd => &["r", "alpha", "s", "beta"],
            Self::GGompertzNbd => &["r", "alpha", "b", "s", "beta"],
            Self::BgCnbdK | Self::MbgCnbdK => &["k", "r", "alpha", "a", "b"],
            Self::BgBb => &["alpha", "beta", "gamma", "delta"],
        }
    }
}

impl std::fmt::Display for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What is believed of the parameters before the data are seen.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Prior {
    /// Nothing: maximum likelihood.
    #[default]
    Flat,
    /// Every parameter is log-normal about 1 (shapes) or about a typical time of the data (scales), with this standard
    /// deviation of its logarithm: an L2 penalty on the logarithms. 3, say, leaves anything from a 400th to 400 times the
    /// typical value credible, moves no estimate that the data determine, and keeps the others off 0 and infinity, where
    /// nobody ever leaves or everybody has left.
    LogNormal(f64),
}

/// Which model to fit, and how later money is discounted.
///
/// ```
/// use regulars::data::{Customers, PurchaseHistory, TimeUnit};
/// use regulars::ltv::{Discount, LtvParams, Model};
/// use regulars::types::Horizon;
/// # let x = vec![0.0, 0.0, 1.0, 3.0, 0.0, 7.0, 2.0, 0.0, 1.0, 5.0];
/// # let t_x = vec![0.0, 0.0, 5.0, 22.0, 0.0, 33.0, 9.0, 0.0, 30.0, 38.0];
/// # let t = vec![39.0; 10];
///
/// let history = PurchaseHistory::new(Customers::numbered(10)?, TimeUnit::Week, x, t_x, t)?;
/// let model = LtvParams::new(Model::ParetoNbd)
///     .discount(Discount::per(0.15, TimeUnit::Year)?)
///     .fit(&history)?;
/// let value = model.predict(&history, Horizon::weeks(39)?)?;
/// assert!(value.by_key(5).is_some_and(|v| v.purchases > 0.0));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LtvParams {
    pub(super) models: Vec<Model>,
    pub(super) discount: Discount,
    pub(super) folds: u32,
    pub(super) prior: Prior,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    LtvParams, Self::new(Model::BgNbd);
    models: Vec<Model>;
    discount: Discount, folds: u32, prior: Prior,
}

impl LtvParams {
    /// One model, by maximum likelihood.
    ///
    /// ```
    /// use regulars::data::TimeUnit;
    /// use regulars::ltv::{LtvParams, Model, PurchaseProcess};
    /// use regulars::types::Seed;
    /// let history = PurchaseProcess::bg_nbd(0.5, 6.0, 0.8, 2.5)?.simulate(&[52.0; 500], TimeUnit::Week, Seed(1))?;
    /// let model = LtvParams::new(Model::MbgNbd).fit(&history)?;
    /// assert_eq!(model.process().model(), Model::MbgNbd);
    /// assert!(model.candidates().is_empty()); // there was no choice
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn new(model: Model) -> Self {
        Self { models: vec![model], discount: Discount::default(), folds: 5, prior: Prior::Flat }
    }

    /// The models of [`Model::ALL`] that forecast best from inside the past, with [`Prior::LogNormal`] of 3.
    ///
    /// Given a ledger that covers at least eight weeks and 50 customers, the models forecast from three earlier dates what
    /// came until the as-of day. The better of the coin models and the better of the clock models by the log-likelihood
    /// of that are kept, predictions are their mean, and what they got wrong is corrected ([`Drift`](super::Drift)).
    /// Given histories alone, the one model that gives customers held out of the fit the highest likelihood.
    /// [`LtvModel::candidates`](super::LtvModel::candidates) says how each did.
    pub fn auto() -> Self {
        Self { models: Model::ALL.to_vec(), prior: Prior::LogNormal(3.0), ..Self::new(Model::BgNbd) }
    }

    /// What is believed of the parameters before the data are seen. Default: [`Prior::Flat`], which is maximum likelihood;
    /// [`Prior::LogNormal`] of 3 for [`LtvParams::auto`].
    ///
    /// ```
    /// use regulars::data::{Customers, PurchaseHistory, TimeUnit};
    /// use regulars::ltv::{LtvParams, Model, Prior};
    /// // Four customers who never stop: maximum likelihood says that nobody ever leaves.
    /// let history = PurchaseHistory::new(
    ///     Customers::numbered(4)?, TimeUnit::Week, vec![9.0, 8.0, 10.0, 9.0], vec![38.0; 4], vec![39.0; 4],
    /// )?;
    /// let leave = |prior| {
    ///     let model = LtvParams::new(Model::BgNbd).prior(prior).fit(&history)?;
    ///     let p = model.process().parameters();
    ///     Ok::<f64, regulars::Error>(p[2] / (p[2] + p[3]))
    /// };
    /// assert!(leave(Prior::LogNormal(3.0))? > 10.0 * leave(Prior::Flat)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    #[must_use]
    pub fn prior(mut self, prior: Prior) -> Self {
        self.prior = prior;
        self
    }

    /// The models that [`LtvParams::auto`] chooses from. Default: [`Model::ALL`].
    ///
    /// ```
    /// use regulars::data::TimeUnit;
    /// use regulars::ltv::{LtvParams, Model, PurchaseProcess};
    /// use regulars::types::Seed;
    /// let history = PurchaseProcess::bg_nbd(0.5, 6.0, 0.8, 2.5)?.simulate(&[52.0; 500], TimeUnit::Week, Seed(1))?;
    /// let model = LtvParams::auto().among([Model::BgNbd, Model::MbgNbd]).fit(&history)?;
    /// assert_eq!(model.candidates().len(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    #[must_use]
    pub fn among(mut self, models: impl IntoIterator<Item = Model>) -> Self {
        self.models = models.into_iter().collect();
        self
    }

    /// How later money is discounted. Default: 10 % a year, in months.
    #[must_use]
    pub fn discount(mut self, discount: Discount) -> Self {
        self.discount = discount;
        self
    }

    /// In how many folds customers are held out where there is a choice of models. Default: 5.
    #[must_use]
    pub fn folds(mut self, folds: u32) -> Self {
        self.folds = folds;
        self
    }

    /// Whether the parameters make sense; the first line of every fit.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for no model, for folds other than 2 to 100, or for a prior
    /// whose standard deviation is not between 0.001 and 1000.
    pub fn check(&self) -> Result<()> {
        if self.models.is_empty() {
            return Err(Error::param("among", "must name at least one model", "none"));
        }
        if let Prior::LogNormal(sd) = self.prior
            && !(1e-3..=1e3).contains(&sd)
        {
            return Err(Error::param("prior", "must have a standard deviation between 0.001 and 1000", sd));
        }
        if !(2..=100).contains(&self.folds) {
            return Err(Error::param("folds", "must be 2 to 100", self.folds));
        }
        Ok(())
    }
}
