//! `PurchaseProcess`: when customers buy and when they stop, one of seven models with its parameters.

use crate::error::{Error, Result};
use crate::kernel::quad;

use super::Model;
use super::betageo::{BetaGeometric, Coin};
use super::discrete::BetaBernoulli;
use super::dropout::{GammaGompertz, NbdWith, Pareto};
use super::erlang::Erlang;
use super::history::RecencyFrequency;

/// A model of buying and leaving with its parameters: what a fit finds, or the literature gives.
///
/// Every method is total: it has a finite answer for every valid [`RecencyFrequency`], also for a = 1, s = 1,
/// alpha = beta, a million purchases or none.
///
/// ```
/// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
///
/// // Fader, Hardie and Lee (2005): CDNOW, weeks; their example customer.
/// let process = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426)?;
/// let customer = RecencyFrequency::new(2.0, 30.43, 38.86)?;
/// assert!((process.expected_purchases(&customer, 39.0) - 1.226).abs() < 5e-4);
/// assert!((process.p_alive(&customer).get() - 0.7266).abs() < 5e-5);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PurchaseProcess(pub(super) Inner);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Inner {
    Coin(BetaGeometric),
    Pareto(NbdWith<Pareto>),
    Gompertz(NbdWith<GammaGompertz>),
    Erlang(Erlang),
    Discrete(BetaBernoulli),
}

pub(super) fn check_positive(name: &'static str, value: f64) -> Result<()> {
    // The bounds keep every power and product inside the range of floats.
    if value.is_finite() && (1e-12..=1e12).contains(&value) {
        Ok(())
    } else {
        Err(Error::param(name, "must lie between 1e-12 and 1e12", value))
    }
}

/// The model and its parameters, in the order of the constructor.
#[cfg(feature = "serde")]
impl serde::Serialize for PurchaseProcess {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = to.serialize_struct("PurchaseProcess", 2)?;
        fields.serialize_field("model", &self.model())?;
        fields.serialize_field("parameters", &self.parameters())?;
        fields.end()
    }
}

