//! The 1,797 digits of 8 x 8 pixels in the library's `data/`, scaled to 28 x 28.

use crate::images::{Images, PIXELS, SIDE};
use flate2::read::GzDecoder;
use std::error::Error;
use std::io::Read;

const SMALL: usize = 8;

/// Grey values run from 0 to 16 in the file.
const WHITE: f32 = 16.0;

/// Each fifth image is for the test.
const TEST: usize = 5;

/// The training images, 1,437 of them, and the 360 test images.
///
/// # Errors
/// The file that was built in is damaged.
pub fn load() -> Result<(Images, Images), Box<dyn Error>> {
    let compressed = include_bytes!("../../../data/digits.csv.gz");
    let mut text = String::new();
    GzDecoder::new(&compressed[..]).read_to_string(&mut text)?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let numbers: Vec<u8> = line.split(',').map(str::parse).collect::<Result<_, _>>()?;
        let Some((&label, image)) = numbers.split_last() else { continue };
        let grey: Vec<f32> = image.iter().map(|&grey| f32::from(grey) / WHITE).collect();
        pixels.extend(scaled(&grey));
        labels.push(label);
    }
    let all = Images::new(pixels, labels);
    let (test, training) = (0..all.len()).partition::<Vec<_>, _>(|index| index % TEST == 0);
    Ok((all.select(training), all.select(test)))
}

/// An 8 x 8 image on 28 x 28 pixels, bilinear between the centres of its pixels, constant beyond the outer ones.
fn scaled(image: &[f32]) -> Vec<f32> {
    let place = |pixel: usize| {
        let at = (pixel as f32 + 0.5) * SMALL as f32 / SIDE as f32 - 0.5;
        let at = at.clamp(0.0, (SMALL - 1) as f32);
        let low = (at as usize).min(SMALL - 2);
        (low, at - low as f32)
    };
    let between = |a: f32, b: f32, share: f32| a + share * (b - a);
    let pixel = |index: usize| {
        let ((row, down), (column, right)) = (place(index / SIDE), place(index % SIDE));
        let line = |row: usize| {
            between(image[row * SMALL + column], image[row * SMALL + column + 1], right)
        };
        between(line(row), line(row + 1), down)
    };
    (0..PIXELS).map(pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_keeps_what_is_linear_and_the_corners() {
        let plane: Vec<f32> =
            (0..64).map(|i| 0.1 * (i / 8) as f32 + 0.01 * (i % 8) as f32).collect();
        let large = scaled(&plane);
        for (index, &pixel) in large.iter().enumerate() {
            let at = |p: usize| ((p as f32 + 0.5) * 8.0 / 28.0 - 0.5).clamp(0.0, 7.0);
            let expected = 0.1 * at(index / SIDE) + 0.01 * at(index % SIDE);
            assert!((pixel - expected).abs() < 1e-6, "{index}: {pixel}, {expected}");
        }
        assert_eq!((large[0], large[PIXELS - 1]), (plane[0], plane[63]));
    }

    #[test]
    fn every_image_is_in_one_set() {
        let (training, test) = load().unwrap();
        assert_eq!((training.len(), test.len()), (1437, 360));
        for class in 0..10 {
            assert!(test.labels().iter().filter(|&&label| label == class).count() > 20);
        }
        assert!(training.pixels().iter().all(|pixel| (0.0..=1.0).contains(pixel)));
    }
}
