//! Derivatives against differences, recovery of known parameters, contracts and invariants.

use proptest::prelude::*;

use crate::ErrorKind;
use crate::data::{Customers, PurchaseHistory, TimeUnit};
use crate::kernel::optim::Eval;
use crate::types::Horizon;

use super::betageo::{BetaGeometric, Coin};
use super::dropout::{GammaGompertz, NbdWith, Pareto};
use super::*;

fn history(rows: &[(f64, f64, f64)], spend: Option<Vec<f64>>) -> PurchaseHistory {
    let column = |f: fn(&(f64, f64, f64)) -> f64| rows.iter().map(f).collect::<Vec<f64>>();
    let customers = Customers::numbered(rows.len()).unwrap();
    let history =
        PurchaseHistory::new(customers, TimeUnit::Week, column(|r| r.0), column(|r| r.1), column(|r| r.2))
            .unwrap();
    match spend {
        Some(spend) => history.with_spend(spend).unwrap(),
        None => history,
    }
}

/// Gradient and Hessian against central differences of value and gradient.
fn check_derivatives<const N: usize>(what: &str, theta: [f64; N], f: impl Fn(&[f64; N]) -> Eval<N>) {
    let here = f(&theta);
    for i in 0..N {
        let h = 1e-4 * theta[i];
        let at = |step: f64| {
            let mut theta = theta;
            theta[i] += step;
            f(&theta)
        };
        let (up, down, up2, down2) = (at(h), at(-h), at(2.0 * h), at(-2.0 * h));
        let slope =
            |g: &dyn Fn(&Eval<N>) -> f64| (8.0 * (g(&up) - g(&down)) - (g(&up2) - g(&down2))) / (12.0 * h);
        let close = |got: f64, expected: f64, scale: f64, name: String| {
            assert!(
                (got - expected).abs() <= 2e-8 * (expected.abs() + scale),
                "{what} {name}: analytic {got:e}, difference {expected:e}"
            );
        };
        close(here.gradient[i], slope(&|e| e.value), 1e-3 * here.value.abs() / theta[i], format!("d{i}"));
        for j in 0..N {
            let scale = 1e-3 * (here.gradient[j].abs() / theta[i] + here.hessian[i][j].abs());
            close(here.hessian[i][j], slope(&|e| e.gradient[j]), scale, format!("d{i} d{j}"));
        }
    }
}

/// Keys with x = 0, recent and long silent buyers, heavy buyers, and last purchases on the last day.
const KEYS: [(f64, f64, f64); 7] = [
    (0.0, 0.0, 38.86),
    (0.0, 0.0, 5.0),
    (1.0, 1.71, 38.86),
    (2.0, 30.43, 38.86),
    (26.0, 3.0, 31.0),
    (7.0, 31.0, 31.0),
    (300.0, 20.0, 21.0),
];

fn over_keys<const N: usize>(f: impl Fn(f64, &[f64], &[f64], &[f64]) -> Eval<N>) -> Eval<N> {
    KEYS.iter().fold(Eval::ZERO, |sum, (x, t_x, t)| sum + f(*x, &[*t], &[*t_x], &[1.5]))
}

#[test]
fn derivatives_agree_with_differences() {
    for theta in [[0.243, 4.414, 0.793, 2.426], [3.0, 0.5, 1.0, 1.0], [0.05, 80.0, 12.0, 0.3]] {
        for coin in [Coin::AfterRepeats, Coin::AfterEvery] {
            check_derivatives(&format!("{coin:?} {theta:?}"), theta, |p| {
                let model = BetaGeometric::from_array(*p, coin);
                over_keys(|x, t, t_x, w| model.segment(x, t, t_x, w))
            });
        }
    }
    for theta in [[0.553, 10.578, 0.606, 11.669], [2.0, 1.0, 1.0, 40.0], [0.2, 30.0, 5.0, 2.0]] {
        check_derivatives(&format!("Pareto {theta:?}"), theta, |p| {
            let [r, alpha, s, beta] = *p;
            let model = NbdWith { r, alpha, dropout: Pareto { s, beta } };
            over_keys(|x, t, t_x, w| model.segment::<2, 4>(x, t, t_x, w))
        });
    }
    for theta in [[0.553, 10.578, 0.1, 0.606, 1.7], [2.0, 1.0, 0.01, 1.0, 0.4], [0.2, 30.0, 0.5, 0.3, 90.0]] {
        check_derivatives(&format!("Gompertz {theta:?}"), theta, |p| {
            let [r, alpha, b, s, beta] = *p;
            let model = NbdWith { r, alpha, dropout: GammaGompertz { b, s, beta } };
            over_keys(|x, t, t_x, w| model.segment::<3, 5>(x, t, t_x, w))
        });
    }
}

