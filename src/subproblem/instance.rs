//! One request as the solver sees it: scaled costs over allowed pairs, each with a finite budget or a price, in nats.

use super::output_constraint::Bounded;
use crate::model::cost::{Allowed, Cost};
use crate::model::problem::Problem;
use crate::numerics::compensated::TwoFold;
use crate::subproblem::thresholds::SMALLEST_RAISE;
use nalgebra::{DMatrix, DVector};
use std::borrow::Cow;

/// Smaller budgets, in scaled costs, are not the units of their constraints: squares of entries could overflow in such units.
const SMALLEST_UNIT: f64 = 1e-75;

/// A cost that is paid for at a fixed multiplier.
#[derive(Debug, Clone)]
pub(crate) struct Priced<'a> {
    cost: &'a DMatrix<f64>,
    /// In nats per scaled unit.
    price: f64,
    /// As for constraints.
    origin: Vec<(usize, f64)>,
}

/// `E[d_k] <= D_k`, in units of the budget where it is not 0.
#[derive(Debug, Clone)]
pub(crate) struct LinearConstraint<'a> {
    /// m x n: the cost of a pair is `scale` times its entry.
    pub(crate) matrix: &'a DMatrix<f64>,
    /// A power of two, which brings the budget between 1 and 2; 1 where the budget is 0.
    pub(crate) scale: f64,
    /// What the cost is made of: (index in the problem, weight), up to a constant for each source letter.
    pub(crate) origin: Vec<(usize, f64)>,
    pub(crate) budget: f64,
    /// What the budget lost to rounding, for the method in double-double.
    pub(crate) budget_error: f64,
    /// What the budget may be exceeded by and still count as met.
    pub(crate) rounding: f64,
}

/// `min I(X; X^) + sum_j price_j E[d_j]  s.t.  E[d_k] <= D_k`. Index k counts the constrained costs only.
#[derive(Debug, Clone)]
pub(crate) struct Instance<'a> {
    pub(crate) pmf: Cow<'a, DVector<f64>>,
    pub(crate) reproductions: usize,
    /// The costs with a budget.
    pub(crate) constraints: Vec<LinearConstraint<'a>>,
    /// Costs that are paid for instead, and their multipliers.
    pub(crate) priced: Vec<Priced<'a>>,
    /// What the output pmf is held to.
    pub(crate) marginal: Option<Bounded<'a>>,
    pub(crate) allowed: Cow<'a, Allowed>,
}

impl LinearConstraint<'_> {
    /// The cost of a pair, in the units of the budget.
    pub(crate) fn cost(&self, x: usize, y: usize) -> f64 {
        self.scale * self.matrix[(y, x)]
    }
}

/// The power of two that brings a positive budget between 1 and 2, 1 for others.
fn budget_scale(budget: f64) -> f64 {
    if budget > SMALLEST_UNIT { (-budget.log2().floor()).exp2() } else { 1.0 }
}

