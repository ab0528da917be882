//! R(D,E) of real images: the 1,797 digits of `data/`, each a letter of the source and of the reproduction alphabet.
//!
//! ```text
//! cargo run --release --example digits
//! ```
//!
//! Distortion is the squared error per pixel (pixels in \[0, 1\]), c0 reads a reproduction as the class of the nearest
//! class mean. Prints the certified rates over a grid of budgets and writes `digits.svg`.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod data;
mod picture;

use data::{CLASSES, Digits, SIDE};
use indicatif::{ProgressBar, ProgressStyle};
use picture::Strip;
use rdc_theory::plot::Curve;
use rdc_theory::{Classifier, Distortion, Rdc, Settings, Solution, Source};
use std::error::Error;
use std::time::Instant;

const PICTURE: &str = "digits.svg";

/// Distortion budgets of the curves, squared error per pixel.
const DISTORTIONS: [f64; 9] = [0.005, 0.01, 0.02, 0.03, 0.04, 0.055, 0.07, 0.09, 0.11];

/// Error budgets of the curves; infinite leaves the classifier out.
const ERRORS: [f64; 4] = [f64::INFINITY, 0.3, 0.1, 0.02];

/// Budgets that no curve has: the classifier alone, and zero rate.
const FURTHER: [(f64, f64); 3] = [(f64::INFINITY, 0.1), (f64::INFINITY, 0.5), (0.13, 0.95)];

/// The point whose reproductions the picture shows.
const SHOWN: (f64, f64) = (0.04, 0.1);

/// Letters in the strip of the picture.
const STRIP: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let digits = Digits::load()?;
    let read_as = digits.nearest_mean();
    let source = Source::empirical(&digits.labels, CLASSES)?;
    let per_pixel = 1.0 / (SIDE * SIDE) as f64;
    let distortion =
        Distortion::squared_error(&digits.images, &digits.images)?.scaled(per_pixel)?;
    let rdc = Rdc::new(&source, distortion, &Classifier::hard(&read_as)?)?;

    let n = digits.labels.len();
    let wrong = digits.labels.iter().zip(&read_as).filter(|(label, read)| label != read).count();
    println!(
        "{n} digits; c0, the nearest class mean, misreads {:.2} % of the originals.",
        percent(wrong, n)
    );
    println!("D in squared error per pixel, rates in bits per image, slopes in bits per unit.\n");
    println!(
        "{:>7} {:>5} {:>11} {:>11} {:>8}  {:<20} {:>9} {:>9} {:>5} {:>6}",
        "D", "E", "lower", "R(D,E)", "gap", "active", "-dR/dD", "-dR/dE", "steps", "time"
    );

    let grid: Vec<(f64, f64)> = ERRORS
        .iter()
        .flat_map(|&e| DISTORTIONS.iter().map(move |&d| (d, e)))
        .chain(FURTHER)
        .collect();
    let bar = ProgressBar::new(grid.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} points, {eta} left")?);
    let settings = Settings::default().with_tolerance(1e-7)?;
    let mut curves: Vec<Curve> =
        ERRORS.iter().map(|&e| Curve { name: name(e), points: vec![] }).collect();
    let mut strip = None;
    for (d, e) in grid {
        let start = Instant::now();
        let solution = rdc.solve_with(d, e, &settings)?;
        let seconds = start.elapsed().as_secs_f64();
        bar.suspend(|| println!("{}", row(d, e, &solution, seconds)));
        bar.inc(1);
        if let Some(curve) = ERRORS.iter().position(|&of| of == e && d.is_finite()) {
            curves[curve].points.push((d, solution.rate));
        }
        if (d, e) == SHOWN {
            strip = Some(Strip::most_used(&digits, &read_as, &solution, SHOWN, STRIP));
        }
    }
    bar.finish_and_clear();
    picture::draw(PICTURE, curves, strip.as_ref())?;
    println!("\nR against D for each E, and the reproductions most used at one point: {PICTURE}");
    Ok(())
}

fn name(error: f64) -> String {
    if error.is_finite() { format!("R(D, E = {error})") } else { "R(D), no classifier".into() }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

fn row(d: f64, e: f64, solution: &Solution, seconds: f64) -> String {
    let [distortion, error] = [Rdc::DISTORTION, Rdc::ERROR].map(|k| &solution.constraints[k]);
    let active = match (distortion.is_active(), error.is_active()) {
        (true, true) => "both",
        (true, false) => "distortion",
        (false, true) => "classification",
        (false, false) => "none",
    };
    format!(
        "{d:>7} {e:>5} {:>11.7} {:>11.7} {:>8.1e}  {active:<20} {:>9.3} {:>9.3} {:>5} {seconds:>5.1}s",
        solution.lower,
        solution.rate,
        solution.gap(),
        distortion.multiplier,
        error.multiplier,
        solution.iterations,
    )
}
