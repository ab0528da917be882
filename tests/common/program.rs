//! Programs for Clarabel, an independent oracle.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};

/// What Clarabel reaches on most programs, and on all of those with a perception.
pub(crate) const TIGHT: f64 = 1e-10;

/// A linear program with exponential cones, `min objective.v` over `b - A v` in the cones, row by row.
#[derive(Default)]
pub(crate) struct ConeProgram {
    rows: Vec<usize>,
    columns: Vec<usize>,
    values: Vec<f64>,
    b: Vec<f64>,
}

impl ConeProgram {
    /// Appends the row `b - sum a v`, which the next cone takes.
    pub(crate) fn push(&mut self, terms: impl IntoIterator<Item = (usize, f64)>, b: f64) {
        for (column, a) in terms {
            self.rows.push(self.b.len());
            self.columns.push(column);
            self.values.push(a);
        }
        self.b.push(b);
    }

    /// The number of rows.
    pub(crate) fn height(&self) -> usize {
        self.b.len()
    }

    /// The least value of `objective`.
    pub(crate) fn least(
        self,
        objective: &[f64],
        cones: &[SupportedConeT<f64>],
        tolerance: f64,
    ) -> f64 {
        let a = CscMatrix::new_from_triplets(
            self.b.len(),
            objective.len(),
            self.rows,
            self.columns,
            self.values,
        );
        let settings = DefaultSettings {
            verbose: false,
            tol_gap_abs: tolerance,
            tol_gap_rel: tolerance,
            tol_feas: tolerance,
            ..DefaultSettings::default()
        };
        let quadratic = CscMatrix::zeros((objective.len(), objective.len()));
        let mut solver =
            DefaultSolver::new(&quadratic, objective, &a, &self.b, cones, settings).unwrap();
        solver.solve();
        let status = solver.solution.status;
        // It reaches 1e-10 or says so; less is asked only where its last digits are not needed.
        let almost = tolerance > TIGHT && status == SolverStatus::AlmostSolved;
        assert!(almost || status == SolverStatus::Solved, "{status:?}");
        solver.solution.obj_val
    }
}
