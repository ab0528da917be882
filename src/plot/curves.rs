//! R against one budget, for several values of the other.

use super::axis::{Axis, titles};
use super::canvas::{Canvas, Point};
use super::chart::{Plot, chart};
use super::error::PlotError;
use super::labels;
use super::legend::Legend;
use super::options::Options;
use super::scale::{Scale, drawable};
use super::style::Style;
use super::thinning::marked;
use crate::queries::surface::grid::{Cell, Surface};

/// Shares of the axes between markers.
const BETWEEN_MARKERS: f64 = 0.06;

/// Curves of a surface that a picture shows apart.
const SHOWN: usize = 6;

/// A named curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What the legend says of it.
    pub name: String,
    /// (budget, rate): a number that is not finite interrupts the curve.
    pub points: Vec<(f64, f64)>,
}

/// Rates against one budget.
///
/// ```
/// use rdc_theory::plot::{Curve, CurveFamily, Plot};
/// let points = (0..=30).map(|i| 0.01 * f64::from(i)).map(|d| (d, 1.0 - d)).collect();
/// let svg = CurveFamily::against_distortion(vec![Curve { name: "a line".into(), points }]).svg()?;
/// assert!(svg.contains("a line") && svg.contains("distortion budget D"));
/// # Ok::<(), rdc_theory::plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct CurveFamily {
    curves: Vec<Curve>,
    axes: [Axis; 2],
    /// The index of the axis along which they go.
    along: usize,
    options: Options,
}

impl CurveFamily {
    /// Curves (D, R).
    #[must_use]
    pub fn against_distortion(curves: Vec<Curve>) -> Self {
        Self::along([Axis::distortion(), Axis::error()], 0, curves)
    }

    /// Curves (E, R).
    #[must_use]
    pub fn against_error(curves: Vec<Curve>) -> Self {
        Self::along([Axis::distortion(), Axis::error()], 1, curves)
    }

    /// R against the first budget, a curve for each row of a surface, or for six of them.
    #[must_use]
    pub fn rows(surface: &Surface) -> Self {
        let axes = surface.names().map(Axis::of);
        let cell = |j, i| surface.cell(i, j);
        let curves = curves(axes[1].symbol(), surface.second(), surface.first(), cell);
        Self::along(axes, 0, curves)
    }

    /// R against the second budget, a curve for each column of a surface, or for six of them.
    #[must_use]
    pub fn columns(surface: &Surface) -> Self {
        let axes = surface.names().map(Axis::of);
        let cell = |i, j| surface.cell(i, j);
        let curves = curves(axes[0].symbol(), surface.first(), surface.second(), cell);
        Self::along(axes, 1, curves)
    }

    fn along(axes: [Axis; 2], along: usize, curves: Vec<Curve>) -> Self {
        Self { curves, axes, along, options: Options::default() }
    }

    /// With other options.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }
}

/// A curve for each value of the budget called `name` that has rates, or for some of them.
fn curves<'s>(
    name: &str,
    values: &[f64],
    budgets: &[f64],
    cell: impl Fn(usize, usize) -> Option<&'s Cell>,
) -> Vec<Curve> {
    let curve = |of: usize| {
        let rate = |at| cell(of, at).and_then(Cell::point).map_or(f64::NAN, |point| point.rate);
        Curve {
            name: match values[of] {
                f64::INFINITY => format!("{name} unconstrained"),
                value => format!("{name} = {}", rounded(value)),
            },
            points: budgets.iter().enumerate().map(|(at, &budget)| (budget, rate(at))).collect(),
        }
    };
    let mut curves: Vec<Curve> = (0..values.len()).map(curve).collect();
    curves.retain(|curve| !pieces(curve).is_empty());
    let count = curves.len().min(SHOWN);
    let chosen = (0..count).map(|k| k * (curves.len() - 1) / (count - 1).max(1));
    chosen.map(|k| curves[k].clone()).collect()
}

/// To four digits: what a legend has room for.
fn rounded(value: f64) -> String {
    format!("{value:.3e}")
        .parse()
        .map_or_else(|_| value.to_string(), |value: f64| value.to_string())
}

impl Plot for CurveFamily {
    fn options(&self) -> &Options {
        &self.options
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), PlotError> {
        const EMPTY: PlotError = PlotError::Empty { what: "curves" };
        let pieces: Vec<Vec<&[Point]>> = self.curves.iter().map(pieces).collect();
        let points = || pieces.iter().flatten().copied().flatten();
        let scales = [
            Scale::covering(points().map(|point| point.0), 7).ok_or(EMPTY)?,
            Scale::covering(points().map(|point| point.1), 8).ok_or(EMPTY)?,
        ];
        let mut legend = Legend::default();
        for (index, curve) in self.curves.iter().enumerate() {
            legend = legend.with_line(&curve.name, Style::of(index));
        }
        let below = legend.above(&labels::titled(canvas, &self.options.title)?)?;
        let name = &titles(&self.axes, &self.options)[self.along];
        let [x, y] = scales.clone();
        let chart = chart(&below, "", (name, x), (&self.options.rate, y), true)?;
        for (index, pieces) in pieces.iter().enumerate() {
            let style = Style::of(index);
            for piece in pieces {
                style.draw_line(chart.plotting_area(), piece.to_vec())?;
                for point in marked(piece, &scales, BETWEEN_MARKERS) {
                    style.draw_marker(chart.plotting_area(), point)?;
                }
            }
        }
        Ok(())
    }
}

/// What lies between points that have no place on an axis.
fn pieces(curve: &Curve) -> Vec<&[Point]> {
    let pieces = curve.points.split(|point| !drawable(point.0) || !drawable(point.1));
    pieces.filter(|piece| !piece.is_empty()).collect()
}
