//! The binary function in closed form: which budgets set the rate where, and how high it is.
//!
//! ```text
//! cargo run --release --example bernoulli
//! ```
//!
//! Prints the boundaries of the regimes of one noisily labelled bit beside the rate that eq. (9) of the paper would give,
//! and writes `bernoulli.svg`.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod picture;

use rdc_theory::{BinaryClassifier, BinaryRdc, RdcError};
use std::error::Error;

const PICTURE: &str = "bernoulli.svg";

/// P(X = 1).
const P: f64 = 0.3;

/// P(class 1 | X = x).
const LABEL_POSTERIOR: [f64; 2] = [0.02, 0.6];

/// Error budgets of the table.
const ERRORS: [f64; 7] = [0.134, 0.14, 0.15, 0.17, 0.19, 0.2, 0.24];

fn main() -> Result<(), Box<dyn Error>> {
    let rdc = BinaryRdc::new(P, LABEL_POSTERIOR, BinaryClassifier::Identity)?;
    let [a, b] = rdc.weights();
    println!(
        "X ~ Bern({P}), P(class 1 | X) = {LABEL_POSTERIOR:?}, c0 reads the reproduction as the class."
    );
    println!("Error rate {:.3} + {a:.2} P(X=0, X^=1) + {b:.2} P(X=1, X^=0).\n", rdc.base_error());
    println!("{:>6} {:>9} {:>9} {:>9} {:>11}", "E", "D1(E)", "flat from", "D2(E)", "R(inf,E)");
    for e in ERRORS {
        println!("{}", row(&rdc, e)?);
    }
    println!(
        "\nRates in bits. Eq. (9) has R(inf,E) = 0 for every E; where D2(E) does not exist it is not."
    );
    picture::draw(PICTURE, &rdc)?;
    println!("The regimes and the rate over (D,E): {PICTURE}");
    Ok(())
}

fn row(rdc: &BinaryRdc, e: f64) -> Result<String, RdcError> {
    let cell = |d: Option<f64>| d.map_or("-".into(), |d| format!("{d:.5}"));
    Ok(format!(
        "{e:>6} {:>9} {:>9} {:>9} {:>11.8}",
        cell(rdc.d1(e)?),
        cell(rdc.flat_in_distortion_from(e)?),
        cell(rdc.d2(e)?),
        rdc.point(f64::INFINITY, e)?.rate
    ))
}
