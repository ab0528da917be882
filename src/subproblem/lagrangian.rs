//! The Lagrangian at (q, s): everything that the certificate and the Newton step read, in one pass over the costs.
//!
//! ```text
//! L(q, s) = -sum_x p_x log t_x - s.D     t_x = sum_y q_y exp(-s.d(x, y))
//! W_xy = q_y b_xy     b_xy = exp(-s.d(x, y)) / t_x     c_y = sum_x p_x b_xy
//! ```
//!
//! [`Instance::exponent`] is the one place that knows the exponent `s.d(x, y)`; where the output marginal is constrained, its
//! potential `g_y` is added to it.

use super::instance::Instance;
use super::output_constraint::Potential;
use super::thresholds::BLOCKS;
use crate::numerics::simd::{dot, exp};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::ops::Range;

/// Exponents this far below a source letter's best letter are zero beside it in double precision.
const NEGLIGIBLE: f64 = -80.0;

/// Fewer letters than this are not worth a block of their own.
const SHORTEST_BLOCK: usize = 32;

/// Pairs below which a second thread costs more than it brings.
const PARALLEL: usize = 1 << 13;

/// The Lagrangian's value and derivatives, in nats.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub(crate) sums: Sums,
    /// `sqrt(p_x q_y) b_xy`, m x n, and K further columns that belong to the Newton system; empty where nobody asked.
    pub(crate) weighted: DMatrix<f64>,
}

/// What is summed over source letters.
#[derive(Debug, Clone)]
pub(crate) struct Sums {
    /// `sum_x p_x log t_x`.
    pub(crate) log_partition: f64,
    /// What leaving out exponents below [`NEGLIGIBLE`] may take from `c_y` or from `log_partition`; infinite where a
    /// letter outside q's support was too far below the others to be summed.
    pub(crate) neglected: f64,
    /// `c_y`; the derivative of `L + sum q - 1` by `q_y` is `1 - c_y`.
    pub(crate) c: DVector<f64>,
    /// `E_W[d_k]`.
    pub(crate) expected: DVector<f64>,
    /// The derivative of `E_W[d_k]` by `q_y`, m x K.
    pub(crate) sensitivity: DMatrix<f64>,
    /// `sum_x p_x Cov_W(d_k, d_l | x)`, K x K: minus the derivative of `E_W[d_k]` by `s_l`.
    pub(crate) covariance: DMatrix<f64>,
    /// The potential on the output letters that they were summed at, where the marginal is constrained.
    pub(crate) potential: Option<Potential>,
}

impl Sums {
    pub(crate) fn zeros(m: usize, k: usize) -> Self {
        Self {
            log_partition: 0.0,
            neglected: 0.0,
            c: DVector::zeros(m),
            expected: DVector::zeros(k),
            sensitivity: DMatrix::zeros(m, k),
            covariance: DMatrix::zeros(k, k),
            potential: None,
        }
    }

    /// From the entries of the matrices to the units of the budgets.
    fn scale(&mut self, instance: &Instance<'_>) {
        let scales = instance.scales();
        if scales.iter().all(|scale| *scale == 1.0) {
            return;
        }
        self.expected.component_mul_assign(&scales);
        for (k, &scale) in scales.iter().enumerate() {
            self.sensitivity.column_mut(k).scale_mut(scale);
            self.covariance.column_mut(k).scale_mut(scale);
            self.covariance.row_mut(k).scale_mut(scale);
        }
    }

    pub(crate) fn add(mut self, other: &Self) -> Self {
        self.log_partition += other.log_partition;
        self.neglected += other.neglected;
        self.c += &other.c;
        self.expected += &other.expected;
        self.sensitivity += &other.sensitivity;
        self.covariance += &other.covariance;
        self
    }
}

impl Kernel {
    /// Evaluates everything at `q >= 0`, `s >= 0` and a potential.
    pub(crate) fn new(
        instance: &Instance<'_>,
        q: &DVector<f64>,
        s: &DVector<f64>,
        potential: Option<Potential>,
    ) -> Self {
        let columns = instance.letters() + instance.constraints.len();
        Self::with_columns(columns, instance, q, s, potential)
    }

    /// The sums alone, without the matrix.
    pub(crate) fn light(
        instance: &Instance<'_>,
        q: &DVector<f64>,
        s: &DVector<f64>,
        potential: Option<Potential>,
    ) -> Self {
        Self::with_columns(0, instance, q, s, potential)
    }

