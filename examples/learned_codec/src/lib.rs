//! The experiment of section 4 of arXiv 2405.03500: a learned codec of handwritten digits, and the certified limit
//! R(D,E) of the codebook that it learned.

mod cell;
mod classifier;
mod codebook;
mod codec;
pub mod digits;
mod entries;
mod grid;
pub mod idx;
mod images;
mod layers;
mod limit;
mod measure;
pub mod pictures;
mod progress;
mod quantiser;
mod random;
mod report;
pub mod results;
mod run;
mod setup;
mod store;
mod training;

pub use cell::Cell;
pub use classifier::{Classifier, nll};
pub use codebook::{Codebook, entropy, indices};
pub use codec::{Codec, DIMENSION, Decoder, Encoder};
pub use entries::{entries, largest};
pub use grid::{Grid, SHOWN};
pub use images::{CLASSES, Images, PIXELS, SIDE};
pub use limit::{Bracket, Evaluation, bracket, curve};
pub use measure::Measures;
pub use progress::Progress;
pub use quantiser::{Gradient, Quantiser};
pub use random::{Purpose, generator};
pub use report::{Row, Trained, csv};
pub use run::{Model, Run};
pub use setup::{Data, Setup};
pub use store::{Store, StoreError};
pub use training::{BATCH, Epoch, Schedule, steps, train_classifier, train_codec};
