//! The general solver against rates that are known in closed form.

use crate::common::INF;
use crate::common::random::Random;
use approx::{assert_abs_diff_eq, assert_relative_eq};
use rdc_theory::closed_form::{Point, erasure, hierarchical_hamming, uniform_hamming};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{
    Classifier, Distortion, Problem, Rdc, Solution, Source, Status, binary_entropy, closed_form,
    rdc_bernoulli,
};
use std::fmt::Debug;

fn hamming(letters: usize) -> DMatrix<f64> {
    DMatrix::from_fn(letters, letters, |x, y| f64::from(x != y))
}

fn uniform(letters: usize) -> DVector<f64> {
    DVector::from_element(letters, 1.0 / letters as f64)
}

fn one_cost(pmf: DVector<f64>, cost: DMatrix<f64>) -> Problem {
    let problem = Problem::new(pmf, cost.ncols()).unwrap();
    problem.with_cost("distortion", cost).unwrap()
}

/// The problem of a source whose letters have one label each, read without error from the
/// reproduction.
fn noiseless(pmf: DVector<f64>, distortion: DMatrix<f64>, label_of: &[usize]) -> Rdc {
    let classes = label_of.iter().max().unwrap() + 1;
    let posterior = DMatrix::from_fn(pmf.len(), classes, |x, k| f64::from(label_of[x] == k));
    let source = Source::new(pmf, posterior).unwrap();
    let distortion = Distortion::matrix(distortion).unwrap();
    Rdc::new(&source, distortion, &Classifier::hard(label_of).unwrap()).unwrap()
}

/// The rate is `closed` to 1e-9 bits, and the certified bracket holds it.
#[track_caller]
fn assert_rate(solution: &Solution, closed: f64, case: impl Debug) {
    let (lower, rate) = (solution.lower, solution.rate);
    assert_eq!(solution.status, Status::Certified, "{case:?}");
    assert!(
        lower - 1e-12 <= closed && closed <= rate + 1e-12,
        "{case:?}: [{lower}, {rate}] without {closed}"
    );
    assert_abs_diff_eq!(rate, closed, epsilon = 1e-9);
}

/// The multipliers are the slopes `-dR/dD` to 1e-6, of their size where it is above 1.
#[track_caller]
fn assert_multipliers(solution: &Solution, slopes: &[f64]) {
    let multipliers: Vec<f64> = solution.constraints.iter().map(|c| c.multiplier).collect();
    assert_relative_eq!(multipliers.as_slice(), slopes, epsilon = 1e-6, max_relative = 1e-6);
}

/// The slope of `-Hb(D)`, negated: `log2((1-D)/D)`.
fn bit_slope(d: f64) -> f64 {
    ((1.0 - d) / d).log2()
}

fn bernoulli(p: f64) -> Rdc {
    noiseless(DVector::from_vec(vec![1.0 - p, p]), hamming(2), &[0, 1])
}

/// The paper's eq. (8) with min(D, E) in the place of D (Shannon 1959 for the distortion alone).
#[test]
fn bernoulli_hamming() {
    let budgets = [0.0, 1e-6, 0.01, 0.1, 0.25, 0.5, 0.9, f64::INFINITY];
    for p in [0.0, 1e-3, 0.1, 0.3, 0.5, 0.8, 1.0] {
        let rdc = bernoulli(p);
        for d in budgets {
            for e in budgets {
                let closed = rdc_bernoulli(p, d, e).unwrap();
                assert_rate(&rdc.solve(d, e).unwrap(), closed, (p, d, e));
            }
        }
    }
}

/// `-dR/dD = log2((1-D)/D)`, for whichever of the two budgets is the smaller.
#[test]
fn bernoulli_multipliers() {
    for p in [0.1, 0.3, 0.5, 0.8] {
        for d in [1e-3, 0.01, 0.05, 0.09] {
            let slope = bit_slope(d);
            let rdc = bernoulli(p);
            assert_multipliers(&rdc.solve(d, 2.0 * d).unwrap(), &[slope, 0.0]);
            assert_multipliers(&rdc.solve(2.0 * d, d).unwrap(), &[0.0, slope]);
        }
    }
}

