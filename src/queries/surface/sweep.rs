//! The computation of a surface.
//!
//! Most of a grid is known from its margins: where the best channel for the first budget alone meets the second it is the best
//! for both, and so is the best channel for the second alone where it meets the first, all with the other budgets fixed. What
//! remains is solved along each row from the largest first budget down, every point from the one before. A row depends on
//! nothing but its own budgets and the margins, whoever computes it. (D and E below are the first and the second budget.)

use super::grid::{Cell, Surface, axis};
use crate::error::RdcError;
use crate::feasibility::frontier;
use crate::feasibility::frontier::Polyline;
use crate::functions::rdc::Rdc;
use crate::model::problem::Problem;
use crate::result::point::SurfacePoint;
use crate::result::settings::Settings;
use crate::result::solution::Status;
use crate::solver::run::warm_start::Near;
use crate::validate;
use nalgebra::DVector;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

const UNLIMITED: f64 = f64::INFINITY;

/// Second budgets this far below the frontier are left to the frontier, closer ones to the solver, which knows the rounding.
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
    problem: &'a Problem,
    axes: [usize; 2],
    first: &'a [f64],
    second: &'a [f64],
    /// All budgets; those at the axes vary.
    budgets: Vec<f64>,
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

impl Problem {
    /// The rate at every pair of a list of budgets of one constraint and a list of another, by the default [`Settings`].
    ///
    /// Pairs that no channel meets are [`Cell::Infeasible`].
    ///
    /// # Errors
    /// As for [`Problem::sweep`].
    pub fn surface(
        &self,
        axes: [usize; 2],
        first: &[f64],
        second: &[f64],
        budgets: &[f64],
    ) -> Result<Surface, RdcError> {
        self.sweep(axes, first, second, budgets)?.run(|_| ControlFlow::Continue(()))
    }

