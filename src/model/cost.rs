//! A linear cost in the units of the solver, and the pairs that a channel may use.

use crate::numerics::double_double::DoubleDouble;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// Rounding of a budget, and of [`Cost::offset`] relative to [`Cost::offset_size`].
const OFFSET_ROUNDING: f64 = 1e-12;

/// Scaled costs that are as good as underflow.
const UNDERFLOW: f64 = 1e-306;

/// Rounding of the entries of a cost, relative to its scale.
const ENTRY_ROUNDING: f64 = 2.0 * f64::EPSILON;

/// A cost as the solver wants it, `d(x, y) = row_minimum(x) + scale * matrix[(y, x)]`.
///
/// A constant added to a source letter's row moves every budget by the same amount and changes nothing else
/// (Pinkston), so no entry of `matrix` is below 0 and most rows start there, whatever the signs of the costs; the scale brings
/// the largest average cost of a letter between 1 and 2.
#[derive(Debug, Clone)]
pub(crate) struct Cost {
    pub(crate) name: String,
    /// m x n: a source letter is a column, so that everything the solver sums for it lies together.
    pub(crate) matrix: DMatrix<f64>,
    pub(crate) scale: f64,
    /// `sum_x p(x) row_minimum(x) / sum_x p(x)`, and what rounding took from it: budgets may lie closer to it than its last digit.
    pub(crate) offset: f64,
    pub(crate) offset_error: f64,
    /// `sum_x p(x) |row_minimum(x)|`, to whose last digits the offset is known: the offset itself unless costs are negative.
    pub(crate) offset_size: f64,
    /// `sum_x p(x) max_y matrix[(y, x)]`: no channel costs more.
    pub(crate) dearest: f64,
}

impl Cost {
    /// The budget in the units of `matrix`; `None` if every channel meets it.
    pub(crate) fn scaled_budget(&self, budget: f64) -> Option<f64> {
        let above = (budget - self.offset) - self.offset_error;
        // A budget rounded down from the offset is meant to be the offset. One above it is what it says.
        let rounded = above < 0.0 && -above <= self.offset_rounding();
        let scaled = if rounded { 0.0 } else { above / self.scale };
        (scaled < self.dearest).then_some(scaled)
    }

    /// What rounding took from a positive [`scaled_budget`](Self::scaled_budget), in the same units.
    pub(crate) fn scaled_budget_error(&self, budget: f64, scaled: f64) -> f64 {
        let above =
            DoubleDouble::sum_of(budget, -self.offset) - DoubleDouble::from(self.offset_error);
        let left = above - DoubleDouble::from(scaled * self.scale);
        (left.high + left.low) / self.scale
    }

    /// By how much a budget below the offset may miss it and still count as the offset.
    ///
    /// That is the rounding of the offset and of a budget meant to be it, relative to the offset. A budget of 0 has no digits
    /// of its own; it is meant to be the offset where that is no more than the rounding of the entries: these were computed
    /// with numbers as large as those beside them, so that a row minimum of 1e-17 beside entries of 1 says no more than 0
    /// does. Then all budgets down to 0 are the offset, as what a budget meets a larger one meets. Where the offset is
    /// more, large entries (1e15 to keep a channel from a pair) hide nothing of budgets below it.
    fn offset_rounding(&self) -> f64 {
        // The scale of a cost that is constant says nothing of its entries; its dearest channel then costs less than 1.
        let of_entries = ENTRY_ROUNDING * self.scale * self.dearest.min(1.0);
        let of_offset = OFFSET_ROUNDING * self.offset_size;
        if self.offset_size <= of_entries { of_entries.max(of_offset) } else { of_offset }
    }

    /// What a budget, or the offset it is compared with, may be off by and still count as the same, scaled: 1e-12 of it, or what
    /// is as good as underflow.
    pub(crate) fn budget_rounding(&self, budget: f64) -> f64 {
        (OFFSET_ROUNDING * self.size_of(budget) / self.scale).max(UNDERFLOW)
    }

    /// The number whose last digits a budget is known to: its size, or that of the offset where negative costs have made the
    /// offset, and the budget with it, small beside what they were summed from.
    pub(crate) fn size_of(&self, budget: f64) -> f64 {
        budget.abs().max(self.offset_size)
    }

    /// Whether some source letter that occurs has a negative cost, so that budgets may be negative.
    pub(crate) fn is_signed(&self) -> bool {
        self.offset < self.offset_size
    }

    pub(crate) fn in_units(&self, scaled: f64) -> f64 {
        self.offset + self.scale * scaled
    }

    /// The same, rounded once.
    pub(crate) fn in_units_of_cost(&self, scaled: DoubleDouble) -> f64 {
        let offset = DoubleDouble::sum_of(self.offset, self.offset_error);
        (offset + scaled.scaled(self.scale)).high
    }
}

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

    /// Whether a source letter has no pair that is allowed.
    pub(crate) fn has_none(&self, letter: usize, reproductions: usize) -> bool {
        self.of(letter, reproductions).is_some_and(|pairs| !pairs.contains(&true))
    }

    /// Allows all pairs of a source letter.
    pub(crate) fn allow_all(&mut self, letter: usize, reproductions: usize) {
        let start = letter * reproductions;
        self.0.iter_mut().for_each(|pairs| pairs[start..start + reproductions].fill(true));
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

pub(crate) fn dearest(pmf: &DVector<f64>, matrix: &DMatrix<f64>) -> f64 {
    matrix.column_iter().zip(pmf).map(|(column, p)| p * column.max()).sum()
}

/// Costs are finite everywhere inside the solver: what forbids a pair is the mask alone.
pub(crate) fn clear_forbidden(allowed: &Allowed, matrix: &mut DMatrix<f64>) {
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

/// Bits per unit of a cost, from nats per scaled unit.
pub(crate) fn bits_per_unit(nats_per_scaled: f64, scale: f64) -> f64 {
    nats_per_scaled / scale / LN_2
}
