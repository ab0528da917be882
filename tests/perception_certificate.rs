//! The lower bound of R(D,P) recomputed in bits from what a solution tells, as docs/perception.md says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail by panicking; the figures are for those who ask for them"
)]

mod common;

use common::random::Random;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Perception, Problem, RdcError, Solution, Status, mutual_information};

/// What the rounding of both sums may put between two values of the same bound, in bits.
const ROUNDING: f64 = 1e-11;

const LETTERS: usize = 7;

#[derive(Debug, Clone)]
enum Divergence {
    TotalVariation,
    Wasserstein(Vec<f64>),
    Transport(DMatrix<f64>),
    KullbackLeibler,
}

#[derive(Debug, Clone)]
struct Case {
    pmf: DVector<f64>,
    costs: Vec<DMatrix<f64>>,
    target: DVector<f64>,
    divergence: Divergence,
    /// The perception's last.
    budgets: Vec<f64>,
}

impl Case {
    /// Budgets of costs that some channel with a perfect output meets, so that every P will do.
    fn new(kind: usize, random: &mut Random) -> Self {
        let n = 1 + random.size(LETTERS);
        let m = 1 + random.size(LETTERS);
        let pmf = distribution(random, n, false);
        let count = random.below(3);
        let costs: Vec<_> =
            (0..count).map(|_| DMatrix::from_fn(n, m, |_, _| 3.0 * random.uniform())).collect();
        let far = if kind == 2 { 1 + random.size(LETTERS) } else { m };
        let target = distribution(random, far, kind != 2);
        let divergence = match kind {
            0 => Divergence::TotalVariation,
            1 => {
                let mut at = 0.0;
                let steps = random.vector(m);
                Divergence::Wasserstein(steps.iter().map(|s| (at += 0.1 + s, at).1).collect())
            }
            2 => Divergence::Transport(DMatrix::from_fn(m, far, |_, _| 2.0 * random.uniform())),
            _ => Divergence::KullbackLeibler,
        };
        let mut case = Self { pmf, costs, target, divergence, budgets: Vec::new() };
        let output = case.perfect_output();
        let least = case.perception().divergence(&output).unwrap();
        let joint = case.coupling(&output, random.magnitude(-0.5, 0.8));
        case.budgets = case.costs.iter().map(|cost| 1.01 * cost.dot(&joint)).collect();
        case.budgets.push(match random.below(4) {
            0 => least,
            1 => f64::INFINITY,
            _ => least + random.magnitude(-3.0, -0.5),
        });
        case
    }

    /// The output pmf with the smallest divergence.
    fn perfect_output(&self) -> DVector<f64> {
        let Divergence::Transport(ground) = &self.divergence else { return self.target.clone() };
        let mut output = DVector::zeros(ground.nrows());
        for (column, p) in ground.column_iter().zip(&self.target) {
            output[column.imin()] += p;
        }
        output
    }

    /// A joint law of a source letter and an output with this pmf that likes cheap pairs (Sinkhorn).
    fn coupling(&self, output: &DVector<f64>, sharpness: f64) -> DMatrix<f64> {
        let (n, m) = (self.pmf.len(), output.len());
        let price = |x: usize, y: usize| self.costs.iter().map(|cost| cost[(x, y)]).sum::<f64>();
        let mut joint = DMatrix::from_fn(n, m, |x, y| (-sharpness * price(x, y)).exp());
        for _ in 0..1000 {
            for (mut column, q) in joint.column_iter_mut().zip(output) {
                let total = column.sum();
                column *= if total > 0.0 { q / total } else { 0.0 };
            }
            for (mut row, p) in joint.row_iter_mut().zip(&self.pmf) {
                let total = row.sum();
                row *= p / total;
            }
        }
        joint
    }

    fn perception(&self) -> Perception {
        let target = self.target.clone();
        match &self.divergence {
            Divergence::TotalVariation => Perception::total_variation(target),
            Divergence::Wasserstein(points) => Perception::wasserstein(target, points),
            Divergence::Transport(ground) => Perception::transport(target, ground.clone()),
            Divergence::KullbackLeibler => Perception::kullback_leibler(target),
        }
        .unwrap()
    }

    fn solve(&self) -> Result<Solution, RdcError> {
        let bare = Problem::new(self.pmf.clone(), self.letters()).unwrap();
        let add = |problem: Problem, cost: &DMatrix<f64>| problem.with_cost("cost", cost.clone());
        let problem = self.costs.iter().try_fold(bare, add)?.with_perception(self.perception())?;
        problem.solve(&self.budgets)
    }

    fn letters(&self) -> usize {
        self.perception().letters()
    }

    fn budget(&self) -> f64 {
        self.budgets[self.costs.len()]
    }

