//! The directions of the method: right-hand sides and steps of the Newton equations, of which [`Factors`] solve the core.
//!
//! With `u = dq / sqrt(q)`, `N = sqrt(q) B sqrt(q)`, `B = sum_x p_x b_x b_x^T`, `S = diag(c) - N`, `H = sqrt(q) sensitivity`,
//! `w = f / gap` and the Laplacian `L = sum_e w_e (e_from - e_to)(e_from - e_to)^T`, and for products that are to become tau:
//!
//! ```text
//! (N + z) u      + H ds         + S sqrt(q) dphi                 = sqrt(q) (c - 1 + tau/q)
//! -H^T u         + (C + r/s) ds + H^T sqrt(q) dphi               = E[d] - D + tau/s
//! sqrt(q) S u    - sqrt(q) H ds - (sqrt(q) S sqrt(q) + L) dphi + l dprice   = missing at the flows tau/gap
//!                               - l^T dphi + (sum w cost^2 + v/price) dprice  = spent at these flows - P + tau/price
//! ```
//!
//! where `l = sum_e w_e cost_e (e_from - e_to)`. A Kullback-Leibler constraint has `L = diag(f / price)`, the logarithms
//! `log(f / target)` for costs, and flows that its potential's residual corrects.

use super::iterate::{Iterate, Pairs, none};
use crate::numerics::real::{Real, dot};
use crate::solver::run::dual_step::excess;
use crate::subproblem::lagrangian::Lagrangian;
use crate::subproblem::network::Network;
use nalgebra::DVector;

/// A number for each of the Newton equations, or for each of their unknowns: `u`, `ds`, `dphi` and `dprice`.
#[derive(Debug, Clone)]
pub(crate) struct Blocks<T> {
    pub(crate) letters: DVector<T>,
    pub(crate) costs: DVector<T>,
    pub(crate) nodes: DVector<T>,
    pub(crate) price: DVector<T>,
}

/// The factored Newton equations at an iterate.
pub(crate) trait Factors<T> {
    fn solve(&self, right: Blocks<T>) -> Blocks<T>;
}

/// Directions from an iterate: one factorisation serves them all.
#[derive(Debug)]
pub(crate) struct Directions<'a, T, F> {
    at: &'a Iterate<T>,
    factors: F,
    root_q: DVector<T>,
    /// `c - 1`.
    letters: DVector<T>,
    /// What the budgets are exceeded by.
    costs: DVector<T>,
    network: Option<OnNetwork<'a, T>>,
}

impl<'a, T: Real, F: Factors<T>> Directions<'a, T, F> {
    pub(crate) fn new(
        at: &'a Iterate<T>,
        factors: F,
        lagrangian: &impl Lagrangian<T>,
        network: Option<&'a Network<T>>,
    ) -> Self {
        let sums = lagrangian.sums();
        let over = |expected, budget| excess(expected, lagrangian.raised(budget));
        Self {
            at,
            factors,
            root_q: at.letters.value.map(T::sqrt),
            letters: sums.c.map(|c| c - T::ONE),
            costs: sums.expected.zip_map(&lagrangian.budgets(), over),
            network: network.map(|network| OnNetwork::new(at, lagrangian, network)),
        }
    }

