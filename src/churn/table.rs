//! `TableModel`: churn from a table with one row per customer.
//!
//! The same model serves tables of the caller's and the behaviour table of orders: a design (how columns are encoded), means of
//! the encoded columns over the fit, coefficients, a line of recalibration and perhaps a curve on top of it. Predicting a row
//! encodes it, fills what is not known with the means, and takes one scalar product: O(terms), in parallel over rows.

use std::fmt;

use crate::data::{Column, Customers, Features, PerCustomer};
use crate::error::{Error, Result};
use crate::kernel::linalg::dot;
use crate::kernel::logistic::{self as engine, Config, Curvature, Data, Scaling};
use crate::kernel::{par, special};
use crate::types::{CustomerIx, Probability, Provenance, Seed};

use super::design::{Design, Reader, Shape};
use super::explain::{Contribution, Explanation, Value};
use super::levels::LevelEffects;
use super::logistic::{Coefficient, LogisticFault, LogisticSummary, check_labels};
use super::params::{ChurnParams, Method};
use super::trees::{Forest, Set};
use super::{Evaluation, folds, isotonic, sharp};

impl ChurnParams {
    /// Fits the probability of leaving to a table: numeric and categorical columns, missing values allowed.
    ///
    /// ```
    /// use regulars::churn::{ChurnParams, Method};
    /// use regulars::data::{Customers, Features};
    ///
    /// let contract = ["monthly", "yearly", "monthly", "yearly", "monthly", "yearly"];
    /// let table = Features::builder(Customers::numbered(6)?)
    ///     .categorical("contract", contract)?
    ///     .numeric("tenure", [Some(1.0), Some(5.0), None, Some(40.0), Some(7.0), Some(70.0)])?
    ///     .build()?;
    /// let left = [true, true, false, false, true, false];
    /// let model = ChurnParams::new().method(Method::Plain).ridge(1.0).fit_table(&table, &left)?;
    /// let risk = model.predict(&table)?;
    /// assert!(risk.values()[0] > risk.values()[5]);
    ///
    /// let customer = table.customers().customer(0).unwrap();
    /// let why = model.explain(&table, customer)?;
    /// let sum: f64 = why.contributions().iter().map(|c| c.log_odds()).sum();
    /// assert!((why.base() + sum - why.log_odds()).abs() < 1e-12);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`InvalidParam`](crate::ErrorKind::InvalidParam); [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless
    ///   there is one label for each row;
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) for one outcome only, and for [`Method::Plain`] without a ridge
    ///   naming a column that separates the outcomes;
    /// - [`NotConverged`](crate::ErrorKind::NotConverged).
    pub fn fit_table(&self, features: &Features, left: &[bool]) -> Result<TableModel> {
        self.check()?;
        let groups = folds::customer_hashes(features.customers(), Seed(self.seed));
        self.fit_grouped(features, left, &groups)
    }

    /// As [`fit_table`](Self::fit_table) for rows of which several may belong to one customer.
    pub(super) fn fit_grouped(
        &self,
        features: &Features,
        left: &[bool],
        groups: &[u64],
    ) -> Result<TableModel> {
        check_labels(features.len(), left)?;
        match self.method {
            Method::Auto => {
                for (name, _) in &self.monotone {
                    features.numeric(name)?;
                }
                let design = Design::fit(features, Shape::Flexible, &self.monotone);
                let fit = sharp::fit(features, left, groups, design, self.recalibration)?;
                let provenance = features.customers().provenance().clone();
                Ok(TableModel::sharp(self, fit, left.len(), provenance))
            }
            Method::Plain => self.fit_plain(features, left),
        }
    }

    fn fit_plain(&self, features: &Features, left: &[bool]) -> Result<TableModel> {
        let design = Design::fit(features, Shape::Linear, &[]);
        let terms = design.terms();
        let all: Vec<usize> = (0..left.len()).collect();
        let mut values = design.encode(features, &all)?;
        let width = design.width();
        let means = sharp::means_of(&values, width);
        sharp::fill(&mut values, &means);
        let mut kept: Vec<usize> = (0..width).collect();
        let (mut aliased, mut removed) = (Vec::new(), values);
        let (fit, scaling) = loop {
            let data = Data { x: &removed, width: kept.len(), y: left, weights: None, offset: None };
            let named = |fault| LogisticFault::named(fault, |column| terms[kept[column]].name.clone());
            let scaling = Scaling::of(&data).map_err(named)?;
            let penalty = |s: &f64| if *s > 0.0 { self.ridge / (s * s) } else { 0.0 };
            let ridge: Vec<f64> = scaling.inverse_sd.iter().map(penalty).collect();
            let config = Config {
                ridge: &ridge,
                tolerance: 1e-12,
                max_iterations: 100,
                curvature: if self.ridge > 0.0 { Curvature::Skip } else { Curvature::AtAnswer },
                start: None,
            };
            match engine::fit(&data, &config) {
                Ok(fit) => break (fit, scaling),
                Err(engine::Fault::Collinear(column)) => {
                    let width = kept.len();
                    let mut place = 0..removed.len();
                    removed.retain(|_| place.next().is_none_or(|i| i % width != column));
                    aliased.push(kept.remove(column));
                }
                Err(fault) => return Err(named(fault).into()),
            }
        };
        drop(scaling);
        let mut beta = vec![0.0; width + 1];
        beta[0] = fit.beta[0];
        // A column of the smallest numbers there are may have an error beyond the largest: then there is none to tell.
        let error =
            |j: usize| fit.covariance.as_ref().map(|c| c[[j, j]].sqrt()).filter(|error| error.is_finite());
        let intercept =
            Coefficient { name: "(intercept)".into(), estimate: fit.beta[0], standard_error: error(0) };
        let mut coefficients = vec![intercept];
        for (j, column) in kept.iter().enumerate() {
            beta[column + 1] = fit.beta[j + 1];
            coefficients.push(Coefficient {
                name: terms[*column].name.clone(),
                estimate: fit.beta[j + 1],
                standard_error: error(j + 1),
            });
        }
        aliased.sort_unstable();
        Ok(TableModel {
            params: self.clone(),
            means,
            beta,
            calibration: (0.0, 1.0),
            curve: Vec::new(),
            ridge: self.ridge,
            coefficients,
            aliased: aliased.into_iter().map(|column| terms[column].name.clone()).collect(),
            summary: LogisticSummary::new(&fit, self.ridge > 0.0, left.len()),
            rows: left.len(),
            levels: LevelEffects::default(),
            forest: Forest::default(),
            provenance: features.customers().provenance().clone(),
            design,
        })
    }

    /// Deals the rows out into that many folds, each with its share of both outcomes. The fold of a customer depends on
    /// the customer's key and the seed, not on the order of the rows.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for fewer than two folds or more than rows; as
    /// [`fit_table`](Self::fit_table) for the labels.
    pub fn folds(&self, features: &Features, left: &[bool], count: usize) -> Result<Vec<usize>> {
        check_labels(features.len(), left)?;
        if count < 2 || count > features.len() {
            return Err(Error::param("folds", "must lie between 2 and the number of rows", count));
        }
        Ok(folds::assign(&folds::customer_hashes(features.customers(), Seed(self.seed)), left, count))
    }

    /// Fits on all but one fold and predicts that fold, for each fold: predictions for every row by a model that had not
    /// seen it. `folds` gives each row's fold.
    ///
    /// # Errors
    /// As [`fit_table`](Self::fit_table); [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless there is one fold for
    /// each row, [`InvalidInput`](crate::ErrorKind::InvalidInput) for fewer than two folds.
    ///
    /// ```
    /// # use regulars::churn::{ChurnParams, Evaluation, Method};
    /// # use regulars::data::{Customers, Features};
    /// let x: Vec<f64> = (0..60).map(f64::from).collect();
    /// let left: Vec<bool> = (0..60).map(|i| i * 7 % 11 + i / 4 > 11).collect();
    /// let folds: Vec<usize> = (0..60).map(|i| i % 5).collect();
    /// let table = Features::builder(Customers::numbered(60)?).numeric("x", x)?.build()?;
    /// let risk = ChurnParams::new().method(Method::Plain).out_of_fold(&table, &left, &folds)?;
    /// let p: Vec<f64> = risk.values().iter().map(|p| p.get()).collect();
    /// assert!(Evaluation::new(&left, &p)?.auc > 0.7);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn out_of_fold(
        &self,
        features: &Features,
        left: &[bool],
        folds: &[usize],
    ) -> Result<PerCustomer<Probability>> {
        self.check()?;
        check_labels(features.len(), left)?;
        if folds.len() != features.len() {
            return Err(Error::shape("folds, one for each row", features.len(), folds.len()));
        }
        let mut names = folds.to_vec();
        names.sort_unstable();
        names.dedup();
        if names.len() < 2 {
            return Err(Error::input("needs at least two folds"));
        }
        let groups = folds::customer_hashes(features.customers(), Seed(self.seed));
        let mut answer = vec![Probability::ZERO; features.len()];
        for fold in names {
            let rows = |inside: bool| -> Vec<usize> {
                (0..folds.len()).filter(|row| (folds[*row] == fold) == inside).collect()
            };
            let (train, test) = (rows(false), rows(true));
            let labels: Vec<bool> = train.iter().map(|row| left[*row]).collect();
            let own: Vec<u64> = train.iter().map(|row| groups[*row]).collect();
            let model = self.fit_grouped(&subset(features, &train)?, &labels, &own)?;
            let predicted = model.predict(&subset(features, &test)?)?;
            for (row, p) in test.iter().zip(predicted.values()) {
                answer[*row] = *p;
            }
        }
        PerCustomer::new(features.customers().clone(), answer)
    }
}

