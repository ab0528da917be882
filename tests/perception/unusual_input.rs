//! Unusual perceptions: single letters, no costs, zeros, equal points, extreme units and budgets on every edge. No panic, no NaN, and
//! bounds that hold whatever the status says.

use crate::common::case::Case;
use crate::common::measure::{Kind, Measure};
use crate::common::perception::Perceived;
use crate::common::random::Random;
use crate::common::{INF, count, exact, hamming_of, pmf, rows};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Perception, Problem, RdcError, Status};

const CASES: u64 = 2000;

/// What rounding may leave of the proof of a bound, in bits and of what is paid.
const PROOF: f64 = 1e-11;

/// A budget of a cost that is above 0 by less than rounding: where it and the perception contradict each other, the proof lacks
/// the multiplier of that cost so far.
const SLIVER: f64 = 1e-15;

fn law(letters: usize, random: &mut Random) -> DVector<f64> {
    let kind = random.below(5);
    let at = random.below(letters);
    let weights = DVector::from_fn(letters, |i, _| match kind {
        _ if i == at => 1.0,
        0 => 0.0,
        1 => random.magnitude(-300.0, 0.0),
        2 => 1.0,
        3 if random.chance(0.4) => 0.0,
        _ => random.uniform(),
    });
    let total = weights.sum();
    weights / total
}

fn budget(random: &mut Random, unit: f64) -> f64 {
    match random.below(6) {
        0 => 0.0,
        1 => INF,
        2 => unit * random.magnitude(-16.0, 0.0),
        3 => f64::MIN_POSITIVE,
        _ => unit * random.uniform(),
    }
}

fn case(seed: u64) -> Perceived {
    let random = &mut Random::new(1100, seed);
    let (n, m) = (random.size(4), random.size(5));
    let source = law(n, random);
    let count = random.below(3);
    let unit = |random: &mut Random| {
        if random.chance(0.3) { random.magnitude(-100.0, 100.0) } else { 1.0 }
    };
    let mut costs = Vec::new();
    let mut budgets = Vec::new();
    for _ in 0..count {
        let scale = unit(random);
        let levels = random.chance(0.5);
        costs.push(DMatrix::from_fn(n, m, |_, _| {
            scale * if levels { random.below(3) as f64 } else { random.uniform() }
        }));
        budgets.push(budget(random, scale));
    }
    let target = law(m, random);
    let scale = unit(random);
    let measure = match random.below(4) {
        0 => Measure::total_variation(&target),
        1 => Measure::kullback_leibler(&target),
        2 => {
            let start = if random.chance(0.5) { 1.0 } else { 0.0 };
            // Of points 1e-9 apart beside 1 few digits are left.
            let gap = if random.chance(0.3) { 1e-9 } else { scale };
            let points: Vec<f64> = (0..m).map(|y| start + gap * y as f64).collect();
            if points.windows(2).all(|pair| pair[0] < pair[1]) {
                Measure::wasserstein(&target, &points)
            } else {
                Measure::total_variation(&target)
            }
        }
        _ => {
            let k = random.size(5);
            let ground = DMatrix::from_fn(m, k, |_, _| scale * random.below(3) as f64);
            Measure::transport(&law(k, random), ground)
        }
    };
    let unit = measure.ground.as_ref().map_or(1.0, DMatrix::max);
    let p = budget(random, unit);
    budgets.push(if random.chance(0.2) { measure.smallest() } else { p });
    Perceived { case: Case { pmf: source, costs, budgets }, measure }
}

