//! Polylines in files.

use super::form::checked;
use super::number::exact;
use crate::error::RdcError;
use crate::feasibility::frontier::Polyline;
use crate::validate;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Polyline", deny_unknown_fields)]
struct PolylineFields {
    #[serde(with = "exact")]
    vertices: Vec<[f64; 2]>,
}

impl Polyline {
    /// That it descends; rounding may leave vertices that are not convex to the last digit.
    fn check(&self) -> Result<(), RdcError> {
        validate::not_empty("vertices", self.vertices.len())?;
        for (index, &[first, second]) in self.vertices.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| self.vertices[before]);
            let rule = "first budgets must be finite and strictly increasing";
            let ascends = before.is_none_or(|before| before[0] < first);
            validate::scalar(
                &format!("vertices[{index}][0]"),
                first,
                rule,
                first.is_finite() && ascends,
            )?;
            let rule = "second budgets must be finite and strictly decreasing";
            let falls = before.is_none_or(|before| before[1] > second);
            validate::scalar(
                &format!("vertices[{index}][1]"),
                second,
                rule,
                second.is_finite() && falls,
            )?;
        }
        Ok(())
    }
}

checked!(Polyline, PolylineFields);
