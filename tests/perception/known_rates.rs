//! R(D,P) against closed forms: a bit with total variation, and a Gaussian on finer and finer grids.

use crate::common::random::Random;
use crate::common::{INF, pmf};
use rdc_theory::closed_form::{bernoulli_perception, gaussian_perception};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Distortion, Perception, RdcError, Rdp, Status};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// Two brackets of 1e-9 bits.
const AGREEMENT: f64 = 1e-9;

pub(crate) fn bernoulli(p: f64) -> Rdp {
    let law = pmf(&[1.0 - p, p]);
    let perception = Perception::total_variation(law.clone()).unwrap();
    Rdp::new(law, Distortion::hamming(2).unwrap(), perception).unwrap()
}

#[test]
fn a_bit_is_that_of_the_closed_form() {
    let random = &mut Random::new(1001, 1);
    let mut regimes = [0; 4];
    for number in 0..1200 {
        let p = random.between(0.02, 0.5);
        let allowed = match number % 6 {
            0 => 0.0,
            1 => p * random.magnitude(-9.0, 0.0),
            2 => INF,
            _ => p * random.uniform(),
        };
        let d = 2.0 * p * (1.0 - p) * random.between(0.0, 1.1);
        let exact = bernoulli_perception(p, d, allowed).unwrap();
        let found = bernoulli(p).solve(d, allowed).unwrap();
        regimes[exact.regime() as usize] += 1;
        let off = (found.rate - exact.rate).abs().max((found.lower - exact.rate).abs());
        assert!(off <= AGREEMENT, "{p} {d} {allowed}: {} is {}", found.rate, exact.rate);
        // Multipliers follow the rate as the root of the gap, where they are smooth.
        for (constraint, slope) in found.constraints.iter().zip(exact.multipliers) {
            let smooth =
                exact.rate > 1e-3 && slope.is_finite() && (allowed == 0.0 || allowed > 1e-3 * p);
            // At P = 0 any slope at least as steep will do.
            if smooth && (allowed > 0.0 || constraint.name == "distortion") {
                let off = (constraint.multiplier - slope).abs() / (1.0 + slope);
                assert!(off < 2e-3, "{p} {d} {allowed}: {constraint:?} is {slope}");
            }
        }
    }
    let [free, first, second, both] = regimes;
    assert!(free > 60 && first > 200 && second == 0 && both > 500, "{regimes:?}");
}

/// A standard Gaussian in cells, each with its mean; reproductions and target are the same points, and the budgets are as far from
/// the pieces' ends as the cells are wide.
#[test]
fn gaussians_on_finer_grids() {
    let normal = Normal::new(0.0, 1.0).unwrap();
    let reach = 4.5;
    for (d, p) in [(0.5, 0.02), (0.8, 0.1), (0.5, 0.0), (0.3, 0.0)] {
        let gaps = [21_usize, 41, 81].map(|count| {
            let edge = |i: usize| match i {
                0 => f64::NEG_INFINITY,
                i if i == count => INF,
                i => reach * (2.0 * i as f64 / count as f64 - 1.0),
            };
            let mass =
                DVector::from_fn(count, |i, _| normal.cdf(edge(i + 1)) - normal.cdf(edge(i)));
            let points = DVector::from_fn(count, |i, _| {
                (normal.pdf(edge(i)) - normal.pdf(edge(i + 1))) / mass[i]
            });
            let law = &mass / mass.sum();
            let square = DMatrix::from_fn(count, count, |x, y| (points[x] - points[y]).powi(2));
            let perception = Perception::transport(law.clone(), square.clone()).unwrap();
            let rdp = Rdp::new(law, Distortion::matrix(square).unwrap(), perception).unwrap();
            let solution = rdp.solve(d, p).unwrap();
            let exact = gaussian_perception(1.0, d, p).unwrap().rate;
            (exact - solution.rate).abs()
        });
        // Twice as fine, about a quarter; where P is as small as the cells are wide, not yet on the coarse grids.
        let [coarse, fine, finest] = gaps;
        assert!(coarse > 3.0 * fine && fine > 3.0 * finest && finest < 1e-3, "{d} {p}: {gaps:?}");
        assert!(p > 0.0 || (3.5..4.2).contains(&(fine / finest)), "{d} {p}: {gaps:?}");
    }
}

/// The output pmf is given and the budget is small beside the largest cost, or beside what a far target costs.
#[test]
fn given_outputs_far_from_the_source_and_small_budgets() {
    let given = |source: &[f64], target: &[f64], cost: DMatrix<f64>, d: f64| {
        let perception = Perception::total_variation(pmf(target)).unwrap();
        let distortion = Distortion::matrix(cost).unwrap();
        Rdp::new(pmf(source), distortion, perception).unwrap().solve(d, 0.0).unwrap()
    };
    let squares = DMatrix::from_fn(3, 3, |x, y| (x as f64 - y as f64).powi(2));
    let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    let forbidden = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, INF, 0.5]);
    let dear = DMatrix::from_row_slice(2, 2, &[0.0, 2.0, 9.0, 2.0]);
    let below = DMatrix::from_fn(3, 3, |x, y| if y > x { INF } else { 0.0 });
    for (found, rate) in [
        (given(&[0.997, 0.001, 0.002], &[0.03, 0.968, 0.002], squares, 0.9671), 0.020199690100),
        (given(&[0.9, 0.1], &[0.9, 0.1], hamming, 1e-6), 0.468974956293),
        (given(&[0.3, 0.7], &[0.2, 0.8], forbidden, 0.55), 0.446439344671),
        // The transport cost itself, and a channel without a choice.
        (given(&[0.6, 0.4], &[0.5, 0.5], dear, 1.0), 0.609986547011),
        (given(&[0.2, 0.3, 0.5], &[0.2, 0.3, 0.5], below, 1.0), 1.485475297227),
    ] {
        assert!(found.gap() <= AGREEMENT, "{}: [{}, {}]", found.status, found.lower, found.rate);
        let within = found.lower - 1e-11 <= rate && rate <= found.rate + 1e-11;
        assert!(within, "{rate} is not in [{}, {}]", found.lower, found.rate);
    }
}

/// No flip of a bit makes 3 of 10 letters 6 of 10 with fewer than 3 of 10 flips.
#[test]
fn a_budget_just_below_the_transport_cost_is_infeasible() {
    let perception = Perception::total_variation(pmf(&[0.6, 0.4])).unwrap();
    let flips = Distortion::hamming(2).unwrap();
    let problem = Rdp::new(pmf(&[0.3, 0.7]), flips, perception).unwrap();
    let refused = problem.solve(0.3 - 1e-10, 0.0);
    assert!(matches!(refused, Err(RdcError::Infeasible(_))), "{refused:?}");
    let met = problem.solve(0.3, 0.0).unwrap();
    assert_eq!(met.status, Status::Certified, "[{}, {}]", met.lower, met.rate);
}
