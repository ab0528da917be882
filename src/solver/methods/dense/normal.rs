//! The normal of the frontier of what can be met, from multipliers that have grown along it.
//!
//! On the frontier, multipliers and potential grow along its normal without bound, and pairs and ways that channels on the frontier do
//! not use are priced out. Which ones are used can then be told from how much they cost above the least; with these the normal solves
//! linear equations, `n.d(x, y) + phi_y` the same for all pairs of a source letter and `phi_a - phi_b = price c(a, b)` for all ways.

use crate::numerics::lu::Lu;
use crate::numerics::real::{Real, largest, sum};
use crate::subproblem::network::Network;
use crate::subproblem::output_constraint::Potential;
use crate::subproblem::program::Program;
use nalgebra::{DMatrix, DVector};

/// Pairs and ways that cost more than this share of the largest excess are never taken for used ones.
const MOST_TIED: f64 = 1e-2;

/// Used pairs and ways cost at most this share of what any other costs, where it is worth a try.
const CLEARANCE: f64 = 0.5;

/// Excesses below this, in nats, are those of pairs that are used much alike.
const LEAST_EXCESS: f64 = 1.0;

/// The number of faces that are tried: those between which the excess leaves the widest gaps.
const MAX_FACES: usize = 6;

/// Added to the squared equations so that they can be solved; twice, so that nothing of it is left.
const SHIFT: f64 = 1e-22;

/// A point in the directions of the multipliers, the potential of the nodes and the price of a divergence.
#[derive(Debug, Clone)]
pub(crate) struct Normal<T> {
    pub(crate) s: Vec<T>,
    pub(crate) phi: Vec<T>,
    pub(crate) price: T,
}

impl<T: Real> Normal<T> {
    /// The normal of costs alone.
    pub(crate) fn of_costs(program: &Program<T>, s: Vec<T>) -> Self {
        let nodes = program.network.as_ref().map_or(0, Network::nodes);
        Self { s, phi: vec![T::ZERO; nodes], price: T::ZERO }
    }

    /// Multipliers and a potential of the reproduction letters; nodes of the target get what covers their ways.
    pub(crate) fn near(program: &Program<T>, s: &DVector<f64>, potential: &Potential) -> Self {
        let Potential { g, price } = potential;
        let mut near = Self::of_costs(program, s.iter().map(|&s| T::from(s)).collect());
        let Some(network) = &program.network else { return near };
        if !network.is_exact {
            near.price = T::from(*price);
        }
        // A node that takes and gives what it likes has the potential 0; where there is none, the first one has it.
        let middle = if network.is_floating() { g[0] } else { 0.5 * (g.max() + g.min()) };
        let letters = g.len();
        for (phi, &g) in near.phi.iter_mut().zip(g) {
            *phi = T::from(g - middle);
        }
        let phi = &mut near.phi;
        let mut is_covered = vec![false; phi.len()];
        for (way, &cost) in network.ways.iter().zip(&network.costs) {
            if let Some((from, to)) = way.from.zip(way.to).filter(|(_, to)| *to >= letters) {
                let needed = phi[from] - near.price * cost;
                phi[to] = if is_covered[to] { phi[to].max(needed) } else { needed };
                is_covered[to] = true;
            }
        }
        near
    }

    /// What each pair and each way costs above the least, 0 for pairs that are not allowed.
    fn excess(&self, program: &Program<T>) -> (DMatrix<T>, Vec<T>) {
        let pairs = program.reduced_costs(&self.s, &program.potential(&self.phi));
        let of_way = |network: &Network<T>| -> Vec<T> {
            let ways = network.ways.iter().zip(&network.costs);
            ways.map(|(way, &cost)| self.price * cost - network.fall(&self.phi, way)).collect()
        };
        (pairs, program.network.as_ref().map_or(Vec::new(), of_way))
    }

