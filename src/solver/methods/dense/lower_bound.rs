//! The lower bound of numbers in doubles, evaluated in double-double.

use super::lagrangian::Lagrangian;
use crate::numerics::double_double::DoubleDouble;
use crate::numerics::real::Real;
use crate::subproblem::instance::Instance;
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
        let of = |values: &DVector<f64>| values.iter().map(|&v| DoubleDouble::from(v)).collect();
        let q: Vec<DoubleDouble> =
            program.reproductions.iter().map(|&y| DoubleDouble::from(q[y])).collect();
        let s: Vec<DoubleDouble> = of(s);
        let (mut g, mut toll) = (Vec::new(), DoubleDouble::ZERO);
        if let Some((network, potential)) = program.network.as_ref().zip(potential) {
            let mut phi: Vec<DoubleDouble> = of(&potential.g);
            phi.resize(network.nodes(), DoubleDouble::ZERO);
            g = program.potential(&phi);
            let bounded = self.instance.marginal.as_ref();
            let surcharge = bounded.map_or(0.0, |bounded| bounded.surcharge(potential.price));
            let price = DoubleDouble::from(potential.price);
            toll = network.toll(&phi, price) + DoubleDouble::from(surcharge);
        }
        let lower = Lagrangian::new(program, &q, &s, &g).lower_bound(program, &s, toll).to_f64();
        if lower.is_finite() { lower.next_down() } else { f64::NEG_INFINITY }
    }
}
