//! A binary source with a noisy label, by its flip masses.

use super::classifier::BinaryClassifier;
use crate::error::RdcError;
use crate::validate;

/// R(D,E) of a binary source with a noisy binary label, Hamming distortion and any classifier: the paper's eq. (9), made
/// complete.
///
/// With `X ~ Bern(p)` there are four regimes ([`Regime`](crate::Regime)). All are explicit but for one monotone root where the
/// classifier alone sets the rate. Eq. (9) leaves `I1`, `D1` and `D2` open, lacks that regime, and is 0 from some D on
/// where the rate in fact stays positive; `docs/bernoulli.md` derives what holds instead.
///
/// ```
/// use rdc_theory::{BinaryClassifier, BinaryRdc, Regime};
///
/// // Classes of 60 % and 40 %, whose bits are 1 with probability 0.1 and 0.8.
/// let rdc = BinaryRdc::from_classes([0.6, 0.4], [0.1, 0.8], BinaryClassifier::Identity)?;
/// let point = rdc.point(0.05, 0.2)?;
/// assert!((point.rate - 0.6716450651).abs() < 1e-10);
/// assert_eq!(point.regime, Regime::FirstOnly);
///
/// // However large D: eq. (9) would be 0 from some D on.
/// let point = rdc.point(f64::INFINITY, 0.2)?;
/// assert!((point.rate - 0.5373175030).abs() < 1e-10);
/// assert_eq!(point.regime, Regime::SecondOnly);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinaryRdc {
    /// P(X = 1).
    pub(crate) p: f64,
    /// What a unit of flipped mass adds to the error rate, \[a, b\]; any sign.
    pub(crate) weights: [f64; 2],
    /// The error rate of X itself, e0.
    pub(crate) base_error: f64,
}

impl BinaryRdc {
    /// The function of `X ~ Bern(p)` with `label_posterior[x] = P(K = 1 | X = x)`.
    ///
    /// # Errors
    /// [`RdcError::Value`] for a probability outside \[0, 1\] or NaN.
    pub fn new(
        p: f64,
        label_posterior: [f64; 2],
        classifier: BinaryClassifier,
    ) -> Result<Self, RdcError> {
        probability("p", p)?;
        probability("label_posterior[0]", label_posterior[0])?;
        probability("label_posterior[1]", label_posterior[1])?;
        let class_of = classifier.class_of();
        let misread = |x: usize, y: usize| match class_of[y] {
            0 => label_posterior[x],
            _ => 1.0 - label_posterior[x],
        };
        Ok(Self {
            p,
            weights: [misread(0, 1) - misread(0, 0), misread(1, 0) - misread(1, 1)],
            base_error: (1.0 - p) * misread(0, 0) + p * misread(1, 1),
        })
    }

    /// The function of a source with `class_priors[k] = P(K = k)` and `class_conditionals[k] = P(X = 1 | K = k)`, the
    /// paper's eq. (3).
    ///
    /// # Errors
    /// [`RdcError::Value`] for a probability outside \[0, 1\] or NaN, [`RdcError::NotNormalised`] for priors that are off
    /// from 1 in sum by more than 1e-9 (closer ones are renormalised).
    pub fn from_classes(
        class_priors: [f64; 2],
        class_conditionals: [f64; 2],
        classifier: BinaryClassifier,
    ) -> Result<Self, RdcError> {
        probability("class_priors[0]", class_priors[0])?;
        probability("class_priors[1]", class_priors[1])?;
        probability("class_conditionals[0]", class_conditionals[0])?;
        probability("class_conditionals[1]", class_conditionals[1])?;
        let sum = class_priors[0] + class_priors[1];
        validate::normalised(sum, || "class_priors".into())?;
        let [zero, one] = class_priors.map(|prior| prior / sum);
        let ones = [zero * class_conditionals[0], one * class_conditionals[1]];
        let zeros = [zero * (1.0 - class_conditionals[0]), one * (1.0 - class_conditionals[1])];
        // Nothing depends on the label of a letter that does not occur.
        let posterior = |[zero, one]: [f64; 2]| {
            let p = zero + one;
            if p > 0.0 { one / p } else { 0.5 }
        };
        Self::new((ones[0] + ones[1]).min(1.0), [posterior(zeros), posterior(ones)], classifier)
    }

    /// P(X = 1).
    #[must_use]
    pub fn p(&self) -> f64 {
        self.p
    }

    /// The weights \[a, b\] of the two flips in the error rate `e0 + a P(X=0, X^=1) + b P(X=1, X^=0)`: what reading the
    /// other letter adds to the chance of an error. Negative where the classifier disagrees with the Bayes decision.
    #[must_use]
    pub fn weights(&self) -> [f64; 2] {
        self.weights
    }

    /// The error rate e0 of the classifier on X itself.
    #[must_use]
    pub fn base_error(&self) -> f64 {
        self.base_error
    }

    /// `P(X = 0)` and `P(X = 1)`: the largest mass that each flip can have.
    pub(crate) fn masses(&self) -> [f64; 2] {
        [1.0 - self.p, self.p]
    }

    /// The rarer letter's probability: from this D on the distortion alone needs no rate.
    pub(crate) fn rarer(&self) -> f64 {
        self.p.min(1.0 - self.p)
    }

    /// `a A + b B`.
    pub(crate) fn excess_of(&self, flips: [f64; 2]) -> f64 {
        self.weights[0] * flips[0] + self.weights[1] * flips[1]
    }
}

pub(crate) fn probability(argument: &str, value: f64) -> Result<(), RdcError> {
    let rule = "a probability must lie in [0, 1]";
    validate::scalar(argument, value, rule, (0.0..=1.0).contains(&value))
}
