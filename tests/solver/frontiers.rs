//! The exact frontiers of two budgets: against hand computation, enumeration, the simplex method and the solver.
//!
//! `RDC_CASES` sets the number of random cases (500 by default).

use crate::common::case::Case;
use crate::common::{self, INF, applied, bernoulli, pmf, rows};
use crate::infeasible_budgets::tradeoff;
use approx::assert_abs_diff_eq;
use proptest::prelude::*;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Polyline, RdcError, strategies};
use std::cell::Cell;
use std::ops::Deref;

/// Orders of magnitude that probabilities span where the solver is asked: it takes budgets of 1e-13 of the largest
/// average cost for 0, and pivots of 1e-11.
const ORDERS: f64 = 7.0;

/// A few units of a budget's last digit.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// A case, and the two costs to look at; its own budgets are not read.
#[derive(Debug, Clone)]
struct Pair {
    case: Case,
    first: usize,
    second: usize,
}

impl Deref for Pair {
    type Target = Case;

    fn deref(&self) -> &Case {
        &self.case
    }
}

impl Pair {
    fn feasible(&self) -> Polyline {
        self.problem().feasible_frontier(self.first, self.second).unwrap()
    }

    fn zero_rate(&self) -> Option<Polyline> {
        self.problem().zero_rate_frontier(self.first, self.second).unwrap()
    }

    /// The two budgets in their places, the others infinite.
    fn budgets(&self, [a, b]: [f64; 2]) -> Vec<f64> {
        let mut budgets = vec![INF; self.costs.len()];
        (budgets[self.first], budgets[self.second]) = (a, b);
        budgets
    }

    fn pair(&self, x: usize, y: usize) -> [f64; 2] {
        [self.costs[self.first][(x, y)], self.costs[self.second][(x, y)]]
    }

    fn allows(&self, x: usize, y: usize) -> bool {
        self.costs.iter().all(|d| d[(x, y)].is_finite())
    }

    /// The largest finite cost.
    fn size(&self) -> f64 {
        let finite = self.costs.iter().flat_map(DMatrix::iter).filter(|d| d.is_finite());
        finite.fold(0.0, |a, &b| a.max(b))
    }
}

/// Two costs of a source, in this order.
fn case<const M: usize>(p: &[f64], first: &[[f64; M]], second: &[[f64; M]]) -> Pair {
    Pair { case: Case::new(pmf(p), vec![rows(first), rows(second)], &[]), first: 0, second: 1 }
}

#[track_caller]
fn assert_vertices(polyline: &Polyline, expected: &[[f64; 2]]) {
    let found = polyline.vertices();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    assert_abs_diff_eq!(found.as_flattened(), expected.as_flattened(), epsilon = 1e-12);
}

/// The two numbers agree to 1e-9 at most.
fn near(a: Option<f64>, b: Option<f64>) -> bool {
    a.zip(b).map_or(a == b, |(a, b)| (a - b).abs() < 1e-9)
}

#[test]
fn a_choice_of_one_letter_is_one_edge() {
    let rdc = tradeoff().rdc;
    let frontier = rdc.feasible_frontier();
    assert_vertices(&frontier, &[[0.36875, 0.25], [0.66875, 0.19]]);
    assert!(near(frontier.second_at(0.5), Some(0.22375)));
    assert!(near(frontier.first_at(0.2), Some(0.61875)));
    // Reproduction 0 is the better constant for both costs.
    assert_vertices(&rdc.zero_rate_frontier().unwrap(), &[[2.26875, 0.35]]);
}

/// Letter 0 may trade along (0,9), (1,5), (4,2), (6,1), with (5,2) above the line; letter 1 along (0,4), (2,0).
/// Weighted by 1/2 and ordered by steepness: 4, 2 (letter 1), 1, 1/2.
#[test]
fn edges_of_two_letters_are_merged_by_slope() {
    let case = case(
        &[0.5, 0.5],
        &[[1.0, 0.0, 6.0, 5.0, 4.0], [0.0, 2.0, 2.0, 2.0, 9.0]],
        &[[5.0, 9.0, 1.0, 2.0, 2.0], [4.0, 0.0, 3.0, 0.0, 0.0]],
    );
    let expected = [[0.0, 6.5], [0.5, 4.5], [1.5, 2.5], [3.0, 1.0], [4.0, 0.5]];
    assert_vertices(&case.feasible(), &expected);
    // The averages are (0.5,4.5), (1,4.5), (4,2), (3.5,1), (6.5,1).
    assert_vertices(&case.zero_rate().unwrap(), &[[0.5, 4.5], [3.5, 1.0]]);
}

