//! Costs that may be negative: a constant on a cost and on its budget moves all that is in the cost's units, and nothing else.
//!
//! The entries are multiples of a power of two, so that the constants take nothing from them. `RDC_CASES` sets the number of
//! cases of each family.

use crate::common::case::Case;
use crate::common::families::{Family, Placed};
use crate::common::random::Random;
use crate::common::{INF, ROUNDING, count, hamming, pmf, rows};
use rdc_theory::{AtRate, Problem, RdcError, Settings, Solution, Status};

/// The bits of an entry of the size of the cost's scale.
const BITS: i32 = 30;

/// Agreement of rates, in bits.
const RATES: f64 = 1e-9;

/// Agreement of budgets, relative to what they were made of.
const BUDGETS: f64 = 1e-12;

/// A case, and the same with a constant on each cost and on its budget.
struct Pair {
    plain: Case,
    moved: Case,
    constants: Vec<f64>,
}

impl Pair {
    fn new(family: Family, seed: u64) -> Self {
        let mut random = Random::new(u64::MAX - 1, seed);
        let mut plain = Placed::new(family, seed).case;
        let mut constants = Vec::new();
        for k in 0..plain.costs.len() {
            let unit = (plain.scale(k).log2().floor() as i32 - BITS).clamp(-1000, 1000);
            let unit = f64::from(unit).exp2();
            plain.costs[k].apply(|d| *d = (*d / unit).round() * unit);
            // Above what rounding has made of the smallest budget.
            plain.budgets[k] = (1.0 + (plain.budgets[k] / unit).ceil()) * unit;
            let size = match random.below(5) {
                0 => random.magnitude(-3.0, 3.0) * plain.scale(k),
                1 | 2 => -random.magnitude(-3.0, 3.0) * plain.scale(k),
                // A budget of about 0.
                3 if plain.budgets[k].is_finite() => -plain.budgets[k],
                // Row minima of about 0 on average.
                _ => -smallest(&plain, k),
            };
            constants.push((size / unit).round() * unit);
        }
        let mut moved = plain.clone();
        for (k, &constant) in constants.iter().enumerate() {
            moved.costs[k].add_scalar_mut(constant);
            moved.budgets[k] += constant;
            let back = moved.costs[k].add_scalar(-constant);
            assert_eq!(back, plain.costs[k], "the constant took digits");
        }
        Self { plain, moved, constants }
    }

    /// What budgets of cost `k` and the rows of it are made of.
    fn size(&self, k: usize) -> f64 {
        let finite = self.plain.costs[k].iter().filter(|d| d.is_finite());
        self.constants[k].abs() + finite.fold(0.0, |most: f64, d| most.max(d.abs()))
    }

    fn assert_moved(&self, k: usize, plain: f64, moved: f64, what: &str) {
        let off = if plain == moved { 0.0 } else { (moved - self.constants[k] - plain).abs() };
        let allowed = BUDGETS * self.size(k);
        assert!(off <= allowed, "{what} of cost {k}: {plain} and {moved}, {off:e}\n{}", self.moved);
    }

    /// What the rounding of the budgets is worth at the multipliers.
    fn rounding(&self, solution: &Solution) -> f64 {
        let told = solution.constraints.iter().enumerate();
        let priced = told.filter(|(_, told)| told.is_active());
        let worth = priced.map(|(k, told)| {
            let overspent = (told.achieved - told.budget).max(0.0);
            told.multiplier * (overspent + 8.0 * f64::EPSILON * self.size(k))
        });
        ROUNDING + worth.sum::<f64>()
    }

    /// Whether both are solved to the tolerance: then they agree.
    fn assert_same(&self, plain: &Solution, moved: &Solution) -> bool {
        let rounding = self.rounding(plain) + self.rounding(moved);
        let apart = (plain.lower - moved.rate).max(moved.lower - plain.rate);
        assert!(apart <= rounding, "{apart:e} bits apart\n{}", self.moved);
        if plain.status != Status::Certified || moved.status != Status::Certified {
            return false;
        }
        let off = (plain.rate - moved.rate).abs();
        assert!(off <= RATES + rounding, "rates differ by {off:e}\n{}", self.moved);
        true
    }
}

fn smallest(case: &Case, k: usize) -> f64 {
    let budgets = vec![INF; case.costs.len()];
    case.problem().smallest_budget(k, &budgets).unwrap().unwrap()
}

