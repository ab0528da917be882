//! How the methods close the gap on three sources, as a picture and a table of traces.
//!
//! ```text
//! cargo run --release --example convergence                     # convergence.svg and convergence.csv
//! cargo run --release --example convergence -- --table          # how cost grows, n = 16 ... 1024
//! cargo run --release --example convergence -- --table 4096     # the same for the sizes given
//! ```
//!
//! What the picture teaches is in `docs/convergence.md`. The dashed line is Blahut-Arimoto at multipliers that another
//! method found first: the best case of the textbook's method, which has to search for them.

#![allow(clippy::print_stdout, reason = "the tables are what it is for")]

#[path = "../../benches/common/mod.rs"]
mod common;
#[path = "../digits/data.rs"]
mod data;

mod memory;
mod picture;
mod rates;
mod runs;
mod sources;
mod table;
mod traces;

use indicatif::{ProgressBar, ProgressStyle};
use rates::Rates;
use rdc_theory::{Settings, Solution};
use runs::{Line, Run};
use sources::Case;
use std::error::Error;
use std::time::Duration;

const PICTURE: &str = "convergence.svg";
const TRACES: &str = "convergence.csv";

/// In bits; close to what double precision supports.
const TOLERANCE: f64 = 1e-10;

/// Of one run, so that the whole ends within a minute.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The sizes of the table unless others are asked for.
const SIZES: [usize; 7] = [16, 32, 64, 128, 256, 512, 1024];

fn main() -> Result<(), Box<dyn Error>> {
    // The threads start with their first use, which is not to be on the account of one method.
    rayon::join(|| (), || ());
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => compare(),
        Some("--table") => {
            let sizes: Vec<usize> = arguments.map(|n| n.parse()).collect::<Result<_, _>>()?;
            table::print(if sizes.is_empty() { &SIZES } else { &sizes })
        }
        Some(other) => Err(format!("{other:?}: the one option is --table [n ...]").into()),
    }
}

fn compare() -> Result<(), Box<dyn Error>> {
    let cases = sources::all()?;
    let bar = ProgressBar::new((cases.len() * Line::ALL.len()) as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {msg}")?);
    let settings = Settings::default().with_tolerance(TOLERANCE)?.with_time_limit(TIME_LIMIT);
    let mut runs = Vec::new();
    for case in &cases {
        let optimum = case.rdc.solve_with(case.budgets[0], case.budgets[1], &settings)?;
        bar.suspend(|| println!("{}", heading(case, &optimum)));
        for line in Line::ALL {
            bar.set_message(format!("{}: {line}", case.name));
            let solution = line.solve(&case.rdc, case.budgets, &optimum, &settings)?;
            bar.suspend(|| println!("{}", row(line, &solution)));
            bar.inc(1);
            runs.push(Run { case, line, solution });
        }
        bar.suspend(|| println!("{}\n", Rates::at(case, &optimum)));
    }
    bar.finish_and_clear();
    std::fs::write(TRACES, traces::table(&runs))?;
    picture::draw(PICTURE, &cases, &runs)?;
    println!("The gap against iterations and time: {PICTURE}; the traces behind it: {TRACES}");
    Ok(())
}

fn heading(case: &Case, optimum: &Solution) -> String {
    let [distortion, error] = &optimum.constraints[..] else { return String::new() };
    format!(
        "{}: D = {}, E = {:.4}, R = {:.6} bits, slopes {:.3} and {:.3} bits per unit\n{:<34} {:>10} {:>15} {:>9} {:>10} {:>7}",
        case.title,
        case.budgets[0],
        case.budgets[1],
        optimum.rate,
        distortion.multiplier,
        error.multiplier,
        "",
        "iterations",
        "ended",
        "gap, bits",
        "time, ms",
        "ms/it."
    )
}

fn row(line: Line, solution: &Solution) -> String {
    let last = solution.trace.last();
    let milliseconds = last.map_or(0.0, |last| 1e3 * last.elapsed.as_secs_f64());
    format!(
        "{:<34} {:>10} {:>15} {:>9.1e} {milliseconds:>10.2} {:>7.3}",
        line.to_string(),
        solution.iterations,
        solution.status.to_string(),
        solution.gap(),
        milliseconds / solution.iterations.max(1) as f64
    )
}
