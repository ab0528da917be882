//! What one point of the binary function costs in closed form, in units of one `f64::ln` timed in the same run.
//!
//! ```text
//! cargo bench --bench binary
//! ```
//!
//! The table at the end is the figure to quote. Each regime is met by a thousand different sources and budgets, so that
//! neither branches nor arguments repeat.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and reports")]

mod common;

use common::{measured, median, seconds};
use criterion::Criterion;
use rdc_theory::{BinaryClassifier, BinaryRdc, Regime};
use std::hint::black_box;

/// What regimes are called by.
const NAMES: [&str; 2] = ["distortion", "classification"];

/// Sources and budgets of one regime.
const CASES: usize = 1000;

/// Passes over them behind each figure; their median counts.
const PASSES: usize = 201;

/// Calls of one case behind its time, and how often that is taken.
const REPEATS: usize = 30;

type Case = (BinaryRdc, f64, f64);

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let groups = Regime::ALL.map(|regime| (regime, cases(regime)));
    let mut group = criterion.benchmark_group("binary");
    let numbers = numbers();
    group.bench_function(format!("{CASES} logarithms"), |bencher| {
        bencher.iter(|| logarithms(&numbers));
    });
    for (regime, cases) in &groups {
        group.bench_function(format!("{CASES} points, {}", regime.named(NAMES)), |bencher| {
            bencher.iter(|| points(cases));
        });
    }
    group.finish();
    criterion.final_summary();
    if measured() {
        print_units(&groups, &numbers);
    }
}

fn print_units(groups: &[(Regime, Vec<Case>)], numbers: &[f64]) {
    println!(
        "\nIn units of one f64::ln; the largest of {CASES} cases is of each by itself, over and over."
    );
    println!("{:<20} {:>8} {:>8} {:>8}", "regime", "mean", "largest", "mean, ns");
    for (regime, cases) in groups {
        let pair = || (seconds(|| logarithms(numbers)), seconds(|| points(cases)));
        let (units, times): (Vec<f64>, Vec<f64>) = (0..PASSES).map(|_| pair()).unzip();
        let (unit, time) = (median(units) / CASES as f64, median(times) / CASES as f64);
        let largest = cases.iter().map(alone).fold(0.0, f64::max);
        println!(
            "{:<20} {:>8.1} {:>8.0} {:>8.0}",
            regime.named(NAMES),
            time / unit,
            largest / unit,
            1e9 * time
        );
    }
}

/// Seconds for one point.
fn alone(case: &Case) -> f64 {
    let cases = [*case; REPEATS];
    let times = (0..REPEATS).map(|_| seconds(|| points(&cases)));
    times.fold(f64::INFINITY, f64::min) / REPEATS as f64
}

fn points(cases: &[Case]) {
    for (rdc, d, e) in cases {
        let _ = black_box(rdc.point(black_box(*d), black_box(*e)));
    }
}

fn logarithms(numbers: &[f64]) {
    for number in numbers {
        black_box(black_box(*number).ln());
    }
}

/// Numbers in (0, 1), each once.
fn numbers() -> Vec<f64> {
    (0..CASES).map(|index| spread(index, 0)).collect()
}

fn cases(regime: Regime) -> Vec<Case> {
    (0..)
        .map(case)
        .filter(|(rdc, d, e)| rdc.point(*d, *e).is_ok_and(|point| point.regime == regime))
        .take(CASES)
        .collect()
}

/// Sources of all kinds, and budgets between the least and what hardly matters.
fn case(index: usize) -> Case {
    let share = |k: usize| spread(index, k);
    let posterior = [share(1), share(2)];
    let rdc = BinaryRdc::new(share(0), posterior, BinaryClassifier::Identity).unwrap();
    let d = 1.3 * share(3) * rdc.p().min(1.0 - rdc.p());
    let d = if share(5) < 0.3 { f64::INFINITY } else { d };
    let (least, free) = (rdc.smallest_error(d).unwrap(), rdc.flat_in_error_from(d).unwrap());
    // Half of them near the least, over nine orders of magnitude.
    let above = if index.is_multiple_of(2) { 1.3 * share(4) } else { 1e-9_f64.powf(share(4)) };
    (rdc, d, least + above * (free - least))
}

/// Kronecker's sequence: multiples of the roots of six primes, modulo 1.
fn spread(index: usize, k: usize) -> f64 {
    const PRIMES: [f64; 6] = [2.0, 3.0, 5.0, 7.0, 11.0, 13.0];
    ((index + 1) as f64 * PRIMES[k].sqrt()).fract()
}
