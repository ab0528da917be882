//! What is left of a [`Flow`] in the Newton equations once its flows are eliminated.
//!
//! It is the quadratic form `sum_e w_e (c_e dprice - dphi_from + dphi_to)^2` with `w = f / u`, whose
//! weights grow like 1 / mu where a way is used. So that nothing of the rest is lost beside them, potentials move
//! along with the price, `dphi = dphi' + theta dprice`, where theta is what the ways in use want; what is left for the price is
//! small, and the constraint looks like one on the linear cost theta.

use super::flow::{Flow, along, fall};
use super::spanning_tree::{Tree, Weights};
use crate::numerics::cholesky::Cholesky;
use crate::subproblem::output_constraint::{Bounded, Way};
use nalgebra::{DMatrix, DVector};

/// Weights this many times the lightest of a tree are heavy.
const LIGHT: f64 = 1e4;

/// What is added to a singular diagonal, relative to it.
const RIDGE: f64 = 1e-13;

/// The quadratic form that the ways make of steps of the potential.
#[derive(Debug)]
pub(crate) struct Barrier<'a> {
    flow: &'a Flow,
    bounded: &'a Bounded<'a>,
    pub(crate) tree: Tree,
    pub(crate) weights: Weights,
    /// How the nodes move with the price; `None` if it is not free.
    theta: Option<DVector<f64>>,
    /// The weight that is left for the price.
    pub(crate) rest: f64,
}

/// What the nodes and the price miss, and the targets that the flows were given.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) nodes: DVector<f64>,
    pub(crate) price: f64,
    targets: DVector<f64>,
    slack_target: f64,
}

impl<'a> Barrier<'a> {
    pub(crate) fn new(flow: &'a Flow, bounded: &'a Bounded<'a>) -> Self {
        let nodes = flow.phi.len();
        let (tree, weights, theta, rest) = if flow.smooth {
            let theta = DVector::from_vec(flow.logs(bounded.marginal.target()));
            (Tree::star(nodes), Weights::Diagonal(&flow.flows / flow.price), theta, 0.0)
        } else {
            let w = flow.flows.component_div(&flow.gaps);
            if bounded.far_nodes() > 0 {
                transport(bounded, &w, nodes, flow.largest(bounded))
            } else {
                pairs(bounded, &w, nodes)
            }
        };
        let (theta, rest) =
            if flow.exact { (None, 0.0) } else { (Some(theta), rest + flow.slack / flow.price) };
        Self { flow, bounded, tree, weights, theta, rest }
    }

    /// How the letters' potentials move with the price.
    pub(crate) fn theta(&self) -> Option<DVector<f64>> {
        let letters = self.flow.letters(self.bounded);
        self.theta.as_ref().map(|theta| theta.rows(0, letters).into_owned())
    }

