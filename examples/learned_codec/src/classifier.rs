//! The classifier c0 of the paper's Table 2.

use crate::images::{CLASSES, SIDE};
use crate::layers::{convolution, linear};
use crate::random::{Purpose, generator};
use burn::module::Module;
use burn::nn::Linear;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::{Rng, RngExt};

/// Features before dropout.
const HIDDEN: usize = 50;

/// \[n, 784\] to log-probabilities \[n, 10\].
#[derive(Module, Debug)]
pub struct Classifier {
    convolutions: Vec<Conv2d>,
    pool: MaxPool2d,
    hidden: Linear,
    last: Linear,
}

impl Classifier {
    /// The untrained classifier of a seed.
    #[must_use]
    pub fn new(seed: u64, device: &Device) -> Self {
        let random = &mut generator(seed, Purpose::Parameters);
        Self {
            convolutions: vec![
                convolution([1, 10], 5, random, device),
                convolution([10, 20], 5, random, device),
            ],
            pool: MaxPool2dConfig::new([2, 2]).init(),
            hidden: linear([320, HIDDEN], random, device),
            last: linear([HIDDEN, CLASSES], random, device),
        }
    }

    /// Logarithms (natural) of the probabilities of the classes.
    #[must_use]
    pub fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        log_softmax(self.last.forward(self.features(images)), 1)
    }

    /// The same with dropout: each feature is lost with probability 1/2, or doubled. Only training drops.
    #[must_use]
    pub fn forward_dropping(&self, images: Tensor<2>, random: &mut impl Rng) -> Tensor<2> {
        let features = self.features(images);
        let [count, _] = features.dims();
        let draw = |_| if random.random_bool(0.5) { 2.0 } else { 0.0_f32 };
        let draws: Vec<f32> = (0..count * HIDDEN).map(draw).collect();
        let kept = Tensor::from_data(TensorData::new(draws, [count, HIDDEN]), &features.device());
        log_softmax(self.last.forward(features * kept), 1)
    }

    fn features(&self, images: Tensor<2>) -> Tensor<2> {
        let [count, _] = images.dims();
        let folded = images.reshape([count, 1, SIDE, SIDE]);
        let pooled = self
            .convolutions
            .iter()
            .fold(folded, |input, convolution| relu(self.pool.forward(convolution.forward(input))));
        relu(self.hidden.forward(pooled.flatten(1, 3)))
    }

    /// The parameters of the layers that have any, in the order of Table 2.
    #[must_use]
    pub fn parameters(&self) -> Vec<usize> {
        let convolutions = self.convolutions.iter().map(Module::num_params);
        convolutions.chain([self.hidden.num_params(), self.last.num_params()]).collect()
    }

    /// The same with its parameters as constants, on a device that trains: gradients pass to its input alone.
    #[must_use]
    pub fn frozen(&self) -> Self {
        self.clone().train().freeze()
    }
}

/// The negative log-likelihood of the labels in nats, averaged over images, as a tensor \[1\].
#[must_use]
pub fn nll(log_probabilities: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    log_probabilities.gather(1, labels.unsqueeze_dim::<2>(1)).mean().neg()
}
