//! The general problem: a pmf, a reproduction alphabet, and any list of linear costs.

use crate::marginal::Marginal;
use crate::solver::Near;
use crate::source::checked_pmf;
use crate::twofold::TwoFold;
use crate::{
    Perception, Polyline, Progress, RdcError, Settings, Solution, check, frontier, polyline, solver,
};
use nalgebra::{DMatrix, DVector};
use std::ops::ControlFlow;

#[cfg(feature = "serde")]
mod serial;

/// `R(D_1, ..., D_K) = min I(X; X^)` over test channels with `E[d_k(X, X^)] <= D_k`, for any number of linear
/// costs `d_k` (K = 0 included).
///
/// [`Rdc`](crate::Rdc) is its two-cost face. The costs are given once; [`solve`](Self::solve) takes the budgets.
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// use rdc_theory::Problem;
/// let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
/// let problem = Problem::new(DVector::from_vec(vec![0.7, 0.3]), 2)?.with_cost("distortion", hamming)?;
/// let solution = problem.solve(&[0.1])?;
/// assert!((solution.rate - 0.412295305641).abs() < 1e-9);
/// assert!(solution.lower <= solution.rate && solution.gap() <= 1e-9);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Problem {
    pub(crate) pmf: DVector<f64>,
    pub(crate) reproductions: usize,
    pub(crate) costs: Vec<Cost>,
    pub(crate) marginal: Option<Marginal>,
    pub(crate) allowed: Allowed,
}

/// A cost as the solver wants it, `d(x, y) = row_minimum(x) + scale * matrix[(y, x)]`.
///
/// A constant added to a source letter's row moves every budget by the same amount and changes nothing else
/// (Pinkston), so no entry is below 0 and most rows start there; the scale brings the largest average cost of a letter
/// between 1 and 2.
#[derive(Debug, Clone)]
pub(crate) struct Cost {
    pub(crate) name: String,
    /// m x n: a source letter is a column, so that everything the solver sums for it lies together.
    pub(crate) matrix: DMatrix<f64>,
    pub(crate) scale: f64,
    /// `sum_x p(x) row_minimum(x)`, and what rounding took from it: budgets may lie closer to it than its last digit.
    pub(crate) offset: f64,
    offset_error: f64,
    /// `sum_x p(x) max_y matrix[(y, x)]`: no channel costs more.
    pub(crate) dearest: f64,
}

impl Cost {
    /// The budget in the units of `matrix`; `None` if every channel meets it.
    pub(crate) fn scaled_budget(&self, budget: f64) -> Option<f64> {
        let above = (budget - self.offset) - self.offset_error;
        // A budget rounded down from the offset is meant to be the offset. One above it is what it says.
        let rounded = above < 0.0 && -above <= OFFSET_ROUNDING * self.offset;
        let scaled = if rounded { 0.0 } else { above / self.scale };
        (scaled < self.dearest).then_some(scaled)
    }

    /// The last digits of a budget and of the offset it is compared with, scaled: what they may be off by.
    pub(crate) fn budget_rounding(&self, budget: f64) -> f64 {
        2.0 * f64::EPSILON * budget / self.scale
    }

    pub(crate) fn in_units(&self, scaled: f64) -> f64 {
        self.offset + self.scale * scaled
    }
}

/// Probabilities and average costs below this are zero: their inverses would overflow.
pub(crate) const SMALLEST: f64 = 1e-200;

const COST_INDEX: &str = "a cost index must be below the number of costs";

/// What reports and errors call the budget of the perception.
pub(crate) const PERCEPTION: &str = "perception";

/// Relative rounding of [`Cost::offset`].
const OFFSET_ROUNDING: f64 = 1e-12;

/// Which pairs a test channel may use; m x n, stored by source letter. `None` where it may use all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed(Option<Vec<bool>>);

impl Allowed {
    /// The pairs of one source letter, `None` where all are allowed.
    pub(crate) fn of(&self, letter: usize, reproductions: usize) -> Option<&[bool]> {
        let start = letter * reproductions;
        self.0.as_ref().map(|pairs| &pairs[start..start + reproductions])
    }

