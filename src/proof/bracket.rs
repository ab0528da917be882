//! The proof of a solution: what of it holds whatever rounding has done.

use super::budgets::{spent, spent_above, uses_forbidden};
use super::given::Given;
use super::lower::lower_bound;
use super::potential::Tolled;
use super::rate::Channel;
use super::repair::share;
use crate::error::RdcError;
use crate::model::problem::Problem;
use crate::numerics::ball::Ball;
use crate::result::solution::{Constraint, Solution};
use crate::validate;
use nalgebra::DMatrix;

/// Bounds on R that are proven against rounding, and on what the channel of a solution attains; see [`Problem::prove`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProvenBracket {
    /// R is at least this, in bits, `>= 0`.
    pub lower: f64,
    /// R is at most this, in bits; `+inf` where no channel was shown to meet the budgets. On an edge of what can be met a budget
    /// that was rounded down may be one that no channel meets.
    pub upper: f64,
    /// The mutual information of the channel is at most this, in bits: R at the budgets in [`spent`](Self::spent) is too.
    pub rate: f64,
    /// What the channel spends, an entry for each budget.
    pub spent: Vec<ProvenSpending>,
}

/// What a channel spends of a budget, in the budget's units.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProvenSpending {
    /// The name of the cost, "perception" for a divergence.
    pub name: String,
    /// The budget told in the solution.
    pub budget: f64,
    /// The channel spends at least this; `+inf` where it uses a forbidden pair.
    pub lower: f64,
    /// The channel spends at most this.
    pub upper: f64,
}

impl ProvenSpending {
    /// Whether the channel as it is has been proven to meet the budget.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.upper <= self.budget
    }
}

impl ProvenBracket {
    /// `upper - lower` in bits, `+inf` where no upper bound is proven.
    #[must_use]
    pub fn width(&self) -> f64 {
        if self.lower == self.upper { 0.0 } else { self.upper - self.lower }
    }
}

impl Problem {
    /// Proves a solution of this problem: bounds on R at the budgets told in it that hold in exact arithmetic, recomputed from the
    /// matrices and from q, the multipliers, the potential and the channel alone.
    ///
    /// Nothing of the solver's arithmetic is trusted, nor the logarithms of the machine. R is that of the pmf over its sum; the
    /// channel is the one returned with each row over its sum. Budgets, multipliers and pmf are the exact doubles; a cost is the
    /// one given, whatever rounding did when the smallest of each source letter was taken from it. Where the channel
    /// exceeds a budget by rounding, the upper bound is that of a mixture with a channel that has slack.
    ///
    /// ```
    /// use rdc_theory::{Problem, nalgebra::{DMatrix, DVector}};
    /// let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    /// let problem = Problem::new(DVector::from_vec(vec![0.7, 0.3]), 2)?.with_cost("distortion", hamming)?;
    /// let solution = problem.solve(&[0.1])?;
    /// let proven = problem.prove(&solution)?;
    /// assert!(proven.width() <= solution.gap() + 1e-12 * (1.0 + solution.rate));
    /// assert!((proven.spent[0].upper - 0.1).abs() < 1e-12);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// A solution of another shape, and numbers that no solution has: probabilities, budgets or multipliers that are negative or NaN,
    /// a potential that is not finite, rows of the channel that do not sum to 1 within 1e-9.
    pub fn prove(&self, solution: &Solution) -> Result<ProvenBracket, RdcError> {
        check(self, solution)?;
        let given = Given::new(self);
        let channel = Channel::new(&given, &solution.channel);
        let above = spent_above(&given, &channel);
        let spent = spent(&given, &channel, &above);
        let rate = channel.rate.upper().max(0.0);
        let spending = |(told, [lower, upper]): (&Constraint, &[f64; 2])| {
            let name = told.name.clone();
            ProvenSpending { name, budget: told.budget, lower: *lower, upper: *upper }
        };
        Ok(ProvenBracket {
            lower: lower(&given, solution),
            upper: upper(&given, solution, &channel, &above, &spent),
            rate,
            spent: solution.constraints.iter().zip(&spent).map(spending).collect(),
        })
    }
}

