//! A channel that misses the budgets by little, moved along the costs until they hold.
//!
//! ```text
//! W'(y|x) = W(y|x) (1 + sum_k lambda_k (d_k(x, y) - E_W[d_k | x])),    sum_k lambda_k Cov_kl = D_l - E_W[d_l]
//! ```
//!
//! Rows keep their sums, and the averages are linear in lambda: the budgets hold exactly. Near the solution this is the step of
//! Newton's method for the multipliers alone, so that the rate changes by no more than what the budgets were missed by is worth.

use super::lagrangian::Lagrangian;
use crate::numerics::lu::Lu;
use crate::numerics::real::{Real, dot, sum};
use crate::subproblem::program::{Program, column};
use nalgebra::DMatrix;

/// What a budget may be exceeded by, relative to it, in a channel that counts as within.
pub(crate) struct Allowed<'a> {
    pub(crate) rounding: f64,
    /// For each cost whether its budget is to be met with equality.
    pub(crate) free: &'a [bool],
}

/// The channel (m x n) within the budgets and its rate in nats; `None` where that needs probabilities below 0.
pub(crate) fn restored<T: Real>(
    program: &Program<T>,
    at: &Lagrangian<T>,
    (q, s): (&[T], &[T]),
    allowed: &Allowed<'_>,
) -> Option<(DMatrix<T>, T)> {
    let over = |k: usize, spent: T| ((spent - program.budgets[k]) / program.budgets[k]).to_f64();
    let is_over = |k: usize, spent: T| {
        let over = over(k, spent);
        over > allowed.rounding || (allowed.free[k] && -over > allowed.rounding)
    };
    let mut active: Vec<usize> =
        (0..s.len()).filter(|&k| allowed.free[k] || is_over(k, at.expected[k])).collect();
    loop {
        let (channel, rate, expected) = moved(program, at, (q, s), &active)?;
        let broken: Vec<usize> = (0..s.len()).filter(|&k| is_over(k, expected[k])).collect();
        if broken.is_empty() {
            return Some((channel, rate));
        }
        if broken.iter().any(|k| active.contains(k)) {
            return None;
        }
        active.extend(broken);
    }
}

/// The channel whose averages of the active costs are their budgets, its rate and its averages.
fn moved<T: Real>(
    program: &Program<T>,
    at: &Lagrangian<T>,
    (q, s): (&[T], &[T]),
    active: &[usize],
) -> Option<(DMatrix<T>, T, Vec<T>)> {
    let (m, n) = at.ratios.shape();
    let missing: Vec<T> = active.iter().map(|&k| program.budgets[k] - at.expected[k]).collect();
    let entry = |i: usize, j: usize| at.covariance[(active[i], active[j])];
    let lambda = Lu::new(DMatrix::from_fn(active.len(), active.len(), entry))?.solve(&missing);
    let mut channel = at.channel(q);
    let (mut expected, mut output) = (vec![T::ZERO; s.len()], vec![T::ZERO; m]);
    let mut gained = T::ZERO;
    let mut tilt = vec![T::ZERO; m];
    for x in 0..n {
        let p = program.pmf[x];
        let row = &mut channel.as_mut_slice()[x * m..(x + 1) * m];
        tilt.fill(T::ZERO);
        for (&k, &lambda) in active.iter().zip(&lambda) {
            let cost = column(&program.costs[k], x);
            let mean = dot(row, cost);
            for (tilt, &d) in tilt.iter_mut().zip(cost) {
                *tilt = *tilt + lambda * (d - mean);
            }
        }
        for ((w, &tilt), output) in row.iter_mut().zip(&tilt).zip(&mut output) {
            let factor = T::ONE + tilt;
            if *w > T::ZERO {
                if !(factor > T::ZERO) {
                    return None;
                }
                *w = *w * factor;
                gained = gained + p * *w * factor.ln();
                *output = *output + p * *w;
            }
        }
        for (expected, cost) in expected.iter_mut().zip(&program.costs) {
            *expected = *expected + p * dot(row, column(cost, x));
        }
    }
    let used = output.iter().zip(q).filter(|(o, _)| **o > T::ZERO);
    let divergence = sum(used.map(|(&o, &q)| o * (o / q).ln()));
    let rate = gained - dot(s, &expected) - at.log_partition - divergence;
    Some((channel, rate, expected))
}
