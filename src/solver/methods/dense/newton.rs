//! The Newton equations of the complementary pairs, assembled densely and factored with pivoting.
//!
//! With `N = sqrt(q) B sqrt(q)`, `B = sum_x p_x b_x b_x^T`, `S = diag(c) - N`, `H = sqrt(q) sensitivity`, `w = f / gap` and
//! the Laplacian `L = sum_e w_e (e_from - e_to)(e_from - e_to)^T`, and for products that are to become tau:
//!
//! ```text
//! (N + z) u      + H ds         + S sqrt(q) dphi                 = sqrt(q) (c - 1 + tau/q)
//! -H^T u         + (C + r/s) ds + H^T sqrt(q) dphi               = E[d] - D + tau/s
//! -sqrt(q) S u   + sqrt(q) H ds + (sqrt(q) S sqrt(q) + L) dphi - l dprice  = -(missing at the flows tau/gap)
//!                               - l^T dphi + (sum w cost^2 + v/price) dprice  = spent at these flows - P + tau/price
//! ```
//!
//! where `l = sum_e w_e cost_e (e_from - e_to)`. A Kullback-Leibler constraint has `L = diag(f / price)`, the logarithms
//! `log(f / target)` for costs, and flows that its potential's residual corrects.

use super::iterate::{COSTS, FLOWS, Iterate, OUTPUT, PRICE, Pairs};
use super::lagrangian::Lagrangian;
use crate::numerics::lu::Lu;
use crate::numerics::real::{Real, dot};
use crate::subproblem::network::Network;
use crate::subproblem::program::{Program, column};
use nalgebra::DMatrix;

/// The factored equations at an iterate.
#[derive(Debug)]
pub(crate) struct Newton<'a, T> {
    program: &'a Program<T>,
    iterate: &'a Iterate<T>,
    at: &'a Lagrangian<T>,
    factors: Lu<T>,
    root_q: Vec<T>,
}

/// The lower triangle of `sum_x p_x b_x b_x^T`, a type of its own so that it is compiled for the vector instructions of the
/// machine.
struct Gram<'a, T> {
    program: &'a Program<T>,
    ratios: &'a DMatrix<T>,
}

impl<T: Real> pulp::NullaryFnOnce for Gram<'_, T> {
    type Output = DMatrix<T>;

    #[inline(always)]
    fn call(self) -> DMatrix<T> {
        let (m, n) = self.ratios.shape();
        let mut gram = DMatrix::from_element(m, m, T::ZERO);
        for x in 0..n {
            let b = column(self.ratios, x);
            let p = self.program.pmf[x];
            for (j, entries) in gram.as_mut_slice().chunks_exact_mut(m).enumerate() {
                let factor = p * b[j];
                if factor != T::ZERO {
                    for (entry, &b) in entries[j..].iter_mut().zip(&b[j..]) {
                        *entry = *entry + factor * b;
                    }
                }
            }
        }
        gram
    }
}

impl<'a, T: Real> Newton<'a, T> {
    /// `None` where the equations are singular to the precision of T.
    pub(crate) fn new(
        program: &'a Program<T>,
        iterate: &'a Iterate<T>,
        at: &'a Lagrangian<T>,
    ) -> Option<Self> {
        let (m, k) = (at.c.len(), at.expected.len());
        let [output, costs, ..] = &iterate.pairs;
        let root_q: Vec<T> = output.value.iter().map(|q| q.sqrt()).collect();
        let nodes = program.network.as_ref().map_or(0, Network::nodes);
        let size = m + k + nodes + iterate.pairs[PRICE].value.len();
        let mut a = DMatrix::from_element(size, size, T::ZERO);
        let gram = pulp::Arch::new().dispatch(Gram { program, ratios: &at.ratios });
        for j in 0..m {
            for i in j..m {
                let entry = gram[(i, j)] * root_q[i] * root_q[j];
                a[(i, j)] = entry;
                a[(j, i)] = entry;
            }
        }
        if let Some(network) = &program.network {
            add_network(program, network, iterate, at, &root_q, &mut a);
        }
        for y in 0..m {
            a[(y, y)] = a[(y, y)] + output.slack[y];
            for l in 0..k {
                let h = root_q[y] * at.sensitivity[(y, l)];
                a[(y, m + l)] = h;
                a[(m + l, y)] = -h;
                if program.network.is_some() {
                    let node = m + k + program.reproductions[y];
                    a[(m + l, node)] = h * root_q[y];
                    a[(node, m + l)] = h * root_q[y];
                }
            }
        }
        for l in 0..k {
            for j in 0..k {
                a[(m + l, m + j)] = at.covariance[(l, j)];
            }
            if !iterate.free[l] {
                a[(m + l, m + l)] = a[(m + l, m + l)] + costs.slack[l] / costs.value[l];
            }
        }
        if program.network.is_some() {
            keep_fixed_nodes(program, &mut a, m + k..m + k + nodes);
        }
        Some(Self { program, iterate, at, factors: Lu::new(a)?, root_q })
    }

