//! Rates at the nodes of a mesh over two budgets, called (D,E) here.

use super::axis::Axis;
use super::canvas::Point;
use super::error::PlotError;
use super::scale::drawable;
use crate::error::RdcError;
use crate::feasibility::frontier::Polyline;
use crate::functions::rdc::Rdc;
use crate::queries::surface::grid::{Cell, Surface};
use crate::result::point::SurfacePoint;
use crate::result::regime::Regime;
use crate::validate;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Bits that are too few for a multiplier to be told from 0, if they are all that it is worth over the whole mesh.
const NEGLIGIBLE: f64 = 1e-6;

/// Rows of nodes, each from left to right, the rows upwards.
#[derive(Debug, Clone)]
pub(super) struct Mesh {
    pub(super) width: usize,
    pub(super) nodes: Vec<Node>,
    pub(super) axes: [Axis; 2],
    /// Whether R is not that of these two budgets alone.
    pub(super) is_section: bool,
    /// The widths of the mesh, in the units of D and of E.
    extents: [f64; 2],
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) at: Point,
    pub(super) cell: Cell,
}

/// A node whose rate is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) index: usize,
    pub(super) at: Point,
    pub(super) rate: f64,
    pub(super) regime: Regime,
}

impl Mesh {
    /// The finite budgets of a surface.
    pub(super) fn of_surface(surface: &Surface) -> Self {
        let finite = |(d, e, cell): (f64, f64, &Cell)| {
            (drawable(d) && drawable(e)).then_some(Node { at: (d, e), cell: *cell })
        };
        let width = surface.first().iter().filter(|d| drawable(**d)).count();
        let axes = surface.names().map(Axis::of);
        let nodes = surface.iter().filter_map(finite).collect();
        let is_section = !surface.fixed().is_empty();
        Self { is_section, ..Self::new(axes, width, nodes) }
    }

    /// A mesh whose rows start on the feasible frontier and pass through the vertices of both frontiers; it is denser where
    /// the rate is steep.
    pub(super) fn of_rdc(rdc: &Rdc, steps: usize) -> Result<Self, PlotError> {
        let feasible = rdc.feasible_frontier();
        let zero_rate = rdc.zero_rate_frontier();
        let vertices = || {
            let zero_rate = zero_rate.iter().flat_map(Polyline::vertices);
            feasible.vertices().iter().chain(zero_rate)
        };
        let [right, top] = [0, 1].map(|axis| {
            let least = vertices().map(|v| v[axis]).fold(f64::INFINITY, f64::min);
            let most = vertices().map(|v| v[axis]).fold(0.0, f64::max);
            let margin = if most > least { 0.3 * (most - least) } else { most.max(1.0) };
            most + margin
        });
        let steps = steps.max(1);
        validate::addressable("steps", steps, steps)?;
        let spread = |low: f64, high: f64| {
            (0..=steps).map(move |step| low + (step as f64 / steps as f64).powi(2) * (high - low))
        };
        let mut errors: Vec<f64> = spread(feasible.smallest_second(), top).collect();
        errors.extend(vertices().map(|v| v[1]));
        errors.sort_unstable_by(f64::total_cmp);
        errors.dedup();
        let row = |e: f64| {
            let left = feasible.first_at(e).unwrap_or(right);
            spread(left, right).map(move |d| (d, e))
        };
        let budgets: Vec<Point> = errors.into_iter().flat_map(row).collect();
        let solved = |at: Point| Ok(Node { at, cell: cell(rdc, at)? });
        let nodes = budgets.into_par_iter().map(solved).collect::<Result<_, RdcError>>()?;
        Ok(Self::new([Axis::distortion(), Axis::error()], steps + 1, nodes))
    }

    fn new(axes: [Axis; 2], width: usize, nodes: Vec<Node>) -> Self {
        let extent = |coordinate: fn(Point) -> f64| {
            let values = || nodes.iter().map(|node| coordinate(node.at));
            values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min)
        };
        let extents = [extent(|at| at.0), extent(|at| at.1)];
        Self { width, nodes, axes, is_section: false, extents }
    }

    /// The regime of a cell, without the budgets whose multipliers only rounding keeps from 0.
    pub(super) fn regime(&self, point: &SurfacePoint) -> Regime {
        let counts = |k: usize| point.multipliers[k] * self.extents[k] > NEGLIGIBLE;
        match point.regime {
            Regime::FirstOnly | Regime::Both if counts(0) => {
                if point.regime == Regime::Both && counts(1) {
                    Regime::Both
                } else {
                    Regime::FirstOnly
                }
            }
            Regime::SecondOnly | Regime::Both if counts(1) => Regime::SecondOnly,
            _ => Regime::Neither,
        }
    }

    fn known(&self, index: usize) -> Option<Known> {
        let Node { at, cell } = self.nodes.get(index)?;
        let point = cell.point().filter(|point| drawable(point.rate))?;
        Some(Known { index, at: *at, rate: point.rate, regime: self.regime(point) })
    }

    /// Whether a node has a rate of this regime and does not lie on the lower or the left edge.
    pub(super) fn is_inside(&self, index: usize, regime: Regime) -> bool {
        let inner = index >= self.width && !index.is_multiple_of(self.width);
        inner && self.known(index).is_some_and(|node| node.regime == regime)
    }

    /// All nodes with rates.
    pub(super) fn all_known(&self) -> impl Iterator<Item = Known> {
        (0..self.nodes.len()).filter_map(|index| self.known(index))
    }

    /// The corners of each cell, counter-clockwise from the lower left, as indices.
    pub(super) fn quads(&self) -> impl Iterator<Item = [usize; 4]> {
        let rows = (self.nodes.len() / self.width.max(1)).saturating_sub(1);
        let corner = move |row: usize, column: usize| row * self.width + column;
        let quad = move |row: usize, column: usize| {
            [
                corner(row, column),
                corner(row, column + 1),
                corner(row + 1, column + 1),
                corner(row + 1, column),
            ]
        };
        let columns = self.width.saturating_sub(1);
        (0..rows).flat_map(move |row| (0..columns).map(move |column| quad(row, column)))
    }

    /// The known part of a cell in triangles, counter-clockwise: two, one where a corner has no rate, or none.
    ///
    /// The diagonal goes up to the right, as the boundaries between regimes do.
    pub(super) fn halves(&self, quad: [usize; 4]) -> Vec<[Known; 3]> {
        let corners = quad.map(|index| self.known(index));
        let triangle = |[a, b, c]: [usize; 3]| Some([corners[a]?, corners[b]?, corners[c]?]);
        let whole = corners.iter().all(Option::is_some);
        let halves = [[0, 1, 2], [0, 2, 3]];
        let parts = [[0, 1, 2], [1, 2, 3], [2, 3, 0], [3, 0, 1]];
        let shown: &[[usize; 3]] = if whole { &halves } else { &parts };
        shown.iter().filter_map(|indices| triangle(*indices)).collect()
    }

    /// All triangles.
    pub(super) fn triangles(&self) -> impl Iterator<Item = [Known; 3]> {
        self.quads().flat_map(|quad| self.halves(quad))
    }
}

/// The rate at budgets that may lie on the frontier, where rounding decides: a little more is then asked for.
pub(super) fn cell(rdc: &Rdc, (d, e): Point) -> Result<Cell, RdcError> {
    const LITTLE: f64 = 1e-12;
    for share in [0.0, LITTLE] {
        match rdc.solve(d * (1.0 + share), e * (1.0 + share)) {
            Ok(solution) => return Ok(Cell::Solved(SurfacePoint::from(&solution))),
            Err(RdcError::Infeasible(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Cell::Infeasible)
}
