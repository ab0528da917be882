//! The Newton system of the interior-point method, factored on the smaller of the two alphabets.
//!
//! With `u = dq / sqrt(q)` and `v = ds` the system is
//!
//! ```text
//! [ V^T V + diag(z)     h         ] [u]   [a]      V = Kernel::weighted (here stored m x n)
//! [ -h^T                C + r / s ] [v] = [b]      h = sqrt(q) dE[d]/dq
//! ```
//!
//! The block `N = V^T V + diag(z)` is m x m. Where n < m it is inverted through the n x n matrix
//! `1 + V diag(1/z) V^T` (Woodbury), so an iteration costs n m min(n, m).

use super::cholesky::{Cholesky, gram};
use super::kernel::Kernel;
use nalgebra::{DMatrix, DVector};

/// Relative ridges tried on the diagonal of a matrix that rounding has made indefinite.
const RIDGES: [f64; 4] = [0.0, 1e-14, 1e-12, 1e-10];

const KAPPA: f64 = 1e4;
const REFINEMENTS: usize = 0;

/// A factored Newton matrix.
#[derive(Debug)]
pub(super) struct Newton<'a> {
    normal: Normal<'a>,
    weighted: &'a DMatrix<f64>,
    z: &'a DVector<f64>,
    h: DMatrix<f64>,
    /// `N^{-1} h`.
    solved_h: DMatrix<f64>,
    /// `(C + r / s + h^T N^{-1} h)^{-1}`, K x K.
    schur: DMatrix<f64>,
    /// `C + r / s`.
    corner: DMatrix<f64>,
    penalty: DMatrix<f64>,
}

pub(super) struct Coupling { h: DMatrix<f64>, corner: DMatrix<f64>, penalty: DMatrix<f64> }

impl Coupling {
    pub(super) fn append(kernel: &mut Kernel, q: &DVector<f64>, slack_ratio: &DVector<f64>) -> Option<Self> {
        let mut h = kernel.sensitivity.clone();
        for mut column in h.column_iter_mut() {
            column.zip_apply(q, |slope, q| *slope *= q.sqrt());
        }
        let (m, k) = h.shape();
        let corner = &kernel.covariance + DMatrix::from_diagonal(slack_ratio);
        let cap = DVector::from_fn(k, |i, _| h.column(i).norm_squared() / KAPPA);
        let penalty = (&corner + DMatrix::from_diagonal(&cap)).try_inverse()?;
        let root = penalty.clone().cholesky()?.unpack();
        let n = kernel.weighted.ncols() - k;
        if k > 0 { kernel.weighted.view_mut((0, n), (m, k)).copy_from(&(&h * root)); }
        Some(Self { h, corner, penalty })
    }
}

impl<'a> Newton<'a> {
    /// `None` if rounding has left nothing that can be factored.
    pub(super) fn new(kernel: &'a Kernel, coupling: Coupling, z: &'a DVector<f64>) -> Option<Self> {
        let Coupling { h, corner, penalty } = coupling;
        let k = h.ncols();
        let normal = Normal::new(&kernel.weighted, z)?;
        let mut solved_h = h.clone();
        for k in 0..h.ncols() {
            solved_h.set_column(k, &normal.solve(&h.column(k).into_owned()));
        }
        let coupling = DMatrix::identity(k, k) - &penalty * &corner;
        let solved_h = solved_h * coupling;
        let schur = (&corner + h.tr_mul(&solved_h)).try_inverse()?;
        Some(Self { normal, weighted: &kernel.weighted, z, h, solved_h, schur, corner, penalty })
    }

    /// The step `(u, v)` for the right-hand side `(a, b)`, refined against the system itself: near the solution
    /// `1/z` is large, and the elimination loses digits that the budgets need.
    pub(super) fn solve(&self, a: &DVector<f64>, b: &DVector<f64>) -> (DVector<f64>, DVector<f64>) {
        let (mut u, mut v) = self.eliminate(a, b);
        for _ in 0..REFINEMENTS {
            let n = self.weighted.ncols() - self.h.ncols();
            let columns = self.weighted.columns(0, n);
            let product = columns * columns.tr_mul(&u);
            // `weighted` is V^T.
            let residual_a = a - product - u.component_mul(self.z) - &self.h * &v;
            let residual_b = b + self.h.tr_mul(&u) - &self.corner * &v;
            let (du, dv) = self.eliminate(&residual_a, &residual_b);
            u += du;
            v += dv;
        }
        (u, v)
    }

    fn eliminate(&self, a: &DVector<f64>, b: &DVector<f64>) -> (DVector<f64>, DVector<f64>) {
        let mut u = self.normal.solve(&(a - &self.h * (&self.penalty * b)));
        let v = &self.schur * (b + self.h.tr_mul(&u));
        u -= &self.solved_h * &v;
        (u, v)
    }
}

#[derive(Debug)]
enum Normal<'a> {
    Columns(Cholesky),
    Rows { factor: Cholesky, weighted: &'a DMatrix<f64>, z: &'a DVector<f64> },
}

impl<'a> Normal<'a> {
    fn new(weighted: &'a DMatrix<f64>, z: &'a DVector<f64>) -> Option<Self> {
        let (m, n) = weighted.shape();
        if m <= n || std::env::var("COLS").is_ok() {
            return factor_with_ridge(|| gram(weighted), z).map(Self::Columns);
        }
        let mut scaled = weighted.transpose();
        for (mut column, z) in scaled.column_iter_mut().zip(z) {
            column /= z.sqrt();
        }
        let ones = DVector::from_element(n, 1.0);
        let factor = factor_with_ridge(|| gram(&scaled), &ones)?;
        Some(Self::Rows { factor, weighted, z })
    }

    fn solve(&self, a: &DVector<f64>) -> DVector<f64> {
        match self {
            Self::Columns(factor) => {
                let mut x = a.clone();
                factor.solve_mut(&mut x);
                x
            }
            Self::Rows { factor, weighted, z } => {
                let mut w = weighted.tr_mul(&a.component_div(z));
                factor.solve_mut(&mut w);
                (a - *weighted * w).component_div(z)
            }
        }
    }
}

/// Factors `gram() + diag(diagonal)`; the matrix is made anew for each try, as a failed one destroys it.
fn factor_with_ridge(gram: impl Fn() -> DMatrix<f64>, diagonal: &DVector<f64>) -> Option<Cholesky> {
    RIDGES.iter().find_map(|ridge| {
        let mut matrix = gram();
        for (i, d) in diagonal.iter().enumerate() {
            matrix[(i, i)] = (matrix[(i, i)] + d) * (1.0 + ridge);
        }
        Cholesky::new(matrix)
    })
}
