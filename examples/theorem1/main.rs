//! Theorem 1, checked: on the exact surface of a small source, and where it stops, with a free classifier.
//!
//! ```text
//! cargo run --release --example theorem1
//! ```
//!
//! Prints both reports, the second with a certified witness that convexity fails, and writes `theorem1.svg`.

#![allow(clippy::print_stdout, reason = "the reports are what it is for")]

mod picture;

use picture::Curves;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::theorem1::{Bracket, Sample, check_function, check_samples};
use rdc_theory::{Classifier, Distortion, FreeClassifier, Rdc, RdcError, Source};
use std::error::Error;

const PICTURE: &str = "theorem1.svg";

const SEGMENTS: usize = 500;
const SEED: u64 = 1;

/// The distortion budget at which the classifier is set free.
const D: f64 = 0.1;

/// Error budgets of the curves: from the first to the last, this far apart.
const ERRORS: (f64, f64) = (0.3345, 0.3905);
const STEP: f64 = 1e-3;

fn main() -> Result<(), Box<dyn Error>> {
    let rdc = three_letters()?;
    let rate = |[d, e]: [f64; 2]| Bracket::try_from(rdc.solve(d, e));
    let report = check_function(rate, [[0.0, 0.8], [0.0, 0.6]], SEGMENTS, SEED)?;
    println!("A predefined classifier, R(D,E) of three letters:\n{report}\n");

    let (source, hamming) = (set_free()?, Distortion::hamming(2)?);
    let free = FreeClassifier::new(&source, hamming.clone())?;
    let extended = Rdc::label_extended(&source, &hamming)?;
    // A constant classifier errs where the label is the other class, whatever the channel.
    let constant = source.class_priors().min();
    let free_curve = curve(constant, |e| Bracket::try_from(free.solve(D, e)))?;
    let extended_curve = curve(constant, |e| Bracket::try_from(extended.solve(D, e)))?;

    let report = check_samples(&free_curve)?;
    println!("A free classifier, R({D}, E):\n{report}\n");
    println!("The same, labels on the letters:\n{}\n", check_samples(&extended_curve)?);

    let [before, after] =
        [constant - 1e-9, constant].map(|e| at(e, |e| Bracket::try_from(free.solve(D, e))));
    let curves = Curves {
        free: &free_curve,
        extended: &extended_curve,
        step: [before?, after?],
        witness: report.convexity.as_ref(),
    };
    picture::draw(PICTURE, &curves)?;
    println!("R({D}, E) with the step and the witness: {PICTURE}");
    Ok(())
}

/// The label is 1 with probability 0.1, 0.5 and 0.9; squared error between -1, 0 and 1.
fn three_letters() -> Result<Rdc, RdcError> {
    let posterior = DMatrix::from_row_slice(3, 2, &[0.9, 0.1, 0.5, 0.5, 0.1, 0.9]);
    let source = Source::new(DVector::from_vec(vec![0.3, 0.4, 0.3]), posterior)?;
    let points = DMatrix::from_vec(3, 1, vec![-1.0, 0.0, 1.0]);
    let distortion = Distortion::squared_error(&points, &points)?;
    Rdc::new(&source, distortion, &Classifier::hard(&[0, 0, 1])?)
}

/// P(X = 1) = 0.3; the label is 1 with probability 0.475 where X = 0, always where X = 1.
fn set_free() -> Result<Source, RdcError> {
    let posterior = DMatrix::from_row_slice(2, 2, &[0.525, 0.475, 0.0, 1.0]);
    Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)
}

fn at(e: f64, rate: impl Fn(f64) -> Result<Bracket, RdcError>) -> Result<Sample<1>, RdcError> {
    Ok(Sample { budgets: [e], rate: rate(e)? })
}

/// Samples a step apart, one of them at `through`.
fn curve(
    through: f64,
    rate: impl Fn(f64) -> Result<Bracket, RdcError>,
) -> Result<Vec<Sample<1>>, RdcError> {
    let (first, last) = ERRORS;
    let [before, after] = [through - first, last - through].map(|width| (width / STEP) as i32);
    (-before..=after).map(|i| at(through + STEP * f64::from(i), &rate)).collect()
}
