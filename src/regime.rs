//! Which budgets set a rate.

use crate::{Constraint, Rdc, Solution};
use std::fmt;

/// Which budgets set R(D,E) at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Regime {
    /// Neither: R = 0 (or what forbidden pairs alone cost). One output pmf meets both budgets whatever the source letter.
    ZeroRate,
    /// R = R(D, inf) > 0: the best channel for D alone meets E. For a Bernoulli source the paper's eq. (8).
    DistortionOnly,
    /// R = R(inf, E) > 0: the best channel for E alone meets D. The paper's eq. (9) lacks this regime.
    ClassificationOnly,
    /// Both budgets are met with equality: the paper's `I1` for a Bernoulli source.
    Both,
}

impl Regime {
    /// All regimes.
    pub const ALL: [Self; 4] =
        [Self::ZeroRate, Self::DistortionOnly, Self::ClassificationOnly, Self::Both];

    /// The regime that a solution of an [`Rdc`] shows: the budgets whose multipliers are positive.
    ///
    /// Next to a boundary of two regimes the multiplier that vanishes there may be within the gap of 0 and still be told.
    /// Constraints beyond the first two are not looked at, missing ones count as inactive.
    #[must_use]
    pub fn of(solution: &Solution) -> Self {
        let active = |k: usize| solution.constraints.get(k).is_some_and(Constraint::is_active);
        Self::of_active([active(Rdc::DISTORTION), active(Rdc::ERROR)])
    }

    pub(crate) fn of_active(active: [bool; 2]) -> Self {
        match active {
            [false, false] => Self::ZeroRate,
            [true, false] => Self::DistortionOnly,
            [false, true] => Self::ClassificationOnly,
            [true, true] => Self::Both,
        }
    }
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ZeroRate => "zero rate",
            Self::DistortionOnly => "distortion only",
            Self::ClassificationOnly => "classification only",
            Self::Both => "both",
        })
    }
}
