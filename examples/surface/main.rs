//! The whole trade-off of a source with ten classes: the analogue of the paper's Fig. 3(a) and 3(b), for a Gaussian mixture
//! and with certified rates in the place of trained codecs.
//!
//! ```text
//! cargo run --release --example surface
//! ```
//!
//! Ten Gaussian classes stand in a circle; letters are the points of a grid that covers them, for source and reproduction
//! alike; c0 reads a letter as the class of the nearest mean. Writes `surface-levels.svg` (distortion against error at given
//! rates), `surface.svg` (the rate over both) and `surface.csv`, and answers what one asks of such a surface.

#![allow(clippy::print_stdout, reason = "the answers are what it is for")]

use indicatif::{ProgressBar, ProgressStyle};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::plot::{ContourMap, Options, Plot, SurfacePlot};
use rdc_theory::theorem1::check_samples;
use rdc_theory::{AtRate, Classifier, Distortion, Rdc, RdcError, Settings, Source, Surface};
use std::error::Error;
use std::f64::consts::TAU;
use std::ops::ControlFlow;

const CLASSES: usize = 10;

/// Where the class means stand, and how wide the classes are.
const RADIUS: f64 = 3.0;
const DEVIATION: f64 = 0.55;

/// Points of the grid a side, and half its width.
const SIDE: usize = 15;
const HALF: f64 = 4.2;

/// Budgets an axis.
const STEPS: usize = 36;

/// Budgets an axis of the map.
const MESH: usize = 24;

/// The rate of the questions, in bits.
const RATE: f64 = 2.0;

fn main() -> Result<(), Box<dyn Error>> {
    let rdc = mixture()?;
    let (least, most) = (rdc.feasible_frontier(), rdc.zero_rate_frontier());
    let ends = most.map_or((f64::NAN, 1.0), |line| (line.smallest_first(), line.smallest_second()));
    println!(
        "{CLASSES} classes on {} points; c0 misreads at least {:.4} of them,",
        SIDE * SIDE,
        least.smallest_second()
    );
    println!("and without any bits the distortion is {:.3}, the error rate {:.3}.", ends.0, ends.1);

    let distortions = steps(0.02 * ends.0, 1.02 * ends.0);
    let errors = steps(least.smallest_second() + 0.002, 1.02 * ends.1);
    let surface = sweep(&rdc, &distortions, &errors)?;
    let report = check_samples(&surface.samples())?;
    println!("\n{report}\n");

    questions(&rdc)?;
    let options = Options::default()
        .with_first("distortion budget D, squared error per symbol")
        .with_second("error budget E, misread labels per symbol");
    let title = "Distortion against error at given rates, ten Gaussian classes";
    // Computed anew on a mesh of its own, which finds where the regimes end between the cells.
    let map = ContourMap::of(&rdc, MESH)?;
    map.with_options(options.clone().with_title(title)).write("surface-levels.svg")?;
    let space = options.with_title("R(D,E) of ten Gaussian classes").with_size(900, 760);
    SurfacePlot::new(&surface).with_options(space).write("surface.svg")?;
    std::fs::write("surface.csv", surface.to_csv())?;
    println!("surface-levels.svg, surface.svg and surface.csv show and hold all of it.");
    Ok(())
}

/// The mixture on its grid, with squared error.
fn mixture() -> Result<Rdc, RdcError> {
    let place = |i: usize| HALF * (2.0 * i as f64 / (SIDE - 1) as f64 - 1.0);
    let points =
        DMatrix::from_fn(SIDE * SIDE, 2, |x, k| place(if k == 0 { x / SIDE } else { x % SIDE }));
    let mean = |class: usize| {
        let angle = TAU * class as f64 / CLASSES as f64;
        [RADIUS * angle.cos(), RADIUS * angle.sin()]
    };
    let square = |x: usize, class: usize| {
        let [a, b] = mean(class);
        (points[(x, 0)] - a).powi(2) + (points[(x, 1)] - b).powi(2)
    };
    let density = |class, x| (-square(x, class) / (2.0 * DEVIATION * DEVIATION)).exp();
    let mut conditionals = DMatrix::from_fn(CLASSES, SIDE * SIDE, density);
    for mut row in conditionals.row_iter_mut() {
        let total = row.sum();
        row /= total;
    }
    let priors = DVector::from_element(CLASSES, 1.0 / CLASSES as f64);
    let source = Source::from_classes(priors, conditionals)?;
    let nearest =
        |x: usize| (0..CLASSES).min_by(|&a, &b| square(x, a).total_cmp(&square(x, b))).unwrap_or(0);
    let read_as: Vec<usize> = (0..SIDE * SIDE).map(nearest).collect();
    Rdc::new(&source, Distortion::squared_error(&points, &points)?, &Classifier::hard(&read_as)?)
}

fn steps(low: f64, high: f64) -> Vec<f64> {
    (0..STEPS).map(|i| low + (high - low) * i as f64 / (STEPS - 1) as f64).collect()
}

fn sweep(rdc: &Rdc, distortions: &[f64], errors: &[f64]) -> Result<Surface, Box<dyn Error>> {
    let bar = ProgressBar::new((distortions.len() * errors.len()) as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} points, {eta} left")?);
    let settings = Settings::default().with_tolerance(1e-7)?;
    let surface = rdc.sweep(distortions, errors)?.with_settings(settings).run(|progress| {
        bar.set_position(progress.done as u64);
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    Ok(surface)
}

/// What accuracy is there for some bits, and what does a point of accuracy cost?
fn questions(rdc: &Rdc) -> Result<(), RdcError> {
    let settings = Settings::default().with_tolerance(1e-7)?;
    for d in [f64::INFINITY, 2.0] {
        let given = if d.is_finite() {
            format!("at distortion {d}")
        } else {
            "without a distortion budget".into()
        };
        match rdc.error_at_with(RATE, d, &settings)? {
            AtRate::Enough(least) => println!(
                "{RATE} bits {given}: error rate {:.5}, where one point of accuracy costs {:.3} bits.",
                least.upper,
                0.01 * least.slope
            ),
            AtRate::TooLittle(solution) => {
                println!("{RATE} bits {given} are too few: {:.3} are needed.", solution.rate);
            }
        }
    }
    Ok(())
}
