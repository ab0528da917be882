//! The lower bound of numbers in doubles, evaluated in double-double.

use super::lagrangian::DenseKernel;
use crate::numerics::double_double::DoubleDouble;
use crate::numerics::real::Real;
use crate::solver::methods::interior_point::iterate::none;
use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::Lagrangian;
use crate::subproblem::output_constraint::Potential;
use crate::subproblem::program::Program;
use nalgebra::DVector;

/// Blahut's lower bound of an instance in double-double, at points given in doubles.
pub(crate) struct LowerBound<'a> {
    instance: &'a Instance<'a>,
    program: Program<DoubleDouble>,
}

impl<'a> LowerBound<'a> {
    pub(crate) fn new(instance: &'a Instance<'a>) -> Self {
        Self { instance, program: Program::new(instance, 0.0) }
    }

    /// The bound in nats at a pmf, multipliers and a potential; `-inf` where it is none.
    pub(crate) fn at(
        &self,
        q: &DVector<f64>,
        s: &DVector<f64>,
        potential: Option<&Potential>,
    ) -> f64 {
        let program = &self.program;
        let of = |values: &DVector<f64>| values.map(DoubleDouble::from);
        let q = DVector::from_iterator(
            program.reproductions.len(),
            program.reproductions.iter().map(|&y| DoubleDouble::from(q[y])),
        );
        let (s, mut phi, mut toll) = (of(s), none(), DoubleDouble::ZERO);
        if let Some((network, potential)) = program.network.as_ref().zip(potential) {
            phi = of(&potential.g).resize_vertically(network.nodes(), DoubleDouble::ZERO);
            let bounded = self.instance.marginal.as_ref();
            let surcharge = bounded.map_or(0.0, |bounded| bounded.surcharge(potential.price));
            let price = DoubleDouble::from(potential.price);
            toll = network.toll(phi.as_slice(), price) + DoubleDouble::from(surcharge);
        }
        let mut kernel = DenseKernel::unevaluated(program, &phi);
        kernel.evaluate(&q, &s);
        let lower = kernel.lower_bound(&s, toll).to_f64();
        if lower.is_finite() { lower.next_down() } else { f64::NEG_INFINITY }
    }
}
