//! Random strictly feasible problems with a perception: every one is certified, in few iterations, within its budgets.
//!
//! `RDC_CASES` sets the number of cases of each divergence (400 by default), `RDC_FIRST` the first seed.

use crate::common::measure::Kind;
use crate::common::perception::Perceived;
use crate::common::{count, variable};
use rdc_theory::Status;

const CASES: u64 = 400;
const MAX_ITERATIONS: usize = 60;
const TOLERANCE: f64 = 1e-9;

/// Letters of either alphabet.
const LARGEST: usize = 40;

/// What the channels inside have of every letter.
const BLUR: f64 = 1e-2;

fn certified(kind: Kind) {
    let (mut failed, mut priced) = (Vec::new(), 0);
    let (first, cases) = (variable("RDC_FIRST").unwrap_or(0), count(CASES));
    for seed in first..first + cases {
        let case = Perceived::new(kind, seed, LARGEST, BLUR);
        let solution = match case.problem().solve(&case.budgets) {
            Ok(solution) => solution,
            Err(error) => {
                failed.push(format!("{seed}: {error}"));
                continue;
            }
        };
        case.check(&solution);
        priced += u64::from(solution.constraints.last().unwrap().is_active());
        let (status, gap, iterations) = (solution.status, solution.gap(), solution.iterations);
        let held = status == Status::Certified && gap <= TOLERANCE && iterations <= MAX_ITERATIONS;
        if !held {
            failed.push(format!("{seed}: {status}, gap {gap:e}, {iterations} iterations"));
        }
    }
    let count = failed.len();
    assert!(failed.is_empty(), "{kind:?}, {count} of {cases}:\n{}", failed.join("\n"));
    // Most of the budgets are to cost something, or little is tested.
    assert!(3 * priced > cases, "{priced} of {cases} have a price on perception");
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
