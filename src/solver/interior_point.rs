//! The primal-dual interior-point method on the saddle function.
//!
//! ```text
//! R = min over q >= 0, max over s >= 0 of  L(q, s) + sum_y q_y - 1        convex in q, concave in s
//! 1 - c_y       = z_y >= 0,   z_y q_y = mu
//! D_k - E[d_k]  = r_k >= 0,   r_k s_k = mu
//! ```
//!
//! A step solves the Newton equations of these for a smaller mu. One factorisation serves two right-hand sides:
//! the first, with mu = 0, shows how far mu can fall (Mehrotra 1992), the second is the step taken.

use super::kernel::Kernel;
use super::newton::Newton;
use super::{Ended, Outcome, finish::Finish};
use crate::Settings;
use crate::instance::Instance;
use crate::{certificate, frontier::Reach};
use nalgebra::{DMatrix, DVector};

/// The share of the way to the boundary that a step may go.
const BOUNDARY: f64 = 0.995;

/// Steps shorter than this say that rounding has taken over.
const CENTRE: usize = 30;
const CT: f64 = 0.03;
const TROUBLE: f64 = 0.1;
const MU0: f64 = 0.01;
const SO: f64 = 1.0;
const CORR: f64 = 0.1;
const FL: f64 = 0.05;
const CE: f64 = 0.01;
const GR: f64 = 1.5;
const FV: f64 = 0.1;
const SHORTEST_STEP: f64 = 1e-9;

/// Slack given to a tight budget at the start, in scaled costs.
const FIRST_SLACK: f64 = 1e-2;

/// Primal and dual variables; all positive.
#[derive(Debug, Clone)]
struct Iterate {
    q: DVector<f64>,
    s: DVector<f64>,
    z: DVector<f64>,
    r: DVector<f64>,
}

impl Iterate {
    fn start(instance: &Instance<'_>) -> Self {
        let m = instance.reproductions;
        Self {
            q: DVector::from_element(m, 1.0 / m as f64),
            s: DVector::from_element(instance.constraints(), 1.0),
            z: DVector::from_element(m, 1.0),
            r: instance.budgets.map(|budget| (0.1 * budget).max(FIRST_SLACK)),
        }
    }

    /// The average complementarity, the mu of the central path.
    fn complementarity(&self) -> f64 {
        (self.q.dot(&self.z) + self.s.dot(&self.r)) / (self.q.len() + self.s.len()) as f64
    }

    fn merit(&self, instance: &Instance<'_>, kernel: &Kernel) -> f64 {
        let mut m = 0.0;
        for y in 0..self.q.len() { m += self.q[y] * ((1.0 - kernel.c[y] - self.z[y]).abs() + self.z[y]); }
        for k in 0..self.s.len() { m += self.s[k] * ((instance.budgets[k] - kernel.expected[k] - self.r[k]).abs() + self.r[k]); }
        m
    }

    fn lift(&mut self, share: f64) {
        let mu = share * self.complementarity();
        self.z.zip_apply(&self.q, |z, q| *z = z.max(mu / q));
        self.r.zip_apply(&self.s, |r, s| *r = r.max(mu / s));
    }

    fn moved(&self, step: f64, direction: &Self) -> Self {
        Self {
            q: &self.q + step * &direction.q,
            s: &self.s + step * &direction.s,
            z: &self.z + step * &direction.z,
            r: &self.r + step * &direction.r,
        }
    }

    /// The longest step, at most 1, that keeps every variable positive.
    fn longest_step(&self, direction: &Self) -> f64 {
        let limit = |v: &DVector<f64>, dv: &DVector<f64>| {
            let blocking = v.iter().zip(dv).filter(|&(_, &dv)| dv < 0.0);
            blocking.map(|(v, dv)| -BOUNDARY * v / dv).fold(1.0, f64::min)
        };
        limit(&self.q, &direction.q)
            .min(limit(&self.s, &direction.s))
            .min(limit(&self.z, &direction.z))
            .min(limit(&self.r, &direction.r))
    }