    fn with_columns(
        columns: usize,
        instance: &Instance<'_>,
        q: &DVector<f64>,
        s: &DVector<f64>,
        potential: Option<Potential>,
    ) -> Self {
        let (m, k) = (instance.reproductions, instance.constraints.len());
        let sums = Sums { potential, ..Sums::zeros(m, k) };
        let mut kernel = Self { sums, weighted: DMatrix::zeros(m, columns) };
        kernel.evaluate(instance, q, s);
        kernel
    }

    /// The output pmf of the channel, `q_y c_y`.
    pub(crate) fn output(&self, q: &DVector<f64>) -> DVector<f64> {
        q.component_mul(&self.sums.c)
    }

    /// Moves to another potential, without evaluating anything.
    pub(crate) fn set_potential(&mut self, potential: Option<Potential>) {
        self.sums.potential = potential;
    }

    /// Moves to another point, the potential kept.
    pub(crate) fn evaluate(&mut self, instance: &Instance<'_>, q: &DVector<f64>, s: &DVector<f64>) {
        let (n, m, k) = (instance.letters(), instance.reproductions, instance.constraints.len());
        let root_q = q.map(f64::sqrt);
        let potential = self.sums.potential.take();
        let g = potential.as_ref().map(|potential| potential.g.as_slice());
        let block = n.div_ceil(BLOCKS).max(SHORTEST_BLOCK.min(n));
        let mut columns = self.weighted.as_mut_slice().chunks_mut(m * block);
        let parts: Vec<Block<'_>> = (0..n)
            .step_by(block)
            .map(|first| {
                let letters = first..n.min(first + block);
                let weighted = columns.next().unwrap_or_default();
                Block { instance, q, s, g, root_q: &root_q, letters, weighted }
            })
            .collect();
        let run = |part: Block<'_>| pulp::Arch::new().dispatch(part);
        let blocks: Vec<Sums> = if m * n < PARALLEL {
            parts.into_iter().map(run).collect()
        } else {
            parts.into_par_iter().map(run).collect()
        };
        self.sums = blocks.iter().fold(Sums::zeros(m, k), Sums::add);
        self.sums.scale(instance);
        self.sums.potential = potential;
        self.sums.covariance.fill_upper_triangle_with_lower_triangle();
    }
}

/// Some of the source letters, and their columns of the matrix if it is asked for.
///
/// A type of its own so that the loops are compiled for the vector instructions of the machine they run on.
struct Block<'a> {
    instance: &'a Instance<'a>,
    q: &'a DVector<f64>,
    s: &'a DVector<f64>,
    g: Option<&'a [f64]>,
    root_q: &'a DVector<f64>,
    letters: Range<usize>,
    weighted: &'a mut [f64],
}

impl pulp::NullaryFnOnce for Block<'_> {
    type Output = Sums;

    #[inline(always)]
    fn call(self) -> Sums {
        let (m, k) = (self.instance.reproductions, self.instance.constraints.len());
        let mut letter = Letter::new(m, k);
        let mut sums = Sums::zeros(m, k);
        let mut columns = self.weighted.chunks_exact_mut(m);
        for x in self.letters {
            let root_p = self.instance.pmf[x].sqrt();
            if root_p > 0.0 {
                let at = (self.q, self.s, self.g);
                letter.accumulate(self.instance, x, at, &mut sums);
            }
            let Some(column) = columns.next() else { continue };
            for ((v, &b), &r) in column.iter_mut().zip(&letter.ratio).zip(self.root_q.as_slice()) {
                *v = root_p * r * b;
            }
        }
        sums
    }
}

/// A pmf, multipliers, and the potential on the output letters if there is one.
type Place<'a> = (&'a DVector<f64>, &'a DVector<f64>, Option<&'a [f64]>);

/// Work space for one source letter.
struct Letter {
    /// `b_xy`.
    ratio: Vec<f64>,
    /// `W_xy`.
    channel: Vec<f64>,
    /// `d_k(x, y) - E_W[d_k | x]`, one per cost.
    centred: Vec<Vec<f64>>,
    /// `W_xy` times the above, for one cost.
    product: Vec<f64>,
}