    /// A surface to be computed with settings, in shards, or under observation: over the budgets of the constraints `axes`, by
    /// their indices, the others fixed.
    ///
    /// `first` and `second` are strictly increasing, the last possibly `+inf`, and negative only for costs with negative
    /// entries; `budgets` holds one budget for each constraint, of which
    /// those at `axes` are not read.
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector};
    /// use rdc_theory::Problem;
    /// use std::ops::ControlFlow;
    /// let cost = |entries: [f64; 4]| DMatrix::from_row_slice(2, 2, &entries);
    /// let problem = Problem::new(DVector::from_vec(vec![0.7, 0.3]), 2)?
    ///     .with_cost("distortion", cost([0.0, 1.0, 1.0, 0.0]))?
    ///     .with_cost("ones sent", cost([0.0, 1.0, 0.0, 1.0]))?
    ///     .with_cost("ones lost", cost([0.0, 0.0, 1.0, 0.0]))?;
    /// let budgets = [f64::NAN, 0.2, f64::NAN];
    /// let sweep = problem.sweep([0, 2], &[0.1, 0.2, 0.3], &[0.15, 0.25], &budgets)?;
    /// let surface = sweep.run(|_| ControlFlow::Continue(()))?;
    /// assert_eq!(surface.names(), ["distortion", "ones lost"]);
    /// assert_eq!(surface.fixed(), [("ones sent".to_owned(), 0.2)]);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// Axes that are equal, or not below the count of constraints; an empty list, another count of budgets; a budget that is
    /// NaN, negative for a cost without negative entries, or in a list not above the one before it.
    pub fn sweep<'a>(
        &'a self,
        axes: [usize; 2],
        first: &'a [f64],
        second: &'a [f64],
        budgets: &[f64],
    ) -> Result<Sweep<'a>, RdcError> {
        for (k, &index) in axes.iter().enumerate() {
            self.check_index(&format!("axes[{k}]"), index)?;
        }
        let rule = "the second axis must differ from the first";
        validate::scalar("axes[1]", axes[1] as f64, rule, axes[0] != axes[1])?;
        axis("first", first, |name, budget| self.check_budget(name, axes[0], budget))?;
        axis("second", second, |name, budget| self.check_budget(name, axes[1], budget))?;
        let mut budgets = budgets.to_vec();
        for k in axes {
            if let Some(varying) = budgets.get_mut(k) {
                *varying = UNLIMITED;
            }
        }
        self.check_budgets(&budgets)?;
        let settings = Settings::default();
        Ok(Sweep { problem: self, axes, first, second, budgets, settings, shard: (0, 1) })
    }
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
        let axes = [Self::DISTORTION, Self::ERROR];
        let check = |k| move |name: &str, budget| self.problem().check_budget(name, k, budget);
        axis("distortions", distortions, check(axes[0]))?;
        axis("errors", errors, check(axes[1]))?;
        self.problem().sweep(axes, distortions, errors, &[UNLIMITED; 2])
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
        validate::scalar("index", index as f64, rule, index < count)?;
        Ok(Self { shard: (index, count), ..self })
    }

    /// Computes the surface on all threads of the current rayon pool.
    ///
    /// `observer` is called after each row, in whatever order they are done, and ends the sweep by `ControlFlow::Break(())`:
    /// rows not done by then are [`Cell::Missing`].
    ///
    /// # Errors
    /// None that [`Problem::sweep`] and the constructors have not told already.
    pub fn run(
        &self,
        observer: impl FnMut(&SweepProgress) -> ControlFlow<()> + Send,
    ) -> Result<Surface, RdcError> {
        let (index, count) = self.shard;
        let rows: Vec<usize> = (index..self.second.len()).step_by(count).collect();
        let report = Report::new(rows.len() * self.first.len(), observer);
        let alone = self.first.par_iter().map(|&d| self.solve(d, UNLIMITED, None));
        let margins = Margins {
            frontier: self.frontier(),
            by_first: alone
                .map(|solved| Ok(solved?.map(|found| found.point)))
                .collect::<Result<_, RdcError>>()?,
        };
        let computed: Vec<Option<Vec<Cell>>> = rows
            .par_iter()
            .map(|&row| self.row(row, &margins, &report))
            .collect::<Result<_, _>>()?;
        let width = self.first.len();
        let mut cells = vec![Cell::Missing; width * self.second.len()];
        for (row, computed) in rows.into_iter().zip(computed) {
            if let Some(computed) = computed {
                cells[row * width..(row + 1) * width].copy_from_slice(&computed);
            }
        }
        let names = self.axes.map(|k| self.problem.constraint_name(k));
        let others = (0..self.budgets.len()).filter(|k| !self.axes.contains(k));
        let fixed = others.map(|k| (self.problem.constraint_name(k).to_owned(), self.budgets[k]));
        Surface::new(names, self.first.to_vec(), self.second.to_vec(), cells)?
            .with_fixed(fixed.collect())
    }

    /// Below it no channel meets both budgets, whatever the others.
    fn frontier(&self) -> Option<Polyline> {
        let [first, second] = self.axes;
        let are_costs = self.axes.iter().all(|&k| k < self.problem.costs.len());
        are_costs.then(|| frontier::feasible(self.problem, first, second))
    }

    /// The cells of one second budget; `None` if the sweep was stopped before.
    fn row(
        &self,
        row: usize,
        margins: &Margins,
        report: &Report<impl FnMut(&SweepProgress) -> ControlFlow<()> + Send>,
    ) -> Result<Option<Vec<Cell>>, RdcError> {
        if report.is_stopped() {
            return Ok(None);
        }
        let e = self.second[row];
        let mut cells = vec![Cell::Infeasible; self.first.len()];
        if let Some(alone) = self.solve(UNLIMITED, e, None)? {
            let by_second = alone.point;
            let mut last = alone;
            for (i, &d) in self.first.iter().enumerate().rev() {
                if margins.are_clearly_infeasible(d, e) {
                    continue;
                }
                if let Some(known) = margins.known(i, by_second, d, e) {
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
        let mut budgets = self.budgets.clone();
        (budgets[self.axes[0]], budgets[self.axes[1]]) = (d, e);
        let cold = || self.problem.solve_with(&budgets, &self.settings);
        let solved = match close {
            Some(Found { q, multipliers, .. }) => {
                match self.problem.solve_near(Near { q, multipliers }, &budgets, &self.settings) {
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
            Ok(solution) => Ok(Some(Found {
                point: SurfacePoint::along(&solution, self.axes),
                multipliers: solution.constraints.iter().map(|c| c.multiplier).collect(),
                q: solution.certificate,
            })),
            Err(RdcError::Infeasible(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What is kept of a solution: its point, and from where a neighbour may start. Channels are large.
struct Found {
    point: SurfacePoint,
    /// Of all constraints.
    multipliers: Vec<f64>,
    q: DVector<f64>,
}

/// What a row takes from outside of it.
struct Margins {
    frontier: Option<Polyline>,
    /// The rates without the second budget.
    by_first: Vec<Option<SurfacePoint>>,
}

impl Margins {
    fn are_clearly_infeasible(&self, d: f64, e: f64) -> bool {
        let least = self.frontier.as_ref().and_then(|frontier| frontier.second_at(d));
        least.is_some_and(|least| e < least - CLEARLY)
    }

    /// The point at the i-th first budget d and the second e, if the best channel for one of the two alone meets both.
    ///
    /// With one multiplier 0, the bounds of that channel's rate do not depend on the budget which it meets.
    fn known(&self, i: usize, by_second: SurfacePoint, d: f64, e: f64) -> Option<SurfacePoint> {
        let by_first = self.by_first[i].filter(|point| point.achieved[1] <= e);
        let by_second = Some(by_second).filter(|point| point.achieved[0] <= d);
        by_second.or(by_first).filter(|point| point.status == Status::Certified)
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
