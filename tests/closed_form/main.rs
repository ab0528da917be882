//! Closed forms, against direct minimisation, published values and the solver.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

#[path = "../common"]
mod common {
    mod basics;
    pub(crate) mod binary;
    pub(crate) mod exact;
    pub(crate) mod random;

    pub(crate) use basics::*;
}

mod against_the_solver;
mod allocations;
mod binary;
mod binary_boundaries;
mod discretised;
mod flips;
mod perception;
mod points;
