//! What a run returns.

use super::precise::PreciseBracket;
use super::progress::Progress;
use crate::model::problem::Problem;
use nalgebra::{DMatrix, DVector};

const TRACE_HEADER: &str =
    "iteration,elapsed_s,rate_bits,lower_bits,gap_bits,excess_relative,support_letters";

/// The rounding of a lower bound and of a rate, in bits for each bit of `1 + rate`.
pub(crate) const BOUND_ROUNDING: f64 = 1e-11;

/// The rounding of a budget, relative to it ([`Problem::size_of`]), between the caller's units and the solver's.
const BUDGET_ROUNDING: f64 = 4.0 * f64::EPSILON;

/// How a run ended. Whatever it says, `lower <= R <= rate` holds, up to what the rounding of the budgets
/// ([`Constraint::achieved`]) is worth at the multipliers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// The gap is within the tolerance.
    Certified,
    /// The iteration limit came first.
    IterationLimit,
    /// The time limit came first.
    TimeLimit,
    /// The callback stopped the run.
    Stopped,
    /// Rounding leaves no further progress; the gap is above the tolerance.
    Stalled,
    /// The bounds found contradict each other by more than rounding explains ([`Solution::rate`]): an error of this library.
    /// Nothing tells which of the two is wrong, so the ones returned are 0 and `+inf`, which need no proof.
    Inconsistent,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Certified,
        Self::IterationLimit,
        Self::TimeLimit,
        Self::Stopped,
        Self::Stalled,
        Self::Inconsistent,
    ];
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Certified => "certified",
            Self::IterationLimit => "iteration limit",
            Self::TimeLimit => "time limit",
            Self::Stopped => "stopped",
            Self::Stalled => "stalled",
            Self::Inconsistent => "inconsistent",
        })
    }
}

/// A point of the rate function with its bracket `lower <= R(D_1, ..., D_K) <= rate`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Solution {
    /// The upper bound: `I(X; X^)` in bits of [`channel`](Self::channel), which meets the budgets; `+inf` where no channel was
    /// found that does, which a perception on the edge of what can be met may lead to (what is returned then exceeds a budget),
    /// and where the bounds contradicted each other ([`Status::Inconsistent`]).
    pub rate: f64,
    /// The certified lower bound in bits, `0 <= lower <= rate`.
    pub lower: f64,
    /// One entry per cost, in the order of the problem.
    pub constraints: Vec<Constraint>,
    /// The test channel `W(y|x)`, n x m, rows sum to 1.
    pub channel: DMatrix<f64>,
    /// The output pmf `sum_x p(x) W(y|x)`, length m.
    pub output: DVector<f64>,
    /// The pmf q over reproduction letters that proves [`lower`](Self::lower) where that is positive, together with the
    /// multipliers s:
    /// `-sum_x p(x) log2 t_x - log2 max_y c_y - s.D` with `t_x = sum_y q(y) 2^(-s.d(x,y))` and
    /// `c_y = sum_x p(x) 2^(-s.d(x,y)) / t_x` (Blahut 1972). Anyone can recompute it from the matrices.
    pub certificate: DVector<f64>,
    /// The potential g on the reproduction letters of a constraint on the output pmf, in bits, length m; 0 where there is none.
    /// It is added to the exponent of the [`certificate`](Self::certificate), `2^(-s.d(x,y) - g(y))`, and what g is worth to the
    /// target and the budget is taken from the bound; of a Kullback-Leibler divergence letters that the target lacks have no part in
    /// `max_y c_y` (docs/perception.md).
    pub potential: DVector<f64>,
    /// The bounds with the digits that doubles do not have, where a tolerance below 1e-12 was asked for and the run ended with a
    /// channel ([`Settings::with_tolerance`](crate::Settings::with_tolerance)).
    pub precise: Option<PreciseBracket>,
    /// How the run ended.
    pub status: Status,
    /// Iterations taken, over all parts of the run; 0 at zero rate.
    pub iterations: usize,
    /// How the run went, a line for each iteration it reported: every one of the interior-point and constrained
    /// Blahut-Arimoto methods, those at which plain Blahut-Arimoto changed its multipliers. Empty where nothing had to be solved.
    pub trace: Vec<Progress>,
}

