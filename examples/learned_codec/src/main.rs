//! Trains the learned codec of arXiv 2405.03500, section 4, and compares it with the certified limit R(D,E) of its own
//! codebook.
//!
//! ```text
//! cargo run --release                       # the 8x8 digits of this repository, minutes
//! cargo run --release -- --mnist DIR        # a part of MNIST, half an hour on two cores
//! ```

mod arguments;

use arguments::Arguments;
use burn::tensor::Device;
use clap::Parser;
use learned_codec::{Data, Measures, Progress, Row, Run, Schedule, Setup, Store};
use learned_codec::{digits, idx, results};
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let grid = arguments.grid();
    let data = match arguments.mnist() {
        Some(folder) => {
            let sets = (idx::training_set(folder)?, idx::test_set(folder)?);
            Data::new("mnist", sets, grid)
        }
        None => Data::new("digits", digits::load()?, grid),
    };
    let schedule = Schedule { epochs: grid.epochs(), gradient: arguments.gradient() };
    let setup = Setup::new(&data, schedule);
    let out = arguments.out(&data.name);
    let store = Store::open(&out, &setup)?;
    let device = Device::default();
    let progress = Progress::default();
    let run = Run { data: &data, setup: &setup, store: &store, device: &device };

    let classifier = run.classifier(&progress)?;
    let originals = Measures::originals(&classifier, &data.test, &device);
    progress.say(&format!(
        "{}: {} images train a codec, {} the classifier, which misreads {:.2} % of the {} test images.",
        data.name,
        data.training.len(),
        data.for_classifier.len(),
        100.0 * originals.error,
        data.test.len()
    ));
    let cells = grid.cells();
    run.train(&cells, &classifier, arguments.workers(), &progress)?;
    let models = run.models(&cells, &classifier)?;
    let rows = run.rows(&models, &progress)?;
    let files = results::write(&run, &models, &rows)?.join(", ");

    progress.say("\nOn the test images: MSE summed over pixels; rates in bits per image, R(D,E) at the codec's D and E without dither.");
    progress.say(&format!(
        "{:>2} {:>7} {:>4} {:>9} {:>8} {:>8} {:>8} {:>9} {:>9} {:>8} {:>7}  {}",
        "L",
        "lambda",
        "seed",
        "dithered",
        "error",
        "plain",
        "error",
        "d log2 L",
        "H(index)",
        "R(D,E)",
        "union",
        "beats the mean"
    ));
    rows.iter().for_each(|row| progress.say(&line(row)));
    let constant = data.mse_of_mean();
    let certified =
        rows.iter().flat_map(|row| [row.limit, row.union]).filter(|limit| limit.certified);
    let worse = rows.iter().filter(|row| !row.beats_mean).count();
    progress.say(&format!(
        "\nThe mean training image has MSE {constant:.2}: {worse} of {} models do not beat it. {} of {} limits are certified.",
        rows.len(),
        certified.count(),
        2 * rows.len()
    ));
    let seconds = start.elapsed().as_secs_f64();
    progress.say(&format!("{seconds:.0} seconds; in {}: {files}.", out.display()));
    Ok(())
}

fn line(row: &Row) -> String {
    let Row { trained, bits, plain, entropy, limit, union, beats_mean } = row;
    let (cell, test) = (trained.cell, trained.test);
    format!(
        "{:>2} {:>7} {:>4} {:>9.2} {:>8.4} {:>8.2} {:>8.4} {bits:>9.3} {entropy:>9.3} {:>8.3} {:>7.3}  {}",
        cell.levels,
        cell.lambda,
        cell.seed,
        test.mse,
        test.error,
        plain.mse,
        plain.error,
        limit.rate,
        union.rate,
        if *beats_mean { "yes" } else { "no" }
    )
}
