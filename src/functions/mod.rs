//! The paper's functions of a source.

pub(crate) mod free_classifier;
pub(crate) mod rdc;
pub(crate) mod rdp;
#[cfg(feature = "programs")]
pub(crate) mod restoration;
