//! The feasible part of a box of budgets.

use crate::Polyline;

/// Corners closer than this share of the box's sides are one.
const SAME: f64 = 1e-9;

/// Corners of the frontier that stand out by less than this share of the box's sides are cut off.
const FLAT: f64 = 1e-6;

/// The lower left side of the budgets in the box that channels meet, from its upper to its right end: corners of a convex
/// polygon, the last one of which is that of the box. Empty if not even that one can be met.
pub(super) fn lower_left(frontier: &Polyline, [d, e]: [[f64; 2]; 2]) -> Vec<[f64; 2]> {
    let (Some(first), Some(last)) = (frontier.first_at(e[1]), frontier.second_at(d[1])) else {
        return Vec::new();
    };
    if first > d[1] || last > e[1] {
        return Vec::new();
    }
    let left = d[0].max(first);
    let mut chain = vec![[left, e[1]]];
    chain.extend(frontier.second_at(left).map(|second| [left, second.max(e[0])]));
    let inside = |v: &&[f64; 2]| left < v[0] && v[0] < d[1] && e[0] < v[1] && v[1] < e[1];
    chain.extend(frontier.vertices().iter().filter(inside));
    let bottom = frontier.first_at(e[0]).filter(|first| left < *first && *first < d[1]);
    chain.extend(bottom.map(|first| [first, e[0]]));
    chain.push([d[1], last.max(e[0])]);
    let sides = [d, e].map(|[start, end]| end - start);
    chain.dedup_by(|a, b| (0..2).all(|k| (a[k] - b[k]).abs() <= SAME * sides[k]));
    chain
}

/// The corner that stands out most from its chord, as an index into `chain`; `None` if all are flat.
pub(super) fn outermost(chain: &[[f64; 2]], [d, e]: [[f64; 2]; 2]) -> Option<usize> {
    let (from, to) = (*chain.first()?, *chain.last()?);
    let scaled = |v: [f64; 2]| [(v[0] - d[0]) / (d[1] - d[0]), (v[1] - e[0]) / (e[1] - e[0])];
    let [a, b] = [from, to].map(scaled);
    let length = (b[0] - a[0]).hypot(b[1] - a[1]);
    let height = |i: usize| area(a, b, scaled(chain[i])).abs() / length;
    let outermost = (1..chain.len() - 1).max_by(|&i, &j| height(i).total_cmp(&height(j)))?;
    (height(outermost) > FLAT).then_some(outermost)
}

/// The three barycentric weights of a point, negative outside of the triangle.
pub(super) fn weights(corners: [[f64; 2]; 3], point: [f64; 2]) -> [f64; 3] {
    let [a, b, c] = corners;
    let whole = area(a, b, c);
    [area(point, b, c), area(point, c, a), area(point, a, b)].map(|part| part / whole)
}

/// Twice the signed area.
fn area(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}
