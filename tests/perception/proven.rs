//! Proven brackets of problems with a perception.
//!
//! `RDC_CASES` sets the number of cases of each divergence (60 by default).

use crate::common::measure::Kind;
use crate::common::perception::Perceived;
use crate::common::random::Random;
use crate::common::{count, exact, hamming, pmf};
use rdc_theory::closed_form::bernoulli_perception;
use rdc_theory::{Distortion, Perception, ProvenBracket, Rdp, Solution};

const LETTERS: usize = 8;

/// What prices and potentials, known to a rounding of their terms, may take from a bound.
fn steepness(solution: &Solution) -> f64 {
    let priced = solution.constraints.iter().filter(|told| told.multiplier > 0.0);
    let spent = priced.map(|told| told.multiplier * told.achieved.max(told.budget)).sum::<f64>();
    spent + solution.potential.amax()
}

#[track_caller]
fn assert_ordered(proven: &ProvenBracket, solution: &Solution, what: &str) {
    let rounding = 1e-11 * (1.0 + solution.rate.min(1e3)) + 1e-12 * steepness(solution);
    assert!(0.0 <= proven.lower && proven.lower <= proven.upper, "{what}: {proven:?}");
    assert!(proven.lower <= solution.rate + rounding, "{what}: {proven:?}, {solution:?}");
    assert!(solution.lower <= proven.upper + rounding, "{what}: {proven:?}, {solution:?}");
}

#[test]
fn brackets_are_as_narrow_as_the_gap() {
    let cases = count(60);
    for kind in Kind::ALL {
        let (mut total, mut closed, mut lost) = (0_u64, 0_u64, 0_u64);
        for seed in 0..cases {
            let case = Perceived::new(kind, 50_000 + seed, LETTERS, 0.1);
            let problem = case.problem();
            let Ok(solution) = problem.solve(&case.budgets) else { continue };
            let what = format!("{kind:?}, seed {seed}");
            let proven = problem.prove(&solution).unwrap();
            assert_ordered(&proven, &solution, &what);
            let information = exact::information(&case.pmf, &solution.channel);
            assert!((proven.rate - information).abs() <= 1e-12, "{what}: {proven:?}");
            for (told, spent) in solution.constraints.iter().zip(&proven.spent) {
                let size = 1.0 + told.achieved;
                let near = spent.lower - 1e-12 * size <= told.achieved
                    && told.achieved <= spent.upper + 1e-12 * size;
                assert!(near && spent.upper - spent.lower <= 1e-12 * size, "{what}: {spent:?}");
            }
            total += 1;
            closed += u64::from(proven.upper.is_finite());
            let allowed = 1e-12 * (1.0 + solution.rate) + 1e-14 * steepness(&solution);
            lost += u64::from(proven.rate - proven.lower > solution.gap() + allowed);
        }
        assert!(10 * total > 9 * cases, "{kind:?}: {total} of {cases}");
        assert!(lost == 0, "{kind:?}: {lost} of {total} are wider than the gap");
        assert!(2 * closed >= total, "{kind:?}: {closed} of {total} are closed");
    }
}

#[test]
fn bernoulli_brackets_hold_the_closed_form() {
    let random = &mut Random::new(97, 3);
    let (mut closed, cases) = (0_u64, count(60));
    for _ in 0..cases {
        let p = random.between(0.05, 0.5);
        let d = p * random.between(0.05, 1.2);
        let perception = if random.chance(0.2) { 0.0 } else { p * random.between(0.01, 0.5) };
        let source = pmf(&[1.0 - p, p]);
        let target = Perception::total_variation(source.clone()).unwrap();
        let distortion = Distortion::matrix(hamming()).unwrap();
        let rdp = Rdp::new(source, distortion, target).unwrap();
        let solution = rdp.solve(d, perception).unwrap();
        let proven = rdp.problem().prove(&solution).unwrap();
        let truth = bernoulli_perception(p, d, perception).unwrap().rate;
        // The formula is evaluated in working precision.
        let rounding = 1e-13;
        let what = format!("p = {p}, D = {d}, P = {perception}: {proven:?}, {truth}");
        assert!(proven.lower <= truth + rounding && truth <= proven.upper + rounding, "{what}");
        assert!(proven.rate - proven.lower <= solution.gap() + 1e-12 * (1.0 + truth), "{what}");
        closed += u64::from(proven.upper.is_finite());
    }
    assert!(2 * closed >= cases, "{closed} of {cases} are closed");
}
