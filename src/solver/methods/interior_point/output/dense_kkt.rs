//! The Newton equations of the output pmf and the potential of a marginal constraint together.
//!
//! With `u = dq / sqrt(q)` and the step `dg = B e` of the potential
//!
//! ```text
//! (N + diag(z)) u + K^T e = a        N = V^T V             K = B^T diag(sqrt(q)) S
//! K u - A e               = b        S = diag(c) - N       A = B^T diag(sqrt(q)) S diag(sqrt(q)) B + weights
//! ```
//!
//! S is what the potential alone sees of the channel. With a Cholesky factor L of A and `T = L^{-1} K`, all is in
//! `N + diag(z) + T^T T`, a sum without cancellation. The coordinates B are those in which the weights, which grow without
//! bound, lie on the diagonal, where they do no harm.

use super::spanning_tree::{Tree, Weights};
use crate::numerics::cholesky::{Cholesky, gram};
use nalgebra::{DMatrix, DVector};

/// Relative ridges tried on A, the first for potentials that a constant may be added to.
const RIDGES: [f64; 4] = [1e-13, 1e-12, 1e-11, 1e-9];

/// Relative ridges tried on the other matrix.
const SMALL_RIDGES: [f64; 4] = [0.0, 1e-14, 1e-12, 1e-10];

/// What the equations are made of beside N and the weights.
#[derive(Debug, Clone)]
pub(crate) struct Equations {
    /// B.
    pub(crate) tree: Tree,
    pub(crate) c: DVector<f64>,
    pub(crate) z: DVector<f64>,
    pub(crate) root_q: DVector<f64>,
}

#[derive(Debug)]
pub(crate) struct Saddle {
    inner: Cholesky,
    outer: Cholesky,
    /// `T^T`, m x p.
    transposed: DMatrix<f64>,
}

impl Saddle {
    /// `None` if rounding has left nothing that can be factored.
    pub(crate) fn new(v: &DMatrix<f64>, equations: &Equations, weights: &Weights) -> Option<Self> {
        let Equations { tree, c, z, root_q } = equations;
        let mut normal = gram(v);
        normal.fill_upper_triangle_with_lower_triangle();
        let mut seen = -&normal;
        for (y, c) in c.iter().enumerate() {
            seen[(y, y)] += c;
        }
        for (mut column, root) in seen.column_iter_mut().zip(root_q) {
            column *= *root;
        }
        let mut transposed = tree.across(seen);
        let mut scaled = transposed.clone();
        for mut column in scaled.column_iter_mut() {
            column.component_mul_assign(root_q);
        }
        let mut inner = tree.across(scaled.transpose());
        match weights {
            Weights::Diagonal(weights) => {
                for (y, weight) in weights.iter().enumerate() {
                    inner[(y, y)] += weight;
                }
            }
            Weights::Dense(weights) => inner += weights,
        }
        let sizes = tree.down(&root_q.component_mul(root_q).component_mul(c));
        let inner = Cholesky::with_ridges(&inner, &RIDGES, &sizes)?;
        inner.solve_right_mut(&mut transposed);
        let mut whole = gram(&transposed);
        whole += &normal;
        for (y, z) in z.iter().enumerate() {
            whole[(y, y)] += z;
        }
        let outer = Cholesky::with_ridges(&whole, &SMALL_RIDGES, &DVector::zeros(c.len()))?;
        Some(Self { inner, outer, transposed })
    }

    /// `(a, b) <- (u, e)`, one below the other.
    pub(crate) fn solve_mut(&self, right: &mut DVector<f64>) {
        let m = self.transposed.nrows();
        let mut b = right.rows(m, right.len() - m).into_owned();
        let mut a = right.rows(0, m).into_owned();
        self.inner.half_solve_mut(&mut b);
        a += &self.transposed * &b;
        self.outer.solve_mut(&mut a);
        let mut e = self.transposed.tr_mul(&a) - b;
        self.inner.other_half_solve_mut(&mut e);
        right.rows_mut(0, m).copy_from(&a);
        right.rows_mut(m, e.len()).copy_from(&e);
    }
}
