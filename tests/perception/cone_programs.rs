//! Rates with a perception against Clarabel: one exponential cone per pair, total variation and transport as linear constraints,
//! Kullback-Leibler by cones of its own.

use crate::channel_program::rate;
use crate::common::measure::Kind;
use crate::common::perception::Perceived;
use rdc_theory::Status;

const CASES: u64 = 100;
const LARGEST: usize = 6;

/// Bits that Clarabel may be off by, where it says that it is almost done.
const AGREEMENT: f64 = 3e-6;

fn agrees(kind: Kind) {
    let (mut positive, mut priced, mut left_out) = (0, 0, 0);
    for seed in 0..CASES {
        // Clarabel needs some room inside the budgets.
        let case = Perceived::new(kind, 10_000 + seed, LARGEST, 0.03);
        let solution = case.problem().solve(&case.budgets).unwrap();
        case.check(&solution);
        let p = solution.constraints.last().unwrap().budget;
        // At the smallest transport cost a feasibility of 1e-8 may be worth 6e-3 bits.
        let degenerate = kind == Kind::Transport && p <= case.measure.smallest() + 1e-12;
        if solution.status != Status::Certified || degenerate {
            left_out += 1;
            continue;
        }
        let oracle = rate(&case);
        let (lower, upper) = (solution.lower, solution.rate);
        assert!(
            lower - AGREEMENT <= oracle && oracle <= upper + AGREEMENT,
            "{kind:?} {seed}: [{lower}, {upper}] without Clarabel's {oracle}\n{case}"
        );
        positive += usize::from(upper > 0.01);
        priced += usize::from(solution.constraints.last().unwrap().multiplier > 1e-3);
    }
    assert!(positive >= 20 && priced >= 15 && left_out <= 20, "{positive}, {priced}, {left_out}");
}

#[test]
fn total_variation() {
    agrees(Kind::TotalVariation);
}

#[test]
fn wasserstein() {
    agrees(Kind::Wasserstein);
}

#[test]
fn kullback_leibler() {
    agrees(Kind::KullbackLeibler);
}

#[test]
fn transport() {
    agrees(Kind::Transport);
}
