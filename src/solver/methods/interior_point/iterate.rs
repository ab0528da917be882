//! The variables of the method: complementary pairs, potentials, and where the divergence is smooth the output pmf.

use crate::numerics::real::{Real, dot, largest, sum};
use crate::solver::run::dual_step::{centre, longest_step};
use crate::subproblem::lagrangian::Lagrangian;
use crate::subproblem::network::Network;
use crate::subproblem::thresholds::{BOUNDARY, CENTRED, LEAST_PRICE};
use nalgebra::DVector;

/// The potential of the far nodes at the start, so that ways without a cost are open.
const FIRST_FAR: f64 = 0.5;

/// Variables and their slacks, all positive, whose products are driven to zero.
#[derive(Debug, Clone)]
pub(crate) struct Pairs<T> {
    pub(crate) value: DVector<T>,
    pub(crate) slack: DVector<T>,
}

/// A point of the method, or a direction.
#[derive(Debug, Clone)]
pub(crate) struct Iterate<T> {
    /// `q` and `z`.
    pub(crate) letters: Pairs<T>,
    /// `s` and `r`; where a multiplier is free in sign, its slack is 0.
    pub(crate) costs: Pairs<T>,
    /// What flows on the ways of a network, with the slacks of their costs.
    pub(crate) flows: Pairs<T>,
    /// The price of a divergence that can be traded, with the slack of its budget.
    pub(crate) price: Pairs<T>,
    /// The potential of the nodes.
    pub(crate) phi: DVector<T>,
    /// The output pmf where it is a variable of its own, in a Kullback-Leibler constraint; positive.
    pub(crate) output: DVector<T>,
}

impl<T: Real> Pairs<T> {
    /// Values with slacks of 1.
    fn with_unit_slacks(value: DVector<T>) -> Self {
        let slack = DVector::from_element(value.len(), T::ONE);
        Self { value, slack }
    }

    fn moved(&self, length: T, direction: &Self) -> Self {
        Self {
            value: moved(&self.value, length, &direction.value),
            slack: moved(&self.slack, length, &direction.slack),
        }
    }
}

/// A vector without entries.
pub(crate) fn none<T: Real>() -> DVector<T> {
    DVector::from_vec(Vec::new())
}

fn moved<T: Real>(from: &DVector<T>, length: T, direction: &DVector<T>) -> DVector<T> {
    from.zip_map(direction, |v, dv| v + length * dv)
}

impl<T: Real> Iterate<T> {
    /// The uniform output pmf and unit multipliers, with unit slacks and flows that suit a potential close to 0.
    pub(crate) fn start(letters: usize, costs: usize, network: Option<&Network<T>>) -> Self {
        let even = T::ONE / T::from(letters as f64);
        let mut start = Self {
            letters: Pairs::with_unit_slacks(DVector::from_element(letters, even)),
            costs: Pairs::with_unit_slacks(DVector::from_element(costs, T::ONE)),
            flows: Pairs::with_unit_slacks(none()),
            price: Pairs::with_unit_slacks(none()),
            phi: none(),
            output: none(),
        };
        let Some(network) = network else { return start };
        let near = network.nodes() - network.far_nodes();
        let potential = |node, _| T::from(if node < near { 0.0 } else { FIRST_FAR });
        start.phi = DVector::from_fn(network.nodes(), potential);
        if !network.is_exact {
            start.price.value = DVector::from_element(1, T::ONE);
            let slack = (T::from(0.1) * network.budget).max(T::from(0.01));
            start.price.slack = DVector::from_element(1, slack);
        }
        if network.is_smooth {
            start.output.clone_from(&network.target);
        } else {
            let slack = start.gaps(network);
            start.flows = Pairs { value: slack.map(|gap| even / gap), slack };
        }
        start
    }

    pub(crate) fn pairs(&self) -> [&Pairs<T>; 4] {
        [&self.letters, &self.costs, &self.flows, &self.price]
    }

    /// Whether the multiplier of cost k is free in sign.
    pub(crate) fn is_free(&self, k: usize) -> bool {
        self.costs.slack[k] == T::ZERO
    }

    pub(crate) fn price(&self) -> T {
        self.price.value.iter().next().copied().unwrap_or(T::ZERO)
    }

    /// `price c - (phi_from - phi_to)` of each way.
    pub(crate) fn gaps(&self, network: &Network<T>) -> DVector<T> {
        let price = self.price();
        let gap = |e: usize, _| {
            price * network.costs[e] - network.fall(self.phi.as_slice(), &network.ways[e])
        };
        DVector::from_fn(network.ways.len(), gap)
    }

    /// The number of complementary pairs.
    pub(crate) fn count(&self) -> T {
        let free = (0..self.costs.value.len()).filter(|&k| self.is_free(k)).count();
        let all: usize = self.pairs().iter().map(|pairs| pairs.value.len()).sum();
        T::from((all - free) as f64)
    }

