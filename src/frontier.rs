//! Which budgets can be met at all, exactly, for any number of costs.
//!
//! The average costs that channels reach form the polytope `sum_x p(x) conv{d(x, y)}_y`. Its support function
//! `G(s) = sum_x p(x) min_y s.d(x, y)` costs one pass over the matrices and comes with the deterministic channel
//! that attains it, so a linear program over the polytope can be solved by a simplex method on K + 1 rows that
//! generates its columns (Dantzig and Wolfe 1960).

use crate::certificate;
use crate::instance::Instance;
use crate::marginal::Potential;
use crate::twofold::TwoFold;
use crate::{Infeasible, InfeasibleBudget, Problem, RdcError};
use nalgebra::{DMatrix, DVector};

/// Distance from the frontier, in scaled costs, below which budgets count as being on it.
pub(crate) const FRONTIER_TOLERANCE: f64 = 1e-13;

/// Distance from the frontier, in scaled costs, below which it shapes the solution.
const NEAR: f64 = 1e-4;

/// The largest change of multipliers that counts as a correction of their rounding.
const SHARPENED: f64 = 1e-3;

/// Pivots smaller than this are rounding.
const PIVOT: f64 = 1e-11;

/// Simplex steps after which the best bounds so far are returned; typical runs take fewer than 30.
const MAX_STEPS: usize = 1000;

/// Newton steps of [`smallest_budget`]; a piecewise linear function takes a handful.
const MAX_NEWTON: usize = 100;

/// How far all budgets would have to move together to reach the frontier.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    /// `max_k E[d_k] - D_k` of `channel`: negative if it meets every budget with slack.
    pub(crate) shift: f64,
    /// `max over s of G(s) - s.D`, the lower bound on every channel's shift.
    pub(crate) bound: f64,
    /// The multipliers of `bound`: `>= 0`, sum 1.
    pub(crate) multipliers: DVector<f64>,
    /// The channel of `shift`, a mixture of deterministic ones: (weight, y of each x). Empty where none was looked for.
    pub(crate) channel: Vec<(f64, Vec<usize>)>,
}

impl Reach {
    /// Budget k is negative.
    fn below_zero(instance: &Instance<'_>, k: usize) -> Self {
        Self {
            shift: f64::INFINITY,
            bound: -instance.budgets[k],
            multipliers: DVector::from_fn(instance.constraints(), |l, _| f64::from(l == k)),
            channel: Vec::new(),
        }
    }

    pub(crate) fn is_infeasible(&self) -> bool {
        self.bound > FRONTIER_TOLERANCE || self.channel.is_empty()
    }

    /// Whether the last digits of the budgets would make up for what is missing.
    pub(crate) fn is_infeasible_by_rounding(&self, instance: &Instance<'_>) -> bool {
        self.is_infeasible() && self.bound <= self.multipliers.dot(&instance.rounding)
    }

    /// Adds `share` times the channel with slack to `channel` (m x n).
    pub(crate) fn add_to(&self, channel: &mut DMatrix<f64>, share: f64) {
        for (weight, letters) in &self.channel {
            for (x, &y) in letters.iter().enumerate() {
                channel[(y, x)] += share * weight;
            }
        }
    }

    /// Whether the budgets are on the edge of what can be met or so close that it shapes the solution.
    pub(crate) fn is_near(&self) -> bool {
        self.shift > -NEAR
    }
}

/// A column of the linear program `min t  s.t.  sum_j w_j v_j + slack - t = D, sum_j w_j = 1`.
#[derive(Debug, Clone)]
enum Column {
    Shift,
    Slack(usize),
    Vertex { costs: DVector<f64>, channel: Vec<usize> },
}

impl Column {
    fn entries(&self, k: usize) -> DVector<f64> {
        match self {
            Self::Shift => DVector::from_fn(k + 1, |i, _| if i < k { -1.0 } else { 0.0 }),
            Self::Slack(row) => DVector::from_fn(k + 1, |i, _| f64::from(i == *row)),
            Self::Vertex { costs, .. } => costs.clone().insert_row(k, 1.0),
        }
    }
}

/// `G(s)` with the deterministic channel that attains it, and that channel's costs.
fn support(instance: &Instance<'_>, s: &DVector<f64>) -> (f64, DVector<f64>, Vec<usize>) {
    let mut row = vec![0.0; instance.reproductions];
    let mut costs = DVector::zeros(instance.constraints());
    let mut channel = Vec::with_capacity(instance.letters());
    for (x, &p) in instance.pmf.iter().enumerate() {
        instance.exponent(x, s, &mut row);
        let least = row.iter().copied().fold(f64::INFINITY, f64::min);
        let y = row.iter().position(|&e| e == least).unwrap_or(0);
        for (cost, total) in instance.costs.iter().zip(costs.iter_mut()) {
            *total += p * cost[(y, x)];
        }
        channel.push(y);
    }
    (s.dot(&costs), costs, channel)
}

