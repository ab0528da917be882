//! The frontiers of two budgets, exactly: from where on channels meet them, and from where on these need no rate.
//!
//! The pairs of costs that channels reach, `sum_x p(x) conv{(d_i(x, y), d_j(x, y))}_y`, are a Minkowski sum of
//! polygons: its boundary is made of the edges of all source letters, weighted by their probabilities and ordered by
//! their slopes (de Berg et al., Computational Geometry, section 13.3).

use crate::error::RdcError;
use crate::model::problem::Problem;
use crate::subproblem::thresholds::COLLINEAR;

/// A convex, strictly decreasing polyline in the plane of two budgets: the lower-left boundary of a convex set that
/// holds with every pair of budgets all larger ones.
///
/// It has at least one vertex. From the first vertex the set's boundary runs straight up, from the last straight to the
/// right. All numbers are in the costs' own units, and exact up to rounding. Where the average of a cost's row minima
/// is more than 100 times what any reproduction letter costs above them, the solver may refuse a budget that rounding
/// has put below the frontier: a few units of the last digit more are enough.
///
/// ```
/// use rdc_theory::nalgebra::{DMatrix, DVector};
/// use rdc_theory::Problem;
/// let delay = DMatrix::from_row_slice(2, 2, &[1.0, 3.0, 0.0, 0.0]);
/// let price = DMatrix::from_row_slice(2, 2, &[4.0, 2.0, 5.0, 1.0]);
/// let problem = Problem::new(DVector::from_vec(vec![0.5, 0.5]), 2)?;
/// let problem = problem.with_cost("delay", delay)?.with_cost("price", price)?;
/// let frontier = problem.feasible_frontier(0, 1)?;
/// assert_eq!(frontier.vertices(), [[0.5, 2.5], [1.5, 1.5]]);
/// assert_eq!(frontier.second_at(1.0), Some(2.0));
/// assert_eq!(frontier.second_at(0.4), None);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Polyline {
    pub(crate) vertices: Vec<[f64; 2]>,
}

impl Polyline {
    /// The vertices (first budget, second budget), from the smallest first budget to the smallest second budget.
    ///
    /// Edges whose slopes agree to 1e-12 are one.
    #[must_use]
    pub fn vertices(&self) -> &[[f64; 2]] {
        &self.vertices
    }

    /// The smallest first budget, whatever the second.
    #[must_use]
    pub fn smallest_first(&self) -> f64 {
        self.vertices[0][0]
    }

    /// The smallest second budget, whatever the first.
    #[must_use]
    pub fn smallest_second(&self) -> f64 {
        self.vertices[self.vertices.len() - 1][1]
    }

    /// The smallest second budget at a first budget in \[-inf, inf\]; `None` below
    /// [`smallest_first`](Self::smallest_first) and for NaN.
    #[must_use]
    pub fn second_at(&self, first: f64) -> Option<f64> {
        let right = self.vertices.partition_point(|v| v[0] <= first);
        let [a, b] = *self.vertices.get(right.checked_sub(1)?)?;
        let Some(next) = self.vertices.get(right) else {
            return Some(b);
        };
        Some(b - (first - a) / (next[0] - a) * (b - next[1]))
    }

    /// The smallest first budget at a second budget in \[-inf, inf\]; `None` below
    /// [`smallest_second`](Self::smallest_second) and for NaN.
    #[must_use]
    pub fn first_at(&self, second: f64) -> Option<f64> {
        let right = self.vertices.partition_point(|v| !(v[1] <= second));
        let [a, b] = *self.vertices.get(right)?;
        let Some(left) = right.checked_sub(1) else {
            return Some(a);
        };
        let before = self.vertices[left];
        Some(a - (second - b) / (before[1] - b) * (a - before[0]))
    }
}

impl Problem {
    /// The lower-left boundary of the budgets of costs `first` and `second` that some channel meets, the other costs
    /// and the perception unconstrained: R is finite on it and above, and budgets below it are infeasible.
    ///
    /// It answers [`smallest_budget`](Self::smallest_budget) for these two costs at all budgets at once, in
    /// O(n m log(n m)) operations and with memory for the edges found.
    ///
    /// # Errors
    /// A cost index that is not below K; `second` equal to `first`.
    pub fn feasible_frontier(&self, first: usize, second: usize) -> Result<Polyline, RdcError> {
        self.check_two_costs(first, second)?;
        Ok(feasible(self, first, second))
    }

    /// The lower-left boundary of the budgets of costs `first` and `second` at which R = 0, the other costs
    /// unconstrained: the lower-left boundary of `conv{(E[d_i(X, y)], E[d_j(X, y)])}_y`.
    ///
    /// A channel without rate sends one pmf whatever the source letter, so a reproduction y that is forbidden for a letter
    /// with positive probability is no part of it. `None` where this holds for all y: then R > 0 at all budgets.
    ///
    /// # Errors
    /// As for [`Problem::feasible_frontier`].
    pub fn zero_rate_frontier(
        &self,
        first: usize,
        second: usize,
    ) -> Result<Option<Polyline>, RdcError> {
        self.check_two_costs(first, second)?;
        Ok(zero_rate(self, first, second))
    }
}

