//! Text, and where there is room for it.

use super::canvas::{Canvas, Chart, Point};
use super::error::PlotError;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// What a letter is wide, as a share of the font's size: an estimate, as the viewer chooses the font.
fn letter(letter: char) -> f64 {
    match letter {
        'm' | 'w' | 'M' | 'W' => 0.78,
        'f' | 'i' | 'j' | 'l' | 'r' | 't' | ' ' | '.' | ',' | ':' | '(' | ')' | '-' => 0.29,
        '0'..='9' | 'A'..='Z' => 0.54,
        _ => 0.49,
    }
}

/// Text of a size in pixels that starts where it is put, centred in height.
#[must_use]
pub fn text(size: u32) -> TextStyle<'static> {
    anchored(size, HPos::Left)
}

/// Text of a size in pixels, its middle where it is put.
#[must_use]
pub fn centred(size: u32) -> TextStyle<'static> {
    anchored(size, HPos::Center)
}

pub(super) fn anchored(size: u32, anchor: HPos) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", size).into_font()).pos(Pos::new(anchor, VPos::Center))
}

/// How wide a text is at a size in pixels.
pub(super) fn width(text: &str, size: u32) -> i32 {
    (f64::from(size) * text.chars().map(letter).sum::<f64>()).ceil() as i32
}

/// Half the width and half the height of a text with a little around it.
pub(super) fn half_size(text: &str, size: u32) -> (i32, i32) {
    (width(text, size) / 2 + 3, size as i32 / 2)
}

/// Writes a title at the top of a canvas and returns what is left of it below; nothing happens to an empty title.
///
/// # Errors
/// What the drawing library says.
pub fn titled<'a>(canvas: &Canvas<'a>, title: &str) -> Result<Canvas<'a>, PlotError> {
    titled_aside(canvas, title, 0)
}

/// The same, so many pixels to the right of the middle.
pub(super) fn titled_aside<'a>(
    canvas: &Canvas<'a>,
    title: &str,
    aside: i32,
) -> Result<Canvas<'a>, PlotError> {
    const HEIGHT: u32 = 40;
    const SIZE: u32 = 27;
    if title.is_empty() {
        return Ok(canvas.clone());
    }
    let middle = canvas.dim_in_pixel().0 as i32 / 2 + aside;
    canvas.draw(&Text::new(title, (middle, HEIGHT as i32 / 2 + 4), centred(SIZE)))?;
    Ok(canvas.split_vertically(HEIGHT).1)
}

/// The rooms that labels of a chart have taken.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    /// Left, top, right, bottom.
    taken: Vec<[i32; 4]>,
}

impl Rooms {
    /// Writes the text at the first of the points where it fits into the chart and overlaps no other, if there is one.
    pub(super) fn label(
        &mut self,
        chart: &Chart<'_, '_>,
        points: impl IntoIterator<Item = Point>,
        label: &str,
        size: u32,
    ) -> Result<(), PlotError> {
        let (x_range, y_range) = chart.plotting_area().get_pixel_range();
        let (half_width, half_height) = half_size(label, size);
        let room =
            |(x, y): (i32, i32)| [x - half_width, y - half_height, x + half_width, y + half_height];
        let fits = |&[left, top, right, bottom]: &[i32; 4]| {
            let inside = left > x_range.start
                && right < x_range.end
                && top > y_range.start
                && bottom < y_range.end;
            let apart = |other: &[i32; 4]| {
                right < other[0] || other[2] < left || bottom < other[1] || other[3] < top
            };
            inside && self.taken.iter().all(apart)
        };
        let place = |point: Point| {
            let room = room(chart.plotting_area().map_coordinate(&point));
            fits(&room).then_some((point, room))
        };
        let Some((point, room)) = points.into_iter().find_map(place) else { return Ok(()) };
        self.taken.push(room);
        let corners = [(-half_width, -half_height), (half_width, half_height)];
        let ground = Rectangle::new(corners, WHITE.mix(0.75).filled());
        let words = Text::new(label.to_owned(), (0, 0), centred(size));
        chart.plotting_area().draw(&(EmptyElement::at(point) + ground + words))?;
        Ok(())
    }
}
