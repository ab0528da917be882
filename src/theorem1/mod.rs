//! Theorem 1 as a check that anyone can run: a rate function of budgets is non-increasing in each and jointly convex.
//!
//! The rate-distortion-classification function has both properties where it is finite, and its feasible set is convex
//! (the paper's section 3.3). So has the rate function of any list of linear costs. Whether *another* function has them,
//! by another solver, from a closed form, measured, or with a classifier that is not fixed in advance, is a matter of
//! samples: [`check_samples`] takes those there are, [`check_function`] draws them. What is known of the rate at a point is a
//! [`Bracket`], and the report's violations are proofs: they hold for every function between the bounds, and their
//! witnesses are verified in exact arithmetic.
//!
//! The theorem for a sample z with bounds `L(z) <= R(z) <= U(z)`: for all weights `w_i >= 0` that sum to 1
//!
//! ```math
//! \sum_i w_i x_i \le z \quad\Rightarrow\quad L(z) \le R(z) \le \sum_i w_i R(x_i) \le \sum_i w_i U(x_i) .
//! ```
//!
//! The check looks for the smallest right-hand side among the other samples, a linear program. One sample alone is
//! monotonicity, and `sum_i w_i x_i = z` is eq. (11).
//!
//! ```
//! use rdc_theory::theorem1::{Bracket, check_function};
//! // A step down by 1e-6 bits: non-increasing, but not convex.
//! let step = |[d]: [f64; 1]| Bracket::exact(if d < 0.5 { 1e-6 } else { 0.0 });
//! let report = check_function(step, [[0.0, 1.0]], 50, 1)?;
//! assert!(report.monotonicity.is_none() && report.convexity.is_some());
//! println!("{report}");
//! # Ok::<(), rdc_theory::RdcError>(())
//! ```

mod envelope;
mod function;
mod report;
mod sample;
mod samples;
mod surface;
mod witness;

pub use crate::result::bracket::Bracket;
pub use function::check_function;
pub use report::{Report, Violation};
pub use sample::Sample;
pub use samples::check_samples;

/// The code of the guide, tested as documentation.
#[cfg(doctest)]
#[doc = include_str!("../../docs/theorem1.md")]
struct Guide;
