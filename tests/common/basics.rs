//! Short ways to write vectors and matrices, and how many random cases there are.

#![allow(dead_code, reason = "each test crate uses its part")]

use proptest::prelude::ProptestConfig;
use proptest::strategy::Strategy;
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Classifier, Distortion, Rdc, Source};
use std::cell::Cell;

pub(crate) const INF: f64 = f64::INFINITY;

/// What rounding may put between two true brackets, in bits.
pub(crate) const ROUNDING: f64 = 1e-11;

/// The number in an environment variable.
pub(crate) fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// `RDC_CASES`, or the default.
pub(crate) fn count(default: u64) -> u64 {
    variable("RDC_CASES").unwrap_or(default)
}

/// The same random cases in every run: `RDC_CASES` of them, or the default.
pub(crate) fn config(default: u32, seed: u64) -> ProptestConfig {
    ProptestConfig {
        cases: count(default.into()).try_into().unwrap(),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    }
}

/// Checks a property of random values that does not apply to all of them, and returns to how many it did, and of how many.
#[track_caller]
pub(crate) fn applied<S: Strategy>(
    config: ProptestConfig,
    values: S,
    property: impl Fn(S::Value) -> Result<bool, TestCaseError>,
) -> (u64, u64) {
    let (count, cases) = (Cell::new(0), config.cases.into());
    let counted = |value| {
        count.set(count.get() + u64::from(property(value)?));
        Ok(())
    };
    if let Err(error) = TestRunner::new(config).run(&values, counted) {
        panic!("{error}");
    }
    (count.get(), cases)
}

pub(crate) fn pmf(entries: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(entries)
}

pub(crate) fn rows<const M: usize>(rows: &[[f64; M]]) -> DMatrix<f64> {
    DMatrix::from_row_slice(rows.len(), M, rows.as_flattened())
}

/// Each row scaled to sum 1.
pub(crate) fn stochastic(mut weights: DMatrix<f64>) -> DMatrix<f64> {
    for mut row in weights.row_iter_mut() {
        let total = row.sum();
        row /= total;
    }
    weights
}

pub(crate) fn hamming() -> DMatrix<f64> {
    hamming_of(2)
}

pub(crate) fn hamming_of(letters: usize) -> DMatrix<f64> {
    DMatrix::from_fn(letters, letters, |x, y| f64::from(x != y))
}

/// R(D,E) of Bern(0.3) with noiseless labels.
pub(crate) fn bernoulli() -> Rdc {
    let source = Source::from_joint(rows(&[[0.7, 0.0], [0.0, 0.3]])).unwrap();
    let classifier = Classifier::hard(&[0, 1]).unwrap();
    Rdc::new(&source, Distortion::hamming(2).unwrap(), &classifier).unwrap()
}

/// `E[d(X, Y)]`; pairs that the channel does not use may cost +inf.
pub(crate) fn expected(pmf: &DVector<f64>, channel: &DMatrix<f64>, cost: &DMatrix<f64>) -> f64 {
    let pair = |(x, y): (usize, usize)| {
        let mass = pmf[x] * channel[(x, y)];
        if mass > 0.0 { mass * cost[(x, y)] } else { 0.0 }
    };
    (0..cost.ncols()).flat_map(|y| (0..cost.nrows()).map(move |x| (x, y))).map(pair).sum()
}

/// What a unit of a cost is: its average under its dearest letter, forbidden pairs left out.
pub(crate) fn dearest(pmf: &DVector<f64>, cost: &DMatrix<f64>) -> f64 {
    let finite = cost.map(|d| if d.is_finite() { d } else { 0.0 });
    finite.tr_mul(pmf).max()
}
