//! The best multipliers for a given output pmf: `max over s >= 0 of L(q, s)`, a concave problem in K variables.

use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::Kernel;
use crate::subproblem::thresholds::{
    CENTRING_BOUNDARY, LENGTHS, MAX_CENTRING_STEPS, ROUNDING, SHORTER, SLACK_SHARE,
};
use nalgebra::{DMatrix, DVector};

/// How far a cost is over its budget, as a Newton step should see it.
///
/// `E[d]` falls with s like an exponential or a power, never like a line, so that with the plain residual Newton's
/// method creeps up on a small budget. The residual of the logarithms, times `E[d]` to keep the slope, is exact for an
/// exponential, short for a power, and the same at the solution.
pub(crate) fn excess(expected: f64, budget: f64) -> f64 {
    if expected > budget && budget > 0.0 {
        expected * (expected / budget).ln()
    } else {
        expected - budget
    }
}

/// Moves `s` to the maximum of `L(q, s) + sum_k mu_k log s_k`, up to `tolerance` nats. `kernel` is evaluated at `(q, s)`
/// before and after.
///
/// At the maximum `D_k - E[d_k] = mu_k / s_k > 0`: the channel meets the budgets. Once it does, `s` is not raised further.
pub(crate) fn centre(
    instance: &Instance<'_>,
    kernel: &mut Kernel,
    q: &DVector<f64>,
    s: &mut DVector<f64>,
    mu: &DVector<f64>,
    tolerance: f64,
) {
    let value = |kernel: &Kernel, s: &DVector<f64>| {
        -kernel.sums.log_partition - s.dot(&instance.budgets())
            + mu.zip_map(s, |mu, s| if mu > 0.0 { mu * s.ln() } else { 0.0 }).sum()
    };
    for _ in 0..MAX_CENTRING_STEPS {
        let barrier =
            |power: i32| mu.zip_map(s, |mu, s| if mu > 0.0 { mu / s.powi(power) } else { 0.0 });
        let gradient = &kernel.sums.expected - &instance.budgets() + barrier(1);
        let hessian = &kernel.sums.covariance + DMatrix::from_diagonal(&barrier(2));
        let Some(inverse) = hessian.try_inverse() else {
            return;
        };
        let newton = inverse * &gradient;
        let gain = gradient.dot(&newton);
        let met = kernel
            .sums
            .expected
            .iter()
            .zip(&instance.budgets())
            .all(|(expected, budget)| expected <= budget);
        // Where a budget can hardly be met, the maximum lies at multipliers so large that no derivative is left.
        if !(gain > tolerance) || (met && newton.min() >= 0.0) {
            return;
        }
        let before = value(kernel, s);
        let found = [stretch(instance, kernel), 1.0].iter().any(|stretch| {
            let direction = *stretch * &newton;
            let longest = longest_step(s, &direction, mu);
            (0..LENGTHS).any(|power| {
                let step = SHORTER.powi(power) * longest;
                let trial = &*s + step * &direction;
                kernel.evaluate(instance, q, &trial);
                let accepted = value(kernel, &trial) >= before;
                if accepted {
                    s.copy_from(&trial);
                }
                accepted
            })
        });
        if !found {
            kernel.evaluate(instance, q, s);
            return;
        }
    }
}

/// The barrier for [`meet`] in nats, from the tolerance in nats.
pub(crate) fn slack_mu(instance: &Instance<'_>, tolerance: f64) -> f64 {
    SLACK_SHARE * tolerance / instance.constraints.len() as f64
}

/// Moves `s` to the multipliers that meet the budgets for the output pmf q: centred under the barrier `mu`, then with
/// equality where they are active. `kernel` is evaluated at `(q, s)` before and after.
pub(crate) fn meet(
    instance: &Instance<'_>,
    kernel: &mut Kernel,
    q: &DVector<f64>,
    s: &mut DVector<f64>,
    mu: f64,
) {
    let barrier = DVector::from_element(s.len(), mu);
    centre(instance, kernel, q, s, &barrier, mu);
    let active: Vec<usize> = (0..s.len()).filter(|&k| s[k] * s[k] > mu).collect();
    tighten(instance, kernel, q, s, &active);
}

/// Moves the `active` entries of `s`, by Newton's method from nearby, to where their constraints hold with equality (less
/// a margin for rounding); the other entries stay. `kernel` is evaluated at `(q, s)` before and after.
///
/// Gives up, with `s` where it is, once a step brings no constraint closer.
pub(crate) fn tighten(
    instance: &Instance<'_>,
    kernel: &mut Kernel,
    q: &DVector<f64>,
    s: &mut DVector<f64>,
    active: &[usize],
) {
    let residual = |kernel: &Kernel| {
        DVector::from_iterator(
            active.len(),
            active.iter().map(|&k| {
                kernel.sums.expected[k] - (1.0 - ROUNDING) * instance.constraints[k].budget
            }),
        )
    };
    if active.is_empty() {
        return;
    }
    let met = |left: &DVector<f64>| {
        left.iter()
            .zip(active)
            .all(|(left, &k)| left.abs() <= ROUNDING * instance.constraints[k].budget)
    };
    let mut left = residual(kernel);
    for _ in 0..MAX_CENTRING_STEPS {
        if met(&left) {
            return;
        }
        let covariance = kernel.sums.covariance.select_rows(active).select_columns(active);
        let Some(step) = covariance.lu().solve(&left) else { return };
        let mut trial = s.clone();
        for (&k, ds) in active.iter().zip(&step) {
            trial[k] += ds;
        }
        if active.iter().any(|&k| !(trial[k] > 0.0)) {
            return;
        }
        kernel.evaluate(instance, q, &trial);
        let next = residual(kernel);
        if !(next.amax() < left.amax()) {
            kernel.evaluate(instance, q, s);
            return;
        }
        s.copy_from(&trial);
        left = next;
    }
}

/// How much further than the plain Newton step the logarithmic residual would go, at least 1.
fn stretch(instance: &Instance<'_>, kernel: &Kernel) -> f64 {
    let budgets = instance.budgets();
    let pairs = kernel.sums.expected.iter().zip(&budgets);
    let over = pairs.filter(|(expected, budget)| expected > budget);
    over.map(|(&expected, &budget)| excess(expected, budget) / (expected - budget))
        .fold(1.0, f64::max)
}

fn longest_step(s: &DVector<f64>, direction: &DVector<f64>, mu: &DVector<f64>) -> f64 {
    let bounded = s.iter().zip(direction).zip(mu).filter(|&((_, &ds), &mu)| ds < 0.0 && mu > 0.0);
    bounded.map(|((s, ds), _)| -CENTRING_BOUNDARY * s / ds).fold(1.0, f64::min)
}