#[test]
fn collinear_edges_are_one() {
    let line = [[0.0, 0.1, 0.2, 0.3]; 3].map(|row| row.map(|d| 3.0 * d + 0.7));
    let against = line.map(|row| row.map(|d| 10.0 - d / 7.0));
    let case = case(&[0.2, 0.3, 0.5], &line, &against);
    let ends = [[0.7, 10.0 - 0.1], [1.6, 10.0 - 1.6 / 7.0]];
    assert_vertices(&case.feasible(), &ends);
    assert_vertices(&case.zero_rate().unwrap(), &ends);
}

#[test]
fn bernoulli_budgets_are_the_same_cost() {
    let rdc = bernoulli();
    assert_vertices(&rdc.feasible_frontier(), &[[0.0, 0.0]]);
    assert_vertices(&rdc.zero_rate_frontier().unwrap(), &[[0.3, 0.3]]);
}

#[test]
fn constant_costs_leave_one_vertex() {
    let case = case(&[0.25, 0.75], &[[2.0, 2.0], [6.0, 6.0]], &[[1.0, 0.0], [0.0, 1.0]]);
    assert_vertices(&case.feasible(), &[[5.0, 0.0]]);
    assert_vertices(&case.zero_rate().unwrap(), &[[5.0, 0.25]]);
}

#[test]
fn one_reproduction_leaves_one_vertex() {
    let case = case(&[0.25, 0.75], &[[2.0], [6.0]], &[[4.0], [0.0]]);
    assert_vertices(&case.feasible(), &[[5.0, 1.0]]);
    assert_vertices(&case.zero_rate().unwrap(), &[[5.0, 1.0]]);
}

#[test]
fn forbidden_pairs_are_no_part_of_a_frontier() {
    // The pair (0, 0) would be free, and is forbidden by the second cost; so is the pair (1, 2) by the first.
    let costs = [[[0.0, 1.0, 2.0], [0.0, 1.0, INF]], [[INF, 3.0, 2.0], [2.0, 2.0, 0.0]]];
    let mut case = case(&[0.5, 0.5], &costs[0], &costs[1]);
    assert_vertices(&case.feasible(), &[[0.5, 2.5], [1.0, 2.0]]);
    assert_vertices(&case.zero_rate().unwrap(), &[[1.0, 2.5]]);
    // A third cost forbids the last letter that both could use.
    case.case.costs.push(rows(&[[0.0, 0.0, 0.0], [0.0, INF, 0.0]]));
    assert_vertices(&case.feasible(), &[[0.5, 2.5], [1.0, 2.0]]);
    assert_eq!(case.zero_rate(), None);
    assert!(case.problem().solve(&[INF; 3]).unwrap().lower > 0.1);
}

#[test]
fn letters_without_probability_forbid_nothing() {
    let case = case(&[0.5, 0.0, 0.5], &[[0.0, 1.0], [INF, 9.0], [1.0, 0.0]], &[[1.0, 0.0]; 3]);
    assert_vertices(&case.feasible(), &[[0.0, 0.5], [0.5, 0.0]]);
    assert_vertices(&case.zero_rate().unwrap(), &[[0.5, 0.0]]);
}

/// Letters of probability p and 1-p that each trade a first cost of 1 for a second one of `height` and `other`.
fn improbable_edge(p: f64, height: f64, other: f64) -> Polyline {
    case(&[p, 1.0 - p], &[[0.0, 1.0]; 2], &[[height, 0.0], [other, 0.0]]).feasible()
}

#[test]
fn edges_of_improbable_letters_keep_their_digits() {
    for p in [1e-3, 1e-9, 1e-15] {
        let steep = improbable_edge(p, 2.0, 1.0);
        let [_, corner, last] = steep.vertices() else { panic!("{steep:?}") };
        assert!((corner[0] - p).abs() <= 1e-15 * p && last[1] == 0.0, "{steep:?}");
        let flat = improbable_edge(p, 1.0, 2.0);
        let [_, corner, last] = flat.vertices() else { panic!("{flat:?}") };
        assert!((corner[1] - p).abs() <= 1e-15 * p && last[1] == 0.0, "{flat:?}");
    }
}

