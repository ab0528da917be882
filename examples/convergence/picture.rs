//! The picture: a column for each source, the gap against iterations above the gap against time.

use crate::axes::Powers;
use crate::runs::{Line, Run};
use crate::sources::Case;
use plotters::coord::{CoordTranslate, Shift};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use rdc_theory::{Method, Progress};
use std::error::Error;

const SIZE: (u32, u32) = (1500, 1040);
const LEGEND_HEIGHT: u32 = 64;
const MARKER: i32 = 6;
const STROKE: u32 = 3;

/// Lengths of dashes and of what is between them.
const DASH: u32 = 10;
const GAP: u32 = 9;

/// Points closer than this share of both axes are drawn as one.
const FINEST: f64 = 0.004;

/// Markers keep this share of the axes between them.
const BETWEEN_MARKERS: f64 = 0.16;

/// In powers of 10, like all coordinates here.
const GAPS: Powers = Powers { range: -14.0..1.0, step: 3 };

/// A horizontal axis.
struct Axis {
    name: &'static str,
    powers: Powers,
    value: fn(&Progress) -> f64,
}

const ITERATIONS: Axis = Axis {
    name: "iteration",
    powers: Powers { range: 0.0..5.3, step: 1 },
    value: |line| line.iteration as f64,
};

const TIME: Axis = Axis {
    name: "time, ms",
    powers: Powers { range: -2.6..4.0, step: 2 },
    value: |line| 1e3 * line.elapsed.as_secs_f64(),
};

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Point = (f64, f64);

pub(crate) fn draw(path: &str, cases: &[Case], runs: &[Run<'_>]) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (legend, panels) = root.split_vertically(LEGEND_HEIGHT);
    draw_legend(&legend)?;
    let panels = panels.split_evenly((2, cases.len()));
    let (above, below) = panels.split_at(cases.len());
    for (row, axis) in [(above, ITERATIONS), (below, TIME)] {
        for (area, case) in row.iter().zip(cases) {
            let own = runs.iter().filter(|run| run.case.name == case.name);
            draw_panel(area, &case.title, &axis, own)?;
        }
    }
    root.present()?;
    Ok(())
}

fn draw_panel<'r>(
    area: &Canvas<'_>,
    title: &str,
    axis: &Axis,
    runs: impl Iterator<Item = &'r Run<'r>>,
) -> Result<(), Box<dyn Error>> {
    let mut panel = ChartBuilder::on(area)
        .margin(12)
        .margin_right(24)
        .caption(title, ("sans-serif", 27))
        .x_label_area_size(64)
        .y_label_area_size(96)
        .build_cartesian_2d(axis.powers.clone(), GAPS)?;
    panel
        .configure_mesh()
        .x_desc(axis.name)
        .y_desc("gap, bits")
        .label_style(("sans-serif", 24))
        .axis_desc_style(("sans-serif", 25))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for run in runs {
        let points = thinned(run.solution.trace.iter().filter_map(|line| point(axis, line)), axis);
        for at in spaced(&points, axis) {
            draw_marker(panel.plotting_area(), run.line, at)?;
        }
        draw_path(panel.plotting_area(), run.line, points)?;
    }
    Ok(())
}

/// `None` where a logarithm has nothing to show: at iteration 0, or before there is an upper bound.
fn point(axis: &Axis, line: &Progress) -> Option<Point> {
    let (x, y) = ((axis.value)(line).log10(), line.gap().log10());
    (x.is_finite() && y.is_finite()).then_some((x, y))
}

/// How far apart two points are, in shares of the axes.
fn distance(axis: &Axis, a: Point, b: Point) -> f64 {
    ((a.0 - b.0) / axis.powers.width()).hypot((a.1 - b.1) / GAPS.width())
}

fn thinned(points: impl Iterator<Item = Point>, axis: &Axis) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    let mut last = None;
    for point in points {
        if kept.last().is_none_or(|&last| distance(axis, last, point) >= FINEST) {
            kept.push(point);
        }
        last = Some(point);
    }
    kept.extend(last.filter(|last| kept.last() != Some(last)));
    kept
}

/// The points that carry markers, the last among them.
fn spaced(points: &[Point], axis: &Axis) -> Vec<Point> {
    let mut marked: Vec<Point> = points.last().copied().into_iter().collect();
    for &point in points.iter().rev() {
        if marked.last().is_some_and(|&last| distance(axis, last, point) >= BETWEEN_MARKERS) {
            marked.push(point);
        }
    }
    marked
}

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008); markers and dashes tell the lines apart in print.
fn colour(line: Line) -> RGBColor {
    match line {
        Line::Budgets(Method::InteriorPoint) => RGBColor(0, 0, 0),
        Line::Budgets(Method::ConstrainedBlahutArimoto) => RGBColor(0, 114, 178),
        Line::Budgets(_) => RGBColor(213, 94, 0),
        Line::Given => RGBColor(0, 158, 115),
    }
}

fn draw_marker<T: CoordTranslate<From: Clone + 'static>>(
    area: &DrawingArea<SVGBackend<'_>, T>,
    line: Line,
    at: T::From,
) -> Result<(), Box<dyn Error>> {
    let style = colour(line);
    match line {
        Line::Budgets(Method::InteriorPoint) => {
            area.draw(&Circle::new(at, MARKER, style.filled()))?;
        }
        Line::Budgets(Method::ConstrainedBlahutArimoto) => {
            area.draw(&TriangleMarker::new(at, MARKER + 3, style.filled()))?;
        }
        Line::Budgets(_) => {
            let corners = [(-MARKER, -MARKER), (MARKER, MARKER)];
            area.draw(&(EmptyElement::at(at) + Rectangle::new(corners, style.filled())))?;
        }
        Line::Given => area.draw(&Cross::new(at, MARKER, style.stroke_width(STROKE)))?,
    }
    Ok(())
}

fn draw_path<T: CoordTranslate<From: Clone + 'static>>(
    area: &DrawingArea<SVGBackend<'_>, T>,
    line: Line,
    points: Vec<T::From>,
) -> Result<(), Box<dyn Error>> {
    let style = colour(line).stroke_width(STROKE);
    match line {
        Line::Given => area.draw(&DashedPathElement::new(points, DASH, GAP, style))?,
        Line::Budgets(_) => area.draw(&PathElement::new(points, style))?,
    }
    Ok(())
}

fn draw_legend(area: &Canvas<'_>) -> Result<(), Box<dyn Error>> {
    /// Where each entry starts.
    const STARTS: [i32; 4] = [24, 255, 625, 1075];
    const HEIGHT: i32 = 36;
    for (line, x) in Line::ALL.into_iter().zip(STARTS) {
        draw_path(area, line, vec![(x, HEIGHT), (x + 56, HEIGHT)])?;
        draw_marker(area, line, (x + 28, HEIGHT))?;
        let font = ("sans-serif", 23).into_font();
        area.draw(&Text::new(line.to_string(), (x + 66, HEIGHT - 12), font))?;
    }
    Ok(())
}
