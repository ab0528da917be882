//! Comma-separated values: surfaces read back bit for bit, and what is malformed is told where.

use crate::common::{self, INF};
use crate::common::{bernoulli, config, random::Random};
use proptest::prelude::*;
use rdc_theory::{Cell, Problem, RdcError, Status, Surface, strategies};

#[track_caller]
fn kept(surface: &Surface) {
    let csv = surface.to_csv();
    let read = Surface::from_csv(&csv).unwrap_or_else(|error| panic!("{error}\n{csv}"));
    assert_eq!(format!("{read:?}"), format!("{surface:?}"), "{csv}");
}

/// A number of any exponent and sign.
fn any_budget(random: &mut Random) -> f64 {
    let sign = if random.chance(0.3) { -1.0 } else { 1.0 };
    (sign * any_number(random)).max(-1e150) + 0.0
}

/// A number >= 0 of any exponent.
fn any_number(random: &mut Random) -> f64 {
    match random.below(8) {
        0 => 0.0,
        1 => f64::from_bits(1 + random.below(1 << 20) as u64),
        _ => random.magnitude(-300.0, 300.0),
    }
}

fn any_axis(random: &mut Random) -> Vec<f64> {
    let mut axis: Vec<f64> = (0..random.size(5)).map(|_| any_budget(random)).collect();
    if random.chance(0.5) {
        axis.push(INF);
    }
    axis.sort_by(f64::total_cmp);
    axis.dedup();
    axis
}

/// Names that a header may have trouble with.
const NAMES: [&str; 7] =
    ["distortion", "classification error", "a,b", "\"", "two\r\nlines", "", "\"a\", b\"\""];

#[test]
fn any_surface_is_kept() {
    let solved = *bernoulli().surface(&[0.1], &[0.2]).unwrap().cell(0, 0).unwrap();
    let point = *solved.point().unwrap();
    for seed in 0..500 {
        let mut random = Random::new(1, seed);
        let axes = [(); 2].map(|()| any_axis(&mut random));
        let mut cell = || {
            let mut point = point;
            point.rate = any_number(&mut random);
            point.lower = point.rate * random.uniform();
            point.multipliers = [(); 2].map(|()| any_number(&mut random));
            point.achieved = [(); 2].map(|()| any_budget(&mut random));
            point.regime = rdc_theory::Regime::ALL[random.below(4)];
            point.status = Status::ALL[random.below(5)];
            [Cell::Missing, Cell::Infeasible, Cell::Solved(point), Cell::Solved(point)]
                [random.below(4)]
        };
        let cells = (0..axes[0].len() * axes[1].len()).map(|_| cell()).collect();
        let [distortions, errors] = axes;
        let names = [NAMES[random.below(7)], NAMES[random.below(7)]];
        let fixed = (0..random.below(3)).map(|k| (NAMES[k + 2].into(), any_budget(&mut random)));
        let fixed = fixed.collect();
        let surface = Surface::new(names, distortions, errors, cells).unwrap();
        kept(&surface.with_fixed(fixed).unwrap());
    }
    let missing = vec![Cell::Missing; 2];
    kept(&Surface::new(["distortion", "E"], vec![-0.0, 1.0], vec![-0.0], missing).unwrap());
}

proptest! {
    #![proptest_config(config(32, 1))]

    #[test]
    fn computed_surfaces_are_kept((case, [d, e]) in strategies::rdc_with_budgets(1..=4, 1..=4, 1..=3)) {
        let axis = |budget: f64| {
            let mut axis = vec![0.0, 0.5 * budget, budget, INF];
            axis.dedup();
            axis
        };
        kept(&case.rdc.surface(&axis(d), &axis(e)).unwrap());
    }
}

const CSV: &str = "\
distortion,classification error,rate_bits,lower_bits,multiplier_distortion_bits_per_unit,multiplier_classification_error_bits_per_unit,achieved_distortion,achieved_classification_error,regime,status
0.1,0.25,0.5,0.25,1.5,0.0,0.1,1e-5,first only,certified
inf,0.25,,,,,,,,infeasible
0.1,inf,,,,,,,,missing
inf,inf,0.0,0.0,0.0,0.0,0.3,0.5,neither,iteration limit
";

#[test]
fn a_table_is_what_its_header_says() {
    let surface = Surface::from_csv(CSV).unwrap();
    assert_eq!(surface.to_csv(), CSV);
    assert_eq!((surface.first(), surface.second()), (&[0.1, INF][..], &[0.25, INF][..]));
    let point = surface.cell(0, 0).unwrap().point().unwrap();
    assert_eq!((point.rate, point.lower), (0.5, 0.25));
    assert_eq!((point.multipliers, point.achieved), ([1.5, 0.0], [0.1, 1e-5]));
    assert_eq!(surface.cell(1, 0), Some(&Cell::Infeasible));
    assert_eq!(surface.cell(0, 1), Some(&Cell::Missing));
    assert_eq!(surface.cell(1, 1).unwrap().point().unwrap().status, Status::IterationLimit);
    assert_eq!(Surface::from_csv(&CSV.replace('\n', "\r\n")), Ok(surface));
}

