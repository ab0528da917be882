//! The best multipliers and potential for a given output pmf, under a barrier: the counterpart of [`super::multipliers`] where
//! the output marginal is constrained, a concave problem.
//!
//! A step is one of the Newton equations with the output pmf held where it is, by an immovable diagonal.

use super::flow::{Barrier, Flow};
use super::kernel::Kernel;
use super::newton::Newton;
use crate::instance::Instance;
use crate::marginal::Bounded;
use nalgebra::{DMatrix, DVector};

/// Newton steps after which all is taken as it is.
const MAX_STEPS: usize = 30;

/// Step lengths tried along a direction.
const SHORTER: [f64; 5] = [1.0, 0.3, 0.09, 0.027, 0.008];

/// The share of the way to the boundary that a step may go.
const BOUNDARY: f64 = 0.9;

/// The share of the predicted gain that a step must reach (Armijo).
const SUFFICIENT_GAIN: f64 = 0.1;

/// What holds the output pmf.
const HELD: f64 = 1e100;

/// Moves the multipliers and the flow to the maximum of `L + mu log(...)`, up to `tolerance` nats. `kernel` is evaluated
/// there before and after; `weights` is mu for each constraint with a barrier, 0 for the others.
pub(super) fn centre(
    instance: &Instance<'_>,
    bounded: &Bounded<'_>,
    kernel: &mut Kernel,
    (q, s, flow): (&DVector<f64>, &mut DVector<f64>, &mut Flow),
    (mu, weights): (f64, &DVector<f64>),
    tolerance: f64,
) {
    let held = DVector::from_element(q.len(), HELD);
    let value = |kernel: &Kernel, s: &DVector<f64>, flow: &Flow| {
        let barrier = weights.zip_map(s, |mu, s| if mu > 0.0 { mu * s.ln() } else { 0.0 });
        -kernel.log_partition - s.dot(&instance.budgets) + barrier.sum() + flow.value(bounded, mu)
    };
    flow.follow(bounded, mu);
    for _ in 0..MAX_STEPS {
        let over = |power: i32| {
            weights.zip_map(s, |mu, s| if mu > 0.0 { mu / s.powi(power) } else { 0.0 })
        };
        let barrier = Barrier::new(flow, bounded);
        let newton =
            Newton::new(kernel, q, &held, &over(2), Some(&barrier), DMatrix::zeros(0, 0), None);
        let Some(newton) = newton else { return };
        let missing = barrier.missing(&kernel.output(q), mu, None);
        let gradient = &kernel.expected - &instance.budgets + over(1);
        let (_, ds, nodes, price) =
            newton.solve_with(DVector::zeros(q.len()), gradient.clone(), &barrier, &missing);
        let gain = gradient.dot(&ds) + missing.price * price - missing.nodes.dot(&nodes);
        if !(gain > tolerance) {
            return;
        }
        let direction = barrier.direction(&missing, &nodes, price);
        let falling =
            s.iter().zip(&ds).zip(weights).filter(|((_, ds), mu)| **ds < 0.0 && **mu > 0.0);
        let longest = falling.map(|((s, ds), _)| -BOUNDARY * s / ds).fold(1.0, f64::min);
        let longest = longest.min(flow.longest_move(&direction, BOUNDARY));
        let before = value(kernel, s, flow);
        let found = SHORTER.iter().find_map(|share| {
            let step = share * longest;
            let (trial, mut moved) = (&*s + step * &ds, flow.moved(step, &direction));
            moved.follow(bounded, mu);
            kernel.set_potential(Some(moved.potential(bounded)));
            kernel.evaluate(instance, q, &trial);
            let enough = SUFFICIENT_GAIN * step * gain.min(1.0);
            (value(kernel, &trial, &moved) >= before + enough).then_some((trial, moved))
        });
        let Some((trial, moved)) = found else {
            kernel.set_potential(Some(flow.potential(bounded)));
            kernel.evaluate(instance, q, s);
            return;
        };
        (*s, *flow) = (trial, moved);
    }
}
