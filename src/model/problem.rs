//! The general problem: a pmf, a reproduction alphabet, and any list of linear costs.

use super::cost::{Allowed, Cost, clear_forbidden, dearest};
use super::perception::Perception;
use super::scaled_perception::Marginal;
use super::source::checked_pmf;
use crate::error::RdcError;
use crate::numerics::compensated::{TwoFold, surplus};
use crate::numerics::scaling::SMALLEST;
use crate::validate;
use nalgebra::{DMatrix, DVector};

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

const COST_INDEX: &str = "a cost index must be below the number of costs";

/// What reports and errors call the budget of the perception.
pub(crate) const PERCEPTION: &str = "perception";

impl Problem {
    /// A problem without costs yet: the source's pmf (length n) and the number m of reproduction letters.
    ///
    /// # Errors
    /// An empty pmf or m = 0; probabilities that are negative, not finite, or off from 1 in sum by more than 1e-9; more letters
    /// than a matrix in memory can have.
    pub fn new(pmf: DVector<f64>, reproductions: usize) -> Result<Self, RdcError> {
        validate::not_empty("the reproduction alphabet", reproductions)?;
        validate::addressable("the reproduction alphabet", reproductions, pmf.len())?;
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

    /// Adds the cost matrix `d(x, y)` (n x m, entries in \[-1e150, 1e150\]). An entry `+inf` forbids the pair, whatever the
    /// budgets.
    ///
    /// `name` is what reports and errors call it. A utility is a cost with its sign changed: the channels of at least 2 units of
    /// it are those that cost at most -2. Budgets of a cost with negative entries may be negative.
    ///
    /// A source letter of probability 0 constrains nothing. Its row of the channel keeps to the pairs that are allowed for it;
    /// where all are forbidden, it is as if none were, and the row is that of a letter without costs.
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector};
    /// use rdc_theory::Problem;
    /// let gain = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 1.0]);
    /// let problem = Problem::new(DVector::from_vec(vec![0.7, 0.3]), 2)?.with_cost("lost gain", -gain)?;
    /// let solution = problem.solve(&[-0.9])?;
    /// assert!((solution.rate - 0.412295305641).abs() < 1e-9);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// A shape other than n x m, an entry that is NaN, `-inf`, or finite and above 1e150 in size, a source letter of positive
    /// probability left with forbidden pairs only.
    pub fn with_cost(
        mut self,
        name: impl Into<String>,
        matrix: DMatrix<f64>,
    ) -> Result<Self, RdcError> {
        let name = name.into();
        let (n, m) = (self.pmf.len(), self.reproductions);
        validate::costs(&name, &matrix)?;
        validate::count(&name, "rows", matrix.nrows(), n, "one row per source letter")?;
        validate::count(&name, "columns", matrix.ncols(), m, "one column per reproduction letter")?;
        let transposed = matrix.transpose();
        drop(matrix);
        let mut matrix = transposed;
        if matrix.iter().any(|v| v.is_infinite()) {
            self.allowed.restrict(n, m, |x, y| matrix[(y, x)].is_finite());
            for x in (0..n).filter(|&x| self.pmf[x] == 0.0) {
                if self.allowed.has_none(x, m) {
                    self.allowed.allow_all(x, m);
                }
            }
            for cost in &mut self.costs {
                clear_forbidden(&self.allowed, &mut cost.matrix);
                cost.dearest = dearest(&self.pmf, &cost.matrix);
            }
        }
        let mut offset = TwoFold::default();
        let mut offset_size = TwoFold::default();
        for (x, &p) in self.pmf.iter().enumerate() {
            let mut column = matrix.column_mut(x);
            let usable = |y: &usize| self.allowed.of(x, m).is_none_or(|a| a[*y]);
            let Some(least) = (0..m).filter(usable).map(|y| column[y]).reduce(f64::min) else {
                return Err(RdcError::NoReproduction { argument: name, letter: x });
            };
            // A letter without probability constrains nothing: any of its allowed pairs will do.
            column.apply(|v| *v = if p > 0.0 { *v - least } else { 0.0 });
            if p > 0.0 {
                offset.add_product(p, least);
                offset_size.add_product(p, least.abs());
            }
        }
        clear_forbidden(&self.allowed, &mut matrix);
        let largest = (&matrix * &self.pmf).max();
        // A power of two: scaling by it loses nothing.
        let scale = if largest > SMALLEST { largest.log2().floor().exp2() } else { 1.0 };
        matrix.unscale_mut(scale);
        let dearest = dearest(&self.pmf, &matrix);
        let TwoFold { value: offset, lost } = offset;
        // The pmf is meant to be that over its sum, which is 1 but for rounding.
        let offset_error = lost - offset * surplus(&self.pmf);
        let offset_size = offset_size.value;
        self.costs.push(Cost { name, matrix, scale, offset, offset_error, offset_size, dearest });
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
        validate::count("perception", "letters", perception.letters(), self.reproductions, rule)?;
        let rule = "a problem has at most one perception";
        validate::count(
            "perception",
            "entries",
            1 + usize::from(self.marginal.is_some()),
            1,
            rule,
        )?;
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

    pub(crate) fn check_index(&self, argument: &str, index: usize) -> Result<(), RdcError> {
        let rule = match &self.marginal {
            None => COST_INDEX,
            Some(_) => "the index of a budget must be below their number",
        };
        validate::scalar(argument, index as f64, rule, index < self.budgets())
    }

    pub(crate) fn check_cost(&self, argument: &str, index: usize) -> Result<(), RdcError> {
        validate::scalar(argument, index as f64, COST_INDEX, index < self.costs.len())
    }

    /// What reports call constraint `index`, which must be one.
    pub(crate) fn constraint_name(&self, index: usize) -> &str {
        self.costs.get(index).map_or(PERCEPTION, |cost| &cost.name)
    }

    pub(crate) fn check_two_costs(&self, first: usize, second: usize) -> Result<(), RdcError> {
        self.check_cost("first", first)?;
        self.check_cost("second", second)?;
        let rule = "the second cost must differ from the first";
        validate::scalar("second", second as f64, rule, second != first)
    }

    pub(crate) fn check_budgets(&self, budgets: &[f64]) -> Result<(), RdcError> {
        let rule = "one budget per cost, then that of the perception if there is one";
        validate::count("budgets", "entries", budgets.len(), self.budgets(), rule)?;
        for (index, (name, &budget)) in self.names().zip(budgets).enumerate() {
            self.check_budget(&format!("the budget of {name}"), index, budget)?;
        }
        Ok(())
    }

    /// Checks a budget of constraint `index`: that of a cost with negative entries may be negative.
    pub(crate) fn check_budget(
        &self,
        argument: &str,
        index: usize,
        budget: f64,
    ) -> Result<(), RdcError> {
        if self.costs.get(index).is_some_and(Cost::is_signed) {
            validate::signed_budget(argument, budget)
        } else {
            validate::budget(argument, budget).map(|_| ())
        }
    }

    /// The number whose last digits a budget of constraint `index` is known to.
    pub(crate) fn size_of(&self, index: usize, budget: f64) -> f64 {
        self.costs.get(index).map_or(budget.abs(), |cost| cost.size_of(budget))
    }

    pub(crate) fn check_multipliers(&self, multipliers: &[f64]) -> Result<(), RdcError> {
        let rule = "one multiplier per cost, then that of the perception if there is one";
        validate::count("multipliers", "entries", multipliers.len(), self.budgets(), rule)?;
        for (cost, &multiplier) in self.costs.iter().zip(multipliers) {
            validate::scalar(
                &format!("the multiplier of {}", cost.name),
                multiplier,
                validate::MULTIPLIER,
                multiplier >= 0.0 && multiplier * cost.scale <= validate::LARGEST_COST,
            )?;
        }
        for &multiplier in &multipliers[self.costs.len()..] {
            let rule = validate::PERCEPTION_MULTIPLIER;
            let argument = format!("the multiplier of {PERCEPTION}");
            validate::scalar(
                &argument,
                multiplier,
                rule,
                multiplier == 0.0 || multiplier == f64::INFINITY,
            )?;
        }
        Ok(())
    }
}
