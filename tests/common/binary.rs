//! Random binary sources, classifiers and budgets.

use super::random::Random;
use super::{INF, count, pmf, rows};
use rdc_theory::{BinaryClassifier, BinaryPoint, BinaryRdc, Classifier, Distortion, Rdc, Source};

/// A source, a classifier and two budgets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BinaryCase {
    pub(crate) p: f64,
    pub(crate) posterior: [f64; 2],
    pub(crate) classifier: BinaryClassifier,
    pub(crate) d: f64,
    pub(crate) e: f64,
}

impl BinaryCase {
    pub(crate) fn new(random: &mut Random) -> Self {
        let probability = |random: &mut Random| match random.below(12) {
            0 => 0.0,
            1 => 0.5,
            2 => 1.0,
            3 if random.chance(0.3) => random.magnitude(-300.0, -9.0),
            3 => random.magnitude(-9.0, -1.0),
            4 => 1.0 - random.magnitude(-9.0, -1.0),
            _ => random.uniform(),
        };
        let p = probability(random);
        let posterior = match random.below(20) {
            // Both flips weigh the same, or nearly so.
            0 => {
                let eta = probability(random);
                [eta, 1.0 - eta]
            }
            1 => {
                let eta = random.between(0.01, 0.99);
                [eta, 1.0 - eta + random.magnitude(-16.0, -6.0)]
            }
            _ => [probability(random), probability(random)],
        };
        let classifier = BinaryClassifier::ALL[[0, 0, 1, 1, 2, 3][random.below(6)]];
        let mut case = Self { p, posterior, classifier, d: INF, e: INF };
        (case.d, case.e) = case.budgets(random);
        case
    }

    /// Budgets between what can be met and what hardly matters, those on a boundary of two regimes among them.
    fn budgets(&self, random: &mut Random) -> (f64, f64) {
        let rdc = self.binary();
        let share = |random: &mut Random| match random.below(10) {
            0 => 0.0,
            1 => 1.0,
            2 => random.magnitude(-12.0, 0.0),
            _ => random.uniform(),
        };
        let between = |low: f64, high: f64, share: f64| low + share * (high - low);
        let d = match random.below(8) {
            0 => 0.0,
            1 => INF,
            2 if random.chance(0.2) => 1.0 - random.magnitude(-17.0, -1.0),
            2 => random.between(0.5, 1.2),
            3 if random.chance(0.2) => random.magnitude(-320.0, -1.0),
            _ => random.uniform() * self.p.min(1.0 - self.p) * 1.2,
        };
        let (least, free) = (rdc.smallest_error(d).unwrap(), rdc.flat_in_error_from(d).unwrap());
        let e = match random.below(10) {
            0 => INF,
            1 => free + random.uniform() * 0.1,
            _ => between(least, free, share(random)),
        };
        let boundary = match random.below(8) {
            0 => rdc.d1(e).unwrap(),
            1 => rdc.d2(e).unwrap(),
            2 => rdc.flat_in_distortion_from(e).unwrap(),
            3 => rdc.smallest_distortion(e).unwrap(),
            4 => rdc.flat_in_distortion_from(e).unwrap().map(|flat| flat + random.uniform() * 0.2),
            _ => None,
        };
        (boundary.unwrap_or(d), e)
    }

    pub(crate) fn binary(&self) -> BinaryRdc {
        BinaryRdc::new(self.p, self.posterior, self.classifier).unwrap()
    }

    pub(crate) fn point(&self) -> BinaryPoint {
        self.binary().point(self.d, self.e).unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }

    /// The same function by the general solver.
    pub(crate) fn general(&self) -> Rdc {
        let posterior = rows(&self.posterior.map(|one| [1.0 - one, one]));
        let source = Source::new(pmf(&[1.0 - self.p, self.p]), posterior).unwrap();
        let classifier = Classifier::hard(&self.classifier.class_of()).unwrap();
        Rdc::new(&source, Distortion::hamming(2).unwrap(), &classifier).unwrap()
    }
}

/// Cases that an earlier version got wrong, in what rounding makes of weights that are nearly equal and of budgets on an
/// edge.
const HARD: [BinaryCase; 9] = [
    BinaryCase {
        p: 0.503_740_627_448_646_6,
        posterior: [0.088_520_921_046_733_81, 0.983_237_779_531_760_5],
        classifier: BinaryClassifier::Flipped,
        d: 0.501_256_215_777_453,
        e: 0.486_826_672_096_251_8,
    },
    BinaryCase {
        p: 0.296_868_883_261_786_2,
        posterior: [0.828_136_665_426_796_4, 0.171_863_334_573_203_57],
        classifier: BinaryClassifier::Identity,
        d: 0.939_959_526_714_710_5,
        e: 0.211_266_295_962_166_62,
    },
    BinaryCase {
        p: 0.5,
        posterior: [0.000_364_719_908_814_938_83, 0.999_635_280_091_185_1],
        classifier: BinaryClassifier::Flipped,
        d: 0.846_321_871_383_259,
        e: 0.153_930_749_579_444_1,
    },
    BinaryCase {
        p: 0.448_142_868_736_567_5,
        posterior: [0.609_525_894_360_296_7, 0.390_474_105_639_703_3],
        classifier: BinaryClassifier::Identity,
        d: 0.411_809_402_356_707,
        e: 0.519_318_308_162_101_4,
    },
    BinaryCase {
        p: 0.011_448_986_269_249_617,
        posterior: [1.083_300_510_959_140_3e-9, 0.999_999_760_168_526_1],
        classifier: BinaryClassifier::Flipped,
        d: 0.994_097_979_904_717_8,
        e: 0.005_902_021_081_026_944,
    },
    // Both diagonal cells are all but empty.
    BinaryCase {
        p: 0.3,
        posterior: [0.76, 0.26],
        classifier: BinaryClassifier::Identity,
        d: 1.0 - 0.5 * f64::EPSILON,
        e: 0.35,
    },
    // P(X = 1) is lost beside D.
    BinaryCase {
        p: 1e-17,
        posterior: [0.1, 0.8],
        classifier: BinaryClassifier::Identity,
        d: 0.5,
        e: 0.1,
    },
    // Products of probabilities are no doubles.
    BinaryCase {
        p: 1e-300,
        posterior: [0.2, 0.9],
        classifier: BinaryClassifier::Identity,
        d: 0.3,
        e: 0.2,
    },
    // A weight of 2.5e-11.
    BinaryCase {
        p: 0.144_199_529_643_081_7,
        posterior: [0.499_999_999_987_591_04, 0.8],
        classifier: BinaryClassifier::Identity,
        d: 0.834_548_626_644_001,
        e: 0.456_740_141_117_167_7,
    },
];

/// Those, and `RDC_CASES` random ones (12,000 by default).
pub(crate) fn cases() -> impl Iterator<Item = BinaryCase> {
    let random = (0..count(12_000)).map(|seed| BinaryCase::new(&mut Random::new(4, seed)));
    HARD.into_iter().chain(random)
}