    /// Whether a channel may use reproduction y for every source letter that occurs.
    pub(crate) fn whatever_the_source(
        &self,
        pmf: &DVector<f64>,
        y: usize,
        reproductions: usize,
    ) -> bool {
        let usable = |x: usize| self.of(x, reproductions).is_none_or(|pairs| pairs[y]);
        pmf.iter().enumerate().all(|(x, &p)| p == 0.0 || usable(x))
    }

    /// Keeps the pairs that `keep(x, y)` agrees with.
    pub(crate) fn restrict(
        &mut self,
        letters: usize,
        reproductions: usize,
        keep: impl Fn(usize, usize) -> bool,
    ) {
        let pairs = self.0.get_or_insert_with(|| vec![true; letters * reproductions]);
        for (at, pair) in pairs.iter_mut().enumerate() {
            *pair &= keep(at / reproductions, at % reproductions);
        }
    }
}

impl Problem {
    /// A problem without costs yet: the source's pmf (length n) and the number m of reproduction letters.
    ///
    /// # Errors
    /// An empty pmf or m = 0; probabilities that are negative, not finite, or off from 1 in sum by more than 1e-9; more letters
    /// than a matrix in memory can have.
    pub fn new(pmf: DVector<f64>, reproductions: usize) -> Result<Self, RdcError> {
        check::not_empty("the reproduction alphabet", reproductions)?;
        check::addressable("the reproduction alphabet", reproductions, pmf.len())?;
        let mut pmf = checked_pmf("pmf", pmf)?;
        pmf.apply(|p| *p = if *p < SMALLEST { 0.0 } else { *p });
        Ok(Self {
            pmf,
            reproductions,
            costs: Vec::new(),
            marginal: None,
            allowed: Allowed::default(),
        })
    }

    /// Adds the cost matrix `d(x, y)` (n x m, entries in \[0, 1e150\]). An entry `+inf` forbids the pair, whatever the budgets.
    ///
    /// `name` is what reports and errors call it.
    ///
    /// # Errors
    /// A shape other than n x m, an entry that is negative, NaN, or finite and above 1e150, a source letter left with forbidden pairs only.
    pub fn with_cost(
        mut self,
        name: impl Into<String>,
        matrix: DMatrix<f64>,
    ) -> Result<Self, RdcError> {
        let name = name.into();
        let (n, m) = (self.pmf.len(), self.reproductions);
        check::costs(&name, &matrix)?;
        check::count(&name, "rows", matrix.nrows(), n, "one row per source letter")?;
        check::count(&name, "columns", matrix.ncols(), m, "one column per reproduction letter")?;
        let transposed = matrix.transpose();
        drop(matrix);
        let mut matrix = transposed;
        if matrix.iter().any(|v| v.is_infinite()) {
            self.allowed.restrict(n, m, |x, y| matrix[(y, x)].is_finite());
            for cost in &mut self.costs {
                clear_forbidden(&self.allowed, &mut cost.matrix);
                cost.dearest = dearest(&self.pmf, &cost.matrix);
            }
        }
        let mut offset = TwoFold::default();
        for (x, &p) in self.pmf.iter().enumerate() {
            let mut column = matrix.column_mut(x);
            let usable = |y: &usize| self.allowed.of(x, m).is_none_or(|a| a[*y]);
            let Some(least) = (0..m).filter(usable).map(|y| column[y]).reduce(f64::min) else {
                return Err(RdcError::NoReproduction { argument: name, letter: x });
            };
            // A letter without probability constrains nothing: any of its allowed pairs will do.
            column.apply(|v| *v = if p > 0.0 { *v - least } else { 0.0 });
            offset.add_product(p, least);
        }
        clear_forbidden(&self.allowed, &mut matrix);
        let largest = (&matrix * &self.pmf).max();
        // A power of two: scaling by it loses nothing.
        let scale = if largest > SMALLEST { largest.log2().floor().exp2() } else { 1.0 };
        matrix.unscale_mut(scale);
        let dearest = dearest(&self.pmf, &matrix);
        let TwoFold { value: offset, lost: offset_error } = offset;
        self.costs.push(Cost { name, matrix, scale, offset, offset_error, dearest });
        Ok(self)
    }

