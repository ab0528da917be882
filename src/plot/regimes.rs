//! Where one regime ends and another begins.

use super::canvas::Point;
use super::level::between;
use super::mesh::{Known, Mesh, cell};
use super::outline::Outline;
use crate::error::RdcError;
use crate::functions::rdc::Rdc;
use crate::queries::surface::grid::Cell;
use crate::result::regime::Regime;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::collections::BTreeMap;

/// Bisections of a mesh's edge: 1/64 of it is less than a line is wide.
const BISECTIONS: usize = 6;

/// Where the edges of a mesh, by their nodes in increasing order, leave a regime.
pub(super) type Crossings = BTreeMap<[usize; 2], Point>;

/// The lines between regimes. Without `zero_rate` they end before that regime, whose own boundary is drawn exactly.
pub(super) fn boundaries(mesh: &Mesh, crossings: &Crossings, zero_rate: bool) -> Vec<Vec<Point>> {
    let mut outlines: BTreeMap<[usize; 2], Outline> = BTreeMap::new();
    let told = |triangle: &[Known; 3]| {
        zero_rate || triangle.iter().all(|corner| corner.regime != Regime::Neither)
    };
    for triangle in mesh.triangles().filter(told) {
        let sides = [0, 1, 2].map(|k| [triangle[k], triangle[(k + 1) % 3]]);
        let crossed: Vec<_> = sides
            .into_iter()
            .filter_map(|[a, b]| crossings.get(&edge(a, b)).map(|at| ([a, b], *at)))
            .collect();
        // The first regime of a pair lies to the left.
        let mut add = |[a, b]: [Known; 2], from: Point, to: Point| {
            let [first, second] = [rank(a.regime), rank(b.regime)];
            let outline = outlines.entry([first.min(second), first.max(second)]).or_default();
            if first < second {
                outline.add(from, to);
            } else {
                outline.add(to, from);
            }
        };
        match crossed[..] {
            [(side, from), (_, to)] => add(side, from, to),
            [(_, p), (_, q), (_, r)] => {
                let middle = ((p.0 + q.0 + r.0) / 3.0, (p.1 + q.1 + r.1) / 3.0);
                for (side, from) in crossed {
                    add(side, from, middle);
                }
            }
            _ => {}
        }
    }
    outlines.into_values().flat_map(Outline::lines).collect()
}

fn rank(regime: Regime) -> usize {
    Regime::ALL.iter().position(|other| *other == regime).unwrap_or(0)
}

fn edge(a: Known, b: Known) -> [usize; 2] {
    [a.index.min(b.index), a.index.max(b.index)]
}

/// The ends of all edges whose regimes differ.
fn crossed_edges(mesh: &Mesh) -> BTreeMap<[usize; 2], [Known; 2]> {
    let sides = |triangle: [Known; 3]| [0, 1, 2].map(|k| [triangle[k], triangle[(k + 1) % 3]]);
    mesh.triangles()
        .flat_map(sides)
        .filter(|[a, b]| a.regime != b.regime)
        .map(|[a, b]| (edge(a, b), if a.index < b.index { [a, b] } else { [b, a] }))
        .collect()
}

/// In the middle of the edge: all that is known of a surface.
pub(super) fn middles(mesh: &Mesh) -> Crossings {
    let middle = |(edge, [a, b]): ([usize; 2], [Known; 2])| (edge, between(a.at, b.at, 0.5));
    crossed_edges(mesh).into_iter().map(middle).collect()
}

/// Searched for on the edge.
pub(super) fn bisected(mesh: &Mesh, rdc: &Rdc) -> Result<Crossings, RdcError> {
    let edges: Vec<_> = crossed_edges(mesh).into_iter().collect();
    let search = |(edge, [a, b]): ([usize; 2], [Known; 2])| {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..BISECTIONS {
            let share = 0.5 * (low + high);
            match cell(rdc, between(a.at, b.at, share))? {
                Cell::Solved(point) if mesh.regime(&point) == a.regime => low = share,
                _ => high = share,
            }
        }
        Ok((edge, between(a.at, b.at, 0.5 * (low + high))))
    };
    edges.into_par_iter().map(search).collect()
}
