//! Problems with a perception: random ones that can be met with slack, and what a solution of one must satisfy, recomputed from
//! the matrices and from nothing else.

use super::case::Case;
use super::measure::{Kind, Measure};
use super::random::Random;
use super::{exact, expected, stochastic};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Constraint, Problem, Solution};
use std::fmt;
use std::ops::Deref;

/// What the bound may lack, in bits and, a tenth of it, of the bound.
const PROOF: f64 = 1e-11;

/// A case whose last budget is that of a perception.
#[derive(Debug, Clone)]
pub(crate) struct Perceived {
    pub(crate) case: Case,
    pub(crate) measure: Measure,
}

impl Deref for Perceived {
    type Target = Case;

    fn deref(&self) -> &Case {
        &self.case
    }
}

impl fmt::Display for Perceived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{:?}", self.case, self.measure)
    }
}

impl Perceived {
    pub(crate) fn letters(&self) -> usize {
        self.measure.perception.letters()
    }

    pub(crate) fn without(&self) -> Problem {
        self.case.problem_of(self.letters())
    }

    pub(crate) fn problem(&self) -> Problem {
        self.without().with_perception(self.measure.perception.clone()).unwrap()
    }

    /// The budget of the perception.
    pub(crate) fn allowed(&self) -> f64 {
        self.budgets[self.costs.len()]
    }

    /// Budgets that a random channel meets with slack; the same on every machine. The channel uses each letter with a share of
    /// `blur`, without which budgets may lie as close to the edge as rounding.
    pub(crate) fn new(kind: Kind, seed: u64, largest: usize, blur: f64) -> Self {
        let random = &mut Random::new(900 + kind as u64, seed);
        let (n, m) = (random.size(largest), random.size(largest));
        let pmf = pmf(n, random);
        // Perception alone never costs rate.
        let count = if random.chance(0.05) { 0 } else { random.size(3) };
        let mut costs: Vec<DMatrix<f64>> = (0..count).map(|_| cost(n, m, random)).collect();
        if costs.len() > 1 && random.chance(0.1) {
            costs[1] = costs[0].clone();
        }
        let measure = measure(kind, &pmf, m, random);
        let mut perceived = Self { case: Case::new(pmf, costs, &[]), measure };
        perceived.place(blur, random);
        perceived
    }

    /// A channel that prefers cheap letters, from hardly to strongly, so that all rates occur; in a tenth of the cases one of those
    /// whose output is as close to the target as can be.
    fn place(&mut self, blur: f64, random: &mut Random) {
        let (n, m) = (self.pmf.len(), self.letters());
        let sharpness = random.magnitude(-1.0, 2.0);
        let weights: Vec<f64> = self.costs.iter().map(|_| random.between(0.1, 1.0)).collect();
        let mut channel = DMatrix::from_fn(n, m, |x, y| {
            let price: f64 = self.costs.iter().zip(&weights).map(|(d, w)| w * d[(x, y)]).sum();
            (random.uniform() - sharpness * price).exp()
        });
        for mut row in channel.row_iter_mut() {
            let total = row.sum();
            row.apply(|w| *w = (1.0 - blur) * *w / total + blur * random.uniform() / m as f64);
            let total = row.sum();
            row /= total;
        }
        let slack = random.magnitude(-3.0, 0.0);
        let nearest = self.measure.nearest();
        let exact = random.chance(0.1);
        let share = if exact { 1.0 } else { random.uniform() };
        let close = coupled(channel.clone(), &self.pmf, &nearest);
        if self.measure.ground.is_none() {
            for y in (0..m).filter(|&y| nearest[y] == 0.0) {
                channel.column_mut(y).fill(0.0);
            }
            channel = stochastic(channel);
        }
        channel = close * share + channel * (1.0 - share);
        let output = channel.tr_mul(&self.pmf);
        let spent = self.costs.iter().map(|cost| expected(&self.pmf, &channel, cost));
        let mut budgets: Vec<f64> = spent.map(|d| d * (1.0 + slack) + 1e-9).collect();
        let smallest = self.measure.smallest();
        let divergence = self.measure.perception.divergence(&(&output / output.sum())).unwrap();
        let above = (divergence - smallest) * (1.0 + slack) + 1e-9;
        budgets.push(smallest + if exact { 0.0 } else { above });
        self.case.budgets = budgets;
    }

    /// What holds of every solution, whatever its status: the channel meets the budgets at the rate claimed, and q, the multipliers
    /// and the potential prove the bound.
    #[track_caller]
    pub(crate) fn check(&self, solution: &Solution) {
        if solution.rate.is_finite() {
            // Close to an edge, of the dearest pair's.
            self.assert_attained(solution, 1.0);
            let told = solution.constraints.last().unwrap();
            let (budget, unit) = (told.budget, self.units().last().unwrap());
            let achieved = self.measure.perception.divergence(&solution.output).unwrap();
            let room = 1e-12 * budget.max(unit);
            assert!(achieved <= budget + room, "{achieved} > {budget}\n{self}");
            let off = (achieved - told.achieved).abs();
            assert!(off <= 1e-12 * (1.0 + achieved), "{told:?}, {off:e} off\n{self}");
        }
        exact::assert_pmf(&solution.certificate);
        let bound = self.lower_bound(solution);
        let missing = solution.lower - bound;
        // Exponents of a million nats, and a potential of that size, have ten digits after the point.
        let dearest = |(cost, told): (&DMatrix<f64>, &Constraint)| {
            let entries = cost.iter().filter(|entry| entry.is_finite());
            told.multiplier * entries.fold(0.0_f64, |most, entry| most.max(entry.abs()))
        };
        let digits = 4.0
            * f64::EPSILON
            * self.costs.iter().zip(&solution.constraints).map(dearest).sum::<f64>();
        let allowed = PROOF * (1.0 + 0.1 * solution.lower) + digits;
        assert!(missing <= allowed, "{bound} does not prove {}\n{self}", solution.lower);
    }