#[test]
fn uniform_source_with_hamming_distortion() {
    for m in 2..=9 {
        let problem = one_cost(uniform(m), hamming(m));
        let zero_rate = (m - 1) as f64 / m as f64;
        for fraction in [0.0, 1e-6, 0.01, 0.2, 0.5, 0.9, 0.999, 1.0, 1.1] {
            let d = fraction * zero_rate;
            let closed = uniform_hamming(m, d).unwrap();
            let solution = problem.solve(&[d]).unwrap();
            assert_rate(&solution, closed.rate, (m, d));
            if (0.01..0.95).contains(&fraction) {
                assert_multipliers(&solution, &closed.multipliers);
            }
        }
    }
}

/// Hamming distortion on k blocks of g letters, where the label is the block.
fn blocks(k: usize, g: usize) -> Rdc {
    let m = k * g;
    let block_of: Vec<usize> = (0..m).map(|x| x / g).collect();
    noiseless(uniform(m), hamming(m), &block_of)
}

#[test]
fn hierarchical_hamming_in_its_three_regimes() {
    let mut regimes = [0; 3];
    for (k, g) in [(2, 2), (3, 2), (2, 4), (4, 3)] {
        let rdc = blocks(k, g);
        // None of these points lies between two regimes, where a multiplier leaves 0 and is hard to
        // tell from it.
        for d in [0.0, 0.05, 0.2, 0.44, 0.6, 0.74] {
            for e in [0.0, 0.02, 0.1, 0.3, 0.45] {
                let Point { rate, multipliers, .. } = hierarchical_hamming(k, g, d, e).unwrap();
                let solution = rdc.solve(d, e).unwrap();
                assert_rate(&solution, rate, (k, g, d, e));
                if rate > 0.0 && d > 0.0 && e > 0.0 {
                    assert_multipliers(&solution, &multipliers);
                    match multipliers.map(|slope| slope > 0.0) {
                        [true, false] => regimes[0] += 1,
                        [false, true] => regimes[1] += 1,
                        _ => regimes[2] += 1,
                    }
                }
            }
        }
    }
    assert!(regimes.iter().all(|&count| count >= 10), "{regimes:?}");
}

/// Blocks of one letter, one block, and budgets up to and beyond those that need no rate.
#[test]
fn hierarchical_hamming_in_its_corners() {
    for (k, g) in [(1, 1), (1, 3), (2, 1), (4, 1), (2, 2), (3, 2)] {
        let rdc = blocks(k, g);
        for d in [0.0, 1e-9, 0.3, 0.5, 0.7, 0.8, 0.9, 0.99, 1.0, 3.0, INF] {
            for e in [0.0, 1e-9, 0.21, 0.45, 0.62, 0.72, 1.0, INF] {
                let Point { rate, multipliers, .. } = hierarchical_hamming(k, g, d, e).unwrap();
                let solution = rdc.solve(d, e).unwrap();
                assert_rate(&solution, rate, (k, g, d, e));
                // On the edges of what can be met slopes are infinite, and where both budgets are
                // one, no single pair.
                if d > 1e-9 && e > 1e-9 && (g > 1 || d != e) {
                    assert_multipliers(&solution, &multipliers);
                }
            }
        }
    }
}

/// A uniform bit, reproductions 0, 1 and "erased".
fn erasures(wrong: f64, erased: f64) -> Problem {
    let cost = DMatrix::from_row_slice(2, 3, &[0.0, wrong, erased, wrong, 0.0, erased]);
    one_cost(uniform(2), cost)
}

/// A bit that is not erased is known, and an erased one has at most 1 bit of entropy left: one
/// straight segment.
#[test]
fn erasures_without_errors() {
    for erased in [1.0, 0.2, 30.0] {
        let problem = erasures(INF, erased);
        for fraction in [0.0, 1e-6, 0.1, 0.25, 0.5, 0.7, 0.99, 1.0, 2.0] {
            let d = fraction * erased;
            let closed = erasure(INF, erased, d).unwrap();
            let solution = problem.solve(&[d]).unwrap();
            assert_rate(&solution, closed.rate, (erased, d));
            // A line within the gap at D and at the end of the segment has its slope to gap/D only.
            if (0.1..1.0).contains(&fraction) {
                assert_multipliers(&solution, &closed.multipliers);
            }
        }
    }
}

