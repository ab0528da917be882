//! What a user describes: a source, costs, a classifier, a perception, and the problem that they make.

pub(crate) mod classifier;
pub(crate) mod cost;
pub(crate) mod distortion;
pub(crate) mod observation;
pub(crate) mod perception;
pub(crate) mod problem;
pub(crate) mod scaled_perception;
pub(crate) mod source;
