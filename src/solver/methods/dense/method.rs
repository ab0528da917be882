//! Runs the dense method in double-double and hands back an outcome in doubles.

use super::iterate::{COSTS, Iterate, OUTPUT};
use super::lagrangian::Lagrangian;
use super::newton::Newton;
use crate::subproblem::program::Program;
use crate::numerics::double_double::DoubleDouble;
use crate::numerics::real::{Real, dot, sum};
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Dual, Ended, Outcome};
use crate::subproblem::instance::Instance;
use nalgebra::{DMatrix, DVector};

/// Budgets are raised by this share of the tolerance, relative to them, so that they leave some slack.
const EXTRA_SHARE: f64 = 1e-8;

/// Excess over a budget, relative to it, that is left to the rounding of a channel in doubles.
const BUDGET_ROUNDING: f64 = 1e-15;

/// The share of the tolerance that the gap may have.
const GAP_SHARE: f64 = 0.25;

/// Products are not driven below this share of the tolerance, spread over the pairs.
const SMALLEST_GAP_SHARE: f64 = 0.01;

/// Steps shorter than this say that rounding has taken over.
const SHORTEST_STEP: f64 = 1e-12;

/// After steps shorter than this second-order terms are not trusted.
const SHORT_STEP: f64 = 0.1;

/// The factor by which one step may let the merit grow, and how often a step is halved for it.
const GROWTH: f64 = 1.5;
const MAX_HALVINGS: usize = 60;

/// Probability above which a letter counts as used in the trace.
const SUPPORT: f64 = 1e-10;

/// What budgets may be raised by at most, relative to them, where a constraint on the output pmf makes them miss what can be
/// met: the rounding that a solution documents.
const LARGEST_EXTRA: f64 = 1e-12;

/// Runs with budgets that are raised further; two suffice where the first has told by how much.
const MAX_RUNS: usize = 4;

/// Solves an instance in double-double.
pub(crate) fn solve(instance: &Instance<'_>, watch: &mut Watch<'_>) -> Outcome {
    let mut extra = EXTRA_SHARE * watch.settings().tolerance();
    for _ in 1..MAX_RUNS {
        let program = Program::<DoubleDouble>::new(instance, extra);
        let (outcome, missing) = Run::new(instance, &program, watch).solve();
        match missing {
            Some(missing) if extra + missing <= LARGEST_EXTRA => extra += 2.0 * missing,
            _ => return outcome,
        }
    }
    let program = Program::<DoubleDouble>::new(instance, LARGEST_EXTRA);
    Run::new(instance, &program, watch).solve().0
}

/// The best that a run has seen.
struct Best<T> {
    lower: T,
    /// Where the lower bound was found.
    dual: Iterate<T>,
    /// The rate of the best channel, and the channel.
    upper: T,
    channel: Option<DMatrix<T>>,
    /// By how much budgets that no channel meets would have to be raised, relative to them.
    missing: Option<f64>,
}

struct Run<'a, 'w, T> {
    instance: &'a Instance<'a>,
    program: &'a Program<T>,
    watch: &'a mut Watch<'w>,
    best: Best<T>,
}

impl<'a, 'w, T: Real> Run<'a, 'w, T> {
    fn new(instance: &'a Instance<'a>, program: &'a Program<T>, watch: &'a mut Watch<'w>) -> Self {
        let wanted = instance.marginal.as_ref().map(|bounded| bounded.wanted());
        let wanted = wanted.filter(|_| program.network.as_ref().is_some_and(|n| n.is_exact));
        let dual = Iterate::start(program, wanted.as_ref().map(DVector::as_slice));
        let best =
            Best { lower: T::ZERO, dual, upper: T::from(f64::INFINITY), channel: None, missing: None };
        Self { instance, program, watch, best }
    }

    /// The outcome, and by how much budgets that no channel meets would have to be raised.
    fn solve(mut self) -> (Outcome, Option<f64>) {
        let mut iterate = self.best.dual.clone();
        let ended = self.descend(&mut iterate);
        let missing = self.best.missing;
        (self.outcome(ended), missing)
    }

    /// The multipliers, the letters' potential and the Lagrangian at an iterate.
    fn evaluate(&self, iterate: &Iterate<T>) -> Lagrangian<T> {
        let g = self.program.potential(&iterate.phi);
        Lagrangian::new(self.program, &iterate.pairs[OUTPUT].value, &iterate.pairs[COSTS].value, &g)
    }

