//! The Newton equations of [`crate::solver::methods::interior_point::direction`], assembled densely and factored with pivoting.

use super::lagrangian::DenseKernel;
use crate::numerics::lu::Lu;
use crate::numerics::real::{Real, dot};
use crate::solver::methods::interior_point::direction::{Blocks, Factors};
use crate::solver::methods::interior_point::iterate::{Iterate, Pairs};
use crate::subproblem::network::Network;
use crate::subproblem::program::{Program, column};
use nalgebra::{DMatrix, DVector};

/// The factored equations at an iterate.
#[derive(Debug)]
pub(crate) struct Newton<T> {
    factors: Lu<T>,
    /// Whether the first node is kept where it is.
    is_floating: bool,
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

impl<T: Real> Newton<T> {
    /// `None` where the equations are singular to the precision of T.
    pub(crate) fn new(kernel: &DenseKernel<'_, T>, iterate: &Iterate<T>) -> Option<Self> {
        let DenseKernel { program, sums, ratios, .. } = kernel;
        let (m, k) = (sums.c.len(), sums.expected.len());
        let Iterate { letters, costs, price, phi, .. } = iterate;
        let root_q = letters.value.map(T::sqrt);
        let size = m + k + phi.len() + price.value.len();
        let mut a = DMatrix::from_element(size, size, T::ZERO);
        let gram = pulp::Arch::new().dispatch(Gram { program, ratios });
        for j in 0..m {
            for i in j..m {
                let entry = gram[(i, j)] * root_q[i] * root_q[j];
                a[(i, j)] = entry;
                a[(j, i)] = entry;
            }
        }
        if let Some(network) = &program.network {
            add_network(kernel, network, iterate, &root_q, &mut a);
        }
        for y in 0..m {
            a[(y, y)] = a[(y, y)] + letters.slack[y];
            for l in 0..k {
                let h = root_q[y] * sums.sensitivity[(y, l)];
                a[(y, m + l)] = h;
                a[(m + l, y)] = -h;
                if program.network.is_some() {
                    let node = m + k + program.reproductions[y];
                    a[(m + l, node)] = h * root_q[y];
                    a[(node, m + l)] = h * root_q[y];
                }
            }
        }
        a.view_mut((m, m), (k, k)).copy_from(&sums.covariance);
        for l in (0..k).filter(|&l| !iterate.is_free(l)) {
            a[(m + l, m + l)] = a[(m + l, m + l)] + costs.slack[l] / costs.value[l];
        }
        let is_floating = program.network.as_ref().is_some_and(Network::is_floating);
        keep_fixed_nodes(is_floating, &mut a, m + k..m + k + phi.len());
        Some(Self { factors: Lu::new(a)?, is_floating })
    }
}

impl<T: Real> Factors<T> for Newton<T> {
    fn solve(&self, right: Blocks<T>) -> Blocks<T> {
        let mut nodes = right.nodes.map(|missing| -missing);
        if self.is_floating {
            nodes[0] = T::ZERO;
        }
        let blocks = [right.letters, right.costs, nodes, right.price];
        let all: Vec<T> = blocks.iter().flatten().copied().collect();
        let mut solution = self.factors.solve(&all).into_iter();
        let [letters, costs, nodes, price] = blocks
            .map(|block| DVector::from_iterator(block.len(), solution.by_ref().take(block.len())));
        Blocks { letters, costs, nodes, price }
    }
}

/// Adds the rows and columns of the potential and of the price to `a`, whose first block holds N.
fn add_network<T: Real>(
    kernel: &DenseKernel<'_, T>,
    network: &Network<T>,
    iterate: &Iterate<T>,
    root_q: &DVector<T>,
    a: &mut DMatrix<T>,
) {
    let DenseKernel { program, sums, .. } = kernel;
    let (m, first) = (sums.c.len(), sums.c.len() + sums.expected.len());
    let nodes = network.nodes();
    for j in 0..m {
        for i in 0..m {
            let own = if i == j { sums.c[i] } else { T::ZERO };
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
        for (y, &log) in network.logs(&iterate.output).iter().enumerate() {
            let weight = iterate.output[y] / price;
            add(y, y, weight);
            loads[y] = weight * log;
            of_price = of_price + weight * log * log;
        }
    } else {
        let Pairs { value, slack } = &iterate.flows;
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
    let Pairs { value, slack } = &iterate.price;
    for (&price, &slack) in value.iter().zip(slack) {
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
fn keep_fixed_nodes<T: Real>(is_floating: bool, a: &mut DMatrix<T>, nodes: std::ops::Range<usize>) {
    for (node, at) in nodes.enumerate() {
        if is_floating && node == 0 {
            a.row_mut(at).fill(T::ZERO);
        }
        if a.row(at).iter().all(|&entry| entry == T::ZERO) {
            a[(at, at)] = T::ONE;
        }
    }
}
