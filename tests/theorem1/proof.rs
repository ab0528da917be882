//! The proof of Theorem 1, step by step, on random sources and channels. Numbers in brackets are the paper's equations.

use crate::common::random::Random;
use crate::common::{exact, expected, stochastic};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Classifier, Distortion, Rdc, Solution, Source};

const ROUNDING: f64 = 1e-12;

/// What the brackets of solutions leave open.
const GAP: f64 = 2e-9;

/// A source, a distortion and a classifier, with the matrices that the steps are recomputed from.
struct Labelled {
    source: Source,
    distortion: DMatrix<f64>,
    /// `decisions[(y, k)]`: the probability that c0 reads class k from letter y.
    decisions: DMatrix<f64>,
}

/// Rows from nearly even to nearly deterministic, some entries zero.
fn random_channel(random: &mut Random, n: usize, m: usize) -> DMatrix<f64> {
    let mut channel = DMatrix::from_fn(n, m, |_, _| random.magnitude(-4.0, 0.0));
    for x in 0..n {
        if random.chance(0.5) && m > 1 {
            channel[(x, random.below(m))] = 0.0;
        }
    }
    stochastic(channel)
}

impl Labelled {
    fn random(random: &mut Random) -> Self {
        let (n, m, classes) = (1 + random.size(5), 1 + random.size(5), 1 + random.size(3));
        let joint = DMatrix::from_fn(n, classes, |_, _| random.magnitude(-3.0, 0.0));
        let total = joint.sum();
        let distortion = DMatrix::from_fn(n, m, |_, _| random.uniform());
        let decisions = DMatrix::from_fn(m, classes, |_, _| random.magnitude(-2.0, 0.0));
        Self {
            source: Source::from_joint(joint / total).unwrap(),
            distortion,
            decisions: stochastic(decisions),
        }
    }

    fn channel(&self, random: &mut Random) -> DMatrix<f64> {
        random_channel(random, self.distortion.nrows(), self.distortion.ncols())
    }

    fn information(&self, channel: &DMatrix<f64>) -> f64 {
        exact::information(self.source.pmf(), channel)
    }

    fn classifier(&self) -> Classifier {
        Classifier::soft(self.decisions.clone()).unwrap()
    }

    fn distortion_of(&self, channel: &DMatrix<f64>) -> f64 {
        expected(self.source.pmf(), channel, &self.distortion)
    }

    fn error_of(&self, channel: &DMatrix<f64>) -> f64 {
        expected(self.source.pmf(), channel, &self.classifier().error_matrix(&self.source).unwrap())
    }

    /// (5), from the joint law of label, source letter, reproduction and decision.
    fn error_by_definition(&self, channel: &DMatrix<f64>) -> f64 {
        let right = |(k, x, y): (usize, usize, usize)| {
            let (p, posterior) = (self.source.pmf()[x], self.source.posterior()[(x, k)]);
            p * posterior * channel[(x, y)] * self.decisions[(y, k)]
        };
        let (n, m) = self.distortion.shape();
        let all = (0..self.source.classes())
            .flat_map(|k| (0..n).flat_map(move |x| (0..m).map(move |y| (k, x, y))));
        1.0 - all.map(right).sum::<f64>()
    }

    /// The error of the Bayes rule on X^: the best free classifier.
    fn free_error_of(&self, channel: &DMatrix<f64>) -> f64 {
        let weighted = DMatrix::from_diagonal(self.source.pmf()) * channel;
        let joint = weighted.tr_mul(self.source.posterior());
        1.0 - joint.row_iter().map(|row| row.max()).sum::<f64>()
    }

    fn rdc(&self) -> Rdc {
        let distortion = Distortion::matrix(self.distortion.clone()).unwrap();
        Rdc::new(&self.source, distortion, &self.classifier()).unwrap()
    }
}

/// (16).
fn mixed(share: f64, first: &DMatrix<f64>, second: &DMatrix<f64>) -> DMatrix<f64> {
    first * share + second * (1.0 - share)
}

fn between(share: f64, first: f64, second: f64) -> f64 {
    share * first + (1.0 - share) * second
}

/// Random cases, each with two channels and a share.
fn cases(stream: u64, count: u64) -> impl Iterator<Item = (Labelled, [DMatrix<f64>; 2], f64)> {
    (0..count).map(move |seed| {
        let mut random = Random::new(stream, seed);
        let case = Labelled::random(&mut random);
        let channels = [case.channel(&mut random), case.channel(&mut random)];
        (case, channels, random.uniform())
    })
}

/// (15), and it is not linear: the mixture's loss is positive where the channels differ.
#[test]
fn information_is_convex_in_the_channel() {
    let mut strictly = 0;
    for (case, [first, second], share) in cases(40, 3000) {
        let mixture = case.information(&mixed(share, &first, &second));
        let chord = between(share, case.information(&first), case.information(&second));
        assert!(mixture <= chord + ROUNDING, "{mixture} > {chord}");
        strictly += u32::from(mixture < chord - 1e-6);
    }
    assert!(strictly > 2500, "{strictly}");
}

