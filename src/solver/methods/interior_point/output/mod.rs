//! What a constraint on the output pmf adds to the Newton equations.

pub(crate) mod dense_kkt;
pub(crate) mod elimination;
pub(crate) mod line_kkt;
pub(crate) mod low_rank_kkt;
pub(crate) mod spanning_tree;
