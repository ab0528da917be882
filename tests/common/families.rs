//! Random problems of every corner family. Each case has an integer seed of its own, so that it can be run alone.

use super::case::Case;
use super::random::Random;
use super::{INF, expected, stochastic};
use rdc_theory::Problem;
use rdc_theory::nalgebra::{DMatrix, DVector};
use std::ops::Deref;

/// The longest alphabet of most families.
const LETTERS: usize = 24;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Budgets that a random channel meets with slack.
    Interior,
    /// One budget is the smallest that the others allow.
    OnFrontier,
    /// One budget is above that by 1e-3 to 1e-12 of it, or of the cost's scale.
    OffFrontier,
    /// Each budget is the smallest that the ones before it allow.
    Corner,
    /// A budget of 0 that can be met.
    Lossless,
    /// Budgets that the best channel without a source just meets.
    ZeroRate,
    /// Budgets that it misses by 1e-3 to 1e-12 of what they can fall.
    NearZeroRate,
    /// Erasure letters, and classification costs of few values.
    Straight,
    /// Costs in units from 1e-6 to 1e6.
    Scaled,
    /// A constant for each source letter on top of its costs.
    Shifted,
    /// Probabilities down to 1e-15, and 0.
    TinyProbabilities,
    /// Random pairs forbidden.
    Forbidden,
    /// Rows and columns repeated and shuffled.
    Duplicates,
    /// Costs that do not depend on the reproduction among others.
    Constant,
    /// One letter against many.
    Shapes,
}

impl Family {
    pub(crate) const ALL: [Self; 15] = [
        Self::Interior,
        Self::OnFrontier,
        Self::OffFrontier,
        Self::Corner,
        Self::Lossless,
        Self::ZeroRate,
        Self::NearZeroRate,
        Self::Straight,
        Self::Scaled,
        Self::Shifted,
        Self::TinyProbabilities,
        Self::Forbidden,
        Self::Duplicates,
        Self::Constant,
        Self::Shapes,
    ];

    fn place(self, random: &mut Random) -> Place {
        match self {
            Self::Interior => Place::Inside,
            Self::OnFrontier => Place::OnFrontier,
            Self::OffFrontier => Place::OffFrontier,
            Self::Corner => Place::Corner,
            Self::Lossless => Place::Lossless,
            Self::ZeroRate => Place::ZeroRate,
            Self::NearZeroRate => Place::NearZeroRate,
            _ => match random.below(10) {
                0..4 => Place::Inside,
                4 => Place::OnFrontier,
                5..7 => Place::OffFrontier,
                7 => Place::Corner,
                8 => Place::ZeroRate,
                _ => Place::NearZeroRate,
            },
        }
    }
}

/// Where the budgets lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Inside,
    OnFrontier,
    OffFrontier,
    Corner,
    Lossless,
    ZeroRate,
    NearZeroRate,
}

/// A case with what is known of its budgets.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) place: Place,
    /// How far one budget is from where it would be exceptional, in units of the cost's [`Case::scale`]; 0 elsewhere.
    pub(crate) distance: f64,
    pub(crate) case: Case,
}

impl Deref for Placed {
    type Target = Case;

    fn deref(&self) -> &Case {
        &self.case
    }
}

impl Placed {
    /// The same case whatever the machine and whatever ran before it.
    pub(crate) fn new(family: Family, seed: u64) -> Self {
        let mut random = Random::new(family as u64, seed);
        let (pmf, costs) = model(family, &mut random);
        let place = family.place(&mut random);
        let mut placed = Self { place, distance: 0.0, case: Case::new(pmf, costs, &[]) };
        if !placed.has_place() {
            placed.place = Place::Inside;
        }
        placed.case.budgets = placed.place_budgets(&mut random);
        placed
    }

    /// Squared error on points and a uniform cost, with budgets that cost rate.
    pub(crate) fn of_shape(n: usize, m: usize) -> Self {
        let random = &mut Random::new(Family::Shapes as u64, 0);
        let distance = squared_error(&random.vector(n), &random.vector(m));
        let other = DMatrix::from_fn(n, m, |_, _| random.uniform());
        let case = Case::new(pmf(n, random), vec![distance, other], &[]);
        let mut placed = Self { place: Place::Inside, distance: 0.0, case };
        let channel = placed.channel(&[100.0, 10.0]);
        let spent = |cost| expected(&placed.pmf, &channel, cost);
        placed.case.budgets = placed.costs.iter().map(spent).collect();
        placed
    }

    /// There is no channel without rate if each letter is forbidden to some source letter.
    fn has_place(&self) -> bool {
        let blind = self.blind();
        let usable = |y: usize| blind.costs.iter().all(|cost| cost[(0, y)].is_finite());
        !matches!(self.place, Place::ZeroRate | Place::NearZeroRate)
            || (0..blind.costs[0].ncols()).any(usable)
    }