/// The curve of a bit that is never erased, then the segment to where all are.
#[test]
fn erasures_with_errors() {
    for (wrong, ratio) in [(1.0, 0.1), (1.0, 0.25), (1.0, 0.4), (7.0, 0.3), (0.02, 0.45)] {
        let erased = ratio * wrong;
        let problem = erasures(wrong, erased);
        let line = erasure(wrong, erased, 0.999 * erased).unwrap().multipliers[0];
        let contact = wrong / (1.0 + (line * wrong).exp2());
        for fraction in [0.1, 0.5, 0.9] {
            let d = fraction * contact;
            let closed = erasure(wrong, erased, d).unwrap();
            let solution = problem.solve(&[d]).unwrap();
            assert_abs_diff_eq!(closed.rate, 1.0 - binary_entropy(d / wrong), epsilon = 1e-15);
            assert_rate(&solution, closed.rate, (wrong, erased, d));
            assert_multipliers(&solution, &closed.multipliers);

            let d = contact + fraction * (erased - contact);
            let closed = erasure(wrong, erased, d).unwrap();
            let solution = problem.solve(&[d]).unwrap();
            assert_abs_diff_eq!(closed.rate, line * (erased - d), epsilon = 1e-14);
            assert_rate(&solution, closed.rate, (wrong, erased, d));
            assert_multipliers(&solution, &closed.multipliers);
        }
    }
}

#[test]
fn erasures_that_are_too_dear() {
    for (wrong, erased) in [(1.0, 0.5), (1.0, 0.7), (3.0, 100.0)] {
        let problem = erasures(wrong, erased);
        for fraction in [0.0, 0.01, 0.2, 0.45, 0.5, 0.6] {
            let closed = erasure(wrong, erased, fraction * wrong).unwrap();
            let solution = problem.solve(&[fraction * wrong]).unwrap();
            assert_rate(&solution, closed.rate, (wrong, erased, fraction));
            if (0.01..0.5).contains(&fraction) {
                assert_multipliers(&solution, &closed.multipliers);
            }
        }
    }
}

/// The mass below which a letter counts as left by the solver, which stops within its gap and not
/// at 0.
const UNUSED: f64 = 1e-6;

/// The solver finds Erokhin's rate; true if his letters in use were compared too, as they are where
/// the water level is not within 1e-3 of a probability.
#[track_caller]
fn assert_hamming(pmf: &DVector<f64>, d: f64) -> bool {
    let closed = closed_form::hamming(pmf, d).unwrap();
    let solution = one_cost(pmf.clone(), hamming(pmf.len())).solve(&[d]).unwrap();
    assert_rate(&solution, closed.rate, (pmf, d));
    let slope = closed.multipliers[0];
    let level = (1.0 - d) * (-slope).exp2();
    let clear = slope > 0.0 && level > 1e-3 && pmf.iter().all(|p| (p - level).abs() > 1e-3);
    if clear {
        assert_multipliers(&solution, &closed.multipliers);
        let letters = |used: &dyn Fn(usize) -> bool| (0..pmf.len()).filter(|&x| used(x)).collect();
        let predicted: Vec<usize> = letters(&|x| pmf[x] > level);
        let found: Vec<usize> = letters(&|x| solution.output[x] > UNUSED);
        assert_eq!(found, predicted, "{pmf} {d}");
    }
    clear
}

/// Water levels between and at the probabilities of a source whose letters leave one by one.
#[test]
fn hamming_distortion_of_any_source() {
    let pmf = DVector::from_vec(vec![0.4, 0.25, 0.2, 0.1, 0.05]);
    let levels = [0.0, 0.01, 0.048, 0.05, 0.052, 0.09, 0.12, 0.19, 0.21, 0.24, 0.25];
    let compared =
        levels.iter().filter(|&&v| assert_hamming(&pmf, pmf.map(|p| p.min(v)).sum() - v));
    assert_eq!(compared.count(), levels.len() - 3, "all but D = 0 and the two breakpoints");
    assert_hamming(&pmf, 0.6);
}

