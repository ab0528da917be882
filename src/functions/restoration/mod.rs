//! Restoration of a degraded signal: P(D) and C(D,P), which have no rate, as certified linear or cone programs.

pub(crate) mod certificate;
pub(crate) mod channel;
pub(crate) mod model;
pub(crate) mod program;
pub(crate) mod repair;
pub(crate) mod solution;
pub(crate) mod solve;