fn pairs(each: u64) -> impl Iterator<Item = Pair> {
    let seeds = move |family| (0..count(each)).map(move |seed| Pair::new(family, 7_000 + seed));
    Family::ALL.into_iter().flat_map(seeds)
}

#[test]
fn a_constant_on_a_cost_moves_its_budget_and_no_rate() {
    let (mut checked, mut negative, mut alike, mut cases) = (0, 0, 0, 0);
    for pair in pairs(12) {
        cases += 1;
        let plain = pair.plain.problem().solve(&pair.plain.budgets).unwrap();
        let moved = pair.moved.problem().solve(&pair.moved.budgets).unwrap();
        pair.moved.check(&moved);
        checked += u64::from(pair.assert_same(&plain, &moved));
        negative += u64::from(pair.moved.budgets.iter().any(|&budget| budget < 0.0));
        let told = plain.constraints.iter().zip(&moved.constraints);
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-6 * (a + b) + 1e-9;
        alike += u64::from(told.clone().all(|(a, b)| close((&a.multiplier, &b.multiplier))));
    }
    assert!(100 * checked >= 99 * cases, "of {cases} pairs {checked} were solved");
    assert!(100 * alike >= 95 * cases, "of {cases} pairs {alike} have the same multipliers");
    assert!(4 * negative > cases, "of {cases} pairs {negative} have negative budgets");
}

#[test]
fn smallest_budgets_and_frontiers_move_with_the_constants() {
    for pair in pairs(6) {
        let (plain, moved) = (pair.plain.problem(), pair.moved.problem());
        for k in 0..pair.constants.len() {
            let at = |problem: &Problem, case: &Case| {
                problem.smallest_budget(k, &case.budgets).unwrap().unwrap()
            };
            let least = [at(&plain, &pair.plain), at(&moved, &pair.moved)];
            pair.assert_moved(k, least[0], least[1], "the smallest budget");
            let mut budgets = pair.moved.budgets.clone();
            budgets[k] = least[1];
            moved.solve(&budgets).unwrap();
            // Beside others that hardly can be met, one a little below it may count as on the edge; alone it does not.
            budgets.fill(INF);
            budgets[k] = smallest(&pair.moved, k);
            moved.solve(&budgets).unwrap();
            budgets[k] -= 1e-9 * pair.size(k);
            let below = moved.solve(&budgets);
            let occurs = |x: usize| pair.moved.pmf[x] > 0.0;
            let rows = pair.moved.costs[k].row_iter().enumerate();
            let is_signed = rows.filter(|(x, _)| occurs(*x)).any(|(_, row)| row.min() < 0.0);
            let refused = match below {
                Err(RdcError::Infeasible(_)) => true,
                Err(RdcError::Value { .. }) => !is_signed && budgets[k] < 0.0,
                _ => false,
            };
            let is_moved = pair.size(k) > 0.0;
            assert!(refused || !is_moved, "{budgets:?}\n{}", pair.moved);
        }
        if pair.constants.len() >= 2 {
            let frontiers = [&plain, &moved].map(|problem| {
                let zero = problem.zero_rate_frontier(0, 1).unwrap();
                [Some(problem.feasible_frontier(0, 1).unwrap()), zero]
            });
            for [plain, moved] in [0, 1].map(|i| [0, 1].map(|j| frontiers[j][i].clone())) {
                assert_eq!(plain.is_some(), moved.is_some());
                let Some((plain, moved)) = plain.zip(moved) else { continue };
                pair.assert_moved(0, plain.smallest_first(), moved.smallest_first(), "the end");
                pair.assert_moved(1, plain.smallest_second(), moved.smallest_second(), "the end");
                // Edges that are shorter than the constants' last digits are closed.
                for v in moved.vertices() {
                    let off = |w: &[f64; 2], k: usize| (v[k] - pair.constants[k] - w[k]).abs();
                    let close =
                        |w: &[f64; 2]| [0, 1].iter().all(|&k| off(w, k) <= BUDGETS * pair.size(k));
                    assert!(plain.vertices().iter().any(close), "{v:?}\n{}", pair.moved);
                }
            }
        }
    }
}

#[test]
fn points_of_given_slopes_move_with_the_constants() {
    for pair in pairs(4) {
        let multipliers: Vec<f64> =
            (0..pair.constants.len()).map(|k| (1.0 + k as f64) / pair.plain.scale(k)).collect();
        let [plain, moved] =
            [&pair.plain, &pair.moved].map(|case| case.problem().solve_at(&multipliers).unwrap());
        assert_eq!((plain.rate, plain.lower), (moved.rate, moved.lower), "{}", pair.moved);
        for (k, (plain, moved)) in plain.constraints.iter().zip(&moved.constraints).enumerate() {
            pair.assert_moved(k, plain.achieved, moved.achieved, "what the channel spends");
        }
    }
}

