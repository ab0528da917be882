//! R(D,E) on a box of budgets to a given accuracy, from few points.

pub(crate) mod domain;
pub(crate) mod game;
pub(crate) mod mesh;
pub(crate) mod refine;
pub(crate) mod triangulation;
