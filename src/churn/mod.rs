//! Who is leaving, how sure are we, why, and what does it pay to act.
//!
//! | question | begin with |
//! |---|---|
//! | who of my buyers will not come back? | [`ChurnParams::fit`] on orders; [`Past`] and [`Known`] add events and contracts |
//! | who of the customers in this table will leave? | [`ChurnParams::fit_table`] |
//! | why this customer? | [`TableModel::explain`], [`ChurnModel::explain`]: contributions and reasons in words |
//! | what does a column do? | [`TableModel::effects`]: partial dependence, exact |
//! | what would change it? | [`TableModel::cheapest_change`] |
//! | is an effect real, and how large? | [`LogisticParams`]: standard errors, tests, intervals |
//! | which of many columns matter? | [`ElasticNetParams`] |
//! | which of several stages comes next? | [`StageParams`] |
//! | who is changing right now? | [`WarningParams`]: signals with evidence and controlled false alarms |
//! | whom to contact, and what does it earn? | [`Campaign`] |
//! | is the model in use still right? | [`MonitorParams`]: keep, recalibrate or refit |
//! | is this model better than that rule? | [`Comparison`]: paired bootstrap |
//!
//! Do not use it for how many purchases will come or what they are worth (see [`ltv`](crate::ltv)), nor on labels that were
//! known only after the features: no model can tell that a table leaks. A probability says who leaves if nothing is done; it
//! does not say whom a campaign would keep, which takes an experiment.
//!
//! # Model
//!
//! P(leaves | x) = 1 / (1 + e^−z), z = a + b (β₀ + Σ βⱼ fⱼ(x) + effects of levels + trees), β minimising
//! Σ \[ln(1 + e^z) − y z\] + ½ λ Σ sⱼ² βⱼ², with sⱼ the standard deviation of term fⱼ over the rows of the fit.
//!
//! - [`Method::Plain`]: terms are the numbers as they are and the levels against the first one; λ = 0 by default, so
//!   coefficients have standard errors. A term that repeats others is left out and listed; one that separates the outcomes
//!   is an error that names it.
//! - [`Method::Auto`]: a number x contributes x (kept within the range of the fit), its rank r(x) in the fit, and
//!   (r(x) − k)₊ for up to eight knots k at quantiles: a piecewise linear curve that does not care for units or outliers.
//!   Each level has a term; those with fewer than 10 rows or 0.1 % are pooled, as are those beyond the 100 most frequent. Pairs
//!   of columns are screened by the residuals in tables of their cells, eighths, quarters and halves of the ranks (chi-square,
//!   Bonferroni at 1 %); the screen runs inside each fold, and as many of the strongest pairs (0, 1, 3, 6, 12 or 24) are used
//!   as the loss out of fold supports, the fewest within one standard error of the best. Columns of many levels
//!   (shops, towns, plan codes) have an effect of each level besides, and slopes of each level along a number where they differ:
//!   random intercepts and slopes of a mixed model, shrunk by a variance that is chosen out of fold. What all that leaves is looked at
//!   by small trees of at most three splits in a row, none unless they lower the loss out of fold by more than one standard
//!   error; they too are sums of functions of one, two or three columns and stand in explanations as such. λ is the one of a grid from 0.1 to 300 with the smallest
//!   loss in five folds, chosen anew with the pairs. (a, b) recalibrate the scores out of fold (Platt), and on request a
//!   curve that never falls; for [`Method::Plain`] they are (0, 1). [`ChurnParams::monotone`] keeps a column's curve from
//!   turning.
//!
//! Who has left is said by [`Leaving`]: no purchase within the horizon, silence beyond the customer's own rhythm, or a contract
//! that ended.
//!
//! # Behaviour: the columns learned from orders
//!
//! A purchase is a day with at least one row that is not a refund. Times are in days (in baskets under an ordinal time
//! axis), money in major units; nothing after the cut is seen.
//!
//! | column | meaning |
//! |---|---|
//! | `recency`, `tenure` | time since the last and since the first purchase |
//! | `purchases`, `last_30`, `last_90` | purchases in all, in the last 30 and 90 days |
//! | `mean_gap`, `longest_gap` | mean and longest time between the customer's purchases; missing for who bought once |
//! | `rhythm` | the mean gap with one more gap, as long as the tenure, added: the rhythm as far as it is known |
//! | `silence` | recency / rhythm |
//! | `irregularity` | standard deviation of the gaps / mean gap; missing below three purchases |
//! | `trend` | (purchases in the newer half of the tenure − in the older half) / purchases |
//! | `spend`, `spend_per_purchase`, `last_spend` | money paid less refunds; paid per purchase; paid on the last purchase day; only where the ledger has amounts |
//! | `items`, `rows_per_purchase` | distinct items, only where the ledger has items; rows per purchase |
//! | `refund_share` | refunded money / (paid + refunded), of rows where there are no amounts |
//!
//! With [`Past::events`], for each of the twelve most frequent kinds of event at the cuts: `KIND in 90 days` (how many) and
//! `KIND days ago` (time since the last, missing where there was none). With [`Past::contracts`]: `contract age` (since the
//! running contract began, missing without one), `contracts ended` and `plan`.
//!
//! # From a model to an action
//!
//! ```
//! use regulars::churn::{Campaign, ChurnParams, Known, MonitorParams, Past, Verdict, WarningParams};
//! use regulars::simulate::ShopParams;
//! use regulars::types::{AsOf, Expected, Horizon, Language, Seed};
//!
//! let shop = ShopParams::new(400, Seed(1)).simulate()?;
//! let (ledger, events) = (shop.ledger()?, shop.events()?);
//! let (horizon, last) = (Horizon::days(60)?, shop.days().1);
//! let cut = |back: i64| ledger.split(AsOf::new(last.checked_add(-back).unwrap()), horizon);
//!
//! // Learn from two cuts; judge and watch with a later one.
//! let past = [cut(240)?, cut(180)?].map(|split| Past::new(split).events(&events));
//! let model = ChurnParams::new().fit(&past)?;
//! let test = Past::new(cut(60)?).events(&events);
//! assert!(model.evaluate(test)?.auc > 0.6);
//! let (left, _) = model.outcomes(test)?;
//! let seen = Known::new(test.split().observed()).events(&events);
//! let (table, risk) = (model.features(seen)?, model.predict(seen)?);
//! let monitor = MonitorParams::new().fit(&table, &risk, Some(&left))?;
//! assert_eq!(monitor.evaluate(&table, &risk, Some(&left))?.verdict, Verdict::Keep);
//!
//! // Now: whom to call, and why.
//! let now = Known::new(ledger.observed(AsOf::new(last))?).events(&events);
//! let money = |euros: f64| Expected::minor(100.0 * euros);
//! let campaign = Campaign::new(money(150.0)?, money(10.0)?, money(1.0)?);
//! let targets = campaign.rank(&model.predict(now)?, None)?;
//! let why = model.explain_one(now, targets[0].customer)?;
//! assert!(!why.reasons(Language::English, 3).is_empty());
//! let warnings = WarningParams::new().fit(now)?;
//! assert!(warnings.all().iter().all(|w| !w.evidence(Language::Chinese).is_empty()));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Recipes
//!
//! **How good is it, before it is used?** Out of fold, with everything that looks at outcomes inside the folds:
//!
//! ```
//! use regulars::churn::{ChurnParams, Evaluation};
//! use regulars::simulate::ChurnTableParams;
//! use regulars::types::Seed;
//!
//! let shop = ChurnTableParams::new(800, Seed(3)).simulate()?;
//! let (table, left) = (shop.features(), shop.left().values());
//! let params = ChurnParams::new();
//! let folds = params.folds(table, left, 5)?;
//! let risk = params.out_of_fold(table, left, &folds)?;
//! let p: Vec<f64> = risk.values().iter().map(|p| p.get()).collect();
//! let judged = Evaluation::new(left, &p)?;
//! assert!(judged.auc > 0.6 && judged.calibration_error < 0.1);
//! // Of ten groups by predicted risk, the highest holds most leavers.
//! assert!(judged.gains[0].lift > 1.0);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! **Is it better than what we have?** The same customers judge both, so the interval is of the difference:
//!
//! ```
//! # use regulars::churn::{ChurnParams, Comparison};
//! # use regulars::simulate::ChurnTableParams;
//! # use regulars::types::Seed;
//! # let shop = ChurnTableParams::new(800, Seed(3)).simulate()?;
//! # let (table, left) = (shop.features(), shop.left().values());
//! let old = table.select(&["tenure"])?; // the rule in use looks at the tenure alone
//! let params = ChurnParams::new();
//! let folds = params.folds(table, left, 5)?;
//! let of = |table| -> regulars::Result<Vec<f64>> {
//!     Ok(params.out_of_fold(table, left, &folds)?.values().iter().map(|p| p.get()).collect())
//! };
//! let gain = Comparison::new(left, &of(table)?, &of(&old)?, 200, Seed(1))?;
//! assert!(gain.auc.low > 0.0 && gain.brier.high < 0.0);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! **A curve must not turn** because nobody would believe it: the risk may only fall with the tenure.
//!
//! ```
//! # use regulars::churn::{ChurnParams, Direction, Value};
//! # use regulars::simulate::ChurnTableParams;
//! # use regulars::types::Seed;
//! # let shop = ChurnTableParams::new(600, Seed(3)).simulate()?;
//! let params = ChurnParams::new().monotone("tenure", Direction::Falling);
//! let model = params.fit_table(shop.features(), shop.left().values())?;
//! let effects = model.effects()?;
//! let tenure = effects.iter().find(|e| e.column == "tenure").unwrap();
//! let known: Vec<f64> =
//!     tenure.points.iter().filter(|p| p.value != Value::Missing).map(|p| p.log_odds).collect();
//! assert!(known.windows(2).all(|w| w[1] <= w[0] + 1e-12));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! **Is an effect real?** Maximum likelihood on columns chosen beforehand, with standard errors that know which rows belong
//! together:
//!
//! ```
//! use regulars::churn::{Covariance, LogisticParams};
//! use regulars::data::{Customers, Matrix};
//!
//! // Fifty customers, seen on four days each.
//! let customer: Vec<u64> = (0..200).map(|i| i / 4).collect();
//! let complaints: Vec<f64> = customer.iter().map(|c| (c % 3) as f64).collect();
//! let left: Vec<bool> = (0..200).map(|i| (i / 4 % 3) * 3 + i * 7 % 10 > 8).collect();
//! let x = Matrix::new(Customers::numbered(200)?, ["complaints"], complaints)?;
//! let model = LogisticParams::new().covariance(Covariance::Clustered(&customer)).fit(&x, &left)?;
//! let effect = &model.coefficients()[1];
//! assert!(effect.estimate().exp() > 1.5); // each complaint multiplies the odds of leaving by that
//! assert!(effect.p_value().unwrap() < 0.01);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! **Which columns matter, of many?** A short list and a forecast, no p-values:
//!
//! ```
//! use regulars::churn::{ElasticNetParams, PathChoice};
//! use regulars::data::{Customers, Matrix};
//!
//! let x: Vec<f64> = (0..6_000_u32).map(|i| f64::from(i * 7_919 % 2_003) / 2_003.0).collect();
//! let left: Vec<bool> = x.chunks(30).map(|row| row[4] - row[9] > 0.1).collect();
//! let matrix = Matrix::unnamed(Customers::numbered(200)?, 30, x)?;
//! let model = ElasticNetParams::new(0.9).choice(PathChoice::OneStandardError).fit(&matrix, &left)?;
//! let kept: Vec<&str> = model.kept().map(|c| c.0).collect();
//! assert!(kept.contains(&"x5") && kept.contains(&"x10"));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! **Hundreds of shops**: each has its own level of risk, known the better the more customers it has; a new shop is an average one.
//!
//! ```
//! use regulars::churn::ChurnParams;
//! use regulars::data::{Customers, Features};
//!
//! let shop = |i: usize| i * 7 % 150;
//! let names: Vec<String> = (0..4_000).map(|i| format!("shop {}", shop(i))).collect();
//! let left: Vec<bool> = (0..4_000).map(|i| shop(i) % 5 + i * 31 % 17 % 7 > 6).collect();
//! let table = |names: &[String]| -> regulars::Result<Features> {
//!     let levels = names.iter().map(String::as_str);
//!     Features::builder(Customers::numbered(names.len())?).categorical("shop", levels)?.build()
//! };
//! let model = ChurnParams::new().fit_table(&table(&names)?, &left)?;
//! let later = table(&["shop 4".to_owned(), "shop 5".to_owned(), "a new one".to_owned()])?;
//! let risk: Vec<f64> = model.predict(&later)?.values().iter().map(|p| p.get()).collect();
//! assert!(risk[0] > risk[2] && risk[2] > risk[1]);
//! // It is told as any other column.
//! let why = model.explain(&later, later.customers().customer(0).unwrap())?;
//! assert_eq!(why.contributions()[0].column(), "shop");
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! **Labels by own rhythm**: who comes every week is missed sooner than who comes every quarter.
//!
//! ```
//! use regulars::churn::{ChurnParams, Leaving};
//! use regulars::simulate::ShopParams;
//! use regulars::types::{AsOf, Horizon, Seed};
//!
//! let shop = ShopParams::new(400, Seed(1)).simulate()?;
//! let (ledger, last) = (shop.ledger()?, shop.days().1);
//! let split = ledger.split(AsOf::new(last.checked_add(-90).unwrap()), Horizon::days(90)?)?;
//! let patient = ChurnParams::new().leaving(Leaving::Silence { times: 4.0 }).fit(&[split])?;
//! let strict = ChurnParams::new().leaving(Leaving::Silence { times: 2.0 }).fit(&[split])?;
//! assert!(patient.churn_rate() < strict.churn_rate());
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! **More outcomes than two**: stays, downgrades, leaves.
//!
//! ```
//! use regulars::churn::StageParams;
//! use regulars::data::{Customers, Matrix};
//!
//! let usage: Vec<f64> = (0..120).map(|i| f64::from(i % 12)).collect();
//! let stage: Vec<&str> = (0..120)
//!     .map(|i| match i % 12 + i * 5 % 4 {
//!         0..4 => "leaves",
//!         4..8 => "downgrades",
//!         _ => "stays",
//!     })
//!     .collect();
//! let x = Matrix::new(Customers::numbered(120)?, ["usage"], usage)?;
//! let model = StageParams::new().fit(&x, &stage)?;
//! let p = &model.predict(&x)?.into_values()[11]; // of a heavy user
//! let stays = model.stages().iter().position(|s| s == "stays").unwrap();
//! assert!(p[stays].get() > 0.8);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! **Whom to call first**: by what the call earns, not by the risk alone.
//!
//! ```
//! use regulars::churn::{Campaign, ChurnParams};
//! use regulars::data::PerCustomer;
//! use regulars::simulate::ChurnTableParams;
//! use regulars::types::{Expected, Seed};
//!
//! let shop = ChurnTableParams::new(400, Seed(3)).simulate()?;
//! let table = shop.features();
//! let risk = ChurnParams::new().fit_table(table, shop.left().values())?.predict(table)?;
//! let charges = table.numeric("monthly_charge")?;
//! // A customer who stays is worth a year of what they pay now.
//! let worth = (0..table.len()).map(|row| Expected::minor(1_200.0 * charges.get(row).unwrap_or(0.0)));
//! let worth = PerCustomer::new(risk.customers().clone(), worth.collect::<regulars::Result<_>>()?)?;
//! let campaign = Campaign::new(Expected::minor(30_000.0)?, Expected::minor(2_000.0)?, Expected::minor(200.0)?);
//! let ranked = campaign.rank(&risk, Some(&worth))?;
//! assert!(ranked.windows(2).all(|w| w[0].gain.in_minor() >= w[1].gain.in_minor()));
//! let pays = ranked.iter().filter(|target| target.gain.in_minor() > 0.0).count();
//! assert!(pays > 0 && pays < ranked.len());
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Reading an explanation
//!
//! ```text
//! probability 0.742, log-odds +1.056
//! -1.232  average customer
//! +1.310  bought about every 21 days, silent for 63
//! +0.611  complaint: 2 in the last 90 days
//! +0.367  buys less often than earlier
//! ```
//!
//! The lines add up: −1.232 + 1.310 + 0.611 + 0.367 = 1.056, and 1 / (1 + e^−1.056) = 0.742. A line of +0.69 doubles the odds
//! of leaving, one of −0.69 halves them; below 0.1 it is no reason worth telling.
//!
//! # Assumptions
//!
//! The future resembles the cuts learned from: a season that none of them saw shifts every probability
//! ([`ChurnModel::season_seen`] says how much of it they saw). Customers are
//! independent. Several cuts repeat customers; folds keep them together, standard errors of [`Method::Plain`] do not know.
//!
//! # Data contract
//!
//! Labels: one per row, both outcomes. Numbers finite or missing; a missing number counts as an average one, and has a term
//! of its own from 30 such rows on. A level unknown to the fit counts as rare, or as average where there are no rare ones
//! ([`TableModel::unseen_levels`] counts them). Splits of one fit share their horizon.
//!
//! # Example
//!
//! ```
//! use regulars::churn::ChurnParams;
//! use regulars::simulate::ChurnTableParams;
//! use regulars::types::{Language, Seed};
//!
//! let shop = ChurnTableParams::new(600, Seed(1)).simulate()?;
//! let (table, left) = (shop.features(), shop.left().values());
//! let model = ChurnParams::new().fit_table(table, left)?;
//! let risk = model.predict(table)?;
//! let customer = table.customers().customer(0).unwrap();
//! let why = model.explain(table, customer)?;
//! assert!((why.probability().get() - risk.values()[0].get()).abs() < 1e-12);
//! for reason in why.reasons(Language::English, 3) {
//!     assert!(!reason.is_empty());
//! }
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Complexity
//!
//! Trees take n / 2 additions for each column, tree and depth. A Newton step takes n p² / 2 multiplications in blocks of 128 rows; chunks run in parallel. [`LogisticParams`] reads the
//! matrix in place and needs 64 partial sums of p² numbers, fewer where they would exceed 256 MB; with a ridge and more than
//! 700 columns it goes by L-BFGS, which needs neither. [`Method::Auto`] encodes the table (8 bytes for each row and
//! term) and cross-validates on at most 50,000 rows, chosen by the hash of their keys.
//!
//! # Accuracy
//!
//! Coefficients equal R's `glm` within 1e−9 relative, with [`Covariance::LikeR`] standard errors too; by default they are
//! those at the maximum (R's are one step older, 1.5e−8 off). On the IBM Telco table, five fixed folds out of fold, the default has AUC .8505, Brier .1330, calibration
//! error .007 (gradient boosting .848, .134, .009; maximum likelihood .845, .136, .014).
//!
//! # Determinism
//!
//! The same bits on any number of threads. Folds follow the keys of the customers and the seed. Another order of the rows
//! moves results by rounding only, because sums run in the order of the rows.
//!
//! # Words
//!
//! | word | meaning here |
//! |---|---|
//! | cut | a day: everything up to it is known, everything after it is to be foreseen |
//! | horizon | the days after a cut in which who stays comes back |
//! | label, outcome | whether a customer left within the horizon |
//! | score | β₀ + Σ βⱼ fⱼ + trees, before recalibration |
//! | log-odds | ln(p / (1 − p)): 0 is one half, +2.2 is 0.9, −2.2 is 0.1 |
//! | contribution | what a column adds to the log-odds, against the average customer |
//! | out of fold | by a model that has not seen the customer |
//! | calibrated | of those told 0.3, three in ten leave |
//! | calibration error | mean distance of told and seen shares over ten groups of equal size |
//! | Brier score | mean squared distance of probability and outcome: 0 is perfect, rate × (1 − rate) a constant |
//! | lift | the share of leavers in a group over that of all |
//! | AUC | the probability that a leaver stands above a stayer |
//! | aliased | a term that others already say |
//! | pair | two columns whose effects do not simply add up |
//! | effect of a level | what one level of a column with many adds beside the terms; drawn to nothing where few customers hold it |
//!
//! # What the default does with odd columns
//!
//! | column | what happens |
//! |---|---|
//! | constant, or missing everywhere | contributes nothing |
//! | repeated, or nearly | the ridge shares the effect between the two |
//! | names and codes of customers, as text | every level is rare: one pooled term that says nothing |
//! | running numbers | a curve like any other: give them as [`Customers`](crate::data::Customers), not as a column |
//! | codes written as numbers | a curve, and trees where the order means little |
//! | thousands of levels | the 100 most frequent have terms; every level an effect of its own, drawn to the average, where that lowers the loss out of fold |
//! | amounts over many powers of ten | knots at ranks: the same curve as of their logarithms |
//! | free text | as levels: rare ones pooled; find words in it before |
//! | a column that tells the outcome | a probability near 0 or 1 for everybody: look at [`TableModel::effects`] before trusting it |
//!
//! # When it goes wrong
//!
//! | what is seen | what it says | what helps |
//! |---|---|---|
//! | AUC near 1 | a column was written after the outcome | leave it out, cut by date |
//! | AUC near one half, out of fold | the columns say nothing | other columns: behaviour, complaints, contracts |
//! | right order, wrong level | a season or a campaign that no cut has seen | more cuts, [`MonitorParams`], recalibration |
//! | slope below 1 in use | the law has changed or faded | refit |
//! | separation under [`Method::Plain`] | a column parts the outcomes | a ridge, [`LogisticParams::firth`], [`Method::Auto`] |
//! | many unseen levels | new names for old things | translate them, refit |
//!
//! # Errors
//!
//! [`InvalidParam`](crate::ErrorKind::InvalidParam), [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch),
//! [`EmptyInput`](crate::ErrorKind::EmptyInput); [`InvalidInput`](crate::ErrorKind::InvalidInput) for one outcome only, a
//! column that is not there or changed its kind, separation and collinearity without a ridge;
//! [`NotConverged`](crate::ErrorKind::NotConverged). No model comes out of a fit that did not converge.
//!
//! # References
//!
//! McCullagh and Nelder (1989), Generalized Linear Models, doi:10.1007/978-1-4899-3242-6. Albert and Anderson (1984), on
//! separation, doi:10.1093/biomet/71.1.1. Lou, Caruana, Gehrke and Hooker (2013), additive models with pairs,
//! doi:10.1145/2487575.2487579. Firth (1993), bias reduction, doi:10.1093/biomet/80.1.27. Friedman, Hastie and Tibshirani
//! (2010), elastic nets, doi:10.18637/jss.v033.i01. Verbraken, Verbeke and Baesens (2013), profit of churn models,
//! doi:10.1109/TKDE.2012.50. Breslow and Clayton (1993), mixed logistic models, doi:10.1080/01621459.1993.10594284. `DeLong`, `DeLong` and Clarke-Pearson (1988), AUC variances, doi:10.2307/2531595. Benjamini and
//! Hochberg (1995), false discoveries, doi:10.1111/j.2517-6161.1995.tb02031.x. Zadrozny and Elkan (2002), isotonic
//! recalibration, doi:10.1145/775047.775151. Platt (1999), Probabilistic outputs for support vector machines, in Advances in Large Margin
//! Classifiers.