/// The lower-left boundary of the pairs of budgets `first`, `second` that channels meet.
pub(crate) fn feasible(problem: &Problem, first: usize, second: usize) -> Polyline {
    let m = problem.reproductions;
    let [a, b] = [first, second].map(|k| &problem.costs[k].matrix);
    let mut sum = Sum::default();
    let mut points = Vec::with_capacity(m);
    for (x, &p) in problem.pmf.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        let pairs = problem.allowed.of(x, m);
        let usable = (0..m).filter(|&y| pairs.is_none_or(|pairs| pairs[y]));
        points.clear();
        points.extend(usable.map(|y| [a[(y, x)], b[(y, x)]]));
        sum.add(p, &lower_left_hull(&mut points));
    }
    sum.polyline(problem, first, second)
}

/// The same for channels that ignore the source; `None` where every such channel uses a forbidden pair.
pub(crate) fn zero_rate(problem: &Problem, first: usize, second: usize) -> Option<Polyline> {
    let [a, b] = [first, second].map(|k| &problem.costs[k].matrix * &problem.pmf);
    let usable = |&y: &usize| problem.allowed.whatever_the_source(&problem.pmf, y, a.len());
    let mut points: Vec<_> = (0..a.len()).filter(usable).map(|y| [a[y], b[y]]).collect();
    if points.is_empty() {
        return None;
    }
    let mut sum = Sum::default();
    sum.add(1.0, &lower_left_hull(&mut points));
    Some(sum.polyline(problem, first, second))
}

/// The lower-left part of the convex hull, from the smallest first coordinate to the smallest second one (the monotone
/// chain, Andrew 1979).
fn lower_left_hull(points: &mut [[f64; 2]]) -> Vec<[f64; 2]> {
    points.sort_unstable_by(|p, q| p[0].total_cmp(&q[0]).then(p[1].total_cmp(&q[1])));
    let mut hull: Vec<[f64; 2]> = Vec::new();
    for &point in &*points {
        if hull.last().is_some_and(|last| last[1] <= point[1]) {
            continue;
        }
        while let [.., before, last] = hull[..]
            && Edge::between(before, last).steepness() <= Edge::between(last, point).steepness()
        {
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    run: f64,
    fall: f64,
}

impl Edge {
    fn between(left: [f64; 2], right: [f64; 2]) -> Self {
        Self { run: right[0] - left[0], fall: left[1] - right[1] }
    }

    /// A quotient, as the cross products of two edges would underflow for letters of tiny probability.
    fn steepness(&self) -> f64 {
        self.fall / self.run
    }
}

/// The lower-left boundary of a Minkowski sum of polygons, in scaled costs.
#[derive(Debug, Default)]
struct Sum {
    /// The first coordinate of the first vertex.
    first: f64,
    /// The second coordinate of the last vertex.
    second: f64,
    edges: Vec<Edge>,
}

impl Sum {
    fn add(&mut self, weight: f64, hull: &[[f64; 2]]) {
        self.first += weight * hull.first().map_or(0.0, |vertex| vertex[0]);
        self.second += weight * hull.last().map_or(0.0, |vertex| vertex[1]);
        for ends in hull.windows(2) {
            let Edge { run, fall } = Edge::between(ends[0], ends[1]);
            let edge = Edge { run: weight * run, fall: weight * fall };
            if edge.run > 0.0 || edge.fall > 0.0 {
                self.edges.push(edge);
            }
        }
    }

    /// The edges from the steepest to the flattest, collinear ones joined.
    fn joined_edges(mut self) -> Vec<Edge> {
        self.edges.sort_unstable_by(|e, f| f.steepness().total_cmp(&e.steepness()));
        let mut joined: Vec<Edge> = Vec::new();
        let mut steepest = f64::INFINITY;
        for edge in self.edges {
            match joined.last_mut() {
                Some(last) if edge.steepness() >= steepest * (1.0 - COLLINEAR) => {
                    last.run += edge.run;
                    last.fall += edge.fall;
                }
                _ => {
                    steepest = edge.steepness();
                    joined.push(edge);
                }
            }
        }
        joined
    }

    fn polyline(self, problem: &Problem, first: usize, second: usize) -> Polyline {
        let mut vertices = vec![[self.first, self.second]];
        let edges = self.joined_edges();
        vertices.resize(edges.len() + 1, vertices[0]);
        // Each coordinate is summed from its small end, so that small budgets keep their digits.
        for (k, edge) in edges.iter().enumerate() {
            vertices[k + 1][0] = vertices[k][0] + edge.run;
        }
        for (k, edge) in edges.iter().enumerate().rev() {
            vertices[k][1] = vertices[k + 1][1] + edge.fall;
        }
        for [a, b] in &mut vertices {
            *a = problem.costs[first].in_units(*a);
            *b = problem.costs[second].in_units(*b);
        }
        drop_closed_edges(&mut vertices);
        Polyline { vertices }
    }
}

/// Edges shorter than the rounding of their ends are closed: of two such vertices the lower left one stays.
fn drop_closed_edges(vertices: &mut Vec<[f64; 2]>) {
    vertices.dedup_by(|next, last| {
        if next[0] > last[0] {
            return next[1] >= last[1];
        }
        *last = *next;
        true
    });
}