/// How far the budgets are from the frontier, well enough to tell which side they are on and to hold half of the
/// largest slack; `None` without constraints.
pub(crate) fn feasibility(instance: &Instance<'_>) -> Option<Reach> {
    let decided = |shift: f64, bound: f64| {
        bound > FRONTIER_TOLERANCE.max(instance.rounding.max())
            || (shift < 0.0 && shift < 0.5 * bound)
    };
    if instance.constraints() == 0 {
        return None;
    }
    // Rows start at 0, so that no channel costs less than 0. Said here, as digits of a budget far below the scale of its
    // cost would be lost in the linear program.
    let (least, budget) = instance.budgets.argmin();
    Some(if budget < 0.0 { Reach::below_zero(instance, least) } else { reach(instance, decided) })
}

/// The smallest `t` such that budgets `D + t` can be met, stopping as soon as `enough(shift, bound)`.
///
/// K must be at least 1, and each source letter must have an allowed pair.
pub(crate) fn reach(instance: &Instance<'_>, enough: impl Fn(f64, f64) -> bool) -> Reach {
    let k = instance.constraints();
    let budgets = &instance.budgets;
    let equal = DVector::from_element(k, 1.0 / k as f64);
    let (value, costs, channel) = support(instance, &equal);
    let over = &costs - budgets;
    let mut best = Reach {
        shift: over.max(),
        bound: value - equal.dot(budgets),
        multipliers: equal,
        channel: vec![(1.0, channel.clone())],
    };
    let worst = over.imax();
    let mut basis: Vec<Column> = (0..k).filter(|&row| row != worst).map(Column::Slack).collect();
    basis.extend([Column::Shift, Column::Vertex { costs, channel }]);
    let target = budgets.clone().insert_row(k, 1.0);

    for _ in 0..MAX_STEPS {
        let matrix = DMatrix::from_columns(&basis.iter().map(|c| c.entries(k)).collect::<Vec<_>>());
        let objective = DVector::from_iterator(
            k + 1,
            basis.iter().map(|column| f64::from(matches!(column, Column::Shift))),
        );
        let lu = matrix.clone().lu();
        let (Some(weights), Some(prices)) =
            (lu.solve(&target), matrix.transpose().lu().solve(&objective))
        else {
            break;
        };
        record_channel(&basis, &weights, budgets, &mut best);
        let mut s = -prices.rows(0, k).into_owned();
        let entering = if let Some(row) = (0..k).find(|&row| s[row] < -PIVOT) {
            Column::Slack(row)
        } else {
            // A multiplier this small is the rounding of one that is zero.
            s.apply(|v| *v = if *v > PIVOT { *v } else { 0.0 });
            let total = s.sum();
            if !(total > 0.0) {
                break;
            }
            s /= total;
            let (value, costs, channel) = support(instance, &s);
            let bound = value - s.dot(budgets);
            if bound > best.bound {
                (best.bound, best.multipliers) = (bound, s);
            }
            let optimal = value >= prices[k] - f64::EPSILON * prices[k].abs().max(1.0);
            if optimal || enough(best.shift, best.bound) {
                if best.is_near() {
                    sharpen(instance, &basis, &mut best);
                }
                break;
            }
            Column::Vertex { costs, channel }
        };
        let Some(direction) = lu.solve(&entering.entries(k)) else {
            break;
        };
        let leaving = (0..=k)
            .filter(|&i| direction[i] > PIVOT && !matches!(basis[i], Column::Shift))
            .map(|i| (i, weights[i].max(0.0) / direction[i]))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((leaving, _)) = leaving else { break };
        basis[leaving] = entering;
    }
    best
}

/// Computes the multipliers of the last basis again from the differences of its channels, letter by letter: where those
/// are small, the differences of their average costs have lost most digits.
fn sharpen(instance: &Instance<'_>, basis: &[Column], best: &mut Reach) {
    let k = instance.constraints();
    let channels: Vec<&Vec<usize>> = basis
        .iter()
        .filter_map(|column| match column {
            Column::Vertex { channel, .. } => Some(channel),
            _ => None,
        })
        .collect();
    let mut rows = vec![DVector::from_element(k, 1.0)];
    for channel in channels.iter().skip(1) {
        let difference = difference(instance, channels[0], channel);
        rows.push(&difference / difference.amax());
    }
    for column in basis {
        if let Column::Slack(row) = column {
            rows.push(DVector::from_fn(k, |i, _| f64::from(i == *row)));
        }
    }
    let matrix = DMatrix::from_fn(rows.len(), k, |i, j| rows[i][j]);
    let target = DVector::from_fn(rows.len(), |i, _| f64::from(i == 0));
    let Some(s) = matrix.lu().solve(&target) else { return };
    let s = s.map(|v| if v > PIVOT { v } else { 0.0 });
    let bound = support(instance, &s).0 - s.dot(&instance.budgets);
    let close = (&s - &best.multipliers).amax() <= SHARPENED && s.iter().all(|v| v.is_finite());
    if close && bound >= best.bound - f64::EPSILON {
        (best.bound, best.multipliers) = (bound, s);
    }
}

