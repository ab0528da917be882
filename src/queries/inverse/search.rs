//! The search for the least budget.

use super::least_budget::{AtRate, LeastBudget};
use crate::error::{InfeasibleBudget, RdcError};
use crate::feasibility::{frontier, min_budget};
use crate::model::problem::Problem;
use crate::numerics::information::entropy;
use crate::result::settings::Settings;
use crate::result::solution::{Solution, Status};
use crate::result::verdict::Verdict;
use crate::validate;
use std::time::Instant;

/// Solves after which the bracket so far is returned; 4 to 8 are typical.
const MAX_SOLVES: usize = 40;

/// The shares of the tolerance that a solve may take, and by which the rate aimed at is below the one asked.
const OF_A_SOLVE: f64 = 0.25;

const AIM: f64 = 0.375;

/// No solve is asked for a smaller gap, in bits: rounding would not let it end.
const SMALLEST_GAP: f64 = 1e-13;

/// What rounding may add to a rate, in bits, and to a budget, relative to it ([`Problem::size_of`]).
const RATE_ROUNDING: f64 = 1e-12;

const BUDGET_ROUNDING: f64 = 1e-12;

/// Powers closer to 0 than this are logarithms.
const STRAIGHT: f64 = 1e-6;

/// An interval left to search is worth no solve if it is this share of what stays unproven beside it.
const LEFT_TO_SEARCH: f64 = 0.1;

/// A budget and a rate that is enough or not enough for it.
#[derive(Debug, Clone, Copy)]
struct Known {
    budget: f64,
    rate: f64,
}

/// A budget inside, by what it is above the smallest one, and R there with `slope = -dR/dB > 0`.
#[derive(Debug, Clone, Copy)]
struct Point {
    above: f64,
    rate: f64,
    slope: f64,
}

impl Point {
    /// Where the rate is `aim`, above the smallest budget, if slopes are a power of that: `R' ~ -b^(q-1)`.
    ///
    /// Two points tell the power; with one, q = 0, which makes R a logarithm as for a Gaussian with squared error. Without
    /// a power, q = 1, it would be Newton's step.
    fn reach(self, before: Option<Self>, aim: f64) -> f64 {
        let power =
            |other: Self| 1.0 + (self.slope / other.slope).ln() / (self.above / other.above).ln();
        let q = before.map(power).filter(|q| q.is_finite()).map_or(0.0, |q| q.min(1.0));
        let step = (self.rate - aim) / (self.slope * self.above);
        let growth = if q.abs() < STRAIGHT { step.exp() } else { (1.0 + q * step).powf(1.0 / q) };
        self.above * growth
    }
}

