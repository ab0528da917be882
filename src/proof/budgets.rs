//! Bounds on what a channel spends.

use super::divergence::divergence;
use super::given::{Given, cost_rounding};
use super::rate::Channel;
use crate::model::cost::Cost;
use crate::numerics::ball::Ball;
use crate::numerics::double_double::DoubleDouble;

/// What a channel spends of each cost above its offset, scaled; nothing is known where it uses a forbidden pair.
pub(crate) fn spent_above(given: &Given<'_>, channel: &Channel) -> Vec<Ball> {
    let costs = &given.problem.costs;
    if uses_forbidden(given, channel) {
        return vec![Ball::UNKNOWN; costs.len()];
    }
    let mut spent = vec![Ball::ZERO; costs.len()];
    for x in given.letters() {
        let row = channel.columns.column(x);
        for (cost, spent) in costs.iter().zip(&mut spent) {
            let mut average = Ball::ZERO;
            for (&w, &d) in row.iter().zip(&cost.matrix.column(x)) {
                if w > 0.0 && d > 0.0 {
                    let paid = DoubleDouble::product_of(w, d);
                    average = average.plus(Ball::around(paid, w * cost_rounding(d)));
                }
            }
            // A letter that pays nothing adds nothing, not even rounding.
            if average.upper() > 0.0 {
                *spent = spent.plus(average.times(channel.weights[x]));
            }
        }
    }
    spent
}

pub(crate) fn uses_forbidden(given: &Given<'_>, channel: &Channel) -> bool {
    let used = |x: usize, y: usize| channel.columns[(y, x)] > 0.0 && !given.is_allowed(x, y);
    given.letters().any(|x| (0..channel.columns.nrows()).any(|y| used(x, y)))
}

/// A number below and one above what is spent of each budget, in the caller's units.
pub(crate) fn spent(given: &Given<'_>, channel: &Channel, above: &[Ball]) -> Vec<[f64; 2]> {
    let is_forbidden = uses_forbidden(given, channel);
    let of_cost = |(cost, above): (&Cost, &Ball)| {
        if is_forbidden {
            return [f64::INFINITY; 2];
        }
        let scaled = above.times_double(cost.scale);
        let total = if above.upper() > 0.0 { scaled } else { Ball::ZERO };
        let offset = given.offset(cost);
        let total = if cost.offset_size == 0.0 { total } else { total.plus(offset) };
        // A cost without negative entries spends nothing below 0.
        let least = if cost.is_signed() { f64::NEG_INFINITY } else { 0.0 };
        [total.lower().max(least), total.upper()]
    };
    let mut spent: Vec<[f64; 2]> = given.problem.costs.iter().zip(above).map(of_cost).collect();
    if let Some(marginal) = &given.problem.marginal {
        spent.push(divergence(&marginal.perception, &channel.output));
    }
    spent
}
