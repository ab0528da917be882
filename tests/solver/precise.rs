//! Digits beyond doubles, against closed forms evaluated to 60 digits.

use crate::common::random::Random;
use dashu_float::FBig;
use dashu_float::round::mode::Zero;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{DoubleDouble, Method, Problem, Settings, Solution, Status};

type Real = FBig<Zero, 2>;

/// Bits of the closed forms.
const BITS: usize = 220;

const TOLERANCE: f64 = 1e-25;

fn real(value: f64) -> Real {
    Real::try_from(value).unwrap().with_precision(BITS).value()
}

fn of(value: DoubleDouble) -> Real {
    real(value.high()) + real(value.low())
}

/// `-x log2 x`.
fn surprise(x: &Real) -> Real {
    if *x == real(0.0) { real(0.0) } else { -(x * x.ln()) / real(2.0).ln() }
}

fn entropy<'a>(pmf: impl IntoIterator<Item = &'a Real>) -> Real {
    pmf.into_iter().fold(real(0.0), |sum, p| sum + surprise(p))
}

fn hamming(n: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |x, y| f64::from(x != y))
}

fn precise(problem: &Problem, budgets: &[f64]) -> Solution {
    let settings = Settings::default().with_tolerance(TOLERANCE).unwrap();
    problem.solve_with(budgets, &settings).unwrap()
}

/// The bracket holds the value, to the 1e-24 that is promised.
#[track_caller]
fn assert_value(solution: &Solution, value: &Real) {
    let bracket = solution.precise.unwrap_or_else(|| panic!("{solution:?}"));
    assert_eq!(solution.status, Status::Certified, "{}", bracket.gap());
    assert!(bracket.gap() <= TOLERANCE && solution.gap() == bracket.gap());
    for (bound, sign) in [(bracket.lower, 1.0), (bracket.rate, -1.0)] {
        let off = (of(bound) - value) * real(sign);
        assert!(off.clone() <= real(1e-28), "a bound on the wrong side by {off}");
        assert!(off >= real(-1e-24), "{off} off\n{solution:?}");
    }
}

/// The pmf as the library holds it, over its sum.
fn over_sum(pmf: &DVector<f64>) -> Vec<Real> {
    let sum = pmf.iter().fold(real(0.0), |sum, &p| sum + real(p));
    pmf.iter().map(|&p| real(p) / &sum).collect()
}

/// `h(p) - h(D)`.
#[test]
fn bernoulli() {
    for p in [0.5, 0.3, 0.01, 1e-6] {
        for share in [0.9, 0.5, 1e-3, 1e-12] {
            let pmf = DVector::from_vec(vec![1.0 - p, p]);
            let problem = Problem::new(pmf.clone(), 2).unwrap();
            let problem = problem.with_cost("distortion", hamming(2)).unwrap();
            let d = share * p;
            let value = entropy(&over_sum(&pmf)) - entropy([&real(d), &(real(1.0) - real(d))]);
            assert_value(&precise(&problem, &[d]), &value);
        }
    }
}

/// Erokhin (1958): the l likeliest letters are used, and each of them is what a wrong reproduction was with the same probability.
#[test]
fn erokhin() {
    for seed in 0..12 {
        let random = &mut Random::new(83, seed);
        let n = 2 + random.below(7);
        let mut pmf: Vec<f64> = (0..n).map(|_| random.magnitude(-4.0, 0.0)).collect();
        pmf.sort_by(|a, b| b.total_cmp(a));
        let total: f64 = pmf.iter().sum();
        let pmf = DVector::from_vec(pmf) / total;
        let problem = Problem::new(pmf.clone(), n).unwrap();
        let problem = problem.with_cost("distortion", hamming(n)).unwrap();
        let d = random.between(0.02, 0.98) * (1.0 - pmf[0]);
        let p = over_sum(&pmf);
        // D = (l - 1) level + the mass of the others.
        let value = (1..=n)
            .rev()
            .find_map(|used| {
                let others = p[used..].iter().fold(real(0.0), |sum, p| sum + p);
                let level = (real(d) - &others) / real(used.max(2) as f64 - 1.0);
                (level >= real(0.0) && level <= p[used - 1]).then(|| {
                    let kept = entropy(&p[..used]) - surprise(&(real(1.0) - real(d)));
                    kept - real(used as f64 - 1.0) * surprise(&level)
                })
            })
            .unwrap();
        assert_value(&precise(&problem, &[d]), &value);
    }
}

