//! The computation of a surface.

use super::grid::axis;
use super::{Cell, Surface, SurfacePoint};
use crate::{Rdc, RdcError, Settings, check};
use std::ops::ControlFlow;

/// A surface to be computed: which budgets, how precisely, which part of it.
///
/// Whatever part is computed, and by however many threads, each cell is the same to the last bit.
#[derive(Debug, Clone)]
pub struct Sweep<'a> {
    rdc: &'a Rdc,
    distortions: &'a [f64],
    errors: &'a [f64],
    settings: Settings,
    /// (index, count): every count-th row from the index-th on.
    shard: (usize, usize),
}

/// How far a sweep has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SweepProgress {
    /// Cells done.
    pub done: usize,
    /// Cells asked for.
    pub cells: usize,
}

impl Rdc {
    /// R(D,E) at every pair of the distortions and the errors, by the default [`Settings`].
    ///
    /// # Errors
    /// As for [`Rdc::sweep`].
    pub fn surface(&self, distortions: &[f64], errors: &[f64]) -> Result<Surface, RdcError> {
        self.sweep(distortions, errors)?.run(|_| ControlFlow::Continue(()))
    }

    /// A surface to be computed with settings, in shards, or under observation.
    ///
    /// Budgets lie in \[0, inf\], strictly increasing.
    ///
    /// # Errors
    /// An empty list; a budget that is negative, NaN, or not above the one before it.
    pub fn sweep<'a>(
        &'a self,
        distortions: &'a [f64],
        errors: &'a [f64],
    ) -> Result<Sweep<'a>, RdcError> {
        axis("distortions", distortions)?;
        axis("errors", errors)?;
        let settings = Settings::default();
        Ok(Sweep { rdc: self, distortions, errors, settings, shard: (0, 1) })
    }
}

impl Sweep<'_> {
    /// How each cell is solved.
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// Only every `count`-th row of cells, from the `index`-th on; the others are [`Cell::Missing`].
    ///
    /// # Errors
    /// `index >= count`.
    pub fn with_shard(self, index: usize, count: usize) -> Result<Self, RdcError> {
        let rule = "the index of a shard must be below the count of shards";
        check::scalar("index", index as f64, rule, index < count)?;
        Ok(Self { shard: (index, count), ..self })
    }

    /// Computes the surface; `observer` is called after each row, and ends the sweep by `ControlFlow::Break(())`: the cells
    /// that are not done are then [`Cell::Missing`].
    ///
    /// # Errors
    /// None that [`Rdc::sweep`] has not told already.
    pub fn run(
        &self,
        mut observer: impl FnMut(&SweepProgress) -> ControlFlow<()> + Send,
    ) -> Result<Surface, RdcError> {
        let (index, count) = self.shard;
        let width = self.distortions.len();
        let mut cells = vec![Cell::Missing; width * self.errors.len()];
        let rows = (index..self.errors.len()).step_by(count);
        let mut progress = SweepProgress { done: 0, cells: rows.len() * width };
        for row in rows {
            for (i, &d) in self.distortions.iter().enumerate() {
                cells[row * width + i] = self.cell(d, self.errors[row])?;
            }
            progress.done += width;
            if observer(&progress).is_break() {
                break;
            }
        }
        Surface::new(self.distortions.to_vec(), self.errors.to_vec(), cells)
    }

    fn cell(&self, d: f64, e: f64) -> Result<Cell, RdcError> {
        match self.rdc.solve_with(d, e, &self.settings) {
            Ok(solution) => Ok(Cell::Solved(SurfacePoint::from(&solution))),
            Err(RdcError::Infeasible(_)) => Ok(Cell::Infeasible),
            Err(error) => Err(error),
        }
    }
}
