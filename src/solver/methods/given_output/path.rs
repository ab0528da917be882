//! The channel of least `I(X; X^) + s.E[d]` among those with a given output pmf: entropic optimal transport.
//!
//! With `G_y` the potential of output letter y and o the output of `W_xy = pi_y exp(-s.d(x, y) - G_y) / t_x`, the dual is one
//! smooth concave function of G alone,
//!
//! ```text
//! F(G) = -sum_x p_x log t_x - pi.G,    t_x = sum_y pi_y exp(-s.d(x, y) - G_y),    dF/dG = o - pi
//! ```
//!
//! and a bound for every G. Newton's method is at home within a few nats of the maximum, while G grows like s.d, to a million
//! nats. Three things bring it there.
//!
//! - **The path.** F is maximised for a share t of the prices that grows from where all exponents are about 1. For large t
//!   the potential is a line in t but for terms that fall exponentially (the optimal transport's own potential is its slope), so
//!   that the tangent, from the factor at hand, leads from each share to one many times as large.
//! - **Reduced costs.** What is known of the potential is added to the exponents without rounding
//!   ([`Instance::reduced_prices`]), and only a few nats are left to find. Sums and bounds are then as small as the rate.
//! - **Steps that need no search.** The third derivative of F is at most the second times the range of the step (Bach 2010), so
//!   that a share `log(1 + range) / range` of a Newton step never decreases F, whatever rounding has left of F.

use super::laplacian::{FAINT, Laplacian};
use crate::numerics::compensated::{TwoFold, surplus};
use crate::numerics::information::{log_quotient, log_sum};
use crate::solver::run::budgets::meets_budgets;
use crate::solver::run::incumbent::reprocess;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Dual, Ended, Outcome};
use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::Kernel;
use crate::subproblem::output_constraint::{Bounded, Potential};
use crate::subproblem::{certificate, lagrangian};
use nalgebra::{DMatrix, DVector};

/// Newton steps with a smaller range, in nats, say that the maximum is near.
const NEAR: f64 = 0.5;

/// Newton steps with a smaller range, in nats, may be taken whole where F is too flat to be asked.
const SAFE: f64 = 1.0;

/// The share of the predicted gain that a whole step must reach.
const SUFFICIENT_GAIN: f64 = 0.1;

/// Logarithms of what a letter has over what it should have, in nats, beyond which letters are balanced first, ...
const UNBALANCED: f64 = 1.0;

/// ... by no more than this if they are to gain: the kernel knows no smaller shares.
const FARTHEST: f64 = 40.0;

/// How often a step may double.
const MOST_DOUBLINGS: usize = 24;

/// Rounds of pricing letters that have too much, before the bound is taken, ...
const SETTLING: usize = 1000;

/// ... which end where no letter has more than this above what it should have, in nats.
const SETTLED: f64 = 1e-12;

/// Own potentials above this, in nats, cost digits, and pass to the reduced costs.
const LARGEST_OWN: f64 = 32.0;

/// Gains below this, in nats, are lost in the rounding of F.
const SMALLEST_GAIN: f64 = 1e-9;

/// The factor from one share of the prices to the next, at first ...
const FIRST_RATIO: f64 = 4.0;

/// ... and at least and most.
const RATIOS: [f64; 2] = [1.5, 256.0];

/// A Newton step with a larger range, in nats, at the start of a share says that it was too far from the one before.
const LOST: f64 = 100.0;

/// Newton steps at one share, from which on the next is to be closer.
const MANY_STEPS: usize = 4;

/// Newton steps with a smaller range, in nats, ...
const POLISH: f64 = 1e-4;

/// ... and any where the output misses less than this, only polish: ...
const SMALLEST_MISS: f64 = 1e-13;

/// ... once they leave more than this share of what it misses, that is rounding.
const STUCK: f64 = 0.8;

