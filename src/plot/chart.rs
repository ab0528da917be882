//! What every picture is made of: a canvas, and axes on it.

use super::canvas::{Canvas, Chart};
use super::error::PlotError;
use super::labels;
use super::options::Options;
use super::scale::Scale;
use plotters::prelude::*;
use std::path::Path;

/// Heights and widths of what surrounds the data, in pixels.
const MARGIN: u32 = 12;

const RIGHT_MARGIN: u32 = 28;

const BELOW: u32 = 64;

const LEFT: u32 = 96;

/// A picture that can be had as a string, in a file, or as part of another.
pub trait Plot {
    /// Title, size and axes.
    fn options(&self) -> &Options;

    /// Draws on a canvas, whatever the size in the options.
    ///
    /// # Errors
    /// [`PlotError::Empty`] if there is nothing finite to draw.
    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), PlotError>;

    /// The picture as an SVG document, the same for the same data.
    ///
    /// # Errors
    /// As for [`Plot::draw`], and [`PlotError::Size`].
    fn svg(&self) -> Result<String, PlotError> {
        svg(self.options().size, |canvas| self.draw(canvas))
    }

    /// Writes the picture as an SVG document.
    ///
    /// # Errors
    /// As for [`Plot::svg`], and [`PlotError::Write`].
    fn write(&self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        Ok(std::fs::write(path, self.svg()?)?)
    }
}

/// An SVG document of what `draw` draws on a white canvas.
///
/// # Errors
/// What `draw` says; a size that is too small or too large.
pub fn svg(
    (width, height): (u32, u32),
    draw: impl FnOnce(&Canvas<'_>) -> Result<(), PlotError>,
) -> Result<String, PlotError> {
    if !(400..=10_000).contains(&width) || !(300..=10_000).contains(&height) {
        return Err(PlotError::Size { width, height });
    }
    let mut document = String::new();
    let canvas = SVGBackend::with_string(&mut document, (width, height)).into_drawing_area();
    canvas.fill(&WHITE)?;
    draw(&canvas)?;
    canvas.present()?;
    drop(canvas);
    Ok(document)
}

/// A chart with a title and named axes; `grid` for lines at the ticks.
///
/// # Errors
/// What the drawing library says.
pub fn chart<'a, 'b: 'a>(
    canvas: &Canvas<'b>,
    title: &str,
    (x_name, x): (&str, Scale),
    (y_name, y): (&str, Scale),
    grid: bool,
) -> Result<Chart<'a, 'b>, PlotError> {
    let below = labels::titled_aside(canvas, title, (LEFT - RIGHT_MARGIN) as i32 / 2)?;
    let mut chart = ChartBuilder::on(&below)
        .margin(MARGIN)
        .margin_right(RIGHT_MARGIN)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(x, y)?;
    let mut mesh = chart.configure_mesh();
    if !grid {
        mesh.disable_mesh();
    }
    mesh.x_desc(x_name)
        .y_desc(y_name)
        .label_style(("sans-serif", 22))
        .axis_desc_style(("sans-serif", 23))
        .light_line_style(TRANSPARENT)
        .draw()?;
    Ok(chart)
}
