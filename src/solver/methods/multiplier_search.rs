//! Blahut-Arimoto at fixed multipliers, inside a search for those that meet the budgets.
//!
//! The multipliers maximise the concave `min_q L(q, s)` over s >= 0, whose slope in `s_k` is `E[d_k] - D_k`. They are
//! searched one inside another: maximised over all later multipliers the function of `s_k` is still concave, with that
//! slope, so that the best `s_k` is either the root of a decreasing function or 0, and which of them shows at 0.
//!
//! Where R has a straight segment, one slope serves all its points and the function jumps across its root. The channels on
//! either side are then shared in time (Berger 1971, section 2.5), here by a mixture of their output pmfs, and the slope of
//! the chord between them is that of the segment.
//!
//! Lower bounds come from the multipliers searched, upper bounds from those that meet the budgets for the pmf at hand: both
//! are off by the square of what q and s are. Searches follow each other with more precise inner runs until the bounds meet.

use super::blahut_arimoto::{Likelihood, update};
use crate::feasibility::linear_program::Reach;
use crate::solver::run::dual_step::{meet, slack_mu};
use crate::solver::run::incumbent::Finish;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Ended, Outcome};
use crate::subproblem::certificate;
use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::Kernel;
use crate::subproblem::thresholds::{
    EXPANSION, FIRST_PATIENCE, FIRST_PRECISION, LARGEST_MULTIPLIER, MAX_ROOT_STEPS, ROUNDING,
    UNFELT,
};
use argmin::core::{CostFunction, Error, Executor};
use argmin::solver::brent::BrentRoot;
use nalgebra::DVector;
use std::cell::RefCell;
use std::f64::consts::LN_2;

/// Solves a strictly feasible instance; `reach` holds a channel with slack in every budget.
pub(crate) fn solve(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let mut search = Search::new(instance, reach, watch);
    let ended = search.run();
    let z = search.kernel.sums.c.map(|c| (1.0 - c).max(0.0));
    let r = &instance.budgets() - &search.kernel.sums.expected;
    search.finish.outcome(&z, &r, false, ended)
}

/// Where a search stands; `Err` carries why the whole run ends.
struct Search<'a, 'w, 'p> {
    instance: &'a Instance<'a>,
    finish: Finish<'a>,
    watch: &'w mut Watch<'p>,
    /// At the last (q, s) observed.
    kernel: Kernel,
    q: DVector<f64>,
    s: DVector<f64>,
    /// What an inner run may leave, in nats.
    precision: f64,
    /// How many iterations an inner run may take.
    patience: usize,
    /// Whether one of this search's inner runs would have taken more.
    cut_short: bool,
    /// The barrier under which multipliers are centred, in nats.
    mu: f64,
}

/// What the runs at one value of a multiplier came to.
#[derive(Debug, Clone)]
struct Probe {
    q: DVector<f64>,
    s: DVector<f64>,
    /// The Lagrangian without the multiplier's own cost, in nats.
    value: f64,
    /// Of that cost over its budget.
    excess: f64,
}

/// Probes on either side of a root: the budget is exceeded at the first, not at the second.
#[derive(Debug)]
struct Bracket {
    k: usize,
    low: Probe,
    high: Probe,
}

impl Bracket {
    /// What the best multiplier may bring beyond the two, as the slope between them is at most the smaller of theirs.
    fn promise(&self) -> f64 {
        let width = self.high.s[self.k] - self.low.s[self.k];
        width * self.low.excess.min(-self.high.excess)
    }

    /// The mixture of both that meets the budget, at the multiplier that makes both worth the same: on a straight segment,
    /// its slope.
    fn mixed(&self) -> (DVector<f64>, DVector<f64>) {
        let Self { k, low, high } = self;
        let between = low.excess - high.excess;
        let share = low.excess / between;
        let mut s = low.s.lerp(&high.s, share);
        let chord = (high.value - low.value) / between;
        if low.s[*k] < chord && chord < high.s[*k] {
            s[*k] = chord;
        }
        (low.q.lerp(&high.q, share), s)
    }
}

impl<'a, 'w, 'p> Search<'a, 'w, 'p> {
    fn new(instance: &'a Instance<'a>, reach: Option<&'a Reach>, watch: &'w mut Watch<'p>) -> Self {
        let (m, k) = (instance.reproductions, instance.constraints.len());
        let q = DVector::from_element(m, 1.0 / m as f64);
        let s = DVector::from_element(k, 1.0);
        Self {
            instance,
            finish: Finish::new(instance, reach, watch),
            kernel: Kernel::light(instance, &q, &s, None),
            q,
            s,
            precision: FIRST_PRECISION,
            patience: FIRST_PATIENCE,
            cut_short: false,
            mu: slack_mu(instance, watch.settings().tolerance_nats()),
            watch,
        }
    }

