//! What all models of a run have in common.

use crate::grid::Grid;
use crate::images::Images;
use crate::training::Schedule;
use serde::{Deserialize, Serialize};

/// The paper's.
const CLASSIFIER_EPOCHS: usize = 20;

const CLASSIFIER_SEED: u64 = 0;

/// What makes models comparable: with any of it changed, models of an earlier run are not taken up again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// The version of this program, as other versions may train otherwise.
    pub version: String,
    /// What the images are.
    pub data: String,
    /// How many images train a codec, the classifier, and test both.
    pub images: [usize; 3],
    /// A hash of all of them.
    pub hash: String,
    /// Of the codecs.
    pub schedule: Schedule,
    /// Of the classifier.
    pub classifier_epochs: usize,
    /// Of the classifier.
    pub classifier_seed: u64,
}

/// Images of one run.
#[derive(Debug, Clone)]
pub struct Data {
    /// What they are, in a word.
    pub name: String,
    /// Those that train the classifier.
    pub for_classifier: Images,
    /// Those that train the codecs.
    pub training: Images,
    /// What the limits are of.
    pub test: Images,
}

impl Data {
    /// The squared error of the mean training image for every test image, summed over pixels: what a codec of no bits has.
    #[must_use]
    pub fn mse_of_mean(&self) -> f64 {
        self.test.mse_of_constant(&self.training.mean())
    }

    /// As many of a data set as a grid asks for.
    #[must_use]
    pub fn new(name: &str, (all, test): (Images, Images), grid: Grid) -> Self {
        Self {
            name: name.into(),
            training: all.first(grid.images()),
            for_classifier: all.first(grid.classifier_images()),
            test: test.first(grid.test_images()),
        }
    }
}

impl Setup {
    /// Of images and a schedule for the codecs.
    #[must_use]
    pub fn new(data: &Data, schedule: Schedule) -> Self {
        let sets = [&data.training, &data.for_classifier, &data.test];
        let hash = sets.into_iter().fold(FNV_OFFSET, |hash, set| {
            let pixels = set.pixels().iter().flat_map(|pixel| pixel.to_bits().to_le_bytes());
            pixels.chain(set.labels().iter().copied()).fold(hash, fnv)
        });
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            data: data.name.clone(),
            images: sets.map(Images::len),
            hash: format!("{hash:016x}"),
            schedule,
            classifier_epochs: CLASSIFIER_EPOCHS,
            classifier_seed: CLASSIFIER_SEED,
        }
    }
}

/// Fowler, Noll and Vo's hash, which is the same everywhere; that of the standard library promises nothing.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}
