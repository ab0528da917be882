//! R(D,E) on a box of budgets to a given accuracy, from few points.

mod domain;
mod game;
mod mesh;
mod refine;

use crate::theorem1::Bracket;
use crate::{Plane, Polyline, Rdc, RdcError, Settings, check};

/// R(D,E) on the feasible part of a box of budgets, certified everywhere on it.
///
/// Above, R is at most the linear interpolation of its upper bounds at the corners of a triangle, as it is convex; below, it
/// is at least the highest of the planes that the corners prove. Where no rate is needed it is 0.
#[derive(Debug, Clone)]
pub struct Interpolant {
    vertices: Vec<InterpolantVertex>,
    triangles: Vec<InterpolantTriangle>,
    planes: Vec<Plane>,
    zero_rate: Option<Polyline>,
    solves: usize,
    /// Whether the triangles cover the domain.
    is_whole: bool,
}

/// A point of R at a corner of triangles.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct InterpolantVertex {
    /// \[D, E\].
    pub budgets: [f64; 2],
    /// R there, in bits.
    pub rate: Bracket,
}

/// A triangle of budgets.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct InterpolantTriangle {
    /// Its corners, as indices of the vertices.
    pub corners: [usize; 3],
    /// Nowhere in it are the bounds further apart, in bits.
    pub error: f64,
}

impl Rdc {
    /// R(D,E) on the part of the box `distortions x errors` that channels meet, to an accuracy in bits everywhere, or as close
    /// to it as `max_solves` points of R (three at least) allow: [`Interpolant::accuracy`] says which.
    ///
    /// The box is cut into triangles; the one whose bounds are furthest apart is cut where they are, until all are close
    /// enough. Slopes are infinite on the frontier of what can be met, so that triangles pile up there. Corners of the
    /// frontier that stand out by less than a millionth of the box are cut off.
    ///
    /// ```
    /// # use rdc_theory::{Classifier, Distortion, Rdc, RdcError, Settings, Source};
    /// # use rdc_theory::nalgebra::{DMatrix, DVector};
    /// # let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
    /// # let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
    /// # let rdc = Rdc::new(&source, Distortion::hamming(2)?, &Classifier::hard(&[0, 1])?)?;
    /// let surface = rdc.interpolant([0.05, 0.3], [0.17, 0.4], 0.01, 1000, &Settings::default())?;
    /// assert!(surface.accuracy() <= 0.01);
    /// let here = surface.bracket(0.1, 0.2).expect("(0.1, 0.2) is in the box and feasible");
    /// let rate = rdc.solve(0.1, 0.2)?.rate;
    /// assert!(here.lower() <= rate && rate <= here.upper() && here.width() <= 0.01);
    /// # Ok::<(), RdcError>(())
    /// ```
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if no channel meets any budgets of the box; [`RdcError::Value`] for an end of the box that is
    /// negative, not finite or beyond 1e150, a box that ends before or where it starts, an accuracy that is not positive.
    pub fn interpolant(
        &self,
        distortions: [f64; 2],
        errors: [f64; 2],
        accuracy: f64,
        max_solves: usize,
        settings: &Settings,
    ) -> Result<Interpolant, RdcError> {
        side("distortions", distortions)?;
        side("errors", errors)?;
        let rule = "an accuracy in bits must be finite and > 0";
        check::scalar("accuracy", accuracy, rule, accuracy.is_finite() && accuracy > 0.0)?;
        refine::interpolant(self, [distortions, errors], accuracy, max_solves, settings)
    }
}

fn side(argument: &str, [start, end]: [f64; 2]) -> Result<(), RdcError> {
    let rule = "an end of the box must lie in [0, 1e150]";
    let usable = |end: f64| (0.0..=check::LARGEST_COST).contains(&end);
    check::scalar(&format!("{argument}[0]"), start, rule, usable(start))?;
    check::scalar(&format!("{argument}[1]"), end, rule, usable(end))?;
    let rule = "the box must end after it starts";
    check::scalar(&format!("{argument}[1]"), end, rule, start < end)
}

impl Interpolant {
    /// The bounds on R(d, e) in bits; `None` outside of the triangles.
    #[must_use]
    pub fn bracket(&self, d: f64, e: f64) -> Option<Bracket> {
        let upper = |triangle: &InterpolantTriangle| {
            let corners = triangle.corners.map(|v| self.vertices[v]);
            let (weights, rounding) =
                domain::weights(corners.map(|vertex| vertex.budgets), [d, e])?;
            let rates = corners.map(|vertex| vertex.rate.upper());
            let most = rates.into_iter().fold(0.0, f64::max);
            let least = rates.into_iter().fold(most, f64::min);
            let between: f64 = rates.iter().zip(weights).map(|(rate, w)| w * rate).sum();
            Some((between + 3.0 * rounding * (most - least)).min(most))
        };
        let upper = self.triangles.iter().filter_map(upper).min_by(f64::total_cmp)?;
        if is_without_rate(self.zero_rate.as_ref(), [d, e]) {
            return Bracket::exact(0.0).ok();
        }
        let planes = self.planes.iter().map(|plane| plane.value(d, e));
        let lower = planes.fold(0.0, f64::max);
        // Where rounding has let them cross, each may be the one that is off.
        Bracket::new(lower.min(upper), upper.max(lower)).ok()
    }

    /// Nowhere are the bounds further apart, in bits; `+inf` if the solves allowed did not suffice to cover the domain, or
    /// if the domain is a point or a line.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let start = if self.is_whole { 0.0 } else { f64::INFINITY };
        self.triangles.iter().map(|triangle| triangle.error).fold(start, f64::max)
    }

    /// The points of R that were solved. Vertices where no rate is needed are known without.
    #[must_use]
    pub fn solves(&self) -> usize {
        self.solves
    }

    /// The corners of the triangles.
    #[must_use]
    pub fn vertices(&self) -> &[InterpolantVertex] {
        &self.vertices
    }

    /// The triangles: they cover the domain, and meet only in whole edges and corners.
    #[must_use]
    pub fn triangles(&self) -> &[InterpolantTriangle] {
        &self.triangles
    }
}

fn is_without_rate(zero_rate: Option<&Polyline>, [d, e]: [f64; 2]) -> bool {
    zero_rate.and_then(|line| line.second_at(d)).is_some_and(|least| e >= least)
}
