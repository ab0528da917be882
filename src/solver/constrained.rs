//! Blahut-Arimoto that meets the budgets in every iteration (Chen et al., arXiv 2305.02650, there for one constraint).
//!
//! Each iteration maximises over the multipliers for the output pmf at hand, then updates the pmf by `q <- q c`.

use super::Outcome;
use super::blahut_arimoto::update;
use super::finish::Finish;
use super::kernel::Kernel;
use super::multipliers::{meet, slack_mu};
use super::watch::Watch;
use crate::frontier::Reach;
use crate::instance::Instance;
use nalgebra::DVector;
use std::f64::consts::LN_2;

/// Solves a strictly feasible instance; `reach` holds a channel with slack in every budget.
pub(super) fn solve(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let (m, k) = (instance.reproductions, instance.constraints());
    let mut q = DVector::from_element(m, 1.0 / m as f64);
    let mut s = DVector::from_element(k, 1.0);
    let mu = slack_mu(instance, watch.settings().tolerance() * LN_2);
    let mut kernel = Kernel::light(instance, &q, &s, None);
    let mut finish = Finish::new(instance, reach, watch);
    let ended = loop {
        meet(instance, &mut kernel, &q, &mut s, mu);
        if let Some(ended) = finish.observe(&kernel, &q, &s, watch) {
            break ended;
        }
        update(&mut q, &kernel.c);
        kernel.evaluate(instance, &q, &s);
        watch.step();
    };
    let z = kernel.c.map(|c| (1.0 - c).max(0.0));
    let r = &instance.budgets - &kernel.expected;
    finish.outcome(&z, &r, false, ended)
}
