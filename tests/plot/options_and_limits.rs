//! Styles, sizes, legends and scales; and what is too extreme, too little or nowhere to be drawn.

use crate::svg::Picture;
use crate::{bit, convergence, feasible, solution, with_cells};
use rdc_theory::plot::{
    ContourMap, ConvergencePlot, Curve, CurveFamily, Legend, Options, Panel, Plot, PlotError,
    Scale, Style, SurfacePlot, Trace, regime_colour,
};
use rdc_theory::{Cell, Progress, Regime};
use std::time::Duration;

#[test]
fn styles_differ_in_colour_and_in_print() {
    let styles: Vec<Style> = (0..70).map(Style::of).collect();
    let key = |style: &Style| format!("{:?} {} {:?}", style.colour, style.dashed, style.marker);
    let print = |style: &Style| format!("{} {:?}", style.dashed, style.marker);
    for (index, style) in styles.iter().enumerate() {
        assert!(styles[..index].iter().all(|other| key(other) != key(style)), "{index}");
        assert!(index >= 10 || styles[..index].iter().all(|other| print(other) != print(style)));
    }
    let colours = Regime::ALL.map(|regime| format!("{:?}", regime_colour(regime)));
    for (index, colour) in colours.iter().enumerate() {
        assert!(!colours[..index].contains(colour));
    }
}

#[test]
fn nothing_to_draw_is_an_error() {
    let empty = |result: Result<String, PlotError>| matches!(result, Err(PlotError::Empty { .. }));
    let curves = |points: Vec<(f64, f64)>| {
        CurveFamily::against_error(vec![Curve { name: "none".into(), points }]).svg()
    };
    assert!(empty(CurveFamily::against_distortion(vec![]).svg()));
    assert!(empty(curves(vec![])));
    assert!(empty(curves(vec![(f64::NAN, 1.0), (1.0, f64::INFINITY)])));
    let infeasible = with_cells(&feasible(), |_, _| Some(Cell::Infeasible));
    let missing = with_cells(&feasible(), |_, _| Some(Cell::Missing));
    let row = bit([0.1, 0.8]).surface(&[0.1, 0.2, 0.3], &[0.2]).unwrap();
    let unconstrained = bit([0.1, 0.8]).surface(&[0.1, f64::INFINITY], &[0.2, 0.3]).unwrap();
    for surface in [infeasible, missing, row, unconstrained] {
        assert!(empty(SurfacePlot::new(&surface).svg()));
        assert!(empty(ContourMap::of_surface(&surface).svg()));
    }
    assert!(empty(ConvergencePlot::new(vec![]).svg()));
    assert!(empty(convergence(vec![]).svg()));
    let message = CurveFamily::rows(&with_cells(&feasible(), |_, _| Some(Cell::Missing))).svg();
    assert!(message.unwrap_err().to_string().contains("nothing to draw"));
}

#[test]
fn extreme_numbers_stay_inside() {
    let (huge, tiny) = (f64::MAX, f64::MIN_POSITIVE / 8.0);
    for points in [
        vec![(0.0, 0.0)],
        vec![(0.3, 0.3); 4],
        vec![(-1e289, 1e289), (1e289, -1e289)],
        vec![(-huge, 0.0), (0.0, huge), (1.0, 1.0), (2.0, -0.0)],
        vec![(tiny, tiny), (2.0 * tiny, 4.0 * tiny)],
        vec![(1e-12, 1e9), (2e-12, 3e9)],
        vec![(1.0, 1.0), (1.0 + f64::EPSILON, 1.0 - f64::EPSILON)],
        vec![(f64::NEG_INFINITY, 0.0), (5.0, 7.0)],
    ] {
        let text = format!("{points:?}");
        let curve = Curve { name: "extreme".into(), points };
        let svg = CurveFamily::against_distortion(vec![curve]).svg();
        let svg = svg.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{text}");
        Picture::read(&svg);
    }
    let surface = feasible();
    for rate in [f64::NAN, f64::INFINITY, 1e300, f64::NEG_INFINITY] {
        let damaged = with_cells(&surface, |i, j| {
            let Cell::Solved(mut point) = *surface.cell(i, j)? else { return None };
            point.rate = if (i + j) % 5 == 0 { rate } else { point.rate };
            Some(Cell::Solved(point))
        });
        Picture::read(&SurfacePlot::new(&damaged).svg().unwrap());
        Picture::read(&ContourMap::of_surface(&damaged).svg().unwrap());
    }
}

