//! Rate-distortion-perception functions: what it costs that the reproduction also has the source's statistics.

use super::point::{Point, log2_ratio};
use super::shannon::gaussian;
use crate::closed_form::binary::joint::Joint;
use crate::error::RdcError;
use crate::numerics::information::binary_entropy;
use crate::validate;
use std::f64::consts::LN_2;

/// R(D,P) of a Bernoulli source with Hamming distortion and total variation: the paper's eq. (2) for a bit.
///
/// With p the rarer letter's probability, q = 1-p, `P < p` (from there on P is as good as infinite), and
/// `Ht(a, b) = h(a) + h(b) + h(1-a-b)`,
///
/// ```math
/// R(D,P) = \begin{cases}
/// H_b(p) - H_b(D) & D \le D_1 = \dfrac{P}{1 - 2(p-P)}, \\[1ex]
/// 2 H_b(p) + H_b(p-P) - H_t\!\left(\tfrac{D-P}2, p\right) - H_t\!\left(\tfrac{D+P}2, q\right)
///   & D_1 < D < D_2 = 2pq - (q-p)P, \\[1ex]
/// 0 & D \ge D_2
/// \end{cases}
/// ```
///
/// (Blau and Michaeli 2019, arXiv 1901.07821.) Up to `D1` the best channel for D alone has `|P(X^=1) - p| <= P`. Beyond, both
/// budgets are met with equality: the flips have the masses `(D-P)/2` and `(D+P)/2`. R is computed as their mutual
/// information, without the formula's cancellation. Every pair of budgets can be met, D = P = 0 by the identity.
///
/// `p` is a probability, `d` and `perception` are budgets in \[0, inf\]. The multipliers are -dR/dD and -dR/dP, to about
/// 1e-14 where R is not tiny; [`Point::regime`] tells the pieces apart. At D = 0 the first is `+inf` (0 for p in {0, 1}, where no
/// rate is needed) and the second 0; R is differentiable elsewhere, but for the kink of R(D) in D = p where `P >= p`;
/// both multipliers are 0 at zero rate.
///
/// # Errors
/// [`RdcError::Value`] if p is outside \[0, 1\] or NaN, or a budget is negative or NaN.
///
/// ```
/// use rdc_theory::{Regime, closed_form::bernoulli_perception};
/// let point = bernoulli_perception(0.2, 0.15, 0.05)?;
/// assert_eq!(point.regime(), Regime::Both);
/// let without = bernoulli_perception(0.2, 0.15, f64::INFINITY)?;
/// assert!(point.rate > without.rate && without.regime() == Regime::FirstOnly);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
pub fn bernoulli_perception(p: f64, d: f64, perception: f64) -> Result<Point<2>, RdcError> {
    let rule = "a probability must lie in [0, 1]";
    validate::scalar("p", p, rule, (0.0..=1.0).contains(&p))?;
    let d = validate::budget("d", d)?;
    let p = p.min(1.0 - p);
    let allowed = validate::budget("perception", perception)?.min(p);
    let free = 2.0 * p * (1.0 - p) - (1.0 - 2.0 * p) * allowed;
    // Where P does not count, D2 is p, which its formula may miss by rounding.
    if d >= if allowed == p { p } else { free } {
        return Ok(Point::ZERO_RATE);
    }
    if d * (1.0 - 2.0 * (p - allowed)) <= allowed {
        return Ok(Point::new(
            binary_entropy(p) - binary_entropy(d),
            [log2_ratio(1.0 - d, d), 0.0],
        ));
    }
    let masses = [1.0 - p, p];
    let joint = Joint::with_flips(masses, [0.5 * (d - allowed), 0.5 * (d + allowed)]);
    let (rate, [upward, downward]) = joint.information(masses);
    let slopes = [-0.5 * (upward + downward), 0.5 * (upward - downward)];
    // A NaN is the difference of two infinite slopes, which only flips that underflow bring about.
    Ok(Point::new(rate, slopes.map(|slope| slope.max(0.0))))
}

