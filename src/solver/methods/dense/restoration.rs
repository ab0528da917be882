//! A channel that misses the budgets by little, moved along the costs until they hold.
//!
//! ```text
//! W'(y|x) = W(y|x) (1 + sum_k lambda_k (d_k(x, y) - E_W[d_k | x])),    sum_k lambda_k Cov_kl = D_l - E_W[d_l]
//! ```
//!
//! Rows keep their sums, and the averages are linear in lambda: the budgets hold exactly. Near the solution this is the step of
//! Newton's method for the multipliers alone, so that the rate changes by no more than what the budgets were missed by is worth.

use super::lagrangian::DenseKernel;
use crate::numerics::lu::Lu;
use crate::numerics::real::{Real, dot, sum};
use crate::solver::methods::interior_point::iterate::Iterate;
use crate::subproblem::program::column;
use nalgebra::DMatrix;

/// The channel (m x n) that exceeds no budget by more than `rounding`, relative to it, and its rate in nats; `None` where that needs
/// probabilities below 0. Budgets whose multipliers are free in sign are met with equality.
pub(crate) fn restored<T: Real>(
    kernel: &DenseKernel<'_, T>,
    at: &Iterate<T>,
    rounding: f64,
) -> Option<(DMatrix<T>, T)> {
    let budgets = &kernel.program.budgets;
    let is_over = |k: usize, spent: T| {
        let over = ((spent - budgets[k]) / budgets[k]).to_f64();
        over > rounding || (at.is_free(k) && -over > rounding)
    };
    let count = budgets.len();
    let mut active: Vec<usize> =
        (0..count).filter(|&k| at.is_free(k) || is_over(k, kernel.sums.expected[k])).collect();
    loop {
        let (channel, rate, expected) = moved(kernel, at, &active)?;
        let broken: Vec<usize> = (0..count).filter(|&k| is_over(k, expected[k])).collect();
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
    kernel: &DenseKernel<'_, T>,
    at: &Iterate<T>,
    active: &[usize],
) -> Option<(DMatrix<T>, T, Vec<T>)> {
    let (program, sums) = (kernel.program, &kernel.sums);
    let (q, s) = (&at.letters.value, at.costs.value.as_slice());
    let (m, n) = kernel.ratios.shape();
    let missing: Vec<T> = active.iter().map(|&k| program.budgets[k] - sums.expected[k]).collect();
    let entry = |i: usize, j: usize| sums.covariance[(active[i], active[j])];
    let lambda = Lu::new(DMatrix::from_fn(active.len(), active.len(), entry))?.solve(&missing);
    let mut channel = kernel.channel(q);
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
    let rate = gained - dot(s, &expected) - sums.log_partition - divergence;
    Some((channel, rate, expected))
}
