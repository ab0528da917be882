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
use super::thresholds::{BLOCKS, FREE_GROWTH};
use crate::numerics::real::{Real, largest};
use crate::numerics::simd::{dot, exp, is_fused, least};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::ops::Range;

/// Exponents this far below a source letter's best letter are zero beside it in double precision.
const NEGLIGIBLE: f64 = -80.0;

/// Fewer letters than this are not worth a block of their own.
const SHORTEST_BLOCK: usize = 64;

/// Pairs below which a second thread costs more than it brings.
const PARALLEL: usize = 1 << 13;

/// The Lagrangian of a problem in a scalar type, evaluated at a point.
pub(crate) trait Lagrangian<T: Real> {
    /// What it was last evaluated to.
    fn sums(&self) -> &Sums<T>;

    fn budgets(&self) -> DVector<T>;

    /// A budget as the equations of the method have it at the moment.
    fn raised(&self, budget: T) -> T {
        budget
    }

    /// Moves to another pmf and other multipliers, the potential kept.
    fn evaluate(&mut self, q: &DVector<T>, s: &DVector<T>);

    /// Moves to the potential of the nodes of a network and to its price, without evaluating anything.
    fn set_potential(&mut self, phi: &DVector<T>, price: T);

    /// The longest step, at most 1, that keeps multipliers that are free in sign and a potential within sight of where they are: so
    /// that they cannot leave all digits behind.
    fn longest_turn(
        &self,
        _q: &DVector<T>,
        (_, phi): (&DVector<T>, &DVector<T>),
        (_, by): (&DVector<T>, &DVector<T>),
    ) -> T {
        let size = |phi: &DVector<T>| largest(phi.iter().map(|phi| phi.abs())).max(T::ZERO);
        let most = T::from(FREE_GROWTH) * (T::ONE + size(phi));
        if size(by) > most { most / size(by) } else { T::ONE }
    }
}

/// The Lagrangian of an instance in doubles.
#[derive(Debug)]
pub(crate) struct InDoubles<'a, 'k> {
    pub(crate) instance: &'a Instance<'a>,
    pub(crate) kernel: &'k mut Kernel,
}

impl Lagrangian<f64> for InDoubles<'_, '_> {
    fn sums(&self) -> &Sums {
        &self.kernel.sums
    }

    fn budgets(&self) -> DVector<f64> {
        self.instance.budgets()
    }

    fn evaluate(&mut self, q: &DVector<f64>, s: &DVector<f64>) {
        self.kernel.evaluate(self.instance, q, s);
    }

    fn set_potential(&mut self, phi: &DVector<f64>, price: f64) {
        let g = || phi.rows(0, self.instance.reproductions).into_owned();
        let marginal = self.instance.marginal.as_ref();
        self.kernel.set_potential(marginal.map(|bounded| bounded.priced(g(), price)));
    }
}

/// The Lagrangian's value and derivatives in doubles, in nats.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub(crate) sums: Sums,
    /// `sqrt(p_x q_y) b_xy`, m x n, and K further columns that belong to the Newton system; empty where nobody asked.
    pub(crate) weighted: DMatrix<f64>,
}

/// What is summed over source letters.
#[derive(Debug, Clone)]
pub(crate) struct Sums<T = f64> {
    /// `sum_x p_x log t_x`.
    pub(crate) log_partition: T,
    /// What leaving out exponents below [`NEGLIGIBLE`] may take from `c_y` or from `log_partition`; infinite where a
    /// letter outside q's support was too far below the others to be summed.
    pub(crate) neglected: T,
    /// `c_y`; the derivative of `L + sum q - 1` by `q_y` is `1 - c_y`.
    pub(crate) c: DVector<T>,
    /// `E_W[d_k]`.
    pub(crate) expected: DVector<T>,
    /// The derivative of `E_W[d_k]` by `q_y`, m x K.
    pub(crate) sensitivity: DMatrix<T>,
    /// `sum_x p_x Cov_W(d_k, d_l | x)`, K x K: minus the derivative of `E_W[d_k]` by `s_l`.
    pub(crate) covariance: DMatrix<T>,
    /// The potential on the output letters that they were summed at in doubles, where the marginal is constrained.
    pub(crate) potential: Option<Potential>,
}

impl<T: Real> Sums<T> {
    pub(crate) fn zeros(m: usize, k: usize) -> Self {
        let zeros = |rows, columns| DMatrix::from_element(rows, columns, T::ZERO);
        Self {
            log_partition: T::ZERO,
            neglected: T::ZERO,
            c: DVector::from_element(m, T::ZERO),
            expected: DVector::from_element(k, T::ZERO),
            sensitivity: zeros(m, k),
            covariance: zeros(k, k),
            potential: None,
        }
    }

