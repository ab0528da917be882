//! Problems in files, as the solver has them: the costs as given cannot be recovered to the last digit.

use super::form::{rebuilt, rows};
use super::number::exact;
use crate::error::RdcError;
use crate::functions::rdc::Rdc;
use crate::functions::rdp::{Rdp, Rdpc};
use crate::model::cost::{Allowed, Cost, clear_forbidden, dearest};
use crate::model::perception::Perception;
use crate::model::problem::Problem;
use crate::numerics::scaling::SMALLEST;
use crate::validate;
use crate::validate::matrix_from_rows;
use nalgebra::{DMatrix, DVector};
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(rename = "Problem", deny_unknown_fields)]
struct ProblemForm {
    version: Version,
    #[serde(with = "exact")]
    pmf: DVector<f64>,
    reproductions: usize,
    costs: Vec<CostForm>,
    perception: Option<Perception>,
}

/// `d(x, y) = row_minimum(x) + excess(x, y)`, with `+inf` for a forbidden pair.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Cost", deny_unknown_fields)]
struct CostForm {
    name: String,
    /// n x m, in the units of the cost.
    #[serde(with = "exact")]
    excess: Vec<Vec<f64>>,
    #[serde(with = "exact")]
    scale: f64,
    #[serde(with = "exact")]
    offset: f64,
    #[serde(with = "exact")]
    offset_error: f64,
    #[serde(with = "exact")]
    offset_size: f64,
}

/// Of the form above: it follows the solver, and may change with it.
struct Version;

const VERSION: u32 = 1;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(VERSION)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            VERSION => Ok(Self),
            other => {
                let found = Unexpected::Unsigned(other.into());
                Err(D::Error::invalid_value(found, &"version 1 of a problem"))
            }
        }
    }
}

impl From<&Problem> for ProblemForm {
    fn from(problem: &Problem) -> Self {
        let costs = problem.costs.iter().map(|cost| CostForm::of(cost, &problem.allowed));
        Self {
            version: Version,
            pmf: problem.pmf.clone(),
            reproductions: problem.reproductions,
            costs: costs.collect(),
            perception: problem.marginal.as_ref().map(|marginal| marginal.perception.clone()),
        }
    }
}

impl CostForm {
    fn of(cost: &Cost, allowed: &Allowed) -> Self {
        let m = cost.matrix.nrows();
        let usable = |x, y| allowed.of(x, m).is_none_or(|pairs: &[bool]| pairs[y]);
        let excess = DMatrix::from_fn(cost.matrix.ncols(), m, |x, y| {
            if usable(x, y) { cost.scale * cost.matrix[(y, x)] } else { f64::INFINITY }
        });
        Self {
            name: cost.name.clone(),
            excess: rows(&excess),
            scale: cost.scale,
            offset: cost.offset,
            offset_error: cost.offset_error,
            offset_size: cost.offset_size,
        }
    }
}

impl TryFrom<ProblemForm> for Problem {
    type Error = RdcError;

    fn try_from(form: ProblemForm) -> Result<Self, RdcError> {
        let mut problem = Self::new(form.pmf, form.reproductions)?;
        for cost in form.costs {
            problem.restore(cost)?;
        }
        match form.perception {
            Some(perception) => problem.with_perception(perception),
            None => Ok(problem),
        }
    }
}

impl Problem {
    /// Adds a cost as [`with_cost`](Self::with_cost) has left it, with the rules that it keeps.
    fn restore(&mut self, form: CostForm) -> Result<(), RdcError> {
        let CostForm { name, excess, scale, offset, offset_error, offset_size } = form;
        let excess = matrix_from_rows(&name, &excess)?;
        self.check_excess(&name, &excess)?;
        self.restore_forbidden(&name, &excess)?;
        check_scale(&name, scale)?;
        self.check_offset(&name, offset, offset_error, offset_size)?;
        let mut matrix = excess.transpose();
        clear_forbidden(&self.allowed, &mut matrix);
        matrix.unscale_mut(scale);
        let largest = (&matrix * &self.pmf).max();
        let rule = "the largest average excess of a letter must be at most twice the scale";
        validate::scalar(&format!("{name}: the average"), scale * largest, rule, largest <= 2.0)?;
        let dearest = dearest(&self.pmf, &matrix);
        self.costs.push(Cost { name, matrix, scale, offset, offset_error, offset_size, dearest });
        Ok(())
    }

    fn check_excess(&self, name: &str, excess: &DMatrix<f64>) -> Result<(), RdcError> {
        let (n, m) = (self.pmf.len(), self.reproductions);
        not_negative(name, excess)?;
        validate::count(name, "rows", excess.nrows(), n, "one row per source letter")?;
        validate::count(name, "columns", excess.ncols(), m, "one column per reproduction letter")?;
        let rule = "a letter of probability 0 has costs of 0, or +inf for forbidden pairs";
        let zero = |value: f64| value == 0.0 || value.is_infinite();
        let held = |x: usize, y: usize| self.pmf[x] > 0.0 || zero(excess[(x, y)]);
        pairs(name, excess, rule, held)
    }

