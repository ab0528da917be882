//! Blahut-Arimoto at fixed multipliers (Blahut 1972; Arimoto 1972): `q <- q c`.

use crate::numerics::simd::{dot, exp};
use crate::solver::run::incumbent::Finish;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Ended, Outcome};
use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::Sums;
use crate::subproblem::thresholds::{BLOCKS, PARALLEL_PRODUCTS, SMALLEST_KEPT};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// `exp(-s.d(x, y))` for fixed multipliers, each source letter relative to its largest.
#[derive(Debug)]
pub(crate) struct Likelihood<'a> {
    instance: &'a Instance<'a>,
    /// m x n.
    ratio: DMatrix<f64>,
    /// `sum_x p_x min_y s.d(x, y)`.
    least: f64,
}

impl<'a> Likelihood<'a> {
    /// Of an instance whose costs are all priced.
    pub(crate) fn new(instance: &'a Instance<'a>) -> Self {
        let m = instance.reproductions;
        let mut ratio = DMatrix::zeros(m, instance.letters());
        let none = DVector::zeros(0);
        // Exponents this far below a letter's best one are zero beside the smallest probability times it.
        let negligible = (f64::EPSILON * SMALLEST_KEPT).ln();
        let fill = |(x, row): (usize, &mut [f64])| {
            instance.exponent(x, &none, row);
            let least = row.iter().copied().fold(f64::INFINITY, f64::min);
            for e in row.iter_mut() {
                let exponent = least - *e;
                *e = if exponent > negligible { exp::<false>(exponent) } else { 0.0 };
            }
            instance.pmf[x] * least
        };
        let least: Vec<f64> = if ratio.len() < PARALLEL_PRODUCTS {
            ratio.as_mut_slice().chunks_mut(m).enumerate().map(fill).collect()
        } else {
            ratio.as_mut_slice().par_chunks_mut(m).enumerate().map(fill).collect()
        };
        Self { instance, ratio, least: least.iter().sum() }
    }

    /// `c_y` and `sum_x p_x log t_x` at a positive q.
    pub(crate) fn sums(&self, q: &DVector<f64>) -> Sums {
        let (n, m) = (self.instance.letters(), self.instance.reproductions);
        let block = n.div_ceil(BLOCKS);
        let run = |(index, ratio): (usize, &[f64])| {
            pulp::Arch::new().dispatch(Block {
                instance: self.instance,
                q,
                first: index * block,
                ratio,
            })
        };
        let ratio = self.ratio.as_slice();
        let blocks: Vec<Sums> = if m * n < PARALLEL_PRODUCTS {
            ratio.chunks(m * block).enumerate().map(run).collect()
        } else {
            ratio.par_chunks(m * block).enumerate().map(run).collect()
        };
        let mut sums = blocks.iter().fold(Sums::zeros(m, 0), Sums::add);
        sums.log_partition -= self.least;
        sums
    }
}

/// The source letters from `first` on; a type of its own so that the loops are compiled for the machine they run on.
struct Block<'a> {
    instance: &'a Instance<'a>,
    q: &'a DVector<f64>,
    first: usize,
    ratio: &'a [f64],
}

impl pulp::NullaryFnOnce for Block<'_> {
    type Output = Sums;

    #[inline(always)]
    fn call(self) -> Sums {
        let m = self.q.len();
        let mut sums = Sums::zeros(m, 0);
        for (row, &p) in self.ratio.chunks_exact(m).zip(&self.instance.pmf.as_slice()[self.first..])
        {
            if p == 0.0 {
                continue;
            }
            let t = dot(row, self.q.as_slice());
            sums.log_partition += p * t.ln();
            let weight = p / t;
            for (c, &a) in sums.c.as_mut_slice().iter_mut().zip(row) {
                *c += weight * a;
            }
        }
        sums
    }
}

/// `q <- q c`, normalised and kept positive.
pub(crate) fn update(q: &mut DVector<f64>, c: &DVector<f64>) {
    q.zip_apply(c, |q, c| *q = (*q * c).max(SMALLEST_KEPT));
    let total = q.sum();
    q.unscale_mut(total);
}

/// Solves an instance whose costs are all priced.
pub(crate) fn solve(instance: &Instance<'_>, watch: &mut Watch<'_>) -> Outcome {
    let m = instance.reproductions;
    let mut q = DVector::from_element(m, 1.0 / m as f64);
    let none = DVector::zeros(0);
    let likelihood = Likelihood::new(instance);
    let mut finish = Finish::new(instance, None, watch);
    let (z, ended): (_, Ended) = loop {
        let sums = likelihood.sums(&q);
        if let Some(ended) = finish.observe(&sums, &q, &none, watch) {
            break (sums.c.map(|c| (1.0 - c).max(0.0)), ended);
        }
        update(&mut q, &sums.c);
        watch.step();
    };
    drop(likelihood);
    finish.outcome(&z, &none, false, ended)
}
