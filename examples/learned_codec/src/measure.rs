//! How good reproductions are: squared error, likelihood of the label, error rate.

use crate::classifier::{Classifier, nll};
use crate::codec::{Codec, DIMENSION};
use crate::entries::{entries, largest};
use crate::images::Images;
use crate::quantiser::Quantiser;
use burn::tensor::Device;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// Images that are decoded at a time.
const BATCH: usize = 256;

/// Averages over images.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Measures {
    /// Squared error summed over the 784 pixels, each in \[0, 1\].
    pub mse: f64,
    /// Negative log-likelihood of the label in nats.
    pub nll: f64,
    /// The share of images that the classifier reads as another class.
    pub error: f64,
}

impl Measures {
    fn add(&mut self, other: Self, share: f64) {
        self.mse += share * other.mse;
        self.nll += share * other.nll;
        self.error += share * other.error;
    }

    /// Of the codec under dither, as the paper runs it: every image is quantised and decoded with a draw of its own.
    #[must_use]
    pub fn dithered(
        codec: &Codec,
        quantiser: &Quantiser,
        classifier: &Classifier,
        images: &Images,
        random: &mut impl Rng,
        device: &Device,
    ) -> Self {
        Self::in_batches(images, |batch| {
            let originals = batch.tensor(device);
            let dither = quantiser.dither([batch.len(), DIMENSION], random, device);
            let reproductions = codec.reproduce(originals.clone(), quantiser, dither);
            let pixels = entries(reproductions);
            let mse = squared_error(batch.pixels(), &pixels) / batch.len() as f64;
            Self { mse, ..Self::read(classifier, &batch.with_pixels(pixels), device) }
        })
    }

    /// Of the originals themselves: nothing is lost but what the classifier misreads.
    #[must_use]
    pub fn originals(classifier: &Classifier, images: &Images, device: &Device) -> Self {
        Self::in_batches(images, |batch| Self::read(classifier, batch, device))
    }

    fn in_batches(images: &Images, mut measure: impl FnMut(&Images) -> Self) -> Self {
        let mut sum = Self::default();
        for first in (0..images.len()).step_by(BATCH) {
            let batch = images.select(first..(first + BATCH).min(images.len()));
            sum.add(measure(&batch), batch.len() as f64 / images.len() as f64);
        }
        sum
    }

    /// How the classifier reads images.
    fn read(classifier: &Classifier, images: &Images, device: &Device) -> Self {
        let log_probabilities = classifier.forward(images.tensor(device));
        let read = largest(log_probabilities.clone());
        let labels = images.labels().iter().map(|&label| usize::from(label));
        let wrong = read.into_iter().zip(labels).filter(|(read, label)| read != label).count();
        let nll = nll(log_probabilities, images.targets(device)).into_scalar::<f64>();
        Self { mse: 0.0, nll, error: wrong as f64 / images.len() as f64 }
    }
}

/// Summed over all pixels.
pub(crate) fn squared_error(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
}
