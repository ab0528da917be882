//! What a codec can say without dither: L^d reproductions, each image one of them.

use crate::classifier::Classifier;
use crate::codec::{Codec, DIMENSION};
use crate::entries::{entries, largest};
use crate::images::{CLASSES, Images, PIXELS};
use crate::measure::{Measures, squared_error};
use crate::quantiser::Quantiser;
use burn::tensor::{Device, Tensor};

/// Reproductions and how the classifier reads them.
#[derive(Debug, Clone, PartialEq)]
pub struct Codebook {
    reproductions: Vec<f32>,
    /// Natural logarithms, [`CLASSES`] for each reproduction.
    log_probabilities: Vec<f32>,
    classes: Vec<usize>,
}

impl Codebook {
    /// The reproductions of all vectors of levels, in the order of [`Quantiser::index`].
    #[must_use]
    pub fn new(
        codec: &Codec,
        quantiser: &Quantiser,
        classifier: &Classifier,
        device: &Device,
    ) -> Self {
        Self::of(codec.decoder.forward(quantiser.vectors(DIMENSION, device)), classifier)
    }

    /// Of any reproductions \[n, 784\].
    #[must_use]
    pub fn of(reproductions: Tensor<2>, classifier: &Classifier) -> Self {
        let log_probabilities = classifier.forward(reproductions.clone());
        Self {
            reproductions: entries(reproductions),
            log_probabilities: entries(log_probabilities.clone()),
            classes: largest(log_probabilities),
        }
    }

    /// All reproductions of several codebooks.
    #[must_use]
    pub fn union<'a>(codebooks: impl IntoIterator<Item = &'a Self>) -> Self {
        let empty = Self { reproductions: vec![], log_probabilities: vec![], classes: vec![] };
        codebooks.into_iter().fold(empty, |mut union, codebook| {
            union.reproductions.extend(&codebook.reproductions);
            union.log_probabilities.extend(&codebook.log_probabilities);
            union.classes.extend(&codebook.classes);
            union
        })
    }

    /// How many reproductions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// All pixels, reproduction by reproduction.
    #[must_use]
    pub fn pixels(&self) -> &[f32] {
        &self.reproductions
    }

    /// The pixels of one reproduction.
    #[must_use]
    pub fn reproduction(&self, index: usize) -> &[f32] {
        &self.reproductions[index * PIXELS..(index + 1) * PIXELS]
    }

    /// How the classifier reads each of them.
    #[must_use]
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// What the codec without dither makes of images, whose indices are given.
    #[must_use]
    pub fn measures(&self, images: &Images, indices: &[usize]) -> Measures {
        let mut sum = Measures::default();
        for (image, (&index, &label)) in indices.iter().zip(images.labels()).enumerate() {
            let label = usize::from(label);
            sum.mse += squared_error(images.image(image), self.reproduction(index));
            sum.nll -= f64::from(self.log_probabilities[index * CLASSES + label]);
            sum.error += f64::from(self.classes[index] != label);
        }
        let count = images.len() as f64;
        Measures { mse: sum.mse / count, nll: sum.nll / count, error: sum.error / count }
    }
}

/// The index that the codec gives each image without dither.
#[must_use]
pub fn indices(
    codec: &Codec,
    quantiser: &Quantiser,
    images: &Images,
    device: &Device,
) -> Vec<usize> {
    quantiser.index(codec.encoder.forward(images.tensor(device)))
}

/// The entropy in bits of indices as they occur: what an ideal entropy coder makes of them.
#[must_use]
pub fn entropy(indices: &[usize], alphabet: usize) -> f64 {
    let mut counts = vec![0_usize; alphabet];
    for &index in indices {
        counts[index] += 1;
    }
    let share = |count: usize| count as f64 / indices.len() as f64;
    counts
        .into_iter()
        .filter(|&count| count > 0)
        .map(|count| share(count) * share(count).recip().log2())
        .sum()
}
