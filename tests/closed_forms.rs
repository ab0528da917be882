//! The general solver against rates that are known in closed form.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use approx::{assert_abs_diff_eq, assert_relative_eq};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{
    Classifier, Distortion, Problem, Rdc, Solution, Source, Status, binary_entropy, rdc_bernoulli,
};
use std::f64::consts::LN_2;
use std::fmt::Debug;

/// `x log2 x`, continued by 0 at 0.
fn x_log_x(x: f64) -> f64 {
    if x > 0.0 { x * x.log2() } else { 0.0 }
}

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

/// The problem of a source whose letters have one label each, read without error from the reproduction.
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

/// `log m - Hb(D) - D log(m-1)`, 0 from D = (m-1)/m on, and its slope: Fano's inequality, met by the symmetric channel.
fn uniform_hamming(m: usize, d: f64) -> (f64, f64) {
    let others = (m - 1) as f64;
    if d >= others / m as f64 {
        return (0.0, 0.0);
    }
    let rate = (m as f64).log2() - binary_entropy(d) - d * others.log2();
    (rate, ((1.0 - d) * others / d).log2())
}

#[test]
fn uniform_source_with_hamming_distortion() {
    for m in 2..=9 {
        let problem = one_cost(uniform(m), hamming(m));
        let zero_rate = (m - 1) as f64 / m as f64;
        for fraction in [0.0, 1e-6, 0.01, 0.2, 0.5, 0.9, 0.999, 1.0, 1.1] {
            let d = fraction * zero_rate;
            let (closed, slope) = uniform_hamming(m, d);
            let solution = problem.solve(&[d]).unwrap();
            assert_rate(&solution, closed, (m, d));
            if (0.01..0.95).contains(&fraction) {
                assert_multipliers(&solution, &[slope]);
            }
        }
    }
}

/// Hamming distortion on m = k g letters in k blocks of g, where the label is the block.
///
/// By symmetry the best channel errs alike within every block, and alike across all of them: with the budgets met as
/// equalities, `1-D`, `(D-E)/(g-1)` and `E/(m-g)` are its three entries. A budget that such a channel need not
/// exhaust drops out.
fn hierarchical_hamming(k: usize, g: usize, d: f64, e: f64) -> (f64, [f64; 2]) {
    let m = k * g;
    let (within, across) = ((g - 1) as f64, (m - g) as f64);
    if e >= d * across / (m - 1) as f64 {
        let (rate, slope) = uniform_hamming(m, d);
        return (rate, [slope, 0.0]);
    }
    if d >= 1.0 - (1.0 - e) / g as f64 {
        let (rate, slope) = uniform_hamming(k, e);
        return (rate, [0.0, slope]);
    }
    // x log(x/c) = x log x - x log c keeps x = 0.
    let rate = (m as f64).log2() + x_log_x(1.0 - d) + x_log_x(d - e) - (d - e) * within.log2()
        + x_log_x(e)
        - e * across.log2();
    let distortion_slope = ((1.0 - d) * within / (d - e)).log2();
    let error_slope = ((d - e) * across / (within * e)).log2();
    (rate, [distortion_slope, error_slope])
}

