//! Theorem 1 on random labelled sources, and what the general problem owes to duality.
//!
//! Certified brackets make each check a proof: a violation would be one of the bounds, not of rounding.

use crate::common::brackets::{BUDGET_ROUNDING, assert_at_most, overspent, rounding};
use crate::common::case::Case;
use crate::common::{self, INF, ROUNDING, applied};
use proptest::prelude::*;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::strategies::{Placement, RdcCase, placement, problem, rdc};
use rdc_theory::{Infeasible, Problem, Rdc, RdcError, Settings, Solution, Status};

/// What is closer to the frontier than this, in units of the largest cost, may count as on it.
const BESIDE: f64 = 1e-9;

/// Equal steps of a segment from what can be met to what cannot.
const STEPS: usize = 8;

fn case() -> impl Strategy<Value = RdcCase> {
    rdc(1..=6, 1..=6, 1..=3)
}

fn at(rdc: &Rdc, place: &Placement) -> [f64; 2] {
    place.budgets(rdc.problem()).try_into().unwrap()
}

fn solve(rdc: &Rdc, [d, e]: [f64; 2]) -> Solution {
    rdc.solve(d, e).unwrap()
}

fn solved(problem: &Problem, budgets: &[f64]) -> Result<Solution, Infeasible> {
    match problem.solve(budgets) {
        Ok(solution) => Ok(solution),
        Err(RdcError::Infeasible(report)) => Err(*report),
        Err(other) => panic!("{other}"),
    }
}

/// The point at this share of the way; a number that both ends have stays as it is.
fn between([from, to]: [[f64; 2]; 2], share: f64) -> [f64; 2] {
    [0, 1].map(|k| match (from[k], to[k]) {
        (a, b) if a == b || share == 0.0 => a,
        (_, b) if share == 1.0 => b,
        (a, b) => (1.0 - share) * a + share * b,
    })
}

/// Budgets that no channel meets: a share of the smallest of one of them at the other. `None` where that is hardly less.
fn out_of_reach(case: &RdcCase, [d, e]: [f64; 2], errors: bool, share: f64) -> Option<[f64; 2]> {
    let finite = case.distortion.as_matrix().iter().copied().filter(|d| d.is_finite());
    let (smallest, unit, point) = if errors {
        let smallest = case.rdc.smallest_error(d).unwrap()?;
        (smallest, 1.0, [d, share * smallest])
    } else {
        let smallest = case.rdc.smallest_distortion(e).unwrap()?;
        (smallest, finite.fold(0.0, f64::max), [share * smallest, e])
    };
    ((1.0 - share) * smallest > BESIDE * unit).then_some(point)
}

fn budgets(solution: &Solution) -> Vec<f64> {
    solution.constraints.iter().map(|constraint| constraint.budget).collect()
}

fn spent(solution: &Solution) -> Vec<f64> {
    solution.constraints.iter().map(|constraint| constraint.achieved).collect()
}

/// A point between two is not above their chord, as far as the brackets tell.
fn assert_convex(
    [a, b]: [&Solution; 2],
    share: f64,
    middle: &Solution,
) -> Result<(), TestCaseError> {
    let mixed = |at_a: f64, at_b: f64| (1.0 - share) * at_a + share * at_b;
    let chord = mixed(a.rate, b.rate) + mixed(overspent(middle, a), overspent(middle, b));
    let above = middle.lower - chord;
    prop_assert!(above <= rounding(middle, &budgets(middle)), "{above:e} above {chord}");
    Ok(())
}

/// `s.(to - from)`.
fn priced(prices: impl Iterator<Item = f64>, from: &[f64], to: &[f64]) -> f64 {
    let steps = from.iter().zip(to).map(|(from, to)| to - from);
    prices.zip(steps).filter(|(price, _)| *price > 0.0).map(|(price, step)| price * step).sum()
}

