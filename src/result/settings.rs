//! How a run is asked to go.

use crate::error::RdcError;
use crate::validate;
use std::f64::consts::LN_2;
use std::str::FromStr;
use std::time::Duration;

/// The algorithm of a run. All of them return the same certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Method {
    /// A primal-dual interior-point method on the output pmf and the multipliers together: tens of iterations, each of
    /// which factors a matrix of the smaller alphabet's size.
    #[default]
    InteriorPoint,
    /// Blahut-Arimoto at fixed multipliers (Blahut 1972), inside a search for the multipliers that meet the budgets. Each
    /// iteration is two passes over the cost matrix; how many it takes depends on the source, up to millions.
    BlahutArimoto,
    /// Blahut-Arimoto with the multipliers brought back to the budgets in every iteration (Chen et al., arXiv
    /// 2305.02650, there for one constraint).
    ConstrainedBlahutArimoto,
}

impl Method {
    /// All methods, the default first.
    pub const ALL: [Self; 3] =
        [Self::InteriorPoint, Self::BlahutArimoto, Self::ConstrainedBlahutArimoto];

    /// The name that [`from_str`](Self::from_str) reads.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InteriorPoint => "interior_point",
            Self::BlahutArimoto => "blahut_arimoto",
            Self::ConstrainedBlahutArimoto => "constrained_blahut_arimoto",
        }
    }

    fn max_iterations(self) -> usize {
        match self {
            Self::InteriorPoint => 200,
            Self::BlahutArimoto | Self::ConstrainedBlahutArimoto => 100_000,
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    /// Reads a method's [`name`](Self::name).
    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        let known = Self::ALL.into_iter().find(|method| method.name() == name);
        known.ok_or_else(|| UnknownMethod { name: name.into() })
    }
}

/// A method name that no [`Method`] has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "method = {name:?}: the methods are \"interior_point\", \"blahut_arimoto\" and \"constrained_blahut_arimoto\""
)]
pub struct UnknownMethod {
    name: String,
}

/// Gaps below this, in bits, cannot be told from the rounding of sums of doubles.
pub(crate) const SMALLEST_IN_DOUBLES: f64 = 1e-12;

/// Which algorithm, and when a run is finished.
///
/// ```
/// use rdc_theory::{Method, Settings};
/// use std::time::Duration;
/// let settings = Settings::default()
///     .with_method(Method::ConstrainedBlahutArimoto)
///     .with_tolerance(1e-6)?
///     .with_max_iterations(5000)
///     .with_time_limit(Duration::from_secs(10));
/// assert_eq!(settings.tolerance(), 1e-6);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub(crate) method: Method,
    pub(crate) tolerance: f64,
    pub(crate) max_iterations: Option<usize>,
    pub(crate) time_limit: Option<Duration>,
}

impl Default for Settings {
    /// The interior-point method, a gap of 1e-9 bits, the method's own iteration limit, no time limit.
    fn default() -> Self {
        Self { method: Method::default(), tolerance: 1e-9, max_iterations: None, time_limit: None }
    }
}

impl Settings {
    /// The algorithm.
    #[must_use]
    pub fn with_method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// The run ends as certified once `rate - lower <= tolerance`, in bits.
    ///
    /// Doubles support about 1e-12. Where less is asked for, the interior-point method solves for budgets in double-double from
    /// the start, down to about 1e-25 on small problems, and
    /// [`Solution::precise`](crate::Solution::precise) has the digits. Runs at given multipliers and the other methods have only
    /// doubles, and end as stalled.
    ///
    /// # Errors
    /// A tolerance that is not finite and positive.
    pub fn with_tolerance(self, tolerance: f64) -> Result<Self, RdcError> {
        let rule = "a tolerance in bits must be finite and > 0";
        validate::scalar("tolerance", tolerance, rule, tolerance.is_finite() && tolerance > 0.0)?;
        Ok(Self { tolerance, ..self })
    }

    /// The number of iterations after which the run ends with the bounds it has. 0 is allowed. Unless set, 200 for the
    /// interior-point method and 100,000 for the others, which go on up to the limit where rounding keeps the gap above the
    /// tolerance.
    #[must_use]
    pub fn with_max_iterations(self, max_iterations: usize) -> Self {
        Self { max_iterations: Some(max_iterations), ..self }
    }

    /// The time after which the run ends with the bounds it has, looked at once an iteration.
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit: Some(time_limit), ..self }
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

    /// The tolerance as the solver compares it, in nats.
    pub(crate) fn tolerance_nats(&self) -> f64 {
        self.tolerance * LN_2
    }

    /// Whether the tolerance asks for more digits than doubles have.
    pub(crate) fn is_beyond_doubles(&self) -> bool {
        self.method == Method::InteriorPoint && self.tolerance < SMALLEST_IN_DOUBLES
    }

    /// The largest number of iterations.
    #[must_use]
    pub fn max_iterations(&self) -> usize {
        self.max_iterations.unwrap_or_else(|| self.method.max_iterations())
    }

    /// The time limit, if there is one.
    #[must_use]
    pub fn time_limit(&self) -> Option<Duration> {
        self.time_limit
    }
}
