//! Where a run may start: the answer at budgets close by.

use crate::model::problem::Problem;
use crate::subproblem::instance::Instance;
use nalgebra::DVector;
use std::f64::consts::LN_2;

/// The answer at budgets close by: where an interior-point run may start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Near<'a> {
    /// A pmf over the reproduction letters.
    pub(crate) q: &'a DVector<f64>,
    /// In bits per unit, one per cost of the problem.
    pub(crate) multipliers: &'a [f64],
}

impl Near<'_> {
    /// The output pmf, and the multipliers of an instance that is [`Instance::within`] the problem, in nats per scaled unit.
    pub(crate) fn in_nats(&self, problem: &Problem, instance: &Instance<'_>) -> Guess {
        let costs = instance.constraints.iter().filter_map(|constraint| constraint.origin.first());
        let scaled = |&(k, weight): &(usize, f64)| {
            self.multipliers[k] * problem.costs[k].scale * LN_2 / weight
        };
        (self.q.clone(), DVector::from_iterator(instance.constraints.len(), costs.map(scaled)))
    }
}

/// A pmf and multipliers, in nats per scaled unit.
pub(crate) type Guess = (DVector<f64>, DVector<f64>);
