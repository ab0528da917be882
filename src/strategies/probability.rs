//! Pmfs, and label posteriors and decisions as rows of them.

use nalgebra::{DMatrix, DVector};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};

/// A pmf of `count` outcomes: equal, alike, with ties, or fifteen orders of magnitude apart with zeros among them.
pub(super) fn pmf(count: usize) -> impl Strategy<Value = DVector<f64>> {
    let apart = prop_oneof![
        3 => (-15.0..0.0_f64).prop_map(|exponent| 10_f64.powf(exponent)),
        1 => (-15.0..-13.0_f64).prop_map(|exponent| 10_f64.powf(exponent)),
        1 => Just(0.0),
        3 => 0.01..1.0_f64,
    ];
    let weights = prop_oneof![
        2 => vec(Just(1.0), count),
        3 => vec(0.1..1.0_f64, count),
        1 => vec(select(vec![1.0, 2.0, 4.0]), count),
        3 => vec(apart, count),
    ];
    (weights, any::<Index>()).prop_map(|(mut weights, large)| {
        let large = large.index(weights.len().max(1));
        // Not all weights may be tiny or zero.
        if let Some(weight) = weights.get_mut(large) {
            *weight = weight.max(0.1);
        }
        let pmf = DVector::from_vec(weights);
        let total = pmf.sum();
        pmf / total
    })
}

/// Step of label probabilities and decisions: error rates, sums of their products, are then exact, and tie or do not.
/// Where they tie but for a last digit, R close to the frontier is that of the digit, and the solver's bounds stay apart.
const STEP: f64 = 1.0 / 65536.0;

/// A pmf in steps.
fn stepped(count: usize) -> impl Strategy<Value = DVector<f64>> {
    pmf(count).prop_map(|pmf| {
        let mut stepped = pmf.map(|p| (p / STEP).round() * STEP);
        let rest = 1.0 - stepped.sum();
        if let Some(largest) = stepped.iter_mut().max_by(|a, b| a.total_cmp(b)) {
            *largest += rest;
        }
        stepped
    })
}

/// A pmf over `classes` for each of `letters`: certain, the same for all letters, or any.
pub(super) fn posterior(letters: usize, classes: usize) -> impl Strategy<Value = DMatrix<f64>> {
    let uninformative =
        stepped(classes).prop_map(move |pmf| DMatrix::from_fn(letters, classes, |_, k| pmf[k]));
    let noisy = vec(stepped(classes), letters)
        .prop_map(move |rows| DMatrix::from_fn(letters, classes, |x, k| rows[x][k]));
    prop_oneof![2 => certain(letters, classes), 1 => uninformative, 3 => noisy]
}

/// What a classifier decides on each of `letters`: hard in half of the cases.
pub(super) fn decisions(letters: usize, classes: usize) -> impl Strategy<Value = DMatrix<f64>> {
    prop_oneof![certain(letters, classes), posterior(letters, classes)]
}

fn certain(letters: usize, classes: usize) -> impl Strategy<Value = DMatrix<f64>> {
    vec(any::<Index>(), letters).prop_map(move |class_of| {
        DMatrix::from_fn(letters, classes, |x, k| f64::from(class_of[x].index(classes) == k))
    })
}
