//! A source that is seen through a channel.

use super::distortion::Distortion;
use super::source::{Source, checked_pmf};
use crate::error::RdcError;
use crate::validate;
use nalgebra::DMatrix;

/// An observation Y of a labelled source X through a channel `p(y|x)`: the degraded signal of the paper's Definitions 1 and 3.
///
/// Who encodes or restores sees Y alone, so that K - X - Y - X^ is a Markov chain. Costs of X and X^ then are those of Y and X^
/// with `E[d(X, x^) | Y = y]` in the place of `d(x, x^)`, and the rate of the source behind the observation is a
/// rate of Y, an ordinary problem (Dobrushin and Tsybakov 1962; Witsenhausen 1980).
///
/// ```
/// use rdc_theory::nalgebra::{DMatrix, DVector};
/// use rdc_theory::{Classifier, Distortion, Observation, Rdc, Source, binary_entropy};
///
/// let labels = DMatrix::identity(2, 2);
/// let source = Source::new(DVector::from_vec(vec![0.5, 0.5]), labels)?;
/// let seen = Observation::new(&source, DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.1, 0.9]))?;
/// let distortion = seen.distortion(&Distortion::hamming(2)?)?;
/// let rdc = Rdc::new(seen.source(), distortion, &Classifier::hard(&[0, 1])?)?;
/// let rate = rdc.solve(0.2, f64::INFINITY)?.rate;
/// assert!((rate - (1.0 - binary_entropy(0.1 / 0.8))).abs() < 1e-9);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    source: Source,
    /// `p(x|y)`, a row of zeros where y does not occur.
    letters: DMatrix<f64>,
}

impl Observation {
    /// The observation of a source of n letters through `channel[(x, y)] = p(y|x)` (n x o, each row a pmf).
    ///
    /// # Errors
    /// A channel that is empty, has not n rows, has entries that are negative or not finite, or rows that are off from 1 in
    /// sum by more than 1e-9.
    pub fn new(source: &Source, channel: DMatrix<f64>) -> Result<Self, RdcError> {
        let mut channel = channel;
        validate::not_empty("channel", channel.len())?;
        let rule = "one row per letter of the source";
        validate::count("channel", "rows", channel.nrows(), source.letters(), rule)?;
        validate::stochastic_rows("channel", &mut channel)?;
        let pmf = checked_pmf("channel", channel.tr_mul(source.pmf()))?;
        let letters = DMatrix::from_fn(channel.ncols(), channel.nrows(), |y, x| {
            if pmf[y] > 0.0 { source.pmf()[x] * channel[(x, y)] / pmf[y] } else { 0.0 }
        });
        let mut posterior = &letters * source.posterior();
        for mut row in posterior.row_iter_mut() {
            let sum = row.sum();
            let classes = row.len() as f64;
            // Nothing depends on the label of a letter that does not occur.
            row.apply(|v| *v = if sum > 0.0 { *v / sum } else { 1.0 / classes });
        }
        Ok(Self { source: Source::new(pmf, posterior)?, letters })
    }

    /// Y as a labelled source: `p(y)` (length o) and `P(k|y)` (o x k).
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// `E[d(X, x^) | Y = y]` (o x m) of a cost `d(x, x^)` (n x m, entries in \[-1e150, 1e150\] or `+inf`).
    ///
    /// A pair (y, x^) is forbidden where some x that y leaves possible forbids x^. What does not occur as y costs nothing.
    ///
    /// # Errors
    /// A cost that has not n rows, or entries outside their range.
    pub fn average(&self, cost: &DMatrix<f64>) -> Result<DMatrix<f64>, RdcError> {
        validate::costs("cost", cost)?;
        let rule = "one row per letter of the source";
        validate::count("cost", "rows", cost.nrows(), self.letters.ncols(), rule)?;
        Ok(DMatrix::from_fn(self.letters.nrows(), cost.ncols(), |y, to| {
            let likely = self.letters.row(y);
            let costs = cost.column(to);
            let possible = likely.iter().zip(costs.iter()).filter(|&(&p, _)| p > 0.0);
            possible.map(|(p, d)| p * d).sum()
        }))
    }

    /// [`Observation::average`] of a distortion.
    ///
    /// # Errors
    /// As for [`Observation::average`].
    pub fn distortion(&self, distortion: &Distortion) -> Result<Distortion, RdcError> {
        Distortion::matrix(self.average(distortion.as_matrix())?)
    }
}
