//! R(D,E) over a grid of budgets.

mod grid;
mod sweep;

pub use grid::{Cell, Surface, SurfacePoint};
pub use sweep::{Sweep, SweepProgress};
