//! What a user asks a run to do, and what it returns.

pub(crate) mod bracket;
pub(crate) mod plane;
pub(crate) mod point;
pub(crate) mod precise;
pub(crate) mod progress;
pub(crate) mod regime;
pub(crate) mod rules;
pub(crate) mod settings;
pub(crate) mod solution;
pub(crate) mod verdict;
