//! The networks of Tables 1 and 2: shapes, parameters, what freezing keeps.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use common::digits;
use learned_codec::{Classifier, Codec, DIMENSION, PIXELS, Purpose, entries, generator, nll};

#[test]
fn the_classifier_has_the_parameters_of_table_2() {
    let classifier = Classifier::new(0, &Device::default());
    assert_eq!(classifier.parameters(), [260, 5_020, 16_050, 510]);
    assert_eq!(classifier.num_params(), 21_840);
}

#[test]
fn the_codec_has_the_layers_of_table_1() {
    let codec = Codec::new(0, &Device::default());
    // Of batch normalisation burn counts the running mean and variance beside scale and shift.
    let norm = |channels: usize| 4 * channels;
    let dense = |inputs: usize, outputs: usize| inputs * outputs + outputs + norm(outputs);
    let encoder = [(784, 512), (512, 256), (256, 128), (128, 128), (128, 3)];
    let encoder: usize = encoder.iter().map(|&(a, b)| dense(a, b)).sum();
    let grow = |a: usize, b: usize, kernel: usize| a * b * kernel * kernel + b;
    let decoder = dense(3, 128)
        + dense(128, 512)
        + (grow(32, 64, 5) + norm(64))
        + (grow(64, 128, 5) + norm(128))
        + grow(128, 1, 4);
    assert_eq!(codec.encoder.num_params(), encoder);
    assert_eq!(codec.decoder.num_params(), decoder);
}

#[test]
fn shapes_and_ranges() {
    let device = Device::default();
    let images = digits(7);
    let codec = Codec::new(0, &device).valid();
    let codes = codec.encoder.forward(images.tensor(&device));
    assert_eq!(codes.dims(), [7, DIMENSION]);
    assert!(entries(codes.clone()).iter().all(|x| x.abs() < 1.0));
    let reproductions = codec.decoder.forward(codes);
    assert_eq!(reproductions.dims(), [7, PIXELS]);
    assert!(entries(reproductions.clone()).iter().all(|pixel| (0.0..=1.0).contains(pixel)));

    let log_probabilities = Classifier::new(0, &device).valid().forward(reproductions);
    assert_eq!(log_probabilities.dims(), [7, 10]);
    let sums = entries(log_probabilities.clone().exp().sum_dim(1));
    assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-5));
    let table = entries(log_probabilities.clone());
    let labels = images.labels().iter().enumerate();
    let expected: f32 =
        labels.map(|(i, &label)| -table[10 * i + usize::from(label)]).sum::<f32>() / 7.0;
    let loss = nll(log_probabilities, images.targets(&device)).into_scalar::<f32>();
    assert!((loss - expected).abs() < 1e-5);
}

/// With the usual initialisation of transposed convolutions nearly all pixels start saturated.
#[test]
fn the_untrained_decoder_is_not_saturated() {
    let device = Device::default().autodiff();
    let codec = Codec::new(3, &device);
    let images = digits(64);
    let pixels = entries(codec.decoder.forward(codec.encoder.forward(images.tensor(&device))));
    let flat = pixels.iter().filter(|&&pixel| !(0.02..0.98).contains(&pixel)).count();
    assert!(flat * 100 < pixels.len(), "{flat} of {}", pixels.len());
}

#[test]
fn a_seed_is_a_codec() {
    let device = Device::default();
    let images = digits(4).tensor(&device);
    let codes = |seed| entries(Codec::new(seed, &device).encoder.forward(images.clone()));
    let first = codes(5);
    assert_ne!(first, codes(6));
    assert_eq!(first, codes(5));
}

/// Half of the features are lost and the others doubled: the differences of log-probabilities, which are linear in the
/// features, are on average what they are without dropout.
#[test]
fn dropout_doubles_or_drops() {
    const DRAWS: usize = 4_000;
    let device = Device::default();
    let classifier = Classifier::new(0, &device);
    let input = digits(1).tensor(&device).repeat_dim(0, DRAWS);
    let random = &mut generator(0, Purpose::Dropout);
    let dropped = entries(classifier.forward_dropping(input.clone(), random));
    let whole = entries(classifier.forward(input));
    for class in 1..10 {
        let difference = |read: &[f32]| f64::from(read[class] - read[0]);
        let draws: Vec<f64> = dropped.chunks_exact(10).map(difference).collect();
        let mean = draws.iter().sum::<f64>() / DRAWS as f64;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / DRAWS as f64;
        let deviation = (variance / DRAWS as f64).sqrt();
        assert!(deviation > 1e-4, "nothing is dropped");
        assert!((mean - difference(&whole)).abs() < 4.5 * deviation, "{class}: {mean} {deviation}");
    }
}

/// Frozen on a device that trains: no gradients of parameters, but those of the image.
#[test]
fn the_frozen_classifier_passes_gradients_to_its_input_alone() {
    let device = Device::default().autodiff();
    let images = digits(16);
    let frozen = Classifier::new(0, &device).valid().frozen();
    let input = images.tensor(&device);

    let input: Tensor<2> = input.require_grad();
    let loss = nll(frozen.forward(input.clone()), images.targets(&device));
    let gradients = loss.backward();
    let gradient = entries(input.grad(&gradients).unwrap());
    assert!(gradient.iter().any(|&slope| slope.abs() > 1e-6));
    let parameters = burn::optim::GradientsParams::from_grads(gradients, &frozen);
    assert!(parameters.is_empty());
}
