//! R over two budgets in space, called (D,E) here.

use super::axis::{Axis, titles};
use super::canvas::{Canvas, Point};
use super::chart::Plot;
use super::error::PlotError;
use super::labels;
use super::labels::{anchored, centred};
use super::mesh::{Known, Mesh};
use super::options::Options;
use super::scale::Scale;
use super::style::shade;
use crate::queries::surface::grid::Surface;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

/// Blank left, right, above and below for the labels, in pixels.
const SIDES: f64 = 110.0;

const ABOVE: f64 = 56.0;

const BELOW: f64 = 104.0;

/// Sides of cells are drawn up to so many cells an axis: more would hide the surface.
const OUTLINED: usize = 64;

/// How far outside of its edge a tick's label is, as a share of the edges.
const OUTSIDE: f64 = 0.06;

/// R over (D,E) or two other budgets, seen from large budgets, so that the steep part at small ones is behind and hides nothing.
///
/// Cells without a rate are left out, infinite budgets too. The shades tell the rate once more.
#[derive(Debug, Clone)]
pub struct SurfacePlot {
    mesh: Mesh,
    options: Options,
}

impl SurfacePlot {
    /// Of a surface.
    #[must_use]
    pub fn new(surface: &Surface) -> Self {
        let options = Options::default().with_size(900, 760);
        Self { mesh: Mesh::of_surface(surface), options }
    }

    /// With other options.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }
}

/// Shares of the axes: D, E, R.
type Place = [f64; 3];

/// A parallel projection of the unit cube onto the canvas.
#[derive(Debug, Clone, Copy)]
struct View {
    centre: Point,
    scale: Point,
}

impl View {
    /// From 40 degrees between D and E, 27 degrees above the floor.
    const DIRECTION: (f64, f64) = (0.766, 0.643);
    const HEIGHT: (f64, f64) = (0.454, 0.891);
    /// What the rate's axis is longer than those of the budgets.
    const TALL: f64 = 0.75;

    fn onto((width, height): (u32, u32)) -> Self {
        let (width, height) = (f64::from(width) - 2.0 * SIDES, f64::from(height) - ABOVE - BELOW);
        let (cos, sin) = Self::DIRECTION;
        let tall = Self::HEIGHT.0 * (cos + sin) + Self::HEIGHT.1 * Self::TALL;
        Self {
            centre: (
                SIDES + width * sin / (sin + cos),
                ABOVE + height * Self::HEIGHT.1 * Self::TALL / tall,
            ),
            scale: (width / (cos + sin), height / tall),
        }
    }

    fn pixel(&self, [d, e, r]: Place) -> (i32, i32) {
        let (cos, sin) = Self::DIRECTION;
        let right = e * cos - d * sin;
        let down = Self::HEIGHT.0 * Self::nearness([d, e, r]) - Self::HEIGHT.1 * Self::TALL * r;
        let (x, y) = (self.centre.0 + self.scale.0 * right, self.centre.1 + self.scale.1 * down);
        (x.round() as i32, y.round() as i32)
    }

    /// Along the floor towards the viewer: what is nearer is drawn later.
    fn nearness([d, e, _]: Place) -> f64 {
        let (cos, sin) = Self::DIRECTION;
        d * cos + e * sin
    }
}

impl Plot for SurfacePlot {
    fn options(&self) -> &Options {
        &self.options
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), PlotError> {
        let scales = self.scales()?;
        let view = View::onto(canvas.dim_in_pixel());
        draw_walls(canvas, view, &scales)?;
        self.draw_cells(canvas, view, &scales)?;
        let symbols = self.mesh.axes.each_ref().map(Axis::symbol);
        draw_ticks(canvas, view, &scales, symbols)?;
        self.draw_names(canvas, view)
    }
}

impl SurfacePlot {
    fn scales(&self) -> Result<[Scale; 3], PlotError> {
        const EMPTY: PlotError = PlotError::Empty { what: "surface" };
        self.mesh.triangles().next().ok_or(EMPTY)?;
        let known = || self.mesh.all_known();
        let most = known().map(|node| node.rate).fold(0.0, f64::max);
        let extent = |coordinate: fn(Point) -> f64| {
            let values = known().map(|node| coordinate(node.at));
            let none = (f64::INFINITY, f64::NEG_INFINITY);
            values.fold(none, |(low, high), v| (f64::min(low, v), f64::max(high, v)))
        };
        let [d, e] = [extent(|at| at.0), extent(|at| at.1)];
        Ok([
            Scale::linear(d.0..d.1, 6).ok_or(EMPTY)?,
            Scale::linear(e.0..e.1, 6).ok_or(EMPTY)?,
            Scale::linear(0.0..if most > 0.0 { most } else { 1.0 }, 6).ok_or(EMPTY)?,
        ])
    }

