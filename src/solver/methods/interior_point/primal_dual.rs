//! The primal-dual interior-point method on the saddle function.
//!
//! ```text
//! R = min over q >= 0, max over s >= 0 of  L(q, s) + sum_y q_y - 1        convex in q, concave in s
//! 1 - c_y       = z_y >= 0,   z_y q_y = mu
//! D_k - E[d_k]  = r_k >= 0,   r_k s_k = mu
//! ```
//!
//! A constraint on the output marginal brings potentials and flows with products of their own ([`super::output::flow`]).
//!
//! A step solves the Newton equations of these for a smaller mu. One factorisation serves two right-hand sides
//! (Mehrotra 1992): the first, with mu = 0, shows how far mu can fall and what second-order terms the step will meet;
//! the second is the step taken. Two safeguards make it reach strictly feasible problems:
//! the multipliers are centred for the output pmf at the start and wherever steps get short, and a step that makes the
//! residuals grow is shortened.

use super::newton::Newton;
use crate::feasibility::linear_program::Reach;
use crate::numerics::low_rank::Compression;
use crate::result::settings::Settings;
use crate::solver::methods::interior_point::output::elimination::Barrier;
use crate::solver::methods::interior_point::output::flow::Flow;
use crate::solver::run::dual_step::{centre, excess};
use crate::solver::run::incumbent::Finish;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Ended, Outcome};
use crate::solver::run::warm_start::Guess;
use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::Kernel;
use crate::subproblem::output_constraint::Potential;
use crate::subproblem::thresholds::{
    BOUNDARY, CENTRED, EXCESS_SHARE, FIRST_MU, GROWTH, GUESS_MIX, MAX_HALVINGS, PATIENCE,
    SHORT_STEP, SHORTEST_STEP, SLACK_SHARE,
};
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// Primal and dual variables; all positive.
#[derive(Debug, Clone)]
struct Iterate {
    q: DVector<f64>,
    s: DVector<f64>,
    z: DVector<f64>,
    r: DVector<f64>,
    /// What belongs to the constraint on the output marginal, if there is one.
    flow: Option<Flow>,
}

impl Iterate {
    /// Uniform output pmf, unit multipliers (the costs are scaled).
    fn start(instance: &Instance<'_>) -> Self {
        let (m, k) = (instance.reproductions, instance.constraints.len());
        let ones = |count| DVector::from_element(count, 1.0);
        let flow = instance.marginal.as_ref().map(|bounded| Flow::start(bounded, m));
        Self { q: ones(m) / m as f64, s: ones(k), z: ones(m), r: ones(k), flow }
    }

    fn potential(&self, instance: &Instance<'_>) -> Option<Potential> {
        let (bounded, flow) = (instance.marginal.as_ref()?, self.flow.as_ref()?);
        Some(flow.potential(bounded))
    }

    /// The same with the multipliers that suit it.
    fn centred(instance: &Instance<'_>) -> (Self, Kernel) {
        let mut start = Self::start(instance);
        let potential = start.potential(instance);
        let mut kernel = Kernel::new(instance, &start.q, &start.s, potential);
        start.recentre(instance, &mut kernel, FIRST_MU);
        (start, kernel)
    }

    /// At a guess, moved well inside the boundary, with multipliers and slacks that suit it.
    fn near((q, s): Guess, instance: &Instance<'_>) -> (Self, Kernel) {
        let m = instance.reproductions as f64;
        let mut near = Self::start(instance);
        near.q = q.map(|q| (1.0 - GUESS_MIX) * q + GUESS_MIX / m);
        near.s = s.map(|s| s.max(GUESS_MIX));
        let potential = near.potential(instance);
        let mut kernel = Kernel::new(instance, &near.q, &near.s, potential);
        // Slacks are to multipliers as the floor of these is to those of a start.
        let mu = GUESS_MIX * FIRST_MU;
        near.recentre(instance, &mut kernel, mu);
        let least = mu / m;
        near.z = near.q.zip_map(&kernel.sums.c, |q, c| (1.0 - c).max(least / q));
        (near, kernel)
    }

    fn pairs(&self) -> f64 {
        let ways = self.flow.as_ref().map_or(0.0, |flow| flow.complementarity().1);
        (self.q.len() + self.s.len()) as f64 + ways
    }

    /// The average complementarity, the mu of the central path.
    fn complementarity(&self) -> f64 {
        let ways = self.flow.as_ref().map_or(0.0, |flow| flow.complementarity().0);
        (self.q.dot(&self.z) + self.s.dot(&self.r) + ways) / self.pairs()
    }

