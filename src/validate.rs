//! The rules that every public constructor applies to its numbers.

use crate::error::RdcError;
use nalgebra::DMatrix;

/// How far a probability vector may sum from 1 before it is refused rather than renormalised.
const NORMALISATION_TOLERANCE: f64 = 1e-9;

pub(crate) const PROBABILITY: &str = "a probability must be a finite number >= 0";

pub(crate) const COST: &str = "a cost must lie in [-1e150, 1e150], or be +inf for a forbidden pair";

pub(crate) const DISTANCE: &str =
    "a distortion must lie in [0, 1e150], or be +inf for a forbidden pair";

/// The largest size of a finite cost: squares of it are still finite.
pub(crate) const LARGEST_COST: f64 = 1e150;

pub(crate) const MULTIPLIER: &str =
    "a multiplier must be >= 0, and at most 1e150 per largest average cost of a letter";

pub(crate) const PERCEPTION_MULTIPLIER: &str = "the multiplier of a perception must be 0, which leaves the output pmf free, or +inf, which holds it to its smallest divergence";

pub(crate) const BUDGET: &str = "a budget must be >= 0, or +inf for no constraint";

/// What holds for a budget of a cost with negative entries, and where it is not known which cost a budget is of.
pub(crate) const SIGNED_BUDGET: &str =
    "a budget must be >= -1e150 (no cost is less), or +inf for no constraint";

pub(crate) fn not_empty(argument: &str, count: usize) -> Result<(), RdcError> {
    if count == 0 { Err(RdcError::Empty { argument: argument.into() }) } else { Ok(()) }
}

pub(crate) fn count(
    argument: &str,
    what: &'static str,
    found: usize,
    expected: usize,
    rule: &'static str,
) -> Result<(), RdcError> {
    if found == expected {
        return Ok(());
    }
    Err(RdcError::Shape { argument: argument.into(), what, found, expected, rule })
}

/// Every entry of `matrix` passes `rule_holds`; the error names the first that does not.
pub(crate) fn entries(
    argument: &str,
    matrix: &DMatrix<f64>,
    rule: &'static str,
    rule_holds: impl Fn(f64) -> bool,
) -> Result<(), RdcError> {
    let Some(at) = matrix.iter().position(|&value| !rule_holds(value)) else {
        return Ok(());
    };
    let (row, column) = matrix.vector_to_matrix_index(at);
    let argument = if matrix.ncols() == 1 {
        format!("{argument}[{row}]")
    } else {
        format!("{argument}[({row}, {column})]")
    };
    Err(RdcError::Value { argument, value: matrix[at], rule })
}

pub(crate) fn scalar(
    argument: &str,
    value: f64,
    rule: &'static str,
    rule_holds: bool,
) -> Result<(), RdcError> {
    if rule_holds {
        Ok(())
    } else {
        Err(RdcError::Value { argument: argument.into(), value, rule })
    }
}

/// Checks a size given by the caller, of which `each` times as many numbers are kept: matrices multiply sizes without looking
/// whether the product overflows.
pub(crate) fn addressable(argument: &str, size: usize, each: usize) -> Result<(), RdcError> {
    let most = isize::MAX as usize / size_of::<f64>();
    let rule = "a size must be one that memory can address";
    scalar(argument, size as f64, rule, size.checked_mul(each).is_some_and(|all| all <= most))
}

/// Checks a budget; -0 becomes 0, whose sign would pass into slopes.
pub(crate) fn budget(argument: &str, value: f64) -> Result<f64, RdcError> {
    scalar(argument, value, BUDGET, value >= 0.0)?;
    Ok(value + 0.0)
}

/// Checks a budget that may be negative.
pub(crate) fn signed_budget(argument: &str, value: f64) -> Result<(), RdcError> {
    scalar(argument, value, SIGNED_BUDGET, value >= -LARGEST_COST)
}

/// The one of `all` that prints as `name`.
pub(crate) fn named<T: Copy + std::fmt::Display>(
    argument: &str,
    all: &[T],
    name: &str,
) -> Result<T, String> {
    all.iter().copied().find(|one| one.to_string() == name).ok_or_else(|| {
        let known: Vec<String> = all.iter().map(|one| format!("{:?}", one.to_string())).collect();
        format!("{argument} = {name:?}: known are {}", known.join(", "))
    })
}

