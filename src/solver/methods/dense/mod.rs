//! What double-double brings to the interior-point method, plain and dense: there it goes on where doubles stop.

mod attempt;
mod cone;
mod lagrangian;
pub(crate) mod lower_bound;
pub(crate) mod method;
mod newton;
mod normal;
mod restoration;
