//! The Legendre transform of R: the planes of given slopes that touch it.

use crate::theorem1::Bracket;
use crate::{Plane, Problem, Rdc, RdcError, Settings, SurfacePoint};
use nalgebra::DVector;

/// Multiples of the machine epsilon, relative to the largest term of a bound, that its rounding may cost.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// The Legendre transform at two slopes, `F(s, t) = min I(X; X^) + s E[Delta] + t eps` over all channels.
///
/// `R(D, E) >= F(s, t) - s D - t E` at all budgets, with equality where the plane touches; and R is the largest of these
/// planes: `R(D, E) = max over s, t >= 0 of F(s, t) - s D - t E`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Transform {
    /// \[s, t\] in bits per unit, `>= 0`.
    pub slopes: [f64; 2],
    /// F in bits.
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
    /// [`Problem::solve_at`].
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
        let point = SurfacePoint::from(&solution);
        let upper = point.rate + s * point.achieved[0] + t * point.achieved[1];
        let lower = blahut(self.problem(), &solution.certificate, slopes).max(0.0).min(upper);
        Ok(Transform { slopes, value: Bracket::new(lower, upper)?, point })
    }
}

/// `-sum_x p_x log2 t_x - log2 max_y c_y <= F` in bits for any pmf q, with the sums of the crate's first page.
///
/// A solution's own bound is one on R, and lifted to 0 where R is.
fn blahut(problem: &Problem, q: &DVector<f64>, slopes: [f64; 2]) -> f64 {
    let mut c = DVector::<f64>::zeros(problem.reproductions);
    let offsets = problem.costs.iter().zip(slopes).map(|(cost, s)| s * cost.offset);
    let mut bound: f64 = offsets.sum();
    let mut terms = bound;
    for (x, &p) in problem.pmf.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        let pairs = problem.allowed.of(x, problem.reproductions);
        let exponents: Vec<f64> = (0..q.len())
            .map(|y| {
                let priced = problem.costs.iter().zip(slopes);
                let price = priced.map(|(cost, s)| s * cost.scale * cost.matrix[(y, x)]);
                let usable = pairs.is_none_or(|pairs| pairs[y]);
                if usable { -price.sum::<f64>() } else { f64::NEG_INFINITY }
            })
            .collect();
        let used = exponents.iter().zip(q).filter(|(_, q)| **q > 0.0);
        let most = used.map(|(exponent, _)| *exponent).fold(f64::NEG_INFINITY, f64::max);
        let tilted = |y: usize| (exponents[y] - most).exp2();
        let t: f64 = (0..q.len()).filter(|&y| q[y] > 0.0).map(|y| q[y] * tilted(y)).sum();
        (0..q.len()).for_each(|y| c[y] += p * tilted(y) / t);
        let term = p * (t.log2() + most);
        bound -= term;
        terms += term.abs();
    }
    let log_max = c.max().log2();
    let bound = bound - log_max - ROUNDING * (1.0 + terms + log_max.abs());
    if bound.is_nan() { f64::NEG_INFINITY } else { bound }
}
