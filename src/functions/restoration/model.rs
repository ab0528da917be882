//! Restorations of a degraded signal, and what a channel makes of their costs.

use super::channel::cheapest;
use crate::error::RdcError;
use crate::model::classifier::Classifier;
use crate::model::distortion::Distortion;
use crate::model::observation::Observation;
use crate::model::perception::{Divergence, Perception};
use crate::validate;
use nalgebra::{DMatrix, DVector};

/// The restorations `p(x^|y)` of a degraded signal Y, judged by distortion, perception and classification: the paper's
/// Definitions 1 and 3, eq. (1) and (6).
///
/// ```math
/// P(D) = \min_{p(\hat x | y)} d(p_{target}, p_{\hat X}) \;\text{s.t.}\; E[\Delta] \le D, \qquad
/// C(D,P) = \min_{p(\hat x | y)} \varepsilon(\hat X | c_0) \;\text{s.t.}\; E[\Delta] \le D, \; d(p_{target}, p_{\hat X}) \le P .
/// ```
///
/// Costs of X are those of Y on average ([`Observation`]), so both are linear programs for total variation, Wasserstein and
/// transport, and exponential-cone programs for the Kullback-Leibler divergence. Clarabel solves them; what it returns is only
/// where to look. The upper bound is what a channel achieves that was repaired until it meets the budgets, the lower one
/// holds for whatever multipliers `s, lambda >= 0` and potentials g (`docs/perception.md`).
///
/// ```
/// use rdc_theory::nalgebra::{DMatrix, DVector};
/// use rdc_theory::{Classifier, Distortion, Observation, Perception, Restoration, Source};
///
/// let pmf = DVector::from_vec(vec![0.7, 0.3]);
/// let source = Source::new(pmf.clone(), DMatrix::identity(2, 2))?;
/// let seen = Observation::new(&source, DMatrix::from_row_slice(2, 2, &[0.8, 0.2, 0.2, 0.8]))?;
/// let natural = Perception::total_variation(pmf)?;
/// let restoration = Restoration::new(&seen, &Distortion::hamming(2)?, natural)?
///     .with_classifier(&Classifier::hard(&[0, 1])?)?;
/// let least = restoration.perception_at(0.21)?;
/// assert!(least.lower <= least.value && least.value - least.lower < 1e-8);
/// let error = restoration.error_at(0.25, 0.02)?;
/// assert!(error.distortion <= 0.25 && error.perception <= 0.02);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Restoration {
    /// `p(y)`.
    pub(crate) pmf: DVector<f64>,
    observation: Observation,
    pub(crate) distortion: DMatrix<f64>,
    pub(crate) error: Option<DMatrix<f64>>,
    pub(crate) perception: Perception,
}

impl Restoration {
    /// The restorations of what `observation` shows of a source of n letters, with a distortion n x m and a perception of m
    /// letters.
    ///
    /// # Errors
    /// Shapes that disagree; an observed letter of which all reproductions are forbidden.
    pub fn new(
        observation: &Observation,
        distortion: &Distortion,
        perception: Perception,
    ) -> Result<Self, RdcError> {
        let distortion = observation.average(distortion.as_matrix())?;
        let rule = "one column per reproduction letter of the perception";
        validate::count("distortion", "columns", distortion.ncols(), perception.letters(), rule)?;
        let pmf = observation.source().pmf().clone();
        let restoration =
            Self { pmf, observation: observation.clone(), distortion, error: None, perception };
        let allowed = restoration.allowed();
        let forbidden = |row: &usize| !allowed.row(*row).iter().any(|&pair| pair);
        if let Some(letter) = (0..allowed.nrows()).find(forbidden) {
            return Err(RdcError::NoReproduction { argument: "distortion".into(), letter });
        }
        Ok(restoration)
    }

    /// The same with a classifier of m letters, whose errors [`Restoration::error_at`] counts.
    ///
    /// # Errors
    /// A classifier of another number of letters, a class that the source does not have.
    pub fn with_classifier(self, classifier: &Classifier) -> Result<Self, RdcError> {
        let error = classifier.error_matrix(self.observation.source())?;
        let rule = "one letter per column of the distortion";
        validate::count("classifier", "letters", error.ncols(), self.distortion.ncols(), rule)?;
        Ok(Self { error: Some(error), ..self })
    }

    /// The smallest distortion of any restoration, `E[min_x^ E[Delta(X, x^) | Y]]`: P(D) is finite from there on.
    #[must_use]
    pub fn smallest_distortion(&self) -> f64 {
        self.spent(&self.distortion, &cheapest(&self.distortion, &self.allowed()))
    }

    pub(crate) fn spent(&self, cost: &DMatrix<f64>, channel: &DMatrix<f64>) -> f64 {
        let pair = |(y, to): (usize, usize)| {
            let mass = self.pmf[y] * channel[(y, to)];
            if mass > 0.0 { mass * cost[(y, to)] } else { 0.0 }
        };
        (0..self.letters()).flat_map(|to| (0..self.pmf.len()).map(move |y| (y, to))).map(pair).sum()
    }

    pub(crate) fn divergence(&self, channel: &DMatrix<f64>) -> f64 {
        self.perception.of(&channel.tr_mul(&self.pmf))
    }

    pub(crate) fn letters(&self) -> usize {
        self.distortion.ncols()
    }

    /// The pairs that a restoration with finite costs may use.
    pub(crate) fn allowed(&self) -> DMatrix<bool> {
        let lacking = |to: usize| {
            matches!(self.perception.divergence, Divergence::KullbackLeibler)
                && self.perception.target[to] <= 0.0
        };
        DMatrix::from_fn(self.pmf.len(), self.letters(), |y, to| {
            self.distortion[(y, to)].is_finite() && !lacking(to)
        })
    }
}