    /// What is missing once products are at their targets: mu, less the second-order terms of `affine`.
    pub(crate) fn missing(&self, output: &DVector<f64>, mu: f64, affine: Option<&Flow>) -> Missing {
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
        let nodes = self.flow.missing(self.bounded, output, &wanted);
        let along_theta = self.theta.as_ref().map_or(0.0, |theta| theta.dot(&nodes));
        let over = self.spent(&wanted) - self.bounded.budget;
        let price =
            if self.theta.is_some() { over + slack_target / price - along_theta } else { 0.0 };
        Missing { nodes, price, targets, slack_target }
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

    /// The direction whose potential steps are `nodes` beside what they move with the price.
    pub(crate) fn direction(&self, missing: &Missing, nodes: &DVector<f64>, price: f64) -> Flow {
        let mut phi = nodes.clone();
        if let Some(theta) = &self.theta {
            phi.axpy(price, theta, 1.0);
        }
        let Flow { flows, gaps, price: at, slack, .. } = self.flow;
        let gap = |way: &Way| price * way.cost - fall(&phi, way);
        let d_gaps = DVector::from_iterator(gaps.len(), self.bounded.ways.iter().map(gap));
        let d_flows = if self.flow.smooth {
            // What the flow wants, and how it follows its potential beyond what goes with the price.
            &missing.targets - flows + flows.component_mul(nodes) / *at
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

/// The tree of the ways, their weights along it, theta and the weight that is left for the price.
type Form = (Tree, Weights, DVector<f64>, f64);

/// Ways that come in pairs, there and back, along a tree: none is beside another.
fn pairs(bounded: &Bounded<'_>, w: &DVector<f64>, nodes: usize) -> Form {
    let count = bounded.ways.len() / 2;
    let pair = |i: usize| (w[2 * i], w[2 * i + 1], bounded.ways[2 * i].cost);
    let both = DVector::from_fn(count, |i, _| pair(i).0 + pair(i).1);
    let wanted = DVector::from_fn(count, |i, _| pair(i).2 * (pair(i).0 - pair(i).1) / both[i]);
    let left = |i: usize| 4.0 * pair(i).2.powi(2) * pair(i).0 * pair(i).1 / both[i];
    let rest = (0..count).map(left).sum();
    if bounded.is_line() {
        let tree = Tree::path(nodes);
        // Ways run from the parent to the child.
        let theta = tree.up(&-wanted);
        (tree, Weights::Diagonal(both), theta, rest)
    } else if count > 0 {
        (Tree::star(nodes), Weights::Diagonal(both), wanted, rest)
    } else {
        (Tree::star(nodes), Weights::Diagonal(DVector::zeros(nodes)), DVector::zeros(nodes), 0.0)
    }
}

/// Ways between every letter and every far node.
fn transport(bounded: &Bounded<'_>, w: &DVector<f64>, nodes: usize, root: usize) -> Form {
    let ends = |way: &Way| way.from.zip(way.to);
    let mut joined = DMatrix::zeros(nodes, nodes);
    for ((a, b), w) in bounded.ways.iter().filter_map(ends).zip(w) {
        joined[(a, b)] = *w;
        joined[(b, a)] = *w;
    }
    let tree = Tree::heaviest(&joined, root);
    let depths = tree.depths();
    // Sums over subtrees are quick but cancel; ways that would drown others go step by step.
    let light = LIGHT * tree.lightest(&joined);
    let mut laplacian = DMatrix::zeros(nodes, nodes);
    let mut supplied = DVector::zeros(nodes);
    let mut heavy = Vec::new();
    for (way, &w) in bounded.ways.iter().zip(w) {
        let Some((from, to)) = ends(way) else { continue };
        if w > light {
            heavy.push((from, to, way.cost, w));
            continue;
        }
        laplacian[(from, to)] -= w;
        laplacian[(to, from)] -= w;
        laplacian[(from, from)] += w;
        laplacian[(to, to)] += w;
        along(way, w * way.cost, &mut supplied);
    }
    let mut form = tree.across(tree.across(laplacian).transpose());
    let mut wanted = tree.down(&supplied);
    let mut steps = Vec::new();
    for &(from, to, cost, w) in &heavy {
        tree.between(from, to, &depths, &mut steps);
        for &(i, of_i) in &steps {
            wanted[i] += of_i * w * cost;
            for &(j, of_j) in &steps {
                form[(i, j)] += of_i * of_j * w;
            }
        }
    }
    let mut theta = DVector::zeros(tree.steps());
    if let Some(factor) = Cholesky::with_ridges(&form, &[RIDGE], &DVector::zeros(tree.steps())) {
        factor.solve_mut(&mut wanted);
        theta = wanted;
    }
    let of_nodes = tree.up(&theta);
    let light_ways = bounded.ways.iter().zip(w).filter(|(_, w)| **w <= light);
    let mut rest: f64 =
        light_ways.map(|(way, w)| w * (way.cost - fall(&of_nodes, way)).powi(2)).sum();
    for &(from, to, cost, w) in &heavy {
        tree.between(from, to, &depths, &mut steps);
        let step: f64 = steps.iter().map(|&(i, sign)| sign * theta[i]).sum();
        rest += w * (cost - step).powi(2);
    }
    (tree, Weights::Dense(form), of_nodes, rest)
}