#[test]
fn least_budgets_move_with_the_constants() {
    let settings = Settings::default().with_tolerance(1e-7).unwrap();
    let (mut found, mut asked) = (0, 0);
    for (index, pair) in pairs(4).enumerate() {
        let k = index % pair.constants.len();
        // More than what the tolerance leaves open.
        let rate = pair.plain.problem().solve(&pair.plain.budgets).unwrap().rate + 1e-6;
        let [plain, moved] = [&pair.plain, &pair.moved].map(|case| {
            case.problem().least_budget_with(k, rate, &case.budgets, &settings).unwrap()
        });
        asked += 1;
        let (AtRate::Enough(plain), AtRate::Enough(moved)) = (&plain, &moved) else {
            panic!("{plain:?}, {moved:?}\n{}", pair.moved)
        };
        assert_ne!(moved.status, Status::Inconsistent, "{}", pair.moved);
        let constant = pair.constants[k];
        let apart =
            (moved.lower - constant - plain.upper).max(plain.lower + constant - moved.upper);
        // Rates that agree to 1e-12 bits are one, whatever the budgets.
        let flat = [plain, moved].map(|least| least.slope).into_iter().fold(INF, f64::min);
        // What counts as rounding of the other budgets moves this one along an edge.
        let size = (0..pair.constants.len()).map(|k| pair.size(k)).fold(0.0, f64::max);
        let allowed = BUDGETS * size + if flat > 0.0 { 4e-12 / flat } else { 0.0 };
        assert!(apart <= allowed, "{apart:e} apart: {plain:?}, {moved:?}\n{}", pair.moved);
        let certified = [plain, moved].map(|least| least.status == Status::Certified);
        found += u64::from(certified == [true; 2]);
    }
    assert!(10 * found >= 9 * asked, "of {asked} pairs {found} were found");
}

#[test]
fn a_gain_is_a_cost_with_its_sign_changed() {
    let problem = Problem::new(pmf(&[0.75, 0.25]), 2).unwrap();
    let gain = problem.clone().with_cost("lost gain", hamming().add_scalar(-1.0)).unwrap();
    let loss = problem.with_cost("distortion", hamming()).unwrap();
    let (plain, moved) = (loss.solve(&[0.125]).unwrap(), gain.solve(&[-0.875]).unwrap());
    assert_eq!(
        (plain.rate, plain.lower, &plain.channel),
        (moved.rate, moved.lower, &moved.channel)
    );
    assert_eq!(gain.smallest_budget(0, &[-0.5]), Ok(Some(-1.0)));
    assert!(matches!(gain.solve(&[-1.5]), Err(RdcError::Infeasible(_))));
    assert!(matches!(gain.solve(&[-1e150]), Err(RdcError::Infeasible(_))));
    assert_eq!(gain.solve(&[0.0]).unwrap().rate, 0.0);
}

#[test]
fn budgets_below_zero_are_those_of_costs_below_zero() {
    let problem = Problem::new(pmf(&[0.5, 0.5]), 2).unwrap();
    let problem = problem.with_cost("positive", hamming()).unwrap();
    let problem = problem.with_cost("mixed", rows(&[[-1.0, 2.0], [3.0, 1.0]])).unwrap();
    let message = |budgets: [f64; 2]| problem.solve(&budgets).unwrap_err().to_string();
    let rule = "a budget must be >= 0, or +inf for no constraint";
    assert_eq!(message([-0.1, 0.0]), format!("the budget of positive = -0.1: {rule}"));
    for bad in [f64::NAN, -INF, -1.1e150] {
        let rule = "a budget must be >= -1e150 (no cost is less), or +inf for no constraint";
        assert_eq!(message([INF, bad]), format!("the budget of mixed = {bad}: {rule}"));
    }
    // Row minima of -1 and 1: the smallest budget is 0, which is met however it is rounded.
    for budget in [0.0, -1e-17, -1e-13] {
        assert!((problem.solve(&[INF, budget]).unwrap().rate - 1.0).abs() < 1e-9);
    }
    assert!(message([INF, -1e-9]).starts_with("infeasible budgets"));
}
