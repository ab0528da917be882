//! What a certified point costs where matrices fill the memory: time in units of one nalgebra product, peak memory in
//! matrices.
//!
//! ```text
//! cargo bench --bench scale               # n = m = 1024
//! RDC_LONG=1 cargo bench --bench scale    # n = m = 4096, and 10,000 digits against 1,797
//! ```

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and reports")]

mod common;
#[path = "../examples/digits/data.rs"]
mod data;

use common::{measured, mixture, points, seconds};
use data::{CLASSES, Digits};
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::{Classifier, Distortion, Rdc, Settings, Source};

/// Images that the long run's source has, the digits again and again.
const IMAGES: usize = 10_000;

/// Bits.
const TOLERANCE: f64 = 1e-8;

/// Budgets for the digits: squared error a pixel, error rate.
const DIGITS: [(f64, f64); 2] = [(0.03, f64::INFINITY), (0.03, 0.15)];

fn main() {
    let long = std::env::var_os("RDC_LONG").is_some();
    let measured = measured();
    let n = match (measured, long) {
        (false, _) => 64,
        (true, false) => 1024,
        (true, true) => 4096,
    };
    measure_mixture(n);
    if measured && long {
        measure_digits();
    }
}

/// Solves before it times the product, whose own matrices would show in the peak.
fn measure_mixture(n: usize) {
    let rdc = mixture(n).unwrap();
    let rows = points(&rdc).unwrap().map(|(name, d, e)| (name.to_string(), solve(&rdc, d, e)));
    report(&format!("mixture, n = m = {n}"), (n, n), &rows);
}

fn measure_digits() {
    let digits = Digits::load().unwrap();
    let letters = digits.labels.len();
    let images =
        DMatrix::from_fn(IMAGES, digits.images.ncols(), |x, i| digits.images[(x % letters, i)]);
    let labels: Vec<usize> = (0..IMAGES).map(|x| digits.labels[x % letters]).collect();
    let source = Source::empirical(&labels, CLASSES).unwrap();
    let distortion = Distortion::squared_error(&images, &digits.images).unwrap();
    let distortion = distortion.scaled(1.0 / digits.images.ncols() as f64).unwrap();
    let classifier = Classifier::hard(&digits.nearest_mean()).unwrap();
    let rdc = Rdc::new(&source, distortion, &classifier).unwrap();
    let rows = DIGITS.map(|(d, e)| (format!("D = {d}, E = {e}"), solve(&rdc, d, e)));
    report(&format!("digits, n = {IMAGES}, m = {letters}"), (IMAGES, letters), &rows);
}

struct Run {
    seconds: f64,
    iterations: usize,
    rate: f64,
    gap: f64,
    /// Peak of the process so far in bytes, where the system tells.
    peak: Option<f64>,
}

fn solve(rdc: &Rdc, d: f64, e: f64) -> Run {
    let settings = Settings::default().with_tolerance(TOLERANCE).unwrap();
    let mut solution = None;
    let seconds = seconds(|| solution = Some(rdc.solve_with(d, e, &settings).unwrap()));
    let solution = solution.unwrap();
    Run {
        seconds,
        iterations: solution.iterations,
        rate: solution.rate,
        gap: solution.gap(),
        peak: peak(),
    }
}

fn report(title: &str, (n, m): (usize, usize), rows: &[(String, Run)]) {
    let (left, right) = (DMatrix::from_element(m, n, 0.5), DMatrix::from_element(n, m, 0.5));
    let unit = seconds(|| &left * &right);
    println!("\n{title}: a unit is {unit:.3} s");
    println!(
        "{:<22} {:>7} {:>9} {:>6} {:>9} {:>8} {:>9}",
        "budgets", "units", "seconds", "steps", "R, bits", "gap", "matrices"
    );
    for (name, run) in rows {
        let matrices =
            run.peak.map_or("-".into(), |peak| format!("{:.2}", peak / (8 * n * m) as f64));
        println!(
            "{name:<22} {:>7.2} {:>9.3} {:>6} {:>9.5} {:>8.1e} {matrices:>9}",
            run.seconds / unit,
            run.seconds,
            run.iterations,
            run.rate,
            run.gap
        );
    }
}

fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(1024.0 * line.split_whitespace().nth(1)?.parse::<f64>().ok()?)
}
