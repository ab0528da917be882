//! What a method hands back: a channel, a lower bound, and the multipliers that prove it.

use super::combined_cost::Combined;
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
    /// A constraint that does not hold with equality although it was asked to.
    pub(crate) slack: Option<usize>,
}

/// The pair (q, s) that proves a lower bound.
#[derive(Debug, Clone)]
pub(crate) struct Dual {
    pub(crate) q: DVector<f64>,
    pub(crate) s: DVector<f64>,
    /// What edges made of the constraints, with multipliers of their own: steep ones, which would drown s.
    pub(crate) edges: Vec<(Combined, f64)>,
    /// Where the output marginal is constrained.
    pub(crate) potential: Option<Potential>,
}

impl Dual {
    /// Brings constraint k back, at no price.
    pub(crate) fn insert(&mut self, k: usize) {
        self.s = self.s.clone().insert_row(k, 0.0);
        for (edge, _) in &mut self.edges {
            edge.weights = edge.weights.clone().insert_row(k, 0.0);
        }
    }

    /// The multipliers of the constraints, with the edges' taken apart.
    pub(crate) fn multipliers(&self) -> DVector<f64> {
        let mut multipliers = self.s.clone();
        for (edge, steep) in &self.edges {
            multipliers.axpy(*steep, &edge.weights, 1.0);
        }
        multipliers
    }
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
