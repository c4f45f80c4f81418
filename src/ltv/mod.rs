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
//! | how sure is that? | [`LtvModel::predict_intervals`], [`LtvModel::bootstrap`], [`LtvModel::profile_interval`] |
//! | does the larger model pay? | [`LtvModel::likelihood_ratio`], AIC and BIC in the [`FitSummary`] |
//! | was the forecast right, and better than another? | [`LtvModel::evaluate`], [`LtvModel::evaluate_beside`] |
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
//! # Complexity
//!
//! n customers with d distinct histories: O(n log n) to count them, O(d) for each of about ten Newton steps, O(n) space.
//! Predictions of BG/NBD and MBG/NBD take one Chebyshev series of 20 terms a customer, of the others one quadrature.
//! Everything runs in the caller's rayon pool.
//!
//! # Accuracy
//!
//! Parameters, standard errors and log-likelihoods of CDNOW to 1e-5, 1e-3 and 1e-9 relative (Newton at 40 digits);
//! predictions to 1e-9 or better against 40-digit evaluations of the closed forms (`tests/golden/ltv.json`). All
//! predictions are total: nothing is singular at a = 1, s = 1 or alpha = beta, nothing overflows for a million purchases.
//! On 600 drawn corners of the domain log-likelihood, P(alive) and expected purchases of the first four models agree with
//! 70-digit values to 1e-8 relative or better (`tests/golden/ltv_stress.json` keeps 160 of them).
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
//! - P. S. Fader, B. G. S. Hardie (2013), The Gamma-Gamma model of monetary value, brucehardie.com/notes/025

mod auto;
mod beside;
mod betageo;
mod bootstrap;
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
mod params;
mod process;
mod simulate;
mod spend;
mod summary;
mod validate;
#[cfg(feature = "serde")]
mod wire;

pub use beside::Comparison;
pub use bootstrap::Bootstrap;
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
pub use summary::{Candidate, Estimate, FitStatus, FitSummary};
pub use validate::{Class, Errors, Evaluation, Measured, holdout_purchases};

#[cfg(test)]
mod tests;
