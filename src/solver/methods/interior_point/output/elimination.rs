//! What is left of a [`Flow`] in the Newton equations once its flows are eliminated.
//!
//! It is the quadratic form `sum_e w_e (c_e dprice - dphi_from + dphi_to)^2` with `w = f / u`, whose
//! weights grow like 1 / mu where a way is used. So that nothing of the rest is lost beside them, potentials move
//! along with the price, `dphi = dphi' + theta dprice`, where theta is what the ways in use want; what is left for the price is
//! small, and the constraint looks like one on the linear cost theta.

use super::spanning_tree::{Tree, Weights};
use crate::numerics::cholesky::Cholesky;
use crate::solver::methods::interior_point::iterate::Iterate;
use crate::subproblem::network::Network;
use crate::subproblem::output_constraint::Way;
use nalgebra::{DMatrix, DVector};

/// Weights this many times the lightest of a tree are heavy.
const LIGHT: f64 = 1e4;

/// What is added to a singular diagonal, relative to it.
const RIDGE: f64 = 1e-13;

/// The quadratic form that the ways make of steps of the potential.
#[derive(Debug)]
pub(crate) struct Barrier {
    pub(crate) tree: Tree,
    pub(crate) weights: Weights,
    /// How the nodes move with the price; `None` if it is not free.
    pub(crate) theta: Option<DVector<f64>>,
    /// The weight that is left for the price.
    pub(crate) rest: f64,
}

impl Barrier {
    pub(crate) fn new(at: &Iterate<f64>, network: &Network<f64>) -> Self {
        let (tree, weights, theta, rest) = if network.is_smooth {
            let weights = Weights::Diagonal(&at.output / at.price());
            (Tree::star(network.nodes()), weights, network.logs(&at.output), 0.0)
        } else {
            let w = at.flows.value.component_div(&at.flows.slack);
            if network.far_nodes() > 0 {
                let mut sent = vec![0.0; network.nodes()];
                network.add_outflow(at.flows.value.as_slice(), &mut sent);
                transport(network, &w, DVector::from_vec(sent).imax())
            } else {
                pairs(network, &w)
            }
        };
        let barrier = at.price.slack.iter().zip(&at.price.value);
        let rest = rest + barrier.map(|(slack, price)| slack / price).sum::<f64>();
        Self { tree, weights, theta: (!network.is_exact).then_some(theta), rest }
    }
}

/// The tree of the ways, their weights along it, theta and the weight that is left for the price.
type Form = (Tree, Weights, DVector<f64>, f64);

/// Ways that come in pairs, there and back, along a tree: none is beside another.
fn pairs(network: &Network<f64>, w: &DVector<f64>) -> Form {
    let (nodes, count) = (network.nodes(), network.ways.len() / 2);
    let pair = |i: usize| (w[2 * i], w[2 * i + 1], network.ways[2 * i].cost);
    let both = DVector::from_fn(count, |i, _| pair(i).0 + pair(i).1);
    let wanted = DVector::from_fn(count, |i, _| pair(i).2 * (pair(i).0 - pair(i).1) / both[i]);
    let left = |i: usize| 4.0 * pair(i).2.powi(2) * pair(i).0 * pair(i).1 / both[i];
    let rest = (0..count).map(left).sum();
    if network.is_line() {
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
fn transport(network: &Network<f64>, w: &DVector<f64>, root: usize) -> Form {
    let nodes = network.nodes();
    let ends = |way: &Way| way.from.zip(way.to);
    let mut joined = DMatrix::zeros(nodes, nodes);
    for ((a, b), w) in network.ways.iter().filter_map(ends).zip(w) {
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
    for (way, &w) in network.ways.iter().zip(w) {
        let Some((from, to)) = ends(way) else { continue };
        if w > light {
            heavy.push((from, to, way.cost, w));
            continue;
        }
        laplacian[(from, to)] -= w;
        laplacian[(to, from)] -= w;
        laplacian[(from, from)] += w;
        laplacian[(to, to)] += w;
        supplied[from] += w * way.cost;
        supplied[to] -= w * way.cost;
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
    let light_ways = network.ways.iter().zip(w).filter(|(_, w)| **w <= light);
    let mut rest: f64 = light_ways
        .map(|(way, w)| w * (way.cost - network.fall(of_nodes.as_slice(), way)).powi(2))
        .sum();
    for &(from, to, cost, w) in &heavy {
        tree.between(from, to, &depths, &mut steps);
        let step: f64 = steps.iter().map(|&(i, sign)| sign * theta[i]).sum();
        rest += w * (cost - step).powi(2);
    }
    (tree, Weights::Dense(form), of_nodes, rest)
}
