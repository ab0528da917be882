//! The Newton equations of a potential on the output letters.
//!
//! With the channel W and its output o, a step dg of the potential changes the output by `-L dg`,
//!
//! ```text
//! L = diag(o) - sum_x p_x W_x W_x^T,    L 1 = 0
//! ```
//!
//! the Laplacian of a graph whose edges have the weights `sum_x p_x W_xy W_xz >= 0`. Its diagonal is the sum of these, which
//! takes no difference: where the prices are high most of W is 0 or 1, and `o_y - sum_x p_x W_xy^2` would have no digit left.
//!
//! Where a letter lacks half of its output or more, what it lacks is added to its diagonal. Newton's step for a letter by itself is
//! `1 - pi_y / o_y`, which goes beyond all bounds where the letter has hardly any output yet; with the addition it is -1 at
//! least.

use crate::numerics::cholesky::{Cholesky, gram};
use crate::subproblem::lagrangian::Kernel;
use nalgebra::DVector;

/// Ridges tried on the diagonal, which is about 1. Letters that hardly any flow joins to the others move by what rounding has
/// left of what they miss; the first ridge keeps such moves small.
const RIDGES: [f64; 4] = [1e-14, 1e-13, 1e-12, 1e-10];

/// Letters with less output than this are left out: a million nats of price on it are less than any tolerance, and its root
/// drowns in the rounding of the others.
pub(crate) const FAINT: f64 = 1e-18;

/// The factored equations, in units of the roots of the output pmf that is asked for.
#[derive(Debug)]
pub(crate) struct Laplacian {
    factor: Cholesky,
    /// `1 / sqrt(output)`, 0 for letters that are left out.
    scale: DVector<f64>,
}

impl Laplacian {
    /// At the channel and the output of `kernel`, for the output pmf that it should have; `None` if rounding has left nothing
    /// that can be factored.
    pub(crate) fn new(kernel: &Kernel, output: &DVector<f64>) -> Option<Self> {
        let m = output.len();
        let mut matrix = gram(&kernel.weighted);
        let root = output.map(|p| if p > FAINT { p.sqrt() } else { 0.0 });
        let scale = root.map(|root| if root > 0.0 { 1.0 / root } else { 0.0 });
        let mut degree = DVector::<f64>::zeros(m);
        for j in 0..m {
            for i in j + 1..m {
                let weight = matrix[(i, j)];
                degree[i] += weight;
                degree[j] += weight;
                // The last term fixes the constant that a potential is free to have.
                matrix[(i, j)] = root[i] * root[j] - weight * scale[i] * scale[j];
            }
        }
        for j in 0..m {
            let has = kernel.sums.c[j];
            let lacking = if has < 0.5 * output[j] { output[j] - has } else { 0.0 };
            matrix[(j, j)] = output[j] + (degree[j] + lacking) * scale[j] * scale[j];
        }
        let factor = Cholesky::with_ridges(&matrix, &RIDGES, &DVector::from_element(m, 1.0))?;
        Some(Self { factor, scale })
    }

    /// The step of the potential that takes `excess` from the output.
    pub(crate) fn solve(&self, excess: &DVector<f64>) -> DVector<f64> {
        let mut step = excess.component_mul(&self.scale);
        self.factor.solve_mut(&mut step);
        step.component_mul(&self.scale)
    }
}
