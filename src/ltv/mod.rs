//! Lifetime value: who is still a customer, how often they will buy, and what that is worth.
//!
//! # When to use it
//!
//! For customers who may stop without saying so (shops, not contracts), from dated purchases alone. A history of each
//! customer's first and last purchase, their number and mean value is all that is read. Not for contracts with a known
//! end, and not for one customer seen in isolation: the models learn from how customers differ.
//!
//! # The models
//!
//! A customer is (x, `t_x`, T): x repeat purchases, the last at `t_x`, observed for T, counted from the first purchase in
//! a [`TimeUnit`](crate::data::TimeUnit). While active, customers buy at random at their own rate lambda ~ Gamma(r,
//! alpha) (r without unit, alpha in units of time). They differ in how they leave:
//!
//! | model | leaves | parameters |
//! |---|---|---|
//! | [BG/NBD](PurchaseProcess::bg_nbd) | after a repeat purchase, with probability p ~ Beta(a, b) | r, alpha, a, b |
//! | [MBG/NBD](PurchaseProcess::mbg_nbd) | after any purchase, the first included | r, alpha, a, b |
//! | [Pareto/NBD](PurchaseProcess::pareto_nbd) | at any time, at a constant rate mu ~ Gamma(s, beta) | r, alpha, s, beta |
//! | [GGompertz/NBD](PurchaseProcess::ggompertz_nbd) | at any time, at a rate eta b e^(b t), eta ~ Gamma(s, beta) | r, alpha, b, s, beta |
//! | [BG/CNBD-k](PurchaseProcess::bg_cnbd_k), [MBG/CNBD-k](PurchaseProcess::mbg_cnbd_k) | as BG/NBD and MBG/NBD; gaps are Erlang-k, regular for a large k | k, r, alpha, a, b |
//! | [BG/BB](PurchaseProcess::bg_bb) | between occasions at which one may buy or not | alpha, beta, gamma, delta |
//!
//! Contracts that are renewed or not are another matter: [`ShiftedBetaGeometric`].
//!
//! With S the probability to stay beyond a time and f its density, Pareto/NBD and GGompertz/NBD have the likelihood
//!
//! L(x, `t_x`, T) = Gamma(r + x) / Gamma(r) alpha^r { S(T) / (alpha + T)^(r + x) + integral from `t_x` to T of
//! f(u) / (alpha + u)^(r + x) du },
//!
//! BG/NBD and MBG/NBD
//!
//! L = Gamma(r + x) / Gamma(r) alpha^r B(a, b + n) / B(a, b) { (alpha + T)^-(r + x) + a / (b + n - 1)
//! (alpha + `t_x`)^-(r + x) }, n the coins tossed: x for BG/NBD (no second term for x = 0), x + 1 for MBG/NBD.
//!
//! P(alive) is the share of the first term. Expected purchases of one who is alive are r + x over alpha + T times the
//! expected remaining life (Pareto, Gompertz), or the mean over the coin, p ~ Beta(a, b + n), of
//! (1 - (1 + p t / (alpha + T))^-(r + x)) / p. Mean spend is [Gamma-Gamma](GammaGamma), independent of frequency.
//! Customer lifetime value is residual: discounted purchases after the history times expected spend ([`Discount`]).
//!
//! # Assumptions
//!
//! Rates are constant while a customer is active (no season, no trend), spend does not depend on frequency, customers are
//! independent, and the next months resemble the past.
//!
//! # Which model
//!
//! [`LtvParams::auto`] of a ledger lets every model forecast, from three dates inside the past, what came until the as-of
//! day. It keeps the better coin model and the better clock model by the log-likelihood of that, predicts by their mean,
//! and multiplies by what their mean got wrong, by class of past frequency ([`Drift`]). A table of histories does not say what
//! came when; there the models are compared on customers held out. It cannot see a change that has not begun.
//! Where the data say nothing of a parameter (nobody seems ever to leave), a weak [`Prior`] keeps it off the boundary.
//!
//! # What can be asked
//!
//! | question | answer |
//! |---|---|
//! | is this customer still one, now or later? | [`p_alive`](PurchaseProcess::p_alive), [`p_alive_after`](PurchaseProcess::p_alive_after) |
//! | how many purchases in a window? | [`expected_purchases`](PurchaseProcess::expected_purchases), each count's probability: [`p_purchases`](PurchaseProcess::p_purchases) |
//! | when is the next one? | [`time_to_next`](PurchaseProcess::time_to_next) |
//! | what are all later purchases worth today? | [`discounted_purchases`](PurchaseProcess::discounted_purchases), or within a window: [`discounted_purchases_within`](PurchaseProcess::discounted_purchases_within) |
//! | what is each customer worth within a year? | [`LtvModel::predict`] |
//! | what has each customer brought and will bring? | [`LtvModel::total_value`] |
//! | how sure is that? | [`LtvModel::predict_intervals`], [`LtvModel::bootstrap`], [`LtvModel::profile_interval`] |
//! | does the larger model pay? | [`LtvModel::likelihood_ratio`], AIC and BIC in the [`FitSummary`] |
//! | was the forecast right, and better than another? | [`LtvModel::evaluate`], [`LtvModel::evaluate_beside`], [`LtvModel::track`] |
//! | what does a season or a campaign do? | [`VaryingParams`] |
//! | how do channels and cohorts differ? | [`CovariateParams`], [`SpendCovariateParams`], [`CohortParams`] |
//!
//! # Data contract
//!
//! A [`PurchaseHistory`](crate::data::PurchaseHistory), given or taken from a ledger as of a day
//! ([`Observed`](crate::data::Observed)): times may be fractional, purchases of one day are one. Repeat buyers whose mean
//! spend is not positive take no part in the fit of spend and count as 0 when they are predicted. A [`Histogram`] of
//! distinct histories is enough to fit.
//!
//! # Example
//!
//! ```
//! use regulars::data::{Ledger, Transaction};
//! use regulars::ltv::{LtvParams, Model};
//! use regulars::types::{Amount, AsOf, Currency, Day, Horizon};
//!
//! let mut builder = Ledger::builder(Currency::EUR);
//! for customer in 0..200_i64 {
//!     // Some come often, some once.
//!     for visit in 0..=(customer % 7) * (customer % 3) {
//!         let day = Day::ymd(2024, 1, 1 + (customer % 28) as u32)?.checked_add(visit * (9 + customer % 20));
//!         let cents = 1_500 + 100 * (customer % 11) + 37 * (visit % 5);
//!         builder.push(Transaction::new(customer, day.unwrap()).amount(Amount::minor(cents)))?;
//!     }
//! }
//! let ledger = builder.build()?;
//! let now = ledger.observed(AsOf::ymd(2024, 6, 30)?)?;
//!
//! let model = LtvParams::auto().fit(now)?;
//! let values = model.predict(now, Horizon::days(365)?)?;
//! let ann = values.by_key(41).unwrap();
//! println!(
//!     "{}: alive {:.2}, {:.1} purchases, {} EUR",
//!     model.process().model(),
//!     ann.p_alive.get(),
//!     ann.purchases,
//!     Currency::EUR.format_expected(ann.clv.unwrap())
//! );
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Recipes
//!
//! ## Newcomers, and days that are not today
//!
//! What is a new customer worth, and what will happen in the second year rather than the first?
//!
//! ```
//! use regulars::ltv::{PurchaseProcess, RecencyFrequency};
//!
//! let process = PurchaseProcess::pareto_nbd(0.553, 10.578, 0.606, 11.669)?; // weeks
//! let newcomer = |weeks: f64| process.expected_purchases(&RecencyFrequency::NEW, weeks);
//! let second_year = newcomer(104.0) - newcomer(52.0);
//! assert!(second_year < newcomer(52.0));
//!
//! let customer = RecencyFrequency::new(2.0, 30.43, 38.86)?;
//! let (now, in_a_year) = (process.p_alive(&customer), process.p_alive_after(&customer, 52.0));
//! assert!(in_a_year < now);
//! // P(no purchase within a quarter): whom to write to.
//! let silent = process.p_purchases(&customer, 13.0, 0).unwrap().get();
//! assert!(silent > 0.5 && silent < 1.0);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! ## Shards and days add up
//!
//! Each shard counts its customers; the sum is the same model to the last bit, in any order.
//!
//! ```
//! use regulars::data::TimeUnit;
//! use regulars::ltv::{Histogram, LtvParams, Model, PurchaseProcess};
//! use regulars::types::Seed;
//!
//! let truth = PurchaseProcess::bg_nbd(0.5, 6.0, 0.8, 2.5)?;
//! let shard = |seed| truth.simulate(&[52.0; 400], TimeUnit::Week, Seed(seed)).map(|h| Histogram::new(&h));
//! let (a, b, c) = (shard(1)?, shard(2)?, shard(3)?);
//! let one_way = LtvParams::new(Model::BgNbd).fit(&a.merge(&b)?.merge(&c)?)?;
//! let another = LtvParams::new(Model::BgNbd).fit(&c.merge(&a)?.merge(&b)?)?;
//! assert_eq!(one_way, another);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! ## Money with refunds, gifts and heavy tails
//!
//! | in the data | policy |
//! |---|---|
//! | a refund | no purchase; lowers the spend of its customer ([`Refunds`](crate::data::Refunds)) |
//! | a purchase of amount 0 | a purchase like any other; lowers the mean spend |
//! | a repeat buyer whose mean spend is 0 or negative | no part in the fit of spend; predicted as one who spends nothing so far: below the mean, above 0 |
//! | q <= 1, so that newcomers have no mean spend | the median customer's mean spend |
//! | nobody came back with money | a model without spend: `clv` is `None` |
//!
//! ```
//! use regulars::data::{Customers, PurchaseHistory, TimeUnit};
//! use regulars::ltv::{LtvParams, Model};
//! use regulars::types::Horizon;
//!
//! let column = |v: &[f64]| v.to_vec();
//! let history = PurchaseHistory::new(
//!     Customers::numbered(6)?,
//!     TimeUnit::Week,
//!     column(&[0.0, 1.0, 3.0, 2.0, 5.0, 1.0]),
//!     column(&[0.0, 5.0, 22.0, 9.0, 38.0, 30.0]),
//!     column(&[39.0; 6]),
//! )?
//! .with_spend(column(&[0.0, 1_200.0, -300.0, 0.0, 2_500.0, 900.0]))?; // the third gave back more than was bought
//! let model = LtvParams::new(Model::BgNbd).fit(&history)?;
//! let values = model.predict(&history, Horizon::weeks(26)?)?;
//! assert!(values.values().iter().all(|v| v.clv.unwrap().in_minor() >= 0.0));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! ## A forecast judged in one call
//!
//! Errors with intervals, four baselines, deciles, conditional expectations and the tracking curve.
//!
//! ```
//! use regulars::ltv::{LtvParams, Model};
//! use regulars::simulate::ShopParams;
//! use regulars::types::{AsOf, Horizon, Seed};
//!
//! let ledger = ShopParams::new(600, Seed(4)).simulate()?.ledger()?;
//! let cut = AsOf::new(ledger.covers().1.checked_add(-182).unwrap());
//! let split = ledger.split(cut, Horizon::days(182)?)?;
//! let judged = LtvParams::new(Model::BgNbd).fit(split.observed())?.evaluate(split)?;
//! assert!(judged.model.rmse.value < judged.own_rate.rmse.value);
//! assert!(judged.deciles.windows(2).all(|d| d[0].predicted <= d[1].predicted));
//! assert!(judged.tracking.is_some());
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! ## Customers who differ by what is known of them
//!
//! | known | tool |
//! |---|---|
//! | channel, country, age: does not change | [`CovariateParams`] on buying and leaving, [`SpendCovariateParams`] on spend |
//! | seasons, campaigns: changes for all or for each | [`VaryingParams`] with [`CalendarCovariates`] |
//! | the quarter they came in, groups of any size | [`CohortParams`]: a model for each, drawn to the whole |
//!
//! Covariates are cheaper and can be tested; cohorts also let shapes differ. With both in doubt, hold out the last
//! quarter and compare ([`LtvModel::evaluate_beside_counts`] for models of this page).
//!
//! # Complexity
//!
//! n customers with d distinct histories: O(n log n) to count them, O(d) for each of about ten Newton steps, O(n) space.
//! Predictions of BG/NBD and MBG/NBD take one Chebyshev series of 20 terms a customer, of the others one quadrature.
//! Everything runs in the caller's rayon pool.
//!
//! | step | time | space |
//! |---|---|---|
//! | histogram | O(n log n) | O(n) |
//! | fit | O(d) a Newton step, ten to twenty steps | O(d) |
//! | predictions | O(n) | O(n) |
//! | bootstrap of b refits | O(b d) | O(b + threads x d) |
//! | covariates, m effects | O(n (N + m)^2) a step | O(m^2) |
//! | `auto` | six models at three inner dates, then two fits | O(n) |
//!
//! # Accuracy
//!
//! Parameters, standard errors and log-likelihoods of CDNOW to 1e-5, 1e-3 and 1e-9 relative (Newton at 40 digits);
//! predictions to 1e-9 or better against 40-digit evaluations of the closed forms (`tests/golden/ltv.json`). All
//! predictions are total: nothing is singular at a = 1, s = 1 or alpha = beta, nothing overflows for a million purchases.
//! On thousands of drawn corners of the domain log-likelihood, P(alive) and expected purchases of the first four models agree
//! with 60-digit values to 1e-9 relative or better (`tests/golden/MAKING.md` has the recipe, `tests/golden/ltv_stress.json` a
//! part of them).
//!
//! # Determinism
//!
//! No chance. Histories are counted in sorted order and summed in fixed segments, so that the order of customers, the
//! number of threads and the way shards were merged change no bit. A customer's prediction depends on that customer alone.
//!
//! # Errors
//!
//! An empty history, another unit of time than the model's, or a history without the spend that the model was fitted
//! with. A likelihood without a proper maximum is no error: [`FitStatus`] says so.
//!
//! # References
//!
//! - P. S. Fader, B. G. S. Hardie, K. L. Lee (2005), "Counting your customers" the easy way, doi:10.1287/mksc.1040.0098
//! - E. P. Batislam, M. Denizel, A. Filiztekin (2007), doi:10.1016/j.ijresmar.2006.12.005
//! - D. C. Schmittlein, D. G. Morrison, R. Colombo (1987), doi:10.1287/mnsc.33.1.1
//! - A. C. Bemmaor, N. Glady (2012), doi:10.1287/mnsc.1110.1461
//! - M. Platzer, T. Reutterer (2016), doi:10.1287/mksc.2015.0963 (CNBD-k)
//! - P. S. Fader, B. G. S. Hardie, J. Shang (2010), doi:10.1287/mksc.1100.0580 (BG/BB)
//! - P. S. Fader, B. G. S. Hardie (2007), doi:10.1002/dir.20074 (shifted beta-geometric)
//! - P. Bachmann, M. Meierer, J. Naef (2021), doi:10.1287/mksc.2020.1254 (covariates over time)
//! - P. S. Fader, B. G. S. Hardie (2013), The Gamma-Gamma model of monetary value, brucehardie.com/notes/025

