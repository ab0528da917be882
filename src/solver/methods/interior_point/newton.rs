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
//! rounding. So `h P` times the second row is added to the first, with `P` about `C^{-1}`:
//!
//! ```text
//! (N + h P h^T) u + h (1 - P C) v = a - h P b
//! ```
//!
//! The first block stays a Gram matrix plus a diagonal: V^T gets K more columns `h sqrt(P)`. Where n + K < m it is
//! inverted on the other side (Woodbury), so a factorisation costs n m min(n, m).
//!
//! Where the output marginal is constrained, the potential's step e stands below u, and h below itself with the signs that
//! belong there, so that all of the above holds for the two together ([`super::output::dense_kkt`], and where there are few
//! columns [`super::output::low_rank_kkt`] and [`super::output::line_kkt`]). The price is one more multiplier, of the cost that
//! [`super::output::elimination`] calls theta; it has no part in P.

use crate::numerics::cholesky::{Cholesky, gram};
use crate::numerics::low_rank::Compression;
use crate::solver::methods::interior_point::direction::{Blocks, Factors};
use crate::solver::methods::interior_point::iterate::{Iterate, Pairs};
use crate::solver::methods::interior_point::output::dense_kkt::{Equations, Saddle};
use crate::solver::methods::interior_point::output::elimination::Barrier;
use crate::solver::methods::interior_point::output::line_kkt::Line;
use crate::solver::methods::interior_point::output::low_rank_kkt::Thin;
use crate::solver::methods::interior_point::output::spanning_tree::Weights;
use crate::subproblem::lagrangian::Kernel;
use crate::subproblem::network::Network;
use crate::subproblem::thresholds::ROUNDING;
use nalgebra::{DMatrix, DVector, DVectorView, Dyn, FullPivLU};

/// A factored Newton matrix.
#[derive(Debug)]
pub(crate) struct Newton {
    normal: Normal,
    h: DMatrix<f64>,
    penalty: DMatrix<f64>,
    /// `(N + h P h^T)^{-1} h (1 - P C)`.
    solved: DMatrix<f64>,
    /// `C + h^T solved`, `None` without constraints. Pivoting matters: with costs that are alike it is all but singular.
    schur: Option<FullPivLU<f64, Dyn, Dyn>>,
    barrier: Option<Barrier>,
}

impl Newton {
    /// `None` if rounding has left nothing that can be factored.
    ///
    /// Fills the last K columns of `kernel.weighted`.
    pub(crate) fn new(
        kernel: &mut Kernel,
        at: &Iterate<f64>,
        network: Option<&Network<f64>>,
        compression: &mut Compression,
    ) -> Option<Self> {
        let (Pairs { value: q, slack: z }, costs) = (&at.letters, &at.costs);
        let barrier = network.map(|network| Barrier::new(at, network));
        let root_q = q.map(f64::sqrt);
        let mut h = kernel.sums.sensitivity.clone();
        for mut column in h.column_iter_mut() {
            column.component_mul_assign(&root_q);
        }
        let k = h.ncols();
        let slack_ratio = costs.slack.component_div(&costs.value);
        let mut corner = &kernel.sums.covariance + DMatrix::from_diagonal(&slack_ratio);
        let bound = ROUNDING * corner.diagonal();
        let mut penalty = (&corner + DMatrix::from_diagonal(&bound)).cholesky()?.inverse();
        let root = penalty.clone().cholesky()?.unpack();
        let n = kernel.weighted.ncols() - k;
        if let Some(theta) = barrier.as_ref().and_then(|barrier| barrier.theta.as_ref()) {
            let theta = theta.rows(0, q.len()).into_owned();
            let cost = PriceCost::new(kernel, q, &root_q, theta, n);
            let across = h.tr_mul(&cost.scaled);
            h = h.insert_column(k, 0.0);
            h.set_column(k, &cost.slope);
            corner = corner.insert_row(k, 0.0).insert_column(k, 0.0);
            corner.view_mut((0, k), (k, 1)).copy_from(&across);
            corner.view_mut((k, 0), (1, k)).copy_from(&across.transpose());
            corner[(k, k)] = cost.variance + barrier.as_ref().map_or(0.0, |barrier| barrier.rest);
            penalty = penalty.insert_row(k, 0.0).insert_column(k, 0.0);
        }
        kernel.weighted.columns_mut(n, k).copy_from(&(h.columns(0, k) * root));

        let fewer = compression.factor(&kernel.weighted, z.min());
        let normal = match &barrier {
            None => Normal::new(fewer.as_ref().unwrap_or(&kernel.weighted), z)?,
            Some(barrier) => {
                let normal = Normal::with_weights(fewer.as_ref(), kernel, z, &root_q, barrier)?;
                let stacked = |column: DVectorView<'_, f64>| {
                    let below = barrier.tree.down(&-column.component_mul(&root_q));
                    let mut stacked = column.into_owned();
                    stacked.extend(below.iter().copied());
                    stacked
                };
                let columns: Vec<DVector<f64>> = h.column_iter().map(stacked).collect();
                h = if columns.is_empty() {
                    DMatrix::zeros(q.len() + barrier.tree.steps(), 0)
                } else {
                    DMatrix::from_columns(&columns)
                };
                normal
            }
        };
        let k = h.ncols();
        let mut solved = &h * (DMatrix::identity(k, k) - &penalty * &corner);
        for mut column in solved.column_iter_mut() {
            let solution = normal.solve(column.clone_owned());
            column.copy_from(&solution);
        }
        let schur = &corner + h.tr_mul(&solved);
        let schur = if k > 0 { Some(schur.full_piv_lu()) } else { None };
        if schur.as_ref().is_some_and(|schur| !schur.is_invertible()) {
            return None;
        }
        Some(Self { normal, h, penalty, solved, schur, barrier })
    }

    /// The solution `(u, v)` for the right-hand side `(a, b)`.
    fn solve_for(&self, a: DVector<f64>, b: &DVector<f64>) -> (DVector<f64>, DVector<f64>) {
        let mut u = self.normal.solve(a - &self.h * (&self.penalty * b));
        let mut v = b + self.h.tr_mul(&u);
        if let Some(schur) = &self.schur {
            schur.solve_mut(&mut v);
        }
        u -= &self.solved * &v;
        (u, v)
    }
}