    fn run(&mut self) -> Ended {
        let last = UNFELT * self.watch.settings().tolerance() * LN_2;
        let last = last.max(ROUNDING);
        let mut ended = self.start();
        while ended.is_ok() {
            self.cut_short = false;
            ended = self.settle(0);
            if self.precision <= last && !self.cut_short {
                break;
            }
            self.precision = (self.precision / EXPANSION).max(last);
            self.patience = self.patience.saturating_mul(2);
        }
        ended.err().unwrap_or(Ended::Stalled)
    }

    /// The best multipliers for the uniform output pmf.
    fn start(&mut self) -> Result<(), Ended> {
        let s = self.meet(&self.q.clone(), &self.s.clone())?;
        self.s = s.map(|s| if s * s > self.mu { s } else { 0.0 });
        Ok(())
    }

    /// Makes the multipliers from the k-th on the best for those before, and q the pmf that goes with them.
    fn settle(&mut self, k: usize) -> Result<(), Ended> {
        if k == self.s.len() {
            return self.descend();
        }
        let first = self.probe(k, self.s[k])?;
        if self.is_met(k, &first) {
            return Ok(());
        }
        match self.bracket(k, first)? {
            Some(bracket) => self.find_root(bracket),
            None => Ok(()),
        }
    }

    fn probe(&mut self, k: usize, s: f64) -> Result<Probe, Ended> {
        self.s[k] = s;
        self.settle(k + 1)?;
        if k == 0 && self.s.len() > 1 {
            // With several constraints brackets are rare, and upper bounds must not wait for them.
            self.watch.step();
            self.meet(&self.q.clone(), &self.s.clone())?;
        }
        let kernel = Kernel::light(self.instance, &self.q, &self.s, None);
        let excess = &kernel.sums.expected - &self.instance.budgets();
        let rate = certificate::mutual_information_nats(&kernel.sums, &self.q, &self.s);
        let value = rate + self.s.dot(&excess) - s * excess[k];
        Ok(Probe { q: self.q.clone(), s: self.s.clone(), value, excess: excess[k] })
    }

    /// Whether the product of multiplier and slack is small enough; at s = 0 slack is free.
    fn is_met(&self, k: usize, probe: &Probe) -> bool {
        let s = probe.s[k];
        let costs = s * probe.excess.abs() <= self.precision;
        if s > 0.0 { costs } else { !(probe.excess > 0.0) }
    }

    /// `None` where there is no root, or none that can be told from 0; the search then stands where it should.
    fn bracket(&mut self, k: usize, first: Probe) -> Result<Option<Bracket>, Ended> {
        let up = first.excess > 0.0;
        let mut last = first;
        let mut width = self.precision.sqrt();
        loop {
            width *= EXPANSION;
            let s = self.beside(k, last.s[k], if up { width } else { -width });
            if s > LARGEST_MULTIPLIER {
                return Ok(None);
            }
            let next = self.probe(k, s)?;
            if self.is_met(k, &next) || (up && last.s[k] == 0.0 && !(next.excess > 0.0)) {
                return Ok(None);
            }
            if s == 0.0 {
                // The root lies so close to 0 that the slack before it costs nothing.
                (self.q, self.s) = (last.q, last.s);
                return Ok(None);
            }
            if up != (next.excess > 0.0) {
                let (low, high) = if up { (last, next) } else { (next, last) };
                return Ok(Some(Bracket { k, low, high }));
            }
            last = next;
        }
    }

    /// A multiplier `distance` from s in log s; 0 below what the precision can tell from it.
    fn beside(&self, k: usize, s: f64, distance: f64) -> f64 {
        let least = self.precision / self.instance.constraints[k].budget;
        let next = s.max(least) * distance.exp();
        if distance < 0.0 && next < least { 0.0 } else { next }
    }

    fn find_root(&mut self, bracket: Bracket) -> Result<(), Ended> {
        let ends = [&bracket.low, &bracket.high].map(|probe| probe.s[bracket.k].ln());
        let solver = BrentRoot::new(ends[0], ends[1], ROUNDING);
        let root = RefCell::new(Root { search: self, ends, bracket, state: Ok(false) });
        // How it ended is in `root`: the error type of argmin says less.
        let _ = Executor::new(Slope(&root), solver)
            .configure(|state| state.max_iters(MAX_ROOT_STEPS))
            .timer(false)
            .run();
        let Root { search, bracket, state, .. } = root.into_inner();
        if !state? {
            (search.q, search.s) = bracket.mixed();
        }
        Ok(())
    }

