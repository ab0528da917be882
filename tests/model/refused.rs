//! Errors field by field, and what they are expected to say.

use crate::common::{pmf, rows};
use rdc_theory::{Problem, RdcError, Source};
use std::fmt::Debug;

pub(crate) const PROBABILITY: &str = "a probability must be a finite number >= 0";
pub(crate) const COST: &str = "a cost must lie in [-1e150, 1e150], or be +inf for a forbidden pair";

pub(crate) const DISTANCE: &str =
    "a distortion must lie in [0, 1e150], or be +inf for a forbidden pair";
pub(crate) const BUDGET: &str = "a budget must be >= 0, or +inf for no constraint";

/// The error is `expected`, field by field, and says `message`.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T, RdcError>, expected: &RdcError, message: &str) {
    let error = result.unwrap_err();
    // As text, in which NaN equals itself.
    assert_eq!(format!("{error:?}"), format!("{expected:?}"));
    assert_eq!(error.to_string(), message);
}

#[track_caller]
pub(crate) fn refused_empty<T: Debug>(result: Result<T, RdcError>, argument: &str) {
    let expected = RdcError::Empty { argument: argument.into() };
    let message = format!("{argument} is empty: at least one element is needed");
    refused(result, &expected, &message);
}

#[track_caller]
pub(crate) fn refused_value<T: Debug>(
    result: Result<T, RdcError>,
    argument: &str,
    value: f64,
    rule: &'static str,
) {
    let expected = RdcError::Value { argument: argument.into(), value, rule };
    refused(result, &expected, &format!("{argument} = {value}: {rule}"));
}

#[track_caller]
pub(crate) fn refused_sum<T: Debug>(
    result: Result<T, RdcError>,
    argument: &str,
    sum: f64,
    off: &str,
) {
    let expected = RdcError::NotNormalised { argument: argument.into(), sum };
    let message = format!(
        "{argument} sums to {sum}, off from 1 by {off}: probabilities must sum to 1 within 1e-9"
    );
    refused(result, &expected, &message);
}

#[track_caller]
pub(crate) fn refused_shape<T: Debug>(
    result: Result<T, RdcError>,
    argument: &str,
    what: &'static str,
    (found, expected): (usize, usize),
    rule: &'static str,
) {
    let message = format!("{argument} has {found} {what}, but {expected} are needed: {rule}");
    let expected = RdcError::Shape { argument: argument.into(), what, found, expected, rule };
    refused(result, &expected, &message);
}

#[track_caller]
pub(crate) fn refused_class<T: Debug>(
    result: Result<T, RdcError>,
    argument: &str,
    (letter, class, classes): (usize, usize, usize),
) {
    let expected = RdcError::ClassOutOfRange { argument: argument.into(), letter, class, classes };
    let message =
        format!("{argument}[{letter}] is class {class}: classes are numbered 0..{classes}");
    refused(result, &expected, &message);
}

#[track_caller]
pub(crate) fn refused_row<T: Debug>(result: Result<T, RdcError>, argument: &str, letter: usize) {
    let expected = RdcError::NoReproduction { argument: argument.into(), letter };
    let message = format!(
        "every reproduction of source letter {letter} is forbidden (+inf) once {argument} is added: at least one pair must be finite"
    );
    refused(result, &expected, &message);
}

/// Two letters with noisy labels.
pub(crate) fn noisy_source() -> Source {
    Source::new(pmf(&[0.6, 0.4]), rows(&[[0.9, 0.1], [0.2, 0.8]])).unwrap()
}

pub(crate) fn two_letters() -> Problem {
    Problem::new(pmf(&[0.7, 0.3]), 2).unwrap()
}
