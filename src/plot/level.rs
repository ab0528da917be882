//! Where the rate is at least a level, on triangles with a linear rate between their corners.

use super::canvas::Point;
use super::mesh::{Known, Mesh};
use super::outline::Outline;

/// The part of a triangle where the rate is at least a level.
struct Part {
    /// Its corners, counter-clockwise.
    polygon: Vec<Point>,
    /// The side along which the rate is the level, from the corner where the polygon leaves the triangle's side.
    cut: Option<[Point; 2]>,
}

fn part(triangle: &[Known; 3], level: f64) -> Part {
    let mut polygon = Vec::new();
    let (mut left, mut entered) = (None, None);
    for k in 0..3 {
        let (a, b) = (triangle[k], triangle[(k + 1) % 3]);
        let inside = [a, b].map(|corner| corner.rate >= level);
        if inside[0] {
            polygon.push(a.at);
        }
        if inside[0] != inside[1] {
            let at = crossing(a, b, level);
            polygon.push(at);
            *(if inside[0] { &mut left } else { &mut entered }) = Some(at);
        }
    }
    Part { polygon, cut: left.zip(entered).map(|(from, to)| [from, to]) }
}

/// From the lower rate to the higher one, whatever the order, so that neighbours agree to the last bit.
fn crossing(a: Known, b: Known, level: f64) -> Point {
    let (low, high) = if a.rate < b.rate { (a, b) } else { (b, a) };
    between(low.at, high.at, (level - low.rate) / (high.rate - low.rate))
}

pub(super) fn between(a: Point, b: Point, share: f64) -> Point {
    (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1))
}

/// The region of the mesh with rates of at least a level, as one polygon.
pub(super) fn region(mesh: &Mesh, level: f64) -> Vec<Point> {
    let mut outline = Outline::default();
    for triangle in mesh.triangles() {
        let polygon = part(&triangle, level).polygon;
        for (k, &from) in polygon.iter().enumerate() {
            outline.add(from, polygon[(k + 1) % polygon.len()]);
        }
    }
    outline.polygon()
}

/// The lines along which the rate is the level.
pub(super) fn contours(mesh: &Mesh, level: f64) -> Vec<Vec<Point>> {
    let mut outline = Outline::default();
    for triangle in mesh.triangles() {
        if let Some([from, to]) = part(&triangle, level).cut {
            outline.add(from, to);
        }
    }
    outline.lines()
}
