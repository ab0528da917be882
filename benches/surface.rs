//! What a surface of 50 x 50 points costs, beside its points solved one by one, and on two threads beside one.
//!
//! ```text
//! cargo bench --bench surface
//! ```
//!
//! The table at the end is the figure to quote: medians of ratios within one run.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and reports")]

mod common;

use common::{measured, median, mixture, seconds};
use criterion::Criterion;
use rayon::ThreadPool;
use rdc_theory::{Cell, Rdc, RdcError, Regime};
use std::hint::black_box;

const LETTERS: usize = 64;
const STEPS: usize = 50;

/// Runs of each kind behind the table.
const RUNS: usize = 5;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let rdc = mixture(LETTERS).unwrap();
    // A small surface, so that criterion's many runs end soon.
    let (distortions, errors) = grid(&rdc, 10);
    criterion.bench_function("surface, 10 x 10", |bencher| {
        bencher.iter(|| rdc.surface(black_box(&distortions), black_box(&errors)).unwrap());
    });
    criterion.final_summary();
    if measured() {
        print_ratios(&rdc);
    }
}

/// Budgets from the frontier's corner to where neither costs rate: a tenth of the way beyond in either direction.
fn grid(rdc: &Rdc, steps: usize) -> (Vec<f64>, Vec<f64>) {
    let (least, most) = (rdc.feasible_frontier(), rdc.zero_rate_frontier().unwrap());
    let between = |low: f64, high: f64| {
        let span = 1.1 * (high - low);
        (0..steps).map(|i| low + span * i as f64 / (steps - 1) as f64).collect()
    };
    let errors = between(0.9 * least.smallest_second(), most.smallest_second());
    (between(least.smallest_first(), most.smallest_first()), errors)
}

fn print_ratios(rdc: &Rdc) {
    let (distortions, errors) = grid(rdc, STEPS);
    let surface = rdc.surface(&distortions, &errors).unwrap();
    let count = |holds: &dyn Fn(&Cell) -> bool| surface.iter().filter(|cell| holds(cell.2)).count();
    println!("\n{STEPS} x {STEPS} points, n = m = {LETTERS}");
    for regime in Regime::ALL {
        let of = |cell: &Cell| cell.point().is_some_and(|point| point.regime == regime);
        println!("{:>5} {}", count(&of), regime.named(["distortion", "classification"]));
    }
    println!("{:>5} infeasible", count(&|cell| *cell == Cell::Infeasible));
    let [one, two] = [1, 2].map(pool);
    let runs = (0..RUNS).map(|_| {
        let swept = |pool: &ThreadPool| {
            pool.install(|| seconds(|| rdc.surface(&distortions, &errors).unwrap()))
        };
        [
            one.install(|| seconds(|| one_by_one(rdc, &distortions, &errors))),
            swept(&one),
            swept(&two),
        ]
    });
    let runs: Vec<[f64; 3]> = runs.collect();
    let time = |k: usize| median(runs.iter().map(|run| run[k]).collect());
    let ratio = |a: usize, b: usize| median(runs.iter().map(|run| run[a] / run[b]).collect());
    println!("one by one, one thread   {:>8.3} s", time(0));
    println!("surface, one thread      {:>8.3} s, {:.3} of one by one", time(1), ratio(1, 0));
    println!("surface, two threads     {:>8.3} s, {:.2} times as fast", time(2), ratio(1, 2));
}

fn one_by_one(rdc: &Rdc, distortions: &[f64], errors: &[f64]) {
    for (&d, &e) in errors.iter().flat_map(|e| distortions.iter().map(move |d| (d, e))) {
        match rdc.solve(d, e) {
            Ok(solution) => drop(black_box(solution)),
            Err(RdcError::Infeasible(report)) => drop(black_box(report)),
            Err(other) => println!("{other}"),
        }
    }
}

fn pool(threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}
