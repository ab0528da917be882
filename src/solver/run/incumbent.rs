//! From iterates to an answer: the best bounds so far, and a channel that meets the budgets.

use super::dual_step::{centre, tighten};
use super::monitor::Watch;
use super::outcome::{Dual, Ended, Outcome};
use crate::feasibility::linear_program::Reach;
use crate::result::verdict::Verdict;
use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::{InDoubles, Kernel, Sums};
use crate::subproblem::output_constraint::{Bounded, Potential};
use crate::subproblem::thresholds::{EXCESS_ROUNDING, SUPPORT, UNFELT};
use crate::subproblem::{certificate, lagrangian};
use nalgebra::{DMatrix, DVector};

/// What makes a channel: a pmf, multipliers, and the potential where the output marginal is constrained.
#[derive(Debug, Clone)]
struct Place {
    q: DVector<f64>,
    s: DVector<f64>,
    potential: Option<Potential>,
}

/// The best of what the iterates have shown.
#[derive(Debug)]
pub(crate) struct Finish<'a> {
    instance: &'a Instance<'a>,
    /// A channel with slack, mixed in where an iterate's channel exceeds a budget.
    reach: Option<&'a Reach>,
    /// Whether what one source letter may send to, every other may.
    is_movable: bool,
    /// The largest entry of every cost.
    dearest: DVector<f64>,
    /// What the dearest pair pays for the priced costs, at most.
    dearest_paid: f64,
    /// In nats: the tolerance less what is lost on the way to exact zeros and to all pairs.
    tolerance: f64,
    lower: f64,
    /// Where the lower bound was found.
    dual: Dual,
    upper: f64,
    /// Where the upper bound was found.
    place: Place,
}

impl<'a> Finish<'a> {
    pub(crate) fn new(
        instance: &'a Instance<'a>,
        reach: Option<&'a Reach>,
        watch: &Watch<'_>,
    ) -> Self {
        let (m, k) = (instance.reproductions, instance.constraints.len());
        let uniform = DVector::from_element(m, 1.0 / m as f64);
        let dearest = instance
            .constraints
            .iter()
            .map(|constraint| constraint.scale * constraint.matrix.max());
        Self {
            instance,
            // It meets the budgets of costs, not that of the marginal.
            reach: reach.filter(|_| instance.marginal.is_none()),
            is_movable: instance.has_like_pairs(),
            dearest: DVector::from_iterator(k, dearest),
            dearest_paid: instance.dearest_paid(),
            tolerance: (1.0 - 2.0 * UNFELT) * watch.settings().tolerance_nats(),
            lower: 0.0,
            dual: Dual { q: uniform.clone(), s: DVector::zeros(k), potential: None },
            upper: f64::INFINITY,
            place: Place { q: uniform, s: DVector::zeros(k), potential: None },
        }
    }

    /// Takes the bounds at (q, s), at which `sums` have been evaluated, tells the watch, and says whether the run ends.
    pub(crate) fn observe(
        &mut self,
        sums: &Sums,
        q: &DVector<f64>,
        s: &DVector<f64>,
        watch: &mut Watch<'_>,
    ) -> Option<Ended> {
        self.take_bounds(sums, q, s);
        let instance = self.instance;
        let over = |(e, d): (&f64, &f64)| if e > d { (e - d) / d } else { 0.0 };
        let excess = sums.expected.iter().zip(&instance.budgets()).map(over).fold(0.0, f64::max);
        let support = q.iter().filter(|&&q| q > SUPPORT).count();
        let price = sums.potential.as_ref().map(|potential| potential.price);
        let multipliers = instance.multipliers(s);
        watch.record((self.lower, self.upper), excess, multipliers, price, support);
        if self.is_closed(self.upper, self.lower) {
            Some(Ended::Certified)
        } else if let Some(separation) = self.separation() {
            Some(Ended::Infeasible(separation))
        } else {
            watch.limit()
        }
    }

    /// By how many nats the multipliers of a lower bound that no rate attains separate the budgets from what channels can meet.
    fn separation(&self) -> Option<f64> {
        let potential = self.dual.potential.as_ref().filter(|_| self.lower > self.most())?;
        let separation = certificate::separation_nats(self.instance, &self.dual.s, potential);
        (separation > 0.0).then_some(separation)
    }

    fn take_bounds(&mut self, sums: &Sums, q: &DVector<f64>, s: &DVector<f64>) {
        let lower = certificate::lower_bound_nats(self.instance, sums, s);
        if lower > self.lower {
            self.lower = lower;
            self.dual.q.copy_from(q);
            self.dual.s.copy_from(s);
            self.dual.potential.clone_from(&sums.potential);
        }
        let upper = self.upper_bound(sums, q, s);
        if upper < self.upper {
            self.upper = upper;
            self.place.set(sums, q, s);
        }
    }

