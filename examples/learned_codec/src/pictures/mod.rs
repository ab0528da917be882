//! Pictures of the experiment as SVG, in the style of the library's.

mod axis;
mod limits;
mod losses;
mod models;
mod names;
mod panel;
mod reconstructions;
mod space;
mod tradeoff;

pub use limits::{LimitCurve, limits};
pub use losses::losses;
pub use reconstructions::{Reconstruction, reconstructions};
pub use space::space;
pub use tradeoff::tradeoff;

use rdc_theory::plot::plotters::style::TextStyle;
use rdc_theory::plot::plotters::style::text_anchor::{HPos, Pos, VPos};
use rdc_theory::plot::text;

/// Where something is, in the units of the axes.
type Point = (f64, f64);

/// Text of a size in pixels that has this side where it is put, centred in height.
fn beside(size: u32, side: HPos) -> TextStyle<'static> {
    text(size).pos(Pos::new(side, VPos::Center))
}
