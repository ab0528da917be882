//! What a run returns.

use super::form::{checked, rows};
use super::number::exact;
use crate::error::RdcError;
use crate::numerics::double_double::DoubleDouble;
use crate::result::precise::PreciseBracket;
use crate::result::progress::Progress;
use crate::result::rules;
use crate::result::solution::{Constraint, Solution, Status};
use crate::validate;
use crate::validate::matrix_from_rows;
use nalgebra::{DMatrix, DVector};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;

#[derive(Serialize, Deserialize)]
#[serde(remote = "Solution", deny_unknown_fields)]
struct SolutionFields {
    #[serde(with = "exact")]
    rate: f64,
    #[serde(with = "exact")]
    lower: f64,
    constraints: Vec<Constraint>,
    #[serde(serialize_with = "write_channel", deserialize_with = "read_channel")]
    channel: DMatrix<f64>,
    #[serde(with = "exact")]
    output: DVector<f64>,
    #[serde(with = "exact")]
    certificate: DVector<f64>,
    #[serde(with = "exact")]
    potential: DVector<f64>,
    #[serde(default, serialize_with = "write_precise", deserialize_with = "read_precise")]
    precise: Option<PreciseBracket>,
    status: Status,
    iterations: usize,
    trace: Vec<Progress>,
}

fn write_channel<S: Serializer>(channel: &DMatrix<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    exact::serialize(&rows(channel), serializer)
}

fn read_channel<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DMatrix<f64>, D::Error> {
    let rows: Vec<Vec<f64>> = exact::deserialize(deserializer)?;
    matrix_from_rows("channel", &rows).map_err(D::Error::custom)
}

/// The two parts of the upper bound, then those of the lower one; nothing where there are none.
fn write_precise<S: Serializer>(
    precise: &Option<PreciseBracket>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let parts = |bound: DoubleDouble| [bound.high(), bound.low()];
    let bounds = precise.iter().flat_map(|precise| [precise.rate, precise.lower]);
    exact::serialize(&bounds.flat_map(parts).collect::<Vec<f64>>(), serializer)
}

fn read_precise<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PreciseBracket>, D::Error> {
    let parts: Vec<f64> = exact::deserialize(deserializer)?;
    match parts[..] {
        [] => Ok(None),
        [rate, rate_low, lower, lower_low] => {
            let rule = "the two parts of two finite bounds must be those of numbers >= 0";
            for (high, low) in [(rate, rate_low), (lower, lower_low)] {
                let is_pair = high >= 0.0 && high.is_finite() && high + low == high;
                validate::scalar("precise", high, rule, is_pair).map_err(D::Error::custom)?;
            }
            let [rate, lower] = [(rate, rate_low), (lower, lower_low)]
                .map(|(high, low)| DoubleDouble::sum_of(high, low));
            Ok(Some(PreciseBracket { rate, lower }))
        }
        _ => Err(D::Error::invalid_length(parts.len(), &"no numbers, or two for each bound")),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Constraint", deny_unknown_fields)]
struct ConstraintFields {
    name: String,
    #[serde(with = "exact")]
    budget: f64,
    #[serde(with = "exact")]
    achieved: f64,
    #[serde(with = "exact")]
    multiplier: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Progress", deny_unknown_fields)]
struct ProgressFields {
    iteration: usize,
    #[serde(with = "exact")]
    rate: f64,
    #[serde(with = "exact")]
    lower: f64,
    #[serde(with = "exact")]
    excess: f64,
    #[serde(with = "exact")]
    multipliers: Vec<f64>,
    support: usize,
    elapsed: Duration,
}

impl Solution {
    fn check(&self) -> Result<(), RdcError> {
        rules::bounds(self.lower, self.rate, self.status)?;
        // Rows are what rounding has made of them: scaled to sum to 1, they would no longer be what was written.
        let mut channel = self.channel.clone();
        validate::stochastic_rows("channel", &mut channel)?;
        let letters = self.channel.ncols();
        for (argument, pmf) in [("output", &self.output), ("certificate", &self.certificate)] {
            let rule = "one per reproduction letter, as the channel has columns";
            validate::count(argument, "entries", pmf.len(), letters, rule)?;
            let column = DMatrix::from_column_slice(letters, 1, pmf.as_slice());
            validate::entries(argument, &column, validate::PROBABILITY, |p| {
                p.is_finite() && p >= 0.0
            })?;
        }
        let rule = "one per reproduction letter, as the channel has columns";
        validate::count("potential", "entries", self.potential.len(), letters, rule)?;
        for &g in &self.potential {
            validate::scalar("potential", g, "a potential must be finite", g.is_finite())?;
        }
        let costs = self.constraints.len();
        self.trace.iter().try_for_each(|line| {
            let multipliers = line.multipliers.len();
            validate::count("multipliers", "entries", multipliers, costs, "one per constraint")
        })
    }
}

impl Constraint {
    fn check(&self) -> Result<(), RdcError> {
        validate::signed_budget("budget", self.budget)?;
        rules::spent(self.achieved)?;
        rules::slope(self.multiplier)
    }
}

impl Progress {
    fn check(&self) -> Result<(), RdcError> {
        let rule = "a relative excess must be >= 0";
        validate::scalar("excess", self.excess, rule, self.excess >= 0.0)?;
        let rule = "a multiplier of an iterate must be finite";
        self.multipliers
            .iter()
            .try_for_each(|&s| validate::scalar("multiplier", s, rule, s.is_finite()))
    }
}

checked!(Solution, SolutionFields);

checked!(Constraint, ConstraintFields);

checked!(Progress, ProgressFields);
