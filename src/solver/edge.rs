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
//! they do on the edge, unless the sign of a multiplier shows that one does not matter. Where equality leads nowhere, they
//! hold as they are, and [`relaxations`] settle which constraint c may stand for.
//!
//! Edges nest: a face is an instance again, whose budgets may lie on an edge of its own. Every edge's cost stays apart, in
//! [`Dual::edges`], as a sum of steep multipliers with the others has no digits left for the bound.

use super::finish::BUDGET_ROUNDING;
use super::kernel::Kernel;
use super::watch::Watch;
use super::{Dual, Ended, Outcome, meets_budget, meets_budgets, run, solve_instance};
use crate::frontier::{self, Reach};
use crate::instance::{Edge, Instance};
use crate::problem::Allowed;
use crate::twofold::TwoFold;
use crate::{certificate, information};
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// Multiples of the machine epsilon, relative to the pair's costs, below which c is zero: ties but for rounding.
const TIE: f64 = 4.0 * f64::EPSILON;

/// No difference above this is taken for rounding, in scaled costs.
const WIDEST_TIE: f64 = 1e-13;

/// Excess of the constraint that was left out which may be rounding, in scaled costs.
const LEFT_OUT: f64 = 1e-12;

/// Slack of the budgets, in scaled costs, that may be rounding: such are first tried as lying on the edge.
const EDGE: f64 = 4.0 * f64::EPSILON;

/// Multipliers of c tried for the lower bound on the edge: 0, and 10 to 1e17 in powers of ten.
const STEEPEST: i32 = 17;

/// The share of the tolerance that the lower bound may lose on its way from the face to the whole instance.
const WIDENED: f64 = 1e-3;

/// The cost that the edge's constraints make together.
#[derive(Debug, Clone)]
pub(super) struct Combined {
    /// m x n, scaled.
    cost: DMatrix<f64>,
    budget: f64,
    /// The weights that made it, scaled.
    pub(super) weights: DVector<f64>,
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
            let rounding = |off: &f64| *off < WIDEST_TIE || instance.pmf[x] * *off < f64::EPSILON;
            let off = off.filter(rounding).fold(0.0, f64::max);
            for (y, v) in row.iter_mut().enumerate() {
                let tie =
                    if several { (2.0 * off).max(TIE * (sum(x, y) + sum(x, best))) } else { 0.0 };
                let tied = *v - least <= tie;
                *v = if tied { 0.0 } else { difference(instance, normal, x, y, best) };
            }
            for (weight, d) in normal.iter().zip(&instance.costs) {
                slack.add_product(-weight * instance.pmf[x], d[(best, x)]);
            }
        }
        let usable = |x: usize, y: usize| instance.pairs(x).is_none_or(|pairs| pairs[y]);
        let average = |y: usize| {
            let letters = (0..instance.letters()).filter(|&x| usable(x, y));
            letters.map(|x| instance.pmf[x] * cost[(y, x)]).sum::<f64>()
        };
        let largest = (0..m).map(average).fold(0.0, f64::max);
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
        changed.rounding[k] = self.weights.dot(&instance.rounding);
        let parts = instance.origin.iter().zip(&self.weights);
        changed.origin[k] = parts
            .flat_map(|(origin, w)| origin.iter().map(move |&(index, weight)| (index, weight * w)))
            .collect();
        changed
    }

    /// Gives constraint k back its multiplier, which is this cost's.
    fn take_out(&self, k: usize, dual: &mut Dual) {
        let steep = std::mem::take(&mut dual.s[k]);
        dual.edges.push((self.clone(), steep));
    }
}

/// The first of the smallest entries, and its value.
fn least(row: &[f64]) -> (usize, f64) {
    let least = row.iter().copied().fold(f64::INFINITY, f64::min);
    (row.iter().position(|&v| v == least).unwrap_or(0), least)
}

/// `n.d(x, y) - n.d(x, best)`, without the rounding of the two; a pair that is forbidden, on a face of another edge,
/// may cost less than the best.
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
    difference.total()
}

/// Solves an instance whose budgets lie on or close to the edge that `reach` describes.
pub(super) fn solve(instance: &Instance<'_>, reach: &Reach, watch: &mut Watch<'_>) -> Outcome {
    let combined = Combined::new(instance, reach);
    let normal = &reach.multipliers;
    let several = normal.iter().filter(|n| **n > 0.0).count() > 1;
    let mut best: Option<Outcome> = None;
    if -reach.shift <= EDGE {
        let outcome = on(instance, &combined, normal, watch);
        if is_over(&outcome) || !(combined.budget > 0.0) {
            return outcome;
        }
        best = Some(outcome);
    }
    if several {
        let outcome = close(instance, reach, &combined, watch);
        let other = outcome.slack.and_then(|k| without(instance, k, watch));
        let outcome = better(instance, best, other.unwrap_or(outcome), watch);
        if is_over(&outcome) {
            return outcome;
        }
        let relaxed = beside(instance, &combined, normal, watch);
        let outcome = better(instance, Some(outcome), relaxed, watch);
        if is_over(&outcome) {
            return outcome;
        }
        best = Some(outcome);
    }
    let outcome = run(instance, Some(reach), None, watch);
    better(instance, best, outcome, watch)
}

