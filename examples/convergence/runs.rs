//! The lines of the picture: the three methods at the budgets, and Blahut-Arimoto at multipliers it is given.

use crate::sources::Case;
use rdc_theory::{Method, Rdc, RdcError, Settings, Solution};
use std::fmt::{Display, Formatter};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// A method at the budgets.
    Budgets(Method),
    /// Blahut-Arimoto at the optimal multipliers.
    Given,
}

impl Line {
    pub(crate) const ALL: [Self; 4] = {
        let [interior_point, blahut_arimoto, constrained] = Method::ALL;
        [
            Self::Budgets(interior_point),
            Self::Budgets(constrained),
            Self::Budgets(blahut_arimoto),
            Self::Given,
        ]
    };

    /// The name of the method in the table of traces.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Budgets(method) => method.name(),
            Self::Given => "blahut_arimoto_given_multipliers",
        }
    }

    /// `optimum` is the solution whose multipliers are given where they are.
    pub(crate) fn solve(
        self,
        rdc: &Rdc,
        [d, e]: [f64; 2],
        optimum: &Solution,
        settings: &Settings,
    ) -> Result<Solution, RdcError> {
        match self {
            Self::Budgets(method) => rdc.solve_with(d, e, &settings.clone().with_method(method)),
            Self::Given => {
                let multipliers: Vec<f64> =
                    optimum.constraints.iter().map(|constraint| constraint.multiplier).collect();
                let settings = settings.clone().with_method(Method::BlahutArimoto);
                rdc.problem().solve_at_with(&multipliers, &settings)
            }
        }
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Budgets(Method::InteriorPoint) => "interior point",
            Self::Budgets(Method::BlahutArimoto) => "Blahut-Arimoto, multipliers searched",
            Self::Budgets(Method::ConstrainedBlahutArimoto) => "constrained Blahut-Arimoto",
            Self::Budgets(other) => other.name(),
            Self::Given => "Blahut-Arimoto, multipliers given",
        })
    }
}

pub(crate) struct Run<'a> {
    pub(crate) case: &'a Case,
    pub(crate) line: Line,
    pub(crate) solution: Solution,
}
