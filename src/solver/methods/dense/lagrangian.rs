//! The Lagrangian and its derivatives at a point, in a scalar type: the sums of [`crate::subproblem::lagrangian`] without
//! what makes those fast.

use crate::numerics::real::{Real, dot, largest, sum};
use crate::subproblem::lagrangian::{Lagrangian, Sums};
use crate::subproblem::program::{Program, column};
use nalgebra::{DMatrix, DVector};

/// Exponents this far below a source letter's best letter underflow.
const NEGLIGIBLE: f64 = -600.0;

/// The Lagrangian of a program, evaluated at a point.
#[derive(Debug)]
pub(crate) struct DenseKernel<'a, T> {
    pub(crate) program: &'a Program<T>,
    /// What the method's equations raise every budget by, relative to it.
    pub(crate) extra: T,
    /// The potential on the reproductions.
    g: Vec<T>,
    pub(crate) sums: Sums<T>,
    /// `b_xy = exp(-s.d(x, y) - g_y) / t_x`, m x n.
    pub(crate) ratios: DMatrix<T>,
}

/// A type of its own so that the loops are compiled for the vector instructions of the machine.
struct Evaluation<'a, T> {
    program: &'a Program<T>,
    q: &'a [T],
    s: &'a [T],
    g: &'a [T],
}

impl<T: Real> Lagrangian<T> for DenseKernel<'_, T> {
    fn sums(&self) -> &Sums<T> {
        &self.sums
    }

    fn budgets(&self) -> DVector<T> {
        DVector::from_column_slice(&self.program.budgets)
    }

    fn raised(&self, budget: T) -> T {
        budget * (T::ONE + self.extra)
    }

    fn evaluate(&mut self, q: &DVector<T>, s: &DVector<T>) {
        let (q, s) = (q.as_slice(), s.as_slice());
        let evaluation = Evaluation { program: self.program, q, s, g: &self.g };
        (self.sums, self.ratios) = pulp::Arch::new().dispatch(evaluation);
    }

    fn set_potential(&mut self, phi: &DVector<T>, _price: T) {
        self.g = self.program.potential(phi.as_slice());
    }

    fn longest_turn(
        &self,
        q: &DVector<T>,
        (s, phi): (&DVector<T>, &DVector<T>),
        (ds, dphi): (&DVector<T>, &DVector<T>),
    ) -> T {
        let potential = |phi: &DVector<T>| self.program.potential(phi.as_slice());
        let (g, dg) = (potential(phi), potential(dphi));
        self.program.longest_turn(q.as_slice(), (s.as_slice(), &g), (ds.as_slice(), &dg))
    }
}

impl<'a, T: Real> DenseKernel<'a, T> {
    /// At a potential, not evaluated yet.
    pub(crate) fn unevaluated(program: &'a Program<T>, phi: &DVector<T>) -> Self {
        let (m, k) = (program.reproductions.len(), program.costs.len());
        let ratios = DMatrix::from_vec(0, 0, Vec::new());
        let g = program.potential(phi.as_slice());
        Self { program, extra: T::ZERO, g, sums: Sums::zeros(m, k), ratios }
    }

    /// Blahut's lower bound in nats on R at the program's budgets, see [`crate::subproblem::certificate`], less what rounding may have
    /// added to it: multipliers and potentials may be so large that nothing but rounding is left of their sums.
    pub(crate) fn lower_bound(&self, s: &DVector<T>, toll: T) -> T {
        let sums = &self.sums;
        let most = largest(sums.c.iter().copied());
        let spent = dot(s.as_slice(), &self.program.budgets);
        let met = dot(s.as_slice(), sums.expected.as_slice());
        let steepest = largest(self.g.iter().map(|g| g.abs())).max(T::ZERO);
        let terms = (self.ratios.len() + s.len()) as f64;
        let size = sum([sums.log_partition, spent, met, toll, steepest].map(T::abs));
        -sums.log_partition - most.ln() - spent - toll - T::from(T::EPSILON * terms) * size
    }

    /// The mutual information of the channel in nats, with what it pays for priced costs.
    pub(crate) fn information(&self, q: &DVector<T>, s: &DVector<T>) -> T {
        let sums = &self.sums;
        let output = sums.output(q);
        let used = output.iter().zip(&sums.c).filter(|(o, _)| **o > T::ZERO);
        let divergence = sum(used.map(|(&o, &c)| o * c.ln()));
        let spent = dot(s.as_slice(), sums.expected.as_slice()) + dot(&self.g, output.as_slice());
        -spent - sums.log_partition - divergence
    }

    /// The channel `q_y b_xy`, m x n.
    pub(crate) fn channel(&self, q: &DVector<T>) -> DMatrix<T> {
        let (m, n) = self.ratios.shape();
        DMatrix::from_fn(m, n, |y, x| q[y] * self.ratios[(y, x)])
    }
}

impl<T: Real> pulp::NullaryFnOnce for Evaluation<'_, T> {
    type Output = (Sums<T>, DMatrix<T>);

    #[inline(always)]
    fn call(self) -> (Sums<T>, DMatrix<T>) {
        let Self { program, q, s, g } = self;
        let (m, n, k) = (q.len(), program.pmf.len(), s.len());
        let mut at = Sums::zeros(m, k);
        let mut all = DMatrix::from_element(m, n, T::ZERO);
        let mut row = vec![T::ZERO; m];
        let mut w = vec![T::ZERO; m];
        let mut means = vec![T::ZERO; k];
        for x in 0..n {
            let p = program.pmf[x];
            program.exponents(x, s, g, &mut row);
            let pairs = program.pairs(x);
            let supported = (0..m).filter(|&y| pairs[y] && q[y] > T::ZERO);
            let least = supported.map(|y| row[y]).fold(T::from(f64::INFINITY), T::min);
            let ratios = &mut all.as_mut_slice()[x * m..(x + 1) * m];
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
        at.covariance.fill_upper_triangle_with_lower_triangle();
        (at, all)
    }
}