    /// Adds the constraint `d(target, output pmf) <= P`, the paper's Definition 2 (eq. (2)). Its budget comes after those of all
    /// costs; in reports and errors its name is "perception".
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector};
    /// use rdc_theory::{Perception, Problem};
    /// let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    /// let pmf = DVector::from_vec(vec![0.7, 0.3]);
    /// let problem = Problem::new(pmf.clone(), 2)?
    ///     .with_cost("distortion", hamming)?
    ///     .with_perception(Perception::total_variation(pmf)?)?;
    /// let (free, same) = (problem.solve(&[0.2, f64::INFINITY])?, problem.solve(&[0.2, 0.0])?);
    /// assert!(free.rate < same.lower, "realism costs rate");
    /// assert!((same.output[1] - 0.3).abs() < 1e-9);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// A perception of other than m reproduction letters, or a second one.
    pub fn with_perception(mut self, perception: Perception) -> Result<Self, RdcError> {
        let rule = "one letter per reproduction letter";
        check::count("perception", "letters", perception.letters(), self.reproductions, rule)?;
        let rule = "a problem has at most one perception";
        check::count("perception", "entries", 1 + usize::from(self.marginal.is_some()), 1, rule)?;
        self.marginal = Some(Marginal::new(perception));
        Ok(self)
    }

    /// The number of budgets: one per cost, and one more if there is a perception.
    pub(crate) fn budgets(&self) -> usize {
        self.costs.len() + usize::from(self.marginal.is_some())
    }

    /// What reports and errors call the budgets.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let costs = self.costs.iter().map(|cost| cost.name.as_str());
        costs.chain(self.marginal.as_ref().map(|_| PERCEPTION))
    }

    /// What the solver divides the units of the budgets by.
    pub(crate) fn scales(&self) -> impl Iterator<Item = f64> {
        let costs = self.costs.iter().map(|cost| cost.scale);
        costs.chain(self.marginal.as_ref().map(|marginal| marginal.scale))
    }

    /// The certified rate at the budgets, with the default [`Settings`].
    ///
    /// `budgets` holds one number in \[0, inf\] per cost, in the order in which the costs were added; `f64::INFINITY`
    /// leaves a cost unconstrained.
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if no test channel meets the budgets; a count other than K; a negative or NaN budget.
    pub fn solve(&self, budgets: &[f64]) -> Result<Solution, RdcError> {
        self.solve_with(budgets, &Settings::default())
    }

    /// The certified rate at the budgets.
    ///
    /// # Errors
    /// As for [`Problem::solve`].
    pub fn solve_with(&self, budgets: &[f64], settings: &Settings) -> Result<Solution, RdcError> {
        self.run(Target::Budgets(budgets), settings, |_| ControlFlow::Continue(()))
    }

    /// The point of the rate function at which `multipliers` is a slope, certified, with the default [`Settings`]: the
    /// textbook's parametrisation (Blahut 1972; Berger 1971, section 2.5).
    ///
    /// `multipliers` holds one number `-dR/dD_k >= 0` per cost, in bits per unit. The channel returned minimises
    /// `I(X; X^) + s.E[d]`; the budgets of the solution are what it spends, and its bracket is that of R at these budgets.
    /// Where R has a straight segment of this slope, any point of the segment may come back. The status speaks of the bracket:
    /// at R = 0 it may close before `I + s.E[d]` is at its minimum.
    ///
    /// ```
    /// # use nalgebra::{DMatrix, DVector};
    /// # use rdc_theory::Problem;
    /// let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    /// let problem = Problem::new(DVector::from_vec(vec![0.7, 0.3]), 2)?.with_cost("distortion", hamming)?;
    /// let point = problem.solve_at(&[(0.9_f64 / 0.1).log2()])?;
    /// assert!((point.constraints[0].achieved - 0.1).abs() < 1e-6);
    /// assert!((point.rate - 0.412295305641).abs() < 1e-5 && point.gap() <= 1e-9);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// A count other than K; a multiplier that is negative, NaN, or more than 1e150 per average cost of a letter.
    pub fn solve_at(&self, multipliers: &[f64]) -> Result<Solution, RdcError> {
        self.solve_at_with(multipliers, &Settings::default())
    }

    /// The point of the rate function at which `multipliers` is a slope.
    ///
    /// # Errors
    /// As for [`Problem::solve_at`].
    pub fn solve_at_with(
        &self,
        multipliers: &[f64],
        settings: &Settings,
    ) -> Result<Solution, RdcError> {
        self.run(Target::Multipliers(multipliers), settings, |_| ControlFlow::Continue(()))
    }

    /// Solves, and calls `observer` at each line of the trace; it ends the run by `ControlFlow::Break(())`, and the
    /// solution is then the best so far, with true bounds.
    ///
    /// ```
    /// # use nalgebra::{DMatrix, DVector};
    /// # use rdc_theory::Problem;
    /// use rdc_theory::{Settings, Status, Target};
    /// use std::ops::ControlFlow;
    /// # let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    /// # let problem = Problem::new(DVector::from_vec(vec![0.7, 0.3]), 2)?.with_cost("distortion", hamming)?;
    /// let coarse = problem.run(Target::Budgets(&[0.1]), &Settings::default(), |progress| {
    ///     if progress.gap() < 0.1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    /// })?;
    /// assert!(coarse.lower <= 0.4122953056 && 0.4122953056 <= coarse.rate);
    /// # assert_eq!(coarse.status, Status::Stopped);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Problem::solve`] and [`Problem::solve_at`].
    pub fn run(
        &self,
        target: Target<'_>,
        settings: &Settings,
        mut observer: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Solution, RdcError> {
        match target {
            Target::Budgets(budgets) => {
                self.check_budgets(budgets)?;
                solver::solve(self, budgets, settings, None, &mut observer)
            }
            Target::Multipliers(_) if self.marginal.is_some() => {
                Err(RdcError::KnowsNoPerception { what: "a run at given multipliers".into() })
            }
            Target::Multipliers(multipliers) => {
                self.check_multipliers(multipliers)?;
                Ok(solver::solve_at(self, multipliers, settings, &mut observer))
            }
        }
    }

    /// The certified rate at the budgets, from the answer at budgets close by.
    pub(crate) fn solve_near(
        &self,
        near: Near<'_>,
        budgets: &[f64],
        settings: &Settings,
    ) -> Result<Solution, RdcError> {
        self.check_budgets(budgets)?;
        let go_on = &mut |_: &Progress| ControlFlow::Continue(());
        solver::solve(self, budgets, settings, Some(near), go_on)
    }

    /// The smallest feasible budget of cost `index` when the other costs keep their `budgets` (the entry at
    /// `index` is not read). `None` if the others already contradict each other.
    ///
    /// With the paper's two costs these are the ends of the axes: the smallest E at a given D, and D at E. With a perception
    /// that constrains it is C(D,P), a linear program of another size, which `Restoration` solves (feature `programs`).
    ///
    /// # Errors
    /// A cost index that is not below K, a count of budgets other than K, a negative or NaN budget;
    /// [`RdcError::KnowsNoPerception`] for a finite budget of the perception which not every channel meets.
    pub fn smallest_budget(&self, index: usize, budgets: &[f64]) -> Result<Option<f64>, RdcError> {
        self.check_cost("index", index)?;
        let mut budgets = budgets.to_vec();
        if let Some(budget) = budgets.get_mut(index) {
            *budget = 0.0;
        }
        self.check_budgets(&budgets)?;
        let perception = self.marginal.as_ref().zip(budgets.last());
        if perception
            .is_some_and(|(marginal, &budget)| !matches!(marginal.within(budget), Ok(None)))
        {
            return Err(RdcError::KnowsNoPerception { what: "the smallest budget".into() });
        }
        Ok(frontier::smallest_budget(self, index, &budgets))
    }

    /// A budget `index` below which no channel meets the others, as [`smallest_budget`](Self::smallest_budget) but for what a
    /// perception asks for, which is left out. The arguments have been checked.
    pub(crate) fn floor(&self, index: usize, budgets: &[f64]) -> Option<f64> {
        match &self.marginal {
            Some(marginal) if index == self.costs.len() => Some(marginal.offset),
            _ => frontier::smallest_budget(self, index, budgets),
        }
    }

    /// The lower-left boundary of the budgets of costs `first` and `second` that some channel meets, the other costs
    /// and the perception unconstrained: R is finite on it and above, and budgets below it are infeasible.
    ///
    /// It answers [`smallest_budget`](Self::smallest_budget) for these two costs at all budgets at once, in
    /// O(n m log(n m)) operations and with memory for the edges found.
    ///
    /// # Errors
    /// A cost index that is not below K; `second` equal to `first`.
    pub fn feasible_frontier(&self, first: usize, second: usize) -> Result<Polyline, RdcError> {
        self.check_two_costs(first, second)?;
        Ok(polyline::feasible(self, first, second))
    }

    /// The lower-left boundary of the budgets of costs `first` and `second` at which R = 0, the other costs
    /// unconstrained: the lower-left boundary of `conv{(E[d_i(X, y)], E[d_j(X, y)])}_y`.
    ///
    /// A channel without rate sends one pmf whatever the source letter, so a reproduction y that is forbidden for a letter
    /// with positive probability is no part of it. `None` where this holds for all y: then R > 0 at all budgets.
    ///
    /// # Errors
    /// As for [`Problem::feasible_frontier`].
    pub fn zero_rate_frontier(
        &self,
        first: usize,
        second: usize,
    ) -> Result<Option<Polyline>, RdcError> {
        self.check_two_costs(first, second)?;
        Ok(polyline::zero_rate(self, first, second))
    }

    pub(crate) fn check_index(&self, argument: &str, index: usize) -> Result<(), RdcError> {
        let rule = match &self.marginal {
            None => COST_INDEX,
            Some(_) => "the index of a budget must be below their number",
        };
        check::scalar(argument, index as f64, rule, index < self.budgets())
    }

    fn check_cost(&self, argument: &str, index: usize) -> Result<(), RdcError> {
        check::scalar(argument, index as f64, COST_INDEX, index < self.costs.len())
    }

    /// What reports call constraint `index`, which must be one.
    pub(crate) fn constraint_name(&self, index: usize) -> &str {
        self.costs.get(index).map_or(PERCEPTION, |cost| &cost.name)
    }

    fn check_two_costs(&self, first: usize, second: usize) -> Result<(), RdcError> {
        self.check_cost("first", first)?;
        self.check_cost("second", second)?;
        let rule = "the second cost must differ from the first";
        check::scalar("second", second as f64, rule, second != first)
    }

    pub(crate) fn check_budgets(&self, budgets: &[f64]) -> Result<(), RdcError> {
        let rule = "one budget per cost, then that of the perception if there is one";
        check::count("budgets", "entries", budgets.len(), self.budgets(), rule)?;
        for (name, &budget) in self.names().zip(budgets) {
            check::budget(&format!("the budget of {name}"), budget)?;
        }
        Ok(())
    }

    fn check_multipliers(&self, multipliers: &[f64]) -> Result<(), RdcError> {
        let rule = "one multiplier per cost";
        check::count("multipliers", "entries", multipliers.len(), self.costs.len(), rule)?;
        for (cost, &multiplier) in self.costs.iter().zip(multipliers) {
            check::scalar(
                &format!("the multiplier of {}", cost.name),
                multiplier,
                check::MULTIPLIER,
                multiplier >= 0.0 && multiplier * cost.scale <= check::LARGEST_COST,
            )?;
        }
        Ok(())
    }
}

/// What a run is to find.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Target<'a> {
    /// The rate at these budgets, see [`Problem::solve`].
    Budgets(&'a [f64]),
    /// The point of this slope, see [`Problem::solve_at`].
    Multipliers(&'a [f64]),
}

fn dearest(pmf: &DVector<f64>, matrix: &DMatrix<f64>) -> f64 {
    matrix.column_iter().zip(pmf).map(|(column, p)| p * column.max()).sum()
}

/// Costs are finite everywhere inside the solver: what forbids a pair is the mask alone.
fn clear_forbidden(allowed: &Allowed, matrix: &mut DMatrix<f64>) {
    let m = matrix.nrows();
    for (x, mut column) in matrix.column_iter_mut().enumerate() {
        if let Some(pairs) = allowed.of(x, m) {
            for (v, &pair) in column.iter_mut().zip(pairs) {
                if !pair {
                    *v = 0.0;
                }
            }
        }
    }
}