/// What a solution says of one cost.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Constraint {
    /// The cost's name.
    pub name: String,
    /// The budget asked for, in \[0, inf\] unless the cost has negative entries; where multipliers were given instead, what the
    /// channel achieves.
    pub budget: f64,
    /// `E[d(X, X^)]` of the returned channel: at most the budget, up to 1e-12 of it (or 1e-12 of the cost's average under
    /// its dearest letter, where budgets lie on the edge of what can be met or close to it). Of a perception, what rounding makes
    /// of a divergence comes on top, some 1e-16 of the largest divergence for each letter.
    pub achieved: f64,
    /// `-dR/dD` in bits per unit of the cost, `>= 0`: R(D') >= lower - multiplier . (D' - D) for all budgets D', if `lower > 0`.
    /// (A bound below 0 is told as 0.)
    ///
    /// On the edge of the feasible set, where the derivative is infinite, it is the slope of a line below R that is within
    /// the gap at D.
    pub multiplier: f64,
}

/// By how many bits rounding may put a lower bound above the rate of a channel: that of the two sums, and what the channel
/// spends beyond the budgets at the multipliers of the bound.
pub(crate) fn bounds_rounding(problem: &Problem, rate: f64, constraints: &[Constraint]) -> f64 {
    let overspent = |(index, constraint): (usize, &Constraint)| {
        let Constraint { budget, achieved, multiplier, .. } = constraint;
        if *multiplier > 0.0 && budget.is_finite() {
            let size = problem.size_of(index, *budget);
            multiplier * ((achieved - budget).max(0.0) + BUDGET_ROUNDING * size)
        } else {
            0.0
        }
    };
    BOUND_ROUNDING * (1.0 + rate) + constraints.iter().enumerate().map(overspent).sum::<f64>()
}

impl Constraint {
    /// Whether the constraint costs rate: its multiplier is positive.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.multiplier > 0.0
    }
}

impl Solution {
    /// `rate - lower`, in bits, `>= 0`.
    #[must_use]
    pub fn gap(&self) -> f64 {
        self.precise.map_or(self.rate - self.lower, |precise| precise.gap())
    }

    /// By how many bits rounding may put the lower bound above the rate of this solution of a problem, see
    /// [`bounds_rounding`].
    pub(crate) fn bounds_rounding(&self, problem: &Problem) -> f64 {
        bounds_rounding(problem, self.rate, &self.constraints)
    }

    /// The support of the output pmf: the letters that the channel uses, in increasing order.
    ///
    /// A run ends once the rate is certified, so that letters which a best channel would not use may be left with a little
    /// mass (3e-8 has been seen).
    #[must_use]
    pub fn support(&self) -> Vec<usize> {
        (0..self.output.len()).filter(|&y| self.output[y] > 0.0).collect()
    }

    /// The [`trace`](Self::trace) as comma-separated values: a line for each of its lines, under a header that names the
    /// units.
    ///
    /// There is a column of multipliers for each cost, `multiplier_NAME_bits_per_unit`, with `_` for what in its name is no
    /// letter and no digit. Numbers are the shortest that read back as they are, `inf` and `-inf` bounds that are not known
    /// yet.
    #[must_use]
    pub fn trace_csv(&self) -> String {
        let column = |cost: &Constraint| format!(",multiplier_{}_bits_per_unit", word(&cost.name));
        let multipliers: String = self.constraints.iter().map(column).collect();
        let header = format!("{TRACE_HEADER}{multipliers}\n");
        std::iter::once(header).chain(self.trace.iter().map(Progress::csv_line)).collect()
    }
}

/// A name as part of a column's.
pub(crate) fn word(name: &str) -> String {
    name.replace(|c: char| !c.is_alphanumeric(), "_")
}
