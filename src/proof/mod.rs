//! Bounds that hold against rounding, from what a solution publishes and from nothing of the solver.

pub(crate) mod bracket;
pub(crate) mod budgets;
pub(crate) mod divergence;
pub(crate) mod given;
pub(crate) mod lower;
pub(crate) mod potential;
pub(crate) mod rate;
pub(crate) mod repair;
