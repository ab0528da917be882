//! Files: what is written reads back bit for bit, in text and in bytes, and behaves as it did; what is malformed is told why.

use crate::common::{INF, bernoulli, config, hamming, pmf, rows};
use proptest::prelude::*;
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::strategies;
use rdc_theory::{
    Cell, Classifier, Distortion, Method, Perception, Polyline, Problem, Progress, Rdc, RdcError,
    Rdp, Rdpc, Regime, Settings, Solution, Source, Status, Surface,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::time::Duration;

/// The value as it comes back from JSON. What `Debug` prints tells each bit of a number, -0.0 included.
#[track_caller]
fn kept<T: Serialize + DeserializeOwned + Debug>(value: &T) -> T {
    let written = format!("{value:?}");
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(format!("{read:?}"), written, "from {text}");
    let bytes = postcard::to_allocvec(value).unwrap();
    assert_eq!(format!("{:?}", postcard::from_bytes::<T>(&bytes).unwrap()), written);
    read
}

/// All but the times.
fn timeless(mut solution: Solution) -> String {
    solution.trace.iter_mut().for_each(|line| line.elapsed = Duration::ZERO);
    format!("{solution:?}")
}

#[track_caller]
fn refused<T: DeserializeOwned + Debug>(json: &str, word: &str) {
    match serde_json::from_str::<T>(json) {
        Ok(value) => panic!("{json} was read as {value:?}"),
        Err(error) => assert!(error.to_string().contains(word), "{json}: {error}, not {word}"),
    }
}

proptest! {
    #![proptest_config(config(256, 1))]

    #[test]
    fn functions_are_kept((case, [d, e]) in strategies::rdc_with_budgets(1..=5, 1..=5, 1..=3)) {
        let (source, classifier) = (kept(&case.source), kept(&case.classifier));
        let distortion = kept(&case.distortion);
        let rdc = kept(&case.rdc);
        let rebuilt = Rdc::new(&source, distortion, &classifier).unwrap();
        prop_assert_eq!(format!("{rebuilt:?}"), format!("{:?}", case.rdc));
        kept(&rdc.feasible_frontier());
        kept(&rdc.zero_rate_frontier());
        for method in Method::ALL {
            let settings = Settings::default().with_method(method).with_max_iterations(300);
            let solution = case.rdc.solve_with(d, e, &settings).unwrap();
            prop_assert_eq!(timeless(rdc.solve_with(d, e, &settings).unwrap()), timeless(kept(&solution)));
        }
    }

    #[test]
    fn problems_are_kept((case, budgets) in strategies::problem_with_budgets(1..=5, 1..=5, 0..=3)) {
        let problem = kept(&case.problem);
        let solution = case.problem.solve(&budgets).unwrap();
        prop_assert_eq!(timeless(problem.solve(&budgets).unwrap()), timeless(kept(&solution)));
        let multipliers: Vec<f64> = solution.constraints.iter().map(|c| c.multiplier.min(1e3)).collect();
        let at = case.problem.solve_at(&multipliers).unwrap();
        prop_assert_eq!(timeless(problem.solve_at(&multipliers).unwrap()), timeless(kept(&at)));
    }

    /// Of n k probabilities, the rounding of whose total is not that of n.
    #[test]
    fn joint_sources_are_kept(weights in prop::collection::vec(0.01..1.0_f64, 64)) {
        let total: f64 = weights.iter().sum();
        let joint = DMatrix::from_fn(2, 32, |x, k| weights[32 * x + k] / total * (1.0 + 6e-15));
        kept(&Source::from_joint(joint).unwrap());
    }
}

#[test]
fn extreme_numbers_are_kept() {
    let (tiny, huge) = (f64::from_bits(1), 1e150);
    let costs =
        rows(&[[-0.0, tiny, INF], [0.1 + 0.2, huge, f64::MIN_POSITIVE], [INF, 1e-310, 0.0]]);
    kept(&Distortion::matrix(costs.clone()).unwrap());
    let problem = Problem::new(pmf(&[1.0 - 1e-16, 1e-199, 1e-300]), 3).unwrap();
    // The first cost's dearest pair is one that the second forbids.
    let dear = rows(&[[0.0, 0.5, 1.0], [0.0, 9.0, 0.0], [0.0; 3]]);
    let problem = problem.with_cost("dear, \"quoted\"", dear).unwrap();
    kept(&problem.clone().with_cost("extreme", costs).unwrap());
    for offset in [0.1, 1e150, 3e-320] {
        let flat = DMatrix::from_element(3, 3, offset);
        kept(&problem.clone().with_cost("flat", flat).unwrap());
    }
    kept(&Problem::new(pmf(&[1.0]), 7).unwrap());
}

/// Costs with negative entries, their budgets and what comes of them.
#[test]
fn negative_costs_are_kept() {
    let problem = Problem::new(pmf(&[0.5, 0.25, 0.25]), 2).unwrap();
    let gains = rows(&[[-3.0, 0.1], [-0.3, -2.0], [1.0, INF]]);
    let problem = problem.with_cost("gain", gains).unwrap();
    let problem = problem.with_cost("price", rows(&[[0.5, -1.0]; 3])).unwrap();
    let read = kept(&problem);
    for budgets in [[-1.2, INF], [-1.2, -0.1], [INF, -0.3]] {
        let solution = problem.solve(&budgets).unwrap();
        assert!(solution.constraints.iter().any(|told| told.achieved < 0.0), "{solution:?}");
        assert_eq!(timeless(read.solve(&budgets).unwrap()), timeless(kept(&solution)));
    }
    let frontier = kept(&problem.feasible_frontier(0, 1).unwrap());
    assert!(frontier.smallest_first() < 0.0 && frontier.smallest_second() < 0.0);
    let surface = problem.surface([0, 1], &[-2.0, -1.2, INF], &[-0.4, -0.1], &[0.0; 2]).unwrap();
    assert_eq!(Surface::from_csv(&kept(&surface).to_csv()), Ok(surface));
    // A distortion is not negative, nor is a classification error.
    let json = serde_json::to_string(&problem).unwrap();
    refused::<Rdc>(&json, "gain: the offset = -1.75");
}

#[test]
fn settings_and_names_are_kept() {
    kept(&Settings::default());
    let limit = Duration::new(u64::MAX, 999_999_999);
    let limited = Settings::default().with_max_iterations(usize::MAX).with_time_limit(limit);
    let precise = limited.with_method(Method::BlahutArimoto).with_tolerance(f64::from_bits(1));
    assert_eq!(kept(&precise.clone().unwrap()), precise.unwrap());
    Method::ALL.iter().for_each(|method| assert_eq!(kept(method), *method));
    Status::ALL.iter().for_each(|status| assert_eq!(kept(status), *status));
    Regime::ALL.iter().for_each(|regime| assert_eq!(kept(regime), *regime));
}

#[test]
fn a_trace_without_bounds_is_kept() {
    let mut solution = bernoulli().solve(0.1, 0.2).unwrap();
    let line = &mut solution.trace[0];
    (line.rate, line.lower, line.excess) = (INF, -INF, INF);
    // As iterates of the interior-point method may have them.
    line.multipliers[1] = -0.5;
    line.elapsed = Duration::new(3, 1);
    kept(&solution);
    let json = serde_json::to_value(&solution.trace[0]).unwrap();
    assert_eq!((&json["rate"], &json["lower"]), (&"inf".into(), &"-inf".into()));
    assert_eq!(json["elapsed"], serde_json::json!({ "secs": 3, "nanos": 1 }));
}

#[test]
fn surfaces_are_kept() {
    let rdc = bernoulli();
    let surface = rdc.surface(&[0.0, 0.1, INF], &[0.05, 0.2, INF]).unwrap();
    assert_eq!(kept(&surface), surface);
    let cells = vec![Cell::Missing, Cell::Infeasible, *surface.cell(1, 1).unwrap()];
    let partial = Surface::new(surface.names(), vec![-0.0, 1e-320, INF], vec![0.1], cells).unwrap();
    assert_eq!(kept(&partial), partial);
    let section = partial.with_fixed(vec![("perception, in bits".into(), INF)]).unwrap();
    assert_eq!(kept(&section), section);
    let json = serde_json::to_value(&section).unwrap();
    assert_eq!(json["fixed"], serde_json::json!([["perception, in bits", "inf"]]));
}

#[test]
fn what_a_file_holds_is_what_the_documentation_says() {
    let json = |value: Result<serde_json::Value, serde_json::Error>| value.unwrap().to_string();
    let forbidding = Distortion::matrix(rows(&[[0.0, INF], [1.5, -0.0]])).unwrap();
    assert_eq!(json(serde_json::to_value(forbidding)), r#"[[0.0,"inf"],[1.5,-0.0]]"#);
    let hard = Classifier::hard(&[0, 1]).unwrap();
    assert_eq!(json(serde_json::to_value(hard)), r#"{"hard":[0,1]}"#);
    let soft = Classifier::soft(rows(&[[0.25, 0.75]])).unwrap();
    assert_eq!(json(serde_json::to_value(soft)), r#"{"soft":[[0.25,0.75]]}"#);
    let natural = Perception::total_variation(pmf(&[0.5, 0.5])).unwrap();
    let form = r#"{"divergence":"total_variation","target":[0.5,0.5]}"#;
    assert_eq!(json(serde_json::to_value(natural)), form);
    let moved = Perception::transport(pmf(&[1.0]), rows(&[[0.0], [2.5]])).unwrap();
    let form = r#"{"divergence":{"transport":[[0.0],[2.5]]},"target":[1.0]}"#;
    assert_eq!(json(serde_json::to_value(moved)), form);
    assert_eq!(json(serde_json::to_value(Cell::Missing)), r#""missing""#);
    assert_eq!(json(serde_json::to_value(Status::IterationLimit)), r#""iteration limit""#);
}

/// One of each divergence on three letters, with a letter that the target lacks and a ground cost that is not square.
fn perceptions() -> [Perception; 4] {
    let target = || pmf(&[0.1 + 0.2, 0.0, 0.7]);
    let ground = rows(&[[0.0, 1e150], [0.1, f64::from_bits(1)], [-0.0, 2.0]]);
    [
        Perception::total_variation(target()).unwrap(),
        Perception::kullback_leibler(target()).unwrap(),
        Perception::wasserstein(target(), &[-1e150, -0.0, f64::MIN_POSITIVE]).unwrap(),
        Perception::transport(pmf(&[0.4, 0.6]), ground).unwrap(),
    ]
}

#[test]
fn perceptions_and_problems_with_one_are_kept() {
    for perception in perceptions() {
        assert_eq!(kept(&perception), perception);
        let cost = rows(&[[0.0, 1.0, INF], [0.3, 0.1 + 0.2, 0.0]]);
        let law = pmf(&[0.4, 0.6]);
        let problem =
            Problem::new(law.clone(), 3).unwrap().with_cost("cost", cost.clone()).unwrap();
        kept(&problem.with_perception(perception.clone()).unwrap());
        let distortion = Distortion::matrix(cost).unwrap();
        let rdp = Rdp::new(law.clone(), distortion.clone(), perception.clone()).unwrap();
        let source = Source::new(law, rows(&[[0.9, 0.1], [0.2, 0.8]])).unwrap();
        let classifier = Classifier::hard(&[0, 0, 1]).unwrap();
        let rdpc = Rdpc::new(&source, distortion, &classifier, perception.clone()).unwrap();
        let (read, whole) = (kept(&rdp), kept(&rdpc));
        for p in [0.3, INF] {
            let told = |solution: Result<Solution, RdcError>| {
                solution.map(timeless).map_err(|e| e.to_string())
            };
            assert_eq!(told(read.solve(0.25, p)), told(rdp.solve(0.25, p)));
            assert_eq!(told(whole.solve(0.25, p, 0.3)), told(rdpc.solve(0.25, p, 0.3)));
        }
    }
    let target = pmf(&[0.7, 0.3]);
    let perception = Perception::total_variation(target.clone()).unwrap();
    let rdp = Rdp::new(target, Distortion::hamming(2).unwrap(), perception).unwrap();
    let mut solution = kept(&rdp.solve(0.2, 0.01).unwrap());
    assert!(solution.potential.amax() > 0.0);
    // As a run is that found no channel within the budgets.
    (solution.rate, solution.status) = (INF, Status::Stalled);
    kept(&solution);
    refused::<Solution>(&changed(&solution, "/status", "certified".into()), "rate = inf");
}

#[test]
fn digits_beyond_doubles() {
    let hamming = rows(&[[0.0, 1.0], [1.0, 0.0]]);
    let problem =
        Problem::new(pmf(&[0.7, 0.3]), 2).unwrap().with_cost("distortion", hamming).unwrap();
    let settings = Settings::default().with_tolerance(1e-25).unwrap();
    let solution = problem.solve_with(&[0.1], &settings).unwrap();
    let read = kept(&solution);
    assert!(read.precise.is_some() && read.precise == solution.precise);
    for (index, new) in [(1, 1.0), (0, -1.0), (2, INF)] {
        let pointer = format!("/precise/{index}");
        let new = if new == INF { "inf".into() } else { new.into() };
        refused::<Solution>(&changed(&solution, &pointer, new), "two finite bounds");
    }
    refused::<Solution>(&changed(&solution, "/precise", vec![0.5].into()), "two for each bound");
    // What was written before there were such digits is read as without them.
    let mut old: serde_json::Value = serde_json::to_value(&solution).unwrap();
    old.as_object_mut().unwrap().remove("precise");
    assert!(serde_json::from_value::<Solution>(old).unwrap().precise.is_none());
}

#[test]
fn malformed_perceptions_are_refused() {
    let perception = r#"{"target": [0.7, 0.3], "divergence": {"wasserstein": [0, 1]}}"#;
    assert!(serde_json::from_str::<Perception>(perception).is_ok());
    for (from, to, word) in [
        ("0.3", "0.4", "target sums to 1.1"),
        ("[0, 1]", "[1, 1]", "points[1] = 1"),
        ("[0, 1]", "[0]", "points has 1 entries"),
        (r#"{"wasserstein": [0, 1]}"#, r#"{"transport": [[0]]}"#, "ground has 1 columns"),
        (r#"{"wasserstein": [0, 1]}"#, r#"{"transport": [[0, -1]]}"#, "ground[(0, 1)] = -1"),
        (r#"{"wasserstein": [0, 1]}"#, r#""euclidean""#, "euclidean"),
        (r#""target""#, r#""extra": 1, "target""#, "unknown field `extra`"),
    ] {
        refused::<Perception>(&perception.replace(from, to), word);
    }
    let pair = pmf(&[0.7, 0.3]);
    let natural = Perception::total_variation(pair.clone()).unwrap();
    let rdp = Rdp::new(pair.clone(), Distortion::hamming(2).unwrap(), natural).unwrap();
    let wider = serde_json::json!({ "target": [0.5, 0.25, 0.25], "divergence": "total_variation" });
    refused::<Rdp>(&changed(&rdp, "/perception", wider), "perception has 3 letters");
    // Files written before there was a perception have no such field, and those of other functions are not these.
    let without = changed(&rdp, "/perception", serde_json::Value::Null);
    assert!(serde_json::from_str::<Problem>(&without).is_ok());
    refused::<Rdp>(&without, "an rdp has 0 perceptions");
    refused::<Rdpc>(&without, "an rdpc has 1 costs");
    refused::<Rdpc>(
        &changed(&bernoulli(), "/perception", serde_json::Value::Null),
        "an rdpc has 0 perceptions",
    );
    let natural = serde_json::json!({ "target": [0.7, 0.3], "divergence": "total_variation" });
    refused::<Rdc>(&changed(&bernoulli(), "/perception", natural), "an rdc has 1 perceptions");
}

#[test]
fn malformed_arguments_are_refused() {
    refused::<Source>(r#"{"pmf": [1]}"#, "missing field `posterior`");
    refused::<Source>(r#"{"pmf": [1], "posterior": [[1]], "name": 1}"#, "unknown field `name`");
    refused::<Source>(r#"{"pmf": [1.5, -0.5], "posterior": [[1], [1]]}"#, "pmf[1] = -0.5");
    refused::<Source>(r#"{"pmf": [0.5], "posterior": [[1]]}"#, "pmf sums to 0.5");
    refused::<Source>(r#"{"pmf": ["inf"], "posterior": [[1]]}"#, "pmf[0] = inf");
    refused::<Source>(r#"{"pmf": [1], "posterior": [[1], [1]]}"#, "posterior has 2 rows");
    refused::<Source>(r#"{"pmf": [0.5, 0.5], "posterior": [[1], [1, 0]]}"#, "posterior is ragged");
    refused::<Source>(r#"{"pmf": [], "posterior": []}"#, "empty");
    for nan in ["NaN", "null", r#""NaN""#, r#""nan""#] {
        refused::<Distortion>(&format!("[[{nan}]]"), "");
    }
    for infinity in ["Inf", "infinity", "+inf", "∞", "1"] {
        refused::<Distortion>(&format!("[[\"{infinity}\"]]"), r#"a number, "inf" or "-inf""#);
    }
    refused::<Distortion>(r#"[["-inf"]]"#, "distortion[0] = -inf");
    refused::<Distortion>("[[0, 1], [0]]", "distortion is ragged");
    refused::<Distortion>("[[1e151]]", "distortion[0] = 1000");
    refused::<Distortion>("[]", "empty");
    refused::<Classifier>(r#"{"hard": []}"#, "classifier is empty");
    refused::<Classifier>(r#"{"hard": [-1]}"#, "-1");
    refused::<Classifier>(r#"{"soft": [[0.5, 0.6]]}"#, "row 0");
    refused::<Classifier>(r#"{"firm": [0]}"#, "firm");
}

/// A JSON object with the value at the path replaced, or removed where it is null.
fn changed(value: &impl Serialize, pointer: &str, new: serde_json::Value) -> String {
    let mut json = serde_json::to_value(value).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match json.pointer_mut(parent).unwrap() {
        serde_json::Value::Object(fields) if new.is_null() => {
            fields.remove(key).unwrap();
        }
        serde_json::Value::Object(fields) => {
            fields.insert(key.into(), new);
        }
        other => other[key.parse::<usize>().unwrap()] = new,
    }
    json.to_string()
}

#[test]
fn malformed_problems_are_refused() {
    let problem = Problem::new(pmf(&[0.7, 0.3, 0.0]), 2).unwrap();
    let cost = rows(&[[0.1, 1.0], [1.0, 0.2], [0.0, INF]]);
    let problem = problem.with_cost("a", cost.clone()).unwrap().with_cost("b", cost).unwrap();
    let refused = |pointer: &str, new: serde_json::Value, word: &str| {
        refused::<Problem>(&changed(&problem, pointer, new), word);
    };
    refused("/version", 2.into(), "version 1");
    refused("/version", serde_json::Value::Null, "missing field `version`");
    refused("/costs/0/scale", serde_json::Value::Null, "missing field `scale`");
    refused("/costs/0/unit", "m".into(), "unknown field `unit`");
    refused("/solver", 1.into(), "unknown field `solver`");
    refused("/pmf/0", (-0.7).into(), "pmf[0] = -0.7");
    refused("/pmf/0", 0.8.into(), "pmf sums to 1.1");
    refused("/reproductions", 0.into(), "empty");
    refused("/reproductions", 3.into(), "a has 2 columns");
    refused("/costs/0/excess/2", serde_json::json!([0.0]), "a is ragged");
    refused("/costs/0/excess", serde_json::json!([[0.0, 1.0]]), "a has 1 rows");
    refused("/costs/1/excess/0/0", (-1.0).into(), "b[(0, 0)] = -1");
    refused("/costs/1/excess/0/0", "inf".into(), "b[(0, 0)] = inf: a pair must be forbidden");
    refused("/costs/0/excess/2/1", 0.into(), "b[(2, 1)] = inf: a pair must be forbidden");
    refused("/costs/0/excess/2/0", 1.into(), "a[(2, 0)] = 1: a letter of probability 0");
    refused("/costs/0/excess/2/0", "inf".into(), "every reproduction of source letter 2");
    refused("/costs/0/excess/0/0", 2.into(), "a: the average");
    for scale in [0.75, 0.0, -0.5, 2e200] {
        refused("/costs/0/scale", scale.into(), "a: the scale");
    }
    refused("/costs/0/scale", "inf".into(), "a: the scale = inf");
    refused("/costs/0/scale", 1e-320.into(), "a: the scale");
    refused("/costs/0/offset", (-1.5).into(), "a: the offset = -1.5");
    refused("/costs/0/offset_size", (-0.5).into(), "a: the offset's size = -0.5");
    refused("/costs/0/offset_size", 3e150.into(), "a: the offset's size = 3");
    refused("/costs/0/offset", "inf".into(), "a: the offset = inf");
    refused("/costs/0/offset_error", 1e-3.into(), "a: the offset's error = 0.001");
    let three = problem.clone().with_cost("c", DMatrix::zeros(3, 2)).unwrap();
    let three = serde_json::to_value(&three).unwrap();
    let error = serde_json::from_value::<Rdc>(three).unwrap_err();
    assert!(error.to_string().contains("an rdc has 3 costs"), "{error}");
}

#[test]
fn malformed_results_are_refused() {
    let solution = bernoulli().solve(0.1, 0.2).unwrap();
    let refused_solution = |pointer: &str, new: serde_json::Value, word: &str| {
        refused::<Solution>(&changed(&solution, pointer, new), word);
    };
    refused_solution("/rate", "inf".into(), "rate = inf");
    refused_solution("/lower", 2.into(), "lower = 2");
    refused_solution("/lower", (-1).into(), "lower = -1");
    refused_solution("/status", "finished".into(), "status = \"finished\"");
    refused_solution("/gap", 0.into(), "unknown field `gap`");
    refused_solution("/output/0", serde_json::json!([]), "a number");
    refused_solution("/output", serde_json::json!([1]), "output has 1 entries");
    refused_solution("/certificate/0", (-1).into(), "certificate[0] = -1");
    refused_solution("/channel", serde_json::json!([[1, 0], [1]]), "channel is ragged");
    refused_solution("/channel/0/0", 2.into(), "channel, row 0, sums to");
    refused_solution("/constraints/0/budget", (-2e150).into(), "budget = -2");
    refused_solution("/constraints/0/multiplier", "inf".into(), "multiplier = inf");
    refused_solution("/constraints/0/name", serde_json::Value::Null, "missing field `name`");
    refused_solution("/constraints/0/unit", 1.into(), "unknown field `unit`");
    refused_solution("/trace/0/multipliers", serde_json::json!([1]), "multipliers has 1 entries");
    let refused_line = |pointer: &str, new: serde_json::Value, word: &str| {
        refused::<Progress>(&changed(&solution.trace[0], pointer, new), word);
    };
    refused_line("/excess", (-1).into(), "excess = -1");
    refused_line("/multipliers/0", "-inf".into(), "multiplier = -inf");
    refused_line("/elapsed", 1.5.into(), "Duration");
    refused_line("/elapsed/nanos", (-1).into(), "-1");
    refused_line("/elapsed/hours", 1.into(), "hours");
    refused_line("/time", 1.into(), "unknown field `time`");
    let refused_settings = |pointer: &str, new: serde_json::Value, word: &str| {
        refused::<Settings>(&changed(&Settings::default(), pointer, new), word);
    };
    refused_settings("/tolerance", 0.into(), "tolerance = 0");
    refused_settings("/tolerance", "inf".into(), "tolerance = inf");
    refused_settings("/method", "magic".into(), "interior_point");
    refused_settings("/threads", 1.into(), "unknown field `threads`");
}

#[test]
fn malformed_curves_and_surfaces_are_refused() {
    let frontier = |vertices: &str| format!("{{\"vertices\": {vertices}}}");
    refused::<Polyline>(&frontier("[]"), "vertices is empty");
    refused::<Polyline>(&frontier("[[0, 2], [0, 1]]"), "vertices[1][0] = 0");
    refused::<Polyline>(&frontier("[[0, 1], [1, 1]]"), "vertices[1][1] = 1");
    refused::<Polyline>(&frontier("[[0, \"inf\"]]"), "vertices[0][1] = inf");
    refused::<Polyline>(&frontier("[[\"-inf\", 0]]"), "vertices[0][0] = -inf");
    refused::<Polyline>(&frontier("[[1, 2, 3]]"), "trailing");
    refused::<Polyline>("{\"vertices\": [[0, 0]], \"closed\": true}", "unknown field `closed`");
    let surface = bernoulli().surface(&[0.1, 0.2], &[0.2]).unwrap();
    let refused = |pointer: &str, new: serde_json::Value, word: &str| {
        refused::<Surface>(&changed(&surface, pointer, new), word);
    };
    refused("/first", serde_json::json!([0.2, 0.1]), "first[1] = 0.1");
    refused("/second", serde_json::json!(["-inf"]), "second[0] = -inf");
    refused("/second", serde_json::json!([]), "second is empty");
    refused("/fixed", serde_json::json!([["price", "-inf"]]), "the fixed budget of price = -inf");
    refused("/names", serde_json::json!(["D"]), "invalid length 1");
    refused("/second", serde_json::json!([0.1, 0.2]), "cells has 2 entries, but 4");
    refused("/rates", 1.into(), "unknown field `rates`");
    refused("/cells/0", "empty".into(), "unknown variant `empty`");
    refused("/cells/0/solved/rate", "inf".into(), "rate = inf");
    refused("/cells/0/solved/lower", 2.into(), "lower = 2");
    refused("/cells/0/solved/multipliers/1", (-1).into(), "multiplier = -1");
    refused("/cells/0/solved/achieved/0", "inf".into(), "achieved = inf");
    refused("/cells/0/solved/regime", "none".into(), "first only");
    refused("/cells/0/solved/gap", 0.into(), "unknown field `gap`");
}

#[test]
fn nan_is_neither_written_nor_read() {
    let mut solution = bernoulli().solve(0.1, 0.2).unwrap();
    // After one byte of the iteration comes the rate, of which no rule but this one is asked.
    let mut bytes = postcard::to_allocvec(&solution.trace[0]).unwrap();
    for (rate, readable) in [(0.5, true), (INF, true), (f64::NAN, false), (-f64::NAN, false)] {
        bytes[1..9].copy_from_slice(&f64::to_le_bytes(rate));
        assert_eq!(postcard::from_bytes::<Progress>(&bytes).is_ok(), readable, "{rate}");
    }
    solution.rate = f64::NAN;
    let error = serde_json::to_string(&solution).unwrap_err();
    assert!(error.to_string().contains("NaN is never written"));
    assert!(postcard::to_allocvec(&solution).is_err());
}

#[test]
fn a_problem_of_other_bytes_is_refused_or_solved() {
    let problem = Problem::new(pmf(&[0.5, 0.5]), 2).unwrap().with_cost("d", hamming()).unwrap();
    let bytes = postcard::to_allocvec(&problem).unwrap();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x10, 0x80, 0xff] {
            let mut other = bytes.clone();
            other[at] ^= flip;
            let read = postcard::from_bytes(&other).ok();
            if let Some(solution) = read.and_then(|problem: Problem| problem.solve(&[0.3]).ok()) {
                assert!(solution.lower <= solution.rate, "byte {at} flipped by {flip:x}");
            }
        }
    }
}
