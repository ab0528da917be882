//! What a method hands back: a channel, a lower bound, and the multipliers that prove it.

use crate::model::cost::Allowed;
use crate::numerics::compensated::TwoFold;
use crate::numerics::double_double::DoubleDouble;
use crate::subproblem::instance::Instance;
use crate::subproblem::left_out::{self, Purpose};
use crate::subproblem::output_constraint::Potential;
use nalgebra::{DMatrix, DVector};

/// What a method hands back, in nats and scaled costs.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// m x n, within the budgets.
    pub(crate) channel: DMatrix<f64>,
    pub(crate) lower_nats: f64,
    pub(crate) dual: Dual,
    pub(crate) ended: Ended,
    /// The two bounds in nats with the digits that the method in double-double has of them.
    pub(crate) fine: Option<[DoubleDouble; 2]>,
}

/// The pair (q, s) that proves a lower bound.
#[derive(Debug, Clone)]
pub(crate) struct Dual {
    pub(crate) q: DVector<f64>,
    pub(crate) s: DVector<f64>,
    /// Where the output marginal is constrained.
    pub(crate) potential: Option<Potential>,
}

impl Outcome {
    /// Brings what proves the bound into the form in which it is published, and the bound with it: letters that are let in
    /// again may have raised the price, at which rounding that has put the budget above the smallest one is paid for.
    pub(crate) fn publish(&mut self, instance: &Instance<'_>, allowed: &Allowed) {
        let toll = |dual: &Dual| {
            let at = instance.marginal.as_ref().zip(dual.potential.as_ref());
            at.map_or(0.0, |(bounded, potential)| bounded.toll(potential))
        };
        let before = toll(&self.dual);
        self.dual.publish(instance, allowed);
        let lost = (toll(&self.dual) - before).max(0.0);
        self.lower_nats -= lost;
        if let Some([lower, _]) = &mut self.fine {
            *lower = *lower - DoubleDouble::from(lost);
        }
    }
}

impl Dual {
    /// Makes q a pmf on the letters that some channel may use, and lets the others' potential in.
    ///
    /// The bound that was proven stays what it is: it does not depend on the sum of q, nor on what q has of letters that no
    /// channel uses.
    fn publish(&mut self, instance: &Instance<'_>, allowed: &Allowed) {
        let used = instance.used_letters();
        self.q.iter_mut().zip(used).filter(|(_, used)| !used).for_each(|(q, _)| *q = 0.0);
        let total = TwoFold::of(&self.q).total();
        if total > 0.0 {
            self.q /= total;
        }
        let s = &self.s;
        let let_in =
            |potential| left_out::let_in(instance, allowed, s, potential, Purpose::Bound(&self.q));
        self.potential = self.potential.take().map(let_in);
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Ended {
    Certified,
    IterationLimit,
    TimeLimit,
    Stopped,
    Stalled,
    /// Multipliers and a potential separate the budgets from what channels can meet, by so many nats.
    Infeasible(f64),
}
