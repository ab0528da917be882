//! R(D,E) on a box of budgets to a given accuracy, as triangles above and planes below.

use super::domain;
use crate::feasibility::frontier::Polyline;
use crate::result::bracket::Bracket;
use crate::result::plane::Plane;
use crate::result::solution::Status;
use crate::result::verdict::Verdict;

/// R(D,E) on the feasible part of a box of budgets, certified everywhere on it.
///
/// Above, R is at most the linear interpolation of its upper bounds at the corners of a triangle, as it is convex; below, it
/// is at least the highest of the planes that the corners prove. Where no rate is needed it is 0.
#[derive(Debug, Clone)]
pub struct Interpolant {
    pub(super) vertices: Vec<InterpolantVertex>,
    pub(super) triangles: Vec<InterpolantTriangle>,
    pub(super) planes: Vec<Plane>,
    pub(super) zero_rate: Option<Polyline>,
    pub(super) solves: usize,
    /// Whether the triangles cover the domain.
    pub(super) is_whole: bool,
    pub(super) status: Status,
    /// What rounding may put a plane above the interpolated upper bound, in bits: the largest of the vertices'.
    pub(super) rounding: f64,
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
        let planes = self.planes.iter().map(|plane| (plane.value(d, e), plane.rounding([d, e])));
        let higher = |highest: (f64, f64), next: (f64, f64)| {
            if next.0 > highest.0 { next } else { highest }
        };
        let (lower, rounding) = planes.fold((0.0, 0.0), higher);
        match Verdict::of(lower, upper, 0.0, self.rounding + rounding) {
            Verdict::Crossed => Bracket::new(0.0, f64::INFINITY).ok(),
            // Where rounding has let them cross, each may be the one that is off.
            Verdict::Certified | Verdict::Open => {
                Bracket::new(lower.min(upper), upper.max(lower)).ok()
            }
        }
    }

    /// [`Status::Certified`] if the bounds are everywhere as close as was asked; [`Status::IterationLimit`] if the solves
    /// allowed did not suffice for that; [`Status::Stalled`] if rounding leaves no triangle that could be cut;
    /// [`Status::Inconsistent`] if bounds contradicted each other at a vertex by more than rounding explains.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Nowhere are the bounds further apart, in bits; `+inf` if the solves allowed did not suffice to cover the domain, if
    /// the domain is a point or a line, or if bounds contradicted each other.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let known = self.is_whole && self.status != Status::Inconsistent;
        let start = if known { 0.0 } else { f64::INFINITY };
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

pub(crate) fn is_without_rate(zero_rate: Option<&Polyline>, [d, e]: [f64; 2]) -> bool {
    zero_rate.and_then(|line| line.second_at(d)).is_some_and(|least| e >= least)
}
