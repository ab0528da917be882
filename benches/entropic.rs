//! Entropic optimal transport by `solve_at` with the output pmf given, beside Sinkhorn's iterations in logarithms: what either
//! takes to the same duality gap.
//!
//! ```text
//! cargo bench --bench entropic
//! ```
//!
//! Sinkhorn is this file's own, as plain as it can be: two sums of exponentials for each iteration, and now and then the gap
//! between the dual value and what the rounded coupling of Altschuler, Weed and Rigollet (2017) costs.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and reports")]

mod common;
#[path = "../tests/common/random.rs"]
mod random;

use common::{measured, median, seconds};
use criterion::{BenchmarkId, Criterion};
use random::Random;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Perception, Problem};
use std::f64::consts::LN_2;
use std::hint::black_box;

const LETTERS: usize = 64;

/// Regularisations relative to the largest cost.
const REGULARISATIONS: [f64; 4] = [1e-1, 1e-2, 1e-3, 1e-4];

/// The gap both are to reach, in bits.
const GAP: f64 = 1e-9;

/// Sinkhorn's limit.
const MOST: usize = 1_000_000;

/// Iterations of Sinkhorn from one look at the gap to the next, which costs about as much as one of them.
const LOOKS: usize = 10;

const TIMINGS: usize = 7;

/// Two pmfs and a cost whose largest entry is 1.
struct Transport {
    name: &'static str,
    source: DVector<f64>,
    target: DVector<f64>,
    cost: DMatrix<f64>,
}

fn main() {
    let measured = measured();
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("entropic");
    for transport in transports(if measured { LETTERS } else { 8 }) {
        group.bench_function(BenchmarkId::new(transport.name, REGULARISATIONS[1]), |bencher| {
            bencher.iter(|| transport.solve(REGULARISATIONS[1]));
        });
    }
    group.finish();
    criterion.final_summary();
    if measured {
        print_table();
    }
}

/// Two laws on a line with squared distances, random costs, and the two clouds of points of a plane.
fn transports(n: usize) -> [Transport; 3] {
    let random = &mut Random::new(2, 1);
    let at = |i: usize| i as f64 / (n - 1) as f64;
    let bell = |mean: f64, width: f64| {
        let weights =
            DVector::from_fn(n, |i, _| (-0.5 * ((at(i) - mean) / width).powi(2)).exp() + 1e-3);
        &weights / weights.sum()
    };
    let line = DMatrix::from_fn(n, n, |x, y| (at(x) - at(y)).powi(2));
    let dense = random.matrix(n, n);
    let clouds = [0; 2].map(|_| random.matrix(n, 2));
    let plane = DMatrix::from_fn(n, n, |x, y| (clouds[0].row(x) - clouds[1].row(y)).norm_squared());
    let alike = DVector::from_element(n, 1.0 / n as f64);
    let new = |name, source, target, cost: DMatrix<f64>| {
        let largest = cost.max();
        Transport { name, source, target, cost: cost / largest }
    };
    [
        new("line", bell(0.3, 0.1), bell(0.6, 0.2), line),
        new("random", random.pmf(n), random.pmf(n), dense),
        new("plane", alike.clone(), alike, plane),
    ]
}

impl Transport {
    /// The gap and the iterations of this library.
    fn solve(&self, regularisation: f64) -> (f64, usize) {
        let problem = Problem::new(self.source.clone(), self.target.len())
            .unwrap()
            .with_cost("cost", self.cost.clone())
            .unwrap()
            .with_perception(Perception::kullback_leibler(self.target.clone()).unwrap())
            .unwrap();
        let solution = problem.solve_at(&[1.0 / regularisation / LN_2, f64::INFINITY]).unwrap();
        (solution.gap(), solution.iterations)
    }

