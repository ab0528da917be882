//! The Legendre transform of R: the planes of given slopes that touch it.

use crate::error::RdcError;
use crate::functions::rdc::Rdc;
use crate::result::bracket::Bracket;
use crate::result::plane::Plane;
use crate::result::point::SurfacePoint;
use crate::result::settings::Settings;
use crate::result::solution::{BOUND_ROUNDING, Status};
use crate::result::verdict::Verdict;
use crate::solver::slope::lagrangian_lower_bound;

/// The Legendre transform at two slopes, `F(s, t) = min I(X; X^) + s E[Delta] + t eps` over all channels.
///
/// `R(D, E) >= F(s, t) - s D - t E` at all budgets, with equality where the plane touches; and R is the largest of these
/// planes: `R(D, E) = max over s, t >= 0 of F(s, t) - s D - t E`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Transform {
    /// \[s, t\] in bits per unit, `>= 0`.
    pub slopes: [f64; 2],
    /// F in bits; from 0 to `+inf` where bounds contradicted each other ([`Status::Inconsistent`]).
    pub value: Bracket,
    /// Where the plane comes within the width of the bracket of R: the point at the budgets
    /// [`achieved`](SurfacePoint::achieved). On a straight segment of these slopes it is any point.
    pub point: SurfacePoint,
}

impl Transform {
    /// The plane of these slopes, below R everywhere.
    #[must_use]
    pub fn plane(&self) -> Plane {
        Plane { height: self.value.lower(), at: [0.0; 2], slopes: self.slopes }
    }
}

impl Rdc {
    /// The plane of slopes `[s, t] = [-dR/dD, -dR/dE]` that touches R, and where it does: a curve by its slopes is a list of
    /// these.
    ///
    /// ```
    /// # use rdc_theory::{Classifier, Distortion, Rdc, RdcError, Source};
    /// # use rdc_theory::nalgebra::{DMatrix, DVector};
    /// # let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
    /// # let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
    /// # let rdc = Rdc::new(&source, Distortion::hamming(2)?, &Classifier::hard(&[0, 1])?)?;
    /// let slopes = [0.5, 1.0, 2.0, 4.0, 8.0];
    /// let curve: Result<Vec<_>, RdcError> = slopes.iter().map(|&s| rdc.transform(s, 0.0)).collect();
    /// for at in curve? {
    ///     let [d, _] = at.point.achieved;
    ///     println!("{d} {}", at.point.rate);
    ///     assert!(at.plane().value(0.1, 0.2) <= rdc.solve(0.1, 0.2)?.rate);
    /// }
    /// # Ok::<(), RdcError>(())
    /// ```
    ///
    /// # Errors
    /// A slope that is negative, NaN, or more than 1e150 per average cost of a letter.
    pub fn transform(&self, s: f64, t: f64) -> Result<Transform, RdcError> {
        self.transform_with(s, t, &Settings::default())
    }

    /// The plane of these slopes. Where it touches at R = 0, the bracket may be wider than the tolerance, see
    /// [`Problem::solve_at`](crate::Problem::solve_at).
    ///
    /// # Errors
    /// As for [`Rdc::transform`].
    pub fn transform_with(
        &self,
        s: f64,
        t: f64,
        settings: &Settings,
    ) -> Result<Transform, RdcError> {
        let slopes = [s, t];
        let solution = self.problem().solve_at_with(&slopes, settings)?;
        let mut point = SurfacePoint::from(&solution);
        let upper = point.rate + s * point.achieved[0] + t * point.achieved[1];
        let lower = lagrangian_lower_bound(self.problem(), &slopes, &solution.certificate);
        let lower = lower.max(0.0);
        let verdict = Verdict::of(lower, upper, 0.0, BOUND_ROUNDING * (1.0 + upper));
        if verdict == Verdict::Crossed {
            point.status = Status::Inconsistent;
        }
        let value = if point.status == Status::Inconsistent {
            Bracket::new(0.0, f64::INFINITY)?
        } else {
            Bracket::new(lower.min(upper), upper)?
        };
        Ok(Transform { slopes, value, point })
    }
}
