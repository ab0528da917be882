//! What is reported of each model.

use crate::cell::Cell;
use crate::limit::Bracket;
use crate::measure::Measures;
use crate::training::Epoch;
use serde::{Deserialize, Serialize};

/// What training left of a model beside its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// Which model.
    pub cell: Cell,
    /// Its losses, epoch by epoch.
    pub history: Vec<Epoch>,
    /// Under dither, on the images it was trained on, as the paper evaluates.
    pub training: Measures,
    /// Under dither, on the test images.
    pub test: Measures,
}

impl Trained {
    /// Whether training came to numbers.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        let losses = self.history.iter().flat_map(|epoch| [epoch.distortion, epoch.nll]);
        losses
            .chain([self.training.mse, self.training.nll, self.test.mse, self.test.nll])
            .all(f64::is_finite)
    }
}

/// A model against its limit, on the test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What training left.
    #[serde(flatten)]
    pub trained: Trained,
    /// d log2 L, bits per image.
    pub bits: f64,
    /// Without dither, on the test images: the D and E of the limits.
    pub plain: Measures,
    /// Of the indices without dither on the test images, bits per image.
    pub entropy: f64,
    /// R(D,E) of the model's own codebook.
    pub limit: Bracket,
    /// R(D,E) of all models' reproductions together.
    pub union: Bracket,
    /// Whether both, with and without dither, have less squared error than the mean training image on the test images.
    pub beats_mean: bool,
}

const HEADER: [&str; 20] = [
    "levels",
    "lambda",
    "seed",
    "rate_bits",
    "train_mse",
    "train_nll_nats",
    "train_error",
    "test_mse",
    "test_nll_nats",
    "test_error",
    "plain_mse",
    "plain_nll_nats",
    "plain_error",
    "entropy_bits",
    "limit_lower_bits",
    "limit_bits",
    "union_limit_lower_bits",
    "union_limit_bits",
    "certified",
    "beats_mean",
];

/// A line for each model. Rates are in bits per image; MSE is summed over pixels; `train_` and `test_` are under dither, `plain_` is without, on the test
/// images.
///
/// # Errors
/// None that depends on the rows.
pub fn csv(rows: &[Row]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for row in rows {
        let Trained { cell, training, test, .. } = &row.trained;
        let measures = [training, test, &row.plain];
        let numbers = measures.into_iter().flat_map(|m| [m.mse, m.nll, m.error]);
        let Row { limit, union, .. } = row;
        let limits = [row.entropy, limit.lower, limit.rate, union.lower, union.rate];
        let numbers = [row.bits].into_iter().chain(numbers).chain(limits).map(|x| x.to_string());
        let names = [cell.levels.to_string(), cell.lambda.to_string(), cell.seed.to_string()];
        let answers = [limit.certified && union.certified, row.beats_mean];
        let answers = answers.map(|yes| yes.to_string());
        writer.write_record(names.into_iter().chain(numbers).chain(answers))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}
