//! The inverse functions: the least budget at a given rate.

use crate::{Plane, Rdc, RdcError, Settings, Solution, Status, check, entropy};
use std::time::Instant;

/// Solves after which the bracket so far is returned; 4 to 8 are typical.
const MAX_SOLVES: usize = 40;

/// The shares of the tolerance that a solve may take, and by which the rate aimed at is below the one asked.
const OF_A_SOLVE: f64 = 0.25;
const AIM: f64 = 0.375;

/// No solve is asked for a smaller gap, in bits: rounding would not let it end.
const SMALLEST_GAP: f64 = 1e-13;

/// What rounding may add to a rate, in bits, and to a budget, relative to it.
const RATE_ROUNDING: f64 = 1e-12;
const BUDGET_ROUNDING: f64 = 1e-12;

/// Powers closer to 0 than this are logarithms.
const STRAIGHT: f64 = 1e-6;

/// An interval left to search is worth no solve if it is this share of what stays unproven beside it.
const LEFT_TO_SEARCH: f64 = 0.1;

/// The least budget at a rate.
#[derive(Debug, Clone)]
pub enum AtRate {
    /// The rate is enough from some budget on.
    Enough(LeastBudget),
    /// No budget is enough, or none was found to be: the solution without this budget has more rate than was asked. The
    /// smallest rate that would do lies in \[`lower`, `rate`\] of it.
    TooLittle(Solution),
}

/// The least budget B at which a rate is enough, with its bracket `lower <= B <= upper`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LeastBudget {
    /// The upper bound in the units of the cost, attained: [`solution`](Self::solution) spends no more and has at most the
    /// rate asked, up to 1e-12 bits of rounding.
    pub upper: f64,
    /// The lower bound: no smaller budget is enough, up to what the last digits of the other budget make of ties.
    pub lower: f64,
    /// `-dR/dB` in bits per unit, the slope of the plane that proves `lower`; B moves by `-1/slope` per bit. 0 where no
    /// plane was needed: at the smallest budget that can be met, and at rate 0.
    pub slope: f64,
    /// The channel and its rate.
    pub solution: Solution,
    /// [`Status::Certified`] if `slope (upper - lower)` is within the tolerance, so that at the upper bound R is below the
    /// rate asked by no more bits than this, or if the bounds agree to 1e-12.
    pub status: Status,
    /// Points of R that were solved.
    pub solves: usize,
}

impl LeastBudget {
    /// `upper - lower`, in the units of the cost.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.upper - self.lower
    }
}

impl AtRate {
    /// The least budget, `None` where the rate is too little.
    #[must_use]
    pub fn least_budget(&self) -> Option<&LeastBudget> {
        match self {
            Self::Enough(least) => Some(least),
            Self::TooLittle(_) => None,
        }
    }
}

impl Rdc {
    /// The distortion-rate-classification function `D(rate, e) = min { D : R(D, e) <= rate }` with its bracket, by the
    /// default [`Settings`].
    ///
    /// `rate` is in bits, in \[0, inf\]; `e` is an error budget, in \[0, inf\].
    ///
    /// ```
    /// use rdc_theory::nalgebra::{DMatrix, DVector};
    /// use rdc_theory::{AtRate, Classifier, Distortion, Rdc, Source};
    /// # let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
    /// # let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
    /// # let rdc = Rdc::new(&source, Distortion::hamming(2)?, &Classifier::hard(&[0, 1])?)?;
    /// let least = match rdc.distortion_at(0.4, f64::INFINITY)? {
    ///     AtRate::Enough(least) => least,
    ///     AtRate::TooLittle(solution) => panic!("at least {} bits are needed", solution.lower),
    /// };
    /// assert!(least.solution.rate <= 0.4 && least.width() < 1e-8);
    /// let point = rdc.solve(least.upper, f64::INFINITY)?;
    /// assert!((point.rate - 0.4).abs() < 1e-8);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if no channel has at most `e` errors; [`RdcError::Value`] for a rate or a budget that is
    /// negative or NaN.
    pub fn distortion_at(&self, rate: f64, e: f64) -> Result<AtRate, RdcError> {
        self.distortion_at_with(rate, e, &Settings::default())
    }

    /// The least distortion at a rate and an error budget.
    ///
    /// The tolerance of the settings is that of [`LeastBudget::status`], the time limit one of the whole search, the
    /// iteration limit one of each solve.
    ///
    /// # Errors
    /// As for [`Rdc::distortion_at`].
    pub fn distortion_at_with(
        &self,
        rate: f64,
        e: f64,
        settings: &Settings,
    ) -> Result<AtRate, RdcError> {
        Search::new(self, Self::DISTORTION, rate, e, settings)?.run()
    }

    /// The classification-rate-distortion function `E(rate, d) = min { E : R(d, E) <= rate }` with its bracket, by the
    /// default [`Settings`].
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if no channel has at most the distortion `d`; [`RdcError::Value`] for a rate or a budget
    /// that is negative or NaN.
    pub fn error_at(&self, rate: f64, d: f64) -> Result<AtRate, RdcError> {
        self.error_at_with(rate, d, &Settings::default())
    }

    /// The least classification error at a rate and a distortion budget, see [`Rdc::distortion_at_with`].
    ///
    /// # Errors
    /// As for [`Rdc::error_at`].
    pub fn error_at_with(
        &self,
        rate: f64,
        d: f64,
        settings: &Settings,
    ) -> Result<AtRate, RdcError> {
        Search::new(self, Self::ERROR, rate, d, settings)?.run()
    }
}

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

