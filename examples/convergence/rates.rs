//! How fast Blahut-Arimoto converges in the end, from the optimum alone.
//!
//! Near the optimum the update `q <- q c` multiplies a letter outside the support by its `c_y < 1`, and the error within the
//! support by `I - diag(q) H`, where `H = sum_x p_x a_xy a_xz / t_x^2` with `a = 2^(-s.d)`.

use crate::sources::Case;
use rdc_theory::Solution;
use rdc_theory::nalgebra::DMatrix;
use std::fmt::{Display, Formatter};

/// Letters so close to the support that they count as leaving it slowly.
const SLOW: f64 = 0.999;

pub(crate) struct Rates {
    support: usize,
    letters: usize,
    /// The largest eigenvalue of `I - diag(q) H` on the support.
    within: f64,
    /// The largest `c_y` outside the support, if any letter is.
    leaving: Option<f64>,
    /// How many letters outside the support have a `c_y` above [`SLOW`].
    slow: usize,
}

impl Rates {
    pub(crate) fn at(case: &Case, optimum: &Solution) -> Self {
        let support = optimum.support();
        let ratio = likelihood_ratio(case, optimum);
        let c = ratio.tr_mul(&case.pmf);
        let outside = || (0..c.len()).filter(|y| support.binary_search(y).is_err()).map(|y| c[y]);
        Self {
            support: support.len(),
            letters: c.len(),
            within: 1.0 - least_eigenvalue(case, optimum, &ratio, &support),
            leaving: outside().reduce(f64::max),
            slow: outside().filter(|&c| c > SLOW).count(),
        }
    }
}

/// `a_xy / t_x` (n x m) at the output pmf and the multipliers of the optimum.
fn likelihood_ratio(case: &Case, optimum: &Solution) -> DMatrix<f64> {
    let [first, second] = [0, 1].map(|k| &case.costs[k] * optimum.constraints[k].multiplier);
    let mut ratio = (first + second).map(|exponent| (-exponent).exp2());
    let totals = &ratio * &optimum.output;
    for (mut row, total) in ratio.row_iter_mut().zip(&totals) {
        row /= *total;
    }
    ratio
}

/// Of `diag(q) H` on the support, by the symmetric matrix similar to it.
fn least_eigenvalue(
    case: &Case,
    optimum: &Solution,
    ratio: &DMatrix<f64>,
    support: &[usize],
) -> f64 {
    let roots = DMatrix::from_fn(ratio.nrows(), support.len(), |x, at| {
        let y = support[at];
        (case.pmf[x] * optimum.output[y]).sqrt() * ratio[(x, y)]
    });
    roots.tr_mul(&roots).symmetric_eigenvalues().min()
}

impl Display for Rates {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { support, letters, within, leaving, slow } = self;
        write!(
            f,
            "theory: {support} of {letters} letters stay; 1 - ratio is {:.1e} within them",
            1.0 - within
        )?;
        if let Some(leaving) = leaving {
            write!(
                f,
                ", {:.1e} for the slowest that leaves ({slow} with c > {SLOW})",
                1.0 - leaving
            )?;
        }
        Ok(())
    }
}
