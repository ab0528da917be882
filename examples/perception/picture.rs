//! Two families of curves side by side.

use rdc_theory::plot::{Curve, CurveFamily, Options, Plot, svg};
use std::error::Error;

const SIZE: (u32, u32) = (1500, 660);

pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) curves: Vec<Curve>,
}

pub(crate) fn draw(
    path: &str,
    panels: [&Panel; 2],
    budget: &str,
    rate: &str,
) -> Result<(), Box<dyn Error>> {
    let family = |panel: &Panel| {
        let options =
            Options::default().with_title(&*panel.title).with_first(budget).with_rate(rate);
        CurveFamily::against_distortion(panel.curves.clone()).with_options(options)
    };
    let picture = svg(SIZE, |canvas| {
        let (left, right) = canvas.split_horizontally(SIZE.0 / 2);
        family(panels[0]).draw(&left)?;
        family(panels[1]).draw(&right)
    })?;
    Ok(std::fs::write(path, picture)?)
}
