//! The two bounds of a run: the only implementation of Blahut's lower bound, and the rate of a channel.

use super::instance::Instance;
use super::lagrangian::Sums;
use super::output_constraint::{Bounded, Potential};
use crate::numerics::information::log_quotient;
use nalgebra::DVector;

/// Multiples of the machine epsilon, relative to the largest term of a bound, that its rounding may cost.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// The lower bound in nats that any `q >= 0` (sum 1, `t_x > 0`) and `s >= 0` give (Blahut 1972, theorem 6, with one
/// multiplier per cost):
///
/// `R >= -sum_x p_x log t_x - log max_y c_y - s.D`,
///
/// less what a marginal constraint takes for its potential ([`Bounded::toll`]), and less an allowance for the rounding of the sum. `sums` must have been evaluated at `(q, s)`. `-inf` where the
/// sum is not a number.
pub(crate) fn lower_bound_nats(instance: &Instance<'_>, sums: &Sums, s: &DVector<f64>) -> f64 {
    let spent = s.dot(&instance.budgets());
    let log_max = (sums.c.max() + sums.neglected).ln();
    let toll = toll(instance, sums);
    let bound = -sums.log_partition - sums.neglected - log_max - spent - toll;
    let bound = bound - rounding(instance, &[sums.log_partition, log_max, spent, toll]);
    told(bound)
}

/// The lower bound in nats that any potential gives on R at the costs which a channel with the output pmf pi spends, at `spent` in
/// all: [`lower_bound_nats`] at q = pi, where the toll is `pi.g`.
///
/// `sums` must have been evaluated with the potential `g - log pi` on a q that is 1 on all letters of pi, so that their `c_y` is
/// the output of the channel.
pub(crate) fn given_output_nats(
    instance: &Instance<'_>,
    sums: &Sums,
    output: &DVector<f64>,
    g: &DVector<f64>,
    spent: f64,
) -> f64 {
    let logs = sums.c.iter().zip(output).filter(|(_, p)| **p > 0.0);
    // A letter of hardly any output may have all of it from pairs whose likelihood was neglected.
    let log_over = |(c, p): (&f64, &f64)| log_quotient(c + sums.neglected, *p);
    let log_max = logs.map(log_over).fold(f64::NEG_INFINITY, f64::max);
    let toll = output.dot(g);
    let lost = sums.neglected + rounding(instance, &[sums.log_partition, toll, log_max, spent]);
    told(-sums.log_partition - log_max - toll - spent - lost)
}

/// A bound as it is told: `-inf` where it is not a number.
fn told(bound: f64) -> f64 {
    #[cfg(test)]
    let bound = bound + PLANTED.get();
    if bound.is_finite() { bound } else { f64::NEG_INFINITY }
}

#[cfg(test)]
thread_local! {
    /// What tests add to every lower bound of a thread, in nats, to see that bounds which cross are noticed.
    pub(crate) static PLANTED: std::cell::Cell<f64> = const { std::cell::Cell::new(0.0) };
}

/// Whether a test has planted an error in the bounds of this thread.
pub(crate) fn is_planted() -> bool {
    #[cfg(test)]
    return PLANTED.get() != 0.0;
    #[cfg(not(test))]
    false
}

/// `sum_x p_x min_y (s.d(x, y) + g_y) - s.D - toll` in nats, less an allowance for rounding: where it is positive no channel
/// meets the budgets.
pub(crate) fn separation_nats(
    instance: &Instance<'_>,
    s: &DVector<f64>,
    potential: &Potential,
) -> f64 {
    let mut row = vec![0.0; instance.reproductions];
    let mut least = 0.0;
    let mut size = 0.0;
    for (x, &p) in instance.pmf.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        instance.exponent(x, s, &mut row);
        let exponents = row.iter().zip(&potential.g).map(|(e, g)| e + g);
        let of_letter = exponents.fold(f64::INFINITY, f64::min);
        least += p * of_letter;
        size += p * of_letter.abs();
    }
    let spent = s.dot(&instance.budgets());
    let toll = instance.marginal.as_ref().map_or(0.0, |bounded| bounded.toll(potential));
    let last_digit = instance.marginal.as_ref().map_or(0.0, Bounded::budget_rounding);
    let last_digits = s.dot(&instance.roundings()) + potential.price * last_digit;
    least - spent - toll - last_digits - rounding(instance, &[size, spent, toll])
}

fn toll(instance: &Instance<'_>, sums: &Sums) -> f64 {
    let at = instance.marginal.as_ref().zip(sums.potential.as_ref());
    at.map_or(0.0, |(bounded, potential)| bounded.toll(potential))
}

/// What rounding may cost a sum of these terms, each of them summed over the alphabet.
pub(crate) fn rounding(instance: &Instance<'_>, terms: &[f64]) -> f64 {
    // Sums run in blocks, eight lanes or sixteen: their errors grow with the length of a lane.
    let lane = ((instance.letters() + instance.reproductions) / 64) as f64;
    ROUNDING * (1.0 + lane) * (1.0 + terms.iter().map(|term| term.abs()).sum::<f64>())
}

/// `I(p, W)` in nats of the channel that `sums` describe, without touching the channel:
/// `-s.E[d] - sum_y q_y c_y g_y - sum_x p_x log t_x - sum_y q_y c_y log c_y`. Where costs are priced, what they cost is included, here and in
/// the lower bound.
///
/// The channel's output pmf is `q_y c_y`; the last sum is its divergence from q.
pub(crate) fn mutual_information_nats(sums: &Sums, q: &DVector<f64>, s: &DVector<f64>) -> f64 {
    let divergence: f64 = q
        .iter()
        .zip(&sums.c)
        .filter(|&(&q, &c)| q > 0.0 && c > 0.0)
        .map(|(q, c)| q * c * c.ln())
        .sum();
    let output = |g: &DVector<f64>| {
        let each = g.iter().zip(q).zip(&sums.c).filter(|((_, q), _)| **q > 0.0);
        each.map(|((g, q), c)| g * q * c).sum::<f64>()
    };
    let tilted = sums.potential.as_ref().map_or(0.0, |potential| output(&potential.g));
    -s.dot(&sums.expected) - tilted - sums.log_partition - divergence
}