    fn place_budgets(&mut self, random: &mut Random) -> Vec<f64> {
        match self.place {
            Place::Inside => {
                let budgets = self.inside(random);
                budgets.into_iter().map(|d| if random.chance(0.05) { INF } else { d }).collect()
            }
            Place::OnFrontier => self.on_frontier(random).0,
            Place::OffFrontier => {
                let (mut budgets, k) = self.on_frontier(random);
                let unit = if random.chance(0.5) { budgets[k] } else { 0.0 };
                let unit = if unit > 0.0 { unit } else { self.scale(k) };
                let step = random.magnitude(-12.0, -3.0) * unit;
                self.distance = step / self.scale(k);
                budgets[k] += step;
                budgets
            }
            Place::Corner => self.corner(random),
            Place::Lossless => self.lossless(random),
            Place::ZeroRate => self.blind().on_frontier(random).0,
            Place::NearZeroRate => self.near_zero_rate(random),
        }
    }

    /// What a random channel spends, and 1e-4 of it or more besides.
    ///
    /// The channel prefers cheap letters, from hardly to strongly, so that all rates occur.
    fn inside(&self, random: &mut Random) -> Vec<f64> {
        let sharpness = random.magnitude(-1.0, 2.5);
        let weights: Vec<f64> = (0..self.costs.len())
            .map(|k| sharpness * random.between(0.05, 1.0) / self.scale(k))
            .collect();
        let slack = random.magnitude(-4.0, 0.0);
        let channel = self.channel(&weights);
        let spent = |k: usize| expected(&self.pmf, &channel, &self.costs[k]);
        (0..self.costs.len()).map(|k| spent(k) * (1.0 + slack) + 1e-9 * self.scale(k)).collect()
    }

    /// `W(y|x)` proportional to `exp(-weights.d(x, y))`.
    fn channel(&self, weights: &[f64]) -> DMatrix<f64> {
        let mut channel = DMatrix::from_fn(self.pmf.len(), self.costs[0].ncols(), |x, y| {
            self.costs.iter().zip(weights).map(|(cost, w)| w * cost[(x, y)]).sum::<f64>()
        });
        for mut row in channel.row_iter_mut() {
            let least = row.min();
            row.apply(|price| *price = (least - *price).exp());
        }
        stochastic(channel)
    }

    /// Budgets inside, but for one that is the smallest which the others allow; and which one.
    pub(crate) fn on_frontier(&self, random: &mut Random) -> (Vec<f64>, usize) {
        let mut budgets = self.inside(random);
        let k = random.below(budgets.len());
        budgets[k] = smallest(&self.problem(), k, &budgets);
        (budgets, k)
    }

    /// The smallest D; the smallest D, then the smallest E at it, and so on.
    fn corner(&self, random: &mut Random) -> Vec<f64> {
        let (problem, count) = (self.problem(), self.costs.len());
        let first = random.size(count);
        let mut budgets = vec![INF; count];
        for k in random.permutation(count).into_iter().take(first) {
            budgets[k] = smallest(&problem, k, &budgets);
        }
        budgets
    }

    /// 0 for the first cost; for the others what that leaves, exactly, with slack, or without a limit.
    fn lossless(&self, random: &mut Random) -> Vec<f64> {
        let problem = self.problem();
        let mut budgets = vec![INF; self.costs.len()];
        budgets[0] = 0.0;
        for k in 1..self.costs.len() {
            let slack = [INF, 0.0, random.magnitude(-3.0, 0.0)][random.below(3)];
            budgets[k] = smallest(&problem, k, &budgets) + slack * self.scale(k);
        }
        budgets
    }

    /// One source letter with the averages of the costs: its channels are the channels without rate.
    fn blind(&self) -> Self {
        let average = |cost: &DMatrix<f64>| {
            DMatrix::from_fn(1, cost.ncols(), |_, y| {
                let column = cost.column(y);
                let pairs = self.pmf.iter().zip(column.iter()).filter(|(p, _)| **p > 0.0);
                pairs.map(|(p, d)| p * d).sum::<f64>()
            })
        };
        let costs = self.costs.iter().map(average).collect();
        let case = Case::new(DVector::from_element(1, 1.0), costs, &[]);
        Self { place: self.place, distance: 0.0, case }
    }

    fn near_zero_rate(&mut self, random: &mut Random) -> Vec<f64> {
        let (mut budgets, k) = self.blind().on_frontier(random);
        let floor = smallest(&self.problem(), k, &budgets);
        let step = random.magnitude(-12.0, -3.0) * (budgets[k] - floor).max(0.0);
        self.distance = step / self.scale(k);
        budgets[k] -= step;
        budgets
    }
}

