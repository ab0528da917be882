//! The Newton matrix through fewer columns, where its rank is low.
//!
//! Likelihoods `exp(-s.d(x, y))` of a smooth distortion are alike for neighbouring letters, and letters on their way out
//! of the support carry no weight: `W W^T` then has far fewer large eigenvalues than rows. A partial Cholesky
//! factorisation finds `G G^T <= W W^T` from as many columns (Harbrecht, Peters and Schneider 2012), and the trace of
//! what it leaves bounds the error. It takes the columns in blocks, so that the time is spent in products: first those
//! that served the step before, then more, spread evenly over what is left, as random pivots would be (Chen, Epperly, Tropp
//! and Webber, arXiv 2207.06503), but the same in every run.

use super::cholesky::{View, solve_right};
use nalgebra::{DMatrix, DMatrixViewMut, DVector};

/// Matrices with fewer rows or columns are not worth it.
const SMALLEST: usize = 128;

/// Rows of a product that one core takes at a time.
const PANEL: usize = 128;

/// The largest rank, as a share of the smaller dimension, that is.
const LARGEST_SHARE: f64 = 0.4;

/// The trace that the first block must not leave, as a share of the whole.
const SLOW: f64 = 0.5;

/// Columns of the first block of new ones; each further one is twice as long.
const FIRST_BLOCK: usize = 24;

/// The trace that is left is to be this share of the smallest entry added to the diagonal ...
const TRACE_SHARE: f64 = 1e-3;

/// ... or what rounding leaves, this share of the whole ...
const TRACE_ROUNDING: f64 = 1e-14;

/// ... unless that is a larger share of the smallest entry than this: a step in error by as much is still a good one.
const LARGEST_TRACE_SHARE: f64 = 0.3;

/// A column is skipped if so small a share of its diagonal entry is left: others stand for it.
const REPEATED: f64 = 1e-14;

/// Which columns served last, and how often none did.
#[derive(Debug, Default)]
pub(crate) struct Compression {
    pivots: Vec<usize>,
    /// Steps to wait after a failure, which is doubled by the next.
    backoff: usize,
    wait: usize,
}

impl Compression {
    /// G (m x r) with `G G^T` close to `W W^T`, W of size m x l, on the scale of `smallest`, the smallest entry of the
    /// diagonal matrix that is added to it. `None` if r would be large.
    pub(crate) fn factor(&mut self, w: &DMatrix<f64>, smallest: f64) -> Option<DMatrix<f64>> {
        let least = w.nrows().min(w.ncols());
        if least < SMALLEST || self.wait > 0 {
            self.wait = self.wait.saturating_sub(1);
            return None;
        }
        let factor = self.pivoted(w, smallest, (LARGEST_SHARE * least as f64) as usize);
        self.backoff = if factor.is_some() { 0 } else { (2 * self.backoff).max(1) };
        self.wait = self.backoff;
        factor
    }

    fn pivoted(&mut self, w: &DMatrix<f64>, smallest: f64, most: usize) -> Option<DMatrix<f64>> {
        let m = w.nrows();
        let mut left = squared_rows(w);
        let whole = left.sum();
        let enough = (TRACE_SHARE * smallest).max(TRACE_ROUNDING * whole);
        if !(enough <= LARGEST_TRACE_SHARE * smallest) {
            return None;
        }
        let mut block = std::mem::take(&mut self.pivots);
        let mut factor = DMatrix::zeros(m, 0);
        let mut fresh = FIRST_BLOCK;
        while left.sum() > enough {
            if block.is_empty() {
                block = spread(&left, fresh);
                fresh *= 2;
            }
            let columns = self.next_columns(w, &factor, &block)?;
            left.zip_apply(&squared_rows(&columns), |left, taken| *left = (*left - taken).max(0.0));
            let before = factor.ncols();
            factor = factor.resize_horizontally(before + columns.ncols(), 0.0);
            factor.columns_mut(before, columns.ncols()).copy_from(&columns);
            for &pivot in &self.pivots {
                left[pivot] = 0.0;
            }
            block.clear();
            // Of spectra that fall fast enough, the first block takes most.
            if factor.ncols() > most || left.sum() > SLOW * whole {
                self.pivots.clear();
                return None;
            }
        }
        Some(factor)
    }

