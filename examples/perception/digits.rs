//! R(D,P,E) of handwritten digits: what it costs in bits that the reproductions have the statistics of the images.
//!
//! The source is every so many-th of the 1,797 images of `data/`, each a letter of probability 1/n and each a reproduction; the
//! law to be kept is the source's own. Distortion is the squared error per pixel, c0 the nearest class mean of all images.
//! Total variation asks that every image be shown as often as it occurs. Optimal transport with the squared error as its cost
//! (the square of the Wasserstein-2 distance) lets an image stand for those that look like it.

use crate::data::{CLASSES, Digits, SIDE};
use crate::picture::{self, Panel};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::plot::Curve;
use rdc_theory::{
    Classifier, Distortion, Perception, RdcError, Rdpc, Settings, Solution, Source, Status,
};
use std::error::Error;
use std::time::Instant;

const PER_PIXEL: f64 = 1.0 / (SIDE * SIDE) as f64;

/// In bits.
const TOLERANCE: f64 = 1e-7;

const DISTORTIONS: [f64; 9] = [0.01, 0.02, 0.03, 0.04, 0.055, 0.07, 0.09, 0.11, 0.13];

/// Those of the table with brackets.
const SHOWN: [f64; 3] = [0.02, 0.055, 0.09];

/// None, and about what c0 misreads of the originals.
const ERRORS: [f64; 2] = [f64::INFINITY, 0.1];

/// Of every how many images one is taken in a quick run.
const QUICK: usize = 30;

/// A divergence, its budgets, and how many of the images it is asked of.
struct Case {
    name: &'static str,
    unit: &'static str,
    symbol: &'static str,
    every: usize,
    perception: fn(&DMatrix<f64>) -> Result<Perception, RdcError>,
    budgets: [f64; 4],
    picture: &'static str,
}

const CASES: [Case; 2] = [
    Case {
        name: "total variation",
        unit: "share of the images that would have to be others",
        symbol: "TV",
        every: 3,
        perception: |images| Perception::total_variation(uniform(images.nrows())),
        budgets: [0.0, 0.1, 0.3, f64::INFINITY],
        picture: "perception-digits.svg",
    },
    Case {
        name: "optimal transport (W2 squared)",
        unit: "squared error per pixel",
        symbol: "W2^2",
        every: 18,
        perception: |images| Perception::transport(uniform(images.nrows()), distances(images)),
        budgets: [0.0, 0.005, 0.02, f64::INFINITY],
        picture: "perception-transport.svg",
    },
];

pub(crate) fn run(quick: bool) -> Result<(), Box<dyn Error>> {
    let digits = Digits::load()?;
    let read_as = digits.nearest_mean();
    for case in &CASES {
        case.run(&digits, &read_as, if quick { QUICK } else { case.every })?;
    }
    Ok(())
}

impl Case {
    fn run(&self, digits: &Digits, read_as: &[usize], every: usize) -> Result<(), Box<dyn Error>> {
        let kept: Vec<usize> = (0..digits.labels.len()).step_by(every).collect();
        let of_kept = |classes: &[usize]| kept.iter().map(|&i| classes[i]).collect::<Vec<_>>();
        let (labels, read_as) = (of_kept(&digits.labels), of_kept(read_as));
        let images = digits.images.select_rows(&kept);
        let n = kept.len();
        let source = Source::empirical(&labels, CLASSES)?;
        let distortion = Distortion::squared_error(&images, &images)?.scaled(PER_PIXEL)?;
        let perception = (self.perception)(&images)?;
        let rdpc = Rdpc::new(&source, distortion, &Classifier::hard(&read_as)?, perception)?;
        let wrong = labels.iter().zip(&read_as).filter(|(label, read)| label != read).count();
        println!(
            "{n} digits; c0 misreads {:.1} % of the originals.",
            100.0 * wrong as f64 / n as f64
        );
        println!("D in squared error per pixel; P is {}, {}.\n", self.name, self.unit);

        let start = Instant::now();
        let settings = Settings::default().with_tolerance(TOLERANCE)?;
        let mut tally = Tally::default();
        let mut panels = Vec::new();
        heading();
        for e in ERRORS {
            let mut curves = Vec::new();
            for p in self.budgets {
                let mut points = Vec::new();
                for d in DISTORTIONS {
                    let solution = rdpc.solve_with(d, p, e, &settings)?;
                    if SHOWN.contains(&d) {
                        row((d, p, e), &solution);
                    }
                    tally.take(&solution);
                    points.push((d, solution.rate));
                }
                curves.push(Curve { name: self.label(p), points });
            }
            let title = if e.is_finite() {
                format!("classifier right: E = {e}")
            } else {
                "no classifier".into()
            };
            panels.push(Panel { title: format!("{n} digits, {title}"), curves });
        }
        tally.print(start.elapsed().as_secs_f64());
        let [free, read] = [&panels[0], &panels[1]];
        costs(free, read);
        let x = "distortion budget D, squared error per pixel";
        picture::draw(self.picture, [free, read], x, "rate R, bits per image")?;
        println!("\nR against D for each P, without and with the classifier: {}\n", self.picture);
        Ok(())
    }

