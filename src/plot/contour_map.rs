//! The rate over two budgets from above.

use super::axis::{Axis, titles};
use super::canvas::{Canvas, Chart, Point};
use super::chart::{Plot, chart};
use super::error::PlotError;
use super::labels::Rooms;
use super::legend::Legend;
use super::level::{between, contours, region};
use super::mesh::{Mesh, Node};
use super::options::Options;
use super::regimes::Crossings;
use super::scale::Scale;
use super::style::{INFEASIBLE, Style, regime_colour, shade};
use super::{labels, regimes};
use crate::feasibility::frontier::Polyline;
use crate::functions::rdc::Rdc;
use crate::queries::surface::grid::{Cell, Surface};
use crate::result::regime::Regime;
use plotters::prelude::*;

/// About as many levels as can be told apart by their shades.
const LEVELS: usize = 9;

const CONTOUR: Style = Style::line(BLACK, 1);

const BOUNDARY: Style = Style::line(RGBColor(213, 94, 0), 3).dashed();

const FEASIBLE: Style = Style::line(BLACK, 5);

const ZERO_RATE: Style = Style::line(RGBColor(0, 158, 115), 4);

/// Filled contours of R in bits over (D,E) or two other budgets, with the boundaries of the regimes, what is infeasible in grey, and the frontiers
/// where they are known.
///
/// ```
/// use rdc_theory::nalgebra::{DMatrix, DVector};
/// use rdc_theory::plot::{ContourMap, Plot};
/// use rdc_theory::{Classifier, Distortion, Rdc, Source};
///
/// let posterior = DMatrix::from_row_slice(3, 2, &[0.9, 0.1, 0.5, 0.5, 0.1, 0.9]);
/// let source = Source::new(DVector::from_vec(vec![0.3, 0.4, 0.3]), posterior)?;
/// let rdc = Rdc::new(&source, Distortion::hamming(3)?, &Classifier::hard(&[0, 0, 1])?)?;
/// let svg = ContourMap::of(&rdc, 8)?.svg()?;
/// assert!(svg.contains("zero-rate frontier"));
/// # Ok::<(), rdc_theory::plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ContourMap {
    mesh: Mesh,
    crossings: Crossings,
    frontiers: Option<[Option<Polyline>; 2]>,
    options: Options,
}

impl ContourMap {
    /// Of a function, computed at about `steps` budgets an axis (24 give smooth lines); regimes end where a search along the
    /// edges of that mesh finds it.
    ///
    /// # Errors
    /// As for [`Rdc::solve`], of what is not infeasible; more steps than memory can address.
    pub fn of(rdc: &Rdc, steps: usize) -> Result<Self, PlotError> {
        let mesh = Mesh::of_rdc(rdc, steps)?;
        let crossings = regimes::bisected(&mesh, rdc)?;
        let options = Options::default();
        Ok(Self { mesh, crossings, frontiers: None, options }.with_frontiers(rdc))
    }

    /// Of a surface; regimes end half-way between cells. Infinite budgets are left out.
    #[must_use]
    pub fn of_surface(surface: &Surface) -> Self {
        let mesh = Mesh::of_surface(surface);
        let crossings = regimes::middles(&mesh);
        Self { mesh, crossings, frontiers: None, options: Options::default() }
    }

    /// With the exact frontiers of the function that the surface is of. What is feasible but not between cells with rates
    /// stays white.
    #[must_use]
    pub fn with_frontiers(self, rdc: &Rdc) -> Self {
        let frontiers = [Some(rdc.feasible_frontier()), rdc.zero_rate_frontier()];
        Self { frontiers: Some(frontiers), ..self }
    }

    /// With other options.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    fn scales(&self) -> Result<[Scale; 2], PlotError> {
        const EMPTY: PlotError = PlotError::Empty { what: "surface" };
        self.mesh.triangles().next().ok_or(EMPTY)?;
        let scale = |coordinate: fn(Point) -> f64| {
            let values = self.mesh.nodes.iter().map(|node| coordinate(node.at));
            let none = (f64::INFINITY, f64::NEG_INFINITY);
            let (low, high) =
                values.fold(none, |(low, high), v| (f64::min(low, v), f64::max(high, v)));
            // Room for what is infeasible, unless the surface has shown it.
            let room = if self.frontiers.is_some() { 0.08 * (high - low) } else { 0.0 };
            // Only budgets of negative costs are negative.
            let start = if low >= 0.0 { (low - room).max(0.0) } else { low - room };
            Scale::linear(start..high, 7).ok_or(EMPTY)
        };
        Ok([scale(|at| at.0)?, scale(|at| at.1)?])
    }

    /// Round rates within those of the map.
    fn levels(&self) -> Vec<f64> {
        let rates = || self.mesh.all_known().map(|node| node.rate);
        let most = rates().fold(0.0, f64::max);
        let least = rates().fold(most, f64::min);
        let scale = Scale::linear(least..most, LEVELS);
        let ticks = scale.iter().flat_map(Scale::ticks).copied();
        ticks.filter(|level| *level > least).collect()
    }
}

