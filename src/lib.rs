//! Certified rate-distortion-classification functions of labelled discrete sources.
//!
//! How many bits per symbol keep a source both recognisable to a person and readable to a machine? For a source X with
//! label K, a distortion measure $\Delta$ and a classifier $c_0$ fixed in advance, the rate-distortion-classification
//! function of Zhang (arXiv 2405.03500, Definition 4) is
//!
//! ```math
//! R(D, E) = \min_{W(\hat x | x)} I(X; \hat X)
//! \quad\text{s.t.}\quad \mathbb{E}[\Delta(X, \hat X)] \le D, \quad \varepsilon(\hat X | c_0) \le E .
//! ```
//!
//! As K, X, $\hat X$ form a Markov chain, the error rate is linear in the test channel W, with a cost of its own:
//!
//! ```math
//! \varepsilon = \sum_x p(x) \sum_{\hat x} W(\hat x | x) \, d_c(x, \hat x),
//! \qquad d_c(x, \hat x) = 1 - \sum_k P(k | x) \, c_0(k | \hat x) .
//! ```
//!
//! So the core, [`Problem`], is rate-distortion with any number of linear costs, and [`Rdc`] is its two-cost face. Every
//! answer is a [`Solution`] with a bracket: an upper bound attained by the channel returned, and a lower bound that holds
//! for every pmf q and all multipliers $s \ge 0$ (Blahut 1972, with one multiplier a cost):
//!
//! ```math
//! \begin{gathered}
//! -\sum_x p_x \log t_x - \log \max_y c_y - s \cdot D \;\le\; R(D) \;\le\; I(X; \hat X), \\
//! t_x = \sum_y q_y e^{-s \cdot d(x, y)}, \qquad c_y = \sum_x \frac{p_x}{t_x} e^{-s \cdot d(x, y)} .
//! \end{gathered}
//! ```
//!
//! A constraint on the output pmf, the *perception* of the paper's Definitions 1 to 3, is of another kind and part of the same
//! problem ([`Problem::with_perception`]): a [`Perception`] adds a potential g on the reproduction letters to the exponent,
//! `2^(-s.d(x, y) - g(y))`, and takes what g is worth to the target from the bound. [`Rdp`] is R(D,P), [`Rdpc`] R(D,P,E). P(D)
//! and C(D,P) have no rate; the feature `programs` solves them. An [`Observation`] makes of each of these the function of a
//! source that is seen through noise.
//!
//! ```
//! use rdc_theory::nalgebra::{DMatrix, DVector};
//! use rdc_theory::{Classifier, Distortion, Rdc, Source};
//!
//! // Three letters; the label is 1 with probability 0.1, 0.5 and 0.9.
//! let posterior = DMatrix::from_row_slice(3, 2, &[0.9, 0.1, 0.5, 0.5, 0.1, 0.9]);
//! let source = Source::new(DVector::from_vec(vec![0.3, 0.4, 0.3]), posterior)?;
//! let points = DMatrix::from_vec(3, 1, vec![-1.0, 0.0, 1.0]);
//! let distortion = Distortion::squared_error(&points, &points)?;
//! let rdc = Rdc::new(&source, distortion, &Classifier::hard(&[0, 0, 1])?)?;
//!
//! let point = rdc.solve(0.3, 0.35)?;
//! assert!(point.lower <= point.rate && point.gap() <= 1e-9);
//! let bits_per_error = point.constraints[Rdc::ERROR].multiplier;
//! assert!(bits_per_error > 0.0, "one point of accuracy less saves bits here");
//! # Ok::<(), rdc_theory::RdcError>(())
//! ```
//!
//! All rates are in **bits**, all multipliers in bits per unit of the cost. Bad input is an [`RdcError`], budgets that no
//! channel meets are [`RdcError::Infeasible`] with a proof, and how a run ended is a [`Status`]: whatever it says, the
//! bounds are true. Nothing here panics.
//!
//! With the feature `serde`, problems and results go to files and back bit for bit (`serial`).
//!
//! The repository's `docs/` hold a table from the paper's equations to functions and tests (`equations.md`) and the
//! method with its measurements (`solver.md`).

pub mod closed_form;
mod error;
mod feasibility;
mod functions;
mod model;
mod numerics;
#[cfg(feature = "plot")]
pub mod plot;
mod proof;
mod queries;
mod result;
#[cfg(feature = "serde")]
pub mod serial;
mod solver;
#[cfg(feature = "proptest")]
pub mod strategies;
mod subproblem;
pub mod theorem1;
mod validate;

pub use closed_form::binary::classifier::BinaryClassifier;
pub use closed_form::binary::point::{BinaryPoint, rdc_bernoulli};
pub use closed_form::binary::restoration::{BinaryRestoration, BinaryRestorationPoint};
pub use closed_form::binary::source::BinaryRdc;
pub use error::{Infeasible, InfeasibleBudget, RdcError};
pub use feasibility::frontier::Polyline;
pub use functions::free_classifier::{FreeClassifier, FreeSolution};
pub use functions::rdc::Rdc;
pub use functions::rdp::{Rdp, Rdpc};
#[cfg(feature = "programs")]
pub use functions::restoration::model::Restoration;
#[cfg(feature = "programs")]
pub use functions::restoration::solution::RestorationSolution;
pub use model::classifier::Classifier;
pub use model::distortion::Distortion;
pub use model::observation::Observation;
pub use model::perception::Perception;
pub use model::problem::Problem;
pub use model::source::Source;
pub use numerics::double_double::DoubleDouble;
pub use numerics::information::{binary_entropy, entropy, mutual_information};
pub use proof::bracket::{ProvenBracket, ProvenSpending};
pub use queries::interpolant::triangulation::{
    Interpolant, InterpolantTriangle, InterpolantVertex,
};
pub use queries::inverse::least_budget::{AtRate, LeastBudget};
pub use queries::legendre::Transform;
pub use queries::level::LevelPoint;
pub use queries::surface::grid::{Cell, Surface};
pub use queries::surface::sweep::{Sweep, SweepProgress};
pub use result::plane::Plane;
pub use result::point::SurfacePoint;
pub use result::precise::PreciseBracket;
pub use result::progress::Progress;
pub use result::regime::Regime;
pub use result::settings::{Method, Settings, UnknownMethod};
pub use result::solution::{Constraint, Solution, Status};
pub use solver::solve::Target;
pub use validate::matrix_from_rows;

pub use nalgebra;

/// The README's code, tested as documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The guide's program, tested as documentation.
#[cfg(all(doctest, feature = "plot", feature = "serde"))]
#[doc = include_str!("../docs/guide.md")]
struct Guide;
