//! A constraint on the output pmf as a flow on a network, or as a Kullback-Leibler divergence, in a scalar type.

use super::output_constraint::{Bounded, Way};
use crate::numerics::information::{divergence_nats, log_quotient};
use crate::numerics::real::{Real, dot, largest, sum};
use nalgebra::DVector;

/// The network, its target and its budget; see [`Bounded`].
#[derive(Debug, Clone)]
pub(crate) struct Network<T> {
    /// The node of each reproduction of the problem.
    reproductions: Vec<usize>,
    pub(crate) ways: Vec<Way>,
    /// The costs of the ways.
    pub(crate) costs: Vec<T>,
    /// What each node is to end with: the target, on the reproductions or on nodes of its own.
    pub(crate) target: DVector<T>,
    pub(crate) budget: T,
    /// Whether nothing can be traded for the divergence, which is at its smallest.
    pub(crate) is_exact: bool,
    /// Whether it is a Kullback-Leibler divergence that can be traded.
    pub(crate) is_smooth: bool,
    /// The number of target letters that are nodes of their own.
    far: usize,
}

impl<T: Real> Network<T> {
    pub(crate) fn new(
        bounded: &Bounded<'_>,
        reproductions: Vec<usize>,
        raised: &dyn Fn(f64) -> T,
    ) -> Self {
        let given = bounded.marginal.target();
        let total = sum(given.iter().map(|&p| T::from(p)));
        let near = if bounded.far_nodes() > 0 { bounded.marginal.perception.letters() } else { 0 };
        let nodes = std::iter::repeat_n(T::ZERO, near);
        let target: Vec<T> = nodes.chain(given.iter().map(|&p| T::from(p) / total)).collect();
        Self {
            reproductions,
            ways: bounded.ways.clone(),
            costs: bounded.ways.iter().map(|way| T::from(way.cost)).collect(),
            target: DVector::from_vec(target),
            budget: if bounded.exact { T::ZERO } else { raised(bounded.budget) },
            is_exact: bounded.exact,
            is_smooth: bounded.is_smooth(),
            far: bounded.far_nodes(),
        }
    }

    pub(crate) fn nodes(&self) -> usize {
        self.target.len()
    }

    /// Whether a constant may be added to the potential: one node is then kept at 0.
    pub(crate) fn is_floating(&self) -> bool {
        !self.is_smooth && self.ways.iter().all(|way| way.from.is_some() && way.to.is_some())
    }

    pub(crate) fn far_nodes(&self) -> usize {
        self.far
    }

    /// Whether the ways are links between neighbours on a line.
    pub(crate) fn is_line(&self) -> bool {
        self.far == 0 && self.ways.first().is_some_and(|way| way.to.is_some())
    }

    /// Keeps those ways that are used.
    pub(crate) fn keep_ways(&mut self, used: &[bool]) {
        let mut kept = used.iter();
        self.ways.retain(|_| kept.next().is_some_and(|&kept| kept));
        let mut kept = used.iter();
        self.costs.retain(|_| kept.next().is_some_and(|&kept| kept));
    }

    /// What the flows, or the output pmf where it is a variable, leave each node short of.
    pub(crate) fn missing(
        &self,
        output: &DVector<T>,
        flows: &DVector<T>,
        variable: &DVector<T>,
    ) -> DVector<T> {
        let mut missing = if self.is_smooth { variable.clone() } else { self.target.clone() };
        for (&y, &o) in self.reproductions.iter().zip(output) {
            missing[y] = missing[y] - o;
        }
        self.add_outflow(flows.as_slice(), missing.as_mut_slice());
        missing
    }

    /// The divergence by the flows, or of the output pmf where it is a variable.
    pub(crate) fn spent(&self, flows: &DVector<T>, variable: &DVector<T>) -> T {
        if self.is_smooth {
            divergence_nats(variable, &self.target)
        } else {
            dot(&self.costs, flows.as_slice())
        }
    }

    /// By how much the output pmf misses its potential, where it is a variable.
    pub(crate) fn bends(&self, variable: &DVector<T>, phi: &DVector<T>, price: T) -> DVector<T> {
        let logs = self.logs(variable);
        DVector::from_fn(logs.len(), |y, _| price * logs[y] - phi[y])
    }

    /// `phi_from - phi_to`.
    pub(crate) fn fall(&self, phi: &[T], way: &Way) -> T {
        let at = |node: Option<usize>| node.map_or(T::ZERO, |node| phi[node]);
        at(way.from) - at(way.to)
    }

    /// Adds what flows out of each node, and takes what flows in.
    pub(crate) fn add_outflow(&self, flows: &[T], nodes: &mut [T]) {
        for (way, &flow) in self.ways.iter().zip(flows) {
            if let Some(from) = way.from {
                nodes[from] = nodes[from] + flow;
            }
            if let Some(to) = way.to {
                nodes[to] = nodes[to] - flow;
            }
        }
    }

    /// `log(f_y / target_y)`, 0 for letters that the target does not have.
    pub(crate) fn logs(&self, output: &DVector<T>) -> DVector<T> {
        let log = |f: T, p: T| if p > T::ZERO { log_quotient(f, p) } else { T::ZERO };
        DVector::from_fn(output.len(), |y, _| log(output[y], self.target[y]))
    }

    /// The smallest `toll` with `sum_y o_y phi_y <= toll` for every output pmf within the budget that this price proves.
    ///
    /// The price is taken as large as the potential makes necessary where ways of a cost join the letters themselves; where
    /// the target has nodes of its own, these are moved to where all ways are covered.
    pub(crate) fn toll(&self, phi: &[T], price: T) -> T {
        if self.is_smooth {
            return self.log_mean(phi, price) + price * self.budget;
        }
        let mut covered = phi.to_vec();
        let near = self.nodes() - self.far;
        if self.far > 0 {
            covered[near..].fill(T::from(f64::NEG_INFINITY));
            for (way, &cost) in self.ways.iter().zip(&self.costs) {
                if let Some((from, to)) = way.from.zip(way.to) {
                    covered[to] = covered[to].max(phi[from] - price * cost);
                }
            }
        }
        let used = self.target.iter().zip(&covered).filter(|(p, _)| **p > T::ZERO);
        sum(used.map(|(&p, &phi)| p * phi)) + self.covering_price(phi, price) * self.budget
    }

    /// The price that a potential proves something with.
    pub(crate) fn covering_price(&self, phi: &[T], price: T) -> T {
        if self.is_smooth || self.far > 0 {
            return price;
        }
        let slopes = self.ways.iter().zip(&self.costs);
        largest(slopes.map(|(way, &cost)| self.fall(phi, way) / cost)).max(T::ZERO)
    }

    /// `price log sum_y target_y exp(phi_y / price)`.
    fn log_mean(&self, phi: &[T], price: T) -> T {
        let used = || self.target.iter().zip(phi).filter(|(p, _)| **p > T::ZERO);
        let most = largest(used().map(|(_, &phi)| phi));
        let tilted = sum(used().map(|(&p, &phi)| p * ((phi - most) / price).exp()));
        most + price * tilted.ln()
    }
}
