//! What models and quantities are called.

use crate::cell::Cell;

pub(super) const MSE: &str = "MSE: squared error over 784 pixels";
pub(super) const NLL: &str = "NLL: nats per image";
pub(super) const RATE: &str = "rate d log₂ L, bits per image";

/// The paper's Fig. 3.
pub(super) const TRADEOFF: &str =
    "Distortion loss, classification loss and rate on the training set, under dither";

pub(super) fn model(cell: Cell) -> String {
    format!("{}, {}", of_levels(cell.levels), of_lambda(cell.lambda))
}

pub(super) fn of_levels(levels: usize) -> String {
    format!("L = {levels}")
}

pub(super) fn of_lambda(lambda: f64) -> String {
    format!("λ = {lambda}")
}
