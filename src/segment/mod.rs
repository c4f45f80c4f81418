//! Who belongs together: segments of similar customers, named, described, and the same on every machine.
//!
//! # When to use it
//! To group customers by what they do (or by any numbers of your own) where no group is known beforehand, and to put
//! later customers into the same groups. It finds groups that are compact in the columns given; it does not find
//! nested, ring-shaped or very unequal groups, and it says nothing about the future. Where groups must follow fixed
//! cuts that a person has set, use the map of [`rfm`](crate::rfm) instead.
//!
//! # The model
//! k-means: centres c₁ .. cₖ that minimise the inertia Σᵢ wᵢ minⱼ |xᵢ − cⱼ|² over rows xᵢ with weights wᵢ (1 unless
//! [given](KMeansParams::weights)). Units are those of the matrix: under the default transform x is ln(1 + value),
//! minus its mean, over its standard deviation, so that every column counts the same. Each run is Lloyd's algorithm to
//! its end: rows go to the nearest centre (the lowest number among equals), centres to the mean of their rows. Of several
//! runs the one with the lowest inertia is kept. The inertia reported is that of the centres returned.
//! [`Algorithm::MiniBatch`] looks at some rows a step, for tables of millions.
//!
//! **Empty segments.** A segment that loses all its rows is given the row farthest from its own centre (the lowest row
//! among equals) that is not the last one of its segment; the summary counts how often
//! ([`repaired`](SegmentSummary::repaired)).
//!
//! **Starts** are drawn by k-means++ from all rows, or from 65,536 of them (one at random from each of as many equal
//! stretches) where there are more; or they are centres of one's own, or those of an older model
//! ([`KMeansParams::from_model`], a warm start).
//!
//! **How many.** [`KMeansParams::auto`] tries every k of a range on at most 8,192 rows, drawn in the same way. For each
//! it measures the silhouette (of 2,048 rows), the Calinski-Harabasz and Davies-Bouldin indices, the gap statistic (of
//! 4,096 rows against 10 uniform reference sets), and stability: the mean adjusted Rand index between the segments of the
//! sample and those of 12 bootstrap replicates. Candidates are the numbers with a stability of at least 0.8 (or the most
//! stable one) and a silhouette of at least 0.9 of the best of these. The three indices vote among the candidates; the
//! gap votes for the smallest number that is within one standard error of the next, if it is a candidate; the larger
//! number wins a tie. [`SegmentModel::choice`] shows the sweep.
//!
//! **Whether there are any.** Segments can be cut out of every cloud of customers, so the sweep also says what they are
//! ([`KScore::structure`]): groups that customers form by themselves, with fewer customers between two of them than in
//! either; cuts through fewer such groups; or cuts through one cloud. One half of the rows is clustered; along the edges of
//! the shortest tree that joins the centres, the rows of the other half that lie about the line through two centres are
//! projected on it, and a test on one peak against a valley decides. Were all rows one cloud with a log-concave density
//! (normal, uniform, exponential), every such projection would have a single peak; the test errs once in a hundred times
//! there. A cloud is no reason not to segment: most shops have one, and a campaign needs an audience. It is a reason not to read
//! much into the borders.
//!
//! **Names.** Where the columns `recency` and `frequency` or `monetary` are clustered, segments are named by rule. r, v
//! and t are the differences between the segment and all customers in mean recency, value (mean of frequency and spend)
//! and tenure, in standard deviations of the scaled columns; the first match wins:
//!
//! | name | 名称 | rule |
//! |---|---|---|
//! | champions | 核心客户 | v >= 1 and r <= −0.25 |
//! | at risk | 流失风险客户 | v >= 0 and r >= 0.25 |
//! | high value | 高价值客户 | v >= 0.4 |
//! | new | 新客户 | r <= −0.25 and t <= −0.5 |
//! | potential | 潜力客户 | r <= −0.25 |
//! | dormant | 沉睡客户 | r >= 0.5 |
//! | general | 一般客户 | all others |
//!
//! Segments of one kind are numbered, the most valuable first; [`SegmentModel::named`] gives names of one's own.
//!
//! **Alive.** [`assign`](SegmentModel::assign) puts later customers into the segments; [`update`](SegmentModel::update)
//! learns from them as a stream; [`migration`](SegmentModel::migration) tells who moved up and who slipped between two
//! dates; [`drift`](SegmentModel::drift) tests sizes and profiles and advises a refit;
//! [`matched`](SegmentModel::matched) gives a refit the order and names of the old segments, so that champions stay
//! champions.
//!
//! # Assumptions
//! Columns are on comparable scales (the default transform sees to it), no column is a copy of another (it would count
//! twice; [`whiten`](crate::data::TransformParams::whiten) against that), and distances mean something: few columns,
//! without heavy tails left ([`clip`](crate::data::TransformParams::clip) winsorises,
//! [`robust`](crate::data::TransformParams::robust) scales by quartiles).
//!
//! # Data contract
//! A [`Features`](crate::data::Features) table of numeric columns, or a [`Matrix`](crate::data::Matrix) as it is. Missing
//! values become the column's median unless a transform of one's own says otherwise, and are
//! [counted](SegmentSummary::filled). Columns of a table that are the same for everybody are left out and
//! [listed](SegmentModel::dropped); a constant column of a matrix is an error. Weights are a column of the table. New
//! customers need the same columns by name. Columns of one's own stand beside those of the ledger by
//! [`Features::join`](crate::data::Features::join):
//!
//! ```
//! use regulars::data::{Customers, Features};
//! use regulars::segment::KMeansParams;
//! use regulars::simulate::ShopParams;
//! use regulars::types::{AsOf, Seed};
//!
//! let ledger = ShopParams::new(100, Seed(4)).simulate()?.ledger()?;
//! let behaviour = Features::behaviour(ledger.observed(AsOf::new(ledger.covers().1))?)?;
//! let own = Features::builder(behaviour.customers().clone())
//!     .numeric("visits", (0..behaviour.len()).map(|row| (row % 7) as f64))?
//!     .build()?;
//! let model = KMeansParams::new(3).fit(&behaviour.join(&own)?)?;
//! assert!(model.columns().contains(&"visits".to_owned()));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Example
//! ```
//! use regulars::data::{Customers, Features};
//! use regulars::segment::KMeansParams;
//! use regulars::types::{Language, Seed};
//!
//! let features = Features::builder(Customers::numbered(8)?)
//!     .numeric("recency", [3.0, 5.0, 4.0, 2.0, 200.0, 300.0, 250.0, 280.0])?
//!     .numeric("frequency", [12.0, 9.0, 15.0, 11.0, 1.0, 2.0, 1.0, 1.0])?
//!     .numeric("monetary", [900.0, 700.0, 999.0, 800.0, 20.0, 50.0, 15.0, 30.0])?
//!     .build()?;
//! let model = KMeansParams::new(2).seed(Seed(7)).fit(&features)?;
//! let segments = model.assign(&features)?;
//! assert_eq!(model.name(segments.values()[0], Language::English), "high value");
//! assert_eq!(model.name(segments.values()[5], Language::Chinese), "沉睡客户");
//! assert!(model.summary().converged);
//! println!("{}", model.profiles()[0].describe(Language::English));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Month by month
//! Fit once, then follow: who moved, whether the segments still fit, and a refit under the old names.
//!
//! ```
//! use regulars::data::Features;
//! use regulars::segment::{Advice, Change, KMeansParams};
//! use regulars::simulate::ShopParams;
//! use regulars::types::{AsOf, Language, Seed};
//!
//! let ledger = ShopParams::new(400, Seed(8)).simulate()?.ledger()?;
//! let last = ledger.covers().1;
//! let at = |days_ago: i64| {
//!     let day = last.checked_add(-days_ago).expect("within the ledger");
//!     Features::behaviour(ledger.observed(AsOf::new(day))?)
//! };
//! let (june, july) = (at(30)?, at(0)?);
//!
//! let model = KMeansParams::new(4).seed(Seed(1)).fit(&june)?;
//! let (before, after) = (model.assign(&june)?, model.assign(&july)?);
//!
//! // Who moved up, who slipped: a list to act on, and the matrix of counts behind it.
//! let moves = model.migration(&before, &after)?;
//! let slipped = moves.changes().iter_keys().filter(|(_, change)| **change == Change::Down).count();
//! assert_eq!(slipped as u64, moves.moved_down());
//!
//! // Do the segments still describe the customers?
//! let drift = model.drift(&july)?;
//! println!("{}", drift.describe(Language::English));
//!
//! // A refit keeps the segments' identity, so that reports of both months can be laid side by side.
//! let model = match drift.advice {
//!     Advice::Refit => KMeansParams::new(4).seed(Seed(1)).fit(&july)?.matched(&model, &july)?,
//!     _ => model,
//! };
//! assert_eq!(model.k(), 4);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Which transform
//! | columns | transform | why |
//! |---|---|---|
//! | counts, days, money | the default: log1p, then standardise | a few large customers would otherwise be all that distance sees |
//! | with absurd values at the ends | [`clip(0.01, 0.99)`](crate::data::TransformParams::clip) before scaling | winsorised values keep their rank and lose their pull |
//! | with heavy tails after the logarithm | [`robust()`](crate::data::TransformParams::robust) instead of standardise | quartiles do not move with the tail |
//! | shares and scores that are comparable already | [`TransformParams::new()`](crate::data::TransformParams::new) | scaling would blow up a column that hardly varies |
//! | several columns that tell the same | [`whiten()`](crate::data::TransformParams::whiten) at the end | a fact counts once; noise counts as much as signal, so not by habit |
//!
//! Columns of categories are not numbers and have no distance: leave them out with
//! [`Features::select`](crate::data::Features::select) and look at them by segment afterwards.
//!
//! # Large data
//! Lloyd's algorithm takes a few seconds for a million customers. Beyond that, [`Algorithm::MiniBatch`] looks at a part of
//! the rows a step; and where the rows do not fit into memory, fit on the first part and learn from the others:
//!
//! ```
//! use regulars::segment::KMeansParams;
//! use regulars::simulate::BlobsParams;
//! use regulars::types::Seed;
//!
//! // The same three clouds, drawn again and again.
//! let part = |rows: u32| BlobsParams::new(rows, 3, Seed(6)).separation(8.0).simulate();
//! let mut model = KMeansParams::new(3).fit(part(500)?.matrix())?;
//! for rows in [600, 700, 800] {
//!     let segments = model.update(part(rows)?.matrix())?;
//!     assert_eq!(segments.len(), rows as usize);
//! }
//! assert_eq!(model.summary().rows, 2_600);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Reading a sweep
//! | number | what it says | look out for |
//! |---|---|---|
//! | stability | whether a new sample of customers would give the same segments; 1 is perfect, 0 is chance | below 0.8 a name means little |
//! | silhouette | how much nearer customers are to their own segment than to the next; 1 apart, 0 on the border | 0.2 to 0.4 is usual for behaviour, which has no gaps |
//! | gap | how much tighter segments are than those of rows without structure | at or below 0: cuts through one cloud, still useful for targeting |
//! | structure | groups that are apart, cuts through groups, or cuts through one cloud | groups that touch (round ones nearer than some 3 to 4 deviations) count as a cloud |
//! | Calinski-Harabasz, Davies-Bouldin | spread between against spread within | compare numbers of segments, never data sets |
//! | inertia per row | what is left unexplained | always falls with k |
//!
//! A number that the data do not choose may still be the right one for a team that can serve five groups: give it with
//! [`KMeansParams::new`], and read its stability from [`KMeansParams::evaluate`].
//!
//! # Questions
//! **Why do two segments have the same name with a number?** The rule judges each segment alone; two that stand alike
//! against all customers are of one kind. The number goes by value. Fewer segments, or names of one's own, tell more.
//!
//! **Why is a segment of good customers called "at risk"?** They are worth at least the average and have been silent for
//! longer than most. That is the rule, not a forecast: [`churn`](crate::churn) estimates who leaves.
//!
//! **Why did a customer move without buying anything?** Recency grows by itself. Moving down for silence is what the
//! segments are for.
//!
//! **How many customers does it take?** The sweep tells: with too few, bootstrap replicates disagree and stability falls
//! below 0.8. A few hundred usually serve for three or four segments.
//!
//! **What if a column is missing for most customers?** Its median stands in, so it says little and pulls those customers
//! together. [`SegmentSummary::filled`] counts such cells; leave the column out where they are many, or give what being
//! missing means as a column of its own:
//!
//! ```
//! use regulars::data::{Customers, Features};
//! use regulars::segment::KMeansParams;
//!
//! let gap = [Some(12.0), Some(9.0), None, None, Some(30.0), None];
//! let features = Features::builder(Customers::numbered(6)?)
//!     .numeric("mean_gap", gap)?
//!     .numeric("came back", gap.iter().map(|g| f64::from(u8::from(g.is_some()))))?
//!     .build()?;
//! let model = KMeansParams::new(2).fit(&features)?;
//! assert_eq!(model.summary().filled, 3);
//! assert_eq!(model.assign(&features)?.values()[2], model.assign(&features)?.values()[5]);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! **Why do effects and typical values disagree with the means?** Effects compare means of the scaled columns, typical
//! values are centres turned back (geometric means under the default transform), and means are plain averages in units of
//! the table, which a few large customers pull up. All three are true; the typical value is the one to say aloud.
//!
//! # Other shapes
//! [`MixtureParams`] fits Gaussian mixtures: soft segments of any width and direction. Bisecting k-means and k-medoids
//! were measured beside k-means and left out: `DESIGN.md` has the figures.
//!
//! # Complexity
//! The first iteration computes n · k distances; later ones only those of rows whose segment can have changed, known by
//! a bound on distances (exact: the labels are those of the plain algorithm). Seeding takes k · (2 + ln k) passes over
//! its sample. Memory is 6 bytes a row above the matrix, k · width numbers for each 4,096 rows, and 6 bytes for each row
//! that is computed. Rows, or whole runs where the matrix is small, are spread over the caller's threads. Distances are
//! differences in f64, several rows to a register; from some 500 products of segments and columns on they are products in
//! f32 with a bound of their error, and differences only where the two nearest centres lie within it. Faster than
//! scikit-learn's Lloyd from 2 to 64 columns and segments (`benches/RECORDS.md`).
//!
//! # Accuracy
//! From the same start, inertia equals that of scikit-learn's Lloyd to 10⁻⁹ relative, and labels are equal (tests). The
//! quality measures equal scikit-learn's to 10⁻¹³.
//!
//! # Determinism
//! Bit-identical for any number of threads, with or without rayon, whatever vector instructions the processor has.
//!
//! # Errors
//! [`InvalidParam`](crate::ErrorKind::InvalidParam) for k = 0 and the like;
//! [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the column that is constant (of a matrix), missing from the
//! table, of categories, too large, or holds bad weights, and naming `k` where there are fewer distinct rows than segments;
//! [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for another width.
//!
//! # References
//! Lloyd 1982, doi:10.1109/TIT.1982.1056489; Arthur and Vassilvitskii 2007, k-means++: the advantages of careful seeding
//! (SODA); Hamerly 2010, doi:10.1137/1.9781611972801.12; Ben-Hur, Elisseeff and Guyon 2002, a stability based method for
//! discovering structure in clustered data (PSB); Tibshirani, Walther and Hastie 2001, doi:10.1111/1467-9868.00293;
//! Sculley 2010, doi:10.1145/1772690.1772862; Kuhn 1955, doi:10.1002/nav.3800020109.

mod block;
mod choose;
mod drift;
mod fit;
mod follow;
mod gap;
mod input;
mod lloyd;
mod members;
mod minibatch;
mod mixture;
mod model;
mod names;
mod params;
mod profile;
mod screen;
mod seeding;
mod update;
mod valley;
#[cfg(feature = "serde")]
mod wire;

#[cfg(test)]
mod tests;

pub use choose::{Choice, KScore, Structure};
pub use drift::{Advice, ColumnDrift, Drift, SegmentDrift};
pub use follow::{Change, Migration};
pub use input::SegmentInput;
pub use members::{Member, Members};
pub use mixture::{MixtureModel, MixtureParams, MixtureScore, MixtureSummary};
pub use model::{Placement, Segment, SegmentModel, SegmentSummary};
pub use names::{SegmentKind, SegmentName};
pub use params::{Algorithm, Init, KMeansParams};
pub use profile::{SegmentProfile, Trait};
