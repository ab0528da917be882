//! The check of samples.

use super::envelope::{Envelope, Mixture};
use super::report::{Report, Violation};
use super::sample::Sample;
use super::witness::prove;
use crate::error::RdcError;
use crate::model::cost::Allowed;
use crate::validate;

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
    let envelope = Envelope::of(samples);
    let mut resolutions = Vec::new();
    for (index, point) in samples.iter().enumerate() {
        let against = Against::new(samples, index);
        if point.rate.lower() == f64::NEG_INFINITY || against.others.is_empty() {
            continue;
        }
        let below = against.below().count();
        report.pairs += below;
        keep_larger(&mut report.monotonicity, against.cheapest_below());
        let Some(Mixed { violation, room }) = against.mixtures(&envelope, below > 0) else {
            continue;
        };
        keep_larger(&mut report.convexity, violation);
        report.points += 1;
        if point.rate.lower().is_finite() {
            resolutions.push(point.rate.width() + room);
        }
    }
    report.set_resolution(resolutions);
    Ok(report)
}

fn check_budgets<const K: usize>(samples: &[Sample<K>]) -> Result<(), RdcError> {
    let rule = "a budget must be at most 1e150 in size, or +inf for no constraint";
    for (i, sample) in samples.iter().enumerate() {
        for (k, &budget) in sample.budgets.iter().enumerate() {
            let usable = budget.abs() <= validate::LARGEST_COST || budget == f64::INFINITY;
            validate::scalar(&format!("samples[{i}].budgets[{k}]"), budget, rule, usable)?;
        }
    }
    Ok(())
}

fn keep_larger<const K: usize>(worst: &mut Option<Violation<K>>, found: Option<Violation<K>>) {
    let size = |violation: &Option<Violation<K>>| violation.as_ref().map_or(0.0, |v| v.size);
    if size(&found) > size(worst) {
        *worst = found;
    }
}

/// A sample and those that may bound it from above.
struct Against<'a, const K: usize> {
    samples: &'a [Sample<K>],
    point: Sample<K>,
    others: Vec<usize>,
    allowed: Allowed,
}

/// What mixtures of the others say of a sample.
struct Mixed<const K: usize> {
    violation: Option<Violation<K>>,
    /// The bits by which mixtures of the lower bounds may lie below the sample's, beside the violation.
    room: f64,
}

impl<'a, const K: usize> Against<'a, K> {
    fn new(samples: &'a [Sample<K>], index: usize) -> Self {
        let point = samples[index];
        let may: Vec<bool> =
            (0..samples.len()).map(|i| i != index && samples[i].supports(&point)).collect();
        let others = (0..samples.len()).filter(|&i| may[i]).collect();
        let mut allowed = Allowed::default();
        allowed.restrict(1, samples.len(), |_, i| may[i]);
        Self { samples, point, others, allowed }
    }

    fn below(&self) -> impl Iterator<Item = Sample<K>> {
        self.others.iter().map(|&i| self.samples[i]).filter(|other| other.is_within(&self.point))
    }

    fn cheapest_below(&self) -> Option<Violation<K>> {
        let cheapest = self.below().min_by(|a, b| a.rate.upper().total_cmp(&b.rate.upper()))?;
        prove(self.point, vec![(1.0, cheapest)]).ok()
    }

    /// Compares the point with the cheapest mixture at or below it; `None` where there is none, which is not so if some
    /// sample is `below`.
    fn mixtures(&self, envelope: &Envelope<K>, below: bool) -> Option<Mixed<K>> {
        let (budgets, lower) = (&self.point.budgets, self.point.rate.lower());
        let (separate, slopes) = envelope.separate(&self.allowed, budgets, lower);
        let mut planes = vec![[0.0; K]];
        planes.extend(slopes);
        if separate {
            let bounded = below
                || lower == f64::INFINITY
                || !envelope.separate(&self.allowed, budgets, f64::INFINITY).0;
            return bounded.then(|| Mixed { violation: None, room: self.room(&planes) });
        }
        let mixture = envelope.cheapest(&self.allowed, budgets)?;
        planes.extend(mixture.slopes);
        let violation = self.prove_mixture(envelope, mixture);
        let room = if violation.is_some() { 0.0 } else { self.room(&planes) };
        // What one sample proves alone is a matter of monotonicity.
        Some(Mixed { violation: violation.filter(|found| found.support.len() > 1), room })
    }

    /// Proves that the point lies above the mixture, or above one of slightly smaller budgets.
    fn prove_mixture(&self, envelope: &Envelope<K>, cheapest: Mixture<K>) -> Option<Violation<K>> {
        let mut mixture = cheapest;
        let mut budgets = self.point.budgets;
        for attempt in 0..ATTEMPTS {
            let support = mixture.weights.iter().map(|&(weight, i)| (weight, self.samples[i]));
            let exceeded = match prove(self.point, support.collect()) {
                Ok(violation) => return Some(violation),
                Err(exceeded) => exceeded,
            };
            if !exceeded.contains(&true) {
                return None;
            }
            for k in (0..K).filter(|&k| exceeded[k]) {
                budgets[k] -= envelope.rounding(k) * f64::from(1_u32 << attempt);
            }
            mixture = envelope.cheapest(&self.allowed, &budgets)?;
        }
        None
    }

    /// By how much mixtures of the lower bounds may lie below that of the point, at most: each plane of slopes `>= 0` that is
    /// below all of them says so.
    fn room(&self, planes: &[[f64; K]]) -> f64 {
        let height = |slopes: &[f64; K]| {
            let at_point = |&i: &usize| {
                let sample = &self.samples[i];
                let terms = sample.budgets.iter().zip(&self.point.budgets).zip(slopes);
                let finite = terms.filter(|((_, z), _)| z.is_finite());
                sample.rate.lower() + finite.map(|((x, z), slope)| slope * (x - z)).sum::<f64>()
            };
            self.others.iter().map(at_point).fold(f64::INFINITY, f64::min)
        };
        let highest = planes.iter().map(height).fold(f64::NEG_INFINITY, f64::max);
        (self.point.rate.lower() - highest).max(0.0)
    }
}
