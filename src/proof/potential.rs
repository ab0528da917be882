//! What a potential on the output letters takes from the lower bound.

use super::given::{Given, normalised, sum};
use crate::model::perception::{Divergence, Perception};
use crate::numerics::ball::Ball;
use nalgebra::DVector;

/// A potential with what no output pmf within the budget has more of than `sum_y q(y) g_y`, in bits.
#[derive(Debug)]
pub(crate) struct Tolled {
    pub(crate) g: Vec<f64>,
    pub(crate) toll: Ball,
    /// The letters that an output pmf within the budget may have.
    pub(crate) usable: Vec<bool>,
}

impl Tolled {
    /// From a published potential, the price told and the budget of the perception.
    pub(crate) fn new(
        given: &Given<'_>,
        potential: &DVector<f64>,
        price: f64,
        budget: f64,
    ) -> Self {
        let letters = potential.len();
        let Some(marginal) = &given.problem.marginal else {
            // A potential that is worth nothing to the output is none.
            return Self { g: vec![0.0; letters], toll: Ball::ZERO, usable: vec![true; letters] };
        };
        let perception = &marginal.perception;
        let g = potential.as_slice().to_vec();
        let usable = usable(perception, budget);
        let toll = toll(perception, &g, price, budget);
        Self { g, toll, usable }
    }
}

/// Where the budget leaves no mass at all, the divergence is infinite or the output is the target.
fn usable(perception: &Perception, budget: f64) -> Vec<bool> {
    let is_held = match &perception.divergence {
        Divergence::TotalVariation | Divergence::Line(_) => budget == 0.0,
        Divergence::KullbackLeibler => budget.is_finite(),
        Divergence::Transport(_) => {
            return vec![true; perception.letters()];
        }
    };
    perception.target.iter().map(|&p| p > 0.0 || !is_held).collect()
}

fn toll(perception: &Perception, g: &[f64], price: f64, budget: f64) -> Ball {
    let target = normalised(&perception.target);
    let mean = || sum(g.iter().zip(&target).map(|(&g, p)| p.times_double(g)));
    let is_held = budget == 0.0;
    match &perception.divergence {
        Divergence::TotalVariation | Divergence::Line(_) | Divergence::KullbackLeibler
            if is_held =>
        {
            mean()
        }
        Divergence::TotalVariation => {
            let most = g.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let least = g.iter().copied().fold(f64::INFINITY, f64::min);
            with_budget(mean(), Ball::difference_of(most, least), budget)
        }
        Divergence::Line(points) => {
            let slopes = g.windows(2).zip(points.as_slice().windows(2)).map(|(g, x)| {
                let step = Ball::difference_of(g[1], g[0]).absolute();
                if g[1] == g[0] { Ball::ZERO } else { step.over(Ball::difference_of(x[1], x[0])) }
            });
            with_budget(mean(), slopes.fold(Ball::ZERO, Ball::max), budget)
        }
        Divergence::Transport(ground) => {
            let h = |costs: nalgebra::DVectorView<'_, f64>| {
                let paid = |(&g, &cost): (&f64, &f64)| {
                    Ball::from(g).minus(Ball::from(cost).times_double(price))
                };
                let all = g.iter().zip(costs.iter()).map(paid);
                all.reduce(Ball::max).unwrap_or(Ball::UNKNOWN)
            };
            let columns = ground.column_iter().zip(&target).zip(&perception.target);
            let occurring = columns.filter(|(_, p)| **p > 0.0);
            let mean = sum(occurring.map(|((costs, p), _)| h(costs).times(*p)));
            with_budget(mean, Ball::from(price), budget)
        }
        Divergence::KullbackLeibler => {
            let occurs = |y: &usize| budget.is_infinite() || perception.target[*y] > 0.0;
            let letters: Vec<usize> = (0..g.len()).filter(occurs).collect();
            let most = letters.iter().map(|&y| g[y]).fold(f64::NEG_INFINITY, f64::max);
            if price == 0.0 || budget.is_infinite() {
                return with_budget(Ball::from(most), Ball::from(price), budget);
            }
            let tilted = letters.iter().map(|&y| {
                let above = Ball::difference_of(g[y], most).over(Ball::from(price));
                above.exp2().times(target[y])
            });
            let log = sum(tilted).log2();
            with_budget(log.times_double(price).plus(Ball::from(most)), Ball::from(price), budget)
        }
    }
}

fn with_budget(mean: Ball, price: Ball, budget: f64) -> Ball {
    if price.upper() == 0.0 { mean } else { mean.plus(price.times(Ball::from(budget))) }
}