/// The average costs of one deterministic channel beyond those of another.
fn difference(instance: &Instance<'_>, from: &[usize], to: &[usize]) -> DVector<f64> {
    let average = |cost: &&DMatrix<f64>| {
        let mut sum = TwoFold::default();
        for (x, (&a, &b)) in from.iter().zip(to).enumerate().filter(|(_, (a, b))| a != b) {
            sum.add_product(instance.pmf[x], cost[(b, x)] - cost[(a, x)]);
        }
        sum.total()
    };
    DVector::from_iterator(instance.constraints(), instance.costs.iter().map(average))
}

/// Keeps the basis's mixture of deterministic channels if its shift, summed afresh, is the smallest so far.
fn record_channel(
    basis: &[Column],
    weights: &DVector<f64>,
    budgets: &DVector<f64>,
    best: &mut Reach,
) {
    let total: f64 = vertices(basis, weights).map(|(w, _, _)| w).sum();
    if !(total > 0.0) {
        return;
    }
    let mut costs = -budgets;
    for (w, vertex, _) in vertices(basis, weights) {
        costs.axpy(w / total, vertex, 1.0);
    }
    let shift = costs.max();
    if shift < best.shift {
        best.shift = shift;
        best.channel = vertices(basis, weights).map(|(w, _, y)| (w / total, y.clone())).collect();
    }
}

fn vertices<'a>(
    basis: &'a [Column],
    weights: &'a DVector<f64>,
) -> impl Iterator<Item = (f64, &'a DVector<f64>, &'a Vec<usize>)> {
    basis.iter().zip(weights).filter_map(|(column, &weight)| match column {
        Column::Vertex { costs, channel } if weight > 0.0 => Some((weight, costs, channel)),
        _ => None,
    })
}

/// The smallest feasible budget of cost `index`, the others kept; in the cost's own units.
pub(crate) fn smallest_budget(problem: &Problem, index: usize, budgets: &[f64]) -> Option<f64> {
    let mut instance = from_offset(problem, index, budgets);
    let scaled = raised(&mut instance, index)?;
    Some(problem.costs[index].in_units(scaled))
}

/// The budget of cost `index` from which on a channel without rate meets all, the others kept; in the cost's own units, up to
/// rounding.
pub(crate) fn smallest_without_rate(
    problem: &Problem,
    index: usize,
    budgets: &[f64],
) -> Option<f64> {
    let instance = from_offset(problem, index, budgets);
    let given = |k: usize| instance.origin[k][0].0 != index;
    let mut averages = instance.averages();
    // Relative to the budgets, so that a small one is not lost beside the others.
    let unit = |k: usize| {
        let most = if given(k) { instance.budgets[k] } else { averages[k].max() };
        if most > 0.0 { most } else { 1.0 }
    };
    let units: Vec<f64> = (0..averages.len()).map(unit).collect();
    for (average, unit) in averages.iter_mut().zip(&units) {
        average.unscale_mut(*unit);
    }
    let mut constant = instance.without_source(&averages);
    // A budget of zero is met exactly or not at all.
    let free = |y: usize| {
        let mut others = (0..units.len()).filter(|&k| given(k));
        others.all(|k| instance.budgets[k] > 0.0 || !(averages[k][y] > 0.0))
    };
    constant.allowed.to_mut().restrict(1, problem.reproductions, |_, y| free(y));
    for (budget, unit) in constant.budgets.iter_mut().zip(&units) {
        *budget /= unit;
    }
    if constant.pairs(0).is_some_and(|pairs| !pairs.contains(&true)) {
        return None;
    }
    let scaled = raised(&mut constant, index)?;
    let unit = (0..units.len()).find(|&k| !given(k)).map_or(1.0, |k| units[k]);
    Some(problem.costs[index].in_units(scaled * unit))
}

/// The request whose budget of cost `index` is the least that any channel spends.
fn from_offset<'a>(problem: &'a Problem, index: usize, budgets: &[f64]) -> Instance<'a> {
    let mut budgets = budgets.to_vec();
    budgets[index] = problem.costs[index].offset;
    Instance::within(problem, &budgets)
}

