//! The auto-encoder of the paper's Table 1.

use crate::images::{PIXELS, SIDE};
use crate::layers::{linear, transposed_convolution};
use crate::quantiser::Quantiser;
use crate::random::{Purpose, generator};
use burn::module::Module;
use burn::nn::conv::ConvTranspose2d;
use burn::nn::{BatchNorm, BatchNormConfig, Linear};
use burn::tensor::activation::{leaky_relu, sigmoid};
use burn::tensor::{Device, Tensor};
use rand::Rng;

/// d, the components of a code.
pub const DIMENSION: usize = 3;

/// N of Table 1.
const CHANNELS: usize = 128;

/// The slope of LReLU below 0, which the paper leaves open.
const SLOPE: f64 = 0.01;

/// The decoder's linear part ends in so many channels of so many pixels: 512 = 32 x 4 x 4.
const FOLDED: [usize; 3] = [32, 4, 4];

/// A linear layer and batch normalisation.
#[derive(Module, Debug)]
struct Dense {
    linear: Linear,
    norm: BatchNorm,
}

impl Dense {
    fn new(widths: [usize; 2], random: &mut impl Rng, device: &Device) -> Self {
        let norm = BatchNormConfig::new(widths[1]).init(device);
        Self { linear: linear(widths, random, device), norm }
    }

    fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        self.norm.forward(self.linear.forward(input))
    }
}

/// E: \[n, 784\] to \[n, d\], each component in (-1, 1).
#[derive(Module, Debug)]
pub struct Encoder {
    hidden: Vec<Dense>,
    last: Dense,
}

impl Encoder {
    fn new(random: &mut impl Rng, device: &Device) -> Self {
        const WIDTHS: [usize; 5] = [PIXELS, 4 * CHANNELS, 2 * CHANNELS, CHANNELS, CHANNELS];
        let hidden = WIDTHS.array_windows().map(|&pair| Dense::new(pair, random, device)).collect();
        Self { hidden, last: Dense::new([CHANNELS, DIMENSION], random, device) }
    }

    /// The codes of images before they are quantised.
    #[must_use]
    pub fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        let layer = |input, layer: &Dense| leaky_relu(layer.forward(input), SLOPE);
        self.last.forward(self.hidden.iter().fold(images, layer)).tanh()
    }
}

/// D: \[n, d\] to \[n, 784\], each pixel in (0, 1).
#[derive(Module, Debug)]
pub struct Decoder {
    dense: Vec<Dense>,
    /// 4 to 11 to 25 to 28 pixels a side.
    grow: Vec<ConvTranspose2d>,
    norms: Vec<BatchNorm>,
    last: ConvTranspose2d,
}

impl Decoder {
    fn new(random: &mut impl Rng, device: &Device) -> Self {
        let folded = FOLDED.iter().product();
        Self {
            dense: vec![
                Dense::new([DIMENSION, 128], random, device),
                Dense::new([128, folded], random, device),
            ],
            grow: vec![
                transposed_convolution([FOLDED[0], 64], 5, 2, random, device),
                transposed_convolution([64, 128], 5, 2, random, device),
            ],
            norms: [64, 128].map(|channels| BatchNormConfig::new(channels).init(device)).into(),
            last: transposed_convolution([128, 1], 4, 1, random, device),
        }
    }

    /// The images of codes.
    #[must_use]
    pub fn forward(&self, codes: Tensor<2>) -> Tensor<2> {
        let [count, _] = codes.dims();
        let [channels, height, width] = FOLDED;
        let layer = |input, layer: &Dense| leaky_relu(layer.forward(input), SLOPE);
        let folded = self.dense.iter().fold(codes, layer).reshape([count, channels, height, width]);
        let grown = self.grow.iter().zip(&self.norms).fold(folded, |input, (grow, norm)| {
            leaky_relu(norm.forward(grow.forward(input)), SLOPE)
        });
        let image: Tensor<4> = sigmoid(self.last.forward(grown));
        debug_assert_eq!(image.dims(), [count, 1, SIDE, SIDE]);
        image.reshape([count, PIXELS])
    }
}

/// Encoder and decoder.
#[derive(Module, Debug)]
pub struct Codec {
    /// E of (21).
    pub encoder: Encoder,
    /// What receives Z and u.
    pub decoder: Decoder,
}

impl Codec {
    /// The untrained codec of a seed.
    #[must_use]
    pub fn new(seed: u64, device: &Device) -> Self {
        let mut random = generator(seed, Purpose::Parameters);
        let encoder = Encoder::new(&mut random, device);
        Self { encoder, decoder: Decoder::new(&mut random, device) }
    }

    /// The reproductions \[n, 784\] of images under a dither \[n, d\].
    #[must_use]
    pub fn reproduce(
        &self,
        images: Tensor<2>,
        quantiser: &Quantiser,
        dither: Tensor<2>,
    ) -> Tensor<2> {
        self.decoder.forward(quantiser.dithered(self.encoder.forward(images), dither))
    }
}
