//! The variables of the method: complementary pairs, potentials, and where the divergence is smooth the output pmf.

use super::lagrangian::Lagrangian;
use crate::numerics::real::{Real, dot, largest, sum};
use crate::subproblem::network::Network;
use crate::subproblem::program::Program;
use crate::subproblem::thresholds::BOUNDARY;

/// Products are lifted to this share of their average.
const CENTRALITY: f64 = 0.01;

/// Where each kind of pair lies in [`Iterate::pairs`]: `q` with `z`, `s` with `r`, flows with the slack of their costs, the
/// price with the slack of its budget.
pub(crate) const OUTPUT: usize = 0;
pub(crate) const COSTS: usize = 1;
pub(crate) const FLOWS: usize = 2;
pub(crate) const PRICE: usize = 3;

/// Variables and their slacks, all positive, whose products are driven to zero.
#[derive(Debug, Clone)]
pub(crate) struct Pairs<T> {
    pub(crate) value: Vec<T>,
    pub(crate) slack: Vec<T>,
}

impl<T> Pairs<T> {
    pub(crate) fn none() -> Self {
        Self { value: Vec::new(), slack: Vec::new() }
    }
}

/// A point of the method, or a direction.
#[derive(Debug, Clone)]
pub(crate) struct Iterate<T> {
    pub(crate) pairs: [Pairs<T>; 4],
    /// The potential of the nodes.
    pub(crate) phi: Vec<T>,
    /// The output pmf where it is a variable of its own, in a Kullback-Leibler constraint; positive.
    pub(crate) output: Vec<T>,
    /// For each cost whether its multiplier is free in sign, with a slack of 0.
    pub(crate) free: Vec<bool>,
}

/// What an equality is missed by weighs at least this much in the merit, in nats per budget: its multiplier may pass through 0. Of 1
/// the merit holds steps back until nothing moves, where a budget is worth less than that.
const LEAST_PRICE: f64 = 1e-12;

impl<T: Real> Iterate<T> {
    /// Uniform or close to the output pmf that is asked for, with unit multipliers and slacks.
    pub(crate) fn start(program: &Program<T>, wanted: Option<&[f64]>) -> Self {
        let m = program.reproductions.len();
        let even = T::ONE / T::from(m as f64);
        let near = |y: &usize| match wanted {
            Some(wanted) => T::from(0.9 * wanted[*y]) + T::from(0.1) * even,
            None => even,
        };
        let unit = |count: usize| Pairs { value: vec![T::ONE; count], slack: vec![T::ONE; count] };
        let q = program.reproductions.iter().map(near).collect();
        let output = Pairs { value: q, slack: vec![T::ONE; m] };
        let free = program.equalities.clone();
        let mut costs = unit(free.len());
        for k in (0..free.len()).filter(|&k| free[k]) {
            (costs.value[k], costs.slack[k]) = (T::ZERO, T::ZERO);
        }
        let pairs = [output, costs, Pairs::none(), Pairs::none()];
        let mut start = Self { pairs, phi: Vec::new(), output: Vec::new(), free };
        if let Some(network) = &program.network {
            let nodes = network.nodes();
            start.phi = vec![T::ZERO; nodes];
            let price = if network.is_exact { T::ZERO } else { T::ONE };
            if network.is_exact {
                // Exponents that are large before there is a potential would leave letters that nothing sends to.
                for (s, cost) in start.pairs[COSTS].value.iter_mut().zip(&program.costs) {
                    *s = T::ONE / program.largest_average(cost).max(T::ONE);
                }
            }
            if network.is_smooth {
                start.output.clone_from(&network.target);
            } else {
                let near = nodes - network.far_nodes();
                start.phi[near..].fill(T::from(0.5));
                let gap = |(way, &cost)| price * cost - network.fall(&start.phi, way);
                let gaps: Vec<T> = network.ways.iter().zip(&network.costs).map(gap).collect();
                let flows = gaps.iter().map(|&gap| even / gap).collect();
                start.pairs[FLOWS] = Pairs { value: flows, slack: gaps };
            }
            if !network.is_exact {
                let slack = (T::from(0.1) * network.budget).max(T::from(0.01));
                start.pairs[PRICE] = Pairs { value: vec![price], slack: vec![slack] };
            }
        }
        start
    }

    pub(crate) fn price(&self) -> T {
        self.pairs[PRICE].value.first().copied().unwrap_or(T::ZERO)
    }

    /// What the slacks of the flows lack of `price c - (phi_from - phi_to)`: nothing, but for slacks that have been lifted.
    pub(crate) fn gap_residuals(&self, network: &Network<T>) -> Vec<T> {
        let gap = |(way, &cost)| self.price() * cost - network.fall(&self.phi, way);
        let gaps = network.ways.iter().zip(&network.costs).map(gap);
        gaps.zip(&self.pairs[FLOWS].slack).map(|(gap, &slack)| gap - slack).collect()
    }

