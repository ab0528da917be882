use nalgebra::{DMatrix, DVector};
use rdc_theory::*;
#[test]
fn ot() {
    for n in [21usize, 41, 81, 101] {
        let pt = |i: usize| 8.0 * (i as f64 / (n - 1) as f64) - 4.0;
        let w = DVector::from_fn(n, |i, _| (-pt(i).powi(2) / 2.0).exp());
        let pmf = &w / w.sum();
        let pts = DMatrix::from_fn(n, 1, |i, _| pt(i));
        let sq = Distortion::squared_error(&pts, &pts).unwrap();
        let per = Perception::transport(pmf.clone(), sq.as_matrix().clone()).unwrap();
        let rdp = Rdp::new(pmf, sq, per).unwrap();
        for (d, p) in [(0.5, 0.02), (0.3, 0.0), (0.8, 0.1), (0.3, f64::INFINITY)] {
            let t = std::time::Instant::now();
            let s = rdp.solve(d, p).unwrap();
            let c = closed_form::gaussian_perception(1.0, d, p).unwrap();
            println!(
                "{n} D {d} P {p}: rate {:.6} closed {:.6} diff {:.2e} gap {:.1e} it {} {} {:?} mult {:?} vs {:?}",
                s.rate,
                c.rate,
                s.rate - c.rate,
                s.gap(),
                s.iterations,
                s.status,
                t.elapsed(),
                s.constraints.iter().map(|c| c.multiplier).collect::<Vec<_>>(),
                c.multipliers
            );
        }
    }
}
