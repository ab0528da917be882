//! A Cholesky factorisation and a Gram matrix that spend their time in nalgebra's matrix product.
//!
//! nalgebra's own factorisation works column by column. Halving the matrix recursively (Gustavson 1997) leaves
//! the same arithmetic to the product, which is several times faster from a few hundred rows on; docs/solver.md
//! has the measurements.

use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut, DVector, Dyn, MatrixView, U1};
use rayon::prelude::*;

/// Rows below which halving stops.
const LEAF: usize = 16;

/// Columns of a block in products of which only the lower triangle is needed.
const PANEL: usize = 128;

pub(crate) type View<'a> = MatrixView<'a, f64, Dyn, Dyn, U1, Dyn>;

/// The lower triangle of `a a^T`; entries above it are arbitrary.
pub(crate) fn gram(a: &DMatrix<f64>) -> DMatrix<f64> {
    let (rows, columns) = a.shape();
    let mut product = DMatrix::zeros(rows, rows);
    let panel = PANEL.min(rows.div_ceil(4).max(1));
    let fill = |(index, slice): (usize, &mut [f64])| {
        let (start, width) = (index * panel, slice.len() / rows);
        let transposed: MatrixView<'_, f64, Dyn, Dyn, Dyn, Dyn> =
            DMatrixView::from_slice_with_strides(&a.as_slice()[start..], columns, width, rows, 1);
        let mut block = DMatrixViewMut::from_slice(slice, rows, width);
        block.rows_range_mut(start..).gemm(1.0, &a.rows_range(start..), &transposed, 0.0);
    };
    if rows <= PANEL {
        product.as_mut_slice().chunks_mut(rows * panel).enumerate().for_each(fill);
    } else {
        product.as_mut_slice().par_chunks_mut(rows * panel).enumerate().for_each(fill);
    }
    product
}

/// A lower triangular factor `L` with `L L^T = a`.
#[derive(Debug)]
pub(crate) struct Cholesky(DMatrix<f64>);

impl Cholesky {
    /// Reads the lower triangle of `a`. `None` if a pivot is not positive.
    pub(crate) fn new(mut a: DMatrix<f64>) -> Option<Self> {
        factor(a.as_view_mut()).then_some(Self(a))
    }

    /// Factors a matrix with the first of these ridges that leaves it positive definite, relative to its diagonal and to what
    /// that is a difference of.
    pub(crate) fn with_ridges(
        matrix: &DMatrix<f64>,
        ridges: &[f64],
        sizes: &DVector<f64>,
    ) -> Option<Self> {
        ridges.iter().find_map(|ridge| {
            let mut ridged = matrix.clone();
            for (i, size) in sizes.iter().enumerate() {
                let d = ridged[(i, i)] + ridge * (ridged[(i, i)].abs() + size);
                // The potential of a letter that no channel uses means nothing.
                ridged[(i, i)] = if d == 0.0 { 1.0 } else { d };
            }
            Self::new(ridged)
        })
    }

    /// `b <- a^{-1} b`.
    pub(crate) fn solve_mut(&self, b: &mut DVector<f64>) {
        self.0.solve_lower_triangular_mut(b);
        self.0.tr_solve_lower_triangular_mut(b);
    }

    /// `b <- L^{-1} b`.
    pub(crate) fn half_solve_mut(&self, b: &mut DVector<f64>) {
        self.0.solve_lower_triangular_mut(b);
    }

    /// `b <- L^{-T} b`.
    pub(crate) fn other_half_solve_mut(&self, b: &mut DVector<f64>) {
        self.0.tr_solve_lower_triangular_mut(b);
    }

    /// `x <- x L^{-T}`.
    pub(crate) fn solve_right_mut(&self, x: &mut DMatrix<f64>) {
        solve_right(self.0.as_view(), x.as_view_mut());
    }
}

