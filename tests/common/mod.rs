//! What a solution must satisfy, recomputed from the matrices of the problem and from nothing else; and short ways to
//! write vectors and matrices.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test file uses its part; tests fail by panicking"
)]

pub(crate) mod binary;
pub(crate) mod cases;
pub(crate) mod exact;
pub(crate) mod families;
pub(crate) mod flips;
pub(crate) mod perception;
pub(crate) mod program;
pub(crate) mod random;
pub(crate) mod witness;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Classifier, Distortion, Rdc, Solution, Source, mutual_information};

/// The same random cases in every run: `RDC_CASES` of them, or the default.
pub(crate) fn config(default_cases: u32, seed: u64) -> ProptestConfig {
    let cases = std::env::var("RDC_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(default_cases),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    }
}

pub(crate) fn pmf(entries: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(entries)
}

pub(crate) fn rows<const M: usize>(rows: &[[f64; M]]) -> DMatrix<f64> {
    DMatrix::from_row_slice(rows.len(), M, rows.as_flattened())
}

pub(crate) fn hamming() -> DMatrix<f64> {
    rows(&[[0.0, 1.0], [1.0, 0.0]])
}

/// R(D,E) of Bern(0.3) with noiseless labels.
pub(crate) fn bernoulli() -> Rdc {
    let source = Source::from_joint(rows(&[[0.7, 0.0], [0.0, 0.3]])).unwrap();
    let classifier = Classifier::hard(&[0, 1]).unwrap();
    Rdc::new(&source, Distortion::hamming(2).unwrap(), &classifier).unwrap()
}

/// `E[d(X, Y)]`; pairs that the channel does not use may cost +inf.
pub(crate) fn expected(pmf: &DVector<f64>, channel: &DMatrix<f64>, cost: &DMatrix<f64>) -> f64 {
    let pair = |(x, y): (usize, usize)| {
        let mass = pmf[x] * channel[(x, y)];
        if mass > 0.0 { mass * cost[(x, y)] } else { 0.0 }
    };
    (0..cost.ncols()).flat_map(|y| (0..cost.nrows()).map(move |x| (x, y))).map(pair).sum()
}

/// Blahut's lower bound in bits at an output pmf q and multipliers in bits per unit, written out.
pub(crate) fn lower_bound(
    pmf: &DVector<f64>,
    costs: &[DMatrix<f64>],
    budgets: &[f64],
    q: &DVector<f64>,
    multipliers: &[f64],
) -> f64 {
    let (n, m) = (pmf.len(), q.len());
    let tilt = DMatrix::from_fn(n, m, |x, y| {
        let price = |(cost, s): (&DMatrix<f64>, &f64)| match cost[(x, y)] {
            d if d.is_infinite() => f64::INFINITY,
            d => s * d,
        };
        (-costs.iter().zip(multipliers).map(price).sum::<f64>()).exp2()
    });
    let t = &tilt * q;
    let letters = || (0..n).filter(|&x| pmf[x] > 0.0);
    let largest = (0..m)
        .map(|y| letters().map(|x| pmf[x] * tilt[(x, y)] / t[x]).sum::<f64>())
        .fold(0.0, f64::max);
    let spent: f64 =
        multipliers.iter().zip(budgets).filter(|(s, _)| **s > 0.0).map(|(s, d)| s * d).sum();
    -letters().map(|x| pmf[x] * t[x].log2()).sum::<f64>() - largest.log2() - spent
}

/// The channel is one, attains the rate and the costs it claims, and meets the budgets; the fields agree.
pub(crate) fn assert_consistent(
    pmf: &DVector<f64>,
    costs: &[DMatrix<f64>],
    budgets: &[f64],
    solution: &Solution,
) {
    let channel = &solution.channel;
    assert!(
        channel.iter().all(|&w| (0.0..=1.0 + 1e-12).contains(&w)),
        "a channel holds probabilities"
    );
    for row in channel.row_iter() {
        assert!((row.sum() - 1.0).abs() < 1e-12, "a row sums to {}", row.sum());
    }
    assert!((solution.rate - mutual_information(pmf, channel)).abs() < 1e-12);
    assert!(0.0 <= solution.lower && solution.lower <= solution.rate);
    assert!((channel.tr_mul(pmf) - &solution.output).amax() < 1e-14);
    for ((constraint, cost), &budget) in solution.constraints.iter().zip(costs).zip(budgets) {
        let achieved = expected(pmf, channel, cost);
        // Where a budget is tiny beside its cost, what rounding leaves of the others is not small beside it.
        let dearest = cost.iter().copied().filter(|d| d.is_finite()).fold(0.0, f64::max);
        let allowed = budget + 1e-12 * budget.max(1e-3 * dearest);
        assert!(achieved <= allowed, "{}: {achieved} > {budget}", constraint.name);
        assert!((achieved - constraint.achieved).abs() <= 1e-12 * (1.0 + achieved));
        assert!(constraint.multiplier >= 0.0 && constraint.multiplier.is_finite());
        assert_eq!(constraint.budget, budget);
    }
    let multipliers: Vec<f64> = solution.constraints.iter().map(|c| c.multiplier).collect();
    let bound = lower_bound(pmf, costs, budgets, &solution.certificate, &multipliers);
    assert!(bound >= solution.lower - 1e-11, "{bound} does not prove {}", solution.lower);
    // Complementary slackness, as far as the gap allows: sum_k s_k (D_k - E[d_k]) is a part of it.
    let slack: f64 = solution
        .constraints
        .iter()
        .filter(|c| c.is_active())
        .map(|c| c.multiplier * (c.budget - c.achieved))
        .sum();
    assert!(
        slack <= solution.gap() + 1e-9,
        "slack {slack:e} is priced, the gap is {:e}",
        solution.gap()
    );
}