#[test]
fn fast_and_plain_likelihoods_agree() {
    for (model, theta) in [
        (Model::BgNbd, vec![0.243, 4.414, 0.793, 2.426]),
        (Model::MbgNbd, vec![0.525, 6.183, 0.891, 1.614]),
        (Model::ParetoNbd, vec![0.553, 10.578, 0.606, 11.669]),
        (Model::GGompertzNbd, vec![0.553, 10.578, 0.05, 0.606, 0.6]),
        (Model::BgCnbdK, vec![3.0, 0.5, 2.0, 0.8, 2.4]),
        (Model::MbgCnbdK, vec![2.0, 0.5, 2.0, 0.8, 2.4]),
    ] {
        let process = PurchaseProcess::new(model, &theta).unwrap();
        let plain: f64 = KEYS
            .iter()
            .map(|(x, t_x, t)| process.log_likelihood(&RecencyFrequency::new(*x, *t_x, *t).unwrap()))
            .sum();
        let histogram = Histogram::new(&history(&KEYS, None));
        let fast = match process.0 {
            process::Inner::Coin(m) => over_keys(|x, t, t_x, w| m.segment(x, t, t_x, w)).value,
            process::Inner::Pareto(m) => over_keys(|x, t, t_x, w| m.segment::<2, 4>(x, t, t_x, w)).value,
            process::Inner::Discrete(_) => plain * 1.5,
            process::Inner::Erlang(m) => {
                let theta = [m.base.r, m.base.alpha, m.base.a, m.base.b];
                over_keys(|x, t, t_x, w| erlang::Erlang::segment(m.k, m.base.coin, &theta, x, t, t_x, w))
                    .value
            }
            process::Inner::Gompertz(m) => over_keys(|x, t, t_x, w| m.segment::<3, 5>(x, t, t_x, w)).value,
        };
        assert!((fast / 1.5 / plain - 1.0).abs() < 1e-12, "{model}: {fast} {plain}");
        let summed = fit::log_likelihood(model, &theta, &histogram.purchases);
        assert!((summed / plain - 1.0).abs() < 1e-13);
    }
}

/// GGompertz/NBD with b -> 0 and beta / b constant is Pareto/NBD.
#[test]
fn gompertz_contains_pareto() {
    let pareto = PurchaseProcess::pareto_nbd(0.553, 10.578, 0.606, 11.669).unwrap();
    let gompertz = PurchaseProcess::ggompertz_nbd(0.553, 10.578, 1e-9, 0.606, 11.669e-9).unwrap();
    for (x, t_x, t) in KEYS {
        let customer = RecencyFrequency::new(x, t_x, t).unwrap();
        for (a, b) in [
            (pareto.log_likelihood(&customer), gompertz.log_likelihood(&customer)),
            (pareto.p_alive(&customer).get(), gompertz.p_alive(&customer).get()),
            (pareto.expected_purchases(&customer, 52.0), gompertz.expected_purchases(&customer, 52.0)),
        ] {
            assert!((a / b - 1.0).abs() < 1e-6, "{customer:?}: {a} {b}");
        }
    }
}