    /// The direction towards products `tau`, less the second-order terms of `affine`.
    pub(crate) fn towards(&self, tau: T, affine: Option<&Iterate<T>>) -> Iterate<T> {
        let target = |kind: usize, i: usize| match affine.map(|affine| &affine.pairs[kind]) {
            Some(pairs) => tau - pairs.value[i] * pairs.slack[i],
            None => tau,
        };
        let targets: [Vec<T>; 4] = std::array::from_fn(|kind| {
            (0..self.iterate.pairs[kind].value.len()).map(|i| target(kind, i)).collect()
        });
        let [output, costs, flows, traded] = &self.iterate.pairs;
        let (m, k) = (output.value.len(), costs.value.len());
        let mut right = Vec::new();
        for (y, &target) in targets[OUTPUT].iter().enumerate() {
            let wanted = target / output.value[y];
            right.push((self.at.c[y] - T::ONE + wanted) * self.root_q[y]);
        }
        for (l, &target) in targets[COSTS].iter().enumerate() {
            let over = self.at.expected[l] - self.program.raised(self.program.budgets[l]);
            let barrier = if self.iterate.free[l] { T::ZERO } else { target / costs.value[l] };
            right.push(over + barrier);
        }
        let mut bends = Vec::new();
        if let Some(network) = &self.program.network {
            let apart = self.iterate.gap_residuals(network);
            let asked = (0..apart.len())
                .map(|i| (targets[FLOWS][i] - flows.value[i] * apart[i]) / flows.slack[i]);
            let asked: Vec<T> = asked.collect();
            bends = network.bends(&self.iterate.output, &self.iterate.phi, self.iterate.price());
            let variable = &self.iterate.output;
            let price = self.iterate.price();
            let corrected = variable.iter().zip(&bends).map(|(&f, &bend)| f - f * bend / price);
            let corrected: Vec<T> =
                if network.is_smooth { corrected.collect() } else { Vec::new() };
            let sent = self.at.output(&output.value);
            let missing = network.missing(&self.program.reproductions, &sent, &asked, &corrected);
            right.extend(missing.iter().map(|&miss| -miss));
            if let Some(&slack_target) = targets[PRICE].first() {
                let change: Vec<T> =
                    corrected.iter().zip(variable).map(|(&to, &from)| to - from).collect();
                let spent = network.spent(&asked, variable) + dot(&network.logs(variable), &change);
                right.push(spent - self.program.raised(network.budget) + slack_target / price);
            }
            if network.is_floating() {
                right[m + k] = T::ZERO;
            }
        }
        let x = self.factors.solve(&right);
        let dq: Vec<T> = x[..m].iter().zip(&self.root_q).map(|(&u, &root)| u * root).collect();
        let ds = x[m..m + k].to_vec();
        let phi = x[m + k..x.len() - traded.value.len()].to_vec();
        let d_price = x[x.len() - traded.value.len()..].to_vec();
        let mut direction = Iterate {
            pairs: [
                follow(output, dq, &targets[OUTPUT]),
                follow(costs, ds, &targets[COSTS]),
                Pairs::none(),
                follow(traded, d_price, &targets[PRICE]),
            ],
            phi,
            output: Vec::new(),
            free: self.iterate.free.clone(),
        };
        for k in (0..k).filter(|&k| self.iterate.free[k]) {
            direction.pairs[COSTS].slack[k] = T::ZERO;
        }
        if let Some(network) = &self.program.network {
            self.follow_potential(network, &targets[FLOWS], &bends, &mut direction);
        }
        direction
    }

