//! A constraint on the output pmf: the potential that prices it, its support function, and the network that carries it.
//!
//! By duality a constraint on the output pmf is a potential g on the reproduction letters. For every channel with
//! `d(q_W, target) <= P`, for every g, and with h and the price that suit them,
//!
//! ```text
//! sum_y q_W(y) g_y <= toll(g, price, P)
//!
//! total variation         sum_y target_y g_y + price P     price = max g - min g
//! Wasserstein-1           sum_y target_y g_y + price P     price = max_y |g_(y+1) - g_y| / (x_(y+1) - x_y)
//! transport, cost C       sum_z target_z h_z + price P     h_z = max_y (g_y - price C(y, z))
//! Kullback-Leibler        price log sum_y target_y exp(g_y / price) + price P
//! ```
//!
//! All but the last are flows on a network that carry what q has too much to where the target wants it.

use super::thresholds::FINITE_PRICE;
use crate::model::scaled_perception::{Ground, Marginal, TIE};
use crate::numerics::information::log_sum;
use crate::numerics::scaling::SMALLEST;
use crate::numerics::transport::transport;
use nalgebra::{DMatrix, DVector};

/// A way for probability out of one node of a network into another, at a cost. Nodes are the reproduction letters, then the
/// letters of the target where these are others; `None` is a node that takes and gives what it likes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) from: Option<usize>,
    pub(crate) to: Option<usize>,
    pub(crate) cost: f64,
}

/// A potential on the output letters with its price, what one more unit of the divergence would save; in nats.
#[derive(Debug, Clone)]
pub(crate) struct Potential {
    pub(crate) g: DVector<f64>,
    pub(crate) price: f64,
}

impl Potential {
    /// That of a marginal that is not constrained.
    pub(crate) fn none(letters: usize) -> Self {
        Self { g: DVector::zeros(letters), price: 0.0 }
    }
}

/// A marginal and how far from its target the output pmf may be.
#[derive(Debug, Clone)]
pub(crate) struct Bounded<'a> {
    pub(crate) marginal: &'a Marginal,
    /// Scaled.
    pub(crate) budget: f64,
    /// Whether the budget is the smallest there is, so that nothing can be traded for it.
    pub(crate) exact: bool,
    /// What rounding has put the budget above the smallest one where it counts as that; scaled.
    pub(crate) above: f64,
    pub(crate) ways: Vec<Way>,
}

impl<'a> Bounded<'a> {
    /// The constraint for a budget in the caller's units, `None` if every output pmf meets it, an error with the smallest
    /// budget if none does.
    pub(crate) fn new(marginal: &'a Marginal, budget: f64) -> Result<Option<Self>, f64> {
        let scaled = marginal.scaled_budget(budget);
        let rounding = TIE * marginal.offset / marginal.scale;
        if scaled < -rounding {
            return Err(marginal.offset);
        }
        if scaled >= marginal.dearest {
            return Ok(None);
        }
        let exact = scaled <= rounding;
        let (budget, above) = if exact { (0.0, scaled.max(0.0)) } else { (scaled, 0.0) };
        Ok(Some(Self { marginal, budget, above, exact, ways: ways(marginal, exact) }))
    }
}

/// The ways of the network on which a divergence is the cost of a flow; at the smallest budget those that cost nothing.
fn ways(marginal: &Marginal, exact: bool) -> Vec<Way> {
    let both = |from: Option<usize>, to: Option<usize>, cost: f64| {
        [Way { from, to, cost }, Way { from: to, to: from, cost }]
    };
    let m = marginal.perception.letters();
    match &marginal.ground {
        Ground::Transport(above) => (0..above.ncols())
            .filter(|&z| marginal.perception.target[z] > 0.0)
            .flat_map(|z| (0..m).map(move |y| (y, z)))
            .filter(|&at| !exact || above[at] == 0.0)
            .map(|(y, z)| Way { from: Some(y), to: Some(m + z), cost: above[(y, z)] })
            .collect(),
        _ if exact => Vec::new(),
        Ground::TotalVariation => (0..m).flat_map(|y| both(Some(y), None, 0.5)).collect(),
        Ground::Line(gaps) => {
            let link = |(y, &gap): (usize, &f64)| both(Some(y), Some(y + 1), gap);
            gaps.iter().enumerate().flat_map(link).collect()
        }
        Ground::KullbackLeibler => Vec::new(),
    }
}

