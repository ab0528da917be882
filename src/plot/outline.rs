//! Pieces of lines joined where they meet.

use super::canvas::Point;
use std::collections::{BTreeMap, BTreeSet};

/// The bits of a point, with one zero: pieces meet where these agree.
type Key = [u64; 2];

fn key(point: Point) -> Key {
    [point.0, point.1].map(|value| (value + 0.0).to_bits())
}

fn point(key: Key) -> Point {
    let [x, y] = key.map(f64::from_bits);
    (x, y)
}

/// Directed pieces of lines.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pieces: BTreeSet<(Key, Key)>,
}

impl Outline {
    /// Adds a piece, or removes it where it was there in the other direction: what remains of the sides of neighbouring
    /// polygons is the outline of their union.
    pub(super) fn add(&mut self, from: Point, to: Point) {
        let (from, to) = (key(from), key(to));
        if from != to && !self.pieces.remove(&(to, from)) {
            self.pieces.insert((from, to));
        }
    }

    /// The pieces joined end to start: open lines first, then rings, whose last point is their first.
    pub(super) fn lines(self) -> Vec<Vec<Point>> {
        let mut ends: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
        let mut arrivals: BTreeMap<Key, usize> = BTreeMap::new();
        for (from, to) in self.pieces {
            ends.entry(from).or_default().push(to);
            *arrivals.entry(to).or_default() += 1;
        }
        let starts: Vec<Key> = ends
            .iter()
            .filter(|(from, to)| to.len() > arrivals.get(*from).copied().unwrap_or(0))
            .map(|(from, _)| *from)
            .collect();
        let mut lines = Vec::new();
        let everywhere: Vec<Key> = ends.keys().copied().collect();
        for start in starts.into_iter().chain(everywhere) {
            while let Some(first) = ends.get_mut(&start).and_then(Vec::pop) {
                let mut line = vec![point(start), point(first)];
                let mut last = first;
                while let Some(next) = ends.get_mut(&last).and_then(Vec::pop) {
                    line.push(point(next));
                    last = next;
                }
                lines.push(line);
            }
        }
        lines
    }

    /// All rings as one polygon: the ways between them are gone in both directions, and holes wind the other way round.
    pub(super) fn polygon(self) -> Vec<Point> {
        let rings = self.lines();
        let origin = rings.first().and_then(|ring| ring.first()).copied();
        let mut polygon = Vec::new();
        for ring in rings {
            polygon.extend(ring);
            polygon.extend(origin);
        }
        polygon
    }
}