    /// From the furthest to the nearest: as no two cells share a place on the floor, each is hidden by later ones alone.
    fn draw_cells(
        &self,
        canvas: &Canvas<'_>,
        view: View,
        scales: &[Scale; 3],
    ) -> Result<(), PlotError> {
        let rows = self.mesh.nodes.len() / self.mesh.width.max(1);
        let outlined = self.mesh.width.max(rows) <= OUTLINED;
        let place = |node: Known| {
            [scales[0].share(node.at.0), scales[1].share(node.at.1), scales[2].share(node.rate)]
        };
        let halves = |quad| -> Vec<[Place; 3]> {
            self.mesh.halves(quad).into_iter().map(|half| half.map(place)).collect()
        };
        let nearness = |cell: &[[Place; 3]]| {
            cell.iter().flatten().map(|place| View::nearness(*place)).fold(0.0, f64::max)
        };
        let mut cells: Vec<Vec<[Place; 3]>> = self.mesh.quads().map(halves).collect();
        cells.retain(|cell| !cell.is_empty());
        cells.sort_by(|a, b| nearness(a).total_cmp(&nearness(b)));
        for cell in cells {
            let rates = cell.iter().flatten().map(|place| place[2]);
            let colour = shade(rates.sum::<f64>() / (3 * cell.len()) as f64);
            let ring: Vec<_> = ring(&cell).into_iter().map(|place| view.pixel(place)).collect();
            canvas.draw(&Polygon::new(ring.clone(), colour))?;
            // In the cell's own colour it closes the seam between neighbours.
            let stroke = if outlined { BLACK.mix(0.55) } else { colour.to_rgba() };
            canvas.draw(&PathElement::new(ring, stroke.stroke_width(1)))?;
        }
        Ok(())
    }

    fn draw_names(&self, canvas: &Canvas<'_>, view: View) -> Result<(), PlotError> {
        const SIZE: u32 = 22;
        const EDGE: i32 = 24;
        let Options { title, rate, .. } = &self.options;
        let [first, second] = titles(&self.mesh.axes, &self.options);
        let (width, height) = canvas.dim_in_pixel();
        let (width, bottom) = (width as i32, height as i32 - 20);
        let needed = labels::width(&second, SIZE) + labels::width(&first, SIZE) + 3 * EDGE;
        let row = if needed <= width { bottom } else { bottom - 28 };
        labels::titled(canvas, title)?;
        canvas.draw(&Text::new(second.as_str(), (EDGE, bottom), labels::text(SIZE)))?;
        let right = anchored(SIZE, HPos::Right);
        canvas.draw(&Text::new(first.as_str(), (width - EDGE, row), right))?;
        let upright = centred(SIZE).transform(FontTransform::Rotate270);
        let middle = view.pixel([1.0, 0.0, 0.5]).1;
        canvas.draw(&Text::new(rate.as_str(), (28, middle), upright))?;
        Ok(())
    }
}

/// The ring of corners of a cell of one triangle or two that share their first corner and the third of the first.
fn ring(cell: &[[Place; 3]]) -> Vec<Place> {
    match cell {
        [[a, b, c], [_, _, d]] => vec![*a, *b, *c, *d, *a],
        cell => cell.iter().flat_map(|[a, b, c]| [*a, *b, *c, *a]).collect(),
    }
}

/// The floor and the two walls behind, with lines at the ticks.
fn draw_walls(canvas: &Canvas<'_>, view: View, scales: &[Scale; 3]) -> Result<(), PlotError> {
    let line = |canvas: &Canvas<'_>, places: &[Place], stroke: ShapeStyle| {
        let pixels: Vec<_> = places.iter().map(|place| view.pixel(*place)).collect();
        canvas.draw(&PathElement::new(pixels, stroke))
    };
    let (light, dark) = (BLACK.mix(0.2).stroke_width(1), BLACK.stroke_width(1));
    let ticks =
        |axis: usize| scales[axis].ticks().iter().map(move |tick| scales[axis].share(*tick));
    for d in ticks(0) {
        line(canvas, &[[d, 1.0, 0.0], [d, 0.0, 0.0], [d, 0.0, 1.0]], light)?;
    }
    for e in ticks(1) {
        line(canvas, &[[1.0, e, 0.0], [0.0, e, 0.0], [0.0, e, 1.0]], light)?;
    }
    for r in ticks(2) {
        line(canvas, &[[1.0, 0.0, r], [0.0, 0.0, r], [0.0, 1.0, r]], light)?;
    }
    line(canvas, &[[1.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]], dark)?;
    Ok(())
}

/// The numbers along the edges of the floor that are near, and up the left edge.
fn draw_ticks(
    canvas: &Canvas<'_>,
    view: View,
    scales: &[Scale; 3],
    symbols: [&str; 2],
) -> Result<(), PlotError> {
    let place = |axis: usize, share: f64| match axis {
        0 => [share, 1.0 + OUTSIDE, 0.0],
        1 => [1.0 + OUTSIDE, share, 0.0],
        _ => [1.0 + OUTSIDE, 0.0, share],
    };
    for (axis, anchor) in [HPos::Left, HPos::Right, HPos::Right].into_iter().enumerate() {
        for (tick, label) in scales[axis].ticks().iter().zip(scales[axis].labels()) {
            let at = view.pixel(place(axis, scales[axis].share(*tick)));
            canvas.draw(&Text::new(label, at, anchored(20, anchor)))?;
        }
    }
    for (axis, name) in symbols.into_iter().enumerate() {
        let mut at = place(axis, 0.5);
        at[1 - axis] += 3.0 * OUTSIDE;
        canvas.draw(&Text::new(name, view.pixel(at), centred(24)))?;
    }
    Ok(())
}