proptest! {
    #![proptest_config(common::config(300, 1))]

    #[test]
    fn neither_more_distortion_nor_more_errors_cost_rate(
        (case, here, there) in (case(), placement(), placement()),
    ) {
        let [[d, e], [more_d, more_e]] = [here, there].map(|place| at(&case.rdc, &place));
        let from = solve(&case.rdc, [d, e]);
        for wider in [[d.max(more_d), e], [d, e.max(more_e)], [d.max(more_d), e.max(more_e)]] {
            assert_at_most(&solve(&case.rdc, wider), &from)?;
        }
    }

    #[test]
    fn below_its_chords((case, a, b, share) in (case(), placement(), placement(), 0.0..1.0_f64)) {
        let ends = [a, b].map(|place| at(&case.rdc, &place));
        let middle = solve(&case.rdc, between(ends, share));
        let [a, b] = ends.map(|end| solve(&case.rdc, end));
        assert_convex([&a, &b], share, &middle)?;
    }

    /// Planes of one end must stay below the rate of the other.
    #[test]
    fn above_its_supporting_planes((case, a, b) in (case(), placement(), placement())) {
        let [a, b] = [a, b].map(|place| solve(&case.rdc, at(&case.rdc, &place)));
        for (from, to) in [(&a, &b), (&b, &a)] {
            let slopes = from.constraints.iter().map(|constraint| constraint.multiplier);
            let plane = from.lower - priced(slopes, &budgets(from), &spent(to));
            let above = plane - to.rate;
            prop_assert!(above <= rounding(from, &spent(to)), "{above:e} above {}", to.rate);
        }
    }

    #[test]
    fn without_limits_the_rate_is_zero_or_forced_by_forbidden_pairs(case in case()) {
        let free = solve(&case.rdc, [INF, INF]);
        let forced = case.rdc.zero_rate_frontier().is_none();
        prop_assert!(if forced { free.rate > 0.0 } else { free.rate <= ROUNDING }, "{}", free.rate);
    }

    /// R(D,inf) is Shannon's rate-distortion function, and R(inf,E) that of the errors alone.
    #[test]
    fn without_one_limit_the_rate_is_that_of_the_other((case, place) in (case(), placement())) {
        let [d, e] = at(&case.rdc, &place);
        let distortion = case.distortion.as_matrix();
        let error = case.classifier.error_matrix(&case.source).unwrap();
        // A pair that the distortion forbids stays forbidden.
        let error = error.zip_map(distortion, |error, d| if d == INF { INF } else { error });
        for (k, limits, cost) in [(0, [d, INF], distortion.clone()), (1, [INF, e], error)] {
            let alone = Problem::new(case.source.pmf().clone(), cost.ncols())?;
            let alone = alone.with_cost("cost", cost)?.solve(&[limits[k]])?;
            let mut limited = solve(&case.rdc, limits);
            limited.constraints = vec![limited.constraints.swap_remove(k)];
            assert_at_most(&alone, &limited)?;
            assert_at_most(&limited, &alone)?;
        }
    }

    #[test]
    fn a_constraint_less_or_a_letter_more_never_costs(
        (case, place) in (problem(1..=6, 1..=6, 2..=3), placement()),
        extra in prop::collection::vec(0.0..1.0_f64, 18),
    ) {
        let rate = case.problem.solve(&place.budgets(&case.problem))?;
        // What its channel spends is within reach of the others exactly.
        let budgets: Vec<f64> = rate.constraints.iter().map(|c| c.budget.max(c.achieved)).collect();

        let kept = case.costs.len() - 1;
        let fewer = problem_of(&case.pmf, &case.costs[..kept]).solve(&budgets[..kept])?;
        assert_at_most(&fewer, &rate)?;

        let wider: Vec<DMatrix<f64>> = case.costs.iter().zip(extra.chunks(6)).map(|(cost, column)| {
            let mut wider = cost.clone().insert_column(1, 0.0);
            wider.column_mut(1).copy_from_slice(&column[..cost.nrows()]);
            wider
        }).collect();
        assert_at_most(&problem_of(&case.pmf, &wider).solve(&budgets)?, &rate)?;
    }
}

/// From a point that channels reach to one that none does, R is finite up to somewhere and infinite from there on;
/// it is convex as far as it is finite, and what proves the end infeasible holds for every point that is not.
#[test]
fn infinite_from_the_frontier_on() {
    type Path = (RdcCase, Placement, Placement, bool, f64);
    let check = |(case, from, to, errors, share): Path| {
        let [from, to] = [from, to].map(|place| at(&case.rdc, &place));
        let other = || out_of_reach(&case, to, !errors, share);
        let Some(to) = out_of_reach(&case, to, errors, share).or_else(other) else {
            return Ok(false);
        };
        let point = |step: usize| between([from, to], step as f64 / STEPS as f64);
        let mut path = (0..=STEPS).map(|step| solved(case.rdc.problem(), &point(step)));
        let finite: Vec<Solution> = path.by_ref().map_while(Result::ok).collect();
        prop_assert!((1..=STEPS).contains(&finite.len()), "{} points are met", finite.len());
        prop_assert!(path.all(|end| end.is_err()), "met beyond the frontier");
        for points in finite.windows(3) {
            assert_convex([&points[0], &points[2]], 0.5, &points[1])?;
        }
        let Err(proof) = solved(case.rdc.problem(), &to) else { panic!("{to:?} is met") };
        let prices = proof.budgets.iter().map(|budget| budget.multiplier);
        for reached in &finite {
            let missing = proof.excess - priced(prices.clone(), &to, &spent(reached));
            let size: f64 = priced(prices.clone(), &[0.0, 0.0], &spent(reached));
            prop_assert!(missing <= BUDGET_ROUNDING * size, "{missing:e} of {size}");
        }
        Ok(true)
    };
    let paths = (case(), placement(), placement(), any::<bool>(), 0.0..0.999_f64);
    let (checked, cases) = applied(common::config(300, 1), paths, check);
    assert!(2 * checked > cases, "{checked} of {cases} paths end out of reach");
}

fn solve_case(case: &Case, settings: &Settings) -> Solution {
    case.problem().solve_with(&case.budgets, settings).unwrap()
}

fn problem_of(pmf: &DVector<f64>, costs: &[DMatrix<f64>]) -> Problem {
    Case::new(pmf.clone(), costs.to_vec(), &[]).problem()
}

#[test]
fn a_stopped_run_still_returns_true_bounds() {
    let error = common::rows(&[[0.1, 0.9], [0.8, 0.2]]);
    let costs = vec![common::hamming(), error];
    let case = Case::new(common::pmf(&[0.7, 0.3]), costs, &[0.1, 0.2]);
    let truth = solve_case(&case, &Settings::default());
    for iterations in 0..truth.iterations {
        let stopped = solve_case(&case, &Settings::default().with_max_iterations(iterations));
        assert_eq!(stopped.status, Status::IterationLimit);
        assert!(
            stopped.lower <= truth.rate && truth.lower <= stopped.rate,
            "after {iterations} steps"
        );
        assert!(stopped.constraints.iter().all(|c| c.achieved <= c.budget * (1.0 + 1e-12)));
    }
}
