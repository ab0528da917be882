//! Entropies and mutual information, in bits.

use super::real::{Real, sum};
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// `-x log2 x`, continued by 0 at 0.
pub(crate) fn surprisal(x: f64) -> f64 {
    if x > 0.0 { -x * x.log2() } else { 0.0 }
}

/// `-(1-x) log2(1-x)` for x < 1, with all its digits where x is tiny.
pub(crate) fn complement_surprisal(x: f64) -> f64 {
    -(1.0 - x) * (-x).ln_1p() / LN_2
}

/// The binary entropy `Hb(p) = -p log2 p - (1-p) log2(1-p)` in bits, for p in \[0, 1\] (the paper's footnote 1).
///
/// Outside that range it returns 0.
///
/// ```
/// assert_eq!(rdc_theory::binary_entropy(0.5), 1.0);
/// assert_eq!(rdc_theory::binary_entropy(0.0), 0.0);
/// ```
#[must_use]
pub fn binary_entropy(p: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return 0.0;
    }
    surprisal(p) + complement_surprisal(p)
}

/// The entropy of a pmf in bits. Entries that are not positive count as zero.
#[must_use]
pub fn entropy(pmf: &DVector<f64>) -> f64 {
    pmf.iter().map(|&p| surprisal(p)).sum()
}

/// The mutual information `I(X; X^)` in bits of a source pmf (length n) sent through a test channel (n x m,
/// `channel[(x, y)] = W(y|x)`), never below 0.
///
/// Rows beyond the pmf's length, and letters without probability, are passed over.
#[must_use]
pub fn mutual_information(pmf: &DVector<f64>, channel: &DMatrix<f64>) -> f64 {
    let mut information = 0.0;
    for column in channel.column_iter() {
        let output: f64 = pmf.iter().zip(column.iter()).map(|(p, w)| p * w).sum();
        for (&p, &w) in pmf.iter().zip(column.iter()) {
            // The product may underflow where neither factor is 0.
            let joint = p * w;
            if joint > 0.0 {
                information += joint * (w / output).log2();
            }
        }
    }
    // Not `max`, which would turn a channel that is not a number into no information.
    if information < 0.0 { 0.0 } else { information }
}

/// `log(q / p)` of probabilities in nats, also where the quotient by a subnormal number overflows; `+inf` where p is 0 and q is not.
pub(crate) fn log_quotient<T: Real>(q: T, p: T) -> T {
    let quotient = q / p;
    if quotient.to_f64().is_finite() { quotient.ln() } else { q.ln() - p.ln() }
}

/// `log sum_y p_y exp(a_y)` of probabilities and exponents in nats, where all terms of the sum may underflow.
pub(crate) fn log_sum(terms: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let logs = terms.filter(|(p, _)| *p > 0.0).map(|(p, a)| p.ln() + a);
    let most = logs.clone().fold(f64::NEG_INFINITY, f64::max);
    most + logs.map(|log| (log - most).exp()).sum::<f64>().ln()
}

/// `sum_y q_y log(q_y / p_y) - q_y + p_y` in nats, term by term `>= 0`: the Kullback-Leibler divergence of pmfs, with all its
/// digits where they are close; `+inf` where q has a letter that p has not.
pub(crate) fn divergence_nats<T: Real>(q: &DVector<T>, p: &DVector<T>) -> T {
    let term = |(&q, &p): (&T, &T)| {
        let apart = (q - p) / p;
        if q > T::ZERO && p > T::ZERO && apart.abs().to_f64() < 0.5 {
            p * ((T::ONE + apart) * apart.ln_1p() - apart)
        } else if q > T::ZERO {
            q * log_quotient(q, p) - q + p
        } else {
            p
        }
    };
    sum(q.iter().zip(p).map(term)).max(T::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnormal_probability_is_not_infinitely_unlikely() {
        let pmf = |tiny: f64| DVector::from_vec(vec![1.0, tiny]);
        let half = DVector::from_vec(vec![0.5, 0.5]);
        for (tiny, log) in [(1e-300, 300.0), (1e-310, 310.0), (1e-320, 320.0)] {
            // 1e-320 is 1 % off: a subnormal number has few digits.
            let expected = 0.5 * (0.5_f64.ln() + 0.5_f64.ln() + log * 10.0_f64.ln());
            assert!((divergence_nats(&half, &pmf(tiny)) - expected).abs() < 1e-2, "{tiny:e}");
        }
        let smallest = divergence_nats(&half, &pmf(f64::from_bits(1)));
        assert!(smallest > 370.0 && smallest < 373.0, "{smallest}");
        assert_eq!(divergence_nats(&half, &pmf(0.0)), f64::INFINITY);
    }

    #[test]
    fn sums_that_underflow_have_logarithms() {
        let tiny = f64::from_bits(1);
        let terms = [(tiny, 0.0), (1.0, tiny.ln()), (1.0, tiny.ln()), (0.0, 5.0)];
        assert!((log_sum(terms.into_iter()) - (tiny.ln() + 3.0_f64.ln())).abs() < 1e-12);
    }
}
