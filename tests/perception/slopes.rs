//! Points of given slopes whose output pmf is held to the target: entropic optimal transport.
//!
//! `RDC_CASES` sets the number of random cases (40 of each kind by default).

use crate::common::case::Case;
use crate::common::measure::{Kind, Measure};
use crate::common::perception::Perceived;
use crate::common::random::Random;
use crate::common::{INF, count, expected, hamming_of, rows};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Problem, RdcError, Settings, Solution, Status};
use std::f64::consts::LN_2;

/// What is certified, in bits, relative where R > 1.
const CERTIFIED: f64 = 1e-9;

/// Prices of the dearest pair, in nats: the inverse of the regularisation, relative to the largest cost.
const PRICES: [f64; 5] = [1.0, 10.0, 1e2, 1e4, 1e6];

/// A point with the output pmf given, and the problem with what it spends as budgets.
fn point(
    pmf: &DVector<f64>,
    costs: &[DMatrix<f64>],
    measure: Measure,
    s: &[f64],
) -> (Perceived, Solution) {
    let case = Case::new(pmf.clone(), costs.to_vec(), &[]);
    let mut perceived = Perceived { case, measure };
    let multipliers: Vec<f64> = s.iter().copied().chain([INF]).collect();
    let solution = perceived.problem().solve_at(&multipliers).unwrap();
    perceived.case.budgets = held_budgets(&solution, &perceived.measure);
    (perceived, solution)
}

/// What a solution at given slopes spends, with the perception at its smallest, to which it was held: what rounding leaves above
/// that is no budget.
fn held_budgets(solution: &Solution, measure: &Measure) -> Vec<f64> {
    let mut budgets: Vec<f64> = solution.constraints.iter().map(|told| told.achieved).collect();
    *budgets.last_mut().unwrap() = measure.smallest();
    budgets
}

/// `price` nats for the dearest pair, as a multiplier in bits per unit.
fn slope(cost: &DMatrix<f64>, price: f64) -> f64 {
    let finite = cost.iter().filter(|d| d.is_finite());
    price / finite.fold(1e-3, |most: f64, d| most.max(*d)) / LN_2
}

/// A bound below 0 is told as 0.
#[track_caller]
fn check(case: &Perceived, solution: &Solution) {
    if solution.lower > 0.0 {
        case.check(solution);
    } else if solution.rate.is_finite() {
        case.assert_attained(solution, 1.0);
    }
}

#[track_caller]
fn assert_certified(case: &Perceived, solution: &Solution) {
    let gap = solution.gap();
    assert!(gap <= CERTIFIED * solution.rate.max(1.0), "a gap of {gap:e}\n{case}\n{solution:?}");
    check(case, solution);
}

/// The flips of two letters have the odds ratio `(j_00 j_11) / (j_01 j_10) = exp(2 s)`, and the margins leave one of the four
/// masses free: with `k = exp(-2 s)` and `S = k + (1 - k) (a + b)`, `(1 - k) j_11^2 - S j_11 + a b = 0`.
#[test]
fn two_letters_in_closed_form() {
    for a in [0.5, 0.3, 0.01, 1e-9] {
        for b in [0.5, 0.2, 1e-3] {
            for s in [1e-6, 0.1, 1.0, 5.0, 20.0, 1e3, 1e6] {
                let k = f64::exp(-2.0 * s);
                let sum = k + (1.0 - k) * (a + b);
                // The discriminant S^2 - 4 (1 - k) a b as a sum of terms that are not negative.
                let cross = 2.0 * k * (1.0 - k) * (a + b - 2.0 * a * b);
                let root = (k * k + cross + ((1.0 - k) * (a - b)).powi(2)).sqrt();
                let both = 2.0 * a * b / (sum + root);
                let source = DVector::from_vec(vec![1.0 - a, a]);
                let target = DVector::from_vec(vec![1.0 - b, b]);
                let measure = Measure::total_variation(&target);
                let (case, solution) = point(&source, &[hamming_of(2)], measure, &[s / LN_2]);
                assert_certified(&case, &solution);
                let joint = [[1.0 - a - b + both, b - both], [a - both, both]];
                let term = |x: usize, y: usize| {
                    let j: f64 = joint[x][y];
                    if j > 0.0 { j * (j / (source[x] * target[y])).log2() } else { 0.0 }
                };
                let rate = term(0, 0) + term(0, 1) + term(1, 0) + term(1, 1);
                let off = (solution.rate - rate).abs();
                assert!(off <= 1e-12, "a = {a}, b = {b}, s = {s}: {off:e} off");
                let off = (solution.constraints[0].achieved - (a + b - 2.0 * both)).abs();
                assert!(off <= 1e-12, "a = {a}, b = {b}, s = {s}: D is {off:e} off");
            }
        }
    }
}

