//! What must not change the rate, what may only raise it, and which budgets must be refused.
//!
//! Rates are compared as brackets: two that are disjoint cannot belong to one rate, however wide they are.
//! `RDC_CASES` sets the number of cases of each property.

use crate::common::brackets::{BUDGET_ROUNDING, assert_at_most};
use crate::common::case::Case;
use crate::common::exact::{Sum, price};
use crate::common::families::{Family, Placed};
use crate::common::random::Random;
use crate::common::{applied, config};
use proptest::prelude::*;
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::{Infeasible, Problem, RdcError, Solution, Status};

/// Distance from the frontier in units of a cost's scale, or of the budget if that is larger.
const BESIDE: f64 = 1e-9;

/// A family and a seed of it: what fails is the case of one pair of them.
fn seeded() -> impl Strategy<Value = (Family, u64)> {
    (prop::sample::select(Family::ALL.to_vec()), 0..1_000_000_u64)
}

fn random(seed: u64) -> Random {
    Random::new(u64::MAX, seed)
}

/// `None` where the budgets are infeasible by no more than their rounding.
fn solve(case: &Case) -> Option<Solution> {
    match case.problem().solve(&case.budgets) {
        Ok(solution) => Some(solution),
        Err(RdcError::Infeasible(report)) => {
            let excess = excess(case, &report);
            let priced = report.budgets.iter().enumerate();
            let unit: f64 = priced.map(|(k, budget)| budget.multiplier * case.scale(k)).sum();
            let rounding = BUDGET_ROUNDING * (spent(&report) + unit);
            assert!(excess <= rounding, "infeasible by {excess:e}\n{case}");
            None
        }
        Err(other) => panic!("{other}"),
    }
}

/// `s.D` over the finite budgets.
fn spent(report: &Infeasible) -> f64 {
    let priced = report.budgets.iter().filter(|budget| budget.multiplier > 0.0);
    priced.map(|budget| budget.multiplier * budget.budget).sum()
}

/// `sum_x p(x) min_y s.d(x, y) - s.D`, from the matrices alone.
fn excess(case: &Case, report: &Infeasible) -> f64 {
    let multipliers: Vec<f64> = report.budgets.iter().map(|budget| budget.multiplier).collect();
    let mut excess = Sum::default();
    for (x, &p) in case.pmf.iter().enumerate().filter(|&(_, &p)| p > 0.0) {
        let prices =
            (0..case.costs[0].ncols()).filter_map(|y| price(&case.costs, &multipliers, x, y));
        let least = prices.min_by(|a, b| a.value().total_cmp(&b.value()));
        excess.add_multiple(p, least.expect("each source letter has an allowed pair"));
    }
    for budget in report.budgets.iter().filter(|budget| budget.multiplier > 0.0) {
        excess.add_product(-budget.multiplier, budget.budget);
    }
    excess.value()
}

/// Both problems have the same rate; whether both could be solved.
fn assert_same(one: &Case, other: &Case) -> Result<bool, TestCaseError> {
    let (Some(one), Some(other)) = (solve(one), solve(other)) else { return Ok(false) };
    assert_at_most(&one, &other)?;
    assert_at_most(&other, &one)?;
    Ok(true)
}

/// A property of cases and random numbers, which must apply to most of them.
#[track_caller]
fn assert_mostly(property: impl Fn(&Placed, &mut Random) -> Result<bool, TestCaseError>) {
    let check =
        |(family, seed): (Family, u64)| property(&Placed::new(family, seed), &mut random(seed));
    let (checked, cases) = applied(config(200, 20_261_124), seeded(), check);
    assert!(10 * checked > 7 * cases, "of {cases} cases {checked} could be checked");
}

/// The same case with other matrices.
fn with_costs(case: &Case, change: impl Fn(&DMatrix<f64>) -> DMatrix<f64>) -> Case {
    Case { costs: case.costs.iter().map(change).collect(), ..case.clone() }
}