    /// The sum of the complementary products.
    pub(crate) fn products(&self) -> T {
        let product = |pairs: &Pairs<T>| dot(pairs.value.as_slice(), pairs.slack.as_slice());
        sum(self.pairs().map(product))
    }

    /// The average product, the mu of the central path.
    pub(crate) fn complementarity(&self) -> T {
        self.products() / self.count()
    }

    pub(crate) fn moved(&self, length: T, direction: &Self) -> Self {
        Self {
            letters: self.letters.moved(length, &direction.letters),
            costs: self.costs.moved(length, &direction.costs),
            flows: self.flows.moved(length, &direction.flows),
            price: self.price.moved(length, &direction.price),
            phi: moved(&self.phi, length, &direction.phi),
            output: moved(&self.output, length, &direction.output),
        }
    }

    /// All that stays positive but the values of multipliers.
    fn positive(&self) -> [&DVector<T>; 8] {
        let Self { letters, costs, flows, price, output, .. } = self;
        let ([q, z], [f, u]) = ([&letters.value, &letters.slack], [&flows.value, &flows.slack]);
        [q, z, &costs.slack, f, u, &price.value, &price.slack, output]
    }

    /// The longest step, at most 1, that keeps every variable positive, and those that are free in sign within sight.
    pub(crate) fn longest_step(&self, lagrangian: &impl Lagrangian<T>, direction: &Self) -> T {
        let within = |(v, dv): (&DVector<T>, &DVector<T>)| {
            let each = v.iter().zip(dv);
            each.map(|(&v, &dv)| longest_step(v, dv, BOUNDARY)).fold(T::ONE, T::min)
        };
        let positive = self.positive().into_iter().zip(direction.positive()).map(within);
        let (s, ds) = (&self.costs.value, &direction.costs.value);
        let signed = (0..s.len()).filter(|&k| !self.is_free(k));
        let multipliers = signed.clone().map(|k| longest_step(s[k], ds[k], BOUNDARY));
        let mut turn = T::ONE;
        if signed.count() < s.len() || !self.phi.is_empty() {
            let (at, by) = ((s, &self.phi), (ds, &direction.phi));
            turn = lagrangian.longest_turn(&self.letters.value, at, by);
        }
        positive.chain(multipliers).fold(turn, T::min)
    }

    /// Centres the multipliers for the output pmf, where `lagrangian` has been evaluated, and sets their slacks to `mu / s`.
    pub(crate) fn centre(&mut self, lagrangian: &mut impl Lagrangian<T>, mu: T) {
        let free: Vec<bool> = (0..self.costs.value.len()).map(|k| self.is_free(k)).collect();
        let tolerance = T::from(CENTRED) * (mu * self.count()).min(T::ONE);
        let Pairs { value, slack } = &mut self.costs;
        centre(lagrangian, &self.letters.value, (value, &self.phi), &free, mu, tolerance);
        for (k, slack) in slack.iter_mut().enumerate().filter(|(k, _)| !free[*k]) {
            *slack = mu / value[k];
        }
    }

    /// Residuals and products in nats.
    pub(crate) fn merit(&self, lagrangian: &impl Lagrangian<T>, network: Option<&Network<T>>) -> T {
        let (Self { letters, costs, flows, price, .. }, sums) = (self, lagrangian.sums());
        let mut merit = self.products();
        for (y, &c) in sums.c.iter().enumerate() {
            merit = merit + letters.value[y] * (T::ONE - c - letters.slack[y]).abs();
        }
        for (k, &budget) in lagrangian.budgets().iter().enumerate() {
            let left = lagrangian.raised(budget) - sums.expected[k];
            let least = if self.is_free(k) { LEAST_PRICE } else { 0.0 };
            let worth = costs.value[k].abs() + T::from(least);
            merit = merit + worth * (left - costs.slack[k]).abs();
        }
        let Some(network) = network else { return merit };
        let missing = network.missing(&sums.output(&letters.value), &flows.value, &self.output);
        let farthest = largest(self.phi.iter().map(|phi| phi.abs()));
        let apart = sum(missing.iter().map(|miss| miss.abs()));
        merit = merit + (T::ONE + self.price().max(farthest)) * apart;
        let bends = network.bends(&self.output, &self.phi, self.price());
        merit = merit + sum(bends.iter().zip(&self.output).map(|(&bend, &f)| bend.abs() * f));
        for (&value, &slack) in price.value.iter().zip(&price.slack) {
            let left =
                lagrangian.raised(network.budget) - network.spent(&flows.value, &self.output);
            merit = merit + value * (left - slack).abs();
        }
        merit
    }
}
