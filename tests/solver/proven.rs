//! Proven brackets: they hold the exact numbers, evaluated to 120 digits, and they are as narrow as the solver's.
//!
//! `RDC_CASES` sets the number of cases of each family (20 by default).

use crate::common::case::Case;
use crate::common::families::{Family, Placed};
use crate::common::random::Random;
use crate::common::{INF, bernoulli, count, hamming_of, pmf};
use crate::digits::Digits;
use dashu_float::FBig;
use dashu_float::round::mode::Zero;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Problem, ProvenBracket, RdcError, Solution};

type Big = FBig<Zero, 2>;

const PRECISION: usize = 400;

fn big(value: f64) -> Big {
    Big::try_from(value).unwrap().with_precision(PRECISION).value()
}

fn log2(x: &Big) -> Big {
    x.ln() / big(2.0).ln()
}

fn exp2(x: &Big) -> Big {
    (x * big(2.0).ln()).exp()
}

fn sum(terms: impl IntoIterator<Item = Big>) -> Big {
    terms.into_iter().fold(big(0.0), |sum, term| sum + term)
}

fn binary_entropy(p: &Big) -> Big {
    let rest = big(1.0) - p;
    -(p * log2(p)) - &rest * log2(&rest)
}

/// The exact values of what is proven of a solution, from the matrices as they were given.
struct Exact {
    /// `None` where q has no letter for a source letter.
    lower: Option<Big>,
    rate: Big,
    /// `None` where the channel uses a forbidden pair.
    spent: Vec<Option<Big>>,
}

impl Exact {
    fn of(case: &Case, solution: &Solution) -> Self {
        let (n, m) = solution.channel.shape();
        let total = sum(case.pmf.iter().map(|&p| big(p)));
        let letters: Vec<usize> = (0..n).filter(|&x| case.pmf[x] > 0.0).collect();
        let p: Vec<Big> = case.pmf.iter().map(|&p| big(p) / &total).collect();
        let row = |x: usize| sum((0..m).map(|y| big(solution.channel[(x, y)])));
        let rows: Vec<Big> = (0..n).map(row).collect();
        let joint = |x: usize, y: usize| &p[x] * big(solution.channel[(x, y)]) / &rows[x];
        let used = |x: usize, y: usize| solution.channel[(x, y)] > 0.0;
        let output: Vec<Big> = (0..m).map(|y| sum(letters.iter().map(|&x| joint(x, y)))).collect();
        let mut rate = big(0.0);
        let pairs = || letters.iter().flat_map(|&x| (0..m).map(move |y| (x, y)));
        for (x, y) in pairs().filter(|&(x, y)| used(x, y)) {
            rate += joint(x, y) * log2(&(joint(x, y) / (&p[x] * &output[y])));
        }
        let spent = case.costs.iter().map(|cost| {
            let pairs = || pairs().filter(|&(x, y)| used(x, y));
            let is_allowed = pairs().all(|(x, y)| cost[(x, y)].is_finite());
            is_allowed.then(|| sum(pairs().map(|(x, y)| joint(x, y) * big(cost[(x, y)]))))
        });
        let spent = spent.collect();
        Self { lower: Self::lower(case, solution, &p, &letters), rate, spent }
    }

    fn lower(case: &Case, solution: &Solution, p: &[Big], letters: &[usize]) -> Option<Big> {
        let m = solution.output.len();
        let mut c = vec![big(0.0); m];
        let mut bound = big(0.0);
        for &x in letters {
            let price = |y: usize| {
                let each = case.costs.iter().zip(&solution.constraints);
                let is_allowed = each.clone().all(|(cost, _)| cost[(x, y)].is_finite());
                is_allowed.then(|| sum(each.map(|(d, s)| big(d[(x, y)]) * big(s.multiplier))))
            };
            let tilted: Vec<Option<Big>> =
                (0..m).map(|y| price(y).map(|price| exp2(&-price))).collect();
            let q = |y: usize| big(solution.certificate[y]);
            let t = sum(tilted.iter().enumerate().flat_map(|(y, a)| Some(a.as_ref()? * q(y))));
            if t == Big::ZERO {
                return None;
            }
            bound -= &p[x] * log2(&t);
            for (c, a) in c.iter_mut().zip(&tilted) {
                if let Some(a) = a {
                    *c += &p[x] * a / &t;
                }
            }
        }
        let largest = c.into_iter().reduce(|a, b| if a > b { a } else { b })?;
        let active = solution.constraints.iter().filter(|told| told.multiplier > 0.0);
        let spent = sum(active.map(|told| big(told.multiplier) * big(told.budget)));
        Some(bound - log2(&largest) - spent)
    }
}

