//! One case: from JSON to a problem, from its solution to JSON.

use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{
    Classifier, Distortion, Method, Problem, Rdc, RdcError, Settings, Solution, Source,
    matrix_from_rows,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::time::Instant;

type Rows = Vec<Vec<f64>>;

/// The keys of a case. Keys that are not listed are passed over.
#[derive(Deserialize)]
struct Case {
    pmf: Vec<f64>,
    #[serde(flatten)]
    form: Form,
    method: Option<String>,
    tolerance_bits: Option<f64>,
    #[serde(default)]
    channel: bool,
}

enum Form {
    Labelled(Labelled),
    General(General),
}

#[derive(Deserialize)]
struct Labelled {
    posterior: Rows,
    classifier: Reader,
    #[serde(deserialize_with = "cost")]
    distortion: Rows,
    #[serde(rename = "D", deserialize_with = "budget")]
    d: f64,
    #[serde(rename = "E", deserialize_with = "budget")]
    e: f64,
}

#[derive(Deserialize)]
struct General {
    #[serde(deserialize_with = "costs")]
    costs: Vec<Rows>,
    #[serde(deserialize_with = "budgets")]
    budgets: Vec<f64>,
}

/// A class per reproduction letter, or a stochastic matrix.
#[derive(Deserialize)]
#[serde(untagged)]
enum Reader {
    Hard(Vec<usize>),
    Soft(Rows),
}

impl<'de> Deserialize<'de> for Form {
    /// By the key "costs", so that the error of the form that was meant is the one reported.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let keys = Value::deserialize(deserializer)?;
        let form = if keys.get("costs").is_some() {
            serde_json::from_value(keys).map(Self::General)
        } else {
            serde_json::from_value(keys).map(Self::Labelled)
        };
        form.map_err(serde::de::Error::custom)
    }
}

fn infinite_if_null(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::INFINITY)
}

fn rows_from_nullable(rows: Vec<Vec<Option<f64>>>) -> Rows {
    rows.into_iter().map(|row| row.into_iter().map(infinite_if_null).collect()).collect()
}

fn budget<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Option::deserialize(deserializer).map(infinite_if_null)
}

fn budgets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let budgets = Vec::<Option<f64>>::deserialize(deserializer)?;
    Ok(budgets.into_iter().map(infinite_if_null).collect())
}

fn cost<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rows, D::Error> {
    Vec::deserialize(deserializer).map(rows_from_nullable)
}

fn costs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Rows>, D::Error> {
    let costs = Vec::<Vec<Vec<Option<f64>>>>::deserialize(deserializer)?;
    Ok(costs.into_iter().map(rows_from_nullable).collect())
}

/// The cases of a text: the elements of an array, one object, or one value a line.
///
/// What is not JSON stays, as the error that says where.
pub(crate) fn split(text: &str) -> Vec<Result<Value, serde_json::Error>> {
    match serde_json::from_str(text) {
        Ok(Value::Array(cases)) => cases.into_iter().map(Ok).collect(),
        Ok(case) => vec![Ok(case)],
        Err(error) if text.trim_start().starts_with('[') => vec![Err(error)],
        Err(_) => {
            text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str).collect()
        }
    }
}

/// The answer to the case at `index`: an object, whatever the case.
pub(crate) fn answer(index: usize, case: Result<Value, serde_json::Error>) -> Value {
    let name = case.as_ref().ok().and_then(|case| case.get("name").cloned());
    let name = name.unwrap_or_else(|| json!(format!("case {index}")));
    let start = Instant::now();
    let solved = case
        .and_then(serde_json::from_value::<Case>)
        .map_err(|error| error.to_string())
        .and_then(|case| solve(&case).map(|solution| (case.channel, solution)));
    let mut answer = match solved {
        Ok((channel, Ok(solution))) => describe(&solution, channel),
        Ok((_, Err(RdcError::Infeasible(proof)))) => json!({
            "status": "infeasible",
            "error": proof.to_string(),
            "smallest_budgets": proof.budgets.iter().map(|b| b.smallest).collect::<Vec<_>>(),
            "multipliers": proof.budgets.iter().map(|b| b.multiplier).collect::<Vec<_>>(),
        }),
        Ok((_, Err(error))) => json!({ "status": "malformed", "error": error.to_string() }),
        Err(error) => json!({ "status": "malformed", "error": error }),
    };
    answer["name"] = name;
    answer["seconds"] = json!(start.elapsed().as_secs_f64());
    answer
}

fn describe(solution: &Solution, channel: bool) -> Value {
    let constraints = &solution.constraints;
    let mut answer = json!({
        "status": solution.status.to_string(),
        "rate_bits": solution.rate,
        "lower_bits": solution.lower,
        "achieved": constraints.iter().map(|c| c.achieved).collect::<Vec<_>>(),
        "multipliers": constraints.iter().map(|c| c.multiplier).collect::<Vec<_>>(),
        "iterations": solution.iterations,
    });
    if channel {
        let rows = solution.channel.row_iter().map(|row| row.iter().copied().collect());
        answer["channel"] = json!(rows.collect::<Rows>());
    }
    answer
}

/// The outer error is a setting that does not exist, the inner one the library's.
fn solve(case: &Case) -> Result<Result<Solution, RdcError>, String> {
    let method: Method = match &case.method {
        Some(name) => name.parse().map_err(|error: rdc_theory::UnknownMethod| error.to_string())?,
        None => Method::default(),
    };
    let mut settings = Settings::default().with_method(method);
    if let Some(bits) = case.tolerance_bits {
        settings = settings.with_tolerance(bits).map_err(|error| error.to_string())?;
    }
    let pmf = DVector::from_column_slice(&case.pmf);
    Ok(match &case.form {
        Form::Labelled(labelled) => labelled.solve(pmf, &settings),
        Form::General(general) => general.solve(pmf, &settings),
    })
}

impl Labelled {
    fn solve(&self, pmf: DVector<f64>, settings: &Settings) -> Result<Solution, RdcError> {
        let source = Source::new(pmf, matrix_from_rows("posterior", &self.posterior)?)?;
        let distortion = Distortion::matrix(matrix_from_rows("distortion", &self.distortion)?)?;
        let classifier = match &self.classifier {
            Reader::Hard(class_of) => Classifier::hard(class_of)?,
            Reader::Soft(decisions) => {
                Classifier::soft(matrix_from_rows("classifier", decisions)?)?
            }
        };
        Rdc::new(&source, distortion, &classifier)?.solve_with(self.d, self.e, settings)
    }
}

impl General {
    fn solve(&self, pmf: DVector<f64>, settings: &Settings) -> Result<Solution, RdcError> {
        let named = |(index, rows): (usize, &Rows)| {
            let name = format!("cost {index}");
            matrix_from_rows(&name, rows).map(|matrix| (name, matrix))
        };
        let costs: Vec<(String, DMatrix<f64>)> =
            self.costs.iter().enumerate().map(named).collect::<Result<_, _>>()?;
        // Without costs one reproduction letter is as good as any number.
        let reproductions = costs.first().map_or(1, |(_, matrix)| matrix.ncols());
        let mut problem = Problem::new(pmf, reproductions)?;
        for (name, matrix) in costs {
            problem = problem.with_cost(name, matrix)?;
        }
        problem.solve_with(&self.budgets, settings)
    }
}
