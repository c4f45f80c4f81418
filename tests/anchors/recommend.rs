//! Next items on Ta-Feng and Online Retail: last basket of each customer held out, five fixed folds of customers.
//!
//! The expected figures of the frequency methods come from an independent Python implementation of the same protocol;
//! they are exact up to the four digits printed.

use std::collections::HashMap;
use std::path::Path;

use regulars::data::{Columns, Ledger, Occasion, TimeAxis};
use regulars::metrics::ranking::RankingQuality;
use regulars::recommend::{Baskets, Method, NextItemModel, NextItemParams, TifuKnnParams, UpCfParams};
use regulars::types::{AsOf, Currency, Day};

use super::{data_dir, read, rows};

/// The rows of a CSV file behind its header, quotes resolved.
fn quoted_rows(text: &str) -> impl Iterator<Item = Vec<String>> {
    text.lines().skip(1).map(|line| {
        let mut fields = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                _ => fields.last_mut().unwrap().push(c),
            }
        }
        fields
    })
}

struct Anchor {
    history: Baskets,
    truth: Baskets,
    folds: HashMap<String, usize>,
    /// Customers and folds in the order of the file, which is that of the neighbours' pools.
    order: Vec<(String, usize)>,
}

impl Anchor {
    fn new(dir: &Path, ledger: &Ledger, min_baskets: usize, min_item: u32) -> Self {
        let now = ledger.observed(AsOf::new(ledger.covers().1)).unwrap();
        let baskets = Baskets::new(now, Occasion::Day).unwrap();
        let (history, truth) = baskets.leave_last_out(min_baskets, min_item).unwrap();
        let folds = read(dir, "folds.csv.gz");
        let order: Vec<(String, usize)> =
            rows(&folds).map(|r| (r[0].to_owned(), r[1].parse().unwrap())).collect();
        Self { history, truth, folds: order.iter().cloned().collect(), order }
    }

    fn ta_feng(data: &Path) -> Self {
        let dir = data.join("ta-feng-baskets");
        let (mut customer, mut basket, mut item) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows(&read(&dir, "ta_feng_baskets.csv.gz")) {
            customer.push(row[0].parse::<i64>().unwrap());
            basket.push(row[1].parse::<i32>().unwrap());
            item.push(row[2].parse::<i64>().unwrap());
        }
        let columns =
            Columns::new(Currency::EUR, &customer, &basket).items(&item).time_axis(TimeAxis::Ordinal);
        Self::new(&dir, &Ledger::from_columns(&columns).unwrap(), 2, 1)
    }

    fn online_retail(data: &Path) -> Self {
        let dir = data.join("online-retail");
        let (mut customer, mut day, mut item) = (Vec::new(), Vec::<Day>::new(), Vec::new());
        for row in quoted_rows(&read(&dir, "online_retail.csv.gz")) {
            let [invoice, code, _, quantity, date, price, who, _] = &row[..] else { panic!("{row:?}") };
            let sold = quantity.parse::<i64>().unwrap() > 0 && price.parse::<f64>().unwrap() > 0.0;
            if sold && !who.is_empty() && !invoice.starts_with('C') {
                customer.push(who.clone());
                day.push(date[..10].parse().unwrap());
                item.push(code.clone());
            }
        }
        let columns = Columns::new(Currency::GBP, &customer, &day).items(&item);
        Self::new(&dir, &Ledger::from_columns(&columns).unwrap(), 3, 3)
    }

    fn figures(&self, model: &NextItemModel, k: usize) -> RankingQuality {
        let evaluation = model.evaluate(&self.truth, k).unwrap();
        let folds = evaluation.by_fold(5, |key| self.folds.get(&*key.to_text()).copied());
        assert_eq!(folds.iter().map(|f| f.lists).sum::<u64>(), self.folds.len() as u64);
        RankingQuality::mean_of_folds(&folds)
    }

    /// R@10, R@20, N@10, N@10 full, N@20, N@20 full, PHR@10, repeat R@10, explore R@10; repeat share to three digits.
    fn assert_row(&self, method: Method, expected: [f64; 9], repeat_share: f64) {
        let model = NextItemParams::new().method(method).fit(&self.history).unwrap();
        let (ten, twenty) = (self.figures(&model, 10), self.figures(&model, 20));
        let got = [
            ten.recall,
            twenty.recall,
            ten.ndcg,
            ten.ndcg_full,
            twenty.ndcg,
            twenty.ndcg_full,
            ten.hit_rate,
            ten.repeat_recall,
            ten.explore_recall,
        ];
        for (at, (got, expected)) in got.iter().zip(expected).enumerate() {
            assert!(
                (got - expected).abs() <= 0.000_051,
                "{method:?}, figure {at}: {got:.5}, expected {expected}"
            );
        }
        assert!((ten.repeat_share - repeat_share).abs() <= 0.000_51, "{method:?}: {}", ten.repeat_share);
    }
}

impl Anchor {
    /// Means of the folds, each with neighbours among the first nine tenths of the others, as the protocol has it.
    fn by_pools(&self, method: Method, k: usize) -> RankingQuality {
        let each: Vec<RankingQuality> = (0..5)
            .map(|fold| {
                let others = (0..5).filter(|f| *f != fold);
                let mut pool: Vec<&String> = others
                    .flat_map(|f| self.order.iter().filter(move |(_, g)| *g == f).map(|(key, _)| key))
                    .collect();
                pool.truncate(pool.len() * 9 / 10);
                let model = NextItemParams::new().method(method).neighbours(pool).fit(&self.history).unwrap();
                let tested = self.truth.only(|key| self.folds.get(&*key.to_text()) == Some(&fold));
                model.evaluate(&tested, k).unwrap().mean()
            })
            .collect();
        RankingQuality::mean_of_folds(&each)
    }
}

