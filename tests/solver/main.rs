//! Rates at budgets: certified, whatever the method, the problem and the limits; and budgets that cannot be met.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

#[path = "../common"]
mod common {
    mod basics;
    pub(crate) mod brackets;
    pub(crate) mod case;
    pub(crate) mod exact;
    pub(crate) mod families;
    pub(crate) mod overlap;
    pub(crate) mod program;
    pub(crate) mod random;
    pub(crate) mod wide;

    pub(crate) use basics::*;
}

#[path = "../../examples/solve/case.rs"]
mod door;

#[path = "../../examples/digits/data.rs"]
#[allow(dead_code, reason = "the tests use a part of the example")]
mod digits;

mod cases;
mod cone_programs;
mod corner_families;
mod corners;
mod equivalent_problems;
mod feasible_problems;
mod frontiers;
mod infeasible_budgets;
mod limits_and_callbacks;
mod methods;
mod negative_costs;
mod precise;
mod proven;
mod wide_costs;
mod zero_rate_slopes;
