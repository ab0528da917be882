//! What a restoration returns.

use crate::result::solution::Status;
use nalgebra::{DMatrix, DVector};

/// A certified value of P(D), C(D,P) or the smallest D, and the restoration that attains its upper end.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RestorationSolution {
    /// The upper bound: what the channel achieves.
    pub value: f64,
    /// The lower bound, `0 <= lower <= value`.
    pub lower: f64,
    /// `p(x^|y)`, o x m, rows sum to 1.
    pub channel: DMatrix<f64>,
    /// Its output pmf, length m.
    pub output: DVector<f64>,
    /// `E[Delta]` of the channel.
    pub distortion: f64,
    /// The divergence of the output from the target.
    pub perception: f64,
    /// The classification error rate, with a classifier.
    pub error: Option<f64>,
    /// The multipliers \[s, lambda\] of distortion and perception that prove the lower bound, `>= 0`; lambda is
    /// `+inf` at P = 0 for the Kullback-Leibler divergence, which is flat there.
    pub multipliers: [f64; 2],
    /// The potentials g on the output letters that prove it, length m.
    pub potentials: DVector<f64>,
    /// [`Status::Certified`] if the bracket is at most 1e-8 wide for each unit of the largest finite cost, error or ground
    /// distance, [`Status::Inconsistent`] if the bounds contradict each other by more than rounding explains (`lower` is then 0
    /// and `value` is `+inf`), else [`Status::Stalled`].
    pub status: Status,
    /// Iterations of the cone solver, in all programs that were needed.
    pub iterations: u32,
}
