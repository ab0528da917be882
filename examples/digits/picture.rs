//! The picture: rate against distortion, one curve for each error budget, above a strip of reproductions.

use crate::data::{Digits, SIDE};
use plotters::coord::Shift;
use plotters::prelude::*;
use rdc_theory::Solution;
use std::error::Error;

const SIZE: (u32, u32) = (900, 760);
const STRIP_HEIGHT: u32 = 190;

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008).
const COLOURS: [RGBColor; 4] =
    [RGBColor(0, 0, 0), RGBColor(0, 114, 178), RGBColor(230, 159, 0), RGBColor(213, 94, 0)];

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

pub(crate) struct Curve {
    pub(crate) error: f64,
    /// (D, R).
    pub(crate) points: Vec<(f64, f64)>,
}

impl Curve {
    fn name(&self) -> String {
        if self.error.is_finite() {
            format!("R(D, E = {})", self.error)
        } else {
            "R(D), no classifier".into()
        }
    }
}

/// The letters that a solution uses most.
pub(crate) struct Strip {
    title: String,
    /// (share of the output pmf, class read by c0, grey values).
    letters: Vec<(f64, usize, Vec<f64>)>,
}

impl Strip {
    pub(crate) fn most_used(
        digits: &Digits,
        read_as: &[usize],
        solution: &Solution,
        (d, e): (f64, f64),
        count: usize,
    ) -> Self {
        let mut support = solution.support();
        let title = format!(
            "The {count} most used of {} reproductions at D = {d}, E = {e} ({:.2} bits): share, class read by c0",
            support.len(),
            solution.rate
        );
        support.sort_by(|&a, &b| solution.output[b].total_cmp(&solution.output[a]));
        let letter = |&y: &usize| {
            let image = digits.images.row(y).iter().copied().collect();
            (solution.output[y], read_as[y], image)
        };
        Self { title, letters: support.iter().take(count).map(letter).collect() }
    }
}

pub(crate) fn draw(
    path: &str,
    curves: &[Curve],
    strip: Option<&Strip>,
) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (chart, below) = root.split_vertically(SIZE.1 - STRIP_HEIGHT);
    draw_curves(&chart, curves)?;
    if let Some(strip) = strip {
        draw_strip(&below, strip)?;
    }
    root.present()?;
    Ok(())
}

fn draw_curves(area: &Canvas<'_>, curves: &[Curve]) -> Result<(), Box<dyn Error>> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let right = points().map(|point| point.0).fold(0.0, f64::max);
    let top = points().map(|point| point.1).fold(0.0, f64::max).ceil();
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .caption(
            "R(D,E) of 1,797 handwritten digits, E: error rate of the classifier c0",
            ("sans-serif", 24),
        )
        .x_label_area_size(56)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..right, 0.0..top)?;
    chart
        .configure_mesh()
        .x_desc("distortion D: squared error per pixel, pixels in [0, 1]")
        .y_desc("rate R: bits per image")
        .label_style(("sans-serif", 18))
        .axis_desc_style(("sans-serif", 20))
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|d| format!("{d:.2}"))
        .y_label_formatter(&|r| format!("{r:.0}"))
        .draw()?;
    for (curve, colour) in curves.iter().zip(COLOURS) {
        let style = colour.stroke_width(3);
        chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), style))?
            .label(curve.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 28, y)], style));
        let dots = curve.points.iter().map(|&point| Circle::new(point, 4, colour.filled()));
        chart.draw_series(dots)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .label_font(("sans-serif", 20))
        .legend_area_size(36)
        .margin(12)
        .background_style(WHITE)
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(())
}

fn draw_strip(area: &Canvas<'_>, strip: &Strip) -> Result<(), Box<dyn Error>> {
    const MARGIN: i32 = 24;
    const ROWS: usize = 2;
    let font = ("sans-serif", 18).into_font();
    area.draw(&Text::new(strip.title.clone(), (MARGIN, 6), font))?;
    let columns = strip.letters.len().div_ceil(ROWS).max(1);
    let width = (SIZE.0 as i32 - 2 * MARGIN) / columns as i32;
    for (index, (share, class, image)) in strip.letters.iter().enumerate() {
        let (x, y) =
            (MARGIN + width * (index % columns) as i32, 36 + 76 * (index / columns) as i32);
        draw_image(area, (x, y), image)?;
        let label = ("sans-serif", 15).into_font();
        area.draw(&Text::new(format!("{:.1} %", 100.0 * share), (x + 62, y + 10), label.clone()))?;
        area.draw(&Text::new(format!("\u{201c}{class}\u{201d}"), (x + 62, y + 32), label))?;
    }
    Ok(())
}

/// An 8 x 8 image, ink dark on white.
fn draw_image(
    area: &Canvas<'_>,
    (left, top): (i32, i32),
    image: &[f64],
) -> Result<(), Box<dyn Error>> {
    const PIXEL: i32 = 7;
    for (index, ink) in image.iter().enumerate() {
        let (x, y) = (left + PIXEL * (index % SIDE) as i32, top + PIXEL * (index / SIDE) as i32);
        let grey = (255.0 * (1.0 - ink)).round() as u8;
        let square = [(x, y), (x + PIXEL, y + PIXEL)];
        area.draw(&Rectangle::new(square, RGBColor(grey, grey, grey).filled()))?;
    }
    let side = PIXEL * SIDE as i32;
    let frame = [(left - 1, top - 1), (left + side, top + side)];
    area.draw(&Rectangle::new(frame, BLACK.mix(0.4)))?;
    Ok(())
}
