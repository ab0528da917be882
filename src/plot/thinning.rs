//! Fewer points than a picture can show apart.

use super::canvas::Point;
use super::scale::Scale;

/// How far apart two points are, in shares of the axes.
fn distance(scales: &[Scale; 2], a: Point, b: Point) -> f64 {
    ((a.0 - b.0) / scales[0].width()).hypot((a.1 - b.1) / scales[1].width())
}

/// The points without those closer than `finest` to the one before; the last stays.
pub(super) fn thinned(points: &[Point], scales: &[Scale; 2], finest: f64) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for &point in points {
        if kept.last().is_none_or(|&last| distance(scales, last, point) >= finest) {
            kept.push(point);
        }
    }
    kept.extend(points.last().filter(|last| kept.last() != Some(last)));
    kept
}

/// The points that carry markers, `between` apart, from the last on.
pub(super) fn marked(points: &[Point], scales: &[Scale; 2], between: f64) -> Vec<Point> {
    let mut marked: Vec<Point> = Vec::new();
    for &point in points.iter().rev() {
        if marked.last().is_none_or(|&last| distance(scales, last, point) >= between) {
            marked.push(point);
        }
    }
    marked
}