#[test]
fn edges_below_rounding_are_closed() {
    for p in [1e-18, 1e-150, 1e-199] {
        assert_eq!(improbable_edge(p, 2.0, 1.0).vertices(), [[0.0, 1.0], [1.0, 0.0]]);
        assert_eq!(improbable_edge(p, 1.0, 2.0).vertices(), [[0.0, 2.0], [1.0, 0.0]]);
    }
}

#[test]
fn budgets_outside_of_a_polyline() {
    let frontier = tradeoff().rdc.feasible_frontier();
    let [[d_min, e], [d, e_min]] = frontier.vertices() else { panic!("{frontier:?}") };
    assert_eq!([frontier.smallest_first(), frontier.smallest_second()], [*d_min, *e_min]);
    for (at, expected) in [(*d_min, Some(*e)), (*d, Some(*e_min)), (INF, Some(*e_min))] {
        assert_eq!(frontier.second_at(at), expected, "{at}");
    }
    for (at, expected) in [(*e_min, Some(*d)), (*e, Some(*d_min)), (INF, Some(*d_min))] {
        assert_eq!(frontier.first_at(at), expected, "{at}");
    }
    for below in [d_min.next_down(), 0.0, -INF, f64::NAN] {
        assert_eq!(frontier.second_at(below), None);
    }
    for below in [e_min.next_down(), 0.0, -INF, f64::NAN] {
        assert_eq!(frontier.first_at(below), None);
    }
}

/// Row minima far above the spread: exact up to the last digits of the budgets.
#[test]
fn large_row_minima_cost_the_last_digits_only() {
    for shift in [1e3, 1e6, 1e9] {
        let first = [[0.0, 1.0, 3.0], [2.0, 0.0, 1.0]].map(|row| row.map(|d| d + shift));
        let second = [[3.0, 1.0, 0.0], [0.0, 2.0, 1.5]].map(|row| row.map(|d| d + shift));
        let case = case(&[0.3, 0.7], &first, &second);
        let expected = [[0.0, 2.3], [0.3, 1.7], [1.7, 0.3], [2.3, 0.0]];
        let frontier = case.feasible();
        assert_eq!(frontier.vertices().len(), expected.len());
        for (found, exact) in frontier.vertices().iter().zip(expected) {
            for (found, exact) in found.iter().zip(exact) {
                assert!((found - exact - shift).abs() <= ROUNDING * shift, "{frontier:?}");
            }
            let above = found.map(|budget| budget * (1.0 + ROUNDING));
            assert!(case.problem().solve(&above).is_ok(), "{found:?}");
        }
    }
}

#[test]
fn frontiers_need_two_different_costs() {
    let problem = tradeoff().rdc.problem().clone();
    let exists = "a cost index must be below the number of costs";
    let differs = "the second cost must differ from the first";
    for (first, second, argument, rule) in [
        (2, 0, "first", exists),
        (0, 7, "second", exists),
        (1, 1, "second", differs),
        (2, 2, "first", exists),
    ] {
        let value = if argument == "first" { first } else { second } as f64;
        let expected = RdcError::Value { argument: argument.into(), value, rule };
        assert_eq!(problem.feasible_frontier(first, second).unwrap_err(), expected);
        assert_eq!(problem.zero_rate_frontier(first, second).unwrap_err(), expected);
    }
}

/// Uniform entries, or few integers, so that many points and slopes coincide.
fn cost(n: usize, m: usize) -> impl Strategy<Value = DMatrix<f64>> {
    (any::<bool>(), prop::collection::vec(0.0..1.0_f64, n * m)).prop_map(
        move |(coarse, numbers)| {
            let entries = numbers.iter().map(|u| if coarse { (4.0 * u).floor() } else { *u });
            DMatrix::from_iterator(n, m, entries)
        },
    )
}