/// R(D,P) of a Gaussian source with squared error and the squared Wasserstein-2 distance: the paper's eq. (2) for
/// `W2^2(p_X, p_X^) <= P`.
///
/// With `s = max(sigma - sqrt P, 0)`, the least standard deviation that P allows,
///
/// ```math
/// R(D,P) = \begin{cases}
/// \tfrac12 \log_2 \dfrac{\sigma^2}{D} & D \le \sigma^2 - s^2, \\[1.5ex]
/// \tfrac12 \log_2 \dfrac{\sigma^2 s^2}{\sigma^2 s^2 - \theta^2}, \quad \theta = \tfrac12 (\sigma^2 + s^2 - D)
///   & \sigma^2 - s^2 < D < \sigma^2 + s^2, \\[1.5ex]
/// 0 & D \ge \sigma^2 + s^2
/// \end{cases}
/// ```
///
/// (Zhang, Qian, Chen, Khisti 2021, arXiv 2106.10311.) In the middle the reproduction is Gaussian with deviation s and
/// covariance theta; `sigma^2 s^2 - theta^2 = (D - P) ((sigma + s)^2 - D) / 4` is computed so, without cancellation.
///
/// `variance` is the `sigma^2` in \[0, inf), `d` and `perception` are budgets in \[0, inf\] in the same unit. The multipliers
/// are -dR/dD and -dR/dP. D = 0 has the rate and the first multiplier `+inf` unless the variance is 0; P = 0 < D < 2 sigma^2
/// has the second `+inf`, as R falls there like a root. For `P >= sigma^2` this is [`gaussian`], with its kink.
///
/// # Errors
/// [`RdcError::Value`] for a variance that is negative, infinite or NaN, or a budget that is negative or NaN.
///
/// ```
/// use rdc_theory::closed_form::gaussian_perception;
/// // Perfect perception at rate 0 costs twice the variance, and at any rate more than R(D).
/// assert_eq!(gaussian_perception(1.0, 2.0, 0.0)?.rate, 0.0);
/// assert!((gaussian_perception(1.0, 1.0, 0.0)?.rate - 0.5 * (4.0_f64 / 3.0).log2()).abs() < 1e-15);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
pub fn gaussian_perception(variance: f64, d: f64, perception: f64) -> Result<Point<2>, RdcError> {
    let Point { rate, multipliers: [slope] } = gaussian(variance, d)?;
    let perception = validate::budget("perception", perception)?;
    if variance == 0.0 || perception >= variance {
        return Ok(Point { rate, multipliers: [slope, 0.0] });
    }
    // In units of the variance; `1 - spread` is the root of P.
    let (d, p) = (d / variance, perception / variance);
    let root = p.sqrt();
    let spread = (1.0 - p) / (1.0 + root);
    if d >= 1.0 + spread * spread {
        return Ok(Point::ZERO_RATE);
    }
    // 1 - spread^2 with all its digits where P is small.
    if d <= root * (1.0 + spread) {
        return Ok(Point { rate, multipliers: [slope, 0.0] });
    }
    let covariance = 0.5 * (1.0 + spread * spread - d);
    let correlation = covariance / spread;
    let determinant = (d - p) * (0.25 * ((1.0 + spread) * (1.0 + spread) - d));
    let squared = correlation * correlation;
    // ln(1 - rho^2): the digits are in rho where that is small, in the determinant where it is not.
    let log =
        if squared < 0.5 { (-squared).ln_1p() } else { (determinant / (spread * spread)).ln() };
    let per_covariance = covariance / determinant / LN_2;
    // Positive factors in the order in which none underflows before the infinite slopes at P = 0.
    let beyond = d - root * (1.0 + spread);
    let slopes = [0.5 * per_covariance, 0.25 * per_covariance * beyond / spread / root];
    Ok(Point::new(-0.5 * log / LN_2, slopes.map(|slope| slope / variance)))
}
