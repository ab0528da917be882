//! The traces as comma-separated values.

use crate::runs::Run;
use rdc_theory::Progress;
use std::fs::File;
use std::io::{BufWriter, Write};

const HEADER: &str = "source,method,iteration,elapsed_s,rate_bits,lower_bits,gap_bits,excess_relative,support_letters,\
    multiplier_distortion_bits_per_unit,multiplier_error_bits_per_error";

pub(crate) fn write(path: &str, runs: &[Run<'_>]) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{HEADER}")?;
    for run in runs {
        for line in &run.solution.trace {
            writeln!(file, "{},{},{}", run.case.name, run.line.key(), fields(line))?;
        }
    }
    file.flush()
}

fn fields(line: &Progress) -> String {
    let multipliers: Vec<String> = line.multipliers.iter().map(|s| format!("{s:e}")).collect();
    format!(
        "{},{:e},{},{},{:e},{:e},{},{}",
        line.iteration,
        line.elapsed.as_secs_f64(),
        line.rate,
        line.lower,
        line.gap(),
        line.excess,
        line.support,
        multipliers.join(",")
    )
}
