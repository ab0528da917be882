//! Theorem 1: its proof step by step, its check on samples and functions, and what it says of random sources.

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
    pub(crate) mod random;

    pub(crate) use basics::*;
}

mod free_classifier;
mod functions;
mod labelled_sources;
mod proof;
mod samples;
mod witness;
