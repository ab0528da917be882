//! Which budgets can be met at all, for any number of costs.
//!
//! The average costs that channels reach form the polytope `sum_x p(x) conv{d(x, y)}_y`. Its support function
//! `G(s) = sum_x p(x) min_y s.d(x, y)` costs one pass over the matrices and comes with the deterministic channel
//! that attains it, so a linear program over the polytope can be solved by a simplex method on K + 1 rows that
//! generates its columns (Dantzig and Wolfe 1960). It runs in doubles, and in double-double where these leave open on which
//! side of the frontier the budgets are.

use crate::numerics::double_double::DoubleDouble;
use crate::numerics::lu::Lu;
use crate::numerics::real::{Real, dot, largest, sum};
use crate::numerics::simd;
use crate::subproblem::instance::Instance;
use crate::subproblem::program::Program;
use crate::subproblem::thresholds::{
    DOUBTFUL, EXPANSION, LARGEST_SHARE, MAX_FINITE_STEPS, NEAR, PIVOT_POWER,
};
use nalgebra::{DMatrix, DVector};

/// A deterministic channel: what it costs on average, and the reproduction of each source letter.
#[derive(Debug, Clone)]
pub(crate) struct Vertex<T> {
    pub(crate) costs: Vec<T>,
    pub(crate) letters: Vec<usize>,
}

/// Costs and budgets whose polytope is asked for the cheapest channel at given multipliers.
pub(crate) trait Polytope<T> {
    fn budgets(&self) -> Vec<T>;
    fn cheapest(&self, s: &[T]) -> Vertex<T>;

    /// Raises budget k.
    fn raise(&mut self, k: usize, by: T);
}

/// How far all budgets would have to move together to reach the frontier, each in its own units.
#[derive(Debug, Clone)]
pub(crate) struct Reach<T = f64> {
    /// `max_k E[d_k] - D_k` of `channel`: negative if it meets every budget with slack.
    pub(crate) shift: T,
    /// `max over s of G(s) - s.D`, the lower bound on every channel's shift.
    pub(crate) bound: T,
    /// The multipliers of `bound`: `>= 0`, sum 1.
    pub(crate) multipliers: Vec<T>,
    /// The channel of `shift`, a mixture of deterministic ones: (weight, y of each x). Empty where none was looked for.
    pub(crate) channel: Vec<(T, Vec<usize>)>,
}

impl Reach {
    /// Budget k is negative.
    fn below_zero(instance: &Instance<'_>, k: usize) -> Self {
        Self {
            shift: f64::INFINITY,
            bound: -instance.constraints[k].budget,
            multipliers: (0..instance.constraints.len()).map(|l| f64::from(l == k)).collect(),
            channel: Vec::new(),
        }
    }

    /// The share of what counts as rounding by which the budgets miss the frontier: above 1 no channel meets them.
    pub(crate) fn missed_share(&self, instance: &Instance<'_>) -> f64 {
        if !(self.bound > 0.0) {
            return 0.0;
        }
        self.bound / self.known(instance)
    }

    /// Adds `share` times the channel with slack to `channel` (m x n).
    pub(crate) fn add_to(&self, channel: &mut DMatrix<f64>, share: f64) {
        for (weight, letters) in &self.channel {
            for (x, &y) in letters.iter().enumerate() {
                channel[(y, x)] += share * weight;
            }
        }
    }

    /// Whether the budgets are on the frontier of what can be met, up to what they are known to, or so close that doubles cannot tell.
    pub(crate) fn is_near(&self, instance: &Instance<'_>) -> bool {
        self.shift > -self.known(instance).max(NEAR)
    }

    /// What counts as rounding of the budgets, at the multipliers.
    fn known(&self, instance: &Instance<'_>) -> f64 {
        let parts = self.multipliers.iter().zip(&instance.constraints);
        parts.map(|(s, constraint)| s * constraint.rounding).sum()
    }

    /// The multipliers as a vector.
    pub(crate) fn normal(&self) -> DVector<f64> {
        DVector::from_column_slice(&self.multipliers)
    }
}

impl Polytope<f64> for Instance<'_> {
    fn budgets(&self) -> Vec<f64> {
        self.constraints.iter().map(|constraint| constraint.budget).collect()
    }

    fn cheapest(&self, s: &[f64]) -> Vertex<f64> {
        let s = DVector::from_column_slice(s);
        let mut row = vec![0.0; self.reproductions];
        let mut vertex = Vertex { costs: vec![0.0; self.constraints.len()], letters: Vec::new() };
        for (x, &p) in self.pmf.iter().enumerate() {
            self.exponent(x, &s, &mut row);
            let least = simd::least(&row);
            let y = row.iter().position(|&e| e == least).unwrap_or(0);
            for (constraint, total) in self.constraints.iter().zip(&mut vertex.costs) {
                *total += p * constraint.cost(x, y);
            }
            vertex.letters.push(y);
        }
        vertex
    }

    fn raise(&mut self, k: usize, by: f64) {
        self.constraints[k].budget += by;
    }
}

