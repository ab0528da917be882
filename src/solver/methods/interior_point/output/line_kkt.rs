//! The equations of [`super::dense_kkt`] where the Newton matrix is `G G^T` with few columns and the ways are links between
//! neighbours on a line.
//!
//! With `t = G^T (u - f)`, f the step of the potential times `sqrt(q)`, and `h = weights e` what the links carry more,
//! `D phi` the differences of neighbours and `x = D^T (h + b)` what each letter then lacks,
//!
//! ```text
//! z u + c f                = a - G t
//! sqrt(q) (c (u - f) - G t) = x                   d = z / (q c (c + z))
//! h / weights              = D (f / sqrt(q))
//! ```
//!
//! Letters are eliminated one by one, and links by a tridiagonal matrix `M = 1 / weights + D diag(d) D^T`:
//!
//! ```text
//! (1 - G^T diag(1/c) G + Y^T M^{-1} Y) t = Y^T (M^{-1} r + b)        Y = D diag(1 / (c sqrt(q))) G
//! M h = r - Y t                                                      r = D (a / ((c + z) sqrt(q)) - d D^T b)
//! ```
//!
//! No difference of large numbers is in it: the pivots of M are sums of positive terms. A constant may be added to the
//! potential, which moves t along `G^T sqrt(q)`; that direction is closed.

use super::dense_kkt::Equations;
use crate::numerics::cholesky::{Cholesky, gram};
use nalgebra::{DMatrix, DVector};

/// Relative ridges tried on the matrix for t.
const RIDGES: [f64; 4] = [0.0, 1e-14, 1e-12, 1e-10];

#[derive(Debug)]
pub(crate) struct Line {
    /// The transpose of G.
    g: DMatrix<f64>,
    equations: Equations,
    weights: DVector<f64>,
    /// d.
    bends: DVector<f64>,
    links: Links,
    /// The transpose of Y, with M's factor taken from it.
    eliminated: DMatrix<f64>,
    factor: Cholesky,
    /// A letter of which no digits are lost.
    anchor: usize,
}

impl Line {
    /// `None` if rounding has left nothing that can be factored, or a letter that no channel uses.
    pub(crate) fn new(
        g: &DMatrix<f64>,
        equations: Equations,
        weights: &DVector<f64>,
    ) -> Option<Self> {
        let Equations { c, z, root_q, .. } = &equations;
        let bend = |y: usize, _| z[y] / (root_q[y].powi(2) * c[y] * (c[y] + z[y]));
        let bends = DVector::from_fn(c.len(), bend);
        if !bends.iter().all(|d| d.is_finite()) {
            return None;
        }
        let links = Links::new(weights, &bends);
        let g = g.transpose();
        let mut scaled = g.clone();
        for (mut letter, c) in scaled.column_iter_mut().zip(c) {
            letter.unscale_mut(c.sqrt());
        }
        let seen = gram(&scaled);
        for ((mut letter, c), root_q) in scaled.column_iter_mut().zip(c).zip(root_q) {
            letter.unscale_mut(c.sqrt() * root_q);
        }
        let eliminated = links.eliminated(scaled);
        let mut matrix = gram(&eliminated) - seen;
        let constant = &g * root_q;
        matrix.ger(1.0, &constant, &constant, 1.0);
        for i in 0..matrix.nrows() {
            matrix[(i, i)] += 1.0;
        }
        let sizes = DVector::from_element(matrix.nrows(), 1.0);
        let factor = Cholesky::with_ridges(&matrix, &RIDGES, &sizes)?;
        let anchor = root_q.imax();
        let weights = weights.clone();
        Some(Self { g, equations, weights, bends, links, eliminated, factor, anchor })
    }

    /// `(a, b) <- (u, e)`, one below the other, as in [`super::dense_kkt`].
    pub(crate) fn solve_mut(&self, right: &mut DVector<f64>) {
        let Equations { tree, c, z, root_q } = &self.equations;
        let m = c.len();
        let (a, b) = (right.rows(0, m), right.rows(m, m - 1));
        let lacks = |through: &DVector<f64>, y: usize| {
            let into = if y > 0 { through[y - 1] } else { 0.0 };
            into - if y + 1 < m { through[y] } else { 0.0 }
        };
        let b = b.into_owned();
        let known = |y: usize| a[y] / ((c[y] + z[y]) * root_q[y]) - self.bends[y] * lacks(&b, y);
        let mut carried = DVector::from_fn(m - 1, |j, _| known(j + 1) - known(j));
        self.links.half_solve_mut(&mut carried);
        let lacking = DVector::from_fn(m, |y, _| lacks(&b, y) / (c[y] * root_q[y]));
        let mut t = &self.eliminated * &carried + &self.g * lacking;
        self.factor.solve_mut(&mut t);
        carried.gemv_tr(-1.0, &self.eliminated, &t, 1.0);
        self.links.other_half_solve_mut(&mut carried);
        let steps = carried.component_div(&self.weights);
        let through = carried + b;
        let shared = self.g.tr_mul(&t);
        // u - f
        let apart = |y: usize| (lacks(&through, y) / root_q[y] + shared[y]) / c[y];
        let left = a - shared.clone();
        let mut potential = tree.up(&steps);
        let at = self.anchor;
        let of_anchor = (left[at] - z[at] * apart(at)) / ((c[at] + z[at]) * root_q[at]);
        potential.add_scalar_mut(of_anchor - potential[at]);
        let u = |y: usize, _| {
            let f = root_q[y] * potential[y];
            // Either is exact; each loses digits where the other does not.
            if z[y] < root_q[y].powi(2) { apart(y) + f } else { (left[y] - c[y] * f) / z[y] }
        };
        let u = DVector::from_fn(m, u);
        right.rows_mut(0, m).copy_from(&u);
        right.rows_mut(m, m - 1).copy_from(&steps);
    }
}