/// The probabilities of all counts sum to one and their mean is the expectation.
#[test]
fn counts_have_the_expected_mean() {
    for process in [
        PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426).unwrap(),
        PurchaseProcess::mbg_nbd(2.0, 10.0, 1.0, 0.5).unwrap(),
        PurchaseProcess::pareto_nbd(0.553, 10.578, 0.606, 11.669).unwrap(),
        PurchaseProcess::pareto_nbd(3.0, 2.0, 1.0, 2.0).unwrap(),
        PurchaseProcess::ggompertz_nbd(0.553, 10.578, 0.05, 0.606, 0.6).unwrap(),
        PurchaseProcess::bg_cnbd_k(1, 0.243, 4.414, 0.793, 2.426).unwrap(),
        PurchaseProcess::bg_cnbd_k(3, 0.5, 1.5, 0.793, 2.426).unwrap(),
        PurchaseProcess::mbg_cnbd_k(2, 1.5, 6.0, 1.0, 0.5).unwrap(),
    ] {
        for (x, t_x, t) in [(0.0, 0.0, 0.0), (2.0, 30.43, 38.86), (7.0, 29.43, 38.86)] {
            let customer = RecencyFrequency::new(x, t_x, t).unwrap();
            let (mut sum, mut mean) = (0.0, 0.0);
            for n in 0..400 {
                let p = process.p_purchases(&customer, 20.0, n).unwrap().get();
                sum += p;
                mean += p * f64::from(n);
            }
            let expected = process.expected_purchases(&customer, 20.0);
            assert!(
                (sum - 1.0).abs() < 1e-10 && (mean / expected - 1.0).abs() < 1e-9,
                "{sum} {mean} {expected}"
            );
        }
    }
}

#[test]
fn contracts_of_fit_and_predict() {
    let kind = |r: crate::Result<LtvModel>| r.unwrap_err().kind();
    let none = history(&[], None);
    assert_eq!(kind(LtvParams::auto().fit(&none)), ErrorKind::EmptyInput);
    let some = history(&KEYS, None);
    assert_eq!(kind(LtvParams::auto().among([]).fit(&some)), ErrorKind::InvalidParam);
    assert_eq!(kind(LtvParams::auto().folds(1).fit(&some)), ErrorKind::InvalidParam);
    let with_spend = history(&KEYS, Some(vec![0.0, 0.0, 1_000.0, 2_000.0, -50.0, 0.0, 700.0]));
    let model = LtvParams::new(Model::BgNbd).fit(&with_spend).unwrap();
    let week = Horizon::weeks(1).unwrap();
    assert_eq!(model.predict(&some, week).unwrap_err().kind(), ErrorKind::InvalidInput);
    let days =
        PurchaseHistory::new(Customers::numbered(1).unwrap(), TimeUnit::Day, vec![0.0], vec![0.0], vec![3.0])
            .unwrap();
    assert_eq!(model.predict(&days, week).unwrap_err().kind(), ErrorKind::InvalidInput);
    let value = model.predict(&with_spend, week).unwrap();
    assert!(value.values().iter().all(|v| v.clv.unwrap().in_minor() >= 0.0));
    assert!(PurchaseProcess::new(Model::BgNbd, &[1.0; 3]).is_err());
    assert!(PurchaseProcess::bg_nbd(f64::NAN, 1.0, 1.0, 1.0).is_err());
    assert!(GammaGamma::new(0.0, 1.0, 1.0).is_err());
}

