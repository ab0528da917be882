//! Random problems of the kinds that data bring: costs of many orders of magnitude beside budgets that are small. Each case has
//! an integer seed of its own.

#![allow(dead_code, reason = "each test crate uses its part")]

use super::case::Case;
use super::random::Random;
use rdc_theory::nalgebra::{DMatrix, DVector};

/// The longest alphabet.
const LETTERS: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wide {
    /// Normal samples with one or two at 10 to 1e6.
    Outliers,
    /// Two clusters of normal samples that are 10 to 1e6 apart.
    FarClusters,
    /// `(x - y)^2 / x^2` on a logarithmic grid.
    RelativeError,
    /// The asymmetric loss `exp(a (y - x)) - a (y - x) - 1` of a normal source on a grid.
    ExponentialLoss,
    /// A number from 1e6 to 1e18 for "forbidden".
    BigNumber,
    /// Entries from 1e-15 to 1e14, and budgets that a mixture of two deterministic channels spends.
    BesideLargeEntries,
}

impl Wide {
    pub(crate) const ALL: [Self; 6] = [
        Self::Outliers,
        Self::FarClusters,
        Self::RelativeError,
        Self::ExponentialLoss,
        Self::BigNumber,
        Self::BesideLargeEntries,
    ];

    /// A problem of this kind with one strictly feasible budget for each cost.
    pub(crate) fn case(self, seed: u64) -> Case {
        let random = &mut Random::new(900 + self as u64, seed);
        let n = 3 + random.below(LETTERS - 2);
        match self {
            Self::Outliers => {
                let mut points: Vec<f64> = (0..n).map(|_| normal(random)).collect();
                for point in points.iter_mut().take(random.size(2)) {
                    *point = random.magnitude(1.0, 6.0);
                }
                one_cost(uniform(n), squared_error(&points), random.magnitude(-2.5, -0.1))
            }
            Self::FarClusters => {
                let far = random.magnitude(1.0, 6.0);
                let point =
                    |random: &mut Random| normal(random) + far * f64::from(random.chance(0.5));
                let points: Vec<f64> = (0..n).map(|_| point(random)).collect();
                one_cost(uniform(n), squared_error(&points), random.magnitude(-2.5, 0.3))
            }
            Self::RelativeError => {
                let points = grid(n, 3.0).map(f64::exp);
                let cost = DMatrix::from_fn(n, n, |x, y| (1.0 - points[y] / points[x]).powi(2));
                one_cost(uniform(n), cost, random.magnitude(-2.0, -0.2))
            }
            Self::ExponentialLoss => {
                let points = grid(n, 4.0);
                let weights = points.map(|x| (-x * x / 2.0).exp());
                let steepness = random.between(1.0, 4.0);
                let loss = |x: usize, y: usize| {
                    let off = steepness * (points[y] - points[x]);
                    off.exp() - off - 1.0
                };
                let pmf = &weights / weights.sum();
                one_cost(pmf, DMatrix::from_fn(n, n, loss), random.magnitude(-2.0, 0.5))
            }
            Self::BigNumber => {
                let (big, share) = (random.magnitude(6.0, 18.0), random.between(0.1, 0.6));
                let mut cost = DMatrix::from_fn(n, n, |x, y| {
                    let usual = random.uniform();
                    if x != y && random.chance(share) { big } else { usual }
                });
                (0..n).for_each(|x| cost[(x, x)] *= 0.3);
                let least = cost.row_iter().map(|row| row.min()).sum::<f64>() / n as f64;
                let own = cost.diagonal().mean();
                let budget = least + (0.02 + random.uniform()) * (own - least + 0.1);
                one_cost(uniform(n), cost, budget)
            }
            Self::BesideLargeEntries => {
                let (n, m) = (2 + random.below(5), 2 + random.below(5));
                let usual = [1e-15, 1e-6, 0.1, 0.3, 1.0, 1e6, 1e14];
                let entry = |random: &mut Random| {
                    if random.chance(0.2) { random.uniform() } else { usual[random.below(7)] }
                };
                let costs: Vec<DMatrix<f64>> = (0..random.size(3))
                    .map(|_| DMatrix::from_fn(n, m, |_, _| entry(random)))
                    .collect();
                let weights = DVector::from_vec(random.vector(n));
                let pmf = &weights / weights.sum();
                let choice = |random: &mut Random| -> Vec<usize> {
                    (0..n).map(|_| random.below(m)).collect()
                };
                let (first, second, share) = (choice(random), choice(random), random.uniform());
                let spent = |cost: &DMatrix<f64>| {
                    let of = |x: usize| {
                        share * cost[(x, first[x])] + (1.0 - share) * cost[(x, second[x])]
                    };
                    (0..n).map(|x| pmf[x] * of(x)).sum::<f64>()
                };
                let budgets: Vec<f64> =
                    costs.iter().map(|cost| spent(cost) * (1.0 + random.uniform())).collect();
                Case::new(pmf, costs, &budgets)
            }
        }
    }
}

fn one_cost(pmf: DVector<f64>, cost: DMatrix<f64>, budget: f64) -> Case {
    Case::new(pmf, vec![cost], &[budget])
}

fn uniform(n: usize) -> DVector<f64> {
    DVector::from_element(n, 1.0 / n as f64)
}

/// n points from `-end` to `end`.
fn grid(n: usize, end: f64) -> DVector<f64> {
    DVector::from_fn(n, |i, _| end * (2.0 * i as f64 / (n - 1) as f64 - 1.0))
}

pub(crate) fn squared_error(points: &[f64]) -> DMatrix<f64> {
    DMatrix::from_fn(points.len(), points.len(), |x, y| (points[x] - points[y]).powi(2))
}

/// Box and Muller.
pub(crate) fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * random.uniform().ln()).sqrt();
    radius * (std::f64::consts::TAU * random.uniform()).cos()
}
