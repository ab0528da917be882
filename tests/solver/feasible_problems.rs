//! Random strictly feasible problems: every one is certified, in few iterations, within its budgets.
//!
//! `RDC_CASES` sets the number of cases (1,000 by default).

use crate::cases::solve;
use crate::common::case::Case;
use crate::common::{self, stochastic};
use proptest::prelude::*;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Settings, Status, strategies};

const MAX_ITERATIONS: usize = 60;
const TOLERANCE: f64 = 1e-9;

/// What a cost looks like: uniform entries, squared errors between points of the line, zeros and ones.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Uniform,
    SquaredError,
    ZeroOne,
}

fn cost(n: usize, m: usize) -> impl Strategy<Value = DMatrix<f64>> {
    let kind = prop_oneof![Just(Kind::Uniform), Just(Kind::SquaredError), Just(Kind::ZeroOne)];
    (kind, prop::collection::vec(0.0..1.0_f64, n * m + n + m)).prop_map(move |(kind, numbers)| {
        DMatrix::from_fn(n, m, |x, y| match kind {
            Kind::Uniform => numbers[x * m + y],
            Kind::SquaredError => (numbers[n * m + x] - numbers[n * m + n + y]).powi(2),
            Kind::ZeroOne => f64::from(numbers[x * m + y] < 0.6),
        })
    })
}

/// Budgets that a random channel meets with `slack` to spare, relative to what it costs.
///
/// The channel weighs the costs at random and prefers cheap letters, from hardly to strongly, so that all rates occur.
fn budgets(
    pmf: &DVector<f64>,
    costs: &[DMatrix<f64>],
    weights: &[f64],
    sharpness: f64,
    slack: f64,
) -> Vec<f64> {
    let (n, m) = costs[0].shape();
    let channel = stochastic(DMatrix::from_fn(n, m, |x, y| {
        let price: f64 = costs.iter().zip(weights).map(|(cost, w)| w * cost[(x, y)]).sum();
        (-sharpness * price).exp()
    }));
    costs.iter().map(|cost| common::expected(pmf, &channel, cost) * (1.0 + slack) + 1e-9).collect()
}

fn case() -> impl Strategy<Value = Case> {
    (1..=40_usize, 1..=40_usize, 1..=3_usize)
        .prop_flat_map(|(n, m, k)| {
            let costs = prop::collection::vec(cost(n, m), k);
            let weights = prop::collection::vec(0.05..1.0_f64, k);
            (strategies::pmf(n), costs, weights, -1.0..2.5_f64, -4.0..0.0_f64)
        })
        .prop_map(|(pmf, costs, weights, sharpness, slack)| {
            let (sharpness, slack) = (10_f64.powf(sharpness), 10_f64.powf(slack));
            let budgets = budgets(&pmf, &costs, &weights, sharpness, slack);
            Case { pmf, costs, budgets }
        })
}

proptest! {
    #![proptest_config(common::config(1000, 20_240_503))]

    #[test]
    fn strictly_feasible_problems_are_certified(case in case()) {
        let solution = solve(&case, &Settings::default());
        prop_assert_eq!(solution.status, Status::Certified);
        prop_assert!(solution.gap() <= TOLERANCE, "gap {:e}", solution.gap());
        prop_assert!(solution.iterations <= MAX_ITERATIONS, "{} iterations", solution.iterations);
        case.check(&solution);
    }
}
