//! The one cost that constraints make which meet at an edge of the feasible set.

use crate::feasibility::linear_program::Reach;
use crate::numerics::compensated::TwoFold;
use crate::subproblem::instance::{Edge, Instance, LinearConstraint};
use nalgebra::{DMatrix, DVector};

/// Multiples of the machine epsilon, relative to the pair's costs, below which c is zero: ties but for rounding.
const TIE: f64 = 4.0 * f64::EPSILON;

/// No difference above this is taken for rounding, in scaled costs.
const WIDEST_TIE: f64 = 1e-13;

/// The cost that the edge's constraints make together.
#[derive(Debug, Clone)]
pub(crate) struct Combined {
    /// m x n, scaled.
    pub(crate) cost: DMatrix<f64>,
    pub(crate) budget: f64,
    /// The weights that made it, scaled.
    pub(crate) weights: DVector<f64>,
}

impl Combined {
    pub(crate) fn new(instance: &Instance<'_>, reach: &Reach) -> Self {
        let normal = &reach.multipliers;
        let (m, n) = (instance.reproductions, instance.letters());
        // One multiplier is exact; several are solutions of equations, with an error of their own size.
        let several = normal.iter().filter(|n| **n > 0.0).count() > 1;
        let sum =
            |x: usize, y: usize| instance.constraints.iter().map(|d| d.cost(x, y)).sum::<f64>();
        let mut cost = DMatrix::zeros(m, n);
        let mut slack = TwoFold::default();
        for (weight, budget) in normal.iter().zip(&instance.budgets()) {
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
            for (weight, d) in normal.iter().zip(&instance.constraints) {
                slack.add_product(-weight * instance.pmf[x], d.cost(x, best));
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
    pub(crate) fn in_place_of<'a>(&'a self, instance: &'a Instance<'_>, k: usize) -> Instance<'a> {
        let mut changed: Instance<'a> = instance.clone();
        changed.edge = Some(Edge { index: k, weights: self.weights.clone() });
        for (constraint, &weight) in changed.constraints.iter_mut().zip(&self.weights) {
            constraint.is_equality = weight > 0.0;
        }
        let parts = instance.constraints.iter().zip(&self.weights);
        let origin = parts.flat_map(|(constraint, w)| {
            constraint.origin.iter().map(move |&(index, weight)| (index, weight * w))
        });
        changed.constraints[k] = LinearConstraint {
            matrix: &self.cost,
            scale: 1.0,
            origin: origin.collect(),
            budget: self.budget,
            rounding: self.weights.dot(&instance.roundings()),
            is_equality: false,
        };
        changed
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
    for (&weight, d) in normal.iter().zip(&instance.constraints) {
        difference.add_product(weight, d.cost(x, y));
        difference.add_product(-weight, d.cost(x, best));
    }
    difference.total()
}
