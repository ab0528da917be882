//! Both losses and the rate in space: the paper's Fig. 3(b).

use super::axis::Axis;
use super::models::{EMPTY, Measured, Models};
use super::{beside, names};
use crate::report::Row;
use rdc_theory::plot::plotters::prelude::*;
use rdc_theory::plot::plotters::style::text_anchor::HPos;
use rdc_theory::plot::{Canvas, Legend, PlotError, Style, centred, svg, text, titled};

const SIZE: (u32, u32) = (1000, 880);

/// Blank left and right, above and below for the numbers, in pixels.
const SIDES: f64 = 110.0;
const ABOVE: f64 = 24.0;
const BELOW: f64 = 112.0;

/// Half the size of a foot, in pixels.
const FOOT: i32 = 3;

/// MSE, NLL and rate as shares of their axes.
type Place = [f64; 3];

/// The models in space, under dither on the training images: the paper's Fig. 3(b). Lines go through the models of the lowest
/// seed and one L.
///
/// # Errors
/// No model with finite losses.
pub fn space(rows: &[Row]) -> Result<String, PlotError> {
    let models = Models::of(rows)?;
    let measured = || models.measured();
    let axes = [
        Axis::fitting(measured().map(|model| model.mse)).ok_or(EMPTY)?,
        Axis::fitting(measured().map(|model| model.nll)).ok_or(EMPTY)?,
        Axis::from_zero(measured().map(|model| model.bits)).ok_or(EMPTY)?,
    ];
    svg(SIZE, |canvas| {
        let title = names::TRADEOFF;
        let below = legend(&models).above(&titled(canvas, title)?)?;
        let view = View::onto(below.dim_in_pixel());
        draw_walls(&below, view, &axes)?;
        draw_numbers(&below, view, &axes)?;
        draw_names(&below, view)?;
        draw_models(&below, view, &axes, &models)
    })
}

fn legend(models: &Models<'_>) -> Legend {
    models.levels().iter().fold(Legend::default(), |legend, &levels| {
        legend.with_line(names::of_levels(levels), models.style_of(levels))
    })
}

/// A parallel projection of the unit cube, its corner 0 at the back.
#[derive(Debug, Clone, Copy)]
struct View {
    origin: (f64, f64),
    scale: (f64, f64),
}

impl View {
    /// The cosine and sine of the angle between the first axis and the direction to the viewer.
    const TURN: (f64, f64) = (0.743, 0.669);
    /// The lengths of a horizontal and an upright step as seen from above.
    const TILT: (f64, f64) = (0.5, 0.75);

    fn onto((width, height): (u32, u32)) -> Self {
        let (cos, sin) = Self::TURN;
        let (width, height) = (f64::from(width) - 2.0 * SIDES, f64::from(height) - ABOVE - BELOW);
        let tall = Self::TILT.0 * (cos + sin) + Self::TILT.1;
        let scale = (width / (cos + sin), height / tall);
        Self { origin: (SIDES + scale.0 * sin, ABOVE + scale.1 * Self::TILT.1), scale }
    }

    fn pixel(self, [first, second, up]: Place) -> (i32, i32) {
        let (cos, sin) = Self::TURN;
        let right = second * cos - first * sin;
        let down = Self::TILT.0 * nearness([first, second, up]) - Self::TILT.1 * up;
        let (x, y) = (self.origin.0 + self.scale.0 * right, self.origin.1 + self.scale.1 * down);
        (x.round() as i32, y.round() as i32)
    }

    fn path<const N: usize>(
        self,
        places: [Place; N],
        stroke: impl Into<ShapeStyle>,
    ) -> PathElement<(i32, i32)> {
        PathElement::new(places.map(|place| self.pixel(place)), stroke)
    }
}

/// What is nearer is drawn later.
fn nearness([first, second, _]: Place) -> f64 {
    let (cos, sin) = View::TURN;
    first * cos + second * sin
}

