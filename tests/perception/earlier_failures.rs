//! Problems with a perception that have gone wrong once.

use crate::common::{INF, pmf};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{
    Distortion, Perception, Problem, RdcError, Rdp, Solution, Status, binary_entropy,
    mutual_information,
};

fn certified(result: Result<Solution, RdcError>) -> Solution {
    let solution = result.unwrap();
    assert_eq!(solution.status, Status::Certified, "{} {}", solution.lower, solution.rate);
    solution
}

/// The second source letter may only use the first reproduction.
fn forced(perception: Perception) -> Problem {
    let costs = DMatrix::from_row_slice(2, 2, &[0.0, 0.0, INF, 0.0]);
    let problem = Problem::new(pmf(&[0.5, 0.5]), 2).unwrap();
    problem.with_cost("d", costs).unwrap().with_perception(perception).unwrap()
}

#[test]
fn forbidden_pairs_are_no_way_for_a_repair() {
    // The channel has one free number a, how much of letter 0 goes to 0: P is TV = |a / 2 - .9| or more, as letter 1 goes to 1.
    for (limit, a) in [(0.6, 0.6), (0.85, 0.1)] {
        let problem = forced(Perception::total_variation(pmf(&[0.9, 0.1])).unwrap());
        let solution = certified(problem.solve(&[INF, limit]));
        let rate = binary_entropy(a / 2.0) - 0.5 * binary_entropy(a);
        assert!((solution.rate - rate).abs() <= 1e-9, "{} {rate}", solution.rate);
    }
    let problem = forced(Perception::kullback_leibler(pmf(&[0.9, 0.1])).unwrap());
    let solution = certified(problem.solve(&[INF, 0.85]));
    assert!(solution.trace.iter().all(|line| line.gap() >= -1e-12));
}

#[test]
fn a_tiny_divergence_is_not_none() {
    // What the solver is not to prove: a channel with flips 0.15 -+ 3.2e-8 has D = 0.15 and this divergence.
    let source = pmf(&[0.7, 0.3]);
    let rdp = Rdp::new(
        source.clone(),
        Distortion::hamming(2).unwrap(),
        Perception::kullback_leibler(source.clone()).unwrap(),
    )
    .unwrap();
    let apart = 6.44e-8;
    let (up, down) = ((0.15 - apart) / 2.0, (0.15 + apart) / 2.0);
    let output = 0.3 - down + up;
    let spent = rdp_divergence(output, 0.3);
    let solution = rdp.solve(0.15, spent).unwrap();
    let joint = [0.7 - up, up, down, 0.3 - down];
    let entropy = |p: &[f64]| -p.iter().map(|p| p * p.log2()).sum::<f64>();
    let rate = entropy(&[0.7, 0.3]) + entropy(&[1.0 - output, output]) - entropy(&joint);
    assert!(solution.lower <= rate + 1e-12, "{} {rate}", solution.lower);
}

fn rdp_divergence(q: f64, p: f64) -> f64 {
    let target = Perception::kullback_leibler(pmf(&[1.0 - p, p])).unwrap();
    target.divergence(&pmf(&[1.0 - q, q])).unwrap()
}

#[test]
fn transports_that_differ_by_rounding_are_the_same() {
    let ground = DMatrix::from_row_slice(3, 1, &[1.0, 1.0 + 2.0 * f64::EPSILON, 5.0]);
    let costs = DMatrix::from_row_slice(2, 3, &[0.0, 1.0, 1.0, 1.0, 0.0, 1.0]);
    let perception = Perception::transport(pmf(&[1.0]), ground).unwrap();
    let problem = Problem::new(pmf(&[0.5, 0.5]), 3).unwrap().with_cost("d", costs).unwrap();
    let problem = problem.with_perception(perception).unwrap();
    let solution = certified(problem.solve(&[0.1, 1.0 + 4.0 * f64::EPSILON]));
    let rate = 1.0 - binary_entropy(0.1);
    assert!((solution.rate - rate).abs() <= 1e-9);
}

#[test]
fn a_grid_at_no_divergence() {
    for n in [127, 130, 200] {
        let point = |i: usize| 6.0 * i as f64 / n as f64 - 3.0;
        let weights = DVector::from_fn(n, |i, _| (-point(i).powi(2) / 2.0).exp());
        let source = &weights / weights.sum();
        let points = DMatrix::from_fn(n, 1, |i, _| point(i));
        let squares = Distortion::squared_error(&points, &points).unwrap();
        let line: Vec<f64> = (0..n).map(point).collect();
        let perceptions = [
            Perception::total_variation(source.clone()),
            Perception::wasserstein(source.clone(), &line),
            Perception::kullback_leibler(source.clone()),
        ];
        let rates = perceptions.map(|perception| {
            let rdp = Rdp::new(source.clone(), squares.clone(), perception.unwrap()).unwrap();
            [0.3, 0.5].map(|d| certified(rdp.solve(d, 0.0)).rate)
        });
        for rate in &rates[1..] {
            assert!(rate.iter().zip(&rates[0]).all(|(a, b)| (a - b).abs() <= 2e-9), "{rates:?}");
        }
    }
}

