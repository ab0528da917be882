//! What is written and read back: JSON, other formats of serde, and comma-separated values.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

#[path = "../common"]
mod common {
    mod basics;
    pub(crate) mod random;

    pub(crate) use basics::*;
}

#[path = "../../examples/solve/case.rs"]
mod door;

mod architecture;
mod csv;
mod equations_page;
mod serde_formats;
mod solve_door;