/// The coupling by Sinkhorn's iterations in logarithms, which converge fast where prices are small.
fn sinkhorn(p: &DVector<f64>, q: &DVector<f64>, prices: &DMatrix<f64>) -> DMatrix<f64> {
    let (n, m) = prices.shape();
    let log_sum = |terms: &mut dyn Iterator<Item = f64>| {
        let terms: Vec<f64> = terms.collect();
        let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + terms.iter().map(|term| (term - most).exp()).sum::<f64>().ln()
    };
    let (mut u, mut v) = (vec![0.0; n], vec![0.0; m]);
    for _ in 0..20_000 {
        for x in 0..n {
            u[x] = -log_sum(&mut (0..m).map(|y| q[y].ln() + v[y] - prices[(x, y)]));
        }
        for y in 0..m {
            v[y] = -log_sum(&mut (0..n).map(|x| p[x].ln() + u[x] - prices[(x, y)]));
        }
    }
    DMatrix::from_fn(n, m, |x, y| p[x] * q[y] * (u[x] + v[y] - prices[(x, y)]).exp())
}

#[test]
fn what_sinkhorn_finds() {
    for seed in 0..count(40) {
        let random = &mut Random::new(61, seed);
        let (n, m) = (random.size(6), random.size(6));
        let (p, q) = (random.pmf(n), random.pmf(m));
        let costs = [random.matrix(n, m), random.matrix(n, m)];
        let slopes = [random.magnitude(-1.0, 1.0), random.magnitude(-2.0, 1.0)];
        let prices = LN_2 * (slopes[0] * &costs[0] + slopes[1] * &costs[1]);
        let joint = sinkhorn(&p, &q, &prices);
        let (case, solution) = point(&p, &costs, Measure::kullback_leibler(&q), &slopes);
        assert_certified(&case, &solution);
        let found = DMatrix::from_fn(n, m, |x, y| p[x] * solution.channel[(x, y)]);
        let off = (found - joint).amax();
        assert!(off < 1e-11, "seed {seed}: {off:e} off\n{case}");
    }
}

/// A pmf of one of six kinds: alike, uniform weights, fifteen and sixty orders of magnitude, a bell, few values with zeros.
fn pmf(random: &mut Random, letters: usize) -> DVector<f64> {
    let kind = random.below(6);
    let mut weights = DVector::from_fn(letters, |i, _| match kind {
        0 => 1.0,
        1 => random.uniform(),
        2 => random.magnitude(-15.0, 0.0),
        3 => random.magnitude(-60.0, 0.0),
        4 => (-40.0 * (i as f64 / letters as f64 - 0.3).powi(2)).exp(),
        _ if random.chance(0.3) => 0.0,
        _ => 1.0 + random.below(3) as f64,
    });
    weights[0] = weights[0].max(1e-3);
    &weights / weights.sum()
}

/// Costs of one of six kinds; the last forbids pairs.
fn costs(random: &mut Random, n: usize, m: usize, kind: usize) -> Vec<DMatrix<f64>> {
    let far = |x: usize, y: usize| x as f64 / n as f64 - y as f64 / m as f64;
    match kind {
        0 => vec![random.matrix(n, m)],
        1 => vec![DMatrix::from_fn(n, m, |x, y| far(x, y).powi(2))],
        2 => vec![DMatrix::from_fn(n, m, |x, y| far(x, y).abs())],
        3 => vec![DMatrix::from_fn(n, m, |_, _| random.below(4) as f64)],
        4 => vec![random.matrix(n, m), random.matrix(n, m)],
        _ => vec![DMatrix::from_fn(n, m, |x, y| {
            if x % m != y && random.chance(0.3) { INF } else { random.uniform() }
        })],
    }
}

