//! Slopes at which no rate is worth its price: the channel that ignores the source and spends least.
//!
//! `RDC_CASES` sets the number of random cases (200 by default).

use crate::common::random::Random;
use crate::common::{count, hamming, hamming_of, pmf, rows};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Method, Problem, Settings, Status};
use std::f64::consts::LN_2;

fn problem(pmf: &DVector<f64>, costs: &[DMatrix<f64>]) -> Problem {
    let named = costs.iter().enumerate();
    named.fold(Problem::new(pmf.clone(), costs[0].ncols()).unwrap(), |problem, (k, cost)| {
        problem.with_cost(format!("cost {k}"), cost.clone()).unwrap()
    })
}

/// `max_y c_y - 1` over the other letters, with all of q at the letter `best`: at most 0 where its constant channel is the best of all (KKT).
fn over(pmf: &DVector<f64>, prices: &DMatrix<f64>, best: usize) -> f64 {
    let of_letter = |y: usize| -> f64 {
        let saved = |x: usize| LN_2 * (prices[(x, best)] - prices[(x, y)]);
        (0..pmf.len()).map(|x| pmf[x] * saved(x).exp_m1()).sum()
    };
    (0..prices.ncols()).filter(|&y| y != best).map(of_letter).fold(f64::NEG_INFINITY, f64::max)
}

/// R of a bit that is one with probability 1/4 falls to 0 at D = 1/4, with the slope log2 3.
#[test]
fn a_bit_has_its_end_of_the_flat_piece() {
    let problem = problem(&pmf(&[0.75, 0.25]), &[hamming()]);
    for method in Method::ALL {
        let settings = Settings::default().with_method(method);
        for s in [0.0, 1e-300, 1e-20, 1e-12 / LN_2, 1e-6, 0.1, 1.0, 3_f64.log2() - 1e-12] {
            let point = problem.solve_at_with(&[s], &settings).unwrap();
            assert_eq!((point.rate, point.lower), (0.0, 0.0), "{method}, s = {s:e}");
            assert_eq!(point.constraints[0].achieved, 0.25, "{method}, s = {s:e}");
            assert_eq!((point.status, point.iterations), (Status::Certified, 0));
        }
        let point = problem.solve_at_with(&[3_f64.log2() + 1e-3], &settings).unwrap();
        let at = 1.0 / (1.0 + 3.0 * 2_f64.powf(1e-3));
        assert!((point.constraints[0].achieved - at).abs() < 1e-4 && point.rate > 0.0, "{method}");
    }
}

/// Without a letter that is cheaper than the others every slope is worth some rate: R has no flat piece short of its end.
#[test]
fn letters_that_cost_the_same_are_no_end() {
    for s in [1e-12, 1e-6, 1e-2, 1.0] {
        let point = problem(&pmf(&[0.5, 0.5]), &[hamming()]).solve_at(&[s / LN_2]).unwrap();
        let at = 1.0 / (1.0 + s.exp());
        assert!((point.constraints[0].achieved - at).abs() < 1e-9, "{s:e}: {point:?}");
        assert_eq!(point.status, Status::Certified);
    }
    // Two that are alike are one.
    let twins = rows(&[[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]]);
    let point = problem(&pmf(&[0.75, 0.25]), &[twins]).solve_at(&[0.5]).unwrap();
    assert_eq!((point.rate, point.constraints[0].achieved), (0.0, 0.25));
}

/// A letter that some source letter must not use is no answer, however cheap.
#[test]
fn a_forbidden_letter_is_not_used() {
    let cost = rows(&[[0.0, 0.3, 0.5], [f64::INFINITY, 0.3, 0.4]]);
    let point = problem(&pmf(&[0.9, 0.1]), &[cost]).solve_at(&[1e-3]).unwrap();
    assert_eq!((point.rate, point.channel[(0, 0)], point.channel[(0, 1)]), (0.0, 0.0, 1.0));
    let cost = rows(&[[0.0, 0.3, 0.5], [0.0, f64::INFINITY, 0.4]]);
    let point = problem(&pmf(&[0.9, 0.1]), &[cost]).solve_at(&[1e-3]).unwrap();
    assert_eq!((point.rate, point.constraints[0].achieved), (0.0, 0.0));
}

/// Costs without a price choose among ties: the end of the flat piece in the other budget.
#[test]
fn ties_go_to_the_cheaper_letter_of_the_other_cost() {
    let [priced, other] = [rows(&[[1.0, 1.0, 0.0], [0.0, 0.0, 2.0]]), rows(&[[2.0, 1.0, 0.0]; 2])];
    let point = problem(&pmf(&[0.4, 0.6]), &[priced, other]).solve_at(&[0.2, 0.0]).unwrap();
    assert_eq!(point.rate, 0.0);
    assert_eq!([0, 1].map(|k| point.constraints[k].achieved), [0.4, 1.0]);
}

/// What the conditions of Kuhn and Tucker say of the cheapest letter is what comes back, for one cost and several.
#[test]
fn it_is_the_answer_where_the_conditions_say_so() {
    let (mut free, mut dear) = (0_u64, 0_u64);
    for seed in 0..count(200) {
        let random = &mut Random::new(95, seed);
        let (n, m) = (1 + random.size(7), 1 + random.size(7));
        let pmf = random.pmf(n);
        let number = random.size(3);
        let costs: Vec<_> = (0..number).map(|_| random.matrix(n, m)).collect();
        let slopes: Vec<f64> = costs.iter().map(|_| random.magnitude(-3.0, 1.5)).collect();
        let prices =
            costs.iter().zip(&slopes).fold(DMatrix::zeros(n, m), |sum, (d, s)| sum + d * *s);
        let averages = prices.tr_mul(&pmf);
        let over = over(&pmf, &prices, averages.imin());
        let point = problem(&pmf, &costs).solve_at(&slopes).unwrap();
        let paid: f64 = point.constraints.iter().map(|c| c.multiplier * c.achieved).sum();
        if over <= -1e-9 * prices.amax() {
            free += 1;
            // The pmf sums to 1 but for rounding, which the information shows.
            assert!(point.rate <= 1e-15, "seed {seed}: {:e}", point.rate);
            assert_eq!((point.lower, point.iterations), (0.0, 0), "seed {seed}");
            assert!((paid - averages.min()).abs() <= 1e-12 * averages.min(), "seed {seed}");
        } else if over > 1e-9 * prices.amax() {
            dear += 1;
            assert!(point.iterations > 0, "seed {seed}: {over:e}");
            assert!(point.rate + paid <= averages.min() + 1e-9, "seed {seed}");
        }
    }
    assert!(4 * free > dear && 4 * dear > free, "{free} without rate, {dear} with");
}

#[test]
fn letters_of_no_probability_have_no_say() {
    let cost = hamming_of(3);
    let point = problem(&pmf(&[0.7, 0.3, 0.0]), &[cost]).solve_at(&[1e-9]).unwrap();
    assert_eq!((point.rate, point.constraints[0].achieved), (0.0, 0.3));
}
