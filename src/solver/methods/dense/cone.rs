//! The cone of all normals of the frontier of what can be met, at budgets on it.
//!
//! In a corner of the frontier there are many normals. One inside the cone of them all leaves the fewest pairs that channels can use,
//! and as many budgets as there are independent normals follow from the others.

use crate::feasibility::linear_program::reach;
use crate::numerics::real::{Real, dot};
use crate::subproblem::program::Program;

/// What a budget is lowered by, relative to it: the normal there is the one of the cone that weighs it most.
const LOWERED: f64 = 1e-13;

/// Normals whose shares of what the budgets are worth differ by less are one.
const INDEPENDENT: f64 = 1e-6;

/// Normals of the costs, none negative.
pub(crate) struct Cone<T> {
    normals: Vec<Vec<T>>,
}

impl<T: Real> Cone<T> {
    /// Nothing but one normal.
    pub(crate) fn of(normal: Vec<T>) -> Self {
        Self { normals: vec![normal] }
    }

    /// The normals at budgets that are lowered one by one, as far as these leave the budgets themselves no more slack than their
    /// `digits`, what each is known to.
    pub(crate) fn around(program: &Program<T>, normal: Vec<T>, digits: &[T]) -> Self {
        let mut normals = vec![normal];
        for k in 0..program.budgets.len() {
            let mut lower = program.clone();
            lower.budgets[k] = lower.budgets[k] * (T::ONE - T::from(LOWERED));
            let normal = reach(&lower, |_, _| false).multipliers;
            if program.slack(&normal) <= dot(&normal, digits) {
                normals.push(normal);
            }
        }
        Self { normals }
    }

    /// Their average.
    pub(crate) fn inside(&self) -> Vec<T> {
        let count = T::from(self.normals.len() as f64);
        let k = self.normals[0].len();
        let total = |k: usize| self.normals.iter().fold(T::ZERO, |sum, normal| sum + normal[k]);
        (0..k).map(|k| total(k) / count).collect()
    }

    /// Independent normals, each with a cost that it weighs and that can be told from its equation: as many as there are.
    pub(crate) fn independent(&self, program: &Program<T>) -> Vec<(&[T], usize)> {
        let share = |normal: &Vec<T>| -> Vec<T> {
            let worth = dot(normal, &program.budgets);
            normal.iter().zip(&program.budgets).map(|(&n, &d)| n * d / worth).collect()
        };
        let mut rows: Vec<(usize, Vec<T>)> = self.normals.iter().map(share).enumerate().collect();
        let mut pivots = Vec::new();
        loop {
            let sizes = rows.iter().enumerate().flat_map(|(i, (_, row))| {
                row.iter().enumerate().map(move |(k, share)| (i, k, share.abs()))
            });
            let largest = sizes.reduce(|most, next| if next.2 > most.2 { next } else { most });
            let Some((i, pivot, size)) = largest else { return pivots };
            if size.to_f64() < INDEPENDENT {
                return pivots;
            }
            let (normal, row) = rows.swap_remove(i);
            for (_, other) in &mut rows {
                let factor = other[pivot] / row[pivot];
                for (entry, &by) in other.iter_mut().zip(&row) {
                    *entry = *entry - factor * by;
                }
                other[pivot] = T::ZERO;
            }
            pivots.push((self.normals[normal].as_slice(), pivot));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::problem::Problem;
    use crate::numerics::double_double::DoubleDouble;
    use crate::subproblem::instance::Instance;
    use nalgebra::{DMatrix, DVector};

    /// One source letter that costs (0, 1), (0.4, 0.4) or (1, 0): the frontier has a corner at (0.4, 0.4) and the normals (3, 2) and
    /// (2, 3) beside it.
    #[test]
    fn a_corner_has_two_normals_and_an_edge_one() {
        let row = |costs: [f64; 3]| DMatrix::from_row_slice(1, 3, &costs);
        let problem = Problem::new(DVector::from_element(1, 1.0), 3).unwrap();
        let problem = problem.with_cost("first", row([0.0, 0.4, 1.0])).unwrap();
        let problem = problem.with_cost("second", row([1.0, 0.4, 0.0])).unwrap();
        let normals = |budgets: [f64; 2]| {
            let instance = Instance::within(&problem, &budgets);
            let program = Program::<DoubleDouble>::new(&instance, 0.0);
            let digits: Vec<DoubleDouble> =
                instance.constraints.iter().map(|of| DoubleDouble::from(of.rounding)).collect();
            let normal = reach(&program, |_, _| false).multipliers;
            let cone = Cone::around(&program, normal, &digits);
            let slack = program.slack(&cone.inside()).to_f64();
            let units: Vec<f64> = instance.constraints.iter().map(|of| of.scale).collect();
            let ratio = |n: &[DoubleDouble]| n[0].to_f64() * units[0] / (n[1].to_f64() * units[1]);
            let mut ratios: Vec<f64> =
                cone.independent(&program).iter().map(|(normal, _)| ratio(normal)).collect();
            ratios.sort_by(f64::total_cmp);
            (ratios, slack)
        };
        let (corner, slack) = normals([0.4, 0.4]);
        assert_eq!(corner.len(), 2);
        assert!((corner[0] - 2.0 / 3.0).abs() < 1e-9 && (corner[1] - 1.5).abs() < 1e-9);
        assert!(slack.abs() < 1e-12, "{slack:e}");
        let (edge, _) = normals([0.2, 0.7]);
        assert!(edge.len() == 1 && (edge[0] - 1.5).abs() < 1e-9, "{edge:?}");
    }
}
