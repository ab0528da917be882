//! Gaussian and Laplace sources cut into cells, against the closed forms of the uncut ones: between
//! bounds that hold for every grid, and closer to the closed form as the square of the cell.

use approx::{assert_abs_diff_eq, assert_relative_eq};
use rdc_theory::closed_form::{gaussian, laplace};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Problem, Status};
use statrs::distribution::{Continuous, ContinuousCDF, Laplace, Normal};
use std::f64::consts::LN_2;

/// The standard Gaussian has 2e-19 beyond it.
const GAUSSIAN_REACH: f64 = 9.0;

/// The Laplace source of scale 1 has 2e-9 beyond it.
const LAPLACE_REACH: f64 = 20.0;

/// Cells from coarse to fine, each a third as wide as the last; as the counts are odd, 0 is inside
/// one.
const COUNTS: [usize; 3] = [41, 123, 369];

/// What the solver may be off by, in bits.
const GAP: f64 = 1e-9;

/// A source on a grid: one point of each cell, with the cell's mass.
struct Grid {
    points: DVector<f64>,
    pmf: DVector<f64>,
}

impl Grid {
    /// `count` cells of one width between -reach and reach, the outermost extended to infinity;
    /// `cell` gives each its mass and its point.
    fn new(count: usize, reach: f64, cell: impl Fn(f64, f64) -> (f64, f64)) -> Self {
        let edge = |i: usize| match i {
            0 => f64::NEG_INFINITY,
            i if i == count => f64::INFINITY,
            i => reach * (2.0 * i as f64 / count as f64 - 1.0),
        };
        let (masses, points): (Vec<f64>, Vec<f64>) =
            (0..count).map(|i| cell(edge(i), edge(i + 1))).unzip();
        let pmf = DVector::from_vec(masses);
        Self { points: DVector::from_vec(points), pmf: &pmf / pmf.sum() }
    }

    fn mean(&self, value: impl Fn(f64) -> f64) -> f64 {
        self.pmf.dot(&self.points.map(value))
    }

    /// The rate with the points as reproductions, which is within 1e-9 bits.
    fn rate(&self, distance: impl Fn(f64) -> f64, d: f64) -> f64 {
        let count = self.points.len();
        let costs =
            DMatrix::from_fn(count, count, |x, y| distance(self.points[x] - self.points[y]));
        let problem = Problem::new(self.pmf.clone(), count).unwrap();
        let solution = problem.with_cost("distortion", costs).unwrap().solve(&[d]).unwrap();
        assert_eq!(solution.status, Status::Certified);
        solution.rate
    }
}

/// The mass of a source between two points, without the cancellation of two numbers close to 1.
fn mass(source: &impl ContinuousCDF<f64, f64>, low: f64, high: f64) -> f64 {
    if low < 0.0 { source.cdf(high) - source.cdf(low) } else { source.sf(low) - source.sf(high) }
}

/// A standard Gaussian X cut into cells, each with its mean c.
///
/// Where y sees no more of X than its cell, `E[(X-y)^2]` is `E[(c-y)^2]` and what the grid has
/// lost, `E[(X-c)^2]`. So a channel for c at D is one for X at D + lost, which bounds the rate
/// below. No source of variance `1 - lost` needs more than the Gaussian (Shannon 1949) where any y
/// will do; sent to one of its two neighbours among the points, with its mean kept, y errs by at
/// most a quarter of their squared distance more. This bounds the rate above.
#[test]
fn gaussian_on_finer_grids() {
    let normal = Normal::new(0.0, 1.0).unwrap();
    let grids = COUNTS.map(|count| {
        Grid::new(count, GAUSSIAN_REACH, |low, high| {
            let mass = mass(&normal, low, high);
            (mass, (normal.pdf(low) - normal.pdf(high)) / mass)
        })
    });
    for d in [0.1, 0.3, 0.6, 0.9] {
        let uncut = gaussian(1.0, d).unwrap().rate;
        let gaps = grids.each_ref().map(|grid| {
            let lost = 1.0 - grid.mean(|x| x * x);
            let spacing =
                grid.points.as_slice().windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
            let rate = grid.rate(|x| x * x, d);
            let below = gaussian(1.0, d + lost).unwrap().rate;
            let above = gaussian(1.0 - lost, d - 0.25 * spacing.powi(2)).unwrap().rate;
            assert!(below <= rate && rate <= above + GAP, "{d}: {below}, {rate}, {above}");
            // Where cells are narrow beside the error and the output, the grid has the rate of a
            // Gaussian of its variance.
            if 3.0 * spacing.powi(2) < d.min(1.0 - d) {
                assert_abs_diff_eq!(
                    rate,
                    gaussian(1.0 - lost, d).unwrap().rate,
                    epsilon = 2.0 * GAP
                );
            }
            uncut - rate
        });
        assert_falls_by_nine(d, gaps, 0.01);
    }
}

/// A Laplace source X cut into cells, each with its middle c: `|X-y|` and `|c-y|` differ by at most
/// half a cell, but for what X has beyond the grid. For absolute error no y between two points is
/// better than one sent to either of them.
#[test]
fn laplace_on_finer_grids() {
    let source = Laplace::new(0.0, 1.0).unwrap();
    let cell = |count: usize| 2.0 * LAPLACE_REACH / count as f64;
    let grids = COUNTS.map(|count| {
        Grid::new(count, LAPLACE_REACH, |low, high| {
            // The outermost cells have the middle of their mass.
            let middle = if low.is_infinite() {
                high - LN_2
            } else if high.is_infinite() {
                low + LN_2
            } else {
                0.5 * (low + high)
            };
            (mass(&source, low, high), middle)
        })
    });
    let beyond = (-LAPLACE_REACH).exp();
    for d in [0.55, 0.75, 0.95] {
        let uncut = laplace(1.0, d).unwrap().rate;
        let gaps = [0, 1, 2].map(|i| {
            let rate = grids[i].rate(f64::abs, d);
            let moved = 0.5 * cell(COUNTS[i]) + beyond;
            let below = laplace(1.0, d + moved).unwrap().rate;
            let above = laplace(1.0, d - moved).unwrap().rate;
            assert!(below <= rate && rate <= above + GAP, "{d}: {below}, {rate}, {above}");
            uncut - rate
        });
        assert_falls_by_nine(d, gaps, 0.1);
    }
}

/// Thrice as fine, a ninth of the gap: it is of the order of the squared cell, but for a share on
/// the finest grids.
#[track_caller]
fn assert_falls_by_nine(d: f64, gaps: [f64; 3], share: f64) {
    let [coarse, fine, finest] = gaps;
    assert!(coarse > fine && fine > finest && finest > 0.0, "D = {d}: {gaps:?}");
    assert_relative_eq!(fine / finest, 9.0, max_relative = share);
}
