//! How a run is asked to go.

use crate::{RdcError, check};
use std::str::FromStr;

/// The algorithm of a run. All of them return the same certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Method {
    /// A primal-dual interior-point method on the output pmf and the multipliers together.
    #[default]
    InteriorPoint,
}

impl FromStr for Method {
    type Err = UnknownMethod;

    /// `"interior_point"`.
    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        match name {
            "interior_point" => Ok(Self::InteriorPoint),
            _ => Err(UnknownMethod { name: name.into() }),
        }
    }
}

/// A method name that no [`Method`] has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("method = {name:?}: the methods are \"interior_point\"")]
pub struct UnknownMethod {
    name: String,
}

/// When a run is finished.
///
/// ```
/// use rdc_theory::Settings;
/// let settings = Settings::default().with_tolerance(1e-6)?.with_max_iterations(50);
/// assert_eq!(settings.tolerance(), 1e-6);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    method: Method,
    tolerance: f64,
    max_iterations: usize,
}

impl Default for Settings {
    /// The interior-point method, a gap of 1e-9 bits, at most 200 iterations.
    fn default() -> Self {
        Self { method: Method::default(), tolerance: 1e-9, max_iterations: 200 }
    }
}

impl Settings {
    /// The algorithm.
    #[must_use]
    pub fn with_method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// The run ends as certified once `rate - lower <= tolerance`, in bits. Double precision supports about 1e-12.
    ///
    /// # Errors
    /// A tolerance that is not finite and positive.
    pub fn with_tolerance(self, tolerance: f64) -> Result<Self, RdcError> {
        let rule = "a tolerance in bits must be finite and > 0";
        check::scalar("tolerance", tolerance, rule, tolerance.is_finite() && tolerance > 0.0)?;
        Ok(Self { tolerance, ..self })
    }

    /// The number of Newton steps after which the run ends with the bounds it has. 0 is allowed.
    #[must_use]
    pub fn with_max_iterations(self, max_iterations: usize) -> Self {
        Self { max_iterations, ..self }
    }

    /// The algorithm.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The largest gap, in bits, that counts as certified.
    #[must_use]
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// The largest number of Newton steps.
    #[must_use]
    pub fn max_iterations(&self) -> usize {
        self.max_iterations
    }
}
