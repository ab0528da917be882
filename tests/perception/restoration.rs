//! P(D) and C(D,P) as programs: against the binary closed form, enumeration, and what is known without solving.

use crate::common::random::Random;
use crate::common::{INF, expected, pmf, rows, stochastic};
use approx::assert_abs_diff_eq;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::theorem1::{Bracket, check_function};
use rdc_theory::{
    BinaryClassifier, BinaryRdc, BinaryRestoration, Classifier, Distortion, Observation,
    Perception, RdcError, Restoration, RestorationSolution, Source, Status,
};

/// A restoration of random letters on a line, and its matrices: p(y), averaged distortion and error.
struct Line {
    restoration: Restoration,
    pmf: DVector<f64>,
    distortion: DMatrix<f64>,
    error: DMatrix<f64>,
    perception: Perception,
}

const KINDS: usize = 4;

/// Of a bracket.
const NARROW: f64 = 1e-8;

fn perception(kind: usize, target: DVector<f64>, points: &[f64]) -> Perception {
    match kind {
        0 => Perception::total_variation(target),
        1 => Perception::wasserstein(target, points),
        2 => {
            let squared = |y: usize, z: usize| (points[y] - points[z]).powi(2);
            Perception::transport(
                target.clone(),
                DMatrix::from_fn(points.len(), target.len(), squared),
            )
        }
        _ => Perception::kullback_leibler(target),
    }
    .unwrap()
}

impl Line {
    /// n source letters, which are the reproductions, too, and o observed ones.
    fn new(random: &mut Random, kind: usize, n: usize, o: usize) -> Self {
        let source = Source::new(random.pmf(n), random.stochastic(n, 2)).unwrap();
        let seen = Observation::new(&source, random.stochastic(n, o)).unwrap();
        let mut points = random.vector(n);
        points.sort_by(f64::total_cmp);
        let grid = DMatrix::from_column_slice(n, 1, &points);
        let distortion = Distortion::squared_error(&grid, &grid).unwrap();
        let perception = perception(kind, source.pmf().clone(), &points);
        let classes: Vec<usize> = (0..n).map(|y| y % 2).collect();
        let classifier = Classifier::hard(&classes).unwrap();
        Self {
            restoration: Restoration::new(&seen, &distortion, perception.clone())
                .unwrap()
                .with_classifier(&classifier)
                .unwrap(),
            pmf: seen.source().pmf().clone(),
            distortion: seen.average(distortion.as_matrix()).unwrap(),
            error: classifier.error_matrix(seen.source()).unwrap(),
            perception,
        }
    }

    fn spent(&self, cost: &DMatrix<f64>, channel: &DMatrix<f64>) -> f64 {
        expected(&self.pmf, channel, cost)
    }

    /// The channel is one, within its budgets, and achieves what is said of it.
    #[track_caller]
    fn assert_consistent(&self, found: &RestorationSolution, d: f64, p: f64) {
        let channel = &found.channel;
        assert!(channel.iter().all(|&w| w >= 0.0));
        assert!(channel.row_iter().all(|row| (row.sum() - 1.0).abs() < 1e-14));
        let output = channel.tr_mul(&self.pmf);
        let distance = self.perception.divergence(&output).unwrap();
        assert_abs_diff_eq!(distance, found.perception, epsilon = 1e-14);
        assert_abs_diff_eq!(
            self.spent(&self.distortion, channel),
            found.distortion,
            epsilon = 1e-15
        );
        assert_abs_diff_eq!(
            self.spent(&self.error, channel),
            found.error.unwrap(),
            epsilon = 1e-15
        );
        assert!(found.distortion <= d * (1.0 + 1e-12), "{} > {d}", found.distortion);
        assert!(found.perception <= p + 1e-14, "{} > {p}", found.perception);
    }
}

#[test]
fn brackets_are_narrow_and_channels_meet_their_budgets() {
    let mut random = Random::new(81, 1);
    for number in 0..160 {
        let kind = number % KINDS;
        let (n, o) = (1 + random.size(5), random.size(5));
        let case = Line::new(&mut random, kind, n, o);
        let assert_narrow = |found: &RestorationSolution| {
            assert_eq!(found.status, Status::Certified, "{number} {found:?}");
            assert!(found.value - found.lower <= NARROW, "{number} {found:?}");
        };
        let p = random.uniform() * random.uniform() * 0.2;
        let least = case.restoration.smallest_distortion_at(p).unwrap();
        case.assert_consistent(&least, INF, p);
        assert_narrow(&least);
        let d = least.value + random.uniform() * 0.05;
        let natural = case.restoration.perception_at(d).unwrap();
        case.assert_consistent(&natural, d, INF);
        assert_narrow(&natural);
        assert!(natural.lower <= p);
        let error = case.restoration.error_at(d, p).unwrap();
        case.assert_consistent(&error, d, p);
        assert_narrow(&error);
    }
}

