//! The method that the settings ask for.

use super::interior_point::doubles;
use super::{blahut_arimoto, constrained_blahut_arimoto, multiplier_search};
use crate::feasibility::linear_program::Reach;
use crate::result::settings::Method;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::Outcome;
use crate::solver::run::warm_start::Guess;
use crate::subproblem::instance::Instance;

pub(crate) fn run(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    guess: Option<Guess>,
    watch: &mut Watch<'_>,
) -> Outcome {
    match watch.settings().method() {
        Method::InteriorPoint => doubles::solve(instance, reach, guess, watch),
        _ if instance.constraints.is_empty() => blahut_arimoto::solve(instance, watch),
        Method::BlahutArimoto => multiplier_search::solve(instance, reach, watch),
        Method::ConstrainedBlahutArimoto => {
            constrained_blahut_arimoto::solve(instance, reach, watch)
        }
    }
}
