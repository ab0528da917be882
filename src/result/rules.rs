//! The rules that what a file or a caller says of a result must keep.

use super::solution::Status;
use crate::error::RdcError;
use crate::validate::scalar;

/// Checks the bounds of a rate: `+inf` above is what a run has that found no channel within the budgets.
pub(crate) fn bounds(lower: f64, rate: f64, status: Status) -> Result<(), RdcError> {
    let open = status != Status::Certified && rate == f64::INFINITY;
    let rule = "a rate must be finite and >= 0, or +inf where it is not certified";
    scalar("rate", rate, rule, open || rate.is_finite() && rate >= 0.0)?;
    let rule = "a lower bound must be finite, >= 0 and at most the rate";
    scalar("lower", lower, rule, lower.is_finite() && 0.0 <= lower && lower <= rate)
}

/// Checks a multiplier found.
pub(crate) fn slope(multiplier: f64) -> Result<(), RdcError> {
    let rule = "a multiplier must be finite and >= 0";
    scalar("multiplier", multiplier, rule, multiplier.is_finite() && multiplier >= 0.0)
}

/// Checks what a channel costs.
pub(crate) fn spent(achieved: f64) -> Result<(), RdcError> {
    scalar("achieved", achieved, "what a channel costs must be finite", achieved.is_finite())
}
