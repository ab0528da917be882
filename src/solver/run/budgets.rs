//! Whether a channel meets the budgets, up to the rounding that a solution documents.

use crate::subproblem::instance::Instance;
use crate::subproblem::thresholds::PROMISED_ROUNDING;
use nalgebra::DMatrix;

/// Whether a channel is what the solution's documentation promises.
pub(crate) fn meets_budgets(instance: &Instance<'_>, channel: &DMatrix<f64>) -> bool {
    let expected = instance.expected(channel);
    let within = (0..expected.len()).all(|k| meets_budget(instance, k, expected[k]));
    let close = instance.marginal.as_ref().is_none_or(|bounded| {
        let divergence = bounded.marginal.divergence(&(channel * &*instance.pmf));
        divergence <= (1.0 + PROMISED_ROUNDING) * bounded.budget + bounded.rounding()
    });
    within && close && channel.iter().all(|w| w.is_finite())
}

/// Whether an expected cost is within budget k, up to rounding.
pub(crate) fn meets_budget(instance: &Instance<'_>, k: usize, expected: f64) -> bool {
    let constraint = &instance.constraints[k];
    expected <= constraint.budget + constraint.rounding
}