/// The state of a run. Its exponents are `share * reduced + own`, the prices' share of what [`Instance::reduced_prices`] makes
/// of `shift`, and the rest of the potential.
#[derive(Debug)]
struct Path<'a> {
    /// Without the letters that the output hardly has.
    instance: Instance<'a>,
    /// The output pmf pi, 0 for these letters.
    output: DVector<f64>,
    /// 1 for each letter of it.
    support: DVector<f64>,
    /// `log pi`, 0 beyond the support.
    logs: DVector<f64>,
    share: f64,
    ratio: f64,
    /// Newton steps at this share.
    steps: usize,
    /// The potential that the reduced costs hold, at full prices.
    shift: DVector<f64>,
    /// m x n.
    reduced: DMatrix<f64>,
    /// What was taken from each source letter's exponents.
    least: DVector<f64>,
    own: DVector<f64>,
    /// Where the last share was left.
    departure: Option<Departure>,
}

/// The maximum of F at a share of the prices, and the tangent of the path there.
#[derive(Debug)]
struct Departure {
    share: f64,
    /// The whole potential, at full prices.
    shift: DVector<f64>,
    /// The Newton step that is left.
    newton: DVector<f64>,
    /// How the potential turns, for each unit of the share, beside what goes in proportion to the prices.
    turn: DVector<f64>,
}

/// The channel of least information and price, `bounded` allowing only the output pmf `output`. The outcome's bound is one on
/// R at the budgets that its channel spends.
pub(crate) fn solve(
    instance: &Instance<'_>,
    bounded: &Bounded<'_>,
    output: &DVector<f64>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let mut path = Path::start(instance, output);
    let mut kernel = path.kernel();
    let ended = path.follow(&mut kernel, bounded, watch);
    let mut outcome = path.outcome(&mut kernel, bounded, ended);
    price_faint_letters(instance, bounded, output, &mut outcome);
    outcome
}

impl<'a> Path<'a> {
    fn start(asked: &Instance<'a>, wanted: &DVector<f64>) -> Self {
        let m = wanted.len();
        let kept: Vec<bool> = wanted.iter().map(|p| *p > FAINT).collect();
        let fewer = asked.clone().on_letters(&kept);
        // Source letters that hardly occur may know no other letters.
        let drops = fewer.has_channels();
        let instance = if drops { fewer } else { asked.clone() };
        let output = wanted.map(|p| if p > FAINT || !drops { p } else { 0.0 });
        let shift = DVector::zeros(m);
        let (reduced, least) = instance.reduced_prices(&shift);
        Self {
            instance,
            support: output.map(|p| f64::from(p > 0.0)),
            logs: output.map(|p| if p > 0.0 { p.ln() } else { 0.0 }),
            output,
            share: (1.0 / reduced.max()).min(1.0),
            ratio: FIRST_RATIO,
            steps: 0,
            own: shift.clone(),
            shift,
            reduced,
            least,
            departure: None,
        }
    }

    fn kernel(&self) -> Kernel {
        let priced = self.instance.with_one_cost(&self.reduced);
        Kernel::new(&priced, &self.support, &self.multiplier(), Some(self.potential()))
    }

    fn multiplier(&self) -> DVector<f64> {
        DVector::from_element(1, self.share)
    }

    /// The kernel's output pmf is the support, so that exponents it neglects are far below those of the channel, not of the
    /// likelihood: a letter that the output hardly has may be the likeliest.
    fn potential(&self) -> Potential {
        Potential { g: &self.own - &self.logs, price: 0.0 }
    }

    fn evaluate(&self, kernel: &mut Kernel) {
        let priced = self.instance.with_one_cost(&self.reduced);
        kernel.set_potential(Some(self.potential()));
        kernel.evaluate(&priced, &self.support, &self.multiplier());
    }

    /// F in reduced costs.
    fn value(&self, kernel: &Kernel) -> f64 {
        -kernel.sums.log_partition - self.output.dot(&self.own)
    }

