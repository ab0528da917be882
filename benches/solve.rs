//! What one certified point costs, in units of one nalgebra product of two n x n matrices timed in the same run.
//!
//! ```text
//! cargo bench --bench solve
//! ```
//!
//! The tables at the end are the figures to quote: seconds depend on the machine, the ratio hardly does.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and reports")]

mod common;
#[path = "../tests/common/random.rs"]
mod random;

use common::{measured, median, mixture, points, seconds};
use criterion::{BenchmarkId, Criterion};
use random::Random;
use rdc_theory::Problem;
use rdc_theory::nalgebra::{DMatrix, DVector};
use std::hint::black_box;

const SIZES: [usize; 4] = [32, 64, 256, 1024];

/// Pairs of timings behind each ratio of the table; their medians are compared.
const PAIRS: usize = 9;

/// Small problems without structure, half of them with one cost and half with two.
const RANDOM_PROBLEMS: u64 = 20;

/// Their letters, of the source and of the reproduction.
const RANDOM_SIZE: usize = 64;

/// Timings of each, of which the least counts: of a millisecond, what is on top of it comes from the machine.
const RANDOM_TIMINGS: usize = 25;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    time_each(&mut criterion);
    criterion.final_summary();
    if measured() {
        print_units();
        print_random_units();
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

fn print_random_units() {
    let factor = factor(RANDOM_SIZE);
    let units: Vec<f64> = (0..RANDOM_PROBLEMS)
        .map(|seed| {
            let (problem, budgets) = random_problem(seed);
            let product = least_seconds(|| drop(black_box(&factor * &factor)));
            let solve = least_seconds(|| drop(black_box(problem.solve(&budgets).unwrap())));
            solve / product
        })
        .collect();
    let mean = units.iter().sum::<f64>() / units.len() as f64;
    let median = median(units);
    println!(
        "\n{RANDOM_PROBLEMS} random problems, n = m = {RANDOM_SIZE}: {mean:.1} units in the mean, {median:.1} in the median"
    );
}

/// Uniform costs, and budgets between the least that can be met and what needs no rate.
fn random_problem(seed: u64) -> (Problem, Vec<f64>) {
    let random = &mut Random::new(64, seed);
    let n = RANDOM_SIZE;
    let weights = DVector::from_fn(n, |_, _| random.between(0.2, 1.2));
    let mut problem = Problem::new(&weights / weights.sum(), n).unwrap();
    let mut budgets = Vec::new();
    for name in ["first", "second"].into_iter().take(1 + (seed % 2) as usize) {
        problem = problem.with_cost(name, random.matrix(n, n)).unwrap();
        budgets.push(random.between(0.15, 0.3));
    }
    (problem, budgets)
}

fn least_seconds(mut run: impl FnMut()) -> f64 {
    (0..RANDOM_TIMINGS).map(|_| seconds(&mut run)).fold(f64::INFINITY, f64::min)
}