/// Checks and renormalises a matrix of joint probabilities (its total is 1).
pub(crate) fn probabilities(argument: &str, matrix: &mut DMatrix<f64>) -> Result<(), RdcError> {
    not_empty(argument, matrix.len())?;
    entries(argument, matrix, PROBABILITY, |v| v.is_finite() && v >= 0.0)?;
    let sum = matrix.sum();
    normalised(sum, || argument.into())?;
    if needs_scaling(sum, matrix.len()) {
        matrix.unscale_mut(sum);
    }
    Ok(())
}

/// Checks the sum of some probabilities.
pub(crate) fn normalised(sum: f64, argument: impl FnOnce() -> String) -> Result<(), RdcError> {
    if (sum - 1.0).abs() > NORMALISATION_TOLERANCE {
        return Err(RdcError::NotNormalised { argument: argument(), sum });
    }
    Ok(())
}

/// Probabilities that sum to 1 but for the rounding of the sum stay as they were given: steep multipliers turn a change
/// of their last digits into one of the rate's ninth.
fn needs_scaling(sum: f64, count: usize) -> bool {
    (sum - 1.0).abs() > f64::EPSILON * count as f64
}

/// Checks and renormalises a stochastic matrix (every row sums to 1).
pub(crate) fn stochastic_rows(argument: &str, matrix: &mut DMatrix<f64>) -> Result<(), RdcError> {
    not_empty(argument, matrix.len())?;
    entries(argument, matrix, PROBABILITY, |v| v.is_finite() && v >= 0.0)?;
    for (row, mut probabilities) in matrix.row_iter_mut().enumerate() {
        let sum = probabilities.sum();
        normalised(sum, || format!("{argument}, row {row},"))?;
        if needs_scaling(sum, probabilities.len()) {
            probabilities.unscale_mut(sum);
        }
    }
    Ok(())
}

/// Checks a matrix of costs, which may be negative.
pub(crate) fn costs(argument: &str, matrix: &DMatrix<f64>) -> Result<(), RdcError> {
    not_empty(argument, matrix.len())?;
    entries(argument, matrix, COST, |v| v.abs() <= LARGEST_COST || v == f64::INFINITY)
}

/// Checks a matrix of distortions.
pub(crate) fn distances(argument: &str, matrix: &DMatrix<f64>) -> Result<(), RdcError> {
    not_empty(argument, matrix.len())?;
    entries(argument, matrix, DISTANCE, |v| (0.0..=LARGEST_COST).contains(&v) || v == f64::INFINITY)
}

/// A matrix from its rows, as they come from files and from code that holds vectors of vectors.
///
/// `rows` are the rows from top to bottom; the result has one row per element. `argument` is the name that an
/// error carries.
///
/// # Errors
/// [`RdcError::Empty`] for no rows or empty rows, [`RdcError::Ragged`] for rows of different lengths.
///
/// ```
/// use rdc_theory::{RdcError, matrix_from_rows};
/// assert_eq!(matrix_from_rows("costs", &[vec![0.0, 1.0]])?.shape(), (1, 2));
/// let error = matrix_from_rows("costs", &[vec![0.0, 1.0], vec![2.0]]).unwrap_err();
/// assert_eq!(error.to_string(), "costs is ragged: row 1 has 1 entries, row 0 has 2");
/// # Ok::<(), RdcError>(())
/// ```
pub fn matrix_from_rows(argument: &str, rows: &[Vec<f64>]) -> Result<DMatrix<f64>, RdcError> {
    let width = rows.first().map_or(0, Vec::len);
    not_empty(argument, width)?;
    if let Some(row) = rows.iter().position(|r| r.len() != width) {
        let argument = argument.into();
        return Err(RdcError::Ragged { argument, row, found: rows[row].len(), expected: width });
    }
    Ok(DMatrix::from_fn(rows.len(), width, |i, j| rows[i][j]))
}
