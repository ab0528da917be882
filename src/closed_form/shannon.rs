//! Sources that meet Shannon's lower bound with equality.

use super::point::{Point, log2_ratio};
use crate::error::RdcError;
use crate::validate;
use std::f64::consts::LN_2;

/// R(D) of a Gaussian source with squared error.
///
/// ```math
/// R(D) = \tfrac12 \log_2 \frac{\sigma^2}{D}
/// \quad\text{for } 0 < D < \sigma^2, \text{ and } 0 \text{ from there on}
/// ```
///
/// (Shannon 1949; Berger 1971, section 4.3.) `variance` is the `sigma^2` in \[0, inf), `d` is a
/// budget in \[0, inf\] in the same unit. The multiplier is `1/(2 D ln 2)`, and 0 from the kink at
/// D = variance on. D = 0 has the rate and the multiplier `+inf`, unless the variance is 0 too: a
/// constant needs no rate.
///
/// # Errors
/// [`RdcError::Value`] for a variance that is negative, infinite or NaN, or a budget that is
/// negative or NaN.
///
/// ```
/// let point = rdc_theory::closed_form::gaussian(4.0, 0.25)?;
/// assert_eq!(point.rate, 2.0);
/// assert!((point.multipliers[0] - 2.0 / std::f64::consts::LN_2).abs() < 1e-15);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
pub fn gaussian(variance: f64, d: f64) -> Result<Point<1>, RdcError> {
    lower_bound("variance", variance, 0.5, d)
}

/// R(D) of a Laplace source with absolute error.
///
/// ```math
/// R(D) = \log_2 \frac{\lambda}{D}
/// \quad\text{for } 0 < D < \lambda, \text{ and } 0 \text{ from there on}
/// ```
///
/// (Berger 1971, section 4.3.) `scale` is the mean absolute deviation `lambda` from the median, in
/// \[0, inf), with the density `exp(-|x|/lambda) / (2 lambda)`; `d` is a budget in \[0, inf\] in
/// the same unit. The multiplier is `1/(D ln 2)`, and 0 from the kink at D = scale on. D = 0 has
/// the rate and the multiplier `+inf`, unless the scale is 0 too: a constant needs no rate.
///
/// # Errors
/// [`RdcError::Value`] for a scale that is negative, infinite or NaN, or a budget that is negative
/// or NaN.
///
/// ```
/// let point = rdc_theory::closed_form::laplace(1.0, 0.125)?;
/// assert_eq!(point.rate, 3.0);
/// assert!((point.multipliers[0] - 8.0 / std::f64::consts::LN_2).abs() < 1e-14);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
pub fn laplace(scale: f64, d: f64) -> Result<Point<1>, RdcError> {
    lower_bound("scale", scale, 1.0, d)
}

/// `bits log2(spread/D)`: halving D costs `bits`.
fn lower_bound(argument: &str, spread: f64, bits: f64, d: f64) -> Result<Point<1>, RdcError> {
    let rule = "a spread must be finite and >= 0";
    validate::scalar(argument, spread, rule, spread >= 0.0 && spread.is_finite())?;
    let d = validate::budget("d", d)?;
    if d >= spread {
        return Ok(Point::ZERO_RATE);
    }
    Ok(Point::new(bits * log2_ratio(spread, d), [bits / LN_2 / d]))
}