/// What a bracket may be wider than the gap of a solution for steep multipliers: the costs are known to one rounding.
fn steepness(solution: &Solution) -> f64 {
    let priced = solution.constraints.iter().filter(|told| told.multiplier > 0.0);
    priced.map(|told| told.multiplier * told.achieved.max(told.budget)).sum()
}

fn problem_of(case: &Case) -> Problem {
    case.problem()
}

/// What any proof must be, whatever the solver did.
#[track_caller]
fn assert_consistent(proven: &ProvenBracket, solution: &Solution, what: &str) {
    let rounding = 1e-11 * (1.0 + solution.rate.min(1e3)) + 1e-12 * steepness(solution);
    assert!(proven.lower >= 0.0 && proven.lower <= proven.upper, "{what}: {proven:?}");
    assert!(proven.lower <= solution.rate + rounding, "{what}: {proven:?}, {}", solution.rate);
    assert!(solution.lower <= proven.upper + rounding, "{what}: {proven:?}, {}", solution.lower);
    assert!(proven.spent.iter().all(|spent| spent.lower <= spent.upper), "{what}: {proven:?}");
}

#[test]
fn brackets_of_every_family_are_as_narrow_as_the_gap() {
    let cases = count(20);
    let (mut total, mut closed, mut steep) = (0_u64, 0_u64, 0_u64);
    for family in Family::ALL {
        for seed in 0..cases {
            let case = Placed::new(family, 70_000 + seed);
            let problem = problem_of(&case);
            let Ok(solution) = problem.solve(&case.budgets) else { continue };
            let what = format!("{family:?}, seed {seed}");
            let proven = problem.prove(&solution).unwrap();
            assert_consistent(&proven, &solution, &what);
            let allowed = 1e-12 * (1.0 + solution.rate);
            let excess = proven.rate - proven.lower - solution.gap();
            let worth = steepness(&solution);
            // Where multipliers are steep the last digits of budgets and costs are dear.
            let is_steep = worth > 100.0 * (1.0 + solution.rate);
            let held = is_steep || excess <= allowed + 1e-14 * worth;
            assert!(held, "{what}: {excess:e}, {worth:e}, {}", case.case);
            total += 1;
            steep += u64::from(excess > allowed);
            closed += u64::from(proven.upper.is_finite());
        }
    }
    assert!(2 * closed > total && 10 * total > 8 * 15 * cases, "{closed} of {total}");
    assert!(20 * steep <= total, "{steep} of {total}");
}

#[test]
fn brackets_hold_what_an_oracle_computes() {
    let cases = count(20).div_ceil(10);
    let (mut positive, mut sharp) = (0_u64, 0_u64);
    for family in Family::ALL {
        for seed in 0..cases {
            let case = Placed::new(family, 80_000 + seed);
            if case.pmf.len() * case.costs[0].ncols() > 200 {
                continue;
            }
            let problem = problem_of(&case);
            let Ok(solution) = problem.solve(&case.budgets) else { continue };
            let what = format!("{family:?}, seed {seed}");
            let proven = problem.prove(&solution).unwrap();
            let exact = Exact::of(&case, &solution);
            if proven.lower > 0.0 {
                let lower = exact.lower.unwrap();
                assert!(big(proven.lower) <= lower, "{what}: {} above {lower}", proven.lower);
                let room = 1e-13 + 1e-14 * steepness(&solution);
                assert!(lower <= big(proven.lower + room), "{what}: {} far below", proven.lower);
                positive += 1;
                // A bound that is 1e-13 too high would be noticed.
                sharp += u64::from(big(proven.lower + 1e-13) > lower);
            }
            assert!(exact.rate <= big(proven.rate), "{what}: {} too low", proven.rate);
            assert!(big(proven.rate) <= exact.rate + big(1e-15 * (1.0 + proven.rate)), "{what}");
            for (told, exact) in proven.spent.iter().zip(exact.spent) {
                let Some(exact) = exact else {
                    assert_eq!(told.lower, INF, "{what}");
                    continue;
                };
                assert!(big(told.lower) <= exact, "{what}: {told:?}, {exact}");
                assert!(exact <= big(told.upper), "{what}: {told:?}, {exact}");
                assert!(told.upper - told.lower <= 2e-15 * (told.upper + 1e-3), "{what}: {told:?}");
            }
        }
    }
    assert!(10 * sharp >= 8 * positive, "{sharp} of {positive} are sharp");
    assert!(positive >= 5 * cases, "{positive} positive bounds of {cases} cases a family");
}