impl Plot for ContourMap {
    fn options(&self) -> &Options {
        &self.options
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), PlotError> {
        let [x, y] = self.scales()?;
        let zero_rate = self.frontiers.is_none();
        let boundaries = regimes::boundaries(&self.mesh, &self.crossings, zero_rate);
        let below = labels::titled(canvas, &self.options.title)?;
        let below = self.legend(!boundaries.is_empty()).above(&below)?;
        let [first, second] = titles(&self.mesh.axes, &self.options);
        let chart = chart(&below, "", (&first, x), (&second, y), false)?;
        let levels = self.levels();
        self.fill(&chart, &levels)?;
        let lines = self.draw_lines(&chart, &levels, &boundaries)?;
        let mut rooms = Rooms::default();
        self.name_regimes(&chart, &mut rooms)?;
        label_levels(&chart, &mut rooms, &levels, &lines)
    }
}

impl ContourMap {
    fn legend(&self, boundaries: bool) -> Legend {
        let mut legend = Legend::default();
        if let Some([_, zero_rate]) = &self.frontiers {
            legend = legend.with_line("feasible frontier", FEASIBLE);
            if zero_rate.is_some() {
                legend = legend.with_line("zero-rate frontier", ZERO_RATE);
            }
        }
        if boundaries {
            legend = legend.with_line("boundary of regimes", BOUNDARY);
        }
        legend = legend.with_line("R in bits", CONTOUR);
        let infeasible = |node: &Node| node.cell == Cell::Infeasible;
        if self.frontiers.is_some() || self.mesh.nodes.iter().any(infeasible) {
            legend = legend.with_region("infeasible", INFEASIBLE);
        }
        legend
    }

    fn fill(&self, chart: &Chart<'_, '_>, levels: &[f64]) -> Result<(), PlotError> {
        let area = chart.plotting_area();
        for polygon in self.infeasible(chart) {
            area.draw(&Polygon::new(polygon, INFEASIBLE))?;
        }
        for (index, &level) in [f64::NEG_INFINITY].iter().chain(levels).enumerate() {
            let colour = shade((index as f64 + 0.5) / (levels.len() + 1) as f64);
            let region = region(&self.mesh, level);
            if !region.is_empty() {
                area.draw(&Polygon::new(region, colour))?;
            }
        }
        if let Some([_, Some(zero_rate)]) = &self.frontiers {
            let (x, y) = (chart.x_range(), chart.y_range());
            let region = [within(zero_rate, chart), vec![(x.end, y.end)]].concat();
            area.draw(&Polygon::new(region, regime_colour(Regime::Neither)))?;
        }
        Ok(())
    }

    /// Below the frontier where it is known, otherwise the cells with an infeasible corner.
    fn infeasible(&self, chart: &Chart<'_, '_>) -> Vec<Vec<Point>> {
        let Some([Some(frontier), _]) = &self.frontiers else {
            let touched = |quad: &[usize; 4]| {
                quad.iter().any(|&index| self.mesh.nodes[index].cell == Cell::Infeasible)
            };
            let corners = |quad: [usize; 4]| quad.map(|index| self.mesh.nodes[index].at).to_vec();
            return self.mesh.quads().filter(touched).map(corners).collect();
        };
        let (x, y) = (chart.x_range(), chart.y_range());
        let edge = within(frontier, chart);
        let corners = [(x.end, y.start), (x.start, y.start), (x.start, y.end)];
        vec![[edge.as_slice(), &corners].concat()]
    }

    /// Draws all lines and returns those of the levels.
    fn draw_lines(
        &self,
        chart: &Chart<'_, '_>,
        levels: &[f64],
        boundaries: &[Vec<Point>],
    ) -> Result<Vec<Vec<Vec<Point>>>, PlotError> {
        let area = chart.plotting_area();
        let contours: Vec<_> = levels.iter().map(|level| contours(&self.mesh, *level)).collect();
        for line in contours.iter().flatten() {
            CONTOUR.draw_line(area, line.clone())?;
        }
        for line in boundaries {
            BOUNDARY.draw_line(area, line.clone())?;
        }
        let frontiers = self.frontiers.iter().flatten();
        for (frontier, style) in frontiers.zip([FEASIBLE, ZERO_RATE]) {
            if let Some(frontier) = frontier {
                style.draw_line(area, within(frontier, chart))?;
            }
        }
        Ok(contours)
    }

    fn name(&self, regime: Regime) -> String {
        if regime == Regime::Neither && !self.mesh.is_section {
            return "zero rate".into();
        }
        regime.named(self.mesh.axes.each_ref().map(Axis::word))
    }

