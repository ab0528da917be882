//! Problems of a few letters that every method can solve, and how they are solved.

use crate::common::case::Case;
use crate::common::{hamming, hamming_of, pmf, rows};
use rdc_theory::{Method, Settings, Solution};

/// In bits; the two slow methods reach it in hundreds of iterations where they are at their best.
pub(crate) const LOOSE: f64 = 1e-6;

pub(crate) fn settings(method: Method, tolerance: f64) -> Settings {
    Settings::default().with_method(method).with_tolerance(tolerance).unwrap()
}

pub(crate) fn solve(case: &Case, settings: &Settings) -> Solution {
    case.problem().solve_with(&case.budgets, settings).unwrap()
}

/// Eight letters of which the rarer ones leave at this D: no method is done after a handful of iterations.
pub(crate) fn uneven() -> Case {
    let pmf = pmf(&[0.3, 0.2, 0.15, 0.12, 0.1, 0.06, 0.04, 0.03]);
    Case::new(pmf, vec![hamming_of(8)], &[0.2])
}

/// A bit, and an erasure at cost `a` for either value (Berger 1971, section 2.7).
pub(crate) fn erasure(wrong: f64, a: f64, d: f64) -> Case {
    Case::new(pmf(&[0.5, 0.5]), vec![rows(&[[0.0, wrong, a], [wrong, 0.0, a]])], &[d])
}

/// Two noisy labels of a bit, both budgets with a price.
pub(crate) fn binary(d: f64, e: f64) -> Case {
    let error = rows(&[[4.0 / 13.0, 9.0 / 13.0], [6.0 / 7.0, 1.0 / 7.0]]);
    Case::new(pmf(&[0.65, 0.35]), vec![hamming(), error], &[d, e])
}
