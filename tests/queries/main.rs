//! Surfaces, interpolants, inverses, sections and transforms of R.

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
    pub(crate) mod random;

    pub(crate) use basics::*;
}

#[path = "../../examples/shards/job.rs"]
mod job;

mod interpolant;
mod inverse;
mod legendre;
mod sections;
mod shards;
mod surface;
