//! Problems with a perception: random ones that can be met with slack, and what a solution of one must satisfy, recomputed from
//! the matrices and from nothing else.

use super::expected;
use super::random::Random;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Perception, Problem, Solution, mutual_information};
use std::fmt;

/// The four divergences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    TotalVariation,
    Wasserstein,
    KullbackLeibler,
    Transport,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] =
        [Self::TotalVariation, Self::Wasserstein, Self::KullbackLeibler, Self::Transport];
}

/// A divergence written out: what moving a unit from y to z costs (m x k), or Kullback-Leibler without.
#[derive(Debug, Clone)]
pub(crate) struct Measure {
    pub(crate) perception: Perception,
    pub(crate) ground: Option<DMatrix<f64>>,
}

impl Measure {
    pub(crate) fn total_variation(target: &DVector<f64>) -> Self {
        let m = target.len();
        let perception = Perception::total_variation(target.clone()).unwrap();
        Self { perception, ground: Some(DMatrix::from_fn(m, m, |y, z| f64::from(y != z))) }
    }

    pub(crate) fn wasserstein(target: &DVector<f64>, points: &[f64]) -> Self {
        let m = target.len();
        let ground = DMatrix::from_fn(m, m, |y, z| (points[y] - points[z]).abs());
        let perception = Perception::wasserstein(target.clone(), points).unwrap();
        Self { perception, ground: Some(ground) }
    }

    pub(crate) fn kullback_leibler(target: &DVector<f64>) -> Self {
        let perception = Perception::kullback_leibler(target.clone()).unwrap();
        Self { perception, ground: None }
    }

    pub(crate) fn transport(target: &DVector<f64>, ground: DMatrix<f64>) -> Self {
        let perception = Perception::transport(target.clone(), ground.clone()).unwrap();
        Self { perception, ground: Some(ground) }
    }

    pub(crate) fn target(&self) -> &DVector<f64> {
        self.perception.target()
    }

    /// What no output within P has more of than `sum_y q_y g_y`, in bits, for any `g` and any `price >= 0`.
    ///
    /// At the smallest P there is, any price will do: here an infinite one, which leaves each letter of the target the
    /// letters that are next to it.
    pub(crate) fn toll(&self, g: &DVector<f64>, price: f64, p: f64) -> f64 {
        let target = self.target();
        if self.is_exact(p) {
            let best = |z: usize| {
                let next = (0..g.len()).filter(|&y| self.is_nearest(y, z));
                next.map(|y| g[y]).fold(f64::NEG_INFINITY, f64::max)
            };
            return target
                .iter()
                .enumerate()
                .filter(|(_, t)| **t > 0.0)
                .map(|(z, t)| t * best(z))
                .sum();
        }
        let mean = match &self.ground {
            Some(ground) => {
                let best = |z: usize| {
                    let each = (0..g.len()).map(|y| g[y] - price * ground[(y, z)]);
                    each.fold(f64::NEG_INFINITY, f64::max)
                };
                (0..target.len()).filter(|&z| target[z] > 0.0).map(|z| target[z] * best(z)).sum()
            }
            // As differences from 1: a price may be so large that nothing else is left of the sum.
            None if price > 0.0 => {
                let most = g.max();
                let tilted = g
                    .iter()
                    .zip(target.iter())
                    .map(|(g, t)| t * ((g - most) / price * LN_2).exp_m1());
                most + price * tilted.sum::<f64>().ln_1p() / LN_2
            }
            None => g.max(),
        };
        mean + if p.is_finite() { price * p } else { 0.0 }
    }

    fn is_exact(&self, p: f64) -> bool {
        p <= self.smallest() + 1e-14 * self.ground.as_ref().map_or(1.0, DMatrix::max)
    }

    fn is_nearest(&self, y: usize, z: usize) -> bool {
        self.ground.as_ref().map_or(y == z, |ground| ground[(y, z)] == ground.column(z).min())
    }