/// Down to a regularisation of a millionth of the largest cost.
#[test]
fn steep_prices_are_certified() {
    let (mut solved, mut open, mut most) = (0_u64, 0_u64, 0);
    for kind in 0..6 {
        for seed in 0..count(40) {
            let random = &mut Random::new(70 + kind as u64, seed);
            let n = random.size(30);
            let m = if random.chance(0.5) { n } else { random.size(30) };
            let source = pmf(random, n);
            let target = if n == m && random.chance(0.3) { source.clone() } else { pmf(random, m) };
            let costs = costs(random, n, m, kind);
            let price = PRICES[random.below(PRICES.len())];
            let slopes: Vec<f64> = costs.iter().map(|cost| slope(cost, price)).collect();
            let measure = Measure::total_variation(&target);
            let perceived = Perceived { case: Case::new(source, costs, &[]), measure };
            let multipliers: Vec<f64> = slopes.iter().copied().chain([INF]).collect();
            let solution = match perceived.problem().solve_at(&multipliers) {
                Ok(solution) => solution,
                Err(RdcError::Infeasible(_)) if kind == 5 => continue,
                Err(error) => panic!("kind {kind}, seed {seed}: {error}\n{perceived}"),
            };
            let budgets = held_budgets(&solution, &perceived.measure);
            let case = Case { budgets, ..perceived.case };
            let perceived = Perceived { case, ..perceived };
            check(&perceived, &solution);
            solved += 1;
            most = most.max(solution.iterations);
            open += u64::from(solution.gap() > CERTIFIED * solution.rate.max(1.0));
        }
    }
    assert!(100 * open <= solved, "{open} of {solved} not certified, at most {most} iterations");
}

#[test]
fn slopes_and_budgets_meet() {
    for (number, kind) in Kind::ALL.into_iter().enumerate() {
        for seed in 0..count(40) {
            let random = &mut Random::new(80 + number as u64, seed);
            let (n, m) = (1 + random.size(7), 1 + random.size(7));
            let (source, target) = (random.pmf(n), random.pmf(m));
            let cost = random.matrix(source.len(), m);
            let measure = match kind {
                Kind::TotalVariation => Measure::total_variation(&target),
                Kind::KullbackLeibler => Measure::kullback_leibler(&target),
                Kind::Wasserstein => {
                    let points: Vec<f64> = (0..m).map(|y| y as f64).collect();
                    Measure::wasserstein(&target, &points)
                }
                // With two letters next to each letter of the target, so that the output is not given.
                Kind::Transport => Measure::transport(
                    &target,
                    DMatrix::from_fn(m, m, |y, z| f64::from(y.abs_diff(z) > 1)),
                ),
            };
            let s = random.magnitude(-1.0, 1.5);
            let (case, solution) = point(&source, &[cost], measure, &[s]);
            assert_certified(&case, &solution);
            let back = case.problem().solve(&case.budgets).unwrap();
            assert!(back.lower <= solution.rate + 1e-9 && solution.lower <= back.rate + 1e-9);
            // The slope of R at the point: what less of D costs.
            let fewer = [0.99 * case.budgets[0], case.budgets[1]];
            let Ok(fewer) = case.problem().solve(&fewer) else { continue };
            let above = solution.lower + s * 0.01 * case.budgets[0];
            assert!(fewer.rate >= above - 1e-8, "{kind:?}, seed {seed}: {fewer:?}\n{case}");
        }
    }
}

#[test]
fn without_a_price_the_output_is_free() {
    let cost = rows(&[[0.0, 1.0, 0.4], [1.0, 0.0, 0.3]]);
    let source = DVector::from_vec(vec![0.6, 0.4]);
    let target = DVector::from_vec(vec![0.2, 0.3, 0.5]);
    let case = Case::new(source, vec![cost], &[]);
    let perceived = Perceived { case, measure: Measure::total_variation(&target) };
    let free = perceived.without().solve_at(&[4.0]).unwrap();
    let unpriced = perceived.problem().solve_at(&[4.0, 0.0]).unwrap();
    assert_eq!((free.channel, free.rate), (unpriced.channel, unpriced.rate));
    assert_eq!(unpriced.constraints[1].multiplier, 0.0);
}

