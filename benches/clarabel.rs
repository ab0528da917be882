//! How much longer the conic solver Clarabel takes for the same point, and how far its rate lies from the bracket.
//!
//! ```text
//! cargo bench --bench clarabel
//! RDC_LONG=1 cargo bench --bench clarabel    # n = m = 256 too
//! ```
//!
//! The table at the end is the figure to quote. Clarabel has its default settings, and so about 1e-8 of accuracy; this
//! crate goes to 1e-9 bits. Stating the problem is timed on neither side. Clarabel's setup (a copy, scaling, the ordering
//! of its factorisation) has a column of its own and is left out of the ratio: new budgets need not repeat it.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and reports")]

mod common;

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, ExponentialConeT, IPSolver, NonnegativeConeT, SupportedConeT,
    ZeroConeT,
};
use common::{measured, median, mixture, parts, points, seconds};
use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Rdc, Solution, entropy};
use std::f64::consts::LN_2;
use std::time::Duration;

/// Sizes as (n = m, the ratio aimed at).
const SIZES: [(usize, f64); 3] = [(32, 100.0), (64, 100.0), (128, 150.0)];

/// With RDC_LONG set.
const LONG: (usize, f64) = (256, 250.0);

/// What Criterion times: a few runs of Clarabel fit into its second.
const SHORT: [usize; 2] = [32, 64];

/// Timings of this crate behind each ratio.
const OURS: usize = 9;

/// Timings of Clarabel behind each ratio, by size.
fn theirs(n: usize) -> usize {
    if n <= 64 { 3 } else { 1 }
}

fn main() {
    let measured = measured();
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    time_each(&mut criterion, if measured { &SHORT } else { &SHORT[..1] });
    criterion.final_summary();
    if measured {
        print_ratios();
    }
}