#[test]
fn binary_closed_form() {
    let mut random = Random::new(82, 1);
    let (mut worst, mut refused) = (0.0_f64, 0);
    for number in 0..1_200 {
        let p = random.uniform();
        let posterior = [random.uniform(), random.uniform()];
        let classifier = BinaryClassifier::ALL[number % 2];
        let channel = [random.uniform(), random.uniform()];
        let of_ones = |ones: [f64; 2]| rows(&ones.map(|one| [1.0 - one, one]));
        let source = Source::new(pmf(&[1.0 - p, p]), of_ones(posterior)).unwrap();
        let seen = Observation::new(&source, of_ones(channel)).unwrap();
        let natural = Perception::total_variation(source.pmf().clone()).unwrap();
        let restoration = Restoration::new(&seen, &Distortion::hamming(2).unwrap(), natural)
            .unwrap()
            .with_classifier(&Classifier::hard(&classifier.class_of()).unwrap())
            .unwrap();
        let binary = BinaryRdc::new(p, posterior, classifier).unwrap();
        let exact = BinaryRestoration::new(binary, channel).unwrap();
        let budget = if random.chance(0.1) { 0.0 } else { 0.2 * random.uniform() };
        let least = exact.smallest_distortion(budget).unwrap().distortion;
        let d = least + 0.2 * random.uniform();
        let mut compare = |found: &RestorationSolution, value: f64| {
            assert!(
                found.lower <= value + 1e-14 && value <= found.value + 1e-14,
                "{found:?} {value}"
            );
            worst = worst.max((found.value - value).abs());
        };
        compare(&restoration.smallest_distortion_at(budget).unwrap(), least);
        compare(
            &restoration.perception_at(d).unwrap(),
            exact.perception(d).unwrap().unwrap().perception,
        );
        compare(
            &restoration.error_at(d, budget).unwrap(),
            exact.error(d, budget).unwrap().unwrap().error,
        );
        if least > 1e-3 && number % 10 == 0 {
            let Err(RdcError::Infeasible(proof)) = restoration.error_at(0.99 * least, budget)
            else {
                panic!("{least} {budget}");
            };
            assert!(proof.excess > 0.0);
            refused += 1;
            let smallest = proof.budgets[0].smallest.unwrap();
            // Without the perception the distortion alone may be out of reach.
            assert!(smallest <= least + 1e-8, "{proof:?} {least}");
        }
    }
    assert!(worst < 1e-8 && refused >= 50, "off by {worst:e}, {refused} refused");
}

/// The least value over a grid of channels, by its own sums.
fn enumerated(case: &Line, d: f64, p: f64, steps: usize) -> f64 {
    let (o, m) = case.distortion.shape();
    let row = |code: usize| -> Option<Vec<f64>> {
        let mut digits: Vec<usize> =
            (0..m - 1).map(|i| code / (steps + 1).pow(i as u32) % (steps + 1)).collect();
        let used: usize = digits.iter().sum();
        (used <= steps).then(|| {
            digits.push(steps - used);
            digits.iter().map(|&digit| digit as f64 / steps as f64).collect()
        })
    };
    let rows: Vec<Vec<f64>> = (0..(steps + 1).pow(m as u32 - 1)).filter_map(row).collect();
    let mut least = INF;
    for code in 0..rows.len().pow(o as u32) {
        let pick = |y: usize| &rows[code / rows.len().pow(y as u32) % rows.len()];
        let channel = DMatrix::from_fn(o, m, |y, to| pick(y)[to]);
        if case.spent(&case.distortion, &channel) <= d
            && case.perception.divergence(&channel.tr_mul(&case.pmf)).unwrap() <= p
        {
            least = least.min(case.spent(&case.error, &channel));
        }
    }
    least
}

#[test]
fn no_channel_of_a_grid_is_better() {
    let mut random = Random::new(83, 1);
    let mut gap = 0.0_f64;
    for number in 0..24 {
        let (n, steps) = if number % 2 == 0 { (2, 100) } else { (3, 16) };
        let case = Line::new(&mut random, number / 2 % KINDS, n, 2);
        let p = 0.1 * random.between(0.2, 1.0);
        let d = case.restoration.smallest_distortion_at(p).unwrap().value + 0.05;
        let found = case.restoration.error_at(d, p).unwrap();
        let listed = enumerated(&case, d, p, steps);
        assert!(found.lower <= listed + 1e-14, "{number}: {} {listed}", found.lower);
        gap = gap.max(listed - found.value);
    }
    assert!(gap < 0.1);
}

