//! Budgets on the edge of what can be met, or so close to it that hardly any slack is left.
//!
//! The multipliers `n` of the edge make one cost of the constraints that meet there,
//! `c(x, y) = n.d(x, y) - min_y n.d(x, y) >= 0`, whose budget `n.D - sum_x p_x min_y n.d(x, y)` is the slack there is.
//!
//! **On the edge** it is zero, and only pairs with `c(x, y) = 0` may be used. On these pairs `n.d` does not depend on the
//! reproduction, so one of the constraints follows from the others and can be left out. What remains is a problem of the
//! same kind with fewer pairs and one constraint less.
//!
//! **Close to it** the slack is lost in rounding if it is taken as a difference of large numbers, and a barrier for each
//! constraint, none of which can have more slack than that, drives the multipliers to saturation. So c becomes a
//! constraint of its own, exact near zero, in place of one of those it is made of; the others hold with equality, as
//! they do on the edge, unless the sign of a multiplier shows that one does not matter.

use super::kernel::Kernel;
use super::watch::Watch;
use super::{Dual, Ended, Outcome, meets_budget, run, solve_instance};
use crate::certificate;
use crate::frontier::{self, Reach};
use crate::instance::{Edge, Instance};
use crate::twofold::TwoFold;
use nalgebra::{DMatrix, DVector};

/// Multiples of the machine epsilon, relative to the pair's costs, below which c is zero: ties but for rounding.
const TIE: f64 = 4.0 * f64::EPSILON;

/// No difference above this is taken for rounding, in scaled costs.
const WIDEST_TIE: f64 = 1e-13;

/// Excess of the constraint that was left out which may be rounding, in scaled costs.
const LEFT_OUT: f64 = 1e-12;

/// Slack below which the budgets are first tried as lying on the edge.
const EDGE: f64 = 1e-14;

/// Multipliers of c tried for the lower bound on the edge: from 10 to 1e17 in powers of ten.
const STEEPEST: i32 = 17;

/// The cost that the edge's constraints make together.
struct Combined {
    /// m x n, scaled.
    cost: DMatrix<f64>,
    budget: f64,
    /// The weights that made it, scaled.
    weights: DVector<f64>,
}

impl Combined {
    fn new(instance: &Instance<'_>, reach: &Reach) -> Self {
        let normal = &reach.multipliers;
        let (m, n) = (instance.reproductions, instance.letters());
        // One multiplier is exact; several are solutions of equations, with an error of their own size.
        let several = normal.iter().filter(|n| **n > 0.0).count() > 1;
        let sum = |x: usize, y: usize| instance.costs.iter().map(|d| d[(y, x)]).sum::<f64>();
        let mut cost = DMatrix::zeros(m, n);
        let mut slack = TwoFold::default();
        for (weight, budget) in normal.iter().zip(&instance.budgets) {
            slack.add_product(*weight, *budget);
        }
        for (x, row) in cost.as_mut_slice().chunks_exact_mut(m).enumerate() {
            instance.exponent(x, normal, row);
            let (best, least) = least(row);
            // The edge's own channels attain the minimum, but for the rounding of its multipliers.
            let off = reach.channel.iter().map(|(_, letters)| row[letters[x]] - least);
            let off = off.filter(|off| *off < WIDEST_TIE).fold(0.0, f64::max);
            for (y, v) in row.iter_mut().enumerate() {
                let tie =
                    if several { (2.0 * off).max(TIE * (sum(x, y) + sum(x, best))) } else { 0.0 };
                // A forbidden pair costs nothing: the mask rules it out.
                let tied = !v.is_finite() || *v - least <= tie;
                *v = if tied { 0.0 } else { difference(instance, normal, x, y, best) };
            }
            for (weight, d) in normal.iter().zip(&instance.costs) {
                slack.add_product(-weight * instance.pmf[x], d[(best, x)]);
            }
        }
        let largest = (&cost * &*instance.pmf).max();
        let scale = if largest > 0.0 { largest } else { 1.0 };
        Self { cost: cost / scale, budget: slack.total() / scale, weights: normal / scale }
    }

    /// The instance with this constraint instead of the k-th.
    fn in_place_of<'a>(&'a self, instance: &'a Instance<'_>, k: usize) -> Instance<'a> {
        let mut changed: Instance<'a> = instance.clone();
        changed.edge = Some(Edge { index: k, weights: self.weights.clone() });
        changed.equality =
            (0..self.weights.len()).map(|l| l != k && self.weights[l] > 0.0).collect();
        changed.costs[k] = &self.cost;
        changed.budgets[k] = self.budget;
        let parts = instance.origin.iter().zip(&self.weights);
        changed.origin[k] = parts
            .flat_map(|(origin, w)| origin.iter().map(move |&(index, weight)| (index, weight * w)))
            .collect();
        changed
    }
}

/// The first of the smallest entries, and its value.
fn least(row: &[f64]) -> (usize, f64) {
    let least = row.iter().copied().fold(f64::INFINITY, f64::min);
    (row.iter().position(|&v| v == least).unwrap_or(0), least)
}