    /// The Newton step towards complementarity `mu`, with the second-order terms of `affine` taken into account.
    fn direction(&self, instance: &Instance<'_>, kernel: &Kernel, newton: &Newton<'_>, mu: f64, affine: Option<&Self>) -> Self {
        let root_q = self.q.map(f64::sqrt);
        let mut tq = DVector::from_element(self.q.len(), mu);
        let mut ts = DVector::from_element(self.s.len(), mu);
        if let Some(affine) = affine {
            tq -= affine.q.component_mul(&affine.z) * SO;
            ts -= affine.s.component_mul(&affine.r) * SO;
        }
        let a = DVector::from_fn(self.q.len(), |y, _| {
            root_q[y] * (kernel.c[y] - 1.0) + tq[y] / root_q[y]
        });
        let b = kernel.expected.zip_map(&instance.budgets, excess) + ts.component_div(&self.s);
        let (u, s) = newton.solve(&a, &b);
        let q = u.component_mul(&root_q);
        let complement = |target: f64, v: f64, w: f64, dv: f64| (target - w * dv) / v - w;
        let z = DVector::from_fn(q.len(), |y, _| complement(tq[y], self.q[y], self.z[y], q[y]));
        let r = DVector::from_fn(s.len(), |k, _| complement(ts[k], self.s[k], self.r[k], s[k]));
        Self { q, s, z, r }
    }
}

fn centre(instance: &Instance<'_>, kernel: &mut Kernel, q: &DVector<f64>, s: &mut DVector<f64>, mu: f64) {
    let k = s.len();
    let value = |kernel: &Kernel, s: &DVector<f64>| -kernel.log_partition - s.dot(&instance.budgets) + mu * s.iter().map(|s| s.ln()).sum::<f64>();
    kernel.evaluate(instance, q, s);
    for _it in 0..CENTRE {
        let g = kernel.expected.zip_map(&instance.budgets, excess) + s.map(|s| mu / s);
        let plain = &kernel.expected - &instance.budgets + s.map(|s| mu / s);
        let hessian = &kernel.covariance + DMatrix::from_diagonal(&s.map(|s| mu / (s * s)));
        let Some(inverse) = hessian.try_inverse() else { return };
        let newton = &inverse * &plain;
        if plain.dot(&newton) <= CT * (mu * (q.len() + k) as f64).min(1.0) { return; }
        let old = value(kernel, s);
        let mut done = false; let mut step = 0.0;
        let stretch = g.iter().zip(plain.iter()).filter(|&(_, &p)| p > 0.0).map(|(g, p)| g / p).fold(1.0, f64::max);
        for ds in [stretch * &newton, newton] {
            step = (0..k).filter(|&i| ds[i] < 0.0).map(|i| -0.9 * s[i] / ds[i]).fold(1.0, f64::min);
            for _ in 0..4 {
                let next = &*s + step * &ds;
                kernel.evaluate(instance, q, &next);
                if value(kernel, &next) >= old + 0.1 * step * plain.dot(&ds).min(1.0) { s.copy_from(&next); done = true; break; }
                step *= 0.3;
            }
            if done { break; }
        }
        if std::env::var("TRACE").is_ok() { eprintln!("  centre s {:?} step {step:.2e} viol {:.2e}", s.as_slice(), (&kernel.expected-&instance.budgets).max()); }
        if !done { kernel.evaluate(instance, q, s); return; }
    }
}

/// How far a cost is over its budget, as the Newton step should see it.
///
/// `E[d]` falls with s like an exponential or a power, never like a line, so that a plain residual would have Newton
/// creep up on a small budget. The residual of the logarithms, times `E[d]` to keep the slope, is exact for an
/// exponential, short for a power, and the same at the solution.
fn excess(expected: f64, budget: f64) -> f64 {
    if expected > budget { expected * (expected / budget).ln() } else { expected - budget }
}

