//! The four divergences, written out.

use rdc_theory::Perception;
use rdc_theory::nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// The four divergences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    TotalVariation,
    Wasserstein,
    KullbackLeibler,
    Transport,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] =
        [Self::TotalVariation, Self::Wasserstein, Self::KullbackLeibler, Self::Transport];
}

/// A divergence written out: what moving a unit from y to z costs (m x k), or Kullback-Leibler without.
#[derive(Debug, Clone)]
pub(crate) struct Measure {
    pub(crate) perception: Perception,
    pub(crate) ground: Option<DMatrix<f64>>,
}

impl Measure {
    pub(crate) fn total_variation(target: &DVector<f64>) -> Self {
        let m = target.len();
        let perception = Perception::total_variation(target.clone()).unwrap();
        Self { perception, ground: Some(DMatrix::from_fn(m, m, |y, z| f64::from(y != z))) }
    }

    pub(crate) fn wasserstein(target: &DVector<f64>, points: &[f64]) -> Self {
        let m = target.len();
        let ground = DMatrix::from_fn(m, m, |y, z| (points[y] - points[z]).abs());
        let perception = Perception::wasserstein(target.clone(), points).unwrap();
        Self { perception, ground: Some(ground) }
    }

    pub(crate) fn kullback_leibler(target: &DVector<f64>) -> Self {
        let perception = Perception::kullback_leibler(target.clone()).unwrap();
        Self { perception, ground: None }
    }

    pub(crate) fn transport(target: &DVector<f64>, ground: DMatrix<f64>) -> Self {
        let perception = Perception::transport(target.clone(), ground.clone()).unwrap();
        Self { perception, ground: Some(ground) }
    }

    pub(crate) fn target(&self) -> &DVector<f64> {
        self.perception.target()
    }

    /// What no output within P has more of than `sum_y q_y g_y`, in bits, for any `g` and any `price >= 0`.
    ///
    /// At the smallest P there is, any price will do: here an infinite one, which leaves each letter of the target the
    /// letters that are next to it.
    pub(crate) fn toll(&self, g: &DVector<f64>, price: f64, p: f64) -> f64 {
        let target = self.target();
        if self.is_exact(p) {
            let best = |z: usize| {
                let next = (0..g.len()).filter(|&y| self.is_nearest(y, z));
                next.map(|y| g[y]).fold(f64::NEG_INFINITY, f64::max)
            };
            return target
                .iter()
                .enumerate()
                .filter(|(_, t)| **t > 0.0)
                .map(|(z, t)| t * best(z))
                .sum();
        }
        let mean = match &self.ground {
            Some(ground) => {
                let best = |z: usize| {
                    let each = (0..g.len()).map(|y| g[y] - price * ground[(y, z)]);
                    each.fold(f64::NEG_INFINITY, f64::max)
                };
                (0..target.len()).filter(|&z| target[z] > 0.0).map(|z| target[z] * best(z)).sum()
            }
            // As differences from 1: a price may be so large that nothing else is left of the sum.
            None if price > 0.0 => {
                let most = g.max();
                let tilted = g
                    .iter()
                    .zip(target.iter())
                    .map(|(g, t)| t * ((g - most) / price * LN_2).exp_m1());
                most + price * tilted.sum::<f64>().ln_1p() / LN_2
            }
            None => g.max(),
        };
        mean + if p.is_finite() { price * p } else { 0.0 }
    }

    fn is_exact(&self, p: f64) -> bool {
        p <= self.smallest() + 1e-14 * self.ground.as_ref().map_or(1.0, DMatrix::max)
    }

    fn is_nearest(&self, y: usize, z: usize) -> bool {
        self.ground.as_ref().map_or(y == z, |ground| ground[(y, z)] == ground.column(z).min())
    }

    /// Whether an output within P may have letter y.
    pub(crate) fn is_usable(&self, y: usize, p: f64) -> bool {
        let occurs = |z: &usize| self.target()[*z] > 0.0;
        let all = p.is_infinite() || (!self.is_exact(p) && self.ground.is_some());
        all || (0..self.target().len()).filter(occurs).any(|z| self.is_nearest(y, z))
    }

    /// The smallest divergence of all outputs.
    pub(crate) fn smallest(&self) -> f64 {
        let least = |z: usize| self.ground.as_ref().map_or(0.0, |ground| ground.column(z).min());
        self.target().iter().enumerate().map(|(z, t)| t * least(z)).sum()
    }

    /// An output that has it.
    pub(crate) fn nearest(&self) -> DVector<f64> {
        let m = self.perception.letters();
        let Some(ground) = &self.ground else { return self.target().clone() };
        let mut output = DVector::zeros(m);
        for (z, t) in self.target().iter().enumerate() {
            output[ground.column(z).imin()] += t;
        }
        output
    }
}