    /// The gap and the iterations of Sinkhorn.
    fn sinkhorn(&self, regularisation: f64) -> (f64, usize) {
        let prices = &self.cost / regularisation;
        let transposed = prices.transpose();
        let (log_p, log_q) = (self.source.map(f64::ln), self.target.map(f64::ln));
        let mut u = DVector::zeros(self.source.len());
        let mut v = DVector::zeros(self.target.len());
        for iteration in 1..=MOST {
            // Columns lie together in memory.
            half_step(&mut u, &(&log_q + &v), &transposed);
            half_step(&mut v, &(&log_p + &u), &prices);
            if iteration % LOOKS == 0 || iteration == MOST {
                let gap = self.gap(&prices, &u, &v);
                if gap <= GAP || iteration == MOST {
                    return (gap, iteration);
                }
            }
        }
        (f64::INFINITY, MOST)
    }

    /// `I + E[price]` of the coupling with its margins mended, less the dual value, in bits.
    fn gap(&self, prices: &DMatrix<f64>, u: &DVector<f64>, v: &DVector<f64>) -> f64 {
        let (p, q) = (&self.source, &self.target);
        let mut joint = DMatrix::from_fn(p.len(), q.len(), |x, y| {
            p[x] * q[y] * (u[x] + v[y] - prices[(x, y)]).exp()
        });
        let total = joint.sum();
        for (mut row, p) in joint.row_iter_mut().zip(p) {
            row *= (p / row.sum()).min(1.0);
        }
        for (mut column, q) in joint.column_iter_mut().zip(q) {
            column *= (q / column.sum()).min(1.0);
        }
        let rows = p - joint.column_sum();
        let columns = q - joint.row_sum().transpose();
        let missing = rows.sum();
        if missing > 0.0 {
            joint += &rows * columns.transpose() / missing;
        }
        let mut primal = 0.0;
        for y in 0..q.len() {
            for x in 0..p.len() {
                let mass = joint[(x, y)];
                if mass > 0.0 {
                    primal += mass * ((mass / (p[x] * q[y])).ln() + prices[(x, y)]);
                }
            }
        }
        (primal - (u.dot(p) + v.dot(q) + 1.0 - total)) / LN_2
    }
}

/// `potential_j = -log sum_i exp(weight_i - price_ij)`.
fn half_step(potential: &mut DVector<f64>, weights: &DVector<f64>, prices: &DMatrix<f64>) {
    for (potential, column) in potential.iter_mut().zip(prices.column_iter()) {
        let terms = || weights.iter().zip(&column).map(|(weight, price)| weight - price);
        let most = terms().fold(f64::NEG_INFINITY, f64::max);
        *potential = -most - terms().map(|term| (term - most).exp()).sum::<f64>().ln();
    }
}

/// Whether the plain iteration, with exponentials of the costs themselves, underflows to a division by 0 at once.
fn underflows(transport: &Transport, regularisation: f64) -> bool {
    let kernel = (-&transport.cost / regularisation).map(f64::exp);
    let v = DVector::from_element(transport.target.len(), 1.0);
    let u = transport.source.component_div(&(&kernel * v));
    let v = transport.target.component_div(&kernel.tr_mul(&u));
    let joint = DMatrix::from_fn(u.len(), v.len(), |x, y| u[x] * kernel[(x, y)] * v[y]);
    !joint.iter().all(|mass| mass.is_finite())
}

fn print_table() {
    println!(
        "\n{:<8} {:>8} | {:>5} {:>9} {:>9} | {:>9} {:>10} {:>9} | {:>8} plain",
        "costs", "regular.", "steps", "ms", "gap", "Sinkhorn", "ms", "gap", "ratio"
    );
    for transport in transports(LETTERS) {
        for regularisation in REGULARISATIONS {
            let (gap, steps) = transport.solve(regularisation);
            let times = (0..TIMINGS).map(|_| seconds(|| transport.solve(regularisation)));
            let ours = median(times.collect());
            let mut sinkhorn = (0.0, 0);
            let theirs = seconds(|| sinkhorn = black_box(transport.sinkhorn(regularisation)));
            println!(
                "{:<8} {regularisation:>8.0e} | {steps:>5} {:>9.3} {gap:>9.1e} | {:>9} {:>10.2} {:>9.1e} | {:>8.1} {}",
                transport.name,
                1e3 * ours,
                sinkhorn.1,
                1e3 * theirs,
                sinkhorn.0,
                theirs / ours,
                if underflows(&transport, regularisation) { "underflows" } else { "finite" }
            );
        }
    }
}
