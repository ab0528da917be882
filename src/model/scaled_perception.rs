//! A perception as the solver wants it: a divergence from the target in scaled units.

use super::perception::{Divergence, Perception};
use crate::numerics::scaling::power_of_two;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// Multiples of the machine epsilon by which transports that cost the same, and budgets that are the smallest, may differ.
pub(crate) const TIE: f64 = 8.0 * f64::EPSILON;

/// A perception in the solver's units: its budget is `offset + scale * (scaled budget)`.
#[derive(Debug, Clone)]
pub(crate) struct Marginal {
    pub(crate) perception: Perception,
    pub(crate) scale: f64,
    /// The smallest budget that some output pmf meets.
    pub(crate) offset: f64,
    /// No output pmf needs a larger scaled budget.
    pub(crate) dearest: f64,
    pub(crate) ground: Ground,
}

/// What a unit of probability pays, scaled.
#[derive(Debug, Clone)]
pub(crate) enum Ground {
    TotalVariation,
    /// The distances from each point to the next.
    Line(DVector<f64>),
    /// m x k, the smallest entry of every column 0.
    Transport(DMatrix<f64>),
    KullbackLeibler,
}

impl Marginal {
    pub(crate) fn new(perception: Perception) -> Self {
        let target = &perception.target;
        let (offset, scale, ground) = match &perception.divergence {
            Divergence::TotalVariation => (0.0, 1.0, Ground::TotalVariation),
            Divergence::KullbackLeibler => (0.0, 1.0 / LN_2, Ground::KullbackLeibler),
            Divergence::Line(points) => {
                let gaps = DVector::from_fn(points.len() - 1, |y, _| points[y + 1] - points[y]);
                let scale = power_of_two(gaps.mean());
                (0.0, scale, Ground::Line(gaps / scale))
            }
            Divergence::Transport(ground) => {
                let mut above = ground.clone();
                let mut offset = 0.0;
                for (mut column, p) in above.column_iter_mut().zip(target) {
                    let least = column.min();
                    // Costs that differ by rounding are the same.
                    column.apply(|c| *c = if *c - least > TIE * least { *c - least } else { 0.0 });
                    offset += p * least;
                }
                let scale = power_of_two((&above * target).max());
                (offset, scale, Ground::Transport(above / scale))
            }
        };
        let mut marginal = Self { scale, offset, dearest: 0.0, ground, perception };
        marginal.dearest = marginal.dearest();
        marginal
    }

    /// The largest divergence of all output pmfs: a convex function is largest where one letter has all.
    fn dearest(&self) -> f64 {
        let target = &self.perception.target;
        match &self.ground {
            Ground::TotalVariation => 1.0 - target.min(),
            Ground::KullbackLeibler => -target.min().ln(),
            Ground::Transport(above) => (above * target).max(),
            Ground::Line(_) => {
                let m = target.len();
                let all_at = |y: usize| DVector::from_fn(m, |i, _| f64::from(i == y));
                [0, m - 1].map(|y| self.divergence(&all_at(y))).into_iter().fold(0.0, f64::max)
            }
        }
    }

    pub(crate) fn in_units(&self, scaled: f64) -> f64 {
        self.offset + self.scale * scaled
    }

    pub(crate) fn target(&self) -> &DVector<f64> {
        &self.perception.target
    }

    /// The divergence of an output pmf, scaled.
    pub(crate) fn divergence(&self, output: &DVector<f64>) -> f64 {
        ((self.perception.of(output) - self.offset) / self.scale).max(0.0)
    }
}