impl Factors<f64> for Newton {
    fn solve(&self, right: Blocks<f64>) -> Blocks<f64> {
        let Blocks { letters, costs, nodes, price } = right;
        let Some(Barrier { tree, theta, .. }) = &self.barrier else {
            let (letters, costs) = self.solve_for(letters, &costs);
            return Blocks { letters, costs, nodes, price };
        };
        let (m, k) = (letters.len(), costs.len());
        let along_theta = theta.as_ref().map_or(0.0, |theta| theta.dot(&nodes));
        let (mut stacked, mut all) = (letters, costs);
        stacked.extend(tree.down(&nodes).iter().copied());
        all.extend(price.iter().map(|over| over - along_theta));
        let (u, v) = self.solve_for(stacked, &all);
        let price = v.rows(k, v.len() - k).into_owned();
        let mut nodes = tree.up(&u.rows(m, u.len() - m).into_owned());
        for (theta, &price) in theta.iter().zip(&price) {
            nodes.axpy(price, theta, 1.0);
        }
        let (letters, costs) = (u.rows(0, m).into_owned(), v.rows(0, k).into_owned());
        Blocks { letters, costs, nodes, price }
    }
}

/// The price of a marginal constraint as the multiplier of a linear cost, [`Barrier::theta`]; see [`super::output::elimination`].
struct PriceCost {
    /// theta, centred, times `sqrt(q)`.
    scaled: DVector<f64>,
    /// `sqrt(q)` times the derivative of its average by q.
    slope: DVector<f64>,
    variance: f64,
}

impl PriceCost {
    fn new(
        kernel: &Kernel,
        q: &DVector<f64>,
        root_q: &DVector<f64>,
        mut theta: DVector<f64>,
        n: usize,
    ) -> Self {
        let output = q.component_mul(&kernel.sums.c);
        let mean = theta.dot(&output) / output.sum();
        theta.add_scalar_mut(-mean);
        let scaled = theta.component_mul(root_q);
        let likelihoods = kernel.weighted.columns(0, n);
        let slope =
            kernel.sums.c.component_mul(&scaled) - likelihoods * likelihoods.tr_mul(&scaled);
        let variance = scaled.dot(&slope).max(0.0);
        Self { scaled, slope, variance }
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
    Saddle(Box<Saddle>),
    Thin(Thin),
    Line(Box<Line>),
}

impl Normal {
    fn new(g: &DMatrix<f64>, z: &DVector<f64>) -> Option<Self> {
        let (m, l) = g.shape();
        if m <= l {
            return factor(g, z).map(Self::Columns);
        }
        let root_z = z.map(f64::sqrt);
        let mut scaled = g.transpose();
        for (mut column, root) in scaled.column_iter_mut().zip(&root_z) {
            column /= *root;
        }
        let factor = factor(&scaled, &DVector::from_element(l, 1.0))?;
        Some(Self::Rows { factor, scaled, root_z })
    }

    /// The equations with a potential, through as few columns as there are.
    fn with_weights(
        fewer: Option<&DMatrix<f64>>,
        kernel: &Kernel,
        z: &DVector<f64>,
        root_q: &DVector<f64>,
        barrier: &Barrier,
    ) -> Option<Self> {
        let (c, tree) = (&kernel.sums.c, &barrier.tree);
        let equations =
            Equations { tree: tree.clone(), c: c.clone(), z: z.clone(), root_q: root_q.clone() };
        if let (Some(fewer), Weights::Diagonal(weights)) = (fewer, &barrier.weights) {
            let thin = if tree.is_star() {
                Thin::new(fewer, c, z, root_q, weights).map(Self::Thin)
            } else {
                let line = Line::new(fewer, equations.clone(), weights);
                line.map(|line| Self::Line(Box::new(line)))
            };
            if thin.is_some() {
                return thin;
            }
        }
        // What the compression leaves out may be all that keeps the potential's matrix from being singular.
        let saddle = Saddle::new(&kernel.weighted, &equations, &barrier.weights)?;
        Some(Self::Saddle(Box::new(saddle)))
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
            Self::Saddle(saddle) => saddle.solve_mut(&mut a),
            Self::Thin(thin) => thin.solve_mut(&mut a),
            Self::Line(line) => line.solve_mut(&mut a),
        }
        a
    }
}

/// Factors `g g^T + diag(diagonal)`.
fn factor(g: &DMatrix<f64>, diagonal: &DVector<f64>) -> Option<Cholesky> {
    let mut matrix = gram(g);
    for (i, d) in diagonal.iter().enumerate() {
        matrix[(i, i)] += d;
    }
    Cholesky::new(matrix)
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
            let normal = Normal::new(&g, &z).unwrap();
            assert!((normal.solve(&full * &expected) - expected).amax() < 1e-10, "{m} x {l}");
        }
    }
}