/// No probability but 0 is further below 1 than so many orders of magnitude.
fn within(pmf: &DVector<f64>, orders: f64) -> DVector<f64> {
    let least = 10_f64.powf(-orders);
    let raised = pmf.map(|p| if p > 0.0 { p.max(least) } else { 0.0 });
    let total = raised.sum();
    raised / total
}

/// Two or three costs; in about half of the cases some pairs are forbidden, and each source letter keeps one.
fn random_case(largest: usize, orders: f64) -> impl Strategy<Value = Pair> {
    let sizes = (1..=largest, 1..=largest, 2..=3_usize);
    sizes.prop_flat_map(move |(n, m, k)| {
        let costs = prop::collection::vec(cost(n, m), k);
        let forbidden = prop::collection::vec(0.0..1.0_f64, n * m);
        (
            strategies::pmf(n).prop_map(move |pmf| within(&pmf, orders)),
            costs,
            forbidden,
            prop_oneof![Just(0.0), 0.05..0.7_f64],
            0..k,
            1..k,
        )
            .prop_map(move |(pmf, mut costs, forbidden, share, first, step)| {
                for (at, _) in forbidden.iter().enumerate().filter(|(_, u)| **u < share) {
                    let (x, y) = (at / m, at % m);
                    if y != x % m {
                        costs[at % k][(x, y)] = INF;
                    }
                }
                Pair { case: Case::new(pmf, costs, &[]), first, second: (first + step) % k }
            })
    })
}

/// Vertices and points between them.
fn points(polyline: &Polyline) -> Vec<[f64; 2]> {
    let mut points = polyline.vertices().to_vec();
    for ends in polyline.vertices().windows(2) {
        let [[a, b], [c, d]] = [ends[0], ends[1]];
        points.extend([0.1, 0.5, 0.83].map(|t| [a + t * (c - a), b + t * (d - b)]));
    }
    points
}

/// What channels with the choices `letters` of each source letter reach: the costs of all deterministic ones.
fn deterministic(case: &Pair) -> Vec<[f64; 2]> {
    let mut reached = vec![[0.0, 0.0]];
    for (x, &p) in case.pmf.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        let choices = (0..case.costs[0].ncols()).filter(|&y| case.allows(x, y));
        let costs: Vec<_> = choices.map(|y| case.pair(x, y).map(|d| p * d)).collect();
        let add = |[a, b]: [f64; 2]| costs.iter().map(move |[c, d]| [a + c, b + d]);
        reached = reached.into_iter().flat_map(add).collect();
    }
    reached
}

/// The costs of the letters that may be sent whatever the source does.
fn constant(case: &Pair) -> Vec<[f64; 2]> {
    let letters = || case.pmf.iter().enumerate().filter(|(_, p)| **p > 0.0);
    let usable = |&y: &usize| letters().all(|(x, _)| case.allows(x, y));
    let average = |y| {
        let sum = |k: usize| letters().map(|(x, p)| p * case.pair(x, y)[k]).sum::<f64>();
        [sum(0), sum(1)]
    };
    (0..case.costs[0].ncols()).filter(usable).map(average).collect()
}

/// The polyline is the lower-left hull of the points: it has the same support in many directions, and all its vertices
/// are corners.
fn assert_hull(polyline: &Polyline, points: &[[f64; 2]], size: f64) -> Result<(), TestCaseError> {
    let vertices = polyline.vertices();
    let support = |points: &[[f64; 2]], [s, t]: [f64; 2]| {
        points.iter().map(|[a, b]| s * a + t * b).fold(INF, f64::min)
    };
    let across = |ends: &[[f64; 2]]| [ends[0][1] - ends[1][1], ends[1][0] - ends[0][0]];
    let tilted = (0..=40).map(|k| f64::from(k) / 40.0).map(|s| [s, 1.0 - s]);
    for direction in tilted.chain(vertices.windows(2).map(across)) {
        let (found, expected) = (support(vertices, direction), support(points, direction));
        let scale = size * (direction[0] + direction[1]);
        prop_assert!(
            (found - expected).abs() <= 1e-12 * scale,
            "{direction:?}: {found} {expected}"
        );
    }
    for ends in vertices.windows(2) {
        prop_assert!(ends[0][0] < ends[1][0] && ends[0][1] > ends[1][1]);
    }
    for &[a, b] in vertices {
        let is_reached = |[c, d]: &[f64; 2]| (a - c).abs().max((b - d).abs()) <= 1e-12 * size;
        prop_assert!(points.iter().any(is_reached), "({a}, {b}) is no corner");
    }
    Ok(())
}