impl<'a> Instance<'a> {
    /// The budgets of a request's costs that constrain anything.
    pub(crate) fn within(problem: &'a Problem, budgets: &[f64]) -> Self {
        let constraint = |((index, cost), &budget): ((usize, &'a Cost), &f64)| {
            let scaled = cost.scaled_budget(budget)?;
            let scale = budget_scale(scaled);
            Some(LinearConstraint {
                matrix: &cost.matrix,
                scale,
                origin: vec![(index, scale)],
                budget: scale * scaled,
                budget_error: if scaled > 0.0 {
                    scale * cost.scaled_budget_error(budget, scaled)
                } else {
                    0.0
                },
                rounding: scale * cost.budget_rounding(budget),
            })
        };
        let costs = problem.costs.iter().enumerate().zip(budgets);
        Self { constraints: costs.filter_map(constraint).collect(), ..Self::unconstrained(problem) }
    }

    /// Raises every budget by this share of what counts as rounding.
    pub(crate) fn raise_budgets(&mut self, share: f64) {
        for constraint in &mut self.constraints {
            let by = (share * constraint.rounding).max(SMALLEST_RAISE);
            constraint.budget += by;
            constraint.rounding = constraint.rounding.max(2.0 * by);
        }
    }

    /// Sets the budget of constraint k to 0, and its unit to that of the scaled cost.
    pub(crate) fn clear_budget(&mut self, k: usize) {
        let constraint = &mut self.constraints[k];
        constraint.origin.iter_mut().for_each(|(_, weight)| *weight /= constraint.scale);
        (constraint.budget, constraint.budget_error, constraint.scale) = (0.0, 0.0, 1.0);
    }

    /// The same request with the output pmf held to a marginal.
    pub(crate) fn held_to(self, bounded: Bounded<'a>) -> Self {
        let usable: Vec<bool> = (0..self.reproductions).map(|y| bounded.is_usable(y)).collect();
        let mut held = self.on_letters(&usable);
        held.marginal = Some(bounded);
        held
    }

    /// The same request on some of the reproduction letters.
    pub(crate) fn on_letters(mut self, usable: &[bool]) -> Self {
        if usable.contains(&false) {
            let (n, m) = (self.letters(), self.reproductions);
            // A letter without probability has no part in the output.
            let occurs: Vec<bool> = self.pmf.iter().map(|p| *p > 0.0).collect();
            self.allowed.to_mut().restrict(n, m, |x, y| usable[y] || !occurs[x]);
        }
        self
    }

    /// Whether every source letter has a pair that is allowed.
    pub(crate) fn has_channels(&self) -> bool {
        let has_pairs = |x: usize| self.pairs(x).is_none_or(|pairs| pairs.contains(&true));
        (0..self.letters()).all(|x| self.pmf[x] == 0.0 || has_pairs(x))
    }

    /// The channel (m x n) that sends every source letter to all of its pairs alike.
    pub(crate) fn even_channel(&self) -> DMatrix<f64> {
        let m = self.reproductions;
        let mut channel = DMatrix::from_element(m, self.letters(), 1.0 / m as f64);
        for (x, mut letter) in channel.column_iter_mut().enumerate() {
            let Some(pairs) = self.pairs(x).filter(|pairs| pairs.contains(&true)) else { continue };
            let even = 1.0 / pairs.iter().filter(|pair| **pair).count() as f64;
            letter.iter_mut().zip(pairs).for_each(|(w, &pair)| *w = if pair { even } else { 0.0 });
        }
        channel
    }

    /// Whether all source letters that occur have the same pairs.
    pub(crate) fn has_like_pairs(&self) -> bool {
        let mut occurring = (0..self.letters()).filter(|&x| self.pmf[x] > 0.0);
        let first = occurring.next().and_then(|x| self.pairs(x));
        occurring.all(|x| self.pairs(x) == first)
    }

    /// Every cost paid for, with multipliers in nats per scaled unit.
    pub(crate) fn at_prices(problem: &'a Problem, prices: &[f64]) -> Self {
        let each = problem.costs.iter().zip(prices).enumerate();
        let priced = |(index, (cost, &price)): (usize, (&'a Cost, &f64))| Priced {
            cost: &cost.matrix,
            price,
            origin: vec![(index, 1.0)],
        };
        Self { priced: each.map(priced).collect(), ..Self::unconstrained(problem) }
    }

    fn unconstrained(problem: &'a Problem) -> Self {
        Self {
            pmf: Cow::Borrowed(&problem.pmf),
            reproductions: problem.reproductions,
            constraints: Vec::new(),
            priced: Vec::new(),
            marginal: None,
            allowed: Cow::Borrowed(&problem.allowed),
        }
    }

    /// The same request with every constraint turned into a price.
    pub(crate) fn with_prices(&'a self, s: &DVector<f64>) -> Self {
        let constrained = self.constraints.iter().zip(s).map(|(constraint, &price)| Priced {
            cost: constraint.matrix,
            price: constraint.scale * price,
            origin: constraint.origin.clone(),
        });
        Self {
            pmf: Cow::Borrowed(&self.pmf),
            reproductions: self.reproductions,
            constraints: Vec::new(),
            priced: self.priced.iter().cloned().chain(constrained).collect(),
            marginal: None,
            allowed: Cow::Borrowed(&self.allowed),
        }
    }

    /// The same source and pairs with one cost in the place of all, which has no budget that constrains anything.
    pub(crate) fn with_one_cost<'b>(&'b self, matrix: &'b DMatrix<f64>) -> Instance<'b> {
        let constraint = LinearConstraint {
            matrix,
            scale: 1.0,
            origin: Vec::new(),
            budget: f64::INFINITY,
            budget_error: 0.0,
            rounding: 0.0,
        };
        Instance {
            pmf: Cow::Borrowed(&self.pmf),
            reproductions: self.reproductions,
            constraints: vec![constraint],
            priced: Vec::new(),
            marginal: None,
            allowed: Cow::Borrowed(&self.allowed),
        }
    }

    /// The same request for a channel that ignores the source: one source letter, whose costs are the averages.
    ///
    /// `averages` holds one m x 1 matrix per cost, see [`averages`](Self::averages).
    pub(crate) fn without_source<'b>(&self, averages: &'b [DMatrix<f64>]) -> Instance<'b> {
        let m = self.reproductions;
        let mut allowed = Allowed::default();
        allowed.restrict(1, m, |_, y| self.allowed.whatever_the_source(&self.pmf, y, m));
        let mut constant =
            Instance::mixture(m, averages.iter().collect(), &self.budgets(), allowed);
        for (average, of) in constant.constraints.iter_mut().zip(&self.constraints) {
            average.origin.clone_from(&of.origin);
            average.rounding = of.rounding;
        }
        constant
    }

