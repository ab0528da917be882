//! What a job system is given: one file for all shards.

use rdc_theory::{Classifier, Distortion, Rdc, RdcError, Settings, Source, Surface, serial::exact};
use serde::Deserialize;
use std::ops::ControlFlow;

/// A rate function, the budgets of its surface, and how to solve.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    source: Source,
    distortion: Distortion,
    classifier: Classifier,
    #[serde(with = "exact")]
    distortions: Vec<f64>,
    #[serde(with = "exact")]
    errors: Vec<f64>,
    #[serde(default)]
    settings: Settings,
}

/// The index-th of count parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shard {
    pub(crate) index: usize,
    pub(crate) count: usize,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').map(|(index, count)| (index.parse(), count.parse()));
        let Some((Ok(index), Ok(count))) = parts else {
            return Err(format!("--shard {text:?}: an index from 0 and a count, as in 3/8"));
        };
        Ok(Self { index, count })
    }
}

impl Job {
    pub(crate) fn compute(self, shard: Shard) -> Result<Surface, RdcError> {
        let rdc = Rdc::new(&self.source, self.distortion, &self.classifier)?;
        rdc.sweep(&self.distortions, &self.errors)?
            .with_settings(self.settings)
            .with_shard(shard.index, shard.count)?
            .run(|_| ControlFlow::Continue(()))
    }
}
