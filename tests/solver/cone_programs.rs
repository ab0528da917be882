//! An independent oracle: the rate as an exponential-cone program, solved by Clarabel.

use crate::common::case::Case;
use crate::common::program::{ConeProgram, TIGHT};
use crate::common::random::Random;
use crate::common::{INF, expected, stochastic};
use approx::assert_abs_diff_eq;
use clarabel::solver::{ExponentialConeT, NonnegativeConeT, ZeroConeT};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Classifier, Distortion, Perception, Rdc, Solution, Source, Status};

/// Bits that the two solvers may differ by.
const AGREEMENT: f64 = 1e-7;

/// `min I(p, W)` in bits with `sum_xy p_x W_xy d_k(x, y) <= D_k`, in the variables `P_xy = p_x W_xy`, `q_y`, and one
/// `u_xy >= P_xy log(P_xy / (p_x q_y))` for each pair that may be used.
fn clarabel_rate(pmf: &DVector<f64>, costs: &[DMatrix<f64>], budgets: &[f64], m: usize) -> f64 {
    // A forbidden pair, and a letter without probability, is zero by having no variable.
    let pairs: Vec<(usize, usize)> = (0..pmf.len())
        .flat_map(|x| (0..m).map(move |y| (x, y)))
        .filter(|&(x, y)| pmf[x] > 0.0 && costs.iter().all(|d| d[(x, y)].is_finite()))
        .collect();
    let joint = |pair: usize| pair;
    let output = |y: usize| pairs.len() + y;
    let information = |pair: usize| pairs.len() + m + pair;
    let variables = 2 * pairs.len() + m;
    let numbered = || pairs.iter().enumerate();

    let mut program = ConeProgram::default();
    let letters = (0..pmf.len()).filter(|&x| pmf[x] > 0.0);
    for x in letters {
        let row = numbered().filter(|&(_, pair)| pair.0 == x);
        program.push(row.map(|(pair, _)| (joint(pair), 1.0)), pmf[x]);
    }
    for y in 0..m {
        let column = numbered().filter(|&(_, pair)| pair.1 == y);
        let marginal = column.map(|(pair, _)| (joint(pair), 1.0));
        program.push(marginal.chain([(output(y), -1.0)]), 0.0);
    }
    let mut cones = vec![ZeroConeT(program.height())];

    let limits = costs.iter().zip(budgets).filter(|(_, d)| d.is_finite());
    for (cost, &budget) in limits.clone() {
        let spent = numbered().map(|(pair, &at)| (joint(pair), cost[at]));
        program.push(spent, budget);
    }
    cones.push(NonnegativeConeT(limits.count()));

    // (-u, P, p q) in {(a, b, c): b exp(a/b) <= c}  <=>  u >= P log(P / (p q)).
    for (pair, &(x, y)) in numbered() {
        program.push([(information(pair), 1.0)], 0.0);
        program.push([(joint(pair), -1.0)], 0.0);
        program.push([(output(y), -pmf[x])], 0.0);
        cones.push(ExponentialConeT());
    }

    let mut objective = vec![0.0; variables];
    objective[pairs.len() + m..].fill(1.0);
    program.least(&objective, &cones, TIGHT) / std::f64::consts::LN_2
}

/// Budgets with slack: what a random channel spends, and a little more.
///
/// The channel prefers cheap letters, so that the budgets cost rate, and gives nothing to a forbidden pair.
fn budgets(pmf: &DVector<f64>, costs: &[DMatrix<f64>], m: usize, random: &mut Random) -> Vec<f64> {
    let channel = stochastic(DMatrix::from_fn(pmf.len(), m, |x, y| {
        let total: f64 = costs.iter().map(|d| d[(x, y)]).sum();
        random.uniform() * (-10.0 * total).exp()
    }));
    let slack = 0.01;
    let spent = |cost| expected(pmf, &channel, cost) + slack;
    costs.iter().map(spent).collect()
}

fn random_cost(kind: usize, n: usize, m: usize, random: &mut Random) -> DMatrix<f64> {
    match kind % 4 {
        0 => random.matrix(n, m),
        1 => random.matrix(n, m).map(|u| f64::from(u < 0.6)),
        2 => {
            let (source, reproduction) = (random.matrix(n, 1), random.matrix(m, 1));
            DMatrix::from_fn(n, m, |x, y| 4.0 * (source[x] - reproduction[y]).powi(2))
        }
        // A third of the pairs forbidden, never all of a letter's.
        _ => DMatrix::from_fn(n, m, |x, y| {
            let (cost, draw) = (random.uniform(), random.uniform());
            if y != x % m && draw < 1.0 / 3.0 { INF } else { cost }
        }),
    }
}

