//! The picture: rate against error budget, the step, and the mixture that the rate before it exceeds.

use rdc_theory::plot::plotters::prelude::*;
use rdc_theory::plot::{Chart, Legend, PlotError, Scale, Style, chart, svg, titled};
use rdc_theory::theorem1::{Sample, Violation};
use std::error::Error;
use std::ops::Range;

const TITLE: &str = "Where Theorem 1 stops: a classifier chosen after the channel";
const SIZE: (u32, u32) = (1100, 760);
const DOT: i32 = 8;
const ERRORS: Range<f64> = 0.333..0.391;
const RATES: Range<f64> = 0.38..0.67;

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008); the wide line shows below the other.
const FREE: Style = Style::line(RGBColor(213, 94, 0), 4);
const EXTENDED: Style = Style::line(RGBColor(86, 180, 233), 10);
const MIXTURE: Style = Style::line(BLACK, 3).dashed();
const EXCESS: Style = Style::line(BLACK, 3);

pub(crate) struct Curves<'a> {
    pub(crate) free: &'a [Sample<1>],
    pub(crate) extended: &'a [Sample<1>],
    /// Just before the free classifier's curve falls, and where it does.
    pub(crate) step: [Sample<1>; 2],
    pub(crate) witness: Option<&'a Violation<1>>,
}

pub(crate) fn draw(path: &str, curves: &Curves<'_>) -> Result<(), Box<dyn Error>> {
    let mut legend = Legend::default()
        .with_line("free classifier: falls in a step", FREE)
        .with_line("a label on each letter: predefined again, convex", EXTENDED);
    if let Some(witness) = curves.witness {
        let excess = format!("upright: the curve is {:.4} bits above it, not convex", witness.size);
        legend =
            legend.with_line("a mixture of two of its points", MIXTURE).with_line(excess, EXCESS);
    }
    let scale = |range| Scale::linear(range, 8).ok_or(PlotError::Empty { what: "budgets" });
    let picture = svg(SIZE, |canvas| {
        let chart = chart(
            &legend.above(&titled(canvas, TITLE)?)?,
            "",
            ("error budget E, at distortion D = 0.1", scale(ERRORS)?),
            ("rate R(0.1, E), bits per symbol", scale(RATES)?),
            true,
        )?;
        draw_curves(&chart, curves)?;
        curves.witness.map_or(Ok(()), |witness| draw_witness(&chart, witness))
    })?;
    Ok(std::fs::write(path, picture)?)
}

/// (E, upper bound): the bracket is thinner than the line.
fn point(sample: &Sample<1>) -> (f64, f64) {
    (sample.budgets[0], sample.rate.upper())
}

fn points(samples: &[Sample<1>]) -> Vec<(f64, f64)> {
    samples.iter().map(point).collect()
}

fn draw_curves(chart: &Chart<'_, '_>, curves: &Curves<'_>) -> Result<(), PlotError> {
    let area = chart.plotting_area();
    EXTENDED.draw_line(area, points(curves.extended))?;
    let [before, after] = &curves.step;
    let split = curves.free.partition_point(|sample| sample.budgets < after.budgets);
    let (left, level) = curves.free.split_at(split);
    FREE.draw_line(area, points(&[left, &[*before]].concat()))?;
    FREE.draw_line(area, points(level))?;
    area.draw(&Circle::new(point(before), DOT, WHITE.filled()))?;
    area.draw(&Circle::new(point(before), DOT, FREE.colour.stroke_width(FREE.width)))?;
    area.draw(&Circle::new(point(after), DOT, FREE.colour.filled()))?;
    Ok(())
}

fn draw_witness(chart: &Chart<'_, '_>, witness: &Violation<1>) -> Result<(), PlotError> {
    let area = chart.plotting_area();
    let ends: Vec<(f64, f64)> = witness.support.iter().map(|(_, sample)| point(sample)).collect();
    let (e, lower) = (witness.point.budgets[0], witness.point.rate.lower());
    MIXTURE.draw_line(area, ends.clone())?;
    EXCESS.draw_line(area, vec![(e, lower), (e, lower - witness.size)])?;
    for dot in ends.into_iter().chain([(e, lower)]) {
        area.draw(&Circle::new(dot, DOT - 2, BLACK.filled()))?;
    }
    Ok(())
}