impl<T: Real> Polytope<T> for Program<T> {
    fn budgets(&self) -> Vec<T> {
        self.budgets.clone()
    }

    fn cheapest(&self, s: &[T]) -> Vertex<T> {
        let mut row = vec![T::ZERO; self.reproductions.len()];
        let mut vertex = Vertex { costs: vec![T::ZERO; self.budgets.len()], letters: Vec::new() };
        for (x, &p) in self.pmf.iter().enumerate() {
            self.exponents(x, s, &[], &mut row);
            let pairs = self.pairs(x);
            let allowed = (0..row.len()).filter(|&y| pairs[y]);
            let cheapest = allowed.min_by(|&a, &b| {
                row[a]
                    .to_f64()
                    .total_cmp(&row[b].to_f64())
                    .then(row[a].partial_cmp(&row[b]).unwrap_or(std::cmp::Ordering::Equal))
            });
            let y = cheapest.unwrap_or(0);
            for (cost, total) in self.costs.iter().zip(&mut vertex.costs) {
                *total = *total + p * cost[(y, x)];
            }
            vertex.letters.push(y);
        }
        vertex
    }

    fn raise(&mut self, k: usize, by: T) {
        self.budgets[k] = self.budgets[k] + by;
    }
}

/// How far the budgets are from the frontier, well enough to tell which side they are on and to hold half of the
/// largest slack; `None` without constraints.
pub(crate) fn feasibility(instance: &Instance<'_>) -> Option<Reach> {
    if instance.constraints.is_empty() {
        return None;
    }
    // Rows start at 0, so that no channel costs less than 0. Said here, as digits of a budget far below the scale of its
    // cost would be lost in the linear program.
    let (least, budget) = instance.budgets().argmin();
    if budget < 0.0 {
        return Some(Reach::below_zero(instance, least));
    }
    let decided = |shift: f64, bound: f64| bound > DOUBTFUL || (shift < 0.0 && shift < 0.5 * bound);
    let first = reach(instance, decided);
    if first.shift <= -DOUBTFUL || first.bound > DOUBTFUL {
        return Some(first);
    }
    let program = Program::<DoubleDouble>::new(instance, 0.0);
    Some(program.in_doubles(&reach(&program, |_, _| false), instance))
}

/// The same of budgets that are raised, where no channel meets them, by what counts as their rounding, or by less where that
/// does. An error where it does not, and the budgets stay.
pub(crate) fn feasibility_within_rounding(
    instance: &mut Instance<'_>,
) -> Result<Option<Reach>, Reach> {
    let missing = match feasibility(instance) {
        Some(missing) if missing.bound > 0.0 => missing,
        reach => return Ok(reach),
    };
    let missed = missing.missed_share(instance);
    if missed > 1.0 {
        return Err(missing);
    }
    // What is missing is rounding: as much again is slack.
    let first = 2.0 * missed;
    let shares = std::iter::successors(Some(first), |share| Some(EXPANSION * share));
    for share in shares.take_while(|share| *share < LARGEST_SHARE).chain([LARGEST_SHARE]) {
        let mut higher = instance.clone();
        higher.raise_budgets(share);
        let reach = feasibility(&higher);
        if reach.as_ref().is_some_and(|reach| !(reach.bound > 0.0)) {
            *instance = higher;
            return Ok(reach);
        }
    }
    Err(missing)
}

impl<T: Real> Program<T> {
    /// A reach of this program as one of its instance.
    pub(crate) fn in_doubles(&self, exact: &Reach<T>, instance: &Instance<'_>) -> Reach {
        let letters = |letters: &Vec<usize>| self.instance_letters(instance, letters);
        let channel = exact.channel.iter().map(|(w, used)| (w.to_f64(), letters(used)));
        Reach {
            shift: exact.shift.to_f64(),
            bound: exact.bound.to_f64(),
            multipliers: exact.multipliers.iter().map(|s| s.to_f64()).collect(),
            channel: channel.collect(),
        }
    }
}

/// A column of the linear program `min t  s.t.  sum_j w_j v_j + slack - t = D, sum_j w_j = 1`.
#[derive(Debug, Clone)]
enum Column<T> {
    Shift,
    Slack(usize),
    Vertex(Vertex<T>),
}

impl<T: Real> Column<T> {
    fn entries(&self, k: usize) -> Vec<T> {
        let mut entries = vec![T::ZERO; k + 1];
        match self {
            Self::Shift => entries[..k].fill(-T::ONE),
            Self::Slack(row) => entries[*row] = T::ONE,
            Self::Vertex(vertex) => {
                entries[..k].copy_from_slice(&vertex.costs);
                entries[k] = T::ONE;
            }
        }
        entries
    }
}