mod auto;
mod beside;
mod betageo;
mod bootstrap;
mod calendar;
mod cohorts;
mod contract;
mod covariates;
mod curves;
mod discount;
mod discrete;
mod drift;
mod dropout;
mod erlang;
mod fit;
mod histogram;
mod history;
mod infer;
mod jet;
mod model;
mod newton;
mod params;
mod process;
mod simulate;
mod spend;
mod spend_covariates;
mod summary;
mod total;
mod tracking;
mod validate;
mod varying;
#[cfg(feature = "serde")]
mod wire;
#[cfg(feature = "serde")]
mod wire_effects;

pub use beside::Comparison;
pub use bootstrap::Bootstrap;
pub use calendar::CalendarCovariates;
pub use cohorts::{Cohort, CohortBy, CohortModel, CohortParams, Cohorts};
pub use contract::{Outlook, Renewals, ShiftedBetaGeometric};
pub use covariates::{CovariateModel, CovariateParams, Effect, Effects};
pub use discount::Discount;
pub use drift::Drift;
pub use histogram::Histogram;
pub use history::RecencyFrequency;
pub use infer::{CustomerInterval, LikelihoodRatio};
pub use model::{FitInput, LifetimeValue, LtvModel, PredictInput};
pub use params::{LtvParams, Model, Prior};
pub use process::PurchaseProcess;
pub use spend::GammaGamma;
pub use spend_covariates::{SpendCovariateModel, SpendCovariateParams};
pub use summary::{Candidate, Estimate, FitStatus, FitSummary};
pub use total::TotalValue;
pub use tracking::Tracking;
pub use validate::{Class, Errors, Evaluation, Measured, holdout_purchases};
pub use varying::{VaryingModel, VaryingParams};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_effects;
