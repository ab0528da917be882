//! The best multipliers for an output pmf and a potential: `max over s > 0 of L(q, s) + mu sum_k log s_k`, a concave problem in
//! K variables that needs no large factorisation.

use super::iterate::{COSTS, Iterate, OUTPUT};
use super::lagrangian::Lagrangian;
use crate::numerics::lu::Lu;
use crate::numerics::real::{Real, dot, sum};
use crate::subproblem::program::Program;
use crate::subproblem::thresholds::{
    CENTRED, CENTRING_BOUNDARY, LENGTHS, MAX_CENTRING_STEPS, SHORTER,
};
use nalgebra::DMatrix;

/// Centres the multipliers of the costs, sets their slacks to `mu / s`, and returns the Lagrangian there.
pub(crate) fn centre<T: Real>(
    program: &Program<T>,
    iterate: &mut Iterate<T>,
    mut at: Lagrangian<T>,
    mu: T,
) -> Lagrangian<T> {
    let g = program.potential(&iterate.phi);
    let free = iterate.free.clone();
    let barrier = |k: usize, power: T| if free[k] { T::ZERO } else { mu / power };
    let budgets: Vec<T> = program.budgets.iter().map(|&budget| program.raised(budget)).collect();
    let value = |at: &Lagrangian<T>, s: &[T]| {
        let barred = s.iter().zip(&free).filter(|(_, free)| !**free);
        -at.log_partition - dot(s, &budgets) + mu * sum(barred.map(|(s, _)| s.ln()))
    };
    for _ in 0..MAX_CENTRING_STEPS {
        let s = &iterate.pairs[COSTS].value;
        let slope = |k: usize| at.expected[k] - budgets[k] + barrier(k, s[k]);
        let gradient: Vec<T> = (0..s.len()).map(slope).collect();
        let curvature = |i: usize, j: usize| {
            let own = if i == j { barrier(i, s[i] * s[i]) } else { T::ZERO };
            at.covariance[(i, j)] + own
        };
        let Some(hessian) = Lu::new(DMatrix::from_fn(s.len(), s.len(), curvature)) else { break };
        let direction = hessian.solve(&gradient);
        let gain = dot(&gradient, &direction);
        if !(gain > T::from(CENTRED) * mu) {
            break;
        }
        let limit = |k: usize| {
            let falls = !free[k] && direction[k] < T::ZERO;
            if falls { T::from(-CENTRING_BOUNDARY) * s[k] / direction[k] } else { T::ONE }
        };
        let still = vec![T::ZERO; g.len()];
        let q = &iterate.pairs[OUTPUT].value;
        let turn = program.longest_turn(q, (s, &g), (&direction, &still));
        let longest = (0..s.len()).map(limit).fold(turn, T::min);
        let before = value(&at, s);
        let found = (0..LENGTHS).find_map(|power| {
            let length = T::from(SHORTER.powi(power)) * longest;
            let trial: Vec<T> = s.iter().zip(&direction).map(|(&s, &ds)| s + length * ds).collect();
            let trial_at = Lagrangian::new(program, &iterate.pairs[OUTPUT].value, &trial, &g);
            (value(&trial_at, &trial) >= before).then_some((trial, trial_at))
        });
        let Some((trial, trial_at)) = found else { break };
        iterate.pairs[COSTS].value = trial;
        at = trial_at;
    }
    let costs = &mut iterate.pairs[COSTS];
    costs.slack = costs.value.iter().enumerate().map(|(k, &s)| barrier(k, s)).collect();
    at
}
