//! Output pmfs that are given and points on joint edges of (D_1, ..., D_K, P), built so that the edge is known exactly.
//!
//! `RDC_CASES` sets the number of cases of each kind (20 by default).

use crate::common::case::Case;
use crate::common::measure::{Kind, Measure};
use crate::common::perception::Perceived;
use crate::common::random::Random;
use crate::common::{INF, count, expected};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{RdcError, Solution, mutual_information};

/// Largest alphabets.
const LARGEST: usize = 20;

/// A gap that counts as certified, in bits, relative where the rate is above one.
const CERTIFIED: f64 = 1e-9;

/// One case in this many may stay open.
const OPEN: u64 = 60;

/// What a transport cost is raised by, relative to it.
const ABOVE: [f64; 6] = [0.0, 1e-9, 1e-6, 1e-3, 0.1, 1.0];

fn pmf(random: &mut Random, letters: usize) -> DVector<f64> {
    let spread = [0.0, -3.0, -8.0][random.below(3)];
    let weights = DVector::from_fn(letters, |_, _| random.magnitude(spread, 0.0));
    &weights / weights.sum()
}

/// A measure whose divergence of `target` itself is 0, and of nothing else.
fn measure(kind: Kind, target: &DVector<f64>, random: &mut Random) -> Measure {
    let m = target.len();
    match kind {
        Kind::TotalVariation => Measure::total_variation(target),
        Kind::KullbackLeibler => Measure::kullback_leibler(target),
        Kind::Wasserstein => {
            let mut points = random.vector(m);
            points.sort_by(f64::total_cmp);
            Measure::wasserstein(target, &points)
        }
        Kind::Transport => {
            let points: Vec<[f64; 2]> =
                (0..m).map(|_| [random.uniform(), random.uniform()]).collect();
            let far = |y: usize, z: usize| {
                (points[y][0] - points[z][0]).hypot(points[y][1] - points[z][1])
            };
            Measure::transport(target, DMatrix::from_fn(m, m, far))
        }
    }
}

/// The coupling of two pmfs that fills one cell after the other, in a random order of letters.
fn corner_coupling(p: &DVector<f64>, q: &DVector<f64>, random: &mut Random) -> DMatrix<f64> {
    let (rows, columns) = (random.permutation(p.len()), random.permutation(q.len()));
    let mut joint = DMatrix::zeros(p.len(), q.len());
    let (mut i, mut j) = (0, 0);
    let (mut left, mut room) = (p[rows[0]], q[columns[0]]);
    loop {
        let moved = left.min(room);
        joint[(rows[i], columns[j])] += moved;
        (left, room) = (left - moved, room - moved);
        let is_last = (i + 1 == rows.len(), j + 1 == columns.len());
        if is_last == (true, true) {
            return joint;
        }
        if is_last.1 || (left <= room && !is_last.0) {
            i += 1;
            left = p[rows[i]];
        } else {
            j += 1;
            room = q[columns[j]];
        }
    }
}

/// A pmf, a target unlike it, and a cost whose transport from one to the other is known: potentials on the pairs of a coupling,
/// more on all others, or never. With it the rate of the only channel that spends no more.
struct Given {
    perceived: Perceived,
    least: f64,
    rate: f64,
}

impl Given {
    fn new(kind: Kind, seed: u64) -> Self {
        let random = &mut Random::new(960 + kind as u64, seed);
        let (n, m) = (1 + random.below(LARGEST), 1 + random.below(LARGEST));
        let (source, target) = (pmf(random, n), pmf(random, m));
        let joint = corner_coupling(&source, &target, random);
        let forbids = random.chance(0.3);
        let (u, v) = (random.vector(n), random.vector(m));
        let cost = DMatrix::from_fn(n, m, |x, y| {
            let more = 0.01 + random.uniform();
            let is_forbidden = forbids && random.chance(0.4);
            match joint[(x, y)] > 0.0 {
                true => u[x] + v[y],
                false if is_forbidden => INF,
                false => u[x] + v[y] + more,
            }
        });
        let channel = DMatrix::from_fn(n, m, |x, y| joint[(x, y)] / source[x]);
        let least = u.iter().zip(&source).map(|(u, p)| u * p).sum::<f64>()
            + v.iter().zip(&target).map(|(v, p)| v * p).sum::<f64>();
        let rate = mutual_information(&source, &channel);
        let measure = measure(kind, &target, random);
        Self {
            perceived: Perceived { case: Case::new(source, vec![cost], &[]), measure },
            least,
            rate,
        }
    }

    fn at(&self, above: f64) -> Perceived {
        let mut perceived = self.perceived.clone();
        perceived.case.budgets = vec![self.least * (1.0 + above), 0.0];
        perceived
    }
}

/// What became of the problems of a test.
#[derive(Default)]
struct Tally {
    solved: u64,
    open: u64,
}

impl Tally {
    /// Checks the answer at budgets that can be met, and counts it where it is not certified.
    #[track_caller]
    fn met(&mut self, perceived: &Perceived, what: &str) -> Solution {
        let solved = perceived.problem().solve(&perceived.budgets);
        let solution = solved.unwrap_or_else(|error| panic!("{what}: {error}\n{perceived}"));
        // A bound below 0 is told as 0.
        if solution.lower > 0.0 {
            perceived.check(&solution);
        } else if solution.rate.is_finite() {
            perceived.assert_attained(&solution, 1.0);
        }
        let is_closed = solution.gap() <= CERTIFIED * solution.rate.max(1.0);
        self.count(solution.rate.is_finite() && is_closed, what);
        solution
    }