/// (recall, NDCG, full NDCG, PHR, repeat recall, explore recall) at 10, to the fourth digit, and the repeat share to the
/// third.
fn assert_digits(got: RankingQuality, expected: [f64; 6], repeat_share: f64) {
    let figures = [got.recall, got.ndcg, got.ndcg_full, got.hit_rate, got.repeat_recall, got.explore_recall];
    for (at, (got, expected)) in figures.iter().zip(expected).enumerate() {
        assert!((got - expected).abs() <= 0.000_051, "figure {at}: {got:.5}, expected {expected}");
    }
    assert!((got.repeat_share - repeat_share).abs() <= 0.000_51, "{}", got.repeat_share);
}

fn tifu(k: usize, w: f64, g: f64, alpha: f64, groups: usize) -> Method {
    let params = TifuKnnParams::new().neighbours(k).within_group_decay(w).group_decay(g);
    Method::TifuKnn(params.own_share(alpha).groups(groups))
}

#[test]
fn online_retail_neighbour_methods() {
    let Some(data) = data_dir() else { return };
    let anchor = Anchor::online_retail(&data);
    let tuned = anchor.by_pools(tifu(100, 0.9, 0.7, 0.1, 3), 10);
    assert_digits(tuned, [0.2134, 0.3284, 0.2376, 0.8095, 0.4199, 0.0014], 0.946);
    let published = anchor.by_pools(tifu(900, 0.9, 0.6, 0.2, 3), 10);
    assert_digits(published, [0.2057, 0.3134, 0.2272, 0.8001, 0.4037, 0.0005], 0.941);
    let upcf = UpCfParams::new().recency(5).asymmetry(0.75).locality(5.0).fit(&anchor.history).unwrap();
    let got = anchor.figures(&upcf, 10);
    assert_digits(got, [0.2103, 0.3253, 0.2340, 0.8022, 0.4110, 0.0013], 0.974);
}

#[test]
fn ta_feng_neighbour_methods() {
    let Some(data) = data_dir() else { return };
    let anchor = Anchor::ta_feng(&data);
    let tuned = anchor.by_pools(tifu(900, 0.8, 0.9, 0.1, 11), 10);
    assert_digits(tuned, [0.1521, 0.1382, 0.1313, 0.4441, 0.5781, 0.0428], 0.824);
    let upcf = UpCfParams::new().recency(5).asymmetry(0.75).locality(1.0).fit(&anchor.history).unwrap();
    let got = anchor.figures(&upcf, 10);
    assert_digits(got, [0.1431, 0.1209, 0.1142, 0.4263, 0.5307, 0.0436], 0.775);
}

/// The default serves every set alike; these are floors a little below what it reaches, far above GP-TopFreq.
#[test]
fn the_default_beats_frequency_on_both_sets() {
    let Some(data) = data_dir() else { return };
    for (anchor, recall, ndcg, explore) in
        [(Anchor::ta_feng(&data), 0.165, 0.153, 0.047), (Anchor::online_retail(&data), 0.230, 0.354, 0.007)]
    {
        let model = NextItemParams::new().fit(&anchor.history).unwrap();
        let got = anchor.figures(&model, 10);
        assert!(got.recall >= recall && got.ndcg >= ndcg && got.explore_recall >= explore, "{got:?}");
    }
}

#[test]
fn ta_feng_frequency_methods() {
    let Some(data) = data_dir() else { return };
    let anchor = Anchor::ta_feng(&data);
    assert_eq!(anchor.truth.customers().len(), 13_858);
    assert_eq!(anchor.history.rows() + anchor.truth.rows(), 571_933);
    anchor.assert_row(
        Method::GTopFreq,
        [0.0803, 0.1071, 0.0875, 0.0842, 0.0942, 0.0937, 0.2489, 0.1268, 0.0573],
        0.109,
    );
    anchor.assert_row(
        Method::PTopFreq,
        [0.1217, 0.1539, 0.1182, 0.1109, 0.1264, 0.1251, 0.3996, 0.6224, 0.0],
        0.926,
    );
    anchor.assert_row(
        Method::GpTopFreq,
        [0.1350, 0.1832, 0.1236, 0.1163, 0.1371, 0.1358, 0.4204, 0.6224, 0.0145],
        0.926,
    );
}

#[test]
fn online_retail_frequency_methods() {
    let Some(data) = data_dir() else { return };
    let anchor = Anchor::online_retail(&data);
    assert_eq!(anchor.truth.customers().len(), 1_916);
    assert_eq!(anchor.history.distinct_items(), 3_220);
    assert_eq!(anchor.history.rows() + anchor.truth.rows(), 311_281);
    anchor.assert_row(
        Method::GTopFreq,
        [0.0373, 0.0661, 0.0756, 0.0446, 0.0768, 0.0612, 0.3951, 0.0671, 0.0135],
        0.218,
    );
    anchor.assert_row(
        Method::PTopFreq,
        [0.2086, 0.2862, 0.3162, 0.2282, 0.3167, 0.2768, 0.8027, 0.4117, 0.0],
        0.975,
    );
    anchor.assert_row(
        Method::GpTopFreq,
        [0.2092, 0.2874, 0.3164, 0.2284, 0.3172, 0.2774, 0.8037, 0.4117, 0.0006],
        0.975,
    );
}
