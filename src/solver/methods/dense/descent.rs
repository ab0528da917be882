//! A run of the dense method from its start to its end, and the best that it has seen.

use super::centring::centre;
use super::iterate::{COSTS, Iterate, OUTPUT};
use super::lagrangian::Lagrangian;
use super::lower_bound::LowerBound;
use super::newton::Newton;
use super::normal::Normal;
use super::restoration::{Allowed, restored};
use crate::numerics::real::{Real, dot, sum};
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Dual, Ended, Outcome};
use crate::subproblem::instance::Instance;
use crate::subproblem::output_constraint::Bounded;
use crate::subproblem::program::Program;
use crate::subproblem::thresholds::{
    EXCESS_SHARE, EXPANSION, FIRST_MU, GROWTH, MAX_HALVINGS, SHORT_STEP, SUPPORT,
};
use nalgebra::{DMatrix, DVector};

/// Excess over a budget, relative to it, that is left to the rounding of a channel in doubles.
const BUDGET_ROUNDING: f64 = 1e-15;

/// ... or what share of the tolerance it may be, where that is less.
const BUDGET_SHARE: f64 = 1e-4;

/// The share of the tolerance that the gap may have.
const GAP_SHARE: f64 = 0.25;

/// Products are not driven below this share of the tolerance, spread over the pairs.
const SMALLEST_GAP_SHARE: f64 = 0.01;

/// Steps shorter than this say that rounding has taken over.
const SHORTEST_STEP: f64 = 1e-12;

/// What the equations raise budgets by at first, relative to them.
const FIRST_EXTRA: f64 = 0.05;

/// Steps within which the merit must have fallen by half, or the budgets been taken back further. With 20 it is 9 of 60,000 corner
/// cases that stay open, with 40 it is 2.
const PATIENCE: usize = 40;

/// Less than this is nothing.
const SMALLEST_EXTRA: f64 = 1e-17;

/// Multiples of the normal that are tried: 0 and this many powers of [`EXPANSION`]; more leave no digits in doubles.
const STEEPEST: i32 = 30;

/// The share of the tolerance that the lower bound may lose on its way to all pairs.
const WIDENED: f64 = 1e-2;

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

pub(super) struct Run<'a, 'w, T> {
    instance: &'a Instance<'a>,
    program: &'a mut Program<T>,
    watch: &'a mut Watch<'w>,
    /// See [`EXTRA_KEPT`].
    kept: f64,
    best: Best<T>,
}

impl<'a, 'w, T: Real> Run<'a, 'w, T> {
    pub(super) fn new(
        instance: &'a Instance<'a>,
        program: &'a mut Program<T>,
        watch: &'a mut Watch<'w>,
        kept: f64,
    ) -> Self {
        let wanted = instance.marginal.as_ref().map(Bounded::wanted);
        let wanted = wanted.filter(|_| program.network.as_ref().is_some_and(|n| n.is_exact));
        let dual = Iterate::start(program, wanted.as_ref().map(DVector::as_slice));
        program.extra = if kept > 0.0 { T::from(FIRST_EXTRA) } else { T::ZERO };
        let best = Best::at(dual);
        Self { instance, program, watch, kept, best }
    }

    pub(super) fn solve(mut self) -> (Ended, Best<T>) {
        let mut iterate = self.best.dual.clone();
        (self.descend(&mut iterate), self.best)
    }

    /// The multipliers, the letters' potential and the Lagrangian at an iterate.
    fn evaluate(&self, iterate: &Iterate<T>) -> Lagrangian<T> {
        let g = self.program.potential(&iterate.phi);
        Lagrangian::new(self.program, &iterate.pairs[OUTPUT].value, &iterate.pairs[COSTS].value, &g)
    }