    /// The direction towards products `tau`, less the second-order terms of `affine`.
    pub(crate) fn towards(&self, tau: T, affine: Option<&Iterate<T>>) -> Iterate<T> {
        let at = self.at;
        let targets: [DVector<T>; 4] = std::array::from_fn(|kind| match affine {
            Some(affine) => {
                let Pairs { value, slack } = affine.pairs()[kind];
                value.zip_map(slack, |dv, dw| tau - dv * dw)
            }
            None => DVector::from_element(at.pairs()[kind].value.len(), tau),
        });
        let [of_letters, of_costs, of_flows, of_price] = &targets;
        let (q, s) = (&at.letters.value, &at.costs.value);
        let letter = |y: usize, _| (self.letters[y] + of_letters[y] / q[y]) * self.root_q[y];
        let barrier = |k: usize| if at.is_free(k) { T::ZERO } else { of_costs[k] / s[k] };
        let missing = self.network.as_ref().map(|on| on.missing(at, of_flows, of_price));
        let (nodes, price) = missing.unwrap_or_else(|| (none(), none()));
        let Blocks { letters, costs, nodes, price } = self.factors.solve(Blocks {
            letters: DVector::from_fn(q.len(), letter),
            costs: DVector::from_fn(s.len(), |k, _| self.costs[k] + barrier(k)),
            nodes,
            price,
        });
        let dq = letters.zip_map(&self.root_q, |u, root| u * root);
        let mut direction = Iterate {
            letters: paired(&at.letters, dq, of_letters),
            costs: paired(&at.costs, costs, of_costs),
            flows: Pairs { value: none(), slack: none() },
            price: paired(&at.price, price, of_price),
            phi: nodes,
            output: none(),
        };
        if let Some(on_network) = &self.network {
            on_network.complete(at, of_flows, &mut direction);
        }
        direction
    }
}

/// What the constraint on the output pmf has in an iterate.
#[derive(Debug)]
struct OnNetwork<'a, T> {
    network: &'a Network<T>,
    /// As the equations have it at the moment.
    budget: T,
    /// The output pmf of the channel.
    sent: DVector<T>,
    /// The slope of the divergence where the output pmf is a variable.
    logs: DVector<T>,
    /// By how much that variable misses its potential ...
    bends: DVector<T>,
    /// ... and the step that makes up for it.
    straight: DVector<T>,
}

impl<'a, T: Real> OnNetwork<'a, T> {
    fn new(at: &Iterate<T>, lagrangian: &impl Lagrangian<T>, network: &'a Network<T>) -> Self {
        let bends = network.bends(&at.output, &at.phi, at.price());
        Self {
            network,
            budget: lagrangian.raised(network.budget),
            sent: lagrangian.sums().output(&at.letters.value),
            logs: network.logs(&at.output),
            straight: at.output.zip_map(&bends, |f, bend| -(f * bend) / at.price()),
            bends,
        }
    }

    /// What the nodes and the price miss once products are at their targets.
    fn missing(
        &self,
        at: &Iterate<T>,
        of_flows: &DVector<T>,
        of_price: &DVector<T>,
    ) -> (DVector<T>, DVector<T>) {
        let asked = of_flows.zip_map(&at.flows.slack, |target, slack| target / slack);
        let wanted = at.output.zip_map(&self.straight, |f, step| f + step);
        let spent = self.network.spent(&asked, &at.output)
            + dot(self.logs.as_slice(), self.straight.as_slice());
        let over = |target| spent - self.budget + target / at.price();
        (self.network.missing(&self.sent, &asked, &wanted), of_price.map(over))
    }

    /// Adds the steps of the flows and of the output pmf that go with those of the potential and the price.
    fn complete(&self, at: &Iterate<T>, of_flows: &DVector<T>, direction: &mut Iterate<T>) {
        let gaps = direction.gaps(self.network);
        let Pairs { value, slack } = &at.flows;
        direction.flows = Pairs { value: follow(slack, value, &gaps, of_flows), slack: gaps };
        let of_output = |y: usize, _| {
            let through = direction.phi[y] - self.logs[y] * direction.price() - self.bends[y];
            at.output[y] / at.price() * through
        };
        direction.output = DVector::from_fn(at.output.len(), of_output);
    }
}

/// The steps of values with those of their slacks.
fn paired<T: Real>(pairs: &Pairs<T>, value: DVector<T>, targets: &DVector<T>) -> Pairs<T> {
    Pairs { slack: follow(&pairs.value, &pairs.slack, &value, targets), value }
}

/// The steps of w from `v w + w dv + v dw = target`; where w is 0 it stays there.
fn follow<T: Real>(
    v: &DVector<T>,
    w: &DVector<T>,
    dv: &DVector<T>,
    targets: &DVector<T>,
) -> DVector<T> {
    let step = |i: usize, _| match w[i] == T::ZERO {
        true => T::ZERO,
        false => (targets[i] - w[i] * dv[i]) / v[i] - w[i],
    };
    DVector::from_fn(v.len(), step)
}