#[test]
fn convergence_leaves_out_what_has_no_logarithm_and_marks_runs_alike() {
    let solution = solution();
    let mut lines: Vec<Progress> = solution.trace.clone();
    assert!(lines.len() > 4 && lines[0].iteration == 0);
    for (iteration, line) in lines.iter_mut().enumerate() {
        line.elapsed = Duration::from_micros(10 * iteration as u64);
        line.lower = 0.0;
        line.rate = 10.0_f64.powi(-(iteration as i32));
    }
    lines[2].rate = f64::INFINITY;
    lines[3].rate = 0.0;
    let panel = |title: &str, names: [&str; 2]| Panel {
        title: title.into(),
        traces: names.map(|name| Trace { name: name.into(), lines: &lines }).to_vec(),
    };
    let panels = vec![panel("left", ["a", "b"]), panel("right", ["b", "a"])];
    let picture = Picture::read(&ConvergencePlot::new(panels).svg().unwrap());
    assert!(picture.has_label("left") && picture.has_label("right") && picture.has_label("1e-4"));
    let runs: Vec<_> =
        picture.lines.iter().filter(|line| line.width == 3.0 && line.points.len() > 2).collect();
    let colours: Vec<_> = runs.iter().map(|line| line.colour.as_str()).collect();
    let (a, b) = ("#000000", "#0072B2");
    assert_eq!(colours, [a, b, b, a, a, b, b, a]);
    for run in &runs {
        assert_eq!(run.points.len(), lines.len() - 3);
    }
    // Gaps of one power an iteration: a straight line in logarithms of the gap.
    let falls: Vec<f64> = runs[0].points.windows(2).map(|ends| ends[1].1 - ends[0].1).collect();
    assert!((falls[0] / falls[1] - 3.0).abs() < 0.1, "{falls:?}");
}

#[test]
fn the_same_data_give_the_same_picture() {
    let (rdc, surface, solution) = (bit([0.02, 0.6]), feasible(), solution());
    assert_eq!(
        SurfacePlot::new(&surface).svg().unwrap(),
        SurfacePlot::new(&surface).svg().unwrap()
    );
    let map = || ContourMap::of(&rdc, 10).unwrap().svg().unwrap();
    assert_eq!(map(), map());
    let convergence = || convergence(vec![Trace::of("run", &solution)]).svg().unwrap();
    assert_eq!(convergence(), convergence());
}

#[test]
fn sizes_are_checked_and_kept() {
    let sized = |width, height| {
        let options = Options::default().with_size(width, height);
        CurveFamily::rows(&feasible()).with_options(options).svg()
    };
    for (width, height) in [(0, 0), (399, 600), (900, 299), (10_001, 600), (900, u32::MAX)] {
        assert!(matches!(sized(width, height), Err(PlotError::Size { .. })));
    }
    for (width, height) in [(400, 300), (1000, 400), (400, 3000)] {
        let svg = sized(width, height).unwrap();
        assert!(svg.starts_with(&format!("<svg width=\"{width}\" height=\"{height}\"")));
        Picture::read(&svg);
    }
}

#[test]
fn a_legend_takes_as_many_rows_as_it_needs_and_leaves_room_for_the_chart() {
    let curves = |count: usize| -> Vec<Curve> {
        let name = |index| format!("curve number {index}");
        (0..count).map(|k| Curve { name: name(k), points: vec![(0.0, k as f64)] }).collect()
    };
    for count in [1, 7, 24, 400] {
        let svg = CurveFamily::against_distortion(curves(count)).svg().unwrap();
        let picture = Picture::read(&svg);
        assert_eq!(picture.overlapping_labels(), None);
        assert!(count > 24 || picture.has_label(&format!("curve number {}", count - 1)));
    }
    let nothing = rdc_theory::plot::svg((400, 300), |canvas| {
        let below = Legend::default().above(canvas)?;
        assert_eq!(below.dim_in_pixel(), (400, 300));
        Ok(())
    });
    assert!(nothing.is_ok());
}

#[test]
fn a_picture_is_written_or_the_error_says_why() {
    let folder = std::env::temp_dir().join(format!("rdc-theory-plot-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("surface.svg");
    let plot = SurfacePlot::new(&feasible());
    plot.write(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), plot.svg().unwrap());
    assert!(matches!(plot.write(folder.join("none/surface.svg")), Err(PlotError::Write(_))));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn scales_have_round_ticks_within_their_range() {
    for (range, count, labels) in [
        (0.0..1.0, 5, vec!["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.13..0.31, 4, vec!["0.15", "0.20", "0.25", "0.30"]),
        (-3.0..2.0, 5, vec!["-3", "-2", "-1", "0", "1", "2"]),
        (0.0..3e-7, 3, vec!["0e0", "1e-7", "2e-7", "3e-7"]),
    ] {
        assert_eq!(Scale::linear(range, count).unwrap().labels(), labels);
    }
    assert_eq!(Scale::powers(-7.2..2.5).unwrap().labels(), ["1e-6", "1e-4", "0.01", "1", "100"]);
    for range in [0.0..0.0, 1.0..0.0, f64::NAN..1.0, 0.0..f64::INFINITY, -f64::MAX..f64::MAX] {
        assert_eq!(Scale::linear(range.clone(), 5), None);
        assert_eq!(Scale::powers(range), None);
    }
}

#[test]
fn counts_beyond_reason_are_refused_or_cut() {
    let rdc = bit([0.1, 0.8]);
    assert!(matches!(ContourMap::of(&rdc, usize::MAX), Err(PlotError::Rdc(_))));
    for range in [0.0..1.0, 1.0..1.0 + 1e-11, -1e280..1e280] {
        let scale = Scale::linear(range, usize::MAX).unwrap();
        assert!(scale.ticks().len() <= 10_001, "{}", scale.ticks().len());
    }
}