    /// The columns of G that `block` adds to it; `None` if none.
    fn next_columns(
        &mut self,
        w: &DMatrix<f64>,
        factor: &DMatrix<f64>,
        block: &[usize],
    ) -> Option<DMatrix<f64>> {
        let rows = w.select_rows(block).transpose();
        let mut columns = product(w, &rows);
        columns.gemm(-1.0, factor, &factor.select_rows(block).transpose(), 1.0);
        let diagonal =
            DVector::from_iterator(block.len(), rows.column_iter().map(|r| r.norm_squared()));
        let (kept, lower) = pivoted_cholesky(columns.select_rows(block), &diagonal);
        if kept.is_empty() {
            return None;
        }
        let mut columns = columns.select_columns(&kept);
        solve_right(lower.as_view(), columns.as_view_mut());
        self.pivots.extend(kept.iter().map(|&k| block[k]));
        Some(columns)
    }
}

/// `count` letters, spread over the residual diagonal `left` like the quantiles of a law.
fn spread(left: &DVector<f64>, count: usize) -> Vec<usize> {
    let step = left.sum() / count as f64;
    let mut next = step / 2.0;
    let mut sum = 0.0;
    let mut letters = Vec::with_capacity(count);
    for (y, &weight) in left.iter().enumerate() {
        sum += weight;
        if sum > next {
            letters.push(y);
            while sum > next {
                next += step;
            }
        }
    }
    letters
}

/// The squared norms of the rows.
fn squared_rows(w: &DMatrix<f64>) -> DVector<f64> {
    let mut squares = DVector::zeros(w.nrows());
    for column in w.column_iter() {
        squares.zip_apply(&column, |square, v| *square += v * v);
    }
    squares
}

/// `a b`, the rows of a shared out over the cores in the same way whatever their number.
fn product(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    let mut product = DMatrix::zeros(a.nrows(), b.ncols());
    multiply(a.as_view(), b, product.as_view_mut());
    product
}

fn multiply(a: View<'_>, b: &DMatrix<f64>, mut product: DMatrixViewMut<'_, f64>) {
    if a.nrows() <= PANEL {
        product.gemm(1.0, &a, b, 0.0);
        return;
    }
    let half = a.nrows() / 2;
    let (top, bottom) = product.rows_range_pair_mut(..half, half..);
    rayon::join(
        || multiply(a.rows_range(..half), b, top),
        || multiply(a.rows_range(half..), b, bottom),
    );
}

/// The rows and columns of `a` that are needed to stand for all, in the order in which they were chosen, and the lower
/// triangular factor of `a` on them. `diagonal` is what the diagonal of `a` was before other columns were taken from it.
fn pivoted_cholesky(mut a: DMatrix<f64>, diagonal: &DVector<f64>) -> (Vec<usize>, DMatrix<f64>) {
    let count = a.nrows();
    let mut order: Vec<usize> = (0..count).collect();
    let mut rank = 0;
    while rank < count {
        let left = (rank..count).filter(|&i| a[(i, i)] > REPEATED * diagonal[order[i]]);
        let largest = left.max_by(|&i, &j| a[(i, i)].total_cmp(&a[(j, j)]));
        let Some(pivot) = largest else { break };
        order.swap(rank, pivot);
        a.swap_rows(rank, pivot);
        a.swap_columns(rank, pivot);
        let root = a[(rank, rank)].sqrt();
        a.view_range_mut(rank.., rank).unscale_mut(root);
        for column in rank + 1..count {
            let factor = -a[(column, rank)];
            let (done, mut open) = a.columns_range_pair_mut(rank, column);
            open.rows_range_mut(rank + 1..).axpy(factor, &done.rows_range(rank + 1..), 1.0);
        }
        rank += 1;
    }
    order.truncate(rank);
    (order, a.view_range(..rank, ..rank).lower_triangle())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaussian(m: usize, n: usize, width: f64) -> DMatrix<f64> {
        DMatrix::from_fn(m, n, |i, j| {
            let distance = (i as f64 / m as f64 - j as f64 / n as f64) / width;
            (-distance * distance).exp() / n as f64
        })
    }

    #[test]
    fn a_smooth_matrix_is_met_by_few_columns() {
        let w = gaussian(200, 300, 0.1);
        let mut compression = Compression::default();
        for _ in 0..2 {
            let factor = compression.factor(&w, 1e-9).unwrap();
            assert!(factor.ncols() < 40, "{} columns", factor.ncols());
            let left = &w * w.transpose() - &factor * factor.transpose();
            assert!(left.amax() <= 1e-12, "{:e}", left.amax());
        }
    }

    #[test]
    fn a_rough_matrix_is_left_alone() {
        let w = DMatrix::from_fn(150, 150, |i, j| ((i * 37 + j * 101 + i * j) % 97) as f64 / 97.0);
        assert!(Compression::default().factor(&w, 1e-3).is_none());
        let diagonal = DMatrix::<f64>::identity(150, 150);
        assert!(Compression::default().factor(&diagonal, 1e-3).is_none());
    }
}