fn columns(case: &Case, letters: &[usize]) -> Case {
    with_costs(case, |cost| cost.select_columns(letters))
}

fn permuted(case: &Case, random: &mut Random) -> Case {
    let (n, m) = case.costs[0].shape();
    let (rows, letters) = (random.permutation(n), random.permutation(m));
    let shuffled = columns(&with_costs(case, |cost| cost.select_rows(&rows)), &letters);
    Case { pmf: case.pmf.select_rows(&rows), ..shuffled }
}

fn with_twin_column(case: &Case, random: &mut Random) -> Case {
    let m = case.costs[0].ncols();
    let mut letters: Vec<usize> = (0..m).collect();
    letters.insert(random.below(m + 1), random.below(m));
    columns(case, &letters)
}

/// One source letter becomes two, whose probabilities sum to its own exactly.
fn with_split_row(case: &Case, random: &mut Random) -> Case {
    let n = case.pmf.len();
    let x = random.below(n);
    let rows: Vec<usize> = (0..n).chain([x]).collect();
    let split = with_costs(case, |cost| cost.select_rows(&rows));
    let p = case.pmf[x];
    let part = (p * random.uniform() / f64::EPSILON).floor() * f64::EPSILON;
    let mut pmf = case.pmf.clone().insert_row(n, part);
    pmf[x] = p - part;
    Case { pmf, ..split }
}

fn scaled(case: &Case, random: &mut Random) -> Case {
    let mut scaled = case.clone();
    let k = random.below(case.costs.len());
    let factor = 10_f64.powf(12.0 * random.uniform() - 6.0);
    scaled.costs[k] *= factor;
    scaled.budgets[k] *= factor;
    scaled
}

/// A case, and the same with a constant on one source letter's costs and what it adds to their average on the budget
/// (Pinkston).
///
/// The constant has few digits, and the costs lose those that it would take from them: the budget alone is rounded.
fn shifted(case: &Case, random: &mut Random) -> (Case, Case) {
    let (mut plain, mut shifted) = (case.clone(), case.clone());
    let (k, x) = (random.below(case.costs.len()), random.below(case.pmf.len()));
    let constant = case.scale(k).log2().floor().exp2() * (1.0 + random.below(8) as f64);
    shifted.costs[k].row_mut(x).add_scalar_mut(constant);
    plain.costs[k].set_row(x, &shifted.costs[k].row(x).add_scalar(-constant));
    shifted.budgets[k] += case.pmf[x] * constant;
    (plain, shifted)
}

/// Fewer reproduction letters; `None` if a source letter loses all that it may use.
fn restricted(case: &Case, random: &mut Random) -> Option<Case> {
    let m = case.costs[0].ncols();
    let kept = 1 + random.below(m);
    let restricted = columns(case, &random.permutation(m)[..kept]);
    let allowed = |x, y| restricted.costs.iter().all(|cost| cost[(x, y)].is_finite());
    (0..case.pmf.len()).all(|x| (0..kept).any(|y| allowed(x, y))).then_some(restricted)
}

/// One cost more, with a budget from the smallest feasible one to one that hardly matters; `None` if the crate finds none.
fn with_constraint(case: &Case, random: &mut Random) -> Option<Case> {
    let mut more = case.clone();
    let (n, m) = case.costs[0].shape();
    more.costs.push(DMatrix::from_fn(n, m, |_, _| random.uniform()));
    more.budgets.push(0.0);
    let k = case.costs.len();
    let smallest = more.problem().smallest_budget(k, &more.budgets).unwrap()?;
    let share = random.uniform() - 0.5;
    more.budgets[k] = smallest + share.max(0.0) * more.scale(k);
    Some(more)
}

/// The case with one budget moved by `distance` from the smallest that can be met, and which one.
fn beside_the_frontier(family: Family, seed: u64, distance: f64) -> (Case, usize) {
    let placed = Placed::new(family, seed);
    let (budgets, k) = placed.on_frontier(&mut random(seed));
    let mut case = Case { budgets, ..placed.case };
    case.budgets[k] += distance * case.scale(k).max(case.budgets[k]);
    (case, k)
}

