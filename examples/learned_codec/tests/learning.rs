//! Training: it learns, and a seed is a result.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use burn::module::Module;
use burn::tensor::Device;
use common::digits;
use learned_codec::{
    Cell, Classifier, Codec, DIMENSION, Epoch, Gradient, Measures, Purpose, Quantiser, Schedule,
    entries, generator, steps, train_classifier, train_codec,
};
use rand::seq::SliceRandom;
use std::sync::atomic::{AtomicUsize, Ordering};

fn toy(
    classifier: &Classifier,
    images: usize,
    epochs: usize,
    gradient: Gradient,
) -> (Codec, Vec<Epoch>) {
    let cell = Cell { levels: 3, lambda: 0.015, seed: 1 };
    let schedule = Schedule { epochs, gradient };
    train_codec(cell, schedule, &digits(images), classifier, &Device::default(), || ())
}

/// 24 steps on 128 digits: the squared error falls below 0.7 of what the first steps have, the loss below 0.75.
#[test]
fn a_toy_codec_learns() {
    let device = Device::default();
    let images = digits(512);
    let classifier = train_classifier(0, 20, &images, &device, || ());
    let read = Measures::originals(&classifier, &images, &device);
    assert!(read.error < 0.1, "the classifier misreads {}", read.error);

    let (_, history) = toy(&classifier, 128, 12, Gradient::default());
    let (first, last) = (history[0], history[history.len() - 1]);
    let loss = |epoch: Epoch| 0.015 * epoch.distortion + epoch.nll;
    assert_eq!(history.len(), 12);
    assert!(last.distortion < 0.7 * first.distortion, "{first:?} {last:?}");
    assert!(loss(last) < 0.75 * loss(first), "{first:?} {last:?}");
}

#[test]
fn the_classifier_is_that_of_its_seed() {
    let device = Device::default();
    let (images, count) = (digits(130), AtomicUsize::new(0));
    let train = |seed| {
        let step = || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let classifier = train_classifier(seed, 2, &images, &device, step);
        entries(classifier.forward(images.tensor(&device)))
    };
    let first = train(3);
    // 130 images are two batches of 64; the last two are left out.
    assert_eq!(count.load(Ordering::Relaxed), 4);
    assert_eq!(steps(130, 2), 4);
    assert_eq!(first, train(3));
    assert_ne!(first, train(4));
}

/// One epoch of one batch: what the history says is squared error over pixels and negative log-likelihood of reproductions
/// that are put together by hand from the untrained codec, each averaged over the batch.
#[test]
fn the_losses_are_those_of_the_paper() {
    let device = Device::default().autodiff();
    let (images, classifier) = (digits(64), Classifier::new(5, &device).valid());
    let codec = Codec::new(1, &device);
    let quantiser = Quantiser::new(3, Gradient::default());
    let mut order: Vec<usize> = (0..64).collect();
    order.shuffle(&mut generator(1, Purpose::Order));
    let images = images.select(order);
    let dither = quantiser.dither([64, DIMENSION], &mut generator(1, Purpose::Dither), &device);
    let codes = codec.encoder.forward(images.tensor(&device));
    let received = quantiser.hard(codes + dither.clone()) - dither;
    let pixels = entries(codec.decoder.forward(received));

    let squares = images.pixels().iter().zip(&pixels).map(|(&a, &b)| f64::from(a - b).powi(2));
    let distortion = squares.sum::<f64>() / 64.0;
    let reproductions = images.with_pixels(pixels);
    let device = Device::default();
    let read = entries(classifier.forward(reproductions.tensor(&device)));
    let labels = images.labels().iter().enumerate();
    let nll =
        labels.map(|(i, &label)| -f64::from(read[10 * i + usize::from(label)])).sum::<f64>() / 64.0;

    let (_, history) = toy(&classifier, 64, 1, Gradient::default());
    assert_eq!(history.len(), 1);
    assert!((history[0].distortion / distortion - 1.0).abs() < 1e-5, "{history:?} {distortion}");
    assert!((history[0].nll / nll - 1.0).abs() < 1e-5, "{history:?} {nll}");
}

/// Also where several are trained at the same time.
#[test]
fn a_codec_is_that_of_its_seed_on_any_thread() {
    let device = Device::default();
    let classifier = Classifier::new(0, &device);
    let train = |gradient| {
        let (codec, history) = toy(&classifier, 64, 2, gradient);
        (entries(codec.encoder.forward(digits(8).tensor(&device))), history)
    };
    let alone = train(Gradient::default());
    let together: Vec<_> = std::thread::scope(|scope| {
        let threads = [0, 1].map(|_| scope.spawn(|| train(Gradient::default())));
        threads.map(|thread| thread.join().unwrap()).into()
    });
    assert!(together.iter().all(|one| *one == alone));
    assert_ne!(train(Gradient::StraightThrough), alone);
}