pub(crate) fn factor(mut a: DMatrixViewMut<'_, f64>) -> bool {
    let n = a.nrows();
    if n <= LEAF {
        return factor_leaf(a);
    }
    let half = n / 2;
    let (mut left, mut right) = a.columns_range_pair_mut(..half, half..);
    let (mut top, mut bottom) = left.rows_range_pair_mut(..half, half..);
    if !factor(top.as_view_mut()) {
        return false;
    }
    solve_right(top.as_view(), bottom.as_view_mut());
    subtract_gram(bottom.as_view(), right.rows_range_mut(half..));
    factor(right.rows_range_mut(half..))
}

fn factor_leaf(mut a: DMatrixViewMut<'_, f64>) -> bool {
    let n = a.nrows();
    for j in 0..n {
        for k in 0..j {
            let factor = -a[(j, k)];
            let (source, mut column) = a.columns_range_pair_mut(k, j);
            column.rows_range_mut(j..).axpy(factor, &source.rows_range(j..), 1.0);
        }
        let pivot = a[(j, j)];
        // Written so that NaN fails too.
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        a.view_mut((j, j), (n - j, 1)).scale_mut(1.0 / pivot.sqrt());
    }
    true
}

/// `x <- x l^{-T}` for a lower triangular `l`.
pub(crate) fn solve_right(l: View<'_>, mut x: DMatrixViewMut<'_, f64>) {
    let n = l.nrows();
    if x.nrows() > 2 * PANEL {
        let half = x.nrows() / 2;
        let (top, bottom) = x.rows_range_pair_mut(..half, half..);
        rayon::join(|| solve_right(l, top), || solve_right(l, bottom));
        return;
    }
    if n <= LEAF {
        for j in 0..n {
            for k in 0..j {
                let (source, mut column) = x.columns_range_pair_mut(k, j);
                column.axpy(-l[(j, k)], &source, 1.0);
            }
            x.column_mut(j).scale_mut(1.0 / l[(j, j)]);
        }
        return;
    }
    let half = n / 2;
    let (mut left, mut right) = x.columns_range_pair_mut(..half, half..);
    solve_right(l.view((0, 0), (half, half)), left.as_view_mut());
    right.gemm(-1.0, &left, &l.view((half, 0), (n - half, half)).transpose(), 1.0);
    solve_right(l.view((half, half), (n - half, n - half)), right);
}

/// `c <- c - a a^T`, correct in the lower triangle.
fn subtract_gram(a: View<'_>, mut c: DMatrixViewMut<'_, f64>) {
    let n = c.nrows();
    if n <= PANEL {
        c.gemm(-1.0, &a, &a.transpose(), 1.0);
        return;
    }
    let half = n / 2;
    let (mut left, mut right) = c.columns_range_pair_mut(..half, half..);
    let (c_top, mut c_corner) = left.rows_range_pair_mut(..half, half..);
    let (top, bottom) = (a.rows_range(..half), a.rows_range(half..));
    let c_bottom = right.rows_range_mut(half..);
    let mut corner = move || c_corner.gemm(-1.0, &bottom, &top.transpose(), 1.0);
    let triangles = move || {
        subtract_gram(top, c_top);
        subtract_gram(bottom, c_bottom);
    };
    if n > 2 * PANEL {
        rayon::join(corner, triangles);
    } else {
        corner();
        triangles();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rows: usize, columns: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |i, j| {
            ((i * 37 + j * 101 + i * j) % 97) as f64 / 97.0 - 0.4
        })
    }

    #[test]
    fn factor_solves_systems_of_every_block_shape() {
        for n in [1, 2, 16, 17, 33, 128, 129, 300] {
            let a = sample(n, n + 3);
            let mut matrix = gram(&a);
            for i in 0..n {
                matrix[(i, i)] += 1.0;
            }
            let full = &a * a.transpose() + DMatrix::identity(n, n);
            let expected = DVector::from_fn(n, |i, _| (i as f64).sin());
            let mut solution = &full * &expected;
            Cholesky::new(matrix).unwrap().solve_mut(&mut solution);
            assert!((solution - expected).amax() < 1e-9, "n = {n}");
        }
    }

    #[test]
    fn an_indefinite_or_nan_matrix_is_refused() {
        for bad in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
            let mut matrix = DMatrix::identity(40, 40);
            matrix[(25, 25)] = bad;
            assert!(Cholesky::new(matrix).is_none());
        }
    }
}
