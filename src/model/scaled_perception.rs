//! A perception as the solver wants it: a divergence from the target in scaled units.

use super::perception::{Divergence, Perception};
use crate::numerics::compensated::{TwoFold, surplus};
use crate::numerics::scaling::power_of_two;
use crate::numerics::transport::transport;
use nalgebra::{DMatrix, DVector};
use std::borrow::Cow;
use std::f64::consts::LN_2;

/// Multiples of the machine epsilon by which transports that cost the same, and budgets that are the smallest, may differ.
pub(crate) const TIE: f64 = 8.0 * f64::EPSILON;

/// A perception in the solver's units: its budget is `offset + scale * (scaled budget)`.
#[derive(Debug, Clone)]
pub(crate) struct Marginal {
    pub(crate) perception: Perception,
    pub(crate) scale: f64,
    /// The smallest budget that some output pmf meets, and what rounding took from it: a price times its last digit may be more
    /// than a bound can do without.
    pub(crate) offset: f64,
    pub(crate) offset_error: f64,
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

impl Ground {
    /// What it costs to move a unit from each of m reproductions to each letter of the target; `None` where no finite cost
    /// lets a letter in that the target lacks.
    pub(crate) fn costs(&self, m: usize) -> Option<Cow<'_, DMatrix<f64>>> {
        match self {
            Self::TotalVariation => {
                Some(Cow::Owned(DMatrix::from_fn(m, m, |y, z| f64::from(y != z))))
            }
            Self::Line(gaps) => {
                let mut costs = DMatrix::zeros(m, m);
                // From the diagonal outwards: a difference of positions would lose the digits of small gaps.
                for z in 0..m {
                    for y in z + 1..m {
                        costs[(y, z)] = costs[(y - 1, z)] + gaps[y - 1];
                        costs[(z, y)] = costs[(y, z)];
                    }
                }
                Some(Cow::Owned(costs))
            }
            Self::Transport(above) => Some(Cow::Borrowed(above)),
            Self::KullbackLeibler => None,
        }
    }
}

impl Marginal {
    pub(crate) fn new(perception: Perception) -> Self {
        let target = &perception.target;
        let mut least = TwoFold::default();
        let (scale, ground) = match &perception.divergence {
            Divergence::TotalVariation => (1.0, Ground::TotalVariation),
            Divergence::KullbackLeibler => (1.0 / LN_2, Ground::KullbackLeibler),
            Divergence::Line(points) => {
                let gaps = DVector::from_fn(points.len() - 1, |y, _| points[y + 1] - points[y]);
                let scale = power_of_two(gaps.mean());
                (scale, Ground::Line(gaps / scale))
            }
            Divergence::Transport(ground) => {
                let mut above = ground.clone();
                for (mut column, p) in above.column_iter_mut().zip(target) {
                    let nearest = column.min();
                    // Costs that differ by rounding are the same.
                    let is_tied = |c: f64| c - nearest <= TIE * nearest;
                    column.apply(|c| *c = if is_tied(*c) { 0.0 } else { *c - nearest });
                    least.add_product(*p, nearest);
                }
                let scale = power_of_two((&above * target).max());
                (scale, Ground::Transport(above / scale))
            }
        };
        let offset = least.total();
        // The target is meant to be that over its sum, which is 1 but for rounding.
        let offset_error = (least.value - offset) + least.lost - offset * surplus(target);
        let mut marginal = Self { scale, offset, offset_error, dearest: 0.0, ground, perception };
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

    /// A budget as the solver has it, with all its digits however close it lies to the smallest one.
    pub(crate) fn scaled_budget(&self, budget: f64) -> f64 {
        ((budget - self.offset) - self.offset_error) / self.scale
    }

    pub(crate) fn in_units(&self, scaled: f64) -> f64 {
        self.offset + self.scale * scaled
    }

    pub(crate) fn target(&self) -> &DVector<f64> {
        &self.perception.target
    }

    /// The divergence of an output pmf, scaled.
    pub(crate) fn divergence(&self, output: &DVector<f64>) -> f64 {
        match &self.ground {
            // Above the smallest one from the start: a difference would have the rounding of the offset.
            Ground::Transport(above) => {
                transport(output.as_slice(), self.target().as_slice(), |y, z| above[(y, z)]).cost
            }
            _ => (self.perception.of(output) / self.scale).max(0.0),
        }
    }
}
