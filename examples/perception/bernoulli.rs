//! A noisily labelled bit: R(D,P,E) with Hamming distortion and total variation, against the closed forms of its faces.

use crate::picture::{self, Panel};
use rdc_theory::closed_form::bernoulli_perception;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::plot::Curve;
use rdc_theory::{
    BinaryClassifier, BinaryRdc, Classifier, Distortion, Perception, RdcError, Rdpc, Source, Status,
};
use std::error::Error;

const PICTURE: &str = "perception-bernoulli.svg";

/// P(X = 1).
const P: f64 = 0.3;

/// P(class 1 | X = x).
const LABEL_POSTERIOR: [f64; 2] = [0.05, 0.8];

const PERCEPTIONS: [f64; 4] = [0.0, 0.05, 0.1, f64::INFINITY];

/// Error budgets: none, and one in five; 0.095 is what the noise of the labels costs the bit itself.
const ERRORS: [f64; 2] = [f64::INFINITY, 0.2];

/// Distortions of the curves: this many steps of this length, from one step on.
const STEPS: usize = 45;
const STEP: f64 = 0.01;

/// Distortions of the table.
const SHOWN: [f64; 4] = [0.05, 0.15, 0.25, 0.35];

/// A bound and a closed form that differ by less, in bits, are the same.
const SAME: f64 = 1e-9;

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let bit = Bit::new()?;
    println!(
        "X ~ Bern({P}), P(class 1 | X) = {LABEL_POSTERIOR:?}, c0 reads the reproduction as the class;"
    );
    println!("Hamming distortion D, total variation P, error rate E. Rates in bits per symbol.\n");
    println!(
        "{:>5} {:>5} {:>5} {:>13} {:>13} {:>8} {:<10} {:>8} {:>8} {:>8}",
        "D", "P", "E", "lower", "R(D,P,E)", "gap", "status", "-dR/dD", "-dR/dP", "-dR/dE"
    );
    let (mut panels, mut check) = (Vec::new(), Check::default());
    for e in ERRORS {
        let mut curves = Vec::new();
        for p in PERCEPTIONS {
            let mut points = Vec::new();
            for d in (1..=STEPS).map(|step| STEP * step as f64) {
                let solution = bit.rdpc.solve(d, p, e)?;
                check.point(&bit, (d, p, e), solution.lower, solution.rate, solution.status)?;
                points.push((d, solution.rate));
                if SHOWN.iter().any(|shown| (shown - d).abs() < 1e-9) {
                    let slope = |k: usize| solution.constraints[k].multiplier;
                    println!(
                        "{d:>5.2} {p:>5} {e:>5} {:>13.10} {:>13.10} {:>8.1e} {:<10} {:>8.4} {:>8.4} {:>8.4}",
                        solution.lower,
                        solution.rate,
                        solution.gap(),
                        solution.status.to_string(),
                        slope(Rdpc::DISTORTION),
                        slope(Rdpc::PERCEPTION),
                        slope(Rdpc::ERROR),
                    );
                }
            }
            curves.push(Curve {
                name: if p.is_finite() { format!("TV \u{2264} {p}") } else { "any law".into() },
                points,
            });
        }
        let title = if e.is_finite() {
            format!("a bit, classifier right: E = {e}")
        } else {
            "a bit, no classifier".to_owned()
        };
        panels.push(Panel { title, curves });
    }
    check.print();
    picture::draw(
        PICTURE,
        [&panels[0], &panels[1]],
        "distortion budget D, bit flips per bit",
        "rate R, bits per bit",
    )?;
    println!("R against D for each P, without and with the classifier: {PICTURE}\n");
    Ok(())
}

struct Bit {
    rdpc: Rdpc,
    /// Without perception.
    closed: BinaryRdc,
}

impl Bit {
    fn new() -> Result<Self, RdcError> {
        let posterior = DMatrix::from_fn(2, 2, |x, class| {
            if class == 1 { LABEL_POSTERIOR[x] } else { 1.0 - LABEL_POSTERIOR[x] }
        });
        let pmf = DVector::from_vec(vec![1.0 - P, P]);
        let source = Source::new(pmf.clone(), posterior)?;
        let perception = Perception::total_variation(pmf)?;
        let classifier = Classifier::hard(&[0, 1])?;
        let rdpc = Rdpc::new(&source, Distortion::hamming(2)?, &classifier, perception)?;
        let closed = BinaryRdc::new(P, LABEL_POSTERIOR, BinaryClassifier::Identity)?;
        Ok(Self { rdpc, closed })
    }
}

/// What the closed forms say of the points.
///
/// R(D,P) and R(D,E) are known and neither exceeds R(D,P,E). Where the budget that one of them lacks is infinite it is the rate
/// itself.
#[derive(Default)]
struct Check {
    points: usize,
    certified: usize,
    /// Points with a closed form of their own, and by how much one is outside its bracket.
    known: usize,
    off: f64,
    /// Points that no closed form's bound comes up to: all three budgets cost rate, or two that no formula knows.
    above: usize,
}

impl Check {
    fn point(
        &mut self,
        bit: &Bit,
        (d, p, e): (f64, f64, f64),
        lower: f64,
        rate: f64,
        status: Status,
    ) -> Result<(), RdcError> {
        self.points += 1;
        self.certified += usize::from(status == Status::Certified);
        let without_error = bernoulli_perception(P, d, p)?.rate;
        let without_perception = bit.closed.point(d, e)?.rate;
        self.known += usize::from(e == f64::INFINITY || p == f64::INFINITY);
        for (closed, other) in [(without_error, e), (without_perception, p)] {
            if other == f64::INFINITY {
                self.off = self.off.max(lower - closed).max(closed - rate);
            }
        }
        self.off = self.off.max(without_error.max(without_perception) - rate);
        self.above += usize::from(lower > without_error.max(without_perception) + SAME);
        Ok(())
    }

    fn print(&self) {
        let Self { points, certified, known, off, above } = self;
        println!(
            "\n{certified} of {points} points certified; {known} of them have a closed form, which lies in the bracket"
        );
        println!(
            "but for {off:.1e} bits. Of the others none is below R(D,P) or R(D,E), and {above} cost more than either."
        );
    }
}