    fn descend(&mut self, iterate: &mut Iterate<T>) -> Ended {
        let tolerance = T::from(self.watch.settings().tolerance_nats());
        let mut at = self.evaluate(iterate);
        loop {
            if let Some(ended) = self.observe(iterate, &at) {
                return ended;
            }
            let Some(newton) = Newton::new(self.program, iterate, &at) else {
                return Ended::Stalled;
            };
            let mu = iterate.complementarity();
            let affine = newton.towards(T::ZERO, None);
            let reachable = iterate.moved(iterate.longest_step(&affine), &affine).complementarity();
            let ratio = reachable / mu;
            let smallest =
                T::from(SMALLEST_GAP_SHARE) * tolerance / T::from(iterate.count() as f64);
            let target = (ratio * ratio * ratio * mu).max(smallest.min(mu));
            let mut direction = newton.towards(target, Some(&affine));
            let mut length = iterate.longest_step(&direction);
            if !(length.to_f64() >= SHORT_STEP) {
                let plain = newton.towards(target, None);
                let longer = iterate.longest_step(&plain);
                if !(longer <= length) {
                    (direction, length) = (plain, longer);
                }
            }
            if !(length.to_f64() > SHORTEST_STEP) {
                return Ended::Stalled;
            }
            let before = iterate.merit(self.program, &at);
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
                    length = iterate.longest_step(&direction);
                } else {
                    length = length * T::from(0.5);
                }
            }
            let Some(trial) = next_at else { return Ended::Stalled };
            (*iterate, at) = (next, trial);
            self.watch.step();
        }
    }

    /// Takes the bounds at an iterate and says whether the run ends.
    fn observe(&mut self, iterate: &Iterate<T>, at: &Lagrangian<T>) -> Option<Ended> {
        let program = self.program;
        let (q, s) = (&iterate.pairs[OUTPUT].value, &iterate.pairs[COSTS].value);
        let price = iterate.price();
        let network = program.network.as_ref();
        let toll = network.map_or(T::ZERO, |network| network.toll(&iterate.phi, price));
        let lower = at.lower_bound(program, s, toll);
        if lower > self.best.lower {
            self.best.lower = lower;
            self.best.dual = iterate.clone();
        }
        let excess = self.excess(iterate, at);
        let g = program.potential(&iterate.phi);
        if excess <= BUDGET_ROUNDING {
            let rate = at.information(q, s, &g);
            if rate < self.best.upper {
                self.best.upper = rate;
                self.best.channel = Some(at.channel(q));
            }
        }
        let price = network.map(|_| price.to_f64());
        let multipliers = DVector::from_iterator(s.len(), s.iter().map(|s| s.to_f64()));
        let support = q.iter().filter(|q| q.to_f64() > SUPPORT).count();
        let bounds = (self.best.lower.to_f64(), self.best.upper.to_f64());
        self.watch.record(bounds, excess, self.instance.multipliers(&multipliers), price, support);
        let tolerance = self.watch.settings().tolerance_nats();
        let scale = self.best.upper.to_f64().clamp(1.0, 1e3);
        if (self.best.upper - self.best.lower).to_f64() <= GAP_SHARE * tolerance * scale {
            Some(Ended::Certified)
        } else if self.is_infeasible(iterate) {
            Some(Ended::Infeasible)
        } else {
            self.watch.limit()
        }
    }

    /// The largest excess over a budget, relative to it, or of the output pmf.
    fn excess(&self, iterate: &Iterate<T>, at: &Lagrangian<T>) -> f64 {
        let pairs = at.expected.iter().zip(&self.program.budgets);
        let over = pairs.map(|(&e, &d)| ((e - d) / d).to_f64()).fold(0.0, f64::max);
        let Some(network) = &self.program.network else { return over };
        let [output, _, flows, _] = &iterate.pairs;
        let sent = at.output(&output.value);
        let missing = network.missing(&self.program.reproductions, &sent, &flows.value, &iterate.output);
        let apart = sum(missing.iter().map(|miss| miss.abs())).to_f64();
        let budget = network.budget;
        let spent = network.spent(&flows.value, &iterate.output);
        let traded =
            if network.is_exact { 0.0 } else { ((spent - budget) / budget).to_f64() };
        let relative = if network.is_exact { apart } else { apart / budget.to_f64().min(1.0) };
        over.max(relative).max(traded)
    }

    /// Whether the iterate's multipliers separate the budgets from what channels can meet.
    fn is_infeasible(&mut self, iterate: &Iterate<T>) -> bool {
        if self.best.channel.is_some() {
            return false;
        }
        let (s, price) = (&iterate.pairs[COSTS].value, iterate.price());
        let separation = self.program.separation(s, &iterate.phi, price);
        if !(separation > T::ZERO) {
            return false;
        }
        let traded = self.program.network.as_ref().map_or(T::ZERO, |n| price * n.budget);
        let worth = dot(s, &self.program.budgets) + traded;
        self.best.missing = Some((separation / worth).to_f64());
        self.best.dual = iterate.clone();
        true
    }

    fn outcome(self, ended: Ended) -> Outcome {
        let Best { lower, dual, channel, .. } = self.best;
        let m = self.instance.reproductions;
        let [output, costs, ..] = &dual.pairs;
        let s = costs.value.iter().map(|s| s.to_f64());
        let potential = self.instance.marginal.as_ref().map(|bounded| {
            let g = self.program.widened(&self.program.potential(&dual.phi), m);
            bounded.priced(g, dual.price().to_f64())
        });
        let channel = match channel {
            Some(channel) => self.program.widened_channel(self.instance, &channel),
            None => DMatrix::from_element(m, self.instance.letters(), 1.0 / m as f64),
        };
        Outcome {
            channel,
            lower_nats: lower.to_f64().next_down(),
            dual: Dual {
                q: self.program.widened(&output.value, m),
                s: DVector::from_iterator(costs.value.len(), s),
                potential,
            },
            ended,
        }
    }
}
