//! The primal-dual interior-point method: in any precision, and what doubles bring to it.

pub(crate) mod descent;
pub(crate) mod direction;
pub(crate) mod doubles;
pub(crate) mod iterate;
pub(crate) mod newton;
pub(crate) mod output;
