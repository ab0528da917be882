//! Inverses and surfaces of R(D,P,E).

use crate::common::INF;
use crate::common::measure::Kind;
use crate::other_domain::rdpc;
use rdc_theory::{AtRate, Cell, LeastBudget, RdcError, Rdpc, Status};

fn enough(found: AtRate) -> LeastBudget {
    match found {
        AtRate::Enough(least) => least,
        AtRate::TooLittle(solution) => panic!("{} bits are needed", solution.rate),
    }
}

#[test]
fn inverses_find_the_budgets_again() {
    for kind in Kind::ALL {
        let function = rdpc(kind);
        let (d, p, e) = (0.1, 0.05, 0.42);
        let point = function.solve(d, p, e).unwrap();
        assert!(point.status == Status::Certified && point.rate > 0.01, "{kind:?}: {}", point.rate);
        let rate = point.rate + 1e-9;
        let found = [
            (Rdpc::DISTORTION, d, function.distortion_at(rate, p, e)),
            (Rdpc::ERROR, e, function.error_at(rate, d, p)),
            (Rdpc::PERCEPTION, p, function.perception_at(rate, d, e)),
        ];
        for (index, budget, least) in found {
            let least = enough(least.unwrap());
            assert!(least.solution.rate <= rate + 1e-12, "{kind:?} {index}: {least:?}");
            assert!(least.lower <= budget + 1e-12, "{kind:?} {index}: {} of {budget}", least.lower);
            let slope = point.constraints[index].multiplier;
            if slope > 1e-3 {
                let off = (least.upper - budget).abs();
                assert!(
                    off <= 1e-7 / slope.min(1.0),
                    "{kind:?} {index}: {} is {budget}",
                    least.upper
                );
            }
        }
    }
}

#[test]
fn surfaces_are_their_cells() {
    for kind in [Kind::TotalVariation, Kind::Wasserstein, Kind::KullbackLeibler] {
        let function = rdpc(kind);
        let axes =
            [vec![0.02, 0.08, 0.16, INF], vec![0.3, 0.36, 0.45, INF], vec![0.0, 0.03, 0.2, INF]];
        let fixed = [0.1, 0.42, 0.05];
        for pair in [[0, 2], [2, 1], [0, 1]] {
            let surface =
                function.problem().surface(pair, &axes[pair[0]], &axes[pair[1]], &fixed).unwrap();
            let (mut solved, mut empty) = (0, 0);
            for (first, second, cell) in surface.iter() {
                let mut budgets = fixed;
                (budgets[pair[0]], budgets[pair[1]]) = (first, second);
                match (cell, function.problem().solve(&budgets)) {
                    (Cell::Solved(point), Ok(alone)) => {
                        let close =
                            point.lower <= alone.rate + 1e-11 && alone.lower <= point.rate + 1e-11;
                        assert!(close, "{kind:?} {budgets:?}: {point:?}, {}", alone.rate);
                        solved += 1;
                    }
                    (Cell::Infeasible, Err(RdcError::Infeasible(_))) => empty += 1,
                    (cell, alone) => panic!("{kind:?} {budgets:?}: {cell:?}, {alone:?}"),
                }
            }
            assert!(solved >= 5 && solved + empty == 16, "{kind:?} {pair:?}: {solved}, {empty}");
        }
    }
}