fn is_over(outcome: &Outcome) -> bool {
    !matches!(outcome.ended, Ended::Stalled)
}

/// The better bound of each kind: all hold for the whole instance.
fn better(
    instance: &Instance<'_>,
    first: Option<Outcome>,
    second: Outcome,
    watch: &Watch<'_>,
) -> Outcome {
    let Some(first) = first else { return second };
    let (mut better, other) = if first.lower > second.lower {
        (Outcome { ended: second.ended, ..first }, second.channel)
    } else {
        (second, first.channel)
    };
    let rate = |channel: &DMatrix<f64>| {
        if meets_budgets(instance, channel) {
            information::mutual_information(&instance.pmf, &channel.transpose())
        } else {
            f64::INFINITY
        }
    };
    if rate(&other) < rate(&better.channel) {
        better.channel = other;
    }
    if !is_over(&better) {
        settle(instance, &mut better, watch);
    }
    better
}

/// Solves with the combined constraint in place of the one with the largest share of `n.D`.
fn close(
    instance: &Instance<'_>,
    reach: &Reach,
    combined: &Combined,
    watch: &mut Watch<'_>,
) -> Outcome {
    // What rounding leaves of the others is to be small beside the budget that follows from them.
    let k = reach.multipliers.component_mul(&instance.budgets).imax();
    let changed = combined.in_place_of(instance, k);
    let mut outcome = run(&changed, Some(reach), None, watch);
    combined.take_out(k, &mut outcome.dual);
    outcome
}

/// Solves with the combined constraint in place of one, the others as they are.
fn beside(
    instance: &Instance<'_>,
    combined: &Combined,
    normal: &DVector<f64>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let relaxed = |k: usize, watch: &mut Watch<'_>| {
        let mut changed = combined.in_place_of(instance, k);
        changed.edge = None;
        changed.equality.fill(false);
        let mut outcome = run(&changed, frontier::feasibility(&changed).as_ref(), None, watch);
        combined.take_out(k, &mut outcome.dual);
        outcome
    };
    relaxations(instance, normal, 0.0, relaxed, watch)
}

/// Leaves constraint k out; `None` if it matters after all.
fn without(instance: &Instance<'_>, k: usize, watch: &mut Watch<'_>) -> Option<Outcome> {
    let fewer = instance.without(k);
    let reach = frontier::feasibility(&fewer);
    let mut outcome =
        watch.relaxed(true, |watch| solve_instance(&fewer, reach.as_ref(), None, watch));
    let expected = instance.expected(&outcome.channel)[k];
    outcome.dual.insert(k);
    meets_budget(instance, k, expected).then_some(outcome)
}

/// Solves on the pairs that the edge leaves, without one of its constraints.
fn on(
    instance: &Instance<'_>,
    combined: &Combined,
    normal: &DVector<f64>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let relaxed = |k: usize, watch: &mut Watch<'_>| {
        let face = instance.face(k, |x, y| combined.cost[(y, x)] == 0.0);
        let mut outcome = solve_instance(&face, frontier::feasibility(&face).as_ref(), None, watch);
        outcome.dual.insert(k);
        outcome
    };
    let mut outcome = relaxations(instance, normal, LEFT_OUT, relaxed, watch);
    widen(instance, combined, &mut outcome, watch);
    settle(instance, &mut outcome, watch);
    outcome
}

