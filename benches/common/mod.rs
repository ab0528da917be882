//! The Gaussian mixture that the benchmarks solve, at which budgets, and how they take times.

#![allow(dead_code, reason = "each benchmark uses its part")]

use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Classifier, Distortion, Rdc, RdcError, Source};
use statrs::distribution::{Continuous, Normal};
use std::hint::black_box;
use std::time::Instant;

/// Budgets as (name, D, E above the smallest); infinite leaves a constraint out.
const POINTS: [(&str, f64, f64); 4] = [
    ("distortion only", 0.05, f64::INFINITY),
    ("both, D tight", 0.3, 0.02),
    ("both, E tight", 0.3, 0.002),
    ("classification only", f64::INFINITY, 0.03),
];

/// The grid covers \[-SPAN, SPAN\].
const SPAN: f64 = 6.0;

/// Class means, with equal priors.
const MEANS: [f64; 4] = [-4.5, -1.5, 1.5, 4.5];

const DEVIATION: f64 = 0.9;

/// Four Gaussian classes on a grid of n points; squared error; c0 is the Bayes rule. The reproduction alphabet is the
/// same grid.
pub(crate) fn mixture(n: usize) -> Result<Rdc, RdcError> {
    let (source, distortion, classifier) = parts(n)?;
    Rdc::new(&source, distortion, &classifier)
}

/// What [`mixture`] is made of.
pub(crate) fn parts(n: usize) -> Result<(Source, Distortion, Classifier), RdcError> {
    let points: Vec<f64> = (0..n).map(|i| SPAN * ((2 * i + 1) as f64 / n as f64 - 1.0)).collect();
    let mut conditionals = DMatrix::from_fn(MEANS.len(), n, |class, x| {
        Normal::new(MEANS[class], DEVIATION).map_or(f64::NAN, |law| law.pdf(points[x]))
    });
    for mut row in conditionals.row_iter_mut() {
        let total = row.sum();
        row /= total;
    }
    let priors = DVector::from_element(MEANS.len(), 1.0 / MEANS.len() as f64);
    let source = Source::from_classes(priors, conditionals)?;
    let bayes: Vec<usize> =
        source.posterior().row_iter().map(|posterior| posterior.transpose().imax()).collect();
    let points = DMatrix::from_vec(n, 1, points);
    let distortion = Distortion::squared_error(&points, &points)?;
    Ok((source, distortion, Classifier::hard(&bayes)?))
}

/// Budgets as (name, D, E); infinite leaves a constraint out.
pub(crate) fn points(rdc: &Rdc) -> Result<[(&'static str, f64, f64); 4], RdcError> {
    let least = rdc.smallest_error(f64::INFINITY)?.unwrap_or(f64::NAN);
    Ok(POINTS.map(|(name, d, above)| (name, d, least + above)))
}

/// Whether tables are asked for: `cargo bench` passes --bench along with whatever only asks if the benchmark runs.
pub(crate) fn measured() -> bool {
    let asked = |flag: &str| std::env::args().any(|argument| argument == flag);
    asked("--bench") && !asked("--test") && !asked("--list")
}

pub(crate) fn seconds<T>(run: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(run());
    start.elapsed().as_secs_f64()
}

pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
