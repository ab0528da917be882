//! The run as its caller follows it: the trace, the limits, the callback.

use super::outcome::Ended;
use crate::model::cost::bits_per_unit;
use crate::model::problem::Problem;
use crate::result::progress::Progress;
use crate::result::settings::Settings;
use crate::subproblem::thresholds::ALL_KEPT;
use std::ops::ControlFlow;
use std::time::Instant;

/// Is told of every iteration, and may stop the run.
pub(crate) type Observer<'a> = &'a mut dyn FnMut(&Progress) -> ControlFlow<()>;

/// One watch sees the whole of a request, whatever parts it is solved in.
pub(crate) struct Watch<'a> {
    settings: &'a Settings,
    observer: Observer<'a>,
    start: Instant,
    /// The scales of the problem's costs.
    scales: Vec<f64>,
    iterations: usize,
    /// The best bounds of all attempts, in nats.
    lower: f64,
    rate: f64,
    trace: Vec<Progress>,
    /// Whether the last line of the trace stays there.
    kept: bool,
    stopped: bool,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(problem: &Problem, settings: &'a Settings, observer: Observer<'a>) -> Self {
        Self {
            settings,
            observer,
            start: Instant::now(),
            scales: problem.scales().collect(),
            iterations: 0,
            lower: f64::NEG_INFINITY,
            rate: f64::INFINITY,
            trace: Vec::new(),
            kept: true,
            stopped: false,
        }
    }

    pub(crate) fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// Counts an iteration.
    pub(crate) fn step(&mut self) {
        self.iterations += 1;
    }

    pub(crate) fn iterations(&self) -> usize {
        self.iterations
    }

    /// Why the run must end now, if it must.
    pub(crate) fn limit(&self) -> Option<Ended> {
        if self.stopped {
            Some(Ended::Stopped)
        } else if self.iterations >= self.settings.max_iterations() {
            Some(Ended::IterationLimit)
        } else if self.settings.time_limit().is_some_and(|limit| self.start.elapsed() >= limit) {
            Some(Ended::TimeLimit)
        } else {
            None
        }
    }

    /// Writes a line of the trace; `multipliers` holds (index of the cost, nats per scaled unit), `price` what the last budget
    /// is worth if it is a perception's.
    pub(crate) fn record(
        &mut self,
        bounds: (f64, f64),
        excess: f64,
        multipliers: impl Iterator<Item = (usize, f64)>,
        price: Option<f64>,
        support: usize,
    ) {
        let mut in_bits = vec![0.0; self.scales.len()];
        let price = price.map(|price| (self.scales.len() - 1, price));
        for (index, s) in multipliers.chain(price) {
            in_bits[index] += bits_per_unit(s, self.scales[index]);
        }
        self.lower = self.lower.max(bounds.0);
        self.rate = self.rate.min(bounds.1);
        let progress = Progress {
            iteration: self.iterations,
            rate: self.rate / std::f64::consts::LN_2,
            lower: self.lower / std::f64::consts::LN_2,
            excess,
            multipliers: in_bits,
            support,
            elapsed: self.start.elapsed(),
        };
        self.stopped = self.stopped || (self.observer)(&progress).is_break();
        self.push(progress);
    }

    /// Keeps a line a hundredth of the iterations after the one before, and the last.
    fn push(&mut self, progress: Progress) {
        if !self.kept {
            self.trace.pop();
        }
        let last = self.trace.last().map_or(0, |line| line.iteration);
        let iteration = progress.iteration;
        self.kept = iteration < ALL_KEPT || iteration >= last + last / 100;
        self.trace.push(progress);
    }

    pub(crate) fn into_trace(self) -> Vec<Progress> {
        self.trace
    }
}
