//! The rate over a grid of two budgets.

mod csv;
mod grid;
mod merge;
mod sweep;

pub use grid::{Cell, Surface, SurfacePoint};
pub use sweep::{Sweep, SweepProgress};
