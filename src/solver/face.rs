//! Budgets on the edge of what can be met.
//!
//! There the multipliers that separate the budgets from everything below them, `G(s) = s.D`, allow only pairs with
//! `s.d(x, y) = min_y s.d(x, y)`: any other pair would make `s.E[d]` exceed `s.D`. On these pairs `s.d` no longer depends
//! on the reproduction, so one of the constraints follows from the others and can be left out. What remains is a problem
//! of the same kind with fewer pairs and one constraint less.

use super::kernel::Kernel;
use super::watch::Watch;
use super::{Dual, Outcome, solve_instance};
use crate::certificate;
use crate::frontier::{self, FRONTIER_TOLERANCE, Reach};
use crate::instance::Instance;
use nalgebra::DVector;

/// Distance from the minimum below which a pair counts as attaining it, in scaled costs.
const FACE_TOLERANCE: f64 = 1e-12;

/// Multipliers of the edge tried for the lower bound of the whole problem, in nats per scaled unit.
const STEEPNESS: [f64; 8] = [1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];

/// Solves an instance whose budgets lie on the edge that `reach` describes.
pub(super) fn solve(instance: &Instance<'_>, reach: &Reach, watch: &mut Watch<'_>) -> Outcome {
    let normal = &reach.multipliers;
    let m = instance.reproductions;
    let mut row = vec![0.0; m];
    let least: Vec<f64> = (0..instance.letters())
        .map(|x| {
            instance.exponent(x, normal, &mut row);
            row.iter().copied().fold(f64::INFINITY, f64::min)
        })
        .collect();
    let on_face = |x: usize, y: usize| {
        let value: f64 = instance.costs.iter().zip(normal).map(|(cost, s)| s * cost[(y, x)]).sum();
        value <= least[x] + FACE_TOLERANCE * least[x].max(1.0)
    };

    let mut attempt = |k: usize| {
        let face = instance.face(k, on_face);
        let outcome = solve_instance(&face, frontier::feasibility(&face).as_ref(), watch);
        let excess = instance.expected(&outcome.channel)[k] - instance.budgets[k];
        (excess, k, outcome)
    };
    let first = normal.imax();
    let mut best = attempt(first);
    for k in (0..normal.len()).filter(|&k| k != first && normal[k] > FRONTIER_TOLERANCE) {
        if best.0 <= FRONTIER_TOLERANCE {
            break;
        }
        let next = attempt(k);
        if next.0 < best.0 {
            best = next;
        }
    }
    let (_, k, mut outcome) = best;
    outcome.dual.s = outcome.dual.s.clone().insert_row(k, 0.0);
    widen(instance, normal, &mut outcome);
    outcome
}

/// Turns the lower bound of the face into one of the whole instance: multipliers that grow along the edge's normal
/// price every pair outside the face out.
fn widen(instance: &Instance<'_>, normal: &DVector<f64>, outcome: &mut Outcome) {
    let flat = outcome.dual.clone();
    let mut kernel = Kernel::light(instance, &flat.q, &flat.s);
    outcome.lower = 0.0;
    outcome.dual = Dual { q: flat.q.clone(), s: &flat.s * 0.0 };
    for steepness in STEEPNESS {
        let s = &flat.s + steepness * normal;
        kernel.evaluate(instance, &flat.q, &s);
        let lower = certificate::lower_bound(instance, &kernel, &s);
        if lower > outcome.lower {
            outcome.lower = lower;
            outcome.dual.s = s;
        }
    }
}
