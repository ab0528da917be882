//! The Newton system of the interior-point method, factored on the smaller of the two alphabets.
//!
//! With `u = dq / sqrt(q)` and `v = ds` the system is
//!
//! ```text
//! N u + h v    = a       N = V^T V + diag(z)          V^T = Kernel::weighted, m x n
//! C v - h^T u  = b       C = Cov + diag(r / s)        h = sqrt(q) dE[d]/dq
//! ```
//!
//! Near the solution z is tiny, and N is all but singular along changes of q that leave every `t_x` alone. Where
//! such a change moves `E[d]`, it is the second row that decides it, and eliminating with N alone loses it in
//! rounding. So `h P` times the second row is added to the first, with `P` about `C^{-1}` but bounded:
//!
//! ```text
//! (N + h P h^T) u + h (1 - P C) v = a - h P b
//! ```
//!
//! The first block stays a Gram matrix plus a diagonal: V^T gets K more columns `h sqrt(P)`. Where n + K < m it is
//! inverted on the other side (Woodbury), so a factorisation costs n m min(n, m).

use super::cholesky::{Cholesky, gram};
use super::compression::Compression;
use super::kernel::Kernel;
use nalgebra::{DMatrix, DVector};

/// Relative ridges tried on the diagonal of a matrix that rounding has made indefinite.
const RIDGES: [f64; 4] = [0.0, 1e-14, 1e-12, 1e-10];

/// `h P h^T` is kept below this multiple of 1, the size of `V^T V`.
const LARGEST_PENALTY: f64 = 1e4;

/// A factored Newton matrix.
#[derive(Debug)]
pub(super) struct Newton {
    normal: Normal,
    h: DMatrix<f64>,
    penalty: DMatrix<f64>,
    /// `(N + h P h^T)^{-1} h (1 - P C)`.
    solved: DMatrix<f64>,
    /// `(C + h^T solved)^{-1}`.
    schur_inverse: DMatrix<f64>,
}

impl Newton {
    /// `None` if rounding has left nothing that can be factored.
    ///
    /// Fills the last K columns of `kernel.weighted`. `buffer` may hold any matrix, whose memory is used again.
    pub(super) fn new(
        kernel: &mut Kernel,
        q: &DVector<f64>,
        z: &DVector<f64>,
        slack_ratio: &DVector<f64>,
        buffer: DMatrix<f64>,
        compression: &mut Compression,
    ) -> Option<Self> {
        let mut h = kernel.sensitivity.clone();
        for mut column in h.column_iter_mut() {
            column.zip_apply(q, |slope, q| *slope *= q.sqrt());
        }
        let k = h.ncols();
        let corner = &kernel.covariance + DMatrix::from_diagonal(slack_ratio);
        let bound = DVector::from_fn(k, |i, _| h.column(i).norm_squared() / LARGEST_PENALTY);
        let penalty = (&corner + DMatrix::from_diagonal(&bound)).try_inverse()?;
        let root = penalty.clone().cholesky()?.unpack();
        let n = kernel.weighted.ncols() - k;
        kernel.weighted.columns_mut(n, k).copy_from(&(&h * root));

        let normal = match compression.factor(&kernel.weighted, z.min()) {
            Some(fewer) => Normal::new(&fewer, z, buffer),
            None => Normal::new(&kernel.weighted, z, buffer),
        }?;
        let mut solved = &h * (DMatrix::identity(k, k) - &penalty * &corner);
        for mut column in solved.column_iter_mut() {
            let solution = normal.solve(column.clone_owned());
            column.copy_from(&solution);
        }
        let schur_inverse = (corner + h.tr_mul(&solved)).try_inverse()?;
        Some(Self { normal, h, penalty, solved, schur_inverse })
    }

    /// The solution `(u, v)` for the right-hand side `(a, b)`.
    pub(super) fn solve(&self, a: DVector<f64>, b: &DVector<f64>) -> (DVector<f64>, DVector<f64>) {
        let mut u = self.normal.solve(a - &self.h * (&self.penalty * b));
        let v = &self.schur_inverse * (b + self.h.tr_mul(&u));
        u -= &self.solved * &v;
        (u, v)
    }

    /// The memory of the factor.
    pub(super) fn into_buffer(self) -> DMatrix<f64> {
        match self.normal {
            Normal::Columns(factor) | Normal::Rows { factor, .. } => factor.into_matrix(),
        }
    }
}

/// `G G^T + diag(z)`, G of size m x l, factored as an m x m or an l x l matrix.
#[derive(Debug)]
enum Normal {
    Columns(Cholesky),
    /// `1 + g^T g` with `g = diag(1 / root_z) G`, given as its transpose.
    Rows {
        factor: Cholesky,
        scaled: DMatrix<f64>,
        root_z: DVector<f64>,
    },
}

impl Normal {
    fn new(g: &DMatrix<f64>, z: &DVector<f64>, buffer: DMatrix<f64>) -> Option<Self> {
        let (m, l) = g.shape();
        if m <= l {
            return factor(g, z, buffer).map(Self::Columns);
        }
        let root_z = z.map(f64::sqrt);
        let mut scaled = g.transpose();
        for (mut column, root) in scaled.column_iter_mut().zip(&root_z) {
            column /= *root;
        }
        let factor = factor(&scaled, &DVector::from_element(l, 1.0), buffer)?;
        Some(Self::Rows { factor, scaled, root_z })
    }

    fn solve(&self, mut a: DVector<f64>) -> DVector<f64> {
        match self {
            Self::Columns(factor) => factor.solve_mut(&mut a),
            Self::Rows { factor, scaled, root_z } => {
                a.component_div_assign(root_z);
                let mut w = scaled * &a;
                factor.solve_mut(&mut w);
                a -= scaled.tr_mul(&w);
                a.component_div_assign(root_z);
            }
        }
        a
    }
}

/// Factors `g g^T + diag(diagonal)`; a failed factorisation destroys the matrix, which is then made again.
fn factor(g: &DMatrix<f64>, diagonal: &DVector<f64>, buffer: DMatrix<f64>) -> Option<Cholesky> {
    let mut matrix = buffer;
    for ridge in RIDGES {
        matrix = gram(g, matrix);
        for (i, d) in diagonal.iter().enumerate() {
            matrix[(i, i)] = (matrix[(i, i)] + d) * (1.0 + ridge);
        }
        match Cholesky::new(matrix) {
            Ok(factor) => return Some(factor),
            Err(destroyed) => matrix = destroyed,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_invert_the_same_matrix() {
        for (m, l) in [(7, 30), (30, 7), (12, 12)] {
            let g = DMatrix::from_fn(m, l, |i, j| ((3 * i + 7 * j + i * j) % 11) as f64 / 11.0);
            let z = DVector::from_fn(m, |i, _| 0.1 + i as f64);
            let full = &g * g.transpose() + DMatrix::from_diagonal(&z);
            let expected = DVector::from_fn(m, |i, _| (i as f64).cos());
            let normal = Normal::new(&g, &z, DMatrix::zeros(0, 0)).unwrap();
            assert!((normal.solve(&full * &expected) - expected).amax() < 1e-10, "{m} x {l}");
        }
    }
}
