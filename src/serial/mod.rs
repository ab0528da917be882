//! What the types look like in files, with any format of [serde](https://docs.rs/serde): by the feature `serde`.
//!
//! What is written reads back bit for bit, and behaves so: solutions of a problem read back are the solutions of the
//! problem. What is read has passed the rules of the constructors; an error names the argument, its value and the rule.
//! Unknown and missing fields are refused.
//!
//! - **Numbers** are numbers, -0.0 included. Text formats have `"inf"` and `"-inf"` for what they have no number for; no
//!   other spelling is read. NaN is neither written nor read. serde_json reads the last digit of a number only with its
//!   feature `float_roundtrip`.
//! - **Matrices** are lists of rows; a [`Distortion`](crate::Distortion) is its matrix, with `"inf"` for forbidden pairs.
//! - **A [`Source`](crate::Source)** is `{"pmf", "posterior"}`, **a [`Classifier`](crate::Classifier)** `{"hard": [...]}` or
//!   `{"soft": [[...]]}`.
//! - **A [`Perception`](crate::Perception)** is `{"target", "divergence"}`, the latter `"total_variation"`,
//!   `"kullback_leibler"`, `{"wasserstein": [points...]}` or `{"transport": [[...]]}`.
//! - **A [`Problem`](crate::Problem)**, an [`Rdc`](crate::Rdc), an [`Rdp`](crate::Rdp) and an [`Rdpc`](crate::Rdpc) are what the
//!   solver works on, with `"version": 1`: the
//!   costs given are not kept, and cannot be recovered to the last digit. For each cost x, y that is
//!   `row minimum(x) + excess(x, y)`, with `"inf"` in `excess` for forbidden pairs; `offset + offset_error` is the average
//!   row minimum, `offset_size` that of its absolute value (another one only where costs are negative), `scale` the power of
//!   two by which the solver divides; `perception` is one, or null. By hand, write a source, a distortion and a classifier.
//! - **[`Method`](crate::Method), [`Status`](crate::Status) and [`Regime`](crate::Regime)** are what they print.
//! - **A cell** is `"missing"`, `"infeasible"` or `{"solved": {...}}`; the cells of a [`Surface`](crate::Surface) are one
//!   list, ordered by the second budget, then by the first; its `fixed` budgets are pairs `[name, budget]`.
//! - **Durations** are `{"secs", "nanos"}`. All else has its fields by their names.
//!
//! ```
//! use rdc_theory::nalgebra::DMatrix;
//! use rdc_theory::Distortion;
//! let distortion = Distortion::matrix(DMatrix::from_row_slice(2, 2, &[0.0, 0.1, f64::INFINITY, 0.0]))?;
//! let text = serde_json::to_string(&distortion)?;
//! assert_eq!(text, r#"[[0.0,0.1],["inf",0.0]]"#);
//! assert_eq!(serde_json::from_str::<Distortion>(&text)?, distortion);
//! let error = serde_json::from_str::<Distortion>("[[0, -1]]").unwrap_err();
//! assert!(error.to_string().starts_with("distortion[(0, 1)] = -1: a distortion must lie in [0, 1e150]"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod argument;
mod form;
mod frontier;
mod number;
mod problem;
mod settings;
mod solution;
mod surface;

pub use number::{Number, Numbers, exact};
