//! Triangles that meet in whole edges, and how they are cut.

use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct Mesh {
    triangles: Vec<[usize; 3]>,
    /// The triangles at each edge, by its vertices in increasing order.
    at_edge: BTreeMap<[usize; 2], Vec<usize>>,
}

impl Mesh {
    pub(crate) fn triangles(&self) -> &[[usize; 3]] {
        &self.triangles
    }

    pub(crate) fn add(&mut self, corners: [usize; 3]) -> usize {
        self.triangles.push(corners);
        let triangle = self.triangles.len() - 1;
        self.enter(triangle);
        triangle
    }

    /// Cuts the triangles at an edge in two each; returns the changed and the new ones, the latter in increasing order.
    pub(crate) fn cut_edge(&mut self, ends: [usize; 2], middle: usize) -> Vec<usize> {
        let mut changed = Vec::new();
        for triangle in self.at_edge.remove(&sorted(ends)).unwrap_or_default() {
            let corners = self.triangles[triangle];
            let half = |end: usize| corners.map(|v| if v == end { middle } else { v });
            self.replace(triangle, half(ends[1]));
            changed.extend([triangle, self.add(half(ends[0]))]);
        }
        changed
    }

    /// Cuts a triangle in three; returns it and the new ones.
    pub(crate) fn cut_triangle(&mut self, triangle: usize, centre: usize) -> Vec<usize> {
        let [a, b, c] = self.triangles[triangle];
        self.replace(triangle, [a, b, centre]);
        vec![triangle, self.add([centre, b, c]), self.add([a, centre, c])]
    }

    fn replace(&mut self, triangle: usize, corners: [usize; 3]) {
        for edge in edges(self.triangles[triangle]) {
            if let Some(at) = self.at_edge.get_mut(&edge) {
                at.retain(|&other| other != triangle);
            }
        }
        self.triangles[triangle] = corners;
        self.enter(triangle);
    }

    fn enter(&mut self, triangle: usize) {
        for edge in edges(self.triangles[triangle]) {
            self.at_edge.entry(edge).or_default().push(triangle);
        }
    }
}

fn edges([a, b, c]: [usize; 3]) -> [[usize; 2]; 3] {
    [[a, b], [b, c], [c, a]].map(sorted)
}

fn sorted([a, b]: [usize; 2]) -> [usize; 2] {
    [a.min(b), a.max(b)]
}