#[test]
fn nothing_unusual_breaks_the_solver() {
    let cases = count(CASES);
    let (mut certified, mut empty, mut slivers) = (0_u64, 0_u64, 0_u64);
    let mut unsound = Vec::new();
    for seed in 0..cases {
        let case = case(seed);
        match case.problem().solve(&case.budgets) {
            Ok(solution) => {
                let lower = solution.lower;
                let priced = solution.constraints.iter().zip(case.units());
                let priced = priced.filter(|(told, _)| told.is_active());
                let steep: f64 =
                    priced.map(|(told, unit)| told.multiplier * (unit + told.budget)).sum();
                let bound = case.lower_bound(&solution).max(0.0) + PROOF * (1.0 + steep);
                assert!(lower <= bound, "{seed}: {bound} does not prove {lower}\n{case}");
                let information = exact::information(&case.pmf, &solution.channel);
                let attained = solution.rate == INF || (solution.rate - information).abs() < 1e-9;
                assert!(attained, "{seed}: {information}, not {}\n{case}", solution.rate);
                for row in solution.channel.row_iter() {
                    assert!(
                        row.iter().all(|w| *w >= 0.0) && (row.sum() - 1.0).abs() < 1e-9,
                        "{seed}: {case}"
                    );
                }
                assert!(solution.potential.iter().all(|g| g.is_finite()), "{seed}: {case}");
                for told in &solution.constraints {
                    assert!(
                        told.achieved >= 0.0 && told.multiplier >= 0.0,
                        "{seed}: {told:?}\n{case}"
                    );
                    if solution.rate.is_finite() {
                        let unit = case.units().fold(0.0, f64::max);
                        let room = 1e-9 * told.budget.max(unit);
                        assert!(told.achieved <= told.budget + room, "{seed}: {told:?}\n{case}");
                    }
                }
                assert!(
                    solution.trace.iter().all(|line| !line.rate.is_nan() && !line.lower.is_nan())
                );
                certified += u64::from(solution.status == Status::Certified);
            }
            Err(RdcError::Infeasible(proof)) => {
                empty += 1;
                let weights = proof.budgets.iter().map(|b| b.multiplier);
                if !(proof.excess > 0.0 && weights.clone().all(|s| s >= 0.0)) {
                    let costs = &case.budgets[..case.costs.len()];
                    let known = costs.iter().any(|&d| d > 0.0 && d < SLIVER);
                    if known { slivers += 1 } else { unsound.push(seed) }
                }
            }
            Err(error) => panic!("{seed}: {error}\n{case}"),
        }
    }
    assert!(500 * slivers <= cases, "{slivers}");
    assert!(unsound.is_empty(), "{unsound:?}");
    assert!(10 * certified > 4 * cases && 20 * empty > cases, "{certified}, {empty} of {cases}");
}

#[test]
fn letters_without_probability_in_a_perception() {
    for make in [Perception::total_variation, Perception::kullback_leibler] {
        let problem = Problem::new(pmf(&[0.6, 0.0, 0.4]), 3).unwrap();
        let cost = rows(&[[0.0, 1.0, 2.0], [5.0, 0.0, 5.0], [1.0, 0.5, 0.0]]);
        let problem = problem.with_cost("cost", cost).unwrap();
        let problem = problem.with_perception(make(pmf(&[0.5, 0.0, 0.5])).unwrap()).unwrap();
        let solution = problem.solve(&[0.4, 0.0]).unwrap();
        assert!(solution.gap() <= 1e-9 && solution.output[1] == 0.0, "{:?}", solution.output);
        assert!((solution.output[0] - 0.5).abs() < 1e-9);
    }
}

#[test]
fn one_letter_on_either_side() {
    for kind in Kind::ALL {
        for (n, m) in [(1, 1), (1, 4), (4, 1)] {
            let target = DVector::from_element(m, 1.0 / m as f64);
            let points: Vec<f64> = (0..m).map(|y| y as f64).collect();
            let measure = match kind {
                Kind::TotalVariation => Measure::total_variation(&target),
                Kind::Wasserstein => Measure::wasserstein(&target, &points),
                Kind::KullbackLeibler => Measure::kullback_leibler(&target),
                Kind::Transport => Measure::transport(&target, hamming_of(m)),
            };
            let source = DVector::from_element(n, 1.0 / n as f64);
            let problem =
                Problem::new(source, m).unwrap().with_perception(measure.perception).unwrap();
            for p in [0.0, 1e-300, 0.1, INF] {
                let solution = problem.solve(&[p]).unwrap();
                assert!(solution.rate < 1e-12 && solution.lower == 0.0, "{kind:?} {n} {m} {p}");
            }
        }
    }
}

/// The only source letter may not be sent to a letter of the target: there is no channel with the output that is given.
#[test]
fn a_forbidden_pair_is_not_used_for_a_given_output() {
    let ground = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    let target = DVector::from_element(2, 0.5);
    let perceptions = [
        Perception::transport(target.clone(), ground).unwrap(),
        Perception::total_variation(target.clone()).unwrap(),
        Perception::kullback_leibler(target).unwrap(),
    ];
    for perception in perceptions {
        let problem = Problem::new(DVector::from_element(1, 1.0), 2).unwrap();
        let cost = DMatrix::from_row_slice(1, 2, &[0.0, f64::INFINITY]);
        let problem = problem.with_cost("cost", cost).unwrap().with_perception(perception).unwrap();
        if let Ok(solution) = problem.solve(&[f64::INFINITY, 0.0]) {
            assert!(solution.rate.is_infinite() && solution.channel[(0, 1)] == 0.0, "{solution:?}");
        }
    }
}