/// `log2 m - h(1-D) - h(D-E) - (D-E) log2(g-1) - h(E) - E log2(m-g)`, both budgets constraining; and where one does not.
#[test]
fn hierarchical() {
    for (k, g) in [(2, 2), (3, 2), (2, 3)] {
        let m = k * g;
        let labels = DMatrix::from_fn(m, m, |x, y| f64::from(x / g != y / g));
        let pmf = DVector::from_element(m, 1.0 / m as f64);
        let problem = Problem::new(pmf, m).unwrap();
        let problem = problem.with_cost("distortion", hamming(m)).unwrap();
        let problem = problem.with_cost("error", labels).unwrap();
        for (d, e) in [(0.25, 0.0625), (0.4, 0.1), (0.3, 1e-9), (0.2, 0.19), (0.9, 0.1)] {
            let log2 = |x: usize| real(x as f64).ln() / real(2.0).ln();
            let (within, across) = (real((g - 1) as f64), real((m - g) as f64));
            let [d_, e_] = [d, e].map(real);
            let value = if &e_ * real((m - 1) as f64) >= &d_ * &across {
                log2(m) - entropy([&d_, &(real(1.0) - &d_)]) - &d_ * log2(m - 1)
            } else if (real(1.0) - &d_) * real(g as f64) <= real(1.0) - &e_ {
                log2(k) - entropy([&e_, &(real(1.0) - &e_)]) - &e_ * log2(k - 1)
            } else {
                let both = &d_ - &e_;
                log2(m)
                    - entropy([&(real(1.0) - &d_), &both, &e_])
                    - &both * (within.ln() / real(2.0).ln())
                    - &e_ * (across.ln() / real(2.0).ln())
            };
            assert_value(&precise(&problem, &[d, e]), &value);
        }
    }
}

/// Budgets of 0 and of no rate, which doubles decide, keep their digits too.
#[test]
fn at_the_ends() {
    let pmf = DVector::from_vec(vec![0.6, 0.3, 0.1]);
    let problem = Problem::new(pmf.clone(), 3).unwrap();
    let problem = problem.with_cost("distortion", hamming(3)).unwrap();
    assert_value(&precise(&problem, &[0.0]), &entropy(&over_sum(&pmf)));
    for d in [0.5, 1.0] {
        assert_value(&precise(&problem, &[d]), &real(0.0));
    }
}

/// What a budget has above the smallest average is known beyond doubles, also where their difference is not a double.
#[test]
fn utilities() {
    for (budget, gain, loss) in
        [(-0.9, 1.0, 0.0), (-0.999_999_9, 1.0, 0.0), (0.25, 0.1, 2.9), (1e-3, 0.7, 11.0)]
    {
        let pmf = DVector::from_vec(vec![0.6, 0.4]);
        let problem = Problem::new(pmf.clone(), 2).unwrap();
        let cost = hamming(2).map(|wrong| if wrong > 0.0 { loss } else { -gain });
        let problem = problem.with_cost("lost", cost).unwrap();
        // The entries above the smallest are rounded to doubles once.
        let d = (real(budget) + real(gain)) / real(loss + gain);
        let value = entropy(&over_sum(&pmf)) - entropy([&d, &(real(1.0) - &d)]);
        assert_value(&precise(&problem, &[budget]), &value);
    }
}

/// What has only doubles does not claim more, and digits are not told unless they are asked for.
#[test]
fn doubles_claim_no_more() {
    let problem = Problem::new(DVector::from_vec(vec![0.6, 0.4]), 2).unwrap();
    let problem = problem.with_cost("distortion", hamming(2)).unwrap();
    assert!(problem.solve(&[0.1]).unwrap().precise.is_none());
    let settings = Settings::default().with_tolerance(TOLERANCE).unwrap();
    let at = problem.solve_at_with(&[2.0], &settings).unwrap();
    let blahut = settings.with_method(Method::BlahutArimoto).with_max_iterations(2000);
    let blahut = problem.solve_with(&[0.1], &blahut).unwrap();
    for solution in [at, blahut] {
        assert!(solution.precise.is_none() && solution.status != Status::Certified, "{solution:?}");
    }
}