    /// Blahut-Arimoto at the multipliers as they are.
    fn descend(&mut self) -> Result<(), Ended> {
        let priced = self.instance.with_prices(&self.s);
        let likelihood = Likelihood::new(&priced);
        let mut sums = likelihood.sums(&self.q);
        let mut left = f64::INFINITY;
        for _ in 0..self.patience {
            update(&mut self.q, &sums.c);
            self.watch.step();
            sums = likelihood.sums(&self.q);
            left = improvement(&self.q, &sums.c);
            if !(left > self.precision) || self.watch.limit().is_some() {
                break;
            }
        }
        self.cut_short |= left > self.precision;
        self.look(&self.q.clone(), &self.s.clone())
    }

    fn look(&mut self, q: &DVector<f64>, s: &DVector<f64>) -> Result<(), Ended> {
        self.kernel.evaluate(self.instance, q, s);
        self.observe(q, s)
    }

    /// Bounds at q with the multipliers that meet the budgets there, which are returned.
    fn meet(&mut self, q: &DVector<f64>, s: &DVector<f64>) -> Result<DVector<f64>, Ended> {
        let mut s = s.map(|s| s.max(self.mu.sqrt()));
        self.kernel.evaluate(self.instance, q, &s);
        meet(self.instance, &mut self.kernel, q, &mut s, self.mu);
        self.observe(q, &s)?;
        Ok(s)
    }

    /// Takes the bounds at (q, s), at which the kernel has been evaluated.
    fn observe(&mut self, q: &DVector<f64>, s: &DVector<f64>) -> Result<(), Ended> {
        self.finish.observe(&self.kernel.sums, q, s, self.watch).map_or(Ok(()), Err)
    }
}

/// The gap in nats between the bounds that q gives at fixed multipliers (Blahut 1972).
fn improvement(q: &DVector<f64>, c: &DVector<f64>) -> f64 {
    let term = |(q, c): (&f64, &f64)| if *c > 0.0 { q * c * c.ln() } else { 0.0 };
    c.max().ln() - q.iter().zip(c).map(term).sum::<f64>()
}

/// A root search for one multiplier.
struct Root<'s, 'a, 'w, 'p> {
    search: &'s mut Search<'a, 'w, 'p>,
    /// Of the first bracket, in log s: argmin asks for them again.
    ends: [f64; 2],
    bracket: Bracket,
    /// Whether the budget is met where the search stands, or why the run ends.
    state: Result<bool, Ended>,
}

impl Root<'_, '_, '_, '_> {
    /// `E[d_k] - D_k` at `log_s`, 0 where that is close enough.
    fn slope(&mut self, log_s: f64) -> Result<f64, Ended> {
        if log_s == self.ends[0] {
            return Ok(self.bracket.low.excess);
        }
        if log_s == self.ends[1] {
            return Ok(self.bracket.high.excess);
        }
        // From a pmf that about meets the budget, even a run that is cut short moves to the right side of it.
        self.search.q = self.bracket.mixed().0;
        let probe = self.search.probe(self.bracket.k, log_s.exp())?;
        if self.search.is_met(self.bracket.k, &probe) {
            self.state = Ok(true);
            return Ok(0.0);
        }
        let excess = probe.excess;
        let side = if excess > 0.0 { &mut self.bracket.low } else { &mut self.bracket.high };
        *side = probe;
        if self.bracket.k == 0 {
            self.share_time()?;
        }
        Ok(if self.bracket.promise() > self.search.precision { excess } else { 0.0 })
    }

    /// The bounds that the bracket's two sides give together, often certified long before they meet.
    fn share_time(&mut self) -> Result<(), Ended> {
        let (q, s) = self.bracket.mixed();
        self.search.watch.step();
        self.search.look(&q, &s)?;
        self.search.watch.step();
        self.search.meet(&q, &s).map(|_| ())
    }
}

/// What argmin sees of a root search.
struct Slope<'c, 's, 'a, 'w, 'p>(&'c RefCell<Root<'s, 'a, 'w, 'p>>);

impl CostFunction for Slope<'_, '_, '_, '_, '_> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, log_s: &f64) -> Result<f64, Error> {
        let mut root = self.0.borrow_mut();
        root.slope(*log_s).map_err(|ended| {
            root.state = Err(ended);
            Error::msg("the run ends")
        })
    }
}