    /// F in the costs as they are, a bound on `I + s.E[d]` at every share of the prices.
    fn total(&self, kernel: &Kernel) -> f64 {
        let offset = self.instance.pmf.dot(&self.least) - self.output.dot(&self.shift);
        self.value(kernel) + self.share * offset
    }

    /// What the iterate's output has more than it should.
    fn excess(&self, kernel: &Kernel) -> DVector<f64> {
        &kernel.sums.c - &self.output
    }

    /// Goes along the path and polishes at its end.
    fn follow(
        &mut self,
        kernel: &mut Kernel,
        bounded: &Bounded<'_>,
        watch: &mut Watch<'_>,
    ) -> Ended {
        let mut missed = f64::INFINITY;
        loop {
            if self.balance(kernel) {
                missed = f64::INFINITY;
            }
            self.record(kernel, bounded, watch);
            if let Some(ended) = watch.limit() {
                return ended;
            }
            let excess = self.excess(kernel);
            let Some(equations) = Laplacian::new(kernel, &self.output) else {
                return Ended::Stalled;
            };
            let newton = equations.solve(&excess);
            let range = newton.max() - newton.min();
            if !range.is_finite() {
                return Ended::Stalled;
            }
            let gain = excess.dot(&newton);
            let is_lost = range > LOST && self.steps == 0 && self.ratio > RATIOS[0];
            if is_lost && self.departure.is_some() {
                self.ratio = self.ratio.sqrt().max(RATIOS[0]);
                self.depart(kernel);
                watch.step();
                continue;
            }
            if self.share < 1.0 && (range <= NEAR || gain <= SMALLEST_GAIN) {
                let turn = equations.solve(&-kernel.sums.sensitivity.column(0));
                self.advance(kernel, newton, turn);
                missed = f64::INFINITY;
            } else {
                let misses = excess.lp_norm(1);
                let polishes = range <= POLISH || misses <= SMALLEST_MISS;
                if misses <= f64::EPSILON || (polishes && misses > STUCK * missed) {
                    return Ended::Certified;
                }
                missed = if polishes { misses } else { f64::INFINITY };
                self.step(kernel, &newton, range, gain);
            }
            watch.step();
        }
    }

    /// Goes on to a larger share of the prices.
    fn advance(&mut self, kernel: &mut Kernel, newton: DVector<f64>, turn: DVector<f64>) {
        if self.steps >= MANY_STEPS {
            self.ratio /= 2.0;
        } else if self.steps <= 1 {
            self.ratio *= 2.0;
        }
        self.ratio = self.ratio.clamp(RATIOS[0], RATIOS[1]);
        let slope = &self.own / self.share;
        let shift = &self.shift + &slope;
        self.departure = Some(Departure { share: self.share, shift, newton, turn: turn - slope });
        self.depart(kernel);
    }

    /// Goes on from the departure, along the tangent or, where F is larger there, in proportion to the prices.
    fn depart(&mut self, kernel: &mut Kernel) {
        let Some(Departure { share, shift, newton, turn }) = &self.departure else { return };
        let next = (share * self.ratio).min(1.0);
        let ahead = newton / next + (1.0 - share / next) * turn;
        self.shift.copy_from(shift);
        self.share = next;
        self.steps = 0;
        self.absorb(&DVector::zeros(ahead.len()));
        self.evaluate(kernel);
        let in_proportion = self.total(kernel);
        self.absorb(&ahead);
        self.evaluate(kernel);
        if !(self.total(kernel) >= in_proportion) {
            self.absorb(&-ahead);
            self.evaluate(kernel);
        }
    }

    /// Adds a potential at full prices to what the reduced costs hold, in the place of the iterate's own.
    fn absorb(&mut self, potential: &DVector<f64>) {
        self.shift += potential;
        self.own.fill(0.0);
        (self.reduced, self.least) = self.instance.reduced_prices(&self.shift);
    }

