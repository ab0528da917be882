//! What is known of a rate at a point.

use super::solution::Solution;
use crate::error::RdcError;
use crate::validate;

/// The certified value of a rate: `lower <= R <= upper`, in bits, `+inf` where no channel meets the budgets.
///
/// ```
/// use rdc_theory::theorem1::Bracket;
/// let measured = Bracket::new(0.25, 0.5)?;
/// assert_eq!((measured.lower(), measured.upper(), measured.width()), (0.25, 0.5, 0.25));
/// assert_eq!(Bracket::exact(f64::INFINITY)?, Bracket::INFEASIBLE);
/// assert!(Bracket::new(0.5, 0.25).is_err());
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    lower: f64,
    pub(crate) upper: f64,
}

impl Bracket {
    /// The value of a rate that no channel attains: `+inf`.
    pub const INFEASIBLE: Self = Self { lower: f64::INFINITY, upper: f64::INFINITY };

    /// A rate between two bounds in bits: `lower` from -inf (nothing is known), `upper` to +inf.
    ///
    /// # Errors
    /// [`RdcError::Value`] for NaN, `lower > upper`, `upper = -inf`, or a finite bound beyond 1e150.
    pub fn new(lower: f64, upper: f64) -> Result<Self, RdcError> {
        let rule =
            "a bound on a rate must lie in [-1e150, 1e150] or be infinite, the upper one not -inf";
        let usable = |bound: f64| bound.is_infinite() || bound.abs() <= validate::LARGEST_COST;
        validate::scalar("lower", lower, rule, usable(lower))?;
        validate::scalar("upper", upper, rule, usable(upper) && upper > f64::NEG_INFINITY)?;
        let rule = "a lower bound must not exceed the upper bound";
        validate::scalar("lower", lower, rule, lower <= upper)?;
        Ok(Self { lower, upper })
    }

    /// The bracket of bounds that a solution has already put in order.
    pub(crate) fn of_bounds(lower: f64, upper: f64) -> Self {
        Self { lower, upper }
    }

    /// A rate that is known exactly, in bits; `+inf` for an infeasible one.
    ///
    /// A formula evaluated in floating point is not: its last digits are neither monotone nor convex. See
    /// [`around`](Self::around).
    ///
    /// # Errors
    /// As for [`Bracket::new`].
    pub fn exact(rate: f64) -> Result<Self, RdcError> {
        Self::new(rate, rate)
    }

    /// A rate that is known up to `error >= 0` bits either way.
    ///
    /// # Errors
    /// As for [`Bracket::new`], and for an error that is negative or not finite.
    pub fn around(rate: f64, error: f64) -> Result<Self, RdcError> {
        validate::scalar(
            "error",
            error,
            "an error must be finite and >= 0",
            error.is_finite() && error >= 0.0,
        )?;
        Self::new((rate - error).next_down(), (rate + error).next_up())
    }

    /// The lower bound in bits, in \[-inf, inf\].
    #[must_use]
    pub fn lower(self) -> f64 {
        self.lower
    }

    /// The upper bound in bits, in (-inf, inf\].
    #[must_use]
    pub fn upper(self) -> f64 {
        self.upper
    }

    /// `upper - lower` in bits; 0 if the rate is infinite.
    #[must_use]
    pub fn width(self) -> f64 {
        if self.lower == self.upper { 0.0 } else { self.upper - self.lower }
    }
}

impl From<&Solution> for Bracket {
    fn from(solution: &Solution) -> Self {
        Self::of_bounds(solution.lower, solution.rate)
    }
}

/// [`RdcError::Infeasible`] is the value +inf, every other error stays one.
impl<S> TryFrom<Result<S, RdcError>> for Bracket
where
    for<'a> Self: From<&'a S>,
{
    type Error = RdcError;

    fn try_from(solved: Result<S, RdcError>) -> Result<Self, RdcError> {
        match solved {
            Ok(solution) => Ok(Self::from(&solution)),
            Err(RdcError::Infeasible(_)) => Ok(Self::INFEASIBLE),
            Err(error) => Err(error),
        }
    }
}