    /// Whether an output within P may have letter y.
    fn is_usable(&self, y: usize, p: f64) -> bool {
        let occurs = |z: &usize| self.target()[*z] > 0.0;
        let all = !self.is_exact(p) && self.ground.is_some();
        all || (0..self.target().len()).filter(occurs).any(|z| self.is_nearest(y, z))
    }

    /// The smallest divergence of all outputs.
    pub(crate) fn smallest(&self) -> f64 {
        let least = |z: usize| self.ground.as_ref().map_or(0.0, |ground| ground.column(z).min());
        self.target().iter().enumerate().map(|(z, t)| t * least(z)).sum()
    }

    /// An output that has it.
    fn nearest(&self) -> DVector<f64> {
        let m = self.perception.letters();
        let Some(ground) = &self.ground else { return self.target().clone() };
        let mut output = DVector::zeros(m);
        for (z, t) in self.target().iter().enumerate() {
            output[ground.column(z).imin()] += t;
        }
        output
    }
}

/// What the bound may lack, in bits.
pub(crate) const PROOF: f64 = 1e-8;

const LN_2: f64 = std::f64::consts::LN_2;

/// A problem as plain matrices; the budget of the perception comes last.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) pmf: DVector<f64>,
    pub(crate) costs: Vec<DMatrix<f64>>,
    pub(crate) measure: Measure,
    pub(crate) budgets: Vec<f64>,
}

/// Ready to be pasted into a test.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "n {} m {} K {}", self.pmf.len(), self.letters(), self.costs.len())?;
        write!(f, "budgets {:?}", self.budgets)
    }
}

impl Case {
    pub(crate) fn letters(&self) -> usize {
        self.measure.perception.letters()
    }

    pub(crate) fn without(&self) -> Problem {
        let empty = Problem::new(self.pmf.clone(), self.letters()).unwrap();
        let named = self.costs.iter().enumerate();
        named.fold(empty, |problem, (k, cost)| {
            problem.with_cost(format!("cost {k}"), cost.clone()).unwrap()
        })
    }

