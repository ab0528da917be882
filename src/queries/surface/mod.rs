//! The rate over a grid of two budgets.

pub(crate) mod csv;
pub(crate) mod grid;
pub(crate) mod merge;
pub(crate) mod sweep;
