//! The fewest bits at which a codebook can do what the codec does with it.

use crate::codebook::Codebook;
use crate::images::{CLASSES, Images, PIXELS};
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::{Distortion, Rdc, RdcError, Source, Status};
use serde::{Deserialize, Serialize};

/// `lower <= R(D,E) <= rate` in bits per image, within 1e-9 of each other if certified.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bracket {
    /// The certified lower bound.
    pub lower: f64,
    /// The rate of a test channel that meets the budgets.
    pub rate: f64,
    /// Whether the run closed the gap; the bounds are true in any case.
    pub certified: bool,
}

/// Evaluation images, each as likely as the other, as a source.
#[derive(Debug)]
pub struct Evaluation {
    source: Source,
    images: DMatrix<f64>,
}

impl Evaluation {
    /// Of labelled images.
    ///
    /// # Errors
    /// No images.
    pub fn new(images: &Images) -> Result<Self, RdcError> {
        let labels: Vec<usize> = images.labels().iter().map(|&label| usize::from(label)).collect();
        Ok(Self { source: Source::empirical(&labels, CLASSES)?, images: matrix(images.pixels()) })
    }

    /// R(D,E) of a codebook: D the squared error summed over pixels, E the error rate of the classifier that read it.
    ///
    /// # Errors
    /// An empty codebook.
    pub fn rdc(&self, codebook: &Codebook) -> Result<Rdc, RdcError> {
        let distortion = Distortion::squared_error(&self.images, &matrix(codebook.pixels()))?;
        Rdc::new(&self.source, distortion, &rdc_theory::Classifier::hard(codebook.classes())?)
    }
}

/// R at the distortion and the error rate that a codec has with its own codebook, both larger by 1e-12: they were summed in
/// another order.
///
/// # Errors
/// Budgets that the codebook cannot meet: not those that a codec has.
pub fn bracket(rdc: &Rdc, mse: f64, error: f64) -> Result<Bracket, RdcError> {
    let solution = rdc.solve(mse * (1.0 + 1e-12), error + 1e-12)?;
    let certified = solution.status == Status::Certified;
    Ok(Bracket { lower: solution.lower, rate: solution.rate, certified })
}

/// Points (D, R) of a codebook at an error rate, from the smallest distortion that it has there to `largest`; those without a
/// channel are left out.
///
/// # Errors
/// A largest distortion or an error rate that is no budget.
pub fn curve(
    rdc: &Rdc,
    error: f64,
    largest: f64,
    points: usize,
) -> Result<Vec<(f64, f64)>, RdcError> {
    let smallest = rdc.smallest_distortion(error)?.unwrap_or(largest).min(largest);
    let share = |point: usize| point as f64 / (points.max(2) - 1) as f64;
    // Closer together where the curve is steep.
    let budgets: Vec<f64> =
        (0..points).map(|point| smallest + (largest - smallest) * share(point).powi(2)).collect();
    let surface = rdc.surface(&budgets, &[error])?;
    let point = |(d, _, cell): (f64, f64, &rdc_theory::Cell)| Some((d, cell.point()?.rate));
    Ok(surface.iter().filter_map(point).collect())
}

/// A row for each image.
fn matrix(pixels: &[f32]) -> DMatrix<f64> {
    let pixels = pixels.iter().map(|&pixel| f64::from(pixel));
    DMatrix::from_row_iterator(pixels.len() / PIXELS, PIXELS, pixels)
}