    /// The output pmf of the channel, `q_y c_y`.
    pub(crate) fn output(&self, q: &DVector<T>) -> DVector<T> {
        q.zip_map(&self.c, |q, c| q * c)
    }
}

impl Sums {
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

    /// With the matrix, not evaluated yet.
    pub(crate) fn unevaluated(instance: &Instance<'_>) -> Self {
        let columns = instance.letters() + instance.constraints.len();
        let weighted = DMatrix::zeros(instance.reproductions, columns);
        Self { weighted, ..Self::blank(instance, None) }
    }

    /// The sums alone, without the matrix, not evaluated yet.
    pub(crate) fn blank(instance: &Instance<'_>, potential: Option<Potential>) -> Self {
        let (m, k) = (instance.reproductions, instance.constraints.len());
        Self { sums: Sums { potential, ..Sums::zeros(m, k) }, weighted: DMatrix::zeros(m, 0) }
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
        let weighted = DMatrix::zeros(instance.reproductions, columns);
        let mut kernel = Self { weighted, ..Self::blank(instance, potential) };
        kernel.evaluate(instance, q, s);
        kernel
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

impl pulp::WithSimd for Block<'_> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Sums {
        if const { is_fused::<S>() } {
            self.sums::<S, true>(simd)
        } else {
            self.sums::<S, false>(simd)
        }
    }
}

impl Block<'_> {
    #[inline(always)]
    fn sums<S: pulp::Simd, const FUSED: bool>(self, simd: S) -> Sums {
        let (m, k) = (self.instance.reproductions, self.instance.constraints.len());
        let is_positive = self.q.iter().all(|&q| q > 0.0);
        let at = Place { q: self.q, s: self.s, g: self.g, root_q: self.root_q, is_positive };
        let mut letter = Letter::new(m, k);
        let mut sums = Sums::zeros(m, k);
        let mut columns = self.weighted.chunks_exact_mut(m);
        for x in self.letters {
            let p = self.instance.pmf[x];
            let column = columns.next();
            if p > 0.0 {
                letter.accumulate::<S, FUSED>(simd, self.instance, x, &at, &mut sums, column);
            } else if let Some(column) = column {
                column.fill(0.0);
            }
        }
        sums
    }
}

/// Where the Lagrangian is evaluated.
struct Place<'a> {
    q: &'a DVector<f64>,
    s: &'a DVector<f64>,
    /// The potential on the output letters if there is one.
    g: Option<&'a [f64]>,
    root_q: &'a DVector<f64>,
    /// Whether q has no zero.
    is_positive: bool,
}

/// Work space for one source letter.
struct Letter {
    /// `b_xy t_x`, up to a factor.
    tilted: Vec<f64>,
    /// `W_xy`.
    channel: Vec<f64>,
    /// `E_W[d_k | x]`, one per cost.
    means: Vec<f64>,
}

impl Letter {
    fn new(m: usize, k: usize) -> Self {
        Self { tilted: vec![0.0; m], channel: vec![0.0; m], means: vec![0.0; k] }
    }

    /// Adds a letter to the sums, and fills its column of the matrix.
    #[inline(always)]
    fn accumulate<S: pulp::Simd, const FUSED: bool>(
        &mut self,
        simd: S,
        instance: &Instance<'_>,
        x: usize,
        at: &Place<'_>,
        sums: &mut Sums,
        column: Option<&mut [f64]>,
    ) {
        let p = instance.pmf[x];
        let Tilt { log_t, neglected, scale } = tilt::<FUSED>(instance, x, at, &mut self.tilted);
        sums.log_partition += p * log_t;
        sums.neglected += p * neglected;
        let weight = p * scale;
        let inputs = self.tilted.iter().zip(at.q.as_slice());
        let outputs = sums.c.as_mut_slice().iter_mut().zip(&mut self.channel);
        if let Some(column) = column {
            let scaled_root = p.sqrt() * scale;
            let inputs = inputs.zip(at.root_q.as_slice());
            for ((c, w), (((&a, &q), &root_q), v)) in outputs.zip(inputs.zip(column)) {
                *c += weight * a;
                *w = scale * q * a;
                *v = scaled_root * root_q * a;
            }
        } else {
            for ((c, w), (&a, &q)) in outputs.zip(inputs) {
                *c += weight * a;
                *w = scale * q * a;
            }
        }
        let costs = |k: usize| instance.letter_costs(instance.constraints[k].matrix, x);
        for k in 0..self.means.len() {
            let mean = dot(&self.channel, costs(k));
            self.means[k] = mean;
            sums.expected[k] += p * mean;
            let slopes = sums.sensitivity.column_mut(k).data.into_slice_mut();
            for ((slope, &d), &a) in slopes.iter_mut().zip(costs(k)).zip(&self.tilted) {
                *slope += weight * a * (d - mean);
            }
            for l in 0..=k {
                let pairs = ((costs(k), mean), (costs(l), self.means[l]));
                sums.covariance[(k, l)] += p * moment(simd, &self.channel, pairs.0, pairs.1);
            }
        }
    }
}

