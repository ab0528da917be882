//! Pictures: read back from their SVG, they show what they should, where they should.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod options_and_limits;
mod svg;

use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::plot::{
    ContourMap, ConvergencePlot, Curve, CurveFamily, Options, Panel, Plot, SurfacePlot, Trace,
};
use rdc_theory::{
    BinaryClassifier, BinaryRdc, Cell, Classifier, Distortion, Problem, Rdc, Regime, Solution,
    Source, Surface, binary_entropy,
};
use svg::{Picture, Pixel};

const CONTOUR: f64 = 1.0;
const BOUNDARY: &str = "#D55E00";
const INFEASIBLE: &str = "#C8C8C8";

fn bit(label_posterior: [f64; 2]) -> Rdc {
    let [a, b] = label_posterior;
    let posterior = DMatrix::from_row_slice(2, 2, &[1.0 - a, a, 1.0 - b, b]);
    let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior).unwrap();
    let classifier = Classifier::hard(&[0, 1]).unwrap();
    Rdc::new(&source, Distortion::hamming(2).unwrap(), &classifier).unwrap()
}

fn steps(from: f64, to: f64, count: usize) -> Vec<f64> {
    (0..=count).map(|step| from + (to - from) * step as f64 / count as f64).collect()
}

/// Budgets that any channel meets, R from 0.88 bits to 0.
fn feasible() -> Surface {
    bit([0.1, 0.8]).surface(&steps(0.0, 0.36, 12), &steps(0.16, 0.4, 8)).unwrap()
}

/// The same with some cells changed.
fn with_cells(surface: &Surface, change: impl Fn(usize, usize) -> Option<Cell>) -> Surface {
    let (d, e) = (surface.first().to_vec(), surface.second().to_vec());
    let cell = |i, j| change(i, j).unwrap_or(*surface.cell(i, j).unwrap());
    let cells = (0..e.len()).flat_map(|j| (0..d.len()).map(move |i| (i, j)));
    let cells = cells.map(|(i, j)| cell(i, j)).collect();
    Surface::new(surface.names(), d, e, cells).unwrap()
}

fn solution() -> Solution {
    bit([0.02, 0.6]).solve(0.1, 0.17).unwrap()
}