/// No price at all: an independent letter of the target.
#[test]
fn without_prices_nothing_is_sent() {
    let target = DVector::from_vec(vec![0.2, 0.3, 0.5]);
    let source = DVector::from_vec(vec![0.6, 0.4]);
    let cost = rows(&[[0.0, 1.0, 0.4], [1.0, 0.0, 0.3]]);
    for costs in [vec![], vec![cost]] {
        let slopes = vec![0.0; costs.len()];
        let (_, solution) =
            point(&source, &costs, Measure::wasserstein(&target, &[0.0, 1.0, 3.0]), &slopes);
        assert_eq!(solution.status, Status::Certified);
        assert!(solution.rate < 1e-15 && (solution.output - &target).amax() < 1e-15);
    }
}

/// Half of the source may send to the first letter alone, which the target has too little of.
#[test]
fn pairs_that_leave_no_channel_are_refused_with_a_proof() {
    let cost = rows(&[[0.0, INF, INF], [0.2, 0.0, 1.0]]);
    let source = DVector::from_vec(vec![0.5, 0.5]);
    let target = DVector::from_vec(vec![0.3, 0.3, 0.4]);
    let problem = |target: &DVector<f64>| {
        let plain =
            Problem::new(source.clone(), 3).unwrap().with_cost("cost", cost.clone()).unwrap();
        plain.with_perception(Measure::total_variation(target).perception).unwrap()
    };
    let Err(RdcError::Infeasible(proof)) = problem(&target).solve_at(&[1.0, INF]) else {
        panic!("no channel has this output")
    };
    let least = |letters: &[usize]| letters.iter().map(|&y| proof.potential[y]).fold(INF, f64::min);
    let toll: f64 = proof.potential.iter().zip(&target).map(|(g, t)| g * t).sum();
    let excess = 0.5 * least(&[0]) + 0.5 * least(&[0, 1, 2]) - toll;
    assert!(excess > 0.0 && (excess - proof.excess).abs() < 1e-12, "{proof:?}");
    // A letter of the target that nobody may send to.
    let cost = DMatrix::from_row_slice(1, 2, &[0.0, INF]);
    let one =
        Problem::new(DVector::from_element(1, 1.0), 2).unwrap().with_cost("cost", cost).unwrap();
    let half = Measure::total_variation(&DVector::from_vec(vec![0.5, 0.5])).perception;
    let refused = one.with_perception(half).unwrap().solve_at(&[1.0, INF]);
    assert!(matches!(refused, Err(RdcError::Infeasible(_))), "{refused:?}");
    // With enough of it, exactly as much or more, there is one.
    for enough in [0.5, 0.6] {
        let target = DVector::from_vec(vec![enough, 0.3, 0.7 - enough]);
        let solution = problem(&target).solve_at(&[1.0, INF]).unwrap();
        assert_eq!(solution.status, Status::Certified, "{solution:?}");
    }
}

#[test]
fn a_run_that_is_cut_short_has_true_bounds() {
    let random = &mut Random::new(90, 0);
    let (source, target, cost) = (random.pmf(12), random.pmf(9), random.matrix(12, 9));
    let measure = Measure::total_variation(&target);
    let mut case = Perceived { case: Case::new(source, vec![cost], &[]), measure };
    let whole = case.problem().solve_at(&[1e3, INF]).unwrap();
    assert_eq!(whole.trace.len(), whole.iterations + 1);
    let slack = |line: &rdc_theory::Progress| line.lower <= line.rate;
    assert!(whole.trace.iter().all(slack), "{}", whole.trace_csv());
    for iterations in 0..whole.iterations {
        let settings = Settings::default().with_max_iterations(iterations);
        let solution = case.problem().solve_at_with(&[1e3, INF], &settings).unwrap();
        case.case.budgets = held_budgets(&solution, &case.measure);
        check(&case, &solution);
        assert!(solution.iterations <= iterations);
        let cost = &case.costs[0];
        let paid = solution.rate + 1e3 * expected(&case.pmf, &solution.channel, cost);
        let least = whole.lower + 1e3 * whole.constraints[0].achieved;
        assert!(paid >= least - 1e-9, "{iterations} iterations: {paid} < {least}");
    }
}
