//! The inverse functions: the least budget at a given rate.

pub(crate) mod functions;
pub(crate) mod least_budget;
pub(crate) mod search;
