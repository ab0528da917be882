//! Random strictly feasible problems with a perception: every one is certified, in few iterations, within its budgets.
//!
//! `RDC_CASES` sets the number of cases of each divergence (1,000 by default; `RDC_FIRST` is
//! the first seed).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail by panicking, and tell how close it was"
)]

mod common;

use common::perception::{Case, Kind};
use rdc_theory::Status;

const CASES: u64 = 1000;
const MAX_ITERATIONS: usize = 60;
const TOLERANCE: f64 = 1e-9;

/// Letters of either alphabet.
const LARGEST: usize = 40;

/// What the channels inside have of every letter.
const BLUR: f64 = 1e-2;

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn certified(kind: Kind) {
    let (mut failed, mut most, mut total, mut free, mut priced) = (Vec::new(), 0, 0, 0, 0);
    let mut missing = 0.0_f64;
    let (first, cases) = (variable("RDC_FIRST", 0), variable("RDC_CASES", CASES));
    for seed in first..first + cases {
        let case = Case::new(kind, seed, LARGEST, BLUR);
        let solution = match case.problem().solve(&case.budgets) {
            Ok(solution) => solution,
            Err(error) => {
                failed.push(seed);
                println!("{kind:?} {seed}: {error}\n{case}");
                continue;
            }
        };
        let lacks = case.check(&solution);
        if lacks > missing {
            missing = lacks;
            println!("{kind:?} {seed}: the bound lacks {lacks:e}");
        }
        most = most.max(solution.iterations);
        total += solution.iterations;
        free += usize::from(solution.rate == 0.0);
        priced += usize::from(solution.constraints.last().unwrap().is_active());
        let held = solution.status == Status::Certified
            && solution.gap() <= TOLERANCE
            && solution.iterations <= MAX_ITERATIONS;
        if !held {
            failed.push(seed);
            let (gap, iterations) = (solution.gap(), solution.iterations);
            println!(
                "{kind:?} {seed}: {}, gap {gap:e}, {iterations} iterations\n{case}",
                solution.status
            );
        }
    }
    let mean = total as f64 / cases as f64;
    println!("{kind:?}: {cases} cases, {most} iterations at most, {mean:.1} on average");
    println!("bounds lack {missing:e} bits at most");
    println!("{priced} with a price on perception, {free} without rate");
    assert!(failed.is_empty(), "{} of {cases}: {failed:?}", failed.len());
    // Most of the budgets are to cost something, or little is tested.
    assert!(3 * priced as u64 > cases, "{priced} of {cases} have a price on perception");
}

#[test]
fn total_variation() {
    certified(Kind::TotalVariation);
}

#[test]
fn wasserstein() {
    certified(Kind::Wasserstein);
}

#[test]
fn kullback_leibler() {
    certified(Kind::KullbackLeibler);
}

#[test]
fn transport() {
    certified(Kind::Transport);
}
