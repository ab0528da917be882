//! The Lagrangian and its derivatives at a point, in a scalar type: the sums of [`crate::subproblem::lagrangian`] without
//! what makes those fast.

use crate::numerics::real::{Real, dot, largest, sum};
use crate::subproblem::program::{Program, column};
use nalgebra::DMatrix;

/// Exponents this far below a source letter's best letter underflow.
const NEGLIGIBLE: f64 = -600.0;

/// `log t`, the ratios `b_xy = exp(-s.d(x, y) - g_y) / t_x`, and what follows from them.
#[derive(Debug)]
pub(crate) struct Lagrangian<T> {
    /// `sum_x p_x log t_x`.
    pub(crate) log_partition: T,
    /// `max_y |g_y|`.
    steepest: T,
    /// `b_xy`, m x n.
    pub(crate) ratios: DMatrix<T>,
    /// `c_y = sum_x p_x b_xy`.
    pub(crate) c: Vec<T>,
    /// `E_W[d_k]`.
    pub(crate) expected: Vec<T>,
    /// `sum_x p_x b_xy (d_k(x, y) - E_W[d_k | x])`, m x K.
    pub(crate) sensitivity: DMatrix<T>,
    /// `sum_x p_x Cov_W(d_k, d_l | x)`, K x K.
    pub(crate) covariance: DMatrix<T>,
}

/// A type of its own so that the loops are compiled for the vector instructions of the machine.
struct Evaluation<'a, T> {
    program: &'a Program<T>,
    q: &'a [T],
    s: &'a [T],
    g: &'a [T],
}

impl<T: Real> Lagrangian<T> {
    pub(crate) fn new(program: &Program<T>, q: &[T], s: &[T], g: &[T]) -> Self {
        pulp::Arch::new().dispatch(Evaluation { program, q, s, g })
    }

    /// Blahut's lower bound in nats on R at the program's budgets, see [`crate::subproblem::certificate`], less what rounding may have
    /// added to it: multipliers and potentials may be so large that nothing but rounding is left of their sums.
    pub(crate) fn lower_bound(&self, program: &Program<T>, s: &[T], toll: T) -> T {
        let most = largest(self.c.iter().copied());
        let spent = dot(s, &program.budgets);
        let summed = [self.log_partition, spent, dot(s, &self.expected), toll, self.steepest];
        let terms = (self.ratios.len() + program.budgets.len()) as f64;
        let rounding = T::from(T::EPSILON * terms) * sum(summed.map(T::abs));
        -self.log_partition - most.ln() - spent - toll - rounding
    }

    /// The mutual information of the channel in nats, with what it pays for priced costs.
    pub(crate) fn information(&self, q: &[T], s: &[T], g: &[T]) -> T {
        let output: Vec<T> = q.iter().zip(&self.c).map(|(&q, &c)| q * c).collect();
        let used = output.iter().zip(&self.c).filter(|(o, _)| **o > T::ZERO);
        let divergence = sum(used.map(|(&o, &c)| o * c.ln()));
        -dot(s, &self.expected) - dot(g, &output) - self.log_partition - divergence
    }

    /// The output pmf `q_y c_y`.
    pub(crate) fn output(&self, q: &[T]) -> Vec<T> {
        q.iter().zip(&self.c).map(|(&q, &c)| q * c).collect()
    }

    /// The channel `q_y b_xy`, m x n.
    pub(crate) fn channel(&self, q: &[T]) -> DMatrix<T> {
        let (m, n) = self.ratios.shape();
        DMatrix::from_fn(m, n, |y, x| q[y] * self.ratios[(y, x)])
    }
}

impl<T: Real> pulp::NullaryFnOnce for Evaluation<'_, T> {
    type Output = Lagrangian<T>;

    #[inline(always)]
    fn call(self) -> Lagrangian<T> {
        let Self { program, q, s, g } = self;
        let (m, n, k) = (q.len(), program.pmf.len(), s.len());
        let mut at = Lagrangian {
            log_partition: T::ZERO,
            steepest: largest(g.iter().map(|g| g.abs())).max(T::ZERO),
            ratios: DMatrix::from_element(m, n, T::ZERO),
            c: vec![T::ZERO; m],
            expected: vec![T::ZERO; k],
            sensitivity: DMatrix::from_element(m, k, T::ZERO),
            covariance: DMatrix::from_element(k, k, T::ZERO),
        };
        let mut row = vec![T::ZERO; m];
        let mut w = vec![T::ZERO; m];
        let mut means = vec![T::ZERO; k];
        for x in 0..n {
            let p = program.pmf[x];
            program.exponents(x, s, g, &mut row);
            let pairs = program.pairs(x);
            let supported = (0..m).filter(|&y| pairs[y] && q[y] > T::ZERO);
            let least = supported.map(|y| row[y]).fold(T::from(f64::INFINITY), T::min);
            let ratios = &mut at.ratios.as_mut_slice()[x * m..(x + 1) * m];
            for y in (0..m).filter(|&y| pairs[y]) {
                let exponent = least - row[y];
                if exponent > T::from(NEGLIGIBLE) {
                    ratios[y] = exponent.min(T::from(-NEGLIGIBLE)).exp();
                }
            }
            let t = dot(ratios, q);
            at.log_partition = at.log_partition + p * (t.ln() - least);
            let inverse = T::ONE / t;
            for y in 0..m {
                ratios[y] = ratios[y] * inverse;
                at.c[y] = at.c[y] + p * ratios[y];
                w[y] = q[y] * ratios[y];
            }
            for ((mean, expected), cost) in
                means.iter_mut().zip(&mut at.expected).zip(&program.costs)
            {
                *mean = dot(&w, column(cost, x));
                *expected = *expected + p * *mean;
            }
            for l in 0..k {
                let costs = column(&program.costs[l], x);
                for y in 0..m {
                    let centred = costs[y] - means[l];
                    at.sensitivity[(y, l)] = at.sensitivity[(y, l)] + p * ratios[y] * centred;
                    for (j, &mean) in means.iter().enumerate().take(l + 1) {
                        let other = program.costs[j][(y, x)] - mean;
                        at.covariance[(l, j)] = at.covariance[(l, j)] + p * w[y] * centred * other;
                    }
                }
            }
        }
        for l in 0..k {
            for j in 0..l {
                at.covariance[(j, l)] = at.covariance[(l, j)];
            }
        }
        at
    }
}