    /// Names each regime where the name is furthest from all that is not in it, and from the edges of the map.
    fn name_regimes(&self, chart: &Chart<'_, '_>, rooms: &mut Rooms) -> Result<(), PlotError> {
        /// Enough nodes to find a good place, few enough to compare them all.
        const COMPARED: usize = 1500;
        const SIZE: u32 = 21;
        let stride = self.mesh.nodes.len().div_ceil(COMPARED).max(1);
        let nodes = || (0..self.mesh.nodes.len()).step_by(stride);
        let pixel = |at: Point| chart.plotting_area().map_coordinate(&at);
        let (x, y) = chart.plotting_area().get_pixel_range();
        let frontiers: Vec<_> = self
            .frontiers
            .iter()
            .flatten()
            .flatten()
            .map(|frontier| within(frontier, chart))
            .flat_map(|line| (0..=64).map(move |k| pixel(along(chart, &line, f64::from(k) / 64.0))))
            .collect();
        for regime in Regime::ALL {
            let name = self.name(regime);
            // Distances are in sizes of the name.
            let [across, up] = <[i32; 2]>::from(labels::half_size(&name, SIZE)).map(f64::from);
            let outside: Vec<_> = nodes()
                .filter(|&index| !self.mesh.is_inside(index, regime))
                .map(|index| pixel(self.mesh.nodes[index].at))
                .chain(frontiers.iter().copied())
                .collect();
            let room = |at: Point| {
                let (u, v) = pixel(at);
                let edge = f64::from((u - x.start).min(x.end - u)) / across;
                let edge = edge.min(f64::from((v - y.start).min(y.end - v)) / up);
                let distance = |other: &(i32, i32)| {
                    (f64::from(u - other.0).abs() / across).max(f64::from(v - other.1).abs() / up)
                };
                outside.iter().map(distance).fold(edge, f64::min)
            };
            let own = nodes().filter(|&index| self.mesh.is_inside(index, regime));
            let mut places: Vec<_> =
                own.map(|index| self.mesh.nodes[index].at).map(|at| (room(at), at)).collect();
            places.sort_by(|a, b| b.0.total_cmp(&a.0));
            rooms.label(chart, places.into_iter().map(|(_, at)| at), &name, SIZE)?;
        }
        Ok(())
    }
}

/// The frontier with its straight ends up to the edges of the chart.
fn within(frontier: &Polyline, chart: &Chart<'_, '_>) -> Vec<Point> {
    let (x, y) = (chart.x_range(), chart.y_range());
    let clamped = |v: &[f64; 2]| (v[0].clamp(x.start, x.end), v[1].clamp(y.start, y.end));
    let inner: Vec<Point> = frontier.vertices().iter().map(clamped).collect();
    let top = inner.first().map(|first| (first.0, y.end));
    let right = inner.last().map(|last| (x.end, last.1));
    top.into_iter().chain(inner).chain(right).collect()
}

/// Beside the middle of the longest line of each level, or wherever there is room along it.
fn label_levels(
    chart: &Chart<'_, '_>,
    rooms: &mut Rooms,
    levels: &[f64],
    lines: &[Vec<Vec<Point>>],
) -> Result<(), PlotError> {
    const SHARES: [f64; 9] = [0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9, 0.05, 0.95];
    for (level, lines) in levels.iter().zip(lines) {
        let longest = lines.iter().max_by(|a, b| length(chart, a).total_cmp(&length(chart, b)));
        let Some(line) = longest else { continue };
        let places = SHARES.map(|share| along(chart, line, share));
        rooms.label(chart, places, &rounded(*level), 19)?;
    }
    Ok(())
}

/// Without the digits that only the sum of round steps has.
fn rounded(level: f64) -> String {
    let digits = format!("{level:.10}");
    let short = digits.trim_end_matches('0').trim_end_matches('.');
    if level < 1e-6 { format!("{level:.1e}") } else { short.to_owned() }
}

/// In pixels.
fn distance(chart: &Chart<'_, '_>, a: Point, b: Point) -> f64 {
    let [a, b] = [a, b].map(|point| chart.plotting_area().map_coordinate(&point));
    f64::from(a.0 - b.0).hypot(f64::from(a.1 - b.1))
}

fn length(chart: &Chart<'_, '_>, line: &[Point]) -> f64 {
    line.windows(2).map(|ends| distance(chart, ends[0], ends[1])).sum()
}

/// The point at a share of a line's length.
fn along(chart: &Chart<'_, '_>, line: &[Point], share: f64) -> Point {
    let mut left = share * length(chart, line);
    for ends in line.windows(2) {
        let piece = distance(chart, ends[0], ends[1]);
        if piece > 0.0 && left <= piece {
            return between(ends[0], ends[1], left / piece);
        }
        left -= piece;
    }
    line.last().copied().unwrap_or_default()
}
