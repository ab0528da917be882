//! The proof of a violation, in exact arithmetic.

use super::report::Violation;
use super::sample::Sample;
use crate::numerics::expansion::Expansion;

/// What the roundings of a quotient and of its two sums can add to it.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// A power of two that lifts the products of weights with the smallest numbers to where doubles lose no digits, and those with
/// the largest not too far.
const LARGE: f64 = f64::from_bits((1023 + 400) << 52);

/// The violation, if the mixture proves one; else the budgets that the mixture exceeds.
///
/// With weights `w_i > 0` it has to show that `sum_i w_i (x_i - z) <= 0` in every budget and that
/// `sum_i w_i (lower(z) - upper_i) > 0`: signs that need no weights of sum 1.
pub(super) fn prove<const K: usize>(
    point: Sample<K>,
    support: Vec<(f64, Sample<K>)>,
) -> Result<Violation<K>, [bool; K]> {
    let mut exceeded = [false; K];
    for (k, exceeded) in exceeded.iter_mut().enumerate() {
        let terms = support.iter().map(|(weight, sample)| (*weight, sample.budgets[k]));
        *exceeded =
            point.budgets[k].is_finite() && !difference(terms, point.budgets[k]).is_at_most_zero();
    }
    let is_mixture = !support.is_empty() && support.iter().all(|(weight, _)| *weight > 0.0);
    let size = size(&point, &support);
    if exceeded.contains(&true) || !is_mixture || !(size > 0.0) {
        return Err(exceeded);
    }
    Ok(Violation { point, support, size })
}

/// `sum_i w_i (value_i - from)`, times [`LARGE`].
fn difference(terms: impl Iterator<Item = (f64, f64)>, from: f64) -> Expansion {
    let mut sum = Expansion::default();
    for (weight, value) in terms {
        sum.add_product(weight * LARGE, value);
        sum.add_product(-weight * LARGE, from);
    }
    sum
}

/// `lower(z) - sum_i w_i upper_i / sum_i w_i`, rounded down; 0 where it is not positive.
fn size<const K: usize>(point: &Sample<K>, support: &[(f64, Sample<K>)]) -> f64 {
    let lower = point.rate.lower();
    if lower == f64::INFINITY {
        return lower;
    }
    let excess = difference(support.iter().map(|(w, sample)| (-w, sample.rate.upper())), lower);
    if !excess.is_positive() {
        return 0.0;
    }
    let mut total = Expansion::default();
    support.iter().for_each(|(weight, _)| total.add(*weight * LARGE));
    (excess.rounded() / total.rounded() * (1.0 - ROUNDING)).next_down()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theorem1::Bracket;

    #[test]
    fn what_is_no_mixture_proves_nothing() {
        let infeasible = Sample { budgets: [1.0], rate: Bracket::INFEASIBLE };
        let feasible = |d| Sample { budgets: [d], rate: Bracket::exact(1.0).unwrap() };
        assert!(prove(infeasible, vec![]).is_err());
        assert!(prove(infeasible, vec![(-1.0, feasible(2.0))]).is_err());
        assert!(prove(infeasible, vec![(f64::NAN, feasible(0.0))]).is_err());
        assert!(prove(infeasible, vec![(1.0, feasible(0.0))]).is_ok());
    }
}
