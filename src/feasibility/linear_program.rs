//! Which budgets can be met at all, exactly, for any number of costs.
//!
//! The average costs that channels reach form the polytope `sum_x p(x) conv{d(x, y)}_y`. Its support function
//! `G(s) = sum_x p(x) min_y s.d(x, y)` costs one pass over the matrices and comes with the deterministic channel
//! that attains it, so a linear program over the polytope can be solved by a simplex method on K + 1 rows that
//! generates its columns (Dantzig and Wolfe 1960).

use crate::numerics::compensated::TwoFold;
use crate::subproblem::instance::{Instance, LinearConstraint};
use nalgebra::{DMatrix, DVector};

/// Distance from the frontier, in scaled costs, below which budgets count as being on it.
pub(crate) const FRONTIER_TOLERANCE: f64 = 1e-13;

/// Distance from the frontier, in scaled costs, below which it shapes the solution.
const NEAR: f64 = 1e-4;

/// The largest change of multipliers that counts as a correction of their rounding.
const SHARPENED: f64 = 1e-3;

/// Pivots smaller than this are rounding.
pub(crate) const PIVOT: f64 = 1e-11;

/// Simplex steps after which the best bounds so far are returned; typical runs take fewer than 30.
const MAX_STEPS: usize = 1000;

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
            bound: -instance.constraints[k].budget,
            multipliers: DVector::from_fn(instance.constraints.len(), |l, _| f64::from(l == k)),
            channel: Vec::new(),
        }
    }

    pub(crate) fn is_infeasible(&self) -> bool {
        self.bound > FRONTIER_TOLERANCE || self.channel.is_empty()
    }

    /// Whether the last digits of the budgets would make up for what is missing.
    pub(crate) fn is_infeasible_by_rounding(&self, instance: &Instance<'_>) -> bool {
        self.is_infeasible() && self.bound <= self.multipliers.dot(&instance.roundings())
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
    let mut costs = DVector::zeros(instance.constraints.len());
    let mut channel = Vec::with_capacity(instance.letters());
    for (x, &p) in instance.pmf.iter().enumerate() {
        instance.exponent(x, s, &mut row);
        let least = row.iter().copied().fold(f64::INFINITY, f64::min);
        let y = row.iter().position(|&e| e == least).unwrap_or(0);
        for (constraint, total) in instance.constraints.iter().zip(costs.iter_mut()) {
            *total += p * constraint.cost[(y, x)];
        }
        channel.push(y);
    }
    (s.dot(&costs), costs, channel)
}

/// How far the budgets are from the frontier, well enough to tell which side they are on and to hold half of the
/// largest slack; `None` without constraints.
pub(crate) fn feasibility(instance: &Instance<'_>) -> Option<Reach> {
    let decided = |shift: f64, bound: f64| {
        bound > FRONTIER_TOLERANCE.max(instance.roundings().max())
            || (shift < 0.0 && shift < 0.5 * bound)
    };
    if instance.constraints.is_empty() {
        return None;
    }
    // Rows start at 0, so that no channel costs less than 0. Said here, as digits of a budget far below the scale of its
    // cost would be lost in the linear program.
    let (least, budget) = instance.budgets().argmin();
    Some(if budget < 0.0 { Reach::below_zero(instance, least) } else { reach(instance, decided) })
}

/// The smallest `t` such that budgets `D + t` can be met, stopping as soon as `enough(shift, bound)`.
///
/// K must be at least 1, and each source letter must have an allowed pair.
pub(crate) fn reach(instance: &Instance<'_>, enough: impl Fn(f64, f64) -> bool) -> Reach {
    let k = instance.constraints.len();
    let budgets = &instance.budgets();
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
    let k = instance.constraints.len();
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
    let bound = support(instance, &s).0 - s.dot(&instance.budgets());
    let close = (&s - &best.multipliers).amax() <= SHARPENED && s.iter().all(|v| v.is_finite());
    if close && bound >= best.bound - f64::EPSILON {
        (best.bound, best.multipliers) = (bound, s);
    }
}

/// The average costs of one deterministic channel beyond those of another.
fn difference(instance: &Instance<'_>, from: &[usize], to: &[usize]) -> DVector<f64> {
    let average = |constraint: &LinearConstraint<'_>| {
        let cost = constraint.cost;
        let mut sum = TwoFold::default();
        for (x, (&a, &b)) in from.iter().zip(to).enumerate().filter(|(_, (a, b))| a != b) {
            sum.add_product(instance.pmf[x], cost[(b, x)] - cost[(a, x)]);
        }
        sum.total()
    };
    DVector::from_iterator(instance.constraints.len(), instance.constraints.iter().map(average))
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
