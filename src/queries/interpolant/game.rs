//! How far planes may lie below a triangle, as a matrix game.
//!
//! Above a point with barycentric weights w of the corners, the interpolated bound exceeds plane i by `sum_v w_v G_vi`. The
//! largest excess over the highest plane, `max over w of min over i`, is the value of the matrix game G (von Neumann): any
//! mixture of planes bounds it from above. Optimal strategies solve a square subgame with as many planes as corners (Shapley
//! and Snow 1950), so that trying them all is exact.

/// The value of a game, from above, and where it is attained.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Excess {
    /// No point of the triangle has more, in bits.
    pub(crate) bound: f64,
    /// The weights of the corners at a point that has this much, but for rounding.
    pub(crate) weights: [f64; 3],
}

/// The game of these planes, each with its three excesses `G_vi` at the corners.
pub(crate) fn excess(planes: &[[f64; 3]]) -> Excess {
    let mut best =
        Best { planes, bound: f64::INFINITY, least: f64::NEG_INFINITY, weights: [0.0; 3] };
    for (i, a) in planes.iter().enumerate() {
        best.mix(&[(1.0, a)]);
        for (j, b) in planes[..i].iter().enumerate() {
            let steps = [0, 1, 2].map(|v| a[v] - b[v]);
            for (u, v) in [(0, 1), (1, 2), (2, 0)] {
                best.equalise_two([a, b], [u, v], steps);
            }
            for c in &planes[..j] {
                best.equalise_three([a, b, c]);
            }
        }
    }
    for corner in 0..3 {
        best.place([0, 1, 2].map(|v| f64::from(v == corner)));
    }
    Excess { bound: best.bound, weights: best.weights }
}

struct Best<'a> {
    planes: &'a [[f64; 3]],
    bound: f64,
    least: f64,
    weights: [f64; 3],
}

impl Best<'_> {
    /// No point exceeds a mixture of planes by more than a corner does.
    fn mix(&mut self, mixture: &[(f64, &[f64; 3])]) {
        let at = |v: usize| mixture.iter().map(|(share, plane)| share * plane[v]).sum::<f64>();
        let bound = at(0).max(at(1)).max(at(2));
        // Not `min`: what is no number bounds nothing.
        if bound < self.bound {
            self.bound = bound;
        }
    }

    /// A point exceeds the highest plane by the least of what it exceeds each.
    fn place(&mut self, weights: [f64; 3]) {
        let over = |plane: &[f64; 3]| (0..3).map(|v| weights[v] * plane[v]).sum::<f64>();
        let least = self.planes.iter().map(over).fold(f64::INFINITY, f64::min);
        if least > self.least {
            (self.least, self.weights) = (least, weights);
        }
    }

    fn equalise_two(&mut self, [a, b]: [&[f64; 3]; 2], [u, v]: [usize; 2], steps: [f64; 3]) {
        if let Some([first, second]) = shares([b[u] - b[v], a[v] - a[u]]) {
            self.mix(&[(first, a), (second, b)]);
        }
        if let Some([first, second]) = shares([steps[v], -steps[u]]) {
            let mut weights = [0.0; 3];
            (weights[u], weights[v]) = (first, second);
            self.place(weights);
        }
    }

    fn equalise_three(&mut self, planes: [&[f64; 3]; 3]) {
        let row = |v: usize| planes.map(|plane| plane[v]);
        if let Some([first, second, third]) = shares(normal(row(0), row(1), row(2))) {
            self.mix(&[(first, planes[0]), (second, planes[1]), (third, planes[2])]);
        }
        if let Some(weights) = shares(normal(*planes[0], *planes[1], *planes[2])) {
            self.place(weights);
        }
    }
}

/// What is orthogonal to the differences of three vectors.
fn normal(a: [f64; 3], b: [f64; 3], c: [f64; 3]) -> [f64; 3] {
    let [p, q] = [b, c].map(|other| [0, 1, 2].map(|k| a[k] - other[k]));
    [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]]
}

/// Scaled to sum 1; `None` if signs differ.
fn shares<const N: usize>(entries: [f64; N]) -> Option<[f64; N]> {
    let sum: f64 = entries.iter().sum();
    let scaled = entries.map(|entry| entry / sum);
    scaled.iter().all(|share| (0.0..=1.0).contains(share)).then_some(scaled)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By brute force over a grid of weights.
    fn largest(planes: &[[f64; 3]], steps: usize) -> f64 {
        let mut largest = f64::NEG_INFINITY;
        for i in 0..=steps {
            for j in 0..=steps - i {
                let weights = [i, j, steps - i - j].map(|k| k as f64 / steps as f64);
                let over = |plane: &[f64; 3]| (0..3).map(|v| weights[v] * plane[v]).sum::<f64>();
                largest = largest.max(planes.iter().map(over).fold(f64::INFINITY, f64::min));
            }
        }
        largest
    }

    #[test]
    fn games_have_the_value_found_by_enumeration() {
        let mut state = 1_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / f64::from(1_u32 << 31)
        };
        for count in 1..8 {
            for _ in 0..40 {
                let planes: Vec<[f64; 3]> =
                    (0..count).map(|_| [0; 3].map(|_| (3.0 * uniform() - 1.0).max(0.0))).collect();
                let found = excess(&planes);
                let enumerated = largest(&planes, 200);
                assert!(found.bound >= enumerated - 1e-12, "{planes:?}");
                assert!(found.bound <= enumerated + 0.02, "{planes:?}");
                let over = |plane: &[f64; 3]| (0..3).map(|v| found.weights[v] * plane[v]).sum();
                let least: f64 = planes.iter().map(over).fold(f64::INFINITY, f64::min);
                assert!((least - found.bound).abs() < 1e-9, "{planes:?}");
            }
        }
    }

    #[test]
    fn without_planes_nothing_is_bounded() {
        assert_eq!(excess(&[]).bound, f64::INFINITY);
    }
}
