//! The check of samples.

use super::envelope::Envelope;
use super::witness::prove;
use super::{Report, Sample, Violation};
use crate::problem::Allowed;
use crate::{RdcError, check};

/// Times that a mixture is moved away from the budgets that rounding has let it exceed; each goes twice as far.
const ATTEMPTS: usize = 8;

/// Whether samples of a rate function agree with Theorem 1, the paper's eq. (11): every pair of comparable budgets for
/// monotonicity, and every sample against the cheapest mixture of all others at or below its budgets for convexity.
///
/// A violation found is proven, for every function between the bounds. An infeasible sample (+inf) bounds no other, and must
/// not lie at or above a mixture of feasible ones; an infinite budget constrains nothing. N samples take N linear programs
/// over N columns: a second for 2,500.
///
/// ```
/// use rdc_theory::theorem1::{Bracket, Sample, check_samples};
/// let at = |d, rate| Ok(Sample { budgets: [d], rate: Bracket::exact(rate)? });
/// let samples = [at(0.0, 1.0)?, at(0.5, 0.75)?, at(1.0, 0.0)?];
/// let report = check_samples(&samples)?;
/// assert!(report.monotonicity.is_none());
/// assert!(report.convexity.is_some_and(|violation| (violation.size - 0.25).abs() < 1e-12));
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
///
/// # Errors
/// [`RdcError::Value`] for a budget that is NaN, -inf, or finite and beyond 1e150 in size.
pub fn check_samples<const K: usize>(samples: &[Sample<K>]) -> Result<Report<K>, RdcError> {
    check_budgets(samples)?;
    let mut report = Report::of(samples.len());
    let Some(widest) = widest(samples) else {
        return Ok(report);
    };
    let envelope = Envelope::of(samples);
    let mut resolutions = Vec::new();
    for (index, point) in samples.iter().enumerate() {
        if point.rate.lower() == f64::NEG_INFINITY {
            continue;
        }
        let below = compare(samples, index, &mut report);
        let Some(unproven) = mix(samples, index, &envelope, below, &mut report) else {
            continue;
        };
        report.points += 1;
        if point.rate.lower().is_finite() {
            resolutions.push(point.rate.width() + widest + unproven);
        }
    }
    report.set_resolution(resolutions);
    Ok(report)
}

fn check_budgets<const K: usize>(samples: &[Sample<K>]) -> Result<(), RdcError> {
    let rule = "a budget must be at most 1e150 in size, or +inf for no constraint";
    for (i, sample) in samples.iter().enumerate() {
        for (k, &budget) in sample.budgets.iter().enumerate() {
            let usable = budget.abs() <= check::LARGEST_COST || budget == f64::INFINITY;
            check::scalar(&format!("samples[{i}].budgets[{k}]"), budget, rule, usable)?;
        }
    }
    Ok(())
}

/// The largest width of the brackets that bound anything.
fn widest<const K: usize>(samples: &[Sample<K>]) -> Option<f64> {
    let bounding = samples.iter().filter(|sample| sample.rate.upper().is_finite());
    bounding.map(|sample| sample.rate.width()).reduce(f64::max)
}

/// Compares a sample with all that have at most its budgets; whether there are any.
fn compare<const K: usize>(samples: &[Sample<K>], index: usize, report: &mut Report<K>) -> bool {
    let point = samples[index];
    let others = samples.iter().enumerate().filter(|&(i, _)| i != index).map(|(_, other)| *other);
    let below = others.filter(|other| other.rate.upper().is_finite() && other.is_within(&point));
    let (mut count, mut cheapest) = (0, None::<Sample<K>>);
    for other in below {
        count += 1;
        if cheapest.is_none_or(|cheapest| other.rate.upper() < cheapest.rate.upper()) {
            cheapest = Some(other);
        }
    }
    report.pairs += count;
    if let Some(violation) = cheapest.and_then(|other| prove(point, vec![(1.0, other)]).ok()) {
        keep_larger(&mut report.monotonicity, violation);
    }
    count > 0
}

/// Compares a sample with the cheapest mixture of the others at or below it: the bits that rounding may have hidden, `None`
/// where there is no such mixture.
fn mix<const K: usize>(
    samples: &[Sample<K>],
    index: usize,
    envelope: &Envelope<K>,
    below: bool,
    report: &mut Report<K>,
) -> Option<f64> {
    let point = samples[index];
    let lower = point.rate.lower();
    let others = |i: usize| i != index && samples[i].supports(&point);
    if !(0..samples.len()).any(others) {
        return None;
    }
    let mut allowed = Allowed::default();
    allowed.restrict(1, samples.len(), |_, i| others(i));
    if envelope.excludes(&allowed, &point.budgets, lower) {
        let bounded = below
            || lower == f64::INFINITY
            || !envelope.excludes(&allowed, &point.budgets, f64::INFINITY);
        return bounded.then_some(0.0);
    }
    let mut budgets = point.budgets;
    let mut unproven = 0.0;
    for attempt in 0..ATTEMPTS {
        let Some(mixture) = envelope.cheapest(&allowed, &budgets) else {
            return (attempt > 0).then_some(unproven);
        };
        if attempt == 0 {
            unproven = (lower - mixture.value).max(0.0);
        }
        let support = mixture.weights.iter().map(|&(weight, i)| (weight, samples[i])).collect();
        match prove(point, support) {
            Ok(violation) => {
                // What one sample proves alone is a matter of monotonicity.
                if violation.support.len() > 1 {
                    keep_larger(&mut report.convexity, violation);
                }
                return Some(0.0);
            }
            Err(exceeded) if exceeded.contains(&true) => {
                for k in (0..K).filter(|&k| exceeded[k]) {
                    budgets[k] -= envelope.rounding(k) * f64::from(1_u32 << attempt);
                }
            }
            Err(_) => break,
        }
    }
    Some(unproven)
}

fn keep_larger<const K: usize>(worst: &mut Option<Violation<K>>, found: Violation<K>) {
    if worst.as_ref().is_none_or(|worst| found.size > worst.size) {
        *worst = Some(found);
    }
}
