//! The curve of distortion against error at a given rate.

use crate::error::RdcError;
use crate::functions::rdc::Rdc;
use crate::queries::inverse::least_budget::AtRate;
use crate::result::point::SurfacePoint;
use crate::result::settings::Settings;

/// The least distortion at a rate and an error budget: a point of the curve on which R(D,E) has this rate.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LevelPoint {
    /// The error budget E.
    pub error: f64,
    /// No distortion below this is enough; `+inf` if none is.
    pub lower: f64,
    /// This distortion is enough; `+inf` if none was found to be.
    pub upper: f64,
    /// R at (`upper`, E), if that is finite.
    pub point: Option<SurfacePoint>,
}

impl Rdc {
    /// The least distortion at a rate in bits for each of a list of error budgets, in their order: R(D,E) = `rate` on the
    /// curve through them where the budget is felt. It is convex and decreasing, as R is.
    ///
    /// R against one budget with the other fixed is a surface of one row, see [`Rdc::surface`].
    ///
    /// ```
    /// # use rdc_theory::{Classifier, Distortion, Rdc, RdcError, Settings, Source};
    /// # use rdc_theory::nalgebra::{DMatrix, DVector};
    /// # let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
    /// # let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
    /// # let rdc = Rdc::new(&source, Distortion::hamming(2)?, &Classifier::hard(&[0, 1])?)?;
    /// let curve = rdc.level(0.5, &[0.1, 0.2, 0.3], &Settings::default())?;
    /// assert_eq!(curve[0].lower, f64::INFINITY); // no channel has so few errors
    /// assert!(curve[1].upper >= curve[2].lower);
    /// # Ok::<(), RdcError>(())
    /// ```
    ///
    /// # Errors
    /// A rate or a budget that is negative or NaN.
    pub fn level(
        &self,
        rate: f64,
        errors: &[f64],
        settings: &Settings,
    ) -> Result<Vec<LevelPoint>, RdcError> {
        errors.iter().map(|&error| self.level_point(rate, error, settings)).collect()
    }

    fn level_point(
        &self,
        rate: f64,
        error: f64,
        settings: &Settings,
    ) -> Result<LevelPoint, RdcError> {
        let none = LevelPoint { error, lower: f64::INFINITY, upper: f64::INFINITY, point: None };
        match self.distortion_at_with(rate, error, settings) {
            Ok(AtRate::Enough(least)) => Ok(LevelPoint {
                lower: least.lower,
                upper: least.upper,
                point: Some(SurfacePoint::from(&least.solution)),
                ..none
            }),
            Ok(AtRate::TooLittle(solution)) if solution.lower > rate => Ok(none),
            Ok(AtRate::TooLittle(_)) => {
                let lower = self.smallest_distortion(error)?.unwrap_or(f64::INFINITY);
                Ok(LevelPoint { lower, ..none })
            }
            Err(RdcError::Infeasible(_)) => Ok(none),
            Err(error) => Err(error),
        }
    }
}
