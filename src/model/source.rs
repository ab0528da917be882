//! The labelled source: a pmf over letters and a label posterior.

use crate::error::RdcError;
use crate::validate;
use nalgebra::{DMatrix, DVector};

/// A memoryless source X on letters `0..n` whose letters carry a class label K in `0..k`.
///
/// It is stored as the pmf `p(x)` and the posterior `P(k | x)`. The label is what the classifier is judged
/// against; it need not be a function of the letter.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pmf: DVector<f64>,
    posterior: DMatrix<f64>,
}

impl Source {
    /// A source from its pmf (length n) and its label posterior (n x k, each row a pmf over the classes).
    ///
    /// # Errors
    /// Empty arguments, a posterior whose row count is not n, entries that are negative or not finite, and sums
    /// that are off from 1 by more than 1e-9 (closer ones are renormalised). Zero probabilities are allowed.
    pub fn new(pmf: DVector<f64>, posterior: DMatrix<f64>) -> Result<Self, RdcError> {
        let pmf = checked_pmf("pmf", pmf)?;
        let mut posterior = posterior;
        validate::not_empty("posterior", posterior.len())?;
        let rule = "one row per letter of the pmf";
        validate::count("posterior", "rows", posterior.nrows(), pmf.len(), rule)?;
        validate::stochastic_rows("posterior", &mut posterior)?;
        Ok(Self { pmf, posterior })
    }

    /// A source from the joint probabilities `P(x, k)` (n x k, total 1).
    ///
    /// A letter of probability zero gets a uniform posterior, which nothing depends on.
    ///
    /// # Errors
    /// An empty matrix, entries that are negative or not finite, a total off from 1 by more than 1e-9.
    pub fn from_joint(joint: DMatrix<f64>) -> Result<Self, RdcError> {
        let mut joint = joint;
        validate::probabilities("joint", &mut joint)?;
        let pmf = joint.column_sum();
        for (mut row, &p) in joint.row_iter_mut().zip(&pmf) {
            let classes = row.len() as f64;
            row.apply(|v| *v = if p > 0.0 { *v / p } else { 1.0 / classes });
        }
        // The rounding of n k probabilities may leave more than that of n: what a source holds passes its own rules.
        Ok(Self { pmf: checked_pmf("joint", pmf)?, posterior: joint })
    }

    /// A source from a table of counts: `counts[(x, k)]` samples (n x k) were letter x with label k.
    ///
    /// The total is what it is: `P(x, k)` is the count divided by it. (Weights that are not whole numbers, divided by their sum,
    /// are the joint probabilities of [`from_joint`](Self::from_joint).) A letter that was not seen has probability zero and a
    /// uniform posterior, which nothing depends on.
    ///
    /// ```
    /// use rdc_theory::Source;
    /// use rdc_theory::nalgebra::DMatrix;
    /// let source = Source::from_counts(&DMatrix::from_row_slice(2, 2, &[54, 6, 8, 32]))?;
    /// assert_eq!(source.pmf().as_slice(), [0.6, 0.4]);
    /// assert_eq!(source.posterior()[(1, 0)], 0.2);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// An empty table, or one of zeros only.
    pub fn from_counts(counts: &DMatrix<u64>) -> Result<Self, RdcError> {
        validate::not_empty("counts", counts.len())?;
        // The sums of fewer than 2^64 numbers of 64 bits are exact.
        let sum = |counts: &mut dyn Iterator<Item = &u64>| counts.map(|&c| u128::from(c)).sum();
        let total: u128 = sum(&mut counts.iter());
        let rule = "a table of counts must have one that is not 0";
        validate::scalar("the total of counts", total as f64, rule, total > 0)?;
        let of_letter: Vec<u128> = counts.row_iter().map(|row| sum(&mut row.iter())).collect();
        let pmf = DVector::from_fn(counts.nrows(), |x, _| of_letter[x] as f64 / total as f64);
        let posterior = DMatrix::from_fn(counts.nrows(), counts.ncols(), |x, k| {
            if of_letter[x] > 0 {
                counts[(x, k)] as f64 / of_letter[x] as f64
            } else {
                1.0 / counts.ncols() as f64
            }
        });
        Self::new(pmf, posterior)
    }

    /// A source from class priors `P_i` (length k) and class-conditional pmfs `p_i(x)` (k x n, one row per
    /// class): the paper's eq. (3), `p(x) = sum_i P_i p_i(x)`.
    ///
    /// # Errors
    /// As for [`Source::new`], with one row of `conditionals` per prior.
    pub fn from_classes(
        priors: DVector<f64>,
        conditionals: DMatrix<f64>,
    ) -> Result<Self, RdcError> {
        let priors = checked_pmf("priors", priors)?;
        let mut conditionals = conditionals;
        validate::not_empty("conditionals", conditionals.len())?;
        let rule = "one row per class prior";
        validate::count("conditionals", "rows", conditionals.nrows(), priors.len(), rule)?;
        validate::stochastic_rows("conditionals", &mut conditionals)?;
        let joint = DMatrix::from_fn(conditionals.ncols(), priors.len(), |x, k| {
            priors[k] * conditionals[(k, x)]
        });
        Self::from_joint(joint)
    }

    /// The empirical source of a labelled data set: sample x is a letter of its own with probability `1/n` and
    /// the label `labels[x]` in `0..classes`.
    ///
    /// # Errors
    /// An empty list, a label that is not below `classes`, or more classes than a matrix in memory can have.
    pub fn empirical(labels: &[usize], classes: usize) -> Result<Self, RdcError> {
        validate::not_empty("labels", labels.len())?;
        check_classes("labels", labels, classes)?;
        let n = labels.len();
        validate::addressable("classes", classes, n)?;
        let posterior = DMatrix::from_fn(n, classes, |x, k| f64::from(labels[x] == k));
        Ok(Self { pmf: DVector::from_element(n, 1.0 / n as f64), posterior })
    }

    /// The pmf `p(x)`, length n.
    #[must_use]
    pub fn pmf(&self) -> &DVector<f64> {
        &self.pmf
    }

    /// The label posterior `P(k | x)`, n x k.
    #[must_use]
    pub fn posterior(&self) -> &DMatrix<f64> {
        &self.posterior
    }

    /// The number of letters n.
    #[must_use]
    pub fn letters(&self) -> usize {
        self.pmf.len()
    }

    /// The number of classes k.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.posterior.ncols()
    }

    /// The class priors `P_k = sum_x p(x) P(k | x)`, length k.
    #[must_use]
    pub fn class_priors(&self) -> DVector<f64> {
        self.posterior.tr_mul(&self.pmf)
    }
}

/// A pmf that has passed the rules, renormalised.
pub(crate) fn checked_pmf(argument: &str, pmf: DVector<f64>) -> Result<DVector<f64>, RdcError> {
    let mut column = DMatrix::from_vec(pmf.len(), 1, pmf.data.into());
    validate::probabilities(argument, &mut column)?;
    Ok(DVector::from_vec(column.data.into()))
}

pub(crate) fn check_classes(
    argument: &str,
    assigned: &[usize],
    classes: usize,
) -> Result<(), RdcError> {
    let Some(letter) = assigned.iter().position(|&class| class >= classes) else {
        return Ok(());
    };
    Err(RdcError::ClassOutOfRange {
        argument: argument.into(),
        letter,
        class: assigned[letter],
        classes,
    })
}
