//! The cells of a surface as samples.

use super::sample::Sample;
use crate::queries::surface::grid::{Cell, Surface};
use crate::result::bracket::Bracket;

impl Surface {
    /// The computed cells for [`theorem1::check_samples`](crate::theorem1::check_samples).
    #[must_use]
    pub fn samples(&self) -> Vec<Sample<2>> {
        let sample = |(d, e, cell): (f64, f64, &Cell)| {
            let rate = match cell {
                Cell::Missing => return None,
                Cell::Infeasible => Bracket::INFEASIBLE,
                Cell::Solved(point) => Bracket::from(point),
            };
            Some(Sample { budgets: [d, e], rate })
        };
        self.iter().filter_map(sample).collect()
    }
}