    /// Residuals and complementarity, all in nats.
    fn merit(&self, instance: &Instance<'_>, kernel: &Kernel) -> f64 {
        let term = |weight: f64, slack: f64, other: f64| weight * ((other - slack).abs() + slack);
        let letter = |y: usize| term(self.q[y], self.z[y], 1.0 - kernel.sums.c[y]);
        let cost = |k: usize| {
            term(self.s[k], self.r[k], instance.constraints[k].budget - kernel.sums.expected[k])
        };
        let marginal = self.flow.as_ref().zip(instance.marginal.as_ref());
        (0..self.q.len()).map(letter).sum::<f64>()
            + (0..self.s.len()).map(cost).sum::<f64>()
            + marginal.map_or(0.0, |(flow, bounded)| flow.merit(bounded, &kernel.output(&self.q)))
    }

    fn moved(&self, step: f64, direction: &Self) -> Self {
        Self {
            q: &self.q + step * &direction.q,
            s: &self.s + step * &direction.s,
            z: &self.z + step * &direction.z,
            r: &self.r + step * &direction.r,
            flow: self
                .flow
                .as_ref()
                .zip(direction.flow.as_ref())
                .map(|(flow, d)| flow.moved(step, d)),
        }
    }

    /// The longest step, at most 1, that keeps every variable positive.
    fn longest_step(&self, direction: &Self) -> f64 {
        let limit = |v: &DVector<f64>, dv: &DVector<f64>| {
            let falling = v.iter().zip(dv).filter(|&(_, &dv)| dv < 0.0);
            falling.map(|(v, dv)| -BOUNDARY * v / dv).fold(1.0, f64::min)
        };
        let ways = self.flow.as_ref().zip(direction.flow.as_ref());
        limit(&self.q, &direction.q)
            .min(ways.map_or(1.0, |(flow, d)| flow.longest_step(d, BOUNDARY)))
            .min(limit(&self.s, &direction.s))
            .min(limit(&self.z, &direction.z))
            .min(limit(&self.r, &direction.r))
    }

    fn recentre(&mut self, instance: &Instance<'_>, kernel: &mut Kernel, mu: f64) {
        let tolerance = CENTRED * (mu * self.pairs()).min(1.0);
        let barrier = DVector::from_element(self.s.len(), mu);
        centre(instance, kernel, &self.q, &mut self.s, &barrier, tolerance);
        self.r = self.s.map(|s| mu / s);
    }
}

/// The factored Newton equations at an iterate.
struct Step<'a> {
    at: &'a Iterate,
    newton: Newton,
    /// `c - 1`.
    q_residual: DVector<f64>,
    /// What the budgets are exceeded by.
    s_residual: DVector<f64>,
    /// Of the constraint on the output marginal, if there is one, and the output pmf.
    barrier: Option<(Barrier<'a>, DVector<f64>)>,
}

impl<'a> Step<'a> {
    fn new(
        instance: &'a Instance<'_>,
        kernel: &mut Kernel,
        at: &'a Iterate,
        buffer: DMatrix<f64>,
        compression: &mut Compression,
    ) -> Option<Self> {
        let slack_ratio = at.r.component_div(&at.s);
        let marginal = at.flow.as_ref().zip(instance.marginal.as_ref());
        let barrier = marginal.map(|(flow, bounded)| Barrier::new(flow, bounded));
        let newton =
            Newton::new(kernel, &at.q, &at.z, &slack_ratio, barrier.as_ref(), buffer, compression)?;
        let barrier = barrier.map(|barrier| (barrier, kernel.output(&at.q)));
        let q_residual = kernel.sums.c.add_scalar(-1.0);
        let residual =
            |k: usize, _| excess(kernel.sums.expected[k], instance.constraints[k].budget);
        let s_residual = DVector::from_fn(instance.constraints.len(), residual);
        Some(Self { at, newton, q_residual, s_residual, barrier })
    }

    /// The direction towards products `mu`, less the second-order terms of `affine`.
    fn towards(&self, mu: f64, affine: Option<&Iterate>) -> Iterate {
        let products = |dv: &DVector<f64>, dw: &DVector<f64>| dv.zip_map(dw, |dv, dw| mu - dv * dw);
        let constant = DVector::from_element(self.at.q.len(), mu);
        let (q_target, s_target) = match affine {
            Some(affine) => (products(&affine.q, &affine.z), products(&affine.s, &affine.r)),
            None => (constant, DVector::from_element(self.at.s.len(), mu)),
        };
        let Iterate { q, s, z, r, .. } = self.at;
        let root_q = q.map(f64::sqrt);
        let a = (&self.q_residual + q_target.component_div(q)).component_mul(&root_q);
        let b = &self.s_residual + s_target.component_div(s);
        let (u, ds, flow) = match &self.barrier {
            None => {
                let (u, ds) = self.newton.solve(a, &b);
                (u, ds, None)
            }
            Some((barrier, output)) => {
                let affine = affine.and_then(|affine| affine.flow.as_ref());
                let missing = barrier.missing(output, mu, affine);
                let (u, ds, nodes, price) = self.newton.solve_with(a, b, barrier, &missing);
                (u, ds, Some(barrier.direction(&missing, &nodes, price)))
            }
        };
        let dq = u.component_mul(&root_q);
        // From v w + w dv + v dw = target.
        let slack_step =
            |target: &DVector<f64>, v: &DVector<f64>, w: &DVector<f64>, dv: &DVector<f64>| {
                (target - w.component_mul(dv)).component_div(v) - w
            };
        let dz = slack_step(&q_target, q, z, &dq);
        let dr = slack_step(&s_target, s, r, &ds);
        Iterate { q: dq, s: ds, z: dz, r: dr, flow }
    }
}

