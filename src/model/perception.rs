//! Perception: how far the law of the reproduction is from the law it should have.

use super::source::checked_pmf;
use crate::error::RdcError;
use crate::numerics::information::divergence_nats;
use crate::numerics::transport::transport;
use crate::validate;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// A divergence `d(p_target, p_X^)` between the output pmf and a target pmf: the paper's measure of perceptual quality
/// (Definitions 1 to 3), after Blau and Michaeli (arXiv 1711.06077, 1901.07821).
///
/// The target is usually the source's own pmf, so that `P = 0` asks for reproductions that nobody can tell from the source by
/// their statistics; it may be any other, where the reproduction should look like another domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Perception {
    pub(crate) target: DVector<f64>,
    pub(crate) divergence: Divergence,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Divergence {
    TotalVariation,
    /// Wasserstein-1 on a line, at increasing points.
    Line(DVector<f64>),
    /// Optimal transport with a ground cost, m x (length of the target).
    Transport(DMatrix<f64>),
    KullbackLeibler,
}

impl Perception {
    /// Total variation `1/2 sum_y |q(y) - target(y)|`, in \[0, 1\].
    ///
    /// # Errors
    /// A target that is empty, negative or not finite somewhere, or off from 1 in sum by more than 1e-9.
    pub fn total_variation(target: DVector<f64>) -> Result<Self, RdcError> {
        Self::new(target, Divergence::TotalVariation)
    }

    /// The Kullback-Leibler divergence `D(q || target) = sum_y q(y) log2(q(y) / target(y))`, in bits.
    ///
    /// A letter that the target does not have cannot be used.
    ///
    /// # Errors
    /// As for [`Perception::total_variation`].
    pub fn kullback_leibler(target: DVector<f64>) -> Result<Self, RdcError> {
        Self::new(target, Divergence::KullbackLeibler)
    }

    /// The Wasserstein-1 distance between laws on the real line, letter y of both at `points[y]`, strictly increasing.
    ///
    /// # Errors
    /// As for [`Perception::total_variation`]; points that are not finite, at most 1e150 in size and strictly increasing, or not
    /// one for each letter.
    pub fn wasserstein(target: DVector<f64>, points: &[f64]) -> Result<Self, RdcError> {
        let rule = "one point per letter of the target";
        validate::count("points", "entries", points.len(), target.len(), rule)?;
        for (y, &point) in points.iter().enumerate() {
            let rule = "a point must be finite and at most 1e150 in size, above the one before it";
            let follows = y == 0 || point > points[y - 1];
            let usable = point.abs() <= validate::LARGEST_COST && follows;
            validate::scalar(&format!("points[{y}]"), point, rule, usable)?;
        }
        Self::new(target, Divergence::Line(DVector::from_column_slice(points)))
    }

    /// The least average cost of a transport plan between the output pmf and the target, `ground[(y, z)]` for what goes from
    /// reproduction letter y to letter z of the target (m x k, entries in \[0, 1e150\]): with squared distances it is W2 squared.
    ///
    /// It has m k variables of its own; alphabets of about a hundred letters are what it is for.
    ///
    /// # Errors
    /// As for [`Perception::total_variation`]; a ground cost that is empty, has not one column per letter of the target, or an
    /// entry outside \[0, 1e150\].
    pub fn transport(target: DVector<f64>, ground: DMatrix<f64>) -> Result<Self, RdcError> {
        validate::not_empty("ground", ground.len())?;
        let rule = "one column per letter of the target";
        validate::count("ground", "columns", ground.ncols(), target.len(), rule)?;
        let rule = "a ground cost must lie in [0, 1e150]";
        validate::entries("ground", &ground, rule, |c| {
            (0.0..=validate::LARGEST_COST).contains(&c)
        })?;
        Self::new(target, Divergence::Transport(ground))
    }

    fn new(target: DVector<f64>, divergence: Divergence) -> Result<Self, RdcError> {
        Ok(Self { target: checked_pmf("target", target)?, divergence })
    }

    /// The target pmf.
    #[must_use]
    pub fn target(&self) -> &DVector<f64> {
        &self.target
    }

    /// The number of reproduction letters m.
    #[must_use]
    pub fn letters(&self) -> usize {
        match &self.divergence {
            Divergence::Transport(ground) => ground.nrows(),
            _ => self.target.len(),
        }
    }

    /// The divergence of an output pmf (length m) from the target: in \[0, 1\], bits, or the unit of the points or of the
    /// ground cost; `+inf` bits where the output uses a letter that the target lacks.
    ///
    /// Exact but for rounding: the Wasserstein-1 distance is the area between the two distribution functions, a general
    /// transport an optimal plan by successive shortest paths.
    ///
    /// # Errors
    /// An output that is no pmf, or has not m letters.
    pub fn divergence(&self, output: &DVector<f64>) -> Result<f64, RdcError> {
        let rule = "one entry per reproduction letter";
        validate::count("output", "entries", output.len(), self.letters(), rule)?;
        Ok(self.of(&checked_pmf("output", output.clone())?))
    }

    /// [`Perception::divergence`] of what has passed the rules.
    pub(crate) fn of(&self, output: &DVector<f64>) -> f64 {
        let pairs = || output.iter().zip(self.target.iter());
        match &self.divergence {
            Divergence::TotalVariation => 0.5 * pairs().map(|(q, t)| (q - t).abs()).sum::<f64>(),
            Divergence::Line(points) => {
                let mut ahead = 0.0;
                let gaps = points.iter().zip(points.iter().skip(1)).map(|(a, b)| b - a);
                let areas = pairs().zip(gaps).map(|((q, t), gap)| {
                    ahead += q - t;
                    gap * f64::abs(ahead)
                });
                areas.sum()
            }
            Divergence::Transport(ground) => {
                transport(output.as_slice(), self.target.as_slice(), |y, z| ground[(y, z)]).cost
            }
            Divergence::KullbackLeibler => divergence_nats(output, &self.target) / LN_2,
        }
    }

    /// What it costs to move a unit of mass from reproduction letter y to letter z of the target; 0 or 1 where the divergence
    /// knows no distances.
    #[cfg(feature = "programs")]
    pub(crate) fn ground(&self, y: usize, z: usize) -> f64 {
        match &self.divergence {
            Divergence::Line(points) => (points[y] - points[z]).abs(),
            Divergence::Transport(ground) => ground[(y, z)],
            Divergence::TotalVariation | Divergence::KullbackLeibler => f64::from(y != z),
        }
    }

    /// The largest of these costs.
    #[cfg(feature = "programs")]
    pub(crate) fn largest_ground(&self) -> f64 {
        match &self.divergence {
            Divergence::Line(points) => points.max() - points.min(),
            Divergence::Transport(ground) => ground.max(),
            Divergence::TotalVariation | Divergence::KullbackLeibler => 1.0,
        }
    }
}
