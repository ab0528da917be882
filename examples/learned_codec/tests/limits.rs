//! The codebook and its limit, against what can be counted by hand.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use burn::module::Module;
use burn::tensor::Device;
use common::digits;
use learned_codec::{
    Bracket, Cell, Classifier, Codebook, Codec, Evaluation, Gradient, Images, Measures, PIXELS,
    Quantiser, Schedule, bracket, curve, entries, entropy, indices, largest, train_classifier,
    train_codec,
};

struct Setting {
    device: Device,
    images: Images,
    classifier: Classifier,
    quantiser: Quantiser,
    codebook: Codebook,
}

/// Untrained, so that reproductions and codes are arbitrary.
fn setting(levels: usize, seed: u64) -> Setting {
    let device = Device::default();
    let (codec, classifier) =
        (Codec::new(seed, &device).valid(), Classifier::new(seed, &device).valid());
    let quantiser = Quantiser::new(levels, Gradient::default());
    let codebook = Codebook::new(&codec, &quantiser, &classifier, &device);
    Setting { images: digits(60), device, classifier, quantiser, codebook }
}

/// The index of the nearest reproduction for each image, and how far it is on average.
fn nearest(images: &Images, codebook: &Codebook) -> (Vec<usize>, f64) {
    let distance = |image: usize, index: usize| -> f64 {
        let pixels = images.image(image).iter().zip(codebook.reproduction(index));
        pixels.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
    };
    let best = |image: usize| {
        (0..codebook.len())
            .min_by(|&a, &b| distance(image, a).total_cmp(&distance(image, b)))
            .unwrap()
    };
    let indices: Vec<usize> = (0..images.len()).map(best).collect();
    let sum: f64 = indices.iter().enumerate().map(|(image, &index)| distance(image, index)).sum();
    (indices, sum / images.len() as f64)
}

/// At the smallest distortion each image has one reproduction, the nearest, and the rate is the entropy of which.
#[test]
fn at_the_smallest_distortion_the_limit_is_the_entropy_of_the_nearest() {
    for levels in [2, 3] {
        let Setting { images, codebook, .. } = setting(levels, 4);
        let (indices, smallest) = nearest(&images, &codebook);
        let rdc = Evaluation::new(&images).unwrap().rdc(&codebook).unwrap();
        let Bracket { lower, rate, certified } = bracket(&rdc, smallest, 1.0).unwrap();
        let expected = entropy(&indices, codebook.len());
        assert!(expected > 0.5, "{expected}");
        // The slope is infinite there: 1e-12 more distortion than the smallest saves 1e-5 bits.
        assert!(
            certified && (rate - expected).abs() < 1e-4 && rate - lower < 1e-8,
            "{lower} {rate} {expected}"
        );
        assert!(bracket(&rdc, 0.999 * smallest, 1.0).is_err());
    }
}

/// Ten digits as reproductions, others as source: the nearest is often of another class, and the error rate counts that. At
/// E = 0 whatever the distortion, the rate is the entropy of the label.
#[test]
fn the_error_is_that_of_the_classifier_on_reproductions() {
    let (device, images) = (Device::default(), digits(500));
    let classifier = train_classifier(0, 20, &images, &device, || ());
    let read = largest(classifier.forward(images.tensor(&device)));
    let well_read =
        |index: usize, class| read[index] == class && images.labels()[index] as usize == class;
    let of_class = |class| (0..300).find(|&index| well_read(index, class)).unwrap();
    let chosen = images.select((0..10).map(of_class));
    let codebook = Codebook::of(chosen.tensor(&device), &classifier);
    assert_eq!(codebook.classes(), (0..10).collect::<Vec<_>>());

    let source = images.select(300..500);
    let (indices, smallest) = nearest(&source, &codebook);
    let wrong = indices
        .iter()
        .zip(source.labels())
        .filter(|(index, label)| **index != usize::from(**label));
    let error = wrong.count() as f64 / 200.0;
    assert!(error > 0.05 && codebook.measures(&source, &indices).error == error);
    let rdc = Evaluation::new(&source).unwrap().rdc(&codebook).unwrap();
    assert!(
        bracket(&rdc, smallest, error).is_ok() && bracket(&rdc, smallest, error - 0.004).is_err()
    );

    let labels: Vec<usize> = source.labels().iter().map(|&label| usize::from(label)).collect();
    let label_alone = bracket(&rdc, 1e6, 0.0).unwrap();
    assert!((label_alone.rate - entropy(&labels, 10)).abs() < 1e-8, "{label_alone:?}");
}