/// The smallest `t` such that budgets `D + t` can be met, stopping as soon as `enough(shift, bound)`.
///
/// K must be at least 1, and each source letter must have an allowed pair.
pub(crate) fn reach<T: Real>(
    polytope: &impl Polytope<T>,
    enough: impl Fn(T, T) -> bool,
) -> Reach<T> {
    let budgets = &polytope.budgets();
    let k = budgets.len();
    let pivot = pivot::<T>();
    let equal = vec![T::ONE / T::from(k as f64); k];
    let vertex = polytope.cheapest(&equal);
    let over: Vec<T> = vertex.costs.iter().zip(budgets).map(|(&v, &d)| v - d).collect();
    let mut best = Reach {
        shift: largest(over.iter().copied()),
        bound: dot(&equal, &over),
        multipliers: equal,
        channel: vec![(T::ONE, vertex.letters.clone())],
    };
    let worst = (0..k).fold(0, |worst, row| if over[row] > over[worst] { row } else { worst });
    let mut basis: Vec<Column<T>> = (0..k).filter(|&row| row != worst).map(Column::Slack).collect();
    basis.extend([Column::Shift, Column::Vertex(vertex)]);
    let mut target = budgets.clone();
    target.push(T::ONE);

    for _ in 0..MAX_FINITE_STEPS {
        let columns: Vec<Vec<T>> = basis.iter().map(|column| column.entries(k)).collect();
        // Costs may be far larger than their budgets, in one row and not in another: the equations are those of rows of one size.
        let size = |row: usize| largest(columns.iter().map(|column| column[row].abs()));
        let sizes: Vec<T> = (0..=k).map(size).collect();
        let even = |column: &[T]| -> Vec<T> {
            column.iter().zip(&sizes).map(|(&entry, &size)| entry / size).collect()
        };
        let matrix = DMatrix::from_fn(k + 1, k + 1, |i, j| columns[j][i] / sizes[i]);
        let is_shift = |column: &Column<T>| matches!(column, Column::Shift);
        let objective: Vec<T> =
            basis.iter().map(|c| if is_shift(c) { T::ONE } else { T::ZERO }).collect();
        let (Some(lu), Some(transposed)) = (Lu::new(matrix.clone()), Lu::new(matrix.transpose()))
        else {
            break;
        };
        let (weights, prices) = (lu.solve(&even(&target)), even(&transposed.solve(&objective)));
        record_channel(&basis, &weights, budgets, &mut best);
        let mut s: Vec<T> = prices[..k].iter().map(|&price| -price).collect();
        // What a multiplier makes of its cost tells whether it is the rounding of one that is zero.
        let worth: Vec<T> = (0..k).map(|row| s[row] * sizes[row]).collect();
        let entering = if let Some(row) = (0..k).find(|&row| worth[row] < -pivot) {
            Column::Slack(row)
        } else {
            for (s, &worth) in s.iter_mut().zip(&worth) {
                *s = if worth > pivot { *s } else { T::ZERO };
            }
            let total = sum(s.iter().copied());
            if !(total > T::ZERO) {
                break;
            }
            s.iter_mut().for_each(|s| *s = *s / total);
            let vertex = polytope.cheapest(&s);
            let value = dot(&s, &vertex.costs);
            let bound = value - dot(&s, budgets);
            if bound > best.bound {
                (best.bound, best.multipliers) = (bound, s);
            }
            let rounding = T::from(T::EPSILON) * prices[k].abs().max(T::ONE);
            if value >= prices[k] - rounding || enough(best.shift, best.bound) {
                break;
            }
            Column::Vertex(vertex)
        };
        let direction = lu.solve(&even(&entering.entries(k)));
        let leaving = (0..=k)
            .filter(|&i| direction[i] > pivot && !is_shift(&basis[i]))
            .map(|i| (i, weights[i].max(T::ZERO) / direction[i]))
            .reduce(|least, next| if next.1 < least.1 { next } else { least });
        let Some((leaving, _)) = leaving else { break };
        basis[leaving] = entering;
    }
    best
}

/// Pivots and multipliers below this are rounding.
pub(crate) fn pivot<T: Real>() -> T {
    T::from(T::EPSILON.powf(PIVOT_POWER))
}

/// Keeps the basis's mixture of deterministic channels if its shift, summed afresh, is the smallest so far.
fn record_channel<T: Real>(basis: &[Column<T>], weights: &[T], budgets: &[T], best: &mut Reach<T>) {
    let total = sum(vertices(basis, weights).map(|(w, _)| w));
    if !(total > T::ZERO) {
        return;
    }
    let spent = |k: usize| sum(vertices(basis, weights).map(|(w, v)| w / total * v.costs[k]));
    let shift = largest((0..budgets.len()).map(|k| spent(k) - budgets[k]));
    if shift < best.shift {
        let mixed = vertices(basis, weights).map(|(w, v)| (w / total, v.letters.clone()));
        (best.shift, best.channel) = (shift, mixed.collect());
    }
}

fn vertices<'a, T: Real>(
    basis: &'a [Column<T>],
    weights: &'a [T],
) -> impl Iterator<Item = (T, &'a Vertex<T>)> {
    basis.iter().zip(weights).filter_map(|(column, &weight)| match column {
        Column::Vertex(vertex) if weight > T::ZERO => Some((weight, vertex)),
        _ => None,
    })
}