/// `n.d(x, y) - n.d(x, best)`, without the rounding of the two.
fn difference(
    instance: &Instance<'_>,
    normal: &DVector<f64>,
    x: usize,
    y: usize,
    best: usize,
) -> f64 {
    let mut difference = TwoFold::default();
    for (&weight, cost) in normal.iter().zip(&instance.costs) {
        difference.add_product(weight, cost[(y, x)]);
        difference.add_product(-weight, cost[(best, x)]);
    }
    difference.total().max(0.0)
}

/// Solves an instance whose budgets lie on or close to the edge that `reach` describes.
pub(super) fn solve(instance: &Instance<'_>, reach: &Reach, watch: &mut Watch<'_>) -> Outcome {
    let combined = Combined::new(instance, reach);
    if combined.budget <= EDGE {
        let outcome = on(instance, &combined, &reach.multipliers, watch);
        if matches!(outcome.ended, Ended::Certified) || !(combined.budget > 0.0) {
            return outcome;
        }
    }
    let several = reach.multipliers.iter().filter(|n| **n > 0.0).count() > 1;
    if several {
        let outcome = close(instance, reach, &combined, watch);
        let other = outcome.slack.and_then(|k| without(instance, k, watch));
        let outcome = other.unwrap_or(outcome);
        if !matches!(outcome.ended, Ended::Stalled) {
            return outcome;
        }
    }
    run(instance, Some(reach), watch)
}

/// Solves with the combined constraint in place of the one that has most of it.
fn close(
    instance: &Instance<'_>,
    reach: &Reach,
    combined: &Combined,
    watch: &mut Watch<'_>,
) -> Outcome {
    let changed = combined.in_place_of(instance, reach.multipliers.imax());
    let mut outcome = run(&changed, Some(reach), watch);
    outcome.dual.s = changed.taken_apart(&outcome.dual.s);
    outcome
}

/// Leaves constraint k out; `None` if it matters after all.
fn without(instance: &Instance<'_>, k: usize, watch: &mut Watch<'_>) -> Option<Outcome> {
    let fewer = instance.without(k);
    let mut outcome = solve_instance(&fewer, frontier::feasibility(&fewer).as_ref(), watch);
    let expected = instance.expected(&outcome.channel)[k];
    outcome.dual.s = outcome.dual.s.insert_row(k, 0.0);
    meets_budget(instance, k, expected).then_some(outcome)
}

/// Solves on the pairs that the edge leaves, without one of its constraints.
fn on(
    instance: &Instance<'_>,
    combined: &Combined,
    normal: &DVector<f64>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let on_face = |x: usize, y: usize| combined.cost[(y, x)] == 0.0;
    let first = normal.imax();
    let others = (0..normal.len()).filter(|&k| k != first && normal[k] > 0.0);
    let each = std::iter::once(first).chain(others).map(|k| (k, false));
    // Where the optimum is not unique without the constraint left out, the others have to hold with equality.
    let attempts = each.chain([(first, true)]);
    let mut best: Option<(f64, usize, Outcome)> = None;
    for (k, equality) in attempts {
        let mut face = instance.face(k, on_face);
        let reach = frontier::feasibility(&face);
        let outcome = if equality {
            face.equality =
                (0..normal.len()).filter(|&l| l != k).map(|l| normal[l] > 0.0).collect();
            run(&face, reach.as_ref(), watch)
        } else {
            solve_instance(&face, reach.as_ref(), watch)
        };
        let excess = instance.expected(&outcome.channel)[k] - instance.budgets[k];
        if best.as_ref().is_none_or(|(least, ..)| excess < *least) {
            best = Some((excess, k, outcome));
        }
        if excess <= LEFT_OUT {
            break;
        }
    }
    match best {
        Some((_, k, outcome)) => widen(instance, combined, k, outcome, watch),
        None => run(instance, None, watch),
    }
}

/// Turns the lower bound of the face into one of the whole instance: a large multiplier of c prices every pair outside
/// the face out.
fn widen(
    instance: &Instance<'_>,
    combined: &Combined,
    k: usize,
    mut outcome: Outcome,
    watch: &Watch<'_>,
) -> Outcome {
    let mut whole = combined.in_place_of(instance, k);
    // Budgets below the edge by rounding count as being on it.
    whole.budgets[k] = combined.budget.max(0.0);
    let Dual { q, s } = outcome.dual.clone();
    let mut s = s.insert_row(k, 0.0);
    let mut kernel = Kernel::light(&whole, &q, &s);
    let of_face = outcome.lower;
    outcome.lower = 0.0;
    outcome.dual.s = DVector::zeros(s.len());
    for power in 1..=STEEPEST {
        s[k] = 10_f64.powi(power);
        kernel.evaluate(&whole, &q, &s);
        let lower = certificate::lower_bound(&whole, &kernel, &s);
        if lower > outcome.lower && whole.bounds_below(&s) {
            outcome.lower = lower;
            outcome.dual.s = whole.taken_apart(&s);
        }
        if outcome.lower >= of_face {
            break;
        }
    }
    if outcome.lower < of_face - watch.settings().tolerance() * 0.5 {
        outcome.ended = Ended::Stalled;
    }
    outcome
}
