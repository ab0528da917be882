//! The JSON door of `examples/solve`, and through it the 27 certified cases of `vectors/rdc.json`.

use crate::door;
use serde_json::{Value, json};

fn answers(text: &str) -> Vec<Value> {
    door::split(text)
        .into_iter()
        .enumerate()
        .map(|(index, case)| door::answer(index, case))
        .collect()
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("no number {key} in {value}"))
}

#[test]
fn certified_vectors() {
    let text = include_str!("../vectors/rdc.json");
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    let answers = answers(text);
    assert_eq!((cases.len(), answers.len()), (27, 27));
    for (case, answer) in cases.iter().zip(&answers) {
        let (rate, lower) = (number(answer, "rate_bits"), number(answer, "lower_bits"));
        let known = number(case, "rate_bits");
        assert_eq!(answer["status"], "certified", "{answer}");
        assert_eq!(answer["name"], case["name"]);
        assert!((rate - known).abs() <= 1e-8, "{answer}, not {known}");
        // The vectors themselves are certified to 1e-8 only.
        assert!(lower - 1e-8 <= known && known <= rate + 1e-8, "{answer} does not hold {known}");
        assert!(rate - lower <= 1e-9 && lower <= rate, "{answer}");
        for (index, key) in ["D", "E"].into_iter().enumerate() {
            let achieved = answer["achieved"][index].as_f64().unwrap();
            let budget = case[key].as_f64().unwrap_or(f64::INFINITY);
            assert!(achieved <= budget * (1.0 + 1e-12), "{answer}: {key} = {budget}");
        }
    }
}

#[test]
fn both_forms_of_one_problem_agree() {
    let (a, b) = (4.0 / 31.0, 3.0 / 19.0);
    let labelled = json!({
        "name": "labelled", "pmf": [0.62, 0.38], "posterior": [[1.0 - a, a], [b, 1.0 - b]], "classifier": [0, 1],
        "distortion": [[0, 1], [1, 0]], "D": 0.05, "E": 0.2, "channel": true
    });
    let mut soft = labelled.clone();
    soft["classifier"] = json!([[1, 0], [0, 1]]);
    let general = json!({
        "pmf": [0.62, 0.38], "costs": [[[0, 1], [1, 0]], [[a, 1.0 - a], [1.0 - b, b]]], "budgets": [0.05, 0.2],
        "method": "interior_point", "tolerance_bits": 1e-10
    });
    let answers = answers(&format!("{labelled}\n\n{soft}\n{general}\n"));
    let names: Vec<&Value> = answers.iter().map(|answer| &answer["name"]).collect();
    assert_eq!(names, ["labelled", "labelled", "case 2"]);
    for answer in &answers {
        assert!((number(answer, "rate_bits") - 0.6716450651097).abs() < 1e-9, "{answer}");
    }
    let row = answers[0]["channel"][0].as_array().unwrap();
    assert_eq!((row.len(), answers[0]["channel"].as_array().unwrap().len()), (2, 2));
    assert!(answers[2].get("channel").is_none());
}

#[test]
fn null_is_infinite() {
    let forbidden =
        json!([{ "pmf": [0.5, 0.5], "costs": [[[0, null], [null, 0]]], "budgets": [null] }]);
    let answer = &answers(&forbidden.to_string())[0];
    assert!((number(answer, "rate_bits") - 1.0).abs() < 1e-9, "{answer}");
}

#[test]
fn no_costs_cost_nothing() {
    let answer = &answers(r#"{"pmf": [0.5, 0.5], "costs": [], "budgets": []}"#)[0];
    assert_eq!(number(answer, "rate_bits"), 0.0, "{answer}");
}

#[test]
fn bad_cases_say_why_and_the_next_one_follows() {
    let bad = [
        ("{", "malformed", "EOF"),
        ("[1, 2]", "malformed", ""),
        ("7", "malformed", ""),
        (r#"{"pmf": [1]}"#, "malformed", "posterior"),
        (r#"{"pmf": [1], "costs": [[[0]]]}"#, "malformed", "budgets"),
        (
            r#"{"pmf": [1], "posterior": [[1]], "classifier": [0], "distortion": [[0]], "D": 0}"#,
            "malformed",
            "E",
        ),
        (r#"{"pmf": [1, 0], "costs": [[[0, 1], [1]]], "budgets": [1]}"#, "malformed", "ragged"),
        (r#"{"pmf": [0.5], "costs": [[[0]]], "budgets": [1]}"#, "malformed", "sums to 0.5"),
        (
            r#"{"pmf": [1], "costs": [[[0]]], "budgets": [1], "method": "magic"}"#,
            "malformed",
            "interior_point",
        ),
        (
            r#"{"pmf": [1], "costs": [[[0]]], "budgets": [1], "tolerance_bits": 0}"#,
            "malformed",
            "tolerance",
        ),
        (r#"{"pmf": [1], "costs": [[[2]]], "budgets": [1]}"#, "infeasible", "smallest cost 0"),
    ];
    let good = r#"{"name": "good", "pmf": [1], "costs": [[[0]]], "budgets": [1]}"#;
    let text: String = bad.iter().map(|(case, _, _)| format!("{case}\n{good}\n")).collect();
    let answers = answers(&text);
    assert_eq!(answers.len(), 2 * bad.len());
    for (pair, (case, status, word)) in answers.chunks(2).zip(bad) {
        assert_eq!(pair[0]["status"], status, "{case}: {}", pair[0]);
        assert!(pair[0]["error"].as_str().unwrap().contains(word), "{case}: {}", pair[0]);
        assert_eq!(pair[1]["status"], "certified", "after {case}: {}", pair[1]);
    }
    assert_eq!(answers[20]["smallest_budgets"][0], 2.0);
}
