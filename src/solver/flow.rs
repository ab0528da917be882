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
//!
//! Eliminating the flows leaves the quadratic form `sum_e w_e (c_e dprice - dphi_from + dphi_to)^2` with `w = f / u`, whose
//! weights grow like 1 / mu where a way is used. So that nothing of the rest is lost beside them, potentials move
//! along with the price, `dphi = dphi' + theta dprice`, where theta is what the ways in use want; what is left for the price is
//! small, and the constraint looks like one on the linear cost theta.

use super::cholesky::Cholesky;
use crate::marginal::{Bounded, Potential, Way};
use nalgebra::{DMatrix, DVector};

/// The complementarity of the ways at the start.
const FIRST_FLOW: f64 = 0.1;

/// The potential of the far nodes at the start, so that ways without a cost are open.
const FIRST_FAR: f64 = 0.5;

/// What is added to a singular diagonal, relative to it.
const RIDGE: f64 = 1e-13;

/// Potentials and flows.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    /// Potentials of the nodes: the reproduction letters first.
    phi: DVector<f64>,
    pub(super) price: f64,
    /// The slack v of the budget.
    pub(super) slack: f64,
    flows: DVector<f64>,
    gaps: DVector<f64>,
    /// Whether the budget is the smallest there is, so that there is no price.
    exact: bool,
    smooth: bool,
}

