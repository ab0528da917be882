//! How runs close their gaps.

use super::canvas::{Canvas, Point};
use super::chart::{Plot, chart};
use super::error::PlotError;
use super::labels;
use super::legend::Legend;
use super::options::Options;
use super::scale::Scale;
use super::style::Style;
use super::thinning::{marked, thinned};
use crate::result::progress::Progress;
use crate::result::solution::Solution;

/// Shares of the axes: points closer than the first are drawn as one, markers are apart by the second.
const FINEST: f64 = 0.004;

const BETWEEN_MARKERS: f64 = 0.16;

/// The trace of one run, as of [`Solution::trace`].
#[derive(Debug, Clone)]
pub struct Trace<'a> {
    /// What the legend says of it: traces of one name in several panels look the same.
    pub name: String,
    /// A line for each iteration reported.
    pub lines: &'a [Progress],
}

impl<'a> Trace<'a> {
    /// The trace of a solution.
    #[must_use]
    pub fn of(name: impl Into<String>, solution: &'a Solution) -> Self {
        Self { name: name.into(), lines: &solution.trace }
    }
}

/// Runs that are compared.
#[derive(Debug, Clone)]
pub struct Panel<'a> {
    /// What they have in common.
    pub title: String,
    /// The runs.
    pub traces: Vec<Trace<'a>>,
}

/// The gap in bits against iterations, above the gap against time: a column for each panel, on logarithmic axes.
///
/// Iteration 0, a gap of 0, and iterations before there is an upper bound have no place on them.
///
/// ```
/// use rdc_theory::nalgebra::{DMatrix, DVector};
/// use rdc_theory::plot::{ConvergencePlot, Panel, Plot, Trace};
/// use rdc_theory::{Classifier, Distortion, Rdc, Source};
///
/// let posterior = DMatrix::from_row_slice(3, 2, &[0.9, 0.1, 0.5, 0.5, 0.1, 0.9]);
/// let source = Source::new(DVector::from_vec(vec![0.3, 0.4, 0.3]), posterior)?;
/// let rdc = Rdc::new(&source, Distortion::hamming(3)?, &Classifier::hard(&[0, 0, 1])?)?;
/// let solution = rdc.solve(0.3, 0.35)?;
///
/// let traces = vec![Trace::of("interior point", &solution)];
/// let panel = Panel { title: "three letters".into(), traces };
/// let svg = ConvergencePlot::new(vec![panel]).svg()?;
/// assert!(svg.contains("gap, bits") && svg.contains("time, ms"));
/// # Ok::<(), rdc_theory::plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ConvergencePlot<'a> {
    panels: Vec<Panel<'a>>,
    options: Options,
}

impl<'a> ConvergencePlot<'a> {
    /// A column for each panel.
    #[must_use]
    pub fn new(panels: Vec<Panel<'a>>) -> Self {
        let width = 500 * panels.len().clamp(1, 20) as u32;
        Self { panels, options: Options::default().with_size(width.max(700), 1040) }
    }

    /// With other options.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The names of the traces in order of appearance.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for trace in self.panels.iter().flat_map(|panel| &panel.traces) {
            if !names.contains(&trace.name.as_str()) {
                names.push(&trace.name);
            }
        }
        names
    }
}

/// What a row of panels has the gap against.
#[derive(Debug, Clone, Copy)]
struct Axis {
    name: &'static str,
    value: fn(&Progress) -> f64,
}

const AXES: [Axis; 2] = [
    Axis { name: "iteration", value: |line| line.iteration as f64 },
    Axis { name: "time, ms", value: |line| 1e3 * line.elapsed.as_secs_f64() },
];

impl Axis {
    /// The decimal logarithms of what can be shown.
    fn points(&self, trace: &Trace<'_>) -> Vec<Point> {
        let logarithms = |line: &Progress| ((self.value)(line).log10(), line.gap().log10());
        let finite = |point: &Point| point.0.is_finite() && point.1.is_finite();
        trace.lines.iter().map(logarithms).filter(finite).collect()
    }
}

impl Plot for ConvergencePlot<'_> {
    fn options(&self) -> &Options {
        &self.options
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), PlotError> {
        let names = self.names();
        let mut legend = Legend::default();
        for (index, name) in names.iter().enumerate() {
            legend = legend.with_line(*name, Style::of(index));
        }
        let below = legend.above(&labels::titled(canvas, &self.options.title)?)?;
        let areas = below.split_evenly((AXES.len(), self.panels.len().max(1)));
        for (row, axis) in areas.chunks(self.panels.len().max(1)).zip(AXES) {
            let scales = self.scales(axis)?;
            for (area, panel) in row.iter().zip(&self.panels) {
                draw_panel(area, panel, axis, &scales, &names)?;
            }
        }
        Ok(())
    }
}

impl ConvergencePlot<'_> {
    /// The same for all panels, so that they can be compared.
    fn scales(&self, axis: Axis) -> Result<[Scale; 2], PlotError> {
        const EMPTY: PlotError = PlotError::Empty { what: "traces" };
        let traces = self.panels.iter().flat_map(|panel| &panel.traces);
        let points: Vec<Point> = traces.flat_map(|trace| axis.points(trace)).collect();
        Ok([
            Scale::covering_powers(points.iter().map(|point| point.0)).ok_or(EMPTY)?,
            Scale::covering_powers(points.iter().map(|point| point.1)).ok_or(EMPTY)?,
        ])
    }
}

fn draw_panel(
    area: &Canvas<'_>,
    panel: &Panel<'_>,
    axis: Axis,
    scales: &[Scale; 2],
    names: &[&str],
) -> Result<(), PlotError> {
    let [x, y] = scales.clone();
    let chart = chart(area, &panel.title, (axis.name, x), ("gap, bits", y), true)?;
    for trace in &panel.traces {
        let index = names.iter().position(|name| *name == trace.name).unwrap_or(0);
        let style = Style::of(index);
        let points = thinned(&axis.points(trace), scales, FINEST);
        for point in marked(&points, scales, BETWEEN_MARKERS) {
            style.draw_marker(chart.plotting_area(), point)?;
        }
        style.draw_line(chart.plotting_area(), points)?;
    }
    Ok(())
}