#[test]
fn hierarchical_hamming_in_its_three_regimes() {
    let mut regimes = [0; 3];
    for (k, g) in [(2, 2), (3, 2), (2, 4), (4, 3)] {
        let m = k * g;
        let blocks: Vec<usize> = (0..m).map(|x| x / g).collect();
        let rdc = noiseless(uniform(m), hamming(m), &blocks);
        // None of these points lies between two regimes, where a multiplier leaves 0 and is hard to tell from it.
        for d in [0.0, 0.05, 0.2, 0.44, 0.6, 0.74] {
            for e in [0.0, 0.02, 0.1, 0.3, 0.45] {
                let (closed, slopes) = hierarchical_hamming(k, g, d, e);
                let solution = rdc.solve(d, e).unwrap();
                assert_rate(&solution, closed, (k, g, d, e));
                if closed > 0.0 && d > 0.0 && e > 0.0 {
                    assert_multipliers(&solution, &slopes);
                    match slopes.map(|slope| slope > 0.0) {
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

/// A uniform bit, reproductions 0, 1 and "erased": 0 for the right bit, infinite for the wrong one, 1 for an erasure
/// (Berger 1971, section 2.7).
///
/// A bit that is not erased is known, and an erased one has at most 1 bit of entropy left, so I >= 1 - D. Erasing
/// every bit with probability D attains it: one straight segment.
#[test]
fn erasures_without_errors() {
    let cost = DMatrix::from_row_slice(2, 3, &[0.0, f64::INFINITY, 1.0, f64::INFINITY, 0.0, 1.0]);
    let problem = one_cost(uniform(2), cost);
    for d in [0.0, 1e-6, 0.1, 0.25, 0.5, 0.7, 0.99, 1.0, 2.0] {
        let solution = problem.solve(&[d]).unwrap();
        assert_rate(&solution, (1.0 - d).max(0.0), d);
        // A line within the gap at D and at the end of the segment has its slope to gap/D only.
        if (0.1..1.0).contains(&d) {
            assert_multipliers(&solution, &[1.0]);
        }
    }
}

/// The same letters with cost 1 for the wrong bit and `a < 1/2` for an erasure.
///
/// Exchanging 0 and 1 leaves the problem as it is, so a symmetric channel is best: it erases with probability w, and
/// otherwise flips with probability f, for `I = (1-w)(1 - Hb(f))` at `D = w a + (1-w) f`. R is therefore the convex
/// hull of `1 - Hb` and the point (a, 0): a straight segment from its point of contact t on, where
/// `1 - Hb(t) = (a-t) log((1-t)/t)`, that is `a log t + (1-a) log(1-t) = -1`.
#[test]
fn erasures_with_errors() {
    for a in [0.1, 0.25, 0.4] {
        let cost = DMatrix::from_row_slice(2, 3, &[0.0, 1.0, a, 1.0, 0.0, a]);
        let problem = one_cost(uniform(2), cost);
        let contact =
            increasing_root(0.0, a, |t| a * t.log2() + (1.0 - a) * (-t).ln_1p() / LN_2 + 1.0);
        let slope = bit_slope(contact);
        for fraction in [0.1, 0.5, 0.9] {
            let d = fraction * contact;
            let solution = problem.solve(&[d]).unwrap();
            assert_rate(&solution, 1.0 - binary_entropy(d), (a, d));
            assert_multipliers(&solution, &[bit_slope(d)]);

            let d = contact + fraction * (a - contact);
            let solution = problem.solve(&[d]).unwrap();
            assert_rate(&solution, slope * (a - d), (a, d));
            assert_multipliers(&solution, &[slope]);
        }
    }
}

/// The root of an increasing function, by bisection to the last bit.
fn increasing_root(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if f(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// Any pmf with Hamming distortion (Erokhin 1958): the letters leave one by one.
///
/// With a water level v below the second largest probability, the best backward channel P(x|y) is `1-D` at x = y and
/// `min(p_x, v)` elsewhere, for each letter y with `p_y > v`; the others are not used. So `D = sum_x min(p_x, v) - v`,
/// and X has the same entropy given any letter in use. The slope is `log((1-D)/v)`, the log-ratio of two of those
/// entries.
#[test]
fn hamming_distortion_of_any_source() {
    let pmf = DVector::from_vec(vec![0.4, 0.25, 0.2, 0.1, 0.05]);
    let problem = one_cost(pmf.clone(), hamming(5));
    for v in [0.0, 0.01, 0.049, 0.051, 0.09, 0.12, 0.19, 0.21, 0.24] {
        let filled = pmf.map(|p| p.min(v));
        let d = filled.sum() - v;
        let conditional = -x_log_x(1.0 - d) - filled.map(x_log_x).sum() + x_log_x(v);
        let closed = -pmf.map(x_log_x).sum() - conditional;
        let solution = problem.solve(&[d]).unwrap();
        assert_rate(&solution, closed, v);
        if v > 0.0 {
            assert_multipliers(&solution, &[((1.0 - d) / v).log2()]);
        }
    }
    assert_rate(&problem.solve(&[0.6]).unwrap(), 0.0, "zero rate");
}

/// Two independent bits, where the label is the first and the distortion sees the second only: a rate that splits,
/// `R(D,E) = R1(E) + R2(D)` (Shannon 1959, the product source with a sum distortion).
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

/// A constant `a_x` added to the row of each letter x moves D by the average of a, and does nothing else (Pinkston).
/// A budget within a shift's rounding of the shift itself is still the budget asked for.
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
            let (closed, slope) = uniform_hamming(3, d);
            let solution = problem.solve(&[d + moved]).unwrap();
            assert_rate(&solution, closed, (shift, d));
            let spent = d.min(2.0 / 3.0) + moved;
            let achieved = solution.constraints[0].achieved;
            assert_relative_eq!(achieved, spent, max_relative = 1e-9);
            assert_multipliers(&solution, &[slope]);
        }
    }
}