    /// Whether the gap is within the tolerance. Bounds that have crossed end a run too: the report judges them.
    fn is_closed(&self, upper: f64, lower: f64) -> bool {
        Verdict::of(lower, upper, self.tolerance, f64::INFINITY) == Verdict::Certified
    }

    /// The rate of the iterate's channel after the repair of its output pmf, which processes the output and so costs no rate,
    /// and of its budgets; rate is convex in the channel.
    fn upper_bound(&self, sums: &Sums, q: &DVector<f64>, s: &DVector<f64>) -> f64 {
        let rate = certificate::mutual_information_nats(sums, q, s);
        let Some((excess, moved)) = self.excess(sums, q) else { return f64::INFINITY };
        let Some(share) = self.repair_share(&excess) else { return f64::INFINITY };
        let rate = rate
            + moved * self.dearest_paid
            + certificate::rounding(self.instance, &[sums.log_partition, s.dot(&sums.expected)]);
        if rate.is_finite() { (1.0 - share) * rate + share * self.most() } else { f64::INFINITY }
    }

    /// No channel has more rate than this.
    fn most(&self) -> f64 {
        (self.instance.reproductions.min(self.instance.letters()) as f64).ln()
    }

    /// What the budgets are exceeded by, at most, once the output pmf is what its constraint allows, and the mass that is moved
    /// for it; `None` if forbidden pairs are in the way.
    fn excess(&self, sums: &Sums, q: &DVector<f64>) -> Option<(DVector<f64>, f64)> {
        let excess = self.instance.excess(&sums.expected);
        let Some(bounded) = &self.instance.marginal else { return Some((excess, 0.0)) };
        let output = q.component_mul(&sums.c);
        let moved = 0.5 * (bounded.nearest(&output) - output).lp_norm(1);
        (self.is_movable || moved <= EXCESS_ROUNDING)
            .then(|| (excess + moved * &self.dearest, moved))
    }

    /// The weight of the channel with slack that brings channels with this excess within the budgets, `None` if none does.
    fn repair_share(&self, excess: &DVector<f64>) -> Option<f64> {
        let rounding = self.instance.budgets().map(|budget| EXCESS_ROUNDING * budget);
        if excess.iter().zip(&rounding).all(|(excess, rounding)| excess <= rounding) {
            return Some(0.0);
        }
        let slack = -self.reach?.shift;
        let worst = excess.max();
        (slack > 0.0 && worst.is_finite()).then(|| worst / (worst + slack))
    }

    /// The answer: the best channel seen, with exact zeros where the gap allows them.
    ///
    /// `z` and `r` are the last iterate's slacks: a letter with `q_y < z_y` is on its way out of the support, and a
    /// constraint with `s_k < r_k` on its way to inactive, as is that on the output marginal if `idle`.
    pub(crate) fn outcome(
        mut self,
        z: &DVector<f64>,
        r: &DVector<f64>,
        idle: bool,
        ended: Ended,
    ) -> Outcome {
        if matches!(ended, Ended::Certified) {
            let mut kernel = Kernel::blank(self.instance, self.dual.potential.clone());
            if idle {
                self.clear_potential(&mut kernel);
            }
            self.clear_multipliers(&mut kernel, r);
            self.clear_letters(&mut kernel, z, r);
        }
        let channel = self.repaired_channel();
        Outcome { channel, lower_nats: self.lower, dual: self.dual, ended, fine: None }
    }

    fn clear_potential(&mut self, kernel: &mut Kernel) {
        kernel.set_potential(Some(Potential::none(self.dual.q.len())));
        kernel.evaluate(self.instance, &self.dual.q, &self.dual.s);
        let lower = certificate::lower_bound_nats(self.instance, &kernel.sums, &self.dual.s);
        if self.is_closed(self.upper, lower) {
            self.lower = lower;
            self.dual.potential.clone_from(&kernel.sums.potential);
        } else {
            kernel.set_potential(self.dual.potential.clone());
        }
    }

    fn clear_multipliers(&mut self, kernel: &mut Kernel, r: &DVector<f64>) {
        let clear = |k: usize, _| {
            let s = self.dual.s[k];
            if s < r[k] { 0.0 } else { s }
        };
        let s = DVector::from_fn(r.len(), clear);
        if s == self.dual.s {
            return;
        }
        kernel.evaluate(self.instance, &self.dual.q, &s);
        let lower = certificate::lower_bound_nats(self.instance, &kernel.sums, &s);
        if self.is_closed(self.upper, lower) {
            self.lower = lower;
            self.dual.s = s;
        }
    }

