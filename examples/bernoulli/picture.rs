//! The picture: a map of the regimes beside the rate in filled contours.

use rdc_theory::plot::plotters::prelude::*;
use rdc_theory::plot::{
    Canvas, Chart, INFEASIBLE, PlotError, Scale, centred, chart, regime_colour, shade, svg,
};
use rdc_theory::{BinaryRdc, RdcError, Regime};
use std::error::Error;

const SIZE: (u32, u32) = (1400, 640);

/// The budgets shown.
const D_END: f64 = 0.36;
const E_ENDS: (f64, f64) = (0.12, 0.25);

/// Points of each boundary.
const STEPS: usize = 240;

/// Rates in bits at which the contours run.
const LEVELS: [f64; 8] = [0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];

type Point = (f64, f64);

pub(crate) fn draw(path: &str, rdc: &BinaryRdc) -> Result<(), Box<dyn Error>> {
    let regimes = Regions::new(rdc)?;
    let picture = svg(SIZE, |canvas| {
        let (left, right) = canvas.split_horizontally(SIZE.0 / 2);
        draw_regimes(&left, &regimes)?;
        draw_rate(&right, rdc, &regimes)
    })?;
    Ok(std::fs::write(path, picture)?)
}

/// The boundaries as curves (D, E).
struct Regions {
    /// The smallest error rate.
    least: f64,
    /// The error rate from which on no rate is needed at large D.
    blind: f64,
    /// From where on upwards only the distortion counts.
    distortion: Vec<Point>,
    /// From where on to the right D does not count.
    flat: Vec<Point>,
}

impl Regions {
    fn new(rdc: &BinaryRdc) -> Result<Self, RdcError> {
        let least = rdc.smallest_error(f64::INFINITY)?;
        let zero_rate = rdc.p().min(1.0 - rdc.p());
        let blind = rdc.flat_in_error_from(zero_rate)?;
        let distortion = (0..=STEPS)
            .map(|step| zero_rate * step as f64 / STEPS as f64)
            .map(|d| rdc.flat_in_error_from(d).map(|e| (d, e)))
            .collect::<Result<_, _>>()?;
        let flat = errors(least)
            .filter_map(|e| rdc.flat_in_distortion_from(e).map(|d| d.map(|d| (d, e))).transpose())
            .collect::<Result<_, _>>()?;
        Ok(Self { least, blind, distortion, flat })
    }
}

/// Error budgets from the least upwards, denser where the boundaries are steep.
fn errors(least: f64) -> impl Iterator<Item = f64> {
    (0..=STEPS).map(move |step| {
        let share = step as f64 / STEPS as f64;
        least + share * share * (E_ENDS.1 - least)
    })
}

fn draw_regimes(area: &Canvas<'_>, regions: &Regions) -> Result<(), PlotError> {
    let mut chart = budgets(area, "Which budget sets the rate")?;
    let (right, top) = (D_END, E_ENDS.1);
    let box_above = |low: f64| vec![(0.0, low), (right, low), (right, top), (0.0, top)];
    let right_of = |curve: &[Point]| {
        let bottom = curve.first().map_or(top, |point| point.1);
        [curve, &[(right, top), (right, bottom)]].concat()
    };
    let below_blind: Vec<Point> =
        regions.flat.iter().copied().filter(|point| point.1 <= regions.blind).collect();
    let classification =
        [below_blind.as_slice(), &[(right, regions.blind), (right, regions.least)]].concat();
    let above_blind: Vec<Point> = below_blind
        .last()
        .map(|&(d, _)| (d, regions.blind))
        .into_iter()
        .chain(regions.flat.iter().copied().filter(|point| point.1 > regions.blind))
        .collect();
    let end = regions.distortion.last().map_or(0.0, |point| point.0);
    let corners = [(end, top), (0.0, top)];
    let above_distortion = [regions.distortion.as_slice(), &corners].concat();
    for (polygon, colour) in [
        (box_above(E_ENDS.0), INFEASIBLE),
        (box_above(regions.least), regime_colour(Regime::Both)),
        (above_distortion, regime_colour(Regime::FirstOnly)),
        (classification, regime_colour(Regime::SecondOnly)),
        (right_of(&above_blind), regime_colour(Regime::Neither)),
    ] {
        chart.draw_series([Polygon::new(polygon, colour)])?;
    }
    draw_boundaries(&mut chart, regions)?;
    for (at, text) in [
        ((0.09, 0.215), "distortion only: Hb(p) - Hb(D)"),
        ((0.105, 0.163), "both: I1"),
        ((0.268, 0.158), "classification only"),
        ((0.33, 0.222), "zero rate"),
        ((0.18, 0.127), "no channel errs so rarely"),
    ] {
        chart.draw_series([Text::new(text, at, centred(22))])?;
    }
    for (curve, share, text, offset) in [
        (&regions.distortion, 0.5, "D1(E)", (-36, -6)),
        (&below_blind, 0.62, "flat from here", (76, 8)),
        (&above_blind, 0.5, "D2(E)", (-36, 0)),
    ] {
        let at = curve[(share * (curve.len() - 1) as f64) as usize];
        let style = centred(19);
        chart.draw_series([EmptyElement::at(at) + Text::new(text, offset, style)])?;
    }
    Ok(())
}

