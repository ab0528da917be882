//! Surfaces and their points.

use super::{checked, exact, rebuilt};
use crate::{Cell, RdcError, Regime, Status, Surface, SurfacePoint};
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
    #[serde(with = "exact")]
    distortions: Vec<f64>,
    #[serde(with = "exact")]
    errors: Vec<f64>,
    cells: Vec<Cell>,
}

impl From<&Surface> for SurfaceForm {
    fn from(surface: &Surface) -> Self {
        Self {
            distortions: surface.distortions().to_vec(),
            errors: surface.errors().to_vec(),
            cells: surface.iter().map(|(_, _, cell)| *cell).collect(),
        }
    }
}

impl TryFrom<SurfaceForm> for Surface {
    type Error = RdcError;

    fn try_from(form: SurfaceForm) -> Result<Self, RdcError> {
        Self::new(form.distortions, form.errors, form.cells)
    }
}

checked!(SurfacePoint, SurfacePointFields);
rebuilt!(Surface, SurfaceForm);
