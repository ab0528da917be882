//! Two solutions of one problem.

use super::ROUNDING;
use rdc_theory::Solution;
use std::fmt::Debug;

/// Both brackets may hold the rate.
#[track_caller]
pub(crate) fn assert_overlap(one: &Solution, other: &Solution, case: impl Debug) {
    assert!(
        one.lower <= other.rate + ROUNDING && other.lower <= one.rate + ROUNDING,
        "{case:?}: [{}, {}] and [{}, {}]",
        one.lower,
        one.rate,
        other.lower,
        other.rate
    );
}
