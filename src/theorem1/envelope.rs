//! The smallest value at a point of all functions, convex and non-increasing, that stay below the samples' upper bounds:
//! a linear program over the mixtures of samples, `min sum_i w_i U_i  s.t.  sum_i w_i x_i <= z`.

use super::sample::Sample;
use crate::feasibility::{linear_program, min_budget};
use crate::model::cost::Allowed;
use crate::subproblem::instance::Instance;
use nalgebra::{DMatrix, DVector};

/// Shares below this, of an axis or of a mixture, are rounding.
const ROUNDING: f64 = 1e-15;

/// Where every upper bound lies below, in shares of their axis.
const ABOVE: f64 = 2.0;

/// The stretch of numbers that is [0, 1] in the linear program; all values lie in it.
#[derive(Debug, Clone, Copy)]
struct Axis {
    least: f64,
    span: f64,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let least = finite.clone().reduce(f64::min).unwrap_or(0.0);
        let span = finite.reduce(f64::max).unwrap_or(0.0) - least;
        // A power of two: scaling by it loses nothing.
        Self { least, span: if span > 0.0 { span.log2().ceil().exp2() } else { 1.0 } }
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.least) / self.span
    }

    fn column(&self, values: impl Iterator<Item = f64>) -> DMatrix<f64> {
        let shares = values.map(|v| if v.is_finite() { self.share(v) } else { 0.0 });
        let shares: Vec<f64> = shares.collect();
        DMatrix::from_vec(shares.len(), 1, shares)
    }
}

/// A mixture of samples, of least upper bound up to rounding.
#[derive(Debug)]
pub(super) struct Mixture<const K: usize> {
    /// Weights and the samples' numbers.
    pub(super) weights: Vec<(f64, usize)>,
    /// Those of a plane below all upper bounds that comes up to it; `None` where a level one does.
    pub(super) slopes: Option<[f64; K]>,
}

pub(super) struct Envelope<const K: usize> {
    axes: [Axis; K],
    rates: Axis,
    /// The budgets, then the upper bounds, as shares of their axes.
    columns: Vec<DMatrix<f64>>,
}

impl<const K: usize> Envelope<K> {
    pub(super) fn of(samples: &[Sample<K>]) -> Self {
        let budgets = |k: usize| samples.iter().map(move |sample| sample.budgets[k]);
        let uppers = samples.iter().map(|sample| sample.rate.upper());
        let axes: [Axis; K] = std::array::from_fn(|k| Axis::of(budgets(k)));
        let rates = Axis::of(uppers.clone());
        let coordinates = (0..K).map(|k| axes[k].column(budgets(k)));
        let columns = coordinates.chain([rates.column(uppers)]).collect();
        Self { axes, rates, columns }
    }

    /// What rounding may do to budget k.
    pub(super) fn rounding(&self, k: usize) -> f64 {
        ROUNDING * self.axes[k].span
    }

    /// Whether a plane shows that no mixture of the allowed samples with at most these budgets has `rate` (which may be
    /// infinite) or less; and the slopes of the plane, or of one that comes close.
    pub(super) fn separate(
        &self,
        allowed: &Allowed,
        budgets: &[f64; K],
        rate: f64,
    ) -> (bool, Option<[f64; K]>) {
        let share = if rate == f64::INFINITY { ABOVE } else { self.rates.share(rate) };
        let instance = self.instance(allowed, budgets, share);
        let decided = |shift: f64, bound: f64| bound > ROUNDING || shift < -ROUNDING;
        let reach = linear_program::reach(&instance, decided);
        (reach.bound > ROUNDING, self.slopes(&reach.normal(), budgets))
    }

    /// The mixture of least upper bound, of the allowed samples with at most these budgets.
    pub(super) fn cheapest(&self, allowed: &Allowed, budgets: &[f64; K]) -> Option<Mixture<K>> {
        let mut instance = self.instance(allowed, budgets, 0.0);
        let rate = instance.constraints.len() - 1;
        let (reach, normal) = min_budget::raise_budget(&mut instance, rate, ROUNDING)?;
        // Samples outside the face that the budgets lie in come with what rounding makes of a zero.
        let used = reach.channel.iter().filter(|(weight, _)| *weight > ROUNDING);
        let weights = used.map(|(weight, letters)| (*weight, letters[0])).collect();
        Some(Mixture {
            weights,
            slopes: normal.and_then(|normal| self.slopes(&DVector::from_vec(normal), budgets)),
        })
    }

    /// Bits per unit of each budget along the plane with this normal; `None` where it is upright.
    fn slopes(&self, normal: &DVector<f64>, budgets: &[f64; K]) -> Option<[f64; K]> {
        let mut multipliers = normal.iter();
        let mut slopes = budgets.map(|budget| {
            let multiplier = budget.is_finite().then(|| multipliers.next()).flatten();
            multiplier.map_or(0.0, |s| s * self.rates.span)
        });
        let rate = multipliers.next().copied().filter(|rate| *rate > 0.0)?;
        for (slope, axis) in slopes.iter_mut().zip(&self.axes) {
            *slope /= rate * axis.span;
        }
        slopes.iter().all(|slope| slope.is_finite()).then_some(slopes)
    }

    fn instance(&self, allowed: &Allowed, budgets: &[f64; K], rate: f64) -> Instance<'_> {
        let finite = (0..K).filter(|&k| budgets[k].is_finite());
        let shares = finite.clone().map(|k| self.axes[k].share(budgets[k])).chain([rate]);
        let shares = DVector::from_iterator(finite.clone().count() + 1, shares);
        let columns = finite.chain([K]).map(|k| &self.columns[k]).collect();
        Instance::mixture(self.columns[K].len(), columns, &shares, allowed.clone())
    }
}
