//! Solves rate-distortion-classification problems given as JSON: the door without Rust code.
//!
//! ```text
//! cargo run --release --example solve -- FILE      (or - for standard input)
//! ```
//!
//! FILE holds a JSON array of cases, one case, or one case a line; `docs/solve.md` describes the keys. One JSON object a
//! case goes to standard output, in order. A case that is malformed or infeasible says so and the next one follows.

mod case;

use std::io::{Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!(
            "usage: solve FILE    (a JSON array of cases, or one case a line; - reads standard input)"
        );
        return ExitCode::FAILURE;
    };
    let text = match read(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("cannot read {path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut output = std::io::stdout().lock();
    for (index, case) in case::split(&text).into_iter().enumerate() {
        let answer = case::answer(index, case);
        // A reader that has seen enough closes the pipe: that is no failure.
        if writeln!(output, "{answer}").and_then(|()| output.flush()).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

fn read(path: &str) -> std::io::Result<String> {
    if path != "-" {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}
