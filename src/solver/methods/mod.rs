//! The methods. Each takes a feasible instance and returns an outcome with the same certificate.

pub(crate) mod blahut_arimoto;
pub(crate) mod constrained_blahut_arimoto;
pub(crate) mod dense;
pub(crate) mod dispatch;
pub(crate) mod given_output;
pub(crate) mod interior_point;
pub(crate) mod multiplier_search;
