//! What a constraint on the output pmf costs: R(D,P,E) in units of R(D,E) at the same D and E, timed in the same run.
//!
//! ```text
//! cargo bench --bench perception
//! RDC_LONG=1 cargo bench --bench perception    # n = m = 1000 and 2000 instead, without the random costs
//! ```
//!
//! The target is the source's own pmf, and P a share of what the best channel without it has.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and reports")]

mod common;
#[path = "../tests/common/random.rs"]
mod random;

use common::{measured, median, parts, seconds};
use criterion::{BenchmarkId, Criterion};
use random::Random;
use rdc_theory::nalgebra::DVector;
use rdc_theory::{Perception, Problem};

const SIZES: [usize; 2] = [64, 256];

/// With RDC_LONG set.
const LONG: [usize; 2] = [1000, 2000];

/// Larger problems are timed less often, and not with costs that no structure compresses.
const LARGE: usize = 500;

/// Of the divergence without a budget.
const SHARES: [f64; 3] = [0.5, 0.1, 0.0];

/// Pairs of timings behind each ratio; their medians are compared.
const PAIRS: usize = 7;

/// A problem and budgets of its costs.
struct Base {
    name: &'static str,
    problem: Problem,
    budgets: Vec<f64>,
    perceptions: [(&'static str, Perception); 3],
}

fn main() {
    let measured = measured();
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    time_each(&mut criterion, if measured { SIZES[0] } else { 16 });
    criterion.final_summary();
    if measured {
        print_ratios();
    }
}

/// Both budgets of the mixture, its distortion alone, and costs that no structure compresses.
fn bases(n: usize) -> [Base; 3] {
    let (source, distortion, classifier) = parts(n).unwrap();
    let error = classifier.error_matrix(&source).unwrap();
    let problem = Problem::new(source.pmf().clone(), n)
        .unwrap()
        .with_cost("distortion", distortion.as_matrix().clone())
        .unwrap()
        .with_cost("classification error", error)
        .unwrap();
    let least = problem.smallest_budget(1, &[f64::INFINITY, 0.0]).unwrap().unwrap();
    let base = |name, problem: &Problem, budgets: [f64; 2], pmf: &DVector<f64>| {
        let points: Vec<f64> = (0..n).map(|i| i as f64 / n as f64).collect();
        let perceptions = [
            ("TV", Perception::total_variation(pmf.clone()).unwrap()),
            ("W1", Perception::wasserstein(pmf.clone(), &points).unwrap()),
            ("KL", Perception::kullback_leibler(pmf.clone()).unwrap()),
        ];
        Base { name, problem: problem.clone(), budgets: budgets.to_vec(), perceptions }
    };
    let random = &mut Random::new(1, 1);
    let weights = DVector::from_fn(n, |_, _| 0.2 + random.uniform());
    let pmf = &weights / weights.sum();
    let costs = [0, 1].map(|_| random.matrix(n, n));
    let random = costs.into_iter().fold(Problem::new(pmf.clone(), n).unwrap(), |problem, cost| {
        problem.with_cost("cost", cost).unwrap()
    });
    [
        base("distortion only", &problem, [0.2, f64::INFINITY], source.pmf()),
        base("both", &problem, [0.3, least + 0.02], source.pmf()),
        base("random costs", &random, [0.2, 0.2], &pmf),
    ]
}

/// The problem with a perception, and its budgets for a share of the divergence that it has without.
fn constrained(base: &Base, perception: &Perception, share: f64) -> (Problem, Vec<f64>) {
    let problem = base.problem.clone().with_perception(perception.clone()).unwrap();
    let free = base.problem.solve(&base.budgets).unwrap();
    let mut budgets = base.budgets.clone();
    let output = &free.output / free.output.sum();
    budgets.push(share * perception.divergence(&output).unwrap());
    (problem, budgets)
}

fn time_each(criterion: &mut Criterion, n: usize) {
    let mut group = criterion.benchmark_group("perception");
    let [_, base, _] = bases(n);
    group.bench_function(BenchmarkId::new("none", n), |bencher| {
        bencher.iter(|| base.problem.solve(&base.budgets).unwrap());
    });
    for (name, perception) in &base.perceptions {
        let (problem, budgets) = constrained(&base, perception, SHARES[0]);
        group.bench_function(BenchmarkId::new(*name, n), |bencher| {
            bencher.iter(|| problem.solve(&budgets).unwrap());
        });
    }
    group.finish();
}

fn print_ratios() {
    println!(
        "\n{:<16} {:>4} {:>4} {:>6} {:>9} {:>6} {:>8} {:>11}",
        "budgets", "n=m", "", "share", "ms", "steps", "ratio", "gap"
    );
    let sizes = if std::env::var_os("RDC_LONG").is_some() { LONG } else { SIZES };
    for n in sizes {
        let is_large = n > LARGE;
        let repetitions = if is_large { 3 } else { PAIRS };
        for base in bases(n).into_iter().take(if is_large { 2 } else { 3 }) {
            let free = || base.problem.solve(&base.budgets).unwrap();
            let steps = free().iterations;
            for (name, perception) in &base.perceptions {
                for share in SHARES {
                    let (problem, budgets) = constrained(&base, perception, share);
                    let bounded = || problem.solve(&budgets).unwrap();
                    let found = bounded();
                    let pairs = (0..repetitions).map(|_| (seconds(free), seconds(bounded)));
                    let (without, with): (Vec<f64>, Vec<f64>) = pairs.unzip();
                    let (without, with) = (median(without), median(with));
                    println!(
                        "{:<16} {n:>4} {name:>4} {share:>6} {:>9.3} {:>3}/{steps:<2} {:>8.2} {:>11.1e} {}",
                        base.name,
                        1e3 * with,
                        found.iterations,
                        with / without,
                        found.gap(),
                        found.status
                    );
                }
            }
        }
    }
}
