//! The Lagrangian at (q, s): everything that the certificate and the Newton step read, in one pass over the costs.
//!
//! ```text
//! L(q, s) = -sum_x p_x log t_x - s.D     t_x = sum_y q_y exp(-s.d(x, y))
//! W_xy = q_y b_xy     b_xy = exp(-s.d(x, y)) / t_x     c_y = sum_x p_x b_xy
//! ```
//!
//! This is the one place that knows the exponent `-s.d(x, y)`: a constraint of another kind, such as a potential
//! on the output letter, enters in [`Instance::exponent`] and gets its derivatives here.

use crate::instance::Instance;
use nalgebra::{DMatrix, DVector};

/// Exponents this far below a source letter's best are zero beside it in double precision, and their
/// exponentials would be slow subnormal numbers.
const NEGLIGIBLE: f64 = -700.0;

/// The Lagrangian's value and derivatives, in nats.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// `sum_x p_x log t_x`.
    pub(crate) log_partition: f64,
    /// `c_y`; `1 - c_y` is the derivative of L + sum q - 1 by `q_y`.
    pub(crate) c: DVector<f64>,
    /// `E_W[d_k]`.
    pub(crate) expected: DVector<f64>,
    /// The derivative of `E_W[d_k]` by `q_y`, m x K.
    pub(crate) sensitivity: DMatrix<f64>,
    /// `sum_x p_x Cov_W(d_k, d_l | x)`, K x K: minus the derivative of `E_W[d_k]` by `s_l`.
    pub(crate) covariance: DMatrix<f64>,
    /// `sqrt(p_x q_y) b_xy`, m x n: its Gram matrix is the Hessian in `log q` up to a diagonal.
    pub(crate) weighted: DMatrix<f64>,
    row: Vec<f64>,
}

impl Kernel {
    pub(crate) fn new(instance: &Instance<'_>) -> Self {
        let (n, m, k) = (instance.letters(), instance.reproductions, instance.constraints());
        Self {
            log_partition: 0.0,
            c: DVector::zeros(m),
            expected: DVector::zeros(k),
            sensitivity: DMatrix::zeros(m, k),
            covariance: DMatrix::zeros(k, k),
            weighted: DMatrix::zeros(m, n + k),
            row: vec![0.0; m],
        }
    }

    /// Evaluates everything at `q >= 0` and `s >= 0`.
    pub(crate) fn evaluate(&mut self, instance: &Instance<'_>, q: &DVector<f64>, s: &DVector<f64>) {
        self.log_partition = 0.0;
        self.c.fill(0.0);
        self.expected.fill(0.0);
        self.sensitivity.fill(0.0);
        self.covariance.fill(0.0);
        let root_q = q.map(f64::sqrt);
        let mut channel_row = vec![0.0; instance.reproductions];
        let mut centred = DMatrix::zeros(instance.reproductions, instance.constraints());
        for (x, &p) in instance.pmf.iter().enumerate() {
            if p == 0.0 {
                self.weighted.column_mut(x).fill(0.0);
                continue;
            }
            self.log_partition += p * tilt(instance, x, q, s, &mut self.row);
            for (c, &b) in self.c.iter_mut().zip(&self.row) {
                *c += p * b;
            }
            for ((w, &q), &b) in channel_row.iter_mut().zip(q).zip(&self.row) {
                *w = q * b;
            }
            for (k, cost) in instance.costs.iter().enumerate() {
                let costs = instance.letter_costs(cost, x);
                let mean = dot(&channel_row, costs);
                self.expected[k] += p * mean;
                let slopes = self.sensitivity.column_mut(k).data.into_slice_mut();
                let centred = centred.column_mut(k).data.into_slice_mut();
                for (((u, &d), &b), slope) in centred.iter_mut().zip(costs).zip(&self.row).zip(slopes) {
                    *u = d - mean;
                    *slope += p * b * *u;
                }
            }
            for k in 0..instance.constraints() {
                for l in 0..=k {
                    let (u, v) = (centred.column(k), centred.column(l));
                    let products = channel_row.iter().zip(&u).zip(&v).map(|((w, u), v)| p * w * u * v);
                    self.covariance[(k, l)] += products.sum::<f64>();
                }
            }
            let root_p = p.sqrt();
            for ((w, &b), &r) in self.weighted.column_mut(x).iter_mut().zip(&self.row).zip(&root_q) {
                *w = root_p * r * b;
            }
        }
        self.covariance.fill_upper_triangle_with_lower_triangle();
    }
}

/// The test channel `W_xy = q_y exp(-s.d(x, y)) / t_x`, m x n (a source letter is a column).
pub(crate) fn channel(instance: &Instance<'_>, q: &DVector<f64>, s: &DVector<f64>) -> DMatrix<f64> {
    let mut channel = DMatrix::zeros(instance.reproductions, instance.letters());
    let mut row = vec![0.0; instance.reproductions];
    for (x, mut letter) in channel.column_iter_mut().enumerate() {
        tilt(instance, x, q, s, &mut row);
        for ((w, &q), &b) in letter.iter_mut().zip(q).zip(&row) {
            *w = q * b;
        }
        let total = letter.sum();
        letter /= total;
    }
    channel
}

/// Fills `row` with `b_xy` for one source letter and returns `log t_x`.
fn tilt(
    instance: &Instance<'_>,
    x: usize,
    q: &DVector<f64>,
    s: &DVector<f64>,
    row: &mut [f64],
) -> f64 {
    instance.exponent(x, s, row);
    let supported = row.iter().zip(q).filter(|&(_, &q)| q > 0.0).map(|(&e, _)| e);
    let least = supported.fold(f64::INFINITY, f64::min);
    for e in row.iter_mut() {
        // Letters outside q's support may lie below `least`: their ratio is capped, not overflowed.
        let exponent = (least - *e).min(-NEGLIGIBLE);
        *e = if exponent > NEGLIGIBLE { exponent.exp() } else { 0.0 };
    }
    let t = dot(row, q.as_slice());
    for e in row.iter_mut() {
        *e /= t;
    }
    t.ln() - least
}

/// The inner product of two slices, with the unrolled accumulators of nalgebra.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    nalgebra::DVectorView::from_slice(a, a.len()).dot(&nalgebra::DVectorView::from_slice(b, b.len()))
}