    /// Takes a Newton step, whole where F grows by it as it should, and longer where F goes on growing.
    fn step(&mut self, kernel: &mut Kernel, newton: &DVector<f64>, range: f64, gain: f64) {
        self.steps += 1;
        let before = self.value(kernel);
        let start = self.own.clone();
        let mut length = 1.0;
        self.go(kernel, &start, newton, length);
        let is_enough = if gain > SMALLEST_GAIN {
            self.value(kernel) >= before + SUFFICIENT_GAIN * gain
        } else {
            range <= SAFE
        };
        if !is_enough {
            length = range.ln_1p() / range;
            self.go(kernel, &start, newton, length);
        }
        if range < NEAR {
            return;
        }
        // Letters that hardly anything joins to the others have hundreds of nats to go, at the same slope.
        for _ in 0..MOST_DOUBLINGS {
            if !(self.excess(kernel).dot(newton) > 0.5 * gain) {
                return;
            }
            self.go(kernel, &start, newton, 2.0 * length);
            if !(self.excess(kernel).dot(newton) >= 0.0) {
                self.go(kernel, &start, newton, length);
                return;
            }
            length *= 2.0;
        }
    }

    fn go(&mut self, kernel: &mut Kernel, start: &DVector<f64>, step: &DVector<f64>, length: f64) {
        self.own = start + length * step;
        self.evaluate(kernel);
    }

    /// Brings each letter's own output to what it should be (a half-step of Sinkhorn's), which never decreases F, where some
    /// letter has or lacks a multiple of it: Newton's method would take a step for each nat. Says whether it did.
    fn balance(&mut self, kernel: &mut Kernel) -> bool {
        let of_letter = |(o, p): (&f64, &f64)| {
            if *p > 0.0 { log_quotient(*o, *p).max(-FARTHEST) } else { 0.0 }
        };
        let off = kernel.sums.c.iter().zip(&self.output).map(of_letter);
        let off = DVector::from_iterator(self.output.len(), off);
        let is_off = off.amax() > UNBALANCED;
        if is_off {
            self.own += off;
        }
        let is_large = self.own.amax() > LARGEST_OWN;
        if is_large {
            self.absorb(&(&self.own / self.share));
        }
        if is_off || is_large {
            self.evaluate(kernel);
        }
        is_off
    }

    /// A line of the trace: bounds on `I + s.E[d]`, of which the lower one holds at every share of the prices.
    fn record(&self, kernel: &Kernel, bounded: &Bounded<'_>, watch: &mut Watch<'_>) {
        let lower = self.total(kernel);
        let excess = self.excess(kernel);
        let above = -self.own.dot(&excess) - self.share * self.shift.dot(&excess);
        let is_met =
            self.share == 1.0 && bounded.marginal.divergence(&kernel.sums.c) <= bounded.rounding();
        let upper = if is_met { lower + above.max(0.0) } else { f64::INFINITY };
        let potential = bounded.priced((&self.own + self.share * &self.shift) / self.share, 0.0);
        let none = DVector::zeros(0);
        let multipliers = self.instance.multipliers(&none);
        let support = self.support.sum() as usize;
        watch.record(
            (lower, upper),
            0.5 * excess.lp_norm(1),
            multipliers,
            Some(potential.price),
            support,
        );
    }

    /// Prices letters that have too much until they hardly do, which never decreases F: the bound takes the logarithm of what
    /// the worst of them has over what it should have, and that may be a letter of hardly any output.
    fn settle(&mut self, kernel: &mut Kernel) {
        for _ in 0..SETTLING {
            let above = |(o, p): (&f64, &f64)| {
                if *p > 0.0 { log_quotient(*o, *p).max(0.0) } else { 0.0 }
            };
            let above = kernel.sums.c.iter().zip(&self.output).map(above);
            let above = DVector::from_iterator(self.output.len(), above);
            if above.max() <= SETTLED {
                return;
            }
            self.own += above;
            self.evaluate(kernel);
        }
    }

