//! A problem as plain matrices, and what a solution of it must satisfy, recomputed from them and from nothing else.

#![allow(dead_code, reason = "each test crate uses its part")]

use super::exact::{self, Sum};
use super::expected;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Problem, Solution};
use std::fmt;

/// What rounding may leave of the proof of a bound, in bits.
const PROOF: f64 = 1e-11;

/// A failing case prints whole. The budget of a perception comes last.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) pmf: DVector<f64>,
    pub(crate) costs: Vec<DMatrix<f64>>,
    pub(crate) budgets: Vec<f64>,
}

/// Ready to be pasted into a test.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "pmf {:?}", self.pmf.as_slice())?;
        for cost in &self.costs {
            let rows: Vec<Vec<f64>> =
                cost.row_iter().map(|row| row.iter().copied().collect()).collect();
            writeln!(f, "cost {rows:?}")?;
        }
        write!(f, "budgets {:?}", self.budgets)
    }
}

impl Case {
    pub(crate) fn new(pmf: DVector<f64>, costs: Vec<DMatrix<f64>>, budgets: &[f64]) -> Self {
        Self { pmf, costs, budgets: budgets.to_vec() }
    }

    /// With at least one cost.
    pub(crate) fn problem(&self) -> Problem {
        self.problem_of(self.costs[0].ncols())
    }

    /// Without costs only the caller knows how many letters there are.
    pub(crate) fn problem_of(&self, letters: usize) -> Problem {
        let empty = Problem::new(self.pmf.clone(), letters).unwrap();
        let named = self.costs.iter().enumerate();
        named.fold(empty, |problem, (k, cost)| {
            problem.with_cost(format!("cost {k}"), cost.clone()).unwrap()
        })
    }

    /// What every solution must satisfy, whatever its status: the channel is one, attains the rate and the costs it claims, and
    /// meets the budgets, and the output pmf and the multipliers told prove the bound.
    #[track_caller]
    pub(crate) fn check(&self, solution: &Solution) {
        // Where a budget is tiny beside its cost, what rounding leaves of the others is not small beside it.
        self.assert_attained(solution, 1e-3);
        let bound =
            self.lower_bound(solution, &DVector::zeros(solution.output.len()), |_| true).value();
        let lower = solution.lower;
        assert!(bound >= lower - PROOF, "{bound} does not prove {lower}\n{self}");
        // Complementary slackness, as far as the gap allows: sum_k s_k (D_k - E[d_k]) is a part of it.
        let active = || solution.constraints.iter().filter(|c| c.is_active());
        let slack: f64 = active().map(|c| c.multiplier * (c.budget - c.achieved)).sum();
        let gap = solution.gap();
        // The last digit of a budget may be worth more than that.
        let digits: f64 = active().map(|c| f64::EPSILON * c.multiplier * c.budget.abs()).sum();
        assert!(
            slack <= gap + 1e-9 + digits,
            "slack {slack:e} is priced, the gap is {gap:e}\n{self}"
        );
    }

    /// All but the bound. A cost may exceed its budget by 1e-12 of it, or of a `share` of the dearest pair.
    #[track_caller]
    pub(crate) fn assert_attained(&self, solution: &Solution, share: f64) {
        let (pmf, channel) = (&self.pmf, &solution.channel);
        assert!(channel.iter().all(|w| (0.0..=1.0 + 1e-12).contains(w)), "no channel\n{self}");
        for row in channel.row_iter() {
            assert!((row.sum() - 1.0).abs() < 1e-12, "a row sums to {}\n{self}", row.sum());
        }
        let off = (solution.rate - exact::information(pmf, channel)).abs();
        assert!(off < 1e-12, "the rate is {off:e} off\n{self}");
        assert!((channel.tr_mul(pmf) - &solution.output).amax() < 1e-14, "another output\n{self}");
        for ((told, cost), &budget) in
            solution.constraints.iter().zip(&self.costs).zip(&self.budgets)
        {
            let achieved = expected(pmf, channel, cost);
            let finite = cost.iter().filter(|d| d.is_finite());
            let dearest = finite.fold(0.0, |most: f64, d| most.max(d.abs()));
            let allowed = budget + 1e-12 * budget.abs().max(share * dearest);
            assert!(achieved <= allowed, "{}: {achieved} > {budget}\n{self}", told.name);
            let off = (achieved - told.achieved).abs();
            assert!(
                off <= 1e-12 * (1.0 + expected(pmf, channel, &cost.abs())),
                "{told:?}, {off:e} off\n{self}"
            );
            assert!(told.multiplier >= 0.0 && told.multiplier.is_finite(), "{told:?}\n{self}");
            assert_eq!(told.budget, budget);
        }
    }

    /// Blahut's lower bound in bits at the output pmf and the multipliers that a solution tells, with potentials `g`, by which
    /// each letter is dearer, on the letters that are usable; what a perception takes from it is left to be subtracted.
    ///
    /// In twice the working precision: multipliers may be so large that the terms have no digits left after the point.
    pub(crate) fn lower_bound(
        &self,
        solution: &Solution,
        g: &DVector<f64>,
        is_usable: impl Fn(usize) -> bool,
    ) -> Sum {
        let q = &solution.certificate;
        let priced = &solution.constraints[..self.costs.len()];
        let multipliers: Vec<f64> = priced.iter().map(|told| told.multiplier).collect();
        let letters: Vec<usize> = (0..q.len()).filter(|&y| is_usable(y)).collect();
        let mut bound = Sum::default();
        let mut c = vec![0.0; q.len()];
        for (x, &p) in self.pmf.iter().enumerate().filter(|&(_, &p)| p > 0.0) {
            let price = |&y: &usize| {
                let mut price = exact::price(&self.costs, &multipliers, x, y)?;
                price.add(g[y]);
                Some((y, price))
            };
            let prices: Vec<(usize, Sum)> = letters.iter().filter_map(price).collect();
            let used = || prices.iter().filter(|(y, _)| q[*y] > 0.0);
            let Some((_, least)) = used().min_by(|a, b| a.1.value().total_cmp(&b.1.value())) else {
                return Sum::unknown();
            };
            let tilt = |price: &Sum| (-price.minus(*least)).exp2();
            let t: f64 = used().map(|(y, price)| q[*y] * tilt(price)).sum();
            bound.add_multiple(p, *least);
            bound.add_product(-p, t.log2());
            prices.iter().for_each(|(y, price)| c[*y] += p * tilt(price) / t);
        }
        // The pmf over its sum, which is 1 but for rounding.
        bound.add_multiple(-exact::surplus(&self.pmf), bound);
        bound.add(-c.iter().copied().fold(0.0, f64::max).log2());
        let spent = multipliers.iter().zip(&self.budgets).filter(|(s, _)| **s > 0.0);
        spent.for_each(|(s, budget)| bound.add_product(-s, *budget));
        bound
    }
}
