//! `PurchaseProcess`: when customers buy and when they stop, one of four models with its parameters.

use crate::error::{Error, Result};

use super::Model;
use super::betageo::{BetaGeometric, Coin};
use super::dropout::{GammaGompertz, NbdWith, Pareto};
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
}

pub(super) fn check_positive(name: &'static str, value: f64) -> Result<()> {
    // The bounds keep every power and product inside the range of floats.
    if value.is_finite() && (1e-12..=1e12).contains(&value) {
        Ok(())
    } else {
        Err(Error::param(name, "must lie between 1e-12 and 1e12", value))
    }
}

impl PurchaseProcess {
    /// BG/NBD (Fader, Hardie and Lee 2005): rate ~ Gamma(r, alpha), probability to leave after a repeat purchase ~
    /// Beta(a, b).
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless all lie between 1e-12 and 1e12.
    pub fn bg_nbd(r: f64, alpha: f64, a: f64, b: f64) -> Result<Self> {
        Self::new(Model::BgNbd, &[r, alpha, a, b])
    }

    /// MBG/NBD (Batislam, Denizel and Filiztekin 2007): as BG/NBD, and a customer may leave after the first purchase.
    ///
    /// # Errors
    /// As [`PurchaseProcess::bg_nbd`].
    pub fn mbg_nbd(r: f64, alpha: f64, a: f64, b: f64) -> Result<Self> {
        Self::new(Model::MbgNbd, &[r, alpha, a, b])
    }

    /// Pareto/NBD (Schmittlein, Morrison and Colombo 1987): rate ~ Gamma(r, alpha), exponential lifetime of rate ~
    /// Gamma(s, beta).
    ///
    /// # Errors
    /// As [`PurchaseProcess::bg_nbd`].
    pub fn pareto_nbd(r: f64, alpha: f64, s: f64, beta: f64) -> Result<Self> {
        Self::new(Model::ParetoNbd, &[r, alpha, s, beta])
    }

    /// GGompertz/NBD (Bemmaor and Glady 2012): Gompertz lifetimes of scale b, eta ~ Gamma(s, beta).
    ///
    /// # Errors
    /// As [`PurchaseProcess::bg_nbd`].
    pub fn ggompertz_nbd(r: f64, alpha: f64, b: f64, s: f64, beta: f64) -> Result<Self> {
        Self::new(Model::GGompertzNbd, &[r, alpha, b, s, beta])
    }

    /// Any model, its parameters in the order of [`Model::parameter_names`].
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
            Model::GGompertzNbd => Inner::Gompertz(NbdWith {
                r,
                alpha,
                dropout: GammaGompertz { b: at(2), s: at(3), beta: at(4) },
            }),
        })
    }

    /// Which model.
    pub fn model(&self) -> Model {
        match &self.0 {
            Inner::Coin(m) if m.coin == Coin::AfterRepeats => Model::BgNbd,
            Inner::Coin(_) => Model::MbgNbd,
            Inner::Pareto(_) => Model::ParetoNbd,
            Inner::Gompertz(_) => Model::GGompertzNbd,
        }
    }

    /// The parameters in the order of [`Model::parameter_names`].
    pub fn parameters(&self) -> Vec<f64> {
        match &self.0 {
            Inner::Coin(m) => vec![m.r, m.alpha, m.a, m.b],
            Inner::Pareto(m) => vec![m.r, m.alpha, m.dropout.s, m.dropout.beta],
            Inner::Gompertz(m) => vec![m.r, m.alpha, m.dropout.b, m.dropout.s, m.dropout.beta],
        }
    }

    /// Log-likelihood of one customer's history.
    pub fn log_likelihood(&self, customer: &RecencyFrequency) -> f64 {
        match &self.0 {
            Inner::Coin(m) => m.log_likelihood(customer),
            Inner::Pareto(m) => m.log_likelihood(customer),
            Inner::Gompertz(m) => m.log_likelihood(customer),
        }
    }

    /// Probability that the customer has not left by the end of the history.
    pub fn p_alive(&self, customer: &RecencyFrequency) -> crate::types::Probability {
        crate::types::Probability::saturating(self.alive(customer))
    }

    pub(super) fn alive(&self, customer: &RecencyFrequency) -> f64 {
        match &self.0 {
            Inner::Coin(m) => m.p_alive(customer),
            Inner::Pareto(m) => m.p_alive(customer),
            Inner::Gompertz(m) => m.p_alive(customer),
        }
    }

    /// Expected purchases in (T, T + `t`], in the unit of time of the parameters. With [`RecencyFrequency::NEW`]: of a
    /// new customer, the first purchase not counted. A `t` that is not a positive number gives 0.
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
        }
    }

    /// Discounted expected residual transactions: all later purchases, one at time u counting e^(-`rate` u), with the
    /// continuous discount `rate` per unit of time.
    ///
    /// Integrating by parts, it is the integral of rate e^(-rate u) E(u) over u, E the expected purchases: one positive
    /// smooth integral for every model, by trapezoids in ln u (relative error about 1e-12).
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
        let alive = self.alive(customer);
        let h = 0.2;
        // With u = e^w / rate the weight is e^(w - e^w), below e^-40 outside (-40, 3.8).
        let sum: f64 = (0..=220_u32)
            .map(|i| {
                let w = 3.8 - h * f64::from(i);
                let u = w.exp();
                (w - u).exp() * self.while_alive(customer, u / rate)
            })
            .sum();
        Ok(alive * h * sum)
    }

    /// P(exactly n purchases in (T, T + `t`]) for BG/NBD and MBG/NBD; `None` for the other models, and for an `n` or `t`
    /// that is not a whole number or not at least 0.
    pub fn p_purchases(
        &self,
        customer: &RecencyFrequency,
        t: f64,
        n: u32,
    ) -> Option<crate::types::Probability> {
        match &self.0 {
            Inner::Coin(m) if (0.0..=1e15).contains(&t) => {
                Some(crate::types::Probability::saturating(m.pmf(customer, t, f64::from(n))))
            }
            _ => None,
        }
    }
}