proptest! {
    #![proptest_config(common::config(500, 20_240_504))]

    #[test]
    fn frontiers_are_hulls_of_what_is_enumerated(case in random_case(4, 12.0)) {
        let size = case.size() + f64::MIN_POSITIVE;
        assert_hull(&case.feasible(), &deterministic(&case), size)?;
        let constant = constant(&case);
        prop_assert_eq!(case.zero_rate().is_none(), constant.is_empty());
        if let Some(zero_rate) = case.zero_rate() {
            assert_hull(&zero_rate, &constant, size)?;
        }
    }

    /// The simplex method and the polyline within 1e-9 in either coordinate, as a frontier may be steep.
    #[test]
    fn smallest_budgets_lie_on_the_feasible_frontier(case in random_case(12, ORDERS)) {
        let (problem, frontier) = (case.problem(), case.feasible());
        let within = 1e-9 * case.size();
        for at in points(&frontier) {
            let budgets = case.budgets(at);
            let second = problem.smallest_budget(case.second, &budgets).unwrap();
            let first = problem.smallest_budget(case.first, &budgets).unwrap();
            let (Some(first), Some(second)) = (first, second) else {
                // A vertex is rounded.
                prop_assert!(frontier.vertices().contains(&at), "{at:?} is infeasible");
                continue;
            };
            let above = frontier.second_at(at[0] - within).unwrap_or(INF);
            let below = frontier.second_at(at[0] + within).unwrap();
            prop_assert!(below - within <= second && second <= above + within, "{at:?} {second}");
            let above = frontier.first_at(at[1] - within).unwrap_or(INF);
            let below = frontier.first_at(at[1] + within).unwrap();
            prop_assert!(below - within <= first && first <= above + within, "{at:?} {first}");
        }
    }

    #[test]
    fn budgets_on_the_feasible_frontier_are_met_and_smaller_ones_are_not(case in random_case(6, ORDERS)) {
        let problem = case.problem();
        let step = 1e-9 * case.size();
        for at in points(&case.feasible()) {
            // As `Polyline` says: row minima may exceed the spread of an improbable letter's costs by far.
            let on = problem.solve(&case.budgets(at.map(|budget| budget * (1.0 + ROUNDING))));
            prop_assert!(on.is_ok(), "{at:?}: {on:?}");
            let below = at.map(|budget| budget - step);
            if below.iter().all(|budget| *budget >= 0.0) && step > 0.0 {
                let refused = problem.solve(&case.budgets(below));
                prop_assert!(matches!(refused, Err(RdcError::Infeasible(_))), "{at:?}");
            }
        }
    }
}

#[test]
fn no_rate_on_the_zero_rate_frontier_and_some_below() {
    let below_it = Cell::new(0_u64);
    let check = |case: Pair| {
        let Some(frontier) = case.zero_rate() else { return Ok(false) };
        let problem = case.problem();
        for at in points(&frontier) {
            let on = problem.solve(&case.budgets(at.map(|budget| budget * (1.0 + ROUNDING))));
            let on = on.unwrap();
            prop_assert!(on.lower <= 1e-12, "{at:?}: {} proves a rate", on.lower);
            prop_assert!(on.rate <= 1e-9, "{at:?}: {}", on.rate);
            if at[0].min(at[1]) <= 1e-6 * case.size() {
                // What is left of it is within the solver's tolerance of the frontier.
                continue;
            }
            match problem.solve(&case.budgets(at.map(|budget| budget * (1.0 - 1e-6)))) {
                Ok(below) => {
                    prop_assert!(below.rate > 0.0, "{at:?}");
                    below_it.set(below_it.get() + 1);
                }
                Err(error) => prop_assert!(matches!(error, RdcError::Infeasible(_))),
            }
        }
        Ok(true)
    };
    let (checked, cases) = applied(common::config(500, 20_240_504), random_case(6, ORDERS), check);
    let below_it = below_it.get();
    assert!(10 * checked > 6 * cases && below_it > cases, "{checked} of {cases}, {below_it} below");
}
