//! The best multipliers for a given output pmf: `max over s >= 0 of L(q, s)`, a concave problem in K variables that needs no
//! large factorisation.

use crate::numerics::lu::Lu;
use crate::numerics::real::{Real, dot, sum};
use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::{InDoubles, Kernel, Lagrangian};
use crate::subproblem::thresholds::{
    CENTRING_BOUNDARY, LENGTHS, MAX_CENTRING_STEPS, ROUNDING, SHORTER, SLACK_SHARE,
};
use nalgebra::DVector;

/// How far a cost is over its budget, as a Newton step should see it.
///
/// `E[d]` falls with s like an exponential or a power, never like a line, so that with the plain residual Newton's
/// method creeps up on a small budget. The residual of the logarithms, times `E[d]` to keep the slope, is exact for an
/// exponential, short for a power, and the same at the solution.
pub(crate) fn excess<T: Real>(expected: T, budget: T) -> T {
    if expected > budget && budget > T::ZERO {
        expected * (expected / budget).ln()
    } else {
        expected - budget
    }
}

/// The longest step, at most 1, of which a share of the way keeps a number positive.
pub(crate) fn longest_step<T: Real>(v: T, dv: T, share: f64) -> T {
    if dv < T::ZERO { (T::from(-share) * v / dv).min(T::ONE) } else { T::ONE }
}

/// Moves `s` to the maximum of `L(q, s) + mu sum_k log s_k`, up to `tolerance` nats, the sum over those that are not `free` in
/// sign. `lagrangian` is evaluated at `(q, s)` before and after.
///
/// At the maximum `D_k - E[d_k] = mu / s_k > 0`: the channel meets the budgets. Once it does, `s` is not raised further.
pub(crate) fn centre<T: Real>(
    lagrangian: &mut impl Lagrangian<T>,
    q: &DVector<T>,
    (s, phi): (&mut DVector<T>, &DVector<T>),
    free: &[bool],
    mu: T,
    tolerance: T,
) {
    let budgets = lagrangian.budgets().map(|budget| lagrangian.raised(budget));
    let barred = || (0..free.len()).filter(|&k| !free[k]);
    let value = |lagrangian: &dyn Lagrangian<T>, s: &DVector<T>| {
        let spent = dot(s.as_slice(), budgets.as_slice());
        -lagrangian.sums().log_partition - spent + mu * sum(barred().map(|k| s[k].ln()))
    };
    for _ in 0..MAX_CENTRING_STEPS {
        let sums = lagrangian.sums();
        let mut gradient = sums.expected.zip_map(&budgets, |expected, budget| expected - budget);
        let mut hessian = sums.covariance.clone();
        for k in barred() {
            gradient[k] = gradient[k] + mu / s[k];
            hessian[(k, k)] = hessian[(k, k)] + mu / (s[k] * s[k]);
        }
        let met = sums.expected.iter().zip(&budgets).all(|(expected, budget)| expected <= budget);
        let stretch = stretch(&sums.expected, &budgets);
        let Some(hessian) = Lu::new(hessian) else { return };
        let newton = DVector::from_vec(hessian.solve(gradient.as_slice()));
        let gain = dot(gradient.as_slice(), newton.as_slice());
        // Where a budget can hardly be met, the maximum lies at multipliers so large that no derivative is left.
        if !(gain > tolerance) || (met && newton.iter().all(|&ds| ds >= T::ZERO)) {
            return;
        }
        let before = value(lagrangian, s);
        let found = [stretch, T::ONE].iter().any(|&stretch| {
            let direction = newton.map(|ds| stretch * ds);
            let limits = barred().map(|k| longest_step(s[k], direction[k], CENTRING_BOUNDARY));
            let still = phi.map(|_| T::ZERO);
            let turn = lagrangian.longest_turn(q, (s, phi), (&direction, &still));
            let longest = limits.fold(turn, T::min);
            (0..LENGTHS).any(|power| {
                let length = T::from(SHORTER.powi(power)) * longest;
                let trial = s.zip_map(&direction, |s, ds| s + length * ds);
                lagrangian.evaluate(q, &trial);
                let accepted = value(lagrangian, &trial) >= before;
                if accepted {
                    s.copy_from(&trial);
                }
                accepted
            })
        });
        if !found {
            lagrangian.evaluate(q, s);
            return;
        }
    }
}

/// How much further than the plain Newton step the logarithmic residual would go, at least 1.
fn stretch<T: Real>(expected: &DVector<T>, budgets: &DVector<T>) -> T {
    let over = expected.iter().zip(budgets).filter(|(expected, budget)| expected > budget);
    let further = |(&expected, &budget)| excess(expected, budget) / (expected - budget);
    over.map(further).fold(T::ONE, T::max)
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
    let (free, none) = (vec![false; s.len()], DVector::zeros(0));
    centre(&mut InDoubles { instance, kernel }, q, (s, &none), &free, mu, mu);
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