/// Solves a strictly feasible instance; `reach` holds a channel with slack in every budget.
pub(crate) fn solve(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    guess: Option<Guess>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let mut finish = Finish::new(instance, reach, watch);
    let (mut iterate, kernel) = match guess {
        Some(guess) => Iterate::near(guess, instance),
        None => Iterate::centred(instance),
    };
    let ended = descend(instance, &mut iterate, kernel, &mut finish, watch);
    let idle = iterate.flow.as_ref().is_some_and(Flow::is_idle);
    finish.outcome(&iterate.z, &iterate.r, idle, ended)
}

/// Takes steps until the run ends.
fn descend(
    instance: &Instance<'_>,
    iterate: &mut Iterate,
    mut kernel: Kernel,
    finish: &mut Finish<'_>,
    watch: &mut Watch<'_>,
) -> Ended {
    let settings = watch.settings();
    let mut buffer = DMatrix::zeros(0, 0);
    let mut compression = Compression::default();
    let (mut least_merit, mut patience) = (f64::INFINITY, PATIENCE);
    loop {
        if let Some(ended) = finish.observe(&kernel.sums, &iterate.q, &iterate.s, watch) {
            return ended;
        }
        let smallest_mu = smallest_mu(iterate, instance, &kernel, settings);
        let before = iterate.merit(instance, &kernel);
        patience = patience.saturating_sub(1);
        if before < 0.5 * least_merit {
            (least_merit, patience) = (before, PATIENCE);
        } else if patience == 0 && !iterate.flow.as_ref().is_some_and(|flow| flow.smooth) {
            return Ended::Stalled;
        }
        let Some(step) = Step::new(instance, &mut kernel, iterate, buffer, &mut compression) else {
            return Ended::Stalled;
        };
        let mu = iterate.complementarity();
        let affine = step.towards(0.0, None);
        let reachable = iterate.moved(iterate.longest_step(&affine), &affine).complementarity();
        let target = ((reachable / mu).powi(3) * mu).max(smallest_mu);
        let mut direction = step.towards(target, Some(&affine));
        let mut length = iterate.longest_step(&direction);
        if !(length >= SHORT_STEP) {
            let plain = step.towards(target, None);
            let longer = iterate.longest_step(&plain);
            if !(longer <= length) {
                (direction, length) = (plain, longer);
            }
        }
        if !(length > SHORTEST_STEP) {
            return Ended::Stalled;
        }
        let mut next = iterate.clone();
        for halvings in 0..=MAX_HALVINGS {
            next = iterate.moved(length, &direction);
            kernel.set_potential(next.potential(instance));
            kernel.evaluate(instance, &next.q, &next.s);
            if next.merit(instance, &kernel) <= GROWTH * before + settings.tolerance_nats() {
                break;
            }
            if halvings == 0 {
                direction = step.towards(target, None);
                length = iterate.longest_step(&direction);
            } else {
                length *= 0.5;
            }
        }
        buffer = step.newton.into_buffer();
        *iterate = next;
        if length < SHORT_STEP {
            let mu = iterate.complementarity();
            iterate.recentre(instance, &mut kernel, mu);
        }
        watch.step();
    }
}

fn smallest_mu(
    iterate: &Iterate,
    instance: &Instance<'_>,
    kernel: &Kernel,
    settings: &Settings,
) -> f64 {
    let over = (&kernel.sums.expected - &instance.budgets()).map(|excess| excess.max(0.0));
    let by_tolerance = SLACK_SHARE * settings.tolerance() * LN_2;
    let marginal = iterate.flow.as_ref().zip(instance.marginal.as_ref());
    let off = marginal.map_or(0.0, |(flow, bounded)| flow.off(bounded, &kernel.output(&iterate.q)));
    let by_excess = EXCESS_SHARE * (iterate.s.dot(&over) + off);
    let mu = by_tolerance.max(by_excess) / iterate.pairs();
    // Never a target above today's mu for the budgets' sake alone.
    mu.min(iterate.complementarity().max(by_tolerance / iterate.pairs()))
}
