//! What cannot be drawn.

use crate::error::RdcError;
use plotters::drawing::DrawingAreaErrorKind;
use std::error::Error;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// Nothing finite to draw.
    #[error("{what}: nothing to draw, at least one finite value is needed")]
    Empty {
        /// What has no finite value.
        what: &'static str,
    },
    /// A canvas too small for its text, or larger than coordinates go.
    #[error(
        "size = {width} x {height}: a picture is 400 to 10,000 pixels wide and 300 to 10,000 high"
    )]
    Size {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// A rate that the picture needs was refused.
    #[error(transparent)]
    Rdc(#[from] RdcError),
    /// The drawing library failed.
    #[error("drawing failed: {0}")]
    Drawing(String),
    /// The file could not be written.
    #[error("the picture could not be written: {0}")]
    Write(#[from] std::io::Error),
}

impl<E: Error + Send + Sync> From<DrawingAreaErrorKind<E>> for PlotError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Drawing(error.to_string())
    }
}
