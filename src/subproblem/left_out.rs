//! The potential of the letters that the smallest budget of a divergence leaves out.
//!
//! At that budget no output pmf has them, and a run does without them: their potential is whatever it was, and a price made of
//! it proves nothing once the budget is larger. What is published has them in again: each gets a potential at which it changes
//! nothing, and the price is the smallest one at which that potential takes no more than the others do:
//!
//! ```text
//! price = max over y, z of (g_y - h_z) / C(y, z)        g_y <= min_z (h_z + price C(y, z)) where y was left out
//! ```
//!
//! where C is the ground cost, h_z the largest g of the letters next to z, and g_y in the first formula what y needs. So the
//! bound holds with every letter in, and falls by no more than the price for each unit of the budget.

use super::instance::Instance;
use super::output_constraint::{Bounded, Potential};
use crate::model::cost::Allowed;
use crate::numerics::information::log_sum;
use nalgebra::{DMatrix, DVector};
use std::borrow::Cow;

/// How far above what it needs the potential of a letter is put where the price allows that, in nats: out of reach of rounding.
const ROOM: f64 = 1.0;

/// What the price is raised by for each letter, relative to it: rounding on its way to other units must not take it below what
/// is needed.
const PRICE_ROUNDING: f64 = 8.0 * f64::EPSILON;

/// What of a bound has to hold with the letters that were left out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose<'a> {
    /// The lower bound at this pmf: a letter must not raise `max_y c_y`.
    Bound(&'a DVector<f64>),
    /// The separation: a letter must not lower `min_y (s.d(x, y) + g_y)` for any x.
    Separation,
}

/// The potential with the letters that the marginal leaves out let in again, over the pairs that the costs allow.
///
/// It is the potential given where no letter is left out, and where no number lets them in, as then nothing was proven.
pub(crate) fn let_in(
    instance: &Instance<'_>,
    allowed: &Allowed,
    s: &DVector<f64>,
    potential: Potential,
    purpose: Purpose<'_>,
) -> Potential {
    let bounded = instance.marginal.as_ref().filter(|bounded| bounded.exact);
    let Some(bounded) = bounded else { return potential };
    let usable: Vec<bool> = (0..instance.reproductions).map(|y| bounded.is_usable(y)).collect();
    if !usable.contains(&false) {
        return potential;
    }
    let exponents = Exponents::new(instance, allowed, s, &usable);
    let needed = match purpose {
        Purpose::Bound(q) => exponents.needed_by_bound(q, &potential.g),
        Purpose::Separation => exponents.needed_by_separation(&potential.g),
    };
    let completed = completed(bounded, &needed, &usable);
    let is_finite = completed.price.is_finite() && completed.g.iter().all(|g| g.is_finite());
    if is_finite { completed } else { potential }
}

/// The exponents `s.d(x, y)` over the pairs that the costs allow, whatever the marginal does.
struct Exponents<'a> {
    pmf: &'a DVector<f64>,
    /// m x n, `+inf` where a pair is forbidden.
    matrix: DMatrix<f64>,
    usable: &'a [bool],
}

impl<'a> Exponents<'a> {
    fn new(
        instance: &'a Instance<'_>,
        allowed: &Allowed,
        s: &DVector<f64>,
        usable: &'a [bool],
    ) -> Self {
        let open = Instance { allowed: Cow::Borrowed(allowed), ..instance.clone() };
        let m = instance.reproductions;
        let mut matrix = DMatrix::zeros(m, instance.letters());
        for (x, row) in matrix.as_mut_slice().chunks_mut(m).enumerate() {
            open.exponent(x, s, row);
        }
        Self { pmf: &instance.pmf, matrix, usable }
    }

    /// The source letters that occur.
    fn letters(&self) -> impl Iterator<Item = usize> + Clone {
        (0..self.pmf.len()).filter(|&x| self.pmf[x] > 0.0)
    }

    fn used(&self) -> impl Iterator<Item = usize> + Clone {
        (0..self.usable.len()).filter(|&y| self.usable[y])
    }

    /// The potential of each letter that is used, and what the others need.
    fn with_needs(&self, g: &DVector<f64>, need: impl Fn(usize) -> f64) -> DVector<f64> {
        DVector::from_fn(g.len(), |y, _| if self.usable[y] { g[y] } else { need(y) })
    }

    fn needed_by_bound(&self, q: &DVector<f64>, g: &DVector<f64>) -> DVector<f64> {
        let log_t = DVector::from_fn(self.pmf.len(), |x, _| {
            log_sum(self.used().map(|y| (q[y], -self.matrix[(y, x)] - g[y])))
        });
        let log_c = |y: usize| {
            let pairs = self.letters().filter(|&x| self.matrix[(y, x)] < f64::INFINITY);
            log_sum(pairs.map(|x| (self.pmf[x], -self.matrix[(y, x)] - log_t[x])))
        };
        // Letters whose pairs are all forbidden have no c, and NaN for its logarithm, which `max` passes over.
        let most = self.used().map(|y| log_c(y) - g[y]).fold(f64::NEG_INFINITY, f64::max);
        self.with_needs(g, |y| f64::NEG_INFINITY.max(log_c(y) - most))
    }

    fn needed_by_separation(&self, g: &DVector<f64>) -> DVector<f64> {
        let least = DVector::from_fn(self.pmf.len(), |x, _| {
            self.used().map(|y| self.matrix[(y, x)] + g[y]).fold(f64::INFINITY, f64::min)
        });
        self.with_needs(g, |y| {
            let each = self.letters().map(|x| least[x] - self.matrix[(y, x)]);
            each.fold(f64::NEG_INFINITY, f64::max)
        })
    }
}

/// The potential that the letters left out need, extended as the head of this file says.
fn completed(bounded: &Bounded<'_>, needed: &DVector<f64>, usable: &[bool]) -> Potential {
    let m = needed.len();
    let left_out = || (0..m).filter(|&y| !usable[y]);
    let mut g = needed.clone();
    let least = (0..m).filter(|&y| usable[y]).map(|y| g[y]).fold(f64::INFINITY, f64::min);
    let Some(ground) = bounded.marginal.ground.costs(m) else {
        // No price lets in a letter at which the divergence is infinite. It only must not make the price larger.
        left_out().for_each(|y| g[y] = least);
        return bounded.priced(g, 0.0);
    };
    let near = |z: usize| {
        let next = (0..m).filter(|&y| ground[(y, z)] == 0.0);
        (z, next.map(|y| g[y]).fold(f64::NEG_INFINITY, f64::max))
    };
    let wanted: Vec<(usize, f64)> =
        (0..ground.ncols()).filter(|&z| bounded.is_wanted(z)).map(near).collect();
    let mut price = 0.0_f64;
    for &(z, h) in &wanted {
        let dearer = (0..m).filter(|&y| ground[(y, z)] > 0.0);
        price = dearer.map(|y| (needed[y] - h) / ground[(y, z)]).fold(price, f64::max);
    }
    for y in left_out() {
        let each = wanted.iter().map(|&(z, h)| h + price * ground[(y, z)]);
        g[y] = each.fold(g[y].max(least) + ROOM, f64::min);
    }
    Potential { g, price: price * (1.0 + PRICE_ROUNDING * m as f64) }
}