/// Some rows of a table, under new customers' numbers.
/// Levels that occur in none of the rows are not among the subset's: a fold is encoded as if the rest of the table did not
/// exist.
fn subset(features: &Features, rows: &[usize]) -> Result<Features> {
    let mut builder = Features::builder(Customers::numbered(rows.len())?);
    for (name, column) in features.columns() {
        builder = match column {
            Column::Numeric(own) => builder.numeric(name, rows.iter().map(|row| own.get(*row)))?,
            Column::Categorical(own) => builder.categorical(name, rows.iter().map(|row| own.level(*row)))?,
        };
    }
    builder.build()
}

/// The term of an explanation for what an isotonic curve adds.
/// In brackets, so that no column of a table is likely to have its name.
const RECALIBRATION: &str = "(recalibration)";

/// A fitted churn model over the columns of a table.
///
/// | part | what it is |
/// |---|---|
/// | design | how each column becomes terms: knots, ranks, levels, pairs |
/// | means | of each term over the fit; they stand for what is not known |
/// | coefficients | of each term, in log-odds per unit of it |
/// | levels | effects of each level of a column that has too many for terms, where they lower the loss out of fold |
/// | trees | what curves and pairs leave, where it lowers the loss out of fold |
/// | line, curve | from the score to the log-odds that are reported |
///
/// No row of the fit is kept, only what the columns look like: quantiles of numbers, names of levels. Saved through
/// [`persist`](crate::persist) as `churn-table`; a loaded model gives the same bits.
///
/// ```
/// use regulars::churn::{ChurnParams, TableModel};
/// use regulars::persist;
/// use regulars::simulate::ChurnTableParams;
/// use regulars::types::Seed;
///
/// let shop = ChurnTableParams::new(400, Seed(5)).simulate()?;
/// let model = ChurnParams::new().fit_table(shop.features(), shop.left().values())?;
/// let mut file = Vec::new();
/// persist::write(&mut file, &model)?;
/// let again: TableModel = persist::read(&file[..])?;
/// assert_eq!(again.predict(shop.features())?, model.predict(shop.features())?);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct TableModel {
    pub(super) params: ChurnParams,
    pub(super) design: Design,
    pub(super) means: Vec<f64>,
    pub(super) beta: Vec<f64>,
    pub(super) calibration: (f64, f64),
    pub(super) curve: isotonic::Curve,
    pub(super) ridge: f64,
    pub(super) coefficients: Vec<Coefficient>,
    pub(super) aliased: Vec<String>,
    pub(super) summary: LogisticSummary,
    pub(super) rows: usize,
    pub(super) levels: LevelEffects,
    pub(super) forest: Forest,
    pub(super) provenance: Provenance,
}

