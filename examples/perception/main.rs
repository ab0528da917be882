//! What it costs that reproductions look like the source: R(D,P) and R(D,P,E) of a bit, and of real images.
//!
//! ```text
//! cargo run --release --example perception            # half a minute
//! cargo run --release --example perception -- quick   # fewer images
//! ```
//!
//! Prints certified rates against the closed forms, then those of handwritten digits, and writes `perception-bernoulli.svg` and
//! `perception-digits.svg`.

#![allow(clippy::print_stdout, reason = "the tables are what it is for")]

mod bernoulli;
#[path = "../digits/data.rs"]
mod data;
mod digits;
mod picture;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let quick = std::env::args().nth(1).is_some_and(|argument| argument == "quick");
    bernoulli::run()?;
    digits::run(quick)
}