/// The rate, the bracket and what the channel spends, all from the matrices alone.
#[track_caller]
fn assert_agreement(solution: &Solution, case: &Case, name: &str) {
    let Case { pmf, costs, budgets } = case;
    let oracle = clarabel_rate(pmf, costs, budgets, solution.channel.ncols());
    let (lower, rate) = (solution.lower, solution.rate);
    assert_eq!(solution.status, Status::Certified, "{name}");
    assert!((rate - oracle).abs() <= AGREEMENT, "{name}: {rate}, Clarabel {oracle}");
    assert!(
        lower - AGREEMENT <= oracle && oracle <= rate + AGREEMENT,
        "{name}: [{lower}, {rate}] without Clarabel's {oracle}"
    );
    for ((constraint, cost), &budget) in solution.constraints.iter().zip(costs).zip(budgets) {
        let spent = expected(pmf, &solution.channel, cost);
        assert!(spent <= budget * (1.0 + 1e-12), "{name}: {constraint:?}");
        assert_abs_diff_eq!(constraint.achieved, spent, epsilon = 1e-12);
    }
}

#[test]
fn any_costs() {
    let mut random = Random::new(8, 1);
    let mut rates = Vec::new();
    for (n, m, k) in (2..=6)
        .flat_map(|n| (2..=6).map(move |m| (n, m)))
        .flat_map(|(n, m)| (0..=3).map(move |k| (n, m, k)))
    {
        let number = rates.len();
        let mut pmf = random.pmf(n);
        if number % 5 == 4 {
            pmf[number % n] = 0.0;
            pmf /= pmf.sum();
        }
        let costs: Vec<DMatrix<f64>> =
            (0..k).map(|cost| random_cost(number / 4 + cost, n, m, &mut random)).collect();
        let mut budgets = budgets(&pmf, &costs, m, &mut random);
        // Without a budget a cost still forbids its pairs.
        if number % 7 == 6 && k > 0 {
            budgets[0] = INF;
        }

        let case = Case::new(pmf, costs, &budgets);
        let solution = case.problem_of(m).solve(&budgets).unwrap();
        assert_agreement(&solution, &case, &format!("n = {n}, m = {m}, K = {k}"));
        rates.push(solution.rate);
    }
    // The list is worth little if most of its budgets cost nothing.
    let positive = rates.iter().filter(|&&rate| rate > 0.01).count();
    assert!(positive > 50, "{positive} positive rates");
}

/// The classification error is the oracle's own sum: `dc(x, y) = 1 - sum_k P(k|x) c0(k|y)`.
fn assert_labelled_agreement(
    n: usize,
    classifier: &Classifier,
    decisions: &DMatrix<f64>,
    random: &mut Random,
) {
    let (m, classes) = decisions.shape();
    let pmf = random.pmf(n);
    let posterior = random.stochastic(n, classes);
    let distortion = random_cost(2, n, m, random);
    let error = (&posterior * decisions.transpose()).map(|right| 1.0 - right);
    let costs = [distortion.clone(), error];
    let budgets = budgets(&pmf, &costs, m, random);

    let source = Source::new(pmf.clone(), posterior).unwrap();
    let distortion = Distortion::matrix(distortion).unwrap();
    let rdc = Rdc::new(&source, distortion, classifier).unwrap();
    let solution = rdc.solve(budgets[0], budgets[1]).unwrap();
    let case = Case::new(pmf, costs.to_vec(), &budgets);
    assert_agreement(&solution, &case, &format!("n = {n}, m = {m}, {classifier:?}"));
}

#[test]
fn hard_classifiers() {
    let mut random = Random::new(8, 2);
    for (n, m, classes) in [(2, 2, 2), (3, 5, 2), (6, 4, 3), (5, 6, 4), (4, 3, 5)] {
        let class_of: Vec<usize> = (0..m).map(|y| y % classes).collect();
        let classifier = Classifier::hard(&class_of).unwrap();
        let decisions = DMatrix::from_fn(m, classes, |y, k| f64::from(class_of[y] == k));
        assert_labelled_agreement(n, &classifier, &decisions, &mut random);
    }
}

#[test]
fn soft_classifiers() {
    let mut random = Random::new(8, 3);
    for (n, m, classes) in [(2, 2, 2), (3, 5, 2), (6, 4, 3), (5, 6, 4), (4, 3, 5)] {
        let decisions = random.stochastic(m, classes);
        let classifier = Classifier::soft(decisions.clone()).unwrap();
        assert_labelled_agreement(n, &classifier, &decisions, &mut random);
    }
}

/// `min sum ground P` over the plans P with the two marginals, in the variables `P_yz`.
#[test]
fn transport_costs() {
    let mut random = Random::new(8, 4);
    for number in 0..120 {
        let (m, k) = (1 + number % 9, 1 + number % 7);
        let (output, target) = (random.pmf(m), random.pmf(k));
        let ground = random_cost(number % 3, m, k, &mut random);
        let mut program = ConeProgram::default();
        for y in 0..m {
            program.push((0..k).map(|z| (y * k + z, 1.0)), output[y]);
        }
        // The last one follows from the others.
        for z in 0..k - 1 {
            program.push((0..m).map(|y| (y * k + z, 1.0)), target[z]);
        }
        for pair in 0..m * k {
            program.push([(pair, -1.0)], 0.0);
        }
        let cones = [ZeroConeT(m + k - 1), NonnegativeConeT(m * k)];
        let oracle = program.least(ground.transpose().as_slice(), &cones, TIGHT);
        let cost = Perception::transport(target, ground).unwrap().divergence(&output).unwrap();
        assert_abs_diff_eq!(cost, oracle, epsilon = 1e-8);
    }
}
