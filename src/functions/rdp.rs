//! The rate-distortion-perception functions: the paper's Definition 2, and its own Definition 4 with a perception.

use crate::error::RdcError;
use crate::model::classifier::Classifier;
use crate::model::distortion::Distortion;
use crate::model::perception::Perception;
use crate::model::problem::Problem;
use crate::model::source::Source;
use crate::result::settings::Settings;
use crate::result::solution::Solution;
use nalgebra::DVector;

/// The rate-distortion-perception function of a source (the paper's Definition 2, eq. (2); Blau and Michaeli, arXiv 1901.07821)
///
/// `R(D, P) = min I(X; X^)  s.t.  E[Delta(X, X^)] <= D,  d(target, p_X^) <= P`.
///
/// ```
/// use nalgebra::DVector;
/// use rdc_theory::{Distortion, Perception, Rdp};
///
/// let pmf = DVector::from_vec(vec![0.8, 0.2]);
/// let perception = Perception::total_variation(pmf.clone())?;
/// let rdp = Rdp::new(pmf, Distortion::hamming(2)?, perception)?;
/// let point = rdp.solve(0.15, 0.05)?;
/// assert!(point.gap() <= 1e-9 && point.rate > rdp.solve(0.15, f64::INFINITY)?.rate);
/// let bits_per_unit = point.constraints[Rdp::PERCEPTION].multiplier;
/// assert!(bits_per_unit > 0.0, "a reproduction that looks less like the source saves bits here");
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rdp {
    pub(crate) problem: Problem,
}

impl Rdp {
    #[cfg(feature = "serde")]
    pub(crate) fn of(problem: Problem) -> Self {
        Self { problem }
    }

    /// The index of the distortion among a solution's constraints.
    pub const DISTORTION: usize = 0;

    /// The index of the perception among a solution's constraints.
    pub const PERCEPTION: usize = 1;

    /// The function of a pmf over n letters, a distortion n x m, and a perception of m letters.
    ///
    /// The perception's target is the source's own pmf where reproductions are to look like the source.
    ///
    /// # Errors
    /// What is no pmf; shapes that disagree; a source letter with forbidden pairs only.
    pub fn new(
        pmf: DVector<f64>,
        distortion: Distortion,
        perception: Perception,
    ) -> Result<Self, RdcError> {
        let problem = Problem::new(pmf, perception.letters())?
            .with_cost("distortion", distortion.into_matrix())?
            .with_perception(perception)?;
        Ok(Self { problem })
    }

    /// R(D,P) with its certificate, by the default [`Settings`].
    ///
    /// `d` is in the units of the distortion, `p` in those of the divergence; either may be `f64::INFINITY` (unconstrained).
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if no channel meets both budgets; [`RdcError::Value`] for one that is negative or NaN.
    pub fn solve(&self, d: f64, p: f64) -> Result<Solution, RdcError> {
        self.problem.solve(&[d, p])
    }

    /// R(D,P) with its certificate.
    ///
    /// # Errors
    /// As for [`Rdp::solve`].
    pub fn solve_with(&self, d: f64, p: f64, settings: &Settings) -> Result<Solution, RdcError> {
        self.problem.solve_with(&[d, p], settings)
    }

    /// The general problem behind it: budgets "distortion" and "perception", in this order.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

/// The rate-distortion-perception-classification function: the paper's Definition 4 with the perception of its Definition 2,
///
/// `R(D, P, E) = min I(X; X^)  s.t.  E[Delta(X, X^)] <= D,  d(target, p_X^) <= P,  eps(X^ | c0) <= E`.
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// use rdc_theory::{AtRate, Classifier, Distortion, Perception, Rdpc, Source};
///
/// let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
/// let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
/// let perception = Perception::total_variation(source.pmf().clone())?;
/// let classifier = Classifier::hard(&[0, 1])?;
/// let rdpc = Rdpc::new(&source, Distortion::hamming(2)?, &classifier, perception)?;
///
/// let point = rdpc.solve(0.2, 0.05, 0.25)?;
/// assert!(point.gap() <= 1e-9);
/// let AtRate::Enough(least) = rdpc.error_at(point.rate, 0.2, 0.05)? else { return Ok(()) };
/// assert!(least.upper <= 0.25 + 1e-6);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rdpc {
    pub(crate) problem: Problem,
}

impl Rdpc {
    #[cfg(feature = "serde")]
    pub(crate) fn of(problem: Problem) -> Self {
        Self { problem }
    }

    /// The index of the distortion among a solution's constraints.
    pub const DISTORTION: usize = 0;

    /// The index of the classification error among a solution's constraints.
    pub const ERROR: usize = 1;

    /// The index of the perception among a solution's constraints.
    pub const PERCEPTION: usize = 2;

    /// The function of a source with n letters, a distortion n x m, a classifier and a perception of m letters.
    ///
    /// # Errors
    /// Shapes that disagree, a class that the source does not have, a source letter with forbidden pairs only.
    pub fn new(
        source: &Source,
        distortion: Distortion,
        classifier: &Classifier,
        perception: Perception,
    ) -> Result<Self, RdcError> {
        let error = classifier.error_matrix(source)?;
        let problem = Problem::new(source.pmf().clone(), classifier.letters())?
            .with_cost("distortion", distortion.into_matrix())?
            .with_cost("classification error", error)?
            .with_perception(perception)?;
        Ok(Self { problem })
    }

    /// R(D,P,E) with its certificate, by the default [`Settings`].
    ///
    /// `d` is in the units of the distortion, `p` in those of the divergence, `e` is a probability; each may be
    /// `f64::INFINITY` (unconstrained).
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if no channel meets the budgets; [`RdcError::Value`] for one that is negative or NaN.
    pub fn solve(&self, d: f64, p: f64, e: f64) -> Result<Solution, RdcError> {
        self.problem.solve(&[d, e, p])
    }

    /// R(D,P,E) with its certificate.
    ///
    /// # Errors
    /// As for [`Rdpc::solve`].
    pub fn solve_with(
        &self,
        d: f64,
        p: f64,
        e: f64,
        settings: &Settings,
    ) -> Result<Solution, RdcError> {
        self.problem.solve_with(&[d, e, p], settings)
    }

    /// The general problem behind it: budgets "distortion", "classification error" and "perception", in this order, over any
    /// two of which [`Problem::surface`] makes a surface.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}
