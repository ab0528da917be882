//! A run of the dense method, and the best that it has seen.

use super::lagrangian::DenseKernel;
use super::lower_bound::LowerBound;
use super::newton::Newton;
use super::normal::Normal;
use super::restoration::restored;
use crate::numerics::real::{Real, sum};
use crate::solver::methods::interior_point::descent::{Precision, descend, move_to};
use crate::solver::methods::interior_point::iterate::Iterate;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Dual, Ended, Outcome};
use crate::subproblem::instance::Instance;
use crate::subproblem::network::Network;
use crate::subproblem::program::Program;
use crate::subproblem::thresholds::{EXPANSION, FIRST_MU, PATIENCE, SUPPORT, UNFELT};
use nalgebra::{DMatrix, DVector};

/// Excess over a budget, relative to it, that is left to the rounding of a channel in doubles.
const BUDGET_ROUNDING: f64 = 1e-15;

/// ... or what share of the tolerance it may be, where that is less.
const BUDGET_SHARE: f64 = 1e-4;

/// The share of the tolerance that the gap may have.
const GAP_SHARE: f64 = 0.25;

/// What the equations raise budgets by at first, relative to them.
const FIRST_EXTRA: f64 = 0.05;

/// Less than this is nothing.
const SMALLEST_EXTRA: f64 = 1e-17;

/// In nats: beyond it multipliers overflow in the units of the caller.
const LARGEST_SEPARATION: f64 = 1e150;

/// Multiples of the normal that are tried: 0 and this many powers of [`EXPANSION`]; more leave no digits in doubles.
const STEEPEST: i32 = 30;

/// The best that a run has seen.
pub(super) struct Best<T> {
    lower: T,
    /// Where the lower bound was found.
    pub(super) dual: Iterate<T>,
    /// The rate of the best channel, and the channel.
    upper: T,
    channel: Option<DMatrix<T>>,
    /// By how much budgets that no channel meets would have to be raised, relative to them.
    pub(super) missing: Option<f64>,
    /// A constraint that was held to equality and has a negative multiplier where all else is settled.
    pub(super) slack: Option<usize>,
}

/// What double-double brings to the method: a run on a program.
pub(super) struct Run<'a, T> {
    instance: &'a Instance<'a>,
    program: &'a Program<T>,
    /// See [`EXTRA_KEPT`].
    kept: f64,
    best: Best<T>,
}

impl<'a, T: Real> Precision<T, DenseKernel<'a, T>> for Run<'a, T> {
    type Factors = Newton<T>;

    /// With half of it, 9 of 60,000 corner cases stay open in the place of 2.
    const PATIENCE: usize = 2 * PATIENCE;

    /// With that of doubles, 231 of 16,800 points on edges with a perception stay open in the place of 149: potentials grow there.
    const OUTPUT_SHARE: f64 = 0.0;

    /// Always, 2 more of 900,000 corner cases stay open.
    const CENTRES_ALWAYS: bool = false;

    fn network(&self) -> Option<&Network<T>> {
        self.program.network.as_ref()
    }

    fn factor(&mut self, kernel: &mut DenseKernel<'a, T>, at: &Iterate<T>) -> Option<Newton<T>> {
        Newton::new(kernel, at)
    }

    fn observe(
        &mut self,
        kernel: &DenseKernel<'a, T>,
        at: &Iterate<T>,
        watch: &mut Watch<'_>,
    ) -> Option<Ended> {
        let (q, s) = (&at.letters.value, &at.costs.value);
        let lower = kernel.lower_bound(s, self.program.toll(at.phi.as_slice(), at.price()));
        let apart = self.program.taken_apart(s.as_slice());
        let slack = self.program.is_slack(s.as_slice());
        if slack.is_none() && lower > self.best.lower {
            self.best.lower = lower;
            self.best.dual = at.clone();
        }
        let excess = self.excess(at, kernel);
        let tolerance = watch.settings().tolerance_nats();
        let rounding = BUDGET_ROUNDING.min(BUDGET_SHARE * watch.settings().tolerance());
        if excess <= rounding {
            let rate = kernel.information(q, s);
            if rate < self.best.upper {
                self.best.upper = rate;
                self.best.channel = Some(kernel.channel(q));
            }
            if (rate - lower).to_f64() <= tolerance {
                self.best.slack = slack;
            }
        } else if self.is_worth_restoring(at, kernel, tolerance)
            && let Some((channel, rate)) = restored(kernel, at, rounding)
            && rate < self.best.upper
        {
            (self.best.upper, self.best.channel) = (rate, Some(channel));
        }
        let price = self.program.network.as_ref().map(|_| at.price().to_f64());
        let multipliers = DVector::from_iterator(s.len(), apart.iter().map(|s| s.to_f64()));
        let support = q.iter().filter(|q| q.to_f64() > SUPPORT).count();
        let bounds = (self.best.lower.to_f64(), self.best.upper.to_f64());
        watch.record(bounds, excess, self.instance.multipliers(&multipliers), price, support);
        if self.best.is_closed(GAP_SHARE * tolerance) {
            Some(Ended::Certified)
        } else if let Some(separation) = self.separation(at) {
            Some(Ended::Infeasible(separation))
        } else if self.best.slack.is_some() {
            Some(Ended::Stalled)
        } else {
            watch.limit()
        }
    }

    /// Takes most of what budgets were raised by back once the iterate has come near it.
    fn tighten(&mut self, kernel: &mut DenseKernel<'a, T>, at: &Iterate<T>) -> bool {
        let extra = kernel.extra;
        if self.excess(at, kernel) < 2.0 * extra.to_f64() {
            let less = T::from(self.kept) * extra;
            kernel.extra = if less.to_f64() < SMALLEST_EXTRA { T::ZERO } else { less };
        }
        kernel.extra < extra
    }
}