mod compare;
mod design;
mod effects;
mod elastic;
mod evaluate;
mod explain;
mod folds;
mod isotonic;
mod levels;
mod logistic;
mod model;
mod monitor;
mod orders;
mod params;
mod past;
mod profit;
mod screen;
mod sharp;
mod stages;
mod statistics;
mod table;
mod trees;
mod warning;
#[cfg(feature = "serde")]
mod wire;
mod words;

pub use compare::{Comparison, Difference};
pub use effects::{Action, Change, Effect, EffectPoint};
pub use elastic::{ElasticNetModel, ElasticNetParams, PathChoice, PathPoint};
pub use evaluate::Evaluation;
pub use explain::{Contribution, Explanation, Value};
pub use logistic::{Coefficient, LogisticModel, LogisticParams, LogisticSummary};
pub use model::{ChurnModel, Cut};
pub use monitor::{Drift, Estimate, Monitor, MonitorParams, MonitorReport, Outcomes, Verdict};
pub use params::{ChurnParams, Direction, Leaving, Method, Recalibration};
pub use past::{Known, Past};
pub use profit::{BestContact, Campaign, ProfitPoint, Target};
pub use stages::{StageModel, StageParams};
pub use statistics::{Covariance, LikelihoodRatio};
pub use table::TableModel;
pub use warning::{Signal, Warning, WarningParams, Warnings};

#[cfg(test)]
mod tests;
