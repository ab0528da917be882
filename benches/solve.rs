//! What one certified point costs, in units of one nalgebra product of two n x n matrices timed in the same run.
//!
//! ```text
//! cargo bench --bench solve
//! ```
//!
//! The table at the end is the figure to quote: seconds depend on the machine, the ratio hardly does.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and reports")]

mod common;

use common::{measured, median, mixture, points, seconds};
use criterion::{BenchmarkId, Criterion};
use rdc_theory::nalgebra::DMatrix;
use std::hint::black_box;

const SIZES: [usize; 4] = [32, 64, 256, 1024];

/// Pairs of timings behind each ratio of the table; their medians are compared.
const PAIRS: usize = 9;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    time_each(&mut criterion);
    criterion.final_summary();
    if measured() {
        print_units();
    }
}

fn time_each(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gaussian mixture");
    for n in SIZES {
        let (rdc, factor) = (mixture(n).unwrap(), factor(n));
        group.bench_function(BenchmarkId::new("product", n), |bencher| {
            bencher.iter(|| black_box(&factor) * black_box(&factor));
        });
        for (name, d, e) in points(&rdc).unwrap() {
            group.bench_function(BenchmarkId::new(name, n), |bencher| {
                bencher.iter(|| rdc.solve(d, e).unwrap());
            });
        }
    }
    group.finish();
}

fn factor(n: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| ((7 * i + 3 * j) % 11) as f64)
}

fn print_units() {
    println!(
        "\n{:>5}  {:<20} {:>6} {:>9} {:>9} {:>8}",
        "n = m", "budgets", "units", "steps", "R, bits", "gap"
    );
    for n in SIZES {
        let (rdc, factor) = (mixture(n).unwrap(), factor(n));
        for (name, d, e) in points(&rdc).unwrap() {
            let solution = rdc.solve(d, e).unwrap();
            let pair = || (seconds(|| &factor * &factor), seconds(|| rdc.solve(d, e).unwrap()));
            let (products, solves): (Vec<f64>, Vec<f64>) = (0..PAIRS).map(|_| pair()).unzip();
            let units = median(solves) / median(products);
            println!(
                "{n:>5}  {name:<20} {units:>6.1} {:>9} {:>9.5} {:>8.1e}",
                solution.iterations,
                solution.rate,
                solution.gap()
            );
        }
    }
}