/// The budget of cost `index`, raised until it can be met; 0 where it constrains nothing, as all channels spend the same.
fn raised(instance: &mut Instance<'_>, index: usize) -> Option<f64> {
    let Some(k) = instance.origin.iter().position(|origin| origin[0].0 == index) else {
        let others = feasibility(instance);
        return (!others.is_some_and(|reach| reach.is_infeasible())).then_some(0.0);
    };
    raise_budget(instance, k)?;
    Some(instance.budgets[k])
}

/// Raises budget k, which is too small or just enough, to the smallest that can be met; `None` where none can. Returns how
/// it is met, and the multipliers that show that no smaller one is (none if it was not raised).
///
/// Newton's method from below on the smallest shift, a convex piecewise linear function of this budget: each
/// separating multiplier gives a budget that every feasible one must reach.
pub(crate) fn raise_budget(
    instance: &mut Instance<'_>,
    k: usize,
) -> Option<(Reach, Option<DVector<f64>>)> {
    let mut raised_by = None;
    for _ in 0..MAX_NEWTON {
        let reach = reach(instance, |_, _| false);
        let rounding = 4.0 * f64::EPSILON * instance.budgets.amax();
        let held_by_others = reach.multipliers[k] <= PIVOT;
        if reach.bound <= rounding || held_by_others {
            let contradiction = held_by_others && reach.bound > rounding && reach.is_infeasible();
            return (!contradiction).then_some((reach, raised_by));
        }
        instance.budgets[k] += reach.bound / reach.multipliers[k];
        raised_by = Some(reach.multipliers);
    }
    Some((reach(instance, |_, _| false), raised_by))
}

/// The error that explains why `budgets` cannot be met, from a [`Reach`] that proves it.
///
/// Where a perception has ruled letters out, no smallest budgets are looked for.
pub(crate) fn infeasible(
    problem: &Problem,
    budgets: &[f64],
    instance: &Instance<'_>,
    reach: &Reach,
) -> RdcError {
    let smallest = |index: usize| {
        let known = instance.marginal.is_none() && index < problem.costs.len();
        known.then(|| smallest_budget(problem, index, budgets)).flatten()
    };
    let multipliers = in_units(problem, instance, &reach.multipliers, 0.0);
    report(problem, budgets, &multipliers, (reach.bound, &[]), smallest)
}

/// The error that explains why no channel meets the budget of the perception, whatever the others are.
pub(crate) fn too_close(problem: &Problem, budgets: &[f64], least: f64) -> RdcError {
    let last = budgets.len() - 1;
    let multipliers: Vec<f64> = (0..=last).map(|index| f64::from(index == last)).collect();
    let smallest = |index: usize| (index == last && least.is_finite()).then_some(least);
    report(problem, budgets, &multipliers, (least - budgets[last], &[]), smallest)
}

/// The error that explains why `budgets` cannot be met together with that of the perception.
pub(crate) fn apart(
    problem: &Problem,
    budgets: &[f64],
    instance: &Instance<'_>,
    s: &DVector<f64>,
    potential: &Potential,
) -> RdcError {
    let multipliers = in_units(problem, instance, s, potential.price);
    let separation = certificate::separation(instance, s, potential);
    report(problem, budgets, &multipliers, (separation, potential.g.as_slice()), |_| None)
}

/// The multipliers of all budgets per unit, from those of an instance and the price of the perception.
fn in_units(problem: &Problem, instance: &Instance<'_>, s: &DVector<f64>, price: f64) -> Vec<f64> {
    let mut multipliers = vec![0.0; problem.budgets()];
    for (cost, s) in instance.multipliers(s) {
        multipliers[cost] += s / problem.costs[cost].scale;
    }
    if let Some((marginal, multiplier)) = problem.marginal.as_ref().zip(multipliers.last_mut()) {
        *multiplier = price / marginal.scale;
    }
    multipliers
}

fn report(
    problem: &Problem,
    budgets: &[f64],
    multipliers: &[f64],
    (excess, potential): (f64, &[f64]),
    smallest: impl Fn(usize) -> Option<f64>,
) -> RdcError {
    let total: f64 = multipliers.iter().sum();
    let entry = |(index, name): (usize, &str)| InfeasibleBudget {
        name: name.into(),
        budget: budgets[index],
        smallest: smallest(index),
        multiplier: multipliers[index] / total,
    };
    RdcError::Infeasible(Box::new(Infeasible {
        budgets: problem.names().enumerate().map(entry).collect(),
        excess: excess / total,
        potential: potential.iter().map(|g| g / total).collect(),
    }))
}