    /// Drops the letters that are on their way out, and makes up for them in the multipliers.
    fn clear_letters(&mut self, kernel: &mut Kernel, z: &DVector<f64>, r: &DVector<f64>) {
        kernel.set_potential(self.place.potential.clone());
        let mut q = self.place.q.zip_map(z, |q, z| if q < z { 0.0 } else { q });
        let total = q.sum();
        if !(total > 0.0) {
            return;
        }
        q /= total;
        let mut s = self.place.s.clone();
        let mu = UNFELT * self.tolerance / (s.len() + 1) as f64;
        kernel.evaluate(self.instance, &q, &s);
        let (free, mut lagrangian) =
            (vec![false; s.len()], InDoubles { instance: self.instance, kernel });
        centre(&mut lagrangian, &q, (&mut s, &DVector::zeros(0)), &free, mu, UNFELT * mu);
        let mut moved = !self.take_if_certified(&kernel.sums, &q, &s);
        if moved {
            q = self.place.q.clone();
            s = self.place.s.clone();
        }
        let is_active = |k: &usize| self.dual.s[*k] > r[*k];
        let active: Vec<usize> = (0..s.len()).filter(is_active).collect();
        for k in (0..s.len()).filter(|k| !active.contains(k)) {
            moved |= s[k] != 0.0;
            s[k] = 0.0;
        }
        if moved {
            kernel.evaluate(self.instance, &q, &s);
        }
        tighten(self.instance, kernel, &q, &mut s, &active);
        let excess = self.excess(&kernel.sums, &q);
        if excess.and_then(|(excess, _)| self.repair_share(&excess)) == Some(0.0) {
            self.take_if_certified(&kernel.sums, &q, &s);
        }
    }

    /// Makes (q, s), at which `kernel` has been evaluated, the answer's channel if that keeps it certified.
    fn take_if_certified(&mut self, sums: &Sums, q: &DVector<f64>, s: &DVector<f64>) -> bool {
        let upper = self.upper_bound(sums, q, s);
        let certified = self.is_closed(upper, self.lower);
        if certified {
            self.upper = upper;
            self.place.set(sums, q, s);
        }
        certified
    }

    fn repaired_channel(&self) -> DMatrix<f64> {
        let mut channel = self.channel_at(&self.place);
        let excess = self.instance.excess(&self.instance.expected(&channel));
        let share = self.repair_share(&excess).unwrap_or(0.0);
        if share > 0.0 {
            channel *= 1.0 - share;
            if let Some(reach) = self.reach {
                reach.add_to(&mut channel, share);
            }
        }
        channel
    }

    /// The channel of a place, with an output pmf that its constraint allows.
    fn channel_at(&self, place: &Place) -> DMatrix<f64> {
        let Place { q, s, potential } = place;
        let mut channel = lagrangian::channel(self.instance, q, s, potential.as_ref());
        if let Some(bounded) = &self.instance.marginal {
            reprocess(self.instance, bounded, &mut channel);
        }
        channel
    }
}

impl Place {
    fn set(&mut self, sums: &Sums, q: &DVector<f64>, s: &DVector<f64>) {
        self.q.copy_from(q);
        self.s.copy_from(s);
        self.potential.clone_from(&sums.potential);
    }
}

/// Sends what output letters have too much to those that have too little, whatever the source letter.
pub(crate) fn reprocess(
    instance: &Instance<'_>,
    bounded: &Bounded<'_>,
    channel: &mut DMatrix<f64>,
) {
    let output = &*channel * &*instance.pmf;
    let wanted = bounded.nearest(&output);
    let kept = wanted.zip_map(&output, |wanted, has| if has > wanted { wanted / has } else { 1.0 });
    let lacking = (wanted - output).map(|lacks| lacks.max(0.0));
    for (x, mut letter) in channel.column_iter_mut().enumerate() {
        let before = letter.sum();
        let usable = |y: usize| instance.pairs(x).is_none_or(|pairs| pairs[y]);
        let open: f64 = (0..lacking.len()).filter(|&y| usable(y)).map(|y| lacking[y]).sum();
        if !(open > 0.0) {
            continue;
        }
        letter.component_mul_assign(&kept);
        let freed = before - letter.sum();
        for y in (0..lacking.len()).filter(|&y| usable(y)) {
            letter[y] += freed * lacking[y] / open;
        }
    }
}
