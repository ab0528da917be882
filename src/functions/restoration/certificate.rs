//! The lower bound: true for whatever multipliers and potentials.

use super::model::Restoration;
use super::program::{Goal, Multipliers};
use crate::model::perception::Divergence;
use crate::numerics::information::log_sum;
use crate::numerics::scaling::SMALLEST;
use nalgebra::DVector;
use std::f64::consts::LN_2;

impl Restoration {
    /// With cost c, multipliers `s, lambda >= 0` and potentials g every channel within the budgets has
    ///
    /// ```math
    /// c \cdot W \ge \sum_y p_y \min_{\hat x} \bigl( c + s \Delta + g_{\hat x} \bigr) - s D - \lambda P - \lambda^*(g), \qquad
    /// \lambda^*(g) = \max_q \bigl( g \cdot q - \lambda \, d(q) \bigr) .
    /// ```
    ///
    /// At P = 0 lambda may be infinite: then q is the target, and `lambda*(g)` is `g . target`. Where the divergence itself is the goal it is `c = 0`, `lambda = 1` and no P.
    pub(crate) fn lower_bound(&self, goal: &Goal<'_>, multipliers: &Multipliers) -> f64 {
        let Multipliers { distortion: s, perception, potentials: g } = multipliers;
        let lambda = if goal.cost.is_some() { *perception } else { 1.0 };
        let priced = |y: usize, to: usize| {
            let cost = goal.cost.map_or(0.0, |cost| cost[(y, to)]);
            let price = if *s > 0.0 { s * self.distortion[(y, to)] } else { 0.0 };
            cost + price + g[to]
        };
        let cheapest = |y: usize| {
            let usable = (0..self.letters()).filter(|&to| goal.allowed[(y, to)]);
            usable.map(|to| priced(y, to)).fold(f64::INFINITY, f64::min)
        };
        let rows = (0..self.pmf.len()).filter(|&y| self.pmf[y] > 0.0);
        let least: f64 = rows.map(|y| self.pmf[y] * cheapest(y)).sum();
        let budget = |price: f64, budget: f64| {
            if budget > 0.0 && price > 0.0 { price * budget } else { 0.0 }
        };
        let spent =
            budget(*s, goal.d) + if goal.cost.is_some() { budget(lambda, goal.p) } else { 0.0 };
        least - spent - self.conjugate(goal, lambda, g)
    }

    /// `max_q g.q - lambda d(q)` over the output pmfs q on letters that are in use.
    fn conjugate(&self, goal: &Goal<'_>, lambda: f64, g: &DVector<f64>) -> f64 {
        let used: Vec<usize> = (0..self.letters())
            .filter(|&to| goal.allowed.column(to).iter().any(|&pair| pair))
            .collect();
        let highest = |value: &dyn Fn(usize) -> f64| {
            used.iter().map(|&to| value(to)).fold(f64::NEG_INFINITY, f64::max)
        };
        let top = highest(&|to| g[to]);
        let target = self.perception.target().iter().enumerate().filter(|&(_, &mass)| mass > 0.0);
        if lambda <= 0.0 {
            return top;
        }
        if lambda == f64::INFINITY {
            return target.map(|(to, mass)| mass * g[to]).sum();
        }
        if let Divergence::KullbackLeibler = self.perception.divergence {
            let terms = target.map(|(to, mass)| (*mass, (g[to] - top) / lambda));
            let sum: f64 = terms.clone().map(|(mass, a)| mass * a.exp2()).sum();
            let in_nats = terms.map(|(mass, a)| (mass, a * LN_2));
            let bits = if sum > SMALLEST { sum.log2() } else { log_sum(in_nats) / LN_2 };
            return top + lambda * bits;
        }
        let farthest = |z: usize| highest(&|to| g[to] - lambda * self.perception.ground(to, z));
        target.map(|(z, mass)| mass * farthest(z)).sum()
    }
}