impl Flow {
    pub(super) fn start(bounded: &Bounded<'_>, m: usize) -> Self {
        let far = bounded.far_nodes();
        let phi = DVector::from_fn(m + far, |i, _| if i < m { 0.0 } else { FIRST_FAR });
        let price = if bounded.exact { 0.0 } else { 1.0 };
        let gap = |way: &Way| price * way.cost - drop(&phi, way);
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
    fn letters(&self, bounded: &Bounded<'_>) -> usize {
        self.phi.len() - bounded.far_nodes()
    }

    pub(super) fn potential(&self, bounded: &Bounded<'_>) -> Potential {
        let g = self.phi.rows(0, self.letters(bounded)).into_owned();
        bounded.priced(g, self.price)
    }

    /// The sum of the complementary products, and how many there are.
    pub(super) fn complementarity(&self) -> (f64, f64) {
        let traded = if self.exact { 0.0 } else { 1.0 };
        (self.products() + traded * self.price * self.slack, self.gaps.len() as f64 + traded)
    }

    fn products(&self) -> f64 {
        if self.smooth { 0.0 } else { self.flows.dot(&self.gaps) }
    }

    /// Raises factors of products that have fallen below `least`.
    pub(super) fn lift(&mut self, least: f64) {
        if !self.smooth {
            self.flows.zip_apply(&self.gaps, |f, u| *f = f.max(least / u));
        }
        if !self.exact {
            self.slack = self.slack.max(least / self.price);
        }
    }

    /// The longest step, at most 1, of which `share` of the way keeps everything positive.
    pub(super) fn longest_step(&self, direction: &Self, share: f64) -> f64 {
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
    fn bend(&self, target: &DVector<f64>) -> DVector<f64> {
        let g = self.phi.iter();
        let each = self.logs(target).into_iter().zip(g).map(|(log, g)| self.price * log - g);
        DVector::from_iterator(target.len(), each)
    }

    /// `log(f_y / target_y)`, 0 for letters that the target does not have.
    fn logs(&self, target: &DVector<f64>) -> Vec<f64> {
        let log = |(f, p): (&f64, &f64)| if *p > 0.0 { (f / p).ln() } else { 0.0 };
        self.flows.iter().zip(target).map(log).collect()
    }

    pub(super) fn moved(&self, step: f64, direction: &Self) -> Self {
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
    fn missing(
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
    fn spent(&self, bounded: &Bounded<'_>, flows: &DVector<f64>) -> f64 {
        if !bounded.is_smooth() {
            return bounded.ways.iter().zip(flows).map(|(way, f)| way.cost * f).sum();
        }
        let target = bounded.marginal.target();
        let logs = self.logs(target).into_iter();
        logs.zip(flows).zip(target).map(|((log, f), p)| f * log - f + p).sum()
    }

    /// Whether the constraint is on its way to inactive.
    pub(super) fn is_idle(&self) -> bool {
        !self.exact && self.price < self.slack
    }

    /// What the output pmf is off by and the budget is exceeded by, in nats.
    pub(super) fn off(&self, bounded: &Bounded<'_>, output: &DVector<f64>) -> f64 {
        let missing = self.missing(bounded, output, &self.flows).lp_norm(1);
        let over = self.spent(bounded, &self.flows) - bounded.budget;
        missing * self.phi.amax() + self.price * over.max(0.0)
    }

    /// Residuals and complementarity, in nats.
    pub(super) fn merit(&self, bounded: &Bounded<'_>, output: &DVector<f64>) -> f64 {
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
fn drop(phi: &DVector<f64>, way: &Way) -> f64 {
    let at = |node: Option<usize>| node.map_or(0.0, |node| phi[node]);
    at(way.from) - at(way.to)
}

/// Adds `value` at the start of a way and takes it at its end.
fn along(way: &Way, value: f64, nodes: &mut DVector<f64>) {
    if let Some(from) = way.from {
        nodes[from] += value;
    }
    if let Some(to) = way.to {
        nodes[to] -= value;
    }
}

/// The coordinates of potential steps in which the weights of the ways lie on the diagonal, if there are such.
#[derive(Debug, Clone)]
pub(super) enum Weights {
    /// Of each letter's own potential.
    Letters(DVector<f64>),
    /// Of the differences between neighbours.
    Links(DVector<f64>),
    /// Any, m x m.
    Dense(DMatrix<f64>),
}

/// The quadratic form that the ways make of steps of the potential.
#[derive(Debug)]
pub(super) struct Barrier<'a> {
    flow: &'a Flow,
    bounded: &'a Bounded<'a>,
    pub(super) weights: Weights,
    /// How the nodes move with the price; `None` if it is not free.
    theta: Option<DVector<f64>>,
    /// The weight that is left for the price.
    pub(super) rest: f64,
    /// The diagonal block of the far nodes, and the weights between them and the letters (m x k).
    far: DVector<f64>,
    between: DMatrix<f64>,
    m: usize,
}

/// What the letters, the price and the far nodes miss, each with the flows at their targets.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) letters: DVector<f64>,
    pub(super) price: f64,
    far: DVector<f64>,
    targets: DVector<f64>,
    slack_target: f64,
}

impl<'a> Barrier<'a> {
    pub(super) fn new(flow: &'a Flow, bounded: &'a Bounded<'a>) -> Self {
        let m = flow.letters(bounded);
        let w = if flow.smooth {
            &flow.flows / flow.price
        } else {
            flow.flows.component_div(&flow.gaps)
        };
        let mut barrier = Self {
            flow,
            bounded,
            weights: Weights::Letters(DVector::zeros(m)),
            theta: None,
            rest: 0.0,
            far: DVector::zeros(0),
            between: DMatrix::zeros(m, 0),
            m,
        };
        let mut theta = DVector::zeros(flow.phi.len());
        if bounded.is_smooth() {
            theta = DVector::from_vec(flow.logs(bounded.marginal.target()));
            barrier.weights = Weights::Letters(w);
        } else if bounded.far_nodes() > 0 {
            barrier.transport(&w, &mut theta);
        } else {
            // Ways come in pairs, there and back.
            let pairs = bounded.ways.len() / 2;
            let pair = |i: usize| (w[2 * i], w[2 * i + 1], bounded.ways[2 * i].cost);
            let both = DVector::from_fn(pairs, |i, _| pair(i).0 + pair(i).1);
            let wanted = |i: usize| pair(i).2 * (pair(i).0 - pair(i).1) / both[i];
            barrier.rest =
                (0..pairs).map(|i| 4.0 * pair(i).2.powi(2) * pair(i).0 * pair(i).1 / both[i]).sum();
            if bounded.is_line() {
                (0..pairs).for_each(|i| theta[i + 1] = theta[i] - wanted(i));
                barrier.weights = Weights::Links(both);
            } else if pairs > 0 {
                (0..pairs).for_each(|i| theta[i] = wanted(i));
                barrier.weights = Weights::Letters(both);
            }
        }
        if !bounded.exact {
            barrier.rest += flow.slack / flow.price;
            barrier.theta = Some(theta);
        }
        barrier
    }

    /// Ways from every letter to every far node; the far nodes, which have no ways between them, are eliminated.
    fn transport(&mut self, w: &DVector<f64>, theta: &mut DVector<f64>) {
        let (m, nodes) = (self.m, self.flow.phi.len());
        self.between = DMatrix::zeros(m, nodes - m);
        let mut wanted = DVector::zeros(nodes);
        for (way, w) in self.bounded.ways.iter().zip(w) {
            if let (Some(y), Some(node)) = (way.from, way.to) {
                self.between[(y, node - m)] = *w;
            }
            along(way, w * way.cost, &mut wanted);
        }
        let sums = self.between.row_sum_tr();
        // A letter that the target does not have is no end of any way.
        self.far = sums.map(|sum| if sum > 0.0 { sum } else { 1.0 });
        let mut scaled = self.between.clone();
        for (mut column, sum) in scaled.column_iter_mut().zip(&self.far) {
            column /= sum.sqrt();
        }
        let mut dense = -(&scaled * scaled.transpose());
        // Rows sum to zero: so computed, the diagonal has no cancellation.
        for y in 0..m {
            dense[(y, y)] = 0.0;
            dense[(y, y)] = -dense.row(y).sum();
        }
        if !self.bounded.exact {
            let near = wanted.rows(0, m)
                + &self.between * wanted.rows(m, nodes - m).component_div(&self.far);
            let mut ridged = dense.clone();
            for y in 0..m {
                ridged[(y, y)] = (1.0 + RIDGE) * ridged[(y, y)] + f64::MIN_POSITIVE;
            }
            if let Ok(factor) = Cholesky::new(ridged) {
                let mut letters = near;
                factor.solve_mut(&mut letters);
                let far = (wanted.rows(m, nodes - m) + self.between.tr_mul(&letters))
                    .component_div(&self.far);
                theta.rows_mut(0, m).copy_from(&letters);
                theta.rows_mut(m, nodes - m).copy_from(&far);
            }
            let left = |(way, w): (&Way, &f64)| w * (way.cost - drop(theta, way)).powi(2);
            self.rest = self.bounded.ways.iter().zip(w).map(left).sum();
        }
        self.weights = Weights::Dense(dense);
    }

    /// How the letters' potentials move with the price.
    pub(super) fn theta(&self) -> Option<DVector<f64>> {
        self.theta.as_ref().map(|theta| theta.rows(0, self.m).into_owned())
    }

    /// What is missing once products are at their targets: mu, less the second-order terms of `affine`.
    pub(super) fn missing(&self, output: &DVector<f64>, mu: f64, affine: Option<&Flow>) -> Missing {
        let Flow { flows, gaps, price, .. } = self.flow;
        let mut slack_target = mu;
        if let Some(affine) = affine {
            slack_target -= affine.price * affine.slack;
        }
        let (targets, wanted) = if self.flow.smooth {
            let bend = self.flow.bend(self.bounded.marginal.target());
            let wanted = flows - flows.component_mul(&bend) / *price;
            (wanted.clone(), wanted)
        } else {
            let mut targets = DVector::from_element(flows.len(), mu);
            if let Some(affine) = affine {
                targets -= affine.flows.component_mul(&affine.gaps);
            }
            let wanted = targets.component_div(gaps);
            (targets, wanted)
        };
        let mut nodes = self.flow.missing(self.bounded, output, &wanted);
        let along_theta = self.theta.as_ref().map_or(0.0, |theta| theta.dot(&nodes));
        let over = self.spent(&wanted) - self.bounded.budget;
        let price =
            if self.theta.is_some() { over + slack_target / price - along_theta } else { 0.0 };
        let far = nodes.rows(self.m, nodes.len() - self.m).into_owned();
        nodes = nodes.rows(0, self.m).into_owned();
        if !far.is_empty() {
            nodes += &self.between * far.component_div(&self.far);
        }
        Missing { letters: nodes, price, far, targets, slack_target }
    }

    /// What the divergence is at the flows `wanted`, to first order.
    fn spent(&self, wanted: &DVector<f64>) -> f64 {
        let Flow { flows, smooth, .. } = self.flow;
        if !*smooth {
            return self.flow.spent(self.bounded, wanted);
        }
        let slope = DVector::from_vec(self.flow.logs(self.bounded.marginal.target()));
        self.flow.spent(self.bounded, flows) + slope.dot(&(wanted - flows))
    }

    /// The direction whose potential steps are `letters` beside what they move with the price.
    pub(super) fn direction(&self, missing: &Missing, letters: &DVector<f64>, price: f64) -> Flow {
        let mut phi = DVector::zeros(self.flow.phi.len());
        phi.rows_mut(0, self.m).copy_from(letters);
        if !missing.far.is_empty() {
            let far = (self.between.tr_mul(letters) - &missing.far).component_div(&self.far);
            phi.rows_mut(self.m, far.len()).copy_from(&far);
        }
        if let Some(theta) = &self.theta {
            phi.axpy(price, theta, 1.0);
        }
        let Flow { flows, gaps, price: at, slack, .. } = self.flow;
        let gap = |way: &Way| price * way.cost - drop(&phi, way);
        let d_gaps = DVector::from_iterator(gaps.len(), self.bounded.ways.iter().map(gap));
        let d_flows = if self.flow.smooth {
            // What the flow wants, and how it follows its potential beyond what goes with the price.
            let own = DVector::from_fn(self.m, |y, _| letters[y]);
            &missing.targets - flows + flows.component_mul(&own) / *at
        } else {
            (&missing.targets - flows.component_mul(&d_gaps)).component_div(gaps) - flows
        };
        let d_slack = if self.theta.is_some() {
            (missing.slack_target - slack * price) / at - slack
        } else {
            0.0
        };
        Flow { phi, price, slack: d_slack, flows: d_flows, gaps: d_gaps, ..*self.flow }
    }
}