#[track_caller]
fn assert_contains(proven: &ProvenBracket, solution: &Solution, truth: &Big, what: &str) {
    assert!(big(proven.lower) <= *truth, "{what}: {} above {truth}", proven.lower);
    assert!(*truth <= big(proven.upper), "{what}: {} below {truth}", proven.upper);
    let allowed = solution.gap() + 1e-12 * (1.0 + solution.rate);
    assert!(proven.width() <= allowed, "{what}: {} wide", proven.width());
}

#[test]
fn bernoulli_brackets_hold_the_closed_form() {
    let random = &mut Random::new(97, 0);
    for _ in 0..count(60) {
        let p = random.between(0.02, 0.5);
        let d = p * random.between(0.001, 0.98);
        let case = Case::new(pmf(&[1.0 - p, p]), vec![hamming_of(2)], &[d]);
        let problem = case.problem();
        let solution = problem.solve(&[d]).unwrap();
        let proven = problem.prove(&solution).unwrap();
        let total = big(1.0 - p) + big(p);
        let truth = binary_entropy(&(big(p) / total)) - binary_entropy(&big(d));
        assert_contains(&proven, &solution, &truth, &format!("p = {p}, D = {d}"));
    }
}

/// Erokhin's formula: the k likeliest letters are used, those above `theta`.
fn erokhin(pmf: &[f64], d: f64) -> Option<Big> {
    let total = sum(pmf.iter().map(|&p| big(p)));
    let mut p: Vec<Big> = pmf.iter().map(|&p| big(p) / &total).collect();
    p.sort_by(|a, b| b.partial_cmp(a).unwrap());
    let d = big(d);
    for k in 2..=p.len() {
        let kept = sum(p[..k].iter().cloned());
        let rest = big(1.0) - &kept;
        let theta = (&d - &rest) / big((k - 1) as f64);
        let is_support =
            theta > Big::ZERO && theta < p[k - 1] && p.get(k).is_none_or(|next| *next <= theta);
        if is_support {
            let kappa = big(1.0) - &d;
            let beta = log2(&(theta / &kappa));
            let used = sum(p[..k].iter().map(|p| p * log2(&(p / &kappa))));
            return Some(-used - rest * &beta + d * beta);
        }
    }
    None
}

#[test]
fn hamming_brackets_hold_erokhins_formula() {
    let random = &mut Random::new(97, 1);
    let mut found = 0_u64;
    let cases = count(40);
    for _ in 0..cases {
        let letters = 2 + random.below(6);
        let weights = random.pmf(letters);
        let d = (1.0 - weights.max()) * random.between(0.01, 0.95);
        let case = Case::new(weights, vec![hamming_of(letters)], &[d]);
        let problem = case.problem();
        let solution = problem.solve(&[d]).unwrap();
        let proven = problem.prove(&solution).unwrap();
        // A perfect support is not told of one on its border.
        let Some(truth) = erokhin(case.pmf.as_slice(), d) else { continue };
        assert_contains(&proven, &solution, &truth, &case.to_string());
        found += 1;
    }
    assert!(found + 1 >= cases, "{found} of {cases}");
}