    pub(crate) fn problem(&self) -> Problem {
        self.without().with_perception(self.measure.perception.clone()).unwrap()
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
        let mut case = Self { pmf, costs, measure, budgets: Vec::new() };
        case.place(blur, random);
        case
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
            for mut row in channel.row_iter_mut() {
                let total = row.sum();
                row /= total;
            }
        }
        channel = close * share + channel * (1.0 - share);
        let output = channel.tr_mul(&self.pmf);
        let spent = self.costs.iter().map(|cost| expected(&self.pmf, &channel, cost));
        self.budgets = spent.map(|d| d * (1.0 + slack) + 1e-9).collect();
        let smallest = self.measure.smallest();
        let divergence = self.measure.perception.divergence(&(&output / output.sum())).unwrap();
        let above = (divergence - smallest) * (1.0 + slack) + 1e-9;
        self.budgets.push(smallest + if exact { 0.0 } else { above });
    }

    /// What holds of every solution, whatever its status: the channel meets the budgets at the rate claimed, and q, the multipliers
    /// and the potential prove the bound.
    /// Returns what the bound lacks.
    #[track_caller]
    pub(crate) fn check(&self, solution: &Solution) -> f64 {
        let (pmf, channel) = (&self.pmf, &solution.channel);
        for row in channel.row_iter() {
            assert!(row.iter().all(|&w| w >= 0.0) && (row.sum() - 1.0).abs() < 1e-12);
        }
        assert!(0.0 <= solution.lower && solution.lower <= solution.rate);
        assert!((channel.tr_mul(pmf) - &solution.output).amax() < 1e-14);
        if solution.rate.is_finite() {
            assert!((solution.rate - mutual_information(pmf, channel)).abs() < 1e-12);
            for ((cost, &budget), told) in
                self.costs.iter().zip(&self.budgets).zip(&solution.constraints)
            {
                let achieved = expected(pmf, channel, cost);
                // Close to an edge, of the dearest letter's.
                let room = 1e-12 * budget.max(cost.max());
                assert!(achieved <= budget + room, "{achieved} > {budget}");
                assert!((achieved - told.achieved).abs() <= 1e-12 * (1.0 + achieved));
            }
            let last = solution.constraints.last().unwrap();
            let (budget, unit) = (last.budget, self.units().last().unwrap());
            let achieved = self.measure.perception.divergence(&solution.output).unwrap();
            assert!(achieved <= budget * (1.0 + 1e-12) + 1e-12 * unit, "{achieved} > {budget}");
            assert!((achieved - last.achieved).abs() <= 1e-12 * (1.0 + achieved));
        }
        let bound = self.lower_bound(solution);
        // The last digits of budgets and of steep prices.
        let prices = solution.constraints.iter().zip(self.units());
        let steep = prices.filter(|(c, _)| c.is_active());
        let priced: f64 = steep.map(|(c, unit)| c.multiplier * (unit + c.budget)).sum();
        let missing = solution.lower - bound - 16.0 * f64::EPSILON * priced;
        assert!(missing <= PROOF, "{bound} does not prove {}\n{self}", solution.lower);
        missing
    }

    pub(crate) fn units(&self) -> impl Iterator<Item = f64> {
        let ground = self.measure.ground.as_ref().map_or(1.0, |ground| ground.max().max(1e-3));
        self.costs.iter().map(DMatrix::max).chain([ground])
    }

    /// Blahut's bound with the potential, in bits, written out.
    pub(crate) fn lower_bound(&self, solution: &Solution) -> f64 {
        let (n, m) = (self.pmf.len(), self.letters());
        let (g, q) = (&solution.potential, &solution.certificate);
        let s: Vec<f64> = solution.constraints.iter().map(|c| c.multiplier).collect();
        let price = s.last().copied().unwrap_or(0.0);
        let letters = || (0..n).filter(|&x| self.pmf[x] > 0.0);
        // Each row from its least exponent on, as steep multipliers underflow.
        let exponent = |x: usize, y: usize| {
            let costs = self.costs.iter().zip(&s).filter(|(_, s)| **s > 0.0);
            costs.map(|(d, s)| s * d[(x, y)]).sum::<f64>() + g[y]
        };
        let (mut log, mut c) = (0.0, DVector::<f64>::zeros(m));
        for x in letters() {
            let row: Vec<f64> = (0..m).map(|y| exponent(x, y)).collect();
            let least = row.iter().copied().fold(f64::INFINITY, f64::min);
            let tilt: Vec<f64> = row.iter().map(|e| (least - e).exp2()).collect();
            let t: f64 = tilt.iter().zip(q).map(|(w, q)| w * q).sum();
            log += self.pmf[x] * (t.log2() - least);
            for y in 0..m {
                c[y] += self.pmf[x] * tilt[y] / t;
            }
        }
        let spent: f64 = s
            .iter()
            .zip(&self.budgets)
            .take(self.costs.len())
            .filter(|(s, _)| **s > 0.0)
            .map(|(s, d)| s * d)
            .sum();
        let p = self.budgets.last().copied().unwrap_or(f64::INFINITY);
        let usable = |y: &usize| self.measure.is_usable(*y, p);
        let largest = (0..m).filter(usable).map(|y| c[y]).fold(0.0, f64::max);
        -log - largest.log2() - spent - self.measure.toll(g, price, p)
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
    let mut channel = DMatrix::from_fn(pmf.len(), output.len(), |x, y| {
        let moved = if total > 0.0 { missing[x] * lacking[y] / total } else { 0.0 };
        if pmf[x] > 0.0 { (joint[(x, y)] + moved) / pmf[x] } else { output[y] }
    });
    for mut row in channel.row_iter_mut() {
        let total = row.sum();
        row /= total;
    }
    channel
}