/// Solves relaxations that each leave out one of the edge's constraints, until a mixture of their channels meets all.
///
/// On the edge and close to it all these hold with equality, or all but. Leaving one out is exact if its multiplier is the
/// smallest: the multipliers are determined but for multiples of the edge's. Where that optimum is not unique, the
/// constraint may still be exceeded; but some mixture of the relaxations' channels, each over the one budget that it does
/// not know, meets all budgets, and it has no more rate than the largest of them.
fn relaxations(
    instance: &Instance<'_>,
    normal: &DVector<f64>,
    allowance: f64,
    mut relaxed: impl FnMut(usize, &mut Watch<'_>) -> Outcome,
    watch: &mut Watch<'_>,
) -> Outcome {
    let mut left: Vec<usize> = (0..normal.len()).filter(|&k| normal[k] > 0.0).collect();
    let several = left.len() > 1;
    let mut k = normal.imax();
    let mut channels = Vec::new();
    let mut best: Option<Outcome> = None;
    loop {
        let outcome = watch.relaxed(several, |watch| relaxed(k, watch));
        channels.push(outcome.channel.clone());
        let (channel, excess) = mixture(instance, &channels);
        let mut outcome = match best.take() {
            Some(best) if best.lower >= outcome.lower => best,
            _ => outcome,
        };
        left.retain(|&l| l != k);
        let weighed = |k: &usize| normal[*k] * excess[*k];
        let next = left.iter().copied().min_by(|a, b| weighed(a).total_cmp(&weighed(b)));
        let met = excess
            .iter()
            .zip(&instance.budgets)
            .all(|(excess, budget)| *excess <= allowance.max(BUDGET_ROUNDING * budget));
        let Some(next) = next.filter(|_| !met && watch.limit().is_none()) else {
            outcome.channel = channel;
            settle(instance, &mut outcome, watch);
            return outcome;
        };
        best = Some(outcome);
        k = next;
    }
}

/// Says how an outcome ended by its bounds.
fn settle(instance: &Instance<'_>, outcome: &mut Outcome, watch: &Watch<'_>) {
    let rate = information::mutual_information(&instance.pmf, &outcome.channel.transpose());
    let certified = rate - outcome.lower / LN_2 <= watch.settings().tolerance()
        && meets_budgets(instance, &outcome.channel);
    outcome.ended =
        if certified { Ended::Certified } else { watch.limit().unwrap_or(Ended::Stalled) };
}

/// The mixture of these channels whose largest excess over a budget is smallest, and what it exceeds the budgets by.
fn mixture(instance: &Instance<'_>, channels: &[DMatrix<f64>]) -> (DMatrix<f64>, DVector<f64>) {
    let excess = |channel: &DMatrix<f64>| instance.expected(channel) - &instance.budgets;
    let each: Vec<DVector<f64>> = channels.iter().map(excess).collect();
    let size = each.iter().map(DVector::amax).fold(f64::MIN_POSITIVE, f64::max);
    let cost = |k: usize| DMatrix::from_fn(each.len(), 1, |i, _| each[i][k] / size);
    let costs: Vec<DMatrix<f64>> = (0..instance.constraints()).map(cost).collect();
    let budgets = DVector::zeros(costs.len());
    let mixtures =
        Instance::mixture(each.len(), costs.iter().collect(), budgets, Allowed::default());
    let weights = frontier::reach(&mixtures, |shift, _| shift <= 0.0);
    let mut mixed = DMatrix::zeros(instance.reproductions, instance.letters());
    for (weight, choice) in &weights.channel {
        mixed += *weight * &channels[choice[0]];
    }
    let excess = excess(&mixed);
    (mixed, excess)
}

/// Turns the lower bound of the face into one of the whole instance: a large multiplier of c prices every pair outside
/// the face out.
fn widen(instance: &Instance<'_>, combined: &Combined, outcome: &mut Outcome, watch: &Watch<'_>) {
    let mut dual = outcome.dual.clone();
    dual.edges.push((combined.clone(), 0.0));
    let last = dual.edges.len() - 1;
    let edges = dual.edges.clone();
    let mut whole = instance.clone();
    whole.costs.extend(edges.iter().map(|(edge, _)| &edge.cost));
    let of_face = std::mem::take(&mut outcome.lower);
    // Budgets below the edge by rounding count as being on it.
    let slacks = edges.iter().map(|(edge, _)| edge.budget.max(0.0));
    whole.budgets.extend(slacks);
    let mut s = dual.s.clone();
    s.extend(edges.iter().map(|(_, steep)| *steep));
    let mut kernel = Kernel::light(&whole, &dual.q, &s, dual.potential.clone());
    outcome.dual.s.fill(0.0);
    outcome.dual.edges.clear();
    let enough = of_face - WIDENED * watch.settings().tolerance() * LN_2;
    // In units of the constraints' own multipliers, and as small as will do: an edge around this one has to outweigh them.
    let unit = combined.weights.max();
    let powers = (1..=STEEPEST).map(|power| 10_f64.powi(power) / unit);
    for steep in std::iter::once(0.0).chain(powers) {
        s[instance.constraints() + last] = steep;
        dual.edges[last].1 = steep;
        kernel.evaluate(&whole, &dual.q, &s);
        let lower = certificate::lower_bound(&whole, &kernel, &s);
        if lower > outcome.lower && dual.multipliers().min() >= 0.0 {
            outcome.lower = lower;
            outcome.dual = dual.clone();
        }
        if outcome.lower >= enough {
            break;
        }
    }
}
