//! The picture: rate against error budget, the step, and the mixture that the rate before it exceeds.

use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use rdc_theory::theorem1::{Sample, Violation};
use std::error::Error;
use std::ops::Range;

const SIZE: (u32, u32) = (1100, 760);
const STROKE: u32 = 4;
/// Of what lies below another curve and still shows.
const WIDE: u32 = 10;
const DOT: i32 = 8;
const ERRORS: Range<f64> = 0.333..0.391;
const RATES: Range<f64> = 0.38..0.74;

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008).
const FREE: RGBColor = RGBColor(213, 94, 0);
const EXTENDED: RGBColor = RGBColor(86, 180, 233);

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

pub(crate) struct Curves<'a> {
    pub(crate) free: &'a [Sample<1>],
    pub(crate) extended: &'a [Sample<1>],
    /// Just before the free classifier's curve falls, and where it does.
    pub(crate) step: [Sample<1>; 2],
    pub(crate) witness: Option<&'a Violation<1>>,
}

pub(crate) fn draw(path: &str, curves: &Curves<'_>) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(20)
        .margin_right(36)
        .caption("Where Theorem 1 stops: a classifier chosen after the channel", ("sans-serif", 32))
        .x_label_area_size(70)
        .y_label_area_size(96)
        .build_cartesian_2d(ERRORS, RATES)?;
    chart
        .configure_mesh()
        .x_desc("error budget E, at distortion D = 0.1")
        .y_desc("rate R(0.1, E), bits per symbol")
        .label_style(("sans-serif", 26))
        .axis_desc_style(("sans-serif", 28))
        .x_labels(7)
        .y_labels(8)
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|e| format!("{e:.2}"))
        .y_label_formatter(&|r| format!("{r:.2}"))
        .draw()?;
    draw_curve(
        &mut chart,
        "a label on each letter: predefined again, convex",
        EXTENDED.stroke_width(WIDE),
        [curves.extended, &[]],
    )?;
    let [before, after] = &curves.step;
    let split = curves.free.partition_point(|sample| sample.budgets < after.budgets);
    let (left, level) = curves.free.split_at(split);
    let steep = [left, &[*before]].concat();
    draw_curve(
        &mut chart,
        "free classifier: falls in a step",
        FREE.stroke_width(STROKE),
        [&steep, level],
    )?;
    draw_step(&mut chart, point(before), point(after))?;
    if let Some(witness) = curves.witness {
        draw_witness(&mut chart, witness)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .label_font(("sans-serif", 26))
        .legend_area_size(48)
        .margin(16)
        .background_style(WHITE)
        .border_style(BLACK.mix(0.3))
        .draw()?;
    root.present()?;
    Ok(())
}

/// (E, upper bound): the bracket is thinner than the line.
fn point(sample: &Sample<1>) -> (f64, f64) {
    (sample.budgets[0], sample.rate.upper())
}

fn draw_curve(
    chart: &mut Chart<'_, '_>,
    name: &str,
    style: ShapeStyle,
    pieces: [&[Sample<1>]; 2],
) -> Result<(), Box<dyn Error>> {
    let lines =
        pieces.map(|piece| PathElement::new(piece.iter().map(point).collect::<Vec<_>>(), style));
    chart
        .draw_series(lines)?
        .label(name)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 40, y)], style));
    Ok(())
}

fn draw_step(
    chart: &mut Chart<'_, '_>,
    before: (f64, f64),
    after: (f64, f64),
) -> Result<(), Box<dyn Error>> {
    let edge = FREE.stroke_width(STROKE);
    chart
        .draw_series([Circle::new(before, DOT, WHITE.filled()), Circle::new(before, DOT, edge)])?;
    chart.draw_series([Circle::new(after, DOT, FREE.filled())])?;
    Ok(())
}

fn draw_witness(chart: &mut Chart<'_, '_>, witness: &Violation<1>) -> Result<(), Box<dyn Error>> {
    let style = BLACK.stroke_width(STROKE - 1);
    let ends: Vec<(f64, f64)> = witness.support.iter().map(|(_, sample)| point(sample)).collect();
    let (e, lower) = (witness.point.budgets[0], witness.point.rate.lower());
    chart
        .draw_series([DashedPathElement::new(ends.clone(), 12, 8, style)])?
        .label("a mixture of two of its points")
        .legend(move |(x, y)| DashedPathElement::new([(x, y), (x + 40, y)], 12, 8, style));
    chart.draw_series(ends.into_iter().map(|end| Circle::new(end, DOT - 2, BLACK.filled())))?;
    chart
        .draw_series([PathElement::new([(e, lower), (e, lower - witness.size)], style)])?
        .label(format!("the curve is {:.4} bits above it: not convex", witness.size))
        .legend(move |(x, y)| PathElement::new([(x + 20, y - 10), (x + 20, y + 10)], style));
    chart.draw_series([Circle::new((e, lower), DOT - 2, BLACK.filled())])?;
    Ok(())
}