    /// Counts budgets that no channel meets and that are not told to be such; nothing may be attained at them.
    #[track_caller]
    fn missed(&mut self, perceived: &Perceived, budgets: &[f64], what: &str) {
        match perceived.problem().solve(budgets) {
            Ok(solution) => {
                assert!(solution.rate.is_infinite(), "{what}: {solution:?}\n{perceived}");
                self.count(false, what);
            }
            Err(error) => {
                assert!(matches!(error, RdcError::Infeasible(_)), "{what}: {error}");
                self.count(true, what);
            }
        }
    }

    fn count(&mut self, is_settled: bool, what: &str) {
        self.solved += 1;
        if !is_settled {
            self.open += 1;
            eprintln!("open: {what}");
        }
    }

    #[track_caller]
    fn assert_few_open(&self) {
        let Self { solved, open } = self;
        assert!(OPEN * open <= *solved, "{open} of {solved} open");
    }
}

#[test]
fn given_outputs_from_the_transport_cost_on() {
    let mut tally = Tally::default();
    for kind in Kind::ALL {
        for seed in 0..count(20) {
            let given = Given::new(kind, seed);
            for above in ABOVE {
                let what = format!("{kind:?}, seed {seed}, {above:e} above");
                let perceived = given.at(above);
                let solution = tally.met(&perceived, &what);
                if above == 0.0 && solution.gap() <= CERTIFIED {
                    let off = (solution.rate - given.rate).abs();
                    assert!(off < 1e-6, "{what}: {off:e} off\n{perceived}");
                }
            }
            // What the transport costs is what has to be spent.
            let mut budgets = given.at(0.0).case.budgets;
            budgets[0] -= 1e-6 * given.least;
            tally.missed(&given.perceived, &budgets, &format!("{kind:?}, seed {seed}, below"));
        }
    }
    tally.assert_few_open();
}

/// A channel that is best for `w.d(x, y) + g_y`, and a target such that g is a best potential for its output: no other channel
/// spends less in this direction of (D, P).
fn joint_edge(kind: Kind, seed: u64) -> Perceived {
    let random = &mut Random::new(970 + kind as u64, seed);
    let (n, m) = (2 + random.below(LARGEST), 2 + random.below(LARGEST));
    let source = pmf(random, n);
    let costs: Vec<DMatrix<f64>> = (0..1 + random.below(2)).map(|_| random.matrix(n, m)).collect();
    let weights: Vec<f64> = costs.iter().map(|_| random.between(0.1, 1.0)).collect();
    let price = random.magnitude(-1.0, 0.5);
    // The ground does not know the target yet.
    let shape = measure(kind, &DVector::from_element(m, 1.0 / m as f64), random);
    let origin = random.below(m);
    let g = match &shape.ground {
        Some(ground) => DVector::from_fn(m, |y, _| price * ground[(y, origin)]),
        None => DVector::from_vec(random.vector(m)),
    };
    let mut channel = DMatrix::zeros(n, m);
    for x in 0..n {
        let spent =
            |y: usize| g[y] + weights.iter().zip(&costs).map(|(w, d)| w * d[(x, y)]).sum::<f64>();
        let best = (0..m).min_by(|&a, &b| spent(a).total_cmp(&spent(b))).unwrap();
        channel[(x, best)] = 1.0;
    }
    let output = channel.tr_mul(&source);
    let share = random.between(0.1, 0.9);
    let target = match &shape.ground {
        // From every letter a share goes to the origin, for which g is what it costs.
        Some(_) => DVector::from_fn(m, |y, _| {
            (1.0 - share) * output[y] + if y == origin { share } else { 0.0 }
        }),
        None => {
            let tilted = DVector::from_fn(m, |y, _| output[y] * (-g[y] / price).exp());
            &tilted / tilted.sum()
        }
    };
    let measure = match kind {
        Kind::TotalVariation => Measure::total_variation(&target),
        Kind::KullbackLeibler => Measure::kullback_leibler(&target),
        _ => match (kind, shape.ground) {
            (Kind::Wasserstein, Some(ground)) => {
                let points: Vec<f64> = (0..m).map(|y| ground[(0, y)]).collect();
                Measure::wasserstein(&target, &points)
            }
            (_, Some(ground)) => Measure::transport(&target, ground),
            (_, None) => unreachable!(),
        },
    };
    let mut budgets: Vec<f64> =
        costs.iter().map(|cost| expected(&source, &channel, cost)).collect();
    budgets.push(measure.perception.divergence(&output).unwrap());
    Perceived { case: Case::new(source, costs, &budgets), measure }
}

#[test]
fn joint_edges() {
    let mut tally = Tally::default();
    for kind in Kind::ALL {
        for seed in 0..count(20) {
            let edge = joint_edge(kind, seed);
            for above in ABOVE {
                let mut perceived = edge.clone();
                perceived.case.budgets.iter_mut().for_each(|budget| *budget *= 1.0 + above);
                tally.met(&perceived, &format!("{kind:?}, seed {seed}, {above:e} above"));
            }
            let inside: Vec<f64> =
                edge.budgets.iter().map(|budget| budget * (1.0 - 1e-6)).collect();
            tally.missed(&edge, &inside, &format!("{kind:?}, seed {seed}, below"));
        }
    }
    tally.assert_few_open();
}