#[test]
fn convex_and_decreasing() {
    let mut random = Random::new(84, 1);
    for kind in 0..KINDS {
        let case = Line::new(&mut random, kind, 3, 3);
        let start = case.restoration.smallest_distortion_at(0.01).unwrap().value + 1e-3;
        let bracket = |found: RestorationSolution| {
            Bracket::new((found.lower - 1e-13).max(0.0), found.value + 1e-13)
        };
        let of_both = |[d, p]: [f64; 2]| bracket(case.restoration.error_at(d, p)?);
        let region = [[start, start + 0.2], [0.01, 0.2]];
        let report = check_function::<2, RdcError>(of_both, region, 15, 3).unwrap();
        assert!(report.holds(), "{kind}: {report}");
        let of_one = |[d]: [f64; 1]| bracket(case.restoration.perception_at(d)?);
        let start = case.restoration.smallest_distortion();
        let report = check_function::<1, RdcError>(of_one, [[start, start + 0.2]], 15, 3).unwrap();
        assert!(report.holds(), "{kind}: {report}");
    }
}

#[test]
fn ends_of_the_range() {
    let mut random = Random::new(85, 1);
    for kind in 0..KINDS {
        let case = Line::new(&mut random, kind, 4, 3);
        let least = case.restoration.smallest_distortion();
        // On the edge itself, below it, and where distortion does not matter.
        let edge = case.restoration.perception_at(least).unwrap();
        case.assert_consistent(&edge, least, INF);
        assert!(edge.value - edge.lower < 1e-8);
        assert!(matches!(
            case.restoration.perception_at(0.999 * least),
            Err(RdcError::Infeasible(_))
        ));
        let free = case.restoration.perception_at(INF).unwrap();
        assert!(free.value < 1e-14);
        let natural = case.restoration.smallest_distortion_at(0.0).unwrap();
        case.assert_consistent(&natural, INF, 0.0);
        assert!(
            natural.value - natural.lower < 1e-8 && natural.lower > least,
            "{kind} {natural:?}"
        );
        assert!(case.restoration.perception_at(natural.value + 1e-9).unwrap().lower < 1e-8);
        let error = case.restoration.error_at(natural.value + 0.01, 0.0).unwrap();
        case.assert_consistent(&error, natural.value + 0.01, 0.0);
        assert_eq!(error.status, Status::Certified);
        let Err(RdcError::Infeasible(proof)) =
            case.restoration.error_at(0.5 * (least + natural.lower), 0.0)
        else {
            panic!("no channel is so faithful and natural");
        };
        let smallest = proof.budgets[0].smallest.unwrap();
        assert_abs_diff_eq!(smallest, natural.value, epsilon = 1e-8);
        // The witness is one for every channel: here for the nearest to an exception.
        let weights = [proof.budgets[0].multiplier, proof.budgets[1].multiplier];
        assert_abs_diff_eq!(weights[0] + weights[1], 1.0, epsilon = 1e-15);
        let asked = weights[0] * proof.budgets[0].budget;
        for found in [edge, natural] {
            let spent = weights[0] * found.distortion + weights[1] * found.perception;
            assert!(proof.excess > 0.0 && spent >= asked + proof.excess - 1e-12, "{proof:?}");
        }
        // Without limits: the Bayes decision among the classes that letters are read as.
        let free = case.restoration.error_at(INF, INF).unwrap();
        let bayes: f64 = case.error.row_iter().zip(&case.pmf).map(|(row, p)| row.min() * p).sum();
        assert_abs_diff_eq!(free.value, bayes, epsilon = 1e-15);
        assert_eq!(free.iterations, 0);
    }
}

#[test]
fn perfect_observation_has_nothing_to_trade() {
    let mut random = Random::new(86, 1);
    let source = Source::new(random.pmf(4), DMatrix::identity(4, 4)).unwrap();
    let seen = Observation::new(&source, DMatrix::identity(4, 4)).unwrap();
    let natural = Perception::total_variation(source.pmf().clone()).unwrap();
    let restoration = Restoration::new(&seen, &Distortion::hamming(4).unwrap(), natural)
        .unwrap()
        .with_classifier(&Classifier::hard(&[0, 1, 2, 3]).unwrap())
        .unwrap();
    for d in [0.0, 0.1, INF] {
        assert!(restoration.perception_at(d).unwrap().value < 1e-9, "{d}");
        assert!(restoration.error_at(d, 0.0).unwrap().value < 1e-15);
    }
}