fn convergence(traces: Vec<Trace<'_>>) -> ConvergencePlot<'_> {
    ConvergencePlot::new(vec![Panel { title: "one bit".into(), traces }])
}

#[test]
fn every_picture_is_well_formed_names_its_axes_and_overlaps_no_labels() {
    let (rdc, surface, solution) = (bit([0.02, 0.6]), feasible(), solution());
    let options = Options::default()
        .with_title("R < 1 & \"more\"")
        .with_first("D in flips per bit")
        .with_second("E in misreadings per bit")
        .with_rate("R in bits per bit");
    let (d, e, r) =
        (options.first.as_deref().unwrap(), options.second.as_deref().unwrap(), &*options.rate);
    let with = || options.clone();
    let pictures = [
        (SurfacePlot::new(&surface).with_options(with()).svg().unwrap(), vec![d, e, r]),
        (ContourMap::of_surface(&surface).with_options(with()).svg().unwrap(), vec![d, e]),
        (ContourMap::of(&rdc, 12).unwrap().with_options(with()).svg().unwrap(), vec![d, e]),
        (CurveFamily::rows(&surface).with_options(with()).svg().unwrap(), vec![d, r]),
        (CurveFamily::columns(&surface).with_options(with()).svg().unwrap(), vec![e, r]),
        (
            convergence(vec![Trace::of("run", &solution)]).with_options(with()).svg().unwrap(),
            vec!["iteration", "time, ms", "gap, bits"],
        ),
    ];
    for (svg, names) in pictures {
        let picture = Picture::read(&svg);
        assert!(picture.has_label("R < 1 & \"more\""));
        for name in names {
            assert!(picture.has_label(name), "{name}");
        }
        assert_eq!(picture.overlapping_labels(), None);
    }
}

#[test]
fn budgets_below_zero_are_on_the_axes() {
    let cost = |entries: [f64; 4]| DMatrix::from_row_slice(2, 2, &entries).add_scalar(-1.0);
    let problem = Problem::new(DVector::from_vec(vec![0.75, 0.25]), 2).unwrap();
    let problem = problem.with_cost("lost gain", cost([0.0, 1.0, 1.0, 0.0])).unwrap();
    let problem = problem.with_cost("price", cost([0.0, 0.5, 0.25, 0.75])).unwrap();
    let (first, second) = ([-0.95, -0.9, -0.85, -0.8], [-0.9, -0.85, -0.8, -0.75]);
    let surface = problem.surface([0, 1], &first, &second, &[f64::INFINITY; 2]).unwrap();
    let pictures = [
        SurfacePlot::new(&surface).svg().unwrap(),
        ContourMap::of_surface(&surface).svg().unwrap(),
    ];
    for svg in pictures {
        let picture = Picture::read(&svg);
        assert!(picture.has_label("-0.80") && picture.has_label("-0.90"), "{svg}");
        assert!(!picture.has_label("-0.50"), "{svg}");
    }
}

#[test]
fn names_and_levels_of_a_crowded_map_make_room_for_each_other() {
    let map = ContourMap::of(&bit([0.02, 0.6]), 16).unwrap();
    for (width, height) in
        [480, 560, 640, 900].into_iter().flat_map(|w| [(w, 400), (w, 480), (w, 640)])
    {
        let options = Options::default().with_size(width, height);
        let picture = Picture::read(&map.clone().with_options(options).svg().unwrap());
        assert_eq!(picture.overlapping_labels(), None, "{width} x {height}");
    }
}

#[test]
fn default_names_have_units() {
    let picture = Picture::read(&SurfacePlot::new(&feasible()).svg().unwrap());
    assert!(picture.has_label("rate R, bits per symbol"));
    assert!(picture.has_label("distortion budget D, cost per symbol"));
    assert!(picture.has_label("error budget E, misread labels per symbol"));
}

#[test]
fn contours_of_a_function_of_the_distortion_lie_where_its_inverse_says() {
    let rdc = bit([0.02, 0.6]);
    // From E = 0.21 on R = Hb(0.3) - Hb(D), of which a contour is an upright line.
    let (d, e) = (steps(0.0, 0.3, 30), steps(0.21, 0.3, 3));
    let picture =
        Picture::read(&ContourMap::of_surface(&rdc.surface(&d, &e).unwrap()).svg().unwrap());
    let [x, y] = picture.axes();
    let lines: Vec<_> =
        picture.lines.iter().filter(|l| l.width == CONTOUR && l.points.len() > 2).collect();
    let whole = |line: &svg::Shape| {
        let height = line.points[0].1 - line.points[line.points.len() - 1].1;
        (height.abs() - (y.pixel(0.21) - y.pixel(0.3)).abs()).abs() < 3.0
    };
    for level in [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8] {
        assert!(picture.has_label(&level.to_string()), "level {level}");
        let exact = bisect(0.0, 0.3, |d| binary_entropy(0.3) - binary_entropy(d) > level);
        let near = |line: &&&svg::Shape| {
            line.points.iter().all(|point| (x.value(point.0) - exact).abs() < 0.005)
        };
        let line = lines.iter().find(near).unwrap_or_else(|| panic!("no line at {level}"));
        assert!(whole(line), "the line of {level} ends early");
    }
    assert_eq!(lines.len(), 8);
}

fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        *(if holds(middle) { &mut low } else { &mut high }) = middle;
    }
    high
}

#[test]
fn a_band_darkens_with_each_level_and_zero_rate_is_white() {
    let rdc = bit([0.02, 0.6]);
    let picture = Picture::read(&ContourMap::of(&rdc, 20).unwrap().svg().unwrap());
    let [x, y] = picture.axes();
    let at = |d, e| picture.colour_at((x.pixel(d), y.pixel(e))).map(red);
    let along: Vec<_> = [0.02, 0.06, 0.12, 0.16, 0.28].map(|d| at(d, 0.207)).to_vec();
    assert!(along.iter().all(Option::is_some) && along.is_sorted(), "{along:?}");
    assert_eq!(at(0.33, 0.2), Some(255));
    assert_eq!(picture.colour_at((x.pixel(0.1), y.pixel(0.131))), Some(INFEASIBLE));
    assert!(at(0.1, 0.136) < at(0.1, 0.15), "just above the frontier the rate is shown");
}

fn red(colour: &str) -> u8 {
    u8::from_str_radix(&colour[1..3], 16).unwrap()
}