fn lower(given: &Given<'_>, solution: &Solution) -> f64 {
    let priced: Vec<(f64, f64)> =
        solution.constraints.iter().map(|told| (told.budget, told.multiplier)).collect();
    let costs = given.problem.costs.len();
    let (budget, price) = priced.get(costs).copied().unwrap_or((f64::INFINITY, 0.0));
    let q = &solution.certificate;
    let tolled = Tolled::new(given, &solution.potential, price, budget);
    lower_bound(given, q, &priced[..costs], &tolled).max(0.0)
}

fn upper(
    given: &Given<'_>,
    solution: &Solution,
    channel: &Channel,
    above: &[Ball],
    spent: &[[f64; 2]],
) -> f64 {
    if uses_forbidden(given, channel) {
        return f64::INFINITY;
    }
    let costs = &given.problem.costs;
    let mut budgets: Vec<f64> = costs
        .iter()
        .zip(&solution.constraints)
        .map(|(cost, told)| match told.budget {
            budget if budget.is_infinite() => budget,
            budget => given.above(cost, budget).lower(),
        })
        .collect();
    let mut used: Vec<f64> = above.iter().map(|above| above.upper()).collect();
    if given.problem.marginal.is_some() {
        budgets.extend(solution.constraints.last().map(|told| told.budget));
        used.extend(spent.last().map(|[_, upper]| *upper));
    }
    if used.iter().zip(&budgets).all(|(used, budget)| used <= budget) {
        return channel.rate.upper().max(0.0);
    }
    let Some(share) = share(given, &used, &budgets) else {
        return f64::INFINITY;
    };
    // No channel has more information than its smaller alphabet.
    let most = Ball::from(given.pmf.len().min(given.problem.reproductions) as f64).log2();
    channel.rate.plus(most.times_double(share)).upper().max(0.0)
}

fn check(problem: &Problem, solution: &Solution) -> Result<(), RdcError> {
    let (n, m) = (problem.pmf.len(), problem.reproductions);
    let channel = &solution.channel;
    let rule = "a solution of the problem";
    validate::count("the channel", "rows", channel.nrows(), n, rule)?;
    validate::count("the channel", "columns", channel.ncols(), m, rule)?;
    validate::count("the certificate", "entries", solution.certificate.len(), m, rule)?;
    validate::count("the potential", "entries", solution.potential.len(), m, rule)?;
    let count = solution.constraints.len();
    validate::count("the constraints", "entries", count, problem.budgets(), rule)?;
    let is_probability = |v: f64| v.is_finite() && v >= 0.0;
    validate::entries("the channel", channel, validate::PROBABILITY, is_probability)?;
    for (x, row) in channel.row_iter().enumerate().filter(|(x, _)| problem.pmf[*x] > 0.0) {
        validate::normalised(row.sum(), || format!("the channel, row {x},"))?;
    }
    let column = |v: &nalgebra::DVector<f64>| DMatrix::from_column_slice(m, 1, v.as_slice());
    let certificate = column(&solution.certificate);
    validate::entries("the certificate", &certificate, validate::PROBABILITY, is_probability)?;
    let rule = "a potential must be finite";
    validate::entries("the potential", &column(&solution.potential), rule, f64::is_finite)?;
    for (index, told) in solution.constraints.iter().enumerate() {
        problem.check_budget(&format!("the budget of {}", told.name), index, told.budget)?;
        let rule = "a multiplier must be finite and >= 0";
        let held = told.multiplier.is_finite() && told.multiplier >= 0.0;
        validate::scalar(&format!("the multiplier of {}", told.name), told.multiplier, rule, held)?;
    }
    Ok(())
}