/// The shortcut over the codebook is what encoder, quantiser, decoder and classifier do without dither.
#[test]
fn the_codebook_is_the_codec_without_dither() {
    let Setting { device, images, classifier, quantiser, .. } = setting(3, 2);
    // Trained for a moment, so that the codes of images differ also by the running means of batch normalisation.
    let cell = Cell { levels: 3, lambda: 0.015, seed: 2 };
    let schedule = Schedule { epochs: 60, gradient: Gradient::default() };
    let (codec, _) = train_codec(cell, schedule, &digits(16), &classifier, &device, || ());
    let codebook = Codebook::new(&codec, &quantiser, &classifier, &device);
    let indices = indices(&codec, &quantiser, &images, &device);
    assert!(indices.iter().any(|&index| index != indices[0]));
    let measures = codebook.measures(&images, &indices);

    let codes = quantiser.hard(codec.encoder.forward(images.tensor(&device)));
    let pixels = entries(codec.decoder.forward(codes));
    let mse: f64 =
        pixels.iter().zip(images.pixels()).map(|(&a, &b)| f64::from(a - b).powi(2)).sum();
    let reproduced = images.with_pixels(pixels);
    let read = Measures::originals(&classifier, &reproduced, &device);
    assert!((measures.mse - mse / 60.0).abs() < 1e-6 * mse / 60.0);
    assert!((measures.nll - read.nll).abs() < 1e-4);
    assert_eq!(measures.error, read.error);
    let classes: Vec<usize> = indices.iter().map(|&index| codebook.classes()[index]).collect();
    assert_eq!(classes, largest(classifier.forward(reproduced.tensor(&device))));
    assert_eq!((codebook.len(), codebook.pixels().len()), (27, 27 * PIXELS));
}

#[test]
fn more_reproductions_need_no_more_bits() {
    let [a, b] = [setting(2, 1), setting(3, 2)];
    let union = Codebook::union([&a.codebook, &b.codebook]);
    assert_eq!(union.len(), 8 + 27);
    assert_eq!(union.reproduction(8), b.codebook.reproduction(0));
    let evaluation = Evaluation::new(&a.images).unwrap();
    let rdc = |codebook| evaluation.rdc(codebook).unwrap();
    for setting in [&a, &b] {
        let (_, smallest) = nearest(&a.images, &setting.codebook);
        let at = |codebook| bracket(&rdc(codebook), 1.02 * smallest, 1.0).unwrap();
        let (own, all) = (at(&setting.codebook), at(&union));
        assert!(all.lower <= own.rate + 1e-9, "{own:?} {all:?}");
    }
}

#[test]
fn the_curve_starts_at_the_smallest_distortion_and_falls() {
    let Setting { images, codebook, .. } = setting(3, 4);
    let (indices, smallest) = nearest(&images, &codebook);
    let rdc = Evaluation::new(&images).unwrap().rdc(&codebook).unwrap();
    let points = curve(&rdc, 1.0, 1.5 * smallest, 7).unwrap();
    assert_eq!(points.len(), 7);
    assert!(
        (points[0].0 - smallest).abs() < 1e-9 * smallest
            && (points[6].0 - 1.5 * smallest).abs() < 1e-9
    );
    assert!((points[0].1 - entropy(&indices, codebook.len())).abs() < 1e-4);
    assert!(points.windows(2).all(|pair| pair[1].1 <= pair[0].1 + 1e-9), "{points:?}");
}

#[test]
fn entropies() {
    assert_eq!(entropy(&[3, 3, 3], 5), 0.0);
    assert!(entropy(&[3, 3, 3], 5).is_sign_positive());
    assert!((entropy(&[0, 1, 2, 3], 4) - 2.0).abs() < 1e-15);
    assert!((entropy(&[0, 1, 1, 1], 2) - 0.8112781244591328).abs() < 1e-15);
    assert_eq!(Cell { levels: 4, lambda: 0.0, seed: 0 }.bits(), 6.0);
}
