//! The picture: rate against distortion, one curve for each error budget, above a strip of reproductions.

use crate::data::{Digits, SIDE};
use rdc_theory::plot::plotters::prelude::*;
use rdc_theory::plot::{Canvas, CurveFamily, Options, Plot, PlotError, svg, text};
use rdc_theory::{Solution, Surface};
use std::error::Error;

const SIZE: (u32, u32) = (900, 830);
const STRIP_HEIGHT: u32 = 190;

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

pub(crate) fn draw(path: &str, surface: &Surface, strip: &Strip) -> Result<(), Box<dyn Error>> {
    let options = Options::default()
        .with_title("R(D,E) of 1,797 handwritten digits, E: error rate of the classifier c0")
        .with_first("distortion D: squared error per pixel, pixels in [0, 1]")
        .with_rate("rate R: bits per image");
    let family = CurveFamily::rows(surface).with_options(options);
    let picture = svg(SIZE, |canvas| {
        let (above, below) = canvas.split_vertically(SIZE.1 - STRIP_HEIGHT);
        family.draw(&above)?;
        draw_strip(&below, strip)
    })?;
    Ok(std::fs::write(path, picture)?)
}

fn draw_strip(area: &Canvas<'_>, strip: &Strip) -> Result<(), PlotError> {
    const MARGIN: i32 = 24;
    const ROWS: usize = 2;
    area.draw(&Text::new(strip.title.as_str(), (MARGIN, 14), text(19)))?;
    let columns = strip.letters.len().div_ceil(ROWS).max(1);
    let width = (SIZE.0 as i32 - 2 * MARGIN) / columns as i32;
    for (index, (share, class, image)) in strip.letters.iter().enumerate() {
        let (x, y) =
            (MARGIN + width * (index % columns) as i32, 36 + 76 * (index / columns) as i32);
        draw_image(area, (x, y), image)?;
        area.draw(&Text::new(format!("{:.1} %", 100.0 * share), (x + 62, y + 16), text(17)))?;
        area.draw(&Text::new(format!("\u{201c}{class}\u{201d}"), (x + 62, y + 40), text(17)))?;
    }
    Ok(())
}

/// An 8 x 8 image, ink dark on white.
fn draw_image(area: &Canvas<'_>, (left, top): (i32, i32), image: &[f64]) -> Result<(), PlotError> {
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