#[test]
fn what_a_channel_spends_can_be_met() {
    let source = pmf(&[0.2, 0.5, 0.3]);
    let points = DMatrix::from_column_slice(3, 1, &[1.3, 2.1, 4.4]);
    let squares = Distortion::squared_error(&points, &points).unwrap();
    for perception in [
        Perception::total_variation(pmf(&[0.4, 0.4, 0.2])).unwrap(),
        Perception::wasserstein(pmf(&[0.4, 0.4, 0.2]), &[1.3, 2.1, 4.4]).unwrap(),
        Perception::kullback_leibler(pmf(&[0.4, 0.4, 0.2])).unwrap(),
        Perception::transport(pmf(&[0.4, 0.4, 0.2]), squares.as_matrix().add_scalar(0.7)).unwrap(),
    ] {
        let rdp = Rdp::new(source.clone(), squares.clone(), perception.clone()).unwrap();
        for d in [0.9, 1.4, 2.0] {
            let first = rdp.solve(d, 0.1 + perception.divergence(&source).unwrap()).unwrap();
            let spent: Vec<f64> = first.constraints.iter().map(|told| told.achieved).collect();
            let again = rdp.problem().solve(&spent).unwrap();
            assert!(again.lower <= first.rate + 1e-9);
        }
    }
}

#[test]
fn a_subnormal_letter_of_the_target_is_finitely_far() {
    // Of a bit with P(X = 1) = 0.3 an output with P(1) = q1, below the 1/6 of the best channel for D = 0.2, leaves one channel.
    let source = pmf(&[0.7, 0.3]);
    let hamming = Distortion::hamming(2).unwrap();
    for tiny in [1e-150, 1e-250, 1e-310, f64::from_bits(1)] {
        let target = Perception::kullback_leibler(pmf(&[1.0, tiny])).unwrap();
        let rdp = Rdp::new(source.clone(), hamming.clone(), target.clone()).unwrap();
        for q1 in [0.105, 0.13, 0.16] {
            let (up, down) = ((0.2 - (0.3 - q1)) / 2.0, (0.2 + (0.3 - q1)) / 2.0);
            let joint = [0.7 - up, up, down, 0.3 - down];
            let entropy = |p: &[f64]| -p.iter().map(|p| p * p.log2()).sum::<f64>();
            let rate = entropy(source.as_slice()) + binary_entropy(q1) - entropy(&joint);
            let limit = target.divergence(&pmf(&[1.0 - q1, q1])).unwrap();
            assert!((limit + q1 * tiny.log2() + binary_entropy(q1)).abs() < 1e-10);
            let solution = certified(rdp.solve(0.2, limit));
            assert!((solution.rate - rate).abs() <= 1e-8, "{tiny:e}: {} {rate}", solution.rate);
            let told = target.divergence(&solution.output).unwrap();
            let achieved = solution.constraints[1].achieved;
            assert!((told - achieved).abs() <= 1e-12 * limit, "{told} {achieved}");
            assert!(achieved <= limit * (1.0 + 1e-12), "{achieved} {limit}");
        }
        // A budget beyond the largest divergence is none, and what is spent of it is told.
        let free = certified(rdp.solve(0.2, 1.1 * -tiny.log2()));
        assert!((free.rate - (binary_entropy(0.3) - binary_entropy(0.2))).abs() <= 1e-9);
        assert!(free.constraints[1].achieved < -tiny.log2());
    }
}

#[test]
fn unlikely_letters_of_the_target_keep_bounds_true() {
    let mut certified = 0;
    for case in 0..200 {
        // Multiples of the golden ratio, spread over [0, 1).
        let draw = |k: usize| (0.618_033_988_749_894_9 * (1 + 97 * case + k * k) as f64).fract();
        let at = |first: usize, x: usize, y: usize| draw(first + 4 * x + y);
        let power = |y: usize| if y == 0 { 1.0 } else { 10.0_f64.powf(-323.0 * draw(y)) };
        let target = DVector::from_fn(4, |y, _| power(y));
        let target = &target / target.sum();
        let perception = Perception::kullback_leibler(target).unwrap();
        let costs = DMatrix::from_fn(4, 4, |x, y| if x == y { 0.0 } else { at(10, x, y) });
        let mut channel = DMatrix::from_fn(4, 4, |x, y| at(40, x, y).powi(4) + f64::from(x == y));
        for mut row in channel.row_iter_mut() {
            let total = row.sum();
            row /= total;
        }
        let source = pmf(&[0.4, 0.3, 0.2, 0.1]);
        let spent = [
            source.dot(&channel.component_mul(&costs).column_sum()),
            perception.divergence(&channel.tr_mul(&source)).unwrap(),
        ];
        let rate = mutual_information(&source, &channel);
        let problem = Problem::new(source, 4).unwrap().with_cost("d", costs).unwrap();
        let solution = problem.with_perception(perception).unwrap().solve(&spent).unwrap();
        assert!(solution.lower <= rate + 1e-9, "{case}: {} {rate}", solution.lower);
        for (told, limit) in solution.constraints.iter().zip(spent) {
            assert!(told.achieved <= limit * (1.0 + 1e-12), "{case}: {} {limit}", told.achieved);
        }
        certified += usize::from(solution.status == Status::Certified);
    }
    // 196 were, the others stalled.
    assert!(certified >= 190, "{certified}");
}
