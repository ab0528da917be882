//! Bounds on the divergence of an output pmf from its target.

use super::given::{normalised, sum};
use super::rate::with_its_logarithm;
use crate::model::perception::{Divergence, Perception};
use crate::numerics::ball::Ball;
use crate::numerics::transport::transport;
use nalgebra::DMatrix;

/// A number below the divergence and one above it, in its own units.
pub(crate) fn divergence(perception: &Perception, output: &[Ball]) -> [f64; 2] {
    let target = normalised(&perception.target);
    let differences = output.iter().zip(&target).map(|(q, p)| q.minus(*p));
    let ball = match &perception.divergence {
        Divergence::TotalVariation => sum(differences.map(Ball::absolute)).times_double(0.5),
        Divergence::Line(points) => {
            let mut ahead = Ball::ZERO;
            let gaps = points.as_slice().windows(2).map(|x| Ball::difference_of(x[1], x[0]));
            sum(differences.zip(gaps).map(|(difference, gap)| {
                ahead = ahead.plus(difference);
                ahead.absolute().times(gap)
            }))
        }
        Divergence::KullbackLeibler => {
            let is_outside = |(q, p): (&Ball, &f64)| q.lower() > 0.0 && *p == 0.0;
            if output.iter().zip(&perception.target).any(is_outside) {
                return [f64::INFINITY; 2];
            }
            let used = output.iter().zip(&target).filter(|(q, _)| q.upper() > 0.0);
            sum(used.map(|(q, p)| with_its_logarithm(*q).minus(q.times(p.log2()))))
        }
        Divergence::Transport(ground) => {
            return transported(perception, ground, output, &target);
        }
    };
    [ball.lower().max(0.0), ball.upper()]
}

/// A plan that is all but feasible bounds the transport from above, potentials that are all but feasible from below.
fn transported(
    perception: &Perception,
    ground: &DMatrix<f64>,
    output: &[Ball],
    target: &[Ball],
) -> [f64; 2] {
    let supply: Vec<f64> = output.iter().map(|q| q.upper().max(0.0)).collect();
    if supply.iter().any(|q| !q.is_finite()) {
        return [0.0, f64::INFINITY];
    }
    let found = transport(&supply, perception.target.as_slice(), |y, z| ground[(y, z)]);
    let plan = &found.plan;
    if plan.iter().any(|mass| !(mass.is_finite() && *mass >= 0.0)) {
        return [0.0, f64::INFINITY];
    }
    let total = |masses: &mut dyn Iterator<Item = &f64>| sum(masses.map(|&mass| Ball::from(mass)));
    let rows = output.iter().enumerate().map(|(y, q)| q.minus(total(&mut plan.row(y).iter())));
    let columns =
        target.iter().enumerate().map(|(z, p)| p.minus(total(&mut plan.column(z).iter())));
    let missing = sum(rows.chain(columns).map(Ball::absolute));
    let shipped = plan.iter().zip(ground).filter(|(mass, _)| **mass > 0.0);
    let cost = sum(shipped.map(|(&mass, &cost)| Ball::from(mass).times_double(cost)));
    let upper = cost.plus(missing.times_double(ground.max())).upper();

    let [u, v] = &found.potentials;
    let mut violated = Ball::ZERO;
    for (z, costs) in ground.column_iter().enumerate() {
        for (y, &cost) in costs.iter().enumerate() {
            let slack = Ball::from(u[y]).plus(Ball::from(v[z])).minus(Ball::from(cost));
            violated = violated.max(slack);
        }
    }
    let of_rows = output.iter().zip(u).map(|(q, &u)| q.times_double(u));
    let of_columns = target.iter().zip(v).map(|(p, &v)| p.times_double(v));
    let lower = sum(of_rows.chain(of_columns)).minus(violated).lower();
    [lower.max(0.0), upper]
}
