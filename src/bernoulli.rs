//! The binary source in closed form.

use crate::{RdcError, binary_entropy, check};

/// R(D,E) in bits of a Bernoulli source with noiseless labels, in closed form.
///
/// The source is `Bern(p)`, the distortion is Hamming, the label is the source bit itself, and c0 reads the
/// reproduction as the label. Distortion and classification error are then the same number, so that
///
/// `R(D,E) = max(0, Hb(min(p, 1-p)) - Hb(min(D, E)))` for `min(D,E) < min(p, 1-p)`, and 0 from there on.
///
/// This is the paper's eq. (8) with `min(D, E)` in the place of D; with `e = f64::INFINITY` it *is* eq. (8).
/// `d` and `e` are budgets in \[0, inf\].
///
/// # Errors
/// [`RdcError::Value`] if p is outside \[0, 1\] or NaN, or a budget is negative or NaN.
///
/// ```
/// use rdc_theory::rdc_bernoulli;
/// let rate = rdc_bernoulli(0.3, 0.1, f64::INFINITY)?;
/// assert!((rate - 0.412295305641).abs() < 1e-12);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
pub fn rdc_bernoulli(p: f64, d: f64, e: f64) -> Result<f64, RdcError> {
    check::scalar("p", p, "a probability must lie in [0, 1]", (0.0..=1.0).contains(&p))?;
    check::scalar("d", d, check::BUDGET, d >= 0.0)?;
    check::scalar("e", e, check::BUDGET, e >= 0.0)?;
    let rarer = p.min(1.0 - p);
    let flips = d.min(e).min(rarer);
    Ok((binary_entropy(rarer) - binary_entropy(flips)).max(0.0))
}
