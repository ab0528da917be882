//! How codec and classifier learn.

use crate::cell::Cell;
use crate::classifier::{Classifier, nll};
use crate::codec::{Codec, DIMENSION};
use crate::images::Images;
use crate::quantiser::{Gradient, Quantiser};
use crate::random::{Purpose, generator};
use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::Device;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Images of a step: the paper's.
pub const BATCH: usize = 64;

/// The paper's, for codec and classifier.
const LEARNING_RATE: f64 = 0.01;

/// How long, and how gradients pass the quantiser.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Passes over the training images; the last images of a pass that do not fill a batch are left out.
    pub epochs: usize,
    /// How gradients pass the quantiser.
    pub gradient: Gradient,
}

/// Losses of one epoch, averaged over its batches while the model learns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Squared error summed over pixels, per image.
    pub distortion: f64,
    /// Negative log-likelihood of the labels in nats, per image.
    pub nll: f64,
}

/// A random order of the images for each epoch, in whole batches.
struct Batches {
    random: ChaCha8Rng,
    order: Vec<usize>,
}

impl Batches {
    fn new(seed: u64, count: usize) -> Self {
        Self { random: generator(seed, Purpose::Order), order: (0..count).collect() }
    }

    fn epoch(&mut self) -> impl Iterator<Item = &[usize]> {
        self.order.shuffle(&mut self.random);
        self.order.chunks_exact(BATCH.min(self.order.len().max(1)))
    }
}

/// The steps that training takes.
#[must_use]
pub fn steps(images: usize, epochs: usize) -> usize {
    images / BATCH.min(images.max(1)) * epochs
}

/// Trains a codec on images with the loss (23), lambda times squared error plus negative log-likelihood under a classifier
/// that stays as it is. `step` is called after each batch.
#[must_use]
pub fn train_codec(
    cell: Cell,
    schedule: Schedule,
    images: &Images,
    classifier: &Classifier,
    device: &Device,
    step: impl Fn(),
) -> (Codec, Vec<Epoch>) {
    let device = device.clone().autodiff();
    let quantiser = Quantiser::new(cell.levels, schedule.gradient);
    let classifier = classifier.frozen();
    let mut codec = Codec::new(cell.seed, &device);
    let mut optimiser = optimiser();
    let mut batches = Batches::new(cell.seed, images.len());
    let mut dithers = generator(cell.seed, Purpose::Dither);
    let mut history = Vec::new();
    for _ in 0..schedule.epochs {
        let mut sums = Sums::default();
        for indices in batches.epoch() {
            let batch = images.select(indices.iter().copied());
            let originals = batch.tensor(&device);
            let dither = quantiser.dither([batch.len(), DIMENSION], &mut dithers, &device);
            let reproductions = codec.reproduce(originals.clone(), &quantiser, dither);
            let distortion =
                (reproductions.clone() - originals).powi_scalar(2).sum() / batch.len() as f64;
            let nll = nll(classifier.forward(reproductions), batch.targets(&device));
            let loss = distortion.clone() * cell.lambda + nll.clone();
            sums.add(distortion.into_scalar::<f64>(), nll.into_scalar::<f64>());
            let gradients = GradientsParams::from_grads(loss.backward(), &codec);
            codec = optimiser.step(LEARNING_RATE, codec, gradients);
            step();
        }
        history.push(sums.mean());
    }
    (codec.valid(), history)
}

/// Trains the classifier on images. `step` is called after each batch.
#[must_use]
pub fn train_classifier(
    seed: u64,
    epochs: usize,
    images: &Images,
    device: &Device,
    step: impl Fn(),
) -> Classifier {
    let device = device.clone().autodiff();
    let mut classifier = Classifier::new(seed, &device);
    let mut optimiser = optimiser();
    let mut batches = Batches::new(seed, images.len());
    let mut dropout = generator(seed, Purpose::Dropout);
    for _ in 0..epochs {
        for indices in batches.epoch() {
            let batch = images.select(indices.iter().copied());
            let read = classifier.forward_dropping(batch.tensor(&device), &mut dropout);
            let loss = nll(read, batch.targets(&device));
            let gradients = GradientsParams::from_grads(loss.backward(), &classifier);
            classifier = optimiser.step(LEARNING_RATE, classifier, gradients);
            step();
        }
    }
    classifier.valid()
}

/// Stochastic gradient descent with momentum, the gradient of each tensor of parameters clipped to norm 1. At the paper's
/// learning rate Adam, or no clipping, throws the decoder's wide last layer to where the sigmoid is flat: all images black.
fn optimiser() -> ModuleOptimizer {
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
    let descent = SgdConfig::new().with_momentum(Some(momentum)).init();
    descent.with_grad_clipping(GradientClippingConfig::Norm(1.0).init())
}

#[derive(Default)]
struct Sums {
    distortion: f64,
    nll: f64,
    count: f64,
}

impl Sums {
    fn add(&mut self, distortion: f64, nll: f64) {
        self.distortion += distortion;
        self.nll += nll;
        self.count += 1.0;
    }

    fn mean(&self) -> Epoch {
        Epoch { distortion: self.distortion / self.count, nll: self.nll / self.count }
    }
}
