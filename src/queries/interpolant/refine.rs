//! R(D,E) on a box of budgets to a given accuracy, from few points.

use super::domain;
use super::game::excess;
use super::mesh::Mesh;
use super::triangulation::{Interpolant, InterpolantTriangle, InterpolantVertex, is_without_rate};
use crate::error::RdcError;
use crate::feasibility::frontier::Polyline;
use crate::functions::rdc::Rdc;
use crate::result::bracket::Bracket;
use crate::result::plane::Plane;
use crate::result::point::SurfacePoint;
use crate::result::settings::Settings;
use crate::result::solution::{Solution, Status};
use crate::result::verdict::Verdict;
use crate::validate;

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
        validate::scalar("accuracy", accuracy, rule, accuracy.is_finite() && accuracy > 0.0)?;
        interpolant(self, [distortions, errors], accuracy, max_solves, settings)
    }
}

fn side(argument: &str, [start, end]: [f64; 2]) -> Result<(), RdcError> {
    let rule = "an end of the box must lie in [0, 1e150]";
    let usable = |end: f64| (0.0..=validate::LARGEST_COST).contains(&end);
    validate::scalar(&format!("{argument}[0]"), start, rule, usable(start))?;
    validate::scalar(&format!("{argument}[1]"), end, rule, usable(end))?;
    let rule = "the box must end after it starts";
    validate::scalar(&format!("{argument}[1]"), end, rule, start < end)
}

/// Planes that are added to those of a triangle's corners, where they are the highest.
const MORE_PLANES: usize = 4;

/// The share of a triangle's error that an edge must have for the edge to be cut.
const ON_AN_EDGE: f64 = 0.5;

/// A cut leaves at least this share on every side of it.
const SMALLEST: f64 = 0.05;

/// How far, as a share of the way to the nearer end, a cut may be moved to a point that is known.
const MOVED: f64 = 0.5;

/// Triangles for each solve that is allowed: cuts at known points are free, but not for ever.
const TRIANGLES: usize = 16;

/// Relative steps up for budgets that rounding has put below the frontier.
const LIFTS: [f64; 3] = [1e-15, 1e-13, 1e-11];

fn interpolant(
    rdc: &Rdc,
    region: [[f64; 2]; 2],
    accuracy: f64,
    max_solves: usize,
    settings: &Settings,
) -> Result<Interpolant, RdcError> {
    let mut sampler = Sampler {
        rdc,
        region,
        accuracy,
        max_solves,
        settings,
        zero_rate: rdc.zero_rate_frontier(),
        vertices: Vec::new(),
        plane_of: Vec::new(),
        planes: vec![Plane::ZERO],
        rays: Vec::new(),
        mesh: Mesh::default(),
        bounds: Vec::new(),
        solves: 0,
        rounding: 0.0,
        is_inconsistent: false,
    };
    let is_whole = sampler.cover()?;
    sampler.refine()?;
    sampler.compare();
    let status = sampler.status(is_whole);
    let Sampler { vertices, planes, zero_rate, solves, mesh, bounds, rounding, .. } = sampler;
    let errors = bounds.iter().map(|bound| bound.error);
    let triangles = mesh.triangles().iter().zip(errors);
    let triangles =
        triangles.map(|(&corners, error)| InterpolantTriangle { corners, error }).collect();
    Ok(Interpolant { vertices, triangles, planes, zero_rate, solves, is_whole, status, rounding })
}

struct Sampler<'a> {
    rdc: &'a Rdc,
    region: [[f64; 2]; 2],
    accuracy: f64,
    max_solves: usize,
    settings: &'a Settings,
    zero_rate: Option<Polyline>,
    vertices: Vec<InterpolantVertex>,
    /// The plane of each vertex.
    plane_of: Vec<usize>,
    /// The first is R >= 0.
    planes: Vec<Plane>,
    rays: Vec<Ray>,
    mesh: Mesh,
    /// What is known of each triangle.
    bounds: Vec<Bound>,
    solves: usize,
    /// The largest rounding of the bounds at a vertex, in bits.
    rounding: f64,
    /// Whether bounds have contradicted each other: nothing that is interpolated between them means anything then.
    is_inconsistent: bool,
}

/// Budgets of which one does not matter: a vertex and all that differ from it by more of budget `free`.
#[derive(Debug, Clone, Copy)]
struct Ray {
    vertex: usize,
    free: usize,
    /// Budget `free` may be as small as this.
    from: f64,
}

/// How far the bounds are apart on a triangle.
#[derive(Debug, Clone)]
struct Bound {
    error: f64,
    /// Where, by the weights of the corners.
    weights: [f64; 3],
    /// The planes that say so, of the first `of` there are.
    planes: Vec<usize>,
    of: usize,
    /// It cannot be cut any more.
    is_final: bool,
}