/// `sum w (a - mean a) (b - mean b)`.
#[inline(always)]
fn moment<S: pulp::Simd>(
    simd: S,
    w: &[f64],
    (a, mean_a): (&[f64], f64),
    (b, mean_b): (&[f64], f64),
) -> f64 {
    let [(w, rest_w), (a, rest_a), (b, rest_b)] = [w, a, b].map(S::as_simd_f64s);
    let rest = rest_w.iter().zip(rest_a).zip(rest_b);
    let rest: f64 = rest.map(|((w, a), b)| w * (a - mean_a) * (b - mean_b)).sum();
    let (mean_a, mean_b) = (simd.splat_f64s(mean_a), simd.splat_f64s(mean_b));
    let mut sums = simd.splat_f64s(0.0);
    for ((&w, &a), &b) in w.iter().zip(a).zip(b) {
        let weighted = simd.mul_f64s(w, simd.sub_f64s(a, mean_a));
        sums = simd.mul_add_e_f64s(weighted, simd.sub_f64s(b, mean_b), sums);
    }
    rest + simd.reduce_sum_f64s(sums)
}

/// The test channel `W_xy = q_y exp(-s.d(x, y) - g_y) / t_x`, m x n (a source letter is a column).
pub(crate) fn channel(
    instance: &Instance<'_>,
    q: &DVector<f64>,
    s: &DVector<f64>,
    potential: Option<&Potential>,
) -> DMatrix<f64> {
    let g = potential.map(|potential| potential.g.as_slice());
    let at = Place { q, s, g, root_q: q, is_positive: false };
    let m = instance.reproductions;
    let mut channel = DMatrix::zeros(m, instance.letters());
    let fill = |(x, letter): (usize, &mut [f64])| {
        let Tilt { log_t, scale, .. } = tilt::<false>(instance, x, &at, letter);
        if log_t == f64::NEG_INFINITY {
            // A letter without probability, all of whose allowed reproductions have left q's support.
            let first = instance.pairs(x).and_then(|pairs| pairs.iter().position(|&pair| pair));
            letter.fill(0.0);
            letter[first.unwrap_or(0)] = 1.0;
            return;
        }
        for (w, &q) in letter.iter_mut().zip(q.as_slice()) {
            *w *= scale * q;
        }
        let total: f64 = letter.iter().sum();
        for w in letter {
            *w /= total;
        }
    };
    channel.as_mut_slice().chunks_mut(m).enumerate().for_each(fill);
    channel
}

/// What [`tilt`] finds for one source letter.
struct Tilt {
    /// `log t_x`.
    log_t: f64,
    /// What was left out, relative to `t_x`.
    neglected: f64,
    /// The factor from what was filled in to `b_xy`.
    scale: f64,
}

/// Fills `tilted` with `b_xy` for one source letter, up to a factor.
#[inline(always)]
fn tilt<const FUSED: bool>(
    instance: &Instance<'_>,
    x: usize,
    at: &Place<'_>,
    tilted: &mut [f64],
) -> Tilt {
    instance.exponent(x, at.s, tilted);
    for (e, g) in tilted.iter_mut().zip(at.g.unwrap_or_default()) {
        *e += g;
    }
    let lowest = least(tilted);
    let nearest = if at.is_positive {
        lowest
    } else {
        let letters = tilted.iter().zip(at.q.as_slice());
        let supported = letters.map(|(&e, &q)| if q > 0.0 { e } else { f64::INFINITY });
        supported.fold(f64::INFINITY, f64::min)
    };
    for e in tilted.iter_mut() {
        // Letters outside q's support may lie below `nearest`: their ratio is capped, not overflowed.
        let exponent = (nearest - *e).min(-NEGLIGIBLE);
        *e = if exponent > NEGLIGIBLE { exp::<FUSED>(exponent) } else { 0.0 };
    }
    if nearest == f64::INFINITY {
        return Tilt { log_t: f64::NEG_INFINITY, neglected: f64::INFINITY, scale: 1.0 };
    }
    let t = dot(tilted, at.q.as_slice());
    let scale = 1.0 / t;
    let capped = nearest - lowest > -NEGLIGIBLE;
    let neglected = if capped { f64::INFINITY } else { scale * exp::<FUSED>(NEGLIGIBLE) };
    Tilt { log_t: t.ln() - nearest, neglected, scale }
}