/// Few different weights, so that ties and zeros are many.
#[test]
fn hamming_distortion_of_random_sources() {
    let mut random = Random::new(1958, 0);
    let mut compared = 0;
    for _ in 0..150 {
        let weights = DVector::from_fn(random.size(8), |_, _| random.below(6) as f64);
        let total = weights.sum();
        if total == 0.0 {
            continue;
        }
        let pmf = weights / total;
        let at_zero_rate = 1.0 - pmf.max();
        for fraction in [0.0, 0.02, 0.13, 0.37, 0.61, 0.83, 0.97, 1.0, 1.2] {
            compared += usize::from(assert_hamming(&pmf, fraction * at_zero_rate));
        }
    }
    assert!(compared > 500, "{compared}");
}

/// Two independent bits, where the label is the first and the distortion sees the second only: a
/// rate that splits, `R(D,E) = R1(E) + R2(D)` (Shannon 1959, the product source with a sum
/// distortion).
#[test]
fn label_on_one_half_of_a_product_source() {
    let (p, r) = (0.3, 0.4);
    let bits = |x: usize| (x / 2, x % 2);
    let chance = |one: f64, bit: usize| if bit == 1 { one } else { 1.0 - one };
    let pmf = DVector::from_fn(4, |x, _| chance(p, bits(x).0) * chance(r, bits(x).1));
    let second_bit = DMatrix::from_fn(4, 4, |x, y| f64::from(bits(x).1 != bits(y).1));
    let rdc = noiseless(pmf, second_bit, &[0, 0, 1, 1]);
    let slope = |one: f64, budget: f64| {
        if budget < one { bit_slope(budget) } else { 0.0 }
    };
    for d in [0.0, 0.01, 0.15, 0.35, 0.45, f64::INFINITY] {
        for e in [0.0, 0.01, 0.15, 0.25, 0.35, f64::INFINITY] {
            let distortion_rate = rdc_bernoulli(r, d, f64::INFINITY).unwrap();
            let error_rate = rdc_bernoulli(p, f64::INFINITY, e).unwrap();
            let solution = rdc.solve(d, e).unwrap();
            assert_rate(&solution, distortion_rate + error_rate, (d, e));
            if d > 0.0 && e > 0.0 {
                assert_multipliers(&solution, &[slope(r, d), slope(p, e)]);
            }
        }
    }
}

/// A constant `a_x` added to the row of each letter x moves D by the average of a, and does nothing
/// else (Pinkston). A budget within a shift's rounding of the shift itself is still the budget
/// asked for.
#[test]
fn budgets_just_above_a_large_shift() {
    for (shift, above) in [(1e4, 9e-9), (1e8, 5e-5), (1e6, 1e-3)] {
        let budget = shift + above;
        let costs = DMatrix::from_row_slice(2, 2, &[shift, shift + 1.0, shift + 1.0, shift]);
        let problem = Problem::new(DVector::from_vec(vec![0.5, 0.5]), 2).unwrap();
        let solution = problem.with_cost("d", costs).unwrap().solve(&[budget]).unwrap();
        let exact = 1.0 - binary_entropy(budget - shift);
        assert!(
            solution.lower <= exact + 1e-12 && exact <= solution.rate + 1e-12,
            "{shift} + {above}"
        );
    }
}

#[test]
fn shifted_rows() {
    for shift in [[0.7, 0.0, 2.5], [1e3, 1.0, 0.0], [1e-4, 1e-4, 1e-4]] {
        let shifted = DMatrix::from_fn(3, 3, |x, y| shift[x] + f64::from(x != y));
        let problem = one_cost(uniform(3), shifted);
        let moved = shift.iter().sum::<f64>() / 3.0;
        for d in [0.05, 0.3, 0.6, 0.7] {
            let closed = uniform_hamming(3, d).unwrap();
            let solution = problem.solve(&[d + moved]).unwrap();
            assert_rate(&solution, closed.rate, (shift, d));
            let spent = d.min(2.0 / 3.0) + moved;
            let achieved = solution.constraints[0].achieved;
            assert_relative_eq!(achieved, spent, max_relative = 1e-9);
            assert_multipliers(&solution, &closed.multipliers);
        }
    }
}
