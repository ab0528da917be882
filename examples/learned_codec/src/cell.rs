//! Which codec: a cell of the grid.

use crate::codec::DIMENSION;
use serde::{Deserialize, Serialize};

/// What distinguishes the models of one run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// L.
    pub levels: usize,
    /// lambda of (23), the weight of the squared error.
    pub lambda: f64,
    /// Of initial parameters, order of images and dither.
    pub seed: u64,
}

impl Cell {
    /// What its files are called.
    #[must_use]
    pub fn name(&self) -> String {
        format!("L{}-lambda{}-seed{}", self.levels, self.lambda, self.seed)
    }

    /// d log2 L, bits per image.
    #[must_use]
    pub fn bits(&self) -> f64 {
        DIMENSION as f64 * (self.levels as f64).log2()
    }
}
