//! The public strategies: what they give can be solved, holds every kind they promise, shrinks, and is the same each time.

use crate::common::{self, INF, dearest, expected};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestError, TestRunner};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::strategies::{self, ProblemCase, RdcCase};
use rdc_theory::{Problem, Solution};
use std::fmt::Debug;

/// In bits, of the rate where that is above 1.
const TOLERANCE: f64 = 1e-9;

/// Drawn to be counted, and how many of them each kind has at least.
const SAMPLES: usize = 2000;
const LEAST: usize = 60;

/// What counts as on an edge, and as beside one, in units of the cost's average under its dearest letter.
const ON: f64 = 1e-13;
const BESIDE: f64 = 2e-3;

/// No value may be refused.
fn runner(seed: u64) -> TestRunner {
    TestRunner::new(ProptestConfig {
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_local_rejects: 0,
        max_global_rejects: 0,
        ..ProptestConfig::default()
    })
}

fn samples<T: Debug>(strategy: impl Strategy<Value = T>, seed: u64) -> Vec<T> {
    let mut runner = runner(seed);
    (0..SAMPLES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// What is left of the first value for which `holds` does not.
fn shrunk<T: Debug>(strategy: impl Strategy<Value = T>, holds: impl Fn(&T) -> bool) -> T {
    let test = |value: T| {
        prop_assert!(holds(&value));
        Ok(())
    };
    match runner(1).run(&strategy, test) {
        Err(TestError::Fail(_, value)) => value,
        other => panic!("the property is false: {other:?}"),
    }
}

/// A name, and what has it.
type Kind<'a, T> = (&'a str, &'a dyn Fn(&T) -> bool);

#[track_caller]
fn assert_each_occurs<T>(samples: &[T], kinds: &[Kind<'_, T>]) {
    for (name, is) in kinds {
        let count = samples.iter().filter(|sample| is(sample)).count();
        assert!(count >= LEAST, "{name}: {count} of {SAMPLES}");
    }
}

fn is_certified(solution: &Solution) -> bool {
    solution.gap() <= TOLERANCE * solution.rate.max(1.0)
}

/// Within 1e-12 of the budget, or of the cost's average under its dearest letter.
fn meets(pmf: &DVector<f64>, costs: &[DMatrix<f64>], solution: &Solution) -> bool {
    solution.constraints.iter().zip(costs).all(|(constraint, cost)| {
        let achieved = expected(pmf, &solution.channel, cost);
        achieved <= constraint.budget + 1e-12 * constraint.budget.max(dearest(pmf, cost))
    })
}

proptest! {
    #![proptest_config(common::config(300, 20_261_124))]

    #[test]
    fn functions_are_certified_at_their_budgets(
        (case, [d, e]) in strategies::rdc_with_budgets(1..=8, 1..=8, 1..=4),
    ) {
        let solution = case.rdc.solve(d, e)?;
        prop_assert!(is_certified(&solution), "{}, gap {:e}", solution.status, solution.gap());
        prop_assert!(meets(case.source.pmf(), &costs(&case), &solution));
    }

    #[test]
    fn problems_are_certified_at_their_budgets(
        (case, budgets) in strategies::problem_with_budgets(1..=8, 1..=8, 0..=3),
    ) {
        let solution = case.problem.solve(&budgets)?;
        prop_assert!(is_certified(&solution), "{}, gap {:e}", solution.status, solution.gap());
        prop_assert!(meets(&case.pmf, &case.costs, &solution));
    }
}

fn costs(case: &RdcCase) -> [DMatrix<f64>; 2] {
    let error = case.classifier.error_matrix(&case.source).unwrap();
    [case.distortion.as_matrix().clone(), error]
}

/// Two columns of it are one.
fn has_twins(cost: &DMatrix<f64>) -> bool {
    (1..cost.ncols()).any(|y| (0..y).any(|other| cost.column(y) == cost.column(other)))
}

fn is_certain(rows: &DMatrix<f64>) -> bool {
    rows.iter().all(|p| [0.0, 1.0].contains(p))
}

#[test]
fn every_kind_of_source_occurs() {
    let sources = samples(strategies::source(1..=8, 1..=4), 2);
    let uninformative =
        |rows: &DMatrix<f64>| rows.row_iter().all(|row| row == rows.row(0)) && !is_certain(rows);
    assert_each_occurs(
        &sources,
        &[
            ("one letter", &|s| s.letters() == 1),
            ("eight letters", &|s| s.letters() == 8),
            ("one class", &|s| s.classes() == 1),
            ("four classes", &|s| s.classes() == 4),
            ("equal", &|s| s.letters() > 1 && s.pmf().min() == s.pmf().max()),
            ("zero", &|s| s.pmf().min() == 0.0),
            ("below 1e-12", &|s| s.pmf().iter().any(|&p| p > 0.0 && p < 1e-12)),
            ("noiseless", &|s| s.classes() > 1 && is_certain(s.posterior())),
            ("noisy", &|s| !is_certain(s.posterior()) && !uninformative(s.posterior())),
            ("uninformative", &|s| s.letters() > 1 && uninformative(s.posterior())),
        ],
    );
}

#[test]
fn every_kind_of_distortion_and_classifier_occurs() {
    let cases = samples(strategies::rdc(2..=6, 2..=6, 2..=3), 3);
    let matrix = |case: &RdcCase| case.distortion.as_matrix().clone();
    let hamming =
        |d: &DMatrix<f64>| *d == DMatrix::from_fn(d.nrows(), d.ncols(), |x, y| f64::from(x != y));
    let forbids = |d: &DMatrix<f64>| d.max() == INF;
    let soft = |case: &RdcCase| format!("{:?}", case.classifier).contains("Soft");
    assert_each_occurs(
        &cases,
        &[
            ("Hamming", &|c| hamming(&matrix(c))),
            ("zeros and ones", &|c| is_certain(&matrix(c)) && !hamming(&matrix(c))),
            ("coinciding reproductions", &|c| has_twins(&matrix(c)) && !is_certain(&matrix(c))),
            ("rows without a choice", &|c| matrix(c).row_iter().all(|row| row.min() == row.max())),
            ("forbidden pairs", &|c| forbids(&matrix(c))),
            ("large units", &|c| !forbids(&matrix(c)) && matrix(c).max() > 3.0),
            ("small units", &|c| (1e-9..1e-2).contains(&matrix(c).max())),
            ("D = 0 possible", &|c| matrix(c).row_iter().all(|row| row.min() == 0.0)),
            ("hard", &|c| !soft(c)),
            ("soft", &soft),
        ],
    );
}

/// One budget less what the others allow, in units of the cost's scale; infinite without a budget.
fn distance(problem: &Problem, k: usize, budgets: &[f64], scale: f64) -> f64 {
    let smallest = problem.smallest_budget(k, budgets).unwrap().unwrap_or(0.0);
    (budgets[k] - smallest) / scale
}

/// A function, its budgets, the distance of the nearer one from the frontier, and the rate.
struct Placed {
    case: RdcCase,
    budgets: [f64; 2],
    distance: f64,
    rate: f64,
}

impl Placed {
    fn new((case, budgets): (RdcCase, [f64; 2])) -> Self {
        let (problem, costs) = (case.rdc.problem(), costs(&case));
        let distances = [0, 1].map(|k| {
            distance(problem, k, &budgets, dearest(case.source.pmf(), &costs[k]).max(1e-300))
        });
        let rate = case.rdc.solve(budgets[0], budgets[1]).unwrap().rate;
        Self { case, budgets, distance: distances[0].min(distances[1]), rate }
    }

    /// How much of its budgets, all in all, a channel without rate would need.
    fn share_of_zero_rate(&self) -> f64 {
        let Some(frontier) = self.case.rdc.zero_rate_frontier() else { return 0.0 };
        let [d, e] = self.budgets;
        let least_e = frontier.second_at(d.max(frontier.smallest_first())).unwrap();
        let least_d = frontier.first_at(e.max(frontier.smallest_second())).unwrap();
        (d / least_d).min(e / least_e)
    }
}

#[test]
fn every_place_of_budgets_occurs() {
    let strategy = strategies::rdc_with_budgets(2..=6, 2..=6, 2..=3);
    let placed: Vec<Placed> = samples(strategy, 4).into_iter().map(Placed::new).collect();
    assert_each_occurs(
        &placed,
        &[
            ("inside, with a rate", &|p| p.distance > BESIDE && p.rate > 1e-3),
            ("on the frontier, with a rate", &|p| p.distance.abs() <= ON && p.rate > 1e-3),
            ("beside it by 1e-12 to 1e-8", &|p| p.distance > ON && p.distance <= 1e-8),
            ("beside it by 1e-8 to 1e-3", &|p| p.distance > 1e-8 && p.distance <= BESIDE),
            ("no rate", &|p| p.rate <= TOLERANCE),
            ("hardly a rate", &|p| p.rate > TOLERANCE && p.rate < 1e-5),
            ("D = 0", &|p| p.budgets[0] == 0.0),
            ("D = 0 and a rate", &|p| p.budgets[0] == 0.0 && p.rate > 1e-3),
            ("D without limit", &|p| p.budgets[0] == INF),
            ("E without limit", &|p| p.budgets[1] == INF),
            ("neither limited", &|p| p.budgets == [INF, INF]),
            ("just short of zero rate", &|p| (0.998..1.0).contains(&p.share_of_zero_rate())),
        ],
    );
}

#[test]
fn problems_have_any_number_of_costs() {
    let cases = samples(strategies::problem(1..=4, 1..=4, 0..=3), 5);
    let count = |k: usize| move |case: &ProblemCase| case.costs.len() == k;
    assert_each_occurs(&cases, &[("none", &count(0)), ("one", &count(1)), ("three", &count(3))]);
}

#[test]
fn budgets_of_any_problem_can_be_met() {
    let empty = Problem::new(common::pmf(&[0.5, 0.5]), 2).unwrap();
    assert!(samples(strategies::budgets(&empty), 6).iter().all(Vec::is_empty));
    let problem = empty.with_cost("distortion", common::hamming()).unwrap();
    for budgets in samples(strategies::budgets(&problem), 6) {
        let binary = 1.0 - rdc_theory::binary_entropy(budgets[0].min(0.5));
        let rate = problem.solve(&budgets).unwrap().rate;
        assert!((rate - binary).abs() < 1e-8, "{budgets:?}: {rate}");
    }
}

fn has_few_digits(rows: &[f64]) -> bool {
    rows.iter().all(|p| (p * 1000.0 - (p * 1000.0).round()).abs() < 1e-9)
}

#[test]
fn a_problem_shrinks_to_what_makes_it_fail() {
    let rates = strategies::problem_with_budgets(1..=8, 1..=8, 0..=3);
    let (case, budgets) =
        shrunk(rates, |(case, budgets)| case.problem.solve(budgets).unwrap().rate < 0.1);
    assert_eq!(case.costs.len(), 1, "{case:?}");
    assert_eq!(case.costs[0].shape(), (2, 2), "{case:?}");
    assert!(is_certain(&case.costs[0]), "{case:?}");
    assert_eq!(case.pmf.as_slice(), [0.5, 0.5]);
    assert!(budgets[0] < 0.5);
}

#[test]
fn a_function_shrinks_to_what_makes_it_fail() {
    let case =
        shrunk(strategies::rdc(1..=8, 1..=8, 1..=4), |case| is_certain(case.source.posterior()));
    assert_eq!((case.source.letters(), case.distortion.as_matrix().len()), (1, 1), "{case:?}");
    assert_eq!(case.source.classes(), 2, "{case:?}");
    assert!(has_few_digits(case.source.posterior().as_slice()), "{case:?}");
    assert!(format!("{case:?}").contains("classifier: [0]"), "{case:?}");
}

#[test]
fn sizes_hold_while_shrinking() {
    let source = shrunk(strategies::source(3..=8, 2), |_| false);
    assert_eq!((source.letters(), source.classes()), (3, 2));
    let distortion = shrunk(strategies::distortion(4, 2..=9), |_| false);
    assert_eq!(distortion.as_matrix(), &DMatrix::zeros(4, 2));
    let classifier = shrunk(strategies::classifier(2..4, 3), |_| false);
    assert_eq!(format!("{classifier:?}"), "Classifier(Hard([0, 0]))");
    assert_eq!(shrunk(strategies::pmf(2..9), |_| false).as_slice(), [0.5, 0.5]);
    assert_eq!(shrunk(strategies::pmf(0), |_| false).as_slice(), [1.0]);
}

/// What is left out must not forbid all that a letter may use.
#[test]
fn forbidden_pairs_survive_shrinking() {
    let forbids = |cost: &DMatrix<f64>| cost.max() == INF;
    let is_one_of_two = |cost: &DMatrix<f64>| cost.shape() == (1, 2) && cost.min() == 0.0;
    let distortions = strategies::distortion(1..=6, 1..=6);
    let distortion = shrunk(distortions, |distortion| !forbids(distortion.as_matrix()));
    assert!(is_one_of_two(distortion.as_matrix()), "{distortion:?}");
    let problems = strategies::problem(1..=6, 1..=6, 1..=3);
    let case = shrunk(problems, |case| !case.costs.iter().any(forbids));
    assert!(case.costs.len() == 1 && is_one_of_two(&case.costs[0]), "{case:?}");
}

#[test]
fn numbers_shrink_to_few_digits() {
    let medium = |d: &f64| (0.2..0.8).contains(d);
    let distortions = strategies::distortion(1..=6, 1..=6);
    let distortion = shrunk(distortions, |distortion| !distortion.as_matrix().iter().any(medium));
    assert_eq!(distortion.as_matrix().nrows(), 1, "{distortion:?}");
    assert!(distortion.as_matrix().iter().all(|d| (d * 10.0).fract() == 0.0), "{distortion:?}");
}

#[test]
fn one_seed_gives_one_list_of_values() {
    let values = |seed| {
        let strategy = strategies::problem_with_budgets(1..=6, 1..=6, 1..=3);
        samples(strategy, seed).iter().map(|value| format!("{value:?}")).collect::<Vec<_>>()
    };
    let (once, again, other) = (values(7), values(7), values(8));
    assert_eq!(once, again);
    assert!(once.iter().zip(&other).filter(|(a, b)| a == b).count() < SAMPLES / 10);
}

/// A failure is to be pasted into a test.
#[test]
fn cases_print_their_matrices_row_by_row() {
    let case = shrunk(strategies::problem(2, 3, 1), |case| case.costs[0][(1, 2)] == 0.0);
    assert_eq!(
        format!("{case:#?}"),
        "ProblemCase {\n    pmf: [0.5, 0.5],\n    costs: [\n        [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]],\n    ],\n}"
    );
}