/// With squared error a restoration with the source's law has at most twice the least distortion (Blau and Michaeli 2018),
/// and no less than it.
#[test]
fn perfect_perception_costs_at_most_twice_the_least_distortion() {
    let letters = 23;
    let points = DMatrix::from_fn(letters, 1, |x, _| (x as f64 - 11.0) * 0.3);
    let density = DVector::from_fn(letters, |x, _| (-0.5 * points[x] * points[x]).exp());
    let source =
        Source::new(&density / density.sum(), DMatrix::from_element(letters, 1, 1.0)).unwrap();
    let channel =
        DMatrix::from_fn(letters, letters, |x, y| (-0.5 * (points[x] - points[y]).powi(2)).exp());
    let seen = Observation::new(&source, stochastic(channel)).unwrap();
    // A finer grid of reproductions than of letters would reach the conditional mean.
    let squared = |x: usize, y: usize| (points[x] - points[y]).powi(2);
    let natural =
        Perception::transport(source.pmf().clone(), DMatrix::from_fn(letters, letters, squared))
            .unwrap();
    let distortion = Distortion::squared_error(&points, &points).unwrap();
    let restoration = Restoration::new(&seen, &distortion, natural).unwrap();
    let least = restoration.smallest_distortion();
    let perfect = restoration.smallest_distortion_at(0.0).unwrap();
    assert!(perfect.value <= 2.0 * least && perfect.lower > least);
    // X^ and X jointly Gaussian with the variances s2 and covariance s2/sqrt 2, but for the grid.
    let variance: f64 = source.pmf().iter().zip(points.iter()).map(|(p, x)| p * x * x).sum();
    assert!((perfect.value / variance - (2.0 - 2.0_f64.sqrt())).abs() < 0.05);
}

#[test]
fn forbidden_pairs() {
    let mut random = Random::new(87, 1);
    for kind in 0..KINDS {
        let source = Source::new(random.pmf(3), random.stochastic(3, 2)).unwrap();
        let seen = Observation::new(&source, random.stochastic(3, 3)).unwrap();
        let mut cost = DMatrix::from_fn(3, 3, |_, _| random.uniform());
        cost[(1, 2)] = INF;
        let natural = perception(kind, source.pmf().clone(), &[0.0, 0.3, 1.0]);
        let restoration = Restoration::new(&seen, &Distortion::matrix(cost).unwrap(), natural)
            .unwrap()
            .with_classifier(&Classifier::hard(&[0, 1, 1]).unwrap())
            .unwrap();
        let least = restoration.perception_at(INF).unwrap();
        assert!(least.lower > 0.01 && least.value - least.lower < 1e-8, "{kind} {least:?}");
        assert_eq!(least.channel.column(2).sum(), 0.0, "every y leaves that letter possible");
        assert!(matches!(
            restoration.error_at(INF, 0.9 * least.lower),
            Err(RdcError::Infeasible(_))
        ));
        let p = least.value + 0.02;
        let d = restoration.smallest_distortion_at(p).unwrap();
        let found = restoration.error_at(d.value + 0.02, p).unwrap();
        assert_eq!((d.status, found.status), (Status::Certified, Status::Certified), "{found:?}");
        assert!(found.perception <= p && found.distortion <= d.value + 0.02);
    }
    let source = Source::new(pmf(&[1.0, 0.0]), DMatrix::identity(2, 2)).unwrap();
    let seen = Observation::new(&source, DMatrix::identity(2, 2)).unwrap();
    let cost = rows(&[[INF, 0.0], [0.0, 1.0]]);
    let natural = Perception::kullback_leibler(pmf(&[1.0, 0.0])).unwrap();
    let refused = Restoration::new(&seen, &Distortion::matrix(cost).unwrap(), natural);
    assert!(matches!(refused, Err(RdcError::NoReproduction { letter: 0, .. })));
}

/// Budgets next to the smallest that can be met: whatever the solver makes of them, the bracket is true and the budgets are met.
#[test]
fn budgets_close_to_the_edge() {
    let mut random = Random::new(88, 1);
    let (mut widest, mut stalled) = (0.0_f64, 0);
    for number in 0..200 {
        let kind = number % KINDS;
        let (n, o) = (1 + random.size(4), random.size(4));
        let case = Line::new(&mut random, kind, n, o);
        let p = random.magnitude(-12.0, -2.0);
        let least = case.restoration.smallest_distortion_at(p).unwrap();
        case.assert_consistent(&least, INF, p);
        let d = least.value + random.magnitude(-12.0, -2.0);
        let found = case.restoration.error_at(d, p).unwrap();
        case.assert_consistent(&found, d, p);
        // A looser budget gives no more errors than a tighter one.
        let looser = case.restoration.error_at(d + 0.01, p + 0.01).unwrap();
        assert!(looser.lower <= found.value + 1e-13, "{number}");
        for solution in [least, found] {
            widest = widest.max(solution.value - solution.lower);
            stalled += usize::from(solution.status != Status::Certified);
        }
    }
    assert!(widest < 1e-2 && stalled < 60, "{widest:e}, {stalled} of 400 stalled");
}