#[test]
fn boundaries_of_regimes_and_frontiers_are_those_of_the_closed_form() {
    let rdc = bit([0.02, 0.6]);
    let exact = BinaryRdc::new(0.3, [0.02, 0.6], BinaryClassifier::Identity).unwrap();
    let picture = Picture::read(&ContourMap::of(&rdc, 24).unwrap().svg().unwrap());
    let [x, y] = picture.axes();
    let curve = |e: f64| {
        let flat = exact.flat_in_distortion_from(e).unwrap();
        flat.into_iter().map(move |d| (d, e))
    };
    let flat = steps(0.1341, 0.194, 300).into_iter().flat_map(curve);
    let distortion =
        steps(0.0, 0.3, 300).into_iter().map(|d| (d, exact.flat_in_error_from(d).unwrap()));
    let boundary: Vec<Pixel> =
        flat.chain(distortion).map(|(d, e)| (x.pixel(d), y.pixel(e))).collect();
    let nearest = |(u, v): Pixel| {
        boundary.iter().map(|b| (b.0 - u).hypot(b.1 - v)).fold(f64::INFINITY, f64::min)
    };
    // The legend's sample is above the map.
    let top = y.pixel(0.2125);
    let dashes: Vec<Pixel> = picture
        .lines
        .iter()
        .filter(|line| line.colour == BOUNDARY)
        .flat_map(|line| line.points.iter().copied())
        .filter(|point| point.1 > top)
        .collect();
    assert!(dashes.len() > 60);
    for dash in &dashes {
        assert!(nearest(*dash) < 10.0, "{dash:?} is {} off", nearest(*dash));
    }
    let vertex = (x.pixel(0.3), y.pixel(0.194));
    let zero_rate = picture.lines.iter().find(|l| l.colour == "#009E73" && l.points.len() == 3);
    let corner = zero_rate.unwrap().points[1];
    assert!((corner.0 - vertex.0).hypot(corner.1 - vertex.1) < 3.0);
}

#[test]
fn a_surface_told_by_rounding_has_no_islands() {
    // Cells in the middle of one regime whose vanishing multiplier is just not zero.
    let posterior = DMatrix::from_row_slice(3, 2, &[0.9, 0.1, 0.5, 0.5, 0.1, 0.9]);
    let source = Source::new(DVector::from_vec(vec![0.3, 0.4, 0.3]), posterior).unwrap();
    let points = DMatrix::from_vec(3, 1, vec![-1.0, 0.0, 1.0]);
    let distortion = Distortion::squared_error(&points, &points).unwrap();
    let rdc = Rdc::new(&source, distortion, &Classifier::hard(&[0, 0, 1]).unwrap()).unwrap();
    let mut surface = rdc.surface(&[0.1, 0.15, 0.2], &[0.42, 0.46, 0.5, 0.54]).unwrap();
    surface = with_cells(&surface, |i, j| {
        let Cell::Solved(mut point) = *surface.cell(i, j)? else { return None };
        if (i, j) == (1, 1) {
            point.regime = Regime::Both;
            point.multipliers[Rdc::ERROR] = 1e-7;
        }
        Some(Cell::Solved(point))
    });
    let picture = Picture::read(&ContourMap::of_surface(&surface).svg().unwrap());
    assert!(picture.lines.iter().all(|line| line.colour != BOUNDARY));
    assert!(picture.has_label("distortion only") && !picture.has_label("both"));
}

#[test]
fn missing_and_infeasible_cells_leave_holes() {
    let whole = feasible();
    let map = |surface: &Surface| Picture::read(&ContourMap::of_surface(surface).svg().unwrap());
    let hole = |cell: Cell| with_cells(&whole, |i, j| ((i, j) == (6, 4)).then_some(cell));
    let (before, missing, infeasible) =
        (map(&whole), map(&hole(Cell::Missing)), map(&hole(Cell::Infeasible)));
    // The outline of 12 x 8 cells is one ring, of which two points come twice.
    assert_eq!(before.polygons[0].points.len(), 2 * (12 + 8) + 2);
    let [x, y] = before.axes();
    // Next to the cell itself, on whichever side.
    for (d, e) in [(0.181, 0.281), (0.179, 0.279), (0.179, 0.281), (0.181, 0.279)] {
        let at = (x.pixel(d), y.pixel(e));
        assert!(before.colour_at(at).is_some_and(|colour| colour != INFEASIBLE));
        assert_eq!(missing.colour_at(at), None, "({d}, {e})");
    }
    // What lies between two holes is filled as before.
    let holes =
        with_cells(&whole, |i, j| matches!((i, j), (3, 6) | (9, 2)).then_some(Cell::Missing));
    let between = map(&holes);
    assert_eq!(between.colour_at((x.pixel(0.09), y.pixel(0.34))), None);
    for at in steps(0.03, 0.24, 20).into_iter().map(|d| (x.pixel(d), y.pixel(0.251))) {
        assert_eq!(between.colour_at(at), before.colour_at(at));
    }
    // Its legend has one entry more, so the scale may be another.
    let [x, y] = infeasible.axes();
    assert_eq!(infeasible.colour_at((x.pixel(0.181), y.pixel(0.281))), Some(INFEASIBLE));
    assert!(infeasible.has_label("infeasible") && !missing.has_label("infeasible"));

    let cells = |surface: &Surface| {
        let picture = Picture::read(&SurfacePlot::new(surface).svg().unwrap());
        let corners =
            |count| picture.polygons.iter().filter(|polygon| polygon.points.len() == count).count();
        // A ring names its first corner twice.
        (corners(5), corners(4))
    };
    assert_eq!(cells(&whole), (96, 0));
    assert_eq!(cells(&hole(Cell::Infeasible)), (92, 4));
    assert_eq!(cells(&hole(Cell::Missing)), (92, 4));
}

