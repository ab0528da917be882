//! The primal-dual interior-point method on the saddle function, in any precision.
//!
//! ```text
//! R = min over q >= 0, max over s >= 0 of  L(q, s) + sum_y q_y - 1        convex in q, concave in s
//! 1 - c_y       = z_y >= 0,   z_y q_y = mu
//! D_k - E[d_k]  = r_k >= 0,   r_k s_k = mu
//! ```
//!
//! A constraint on the output marginal brings potentials and flows with products of their own:
//!
//! ```text
//! price c_e - (phi_from - phi_to) = u_e >= 0,   u_e f_e = mu                            for each way e
//! q_W(y) - target_y - (sum of f out of y) + (sum of f into y) = 0                       for each node
//! P - sum_e c_e f_e               = v >= 0,     v price = mu
//! ```
//!
//! The Kullback-Leibler divergence has no ways. What flows is the output pmf itself, `price log(f_y / target_y) = g_y`: as an
//! equation for g, which is almost linear, not for f, which is exponential.
//!
//! A step solves the Newton equations of these for a smaller mu. One factorisation serves two right-hand sides
//! (Mehrotra 1992): the first, with mu = 0, shows how far mu can fall and what second-order terms the step will meet;
//! the second is the step taken. Two safeguards make it reach strictly feasible problems:
//! the multipliers are centred for the output pmf at the start and wherever steps get short, and a step that makes the
//! residuals grow is shortened.

use super::direction::{Directions, Factors};
use super::iterate::Iterate;
use crate::numerics::real::{Real, largest, sum};
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::Ended;
use crate::subproblem::lagrangian::Lagrangian;
use crate::subproblem::network::Network;
use crate::subproblem::thresholds::{
    EXCESS_SHARE, GROWTH, MAX_HALVINGS, SHORT_STEP, SHORTEST_STEP, SLACK_SHARE,
};

/// What a precision brings to the method: how the Newton equations are solved, and what is kept of what the iterates show.
pub(crate) trait Precision<T: Real, L: Lagrangian<T>> {
    type Factors: Factors<T>;

    /// Steps within which residuals and products must have fallen by half.
    const PATIENCE: usize;

    /// The share of what the output pmf is off by, at its potential, that mu is not driven below.
    const OUTPUT_SHARE: f64;

    /// Whether multipliers are centred after short steps even where that leads the iterate further off.
    const CENTRES_ALWAYS: bool;

    /// What carries a constraint on the output pmf.
    fn network(&self) -> Option<&Network<T>>;

    /// Factors the Newton equations; `None` where they are singular to the precision.
    fn factor(&mut self, lagrangian: &mut L, at: &Iterate<T>) -> Option<Self::Factors>;

