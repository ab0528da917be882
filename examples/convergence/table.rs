//! How cost grows with the alphabets: one point of the Gaussian mixture by each method, in units of one matrix product.

use crate::common::{median, mixture, seconds};
use crate::memory;
use crate::runs::Line;
use crate::sources;
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::{RdcError, Settings, Solution, Status};
use std::error::Error;
use std::time::{Duration, Instant};

/// In bits.
const TOLERANCE: f64 = 1e-6;

const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Multiplications spent on the unit, in 3 to 999 products of which the median counts.
const MULTIPLICATIONS: usize = 1 << 31;

pub(crate) fn print(sizes: &[usize]) -> Result<(), Box<dyn Error>> {
    println!(
        "To {TOLERANCE:e} bits or for {} s. A unit is one n x n x n product; * marks runs that did not finish.\n",
        TIME_LIMIT.as_secs()
    );
    println!("| n = m | method | iterations | units | seconds | gap, bits | peak, MB |");
    println!("| ---: | --- | ---: | ---: | ---: | ---: | ---: |");
    let settings = Settings::default().with_tolerance(TOLERANCE)?;
    let limited = settings.clone().with_time_limit(TIME_LIMIT).with_max_iterations(usize::MAX);
    for &n in sizes {
        let rdc = mixture(n)?;
        let [d, e] = sources::few_errors(&rdc)?;
        let optimum = rdc.solve_with(d, e, &settings)?;
        let unit = unit(n);
        for line in Line::ALL {
            let solve = || line.solve(&rdc, [d, e], &optimum, &limited);
            println!("{}", row(n, line, unit, solve)?);
        }
    }
    Ok(())
}

/// Seconds for one product.
fn unit(n: usize) -> f64 {
    let factor = DMatrix::from_fn(n, n, |i, j| ((7 * i + 3 * j) % 11) as f64);
    let products = (MULTIPLICATIONS / n.pow(3).max(1)).clamp(3, 999);
    median((0..products).map(|_| seconds(|| &factor * &factor)).collect())
}

fn row(
    n: usize,
    line: Line,
    unit: f64,
    solve: impl FnOnce() -> Result<Solution, RdcError>,
) -> Result<String, RdcError> {
    let reset = memory::reset_peak();
    let start = Instant::now();
    let solution = solve()?;
    let time = start.elapsed().as_secs_f64();
    // What a run frees may stay with the process, so only the first and largest of a size is told.
    let peak = memory::peak().filter(|_| reset && line == Line::ALL[0]);
    let mark = if solution.status == Status::Certified { "" } else { " *" };
    Ok(format!(
        "| {n} | {line} | {}{mark} | {} | {} | {:.1e} | {} |",
        solution.iterations,
        figures(time / unit),
        figures(time),
        solution.gap(),
        peak.map_or("-".into(), |peak| format!("{peak:.0}"))
    ))
}

/// Two figures, as timings have no more.
fn figures(value: f64) -> String {
    let last = value.log10().floor() - 1.0;
    let rounded = (value / 10.0_f64.powf(last)).round() * 10.0_f64.powf(last);
    format!("{rounded:.*}", (-last).clamp(0.0, 6.0) as usize)
}