    /// The normals close to this one with the programs on the pairs and ways that each leaves, one for each way to tell which are used.
    pub(crate) fn polished(
        &self,
        program: &Program<T>,
    ) -> impl Iterator<Item = (Self, Program<T>)> {
        let (pairs, ways) = self.excess(program);
        let each = || pairs.iter().chain(&ways).map(|excess| excess.to_f64());
        let most = MOST_TIED * each().fold(0.0, f64::max);
        let mut excesses: Vec<f64> = each().map(|excess| excess.max(LEAST_EXCESS)).collect();
        excesses.sort_by(f64::total_cmp);
        let steps = excesses.windows(2).filter(|pair| pair[0] <= most.max(LEAST_EXCESS));
        let clear = steps.filter(|pair| pair[0] <= CLEARANCE * pair[1]);
        let mut ties: Vec<(f64, f64)> =
            clear.map(|pair| (pair[0] / pair[1], (pair[0] * pair[1]).sqrt())).collect();
        ties.sort_by(|a, b| a.0.total_cmp(&b.0));
        ties.truncate(MAX_FACES);
        ties.into_iter().filter_map(move |(_, tie)| {
            let tie = T::from(tie);
            let mut face = program.clone();
            face.keep_pairs(|x, y| pairs[(y, x)] <= tie);
            if let Some(network) = &mut face.network {
                network.keep_ways(&ways.iter().map(|&excess| excess <= tie).collect::<Vec<_>>());
            }
            Some((self.solved(&face)?, face))
        })
    }

    /// The solution of the face's equations that is closest to this point.
    fn solved(&self, face: &Program<T>) -> Option<Self> {
        let (costs, nodes) = (self.s.len(), self.phi.len());
        let unknowns = costs + nodes + 1;
        let mut equations = DMatrix::from_element(unknowns, unknowns, T::ZERO);
        let mut add = |row: &[(usize, T)]| {
            for &(i, a) in row {
                for &(j, b) in row {
                    equations[(i, j)] = equations[(i, j)] + a * b;
                }
            }
        };
        for x in 0..face.pmf.len() {
            let pairs = face.pairs(x);
            let Some(first) = pairs.iter().position(|&pair| pair) else { continue };
            for y in (first + 1..pairs.len()).filter(|&y| pairs[y]) {
                let cost = |k: usize| (k, face.costs[k][(y, x)] - face.costs[k][(first, x)]);
                let mut row: Vec<(usize, T)> = (0..costs).map(cost).collect();
                if face.network.is_some() {
                    row.push((costs + face.reproductions[y], T::ONE));
                    row.push((costs + face.reproductions[first], -T::ONE));
                }
                add(&row);
            }
        }
        if let Some(network) = &face.network {
            if network.is_floating() {
                add(&[(costs, T::ONE)]);
            }
            for (way, &cost) in network.ways.iter().zip(&network.costs) {
                let node = |node: Option<usize>, sign: T| node.map(|node| (costs + node, sign));
                let mut row = vec![(unknowns - 1, -cost)];
                row.extend(node(way.from, T::ONE));
                row.extend(node(way.to, -T::ONE));
                add(&row);
            }
        }
        let shift =
            T::from(SHIFT) * sum((0..unknowns).map(|i| equations[(i, i)])).max(T::from(SHIFT));
        for i in 0..unknowns {
            equations[(i, i)] = equations[(i, i)] + shift;
        }
        let factors = Lu::new(equations)?;
        let mut point: Vec<T> =
            self.s.iter().chain(&self.phi).copied().chain([self.price]).collect();
        for _ in 0..2 {
            let size = largest(point.iter().map(|v| v.abs()));
            point.iter_mut().for_each(|v| *v = *v / size);
            point = factors.solve(&point);
        }
        let size = largest(point[..costs].iter().chain(&point[unknowns - 1..]).map(|v| v.abs()));
        let at = |i: usize| (point[i] / size).max(T::ZERO);
        let normal = Self {
            s: (0..costs).map(at).collect(),
            phi: point[costs..unknowns - 1].iter().map(|&phi| phi / size).collect(),
            price: at(unknowns - 1),
        };
        let all = normal.s.iter().chain(&normal.phi).chain([&normal.price]);
        let total = sum(all.copied()).to_f64();
        let is_finite = size.to_f64() > 0.0 && total.is_finite();
        is_finite.then_some(normal)
    }
}