    pub(crate) fn count(&self) -> usize {
        let free = self.free.iter().filter(|free| **free).count();
        self.pairs.iter().map(|pairs| pairs.value.len()).sum::<usize>() - free
    }

    /// The average product, the mu of the central path.
    pub(crate) fn complementarity(&self) -> T {
        let products = sum(self.pairs.iter().map(|pairs| dot(&pairs.value, &pairs.slack)));
        products / T::from(self.count() as f64)
    }

    pub(crate) fn moved(&self, length: T, direction: &Self) -> Self {
        let mut moved = self.clone();
        let add = |to: &mut Vec<T>, by: &[T]| {
            to.iter_mut().zip(by).for_each(|(v, &dv)| *v = *v + length * dv);
        };
        for (pairs, by) in moved.pairs.iter_mut().zip(&direction.pairs) {
            add(&mut pairs.value, &by.value);
            add(&mut pairs.slack, &by.slack);
        }
        add(&mut moved.phi, &direction.phi);
        add(&mut moved.output, &direction.output);
        moved
    }

    /// The longest step, at most 1, that keeps every variable positive, and within which those that are free in sign let no
    /// reproduction overtake others by much.
    pub(crate) fn longest_step(&self, program: &Program<T>, direction: &Self) -> T {
        let (s, steps) = (&self.pairs[COSTS].value, &direction.pairs[COSTS].value);
        let mut longest = T::ONE;
        if self.free.contains(&true) || !self.phi.is_empty() {
            let at = (s.as_slice(), program.potential(&self.phi));
            let by = (steps.as_slice(), program.potential(&direction.phi));
            longest = program.longest_turn(&self.pairs[OUTPUT].value, (at.0, &at.1), (by.0, &by.1));
        }
        let mut limit = |values: &[T], steps: &[T]| {
            for (&v, &dv) in values.iter().zip(steps).filter(|(_, dv)| **dv < T::ZERO) {
                longest = longest.min(T::from(-BOUNDARY) * v / dv);
            }
        };
        for (kind, (pairs, by)) in self.pairs.iter().zip(&direction.pairs).enumerate() {
            if kind != COSTS {
                limit(&pairs.value, &by.value);
            }
            limit(&pairs.slack, &by.slack);
        }
        for k in (0..self.free.len()).filter(|&k| !self.free[k]) {
            limit(&s[k..=k], &steps[k..=k]);
        }
        limit(&self.output, &direction.output);
        longest
    }

    /// Raises slacks whose product has fallen far behind the others.
    pub(crate) fn lift(&mut self) {
        let least = T::from(CENTRALITY) * self.complementarity();
        for (kind, pairs) in self.pairs.iter_mut().enumerate() {
            for (i, (&value, slack)) in pairs.value.iter().zip(&mut pairs.slack).enumerate() {
                if kind != COSTS || !self.free[i] {
                    *slack = slack.max(least / value);
                }
            }
        }
    }

    /// Residuals and products in nats.
    pub(crate) fn merit(&self, program: &Program<T>, at: &Lagrangian<T>) -> T {
        let [output, costs, flows, traded] = &self.pairs;
        let mut merit = self.complementarity() * T::from(self.count() as f64);
        for y in 0..at.c.len() {
            merit = merit + output.value[y] * (T::ONE - at.c[y] - output.slack[y]).abs();
        }
        for k in 0..at.expected.len() {
            let left = program.raised(program.budgets[k]) - at.expected[k];
            let price = if self.free[k] {
                costs.value[k].abs() + T::from(LEAST_PRICE)
            } else {
                costs.value[k]
            };
            merit = merit + price * (left - costs.slack[k]).abs();
        }
        let Some(network) = &program.network else { return merit };
        let missing = network.missing(
            &program.reproductions,
            &at.output(&output.value),
            &flows.value,
            &self.output,
        );
        let farthest = largest(self.phi.iter().map(|phi| phi.abs()));
        let apart = sum(missing.iter().map(|miss| miss.abs()));
        merit = merit + (T::ONE + self.price().max(farthest)) * apart;
        if network.is_smooth {
            let bends = network.bends(&self.output, &self.phi, self.price());
            merit = merit + sum(bends.iter().zip(&self.output).map(|(&b, &f)| b.abs() * f));
        }
        for (&price, &slack) in traded.value.iter().zip(&traded.slack) {
            let left = program.raised(network.budget) - network.spent(&flows.value, &self.output);
            merit = merit + price * (left - slack).abs();
        }
        merit
    }
}