impl TableModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    fn sharp(params: &ChurnParams, fit: sharp::Sharp, rows: usize, provenance: Provenance) -> Self {
        let terms = fit.design.terms();
        let names = std::iter::once("(intercept)".to_owned()).chain(terms.into_iter().map(|t| t.name));
        let coefficients = names
            .zip(&fit.beta)
            .map(|(name, estimate)| Coefficient { name, estimate: *estimate, standard_error: None })
            .collect();
        Self {
            params: params.clone(),
            summary: LogisticSummary::new(&fit.fit, true, rows),
            design: fit.design,
            means: fit.means,
            beta: fit.beta,
            calibration: fit.calibration,
            curve: fit.curve,
            ridge: fit.ridge,
            levels: fit.levels,
            forest: fit.forest,
            coefficients,
            aliased: Vec::new(),
            rows,
            provenance,
        }
    }

    /// The intercept and one term for each encoded column, before recalibration. Standard errors exist for
    /// [`Method::Plain`] without a ridge only.
    pub fn coefficients(&self) -> &[Coefficient] {
        &self.coefficients
    }

    /// Encoded columns that [`Method::Plain`] left out because others already say the same.
    ///
    /// ```
    /// use regulars::churn::{ChurnParams, Method};
    /// use regulars::data::{Customers, Features};
    ///
    /// let months: Vec<f64> = (0..60).map(|i| f64::from(i % 12)).collect();
    /// let years: Vec<f64> = months.iter().map(|m| m / 12.0).collect();
    /// let left: Vec<bool> = (0..60).map(|i| i % 12 + i * 5 % 7 < 7).collect();
    /// let table = Features::builder(Customers::numbered(60)?);
    /// let table = table.numeric("months", months)?.numeric("years", years)?.build()?;
    /// let model = ChurnParams::new().method(Method::Plain).fit_table(&table, &left)?;
    /// assert_eq!(model.aliased(), ["years"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn aliased(&self) -> &[String] {
        &self.aliased
    }

    /// How the fit went.
    pub fn summary(&self) -> &LogisticSummary {
        &self.summary
    }

    /// The penalty on squared coefficients of standardised columns.
    pub fn ridge(&self) -> f64 {
        self.ridge
    }

    /// Intercept and slope of the recalibration: log-odds = a + b × score. (0, 1) where there is none.
    pub fn calibration(&self) -> (f64, f64) {
        self.calibration
    }

    /// The pairs of columns that act together, by name.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        let name = |column: usize| self.design.names[column].as_str();
        self.design.pairs.iter().map(|pair| (name(pair.0), name(pair.1))).collect()
    }

    /// Columns whose every level has an effect of its own beside the terms, and pairs of such a column and a number along which every
    /// level has a slope, by name: `shop`, `price x shop`. Empty unless they lower the loss out of fold by more than one standard
    /// error.
    ///
    /// ```
    /// use regulars::churn::ChurnParams;
    /// use regulars::data::{Customers, Features};
    ///
    /// // 150 shops with about 27 customers each: too many for terms of their own, and they differ.
    /// let shops: Vec<String> = (0..4_000).map(|i| format!("shop {}", i * 7 % 150)).collect();
    /// let left: Vec<bool> = (0..4_000).map(|i| (i * 7 % 150) % 5 + i * 31 % 17 % 7 > 6).collect();
    /// let names = shops.iter().map(String::as_str);
    /// let table = Features::builder(Customers::numbered(4_000)?).categorical("shop", names)?.build()?;
    /// let model = ChurnParams::new().fit_table(&table, &left)?;
    /// assert_eq!(model.level_effects(), ["shop"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn level_effects(&self) -> Vec<String> {
        self.levels.sets().map(|set| self.name_of(&set)).collect()
    }

    /// How many small trees stand beside the curves and pairs: 0 unless they lower the loss out of fold by more than one
    /// standard error.
    ///
    /// ```
    /// use regulars::churn::ChurnParams;
    /// use regulars::data::{Customers, Features};
    ///
    /// // Risk rises with silence alone: nothing is left for trees.
    /// let silent: Vec<f64> = (0..300).map(|i| f64::from(i % 30)).collect();
    /// let left: Vec<bool> = (0..300).map(|i| i % 30 + i * 7 % 23 > 26).collect();
    /// let table = Features::builder(Customers::numbered(300)?).numeric("silent", silent)?.build()?;
    /// assert_eq!(ChurnParams::new().fit_table(&table, &left)?.trees(), 0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn trees(&self) -> usize {
        self.forest.len()
    }

    /// Many of them say that the table has changed since the fit: a new plan, another spelling.
    ///
    /// ```
    /// use regulars::churn::ChurnParams;
    /// use regulars::data::{Customers, Features};
    ///
    /// let plans = |names: [&'static str; 2]| (0..80).map(move |i| names[i % 2]);
    /// let left: Vec<bool> = (0..80).map(|i| i % 2 == 0 || i % 5 == 0).collect();
    /// let table = Features::builder(Customers::numbered(80)?).categorical("plan", plans(["basic", "pro"]))?.build()?;
    /// let model = ChurnParams::new().fit_table(&table, &left)?;
    /// let later = Features::builder(Customers::numbered(80)?).categorical("plan", plans(["basic", "max"]))?.build()?;
    /// assert_eq!(model.unseen_levels(&later)?, [("plan".to_owned(), 40)]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// Levels that the fit had not seen: how many rows hold one, for each column that has any. Such a row counts as one
    /// of the column's rare levels, or where it has none, as an average customer in that column.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn unseen_levels(&self, features: &Features) -> Result<Vec<(String, usize)>> {
        let counts = self.reader(features)?.unseen();
        Ok(self.design.names.iter().cloned().zip(counts).filter(|c| c.1 > 0).collect())
    }

    /// The probability that each customer leaves.
    ///
    /// Columns are found by name; others are ignored. A missing value where the fit knew none counts as an average one.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming a column that is not in the table or has changed its kind;
    /// [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel) as [`Provenance::check`].
    pub fn predict(&self, features: &Features) -> Result<PerCustomer<Probability>> {
        let reader = self.reader(features)?;
        let by_code = self.levels.read(&self.design, features);
        let width = self.means.len();
        let values = par::map_chunks(features.len(), 256, |rows| {
            let mut x = vec![0.0; width];
            rows.map(|row| {
                reader.encode(row, &mut x);
                sharp::fill(&mut x, &self.means);
                let mut score = self.beta[0] + dot(&x, &self.beta[1..]);
                score += self.levels.parts(&by_code, &reader, row).sum::<f64>();
                if !self.forest.is_empty() {
                    score += self.forest.score(&self.forest.cells(&reader, row));
                }
                let line = self.calibration.0 + self.calibration.1 * score;
                Probability::saturating(special::sigmoid(isotonic::apply(&self.curve, line)))
            })
            .collect::<Vec<_>>()
        });
        PerCustomer::new(features.customers().clone(), values.concat())
    }

    /// The columns of the design in a table of data that the model may be asked about.
    fn reader<'a>(&'a self, features: &'a Features) -> Result<Reader<'a>> {
        self.provenance.check(features.customers().provenance())?;
        self.design.read(features)
    }

    /// Why the model gives a customer this probability: one contribution for each column and pair, in log-odds against
    /// the average customer of the fit.
    ///
    /// # Errors
    /// As [`predict`](Self::predict); [`InvalidInput`](crate::ErrorKind::InvalidInput) for a customer who is not in the
    /// table.
    pub fn explain(&self, features: &Features, customer: CustomerIx) -> Result<Explanation> {
        let row = features
            .customers()
            .row(customer)?
            .ok_or_else(|| Error::input("the customer has no row in this table"))?;
        self.explain_row(features, row)
    }

    /// The columns that each source of the design stands for: a column alone, a pair, then sets that only trees or slopes of levels
    /// have.
    pub(super) fn sources(&self) -> Vec<Set> {
        let columns = (0..self.design.names.len()).map(|c| vec![c]);
        let pairs = self.design.pairs.iter().map(|p| vec![p.0, p.1]);
        let mut sources: Vec<Set> = columns.chain(pairs).collect();
        let own = sources.len();
        let beside = self.forest.sets().iter().cloned().chain(self.levels.sets());
        for set in beside.filter(|set| !set.is_empty()) {
            if !sources[..own].contains(&set) {
                sources.push(set);
            }
        }
        sources[own..].sort();
        sources.dedup();
        sources
    }

    /// The name of a set of columns: `a`, `a x b`, `a x b x c`.
    pub(super) fn name_of(&self, set: &[usize]) -> String {
        let names: Vec<&str> = set.iter().map(|c| self.design.names[*c].as_str()).collect();
        names.join(" x ")
    }

    /// Contributions of a row: for every term b βⱼ (xⱼ − mean), for every set of columns of the trees b (what they add − its
    /// mean), put together by the columns they ask. With the base, the average customer's log-odds, they sum to those of the row.
    pub(super) fn explain_row(&self, features: &Features, row: usize) -> Result<Explanation> {
        let reader = self.reader(features)?;
        let mut x = vec![0.0; self.means.len()];
        reader.encode(row, &mut x);
        let (a, b) = self.calibration;
        let sources = self.sources();
        let mut parts = vec![0.0; sources.len()];
        for (j, term) in self.design.terms().iter().enumerate() {
            if !x[j].is_nan() {
                parts[term.source] += b * self.beta[j + 1] * (x[j] - self.means[j]);
            }
        }
        let mut base = a + b * (self.beta[0] + dot(&self.means, &self.beta[1..]));
        let by_code = self.levels.read(&self.design, features);
        base += b * self.levels.mean();
        for (set, added) in self.levels.told(&by_code, &reader, row) {
            if let Some(at) = sources.iter().position(|s| *s == set) {
                parts[at] += b * added;
            }
        }
        if !self.forest.is_empty() {
            base += b * self.forest.mean();
            let added = self.forest.parts(&self.forest.cells(&reader, row));
            for (set, added) in self.forest.sets().iter().zip(added) {
                if let Some(at) = sources.iter().position(|s| s == set) {
                    parts[at] += b * added;
                }
            }
        }
        let line = parts.iter().fold(base, |sum, part| sum + part);
        let bend = isotonic::apply(&self.curve, line) - line;
        let bend = (!self.curve.is_empty())
            .then(|| Contribution::new(RECALIBRATION.into(), Value::Together, bend, Vec::new()));
        let value = |column: usize| match features.column(&self.design.names[column]) {
            Some(Column::Numeric(own)) => own.get(row).map_or(Value::Missing, Value::Number),
            Some(Column::Categorical(own)) => {
                own.level(row).map_or(Value::Missing, |level| Value::Level(level.to_owned()))
            }
            None => Value::Missing,
        };
        let contributions = sources
            .into_iter()
            .zip(parts)
            .filter(|(set, log_odds)| set.len() == 1 || *log_odds != 0.0)
            .map(|(set, log_odds)| {
                let members: Vec<(String, Value)> =
                    set.iter().map(|c| (self.design.names[*c].clone(), value(*c))).collect();
                let (own, members) = match &members[..] {
                    [(_, own)] => (own.clone(), Vec::new()),
                    _ => (Value::Together, members),
                };
                Contribution::new(self.name_of(&set), own, log_odds, members)
            })
            .chain(bend)
            .collect();
        Ok(Explanation::new(base, contributions))
    }

    /// Scores the model on customers whose outcome is known and who were not part of the fit.
    /// For a figure from the rows of the fit themselves use [`ChurnParams::out_of_fold`]: a model judged on the rows it learned
    /// from flatters itself.
    ///
    /// # Errors
    /// As [`predict`](Self::predict) and [`Evaluation::new`].
    pub fn evaluate(&self, features: &Features, left: &[bool]) -> Result<Evaluation> {
        let p: Vec<f64> = self.predict(features)?.values().iter().map(|p| p.get()).collect();
        Evaluation::new(left, &p)
    }
}

/// Prints sizes and how the fit went.
impl fmt::Debug for TableModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "TableModel({:?}, {} columns, {} pairs, {} terms, {} trees, {} rows, ridge {})",
            self.params.method,
            self.design.names.len(),
            self.design.pairs.len(),
            self.means.len(),
            self.forest.len(),
            self.rows,
            self.ridge
        )
    }
}
