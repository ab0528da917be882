//! Outputs moved towards the target until they are natural enough.

use super::channel::blend;
use super::model::Restoration;
use crate::error::RdcError;
use crate::numerics::transport::transport;
use nalgebra::{DMatrix, DVector};

impl Restoration {
    /// The channel with so much of its output moved towards the target that the divergence is at most `p`, where that can be
    /// moved; else mixed with the most natural one.
    pub(crate) fn made_natural(
        &self,
        channel: DMatrix<f64>,
        p: f64,
        allowed: &DMatrix<bool>,
    ) -> Result<DMatrix<f64>, RdcError> {
        if self.divergence(&channel) <= p {
            return Ok(channel);
        }
        let natural = if fits(&self.drawn(), allowed) {
            &channel * self.shift(&channel.tr_mul(&self.pmf))
        } else {
            self.most_natural(f64::INFINITY, allowed)?.channel
        };
        Ok(blend(channel, &natural, |w| self.divergence(w), p))
    }

    /// The kernel that takes an output pmf to the one nearest to the target by an optimal plan.
    fn shift(&self, output: &DVector<f64>) -> DMatrix<f64> {
        let target = self.perception.target();
        let plan =
            transport(output.as_slice(), target.as_slice(), |y, z| self.perception.ground(y, z));
        let mut kernel = DMatrix::zeros(output.len(), output.len());
        for (y, moved) in plan.plan.row_iter().enumerate() {
            let mass = moved.sum();
            if mass <= 0.0 {
                kernel[(y, y)] = 1.0;
                continue;
            }
            for (z, part) in moved.iter().enumerate() {
                kernel[(y, self.nearest(z))] += part / mass;
            }
        }
        kernel
    }

    /// The output nearest to the target.
    pub(crate) fn drawn(&self) -> DVector<f64> {
        let mut drawn = DVector::zeros(self.letters());
        for (z, mass) in self.perception.target().iter().enumerate() {
            drawn[self.nearest(z)] += mass;
        }
        drawn
    }

    /// The reproduction letter nearest to a letter of the target.
    fn nearest(&self, z: usize) -> usize {
        let distance = |y: &usize| self.perception.ground(*y, z);
        let nearest = (0..self.letters()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.unwrap_or(0)
    }
}

/// Whether every observed letter may be restored by a draw from this pmf.
pub(crate) fn fits(drawn: &DVector<f64>, allowed: &DMatrix<bool>) -> bool {
    let usable = |(column, &mass): (usize, &f64)| {
        mass <= 0.0 || allowed.column(column).iter().all(|&pair| pair)
    };
    drawn.iter().enumerate().all(usable)
}
