//! Perception: how far the law of the reproduction is from the law it should have.

use crate::source::checked_pmf;
use crate::{RdcError, check};
use nalgebra::{DMatrix, DVector};

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
        check::count("points", "entries", points.len(), target.len(), rule)?;
        for (y, &point) in points.iter().enumerate() {
            let rule = "a point must be finite and at most 1e150 in size, above the one before it";
            let follows = y == 0 || point > points[y - 1];
            let usable = point.abs() <= check::LARGEST_COST && follows;
            check::scalar(&format!("points[{y}]"), point, rule, usable)?;
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
        check::not_empty("ground", ground.len())?;
        let rule = "one column per letter of the target";
        check::count("ground", "columns", ground.ncols(), target.len(), rule)?;
        let rule = "a ground cost must lie in [0, 1e150]";
        check::entries("ground", &ground, rule, |c| (0.0..=check::LARGEST_COST).contains(&c))?;
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
}