#[test]
fn lossless_and_free_points_are_closed() {
    let case = Case::new(pmf(&[0.5, 0.25, 0.125, 0.125]), vec![hamming_of(4)], &[0.0]);
    let problem = case.problem();
    for (budget, rate) in [(0.0, 1.75), (1.0, 0.0), (INF, 0.0)] {
        let proven = problem.prove(&problem.solve(&[budget]).unwrap()).unwrap();
        assert!(proven.lower <= rate && rate <= proven.upper, "{proven:?}");
        assert!(proven.width() <= 1e-9, "{proven:?}");
        assert!(proven.spent[0].is_met(), "{proven:?}");
    }
}

#[test]
fn what_is_no_solution_of_the_problem_is_refused() {
    let rdc = bernoulli();
    let problem = rdc.problem();
    let solution = problem.solve(&[0.1, 0.2]).unwrap();
    let other = Case::new(pmf(&[0.5, 0.3, 0.2]), vec![hamming_of(3)], &[0.1]).problem();
    assert!(matches!(other.prove(&solution), Err(RdcError::Shape { .. })));
    let broken: [&dyn Fn(&mut Solution); 9] = [
        &|s| s.channel[(0, 0)] = f64::NAN,
        &|s| s.channel[(0, 0)] += 0.1,
        &|s| s.channel = DMatrix::zeros(2, 2),
        &|s| s.certificate[1] = -1.0,
        &|s| s.potential[0] = INF,
        &|s| s.constraints[0].multiplier = -1.0,
        &|s| s.constraints[1].multiplier = f64::NAN,
        &|s| s.constraints[0].budget = -0.5,
        &|s| drop(s.constraints.pop()),
    ];
    for (number, spoil) in broken.iter().enumerate() {
        let mut spoiled = solution.clone();
        spoil(&mut spoiled);
        assert!(problem.prove(&spoiled).is_err(), "{number}");
    }
}

#[test]
fn a_bad_certificate_proves_less_and_never_too_much() {
    let random = &mut Random::new(97, 2);
    let mut useful = 0;
    let cases = count(60);
    for _ in 0..cases {
        let p = random.between(0.05, 0.5);
        let d = p * random.between(0.01, 1.2);
        let problem = Case::new(pmf(&[1.0 - p, p]), vec![hamming_of(2)], &[d]).problem();
        let mut solution = problem.solve(&[d]).unwrap();
        solution.certificate[0] *= random.magnitude(-3.0, 3.0);
        solution.constraints[0].multiplier *= random.magnitude(-1.0, 4.0);
        let proven = problem.prove(&solution).unwrap();
        let total = big(1.0 - p) + big(p);
        let truth = binary_entropy(&(big(p) / total)) - binary_entropy(&big(d));
        let truth = if d < p { truth } else { big(0.0) };
        assert!(big(proven.lower) <= truth && truth <= big(proven.upper), "{p}, {d}: {proven:?}");
        useful += u64::from(proven.lower > 0.0);
    }
    assert!(10 * useful > cases, "{useful} of {cases}");
}

/// Squared error and the nearest-mean classifier's error on real data: the first 256 digits, and all 1,797 in long runs.
#[test]
fn digits_are_proven() {
    let digits = Digits::load().unwrap();
    let classes = digits.nearest_mean();
    let all = digits.labels.len();
    let sizes = if count(0) >= all as u64 { vec![256, all] } else { vec![256] };
    for n in sizes {
        let squares: Vec<f64> = digits.images.row_iter().map(|row| row.norm_squared()).collect();
        let images = digits.images.rows(0, n);
        let products = images * images.transpose();
        let distance = DMatrix::from_fn(n, n, |x, y| {
            (squares[x] + squares[y] - 2.0 * products[(x, y)]).max(0.0) / 64.0
        });
        let error = DMatrix::from_fn(n, n, |x, y| f64::from(classes[y] != digits.labels[x]));
        let uniform = DVector::from_element(n, 1.0 / n as f64);
        let problem = Problem::new(uniform, n).unwrap();
        let problem = problem.with_cost("distortion", distance).unwrap();
        let problem = problem.with_cost("error", error).unwrap();
        let solution = problem.solve(&[0.04, 0.2]).unwrap();
        let proven = problem.prove(&solution).unwrap();
        let beyond = proven.width() - solution.gap();
        assert!(
            beyond <= 1e-12 * (1.0 + solution.rate),
            "n = {n}: {beyond:e} beyond the gap, {proven:?}"
        );
    }
}
