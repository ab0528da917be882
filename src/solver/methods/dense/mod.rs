//! The interior-point method written plainly, dense and over any scalar: in double-double it goes on where doubles stop.

mod centring;
mod cone;
mod descent;
mod iterate;
mod lagrangian;
pub(crate) mod lower_bound;
pub(crate) mod method;
mod newton;
mod normal;
mod restoration;
