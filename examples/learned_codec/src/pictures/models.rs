//! The models of a picture by their L and lambda.

use crate::report::Row;
use rdc_theory::plot::{PlotError, Style};

/// No model has what the picture shows.
pub(super) const EMPTY: PlotError = PlotError::Empty { what: "models" };

/// Of the axes of the paper's Fig. 3: under dither, on the training images.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) mse: f64,
    pub(super) nll: f64,
    pub(super) bits: f64,
}

impl Measured {
    fn of(row: &Row) -> Self {
        let training = row.trained.training;
        Self { mse: training.mse, nll: training.nll, bits: row.bits }
    }

    fn is_finite(&self) -> bool {
        [self.mse, self.nll, self.bits].into_iter().all(f64::is_finite)
    }
}

/// Rows, and the values of L and lambda in them.
#[derive(Debug)]
pub(super) struct Models<'r> {
    rows: &'r [Row],
    levels: Vec<usize>,
    lambdas: Vec<f64>,
    /// The lowest: lines go through its models.
    seed: u64,
}

impl<'r> Models<'r> {
    pub(super) fn of(rows: &'r [Row]) -> Result<Self, PlotError> {
        let cells = || rows.iter().map(|row| row.trained.cell);
        let mut levels: Vec<usize> = cells().map(|cell| cell.levels).collect();
        levels.sort_unstable();
        levels.dedup();
        let mut lambdas: Vec<f64> = cells().map(|cell| cell.lambda).collect();
        lambdas.sort_by(f64::total_cmp);
        lambdas.dedup();
        let seed = cells().map(|cell| cell.seed).min().ok_or(EMPTY)?;
        Ok(Self { rows, levels, lambdas, seed })
    }

    /// In ascending order.
    pub(super) fn levels(&self) -> &[usize] {
        &self.levels
    }

    /// In ascending order.
    pub(super) fn lambdas(&self) -> &[f64] {
        &self.lambdas
    }

    /// The same in all pictures of the same models.
    pub(super) fn style_of(&self, levels: usize) -> Style {
        Style::of(self.levels.partition_point(|&other| other < levels))
    }

    /// Of all models.
    pub(super) fn measured(&self) -> impl Iterator<Item = Measured> + Clone {
        self.rows.iter().map(Measured::of).filter(Measured::is_finite)
    }

    /// Of the models of one lambda.
    pub(super) fn of_lambda(&self, lambda: f64) -> Curve {
        let of = |row: &Row| row.trained.cell.lambda == lambda;
        self.curve(of, |row| row.trained.cell.levels as f64)
    }

    /// Of the models of one L.
    pub(super) fn of_levels(&self, levels: usize) -> Curve {
        let of = |row: &Row| row.trained.cell.levels == levels;
        self.curve(of, |row| row.trained.cell.lambda)
    }

    /// The rows of the lowest seed by L and lambda.
    pub(super) fn of_first_seed(&self) -> Vec<&'r Row> {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| self.is_first(row)).collect();
        rows.sort_by(|a, b| {
            let [a, b] = [a, b].map(|row| row.trained.cell);
            a.levels.cmp(&b.levels).then(a.lambda.total_cmp(&b.lambda))
        });
        rows
    }

    fn is_first(&self, row: &Row) -> bool {
        row.trained.cell.seed == self.seed
    }

    fn curve(&self, of: impl Fn(&Row) -> bool, along: impl Fn(&Row) -> f64) -> Curve {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| of(row)).collect();
        rows.sort_by(|a, b| along(a).total_cmp(&along(b)));
        let measured = |row: &&Row| Some(Measured::of(row)).filter(Measured::is_finite);
        let first = rows.iter().filter(|row| self.is_first(row)).filter_map(measured);
        Curve { line: first.collect(), markers: rows.iter().filter_map(measured).collect() }
    }
}

/// Models that have L or lambda in common.
#[derive(Debug)]
pub(super) struct Curve {
    /// The models of the lowest seed.
    pub(super) line: Vec<Measured>,
    /// Those of all seeds.
    pub(super) markers: Vec<Measured>,
}