/// A search for the budget of constraint `index` at which R crosses `rate`: Newton's method on a power of what the budget is
/// above the smallest one, between a tangent and a chord.
pub(crate) struct Search<'a> {
    problem: &'a Problem,
    index: usize,
    /// What is not searched; the entry at `index` is that of the last solve.
    budgets: Vec<f64>,
    rate: f64,
    settings: &'a Settings,
    started: Instant,
    /// No smaller budget can be met; this one may not be either.
    least: f64,
    /// Whether more than rounding was excluded above it.
    is_least_unknown: bool,
    lower: f64,
    slope: f64,
    /// The largest budget solved with a rate above the one asked, `+inf` where it cannot be met.
    left: Option<Known>,
    /// The smallest one known with no more.
    right: Known,
    found: Option<Solution>,
    last: Option<Point>,
    /// Where Newton's step from the last budget leads.
    newton: Option<f64>,
    /// The width of the interval searched before the last step.
    width: f64,
    /// What rounding may put `lower` above the budget that it bounds, in the units of the cost.
    lower_rounding: f64,
    limit: Option<Status>,
    solves: usize,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        problem: &'a Problem,
        index: usize,
        rate: f64,
        budgets: &[f64],
        settings: &'a Settings,
    ) -> Result<Self, RdcError> {
        validate::scalar("rate", rate, "a rate in bits must be >= 0, or +inf", rate >= 0.0)?;
        problem.check_index("index", index)?;
        let mut others = budgets.to_vec();
        if let Some(budget) = others.get_mut(index) {
            *budget = 0.0;
        }
        problem.check_budgets(&others)?;
        let least = problem.floor(index, &others).unwrap_or(f64::INFINITY);
        Ok(Self {
            problem,
            index,
            budgets: budgets.to_vec(),
            rate,
            settings,
            started: Instant::now(),
            least,
            is_least_unknown: false,
            lower: least,
            slope: 0.0,
            left: None,
            right: Known { budget: f64::INFINITY, rate: f64::INFINITY },
            found: None,
            last: None,
            newton: None,
            width: f64::INFINITY,
            lower_rounding: 0.0,
            limit: None,
            solves: 0,
        })
    }

    pub(crate) fn run(mut self) -> Result<AtRate, RdcError> {
        match without_rate(self.problem, self.index, &self.budgets) {
            Some(free) => {
                self.right = Known { budget: free, rate: 0.0 };
                if self.rate == 0.0 {
                    self.lower = free;
                }
            }
            None => {
                let unlimited = self.solve(f64::INFINITY)?;
                if !self.is_enough(&unlimited) {
                    return Ok(AtRate::TooLittle(unlimited));
                }
                self.learn(f64::INFINITY, unlimited);
            }
        }
        if self.rate >= entropy(&self.problem.pmf) {
            self.visit(self.least)?;
        }
        while !self.is_done() && self.solves < MAX_SOLVES && self.limit.is_none() {
            let Some(next) = self.next() else { break };
            self.visit(next)?;
        }
        self.finish()
    }

    fn is_done(&self) -> bool {
        let width = self.right.budget - self.lower;
        let within = |width: f64, tolerance: f64| {
            Verdict::of(0.0, width, tolerance, f64::INFINITY) == Verdict::Certified
        };
        let proven = within(self.slope * width, self.settings.tolerance());
        within(width, self.rounding(self.right.budget)) || (self.slope > 0.0 && proven)
    }

    fn is_enough(&self, solution: &Solution) -> bool {
        solution.rate <= self.rate + RATE_ROUNDING
    }

    fn solve(&mut self, budget: f64) -> Result<Solution, RdcError> {
        self.solves += 1;
        let gap = (OF_A_SOLVE * self.resolution()).max(SMALLEST_GAP);
        let mut settings = self.settings.clone().with_tolerance(gap)?;
        if let Some(limit) = self.settings.time_limit() {
            settings = settings.with_time_limit(limit.saturating_sub(self.started.elapsed()));
        }
        self.budgets[self.index] = budget;
        self.problem.solve_with(&self.budgets, &settings)
    }

    /// Bits that are as good as none.
    fn resolution(&self) -> f64 {
        let tolerance = self.settings.tolerance();
        if self.rate > 0.0 { tolerance.min(self.rate) } else { tolerance }
    }

    fn aim(&self) -> f64 {
        self.rate - AIM * self.resolution()
    }

    fn visit(&mut self, budget: f64) -> Result<(), RdcError> {
        match self.solve(budget) {
            Ok(solution) => self.learn(budget, solution),
            Err(RdcError::Infeasible(proof)) => {
                // The proof tells how far it reaches.
                let InfeasibleBudget { budget: at, multiplier, .. } = &proof.budgets[self.index];
                let reach = self.moved(at + proof.excess / multiplier, -BUDGET_ROUNDING);
                self.exclude(if reach.is_finite() { reach.max(budget) } else { budget });
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The budget cannot be met, nor can smaller ones: the smallest one was not known, or only but for rounding.
    fn exclude(&mut self, budget: f64) {
        if budget > self.least {
            // Powers of what is above another budget say nothing of this one.
            (self.least, self.last, self.newton) = (budget, None, None);
            self.is_least_unknown = true;
        }
        if budget > self.lower {
            (self.lower, self.slope) = (budget.min(self.right.budget), 0.0);
            self.lower_rounding = 0.0;
        }
        self.left = Some(Known { budget, rate: f64::INFINITY });
        if self.settings.time_limit().is_some_and(|limit| self.started.elapsed() >= limit) {
            self.limit = Some(Status::TimeLimit);
        }
    }

    fn learn(&mut self, budget: f64, solution: Solution) {
        let slope = solution.constraints[self.index].multiplier;
        let above = budget - self.least;
        // A bound that was lifted to 0 proves `R >= 0` and no slope.
        if slope > 0.0 && solution.lower > 0.0 {
            let crossing = budget + (solution.lower - self.rate) / slope;
            if crossing > self.lower {
                (self.lower, self.slope) = (crossing, slope);
                self.lower_rounding = solution.bounds_rounding(self.problem) / slope;
            }
            if above > 0.0 {
                let point = Point { above, rate: solution.rate, slope };
                self.newton = Some(self.least + point.reach(self.last, self.aim()));
                self.last = Some(point);
            }
        }
        // Smaller gaps are asked for than the caller's: missing those is no reason to stop.
        let is_over = match solution.status {
            Status::TimeLimit | Status::Inconsistent => true,
            Status::IterationLimit => solution.gap() > self.settings.tolerance(),
            _ => false,
        };
        if is_over {
            self.limit = Some(solution.status);
        }
        if self.is_enough(&solution) {
            let achieved = solution.constraints[self.index].achieved;
            self.right = Known { budget: achieved.min(budget), rate: solution.rate };
            self.judge(solution.bounds_rounding(self.problem));
            self.found = Some(solution);
        } else {
            self.left = Some(Known { budget, rate: solution.rate });
        }
        self.lower = self.lower.min(self.right.budget);
    }

    /// Ends the search where no smaller budget was to be enough and one has turned out to be; `rounding` is that of the
    /// attained budget's solution, in bits.
    fn judge(&mut self, rounding: f64) {
        if self.slope > 0.0 {
            let upper = self.right.budget;
            let allowance = self.lower_rounding + rounding / self.slope + self.rounding(upper);
            if Verdict::of(self.lower, upper, 0.0, allowance) == Verdict::Crossed {
                self.limit = Some(Status::Inconsistent);
            }
        }
    }

    /// The budget to solve next; `None` where that would prove nothing.
    fn next(&mut self) -> Option<f64> {
        let left = self.left.map_or(self.least, |left| left.budget);
        let (low, high) = (left.max(self.lower), self.right.budget);
        // Where rates are above the one asked but their lower bounds are not, the lower bound on the budget is final.
        if !(high - low > LEFT_TO_SEARCH * (left - self.lower)) {
            return None;
        }
        let Some(newton) = self.newton else {
            return Some(if self.solves > 1 { self.split(low, high) } else { self.start() });
        };
        if self.left.is_none() && self.lower <= self.least {
            return Some(self.least);
        }
        let high = self.chord().filter(|chord| *chord > low).map_or(high, |chord| chord.min(high));
        let halved = high - low <= 0.5 * self.width;
        self.width = high - low;
        let inside = halved && low < newton && newton < high;
        let next = if inside { newton } else { self.split(low, high) };
        (low < next && next < high).then_some(next)
    }

    /// Where the chord from left to right has the rate aimed at: R has no more.
    fn chord(&self) -> Option<f64> {
        let (left, right) = (self.left?, self.right);
        let share = (left.rate - self.aim()) / (left.rate - right.rate);
        share.is_finite().then_some(left.budget + share * (right.budget - left.budget))
    }

    /// Exact for a Gaussian with squared error, whose distortion is `2^(-2 R)` of its variance.
    fn start(&self) -> f64 {
        let share = (-2.0 * (self.rate - self.right.rate)).exp2();
        self.least + share * (self.right.budget - self.least)
    }

    fn finish(mut self) -> Result<AtRate, RdcError> {
        // The budget from where on no rate is needed may have been rounded down.
        for rounding in [0.0, BUDGET_ROUNDING] {
            if self.found.is_none() {
                self.visit(self.moved(self.right.budget, rounding))?;
            }
        }
        let solution = match self.found.take() {
            Some(solution) => solution,
            None => {
                let unlimited = self.solve(f64::INFINITY)?;
                if !self.is_enough(&unlimited) {
                    return Ok(AtRate::TooLittle(unlimited));
                }
                self.right.budget = unlimited.constraints[self.index].achieved;
                unlimited
            }
        };
        let status = match self.limit {
            Some(Status::Inconsistent) => Status::Inconsistent,
            _ if self.is_done() => Status::Certified,
            Some(limit) => limit,
            None if self.solves >= MAX_SOLVES => Status::IterationLimit,
            None => Status::Stalled,
        };
        let (lower, upper) = match status {
            Status::Inconsistent => (self.without_proof(), f64::INFINITY),
            _ => (self.lower.min(self.right.budget), self.right.budget),
        };
        let Self { slope, solves, .. } = self;
        Ok(AtRate::Enough(LeastBudget { upper, lower, slope, solution, status, solves }))
    }

    /// What rounding may add to a budget.
    fn rounding(&self, budget: f64) -> f64 {
        BUDGET_ROUNDING * self.problem.size_of(self.index, budget)
    }

    /// A budget moved by a share of its size.
    fn moved(&self, budget: f64, share: f64) -> f64 {
        let size = self.problem.size_of(self.index, budget);
        if budget == 0.0 { share * size } else { budget * (1.0 + share * (size / budget)) }
    }

    /// What no channel spends less of than, whatever the bounds: 0 unless costs are negative.
    fn without_proof(&self) -> f64 {
        self.problem.costs.get(self.index).map_or(0.0, |cost| cost.offset.min(0.0))
    }

    /// Between two budgets, by the logarithms of what they are above the smallest one where these differ much.
    fn split(&self, low: f64, high: f64) -> f64 {
        let (a, b) = (low - self.least, high - self.least);
        let above = if a > 0.0 && a < b / 4.0 {
            (a * b).sqrt()
        } else if a > 0.0 || self.is_least_unknown {
            0.5 * (a + b)
        } else {
            b / 16.0
        };
        self.least + above
    }
}

/// From which budget of `index` on no rate is needed, up to rounding; `None` where it is not known, or nothing is enough.
fn without_rate(problem: &Problem, index: usize, budgets: &[f64]) -> Option<f64> {
    let costs = problem.costs.len();
    // What else constrains is no linear program in the output pmf.
    if budgets.len() != costs {
        return None;
    }
    if costs == 2 {
        let frontier = frontier::zero_rate(problem, 0, 1)?;
        return if index == 0 {
            frontier.first_at(budgets[1])
        } else {
            frontier.second_at(budgets[0])
        };
    }
    min_budget::smallest_without_rate(problem, index, budgets)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use nalgebra::{DMatrix, DVector};

    /// Where less than the smallest budget is known of what can be met, the search still ends at the same bracket.
    #[test]
    fn budgets_that_turn_out_infeasible_are_not_enough() {
        let distances = DMatrix::from_fn(5, 5, |x, y| (x as f64 - y as f64).powi(2));
        let labels = DMatrix::from_fn(5, 5, |x, y| 0.1 + 0.8 * f64::from((x < 3) != (y < 3)));
        let pmf = DVector::from_vec(vec![0.1, 0.3, 0.2, 0.15, 0.25]);
        let problem = Problem::new(pmf, 5).unwrap().with_cost("distortion", distances).unwrap();
        let problem = problem.with_cost("error", labels).unwrap();
        let settings = Settings::default();
        let mut searched = 0;
        for rate in [0.5, 0.6, 0.7, 0.8, 0.9, 0.96, 1.2] {
            let search = || Search::new(&problem, 1, rate, &[0.9, 0.0], &settings).unwrap();
            let AtRate::Enough(known) = search().run().unwrap() else { continue };
            for unknown in [0.0, 0.05, 0.0999] {
                let search = Search { least: unknown, lower: unknown, ..search() };
                let AtRate::Enough(found) = search.run().unwrap() else {
                    unreachable!("{rate} bits are enough")
                };
                assert!(found.width() < 1e-9, "{found:?}");
                let rounded = known.upper * (1.0 + BUDGET_ROUNDING);
                assert!(found.lower <= rounded, "{found:?}");
                assert!(known.lower <= found.upper * (1.0 + BUDGET_ROUNDING), "{found:?}");
                searched += 1;
            }
        }
        assert_eq!(searched, 21);
    }
}
