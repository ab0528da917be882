use nalgebra::{DMatrix, DVector};
use rdc_theory::*;
fn h(x: &[f64]) -> f64 {
    -x.iter().map(|&t| if t > 0.0 { t * t.log2() } else { 0.0 }).sum::<f64>()
}
fn blau(p: f64, d: f64, t: f64) -> f64 {
    let hb = |t: f64| h(&[t, 1.0 - t]);
    let ht = |a: f64, b: f64| h(&[a, b, 1.0 - a - b]);
    let q = 1.0 - p;
    if t >= p {
        return if d < p { (hb(p) - hb(d)).max(0.0) } else { 0.0 };
    }
    let d1 = t / (1.0 - 2.0 * (p - t));
    let d2 = 2.0 * p * q - (q - p) * t;
    if d <= d1 {
        hb(p) - hb(d)
    } else if d < d2 {
        2.0 * hb(p) + hb(p - t) - ht((d - t) / 2.0, p) - ht((d + t) / 2.0, q)
    } else {
        0.0
    }
}
#[test]
fn bern() {
    for p in [0.2, 0.35, 0.5] {
        for (d, t) in [
            (0.05, 0.02),
            (0.15, 0.05),
            (0.25, 0.02),
            (0.2, 0.001),
            (0.1, 0.3),
            (0.1, 0.0),
            (0.1, 1e-6),
            (0.4, 0.1),
        ] {
            let pmf = DVector::from_vec(vec![1.0 - p, p]);
            let ham = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
            let line = std::env::var("LINE").is_ok();
            let per = if line {
                Perception::wasserstein(pmf.clone(), &[0.0, 1.0])
            } else {
                Perception::total_variation(pmf.clone())
            }
            .unwrap();
            let pr = Problem::new(pmf.clone(), 2)
                .unwrap()
                .with_cost("d", ham)
                .unwrap()
                .with_perception(per)
                .unwrap();
            let s = pr.solve(&[d, t]).unwrap();
            println!(
                "p {p} d {d} t {t}: off {:.1e} gap {:.1e} it {} {:?} ach {:?} mult {:?}",
                s.rate - blau(p, d, t),
                s.gap(),
                s.iterations,
                s.status,
                s.constraints.iter().map(|c| c.achieved).collect::<Vec<_>>(),
                s.constraints.iter().map(|c| c.multiplier).collect::<Vec<_>>()
            );
            if std::env::var("TRACE").is_ok() {
                println!("{}", s.trace_csv());
            }
        }
    }
}