    /// Mixtures of `letters` points: one source letter, a cost (letters x 1) for each coordinate.
    pub(crate) fn mixture(
        letters: usize,
        coordinates: Vec<&'a DMatrix<f64>>,
        budgets: &DVector<f64>,
        allowed: Allowed,
    ) -> Self {
        let constraint =
            |(k, (cost, &budget)): (usize, (&'a DMatrix<f64>, &f64))| LinearConstraint {
                matrix: cost,
                scale: 1.0,
                origin: vec![(k, 1.0)],
                budget,
                budget_error: 0.0,
                rounding: 0.0,
            };
        let constraints = coordinates.into_iter().zip(budgets).enumerate().map(constraint);
        Self {
            pmf: Cow::Owned(DVector::from_element(1, 1.0)),
            reproductions: letters,
            constraints: constraints.collect(),
            priced: Vec::new(),
            marginal: None,
            allowed: Cow::Owned(allowed),
        }
    }

    /// `sum_x p(x) d_k(x, y)` for every cost, m x 1 each.
    pub(crate) fn averages(&self) -> Vec<DMatrix<f64>> {
        let average = |constraint: &LinearConstraint<'_>| {
            let column = constraint.scale * (constraint.matrix * &*self.pmf);
            DMatrix::from_column_slice(column.len(), 1, column.as_slice())
        };
        self.constraints.iter().map(average).collect()
    }

    /// `sum_x p(x) s.d(x, y)` for every reproduction letter, over the priced costs, and the same with prices of 1.
    pub(crate) fn average_prices(&self) -> [DVector<f64>; 2] {
        let mut averages = [(); 2].map(|()| DVector::zeros(self.reproductions));
        for priced in &self.priced {
            let average = priced.cost * &*self.pmf;
            averages[0].axpy(priced.price, &average, 1.0);
            averages[1] += average;
        }
        averages
    }

    /// The same source without constraint `k`.
    pub(crate) fn without(&self, k: usize) -> Self {
        let mut fewer = self.clone();
        fewer.constraints.remove(k);
        fewer
    }

    /// The same source on fewer pairs and without constraint `k`.
    pub(crate) fn face(&self, k: usize, keep: impl Fn(usize, usize) -> bool) -> Self {
        let mut face = self.without(k);
        face.allowed.to_mut().restrict(self.letters(), self.reproductions, keep);
        face
    }

    /// By how much these expected costs exceed the budgets.
    pub(crate) fn excess(&self, expected: &DVector<f64>) -> DVector<f64> {
        expected - self.budgets()
    }

    /// The multipliers (index in the problem, nats per scaled unit of its cost) that `s` and the prices amount to; an index
    /// may repeat.
    pub(crate) fn multipliers(&self, s: &DVector<f64>) -> impl Iterator<Item = (usize, f64)> {
        let priced = self.priced.iter().map(|priced| (&priced.origin, priced.price));
        let constrained = self.constraints.iter().map(|constraint| &constraint.origin);
        let all = constrained.zip(s.iter().copied()).chain(priced);
        all.flat_map(|(origin, s)| {
            origin.iter().map(|&(index, weight)| (index, s * weight)).collect::<Vec<_>>()
        })
    }

    /// For each reproduction, whether some source letter that occurs may use it.
    pub(crate) fn used_letters(&self) -> Vec<bool> {
        let mut used = vec![false; self.reproductions];
        for x in (0..self.letters()).filter(|&x| self.pmf[x] > 0.0) {
            let Some(pairs) = self.pairs(x) else { return vec![true; self.reproductions] };
            used.iter_mut().zip(pairs).for_each(|(used, pair)| *used |= pair);
        }
        used
    }

    pub(crate) fn letters(&self) -> usize {
        self.pmf.len()
    }

    /// The budgets D_k, scaled.
    pub(crate) fn budgets(&self) -> DVector<f64> {
        self.of_each(|constraint| constraint.budget)
    }

