//! How many points of R a surface to a given accuracy takes, adaptively and on a uniform grid; and how many the least budget
//! at a rate.
//!
//! ```text
//! cargo bench --bench interpolant
//! ```
//!
//! The grid's certificate is that of the interpolant: the linear interpolation on two triangles a cell, and the planes of the
//! cell's corners. It is looked at in few places a cell, and only in cells that are feasible as a whole, which is to the
//! grid's advantage.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and reports")]

mod common;

use common::{measured, mixture, seconds};
use criterion::Criterion;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{AtRate, Classifier, Distortion, Plane, Rdc, Settings, Source};

const ACCURACIES: [f64; 3] = [1e-1, 1e-2, 1e-3];

/// The finest grid has so many steps a side.
const FINEST: usize = 256;

struct Case {
    name: &'static str,
    rdc: Rdc,
    region: [[f64; 2]; 2],
    /// Without: the region reaches the frontier, where slopes are infinite; a uniform grid is not tried.
    has_grid: bool,
}

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let cases = cases();
    let mut group = criterion.benchmark_group("interpolant");
    for case in cases.iter().filter(|case| case.name.starts_with("binary")) {
        group.bench_function(case.name, |bencher| bencher.iter(|| solves(case, 1e-2)));
    }
    group.finish();
    criterion.final_summary();
    if measured() {
        print_table(&cases);
        print_inverses();
    }
}

/// Rates asked of the mixture, in bits.
const RATES: [f64; 8] = [0.01, 0.1, 0.3, 0.7, 1.2, 2.0, 3.0, 4.0];

fn print_inverses() {
    let rdc = mixture(64).unwrap();
    let least = rdc.smallest_error(f64::INFINITY).unwrap().unwrap();
    println!(
        "\n{:<34} {:>6} {:>12} {:>8}",
        "least budget at 8 rates", "found", "mean solves", "most"
    );
    for other in [f64::INFINITY, least + 0.2, least + 0.02] {
        let found = RATES.map(|rate| rdc.distortion_at(rate, other).unwrap());
        print_inverse(&format!("mixture, D at E = {other:.4}"), &found);
    }
    for other in [f64::INFINITY, 2.0, 0.2] {
        let found = RATES.map(|rate| rdc.error_at(rate, other).unwrap());
        print_inverse(&format!("mixture, E at D = {other:.4}"), &found);
    }
}

fn print_inverse(name: &str, found: &[AtRate]) {
    let solves: Vec<usize> =
        found.iter().filter_map(AtRate::least_budget).map(|least| least.solves).collect();
    let (count, total) = (solves.len(), solves.iter().sum::<usize>());
    let most = solves.iter().max().copied().unwrap_or(0);
    println!("{name:<34} {count:>6} {:>12.1} {most:>8}", total as f64 / count.max(1) as f64);
}

fn cases() -> Vec<Case> {
    let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
    let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior).unwrap();
    let classifier = Classifier::hard(&[0, 1]).unwrap();
    let binary = Rdc::new(&source, Distortion::hamming(2).unwrap(), &classifier).unwrap();
    let gaussians = mixture(64).unwrap();
    let least = gaussians.smallest_error(f64::INFINITY).unwrap().unwrap();
    let inside = [[0.1, 2.0], [least + 0.005, least + 0.2]];
    let smooth = [[0.2, 0.6], [least + 0.005, least + 0.02]];
    let whole = [[0.0, 12.0], [0.0, 1.0]];
    let case =
        |name, rdc: &Rdc, region, has_grid| Case { name, rdc: rdc.clone(), region, has_grid };
    vec![
        case("binary, inside", &binary, [[0.05, 0.3], [0.15, 0.35]], true),
        case("binary, whole", &binary, [[0.0, 0.4], [0.0, 0.5]], false),
        case("mixture, inside", &gaussians, inside, true),
        case("mixture, smooth", &gaussians, smooth, true),
        case("mixture, whole", &gaussians, whole, false),
    ]
}

fn solves(case: &Case, accuracy: f64) -> (usize, f64) {
    let [d, e] = case.region;
    let settings = Settings::default();
    let found = case.rdc.interpolant(d, e, accuracy, 5000, &settings).unwrap();
    (found.solves(), found.accuracy())
}

fn print_table(cases: &[Case]) {
    println!(
        "\n{:<18} {:>9} {:>8} {:>10} {:>8} {:>8} {:>6}",
        "region", "accuracy", "solves", "reached", "seconds", "grid", "ratio"
    );
    for case in cases {
        for accuracy in ACCURACIES {
            let (mut found, mut reached) = (0, 0.0);
            let time = seconds(|| (found, reached) = solves(case, accuracy));
            let grid = if case.has_grid { grid(case, accuracy) } else { None };
            let ratio =
                grid.map_or("-".into(), |grid| format!("{:.1}", grid as f64 / found as f64));
            let grid = grid.map_or("-".into(), |grid| grid.to_string());
            println!(
                "{:<18} {accuracy:>9} {found:>8} {reached:>10.2e} {time:>8.2} {grid:>8} {ratio:>6}",
                case.name
            );
        }
    }
}

/// The points of the coarsest grid, each side halved and halved again, that has the accuracy.
fn grid(case: &Case, accuracy: f64) -> Option<usize> {
    let sizes = (1..).map(|k| 1_usize << k).take_while(|steps| *steps <= FINEST);
    let mut fitting = sizes.filter(|&steps| error(case, steps, accuracy) <= accuracy);
    fitting.next().map(|steps| (steps + 1) * (steps + 1))
}

/// The largest distance of the bounds found, up to what is more than `enough`.
fn error(case: &Case, steps: usize, enough: f64) -> f64 {
    let budget = |k: usize, i: usize| {
        let [start, end] = case.region[k];
        start + (end - start) * i as f64 / steps as f64
    };
    let row = |j: usize| -> Vec<Option<(f64, Plane)>> {
        let solve = |i: usize| case.rdc.solve(budget(0, i), budget(1, j)).ok();
        (0..=steps).map(|i| solve(i).map(|found| (found.rate, Plane::from(&found)))).collect()
    };
    let mut below = row(0);
    let mut largest = 0.0;
    for j in 1..=steps {
        let above = row(j);
        for i in 1..=steps {
            let corners = [below[i - 1], below[i], above[i - 1], above[i]];
            let Some(corners) = corners.into_iter().collect::<Option<Vec<_>>>() else { continue };
            // The middles of the sides, of the diagonal, and of the triangles, by the weights of the corners.
            for w in PLACES {
                let upper: f64 = corners.iter().zip(w).map(|((rate, _), w)| rate * w).sum();
                let d = budget(0, i - 1) + (w[1] + w[3]) * (budget(0, i) - budget(0, i - 1));
                let e = budget(1, j - 1) + (w[2] + w[3]) * (budget(1, j) - budget(1, j - 1));
                let planes = corners.iter().map(|(_, plane)| plane.value(d, e));
                largest = f64::max(largest, upper - planes.fold(0.0, f64::max));
            }
        }
        if largest > enough {
            return largest;
        }
        below = above;
    }
    largest
}

const PLACES: [[f64; 4]; 7] = [
    [0.5, 0.5, 0.0, 0.0],
    [0.5, 0.0, 0.5, 0.0],
    [0.0, 0.5, 0.0, 0.5],
    [0.0, 0.0, 0.5, 0.5],
    [0.0, 0.5, 0.5, 0.0],
    [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.0],
    [0.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0],
];
