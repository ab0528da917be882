//! The 1,797 handwritten digits of `data/`, and the nearest-class-mean classifier.

use flate2::read::GzDecoder;
use rdc_theory::nalgebra::DMatrix;
use std::error::Error;
use std::io::Read;

pub(crate) const CLASSES: usize = 10;
pub(crate) const SIDE: usize = 8;

/// Grey values run from 0 to 16 in the file.
const WHITE: f64 = 16.0;

pub(crate) struct Digits {
    /// One image a row, its 64 pixels in \[0, 1\].
    pub(crate) images: DMatrix<f64>,
    pub(crate) labels: Vec<usize>,
}

impl Digits {
    /// Reads the compressed table: 64 grey values and the label on each line.
    pub(crate) fn load() -> Result<Self, Box<dyn Error>> {
        let compressed = include_bytes!("../../data/digits.csv.gz");
        let mut text = String::new();
        GzDecoder::new(&compressed[..]).read_to_string(&mut text)?;
        let mut pixels = Vec::new();
        let mut labels = Vec::new();
        for line in text.lines() {
            let numbers: Vec<u8> = line.split(',').map(str::parse).collect::<Result<_, _>>()?;
            let Some((&label, image)) = numbers.split_last() else { continue };
            pixels.extend(image.iter().map(|&grey| f64::from(grey) / WHITE));
            labels.push(usize::from(label));
        }
        Ok(Self { images: DMatrix::from_row_slice(labels.len(), SIDE * SIDE, &pixels), labels })
    }

    /// The class whose mean image is nearest to each image: the classifier c0.
    pub(crate) fn nearest_mean(&self) -> Vec<usize> {
        let mut means = DMatrix::zeros(CLASSES, self.images.ncols());
        let mut counts = [0.0; CLASSES];
        for (image, &label) in self.images.row_iter().zip(&self.labels) {
            means.row_mut(label).zip_apply(&image, |mean, pixel| *mean += pixel);
            counts[label] += 1.0;
        }
        for (mut mean, count) in means.row_iter_mut().zip(counts) {
            mean /= count;
        }
        let nearest = |image: usize| {
            let pixels = self.images.row(image);
            let distance = |class: usize| (means.row(class) - pixels).norm_squared();
            (0..CLASSES).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
        };
        (0..self.labels.len()).map(nearest).collect()
    }
}