impl Letter {
    fn new(m: usize, k: usize) -> Self {
        let zeros = || vec![0.0; m];
        Self { ratio: zeros(), channel: zeros(), centred: vec![zeros(); k], product: zeros() }
    }

    #[inline(always)]
    fn accumulate(&mut self, instance: &Instance<'_>, x: usize, at: Place<'_>, sums: &mut Sums) {
        let (p, q) = (instance.pmf[x], at.0);
        let (log_t, neglected) = tilt(instance, x, at, &mut self.ratio);
        sums.log_partition += p * log_t;
        sums.neglected += p * neglected;
        let outputs = sums.c.as_mut_slice().iter_mut().zip(&mut self.channel);
        for (((c, w), &q), &b) in outputs.zip(q.as_slice()).zip(&self.ratio) {
            *c += p * b;
            *w = q * b;
        }
        for (k, constraint) in instance.constraints.iter().enumerate() {
            let costs = instance.letter_costs(constraint.matrix, x);
            let mean = dot(&self.channel, costs);
            sums.expected[k] += p * mean;
            let slopes = sums.sensitivity.column_mut(k).data.into_slice_mut();
            let centred = &mut self.centred[k];
            let inputs = costs.iter().zip(&self.ratio).zip(&self.channel);
            let outputs = centred.iter_mut().zip(slopes).zip(&mut self.product);
            for (((u, slope), v), ((&d, &b), &w)) in outputs.zip(inputs) {
                *u = d - mean;
                *slope += p * b * *u;
                *v = w * *u;
            }
            for l in 0..=k {
                sums.covariance[(k, l)] += p * dot(&self.product, &self.centred[l]);
            }
        }
    }
}

/// The test channel `W_xy = q_y exp(-s.d(x, y) - g_y) / t_x`, m x n (a source letter is a column).
pub(crate) fn channel(
    instance: &Instance<'_>,
    q: &DVector<f64>,
    s: &DVector<f64>,
    potential: Option<&Potential>,
) -> DMatrix<f64> {
    let at = (q, s, potential.map(|potential| potential.g.as_slice()));
    let m = instance.reproductions;
    let mut channel = DMatrix::zeros(m, instance.letters());
    let fill = |(x, letter): (usize, &mut [f64])| {
        let (log_t, _) = tilt(instance, x, at, letter);
        if log_t == f64::NEG_INFINITY {
            // A letter without probability, all of whose allowed reproductions have left q's support.
            let first = instance.pairs(x).and_then(|pairs| pairs.iter().position(|&pair| pair));
            letter.fill(0.0);
            letter[first.unwrap_or(0)] = 1.0;
            return;
        }
        for (w, &q) in letter.iter_mut().zip(q.as_slice()) {
            *w *= q;
        }
        let total: f64 = letter.iter().sum();
        for w in letter {
            *w /= total;
        }
    };
    channel.as_mut_slice().chunks_mut(m).enumerate().for_each(fill);
    channel
}

/// Fills `ratio` with `b_xy` for one source letter; returns `log t_x` and what was neglected, relative to `t_x`.
#[inline(always)]
fn tilt(instance: &Instance<'_>, x: usize, (q, s, g): Place<'_>, ratio: &mut [f64]) -> (f64, f64) {
    instance.exponent(x, s, ratio);
    for (e, g) in ratio.iter_mut().zip(g.unwrap_or_default()) {
        *e += g;
    }
    let supported =
        ratio.iter().zip(q.as_slice()).map(|(&e, &q)| if q > 0.0 { e } else { f64::INFINITY });
    let least = supported.fold(f64::INFINITY, f64::min);
    let lowest = ratio.iter().copied().fold(f64::INFINITY, f64::min);
    for e in ratio.iter_mut() {
        // Letters outside q's support may lie below `least`: their ratio is capped, not overflowed.
        let exponent = (least - *e).min(-NEGLIGIBLE);
        *e = if exponent > NEGLIGIBLE { exp(exponent) } else { 0.0 };
    }
    if least == f64::INFINITY {
        return (f64::NEG_INFINITY, f64::INFINITY);
    }
    let t = dot(ratio, q.as_slice());
    let scale = 1.0 / t;
    for e in ratio.iter_mut() {
        *e *= scale;
    }
    let capped = least - lowest > -NEGLIGIBLE;
    let neglected = if capped { f64::INFINITY } else { scale * exp(NEGLIGIBLE) };
    (t.ln() - least, neglected)
}
