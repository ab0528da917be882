//! What a method hands back: a channel, a lower bound, and the multipliers that prove it.

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
}

/// The pair (q, s) that proves a lower bound.
#[derive(Debug, Clone)]
pub(crate) struct Dual {
    pub(crate) q: DVector<f64>,
    pub(crate) s: DVector<f64>,
    /// Where the output marginal is constrained.
    pub(crate) potential: Option<Potential>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Ended {
    Certified,
    IterationLimit,
    TimeLimit,
    Stopped,
    Stalled,
    /// A lower bound above every rate that a channel can have.
    Infeasible,
}
