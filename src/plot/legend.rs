//! What the lines are, above the charts, where it hides nothing.

use super::canvas::Canvas;
use super::error::PlotError;
use super::labels;
use super::style::Style;
use plotters::prelude::*;

const SIZE: u32 = 22;

const ROW: i32 = 32;

/// The sample of a line, and the blanks beside it and after the name.
const SAMPLE: i32 = 44;

const BLANK: i32 = 10;

const BETWEEN: i32 = 24;

const MARGIN: i32 = 24;

/// The names of lines and regions with samples of them.
#[derive(Debug, Clone, Default)]
pub struct Legend {
    entries: Vec<(String, Sample)>,
}

#[derive(Debug, Clone, Copy)]
enum Sample {
    Line(Style),
    Region(RGBColor),
}

impl Legend {
    /// Adds a line.
    #[must_use]
    pub fn with_line(self, name: impl Into<String>, style: Style) -> Self {
        self.with(name.into(), Sample::Line(style))
    }

    /// Adds a region.
    #[must_use]
    pub fn with_region(self, name: impl Into<String>, colour: RGBColor) -> Self {
        self.with(name.into(), Sample::Region(colour))
    }

    fn with(mut self, name: String, sample: Sample) -> Self {
        self.entries.push((name, sample));
        self
    }

    /// Draws the legend at the top of a canvas and returns what is left of it below: half of it at least, names that then
    /// have no room are left out.
    ///
    /// # Errors
    /// What the drawing library says.
    pub fn above<'a>(&self, canvas: &Canvas<'a>) -> Result<Canvas<'a>, PlotError> {
        let (width, height) = canvas.dim_in_pixel();
        let places = self.places(width as i32);
        let bottom = places.last().map_or(0, |(_, y)| y + ROW / 2 + 4).min(height as i32 / 2);
        for ((name, sample), (x, y)) in
            self.entries.iter().zip(places).filter(|(_, at)| at.1 < bottom)
        {
            match sample {
                Sample::Line(style) => {
                    style.draw_line(canvas, vec![(x, y), (x + SAMPLE, y)])?;
                    style.draw_marker(canvas, (x + SAMPLE / 2, y))?;
                }
                Sample::Region(colour) => {
                    let corners = [(x, y - ROW / 3), (x + SAMPLE, y + ROW / 3)];
                    canvas.draw(&Rectangle::new(corners, colour.filled()))?;
                    canvas.draw(&Rectangle::new(corners, BLACK.mix(0.4)))?;
                }
            }
            canvas.draw(&Text::new(name.as_str(), (x + SAMPLE + BLANK, y), labels::text(SIZE)))?;
        }
        Ok(canvas.split_vertically(bottom).1)
    }

    /// The left middle of each entry, in as many rows as are needed.
    fn places(&self, width: i32) -> Vec<(i32, i32)> {
        let (mut x, mut y) = (MARGIN, ROW);
        let place = |(name, _): &(String, Sample)| {
            let needed = SAMPLE + BLANK + labels::width(name, SIZE);
            if x > MARGIN && x + needed > width - MARGIN {
                (x, y) = (MARGIN, y + ROW);
            }
            let place = (x, y);
            x += needed + BETWEEN;
            place
        };
        self.entries.iter().map(place).collect()
    }
}