impl PurchaseProcess {
    /// BG/NBD (Fader, Hardie and Lee 2005): one may leave right after any repeat purchase.
    ///
    /// # When to use it, and when not
    /// The usual first model of a shop without contracts, because it is fast and has few parameters. Not where many buy
    /// once and never again: here nobody can leave before the second purchase, so that P(alive) of x = 0 is 1 whatever
    /// the silence. Take [`mbg_nbd`](Self::mbg_nbd) or [`pareto_nbd`](Self::pareto_nbd) then.
    ///
    /// # The model
    /// | symbol | meaning | unit |
    /// |---|---|---|
    /// | lambda ~ Gamma(r, alpha) | purchases per unit of time of an active customer; mean r / alpha | 1 / time |
    /// | p ~ Beta(a, b) | probability to leave after a repeat purchase; mean a / (a + b) | none |
    ///
    /// L = Gamma(r + x) / Gamma(r) alpha^r B(a, b + x) / B(a, b)
    /// { (alpha + T)^-(r + x) + \[x > 0\] a / (b + x - 1) (alpha + `t_x`)^-(r + x) };
    ///
    /// P(alive) = 1 / (1 + a / (b + x - 1) ((alpha + T) / (alpha + `t_x`))^(r + x)) for x > 0.
    ///
    /// # Assumptions
    /// lambda and p are independent and do not change; gaps are exponential. The literature's expectation is a difference of
    /// 2F1 over a - 1; here it is a mean over p of positive terms, so that a = 1 is nothing special.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless all lie between 1e-12 and 1e12.
    ///
    /// # References
    /// doi:10.1287/mksc.1040.0098; brucehardie.com/notes/004 (spreadsheets), /021 (the expectation).
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426)?;
    /// // Who never came back cannot have left, but is believed to be slow.
    /// let once = RecencyFrequency::new(0.0, 0.0, 38.86)?;
    /// assert_eq!(process.p_alive(&once).get(), 1.0);
    /// assert!((process.expected_purchases(&once, 39.0) - 0.1951).abs() < 1e-4);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn bg_nbd(r: f64, alpha: f64, a: f64, b: f64) -> Result<Self> {
        Self::new(Model::BgNbd, &[r, alpha, a, b])
    }

    /// MBG/NBD (Batislam, Denizel and Filiztekin 2007): one may leave after any purchase, the first included.
    ///
    /// # When to use it, and when not
    /// As BG/NBD, where many customers buy once: P(alive) of x = 0 falls as they stay silent. Not where customers leave
    /// between purchases, because they move or die: the clock models are made for that.
    ///
    /// # The model
    /// Parameters as [`bg_nbd`](Self::bg_nbd), with one more coin, tossed at the first purchase:
    ///
    /// L = Gamma(r + x) / Gamma(r) alpha^r B(a, b + x + 1) / B(a, b)
    /// { (alpha + T)^-(r + x) + a / (b + x) (alpha + `t_x`)^-(r + x) };
    ///
    /// P(alive) = 1 / (1 + a / (b + x) ((alpha + T) / (alpha + `t_x`))^(r + x)).
    ///
    /// A share a / (a + b) of newcomers never comes back.
    ///
    /// # Errors
    /// As [`PurchaseProcess::bg_nbd`].
    ///
    /// # References
    /// doi:10.1016/j.ijresmar.2006.12.005. Hoppe and Wagner (Marketing ZFP, 2007) have it as CBG/NBD.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::mbg_nbd(0.525, 6.183, 0.891, 1.614)?;
    /// let once = RecencyFrequency::new(0.0, 0.0, 38.86)?;
    /// assert!((process.p_alive(&once).get() - 0.3897).abs() < 1e-4);
    /// assert!((process.expected_purchases(&once, 39.0) - 0.1540).abs() < 1e-4);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn mbg_nbd(r: f64, alpha: f64, a: f64, b: f64) -> Result<Self> {
        Self::new(Model::MbgNbd, &[r, alpha, a, b])
    }

    /// Pareto/NBD (Schmittlein, Morrison and Colombo 1987): one may leave at any time, at a constant risk of one's own.
    ///
    /// # When to use it, and when not
    /// The model all others are compared with: leaving has nothing to do with buying, as when people move away or lose the
    /// habit. Not where leaving is a reaction to the last purchase (the coin models), or where the risk changes with age
    /// ([`ggompertz_nbd`](Self::ggompertz_nbd)).
    ///
    /// # The model
    /// | symbol | meaning | unit |
    /// |---|---|---|
    /// | lambda ~ Gamma(r, alpha) | purchases per unit of time of an active customer | 1 / time |
    /// | mu ~ Gamma(s, beta) | risk of leaving per unit of time; lifetimes are Pareto (Lomax) | 1 / time |
    ///
    /// P(lives beyond u) = S(u) = (beta / (beta + u))^s, density f(u) = s / (beta + u) S(u), and
    ///
    /// L = Gamma(r + x) / Gamma(r) alpha^r { S(T) (alpha + T)^-(r + x)
    /// + integral from `t_x` to T of f(u) (alpha + u)^-(r + x) du }.
    ///
    /// P(alive) is the share of the first term. Expected purchases of one who is alive are (r + x) / (alpha + T) times
    /// (beta + T) / (s - 1) (1 - ((beta + T) / (beta + T + t))^(s - 1)), ln in place of the power at s = 1.
    ///
    /// # Assumptions
    /// lambda and mu are independent and do not change; gaps and lifetimes are exponential. The literature's integral is a
    /// difference of two 2F1 that changes its form at alpha = beta and overflows for heavy buyers; the positive integral
    /// does neither.
    ///
    /// # Errors
    /// As [`PurchaseProcess::bg_nbd`].
    ///
    /// # References
    /// doi:10.1287/mnsc.33.1.1; Fader and Hardie (2005), brucehardie.com/notes/009 (derivation) and /008 (its numerics).
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::pareto_nbd(0.553, 10.578, 0.606, 11.669)?;
    /// assert!((process.expected_purchases(&RecencyFrequency::NEW, 52.0) - 1.473).abs() < 1e-3);
    /// let customer = RecencyFrequency::new(2.0, 30.43, 38.86)?;
    /// assert!((process.p_alive(&customer).get() - 0.8692).abs() < 1e-4);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn pareto_nbd(r: f64, alpha: f64, s: f64, beta: f64) -> Result<Self> {
        Self::new(Model::ParetoNbd, &[r, alpha, s, beta])
    }

    /// GGompertz/NBD (Bemmaor and Glady 2012): one may leave at any time, at a risk that changes with age.
    ///
    /// # When to use it, and when not
    /// Where the loyal age too: for beta > 1 the density of leaving has a mode, which Pareto/NBD cannot have. Not by
    /// default: it contains Pareto/NBD as its edge (b to 0, beta / b constant), and many shops' maximum lies there.
    /// [`FitStatus::Boundary`](super::FitStatus::Boundary) says so; take Pareto/NBD then.
    ///
    /// # The model
    /// | symbol | meaning | unit |
    /// |---|---|---|
    /// | lambda ~ Gamma(r, alpha) | purchases per unit of time of an active customer | 1 / time |
    /// | b | growth of the risk with age | 1 / time |
    /// | eta ~ Gamma(s, beta) | the risk at age u is eta b e^(b u) | none |
    ///
    /// S(u) = (beta / (beta - 1 + e^(b u)))^s; likelihood, P(alive) and expectation as for [`pareto_nbd`](Self::pareto_nbd)
    /// with this S, the expected remaining life being an integral of S by Gauss-Legendre panels.
    ///
    /// # Assumptions
    /// As Pareto/NBD; b is the same for all. For b u > 700 the exponential is never formed: the law is an exponential then.
    ///
    /// # Errors
    /// As [`PurchaseProcess::bg_nbd`].
    ///
    /// # References
    /// doi:10.1287/mnsc.1110.1461.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let customer = RecencyFrequency::new(2.0, 30.43, 38.86)?;
    /// let ages = PurchaseProcess::ggompertz_nbd(0.553, 10.578, 0.05, 0.606, 0.6)?;
    /// assert!((ages.p_alive(&customer).get() - 0.7104).abs() < 1e-4);
    /// assert!((ages.expected_purchases(&customer, 39.0) - 0.8249).abs() < 1e-4);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn ggompertz_nbd(r: f64, alpha: f64, b: f64, s: f64, beta: f64) -> Result<Self> {
        Self::new(Model::GGompertzNbd, &[r, alpha, b, s, beta])
    }

    /// BG/CNBD-k (Platzer and Reutterer 2016): as BG/NBD, with regular buyers.
    ///
    /// # When to use it, and when not
    /// Where people restock: gaps between purchases are sums of k exponential stages (Erlang-k), of coefficient of variation
    /// 1 / sqrt(k). A regular buyer who is late has probably left; an irregular one has not. Not where purchases come in
    /// bursts (gaps more variable than exponential ones): the likelihood then chooses k = 1.
    ///
    /// # The model
    /// k is a whole number, chosen by likelihood from 1 to 12 when fitted; r and alpha are those of the stages, of which a
    /// purchase takes k, so that the mean rate is about r / (alpha k). With R = r + k x and y = (T - `t_x`) / (alpha + T),
    ///
    /// P(alive) = 1 / (1 + a / (b + x - 1) ((alpha + T) / (alpha + `t_x`))^R / W),
    /// W = sum over j < k of C(R + j - 1, j) y^j: fewer than k stages fit into the silence.
    ///
    /// # Assumptions
    /// As BG/NBD; all customers are equally regular. Only (x, `t_x`, T) are read: the gaps themselves are integrated out,
    /// which keeps the histogram of histories sufficient and costs some power to tell k from k + 1.
    ///
    /// # Errors
    /// As [`PurchaseProcess::bg_nbd`]; `k` must be 1 to 1000.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let customer = RecencyFrequency::new(5.0, 20.0, 28.0)?;
    /// let irregular = PurchaseProcess::bg_nbd(0.8, 4.0, 0.8, 2.4)?;
    /// let clockwork = PurchaseProcess::bg_cnbd_k(4, 0.8, 1.0, 0.8, 2.4)?;
    /// // Eight silent weeks after one purchase every four: a regular buyer has probably left.
    /// assert!(clockwork.p_alive(&customer) < irregular.p_alive(&customer));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn bg_cnbd_k(k: u32, r: f64, alpha: f64, a: f64, b: f64) -> Result<Self> {
        Self::new(Model::BgCnbdK, &[f64::from(k), r, alpha, a, b])
    }

    /// BG/BB (Fader, Hardie and Shang 2010): one chance to buy at each of a series of occasions.
    ///
    /// # When to use it, and when not
    /// For what happens on occasions everybody shares: yearly donations, mailings, matches of a season. Not for a shop that
    /// is always open, whose purchases would have to be cut into weeks.
    ///
    /// # The model
    /// | symbol | meaning |
    /// |---|---|
    /// | p ~ Beta(alpha, beta) | probability to buy at an occasion while active |
    /// | theta ~ Beta(gamma, delta) | probability to leave before the next occasion |
    ///
    /// Times are counted in occasions; fractions of one are dropped. P(alive) means: for the next occasion. The likelihood
    /// is a sum over the occasion after which the customer left.
    ///
    /// # Assumptions
    /// p and theta are independent and do not change; at most one purchase at an occasion.
    ///
    /// # Errors
    /// As [`PurchaseProcess::bg_nbd`].
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// // Their table 3: donors of 1995 over six years; expected donations in the five years after, by (x, t_x).
    /// let donors = PurchaseProcess::bg_bb(1.204, 0.750, 0.657, 2.783)?;
    /// let always = RecencyFrequency::new(6.0, 6.0, 6.0)?;
    /// assert!((donors.expected_purchases(&always, 5.0) - 3.75).abs() < 0.01);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn bg_bb(alpha: f64, beta: f64, gamma: f64, delta: f64) -> Result<Self> {
        Self::new(Model::BgBb, &[alpha, beta, gamma, delta])
    }

    /// MBG/CNBD-k (Platzer and Reutterer 2016): as MBG/NBD, with regular buyers.
    ///
    /// The most flexible of the coin models: one may leave after the first purchase, and gaps may be regular. With k = 1 it
    /// is [`mbg_nbd`](Self::mbg_nbd) to the last digit; see [`bg_cnbd_k`](Self::bg_cnbd_k) for k and for its assumptions.
    ///
    /// # Errors
    /// As [`PurchaseProcess::bg_cnbd_k`].
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let customer = RecencyFrequency::new(2.0, 30.43, 38.86)?;
    /// let irregular = PurchaseProcess::mbg_nbd(0.525, 6.183, 0.891, 1.614)?;
    /// let one_stage = PurchaseProcess::mbg_cnbd_k(1, 0.525, 6.183, 0.891, 1.614)?;
    /// let (a, b) = (irregular.p_alive(&customer).get(), one_stage.p_alive(&customer).get());
    /// assert!((a - b).abs() < 1e-14);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn mbg_cnbd_k(k: u32, r: f64, alpha: f64, a: f64, b: f64) -> Result<Self> {
        Self::new(Model::MbgCnbdK, &[f64::from(k), r, alpha, a, b])
    }

    /// Any model, its parameters in the order of [`Model::parameter_names`]: what a file or another program gives.
    ///
    /// ```
    /// use regulars::ltv::{Model, PurchaseProcess};
    /// let process = PurchaseProcess::new(Model::BgCnbdK, &[3.0, 0.5, 1.5, 0.8, 2.4])?;
    /// assert_eq!(process, PurchaseProcess::bg_cnbd_k(3, 0.5, 1.5, 0.8, 2.4)?);
    /// let error = PurchaseProcess::new(Model::BgNbd, &[0.2, 4.4, 0.0, 2.4]).unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `a`: must lie between 1e-12 and 1e12, got 0");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for another number of parameters; as
    /// [`PurchaseProcess::bg_nbd`].
    pub fn new(model: Model, parameters: &[f64]) -> Result<Self> {
        let names = model.parameter_names();
        if names.len() != parameters.len() {
            return Err(Error::shape("parameters", names.len(), parameters.len()));
        }
        for (name, value) in names.iter().zip(parameters) {
            check_positive(name, *value)?;
            if *name == "k" && !(value.fract() == 0.0 && *value <= 1e3) {
                return Err(Error::param("k", "must be a whole number from 1 to 1000", *value));
            }
        }
        Ok(Self::raw(model, parameters))
    }

    pub(super) fn raw(model: Model, theta: &[f64]) -> Self {
        let at = |i: usize| theta.get(i).copied().unwrap_or(1.0);
        let (r, alpha) = (at(0), at(1));
        let coin = |coin| Inner::Coin(BetaGeometric { r, alpha, a: at(2), b: at(3), coin });
        Self(match model {
            Model::BgNbd => coin(Coin::AfterRepeats),
            Model::MbgNbd => coin(Coin::AfterEvery),
            Model::ParetoNbd => {
                Inner::Pareto(NbdWith { r, alpha, dropout: Pareto { s: at(2), beta: at(3) } })
            }
            Model::BgCnbdK | Model::MbgCnbdK => {
                let coin = if model == Model::BgCnbdK { Coin::AfterRepeats } else { Coin::AfterEvery };
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "whole and small"
                )]
                let k = at(0).clamp(1.0, 1e3) as u32;
                let base = BetaGeometric { r: at(1), alpha: at(2), a: at(3), b: at(4), coin };
                Inner::Erlang(Erlang { k, base })
            }
            Model::BgBb => {
                Inner::Discrete(BetaBernoulli { alpha: at(0), beta: at(1), gamma: at(2), delta: at(3) })
            }
            Model::GGompertzNbd => Inner::Gompertz(NbdWith {
                r,
                alpha,
                dropout: GammaGompertz { b: at(2), s: at(3), beta: at(4) },
            }),
        })
    }

    /// Which model.
    ///
    /// ```
    /// use regulars::ltv::{Model, PurchaseProcess};
    /// assert_eq!(PurchaseProcess::mbg_nbd(0.5, 6.2, 0.9, 1.6)?.model(), Model::MbgNbd);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn model(&self) -> Model {
        match &self.0 {
            Inner::Coin(m) if m.coin == Coin::AfterRepeats => Model::BgNbd,
            Inner::Coin(_) => Model::MbgNbd,
            Inner::Pareto(_) => Model::ParetoNbd,
            Inner::Gompertz(_) => Model::GGompertzNbd,
            Inner::Erlang(m) if m.base.coin == Coin::AfterRepeats => Model::BgCnbdK,
            Inner::Erlang(_) => Model::MbgCnbdK,
            Inner::Discrete(_) => Model::BgBb,
        }
    }

    /// The parameters in the order of [`Model::parameter_names`]; times in the unit of the histories.
    ///
    /// ```
    /// use regulars::ltv::PurchaseProcess;
    /// assert_eq!(PurchaseProcess::pareto_nbd(0.55, 10.6, 0.6, 11.7)?.parameters(), [0.55, 10.6, 0.6, 11.7]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn parameters(&self) -> Vec<f64> {
        match &self.0 {
            Inner::Coin(m) => vec![m.r, m.alpha, m.a, m.b],
            Inner::Pareto(m) => vec![m.r, m.alpha, m.dropout.s, m.dropout.beta],
            Inner::Gompertz(m) => vec![m.r, m.alpha, m.dropout.b, m.dropout.s, m.dropout.beta],
            Inner::Discrete(m) => vec![m.alpha, m.beta, m.gamma, m.delta],
            Inner::Erlang(m) => vec![f64::from(m.k), m.base.r, m.base.alpha, m.base.a, m.base.b],
        }
    }

    /// Log-likelihood of one customer's history: ln of a density in the purchase times, of a probability for x = 0.
    ///
    /// Relative error about 1e-12 over the whole domain, also where it is nearly 0 because silence is nearly certain.
    /// Likelihoods of different models of one history can be compared; those of times in weeks and in days differ by
    /// x ln 7.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let customer = RecencyFrequency::new(2.0, 30.43, 38.86)?;
    /// let ln = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426)?.log_likelihood(&customer);
    /// assert!((ln - -9.458606).abs() < 1e-6);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn log_likelihood(&self, customer: &RecencyFrequency) -> f64 {
        match &self.0 {
            Inner::Coin(m) => m.log_likelihood(customer),
            Inner::Pareto(m) => m.log_likelihood(customer),
            Inner::Gompertz(m) => m.log_likelihood(customer),
            Inner::Erlang(m) => m.log_likelihood(customer),
            Inner::Discrete(m) => m.log_likelihood(customer),
        }
    }

    /// Probability that the customer has not left by the end of the history: the share of the likelihood's term of staying.
    ///
    /// It falls with the silence T - `t_x`, and the faster the more purchases came before it: a frequent buyer's silence
    /// says more. For x = 0 under BG/NBD it is 1, see there.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::pareto_nbd(0.553, 10.578, 0.606, 11.669)?;
    /// let alive = |x: f64| RecencyFrequency::new(x, 10.0, 38.86).map(|c| process.p_alive(&c));
    /// assert!(alive(8.0)? < alive(1.0)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn p_alive(&self, customer: &RecencyFrequency) -> crate::types::Probability {
        crate::types::Probability::saturating(self.alive(customer))
    }

    pub(super) fn alive(&self, customer: &RecencyFrequency) -> f64 {
        match &self.0 {
            Inner::Coin(m) => m.p_alive(customer),
            Inner::Pareto(m) => m.p_alive(customer),
            Inner::Gompertz(m) => m.p_alive(customer),
            Inner::Erlang(m) => m.p_alive(customer),
            Inner::Discrete(m) => m.p_alive(customer),
        }
    }

    /// Expected purchases in (T, T + `t`], in the unit of time of the parameters. With [`RecencyFrequency::NEW`]: of a
    /// new customer, the first purchase not counted. A `t` that is not a positive number gives 0.
    ///
    /// P(alive) times what one who is alive will buy, who may still leave on the way. Within a window from u to v it is the
    /// difference of two calls. Relative error about 1e-12.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::mbg_nbd(0.525, 6.183, 0.891, 1.614)?;
    /// let customer = RecencyFrequency::new(2.0, 30.43, 38.86)?;
    /// let [year, half] = [52.0, 26.0].map(|t| process.expected_purchases(&customer, t));
    /// assert!(half < year && year < 2.0 * half); // some leave in between
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn expected_purchases(&self, customer: &RecencyFrequency, t: f64) -> f64 {
        // A NaN compares false with everything and becomes 0.
        let t = if t > 0.0 { t.min(1e15) } else { return 0.0 };
        self.alive(customer) * self.while_alive(customer, t)
    }

    /// As [`PurchaseProcess::expected_purchases`] of one who is alive at T.
    pub(super) fn while_alive(&self, customer: &RecencyFrequency, t: f64) -> f64 {
        match &self.0 {
            Inner::Coin(m) => m.purchases_while_alive(customer.x, 1.0 / (m.alpha + customer.t), t),
            Inner::Pareto(m) => m.purchases_while_alive(customer, t),
            Inner::Gompertz(m) => m.purchases_while_alive(customer, t),
            Inner::Erlang(m) => m.purchases_while_alive(customer, t),
            Inner::Discrete(m) => m.purchases_while_alive(customer, t),
        }
    }

    /// Discounted expected residual transactions: all later purchases, one at time u counting e^(-`rate` u), with the
    /// continuous discount `rate` per unit of time.
    ///
    /// For the clock models it is (r + x) / (alpha + T) times the integral of e^(-rate u) S(T + u) / S(T), by panels; for the
    /// coin models, integrated by parts, the integral of rate e^(-rate u) E(u), E the expected purchases, by trapezoids in
    /// ln u; for BG/BB the sum over occasions. Positive smooth terms only: relative error about 1e-12.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless `rate` lies between 1e-12 and 1e12.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::pareto_nbd(0.553, 10.578, 0.606, 11.669)?;
    /// let customer = RecencyFrequency::new(26.0, 30.86, 31.0)?;
    /// assert!((process.discounted_purchases(&customer, 0.0027)? - 86.0565).abs() < 1e-4);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn discounted_purchases(&self, customer: &RecencyFrequency, rate: f64) -> Result<f64> {
        check_positive("rate", rate)?;
        let ahead = match &self.0 {
            Inner::Pareto(m) => m.discounted_while_alive(customer, rate, f64::INFINITY),
            Inner::Gompertz(m) => m.discounted_while_alive(customer, rate, f64::INFINITY),
            Inner::Discrete(m) => m.discounted_while_alive(customer, rate, f64::INFINITY),
            Inner::Coin(_) | Inner::Erlang(_) => {
                let h = 0.2;
                // With u = e^w / rate the weight is e^(w - e^w), below e^-40 outside (-40, 3.8).
                let term = |i: u32| {
                    let w = 3.8 - h * f64::from(i);
                    let u = w.exp();
                    (w - u).exp() * self.while_alive(customer, u / rate)
                };
                h * (0..=220_u32).map(term).sum::<f64>()
            }
        };
        Ok(self.alive(customer) * ahead)
    }

    /// P(exactly n purchases in (T, T + `t`]): for a customer who may have left by T, or may leave on the way. `None` for a
    /// `t` that is not a number from 0 to 1e15.
    ///
    /// Closed form for the coin models (Fader, Hardie and Lee 2005, equation 8, given the history), one quadrature for
    /// the others.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::pareto_nbd(0.553, 10.578, 0.606, 11.669)?;
    /// let customer = RecencyFrequency::new(2.0, 30.43, 38.86)?;
    /// let none = process.p_purchases(&customer, 39.0, 0).unwrap().get();
    /// let mean: f64 = (1..60).map(|n| f64::from(n) * process.p_purchases(&customer, 39.0, n).unwrap().get()).sum();
    /// assert!(none > 0.2 && (mean - process.expected_purchases(&customer, 39.0)).abs() < 1e-6);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn p_purchases(
        &self,
        customer: &RecencyFrequency,
        t: f64,
        n: u32,
    ) -> Option<crate::types::Probability> {
        if !(0.0..=1e15).contains(&t) {
            return None;
        }
        Some(crate::types::Probability::saturating(self.pmf(customer, t, f64::from(n))))
    }

    pub(super) fn pmf(&self, customer: &RecencyFrequency, t: f64, n: f64) -> f64 {
        if t == 0.0 {
            return f64::from(u8::from(n == 0.0));
        }
        let of_alive = match &self.0 {
            Inner::Coin(m) => return m.pmf(customer, t, n),
            Inner::Erlang(m) => return m.pmf(customer, t, n),
            Inner::Pareto(m) => m.pmf(customer, t, n),
            Inner::Gompertz(m) => m.pmf(customer, t, n),
            Inner::Discrete(m) => m.pmf(customer, t, n),
        };
        let alive = self.alive(customer);
        alive * of_alive + if n == 0.0 { 1.0 - alive } else { 0.0 }
    }

    /// Probability that the customer is still one at T + `t`: P(alive) now, times the probability to stay for `t` more. A
    /// `t` that is not a positive number means now.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426)?;
    /// let customer = RecencyFrequency::new(2.0, 30.43, 38.86)?;
    /// let (now, later) = (process.p_alive(&customer), process.p_alive_after(&customer, 39.0));
    /// assert!(0.0 < later.get() && later.get() < now.get());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn p_alive_after(&self, customer: &RecencyFrequency, t: f64) -> crate::types::Probability {
        let stays = if t > 0.0 {
            let t = t.min(1e15);
            match &self.0 {
                Inner::Coin(m) => m.stays(customer, t),
                Inner::Pareto(m) => m.stays(customer, t),
                Inner::Gompertz(m) => m.stays(customer, t),
                Inner::Erlang(m) => m.stays(customer, t),
                Inner::Discrete(m) => m.stays(customer, t),
            }
        } else {
            1.0
        };
        crate::types::Probability::saturating(self.alive(customer) * stays)
    }

    /// The time by which the next purchase has come with probability `p`: `None` where it never comes that surely, because
    /// the customer may have left, and for a `p` outside (0, 1). Bisection on ln t of 1 - P(no purchase in t), to 1e-10
    /// relative.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426)?;
    /// let regular = RecencyFrequency::new(20.0, 38.0, 38.86)?;
    /// let weeks = process.time_to_next(&regular, 0.5).unwrap();
    /// assert!((0.5..3.0).contains(&weeks));
    /// assert_eq!(process.time_to_next(&RecencyFrequency::new(20.0, 5.0, 38.86)?, 0.5), None);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn time_to_next(&self, customer: &RecencyFrequency, p: f64) -> Option<f64> {
        if !(p > 0.0 && p < 1.0) {
            return None;
        }
        let bought_by = |ln: f64| 1.0 - self.pmf(customer, ln.exp(), 0.0);
        let (mut low, mut high) = (-30.0, 30.0);
        if bought_by(high) < p {
            return None;
        }
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if bought_by(middle) < p { low = middle } else { high = middle }
        }
        Some(high.exp())
    }

    /// Discounted expected transactions within (T, T + `t`], one at T + u counting e^(-`rate` u): the finite form of
    /// [`discounted_purchases`](Self::discounted_purchases), which it approaches as `t` grows. A `rate` of 0 does not
    /// discount.
    ///
    /// e^(-rate t) E(t) plus the integral of rate e^(-rate u) E(u) over the window, E the expected purchases: positive
    /// terms only, by Gauss-Legendre panels in ln u.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless `rate` is 0 or lies between 1e-12 and 1e12.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::pareto_nbd(0.553, 10.578, 0.606, 11.669)?;
    /// let customer = RecencyFrequency::new(26.0, 30.86, 31.0)?;
    /// let year = process.discounted_purchases_within(&customer, 0.0027, 52.0)?;
    /// assert!(year < process.expected_purchases(&customer, 52.0));
    /// let ever = process.discounted_purchases_within(&customer, 0.0027, 1e6)?;
    /// assert!((ever - 86.0565).abs() < 1e-3);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn discounted_purchases_within(&self, customer: &RecencyFrequency, rate: f64, t: f64) -> Result<f64> {
        let whole = self.expected_purchases(customer, t);
        if rate == 0.0 || whole == 0.0 {
            return Ok(whole);
        }
        check_positive("rate", rate)?;
        let end = t.min(1e15);
        let alive = self.alive(customer);
        match &self.0 {
            Inner::Pareto(m) => return Ok(alive * m.discounted_while_alive(customer, rate, end)),
            Inner::Gompertz(m) => return Ok(alive * m.discounted_while_alive(customer, rate, end)),
            Inner::Discrete(m) => return Ok(alive * m.discounted_while_alive(customer, rate, end)),
            Inner::Coin(_) | Inner::Erlang(_) => {}
        }
        let rule = quad::rule(16);
        // Beyond e^-45 nothing is left of the discount; below e^-40 of the window nothing has been bought.
        let top = end.min(45.0 / rate).ln();
        let mut sum = 0.0;
        for panel in 0..40_u32 {
            for (node, weight) in rule.nodes.iter().zip(&rule.weights) {
                let u = (top - f64::from(panel) - node).exp();
                sum += weight * rate * u * (-rate * u).exp() * self.while_alive(customer, u);
            }
        }
        Ok((-rate * end).exp() * whole + alive * sum)
    }
}
