//! What one run of a method works with and leaves behind.

pub(crate) mod budgets;
pub(crate) mod dual_step;
pub(crate) mod incumbent;
pub(crate) mod monitor;
pub(crate) mod outcome;
pub(crate) mod warm_start;
