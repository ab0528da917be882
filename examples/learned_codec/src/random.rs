//! Everything that is drawn: from generators of our own, as burn has one for the whole process, which models that are trained
//! at the same time would share.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};

/// What a generator is for: those of one seed are unrelated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Initial parameters.
    Parameters,
    /// The order of images.
    Order,
    /// The dither in training.
    Dither,
    /// The dither under which a model is measured on its training images.
    TrainingSet,
    /// The dither under which a model is measured on the test images.
    TestSet,
    /// What the classifier drops.
    Dropout,
}

/// The generator of a seed for a purpose.
#[must_use]
pub fn generator(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(purpose as u64);
    random
}

/// Parameters uniform between -bound and bound.
pub(crate) fn uniform<const D: usize>(
    shape: [usize; D],
    bound: f64,
    random: &mut impl Rng,
    device: &Device,
) -> Param<Tensor<D>> {
    let count = shape.iter().product();
    let bound = bound as f32;
    let draws: Vec<f32> = (0..count).map(|_| random.random_range(-bound..=bound)).collect();
    Param::from_data(TensorData::new(draws, shape), device)
}
