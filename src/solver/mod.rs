//! From a request to a solution: the boundary of the feasible set, the methods, and the report.

pub(crate) mod boundary;
pub(crate) mod methods;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod slope;
pub(crate) mod solve;
pub(crate) mod zero_rate;
