//! What models make of images: the paper's Fig. 2.

use super::{beside, names};
use crate::cell::Cell;
use crate::images::{PIXELS, SIDE};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use png::{BitDepth, ColorType, Encoder, EncodingError};
use rdc_theory::plot::plotters::prelude::*;
use rdc_theory::plot::plotters::style::text_anchor::HPos;
use rdc_theory::plot::{Canvas, PlotError, svg};

/// Of the names.
const SIZE: u32 = 22;

/// Of the margin, the names at the left, an image, and the blanks between images and between groups, in pixels.
const MARGIN: usize = 16;
const NAMES: usize = 200;
const IMAGE: usize = 3 * SIDE;
const BLANK: usize = 6;
const BETWEEN: usize = 20;

/// The least width and height of a picture.
const LEAST: (u32, u32) = (400, 300);

/// What a model makes of the originals.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconstruction {
    /// Which model.
    pub cell: Cell,
    /// An image for each original.
    pub images: Vec<Vec<f32>>,
}

/// A row of originals, and below a row of reconstructions for each model: the paper's Fig. 2. Models of the same L that follow
/// each other are a group.
///
/// # Errors
/// No originals or no models; so many that the picture is too large.
pub fn reconstructions(originals: &[&[f32]], rows: &[Reconstruction]) -> Result<String, PlotError> {
    if originals.is_empty() || rows.is_empty() {
        return Err(PlotError::Empty { what: "reconstructions" });
    }
    let lines = lines(originals, rows);
    let width = 2 * MARGIN + NAMES + originals.len() * (IMAGE + BLANK);
    let height = lines.last().map_or(0, |line| line.top + IMAGE) + MARGIN;
    let document = svg((length(width, LEAST.0), length(height, LEAST.1)), |canvas| {
        lines.iter().try_for_each(|line| line.draw_name(canvas))
    })?;
    let mut elements = String::new();
    for line in &lines {
        for (column, image) in line.images.iter().take(originals.len()).enumerate() {
            let left = MARGIN + NAMES + column * (IMAGE + BLANK);
            elements += &element((left, line.top), image)?;
        }
    }
    Ok(with_elements(&document, &elements))
}

fn length(needed: usize, least: u32) -> u32 {
    u32::try_from(needed).unwrap_or(u32::MAX).max(least)
}

/// A row of the picture.
struct Line<'i> {
    name: String,
    top: usize,
    images: Vec<&'i [f32]>,
}

impl Line<'_> {
    fn draw_name(&self, canvas: &Canvas<'_>) -> Result<(), PlotError> {
        let at = ((MARGIN + NAMES - BETWEEN) as i32, (self.top + IMAGE / 2) as i32);
        let style = beside(SIZE, HPos::Right);
        Ok(canvas.draw(&Text::new(self.name.as_str(), at, style))?)
    }
}

fn lines<'i>(originals: &[&'i [f32]], rows: &'i [Reconstruction]) -> Vec<Line<'i>> {
    let mut top = MARGIN;
    let mut lines = vec![Line { name: "originals".to_owned(), top, images: originals.to_vec() }];
    let mut group = None;
    for Reconstruction { cell, images } in rows {
        let blank = if group == Some(cell.levels) { BLANK } else { BETWEEN };
        group = Some(cell.levels);
        top += IMAGE + blank;
        let images = images.iter().map(Vec::as_slice).collect();
        lines.push(Line { name: names::model(*cell), top, images });
    }
    lines
}

/// An image in a frame. As an image rather than squares: those of a whole sheet would be megabytes, and show seams where they
/// do not end at pixels of the screen.
fn element((left, top): (usize, usize), image: &[f32]) -> Result<String, PlotError> {
    let data = STANDARD.encode(png(image).map_err(|error| PlotError::Drawing(error.to_string()))?);
    let place = format!(r#"x="{left}" y="{top}" width="{IMAGE}" height="{IMAGE}""#);
    Ok(format!(
        "<image {place} style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>\n\
         <rect {place} fill=\"none\" stroke=\"#C8C8C8\"/>\n"
    ))
}

/// Ink dark on white; pixels that are missing or not numbers are white.
fn png(image: &[f32]) -> Result<Vec<u8>, EncodingError> {
    let grey = |ink: &f32| 255 - (255.0 * ink).round() as u8;
    let mut greys: Vec<u8> = image.iter().map(grey).collect();
    greys.resize(PIXELS, u8::MAX);
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, SIDE as u32, SIDE as u32);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&greys)?;
    writer.finish()?;
    Ok(file)
}

/// The document with more elements at its end: the drawing library has none for images without decoders of all formats.
fn with_elements(document: &str, elements: &str) -> String {
    const END: &str = "</svg>";
    let drawn = document.trim_end().trim_end_matches(END);
    format!("{drawn}{elements}{END}\n")
}