impl<'a, T: Real> Run<'a, T> {
    /// Solves a program; `kept` is what [`EXTRA_KEPT`] says, 0 for a run that raises no budgets.
    pub(super) fn solve(
        instance: &'a Instance<'a>,
        program: &'a Program<T>,
        kept: f64,
        watch: &mut Watch<'_>,
    ) -> (Ended, Best<T>) {
        let mut iterate = start(program);
        for (k, cost) in program.costs.iter().enumerate() {
            // Exponents that are large before there is a potential would leave letters that nothing sends to.
            iterate.costs.value[k] = T::ONE / program.largest_average(cost).max(T::ONE);
            if program.equalities[k] {
                (iterate.costs.value[k], iterate.costs.slack[k]) = (T::ZERO, T::ZERO);
            }
        }
        if let Some(bounded) = instance.marginal.as_ref().filter(|bounded| bounded.exact) {
            let wanted = bounded.wanted();
            for (q, &y) in iterate.letters.value.iter_mut().zip(&program.reproductions) {
                *q = T::from(0.9 * wanted[y]) + T::from(0.1) * *q;
            }
        }
        let mut kernel = DenseKernel::unevaluated(program, &iterate.phi);
        kernel.extra = if kept > 0.0 { T::from(FIRST_EXTRA) } else { T::ZERO };
        move_to(&mut kernel, &iterate);
        let mut run = Run { instance, program, kept, best: Best::at(iterate.clone()) };
        iterate.centre(&mut kernel, T::from(FIRST_MU));
        (descend(&mut run, &mut kernel, &mut iterate, watch), run.best)
    }

    /// Whether a channel within the budgets that costs about what the iterate's does would close the gap.
    fn is_worth_restoring(
        &self,
        at: &Iterate<T>,
        kernel: &DenseKernel<'_, T>,
        tolerance: f64,
    ) -> bool {
        let s = &at.costs.value;
        let over = |k: usize| s[k] * (kernel.sums.expected[k] - self.program.budgets[k]);
        let rate = kernel.information(&at.letters.value, s) + sum((0..s.len()).map(over));
        self.program.network.is_none() && (rate - self.best.lower).to_f64() <= tolerance
    }

    /// The largest excess over a budget, relative to it, or of the output pmf.
    fn excess(&self, at: &Iterate<T>, kernel: &DenseKernel<'_, T>) -> f64 {
        let pairs = kernel.sums.expected.iter().zip(&self.program.budgets);
        let relative = pairs.map(|(&e, &d)| ((e - d) / d).to_f64()).enumerate();
        let missed = relative.map(|(k, over)| if at.is_free(k) { over.abs() } else { over });
        let over = missed.fold(0.0, f64::max);
        let Some(network) = &self.program.network else { return over };
        let sent = kernel.sums.output(&at.letters.value);
        let missing = network.missing(&sent, &at.flows.value, &at.output);
        let apart = sum(missing.iter().map(|miss| miss.abs())).to_f64();
        if network.is_exact {
            return over.max(apart);
        }
        let budget = network.budget;
        let spent = network.spent(&at.flows.value, &at.output);
        over.max(apart / budget.to_f64().min(1.0)).max(((spent - budget) / budget).to_f64())
    }

    /// By how many nats the iterate's multipliers separate the budgets from what channels can meet.
    fn separation(&mut self, at: &Iterate<T>) -> Option<f64> {
        let s = &at.costs.value;
        if self.best.channel.is_some() || (0..s.len()).any(|k| at.is_free(k)) {
            return None;
        }
        let place = (s.as_slice(), at.phi.as_slice(), at.price());
        let separation = self.program.separation(place.0, place.1, place.2);
        // Multipliers that have grown for ever leave no number to tell.
        if !(separation > T::ZERO && separation.to_f64() < LARGEST_SEPARATION) {
            return None;
        }
        let worth = self.program.worth(place.0, place.1, place.2);
        self.best.missing = Some((separation / worth).to_f64());
        self.best.dual = at.clone();
        Some(separation.to_f64())
    }
}