    /// Takes the bounds at an iterate, at which `lagrangian` has been evaluated, and says whether the run ends.
    fn observe(&mut self, lagrangian: &L, at: &Iterate<T>, watch: &mut Watch<'_>) -> Option<Ended>;

    /// Changes the problem after a step that was not short, and says whether it has.
    fn tighten(&mut self, _lagrangian: &mut L, _at: &Iterate<T>) -> bool {
        false
    }
}

/// Takes steps from an iterate, at which `lagrangian` has been evaluated, until the run ends.
pub(crate) fn descend<T: Real, L: Lagrangian<T>, P: Precision<T, L>>(
    precision: &mut P,
    lagrangian: &mut L,
    iterate: &mut Iterate<T>,
    watch: &mut Watch<'_>,
) -> Ended {
    let tolerance = T::from(watch.settings().tolerance_nats());
    let (mut least_merit, mut patience) = (f64::INFINITY, P::PATIENCE);
    let mut was_stuck = false;
    loop {
        if let Some(ended) = precision.observe(lagrangian, iterate, watch) {
            return ended;
        }
        let merit = iterate.merit(lagrangian, precision.network());
        patience = patience.saturating_sub(1);
        if merit.to_f64() < 0.5 * least_merit {
            (least_merit, patience) = (merit.to_f64(), P::PATIENCE);
        } else if patience == 0 && precision.network().is_none_or(|network| !network.is_smooth) {
            return Ended::Stalled;
        }
        let smallest_mu = smallest_mu::<_, L, P>(precision, lagrangian, iterate, tolerance);
        let Some(factors) = precision.factor(lagrangian, iterate) else { return Ended::Stalled };
        let network = precision.network();
        let directions = Directions::new(iterate, factors, lagrangian, network);
        let (target, mut direction, mut length) =
            predict(lagrangian, iterate, &directions, smallest_mu);
        // Multipliers that are centred once more may leave the boundary.
        let is_stuck = !(length.to_f64() > SHORTEST_STEP);
        if is_stuck && was_stuck {
            return Ended::Stalled;
        }
        was_stuck = is_stuck;
        let mut halvings = 0;
        let next = loop {
            let next = iterate.moved(length, &direction);
            move_to(lagrangian, &next);
            let grown = next.merit(lagrangian, network);
            if grown <= T::from(GROWTH) * merit + tolerance || halvings == MAX_HALVINGS {
                break next;
            }
            if halvings == 0 {
                direction = directions.towards(target, None);
                length = iterate.longest_step(lagrangian, &direction);
            } else {
                length = length * T::from(0.5);
            }
            halvings += 1;
        };
        *iterate = next;
        if length.to_f64() < SHORT_STEP {
            recentre::<_, L, P>(lagrangian, iterate, network, tolerance);
        } else if precision.tighten(lagrangian, iterate) {
            (least_merit, patience) = (f64::INFINITY, P::PATIENCE);
        }
        watch.step();
    }
}

/// Centres the multipliers, where that brings the iterate no further off: where the output pmf hardly has the letters that the budgets
/// want, the multipliers that are best for it are far too large.
fn recentre<T: Real, L: Lagrangian<T>, P: Precision<T, L>>(
    lagrangian: &mut L,
    iterate: &mut Iterate<T>,
    network: Option<&Network<T>>,
    tolerance: T,
) {
    let merit = iterate.merit(lagrangian, network);
    let mut centred = iterate.clone();
    centred.centre(lagrangian, iterate.complementarity());
    let is_closer = centred.merit(lagrangian, network) <= T::from(GROWTH) * merit + tolerance;
    if is_closer || P::CENTRES_ALWAYS {
        *iterate = centred;
    } else {
        move_to(lagrangian, iterate);
    }
}

/// The products that the next step is to reach, its direction and its length.
fn predict<T: Real, F: Factors<T>>(
    lagrangian: &impl Lagrangian<T>,
    iterate: &Iterate<T>,
    directions: &Directions<'_, T, F>,
    smallest_mu: T,
) -> (T, Iterate<T>, T) {
    let mu = iterate.complementarity();
    let affine = directions.towards(T::ZERO, None);
    let reachable =
        iterate.moved(iterate.longest_step(lagrangian, &affine), &affine).complementarity();
    let ratio = reachable / mu;
    let target = (ratio * ratio * ratio * mu).max(smallest_mu);
    let direction = directions.towards(target, Some(&affine));
    let length = iterate.longest_step(lagrangian, &direction);
    if !(length.to_f64() >= SHORT_STEP) {
        let plain = directions.towards(target, None);
        let longer = iterate.longest_step(lagrangian, &plain);
        if !(longer <= length) {
            return (target, plain, longer);
        }
    }
    (target, direction, length)
}

/// Evaluates the Lagrangian at an iterate.
pub(crate) fn move_to<T: Real>(lagrangian: &mut impl Lagrangian<T>, iterate: &Iterate<T>) {
    lagrangian.set_potential(&iterate.phi, iterate.price());
    lagrangian.evaluate(&iterate.letters.value, &iterate.costs.value);
}

/// What mu is not driven below: a share of the tolerance, and of what the budgets and the output pmf are still off by, in nats.
fn smallest_mu<T: Real, L: Lagrangian<T>, P: Precision<T, L>>(
    precision: &P,
    lagrangian: &L,
    iterate: &Iterate<T>,
    tolerance: T,
) -> T {
    let (s, sums, budgets) = (&iterate.costs.value, lagrangian.sums(), lagrangian.budgets());
    let over = |k: usize| s[k] * (sums.expected[k] - budgets[k]).max(T::ZERO);
    let mut off = T::from(EXCESS_SHARE) * sum((0..s.len()).map(over));
    if let Some(network) = precision.network() {
        let (flows, output) = (&iterate.flows.value, &iterate.output);
        let missing = network.missing(&sums.output(&iterate.letters.value), flows, output);
        let farthest = largest(iterate.phi.iter().map(|phi| phi.abs()));
        let missing = farthest * sum(missing.iter().map(|miss| miss.abs()));
        let over = (network.spent(flows, output) - network.budget).max(T::ZERO);
        off = off + T::from(P::OUTPUT_SHARE) * (missing + iterate.price() * over);
    }
    // Never a target above today's mu for the budgets' sake alone.
    (T::from(SLACK_SHARE) * tolerance).max(off.min(iterate.products())) / iterate.count()
}