/// (10) and the first two lines of (18), with equality.
#[test]
fn the_error_of_a_predefined_classifier_is_linear_in_the_channel() {
    for (case, [first, second], share) in cases(41, 2000) {
        let mixture = case.error_by_definition(&mixed(share, &first, &second));
        let [a, b] = [&first, &second].map(|channel| case.error_by_definition(channel));
        assert!((mixture - between(share, a, b)).abs() < ROUNDING);
        assert!((case.error_of(&first) - a).abs() < ROUNDING, "the cost matrix is the error rate");
    }
}

/// Assumption 1 with the inequality turned round, and strict where the maps differ.
#[test]
fn the_error_of_a_free_classifier_is_concave() {
    let mut strictly = 0;
    for (case, [first, second], share) in cases(42, 2000) {
        let mixture = case.free_error_of(&mixed(share, &first, &second));
        let chord = between(share, case.free_error_of(&first), case.free_error_of(&second));
        assert!(mixture >= chord - ROUNDING, "{mixture} < {chord}");
        strictly += u32::from(mixture > chord + 1e-3);
    }
    assert!(strictly > 500, "{strictly}");
}

/// (19): (a), (b) and (c), the conditional expectations in between.
#[test]
fn the_distortion_is_linear_by_the_law_of_total_expectation() {
    for (case, [first, second], share) in cases(43, 2000) {
        let given = |channel: &DMatrix<f64>| -> DVector<f64> {
            let letters = channel.row_iter().zip(case.distortion.row_iter());
            DVector::from_iterator(channel.nrows(), letters.map(|(w, d)| w.dot(&d)))
        };
        let mixture = mixed(share, &first, &second);
        let total = |conditional: &DVector<f64>| case.source.pmf().dot(conditional);
        assert!((case.distortion_of(&mixture) - total(&given(&mixture))).abs() < ROUNDING, "(a)");
        let conditional = given(&first) * share + given(&second) * (1.0 - share);
        assert!((given(&mixture) - &conditional).amax() < ROUNDING, "(b)");
        let chord = between(share, case.distortion_of(&first), case.distortion_of(&second));
        assert!((total(&conditional) - chord).abs() < ROUNDING, "(c)");
    }
}

/// (17), for any channel in the place of the mixture.
#[test]
fn the_rate_at_a_channels_own_costs_is_at_most_its_information() {
    for (case, [channel, _], _) in cases(44, 300) {
        let (d, e) = (case.distortion_of(&channel), case.error_of(&channel));
        let rate = case.rdc().solve(d, e).unwrap();
        assert!(rate.lower <= case.information(&channel) + ROUNDING);
    }
}

/// Monotonicity: a channel that meets the smaller budgets meets the larger ones.
#[test]
fn the_channel_of_smaller_budgets_is_one_for_larger_ones() {
    for (case, [channel, _], share) in cases(45, 300) {
        let (d, e) = (case.distortion_of(&channel), case.error_of(&channel));
        let rdc = case.rdc();
        let [small, large] = [(d, e), (d + 0.1 * share, e + 0.1 * (1.0 - share))]
            .map(|(d, e)| rdc.solve(d, e).unwrap());
        for constraint in &large.constraints {
            let cost = small.constraints.iter().find(|c| c.name == constraint.name).unwrap();
            assert!(cost.achieved <= constraint.budget);
        }
        assert!(large.lower <= small.rate + ROUNDING);
    }
}

/// (12) to (20) on the channels that attain (13) and (14), each step between certified bounds.
#[test]
fn the_steps_lead_from_the_chord_to_the_rate_between() {
    for (case, channels, share) in cases(46, 300) {
        let rdc = case.rdc();
        let budgets = channels.map(|w| [case.distortion_of(&w) + 0.01, case.error_of(&w) + 0.01]);
        let ends: [Solution; 2] = budgets.map(|[d, e]| rdc.solve(d, e).unwrap());
        for (end, [d, e]) in ends.iter().zip(budgets) {
            // (13), (14): the minimum is attained.
            assert!(case.distortion_of(&end.channel) <= d + ROUNDING);
            assert!(case.error_of(&end.channel) <= e + ROUNDING);
            assert!((case.information(&end.channel) - end.rate).abs() < ROUNDING);
        }
        let mixture = mixed(share, &ends[0].channel, &ends[1].channel);
        let chord = between(share, ends[0].rate, ends[1].rate);
        assert!(case.information(&mixture) <= chord + ROUNDING, "(15)");
        let own = [case.distortion_of(&mixture), case.error_of(&mixture)];
        let [d, e] = [0, 1].map(|k| between(share, budgets[0][k], budgets[1][k]));
        assert!(own[0] <= d + ROUNDING && own[1] <= e + ROUNDING, "(18), (19)");
        let [at_own, at_mixed] = [(own[0], own[1]), (d, e)].map(|(d, e)| rdc.solve(d, e).unwrap());
        assert!(at_own.lower <= case.information(&mixture) + ROUNDING, "(17)");
        assert!(at_mixed.lower <= at_own.rate + GAP, "(20)");
        assert!(at_mixed.lower <= chord + ROUNDING, "(11)");
    }
}
