//! Certified rate-distortion-classification functions.

mod bernoulli;
mod certificate;
mod check;
mod classifier;
mod distortion;
mod error;
mod frontier;
mod information;
mod instance;
mod problem;
mod rdc;
mod settings;
mod solution;
mod solver;
mod source;

pub use bernoulli::rdc_bernoulli;
pub use check::matrix_from_rows;
pub use classifier::Classifier;
pub use distortion::Distortion;
pub use error::{Infeasible, InfeasibleBudget, RdcError};
pub use information::{binary_entropy, entropy, mutual_information};
pub use problem::Problem;
pub use rdc::Rdc;
pub use settings::{Method, Settings, UnknownMethod};
pub use solution::{Constraint, Solution, Status};
pub use source::Source;

pub use nalgebra;
