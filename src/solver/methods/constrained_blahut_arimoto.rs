//! Blahut-Arimoto that meets the budgets in every iteration (Chen et al., arXiv 2305.02650, there for one constraint).
//!
//! Each iteration maximises over the multipliers for the output pmf at hand, then updates the pmf by `q <- q c`.

use super::blahut_arimoto::update;
use crate::feasibility::linear_program::Reach;
use crate::solver::run::dual_step::{meet, slack_mu};
use crate::solver::run::incumbent::Finish;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::Outcome;
use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::Kernel;
use nalgebra::DVector;

/// Solves a strictly feasible instance; `reach` holds a channel with slack in every budget.
pub(crate) fn solve(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let (m, k) = (instance.reproductions, instance.constraints.len());
    let mut q = DVector::from_element(m, 1.0 / m as f64);
    let mut s = DVector::from_element(k, 1.0);
    let mu = slack_mu(instance, watch.settings().tolerance_nats());
    let mut kernel = Kernel::light(instance, &q, &s, None);
    let mut finish = Finish::new(instance, reach, watch);
    let ended = loop {
        meet(instance, &mut kernel, &q, &mut s, mu);
        if let Some(ended) = finish.observe(&kernel.sums, &q, &s, watch) {
            break ended;
        }
        update(&mut q, &kernel.sums.c);
        kernel.evaluate(instance, &q, &s);
        watch.step();
    };
    let z = kernel.sums.c.map(|c| (1.0 - c).max(0.0));
    let r = &instance.budgets() - &kernel.sums.expected;
    finish.outcome(&z, &r, false, ended)
}