impl Sampler<'_> {
    /// Covers the feasible part of the box: each chord of its lower left side makes a triangle with the corner that stands
    /// out most. Returns whether the solves allowed were enough.
    fn cover(&mut self) -> Result<bool, RdcError> {
        let [d, e] = self.region;
        let chain = domain::lower_left(&self.rdc.feasible_frontier(), self.region);
        let top = self.vertex([d[1], e[1]])?;
        let (Some(&first), Some(&last)) = (chain.first(), chain.last()) else { return Ok(true) };
        if domain::outermost(&[first, [d[1], e[1]], last], self.region).is_none() {
            return Ok(false);
        }
        let ends = [self.vertex(first)?, self.vertex(last)?];
        self.add([ends[0], top, ends[1]]);
        let mut chords = vec![(0, chain.len() - 1, ends)];
        while let Some((i, j, [a, b])) = chords.pop() {
            if self.is_inconsistent {
                return Ok(false);
            }
            let Some(out) = domain::outermost(&chain[i..=j], self.region).map(|out| i + out) else {
                continue;
            };
            if self.solves >= self.max_solves {
                return Ok(false);
            }
            let c = self.vertex(chain[out])?;
            self.add([a, c, b]);
            chords.extend([(i, out, [a, c]), (out, j, [c, b])]);
        }
        Ok(true)
    }

    /// Compares the planes of all vertices with the upper bounds at all others.
    fn compare(&mut self) {
        for plane in &self.planes {
            for vertex in &self.vertices {
                let [d, e] = vertex.budgets;
                let (lower, upper) = (plane.value(d, e), vertex.rate.upper());
                let allowance = self.rounding + plane.rounding([d, e]);
                self.is_inconsistent |=
                    Verdict::of(lower, upper, 0.0, allowance) == Verdict::Crossed;
            }
        }
    }

    fn status(&self, is_whole: bool) -> Status {
        let widest = self.bounds.iter().map(|bound| bound.error).fold(0.0, f64::max);
        if self.is_inconsistent {
            return Status::Inconsistent;
        }
        match Verdict::of(0.0, widest, self.accuracy, f64::INFINITY) {
            Verdict::Certified if is_whole => Status::Certified,
            _ if self.solves >= self.max_solves => Status::IterationLimit,
            _ => Status::Stalled,
        }
    }

    fn refine(&mut self) -> Result<(), RdcError> {
        let allowed = TRIANGLES.saturating_mul(self.max_solves);
        let most = allowed.saturating_add(self.mesh.triangles().len());
        while self.solves < self.max_solves
            && self.mesh.triangles().len() < most
            && !self.is_inconsistent
        {
            let open = (0..self.bounds.len()).filter(|&t| !self.bounds[t].is_final);
            let worst = open.max_by(|&s, &t| self.bounds[s].error.total_cmp(&self.bounds[t].error));
            let Some(worst) = worst.filter(|&t| self.bounds[t].error > self.accuracy) else {
                return Ok(());
            };
            // Planes found since may do.
            if self.bounds[worst].of < self.planes.len() {
                self.bounds[worst] = self.bound(worst);
            } else {
                self.cut(worst)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, corners: [usize; 3]) {
        let triangle = self.mesh.add(corners);
        let bound = self.bound(triangle);
        self.bounds.push(bound);
    }

    fn corners(&self, triangle: usize) -> [InterpolantVertex; 3] {
        self.mesh.triangles()[triangle].map(|v| self.vertices[v])
    }

    /// By the planes of the corners, and by more where those leave most room.
    fn bound(&self, triangle: usize) -> Bound {
        if self.is_inconsistent {
            let weights = [1.0 / 3.0; 3];
            return Bound { error: f64::INFINITY, weights, planes: vec![0], of: 1, is_final: true };
        }
        let corners = self.corners(triangle);
        let mut planes = vec![0];
        planes.extend(self.mesh.triangles()[triangle].map(|v| self.plane_of[v]));
        planes.sort_unstable();
        planes.dedup();
        let mut found = excess(&self.excesses(&corners, &planes));
        for _ in 0..MORE_PLANES {
            if found.bound <= self.accuracy {
                break;
            }
            let highest = self.highest(point(&corners, found.weights));
            if planes.contains(&highest) {
                break;
            }
            planes.push(highest);
            found = excess(&self.excesses(&corners, &planes));
        }
        let error = found.bound.max(0.0);
        Bound { error, weights: found.weights, planes, of: self.planes.len(), is_final: false }
    }

    /// What the interpolated upper bound exceeds each plane by, at three points.
    fn excesses(&self, at: &[InterpolantVertex; 3], planes: &[usize]) -> Vec<[f64; 3]> {
        let over = |plane: &Plane| {
            at.map(|vertex| vertex.rate.upper() - plane.value(vertex.budgets[0], vertex.budgets[1]))
        };
        planes.iter().map(|&plane| over(&self.planes[plane])).collect()
    }

    fn highest(&self, [d, e]: [f64; 2]) -> usize {
        let value = |plane: usize| self.planes[plane].value(d, e);
        let highest = (0..self.planes.len()).max_by(|&i, &j| value(i).total_cmp(&value(j)));
        highest.unwrap_or(0)
    }

    /// Cuts the edge on which the bounds are furthest apart, or the triangle into three where they are so inside.
    fn cut(&mut self, triangle: usize) -> Result<(), RdcError> {
        let corners = self.corners(triangle);
        let Bound { error, weights, ref planes, .. } = self.bounds[triangle];
        let edges = [(0, 1), (1, 2), (2, 0)].map(|(a, b)| {
            let found = excess(&self.excesses(&[corners[a], corners[b], corners[a]], planes));
            (found.bound, [a, b], found.weights[1])
        });
        let [one, two, three] = edges;
        let widest = [two, three].into_iter().fold(one, |w, e| if e.0 > w.0 { e } else { w });
        let (on_edge, [a, b], share) = widest;
        let at = self.mesh.triangles()[triangle];
        let is_inside = weights.iter().all(|w| *w > SMALLEST);
        let changed = if on_edge < ON_AN_EDGE * error && is_inside {
            let centre = self.vertex(point(&corners, weights))?;
            self.mesh.cut_triangle(triangle, centre)
        } else {
            let Some(middle) = self.between([at[a], at[b]], share)? else {
                self.bounds[triangle].is_final = true;
                return Ok(());
            };
            self.mesh.cut_edge([at[a], at[b]], middle)
        };
        for triangle in changed {
            let bound = self.bound(triangle);
            if triangle < self.bounds.len() {
                self.bounds[triangle] = bound;
            } else {
                self.bounds.push(bound);
            }
        }
        Ok(())
    }

    /// The vertex that cuts an edge, at a share of it or where R is known nearby. `None` if the edge is too short.
    fn between(&mut self, ends: [usize; 2], share: f64) -> Result<Option<usize>, RdcError> {
        let [a, b] = ends.map(|v| self.vertices[v].budgets);
        let share = share.clamp(SMALLEST, 1.0 - SMALLEST);
        if let Some((vertex, plane)) = self.known([a, b], share) {
            return Ok(Some(self.keep(vertex, plane)));
        }
        let budgets = [0, 1].map(|k| a[k] + share * (b[k] - a[k]));
        if budgets == a || budgets == b {
            return Ok(None);
        }
        self.vertex(budgets).map(Some)
    }

    /// R and its plane where a ray meets a segment, nearest to a share of it.
    fn known(&self, [a, b]: [[f64; 2]; 2], share: f64) -> Option<(InterpolantVertex, usize)> {
        let room = MOVED * share.min(1.0 - share);
        let met = |ray: &Ray| {
            let InterpolantVertex { mut budgets, rate } = self.vertices[ray.vertex];
            let fixed = 1 - ray.free;
            let met = (budgets[fixed] - a[fixed]) / (b[fixed] - a[fixed]);
            budgets[ray.free] = a[ray.free] + met * (b[ray.free] - a[ray.free]);
            let off = (met - share).abs();
            let vertex = InterpolantVertex { budgets, rate };
            (budgets[ray.free] >= ray.from && off <= room).then_some((off, vertex, ray.vertex))
        };
        let nearest = self.rays.iter().filter_map(met).min_by(|one, two| one.0.total_cmp(&two.0));
        nearest.map(|(_, vertex, of)| (vertex, self.plane_of[of]))
    }

    fn keep(&mut self, vertex: InterpolantVertex, plane: usize) -> usize {
        self.vertices.push(vertex);
        self.plane_of.push(plane);
        self.vertices.len() - 1
    }

    /// R at these budgets.
    fn vertex(&mut self, budgets: [f64; 2]) -> Result<usize, RdcError> {
        if is_without_rate(self.zero_rate.as_ref(), budgets) {
            return Ok(self.keep(InterpolantVertex { budgets, rate: Bracket::exact(0.0)? }, 0));
        }
        self.solves += 1;
        let (budgets, solution) = self.solve(budgets)?;
        self.is_inconsistent |= solution.status == Status::Inconsistent;
        self.rounding = self.rounding.max(solution.bounds_rounding(self.rdc.problem()));
        let plane = Plane::from(&solution).rounded_down();
        self.planes.push(plane);
        let vertex = InterpolantVertex { budgets, rate: Bracket::from(&solution) };
        let vertex = self.keep(vertex, self.planes.len() - 1);
        let achieved = SurfacePoint::from(&solution).achieved;
        for free in (0..2).filter(|&k| plane.slopes[k] == 0.0) {
            self.rays.push(Ray { vertex, free, from: achieved[free] });
        }
        Ok(vertex)
    }

    /// Solves at the budgets, or as little above them as it takes.
    fn solve(&self, budgets: [f64; 2]) -> Result<([f64; 2], Solution), RdcError> {
        let at = |lift: f64| {
            let [d, e] = budgets.map(|budget| budget * (1.0 + lift));
            self.rdc.solve_with(d, e, self.settings).map(|solution| ([d, e], solution))
        };
        let lifted = LIFTS.into_iter().fold(at(0.0), |found, lift| found.or_else(|_| at(lift)));
        lifted.or_else(|_| at(0.0))
    }
}

fn point(corners: &[InterpolantVertex; 3], weights: [f64; 3]) -> [f64; 2] {
    let sum = |k: usize| corners.iter().zip(weights).map(|(v, w)| w * v.budgets[k]).sum();
    [sum(0), sum(1)]
}
