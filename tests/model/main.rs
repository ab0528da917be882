//! What a problem is made of: sources, classifiers, costs and observations, usual, unusual and refused.

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
    pub(crate) mod random;

    pub(crate) use basics::*;
}

mod arbitrary_numbers;
mod observation;
mod refused;
mod refused_models;
mod refused_numbers;
mod refused_perceptions;
mod sources_and_classifiers;
mod strategies;
mod unusual_input;
