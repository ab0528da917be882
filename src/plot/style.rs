//! How lines, markers and regions look.

use super::error::PlotError;
use crate::result::regime::Regime;
use plotters::coord::CoordTranslate;
use plotters::element::DashedPathElement;
use plotters::prelude::*;

/// The colours of Okabe and Ito (2008) without yellow, which is lost on white.
const COLOURS: [RGBColor; 7] = [
    BLACK,
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(204, 121, 167),
];

/// The grey of budgets that no channel meets.
pub const INFEASIBLE: RGBColor = RGBColor(200, 200, 200);

/// Half the size of a marker, in pixels.
const MARKER: i32 = 6;

/// Lengths of dashes and of what is between them, in pixels.
const DASH: u32 = 10;

const GAP: u32 = 9;

/// The shape of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Marker {
    /// A filled circle.
    Circle,
    /// A filled triangle.
    Triangle,
    /// A filled square.
    Square,
    /// A diagonal cross.
    Cross,
    /// An empty circle.
    Ring,
}

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Style {
    /// Of the line and its markers.
    pub colour: RGBColor,
    /// Whether the line is dashed.
    pub dashed: bool,
    /// What marks its points.
    pub marker: Option<Marker>,
    /// In pixels.
    pub width: u32,
}

impl Style {
    /// The style of the index-th of several lines: no two of the first 70 agree, and without colour no two of the first 10.
    #[must_use]
    pub fn of(index: usize) -> Self {
        const MARKERS: [Marker; 5] =
            [Marker::Circle, Marker::Triangle, Marker::Square, Marker::Cross, Marker::Ring];
        Self {
            colour: COLOURS[index % COLOURS.len()],
            dashed: (index % 5 == 3) != (index / 5 % 2 == 1),
            marker: Some(MARKERS[index % MARKERS.len()]),
            width: 3,
        }
    }

    /// A solid line without markers.
    #[must_use]
    pub const fn line(colour: RGBColor, width: u32) -> Self {
        Self { colour, dashed: false, marker: None, width }
    }

    /// The same, dashed.
    #[must_use]
    pub const fn dashed(self) -> Self {
        Self { dashed: true, ..self }
    }

    /// Draws a line through points, without markers.
    ///
    /// # Errors
    /// What the drawing library says.
    pub fn draw_line<T: CoordTranslate<From: Clone + 'static>>(
        &self,
        area: &DrawingArea<SVGBackend<'_>, T>,
        points: Vec<T::From>,
    ) -> Result<(), PlotError> {
        let stroke = self.colour.stroke_width(self.width);
        if self.dashed {
            area.draw(&DashedPathElement::new(points, DASH, GAP, stroke))?;
        } else {
            area.draw(&PathElement::new(points, stroke))?;
        }
        Ok(())
    }

    /// Draws a marker, if the style has one.
    ///
    /// # Errors
    /// What the drawing library says.
    pub fn draw_marker<T: CoordTranslate<From: Clone + 'static>>(
        &self,
        area: &DrawingArea<SVGBackend<'_>, T>,
        at: T::From,
    ) -> Result<(), PlotError> {
        let (filled, stroke) = (self.colour.filled(), self.colour.stroke_width(self.width));
        match self.marker {
            None => {}
            Some(Marker::Circle) => area.draw(&Circle::new(at, MARKER, filled))?,
            Some(Marker::Triangle) => area.draw(&TriangleMarker::new(at, MARKER + 3, filled))?,
            Some(Marker::Square) => {
                let corners = [(-MARKER, -MARKER), (MARKER, MARKER)];
                area.draw(&(EmptyElement::at(at) + Rectangle::new(corners, filled)))?;
            }
            Some(Marker::Cross) => area.draw(&Cross::new(at, MARKER, stroke))?,
            Some(Marker::Ring) => {
                area.draw(&Circle::new(at.clone(), MARKER, WHITE.filled()))?;
                area.draw(&Circle::new(at, MARKER, stroke))?;
            }
        }
        Ok(())
    }
}

/// Light versions of colours that stay apart for colour-blind readers; white for zero rate.
#[must_use]
pub const fn regime_colour(regime: Regime) -> RGBColor {
    match regime {
        Regime::Neither => WHITE,
        Regime::FirstOnly => RGBColor(153, 199, 224),
        Regime::SecondOnly => RGBColor(245, 216, 153),
        Regime::Both => RGBColor(153, 216, 199),
    }
}

/// One hue from light at 0 to dark at 1: told apart in print and by colour-blind readers.
#[must_use]
pub fn shade(share: f64) -> RGBColor {
    let mix = |light: f64, dark: f64| (light + share.clamp(0.0, 1.0) * (dark - light)) as u8;
    RGBColor(mix(240.0, 60.0), mix(248.0, 120.0), mix(255.0, 170.0))
}