fn draw_boundaries(chart: &mut Chart<'_, '_>, regions: &Regions) -> Result<(), PlotError> {
    let corner = (D_END, regions.blind);
    let end = regions.flat.iter().rfind(|point| point.1 <= regions.blind);
    let zero_rate = end.map(|&(d, _)| vec![(d, regions.blind), corner]);
    let edge = vec![(0.0, regions.least), (D_END, regions.least)];
    for curve in
        [regions.distortion.clone(), regions.flat.clone(), edge].into_iter().chain(zero_rate)
    {
        chart.draw_series([PathElement::new(curve, BLACK.stroke_width(2))])?;
    }
    Ok(())
}

fn draw_rate(area: &Canvas<'_>, rdc: &BinaryRdc, regions: &Regions) -> Result<(), PlotError> {
    let mut chart = budgets(area, "R(D,E), bits per symbol")?;
    let (right, top) = (D_END, E_ENDS.1);
    chart.draw_series([Rectangle::new([(0.0, E_ENDS.0), (right, top)], INFEASIBLE.filled())])?;
    chart.draw_series([Rectangle::new([(0.0, regions.least), (right, top)], band(0).filled())])?;
    let contours = LEVELS.map(|level| contour(rdc, regions.least, level));
    for (index, curve) in contours.iter().enumerate() {
        let inside = [curve.as_slice(), &[(right, top)]].concat();
        chart.draw_series([Polygon::new(inside, band(index + 1))])?;
    }
    let zero: Vec<Point> =
        regions.flat.iter().copied().filter(|point| point.1 > regions.blind).collect();
    if let Some(&(d, _)) = zero.first() {
        let corners = [(right, top), (right, regions.blind)];
        let region = [&[(d, regions.blind)], zero.as_slice(), &corners].concat();
        chart.draw_series([Polygon::new(region, WHITE)])?;
    }
    for curve in &contours {
        chart.draw_series([PathElement::new(curve.clone(), BLACK.stroke_width(1))])?;
    }
    draw_boundaries(&mut chart, regions)?;
    for (curve, level) in contours.iter().zip(LEVELS) {
        // Where the contour leaves the distortion's regime, beside it.
        let at = curve.first().copied().unwrap_or_default();
        let label = Text::new(format!("{level}"), (0, 14), centred(18));
        chart.draw_series([EmptyElement::at(at) + label])?;
    }
    chart.draw_series([Text::new("0", (0.33, 0.222), centred(22))])?;
    chart.draw_series([Text::new("infeasible", (0.18, 0.127), centred(22))])?;
    Ok(())
}

/// Where R = level: down from the top edge, then to the right edge where D no longer counts.
fn contour(rdc: &BinaryRdc, least: f64, level: f64) -> Vec<Point> {
    let rate = |d: f64, e: f64| rdc.point(d, e).map_or(f64::INFINITY, |point| point.rate);
    let mut curve: Vec<Point> = errors(least)
        .filter(|&e| rate(f64::INFINITY, e) <= level)
        .map(|e| (bisect(0.0, D_END, |d| rate(d, e) > level), e))
        .collect();
    curve.reverse();
    let end = bisect(least, E_ENDS.1, |e| rate(f64::INFINITY, e) > level);
    if end > least {
        if let Some(&(d, _)) = curve.last() {
            let reached = rdc.flat_in_distortion_from(end).ok().flatten().unwrap_or(d);
            curve.push((reached.max(d), end));
        }
        curve.push((D_END, end));
    } else {
        curve.push((D_END, least));
    }
    curve
}

/// The end of the range where a property that holds at first no longer does.
fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

fn budgets<'a>(area: &Canvas<'a>, title: &str) -> Result<Chart<'a, 'a>, PlotError> {
    let scale = |range| Scale::linear(range, 8).ok_or(PlotError::Empty { what: "budgets" });
    let x = ("distortion budget D, bit flips per bit", scale(0.0..D_END)?);
    let y = ("error budget E, misread labels per bit", scale(E_ENDS.0..E_ENDS.1)?);
    chart(area, title, x, y, false)
}

/// Of the rates below the index-th level and above the next.
fn band(index: usize) -> RGBColor {
    shade(1.0 - (index as f64 + 0.5) / (LEVELS.len() + 1) as f64)
}
