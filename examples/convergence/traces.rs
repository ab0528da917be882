//! The traces of all runs as one table.

use crate::runs::Run;

pub(crate) fn table(runs: &[Run<'_>]) -> String {
    let mut table = String::new();
    for run in runs {
        let csv = run.solution.trace_csv();
        let (header, lines) = csv.split_once('\n').unwrap_or_default();
        if table.is_empty() {
            table = format!("source,method,{header}\n");
        }
        let key = |line| format!("{},{},{line}\n", run.case.name, run.line.key());
        table.extend(lines.lines().map(key));
    }
    table
}
