//! Models against the certified limits of what they learned.

use super::Point;
use super::axis::Axis;
use super::models::{EMPTY, Models};
use super::names;
use super::panel::Panel;
use crate::cell::Cell;
use crate::report::Row;
use rdc_theory::plot::plotters::prelude::*;
use rdc_theory::plot::{Canvas, Legend, Marker, PlotError, Style, svg, titled};

/// Of the curves, and of what names the rows, in pixels.
const LEFT: (u32, u32) = (720, 580);
const NAMES: u32 = 100;
const WIDTH: u32 = 1560;
const LEAST: u32 = 680;

/// Of a row, and of what surrounds all of them, in pixels.
const ROW: f64 = 30.0;
const AROUND: u32 = 230;

/// The blank between two L, in rows.
const BETWEEN: f64 = 0.6;

/// Of curves, strokes of markers and what joins them, in pixels.
const CURVE: u32 = 3;
const MARKED: u32 = 2;
const THIN: u32 = 1;

/// Rates of a model from the largest to the smallest, their names and markers.
const RATES: [(&str, Marker); 4] = [
    ("d log₂ L", Marker::Square),
    ("entropy of the index", Marker::Ring),
    ("R(D,E), own codebook", Marker::Triangle),
    ("R(D,E), all codebooks together", Marker::Cross),
];

/// R(D,E) of a model's own codebook at the model's own E.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitCurve {
    /// Which model.
    pub cell: Cell,
    /// (D, R): squared error summed over pixels, bits per image.
    pub points: Vec<(f64, f64)>,
}

/// What models spend and what their codebooks need, in bits per image: for a few models as curves R(D), for all models of the
/// lowest seed in a line each.
///
/// # Errors
/// No model with a finite rate; so many models that the picture is too high.
pub fn limits(rows: &[Row], curves: &[LimitCurve]) -> Result<String, PlotError> {
    let models = Models::of(rows)?;
    let lines = lines(&models);
    let height = AROUND + (ROW * (lines.last().map_or(0.0, |line| line.1) + 1.0)).round() as u32;
    svg((WIDTH, height.max(LEAST)), |canvas| {
        let title = "What the codec spends and what its codebook needs, on the test set";
        let below = legend(&models, curves).above(&titled(canvas, title)?)?;
        let (left, right) = below.split_horizontally(LEFT.0);
        let bottom = left.dim_in_pixel().1.min(LEFT.1);
        draw_curves(&left.split_vertically(bottom).0, &models, rows, curves)?;
        draw_lines(&right.split_horizontally(NAMES).1, &models, &lines)
    })
}

fn legend(models: &Models<'_>, curves: &[LimitCurve]) -> Legend {
    let legend = (0..curves.len()).fold(Legend::default(), |legend, index| {
        let name = format!("R(D,E), {}", names::model(curves[index].cell));
        legend.with_line(name, curve_style(models, curves, index))
    });
    let black = Style::line(BLACK, MARKED);
    RATES
        .iter()
        .fold(legend, |legend, (name, marker)| legend.with_line(*name, with(*marker, black)))
}

/// In the colour of its L, dashed if another curve has that.
fn curve_style(models: &Models<'_>, curves: &[LimitCurve], index: usize) -> Style {
    let levels = curves[index].cell.levels;
    let line = Style::line(models.style_of(levels).colour, CURVE);
    let again = curves[..index].iter().any(|curve| curve.cell.levels == levels);
    if again { line.dashed() } else { line }
}

fn with(marker: Marker, mut style: Style) -> Style {
    style.marker = Some(marker);
    style
}

/// In the order of their names.
fn rates(row: &Row) -> [f64; 4] {
    [row.bits, row.entropy, row.limit.rate, row.union.rate]
}

fn draw_curves(
    canvas: &Canvas<'_>,
    models: &Models<'_>,
    rows: &[Row],
    curves: &[LimitCurve],
) -> Result<(), PlotError> {
    let finite = |point: &Point| point.0.is_finite() && point.1.is_finite();
    let spent: Vec<Vec<Point>> = curves.iter().map(|curve| spent(rows, curve.cell)).collect();
    let known = || curves.iter().flat_map(|curve| &curve.points).chain(spent.iter().flatten());
    let points = || known().copied().filter(finite);
    let d = Axis::fitting(points().map(|point| point.0)).ok_or(EMPTY)?;
    let rate = Axis::from_zero(points().map(|point| point.1)).ok_or(EMPTY)?;
    let panel = Panel::new(canvas, (names::MSE, &d), ("rate, bits per image", &rate))?;
    for (index, curve) in curves.iter().enumerate() {
        for piece in curve.points.split(|point| !finite(point)) {
            panel.line(curve_style(models, curves, index), piece)?;
        }
    }
    for (curve, spent) in curves.iter().zip(&spent) {
        draw_rates(&panel, models.style_of(curve.cell.levels).colour, spent)?;
    }
    Ok(())
}

/// What a model spends and what its own codebook needs, above its D.
fn spent(rows: &[Row], cell: Cell) -> Vec<Point> {
    let row = rows.iter().find(|row| row.trained.cell == cell);
    row.map_or_else(Vec::new, |row| {
        rates(row)[..3].iter().map(|&rate| (row.plain.mse, rate)).collect()
    })
}

/// A line for each model.
fn draw_lines(
    canvas: &Canvas<'_>,
    models: &Models<'_>,
    lines: &[(&Row, f64)],
) -> Result<(), PlotError> {
    let x = Axis::from_zero(lines.iter().flat_map(|(row, _)| rates(row))).ok_or(EMPTY)?;
    let y = Axis::without_numbers().ok_or(EMPTY)?;
    let last = lines.last().map_or(0.0, |line| line.1);
    let panel = Panel::new(canvas, ("bits per image", &x), ("", &y))?;
    for (row, line) in lines {
        let Cell { levels, .. } = row.trained.cell;
        let height = y.downwards((line + 0.7) / (last + 1.4));
        panel.name_line(height, &names::model(row.trained.cell))?;
        let points = rates(row).map(|rate| (rate, height));
        draw_rates(&panel, models.style_of(levels).colour, &points)?;
    }
    for [(above, line), (below, next)] in lines.array_windows() {
        if same_levels(above, below) {
            continue;
        }
        let between = 0.5 * (line + next);
        panel.across(y.downwards((between + 0.7) / (last + 1.4)), BLACK.mix(0.4))?;
    }
    Ok(())
}

/// Rates of one model, the largest first, joined by a thin line.
fn draw_rates(panel: &Panel<'_, '_>, colour: RGBColor, points: &[Point]) -> Result<(), PlotError> {
    let known =
        || points.iter().zip(RATES).filter(|(point, _)| point.0.is_finite() && point.1.is_finite());
    let joined: Vec<Point> = known().map(|(point, _)| *point).collect();
    panel.line(Style::line(colour, THIN), &joined)?;
    known().try_for_each(|(point, (_, marker))| {
        panel.markers(with(marker, Style::line(colour, MARKED)), &[*point])
    })
}

/// How far below the first each line is, in rows.
fn lines<'r>(models: &Models<'r>) -> Vec<(&'r Row, f64)> {
    let mut lines: Vec<(&Row, f64)> = Vec::new();
    for row in models.of_first_seed() {
        let line = lines.last().map_or(0.0, |(before, line)| {
            line + if same_levels(before, row) { 1.0 } else { 1.0 + BETWEEN }
        });
        lines.push((row, line));
    }
    lines
}

fn same_levels(a: &Row, b: &Row) -> bool {
    a.trained.cell.levels == b.trained.cell.levels
}