#[test]
fn targets_on_another_alphabet() {
    let mut random = Random::new(89, 1);
    for _ in 0..30 {
        let (n, m, k) = (random.size(4), 1 + random.size(3), 1 + random.size(5));
        let source = Source::new(random.pmf(n), random.stochastic(n, 2)).unwrap();
        let seen = Observation::new(&source, random.stochastic(n, 3)).unwrap();
        let ground = DMatrix::from_fn(m, k, |_, _| random.uniform());
        let target = random.pmf(k);
        // Every letter of the target comes from the nearest reproduction.
        let smallest: f64 =
            ground.column_iter().zip(target.iter()).map(|(column, mass)| mass * column.min()).sum();
        let natural = Perception::transport(target, ground).unwrap();
        let distortion = DMatrix::from_fn(n, m, |_, _| random.uniform());
        let restoration =
            Restoration::new(&seen, &Distortion::matrix(distortion).unwrap(), natural).unwrap();
        let least = restoration.perception_at(INF).unwrap();
        assert_abs_diff_eq!(least.value, smallest, epsilon = 1e-14);
        assert_abs_diff_eq!(least.lower, smallest, epsilon = 1e-14);
        let found = restoration.smallest_distortion_at(smallest + 0.01).unwrap();
        assert!(found.status == Status::Certified && found.perception <= smallest + 0.01);
        assert!(matches!(
            restoration.smallest_distortion_at(0.9 * smallest),
            Err(RdcError::Infeasible(_))
        ));
    }
}

#[test]
fn bad_input() {
    let source = Source::new(pmf(&[0.6, 0.4]), DMatrix::identity(2, 2)).unwrap();
    let seen = Observation::new(&source, DMatrix::identity(2, 2)).unwrap();
    let natural = |entries: &[f64]| Perception::total_variation(pmf(entries)).unwrap();
    let hamming = |letters| Distortion::hamming(letters).unwrap();
    let refused = |result: Result<Restoration, RdcError>, argument: &str| {
        let Err(RdcError::Shape { argument: found, .. }) = result else { panic!("{argument}") };
        assert_eq!(found, argument);
    };
    refused(Restoration::new(&seen, &hamming(3), natural(&[0.6, 0.4])), "cost");
    refused(Restoration::new(&seen, &hamming(2), natural(&[0.6, 0.3, 0.1])), "distortion");
    let restoration = Restoration::new(&seen, &hamming(2), natural(&[0.6, 0.4])).unwrap();
    let three = Classifier::hard(&[0, 1, 1]).unwrap();
    refused(restoration.clone().with_classifier(&three), "classifier");
    let absent = Classifier::hard(&[0, 2]).unwrap();
    let result = restoration.clone().with_classifier(&absent);
    assert!(matches!(result, Err(RdcError::ClassOutOfRange { .. })));
    for bad in [-1.0, f64::NAN] {
        for result in [
            restoration.perception_at(bad),
            restoration.error_at(bad, 0.1),
            restoration.error_at(0.1, bad),
            restoration.smallest_distortion_at(bad),
        ] {
            assert!(matches!(result, Err(RdcError::Value { .. })), "{result:?}");
        }
    }
}

#[test]
fn a_subnormal_letter_of_the_target_is_finitely_far() {
    let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), DMatrix::identity(2, 2)).unwrap();
    let seen = Observation::new(&source, DMatrix::identity(2, 2)).unwrap();
    let hamming = Distortion::hamming(2).unwrap();
    for tiny in [1e-250, 1e-310, f64::from_bits(1)] {
        let target = Perception::kullback_leibler(DVector::from_vec(vec![1.0, tiny])).unwrap();
        let restoration = Restoration::new(&seen, &hamming, target.clone()).unwrap();
        // Of distortion 0.2 the closest output to the target has letter 1 with probability 0.1.
        let least = target.divergence(&DVector::from_vec(vec![0.9, 0.1])).unwrap();
        let found = restoration.perception_at(0.2).unwrap();
        assert!(found.lower <= least && least <= found.value * (1.0 + 1e-12));
        assert!(found.value.is_finite() && found.value == found.perception);
    }
}
