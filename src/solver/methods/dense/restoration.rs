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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::problem::Problem;
    use crate::numerics::double_double::DoubleDouble;
    use crate::subproblem::instance::Instance;
    use crate::subproblem::lagrangian::Lagrangian;
    use crate::subproblem::program::Program;
    use nalgebra::DVector;

    /// Bernoulli(0.3) at D = 0.1: off the right output pmf and multiplier by `e`, the channel that is moved meets the budget, and its rate
    /// is above R = h(0.3) - h(0.1) by no more than e^2 and some.
    #[test]
    fn the_budget_is_met_and_the_rate_is_that_of_the_channel() {
        let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
        let pmf = DVector::from_vec(vec![0.3, 0.7]);
        let problem = Problem::new(pmf, 2).unwrap().with_cost("distortion", hamming).unwrap();
        let instance = Instance::within(&problem, &[0.1]);
        let program = Program::<DoubleDouble>::new(&instance, 0.0);
        let unit = 0.1 / program.budgets[0].to_f64();
        let entropy = |p: f64| -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
        let rate = entropy(0.3) - entropy(0.1);
        for e in [1e-2, 1e-4, -1e-3] {
            let mut at = Iterate::start(2, 1, None);
            let q = 0.25 + e;
            at.letters.value = DVector::from_vec(vec![q, 1.0 - q]).map(DoubleDouble::from);
            at.costs.value[0] = DoubleDouble::from(9_f64.ln() * unit * (1.0 - e));
            let mut kernel = DenseKernel::unevaluated(&program, &at.phi);
            kernel.evaluate(&at.letters.value, &at.costs.value);
            let Some((channel, told)) = restored(&kernel, &at, 1e-15) else { panic!("{e}") };
            let joint = |y: usize, x: usize| [0.3, 0.7][x] * channel[(y, x)].to_f64();
            let spent = joint(1, 0) + joint(0, 1);
            // Where the budget is not spent to begin with, nothing is moved.
            assert!(spent <= 0.1 * (1.0 + 1e-14), "{spent}");
            let output = [joint(0, 0) + joint(0, 1), joint(1, 0) + joint(1, 1)];
            let term =
                |y: usize, x: usize| joint(y, x) * (channel[(y, x)].to_f64() / output[y]).ln();
            let information = term(0, 0) + term(0, 1) + term(1, 0) + term(1, 1);
            assert!((information - told.to_f64()).abs() < 1e-14, "{information} {told:?}");
            let over = information - rate;
            let second_order = 20.0 * e * e + if spent < 0.1 { 3.0 * (0.1 - spent) } else { 0.0 };
            assert!(-1e-15 <= over && over <= second_order, "{over:e} for {e}");
        }
    }
}
