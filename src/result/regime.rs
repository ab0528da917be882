//! Which of two budgets set a rate.

use super::solution::{Constraint, Solution};
use std::fmt;

/// Which of the two budgets of a surface set the rate at a point; of R(D,E) the distortion is the first, the error the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Regime {
    /// Neither: R is what the budgets beside these two (and forbidden pairs) alone cost, 0 without such. One output pmf then
    /// meets both budgets whatever the source letter.
    Neither,
    /// The best channel for the first budget alone meets the second. Of R(D,E): R = R(D, inf) > 0, for a Bernoulli source the
    /// paper's eq. (8).
    FirstOnly,
    /// The best channel for the second budget alone meets the first. Of R(D,E): R = R(inf, E) > 0; the paper's eq. (9) lacks
    /// this regime.
    SecondOnly,
    /// Both budgets are met with equality: of R(D,E) the paper's `I1` for a Bernoulli source.
    Both,
}

impl Regime {
    /// All regimes.
    pub const ALL: [Self; 4] = [Self::Neither, Self::FirstOnly, Self::SecondOnly, Self::Both];

    /// The regime that a solution of an [`Rdc`](crate::Rdc) shows, see [`Regime::along`].
    #[must_use]
    pub fn of(solution: &Solution) -> Self {
        Self::along(solution, [0, 1])
    }

    /// The regime that a solution shows with respect to two of its constraints, by their indices: those whose multipliers are
    /// positive.
    ///
    /// Next to a boundary of two regimes the multiplier that vanishes there may be within the gap of 0 and still be told.
    /// Other constraints are not looked at, missing ones count as inactive.
    #[must_use]
    pub fn along(solution: &Solution, axes: [usize; 2]) -> Self {
        let active = |k: usize| solution.constraints.get(k).is_some_and(Constraint::is_active);
        Self::of_active(axes.map(active))
    }

    pub(crate) fn of_active(active: [bool; 2]) -> Self {
        match active {
            [false, false] => Self::Neither,
            [true, false] => Self::FirstOnly,
            [false, true] => Self::SecondOnly,
            [true, true] => Self::Both,
        }
    }

    /// The regime in terms of the budgets' names, as "distortion only".
    #[must_use]
    pub fn named(self, names: [&str; 2]) -> String {
        match self {
            Self::FirstOnly => format!("{} only", names[0]),
            Self::SecondOnly => format!("{} only", names[1]),
            Self::Neither | Self::Both => self.to_string(),
        }
    }
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Neither => "neither",
            Self::FirstOnly => "first only",
            Self::SecondOnly => "second only",
            Self::Both => "both",
        })
    }
}
