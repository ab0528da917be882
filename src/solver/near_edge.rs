//! Budgets close to the edge of what can be met, where several constraints together leave hardly any slack.
//!
//! The multipliers `n` of the edge make one cost of them, `c(x, y) = n.d(x, y) - min_y n.d(x, y)`, whose budget
//! `n.D - sum_x p_x min_y n.d(x, y)` is the little slack there is. Known as a difference of large numbers the slack is
//! lost in rounding, and a barrier that keeps each constraint's own slack positive drives the multipliers to saturation.
//! So c becomes a constraint of its own, exact near zero, and takes the place of one of those it is made of.
//!
//! Nothing is lost by that: the constraint on c follows from the others, and multipliers `s >= 0` are a multiple of n
//! plus some of the others' for the constraint k with the smallest `s_k / n_k`. Leaving out the wrong one is noticed by its
//! budget.

use super::watch::Watch;
use super::{Ended, Outcome, run, solve_instance};
use crate::frontier::{self, FRONTIER_TOLERANCE, Reach};
use crate::instance::{Edge, Instance};
use nalgebra::{DMatrix, DVector};

/// Excess over a scaled budget, relative to it, that is rounding.
const BUDGET_ROUNDING: f64 = 1e-12;

/// Multiples of the machine epsilon by which the slack may be rounded, relative to what it is the difference of.
const SLACK_ROUNDING: f64 = 8.0 * f64::EPSILON;

/// The cost that the edge's constraints have together.
struct Combined {
    /// m x n, scaled.
    cost: DMatrix<f64>,
    budget: f64,
    /// The weights that made it, scaled.
    weights: DVector<f64>,
    /// What rounding may have changed the budget by.
    rounding: f64,
}

impl Combined {
    fn new(instance: &Instance<'_>, normal: &DVector<f64>) -> Self {
        let (m, n) = (instance.reproductions, instance.letters());
        let mut cost = DMatrix::zeros(m, n);
        let mut least_average = 0.0;
        for (x, row) in cost.as_mut_slice().chunks_exact_mut(m).enumerate() {
            instance.exponent(x, normal, row);
            let least = row.iter().copied().fold(f64::INFINITY, f64::min);
            least_average += instance.pmf[x] * least;
            for v in row {
                // A forbidden pair costs nothing: the mask rules it out.
                *v = if v.is_finite() { *v - least } else { 0.0 };
            }
        }
        let spent = normal.dot(&instance.budgets);
        let scale = (&cost * &*instance.pmf).max();
        Self {
            cost: cost / scale,
            budget: (spent - least_average) / scale,
            weights: normal / scale,
            rounding: SLACK_ROUNDING * (spent + least_average) / scale,
        }
    }

    /// The instance with this constraint instead of the k-th.
    fn in_place_of<'a>(&'a self, instance: &'a Instance<'_>, k: usize) -> Instance<'a> {
        let mut changed: Instance<'a> = instance.clone();
        changed.edge = Some(Edge { index: k, weights: self.weights.clone() });
        changed.costs[k] = &self.cost;
        changed.budgets[k] = self.budget;
        let parts = instance.origin.iter().zip(&self.weights);
        changed.origin[k] = parts
            .flat_map(|(origin, w)| origin.iter().map(move |&(index, weight)| (index, weight * w)))
            .collect();
        changed
    }

    /// The outcome in the multipliers of the original constraints.
    fn undo(&self, mut outcome: Outcome, k: usize) -> Outcome {
        let multiplier = outcome.dual.s[k];
        outcome.dual.s[k] = 0.0;
        outcome.dual.s.axpy(multiplier, &self.weights, 1.0);
        outcome.lower -= multiplier * self.rounding;
        outcome
    }
}

/// Solves an instance with little slack, which `reach` describes.
pub(super) fn solve(instance: &Instance<'_>, reach: &Reach, watch: &mut Watch<'_>) -> Outcome {
    let combined = Combined::new(instance, &reach.multipliers);
    if combined.budget.is_finite() && combined.budget > 0.0 {
        let k = reach.multipliers.imax();
        let changed = combined.in_place_of(instance, k);
        let outcome = run(&changed, Some(reach), watch);
        if std::env::var("DBG").is_ok() {
            eprintln!(
                "k {k} {:?} delta {:e} lower {} normal {} s {}",
                outcome.ended,
                combined.budget,
                outcome.lower,
                reach.multipliers.transpose(),
                outcome.dual.s.transpose()
            );
        }
        let outcome = combined.undo(outcome, k);
        if matches!(outcome.ended, Ended::Certified) {
            return outcome;
        }
        for k in 0..instance.constraints() {
            if instance.constraints() > 1 {
                let fewer = instance.without(k);
                let mut outcome =
                    solve_instance(&fewer, frontier::feasibility(&fewer).as_ref(), watch);
                let expected = instance.expected(&outcome.channel)[k];
                let budget = instance.budgets[k];
                if expected <= budget + FRONTIER_TOLERANCE.max(BUDGET_ROUNDING * budget) {
                    outcome.dual.s = outcome.dual.s.insert_row(k, 0.0);
                    return outcome;
                }
            }
        }
    }
    run(instance, Some(reach), watch)
}