#[test]
fn nearer_cells_are_drawn_over_further_ones() {
    // At zero rate the surface is flat: what is lower in the picture is nearer.
    let flat = bit([0.1, 0.8]).surface(&steps(0.4, 0.6, 6), &steps(0.5, 0.6, 6)).unwrap();
    let picture = Picture::read(&SurfacePlot::new(&flat).svg().unwrap());
    let lowest = |shape: &svg::Shape| shape.points.iter().map(|p| p.1).fold(0.0, f64::max);
    assert!(picture.polygons.iter().map(lowest).is_sorted());
    // The steep part of a rate rises behind.
    let picture = Picture::read(&SurfacePlot::new(&feasible()).svg().unwrap());
    let middle = |shape: &svg::Shape| {
        shape.points.iter().map(|p| p.1).sum::<f64>() / shape.points.len() as f64
    };
    let (first, last) = (&picture.polygons[0], &picture.polygons[picture.polygons.len() - 1]);
    assert!(middle(first) < middle(last) && red(&first.colour) < red(&last.colour));
}

#[test]
fn curves_pass_through_their_points_and_break_where_there_is_none() {
    let nan = f64::NAN;
    let points = vec![(0.0, 1.0), (0.1, 0.8), (0.2, nan), (0.3, 0.4), (0.4, 0.3), (nan, 0.2)];
    let curve = Curve { name: "one".into(), points };
    let picture = Picture::read(&CurveFamily::against_distortion(vec![curve]).svg().unwrap());
    let [x, y] = picture.axes();
    let drawn: Vec<_> =
        picture.lines.iter().filter(|l| l.width == 3.0 && l.points[0].0 > 100.0).collect();
    assert_eq!(drawn.len(), 2);
    for (line, ends) in drawn.iter().zip([[(0.0, 1.0), (0.1, 0.8)], [(0.3, 0.4), (0.4, 0.3)]]) {
        for (point, (d, r)) in line.points.iter().zip(ends) {
            assert!((x.value(point.0) - d).abs() < 0.003 && (y.value(point.1) - r).abs() < 0.01);
        }
    }
}

#[test]
fn rows_and_columns_of_a_surface_are_named_and_those_without_rates_left_out() {
    let errors = [0.05, 0.16, 0.2, f64::INFINITY];
    let surface = bit([0.1, 0.8]).surface(&steps(0.0, 0.3, 6), &errors).unwrap();
    let rows = Picture::read(&CurveFamily::rows(&surface).svg().unwrap());
    for name in ["E = 0.16", "E = 0.2", "E unconstrained", "distortion budget D, cost per symbol"] {
        assert!(rows.has_label(name), "{name}");
    }
    assert!(!rows.has_label("E = 0.05"));
    let columns = Picture::read(&CurveFamily::columns(&surface).svg().unwrap());
    assert!(columns.has_label("D = 0.3") && columns.has_label("D = 0.15"));
    let names = columns.labels.iter().filter(|label| label.text.starts_with("D = ")).count();
    assert_eq!(names, 6, "of seven columns as many as can be told apart");
}

#[test]
fn pictures_of_other_budgets_carry_their_names() {
    let cost = |entries: [f64; 4]| DMatrix::from_row_slice(2, 2, &entries);
    let problem = Problem::new(DVector::from_vec(vec![0.7, 0.3]), 2)
        .unwrap()
        .with_cost("distortion", cost([0.0, 1.0, 1.0, 0.0]))
        .unwrap()
        .with_cost("ones", cost([0.0, 1.0, 0.0, 1.0]))
        .unwrap()
        .with_cost("lost", cost([0.0, 0.0, 1.0, 0.0]))
        .unwrap();
    let (lost, distortions) = (steps(0.1, 0.3, 12), steps(0.1, 0.35, 12));
    let surface = problem.surface([2, 0], &lost, &distortions, &[0.0, 0.25, 0.0]).unwrap();
    let space = Picture::read(&SurfacePlot::new(&surface).svg().unwrap());
    let map = Picture::read(&ContourMap::of_surface(&surface).svg().unwrap());
    for picture in [&space, &map] {
        assert!(picture.has_label("lost budget"));
        assert!(picture.has_label("distortion budget D, cost per symbol"));
    }
    assert!(space.has_label("lost") && space.has_label("D"));
    // A third budget is fixed: where neither is felt, there may be rate left.
    assert!(map.has_label("neither") && map.has_label("lost only"));
    let columns = Picture::read(&CurveFamily::columns(&surface).svg().unwrap());
    assert!(columns.has_label("lost = 0.1"));
}