fn infeasible(problem: &Problem, budgets: &[f64]) -> Option<Infeasible> {
    match problem.solve(budgets) {
        Err(RdcError::Infeasible(report)) => Some(*report),
        _ => None,
    }
}

#[test]
fn the_order_of_the_letters_does_not_matter() {
    assert_mostly(|case, random| assert_same(case, &permuted(case, random)));
}

#[test]
fn a_second_copy_of_a_reproduction_letter_does_not_matter() {
    assert_mostly(|case, random| assert_same(case, &with_twin_column(case, random)));
}

#[test]
fn splitting_a_source_letter_does_not_matter() {
    assert_mostly(|case, random| assert_same(case, &with_split_row(case, random)));
}

#[test]
fn the_unit_of_a_cost_does_not_matter() {
    assert_mostly(|case, random| assert_same(case, &scaled(case, random)));
}

#[test]
fn a_constant_on_a_source_letter_does_not_matter() {
    assert_mostly(|case, random| {
        let (plain, shifted) = shifted(case, random);
        assert_same(&plain, &shifted)
    });
}

/// Most sets of fewer letters cannot meet the budgets.
#[test]
fn fewer_reproduction_letters_do_not_lower_the_rate() {
    let check = |(family, seed): (Family, u64)| {
        let case = Placed::new(family, seed);
        if let Some(fewer) = restricted(&case, &mut random(seed))
            && let Ok(fewer) = fewer.problem().solve(&fewer.budgets)
            && let Some(all) = solve(&case)
        {
            assert_at_most(&all, &fewer)?;
            return Ok(true);
        }
        Ok(false)
    };
    let (checked, cases) = applied(config(200, 20_261_124), seeded(), check);
    assert!(5 * checked > cases, "of {cases} cases {checked} could be checked");
}

#[test]
fn one_constraint_more_does_not_lower_the_rate() {
    assert_mostly(|case, random| {
        let Some(base) = solve(case) else { return Ok(false) };
        let Some(more) = with_constraint(case, random) else {
            return Err(TestCaseError::fail(format!(
                "solved, but no budget is enough\n{}",
                **case
            )));
        };
        let Some(more) = solve(&more) else { return Ok(false) };
        assert_at_most(&base, &more)?;
        Ok(true)
    });
}

#[test]
fn budgets_just_below_the_frontier_are_refused_with_a_proof() {
    let check = |(family, seed): (Family, u64)| {
        let (case, k) = beside_the_frontier(family, seed, -BESIDE);
        if case.budgets[k] < 0.0 {
            return Ok(false);
        }
        let Some(report) = infeasible(&case.problem(), &case.budgets) else {
            return Err(TestCaseError::fail(format!("cost {k} is met\n{case}")));
        };
        prop_assert!(report.budgets.iter().all(|budget| budget.multiplier >= 0.0));
        let proved = excess(&case, &report);
        prop_assert!(proved > 0.0, "{proved:e} proves nothing\n{case}");
        let rounding = 1e-12 * (spent(&report) + proved);
        prop_assert!((proved - report.excess).abs() <= rounding, "{proved:e}, {report:?}");
        Ok(true)
    };
    let (checked, cases) = applied(config(200, 20_261_124), seeded(), check);
    assert!(2 * checked > cases, "of {cases} cases {checked} could be checked");
}

proptest! {
    #![proptest_config(config(200, 20_261_124))]

    #[test]
    fn budgets_just_above_the_frontier_are_solved((family, seed) in seeded()) {
        let (case, _) = beside_the_frontier(family, seed, BESIDE);
        let solution = case.problem().solve(&case.budgets).unwrap();
        prop_assert!(
            solution.status == Status::Certified,
            "{}, gap {:e}\n{case}", solution.status, solution.gap()
        );
    }
}
