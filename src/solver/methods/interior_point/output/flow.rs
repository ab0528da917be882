//! A marginal constraint inside the interior-point method: potentials on the nodes of its network, and what flows on its
//! ways.
//!
//! ```text
//! price c_e - (phi_from - phi_to) = u_e >= 0,   u_e f_e = mu                            for each way e
//! q_W(y) - target_y - (sum of f out of y) + (sum of f into y) = 0                       for each node
//! P - sum_e c_e f_e               = v >= 0,     v price = mu
//! ```
//!
//! The Kullback-Leibler divergence has no ways. What flows is the output pmf itself, `price log(f_y / target_y) = g_y`: as an
//! equation for g, which is almost linear, not for f, which is exponential.

use crate::numerics::information::{self, log_quotient};
use crate::subproblem::output_constraint::{Bounded, Potential, Way};
use nalgebra::DVector;

/// The complementarity of the ways at the start.
const FIRST_FLOW: f64 = 1.0;

/// The potential of the far nodes at the start, so that ways without a cost are open.
const FIRST_FAR: f64 = 0.5;

/// Potentials and flows.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    /// Potentials of the nodes: the reproduction letters first.
    pub(crate) phi: DVector<f64>,
    pub(crate) price: f64,
    /// The slack v of the budget.
    pub(crate) slack: f64,
    pub(crate) flows: DVector<f64>,
    pub(crate) gaps: DVector<f64>,
    /// Whether the budget is the smallest there is, so that there is no price.
    pub(crate) exact: bool,
    pub(crate) smooth: bool,
}

impl Flow {
    pub(crate) fn start(bounded: &Bounded<'_>, m: usize) -> Self {
        let far = bounded.far_nodes();
        let phi = DVector::from_fn(m + far, |i, _| if i < m { 0.0 } else { FIRST_FAR });
        let price = if bounded.exact { 0.0 } else { 1.0 };
        let gap = |way: &Way| price * way.cost - fall(&phi, way);
        let gaps = DVector::from_iterator(bounded.ways.len(), bounded.ways.iter().map(gap));
        let flows = if bounded.is_smooth() {
            bounded.marginal.target().clone()
        } else {
            gaps.map(|gap| FIRST_FLOW / (m as f64 * gap))
        };
        let slack = (0.1 * bounded.budget).max(0.01);
        Self { phi, price, slack, flows, gaps, exact: bounded.exact, smooth: bounded.is_smooth() }
    }

    /// The number of reproduction letters.
    pub(crate) fn letters(&self, bounded: &Bounded<'_>) -> usize {
        self.phi.len() - bounded.far_nodes()
    }

    pub(crate) fn potential(&self, bounded: &Bounded<'_>) -> Potential {
        let g = self.phi.rows(0, self.letters(bounded)).into_owned();
        bounded.priced(g, self.price)
    }

    /// The sum of the complementary products, and how many there are.
    pub(crate) fn complementarity(&self) -> (f64, f64) {
        let traded = if self.exact { 0.0 } else { 1.0 };
        (self.products() + traded * self.price * self.slack, self.gaps.len() as f64 + traded)
    }

    fn products(&self) -> f64 {
        if self.smooth { 0.0 } else { self.flows.dot(&self.gaps) }
    }

    /// The longest step, at most 1, of which `share` of the way keeps everything positive.
    pub(crate) fn longest_step(&self, direction: &Self, share: f64) -> f64 {
        let limit = |v: f64, dv: f64| if dv < 0.0 { -share * v / dv } else { 1.0 };
        let each = |v: &DVector<f64>, dv: &DVector<f64>| {
            v.iter().zip(dv).map(|(v, dv)| limit(*v, *dv)).fold(1.0, f64::min)
        };
        let ways = each(&self.flows, &direction.flows).min(each(&self.gaps, &direction.gaps));
        if self.exact {
            return ways;
        }
        ways.min(limit(self.price, direction.price)).min(limit(self.slack, direction.slack))
    }

    /// By how much the flow of each letter misses its potential, where smooth.
    pub(crate) fn bend(&self, target: &DVector<f64>) -> DVector<f64> {
        let g = self.phi.iter();
        let each = self.logs(target).into_iter().zip(g).map(|(log, g)| self.price * log - g);
        DVector::from_iterator(target.len(), each)
    }