    fn descend(&mut self, iterate: &mut Iterate<T>) -> Ended {
        let tolerance = T::from(self.watch.settings().tolerance_nats());
        let mut at = self.evaluate(iterate);
        if self.program.network.as_ref().is_none_or(|network| !network.is_exact) {
            at = centre(self.program, iterate, at, T::from(FIRST_MU));
        }
        let (mut least_merit, mut patience, mut extra) =
            (f64::INFINITY, PATIENCE, self.program.extra);
        let mut was_stuck = false;
        loop {
            if let Some(ended) = self.observe(iterate, &at) {
                return ended;
            }
            let Some(newton) = Newton::new(self.program, iterate, &at) else {
                return Ended::Stalled;
            };
            let mu = iterate.complementarity();
            let affine = newton.towards(T::ZERO, None);
            let reachable = iterate
                .moved(iterate.longest_step(self.program, &affine), &affine)
                .complementarity();
            let ratio = reachable / mu;
            let smallest = (T::from(SMALLEST_GAP_SHARE) * tolerance)
                .max(T::from(EXCESS_SHARE) * self.worth_of_excess(iterate, &at))
                / T::from(iterate.count() as f64);
            let target = (ratio * ratio * ratio * mu).max(smallest.min(mu));
            let mut direction = newton.towards(target, Some(&affine));
            let mut length = iterate.longest_step(self.program, &direction);
            if !(length.to_f64() >= SHORT_STEP) {
                let plain = newton.towards(target, None);
                let longer = iterate.longest_step(self.program, &plain);
                if !(longer <= length) {
                    (direction, length) = (plain, longer);
                }
            }
            let is_stuck = !(length.to_f64() > SHORTEST_STEP);
            if is_stuck && was_stuck {
                return Ended::Stalled;
            }
            was_stuck = is_stuck;
            let before = iterate.merit(self.program, &at);
            patience = patience.saturating_sub(1);
            if before.to_f64() < 0.5 * least_merit || self.program.extra < extra {
                (least_merit, patience) = (before.to_f64(), PATIENCE);
                extra = self.program.extra;
            } else if patience == 0 && self.program.network.is_none() {
                return Ended::Stalled;
            }
            let mut next = iterate.clone();
            let mut next_at = None;
            for halvings in 0..=MAX_HALVINGS {
                next = iterate.moved(length, &direction);
                next.lift();
                let trial = self.evaluate(&next);
                let merit = next.merit(self.program, &trial);
                next_at = Some(trial);
                if merit <= T::from(GROWTH) * before + tolerance {
                    break;
                }
                if halvings == 0 {
                    direction = newton.towards(target, None);
                    length = iterate.longest_step(self.program, &direction);
                } else {
                    length = length * T::from(0.5);
                }
            }
            let Some(trial) = next_at else { return Ended::Stalled };
            (*iterate, at) = (next, trial);
            if length.to_f64() >= SHORT_STEP {
                self.tighten(iterate, &at);
            } else {
                // Where the output pmf hardly has the letters that the budgets want, the multipliers that are best for it are far too large.
                let (mu, merit) = (iterate.complementarity(), iterate.merit(self.program, &at));
                let mut centred = iterate.clone();
                let centred_at = centre(self.program, &mut centred, self.evaluate(iterate), mu);
                if centred.merit(self.program, &centred_at) <= T::from(GROWTH) * merit + tolerance {
                    (*iterate, at) = (centred, centred_at);
                }
            }
            self.watch.step();
        }
    }

    /// Takes most of what budgets were raised by back once the iterate has come near it.
    fn tighten(&mut self, iterate: &Iterate<T>, at: &Lagrangian<T>) {
        let extra = self.program.extra;
        if self.excess(iterate, at) < 2.0 * extra.to_f64() {
            let less = T::from(self.kept) * extra;
            self.program.extra = if less.to_f64() < SMALLEST_EXTRA { T::ZERO } else { less };
        }
    }

    /// Takes the bounds at an iterate and says whether the run ends.
    fn observe(&mut self, iterate: &Iterate<T>, at: &Lagrangian<T>) -> Option<Ended> {
        let program = &*self.program;
        let (q, s) = (&iterate.pairs[OUTPUT].value, &iterate.pairs[COSTS].value);
        let price = iterate.price();
        let network = program.network.as_ref();
        let toll = network.map_or(T::ZERO, |network| network.toll(&iterate.phi, price));
        let lower = at.lower_bound(program, s, toll);
        let apart = program.taken_apart(s);
        let slack = program.is_slack(s);
        if slack.is_none() && lower > self.best.lower {
            self.best.lower = lower;
            self.best.dual = iterate.clone();
        }
        let excess = self.excess(iterate, at);
        let g = program.potential(&iterate.phi);
        let rounding = BUDGET_ROUNDING.min(BUDGET_SHARE * self.watch.settings().tolerance());
        if excess <= rounding {
            let rate = at.information(q, s, &g);
            if rate < self.best.upper {
                self.best.upper = rate;
                self.best.channel = Some(at.channel(q));
            }
            let tolerance = self.watch.settings().tolerance_nats();
            if (rate - lower).to_f64() <= tolerance {
                self.best.slack = slack;
            }
        } else if network.is_none() && self.is_worth_restoring(iterate, at) {
            let allowed = Allowed { rounding, free: &iterate.free };
            if let Some((channel, rate)) = restored(program, at, (q, s), &allowed)
                && rate < self.best.upper
            {
                (self.best.upper, self.best.channel) = (rate, Some(channel));
            }
        }
        let price = network.map(|_| price.to_f64());
        let multipliers = DVector::from_iterator(s.len(), apart.iter().map(|s| s.to_f64()));
        let support = q.iter().filter(|q| q.to_f64() > SUPPORT).count();
        let bounds = (self.best.lower.to_f64(), self.best.upper.to_f64());
        self.watch.record(bounds, excess, self.instance.multipliers(&multipliers), price, support);
        let tolerance = self.watch.settings().tolerance_nats();
        if self.best.is_closed(GAP_SHARE * tolerance) {
            Some(Ended::Certified)
        } else if let Some(separation) = self.separation(iterate) {
            Some(Ended::Infeasible(separation))
        } else if self.best.slack.is_some() {
            Some(Ended::Stalled)
        } else {
            self.watch.limit()
        }
    }

