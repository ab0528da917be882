//! The lower bound that any `q >= 0`, multipliers `s >= 0` and potential prove.

use super::given::{Given, cost_rounding};
use super::potential::Tolled;
use crate::model::cost::Cost;
use crate::numerics::ball::Ball;
use crate::numerics::double_double::{DoubleDouble, power_of_two};
use nalgebra::DVector;

/// Multipliers below this, in bits per scaled unit, are taken to be 0, with which the bound holds too.
const SMALLEST_MULTIPLIER: f64 = power_of_two(-900);

/// Powers of two this far below the row's reference are bounded, not computed.
const FAR_BELOW: f64 = 900.0;

/// Above the relative rounding of an exponent in working precision.
const ROUGH: f64 = 1e-12;

/// `-sum_x p_x log2 t_x - log2 max_y c_y - s.D - toll` in bits: nothing above it is proven, `-inf` where it is not known.
pub(crate) fn lower_bound(
    given: &Given<'_>,
    q: &DVector<f64>,
    priced: &[(f64, f64)],
    tolled: &Tolled,
) -> f64 {
    let costs: Vec<(&Cost, f64, f64)> = given
        .problem
        .costs
        .iter()
        .zip(priced)
        .map(|(cost, &(budget, multiplier))| (cost, budget, multiplier * cost.scale))
        .filter(|(_, _, scaled)| *scaled >= SMALLEST_MULTIPLIER)
        .collect();
    let spent = costs
        .iter()
        .map(|(cost, budget, scaled)| given.above(cost, *budget).times_double(*scaled))
        .fold(tolled.toll, Ball::plus);
    let Some((log_partition, largest)) = sums(given, q, &costs, tolled) else {
        return f64::NEG_INFINITY;
    };
    log_partition.plus(largest.log2()).plus(spent).negated().lower()
}

/// `sum_x p_x log2 t_x` and `max_y c_y`.
fn sums(
    given: &Given<'_>,
    q: &DVector<f64>,
    costs: &[(&Cost, f64, f64)],
    tolled: &Tolled,
) -> Option<(Ball, Ball)> {
    let m = q.len();
    let mut c = vec![Ball::ZERO; m];
    let mut log_partition = Ball::ZERO;
    let mut rough = vec![0.0; m];
    let mut tilted = vec![Ball::ZERO; m];
    for x in given.letters() {
        let row = x * m..(x + 1) * m;
        let columns: Vec<(&[f64], f64)> = costs
            .iter()
            .map(|&(cost, _, scaled)| (&cost.matrix.as_slice()[row.clone()], scaled))
            .collect();
        let is_used = |y: usize| tolled.usable[y] && given.is_allowed(x, y);
        for (y, rough) in rough.iter_mut().enumerate() {
            let exponent = columns.iter().map(|(costs, s)| s * costs[y]).sum::<f64>();
            *rough = exponent + tolled.g[y];
        }
        // Every row is divided by a power of two of the size of its t.
        let with_mass = (0..m).filter(|&y| q[y] > 0.0 && is_used(y));
        let reference = with_mass.map(|y| rough[y] - q[y].log2()).fold(f64::INFINITY, f64::min);
        let reference = reference.round();
        if !reference.is_finite() {
            return None;
        }
        let mut t = Ball::ZERO;
        for y in 0..m {
            if !is_used(y) {
                tilted[y] = Ball::ZERO;
                continue;
            }
            let rounding = ROUGH * (rough[y].abs() + tolled.g[y].abs() + reference.abs());
            tilted[y] = if rough[y] - reference - rounding > FAR_BELOW || rough[y] == f64::INFINITY
            {
                Ball::up_to(power_of_two(-FAR_BELOW as i32))
            } else {
                exponent(&columns, y, tolled.g[y], reference).exp2()
            };
            if q[y] > 0.0 {
                t = t.plus(tilted[y].times_double(q[y]));
            }
        }
        let weight = given.pmf[x].over(t);
        for (c, &tilted) in c.iter_mut().zip(&tilted) {
            *c = c.plus(tilted.times(weight));
        }
        let log = t.log2().minus(Ball::from(reference));
        log_partition = log_partition.plus(log.times(given.pmf[x]));
    }
    Some((log_partition, c.into_iter().fold(Ball::ZERO, Ball::max)))
}

/// `reference - s.d - g` for the costs as they were given.
fn exponent(columns: &[(&[f64], f64)], y: usize, g: f64, reference: f64) -> Ball {
    let start = Ball::difference_of(reference, g);
    columns.iter().filter(|(costs, _)| costs[y] > 0.0).fold(start, |sum, (costs, s)| {
        let price = DoubleDouble::product_of(-*s, costs[y]);
        sum.plus(Ball::around(price, s * cost_rounding(costs[y])))
    })
}
