//! The picture: a column for each source, the gap against iterations above the gap against time.

use crate::runs::Run;
use crate::sources::Case;
use rdc_theory::plot::{ConvergencePlot, Panel, Plot, PlotError, Trace};

pub(crate) fn draw(path: &str, cases: &[Case], runs: &[Run<'_>]) -> Result<(), PlotError> {
    let panel = |case: &Case| {
        let own = runs.iter().filter(|run| run.case.name == case.name);
        let traces = own.map(|run| Trace::of(run.line.to_string(), &run.solution)).collect();
        Panel { title: case.title.clone(), traces }
    };
    ConvergencePlot::new(cases.iter().map(panel).collect()).write(path)
}
