//! The paper's function: two costs, distortion and classification error.

use crate::error::RdcError;
use crate::feasibility::frontier;
use crate::feasibility::frontier::Polyline;
use crate::model::classifier::Classifier;
use crate::model::distortion::Distortion;
use crate::model::problem::Problem;
use crate::model::source::Source;
use crate::result::settings::Settings;
use crate::result::solution::Solution;

/// The rate-distortion-classification function of a source, a distortion measure and a predefined classifier
/// (the paper's Definition 4, eq. (7)).
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// use rdc_theory::{Classifier, Distortion, Rdc, Source};
///
/// // Two classes, 60 % and 40 %, each a bit that is 1 with probability 0.1 and 0.8.
/// let conditionals = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
/// let source = Source::from_classes(DVector::from_vec(vec![0.6, 0.4]), conditionals)?;
/// let classifier = Classifier::hard(&[0, 1])?;
/// let rdc = Rdc::new(&source, Distortion::hamming(2)?, &classifier)?;
///
/// let point = rdc.solve(0.1, 0.2)?;
/// assert!((point.rate - 0.5373175030).abs() < 1e-9);
/// assert!(point.lower <= point.rate && point.gap() < 1e-9);
/// let error = &point.constraints[Rdc::ERROR];
/// assert!(error.achieved <= 0.2 && error.is_active());
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rdc {
    problem: Problem,
}

impl Rdc {
    /// The index of the distortion among a solution's constraints.
    pub const DISTORTION: usize = 0;
    /// The index of the classification error among a solution's constraints.
    pub const ERROR: usize = 1;

    /// The function of a source with n letters, a distortion n x m and a classifier of m letters.
    ///
    /// # Errors
    /// Shapes that disagree, a class that the source does not have, a source letter of positive probability with
    /// forbidden pairs only.
    pub fn new(
        source: &Source,
        distortion: Distortion,
        classifier: &Classifier,
    ) -> Result<Self, RdcError> {
        let error = classifier.error_matrix(source)?;
        let problem = Problem::new(source.pmf().clone(), classifier.letters())?
            .with_cost("distortion", distortion.into_matrix())?
            .with_cost("classification error", error)?;
        Ok(Self { problem })
    }

    /// A problem of two costs, the distortion first.
    #[cfg(feature = "serde")]
    pub(crate) fn of(problem: Problem) -> Self {
        Self { problem }
    }

    /// R(D,E) with its certificate, by the default [`Settings`].
    ///
    /// `d` is in the units of the distortion, `e` is a probability; either may be `f64::INFINITY` (unconstrained).
    ///
    /// # Errors
    /// [`RdcError::Infeasible`], with the smallest E at this D and D at this E, if no channel meets both budgets;
    /// [`RdcError::Value`] for a budget that is negative or NaN.
    pub fn solve(&self, d: f64, e: f64) -> Result<Solution, RdcError> {
        self.problem.solve(&[d, e])
    }

    /// R(D,E) with its certificate.
    ///
    /// # Errors
    /// As for [`Rdc::solve`].
    pub fn solve_with(&self, d: f64, e: f64, settings: &Settings) -> Result<Solution, RdcError> {
        self.problem.solve_with(&[d, e], settings)
    }

    /// The smallest classification error that any channel with `E[Delta] <= d` reaches, `None` if no channel has so
    /// little distortion.
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn smallest_error(&self, d: f64) -> Result<Option<f64>, RdcError> {
        self.problem.smallest_budget(Self::ERROR, &[d, f64::INFINITY])
    }

    /// The smallest distortion that any channel with classification error at most `e` reaches, `None` if no channel
    /// has so few errors.
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn smallest_distortion(&self, e: f64) -> Result<Option<f64>, RdcError> {
        self.problem.smallest_budget(Self::DISTORTION, &[f64::INFINITY, e])
    }

    /// The lower-left boundary of the pairs (D, E) that some channel meets: R(D,E) is finite on it and above.
    ///
    /// Its ends are the smallest distortion and the smallest error of all channels,
    /// `D_min = E[min_y Delta(X, y)]` and `E_min = E[min_y d_c(X, y)]`.
    ///
    /// ```
    /// # use rdc_theory::{Classifier, Distortion, Rdc, RdcError, Source};
    /// # use rdc_theory::nalgebra::{DMatrix, DVector};
    /// # let posterior = DMatrix::from_row_slice(3, 2, &[0.9, 0.1, 0.6, 0.4, 0.1, 0.9]);
    /// # let source = Source::new(DVector::from_vec(vec![0.5, 0.3, 0.2]), posterior)?;
    /// # let points = DMatrix::from_vec(3, 1, vec![0.0, 1.25, 3.0]);
    /// # let reproductions = DMatrix::from_vec(2, 1, vec![0.0, 2.0]);
    /// # let distortion = Distortion::squared_error(&points, &reproductions)?;
    /// # let rdc = Rdc::new(&source, distortion, &Classifier::hard(&[0, 1])?)?;
    /// let frontier = rdc.feasible_frontier();
    /// let (d_min, e_min) = (frontier.smallest_first(), frontier.smallest_second());
    /// assert!((d_min - 0.36875).abs() < 1e-12 && (e_min - 0.19).abs() < 1e-12);
    /// assert!(frontier.second_at(d_min).is_some_and(|e| (e - 0.25).abs() < 1e-12));
    /// # Ok::<(), RdcError>(())
    /// ```
    #[must_use]
    pub fn feasible_frontier(&self) -> Polyline {
        frontier::feasible(&self.problem, Self::DISTORTION, Self::ERROR)
    }

    /// The lower-left boundary of the pairs (D, E) with R(D,E) = 0, `None` if R is positive everywhere (see
    /// [`Problem::zero_rate_frontier`]).
    ///
    /// Its ends are the smallest distortion and the smallest error at which no rate is needed,
    /// `D_max = min_y E[Delta(X, y)]` and `E_max = min_y E[d_c(X, y)]`.
    #[must_use]
    pub fn zero_rate_frontier(&self) -> Option<Polyline> {
        frontier::zero_rate(&self.problem, Self::DISTORTION, Self::ERROR)
    }

    /// The general problem behind it: costs "distortion" and "classification error", in this order.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}
