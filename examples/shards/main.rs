//! A surface in shards, for any job system: each process computes some rows, one puts them together.
//!
//! ```text
//! cargo run --release --example shards -- --problem FILE --shard 3/8 --out FILE
//! cargo run --release --example shards -- merge FILES
//! ```
//!
//! `docs/files.md` describes the problem file. Shards are numbered from 0. The merged surface goes to standard output as
//! comma-separated values.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod job;

use job::{Job, Shard};
use rdc_theory::Surface;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::process::ExitCode;

const USAGE: &str =
    "usage: shards --problem FILE --shard INDEX/COUNT --out FILE\n       shards merge FILES";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    match *arguments {
        ["--problem", problem, "--shard", shard, "--out", out] => {
            compute(problem, shard.parse()?, out)
        }
        ["merge", ref files @ ..] => merge(files),
        _ => Err(USAGE.into()),
    }
}

fn compute(problem: &str, shard: Shard, out: &str) -> Result<(), Box<dyn Error>> {
    let surface = read::<Job>(problem)?.compute(shard)?;
    let text = serde_json::to_string(&surface)?;
    std::fs::write(out, text).map_err(|error| format!("{out}: {error}").into())
}

fn merge(files: &[&str]) -> Result<(), Box<dyn Error>> {
    let shards = files.iter().map(|file| read(file)).collect::<Result<Vec<Surface>, _>>()?;
    let surface = Surface::merge(&shards)?;
    if !surface.is_complete() {
        eprintln!("some cells are missing: not all shards are among the files");
    }
    print!("{}", surface.to_csv());
    Ok(())
}

fn read<T: DeserializeOwned>(path: &str) -> Result<T, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?)
}
