//! A chart of values rather than coordinates.

use super::Point;
use super::axis::Axis;
use super::beside;
use rdc_theory::plot::plotters::prelude::*;
use rdc_theory::plot::plotters::style::text_anchor::{HPos, Pos, VPos};
use rdc_theory::plot::{Canvas, Chart, PlotError, Style, chart, text};

/// Of numbers along the axes, and their distance, in pixels: the library's.
const SIZE: u32 = 22;
const DISTANCE: i32 = 10;

/// Axes with names, and what is drawn on them.
pub(super) struct Panel<'a, 'b> {
    chart: Chart<'a, 'b>,
    x: Axis,
    y: Axis,
}

impl<'a, 'b: 'a> Panel<'a, 'b> {
    pub(super) fn new(
        canvas: &Canvas<'b>,
        (x_name, x): (&str, &Axis),
        (y_name, y): (&str, &Axis),
    ) -> Result<Self, PlotError> {
        let (x_scale, y_scale) = (x.scale().clone(), y.scale().clone());
        let chart = chart(canvas, "", (x_name, x_scale), (y_name, y_scale), true)?;
        let panel = Self { chart, x: x.clone(), y: y.clone() };
        panel.draw_between()?;
        Ok(panel)
    }
}

impl Panel<'_, '_> {
    /// Numbers and grid lines between powers of ten, as the chart has them at the powers.
    fn draw_between(&self) -> Result<(), PlotError> {
        let area = self.chart.plotting_area();
        let (xs, ys) = (self.chart.x_range(), self.chart.y_range());
        let grid = BLACK.mix(0.2);
        for (x, number) in self.x.between() {
            area.draw(&PathElement::new([(*x, ys.start), (*x, ys.end)], grid))?;
            let tick = PathElement::new([(0, 0), (0, DISTANCE / 2)], BLACK);
            let below = text(SIZE).pos(Pos::new(HPos::Center, VPos::Top));
            let words = Text::new(number.clone(), (0, DISTANCE), below);
            area.draw(&(EmptyElement::at((*x, ys.start)) + tick + words))?;
        }
        for (y, number) in self.y.between() {
            area.draw(&PathElement::new([(xs.start, *y), (xs.end, *y)], grid))?;
            let tick = PathElement::new([(-DISTANCE / 2, 0), (0, 0)], BLACK);
            let words = Text::new(number.clone(), (-DISTANCE, 0), beside(SIZE, HPos::Right));
            area.draw(&(EmptyElement::at((xs.start, *y)) + tick + words))?;
        }
        Ok(())
    }

    /// Words to the left of the axes.
    pub(super) fn name_line(&self, y: f64, name: &str) -> Result<(), PlotError> {
        let words = Text::new(name.to_owned(), (-DISTANCE, 0), beside(SIZE, HPos::Right));
        let at = (self.chart.x_range().start, self.y.at(y));
        Ok(self.chart.plotting_area().draw(&(EmptyElement::at(at) + words))?)
    }

    /// From one side to the other.
    pub(super) fn across(&self, y: f64, stroke: impl Into<ShapeStyle>) -> Result<(), PlotError> {
        let (xs, y) = (self.chart.x_range(), self.y.at(y));
        let path = PathElement::new([(xs.start, y), (xs.end, y)], stroke);
        Ok(self.chart.plotting_area().draw(&path)?)
    }

    /// A line through points, if there are several.
    pub(super) fn line(&self, style: Style, points: &[Point]) -> Result<(), PlotError> {
        if points.len() < 2 {
            return Ok(());
        }
        let places = points.iter().map(|point| self.place(*point)).collect();
        style.draw_line(self.chart.plotting_area(), places)
    }

    pub(super) fn markers(&self, style: Style, points: &[Point]) -> Result<(), PlotError> {
        points
            .iter()
            .try_for_each(|point| style.draw_marker(self.chart.plotting_area(), self.place(*point)))
    }

    fn place(&self, (x, y): Point) -> Point {
        (self.x.at(x), self.y.at(y))
    }
}
