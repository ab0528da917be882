//! The mutual information of a channel whose rows are divided by their sums, and its output pmf.

use super::given::{Given, sum};
use crate::numerics::ball::Ball;
use crate::numerics::double_double::power_of_two;
use nalgebra::DMatrix;

/// What is known of a channel.
#[derive(Debug)]
pub(crate) struct Channel {
    /// The channel transposed, m x n: a source letter's row lies together.
    pub(crate) columns: DMatrix<f64>,
    /// `p_x` over the sum of row x.
    pub(crate) weights: Vec<Ball>,
    pub(crate) output: Vec<Ball>,
    /// `I(X; X^)` in bits.
    pub(crate) rate: Ball,
}

impl Channel {
    /// `I = sum_x p_x (sum_y W log2 W / r_x - log2 r_x) - sum_y q_y log2 q_y`, with `r_x` the sum of row x.
    pub(crate) fn new(given: &Given<'_>, channel: &DMatrix<f64>) -> Self {
        let columns = channel.transpose();
        let mut weights = vec![Ball::ZERO; columns.ncols()];
        let mut output = vec![Ball::ZERO; columns.nrows()];
        let mut rate = Ball::ZERO;
        for x in given.letters() {
            let row = columns.column(x);
            let total = sum(row.iter().map(|&w| Ball::from(w)));
            weights[x] = given.pmf[x].over(total);
            let mut within = Ball::ZERO;
            for (output, &w) in output.iter_mut().zip(&row).filter(|(_, w)| **w > 0.0) {
                within = within.plus(Ball::from(w).log2().times_double(w));
                *output = output.plus(weights[x].times_double(w));
            }
            rate = rate.plus(within.times(weights[x])).minus(total.log2().times(given.pmf[x]));
        }
        rate = rate.minus(sum(output.iter().map(|&q| with_its_logarithm(q))));
        Self { columns, weights, output, rate }
    }
}

/// `q log2 q`, between `-2^-880` and 0 for `q` up to `2^-900`, whose logarithm may not be known.
pub(crate) fn with_its_logarithm(q: Ball) -> Ball {
    if q.upper() == 0.0 {
        Ball::ZERO
    } else if q.upper() < power_of_two(-900) {
        Ball::ZERO.widened(power_of_two(-880))
    } else {
        q.times(q.log2())
    }
}
