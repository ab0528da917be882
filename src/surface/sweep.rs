//! The computation of a surface.
//!
//! Most of a grid is known from its margins: where the best channel for D alone meets E it is the best for both, and so is the
//! best channel for E alone where it meets D. What remains is solved along each row from the largest D down, every point from
//! the one before. A row depends on nothing but its own budgets and the margins, whoever computes it.

use super::grid::axis;
use super::{Cell, Surface, SurfacePoint};
use crate::solver::Near;
use crate::{Polyline, Rdc, RdcError, Settings, Status, check};
use nalgebra::DVector;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

const UNLIMITED: f64 = f64::INFINITY;

/// Error budgets this far below the frontier are left to the frontier, closer ones to the solver, which knows the rounding.
const CLEARLY: f64 = 1e-9;

/// A surface to be computed: which budgets, how precisely, which part of it.
///
/// Whatever part is computed, and by however many threads, each cell is the same to the last bit. (A time limit in the
/// settings breaks this.)
///
/// ```
/// use rdc_theory::nalgebra::{DMatrix, DVector};
/// use rdc_theory::{Cell, Classifier, Distortion, Rdc, Source, Surface};
/// use std::ops::ControlFlow;
///
/// let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
/// let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
/// let rdc = Rdc::new(&source, Distortion::hamming(2)?, &Classifier::hard(&[0, 1])?)?;
/// let (distortions, errors) = ([0.05, 0.1, f64::INFINITY], [0.1, 0.15, 0.2]);
///
/// let surface = rdc.surface(&distortions, &errors)?;
/// assert_eq!(surface.cell(0, 0), Some(&Cell::Infeasible));
/// let point = surface.cell(1, 2).and_then(Cell::point).ok_or("no rate")?;
/// assert!(point.gap() <= 1e-9);
///
/// // One machine of three, with a word after every row.
/// let sweep = rdc.sweep(&distortions, &errors)?.with_shard(0, 3)?;
/// let part = sweep.run(|progress| {
///     eprintln!("{} of {} cells", progress.done, progress.cells);
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!((part.row(0), part.cell(0, 1)), (surface.row(0), Some(&Cell::Missing)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// Pairs that no channel meets are [`Cell::Infeasible`].
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

    /// Computes the surface on all threads of the current rayon pool.
    ///
    /// `observer` is called after each row, in whatever order they are done, and ends the sweep by `ControlFlow::Break(())`:
    /// rows not done by then are [`Cell::Missing`].
    ///
    /// # Errors
    /// None that [`Rdc::sweep`] and the constructors have not told already.
    pub fn run(
        &self,
        observer: impl FnMut(&SweepProgress) -> ControlFlow<()> + Send,
    ) -> Result<Surface, RdcError> {
        let (index, count) = self.shard;
        let rows: Vec<usize> = (index..self.errors.len()).step_by(count).collect();
        let report = Report::new(rows.len() * self.distortions.len(), observer);
        let alone = self.distortions.par_iter().map(|&d| self.solve(d, UNLIMITED, None));
        let margins = Margins {
            frontier: self.rdc.feasible_frontier(),
            by_distortion: alone
                .map(|solved| Ok(solved?.map(|found| found.point)))
                .collect::<Result<_, RdcError>>()?,
        };
        let computed: Vec<Option<Vec<Cell>>> = rows
            .par_iter()
            .map(|&row| self.row(row, &margins, &report))
            .collect::<Result<_, _>>()?;
        let width = self.distortions.len();
        let mut cells = vec![Cell::Missing; width * self.errors.len()];
        for (row, computed) in rows.into_iter().zip(computed) {
            if let Some(computed) = computed {
                cells[row * width..(row + 1) * width].copy_from_slice(&computed);
            }
        }
        Surface::new(self.distortions.to_vec(), self.errors.to_vec(), cells)
    }

    /// The cells of one error budget; `None` if the sweep was stopped before.
    fn row(
        &self,
        row: usize,
        margins: &Margins,
        report: &Report<impl FnMut(&SweepProgress) -> ControlFlow<()> + Send>,
    ) -> Result<Option<Vec<Cell>>, RdcError> {
        if report.is_stopped() {
            return Ok(None);
        }
        let e = self.errors[row];
        let mut cells = vec![Cell::Infeasible; self.distortions.len()];
        if let Some(alone) = self.solve(UNLIMITED, e, None)? {
            let by_error = alone.point;
            let mut last = alone;
            for (i, &d) in self.distortions.iter().enumerate().rev() {
                if margins.are_clearly_infeasible(d, e) {
                    continue;
                }
                if let Some(known) = margins.known(i, by_error, d, e) {
                    cells[i] = Cell::Solved(known);
                } else if let Some(found) = self.solve(d, e, Some(&last))? {
                    cells[i] = Cell::Solved(found.point);
                    last = found;
                }
            }
        }
        report.row_done(cells.len());
        Ok(Some(cells))
    }

    /// The rate at one pair of budgets, from that of others close by where there is one; `None` where it is infinite.
    fn solve(&self, d: f64, e: f64, close: Option<&Found>) -> Result<Option<Found>, RdcError> {
        let cold = || self.rdc.solve_with(d, e, &self.settings);
        let solved = match close {
            Some(Found { point, q }) => {
                let near = Near { q, multipliers: &point.multipliers };
                match self.rdc.problem().solve_near(near, &[d, e], &self.settings) {
                    // A start from a neighbour may lead nowhere.
                    Ok(near) if matches!(near.status, Status::IterationLimit | Status::Stalled) => {
                        cold().map(|cold| if cold.gap() < near.gap() { cold } else { near })
                    }
                    near => near,
                }
            }
            None => cold(),
        };
        match solved {
            Ok(solution) => {
                Ok(Some(Found { point: SurfacePoint::from(&solution), q: solution.certificate }))
            }
            Err(RdcError::Infeasible(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What is kept of a solution: its point, and the output pmf from which a neighbour may start. Channels are large.
struct Found {
    point: SurfacePoint,
    q: DVector<f64>,
}

/// What a row takes from outside of it.
struct Margins {
    frontier: Polyline,
    /// The rates without an error budget.
    by_distortion: Vec<Option<SurfacePoint>>,
}

impl Margins {
    fn are_clearly_infeasible(&self, d: f64, e: f64) -> bool {
        self.frontier.second_at(d).is_some_and(|least| e < least - CLEARLY)
    }

    /// The point at the i-th distortion d and error e, if the best channel for one of the two alone meets both.
    ///
    /// With one multiplier 0, the bounds of that channel's rate do not depend on the budget which it meets.
    fn known(&self, i: usize, by_error: SurfacePoint, d: f64, e: f64) -> Option<SurfacePoint> {
        let by_distortion = self.by_distortion[i].filter(|point| point.achieved[Rdc::ERROR] <= e);
        let by_error = Some(by_error).filter(|point| point.achieved[Rdc::DISTORTION] <= d);
        by_error.or(by_distortion).filter(|point| point.status == Status::Certified)
    }
}

/// Tells the observer, one row at a time.
struct Report<F> {
    state: Mutex<(SweepProgress, F)>,
    stopped: AtomicBool,
}

impl<F: FnMut(&SweepProgress) -> ControlFlow<()>> Report<F> {
    fn new(cells: usize, observer: F) -> Self {
        let progress = SweepProgress { done: 0, cells };
        Self { state: Mutex::new((progress, observer)), stopped: AtomicBool::new(false) }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn row_done(&self, cells: usize) {
        // A lock is poisoned by an observer that panicked: it is not called again.
        let Ok(mut state) = self.state.lock() else { return };
        let (progress, observer) = &mut *state;
        progress.done += cells;
        if observer(progress).is_break() {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }
}