/// The tridiagonal matrix of the links, factored as `L diag(pivots) L^T`.
#[derive(Debug)]
struct Links {
    /// What of each link is taken from the next.
    passed: Vec<f64>,
    root_pivots: Vec<f64>,
}

impl Links {
    fn new(weights: &DVector<f64>, bends: &DVector<f64>) -> Self {
        let (mut passed, mut root_pivots) = (Vec::new(), Vec::new());
        // The pivot less the bend of the letter behind the link, which is not subtracted but left out.
        let mut before = bends[0];
        for (weight, bend) in weights.iter().zip(bends.iter().skip(1)) {
            let own = 1.0 / weight + before;
            let pivot = own + bend;
            root_pivots.push(pivot.sqrt());
            passed.push(bend / pivot);
            before = own * (bend / pivot);
        }
        Self { passed, root_pivots }
    }

    /// `b <- diag(pivots)^{-1/2} L^{-1} b`.
    fn half_solve_mut(&self, b: &mut DVector<f64>) {
        for j in 1..b.len() {
            b[j] += self.passed[j - 1] * b[j - 1];
        }
        b.iter_mut().zip(&self.root_pivots).for_each(|(b, root)| *b /= root);
    }

    /// `b <- L^{-T} diag(pivots)^{-1/2} b`.
    fn other_half_solve_mut(&self, b: &mut DVector<f64>) {
        b.iter_mut().zip(&self.root_pivots).for_each(|(b, root)| *b /= root);
        for j in (1..b.len()).rev() {
            b[j - 1] += self.passed[j - 1] * b[j];
        }
    }

    /// The differences of neighbouring columns, then [`Self::half_solve_mut`] of the rows.
    fn eliminated(&self, mut letters: DMatrix<f64>) -> DMatrix<f64> {
        let links = self.root_pivots.len();
        for j in 0..links {
            let (mut own, next) = letters.columns_range_pair_mut(j, j + 1);
            own.axpy(1.0, &next, -1.0);
            if j > 0 {
                let (before, mut own) = letters.columns_range_pair_mut(j - 1, j);
                own.axpy(self.passed[j - 1], &before, 1.0);
            }
        }
        for (mut column, root) in letters.column_iter_mut().zip(&self.root_pivots) {
            column.unscale_mut(*root);
        }
        letters.remove_column(links)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dense_kkt::Saddle;
    use super::super::spanning_tree::{Tree, Weights};
    use super::*;

    #[test]
    fn few_columns_and_the_whole_matrix_solve_the_same_equations() {
        let (m, l) = (9, 4);
        let g = DMatrix::from_fn(m, l, |i, j| ((3 * i + 7 * j + i * j) % 11 + 1) as f64 / 40.0);
        let root_q = DVector::from_fn(m, |i, _| 0.1 + 0.05 * i as f64);
        // A constant potential changes nothing.
        let c = (&g * g.tr_mul(&root_q)).component_div(&root_q);
        let z = DVector::from_fn(m, |i, _| [1e-6, 0.3, 1e-3][i % 3]);
        let weights = DVector::from_fn(m - 1, |i, _| [1e4, 1e-3][i % 2]);
        let right = DVector::from_fn(2 * m - 1, |i, _| (i as f64).cos());
        let equations = Equations { tree: Tree::path(m), c, z, root_q };
        let line = Line::new(&g, equations.clone(), &weights).unwrap();
        let whole = Saddle::new(&g, &equations, &Weights::Diagonal(weights)).unwrap();
        let (mut a, mut b) = (right.clone(), right.clone());
        line.solve_mut(&mut a);
        whole.solve_mut(&mut b);
        assert!((&a - &b).amax() < 1e-6 * b.amax(), "{:e}", (&a - &b).amax());
    }
}