/// Data that identify nothing: a fit ends, says so, and predicts finite values.
#[test]
fn degenerate_histories_have_finite_answers() {
    let many = |row: (f64, f64, f64)| vec![row; 50];
    for rows in [
        vec![(0.0, 0.0, 0.0)],
        vec![(5.0, 1.0, 1.0)],
        many((0.0, 0.0, 39.0)),
        many((3.0, 20.0, 39.0)),
        many((3.0, 39.0, 39.0)),
        many((1e6, 0.0, 4_000.0)),
        vec![(0.0, 0.0, 1e9), (1e6, 1e-9, 1e-9)],
    ] {
        for model in Model::ALL {
            let spend = rows.iter().map(|r| if r.0 > 0.0 { 1_000.0 } else { 0.0 }).collect();
            let history = history(&rows, Some(spend));
            let fitted = LtvParams::new(model).fit(&history).unwrap();
            let summary = fitted.summary();
            assert!(summary.log_likelihood.is_finite(), "{model} {rows:?} {summary:?}");
            for days in [1, 3_650] {
                for value in fitted.predict(&history, Horizon::days(days).unwrap()).unwrap().values() {
                    assert!(
                        value.purchases.is_finite()
                            && value.purchases >= 0.0
                            && value.discounted_purchases.is_finite()
                            && value.discounted_purchases <= value.purchases * (1.0 + 1e-9),
                        "{model} {value:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn spend_without_a_mean_has_a_median() {
    let spend = GammaGamma::new(2.0, 0.5, 100.0).unwrap();
    // zeta = p / nu with nu ~ Gamma(0.5, 100): the median of Gamma(0.5, 1) is 0.227468..
    assert!((spend.expected(0.0, 0.0) - 200.0 / 0.227_468_211_559_786_6).abs() < 1e-6);
    for q in [1e-9, 0.01, 0.999, 1.0, 1.001] {
        let value = GammaGamma::new(2.0, q, 100.0).unwrap().expected(0.0, 0.0);
        assert!(value.is_finite() && value > 0.0, "{q} {value}");
    }
    assert_eq!(spend.expected(3.0, -10.0), spend.expected(3.0, 0.0));
}

fn row() -> impl Strategy<Value = (f64, f64, f64)> {
    (0_u32..6, 0.0..1.0_f64, 1_u32..200).prop_map(|(x, share, days)| {
        let t = f64::from(days) / 7.0;
        if x == 0 { (0.0, 0.0, t) } else { (f64::from(x), (share * f64::from(days)).floor() / 7.0, t) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// The order of customers, and how they are dealt to shards, changes no bit.
    #[test]
    fn order_and_shards_do_not_matter(mut rows in prop::collection::vec(row(), 2..60), cut in 0.0..1.0_f64) {
        let spend = |rows: &[(f64, f64, f64)]| rows.iter().map(|r| (r.0 * 7.0 + r.1).floor() * 100.0).collect::<Vec<_>>();
        let whole = Histogram::new(&history(&rows, Some(spend(&rows))));
        let fitted = LtvParams::new(Model::MbgNbd).fit(&whole).unwrap();
        rows.reverse();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the length")]
        let (a, b) = rows.split_at((cut * rows.len() as f64) as usize);
        let shard = |rows: &[(f64, f64, f64)]| Histogram::new(&history(rows, Some(spend(rows))));
        let merged = shard(b).merge(&shard(a)).unwrap();
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(LtvParams::new(Model::MbgNbd).fit(&history(&rows, Some(spend(&rows)))).unwrap(), fitted);
    }

    /// Weeks or days, dollars or cents: the forecast is the same.
    #[test]
    fn units_do_not_matter(rows in prop::collection::vec(row(), 30..60), model in 0..4_usize) {
        let model = Model::ALL[model];
        let weeks = LtvParams::new(model).fit(&history(&rows, None)).unwrap();
        let column = |f: fn(&(f64, f64, f64)) -> f64| rows.iter().map(f).collect::<Vec<f64>>();
        let in_days = PurchaseHistory::new(
            Customers::numbered(rows.len()).unwrap(),
            TimeUnit::Day,
            column(|r| r.0),
            column(|r| r.1 * 7.0),
            column(|r| r.2 * 7.0),
        ).unwrap();
        let days = LtvParams::new(model).fit(&in_days).unwrap();
        let x: f64 = rows.iter().map(|r| r.0).sum();
        let (a, b) = (weeks.summary().log_likelihood, days.summary().log_likelihood + x * 7.0_f64.ln());
        prop_assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{model} {a} {b} {:?} {:?}", weeks.summary(), days.summary());
    }

    /// Any parameters, any history: finite, and the window's purchases grow with the window.
    #[test]
    fn answers_are_total(
        logs in prop::array::uniform5(-16.0..16.0_f64),
        k in 1_u32..6,
        x in prop_oneof![Just(0.0), Just(1.0), Just(30.0), Just(1e6)],
        share in 0.0..=1.0_f64,
        t in prop_oneof![Just(0.0), Just(1e-3), Just(39.0), Just(1e4)],
        model in 0..6_usize,
    ) {
        let model = Model::ALL[model];
        let mut theta = logs.map(f64::exp)[..model.parameter_names().len()].to_vec();
        if theta.len() == 5 && model != Model::GGompertzNbd {
            theta[0] = f64::from(k);
        }
        let process = PurchaseProcess::new(model, &theta).unwrap();
        let customer = RecencyFrequency::new(x, if x > 0.0 { share * t } else { 0.0 }, t).unwrap();
        let ln = process.log_likelihood(&customer);
        prop_assert!(ln.is_finite(), "{process:?} {customer:?} {ln}");
        let mut before = 0.0;
        for window in [1e-3, 1.0, 52.0, 5_000.0] {
            let bought = process.expected_purchases(&customer, window);
            prop_assert!(bought.is_finite() && bought >= before * (1.0 - 1e-9), "{process:?} {customer:?} {window} {bought}");
            before = bought;
        }
    }

    /// A customer's answer depends on that customer alone, bit for bit.
    #[test]
    fn a_subset_is_predicted_as_the_whole(rows in prop::collection::vec(row(), 2..40), model in 0..4_usize) {
        let all = history(&rows, None);
        let fitted = LtvParams::new(Model::ALL[model]).fit(&all).unwrap();
        let horizon = Horizon::weeks(30).unwrap();
        let whole = fitted.predict(&all, horizon).unwrap();
        let half = fitted.predict(&history(&rows[..rows.len() / 2], None), horizon);
        if let Ok(half) = half {
            prop_assert_eq!(half.values(), &whole.values()[..rows.len() / 2]);
        }
        for ((x, t_x, t), value) in rows.iter().zip(whole.values()) {
            let direct = fitted.process().expected_purchases(&RecencyFrequency::new(*x, *t_x, *t).unwrap(), 30.0);
            prop_assert!((value.purchases - direct).abs() <= 1e-10 * direct, "{} {}", value.purchases, direct);
        }
    }
}

/// Thirty sets over two orders of magnitude: every fit ends properly, at least as high as the truth.
#[test]
fn simulated_parameters_are_recovered() {
    use crate::types::Seed;
    let observed: Vec<f64> = (0..1_500).map(|i| 20.0 + f64::from(i % 40)).collect();
    for set in 0..30_u64 {
        let mut rng = crate::kernel::rng::Rng::new(Seed(99), set);
        let mut draw = |centre: f64| centre * (rng.uniform() * 4.6 - 2.3).exp();
        let model = Model::ALL[(set % 3) as usize];
        let scale = [[0.6, 8.0, 0.8, 2.0], [0.6, 8.0, 0.8, 2.0], [0.6, 8.0, 0.6, 12.0]][(set % 3) as usize];
        let theta = scale.map(&mut draw);
        let truth = PurchaseProcess::new(model, &theta).unwrap();
        let history = truth.simulate(&observed, TimeUnit::Week, Seed(set)).unwrap();
        let histogram = Histogram::new(&history);
        let fitted = LtvParams::new(model).fit(&histogram).unwrap();
        let summary = fitted.summary();
        assert_ne!(summary.status, FitStatus::NotConverged, "{set} {theta:?} {summary:?}");
        let at_truth = fit::log_likelihood(model, &theta, &histogram.purchases);
        assert!(
            summary.log_likelihood >= at_truth - 1e-9 * at_truth.abs(),
            "{set} {theta:?} {summary:?} {at_truth}"
        );
    }
}

#[cfg(feature = "serde")]
#[test]
fn saved_models_come_back_whole() {
    let spend = vec![0.0, 0.0, 1_000.0, 2_000.0, 50.0, 0.0, 700.0];
    let history = history(&KEYS, Some(spend));
    let histogram = Histogram::new(&history);
    let mut bytes = Vec::new();
    crate::persist::write(&mut bytes, &histogram).unwrap();
    assert_eq!(crate::persist::read::<Histogram>(&mut bytes.as_slice()).unwrap(), histogram);
    for params in [LtvParams::new(Model::GGompertzNbd), LtvParams::auto().folds(2)] {
        let model = params.fit(&histogram).unwrap();
        let mut bytes = Vec::new();
        crate::persist::write(&mut bytes, &model).unwrap();
        assert_eq!(crate::persist::read::<LtvModel>(&mut bytes.as_slice()).unwrap(), model);
        // Parameters outside the domain are refused.
        let damaged = crate::persist::edited(&bytes, "\"parameters\":[", "\"parameters\":[-");
        assert!(crate::persist::read::<LtvModel>(&damaged[..]).is_err());
    }
}

/// The likelihood of k stages has exact derivatives, and at k = 1 it is that of the model it extends.
#[test]
fn regular_buyers_extend_the_coin_models() {
    for (k, coin) in [(1, Coin::AfterRepeats), (2, Coin::AfterEvery), (4, Coin::AfterRepeats)] {
        check_derivatives(&format!("k = {k} {coin:?}"), [0.6, 2.0, 0.8, 2.4], |p| {
            over_keys(|x, t, t_x, w| erlang::Erlang::segment(k, coin, p, x, t, t_x, w))
        });
    }
    let (plain, one) = (
        PurchaseProcess::mbg_nbd(0.525, 6.183, 0.891, 1.614).unwrap(),
        PurchaseProcess::mbg_cnbd_k(1, 0.525, 6.183, 0.891, 1.614).unwrap(),
    );
    for (x, t_x, t) in KEYS {
        let customer = RecencyFrequency::new(x, t_x, t).unwrap();
        for (a, b) in [
            (plain.log_likelihood(&customer), one.log_likelihood(&customer)),
            (plain.p_alive(&customer).get(), one.p_alive(&customer).get()),
            (plain.expected_purchases(&customer, 52.0), one.expected_purchases(&customer, 52.0)),
            (plain.p_alive_after(&customer, 52.0).get(), one.p_alive_after(&customer, 52.0).get()),
        ] {
            assert!((a - b).abs() <= 1e-10 * (1e-6 + a.abs()), "{customer:?}: {a} {b}");
        }
    }
}

/// The stages that made the data are found again.
#[test]
fn regularity_is_recovered() {
    let truth = PurchaseProcess::bg_cnbd_k(3, 1.5, 1.5, 0.5, 4.0).unwrap();
    let history = truth.simulate(&vec![52.0; 3_000], TimeUnit::Week, crate::types::Seed(8)).unwrap();
    let fitted = LtvParams::new(Model::BgCnbdK).fit(&history).unwrap();
    assert_eq!(fitted.process().parameters()[0], 3.0, "{:?}", fitted.summary());
    assert!(fitted.summary().estimates[0].standard_error.is_none());
    let plain = LtvParams::new(Model::BgNbd).fit(&history).unwrap();
    assert!(plain.summary().log_likelihood < fitted.summary().log_likelihood - 20.0);
}

/// Donors of Fader, Hardie and Shang (2010): the published figures, exact derivatives, and a distribution with the mean
/// expected.
#[test]
fn occasions_are_told_apart() {
    use super::discrete::BetaBernoulli;
    let keys = [(0.0, 0.0, 6.0), (1.0, 2.0, 6.0), (3.0, 6.0, 6.0), (6.0, 6.0, 6.0), (2.0, 3.0, 40.0)];
    check_derivatives("BG/BB", [1.204, 0.75, 0.657, 2.783], |p| {
        keys.iter()
            .fold(Eval::ZERO, |sum, (x, t_x, t)| sum + BetaBernoulli::segment(p, *x, &[*t], &[*t_x], &[1.0]))
    });
    let donors = PurchaseProcess::bg_bb(1.204, 0.75, 0.657, 2.783).unwrap();
    for (x, t_x, n) in keys {
        let customer = RecencyFrequency::new(x, t_x, n).unwrap();
        let segment = BetaBernoulli::segment(&[1.204, 0.75, 0.657, 2.783], x, &[n], &[t_x], &[1.0]).value;
        assert!((segment - donors.log_likelihood(&customer)).abs() < 1e-12 * segment.abs());
        let (mut sum, mut mean) = (0.0, 0.0);
        for k in 0..=5 {
            let p = donors.p_purchases(&customer, 5.0, k).unwrap().get();
            sum += p;
            mean += p * f64::from(k);
        }
        let expected = donors.expected_purchases(&customer, 5.0);
        assert!((sum - 1.0).abs() < 1e-12 && (mean - expected).abs() < 1e-12, "{sum} {mean} {expected}");
    }
    // All histories of six occasions have probability one in total.
    let mut total = 0.0;
    for t_x in 0..=6_u32 {
        for x in u32::from(t_x > 0)..=t_x {
            // Ways to place the purchases before the last.
            let ways = (1..x).fold(1.0, |w, i| w * f64::from(t_x - i) / f64::from(i));
            let customer = RecencyFrequency::new(f64::from(x), f64::from(t_x), 6.0).unwrap();
            total += ways * donors.log_likelihood(&customer).exp();
        }
    }
    assert!((total - 1.0).abs() < 1e-12, "{total}");
    let history = donors.simulate(&vec![12.0; 4_000], TimeUnit::Day, crate::types::Seed(3)).unwrap();
    let found = LtvParams::new(Model::BgBb).fit(&history).unwrap();
    let at_truth =
        fit::log_likelihood(Model::BgBb, &donors.parameters(), &Histogram::new(&history).purchases);
    assert!(found.summary().log_likelihood >= at_truth, "{:?}", found.summary());
    assert!(found.summary().log_likelihood < at_truth + 10.0, "{:?}", found.summary());
    let weeks = history_of_fractions();
    assert_eq!(LtvParams::new(Model::BgBb).fit(&weeks).unwrap_err().kind(), ErrorKind::InvalidInput);
}

fn history_of_fractions() -> PurchaseHistory {
    history(&KEYS, None)
}

/// Fader and Hardie (2007), table 1, "high end" customers: a .668, b 3.806, ln L -1611.2.
#[test]
fn contracts_are_renewed_as_published() {
    let cohort = Renewals::of_cohort(&[1_000, 869, 743, 653, 593, 551, 517, 491]).unwrap();
    let (model, summary) = ShiftedBetaGeometric::fit(&cohort).unwrap();
    let (a, b) = model.parameters();
    assert!((a - 0.668).abs() < 5e-4 && (b - 3.806).abs() < 5e-4, "{a} {b}");
    assert!((summary.log_likelihood + 1611.2).abs() < 0.05, "{summary:?}");
    assert_eq!(summary.status, FitStatus::Converged);
    assert!(Renewals::of_cohort(&[5, 6]).is_err() && Renewals::of_cohort(&[5]).is_err());
    assert!(Renewals::new().add(0, Outlook::Lost, 1).is_err());
    let one = Renewals::of_cohort(&[10, 4]).unwrap();
    let mut two = Renewals::new();
    two.add(1, Outlook::Lost, 6).unwrap().add(1, Outlook::Renewed, 4).unwrap();
    assert_eq!(one, two);
    assert_eq!(one.merge(&cohort).contracts(), 1_010);
}

/// Wald, profile and predictive intervals on simulated truth.
#[test]
fn intervals_cover_the_truth() {
    use crate::types::Seed;
    let theta = [0.5, 6.0, 0.8, 2.5];
    let truth = PurchaseProcess::bg_nbd(theta[0], theta[1], theta[2], theta[3]).unwrap();
    let (mut covered, mut all) = (0, 0);
    for set in 0..60 {
        let history = truth.simulate(&[52.0; 1_500], TimeUnit::Week, Seed(set)).unwrap();
        let model = LtvParams::new(Model::BgNbd).fit(&history).unwrap();
        for (estimate, value) in model.summary().estimates.iter().zip(theta) {
            let (low, high) = estimate.interval.unwrap();
            covered += u32::from(low <= value && value <= high);
            all += 1;
        }
    }
    // 240 correlated draws: three binomial standard errors about 95 % are 91 to 99 %.
    let share = f64::from(covered) / f64::from(all);
    assert!((0.91..=0.99).contains(&share), "{share}");
    let history = truth.simulate(&[52.0; 1_500], TimeUnit::Week, Seed(1)).unwrap();
    let model = LtvParams::new(Model::BgNbd).fit(&history).unwrap();
    let (low, high) = model.profile_interval(&history, "r", 0.95).unwrap();
    let wald = model.summary().estimates[0].interval.unwrap();
    assert!((low / wald.0 - 1.0).abs() < 0.05 && (high / wald.1 - 1.0).abs() < 0.05, "{low} {high} {wald:?}");
    assert!(model.profile_interval(&history, "q", 0.95).is_err());
    assert!(model.profile_interval(&history, "r", 1.0).is_err());
}

/// Effects of two covariates on buying and leaving are found again, for every model that has them.
#[test]
fn effects_of_covariates_are_recovered() {
    use crate::data::Matrix;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;
    for (model, theta, attrition) in [
        (Model::BgNbd, vec![0.8, 4.0, 0.8, 2.5], 2),
        (Model::MbgNbd, vec![0.8, 4.0, 0.8, 2.5], 2),
        (Model::ParetoNbd, vec![0.8, 4.0, 1.2, 20.0], 3),
        (Model::GGompertzNbd, vec![0.8, 4.0, 0.05, 1.2, 1.0], 4),
    ] {
        let (mut rows, mut z) = (Vec::new(), Vec::new());
        for i in 0..2_500_u64 {
            let mut rng = Rng::new(Seed(4), i);
            let own = [f64::from(u8::from(rng.chance(0.5))), rng.normal()];
            let mut theta = theta.clone();
            theta[1] *= (-(0.8 * own[0] - 0.3 * own[1])).exp();
            let leave = 0.4 * own[1];
            theta[attrition] *= if attrition == 2 { leave.exp() } else { (-leave).exp() };
            let one = PurchaseProcess::new(model, &theta)
                .unwrap()
                .simulate(&[60.0], TimeUnit::Week, Seed(i))
                .unwrap();
            rows.push((one.x()[0], one.t_x()[0], 60.0));
            z.extend(own);
        }
        let all = history(&rows, None);
        let matrix = Matrix::unnamed(Customers::numbered(rows.len()).unwrap(), 2, z).unwrap();
        let fitted = CovariateParams::new(model).fit(&all, &matrix).unwrap();
        assert!(fitted.converged(), "{fitted:?}");
        for (effect, truth) in fitted.on_purchases().iter().zip([0.8, -0.3]) {
            let error = effect.standard_error.unwrap();
            assert!((effect.value - truth).abs() < 4.0 * error && error < 0.2, "{model} {effect:?}");
        }
        for (effect, truth) in fitted.on_attrition().iter().zip([0.0, 0.4]) {
            let error = effect.standard_error.unwrap();
            assert!((effect.value - truth).abs() < 4.0 * error, "{model} {effect:?}");
        }
        let plain = LtvParams::new(model).fit(&all).unwrap();
        assert!(fitted.log_likelihood() > plain.summary().log_likelihood + 20.0);
        let shrunk = CovariateParams::new(model).l2(1e9).fit(&all, &matrix).unwrap();
        assert!(shrunk.on_purchases()[0].value.abs() < 1e-3);
        let equal = CovariateParams::new(model).effects(Effects::Equal).fit(&all, &matrix).unwrap();
        assert_eq!(equal.on_purchases(), equal.on_attrition());
        assert!(equal.log_likelihood() < fitted.log_likelihood());
        assert!(fitted.process(&[1.0]).is_err());
        let own = fitted.process(&[1.0, 0.0]).unwrap();
        assert!(own.parameters()[1] < fitted.base().parameters()[1]);
    }
    assert!(CovariateParams::new(Model::BgBb).check().is_err());
    assert!(CovariateParams::new(Model::BgNbd).l2(f64::NAN).check().is_err());
}