/// Solves a strictly feasible instance; `reach` holds a channel with slack in every budget.
pub(super) fn solve(instance: &Instance<'_>, reach: Option<&Reach>, settings: &Settings) -> Outcome {
    let mut iterate = Iterate::start(instance);
    let mut kernel = Kernel::new(instance, &iterate.q, &iterate.s);
    let mut finish = Finish::new(instance, reach, settings);
    let mut iterations = 0;
    centre(instance, &mut kernel, &iterate.q.clone(), &mut iterate.s, MU0);
    iterate.r = iterate.s.map(|s| MU0 / s);
    let ended = loop {
        if finish.observe(&kernel, &iterate.q, &iterate.s) {
            break Ended::Certified;
        }
        if iterations == settings.max_iterations() {
            break Ended::IterationLimit;
        }
        let slack_ratio = iterate.r.component_div(&iterate.s);
        let Some(coupling) = super::newton::Coupling::append(&mut kernel, &iterate.q, &slack_ratio) else { break Ended::Stalled; };
        let Some(newton) = Newton::new(&kernel, coupling, &iterate.z) else {
            break Ended::Stalled;
        };
        let mu = iterate.complementarity();
        let affine = iterate.direction(instance, &kernel, &newton, 0.0, None);
        let reachable = iterate.moved(iterate.longest_step(&affine), &affine).complementarity();
        let viol = (&kernel.expected - &instance.budgets).map(|v| v.max(0.0));
        let count = (iterate.q.len() + iterate.s.len()) as f64;
        let floor = (FL * settings.tolerance() / count).max(FV * iterate.s.dot(&viol) / count);
        let target = ((reachable / mu).powi(3) * mu).max(floor).min(mu.max(FL * settings.tolerance() / count));
        let direction = iterate.direction(instance, &kernel, &newton, target, Some(&affine));
        let mut direction = direction;
        let mut step = iterate.longest_step(&direction);
        let plain = iterate.direction(instance, &kernel, &newton, target, None);
        if step < CORR {
            let longer = iterate.longest_step(&plain);
            if longer > step { step = longer; direction = plain.clone(); }
        }
        if !(step > SHORTEST_STEP) {
            break Ended::Stalled;
        }
        if std::env::var("TRACE").is_ok() { eprintln!("{iterations} mu {mu:.2e} tgt {target:.2e} step {step:.3e} viol {:.2e} lower {:.9} rate {:.9} s {:?} r {:?} maxc-1 {:.2e} qmin {:.1e} zmin {:.1e}", (&kernel.expected-&instance.budgets).max(), certificate::lower_bound(instance,&kernel,&iterate.s), certificate::mutual_information(&kernel,&iterate.q,&iterate.s), iterate.s.as_slice(), iterate.r.as_slice(), kernel.c.max()-1.0, iterate.q.min(), iterate.z.min()); }
        let merit0 = iterate.merit(instance, &kernel);
        let mut step = step;
        let mut tries = 0;
        loop {
            let mut next = iterate.moved(step, &direction);
            next.lift(CE);
            kernel.evaluate(instance, &next.q, &next.s);
            let merit = next.merit(instance, &kernel);
            if merit <= GR * merit0 + settings.tolerance() || tries >= 12 {
                iterate = next;
                break;
            }
            if tries == 0 {
                direction = plain.clone();
                step = iterate.longest_step(&direction);
            } else { step *= 0.5; }
            tries += 1;
        }
        if step < TROUBLE {
            let mu = iterate.complementarity();
            centre(instance, &mut kernel, &iterate.q.clone(), &mut iterate.s, mu);
            iterate.r = iterate.s.map(|s| mu / s);
        }
        iterations += 1;
    };
    let _ = certificate::lower_bound;
    finish.outcome(kernel, &iterate.z, &iterate.r, ended, iterations)
}
