//! Which budgets some channel meets, and the proof where none does.

pub(crate) mod frontier;
pub(crate) mod linear_program;
pub(crate) mod min_budget;
pub(crate) mod proof;
