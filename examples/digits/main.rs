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
use rdc_theory::{Classifier, Distortion, Rdc, Settings, Source, SurfacePoint};
use std::error::Error;
use std::ops::ControlFlow;
use std::time::Instant;

const PICTURE: &str = "digits.svg";

/// Distortion budgets, squared error per pixel; infinite leaves the classifier alone.
const DISTORTIONS: [f64; 10] =
    [0.005, 0.01, 0.02, 0.03, 0.04, 0.055, 0.07, 0.09, 0.11, f64::INFINITY];

/// Error budgets, a curve each; infinite leaves the classifier out.
const ERRORS: [f64; 4] = [0.02, 0.1, 0.3, f64::INFINITY];

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

    let settings = Settings::default().with_tolerance(1e-7)?;
    let start = Instant::now();
    let bar = ProgressBar::new((DISTORTIONS.len() * ERRORS.len()) as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} points, {elapsed}")?);
    bar.tick();
    let sweep = rdc.sweep(&DISTORTIONS, &ERRORS)?.with_settings(settings.clone());
    let surface = sweep.run(|progress| {
        bar.set_position(progress.done as u64);
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();

    println!("D in squared error per pixel, rates in bits per image, slopes in bits per unit.\n");
    println!(
        "{:>7} {:>5} {:>11} {:>11} {:>8}  {:<20} {:>9} {:>9}",
        "D", "E", "lower", "R(D,E)", "gap", "regime", "-dR/dD", "-dR/dE"
    );
    for (d, e, cell) in surface.iter() {
        println!("{d:>7} {e:>5} {}", cell.point().map_or("no channel".into(), row));
    }
    let shown = rdc.solve_with(SHOWN.0, SHOWN.1, &settings)?;
    let strip = Strip::most_used(&digits, &read_as, &shown, SHOWN, STRIP);
    picture::draw(PICTURE, &surface, &strip)?;
    println!("\n{} points in {seconds:.0} seconds.", DISTORTIONS.len() * ERRORS.len());
    println!("R against D for each E, and the reproductions most used at one point: {PICTURE}");
    Ok(())
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

fn row(point: &SurfacePoint) -> String {
    let [s, t] = point.multipliers;
    format!(
        "{:>11.7} {:>11.7} {:>8.1e}  {:<20} {s:>9.3} {t:>9.3}",
        point.lower,
        point.rate,
        point.gap(),
        point.regime.named(["distortion", "classification"]),
    )
}