    /// The steps of the flows and of the output pmf that go with those of the potential and the price.
    fn follow_potential(
        &self,
        network: &Network<T>,
        targets: &[T],
        bends: &[T],
        direction: &mut Iterate<T>,
    ) {
        let d_price = direction.price();
        if network.is_smooth {
            let logs = network.logs(&self.iterate.output);
            let price = self.iterate.price();
            let step = |y: usize| {
                let through = direction.phi[y] - logs[y] * d_price - bends[y];
                self.iterate.output[y] / price * through
            };
            direction.output = (0..bends.len()).map(step).collect();
            return;
        }
        let apart = self.iterate.gap_residuals(network);
        let ways = network.ways.iter().zip(&network.costs).zip(&apart);
        let gap =
            |((way, &cost), &apart)| apart + d_price * cost - network.fall(&direction.phi, way);
        let gaps: Vec<T> = ways.map(gap).collect();
        let Pairs { value, slack } = &self.iterate.pairs[FLOWS];
        let flow = |i: usize| (targets[i] - value[i] * gaps[i]) / slack[i] - value[i];
        let flows = (0..gaps.len()).map(flow).collect();
        direction.pairs[FLOWS] = Pairs { value: flows, slack: gaps };
    }
}

/// The steps of values and of their slacks, from `v w + w dv + v dw = target`.
fn follow<T: Real>(pairs: &Pairs<T>, steps: Vec<T>, targets: &[T]) -> Pairs<T> {
    let slack =
        |i: usize| (targets[i] - pairs.slack[i] * steps[i]) / pairs.value[i] - pairs.slack[i];
    let slack = (0..steps.len()).map(slack).collect();
    Pairs { value: steps, slack }
}

/// Adds the rows and columns of the potential and of the price to `a`, whose first block holds N.
fn add_network<T: Real>(
    program: &Program<T>,
    network: &Network<T>,
    iterate: &Iterate<T>,
    at: &Lagrangian<T>,
    root_q: &[T],
    a: &mut DMatrix<T>,
) {
    let (m, first) = (at.c.len(), at.c.len() + at.expected.len());
    let nodes = network.nodes();
    for j in 0..m {
        for i in 0..m {
            let own = if i == j { at.c[i] } else { T::ZERO };
            let seen = own - a[(i, j)];
            let (node_i, node_j) =
                (first + program.reproductions[i], first + program.reproductions[j]);
            a[(i, node_j)] = seen * root_q[j];
            a[(node_i, j)] = -(root_q[i] * seen);
            a[(node_i, node_j)] = root_q[i] * seen * root_q[j];
        }
    }
    let mut loads = vec![T::ZERO; nodes];
    let mut of_price = T::ZERO;
    let mut add = |i: usize, j: usize, value: T| {
        a[(first + i, first + j)] = a[(first + i, first + j)] + value;
    };
    if network.is_smooth {
        let price = iterate.price();
        for (y, log) in network.logs(&iterate.output).into_iter().enumerate() {
            let weight = iterate.output[y] / price;
            add(y, y, weight);
            loads[y] = weight * log;
            of_price = of_price + weight * log * log;
        }
    } else {
        let Pairs { value, slack } = &iterate.pairs[FLOWS];
        let weights: Vec<T> = value.iter().zip(slack).map(|(&f, &gap)| f / gap).collect();
        for (way, &weight) in network.ways.iter().zip(&weights) {
            for (i, sign_i) in ends(way.from, way.to) {
                for (j, sign_j) in ends(way.from, way.to) {
                    add(i, j, T::from(sign_i * sign_j) * weight);
                }
            }
        }
        let paid: Vec<T> = weights.iter().zip(&network.costs).map(|(&w, &c)| w * c).collect();
        network.add_outflow(&paid, &mut loads);
        of_price = dot(&paid, &network.costs);
    }
    let traded = &iterate.pairs[PRICE];
    if let Some((&price, &slack)) = traded.value.first().zip(traded.slack.first()) {
        let last = first + nodes;
        a[(last, last)] = of_price + slack / price;
        for (i, &load) in loads.iter().enumerate() {
            a[(first + i, last)] = -load;
            a[(last, first + i)] = -load;
        }
    }
}

/// The ends of a way that are nodes, with their signs.
fn ends(from: Option<usize>, to: Option<usize>) -> impl Iterator<Item = (usize, f64)> {
    from.map(|node| (node, 1.0)).into_iter().chain(to.map(|node| (node, -1.0)))
}

/// Keeps nodes that nothing moves where they are, and the first one where a constant may be added to the potential.
fn keep_fixed_nodes<T: Real>(
    program: &Program<T>,
    a: &mut DMatrix<T>,
    nodes: std::ops::Range<usize>,
) {
    let floating = program.network.as_ref().is_some_and(Network::is_floating);
    for (node, at) in nodes.enumerate() {
        if floating && node == 0 {
            a.row_mut(at).fill(T::ZERO);
        }
        if a.row(at).iter().all(|&entry| entry == T::ZERO) {
            a[(at, at)] = T::ONE;
        }
    }
}
