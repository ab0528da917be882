//! The inverse functions: the least budget at a given rate.

use super::least_budget::AtRate;
use super::search::Search;
use crate::error::RdcError;
use crate::functions::rdc::Rdc;
use crate::functions::rdp::{Rdp, Rdpc};
use crate::model::problem::Problem;
use crate::result::settings::Settings;

impl Problem {
    /// The least budget of constraint `index` at which `rate` is enough while the others keep their `budgets` (the entry at
    /// `index` is not read), `min { B : R(..., B, ...) <= rate }` with its bracket, by the default [`Settings`].
    ///
    /// `rate` is in bits, in \[0, inf\]; budgets are as for [`Problem::solve`]. It takes some five points of R.
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector};
    /// use rdc_theory::{AtRate, Problem};
    /// let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    /// let ones = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 0.0, 1.0]);
    /// let problem = Problem::new(DVector::from_vec(vec![0.7, 0.3]), 2)?
    ///     .with_cost("distortion", hamming)?
    ///     .with_cost("ones sent", ones)?;
    /// // So few ones leave 0.2 of the letters wrong, whatever the rate.
    /// let found = problem.least_budget(0, 0.1, &[f64::NAN, 0.1])?;
    /// let least = found.least_budget().ok_or("a constant needs no rate")?;
    /// assert!(least.lower > 0.2 && least.solution.rate <= 0.1 && least.width() < 1e-8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if the other budgets cannot be met; an index that is not below the count of budgets, another
    /// count of budgets, a rate that is negative or NaN, a NaN budget or a negative one of a cost without negative entries.
    pub fn least_budget(
        &self,
        index: usize,
        rate: f64,
        budgets: &[f64],
    ) -> Result<AtRate, RdcError> {
        self.least_budget_with(index, rate, budgets, &Settings::default())
    }

    /// The least budget at a rate and the other budgets.
    ///
    /// The tolerance of the settings is that of [`LeastBudget::status`](crate::LeastBudget::status), the time limit one of the whole search, the
    /// iteration limit one of each solve.
    ///
    /// # Errors
    /// As for [`Problem::least_budget`].
    pub fn least_budget_with(
        &self,
        index: usize,
        rate: f64,
        budgets: &[f64],
        settings: &Settings,
    ) -> Result<AtRate, RdcError> {
        Search::new(self, index, rate, budgets, settings)?.run()
    }
}

impl Rdc {
    /// The distortion-rate-classification function `D(rate, e) = min { D : R(D, e) <= rate }` with its bracket, by the
    /// default [`Settings`].
    ///
    /// `rate` is in bits, in \[0, inf\]; `e` is an error budget, in \[0, inf\].
    ///
    /// ```
    /// use rdc_theory::nalgebra::{DMatrix, DVector};
    /// use rdc_theory::{AtRate, Classifier, Distortion, Rdc, Source};
    /// # let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
    /// # let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
    /// # let rdc = Rdc::new(&source, Distortion::hamming(2)?, &Classifier::hard(&[0, 1])?)?;
    /// let least = match rdc.distortion_at(0.4, f64::INFINITY)? {
    ///     AtRate::Enough(least) => least,
    ///     AtRate::TooLittle(solution) => panic!("at least {} bits are needed", solution.lower),
    /// };
    /// assert!(least.solution.rate <= 0.4 && least.width() < 1e-8);
    /// let point = rdc.solve(least.upper, f64::INFINITY)?;
    /// assert!((point.rate - 0.4).abs() < 1e-8);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if no channel has at most `e` errors; [`RdcError::Value`] for a rate or a budget that is
    /// negative or NaN.
    pub fn distortion_at(&self, rate: f64, e: f64) -> Result<AtRate, RdcError> {
        self.distortion_at_with(rate, e, &Settings::default())
    }

    /// The least distortion at a rate and an error budget, see [`Problem::least_budget_with`].
    ///
    /// # Errors
    /// As for [`Rdc::distortion_at`].
    pub fn distortion_at_with(
        &self,
        rate: f64,
        e: f64,
        settings: &Settings,
    ) -> Result<AtRate, RdcError> {
        self.problem().least_budget_with(Self::DISTORTION, rate, &[f64::INFINITY, e], settings)
    }

    /// The classification-rate-distortion function `E(rate, d) = min { E : R(d, E) <= rate }` with its bracket, by the
    /// default [`Settings`].
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if no channel has at most the distortion `d`; [`RdcError::Value`] for a rate or a budget
    /// that is negative or NaN.
    pub fn error_at(&self, rate: f64, d: f64) -> Result<AtRate, RdcError> {
        self.error_at_with(rate, d, &Settings::default())
    }

    /// The least classification error at a rate and a distortion budget, see [`Problem::least_budget_with`].
    ///
    /// # Errors
    /// As for [`Rdc::error_at`].
    pub fn error_at_with(
        &self,
        rate: f64,
        d: f64,
        settings: &Settings,
    ) -> Result<AtRate, RdcError> {
        self.problem().least_budget_with(Self::ERROR, rate, &[d, f64::INFINITY], settings)
    }
}

const UNREAD: f64 = 0.0;

impl Rdp {
    /// The least distortion at a rate in bits and a perception budget, see [`Problem::least_budget`].
    ///
    /// # Errors
    /// As for [`Problem::least_budget`].
    pub fn distortion_at(&self, rate: f64, p: f64) -> Result<AtRate, RdcError> {
        self.problem.least_budget(Self::DISTORTION, rate, &[UNREAD, p])
    }

    /// The least divergence at a rate in bits and a distortion budget, see [`Problem::least_budget`].
    ///
    /// # Errors
    /// As for [`Problem::least_budget`].
    pub fn perception_at(&self, rate: f64, d: f64) -> Result<AtRate, RdcError> {
        self.problem.least_budget(Self::PERCEPTION, rate, &[d, UNREAD])
    }
}

impl Rdpc {
    /// The least distortion at a rate in bits, a perception and an error budget, see [`Problem::least_budget`].
    ///
    /// # Errors
    /// As for [`Problem::least_budget`].
    pub fn distortion_at(&self, rate: f64, p: f64, e: f64) -> Result<AtRate, RdcError> {
        self.problem.least_budget(Self::DISTORTION, rate, &[UNREAD, e, p])
    }

    /// The least classification error at a rate in bits, a distortion and a perception budget, see
    /// [`Problem::least_budget`].
    ///
    /// # Errors
    /// As for [`Problem::least_budget`].
    pub fn error_at(&self, rate: f64, d: f64, p: f64) -> Result<AtRate, RdcError> {
        self.problem.least_budget(Self::ERROR, rate, &[d, UNREAD, p])
    }

    /// The least divergence at a rate in bits, a distortion and an error budget, see [`Problem::least_budget`].
    ///
    /// # Errors
    /// As for [`Problem::least_budget`].
    pub fn perception_at(&self, rate: f64, d: f64, e: f64) -> Result<AtRate, RdcError> {
        self.problem.least_budget(Self::PERCEPTION, rate, &[d, e, UNREAD])
    }
}