    /// The first cost tells the forbidden pairs, the others repeat them.
    fn restore_forbidden(&mut self, name: &str, excess: &DMatrix<f64>) -> Result<(), RdcError> {
        let (n, m) = excess.shape();
        let allowed = |x: usize, y: usize| excess[(x, y)].is_finite();
        if let Some(x) = (0..n).find(|&x| !(0..m).any(|y| allowed(x, y))) {
            return Err(RdcError::NoReproduction { argument: name.into(), letter: x });
        }
        if self.costs.is_empty() && !(0..n).all(|x| (0..m).all(|y| allowed(x, y))) {
            self.allowed.restrict(n, m, allowed);
        }
        let rule = "a pair must be forbidden (+inf) by all costs or by none";
        let before = |x: usize, y: usize| self.allowed.of(x, m).is_none_or(|pairs| pairs[y]);
        pairs(name, excess, rule, |x, y| before(x, y) == allowed(x, y))
    }

    fn check_offset(&self, name: &str, offset: f64, error: f64, size: f64) -> Result<(), RdcError> {
        let rule = "the size of an offset must lie in [0, 2e150]";
        let held = (0.0..=2.0 * validate::LARGEST_COST).contains(&size);
        validate::scalar(&format!("{name}: the offset's size"), size, rule, held)?;
        let rule = "an offset must be at most its size, with either sign";
        validate::scalar(&format!("{name}: the offset"), offset, rule, offset.abs() <= size)?;
        let rule = "what rounding took from an offset is at most the last digits of its size";
        let digits = 2.0 * f64::EPSILON * self.pmf.len() as f64 * size;
        validate::scalar(&format!("{name}: the offset's error"), error, rule, error.abs() <= digits)
    }
}

/// An excess is the difference of two costs, so up to twice as large as these.
fn not_negative(name: &str, excess: &DMatrix<f64>) -> Result<(), RdcError> {
    validate::not_empty(name, excess.len())?;
    let rule = "an excess must lie in [0, 2e150], or be +inf for a forbidden pair";
    validate::entries(name, excess, rule, |v| {
        (0.0..=2.0 * validate::LARGEST_COST).contains(&v) || v == f64::INFINITY
    })
}

/// Every pair passes `held(x, y)`; the error names one that does not.
fn pairs(
    name: &str,
    excess: &DMatrix<f64>,
    rule: &'static str,
    held: impl Fn(usize, usize) -> bool,
) -> Result<(), RdcError> {
    let (n, m) = excess.shape();
    match (0..n).flat_map(|x| (0..m).map(move |y| (x, y))).find(|&(x, y)| !held(x, y)) {
        Some((x, y)) => {
            validate::scalar(&format!("{name}[({x}, {y})]"), excess[(x, y)], rule, false)
        }
        None => Ok(()),
    }
}

fn check_scale(name: &str, scale: f64) -> Result<(), RdcError> {
    let rule = "a scale must be a power of two in [5e-201, 2e150]";
    let power_of_two = scale.to_bits().trailing_zeros() + 1 >= f64::MANTISSA_DIGITS;
    let held = (SMALLEST / 2.0..=2.0 * validate::LARGEST_COST).contains(&scale) && power_of_two;
    validate::scalar(&format!("{name}: the scale"), scale, rule, held)
}

impl From<&Rdc> for ProblemForm {
    fn from(rdc: &Rdc) -> Self {
        Self::from(rdc.problem())
    }
}

impl TryFrom<ProblemForm> for Rdc {
    type Error = RdcError;

    fn try_from(form: ProblemForm) -> Result<Self, RdcError> {
        let rule = "a distortion and a classification error";
        check_faces("an rdc", &form, (2, rule), false)?;
        Problem::try_from(form).map(Self::of)
    }
}

/// The costs and the perception that a function of a fixed list of budgets has.
fn check_faces(
    argument: &str,
    form: &ProblemForm,
    (costs, rule): (usize, &'static str),
    perception: bool,
) -> Result<(), RdcError> {
    validate::count(argument, "costs", form.costs.len(), costs, rule)?;
    let found = usize::from(form.perception.is_some());
    let rule = "an rdp and an rdpc have one, an rdc has none";
    validate::count(argument, "perceptions", found, usize::from(perception), rule)?;
    let rule =
        "a distortion and a classification error are not negative: the offset must be its size";
    form.costs.iter().try_for_each(|CostForm { name, offset, offset_size, .. }| {
        validate::scalar(&format!("{name}: the offset"), *offset, rule, offset >= offset_size)
    })
}

impl From<&Rdp> for ProblemForm {
    fn from(rdp: &Rdp) -> Self {
        Self::from(rdp.problem())
    }
}

impl TryFrom<ProblemForm> for Rdp {
    type Error = RdcError;

    fn try_from(form: ProblemForm) -> Result<Self, RdcError> {
        check_faces("an rdp", &form, (1, "a distortion"), true)?;
        Problem::try_from(form).map(Self::of)
    }
}

impl From<&Rdpc> for ProblemForm {
    fn from(rdpc: &Rdpc) -> Self {
        Self::from(rdpc.problem())
    }
}

impl TryFrom<ProblemForm> for Rdpc {
    type Error = RdcError;

    fn try_from(form: ProblemForm) -> Result<Self, RdcError> {
        check_faces("an rdpc", &form, (2, "a distortion and a classification error"), true)?;
        Problem::try_from(form).map(Self::of)
    }
}

rebuilt!(Problem, ProblemForm);

rebuilt!(Rdc, ProblemForm);

rebuilt!(Rdp, ProblemForm);

rebuilt!(Rdpc, ProblemForm);
