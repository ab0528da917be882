//! A bit that may be erased.

use super::hamming::uniform;
use super::point::Point;
use crate::error::RdcError;
use crate::validate;
use std::f64::consts::LN_2;

/// Newton's steps to the height of the line: where the letter is all but useless each halves the
/// distance, to rounding.
const STEPS: usize = 80;

/// R(D) of a uniform bit with the reproductions 0, 1 and "erased".
///
/// The right bit costs 0, the wrong one `wrong`, an erasure `erased`. By symmetry the best channel
/// erases with some probability and otherwise flips with another, so R is the convex hull of the
/// binary `1 - Hb(D/wrong)` and of the point where everything is erased (Berger 1971, section 2.7):
/// the binary curve up to its point of contact t, and from there on a straight line of some height
/// eta at D = 0,
///
/// ```math
/// R(D) = \eta \left(1 - \frac{D}{\text{erased}}\right) \quad\text{for}\quad
/// t \le \frac{D}{\text{wrong}} \le \rho = \frac{\text{erased}}{\text{wrong}} < \frac12, \qquad
/// \eta + \log_2 (1 + 2^{-\eta/\rho}) = 1, \quad t = \frac{1}{1 + 2^{\eta/\rho}} .
/// ```
///
/// Without errors (`wrong = inf`) the line is all of R, with eta = 1. With `erased >= wrong/2` the
/// letter is useless, and R is that of [`uniform_hamming`](super::uniform_hamming) with two letters
/// at `D/wrong`.
///
/// `wrong` lies in (0, inf\], `erased` in (0, inf), and `d` is a budget in \[0, inf\], all three in
/// the same unit. At D = 0 the multiplier is `+inf`, or `1/erased` for `wrong = inf`. The line ends
/// with a kink at D = erased, where the multiplier is 0; R is differentiable elsewhere.
///
/// # Errors
/// [`RdcError::Value`] for a cost outside its range, or a budget that is negative or NaN.
///
/// ```
/// use rdc_theory::closed_form::erasure;
/// assert_eq!(erasure(f64::INFINITY, 1.0, 0.25)?.rate, 0.75);
/// let point = erasure(1.0, 0.3, 0.2)?;
/// assert!((point.rate - 0.2598397318638).abs() < 1e-12);
/// assert!((point.multipliers[0] - 10.0 * point.rate).abs() < 1e-12, "the line ends at 0.3");
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
pub fn erasure(wrong: f64, erased: f64, d: f64) -> Result<Point<1>, RdcError> {
    validate::scalar("wrong", wrong, "a cost must be > 0, or +inf to forbid it", wrong > 0.0)?;
    let rule = "a cost must be finite and > 0";
    validate::scalar("erased", erased, rule, erased > 0.0 && erased.is_finite())?;
    let d = validate::budget("d", d)?;
    let useless = erased >= 0.5 * wrong;
    if useless {
        return Ok(of_bit(wrong, d));
    }
    if d >= erased {
        return Ok(Point::ZERO_RATE);
    }
    let ratio = erased / wrong;
    let height = height(ratio);
    let contact = 1.0 / (1.0 + (height / ratio).exp2());
    if wrong.is_finite() && d / wrong <= contact {
        return Ok(of_bit(wrong, d));
    }
    Ok(Point::new(height * (1.0 - d / erased), [height / erased]))
}

/// The uniform bit without erasures.
fn of_bit(wrong: f64, d: f64) -> Point<1> {
    let Point { rate, multipliers: [slope] } = uniform(2.0, d / wrong);
    Point { rate, multipliers: [slope / wrong] }
}

/// The positive root of `eta + log2(1 + 2^(-eta/ratio)) = 1`, at most 1, for a ratio in \[0, 1/2).
///
/// The left side is convex, so that Newton's steps from 1, where it is larger than 1, fall towards
/// the root and stop where rounding lets them rise.
fn height(ratio: f64) -> f64 {
    let mut height = 1.0;
    for _ in 0..STEPS {
        let power = -height / ratio * LN_2;
        let excess = height + (0.5 * power.exp_m1()).ln_1p() / LN_2;
        let derivative = 1.0 - power.exp() / (1.0 + power.exp()) / ratio;
        let next = height - excess / derivative;
        // Not a number at ratio 0, where the height is 1.
        if !(0.0 < next && next < height) {
            break;
        }
        height = next;
    }
    height
}