    /// What the potential of the reduced costs comes to on what the channel's output has more than it should.
    ///
    /// The potential may be a million nats, so that the last digits by which pmfs miss a sum of 1 count.
    fn paid_for_misses(&self, channel: &DMatrix<f64>) -> f64 {
        let (pmf, output) = (&*self.instance.pmf, &self.output);
        let above_one = |row: &[f64]| {
            let mut sum = TwoFold::of(row);
            sum.add(-1.0);
            sum.total()
        };
        let of_letters: Vec<f64> =
            channel.column_iter().map(|w| above_one(w.into_owned().as_slice())).collect();
        let [of_source, of_output] = [pmf, output].map(surplus);
        let mut paid = TwoFold::default();
        for (y, sent) in channel.row_iter().enumerate() {
            let mut excess = TwoFold::default();
            for ((w, p), above) in sent.iter().zip(pmf).zip(&of_letters) {
                excess.add_product(*p, *w);
                excess.add(-p * w * (above + of_source));
            }
            excess.add(-output[y]);
            excess.add(output[y] * of_output);
            paid.add_product(self.shift[y], excess.total());
        }
        paid.total()
    }

    /// The channel at the full prices, with the output pmf that it should have, and the bound on R at what it spends.
    fn outcome(mut self, kernel: &mut Kernel, bounded: &Bounded<'_>, ended: Ended) -> Outcome {
        if self.share < 1.0 {
            self.own /= self.share;
            self.share = 1.0;
            self.evaluate(kernel);
        }
        let priced = self.instance.with_one_cost(&self.reduced);
        let at = (&self.support, self.multiplier(), self.potential());
        let mut channel = lagrangian::channel(&priced, at.0, &at.1, Some(&at.2));
        if !meets_budgets(&self.instance, &channel) {
            reprocess(&self.instance, bounded, &mut channel);
        }
        // The reduced costs hold the potential, paid on the channel's own output. The bound is to hold for the output that it
        // should have, too.
        let spent = priced.expected(&channel)[0] - self.paid_for_misses(&channel).min(0.0);
        self.settle(kernel);
        let lower = certificate::given_output_nats(
            &self.instance,
            &kernel.sums,
            &self.output,
            &self.own,
            spent,
        );
        let potential = bounded.priced(&self.shift + &self.own, 0.0);
        Outcome {
            lower_nats: lower,
            dual: Dual { q: self.output.clone(), s: DVector::zeros(0), potential: Some(potential) },
            channel,
            ended,
            fine: None,
        }
    }
}

/// Gives the letters that were left out the least potential with which they would not be used, which proves that what is lost
/// without them is no more than it costs.
fn price_faint_letters(
    asked: &Instance<'_>,
    bounded: &Bounded<'_>,
    wanted: &DVector<f64>,
    outcome: &mut Outcome,
) {
    let is_faint = |y: &usize| wanted[*y] > 0.0 && outcome.dual.q[*y] == 0.0;
    let faint: Vec<usize> = (0..wanted.len()).filter(is_faint).collect();
    if faint.is_empty() {
        return;
    }
    let Some(Potential { mut g, .. }) = outcome.dual.potential.take() else { return };
    let none = DVector::zeros(0);
    let mut row = vec![0.0; wanted.len()];
    let mut terms = vec![Vec::new(); faint.len()];
    for (x, &p) in asked.pmf.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        asked.exponent(x, &none, &mut row);
        let used = outcome.dual.q.iter().zip(&row).zip(&g);
        let log_t = log_sum(used.map(|((q, price), g)| (*q, -price - g)));
        for (terms, &y) in terms.iter_mut().zip(&faint) {
            terms.push((p, -row[y] - log_t));
        }
    }
    for (terms, &y) in terms.into_iter().zip(&faint) {
        let least = log_sum(terms.into_iter());
        g[y] = if least.is_finite() { least } else { 0.0 };
        outcome.lower_nats -= wanted[y] * g[y].abs();
        outcome.dual.q[y] = wanted[y];
    }
    outcome.dual.potential = Some(bounded.priced(g, 0.0));
}
