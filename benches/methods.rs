//! The interior-point method against Blahut-Arimoto that is given the optimal multipliers: time to a certified 1e-6 bits.
//!
//! ```text
//! cargo bench --bench methods
//! ```
//!
//! The multipliers are what Blahut-Arimoto with a search would have to find; here they are a gift, so each ratio is the
//! least that the method costs.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and reports")]

mod common;

use common::{measured, median, mixture, points, seconds};
use criterion::{BenchmarkId, Criterion};
use rdc_theory::{Method, Rdc, Settings, Solution, Status};

/// n = m.
const SIZE: usize = 256;

/// Bits.
const TOLERANCE: f64 = 1e-6;

/// Distortion budgets besides those of the other benchmarks.
const FURTHER: [f64; 5] = [0.02, 0.1, 0.5, 1.0, 3.0];

const REPETITIONS: usize = 9;

fn main() {
    let measured = measured();
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    time_each(&mut criterion, if measured { SIZE } else { 32 });
    criterion.final_summary();
    if measured {
        print_ratios();
    }
}

fn settings(method: Method) -> Settings {
    Settings::default().with_method(method).with_tolerance(TOLERANCE).unwrap()
}

fn interior_point(rdc: &Rdc, (d, e): (f64, f64)) -> Solution {
    rdc.solve_with(d, e, &settings(Method::InteriorPoint)).unwrap()
}

fn blahut_arimoto(rdc: &Rdc, multipliers: &[f64]) -> Solution {
    rdc.problem().solve_at_with(multipliers, &settings(Method::BlahutArimoto)).unwrap()
}

/// (name, D, E).
fn budgets(rdc: &Rdc) -> Vec<(String, (f64, f64))> {
    let points = points(rdc).unwrap().map(|(name, d, e)| (name.to_string(), (d, e)));
    let further = FURTHER.map(|d| (format!("distortion only, D = {d}"), (d, f64::INFINITY)));
    points.into_iter().chain(further).collect()
}

fn optimal_multipliers(rdc: &Rdc, (d, e): (f64, f64)) -> Vec<f64> {
    rdc.solve(d, e).unwrap().constraints.iter().map(|c| c.multiplier).collect()
}

fn time_each(criterion: &mut Criterion, n: usize) {
    let rdc = mixture(n).unwrap();
    let mut group = criterion.benchmark_group("methods");
    for (name, at) in budgets(&rdc).into_iter().take(4) {
        group.bench_function(BenchmarkId::new("interior point", &name), |bencher| {
            bencher.iter(|| interior_point(&rdc, at));
        });
    }
    let multipliers = vec![0.0, 5.0];
    group.bench_function("Blahut-Arimoto/classification only", |bencher| {
        bencher.iter(|| blahut_arimoto(&rdc, &multipliers));
    });
    group.finish();
}

fn print_ratios() {
    let rdc = mixture(SIZE).unwrap();
    println!(
        "\n{:<26} {:>9} {:>6} {:>9} {:>11} {:>9} {:>8}",
        "budgets, n = m = 256", "ours, ms", "steps", "BA, s", "iterations", "BA's gap", "ratio"
    );
    let mut ratios = Vec::new();
    for (name, at) in budgets(&rdc) {
        let multipliers = optimal_multipliers(&rdc, at);
        let ours = interior_point(&rdc, at);
        let time = median((0..REPETITIONS).map(|_| seconds(|| interior_point(&rdc, at))).collect());
        let mut theirs = None;
        let theirs_time = seconds(|| theirs = Some(blahut_arimoto(&rdc, &multipliers)));
        let theirs = theirs.unwrap();
        let ratio = theirs_time / time;
        ratios.push(ratio);
        let unfinished = if theirs.status == Status::Certified { "" } else { " unfinished" };
        println!(
            "{name:<26} {:>9.2} {:>6} {theirs_time:>9.3} {:>11} {:>9.1e} {ratio:>8.0}{unfinished}",
            1e3 * time,
            ours.iterations,
            theirs.iterations,
            theirs.gap()
        );
        assert_eq!(ours.status, Status::Certified, "{name}");
    }
    println!("median ratio {:.0}", median(ratios));
}