    /// Whether an output pmf within P may use the letter.
    fn is_usable(&self, y: usize) -> bool {
        let exact = self.budget() <= self.least() * (1.0 + 1e-14);
        match &self.divergence {
            Divergence::KullbackLeibler => self.target[y] > 0.0 || self.budget() == f64::INFINITY,
            Divergence::TotalVariation | Divergence::Wasserstein(_) => {
                !exact || self.target[y] > 0.0
            }
            Divergence::Transport(ground) => {
                let columns = ground.column_iter().zip(&self.target).filter(|(_, p)| **p > 0.0);
                !exact || columns.into_iter().any(|(column, _)| column[y] == column.min())
            }
        }
    }

    fn least(&self) -> f64 {
        self.perception().divergence(&self.perfect_output()).unwrap()
    }

    /// What no channel within P has more of than `sum_y q_W(y) g_y`, in bits.
    fn toll(&self, g: &DVector<f64>, price: f64) -> f64 {
        let least = self.least();
        let target = &self.target;
        let mean = match &self.divergence {
            Divergence::Transport(ground) => {
                let best = |z: usize| {
                    let each = ground.column(z).zip_map(g, |cost, g| g - price * cost);
                    each.max()
                };
                (0..target.len()).map(|z| target[z] * best(z)).sum()
            }
            Divergence::KullbackLeibler if self.budget() > least && price > 0.0 => {
                let most = g.max();
                let tilted = g.map(|g| ((g - most) / price).exp2());
                most + price * target.dot(&tilted).log2()
            }
            _ => target.dot(g),
        };
        // A budget that is infinite has no price.
        mean + if price > 0.0 { price * self.budget() } else { 0.0 }
    }

    /// The bound, from the matrices, q, s, g and the price alone.
    fn lower_bound(&self, solution: &Solution) -> f64 {
        // A constant added to the potential changes nothing; its powers are to stay in range.
        let usable = (0..self.letters()).filter(|&y| self.is_usable(y));
        let least = usable.map(|y| solution.potential[y]).fold(f64::INFINITY, f64::min);
        let g = &solution.potential.add_scalar(-least);
        let q = &solution.certificate;
        let (n, m) = (self.pmf.len(), self.letters());
        let multiplier = |k: usize| solution.constraints[k].multiplier;
        let likelihood = |x: usize, y: usize| {
            let costs = self.costs.iter().enumerate();
            let price: f64 = costs.map(|(k, cost)| multiplier(k) * cost[(x, y)]).sum();
            if self.is_usable(y) { (-price - g[y]).exp2() } else { 0.0 }
        };
        let a = DMatrix::from_fn(n, m, likelihood);
        let t = &a * q;
        let c = a.tr_mul(&self.pmf.component_div(&t));
        let spent: f64 = (0..self.costs.len()).map(|k| multiplier(k) * self.budgets[k]).sum();
        let partition: f64 = self.pmf.iter().zip(&t).map(|(p, t)| p * t.log2()).sum();
        -partition - c.max().log2() - spent - self.toll(g, multiplier(self.costs.len()))
    }
}

fn distribution(random: &mut Random, letters: usize, zeros: bool) -> DVector<f64> {
    let mut weights = DVector::from_fn(letters, |_, _| random.uniform());
    for y in 1..letters {
        if zeros && random.chance(0.15) {
            weights[y] = 0.0;
        }
    }
    let total = weights.sum();
    weights / total
}

#[test]
fn the_bound_is_what_its_multipliers_and_its_potential_prove() {
    let cases = std::env::var("RDC_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    for kind in 0..4 {
        let (mut open, mut proven, mut exact, mut priced) = (0_u64, 0_u64, 0_u64, 0_u64);
        let mut worst = 0.0_f64;
        for seed in 0..cases {
            let case = Case::new(kind, &mut Random::new(41 + kind as u64, seed));
            let solution =
                case.solve().unwrap_or_else(|error| panic!("seed {seed}: {error}\n{case:?}"));
            // Bounds are true however a run ended.
            if solution.status != Status::Certified {
                open += 1;
                let above = case.budget() - case.least();
                println!(
                    "{kind}, seed {seed}: {}, gap {:.1e}, P {above:.1e} above the least",
                    solution.status,
                    solution.gap()
                );
            }
            if solution.lower <= 0.0 {
                continue;
            }
            let recomputed = case.lower_bound(&solution);
            // Of a potential that is large what counts is the difference.
            let size = 1.0 + solution.potential.amax();
            // A bound above the information of the channel returned, which exceeds a budget, if by rounding, is told as that.
            let information = mutual_information(&case.pmf, &solution.channel);
            let is_cut = solution.lower == information && recomputed > information;
            let off = if is_cut { 0.0 } else { (recomputed - solution.lower).abs() };
            assert!(off <= ROUNDING * size, "seed {seed}, off by {off:e}: {case:?}\n{solution:?}");
            worst = worst.max(off);
            proven += 1;
            exact += u64::from(case.budget() <= case.least());
            priced += u64::from(solution.constraints[case.costs.len()].multiplier > 0.0);
        }
        println!("{kind}: {proven} bounds, {exact} of P = least, {priced} priced, off {worst:e}");
        println!("{kind}: {open} of {cases} not certified");
        assert!(50 * open <= cases);
        assert!(10 * proven > 3 * cases && 20 * exact > cases && 5 * priced > cases);
    }
}
