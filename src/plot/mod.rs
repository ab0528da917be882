//! Pictures of rates as SVG: surfaces, contour maps, families of curves, convergence.
//!
//! Each kind of picture is a type with the methods of [`Plot`]: the SVG as a string, the same written to a file, or drawn
//! into a part of a larger picture. Labels are text for the viewer's own fonts: neither building nor running needs any.
//!
//! ```
//! use rdc_theory::nalgebra::{DMatrix, DVector};
//! use rdc_theory::plot::{CurveFamily, Options, Plot, SurfacePlot};
//! use rdc_theory::{Classifier, Distortion, Rdc, Source};
//!
//! let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
//! let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
//! let rdc = Rdc::new(&source, Distortion::hamming(2)?, &Classifier::hard(&[0, 1])?)?;
//! let surface = rdc.surface(&[0.0, 0.1, 0.2, 0.3], &[0.13, 0.2, 0.3])?;
//!
//! let svg = SurfacePlot::new(&surface).svg()?;
//! assert!(svg.contains("rate R, bits per symbol"));
//!
//! let options = Options::default().with_title("One bit").with_first("D, bit flips per bit");
//! let svg = CurveFamily::rows(&surface).with_options(options).svg()?;
//! assert!(svg.contains("D, bit flips per bit") && svg.contains("E = 0.13"));
//! # Ok::<(), rdc_theory::plot::PlotError>(())
//! ```
//!
//! Colours are those of Okabe and Ito (2008), which colour-blind readers tell apart; dashes and markers, or lightness, tell
//! the same in print. What is not finite is left out. The building blocks ([`svg`], [`chart`], [`Legend`], [`Style`],
//! [`Scale`]) serve pictures of other kinds with [`plotters`].

mod axis;
mod canvas;
mod chart;
mod contour_map;
mod convergence;
mod curves;
mod error;
mod labels;
mod legend;
mod level;
mod mesh;
mod options;
mod outline;
mod regimes;
mod scale;
mod style;
mod surface;
mod thinning;

pub use canvas::{Canvas, Chart};
pub use chart::{Plot, chart, svg};
pub use contour_map::ContourMap;
pub use convergence::{ConvergencePlot, Panel, Trace};
pub use curves::{Curve, CurveFamily};
pub use error::PlotError;
pub use labels::{centred, text, titled};
pub use legend::Legend;
pub use options::Options;
pub use scale::Scale;
pub use style::{INFEASIBLE, Marker, Style, regime_colour, shade};
pub use surface::SurfacePlot;

pub use plotters;
