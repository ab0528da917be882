//! Hamming distortion: what is not reproduced right costs 1.

use super::point::{Point, log2_ratio};
use crate::error::RdcError;
use crate::model::source::checked_pmf;
use crate::numerics::information::{binary_entropy, complement_surprisal, surprisal};
use crate::validate;
use nalgebra::DVector;

/// R(D) of a uniform source on m letters with Hamming distortion.
///
/// ```math
/// R(D) = \log_2 m - H_b(D) - D \log_2 (m-1)
/// \quad \text{for } D < \frac{m-1}{m}, \text{ and } 0 \text{ from there on}
/// ```
///
/// Fano's inequality, met with equality by the channel that errs alike to all other letters
/// (Gallager 1968; Cover and Thomas 2006, problem 10.5). `letters` is m >= 1, `d` is a budget in
/// \[0, inf\]. R is differentiable at every D > 0 for m >= 2; at D = 0 its multiplier is `+inf`.
/// One letter needs no rate.
///
/// # Errors
/// [`RdcError::Empty`] for no letters, [`RdcError::Value`] for a budget that is negative or NaN.
///
/// ```
/// let point = rdc_theory::closed_form::uniform_hamming(4, 0.25)?;
/// assert!((point.rate - 0.7924812503605781).abs() < 1e-15);
/// assert!((point.multipliers[0] - 9_f64.log2()).abs() < 1e-15);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
pub fn uniform_hamming(letters: usize, d: f64) -> Result<Point<1>, RdcError> {
    validate::not_empty("letters", letters)?;
    let d = validate::budget("d", d)?;
    Ok(uniform(letters as f64, d))
}

/// [`uniform_hamming`] of arguments that are checked.
pub(super) fn uniform(m: f64, d: f64) -> Point<1> {
    let others = m - 1.0;
    if d >= others / m {
        return Point::ZERO_RATE;
    }
    let rate = m.log2() - binary_entropy(d) - d * others.log2();
    Point::new(rate, [log2_ratio((1.0 - d) * others, d)])
}

/// R(D) of any source on finitely many letters with Hamming distortion.
///
/// With a water level v, the letters with `p_x > v` are in use, and the conditional pmf of the
/// source given a reproduction y in use is `1 - D` at y and `min(p_x, v)` elsewhere:
///
/// ```math
/// \begin{gathered}
/// R(D) = H(X) - H(X | \hat X), \qquad
/// H(X | \hat X) = h(1-D) + \sum_x h(\min(p_x, v)) - h(v), \quad h(x) = -x \log_2 x, \\
/// D = \sum_x \min(p_x, v) - v, \qquad -R'(D) = \log_2 \frac{1-D}{v} .
/// \end{gathered}
/// ```
///
/// As D grows the letters leave one by one, the rarest first (Erokhin 1958). D is piecewise linear
/// in v, from 0 at v = 0 to `1 - max p` where v is the second largest probability, so the level is
/// found exactly, by sorting. `D = 0` costs H(X), with the multiplier `+inf`; `D >= 1 - max p`
/// costs nothing. There, at the end of R, is its only kink, and the multiplier is 0; everywhere
/// else R is differentiable.
///
/// `pmf` sums to 1, with zeros and ties allowed; `d` is a budget in \[0, inf\].
///
/// # Errors
/// A pmf that is empty, has entries that are negative or not finite, or is off from 1 in sum by
/// more than 1e-9; [`RdcError::Value`] for a budget that is negative or NaN.
///
/// ```
/// use rdc_theory::nalgebra::DVector;
/// let point = rdc_theory::closed_form::hamming(&DVector::from_vec(vec![0.5, 0.3, 0.2]), 0.45)?;
/// // The level is 0.25: the third letter has left.
/// assert!((point.rate - 0.0467166163123260).abs() < 1e-15);
/// assert!((point.multipliers[0] - 2.2_f64.log2()).abs() < 1e-15);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
pub fn hamming(pmf: &DVector<f64>, d: f64) -> Result<Point<1>, RdcError> {
    let d = validate::budget("d", d)?;
    let mut others: Vec<f64> = checked_pmf("pmf", pmf.clone())?.data.into();
    others.sort_by(f64::total_cmp);
    // The most frequent letter is in use to the end. What it leaves to the others has all the
    // digits of 1 - max p.
    others.pop();
    let at_zero_rate = others.iter().sum();
    if d >= at_zero_rate {
        return Ok(Point::ZERO_RATE);
    }
    let level = water_level(&others, d);
    let saved = others.iter().filter(|&&p| p > level).map(|&p| surprisal(p) - surprisal(level));
    let rate = complement_surprisal(at_zero_rate) - complement_surprisal(d) + saved.sum::<f64>();
    Ok(Point::new(rate, [log2_ratio(1.0 - d, level)]))
}