#[test]
fn bad_lines_are_told() {
    let bad = [
        ("distortion,", "D,", 1, "the header is"),
        ("distortion,", "", 1, "the header has 9 fields"),
        ("0.1,0.25,0.5,", "0.1,0.25,", 2, "9 fields, not 10"),
        ("0.1,0.25,0.5,", "0.1,0.25,0.5,0.5,", 2, "11 fields, not 10"),
        ("inf,0.25,", "Inf,0.25,", 3, "distortion = \"Inf\""),
        ("inf,0.25,", "infinity,0.25,", 3, "distortion = \"infinity\""),
        ("inf,0.25,", "NaN,0.25,", 3, "distortion = \"NaN\""),
        ("0.1,0.25,0.5", "0.1,0.25,nan", 2, "rate_bits = \"nan\""),
        ("0.1,0.25,0.5", "0.1,0.25,", 2, "rate_bits = \"\""),
        ("0.1,0.25,0.5", "0.1,0.25,0,5", 2, "11 fields"),
        ("0.1,0.25,0.5", "0.1,0.25,inf", 2, "rate = inf"),
        ("0.5,0.25,1.5", "0.5,0.75,1.5", 2, "lower = 0.75"),
        ("1.5,0.0", "1.5,-1.0", 2, "multiplier = -1"),
        ("1.5,0.0", "1.5,x", 2, "multiplier_classification_error_bits_per_unit = \"x\""),
        ("0.1,1e-5", "inf,1e-5", 2, "achieved = inf"),
        ("first only", "first", 2, "regime = \"first\""),
        ("iteration limit", "limit", 5, "status = \"limit\""),
        (",missing", "", 4, "9 fields"),
        (",,missing", ",both,missing", 4, "between the budgets and the status \"missing\""),
        (",,,,,,,,infeasible", ",inf,,,,,,,infeasible", 3, "the status \"infeasible\""),
        ("0.1,0.25,", "-1e151,0.25,", 2, "distortion = -1e151"),
        ("inf,0.25,", "0.1,0.25,", 3, "budgets must be >= -1e150, ordered"),
        ("0.1,inf,", "0.1,0.2,", 4, "budgets must be >= -1e150, ordered"),
        ("0.1,inf,", "0.2,inf,", 4, "distortion 0.1 and classification error inf are missing"),
        ("0.1,inf,,,,,,,,missing\n", "", 4, "cells has 3 entries, but 4"),
        ("neither,iteration limit\n", "neither,iteration limit\n\n", 6, "1 fields"),
    ];
    for (from, to, line, word) in bad {
        let csv = CSV.replacen(from, to, 1);
        assert_ne!(csv, CSV);
        let error = Surface::from_csv(&csv).unwrap_err();
        let told = matches!(error, RdcError::Csv { line: at, .. } if at == line);
        assert!(told && error.to_string().contains(word), "{from:?} -> {to:?}: {error}");
    }
    for (csv, line) in [("", 1), (CSV.lines().next().unwrap(), 1)] {
        assert!(
            matches!(Surface::from_csv(csv), Err(RdcError::Csv { line: at, .. }) if at == line)
        );
    }
}

#[test]
fn a_trace_has_a_line_for_each_of_its_lines() {
    let solution = bernoulli().solve(0.1, 0.2).unwrap();
    let csv = solution.trace_csv();
    let mut lines = csv.lines();
    assert_eq!(
        lines.next().unwrap(),
        "iteration,elapsed_s,rate_bits,lower_bits,gap_bits,excess_relative,support_letters,\
         multiplier_distortion_bits_per_unit,multiplier_classification_error_bits_per_unit"
    );
    assert_eq!(lines.clone().count(), solution.trace.len());
    for (line, progress) in lines.zip(&solution.trace) {
        let fields: Vec<f64> = line.split(',').map(|field| field.parse().unwrap()).collect();
        let (rate, lower) = (progress.rate, progress.lower);
        let first = [progress.iteration as f64, progress.elapsed.as_secs_f64(), rate, lower];
        let then = [rate - lower, progress.excess, progress.support as f64];
        assert_eq!(fields, [&first[..], &then[..], &progress.multipliers[..]].concat());
    }
    let costless = Problem::new(common::pmf(&[1.0]), 1).unwrap().solve(&[]).unwrap();
    assert!(costless.trace_csv().lines().next().unwrap().ends_with(",support_letters"));
}
