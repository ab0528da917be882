//! How a model learned: the paper's Fig. 1.

use super::Point;
use super::axis::Axis;
use super::names;
use super::panel::Panel;
use crate::cell::Cell;
use crate::training::Epoch;
use rdc_theory::plot::{Canvas, PlotError, Style, svg, titled};

const SIZE: (u32, u32) = (1300, 680);

/// More epochs than this are a line without markers.
const MARKED: usize = 40;

/// Both losses against the epoch, the paper's Fig. 1.
///
/// # Errors
/// No epoch with a finite loss.
pub fn losses(cell: Cell, history: &[Epoch]) -> Result<String, PlotError> {
    svg(SIZE, |canvas| {
        let below = titled(canvas, &format!("Losses in training, {}", names::model(cell)))?;
        let (left, right) = below.split_horizontally(SIZE.0 / 2);
        let distortion = "distortion loss: squared error over 784 pixels";
        draw(&left, distortion, history, Style::of(1), |epoch| epoch.distortion)?;
        let classification = "classification loss: NLL, nats per image";
        draw(&right, classification, history, Style::of(2), |epoch| epoch.nll)
    })
}

fn draw(
    canvas: &Canvas<'_>,
    name: &str,
    history: &[Epoch],
    style: Style,
    loss: fn(&Epoch) -> f64,
) -> Result<(), PlotError> {
    const EMPTY: PlotError = PlotError::Empty { what: "losses" };
    let points: Vec<Point> = (1..).map(f64::from).zip(history.iter().map(loss)).collect();
    let x = Axis::counting(history.len()).ok_or(EMPTY)?;
    let y = Axis::linear(points.iter().map(|point| point.1)).ok_or(EMPTY)?;
    let panel = Panel::new(canvas, ("epoch", &x), (name, &y))?;
    for piece in points.split(|point| !point.1.is_finite()) {
        panel.line(style, piece)?;
        if history.len() <= MARKED || piece.len() == 1 {
            panel.markers(style, piece)?;
        }
    }
    Ok(())
}
