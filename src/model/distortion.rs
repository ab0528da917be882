//! Distortion measures between source and reproduction letters.

use crate::error::RdcError;
use crate::validate;
use nalgebra::DMatrix;

/// A distortion measure: the n x m matrix of `Delta(x, y) >= 0`, with `+inf` for forbidden pairs.
///
/// It is a distance; a cost that may be negative, such as a loss of utility, is one of
/// [`Problem::with_cost`](crate::Problem::with_cost).
#[derive(Debug, Clone, PartialEq)]
pub struct Distortion(DMatrix<f64>);

impl Distortion {
    /// Any matrix (n x m, a row per source letter), entries in \[0, 1e150\] or `+inf`.
    ///
    /// # Errors
    /// An empty matrix, or an entry that is negative, NaN, or finite and above 1e150.
    pub fn matrix(matrix: DMatrix<f64>) -> Result<Self, RdcError> {
        validate::distances("distortion", &matrix)?;
        Ok(Self(matrix))
    }

    /// Hamming distortion on an alphabet of `letters` letters: 0 where x = y, else 1.
    ///
    /// # Errors
    /// No letters, or more than a matrix in memory can have.
    pub fn hamming(letters: usize) -> Result<Self, RdcError> {
        validate::addressable("letters", letters, letters)?;
        Self::matrix(DMatrix::from_fn(letters, letters, |x, y| f64::from(x != y)))
    }

    /// Squared error between points, `sum_i (a_i - b_i)^2`: a row per letter (n x dim and m x dim).
    ///
    /// # Errors
    /// No points, coordinates that are not finite, points of different dimensions, or a distance above 1e150.
    pub fn squared_error(
        source: &DMatrix<f64>,
        reproduction: &DMatrix<f64>,
    ) -> Result<Self, RdcError> {
        Self::between(source, reproduction, |difference| difference * difference)
    }

    /// Absolute error between points, `sum_i |a_i - b_i|`: a row per letter (n x dim and m x dim).
    ///
    /// # Errors
    /// As for [`Distortion::squared_error`].
    pub fn absolute_error(
        source: &DMatrix<f64>,
        reproduction: &DMatrix<f64>,
    ) -> Result<Self, RdcError> {
        Self::between(source, reproduction, f64::abs)
    }

    fn between(
        source: &DMatrix<f64>,
        reproduction: &DMatrix<f64>,
        coordinate: impl Fn(f64) -> f64,
    ) -> Result<Self, RdcError> {
        for (argument, points) in [("source points", source), ("reproduction points", reproduction)]
        {
            validate::not_empty(argument, points.len())?;
            validate::entries(argument, points, "a coordinate must be finite", f64::is_finite)?;
        }
        let rule = "points must have as many coordinates as the source points";
        validate::count(
            "reproduction points",
            "columns",
            reproduction.ncols(),
            source.ncols(),
            rule,
        )?;
        // Points as columns: each distance then reads two contiguous slices.
        let (a, b) = (source.transpose(), reproduction.transpose());
        let matrix = DMatrix::from_fn(a.ncols(), b.ncols(), |x, y| {
            a.column(x).iter().zip(b.column(y).iter()).map(|(a, b)| coordinate(a - b)).sum()
        });
        let rule = "a distance must be at most 1e150";
        validate::entries("distance", &matrix, rule, |d| d <= validate::LARGEST_COST)?;
        Ok(Self(matrix))
    }

    /// The same measure in another unit, every entry times `factor` in (0, 1e150]: `1/64` turns the squared
    /// error of an 8 x 8 image into the squared error per pixel.
    ///
    /// # Errors
    /// A factor outside (0, 1e150], or one that lifts an entry above 1e150.
    pub fn scaled(self, factor: f64) -> Result<Self, RdcError> {
        let rule = "a factor must lie in (0, 1e150]";
        validate::scalar("factor", factor, rule, factor > 0.0 && factor <= validate::LARGEST_COST)?;
        Self::matrix(self.0 * factor)
    }

    /// The matrix, n x m.
    #[must_use]
    pub fn as_matrix(&self) -> &DMatrix<f64> {
        &self.0
    }

    pub(crate) fn into_matrix(self) -> DMatrix<f64> {
        self.0
    }
}