    /// What the last digits of each budget amount to, scaled.
    pub(crate) fn roundings(&self) -> DVector<f64> {
        self.of_each(|constraint| constraint.rounding)
    }

    /// What the entries of each cost matrix are multiplied by.
    pub(crate) fn scales(&self) -> DVector<f64> {
        self.of_each(|constraint| constraint.scale)
    }

    fn of_each(&self, number: impl Fn(&LinearConstraint<'a>) -> f64) -> DVector<f64> {
        DVector::from_iterator(self.constraints.len(), self.constraints.iter().map(number))
    }

    /// The allowed reproductions of source letter x, `None` if all are.
    pub(crate) fn pairs(&self, x: usize) -> Option<&[bool]> {
        self.allowed.of(x, self.reproductions)
    }

    /// `s . d(x, y)`, prices included, for every reproduction y of source letter x; `+inf` where the pair is forbidden.
    #[inline(always)]
    pub(crate) fn exponent(&self, x: usize, s: &DVector<f64>, row: &mut [f64]) {
        row.fill(0.0);
        let constrained = self
            .constraints
            .iter()
            .zip(s)
            .map(|(constraint, s)| (constraint.matrix, constraint.scale * s));
        let priced = self.priced.iter().map(|priced| (priced.cost, priced.price));
        for (cost, multiplier) in constrained.chain(priced) {
            for (e, &d) in row.iter_mut().zip(self.letter_costs(cost, x)) {
                *e += multiplier * d;
            }
        }
        if let Some(pairs) = self.pairs(x) {
            for (e, &allowed) in row.iter_mut().zip(pairs) {
                if !allowed {
                    *e = f64::INFINITY;
                }
            }
        }
    }

    /// What all priced costs come to in nats, with a potential on the reproduction letters added and each source letter's
    /// smallest entry taken away: m x n, 0 where a pair is forbidden or its source letter does not occur.
    ///
    /// Prices of a million leave ten digits of a sum in double precision. Sums here keep what rounding takes from them, so that
    /// entries that end up small have all their digits.
    pub(crate) fn reduced_prices(&self, potential: &DVector<f64>) -> (DMatrix<f64>, DVector<f64>) {
        let (n, m) = (self.letters(), self.reproductions);
        let mut reduced = DMatrix::zeros(m, n);
        let mut least = DVector::zeros(n);
        let mut row = vec![TwoFold::default(); m];
        for x in (0..n).filter(|&x| self.pmf[x] > 0.0) {
            for (sum, &g) in row.iter_mut().zip(potential) {
                *sum = TwoFold { value: g, lost: 0.0 };
            }
            for priced in &self.priced {
                for (sum, &d) in row.iter_mut().zip(self.letter_costs(priced.cost, x)) {
                    sum.add_product(priced.price, d);
                }
            }
            let usable = |y: &usize| self.pairs(x).is_none_or(|pairs| pairs[*y]);
            least[x] = (0..m).filter(usable).map(|y| row[y].total()).fold(f64::INFINITY, f64::min);
            for y in (0..m).filter(usable) {
                row[y].add(-least[x]);
                reduced[(y, x)] = row[y].total().max(0.0);
            }
        }
        (reduced, least)
    }

    /// `d_k(x, .)` as a slice.
    #[inline(always)]
    pub(crate) fn letter_costs<'b>(&self, cost: &'b DMatrix<f64>, x: usize) -> &'b [f64] {
        let m = self.reproductions;
        &cost.as_slice()[x * m..(x + 1) * m]
    }

    /// `E[d_k]` of a channel (m x n), for every k.
    pub(crate) fn expected(&self, channel: &DMatrix<f64>) -> DVector<f64> {
        self.of_each(|constraint| constraint.scale * self.average(channel, constraint.matrix))
    }

    /// No pair pays more than this for the priced costs.
    pub(crate) fn dearest_paid(&self) -> f64 {
        self.priced.iter().map(|priced| priced.price * priced.cost.max()).sum()
    }

    /// What a channel pays for its priced costs.
    pub(crate) fn paid(&self, channel: &DMatrix<f64>) -> f64 {
        let paid = |priced: &Priced<'_>| priced.price * self.average(channel, priced.cost);
        self.priced.iter().map(paid).sum()
    }

    fn average(&self, channel: &DMatrix<f64>, cost: &DMatrix<f64>) -> f64 {
        let letter = |x: usize| self.pmf[x] * channel.column(x).dot(&cost.column(x));
        (0..self.letters()).map(letter).sum()
    }
}
