//! How close the answers came to the truth of the simulated shop.

use regulars::metrics;
use regulars::simulate::Shop;
use serde_json::{Value, json};

use crate::Findings;
use crate::common::Failure;

/// Answers beside the truth.
pub(crate) struct Truth {
    people: usize,
    profiles: usize,
    expected: f64,
    true_expected: f64,
    correlation: f64,
    alive_auc: f64,
}

/// Compares the table with what the simulator knows.
pub(crate) fn compare(shop: &Shop, findings: &Findings) -> Result<Truth, Failure> {
    let table = &findings.table;
    let truth = shop.truth();
    let expected = truth.expected_purchases(table.as_of(), table.horizon())?;
    let active = truth.active(table.as_of())?;
    let (mut ours, mut theirs, mut alive, mut p_alive) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (account, expected) in expected.iter_keys() {
        let Some(row) = findings.person(&account).and_then(|person| table.by_key(&person)) else { continue };
        let Some(value) = row.value else { continue };
        ours.push(value.purchases);
        theirs.push(*expected);
        alive.push(active.by_key(&account).copied().unwrap_or(false));
        p_alive.push(value.p_alive.get());
    }
    Ok(Truth {
        people: shop.customers() as usize,
        profiles: findings.profiles,
        expected: ours.iter().sum(),
        true_expected: theirs.iter().sum(),
        correlation: correlation(&ours, &theirs),
        alive_auc: metrics::roc_auc(&alive, &p_alive)?,
    })
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().max(1) as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let sum = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| f(x - ma, y - mb)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

impl Truth {
    pub(crate) fn lines(&self) -> Vec<String> {
        vec![
            format!(
                "people: {} exist, {} customers were found after merging accounts",
                self.people, self.profiles
            ),
            format!(
                "purchases to come: {:.0} expected, {:.0} by the truth; correlation per customer {:.3}",
                self.expected, self.true_expected, self.correlation
            ),
            format!("who is still active: AUC of P(alive) {:.3}", self.alive_auc),
        ]
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "people": self.people, "profiles": self.profiles, "expected_purchases": self.expected,
                "true_expected_purchases": self.true_expected, "correlation": self.correlation, "alive_auc": self.alive_auc })
    }
}
