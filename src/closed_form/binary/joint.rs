//! The joint law of source and reproduction bit: its information, and how that changes with the flips.

use std::f64::consts::LOG2_E;

/// `P(X = x, X^ = y)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joint {
    cells: [[f64; 2]; 2],
}

impl Joint {
    /// The law with flip masses `[A, B]` of a source whose letters have probabilities `masses`.
    pub(crate) fn with_flips(masses: [f64; 2], flips: [f64; 2]) -> Self {
        let [a, b] = flips;
        Self { cells: [[(masses[0] - a).max(0.0), a], [b, (masses[1] - b).max(0.0)]] }
    }

    /// The law in which X^ is 1 with probability q, and X the other bit with probability `wrong[y]` given X^ = y.
    pub(crate) fn backward(q: f64, wrong: [f64; 2]) -> Self {
        let rest = 1.0 - q;
        let [v, u] = wrong;
        Self { cells: [[rest * (1.0 - v), q * u], [rest * v, q * (1.0 - u)]] }
    }

    /// The law in which X^ has the other name for each of its letters.
    pub(crate) fn mirrored(self) -> Self {
        let [[zero_zero, zero_one], [one_zero, one_one]] = self.cells;
        Self { cells: [[zero_one, zero_zero], [one_one, one_zero]] }
    }

    /// `[A, B]`.
    pub(crate) fn flips(&self) -> [f64; 2] {
        [self.cells[0][1], self.cells[1][0]]
    }

    /// The output pmf.
    pub(crate) fn output(&self) -> [f64; 2] {
        [self.cells[0][0] + self.cells[1][0], self.cells[0][1] + self.cells[1][1]]
    }

    /// `I(X; X^)` in bits, and its derivatives in A and in B: `-inf` and `+inf` where a cell is empty.
    ///
    /// With `l(x,y) = log P(x,y) / (P(x) P(y))` these are `sum P(x,y) l(x,y)`, `l(0,1) - l(0,0)` and `l(1,0) - l(1,1)`.
    pub(crate) fn information(&self, masses: [f64; 2]) -> (f64, [f64; 2]) {
        let output = self.output();
        let density = |x: usize, y: usize| match self.cells[x][y] {
            // The product of the two may be too small for a double, the quotient too large.
            cell if cell > 0.0 => (cell / masses[x] / output[y]).min(f64::MAX).ln() * LOG2_E,
            _ => f64::NEG_INFINITY,
        };
        let densities = [[density(0, 0), density(0, 1)], [density(1, 0), density(1, 1)]];
        let term = |x: usize, y: usize| match self.cells[x][y] {
            cell if cell > 0.0 => cell * densities[x][y],
            _ => 0.0,
        };
        let rate = (term(0, 0) + term(1, 1)) + (term(0, 1) + term(1, 0));
        let slopes = [densities[0][1] - densities[0][0], densities[1][0] - densities[1][1]];
        (rate.max(0.0), slopes)
    }
}
