//! What pictures are drawn on, and in which units.

use super::scale::Scale;
use plotters::coord::Shift;
use plotters::prelude::*;

/// Where something is, in the units of the axes.
pub(crate) type Point = (f64, f64);

/// A picture or a part of it, in pixels.
pub type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A part of a picture with axes.
pub type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, Scale>>;
