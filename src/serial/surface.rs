//! Surfaces and their points.

use super::form::{checked, rebuilt};
use super::number::{Number, Numbers, exact};
use crate::error::RdcError;
use crate::queries::surface::grid::{Cell, Surface};
use crate::result::point::SurfacePoint;
use crate::result::regime::Regime;
use crate::result::solution::Status;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(remote = "SurfacePoint", deny_unknown_fields)]
struct SurfacePointFields {
    #[serde(with = "exact")]
    rate: f64,
    #[serde(with = "exact")]
    lower: f64,
    #[serde(with = "exact")]
    multipliers: [f64; 2],
    #[serde(with = "exact")]
    achieved: [f64; 2],
    regime: Regime,
    status: Status,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Surface", deny_unknown_fields)]
struct SurfaceForm {
    names: [String; 2],
    #[serde(with = "exact")]
    first: Vec<f64>,
    #[serde(with = "exact")]
    second: Vec<f64>,
    fixed: Vec<(String, Number)>,
    cells: Vec<Cell>,
}

impl From<&Surface> for SurfaceForm {
    fn from(surface: &Surface) -> Self {
        Self {
            names: surface.names().map(Into::into),
            first: surface.first().to_vec(),
            second: surface.second().to_vec(),
            fixed: surface.fixed().iter().map(|(name, v)| (name.clone(), v.form())).collect(),
            cells: surface.iter().map(|(_, _, cell)| *cell).collect(),
        }
    }
}

impl TryFrom<SurfaceForm> for Surface {
    type Error = RdcError;

    fn try_from(form: SurfaceForm) -> Result<Self, RdcError> {
        let fixed = form.fixed.into_iter().map(|(name, number)| (name, f64::of(number)));
        Self::new(form.names, form.first, form.second, form.cells)?.with_fixed(fixed.collect())
    }
}

checked!(SurfacePoint, SurfacePointFields);

rebuilt!(Surface, SurfaceForm);