impl Bounded<'_> {
    /// What rounding makes of a scaled divergence.
    pub(crate) fn rounding(&self) -> f64 {
        let letters = self.marginal.target().len() as f64;
        f64::EPSILON * letters * (1.0 + self.marginal.dearest.min(letters))
    }

    /// What the last digits of the scaled budget, and of the divergences it is compared with, amount to.
    pub(crate) fn budget_rounding(&self) -> f64 {
        if self.exact {
            return 0.0;
        }
        let budget = self.budget + self.marginal.offset / self.marginal.scale;
        4.0 * f64::EPSILON * budget + self.rounding()
    }

    /// Whether it is the Kullback-Leibler divergence, whose constraint is smooth, with something to trade.
    pub(crate) fn is_smooth(&self) -> bool {
        matches!(self.marginal.ground, Ground::KullbackLeibler) && !self.exact
    }

    /// The number of target letters that are nodes of their own.
    pub(crate) fn far_nodes(&self) -> usize {
        if self.is_transport() { self.marginal.target().len() } else { 0 }
    }

    fn is_transport(&self) -> bool {
        matches!(self.marginal.ground, Ground::Transport(_))
    }

    /// Whether some output pmf within the budget has letter y.
    pub(crate) fn is_usable(&self, y: usize) -> bool {
        let target = self.marginal.target();
        match &self.marginal.ground {
            // However unlikely the target's letter is, the divergence at it is finite.
            Ground::KullbackLeibler if !self.exact => target[y] > 0.0,
            Ground::Transport(_) => self.ways.iter().any(|way| way.from == Some(y)),
            Ground::TotalVariation | Ground::Line(_) | Ground::KullbackLeibler => {
                !self.exact || target[y] > SMALLEST
            }
        }
    }

    /// Whether letter z of the target is one that the output pmf has to account for.
    pub(crate) fn is_wanted(&self, z: usize) -> bool {
        if self.is_transport() { self.marginal.target()[z] > 0.0 } else { self.is_usable(z) }
    }

    /// The one output pmf within the budget, `None` where there are several.
    pub(crate) fn given(&self) -> Option<DVector<f64>> {
        let target = self.marginal.target();
        let is_alone = match &self.marginal.ground {
            Ground::Transport(above) => above
                .column_iter()
                .zip(target)
                .all(|(costs, p)| *p == 0.0 || costs.iter().filter(|c| **c == 0.0).count() == 1),
            Ground::TotalVariation | Ground::Line(_) | Ground::KullbackLeibler => true,
        };
        (self.exact && is_alone).then(|| self.wanted())
    }

    /// The potential g with the smallest price that goes with it; `price` is what a price that is free to choose was found to
    /// be.
    pub(crate) fn priced(&self, g: DVector<f64>, price: f64) -> Potential {
        let price = match &self.marginal.ground {
            Ground::TotalVariation => g.max() - g.min(),
            Ground::Line(gaps) => {
                let slopes = gaps.iter().enumerate().map(|(y, gap)| (g[y + 1] - g[y]).abs() / gap);
                slopes.fold(0.0, f64::max)
            }
            Ground::KullbackLeibler if self.exact => {
                (g.max() - g.min()).powi(2) / (8.0 * FINITE_PRICE)
            }
            Ground::Transport(above) if self.exact => self.steepest(&g, above),
            Ground::KullbackLeibler | Ground::Transport(_) => price,
        };
        Potential { g, price }
    }

    /// The price from which on the ways of the smallest budget are the best.
    fn steepest(&self, g: &DVector<f64>, above: &DMatrix<f64>) -> f64 {
        let slopes =
            above.column_iter().enumerate().filter(|(z, _)| self.marginal.target()[*z] > 0.0);
        let of_letter = |(_, costs): (usize, nalgebra::DVectorView<'_, f64>)| {
            let ties = costs.iter().zip(g).filter(|(cost, _)| **cost == 0.0);
            let h = ties.map(|(_, g)| *g).fold(f64::NEG_INFINITY, f64::max);
            let dearer = costs.iter().zip(g).filter(|(cost, _)| **cost > 0.0);
            dearer.map(|(cost, g)| (g - h) / cost).fold(0.0, f64::max)
        };
        slopes.map(of_letter).fold(0.0, f64::max)
    }

    /// What no channel within the budget has more of than `sum_y q_W(y) g_y`.
    pub(crate) fn toll(&self, potential: &Potential) -> f64 {
        let (target, Potential { g, price }) = (self.marginal.target(), potential);
        let mean = match &self.marginal.ground {
            Ground::TotalVariation | Ground::Line(_) => target.dot(g),
            Ground::KullbackLeibler if self.exact => target.dot(g),
            Ground::KullbackLeibler => log_mean(g, target, *price),
            Ground::Transport(above) => {
                let best = |costs: nalgebra::DVectorView<'_, f64>| {
                    let each = costs.iter().zip(g).map(|(cost, g)| g - price * cost);
                    each.fold(f64::NEG_INFINITY, f64::max)
                };
                above.column_iter().zip(target).map(|(costs, p)| p * best(costs)).sum()
            }
        };
        mean + price * self.budget + self.surcharge(*price)
    }

    /// What the toll takes for a finite price at the smallest budget, and for rounding that has put the budget above that.
    pub(crate) fn surcharge(&self, price: f64) -> f64 {
        let is_finite = self.exact && matches!(self.marginal.ground, Ground::KullbackLeibler);
        price * self.above + if is_finite { FINITE_PRICE } else { 0.0 }
    }

    /// The output pmf of the smallest divergence; one of them, where there are several.
    pub(crate) fn wanted(&self) -> DVector<f64> {
        let target = self.marginal.target();
        let Ground::Transport(above) = &self.marginal.ground else { return target.clone() };
        let mut wanted = DVector::zeros(above.nrows());
        for (costs, p) in above.column_iter().zip(target) {
            wanted[costs.imin()] += p;
        }
        wanted
    }

    /// An output pmf within the budget, close to `output`.
    pub(crate) fn nearest(&self, output: &DVector<f64>) -> DVector<f64> {
        let marginal = self.marginal;
        let target = marginal.target();
        if let Ground::Transport(above) = &marginal.ground {
            let ground = |y, z| above[(y, z)];
            let plan = transport(output.as_slice(), target.as_slice(), ground);
            if !self.exact && plan.cost <= self.budget {
                return output.clone();
            }
            // Where every letter of the target comes from reproductions next to it, nothing is paid.
            let mut free = DVector::zeros(output.len());
            for ((costs, sent), p) in above.column_iter().zip(plan.plan.column_iter()).zip(target) {
                let near = costs.zip_map(&sent, |cost, w| if cost == 0.0 { w } else { 0.0 });
                let total = near.sum();
                if total > 0.0 {
                    free.axpy(p / total, &near, 1.0);
                } else {
                    free[costs.imin()] += p;
                }
            }
            let share = if self.exact { 0.0 } else { self.budget / plan.cost };
            return share * output + (1.0 - share) * free;
        }
        if self.exact {
            // A divergence that rounds to zero may be one of pmfs that differ.
            return target.clone();
        }
        let divergence = marginal.divergence(output);
        if divergence <= self.budget {
            return output.clone();
        }
        let share = self.budget / divergence;
        share * output + (1.0 - share) * target
    }
}

/// `price log sum_y p_y exp(g_y / price)`, without losing digits to a large price; the largest of g at price 0.
fn log_mean(g: &DVector<f64>, p: &DVector<f64>, price: f64) -> f64 {
    let most = g.max();
    if !(price > 0.0) {
        return most;
    }
    let mean = p.dot(g);
    if most - g.min() < price {
        let above = g.iter().zip(p).map(|(g, p)| p * ((g - mean) / price).exp_m1());
        mean + price * above.sum::<f64>().ln_1p()
    } else {
        let terms = g.iter().zip(p).map(|(g, p)| (*p, (g - most) / price));
        let tilted: f64 = terms.clone().map(|(p, a)| p * a.exp()).sum();
        let log = if tilted > SMALLEST { tilted.ln() } else { log_sum(terms) };
        most + price * log
    }
}