/// A search for the budget of cost `index` at which R crosses `rate`: Newton's method on a power of what the budget is
/// above the smallest one, between a tangent and a chord.
struct Search<'a> {
    rdc: &'a Rdc,
    index: usize,
    other: f64,
    rate: f64,
    settings: &'a Settings,
    started: Instant,
    /// The smallest budget that can be met.
    least: f64,
    lower: f64,
    slope: f64,
    /// The largest budget solved with a rate above the one asked.
    left: Option<Known>,
    /// The smallest one known with no more.
    right: Known,
    found: Option<Solution>,
    last: Option<Point>,
    /// Where Newton's step from the last budget leads.
    newton: Option<f64>,
    /// The width of the interval searched before the last step.
    width: f64,
    limit: Option<Status>,
    solves: usize,
}

impl<'a> Search<'a> {
    fn new(
        rdc: &'a Rdc,
        index: usize,
        rate: f64,
        other: f64,
        settings: &'a Settings,
    ) -> Result<Self, RdcError> {
        check::scalar("rate", rate, "a rate in bits must be >= 0, or +inf", rate >= 0.0)?;
        let least = rdc.problem().smallest_budget(index, &[other; 2])?.unwrap_or(f64::INFINITY);
        Ok(Self {
            rdc,
            index,
            other,
            rate,
            settings,
            started: Instant::now(),
            least,
            lower: least,
            slope: 0.0,
            left: None,
            right: Known { budget: f64::INFINITY, rate: f64::INFINITY },
            found: None,
            last: None,
            newton: None,
            width: f64::INFINITY,
            limit: None,
            solves: 0,
        })
    }

    fn run(mut self) -> Result<AtRate, RdcError> {
        match self.without_rate() {
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
        if self.rate >= entropy(&self.rdc.problem().pmf) {
            self.visit(self.least)?;
        }
        while !self.is_done() && self.solves < MAX_SOLVES && self.limit.is_none() {
            let Some(next) = self.next() else { break };
            self.visit(next)?;
        }
        self.finish()
    }

    /// From where on no rate is needed.
    fn without_rate(&self) -> Option<f64> {
        let frontier = self.rdc.zero_rate_frontier()?;
        if self.index == Rdc::DISTORTION {
            frontier.first_at(self.other)
        } else {
            frontier.second_at(self.other)
        }
    }

    fn is_done(&self) -> bool {
        let width = self.right.budget - self.lower;
        let proven = self.slope * width <= self.settings.tolerance();
        width <= BUDGET_ROUNDING * self.right.budget || (self.slope > 0.0 && proven)
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
        let [d, e] =
            if self.index == Rdc::DISTORTION { [budget, self.other] } else { [self.other, budget] };
        self.rdc.solve_with(d, e, &settings)
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
        let solution = self.solve(budget)?;
        self.learn(budget, solution);
        Ok(())
    }

    fn learn(&mut self, budget: f64, solution: Solution) {
        let plane = Plane::from(&solution);
        let slope = plane.slopes[self.index];
        let above = budget - self.least;
        if slope > 0.0 {
            let crossing = budget + (plane.height - self.rate) / slope;
            if crossing > self.lower {
                (self.lower, self.slope) = (crossing, slope);
            }
            if above > 0.0 {
                let point = Point { above, rate: solution.rate, slope };
                self.newton = Some(self.least + point.reach(self.last, self.aim()));
                self.last = Some(point);
            }
        }
        // Smaller gaps are asked for than the caller's: missing those is no reason to stop.
        let is_over = match solution.status {
            Status::TimeLimit => true,
            Status::IterationLimit => solution.gap() > self.settings.tolerance(),
            _ => false,
        };
        if is_over {
            self.limit = Some(solution.status);
        }
        if self.is_enough(&solution) {
            let achieved = solution.constraints[self.index].achieved;
            self.right = Known { budget: achieved.min(budget), rate: solution.rate };
            self.found = Some(solution);
        } else {
            self.left = Some(Known { budget, rate: solution.rate });
        }
        self.lower = self.lower.min(self.right.budget);
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
            return Some(if self.solves > 1 { split(self.least, low, high) } else { self.start() });
        };
        if self.left.is_none() && self.lower <= self.least {
            return Some(self.least);
        }
        let high = self.chord().filter(|chord| *chord > low).map_or(high, |chord| chord.min(high));
        let halved = high - low <= 0.5 * self.width;
        self.width = high - low;
        let inside = halved && low < newton && newton < high;
        let next = if inside { newton } else { split(self.least, low, high) };
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
        if self.found.is_none() {
            self.visit(self.right.budget)?;
        }
        let solution = match self.found.take() {
            Some(solution) => solution,
            None => {
                // The budget from where on no rate is needed was rounded down.
                let unlimited = self.solve(f64::INFINITY)?;
                if !self.is_enough(&unlimited) {
                    return Ok(AtRate::TooLittle(unlimited));
                }
                self.right.budget = unlimited.constraints[self.index].achieved;
                unlimited
            }
        };
        let status = match self.limit {
            _ if self.is_done() => Status::Certified,
            Some(limit) => limit,
            None if self.solves >= MAX_SOLVES => Status::IterationLimit,
            None => Status::Stalled,
        };
        let (lower, upper) = (self.lower.min(self.right.budget), self.right.budget);
        let Self { slope, solves, .. } = self;
        Ok(AtRate::Enough(LeastBudget { upper, lower, slope, solution, status, solves }))
    }
}

/// Between two budgets, by the logarithms of what they are above the smallest one where these differ much.
fn split(least: f64, low: f64, high: f64) -> f64 {
    let (a, b) = (low - least, high - least);
    let above = if a > 0.0 && a < b / 4.0 {
        (a * b).sqrt()
    } else if a > 0.0 {
        0.5 * (a + b)
    } else {
        b / 16.0
    };
    least + above
}