/// The level v with `sum min(p, v) = filled`, for p in increasing order.
fn water_level(increasing: &[f64], filled: f64) -> f64 {
    let mut left = filled;
    for (covered, &p) in increasing.iter().enumerate() {
        let above = (increasing.len() - covered) as f64;
        if left < p * above {
            return left / above;
        }
        left -= p;
    }
    increasing.last().copied().unwrap_or(0.0)
}

/// R(D,E) of a uniform source on k blocks of g letters with Hamming distortion, where the label is
/// the block and the classifier reads it from the reproduction.
///
/// By symmetry the best channel errs alike within every block and alike across all of them. With `m
/// = kg`, and both budgets met as equalities, its entries are `1-D`, `(D-E)/(g-1)` within the block
/// and `E/(m-g)` across:
///
/// ```math
/// R(D,E) = \log_2 m - h(1-D) - h(D-E) - (D-E) \log_2 (g-1) - h(E) - E \log_2 (m-g),
/// \quad h(x) = -x \log_2 x
/// ```
///
/// Its multipliers are `log2((1-D)(g-1)/(D-E))` for D and `log2((D-E)(m-g)/((g-1)E))` for E. A
/// budget that need not be exhausted drops out:
///
/// - `E >= D (m-g)/(m-1)`: the R(D) of [`uniform_hamming`] with m letters;
/// - `D >= 1 - (1-E)/g`: the same with k letters, at E.
///
/// So R(D,E) is 0 for `D >= (m-1)/m` and `E >= (k-1)/k`. `blocks` is k >= 1, `letters_per_block` is
/// g >= 1, `d` and `e` are budgets in \[0, inf\]. (Symmetry as in Berger 1971, section 2.7; the
/// formula for two budgets is derived here.)
///
/// The first multiplier of the result is that of D, the second that of E. R is differentiable where
/// both budgets are positive, unless g = 1: then the two costs are the same number, R sees the
/// smaller budget only, and where D = E the distortion takes the whole price. At D = 0 (m >= 2) the
/// multipliers are `+inf` for D and 0 for E; at E = 0 < D (k >= 2) the one of E is `+inf`.
///
/// # Errors
/// [`RdcError::Empty`] for no blocks or no letters, [`RdcError::Value`] for a budget that is
/// negative or NaN.
///
/// ```
/// let point = rdc_theory::closed_form::hierarchical_hamming(2, 2, 0.4, 0.1)?;
/// assert!((point.rate - 0.6045381557614).abs() < 1e-12);
/// assert!((point.multipliers[0] - 1.0).abs() < 1e-15);
/// assert!((point.multipliers[1] - 6_f64.log2()).abs() < 1e-15);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
pub fn hierarchical_hamming(
    blocks: usize,
    letters_per_block: usize,
    d: f64,
    e: f64,
) -> Result<Point<2>, RdcError> {
    validate::not_empty("blocks", blocks)?;
    validate::not_empty("letters_per_block", letters_per_block)?;
    let d = validate::budget("d", d)?;
    let e = validate::budget("e", e)?;
    Ok(hierarchical(blocks as f64, letters_per_block as f64, d.min(1.0), e.min(1.0)))
}

fn hierarchical(k: f64, g: f64, d: f64, e: f64) -> Point<2> {
    let m = k * g;
    if m == 1.0 {
        return Point::ZERO_RATE;
    }
    let (within, across) = (g - 1.0, m - g);
    if e >= d * (across / (m - 1.0)) {
        let Point { rate, multipliers: [slope] } = uniform(m, d);
        return Point { rate, multipliers: [slope, 0.0] };
    }
    // D >= 1 - (1-E)/g, in terms that round to D >= E at g = 1.
    if d - e >= (1.0 - e) * (within / g) {
        let Point { rate, multipliers: [slope] } = uniform(k, e);
        return Point { rate, multipliers: [0.0, slope] };
    }
    let conditional = complement_surprisal(d)
        + surprisal(d - e)
        + (d - e) * within.log2()
        + surprisal(e)
        + e * across.log2();
    Point::new(
        m.log2() - conditional,
        [log2_ratio((1.0 - d) * within, d - e), log2_ratio((d - e) * across, within * e)],
    )
}