fn draw_models(
    canvas: &Canvas<'_>,
    view: View,
    axes: &[Axis; 3],
    models: &Models<'_>,
) -> Result<(), PlotError> {
    let place = |model: &Measured| {
        let [mse, nll, bits] = axes;
        [(mse, model.mse), (nll, model.nll), (bits, model.bits)]
            .map(|(axis, v)| axis.share(axis.at(v)))
    };
    let mut markers: Vec<(Place, Style)> = Vec::new();
    for &levels in models.levels() {
        let (style, curve) = (models.style_of(levels), models.of_levels(levels));
        markers.extend(curve.markers.iter().map(|model| (place(model), style)));
        let line: Vec<_> = curve.line.iter().map(|model| view.pixel(place(model))).collect();
        if line.len() > 1 {
            canvas.draw(&PathElement::new(line, style.colour.mix(0.5).stroke_width(2)))?;
        }
    }
    markers.sort_by(|a, b| nearness(a.0).total_cmp(&nearness(b.0)));
    for ([first, second, up], style) in markers {
        let (foot, head) = ([first, second, 0.0], [first, second, up]);
        canvas.draw(&view.path([foot, head], style.colour.mix(0.5)))?;
        canvas.draw(&Circle::new(view.pixel(foot), FOOT, style.colour.filled()))?;
        style.draw_marker(canvas, view.pixel(head))?;
    }
    Ok(())
}

/// The floor and the two walls behind, with lines at the numbers.
fn draw_walls(canvas: &Canvas<'_>, view: View, axes: &[Axis; 3]) -> Result<(), PlotError> {
    let light = BLACK.mix(0.15);
    for share in shares(&axes[0]) {
        canvas
            .draw(&view.path([[share, 1.0, 0.0], [share, 0.0, 0.0], [share, 0.0, 1.0]], light))?;
    }
    for share in shares(&axes[1]) {
        canvas
            .draw(&view.path([[1.0, share, 0.0], [0.0, share, 0.0], [0.0, share, 1.0]], light))?;
    }
    for share in shares(&axes[2]) {
        canvas
            .draw(&view.path([[1.0, 0.0, share], [0.0, 0.0, share], [0.0, 1.0, share]], light))?;
    }
    let edges = [[1.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]];
    canvas.draw(&view.path(edges, BLACK))?;
    Ok(())
}

fn shares(axis: &Axis) -> impl Iterator<Item = f64> {
    axis.numbers().into_iter().map(|(at, _)| axis.share(at))
}

/// Where a share of an axis is, which side of its number is there, and how far right and down of it.
type Edge = (fn(f64) -> Place, HPos, (i32, i32));

/// Along the edges of the floor that are near, and up the left edge.
fn draw_numbers(canvas: &Canvas<'_>, view: View, axes: &[Axis; 3]) -> Result<(), PlotError> {
    const NUMBER: u32 = 21;
    // The last two meet at 0 and must not overlap there.
    let edges: [Edge; 3] = [
        (|share| [share, 1.0, 0.0], HPos::Left, (8, 20)),
        (|share| [1.0, share, 0.0], HPos::Right, (-8, 24)),
        (|share| [1.0, 0.0, share], HPos::Right, (-14, -2)),
    ];
    for (axis, (place, side, (right, down))) in axes.iter().zip(edges) {
        for (at, number) in axis.numbers() {
            let (x, y) = view.pixel(place(axis.share(at)));
            let style = beside(NUMBER, side);
            canvas.draw(&Text::new(number, (x + right, y + down), style))?;
        }
    }
    Ok(())
}

fn draw_names(canvas: &Canvas<'_>, view: View) -> Result<(), PlotError> {
    const NAME: u32 = 23;
    const EDGE: i32 = 24;
    let (width, height) = canvas.dim_in_pixel();
    let bottom = height as i32 - EDGE;
    canvas.draw(&Text::new(names::NLL, (EDGE, bottom), text(NAME)))?;
    let right = beside(NAME, HPos::Right);
    canvas.draw(&Text::new(names::MSE, (width as i32 - EDGE, bottom), right))?;
    let upright = centred(NAME).transform(FontTransform::Rotate270);
    let middle = view.pixel([1.0, 0.0, 0.5]).1;
    canvas.draw(&Text::new(names::RATE, (EDGE, middle), upright))?;
    Ok(())
}
