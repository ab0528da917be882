//! Where Theorem 1 stops: a classifier that is chosen together with the channel.

use super::rdc::Rdc;
use crate::error::{Infeasible, RdcError};
use crate::model::classifier::Classifier;
use crate::model::distortion::Distortion;
use crate::model::source::Source;
use crate::result::bracket::Bracket;
use crate::result::settings::Settings;
use crate::result::solution::Solution;
use crate::validate;

/// The rate-distortion-classification function with a free classifier: the least rate over all channels *and* all maps
/// from reproduction letters to classes.
///
/// The error of the best map (the Bayes rule on X^) is concave in the channel: Assumption 1, the paper's eq. (10), fails,
/// and on a fixed alphabet Theorem 1 with it. The function is non-increasing, but falls in steps where a further map becomes
/// feasible. On the alphabet of [`Rdc::label_extended`], whose letters name their class, the classifier is predefined
/// again.
///
/// It is the smallest of the functions of all k^m maps from m letters to k classes, so it is for small alphabets.
///
/// ```
/// use rdc_theory::nalgebra::{DMatrix, DVector};
/// use rdc_theory::{Distortion, FreeClassifier, Source};
/// // P(class 1) = 0.475 where X = 0, and 1 where X = 1.
/// let posterior = DMatrix::from_row_slice(2, 2, &[0.525, 0.475, 0.0, 1.0]);
/// let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
/// let free = FreeClassifier::new(&source, Distortion::hamming(2)?)?;
///
/// // At E = P(class 0) = 0.3675 the map that reads class 1 from both letters becomes feasible.
/// let (before, after) = (free.solve(0.1, 0.3674)?, free.solve(0.1, 0.3675)?);
/// assert_eq!((before.classifier, after.classifier), (vec![0, 1], vec![1, 1]));
/// assert!(before.lower - after.solution.rate > 0.04);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FreeClassifier {
    source: Source,
    distortion: Distortion,
    maps: usize,
}

/// The rate with the best map of a [`FreeClassifier`]: `lower <= R <= solution.rate`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FreeSolution {
    /// The class that the best map reads from each reproduction letter, length m.
    pub classifier: Vec<usize>,
    /// The solution for this map; its own lower bound is that of this map alone.
    pub solution: Solution,
    /// The lower bound in bits over all maps, `0 <= lower <= solution.rate`.
    pub lower: f64,
}

impl FreeClassifier {
    /// The most maps there may be.
    pub const MOST_MAPS: usize = 4096;

    /// The function of a source with n letters and k classes, and a distortion n x m.
    ///
    /// # Errors
    /// [`RdcError::Value`] if there are more than [`MOST_MAPS`](Self::MOST_MAPS) maps, k^m; a distortion without n rows, a
    /// source letter of positive probability with forbidden pairs only.
    pub fn new(source: &Source, distortion: Distortion) -> Result<Self, RdcError> {
        let letters = distortion.as_matrix().ncols();
        let maps = (source.classes() as f64).powi(letters.min(64) as i32);
        let rule = "a free classifier must have at most 4096 maps from letters to classes";
        validate::scalar("classes ^ letters", maps, rule, maps <= Self::MOST_MAPS as f64)?;
        Rdc::new(source, distortion.clone(), &Classifier::hard(&vec![0; letters])?)?;
        Ok(Self { source: source.clone(), distortion, maps: maps as usize })
    }

    /// The rate with its bracket, by the default [`Settings`]; `d` and `e` as for [`Rdc::solve`].
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if no map with any channel meets both budgets: the proof is that of the map whose error can
    /// be brought closest to `e`. [`RdcError::Value`] for a budget that is negative or NaN.
    pub fn solve(&self, d: f64, e: f64) -> Result<FreeSolution, RdcError> {
        self.solve_with(d, e, &Settings::default())
    }

    /// The rate with its bracket.
    ///
    /// # Errors
    /// As for [`FreeClassifier::solve`].
    pub fn solve_with(
        &self,
        d: f64,
        e: f64,
        settings: &Settings,
    ) -> Result<FreeSolution, RdcError> {
        let mut best = self.solve_map(self.map(0), d, e, settings);
        for index in 1..self.maps {
            best = better(best, self.solve_map(self.map(index), d, e, settings));
        }
        best
    }

    /// The classes of the letters are the digits of the index.
    fn map(&self, index: usize) -> Vec<usize> {
        let (letters, classes) = (self.distortion.as_matrix().ncols(), self.source.classes());
        let mut rest = index;
        let mut digit = || {
            let class = rest % classes;
            rest /= classes;
            class
        };
        (0..letters).map(|_| digit()).collect()
    }

    fn solve_map(
        &self,
        classifier: Vec<usize>,
        d: f64,
        e: f64,
        settings: &Settings,
    ) -> Result<FreeSolution, RdcError> {
        let c0 = Classifier::hard(&classifier)?;
        let rdc = Rdc::new(&self.source, self.distortion.clone(), &c0)?;
        let solution = rdc.solve_with(d, e, settings)?;
        let lower = solution.lower;
        Ok(FreeSolution { classifier, solution, lower })
    }
}

/// The better of two maps with the bounds of both.
fn better(
    first: Result<FreeSolution, RdcError>,
    second: Result<FreeSolution, RdcError>,
) -> Result<FreeSolution, RdcError> {
    match (first, second) {
        (Ok(first), Ok(second)) => {
            let lower = first.lower.min(second.lower);
            let best = if second.solution.rate < first.solution.rate { second } else { first };
            Ok(FreeSolution { lower, ..best })
        }
        (Err(RdcError::Infeasible(first)), Err(RdcError::Infeasible(second))) => {
            let reach =
                |error: &Infeasible| error.budgets[Rdc::ERROR].smallest.unwrap_or(f64::INFINITY);
            let best = if reach(&second) < reach(&first) { second } else { first };
            Err(RdcError::Infeasible(best))
        }
        (Ok(found), Err(RdcError::Infeasible(_))) | (Err(RdcError::Infeasible(_)), Ok(found)) => {
            Ok(found)
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

impl Rdc {
    /// The function on the label-extended alphabet: reproduction letter `y k + c` (k classes) is letter y of the distortion
    /// with class c written on it, and c0 reads that class.
    ///
    /// The classifier may then depend on the channel and is predefined all the same, so that Theorem 1 holds. The rate is at
    /// most that of a [`FreeClassifier`] on the alphabet of the distortion (n x m).
    ///
    /// # Errors
    /// As for [`Rdc::new`].
    pub fn label_extended(source: &Source, distortion: &Distortion) -> Result<Self, RdcError> {
        let (plain, classes) = (distortion.as_matrix(), source.classes());
        let letters = plain.ncols() * classes;
        let extended = nalgebra::DMatrix::from_fn(plain.nrows(), letters, |x, letter| {
            plain[(x, letter / classes)]
        });
        let written: Vec<usize> = (0..letters).map(|letter| letter % classes).collect();
        Self::new(source, Distortion::matrix(extended)?, &Classifier::hard(&written)?)
    }
}

impl From<&FreeSolution> for Bracket {
    fn from(found: &FreeSolution) -> Self {
        Self::of_bounds(found.lower, found.solution.rate)
    }
}
