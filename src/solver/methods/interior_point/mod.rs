//! The primal-dual interior-point method and its Newton equations.

pub(crate) mod newton;
pub(crate) mod output;
pub(crate) mod primal_dual;
