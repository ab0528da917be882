//! The four divergences, written out.

use super::exact::{Sum, surplus};
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
    /// In twice the working precision where that is a sum of products: a price may be so large that P times the price has no
    /// digits left after the point.
    pub(crate) fn toll(&self, g: &DVector<f64>, price: f64, p: f64) -> Sum {
        let target = self.target();
        let occurring = || target.iter().enumerate().filter(|(_, t)| **t > 0.0);
        let mut toll = Sum::default();
        match &self.ground {
            Some(ground) => {
                for (z, t) in occurring() {
                    let paid = |y: usize| {
                        let mut paid = Sum::default();
                        paid.add(g[y]);
                        paid.add_product(-price, ground[(y, z)]);
                        paid
                    };
                    let most = (0..g.len()).map(paid).max_by(|a, b| a.minus(*b).total_cmp(&0.0));
                    toll.add_multiple(*t, most.unwrap());
                }
                // The target over its sum, which is 1 but for rounding.
                toll.add_multiple(-surplus(target), toll);
            }
            // The divergence is flat at 0: the output is the target.
            None if p == 0.0 => occurring().for_each(|(y, t)| toll.add_product(*t, g[y])),
            None => {
                let letters = (0..g.len()).filter(|&y| self.is_usable(y, p));
                toll.add(Self::log_mean(
                    &letters.map(|y| (target[y], g[y])).collect::<Vec<_>>(),
                    price,
                ));
            }
        }
        if price > 0.0 && p.is_finite() {
            toll.add_product(price, p);
        }
        toll
    }

    /// `price log2 sum t 2^(g / price)` of pairs (t, g), the largest g at price 0.
    fn log_mean(letters: &[(f64, f64)], price: f64) -> f64 {
        let most = letters.iter().map(|(_, g)| *g).fold(f64::NEG_INFINITY, f64::max);
        if !(price > 0.0) {
            return most;
        }
        let above = |g: f64| (g - most) / price * LN_2;
        let narrow = letters.iter().all(|(_, g)| above(*g) > -1.0);
        if narrow {
            // As differences from 1: the price may be so large that nothing else is left of the sum.
            let tilted: f64 = letters.iter().map(|(t, g)| t * above(*g).exp_m1()).sum();
            return most + price * tilted.ln_1p() / LN_2;
        }
        // As logarithms: the likely letters may add next to nothing, and the largest may be so rare that all underflows.
        let logs = letters.iter().filter(|(t, _)| *t > 0.0).map(|(t, g)| t.ln() + above(*g));
        let largest = logs.clone().fold(f64::NEG_INFINITY, f64::max);
        most + price * (largest + logs.map(|log| (log - largest).exp()).sum::<f64>().ln()) / LN_2
    }

    /// Whether an output within P may have letter y, whatever the price.
    pub(crate) fn is_usable(&self, y: usize, p: f64) -> bool {
        self.ground.is_some() || p.is_infinite() || self.target()[y] > 0.0
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
