//! The feasible part of a box of budgets.

use crate::feasibility::frontier::Polyline;

/// Corners closer than this share of the box's sides are one.
const SAME: f64 = 1e-9;

/// Corners of the frontier that stand out by less than this share of the box's sides are cut off.
const FLAT: f64 = 1e-6;

/// What rounding may do to an area, relative to the terms it is a difference of.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// A point is outside of a triangle if one of its barycentric weights is below minus this, rounding aside.
const OUTSIDE: f64 = 1e-13;

/// Triangles so flat that rounding may change the weights by this place no point.
const LOST: f64 = 1e-3;

/// The lower left side of the budgets in the box that channels meet, from its upper to its right end: corners of a convex
/// polygon, the last one of which is that of the box. Empty if not even that one can be met.
pub(crate) fn lower_left(frontier: &Polyline, [d, e]: [[f64; 2]; 2]) -> Vec<[f64; 2]> {
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
pub(crate) fn outermost(chain: &[[f64; 2]], [d, e]: [[f64; 2]; 2]) -> Option<usize> {
    let (from, to) = (*chain.first()?, *chain.last()?);
    let scaled = |v: [f64; 2]| [(v[0] - d[0]) / (d[1] - d[0]), (v[1] - e[0]) / (e[1] - e[0])];
    let [a, b] = [from, to].map(scaled);
    let length = (b[0] - a[0]).hypot(b[1] - a[1]);
    let height = |i: usize| area(a, b, scaled(chain[i])).abs() / length;
    let outermost = (1..chain.len() - 1).max_by(|&i, &j| height(i).total_cmp(&height(j)))?;
    (height(outermost) > FLAT).then_some(outermost)
}

/// The three barycentric weights of a point, and what rounding may have changed them by; `None` outside of the triangle, and
/// where rounding leaves nothing of it.
pub(crate) fn weights(corners: [[f64; 2]; 3], point: [f64; 2]) -> Option<([f64; 3], f64)> {
    let [a, b, c] = corners;
    let sides = [[b, c], [c, a], [a, b]];
    let parts = sides.map(|[u, v]| area(point, u, v));
    let whole: f64 = parts.iter().sum();
    let sizes: f64 = sides.iter().map(|[u, v]| size(point, *u, *v)).sum();
    let rounding = ROUNDING * sizes / whole.abs();
    let weights = parts.map(|part| part / whole);
    // False of what is not a number.
    let inside = rounding < LOST && weights.iter().all(|w| *w >= -(OUTSIDE + rounding));
    let total: f64 = weights.iter().map(|w| w.max(0.0)).sum();
    inside.then(|| (weights.map(|w| w.max(0.0) / total), rounding))
}

/// The size of the terms of [`area`].
fn size(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    ((b[0] - a[0]) * (c[1] - a[1])).abs() + ((b[1] - a[1]) * (c[0] - a[0])).abs()
}

/// Twice the signed area.
fn area(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_slivers_hold_no_point() {
        let triangle = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
        let (inner, rounding) = weights(triangle, [0.25, 0.5]).unwrap();
        assert_eq!(inner, [0.25, 0.25, 0.5]);
        assert!(rounding < 1e-14);
        assert_eq!(weights(triangle, [1.0, 0.0]).unwrap().0, [0.0, 1.0, 0.0]);
        assert!(weights(triangle, [0.6, 0.6]).is_none());
        assert!(weights(triangle, [-1e-9, 0.5]).is_none());
        assert!(weights(triangle, [f64::NAN, 0.5]).is_none());

        let flat = [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]];
        assert!(weights(flat, [0.3, 0.3]).is_none());
        let rounded = [[0.1, 0.3], [0.7, 0.9], [0.4, 0.600_000_000_000_000_1]];
        assert!(weights(rounded, [0.4, 0.6]).is_none());
        // The sum of the parts counts, whatever rounding makes of the whole.
        let sliver = [[0.1, 0.3], [0.7, 0.9], [0.4, 0.6 + 1e-9]];
        let centre = [(0.1 + 0.7 + 0.4) / 3.0, (0.3 + 0.9 + 0.6 + 1e-9) / 3.0];
        let (inner, rounding) = weights(sliver, centre).unwrap();
        assert!((inner.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!(
            inner.iter().all(|w| (w - 1.0 / 3.0).abs() <= 3.0 * rounding),
            "{inner:?}, {rounding}"
        );
    }
}