    /// Whether a channel that costs about what the iterate's does would close the gap.
    fn is_worth_restoring(&self, iterate: &Iterate<T>, at: &Lagrangian<T>) -> bool {
        let [output, costs, ..] = &iterate.pairs;
        let rate = at.information(&output.value, &costs.value, &[]);
        let over = at.expected.iter().zip(&self.program.budgets).map(|(&e, &d)| e - d);
        let over: Vec<T> = over.collect();
        let rate = rate + dot(&costs.value, &over);
        let tolerance = self.watch.settings().tolerance_nats();
        (rate - self.best.lower).to_f64() <= tolerance
    }

    /// What the budgets are exceeded by, at the multipliers, in nats.
    fn worth_of_excess(&self, iterate: &Iterate<T>, at: &Lagrangian<T>) -> T {
        let over =
            at.expected.iter().zip(&self.program.budgets).map(|(&e, &d)| (e - d).max(T::ZERO));
        let over: Vec<T> = over.collect();
        dot(&iterate.pairs[COSTS].value, &over)
    }

    /// The largest excess over a budget, relative to it, or of the output pmf.
    fn excess(&self, iterate: &Iterate<T>, at: &Lagrangian<T>) -> f64 {
        let pairs = at.expected.iter().zip(&self.program.budgets);
        let relative = pairs.map(|(&e, &d)| ((e - d) / d).to_f64());
        let missed =
            relative.zip(&iterate.free).map(|(over, free)| if *free { over.abs() } else { over });
        let over = missed.fold(0.0, f64::max);
        let Some(network) = &self.program.network else { return over };
        let [output, _, flows, _] = &iterate.pairs;
        let sent = at.output(&output.value);
        let missing =
            network.missing(&self.program.reproductions, &sent, &flows.value, &iterate.output);
        let apart = sum(missing.iter().map(|miss| miss.abs())).to_f64();
        let budget = network.budget;
        let spent = network.spent(&flows.value, &iterate.output);
        let traded = if network.is_exact { 0.0 } else { ((spent - budget) / budget).to_f64() };
        let relative = if network.is_exact { apart } else { apart / budget.to_f64().min(1.0) };
        over.max(relative).max(traded)
    }

    /// By how many nats the iterate's multipliers separate the budgets from what channels can meet.
    fn separation(&mut self, iterate: &Iterate<T>) -> Option<f64> {
        if self.best.channel.is_some() || iterate.free.contains(&true) {
            return None;
        }
        let (s, price) = (&iterate.pairs[COSTS].value, iterate.price());
        let separation = self.program.separation(s, &iterate.phi, price);
        if !(separation > T::ZERO) {
            return None;
        }
        let worth = self.program.worth(s, &iterate.phi, price);
        self.best.missing = Some((separation / worth).to_f64());
        self.best.dual = iterate.clone();
        Some(separation.to_f64())
    }
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
        let mut dual = Iterate::start(program, None);
        let [_, costs, _, price] = &mut dual.pairs;
        costs.value = normal.s;
        price.value.fill(normal.price);
        dual.phi = normal.phi;
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
        let enough = self.lower - T::from(WIDENED * watch.settings().tolerance_nats());
        let start = self.dual.clone();
        let along = |from: &[T], direction: &[T], steep: T| -> Vec<T> {
            from.iter().zip(direction).map(|(&v, &n)| v + steep * n).collect()
        };
        self.lower = T::ZERO;
        for steep in std::iter::once(0.0).chain((0..STEEPEST).map(|power| EXPANSION.powi(power))) {
            let steep = T::from(steep);
            let mut trial = start.clone();
            trial.phi = along(&start.phi, &normal.phi, steep);
            let [_, costs, _, price] = &mut trial.pairs;
            costs.value = along(&costs.value, &normal.s, steep);
            if costs.value.iter().any(|&s| s < T::ZERO) {
                continue;
            }
            price.value = along(&price.value, &[normal.price], steep);
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
            None => {
                let m = instance.reproductions;
                DMatrix::from_element(m, instance.letters(), 1.0 / m as f64)
            }
        };
        let (lower, upper) = (self.lower, self.upper);
        let fine = has_channel.then(|| [lower, upper].map(T::to_double_double));
        Outcome { channel, lower_nats, dual, ended, fine }
    }
}

/// A point in doubles, on all letters of the instance.
fn published<T: Real>(point: &Iterate<T>, instance: &Instance<'_>, program: &Program<T>) -> Dual {
    let m = instance.reproductions;
    let [output, costs, ..] = &point.pairs;
    let s = costs.value.iter().map(|s| s.to_f64());
    let potential = instance.marginal.as_ref().map(|bounded| {
        let g = program.widened(&program.potential(&point.phi), m);
        bounded.priced(g, point.price().to_f64())
    });
    let s = DVector::from_iterator(costs.value.len(), s);
    Dual { q: program.widened(&output.value, m), s, potential }
}

/// The bound in nats of a point as it is published; none where its numbers are too large to be summed.
fn published_bound(Dual { q, s, potential }: &Dual, instance: &Instance<'_>) -> f64 {
    let bound = LowerBound::new(instance).at(q, s, potential.as_ref());
    if bound.is_nan() { f64::NEG_INFINITY } else { bound }
}
