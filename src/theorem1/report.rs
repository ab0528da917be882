//! What a check found, and how closely it looked.

use super::sample::Sample;
use std::fmt;

/// Samples that no function with both properties of Theorem 1 can pass through, with the proof.
///
/// With the weights `w_i > 0` of [`support`](Self::support), in exact arithmetic, `sum_i w_i (x_i - z) <= 0` in every budget
/// and `sum_i w_i (lower(z) - upper(x_i)) > 0`: signs that do not depend on the sum of the weights, which is 1 up to
/// rounding.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Violation<const K: usize> {
    /// The point z whose rate is too large.
    pub point: Sample<K>,
    /// The samples whose mixture has at most the budgets of z, and less rate: (weight, sample), one for monotonicity, up to
    /// K + 1 for convexity.
    pub support: Vec<(f64, Sample<K>)>,
    /// At least by so many bits is the rate of z too large: `lower(z) - sum_i w_i upper(x_i) / sum_i w_i`, rounded down;
    /// `+inf` where z is infeasible.
    pub size: f64,
}

/// The outcome of a check of Theorem 1.
///
/// Printed, it is a sentence.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report<const K: usize> {
    /// The largest proven violation of monotonicity: two samples.
    pub monotonicity: Option<Violation<K>>,
    /// The largest proven violation of convexity: a sample above a mixture of two or more others. Where the mixture lies
    /// strictly below the budgets of the sample, monotonicity takes it the rest of the way.
    pub convexity: Option<Violation<K>>,
    /// Samples given.
    pub samples: usize,
    /// Ordered pairs of samples of which the second has at most the budgets of the first, compared for monotonicity.
    pub pairs: usize,
    /// Samples compared with the cheapest mixture of others at or below their budgets; infeasible ones with the convex
    /// hull of the feasible ones.
    pub points: usize,
    /// In bits, `>= 0`: a violation larger than this at any of these pairs and points would have been found. It is the width
    /// of the point's bracket, and how far mixtures of the lower bounds may lie below it: at most the width of the widest
    /// bracket, and what rounding may hide. `+inf` if no feasible point was compared.
    pub resolution: f64,
    /// The median over the points, in bits.
    pub median_resolution: f64,
}

impl<const K: usize> Report<K> {
    pub(super) fn of(samples: usize) -> Self {
        Self {
            monotonicity: None,
            convexity: None,
            samples,
            pairs: 0,
            points: 0,
            resolution: f64::INFINITY,
            median_resolution: f64::INFINITY,
        }
    }

    pub(super) fn set_resolution(&mut self, mut resolutions: Vec<f64>) {
        resolutions.sort_unstable_by(f64::total_cmp);
        if let [.., worst] = resolutions[..] {
            self.resolution = worst;
            self.median_resolution = resolutions[resolutions.len() / 2];
        }
    }

    /// Whether no violation was proven.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.monotonicity.is_none() && self.convexity.is_none()
    }
}

impl<const K: usize> fmt::Display for Report<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { samples, pairs, points, resolution, median_resolution, .. } = self;
        if self.holds() && *points == 0 {
            return write!(
                f,
                "{samples} samples say nothing of Theorem 1: none can be compared with mixtures of the others."
            );
        }
        let verdict = if self.holds() { "agree with" } else { "contradict" };
        write!(
            f,
            "{samples} samples {verdict} Theorem 1: {pairs} comparable pairs were compared for monotonicity and {points} points \
             with mixtures of the others for convexity; a violation of more than {resolution:.1e} bits (median \
             {median_resolution:.1e}) at any of them would have been found."
        )?;
        for (property, violation) in
            [("Monotonicity", &self.monotonicity), ("Convexity", &self.convexity)]
        {
            if let Some(violation) = violation {
                write!(f, " {property} fails: {violation}.")?;
            }
        }
        Ok(())
    }
}

impl<const K: usize> fmt::Display for Violation<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} >= {:.9} bits, but ", Rate(&self.point), self.point.rate.lower())?;
        let mut spent = 0.0;
        for (i, (weight, sample)) in self.support.iter().enumerate() {
            let link = if i == 0 { "" } else { " + " };
            if self.support.len() > 1 {
                write!(f, "{link}{weight:.6} {}", Rate(sample))?;
            } else {
                write!(f, "{}", Rate(sample))?;
            }
            spent += weight * sample.rate.upper();
        }
        write!(f, " <= {spent:.9} bits: {:.3e} too many", self.size)
    }
}

/// `R(D, E)`, with the numbers.
struct Rate<'a, const K: usize>(&'a Sample<K>);

impl<const K: usize> fmt::Display for Rate<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let budgets: Vec<String> = self.0.budgets.iter().map(f64::to_string).collect();
        write!(f, "R({})", budgets.join(", "))
    }
}