impl Case {
    /// The largest average of a letter's costs above each row's minimum; 1 for constant costs.
    pub(crate) fn scale(&self, k: usize) -> f64 {
        let above = |x: usize, y: usize| self.costs[k][(x, y)] - self.costs[k].row(x).min();
        let finite = |v: f64| if v.is_finite() { v } else { 0.0 };
        let average =
            |y: usize| (0..self.pmf.len()).map(|x| self.pmf[x] * finite(above(x, y))).sum::<f64>();
        let largest = (0..self.costs[k].ncols()).map(average).fold(0.0, f64::max);
        if largest > 0.0 { largest } else { 1.0 }
    }
}

/// # Panics
/// If the crate says that the other budgets, which can be met, cannot.
fn smallest(problem: &Problem, index: usize, budgets: &[f64]) -> f64 {
    problem.smallest_budget(index, budgets).unwrap().expect("the other budgets can be met")
}

/// The source and the costs of one case.
fn model(family: Family, random: &mut Random) -> (DVector<f64>, Vec<DMatrix<f64>>) {
    let (n, m) = shape(family, random);
    match family {
        Family::Lossless => lossless_model(n, random),
        Family::Straight => straight_model(n, random),
        Family::Duplicates => duplicated_model(n, m, random),
        _ => {
            let pmf = match family {
                Family::TinyProbabilities => tiny_pmf(n, random),
                _ => pmf(n, random),
            };
            let mut costs = costs(n, m, random);
            change(family, &mut costs, random);
            (pmf, costs)
        }
    }
}

fn shape(family: Family, random: &mut Random) -> (usize, usize) {
    let sizes = (random.size(LETTERS), random.size(LETTERS));
    if family != Family::Shapes {
        return sizes;
    }
    match random.below(16) {
        0..3 => (1, sizes.1),
        3..6 => (sizes.0, 1),
        6..11 => (random.size(3), 25 + random.below(75)),
        11..15 => (25 + random.below(275), random.size(3)),
        _ => (2, 300),
    }
}

/// Probabilities of one order of magnitude, equal ones among them.
fn pmf(n: usize, random: &mut Random) -> DVector<f64> {
    let spread = if random.chance(0.25) { 0.0 } else { 0.99 };
    normalised(random.vector(n).into_iter().map(|u| 1.0 - spread * u).collect())
}

/// Probabilities of fifteen orders of magnitude, and 0.
fn tiny_pmf(n: usize, random: &mut Random) -> DVector<f64> {
    let weight = |random: &mut Random| match random.below(8) {
        0..3 => random.magnitude(-15.0, 0.0),
        3 => random.magnitude(-15.0, -13.0),
        4 => 0.0,
        _ => random.between(0.01, 1.0),
    };
    let mut weights: Vec<f64> = (0..n).map(|_| weight(random)).collect();
    let large = random.below(n);
    weights[large] = weights[large].max(0.1);
    normalised(weights)
}

/// Multiples of 2^-52, so that they sum to 1 exactly in any order: the crate then keeps them as they are.
fn normalised(weights: Vec<f64>) -> DVector<f64> {
    let unit = f64::EPSILON;
    let weights = DVector::from_vec(weights);
    let mut pmf = (&weights / weights.sum()).map(|p| (p / unit).round() * unit);
    let largest = pmf.imax();
    let rest = 1.0 - pmf.sum();
    pmf[largest] += rest;
    pmf
}

/// One to three costs.
fn costs(n: usize, m: usize, random: &mut Random) -> Vec<DMatrix<f64>> {
    (0..random.size(3)).map(|_| cost(n, m, random)).collect()
}

/// Uniform entries, squared errors between points of the line, or zeros and ones.
fn cost(n: usize, m: usize, random: &mut Random) -> DMatrix<f64> {
    match random.below(3) {
        0 => DMatrix::from_fn(n, m, |_, _| random.uniform()),
        1 => squared_error(&random.vector(n), &random.vector(m)),
        _ => {
            let share = random.between(0.2, 0.9);
            DMatrix::from_fn(n, m, |_, _| f64::from(random.chance(share)))
        }
    }
}

fn squared_error(points: &[f64], reproductions: &[f64]) -> DMatrix<f64> {
    DMatrix::from_fn(points.len(), reproductions.len(), |x, y| {
        (points[x] - reproductions[y]).powi(2)
    })
}

fn change(family: Family, costs: &mut [DMatrix<f64>], random: &mut Random) {
    match family {
        Family::Scaled => costs.iter_mut().for_each(|cost| *cost *= random.magnitude(-6.0, 6.0)),
        Family::Shifted => costs.iter_mut().for_each(|cost| shift(cost, random)),
        Family::Forbidden => forbid(costs, random),
        Family::Constant => make_constant(costs, random),
        _ => {}
    }
}