    /// `log(f_y / target_y)`, 0 for letters that the target does not have.
    pub(crate) fn logs(&self, target: &DVector<f64>) -> Vec<f64> {
        let log = |(f, p): (&f64, &f64)| if *p > 0.0 { log_quotient(*f, *p) } else { 0.0 };
        self.flows.iter().zip(target).map(log).collect()
    }

    pub(crate) fn moved(&self, step: f64, direction: &Self) -> Self {
        Self {
            phi: &self.phi + step * &direction.phi,
            price: self.price + step * direction.price,
            slack: self.slack + step * direction.slack,
            flows: &self.flows + step * &direction.flows,
            gaps: &self.gaps + step * &direction.gaps,
            ..*self
        }
    }

    /// The output pmf that the flows (or, where smooth, the potential) ask for, and the far nodes' balance; less what there is.
    pub(crate) fn missing(
        &self,
        bounded: &Bounded<'_>,
        output: &DVector<f64>,
        flows: &DVector<f64>,
    ) -> DVector<f64> {
        let m = output.len();
        let target = bounded.marginal.target();
        let mut missing = DVector::zeros(self.phi.len());
        missing.rows_mut(0, m).axpy(-1.0, output, 0.0);
        if bounded.is_smooth() {
            missing += flows;
        } else {
            missing.rows_mut(self.phi.len() - target.len(), target.len()).axpy(1.0, target, 1.0);
        }
        for (way, f) in bounded.ways.iter().zip(flows) {
            along(way, *f, &mut missing);
        }
        missing
    }

    /// What the divergence is by the flows.
    pub(crate) fn spent(&self, bounded: &Bounded<'_>, flows: &DVector<f64>) -> f64 {
        if !bounded.is_smooth() {
            return bounded.ways.iter().zip(flows).map(|(way, f)| way.cost * f).sum();
        }
        let target = bounded.marginal.target();
        information::divergence_nats(flows, target)
    }

    /// The letter that most flows out of.
    pub(crate) fn largest(&self, bounded: &Bounded<'_>) -> usize {
        let mut sent = DVector::zeros(self.phi.len());
        bounded.ways.iter().zip(&self.flows).for_each(|(way, f)| along(way, *f, &mut sent));
        sent.imax()
    }

    /// Whether the constraint is on its way to inactive.
    pub(crate) fn is_idle(&self) -> bool {
        !self.exact && self.price < self.slack
    }

    /// What the output pmf is off by and the budget is exceeded by, in nats.
    pub(crate) fn off(&self, bounded: &Bounded<'_>, output: &DVector<f64>) -> f64 {
        let missing = self.missing(bounded, output, &self.flows).lp_norm(1);
        let over = self.spent(bounded, &self.flows) - bounded.budget;
        missing * self.phi.amax() + self.price * over.max(0.0)
    }

    /// Residuals and complementarity, in nats.
    pub(crate) fn merit(&self, bounded: &Bounded<'_>, output: &DVector<f64>) -> f64 {
        let missing = self.missing(bounded, output, &self.flows);
        let scale = 1.0 + self.price;
        let mut merit = scale * missing.lp_norm(1) + self.products();
        if self.smooth {
            merit += self.bend(bounded.marginal.target()).component_mul(&self.flows).lp_norm(1);
        }
        if !bounded.exact {
            let left = bounded.budget - self.spent(bounded, &self.flows);
            merit += self.price * ((left - self.slack).abs() + self.slack);
        }
        merit
    }
}

/// `phi_from - phi_to`.
pub(crate) fn fall(phi: &DVector<f64>, way: &Way) -> f64 {
    let at = |node: Option<usize>| node.map_or(0.0, |node| phi[node]);
    at(way.from) - at(way.to)
}

/// Adds `value` at the start of a way and takes it at its end.
pub(crate) fn along(way: &Way, value: f64, nodes: &mut DVector<f64>) {
    if let Some(from) = way.from {
        nodes[from] += value;
    }
    if let Some(to) = way.to {
        nodes[to] -= value;
    }
}
