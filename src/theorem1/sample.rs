//! The rate at one point of some budgets.

use crate::result::bracket::Bracket;

/// The rate at one point of K budgets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<const K: usize> {
    /// Each finite and at most 1e150 in size, or +inf (unconstrained).
    pub budgets: [f64; K],
    /// The rate there.
    pub rate: Bracket,
}

impl<const K: usize> Sample<K> {
    /// Whether every budget is at most the other sample's.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.budgets.iter().zip(&other.budgets).all(|(mine, other)| mine <= other)
    }

    /// Whether a mixture may use this sample for budgets of the other: none of the others is finite where this is not.
    pub(super) fn supports(&self, other: &Self) -> bool {
        let reaches = |(mine, other): (&f64, &f64)| mine.is_finite() || other.is_infinite();
        self.rate.upper().is_finite() && self.budgets.iter().zip(&other.budgets).all(reaches)
    }
}
