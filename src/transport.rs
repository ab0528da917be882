//! placeholder until the exact transport is merged
use nalgebra::{DMatrix, DVector};
pub(crate) struct Plan {
    pub(crate) cost: f64,
    pub(crate) plan: DMatrix<f64>,
}
pub(crate) fn transport(_s: &DVector<f64>, _d: &DVector<f64>, _g: &DMatrix<f64>) -> Plan {
    Plan { cost: 0.0, plan: DMatrix::zeros(_g.nrows(), _g.ncols()) }
}