    pub(crate) fn units(&self) -> impl Iterator<Item = f64> {
        let ground = self.measure.ground.as_ref().map_or(1.0, |ground| ground.max().max(1e-3));
        self.costs.iter().map(DMatrix::max).chain([ground])
    }

    /// Blahut's bound with the potential and what it takes, in bits.
    pub(crate) fn lower_bound(&self, solution: &Solution) -> f64 {
        let p = self.allowed();
        let is_usable = |y: usize| self.measure.is_usable(y, p);
        // A constant added to the potential changes nothing; without it less is lost to rounding.
        let usable = (0..self.letters()).filter(|&y| is_usable(y));
        let least = usable.map(|y| solution.potential[y]).fold(f64::INFINITY, f64::min);
        let g = solution.potential.add_scalar(-least);
        let price = solution.constraints[self.costs.len()].multiplier;
        self.case.lower_bound(solution, &g, is_usable).minus(self.measure.toll(&g, price, p))
    }
}

fn normalised(weights: DVector<f64>) -> DVector<f64> {
    let total = weights.sum();
    weights / total
}

/// Alike, apart by eight orders of magnitude, or with zeros.
fn pmf(letters: usize, random: &mut Random) -> DVector<f64> {
    let kind = random.below(4);
    let mut weights = DVector::from_fn(letters, |_, _| match kind {
        0 => random.magnitude(-8.0, 0.0),
        1 if random.chance(0.15) => 0.0,
        _ => -random.uniform().ln(),
    });
    weights[0] = weights[0].max(0.1);
    normalised(weights)
}

fn cost(n: usize, m: usize, random: &mut Random) -> DMatrix<f64> {
    let (from, to) = (random.vector(n), random.vector(m));
    let kind = random.below(4);
    DMatrix::from_fn(n, m, |x, y| match kind {
        0 => random.uniform(),
        1 => (from[x] - to[y]).powi(2),
        2 => f64::from(random.chance(0.4)),
        _ => f64::from(x % m != y),
    })
}

fn measure(kind: Kind, source: &DVector<f64>, m: usize, random: &mut Random) -> Measure {
    let own = source.len() == m && random.chance(0.7);
    let target = if own { source.clone() } else { pmf(m, random) };
    match kind {
        Kind::TotalVariation => Measure::total_variation(&target),
        Kind::KullbackLeibler => Measure::kullback_leibler(&target),
        Kind::Wasserstein => {
            let mut points = Vec::new();
            let mut at = -random.uniform();
            for _ in 0..m {
                points.push(at);
                at += random.magnitude(-2.0, 0.0);
            }
            Measure::wasserstein(&target, &points)
        }
        Kind::Transport => {
            let k = random.size(20);
            let target = pmf(k, random);
            let (from, to) = (random.vector(m), random.vector(k));
            let on_a_line = random.chance(0.5);
            let ground = DMatrix::from_fn(m, k, |y, z| {
                if on_a_line { (from[y] - to[z]).powi(2) } else { random.uniform() }
            });
            Measure::transport(&target, ground)
        }
    }
}

/// The channel's rows and columns scaled until the output is as asked, and what is left moved (Sinkhorn 1964).
fn coupled(channel: DMatrix<f64>, pmf: &DVector<f64>, output: &DVector<f64>) -> DMatrix<f64> {
    let mut joint = channel;
    let scale = |sum: f64, aim: f64| if sum > 0.0 { aim / sum } else { 0.0 };
    for _ in 0..100 {
        for (mut column, &aim) in joint.column_iter_mut().zip(output) {
            column *= scale(column.sum(), aim);
        }
        for (mut row, &aim) in joint.row_iter_mut().zip(pmf) {
            row *= scale(row.sum(), aim);
        }
    }
    for (mut column, &aim) in joint.column_iter_mut().zip(output) {
        column *= scale(column.sum(), aim).min(1.0);
    }
    let missing = (pmf - joint.column_sum()).map(|mass| mass.max(0.0));
    let lacking = (output - joint.row_sum().transpose()).map(|mass| mass.max(0.0));
    // Rounding is not worth moving.
    let total = if missing.sum() > 1e-15 { lacking.sum() } else { 0.0 };
    let channel = DMatrix::from_fn(pmf.len(), output.len(), |x, y| {
        let moved = if total > 0.0 { missing[x] * lacking[y] / total } else { 0.0 };
        if pmf[x] > 0.0 { (joint[(x, y)] + moved) / pmf[x] } else { output[y] }
    });
    stochastic(channel)
}