fn start<T: Real>(program: &Program<T>) -> Iterate<T> {
    Iterate::start(program.reproductions.len(), program.costs.len(), program.network.as_ref())
}

impl<T: Real> Best<T> {
    /// The better bounds of two runs.
    pub(super) fn or(self, other: Self) -> Self {
        let (lower, dual, missing) = if other.lower > self.lower || other.missing.is_some() {
            (other.lower, other.dual, other.missing)
        } else {
            (self.lower, self.dual, self.missing)
        };
        let (upper, channel) = if other.upper < self.upper {
            (other.upper, other.channel)
        } else {
            (self.upper, self.channel)
        };
        Self { lower, dual, upper, channel, missing, slack: None }
    }

    /// Multipliers and a potential that separate the budgets from what channels can meet.
    pub(super) fn apart(program: &Program<T>, normal: Normal<T>) -> Self {
        let mut dual = start(program);
        dual.costs.value = DVector::from_vec(normal.s);
        dual.price.value.fill(normal.price);
        dual.phi = DVector::from_vec(normal.phi);
        Self::at(dual)
    }

    /// Nothing but a point.
    fn at(dual: Iterate<T>) -> Self {
        Self {
            lower: T::ZERO,
            dual,
            upper: T::from(f64::INFINITY),
            channel: None,
            missing: None,
            slack: None,
        }
    }

    /// Whether the gap is within a tolerance in nats.
    pub(super) fn is_closed(&self, tolerance: f64) -> bool {
        (self.upper - self.lower).to_f64() <= tolerance
    }

    /// Turns the lower bound on the pairs of a face of the frontier into one of the whole program: a large multiple of the normal
    /// prices the other pairs out.
    pub(super) fn widen(
        &mut self,
        instance: &Instance<'_>,
        whole: &Program<T>,
        normal: &Normal<T>,
        watch: &Watch<'_>,
    ) {
        let enough = self.lower - T::from(UNFELT * watch.settings().tolerance_nats());
        let start = self.dual.clone();
        self.lower = T::ZERO;
        for steep in std::iter::once(0.0).chain((0..STEEPEST).map(|power| EXPANSION.powi(power))) {
            let along = |from: &DVector<T>, direction: &[T]| {
                DVector::from_fn(from.len(), |i, _| from[i] + T::from(steep) * direction[i])
            };
            let mut trial = start.clone();
            trial.costs.value = along(&start.costs.value, &normal.s);
            if trial.costs.value.iter().any(|&s| s < T::ZERO) {
                continue;
            }
            trial.phi = along(&start.phi, &normal.phi);
            trial.price.value = along(&start.price.value, &[normal.price]);
            // Large multiples are rounded to doubles where they are published, which may leave nothing of a bound.
            let lower = T::from(published_bound(&published(&trial, instance, whole), instance));
            if lower > self.lower {
                self.lower = lower;
                self.dual = trial;
            }
            if self.lower >= enough {
                break;
            }
        }
    }

    pub(super) fn outcome(
        self,
        instance: &Instance<'_>,
        program: &Program<T>,
        ended: Ended,
    ) -> Outcome {
        let has_channel = self.channel.is_some();
        let dual = published(&self.dual, instance, program);
        let mut lower_nats = self.lower.to_f64().next_down();
        if dual.potential.is_some() {
            lower_nats = lower_nats.min(published_bound(&dual, instance));
        }
        let channel = match &self.channel {
            Some(channel) => program.widened_channel(instance, channel),
            None => instance.even_channel(),
        };
        let (lower, upper) = (self.lower, self.upper);
        let fine = has_channel.then(|| [lower, upper].map(T::to_double_double));
        Outcome { channel, lower_nats, dual, ended, fine }
    }
}

/// A point in doubles, on all letters of the instance.
fn published<T: Real>(point: &Iterate<T>, instance: &Instance<'_>, program: &Program<T>) -> Dual {
    let m = instance.reproductions;
    let potential = instance.marginal.as_ref().map(|bounded| {
        let g = program.widened(&program.potential(point.phi.as_slice()), m);
        bounded.priced(g, point.price().to_f64())
    });
    let q = program.widened(point.letters.value.as_slice(), m);
    Dual { q, s: point.costs.value.map(T::to_f64), potential }
}

/// The bound in nats of a point as it is published.
fn published_bound(Dual { q, s, potential }: &Dual, instance: &Instance<'_>) -> f64 {
    LowerBound::new(instance).at(q, s, potential.as_ref())
}
