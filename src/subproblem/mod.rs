//! One request in the units of the solver: nats, and costs scaled to the size of one.

pub(crate) mod certificate;
pub(crate) mod instance;
pub(crate) mod lagrangian;
pub(crate) mod left_out;
pub(crate) mod network;
pub(crate) mod output_constraint;
pub(crate) mod program;
pub(crate) mod thresholds;
