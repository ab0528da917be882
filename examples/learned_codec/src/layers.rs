//! Layers with initial parameters from a generator of ours: uniform within one over the root of the number of inputs that an
//! output sums over, biases too.

use crate::random::uniform;
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::Device;
use rand::Rng;

fn bound(inputs: f64) -> f64 {
    inputs.sqrt().recip()
}

/// L(inputs, outputs).
pub(crate) fn linear(
    [inputs, outputs]: [usize; 2],
    random: &mut impl Rng,
    device: &Device,
) -> Linear {
    let bound = bound(inputs as f64);
    let mut layer = LinearConfig::new(inputs, outputs).init(device);
    layer.weight = uniform([inputs, outputs], bound, random, device);
    layer.bias = Some(uniform([outputs], bound, random, device));
    layer
}

/// Conv(kernel x kernel, inputs, outputs).
pub(crate) fn convolution(
    channels: [usize; 2],
    kernel: usize,
    random: &mut impl Rng,
    device: &Device,
) -> Conv2d {
    let [inputs, outputs] = channels;
    let bound = bound((inputs * kernel * kernel) as f64);
    let mut layer = Conv2dConfig::new(channels, [kernel; 2]).init(device);
    layer.weight = uniform([outputs, inputs, kernel, kernel], bound, random, device);
    layer.bias = Some(uniform([outputs], bound, random, device));
    layer
}

/// T-Conv(kernel x kernel, outputs, stride).
///
/// The usual default counts the outputs of an input instead of the inputs of an output: for the codec's last layer 16 in place
/// of 2,048, and nearly all pixels would start, and stay, where the sigmoid is flat.
pub(crate) fn transposed_convolution(
    channels: [usize; 2],
    kernel: usize,
    stride: usize,
    random: &mut impl Rng,
    device: &Device,
) -> ConvTranspose2d {
    let [inputs, outputs] = channels;
    let bound = bound((inputs * kernel * kernel) as f64 / (stride * stride) as f64);
    let mut layer =
        ConvTranspose2dConfig::new(channels, [kernel; 2]).with_stride([stride; 2]).init(device);
    layer.weight = uniform([inputs, outputs, kernel, kernel], bound, random, device);
    layer.bias = Some(uniform([outputs], bound, random, device));
    layer
}
