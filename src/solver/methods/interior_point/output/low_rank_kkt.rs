//! The equations of [`super::dense_kkt`] where the Newton matrix is `G G^T` with few columns and every weight belongs to one
//! letter.
//!
//! With `t = G^T (u - f)`, f the step of the potential times `sqrt(q)`, and the weights over q, every letter has two equations of
//! its own,
//!
//! ```text
//! z u + c f             = a - (G t)_y
//! c u - (c + weight) f  = b + (G t)_y          u - f = known - k (G t)_y,   k = (weight - c - z) / (z (c + weight) + c^2)
//! ```
//!
//! so that all is in `1 + G^T diag(k) G`, a matrix of the size of the few columns. It is positive definite, although some of k
//! are negative: `k >= -1/c`, and the potential's own matrix `diag(c) - G G^T` is.

use crate::numerics::cholesky::{Cholesky, gram};
use nalgebra::{DMatrix, DVector};

/// Weights added, relative to c: a constant may be added to some potentials.
const RIDGES: [f64; 3] = [1e-13, 1e-11, 1e-9];

#[derive(Debug)]
pub(crate) struct Thin {
    g: DMatrix<f64>,
    factor: Cholesky,
    letters: Vec<Letter>,
}

/// The coefficients of a letter.
#[derive(Debug, Clone, Copy)]
struct Letter {
    root_q: f64,
    c: f64,
    z: f64,
    /// Over q, and ridged.
    weight: f64,
}

impl Letter {
    fn determinant(self) -> f64 {
        self.z * (self.c + self.weight) + self.c * self.c
    }
}

impl Thin {
    /// `None` if rounding has left nothing that can be factored.
    pub(crate) fn new(
        g: &DMatrix<f64>,
        c: &DVector<f64>,
        z: &DVector<f64>,
        root_q: &DVector<f64>,
        weights: &DVector<f64>,
    ) -> Option<Self> {
        let columns = g.ncols();
        RIDGES.iter().find_map(|ridge| {
            let letter = |y: usize| {
                let (root_q, c, z) = (root_q[y], c[y], z[y]);
                let weight = weights[y] / (root_q * root_q);
                // The potential of a letter that no channel uses means nothing.
                let weight = if c + weight > 0.0 { weight + ridge * c } else { 1.0 };
                Letter { root_q, c, z, weight }
            };
            let letters: Vec<Letter> = (0..c.len()).map(letter).collect();
            let inverse = |l: &Letter| (l.weight - l.c - l.z) / l.determinant();
            let part = |sign: f64| {
                let rows = letters.iter().enumerate().filter(|(_, l)| sign * inverse(l) > 0.0);
                let scaled = rows.map(|(y, l)| g.row(y).transpose() * (sign * inverse(l)).sqrt());
                let scaled: Vec<DVector<f64>> = scaled.collect();
                if scaled.is_empty() {
                    DMatrix::zeros(columns, columns)
                } else {
                    gram(&DMatrix::from_columns(&scaled))
                }
            };
            let mut matrix = part(1.0) - part(-1.0);
            for i in 0..columns {
                matrix[(i, i)] += 1.0;
            }
            let factor = Cholesky::new(matrix)?;
            Some(Self { g: g.clone(), factor, letters })
        })
    }

    /// `(a, b) <- (u, e)`, one below the other, as in [`super::dense_kkt`].
    pub(crate) fn solve_mut(&self, right: &mut DVector<f64>) {
        let m = self.letters.len();
        let known = |(y, l): (usize, &Letter)| {
            let (a, b) = (right[y], right[m + y] / l.root_q);
            (l.weight * a + (l.c + l.z) * b) / l.determinant()
        };
        let known = DVector::from_iterator(m, self.letters.iter().enumerate().map(known));
        let mut t = self.g.tr_mul(&known);
        self.factor.solve_mut(&mut t);
        let shared = &self.g * t;
        for (y, l) in self.letters.iter().enumerate() {
            let (a, b) = (right[y] - shared[y], right[m + y] / l.root_q + shared[y]);
            right[y] = ((l.c + l.weight) * a + l.c * b) / l.determinant();
            right[m + y] = (l.c * a - l.z * b) / l.determinant() / l.root_q;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dense_kkt::{Equations, Saddle};
    use super::super::spanning_tree::{Tree, Weights};
    use super::*;

    #[test]
    fn few_columns_and_the_whole_matrix_solve_the_same_equations() {
        let (m, l) = (9, 4);
        let g = DMatrix::from_fn(m, l, |i, j| ((3 * i + 7 * j + i * j) % 11) as f64 / 40.0);
        let c = DVector::from_fn(m, |i, _| 0.9 + 0.02 * i as f64);
        let z = DVector::from_fn(m, |i, _| [1e-6, 0.3, 1e-3][i % 3]);
        let root_q = DVector::from_fn(m, |i, _| 0.1 + 0.05 * i as f64);
        let weights = DVector::from_fn(m, |i, _| [1e4, 1e-3][i % 2]);
        let right = DVector::from_fn(2 * m, |i, _| (i as f64).cos());
        let thin = Thin::new(&g, &c, &z, &root_q, &weights).unwrap();
        let equations = Equations { tree: Tree::star(m), c, z, root_q };
        let whole = Saddle::new(&g, &equations, &Weights::Diagonal(weights)).unwrap();
        let (mut a, mut b) = (right.clone(), right);
        thin.solve_mut(&mut a);
        whole.solve_mut(&mut b);
        assert!((&a - &b).amax() < 1e-6 * b.amax(), "{:e}", (&a - &b).amax());
    }
}
