//! The predefined classifier c0 that reads the reproduction.

use super::source::{Source, check_classes};
use crate::error::RdcError;
use crate::validate;
use nalgebra::DMatrix;

/// The predefined classifier c0: what class it reads from each reproduction letter.
///
/// It is fixed before the test channel is chosen. That is what makes the classification error linear in the
/// channel, and so Theorem 1 hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier(Rule);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    Hard(Vec<usize>),
    Soft(DMatrix<f64>),
}

impl Classifier {
    /// A hard classifier: `class_of[y]` is the class of reproduction letter y.
    ///
    /// The paper's decision region R_0 of eq. (4) is the set of letters with class 0; any number of classes
    /// may occur. Whether each class exists is checked against the source by [`Rdc::new`](crate::Rdc::new).
    ///
    /// # Errors
    /// An empty list.
    pub fn hard(class_of: &[usize]) -> Result<Self, RdcError> {
        validate::not_empty("classifier", class_of.len())?;
        Ok(Self(Rule::Hard(class_of.to_vec())))
    }

    /// A soft classifier: `decisions[(y, k)]` is the probability that letter y is read as class k (m x k, each
    /// row a pmf).
    ///
    /// # Errors
    /// An empty matrix, entries that are negative or not finite, rows that are off from 1 by more than 1e-9.
    pub fn soft(decisions: DMatrix<f64>) -> Result<Self, RdcError> {
        let mut decisions = decisions;
        validate::stochastic_rows("classifier", &mut decisions)?;
        Ok(Self(Rule::Soft(decisions)))
    }

    /// The number of reproduction letters m.
    #[must_use]
    pub fn letters(&self) -> usize {
        match &self.0 {
            Rule::Hard(class_of) => class_of.len(),
            Rule::Soft(decisions) => decisions.nrows(),
        }
    }

    #[cfg(any(feature = "proptest", feature = "serde"))]
    pub(crate) fn rule(&self) -> &Rule {
        &self.0
    }

    /// The cost of classification: the n x m matrix of `P(c0(y) != K | X = x)`.
    ///
    /// Its average under the joint law of X and X^ is the classification error rate of the paper's eq. (5),
    /// for any number of classes, since K - X - X^ is a Markov chain:
    /// `eps = sum_x p(x) sum_y W(y|x) sum_k P(k|x) (1 - c0(k|y))`.
    ///
    /// # Errors
    /// A class that the source does not have.
    pub fn error_matrix(&self, source: &Source) -> Result<DMatrix<f64>, RdcError> {
        let classes = source.classes();
        // Sums of the wrong classes rather than 1 - (the right one): small errors keep their digits.
        let misread = match &self.0 {
            Rule::Hard(class_of) => {
                check_classes("classifier", class_of, classes)?;
                DMatrix::from_fn(classes, class_of.len(), |k, y| f64::from(class_of[y] != k))
            }
            Rule::Soft(decisions) => {
                let rule = "one column per class of the source";
                validate::count("classifier", "columns", decisions.ncols(), classes, rule)?;
                let others = DMatrix::from_fn(classes, classes, |i, k| f64::from(i != k));
                (decisions * others).transpose()
            }
        };
        Ok(source.posterior() * misread)
    }
}