/// Constants from far below the costs to far above them.
fn shift(cost: &mut DMatrix<f64>, random: &mut Random) {
    let size = random.magnitude(-3.0, 3.0);
    for mut row in cost.row_iter_mut() {
        row.add_scalar_mut(size * random.uniform());
    }
}

/// Forbids pairs in some of the costs, and leaves each source letter one that none of them forbids.
fn forbid(costs: &mut [DMatrix<f64>], random: &mut Random) {
    let (n, m) = costs[0].shape();
    // A letter that all may use leaves rate zero possible.
    let common = random.below(m);
    let shared = random.chance(0.5);
    let kept: Vec<usize> = (0..n).map(|_| if shared { common } else { random.below(m) }).collect();
    let share = random.between(0.05, 0.6);
    let masked = random.below(costs.len());
    for (k, cost) in costs.iter_mut().enumerate() {
        if k != masked && random.chance(0.5) {
            continue;
        }
        for (x, y) in (0..n).flat_map(|x| (0..m).map(move |y| (x, y))) {
            if y != kept[x] && random.chance(share) {
                cost[(x, y)] = INF;
            }
        }
    }
}

/// Replaces some costs by one number, or by one number for each source letter.
fn make_constant(costs: &mut [DMatrix<f64>], random: &mut Random) {
    let always = random.below(costs.len());
    for (k, cost) in costs.iter_mut().enumerate() {
        if k != always && random.chance(0.6) {
            continue;
        }
        match random.below(3) {
            0 => cost.fill(0.0),
            1 => cost.fill(random.magnitude(-3.0, 3.0)),
            _ => cost.row_iter_mut().for_each(|mut row| row.fill(random.uniform())),
        }
    }
}

/// Each source letter has a reproduction without cost; some share it.
fn lossless_model(n: usize, random: &mut Random) -> (DVector<f64>, Vec<DMatrix<f64>>) {
    let points: Vec<f64> = match random.below(3) {
        0 => random.vector(n),
        1 => (0..n).map(|x| x as f64).collect(),
        _ => (0..n).map(|_| random.below(n) as f64).collect(),
    };
    let mut reproductions = points.clone();
    let more = random.below(4);
    reproductions.extend(random.vector(more));
    let order = random.permutation(reproductions.len());
    let reproductions: Vec<f64> = order.into_iter().map(|y| reproductions[y]).collect();
    let mut exact = squared_error(&points, &reproductions);
    if random.chance(0.4) {
        exact.apply(|d| *d = f64::from(*d > 0.0));
    }
    let others = (0..random.below(3)).map(|_| cost(n, exact.ncols(), random)).collect::<Vec<_>>();
    (pmf(n, random), [exact].into_iter().chain(others).collect())
}

/// Costs under which rates fall along straight lines.
fn straight_model(n: usize, random: &mut Random) -> (DVector<f64>, Vec<DMatrix<f64>>) {
    let pmf = pmf(n, random);
    let points = random.vector(n);
    let distance = squared_error(&points, &points);
    let class = |u: f64| (u * 3.0) as usize;
    let labels: Vec<usize> = points.iter().map(|&u| class(u)).collect();
    let costs = match random.below(4) {
        0 => vec![with_erasure(&distance.map(|d| f64::from(d > 0.0)), random)],
        1 => vec![with_erasure(&cost(n, random.size(LETTERS), random), random)],
        2 => {
            let error = DMatrix::from_fn(n, n, |x, y| f64::from(labels[x] != labels[y]));
            vec![distance, error]
        }
        _ => {
            let posterior = [0.0, 0.25, 1.0];
            let error = DMatrix::from_fn(n, n, |x, y| match labels[y] {
                0 => posterior[labels[x]],
                _ => 1.0 - posterior[labels[x]],
            });
            vec![distance, error]
        }
    };
    (pmf, costs)
}

/// One more letter, which costs the same whatever the source letter.
fn with_erasure(cost: &DMatrix<f64>, random: &mut Random) -> DMatrix<f64> {
    let price = random.uniform() * cost.max();
    cost.clone().insert_column(cost.ncols(), price)
}

/// Rows and columns of a smaller problem, several times over and in any order.
fn duplicated_model(n: usize, m: usize, random: &mut Random) -> (DVector<f64>, Vec<DMatrix<f64>>) {
    let (rows, columns) = (random.size(n), random.size(m));
    let row_of: Vec<usize> = (0..n).map(|_| random.below(rows)).collect();
    let column_of: Vec<usize> = (0..m).map(|_| random.below(columns)).collect();
    let costs = costs(rows, columns, random);
    let spread =
        |cost: &DMatrix<f64>| DMatrix::from_fn(n, m, |x, y| cost[(row_of[x], column_of[y])]);
    (pmf(n, random), costs.iter().map(spread).collect())
}
