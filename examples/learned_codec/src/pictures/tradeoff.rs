//! Both losses and the rate in the plane: the paper's Fig. 3(a).

use super::Point;
use super::axis::Axis;
use super::models::{Curve, EMPTY, Measured, Models};
use super::names;
use super::panel::Panel;
use crate::report::Row;
use rdc_theory::plot::{Canvas, Legend, PlotError, Style, svg, titled};

const SIZE: (u32, u32) = (1860, 680);
const PANEL: u32 = SIZE.0 / 3;

/// Both losses against the rate, and against each other, under dither on the training images: the paper's Fig. 3(a). Lines go
/// through the models of the lowest seed.
///
/// # Errors
/// No model with finite losses.
pub fn tradeoff(rows: &[Row]) -> Result<String, PlotError> {
    let models = Models::of(rows)?;
    let measured = || models.measured();
    let rate = Axis::linear(measured().map(|model| model.bits)).ok_or(EMPTY)?;
    let mse = Axis::fitting(measured().map(|model| model.mse)).ok_or(EMPTY)?;
    let nll = Axis::fitting(measured().map(|model| model.nll)).ok_or(EMPTY)?;
    let by_lambda: Vec<Curve> = models.lambdas().iter().map(|&l| models.of_lambda(l)).collect();
    let by_levels: Vec<Curve> = models.levels().iter().map(|&l| models.of_levels(l)).collect();
    svg(SIZE, |canvas| {
        let title = names::TRADEOFF;
        let [against_rate, against_mse] = below_legends(&titled(canvas, title)?, &models)?;
        let (left, middle) = against_rate.split_horizontally(PANEL);
        let panel = Panel::new(&left, (names::RATE, &rate), (names::MSE, &mse))?;
        draw(&panel, &by_lambda, Style::of, |model| (model.bits, model.mse))?;
        let panel = Panel::new(&middle, (names::RATE, &rate), (names::NLL, &nll))?;
        draw(&panel, &by_lambda, Style::of, |model| (model.bits, model.nll))?;
        let panel = Panel::new(&against_mse, (names::MSE, &mse), (names::NLL, &nll))?;
        draw(&panel, &by_levels, Style::of, |model| (model.mse, model.nll))
    })
}

/// The names of lambdas above two panels and those of L above one, and what is left below both.
fn below_legends<'a>(
    canvas: &Canvas<'a>,
    models: &Models<'_>,
) -> Result<[Canvas<'a>; 2], PlotError> {
    let lambdas = models.lambdas().iter().map(|&lambda| names::of_lambda(lambda));
    let levels = models.levels().iter().map(|&levels| names::of_levels(levels));
    let (left, right) = canvas.split_horizontally(2 * PANEL);
    let heights = [
        legend(lambdas).above(&left)?.dim_in_pixel().1,
        legend(levels).above(&right)?.dim_in_pixel().1,
    ];
    let top = canvas.dim_in_pixel().1 - heights[0].min(heights[1]);
    Ok([left, right].map(|part| part.split_vertically(top).1))
}

fn legend(names: impl Iterator<Item = String>) -> Legend {
    names
        .enumerate()
        .fold(Legend::default(), |legend, (index, name)| legend.with_line(name, Style::of(index)))
}

fn draw(
    panel: &Panel<'_, '_>,
    curves: &[Curve],
    style: impl Fn(usize) -> Style,
    point: fn(&Measured) -> Point,
) -> Result<(), PlotError> {
    let points = |measured: &[Measured]| -> Vec<Point> { measured.iter().map(point).collect() };
    for (index, curve) in curves.iter().enumerate() {
        panel.line(style(index), &points(&curve.line))?;
    }
    for (index, curve) in curves.iter().enumerate() {
        panel.markers(style(index), &points(&curve.markers))?;
    }
    Ok(())
}
