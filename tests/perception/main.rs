//! R(D,P), R(D,P,E), P(D) and C(D,P): what a constraint on the output pmf costs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

#[path = "../common"]
mod common {
    mod basics;
    pub(crate) mod case;
    pub(crate) mod exact;
    pub(crate) mod measure;
    pub(crate) mod overlap;
    pub(crate) mod perception;
    pub(crate) mod program;
    pub(crate) mod random;

    pub(crate) use basics::*;
}

mod channel_program;
mod cone_programs;
mod earlier_failures;
mod edges;
mod feasible_problems;
mod identities;
mod infeasible_budgets;
mod inverses_and_surfaces;
mod known_rates;
mod other_domain;
mod proofs;
mod proven;
mod published;
mod restoration;
mod slopes;
mod unusual_input;
