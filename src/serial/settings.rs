//! Settings in files; a limit that is not set is the method's own.

use super::form::checked;
use super::number::exact;
use crate::error::RdcError;
use crate::result::settings::{Method, Settings};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Serialize, Deserialize)]
#[serde(remote = "Settings", deny_unknown_fields)]
struct SettingsFields {
    method: Method,
    #[serde(with = "exact")]
    tolerance: f64,
    max_iterations: Option<usize>,
    time_limit: Option<Duration>,
}

impl Settings {
    fn check(&self) -> Result<(), RdcError> {
        Self::default().with_tolerance(self.tolerance).map(drop)
    }
}

checked!(Settings, SettingsFields);