fn time_each(criterion: &mut Criterion, sizes: &[usize]) {
    let mut group = criterion.benchmark_group("clarabel");
    group.sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for &n in sizes {
        for point in Point::all(n) {
            group.bench_function(BenchmarkId::new(format!("{}, ours", point.name), n), |bencher| {
                bencher.iter(|| point.solve());
            });
            let program = point.program();
            let id = BenchmarkId::new(format!("{}, Clarabel", point.name), n);
            group.bench_function(id, |bencher| {
                bencher.iter_batched_ref(
                    || program.solver(),
                    DefaultSolver::solve,
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

/// One request, with the matrices that another solver needs.
struct Point {
    name: &'static str,
    rdc: Rdc,
    d: f64,
    e: f64,
    pmf: DVector<f64>,
    distortion: DMatrix<f64>,
    error: DMatrix<f64>,
}

impl Point {
    fn all(n: usize) -> [Self; 4] {
        points(&mixture(n).unwrap()).unwrap().map(|point| Self::new(n, point))
    }

    fn new(n: usize, (name, d, e): (&'static str, f64, f64)) -> Self {
        let (source, distortion, classifier) = parts(n).unwrap();
        let rdc = mixture(n).unwrap();
        let (pmf, error) = (source.pmf().clone(), classifier.error_matrix(&source).unwrap());
        Self { name, rdc, d, e, pmf, distortion: distortion.as_matrix().clone(), error }
    }

    fn solve(&self) -> Solution {
        self.rdc.solve(self.d, self.e).unwrap()
    }

    fn program(&self) -> ConeProgram {
        let limits = [(&self.distortion, self.d), (&self.error, self.e)];
        let limits: Vec<_> = limits.into_iter().filter(|(_, budget)| budget.is_finite()).collect();
        rate_program(&self.pmf, self.distortion.ncols(), &limits)
    }
}

/// `min objective.v` over `b - A v` in the cones, row by row.
struct ConeProgram {
    rows: Vec<usize>,
    columns: Vec<usize>,
    values: Vec<f64>,
    b: Vec<f64>,
    cones: Vec<SupportedConeT<f64>>,
    objective: Vec<f64>,
}

impl ConeProgram {
    fn new(objective: Vec<f64>) -> Self {
        let (rows, columns, values, b) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { rows, columns, values, b, cones: Vec::new(), objective }
    }

    /// Appends the row `b - sum a v`, which the next cone takes.
    fn push(&mut self, terms: impl IntoIterator<Item = (usize, f64)>, b: f64) {
        for (column, a) in terms.into_iter().filter(|&(_, a)| a != 0.0) {
            self.rows.push(self.b.len());
            self.columns.push(column);
            self.values.push(a);
        }
        self.b.push(b);
    }

    fn solver(&self) -> DefaultSolver<f64> {
        let (rows, variables) = (self.b.len(), self.objective.len());
        let a = CscMatrix::new_from_triplets(
            rows,
            variables,
            self.rows.clone(),
            self.columns.clone(),
            self.values.clone(),
        );
        let quadratic = CscMatrix::zeros((variables, variables));
        let settings = DefaultSettings { verbose: false, ..DefaultSettings::default() };
        DefaultSolver::new(&quadratic, &self.objective, &a, &self.b, &self.cones, settings).unwrap()
    }
}

/// `min I(p, W) - H(p)` in nats with `sum_xy P_xy d_k(x, y) <= D_k`, in the variables `P_xy = p_x W_xy`, `q_y` and
/// `u_xy >= P_xy log(P_xy / q_y)`.
///
/// Clarabel takes the fewest iterations with this of four exact statements, at the price of a few digits; the others are
/// p in the cones too (`P log(P / (p q))`), W for P, and the geometric program that is the dual.
fn rate_program(pmf: &DVector<f64>, m: usize, limits: &[(&DMatrix<f64>, f64)]) -> ConeProgram {
    let n = pmf.len();
    let joint = |x: usize, y: usize| x * m + y;
    let output = |y: usize| n * m + y;
    let information = |x: usize, y: usize| (n + 1) * m + x * m + y;
    let pairs = || (0..n).flat_map(|x| (0..m).map(move |y| (x, y)));

    let mut objective = vec![0.0; (n + 1) * m];
    objective.resize(objective.len() + n * m, 1.0);
    let mut program = ConeProgram::new(objective);
    for x in 0..n {
        program.push((0..m).map(|y| (joint(x, y), 1.0)), pmf[x]);
    }
    for y in 0..m {
        let marginal = (0..n).map(|x| (joint(x, y), 1.0));
        program.push(marginal.chain([(output(y), -1.0)]), 0.0);
    }
    program.cones.push(ZeroConeT(n + m));
    for &(cost, budget) in limits {
        program.push(pairs().map(|(x, y)| (joint(x, y), cost[(x, y)])), budget);
    }
    program.cones.push(NonnegativeConeT(limits.len()));
    // (-u, P, q) in {(a, b, c): b exp(a/b) <= c}  <=>  u >= P log(P / q).
    for (x, y) in pairs() {
        program.push([(information(x, y), 1.0)], 0.0);
        program.push([(joint(x, y), -1.0)], 0.0);
        program.push([(output(y), -1.0)], 0.0);
        program.cones.push(ExponentialConeT());
    }
    program
}

fn print_ratios() {
    println!(
        "\n{:>5}  {:<20} {:>9} {:>8} {:>8} {:>6} {:>6} {:>9}  status",
        "n = m", "budgets", "ours, ms", "setup, s", "solve, s", "ratio", "target", "off, bits"
    );
    let long = std::env::var_os("RDC_LONG").map(|_| LONG);
    for (n, target) in SIZES.into_iter().chain(long) {
        for point in Point::all(n) {
            print_ratio(&point, n, target);
        }
    }
}

fn print_ratio(point: &Point, n: usize, target: f64) {
    let solution = point.solve();
    let program = point.program();
    let mut solver = program.solver();
    let (mut ours, mut setups, mut solves) = (Vec::new(), Vec::new(), Vec::new());
    // In turn, so that other work on the machine slows both.
    for _ in 0..theirs(n) {
        ours.extend((0..OURS).map(|_| seconds(|| point.solve())));
        setups.push(seconds(|| solver = program.solver()));
        solves.push(seconds(|| solver.solve()));
    }
    let (ours, setup, solve) = (median(ours), median(setups), median(solves));
    println!(
        "{n:>5}  {:<20} {:>9.3} {setup:>8.3} {solve:>8.3} {:>6.0} {target:>6.0} {:>9.1e}  {:?}",
        point.name,
        1e3 * ours,
        solve / ours,
        outside(solver.solution.obj_val / LN_2 + entropy(&point.pmf), &solution),
        solver.solution.status
    );
}

/// How far a rate in bits lies above the bracket, or below it as a negative number.
fn outside(rate: f64, solution: &Solution) -> f64 {
    (rate - solution.rate).max(0.0) - (solution.lower - rate).max(0.0)
}
