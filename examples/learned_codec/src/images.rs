//! Labelled grey images.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// Height and width of an image in pixels.
pub const SIDE: usize = 28;

/// Pixels of an image.
pub const PIXELS: usize = SIDE * SIDE;

/// Labels run from 0 to 9.
pub const CLASSES: usize = 10;

/// Labelled images of [`PIXELS`] grey values in \[0, 1\], ink 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    pixels: Vec<f32>,
    labels: Vec<u8>,
}

impl Images {
    /// Of pixels, image by image, row by row, and a label for each image; what is beyond the shorter of the two is dropped.
    #[must_use]
    pub fn new(mut pixels: Vec<f32>, mut labels: Vec<u8>) -> Self {
        let count = labels.len().min(pixels.len() / PIXELS);
        pixels.truncate(count * PIXELS);
        labels.truncate(count);
        Self { pixels, labels }
    }

    /// How many images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// All pixels, image by image.
    #[must_use]
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// The labels.
    #[must_use]
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The pixels of one image.
    #[must_use]
    pub fn image(&self, index: usize) -> &[f32] {
        &self.pixels[index * PIXELS..(index + 1) * PIXELS]
    }

    /// The first images, all if there are no more.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        self.select(0..count.min(self.len()))
    }

    /// Some images, in the order given.
    #[must_use]
    pub fn select(&self, indices: impl IntoIterator<Item = usize>) -> Self {
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        for index in indices {
            pixels.extend_from_slice(self.image(index));
            labels.push(self.labels[index]);
        }
        Self { pixels, labels }
    }

    /// Other images with the same labels, as many pixels as these have.
    #[must_use]
    pub fn with_pixels(&self, pixels: Vec<f32>) -> Self {
        Self::new(pixels, self.labels.clone())
    }

    /// The images as a tensor \[n, [`PIXELS`]\].
    #[must_use]
    pub fn tensor(&self, device: &Device) -> Tensor<2> {
        let data = TensorData::new(self.pixels.clone(), [self.len(), PIXELS]);
        Tensor::from_data(data, device)
    }

    /// The labels as a tensor \[n\].
    #[must_use]
    pub fn targets(&self, device: &Device) -> Tensor<1, Int> {
        let labels: Vec<i32> = self.labels.iter().map(|&label| i32::from(label)).collect();
        Tensor::from_data(TensorData::new(labels, [self.len()]), device)
    }

    /// The mean image.
    #[must_use]
    pub fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; PIXELS];
        for image in self.pixels.chunks_exact(PIXELS) {
            for (mean, &pixel) in mean.iter_mut().zip(image) {
                *mean += f64::from(pixel) / self.len() as f64;
            }
        }
        mean
    }

    /// The squared error of one reproduction for all, summed over pixels, averaged over images.
    #[must_use]
    pub fn mse_of_constant(&self, reproduction: &[f64]) -> f64 {
        let error = |image: &[f32]| -> f64 {
            let pixels = image.iter().zip(reproduction);
            pixels.map(|(&pixel, other)| (f64::from(pixel) - other).powi(2)).sum()
        };
        self.pixels.chunks_exact(PIXELS).map(error).sum::<f64>() / self.len() as f64
    }
}