    fn label(&self, p: f64) -> String {
        if p.is_finite() { format!("{} \u{2264} {p}", self.symbol) } else { "any law".into() }
    }
}

fn uniform(n: usize) -> DVector<f64> {
    DVector::from_element(n, 1.0 / n as f64)
}

fn distances(images: &DMatrix<f64>) -> DMatrix<f64> {
    let n = images.nrows();
    DMatrix::from_fn(n, n, |y, z| (images.row(y) - images.row(z)).norm_squared() * PER_PIXEL)
}

fn heading() {
    println!(
        "{:>6} {:>6} {:>4} {:>11} {:>11} {:>8} {:<10} {:>8} {:>9} {:>7}",
        "D", "P", "E", "lower", "R(D,P,E)", "gap", "status", "-dR/dD", "-dR/dP", "-dR/dE"
    );
}

fn row((d, p, e): (f64, f64, f64), solution: &Solution) {
    let slope = |k: usize| solution.constraints[k].multiplier;
    println!(
        "{d:>6} {p:>6} {e:>4} {:>11.7} {:>11.7} {:>8.1e} {:<10} {:>8.3} {:>9.4} {:>7.3}",
        solution.lower,
        solution.rate,
        solution.gap(),
        solution.status.to_string(),
        slope(Rdpc::DISTORTION),
        slope(Rdpc::PERCEPTION),
        slope(Rdpc::ERROR),
    );
}

#[derive(Default)]
struct Tally {
    points: usize,
    certified: usize,
    widest: f64,
    iterations: usize,
}

impl Tally {
    fn take(&mut self, solution: &Solution) {
        self.points += 1;
        self.certified += usize::from(solution.status == Status::Certified);
        self.widest = self.widest.max(solution.gap());
        self.iterations = self.iterations.max(solution.iterations);
    }

    fn print(&self, seconds: f64) {
        let Self { points, certified, widest, iterations } = self;
        println!(
            "\n{certified} of {points} points certified to {TOLERANCE:.0e} bits, the widest bracket {widest:.1e}; at most {iterations} iterations; {seconds:.1} s."
        );
    }
}

/// Prints how many bits more the curves cost than where the reproductions may have any law.
fn costs(free: &Panel, read: &Panel) {
    println!("\nWhat the law costs, in bits, without the classifier | with it:\n");
    let panels = [more_than_last(&free.curves), more_than_last(&read.curves)];
    let line = |cell: &dyn Fn(&Curve) -> String| {
        panels.each_ref().map(|curves| curves.iter().map(cell).collect::<String>()).join(" |")
    };
    println!("{:>6}{}", "D", line(&|curve| format!(" {:>13}", curve.name)));
    for (i, d) in DISTORTIONS.iter().enumerate() {
        println!("{d:>6}{}", line(&|curve| format!(" {:>13.4}", curve.points[i].1)));
    }
}

/// The curves but the last, less the last.
fn more_than_last(curves: &[Curve]) -> Vec<Curve> {
    let Some((last, others)) = curves.split_last() else { return Vec::new() };
    let less = |curve: &Curve| {
        let pairs = curve.points.iter().zip(&last.points);
        // Below zero by no more than the brackets.
        let points = pairs.map(|(&(d, rate), &(_, any))| (d, (rate - any).max(0.0))).collect();
        Curve { name: curve.name.clone(), points }
    };
    others.iter().map(less).collect()
}
