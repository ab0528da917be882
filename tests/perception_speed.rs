use nalgebra::{DMatrix, DVector};
use rdc_theory::*;
#[test]
fn speed() {
    for n in [64usize, 256] {
        let pt = |i: usize| 6.0 * (i as f64 / n as f64) - 3.0;
        let w = DVector::from_fn(n, |i, _| {
            [-2.0f64, -0.7, 0.7, 2.0]
                .iter()
                .map(|c| (-(pt(i) - c).powi(2) / 0.3).exp())
                .sum::<f64>()
        });
        let pmf = &w / w.sum();
        let post = DMatrix::from_fn(n, 4, |i, k| {
            let f = |c: f64| (-(pt(i) - c).powi(2) / 0.3).exp();
            let cs = [-2.0, -0.7, 0.7, 2.0];
            f(cs[k]) / cs.iter().map(|c| f(*c)).sum::<f64>()
        });
        let src = Source::new(pmf.clone(), post.clone()).unwrap();
        let cls =
            Classifier::hard(&(0..n).map(|i| post.row(i).transpose().imax()).collect::<Vec<_>>())
                .unwrap();
        let pts = DMatrix::from_fn(n, 1, |i, _| pt(i));
        let xs: Vec<f64> = (0..n).map(pt).collect();
        let sq = Distortion::squared_error(&pts, &pts).unwrap();
        let base = Problem::new(pmf.clone(), n)
            .unwrap()
            .with_cost("d", sq.as_matrix().clone())
            .unwrap()
            .with_cost("e", cls.error_matrix(&src).unwrap())
            .unwrap();
        let emin = base.smallest_budget(1, &[f64::INFINITY, 0.0]).unwrap().unwrap();
        for (what, b) in [
            ("d", [0.05, f64::INFINITY]),
            ("d loose", [0.4, f64::INFINITY]),
            ("both", [0.2, emin + 0.03]),
            ("e", [f64::INFINITY, emin + 0.03]),
        ] {
            let time = |p: &Problem, b: &[f64]| {
                let _ = p.solve(b);
                let t = std::time::Instant::now();
                let mut s = p.solve(b).unwrap();
                for _ in 0..4 {
                    s = p.solve(b).unwrap();
                }
                (t.elapsed().as_secs_f64() / 5.0, s)
            };
            let (t0, s0) = time(&base, &b);
            for (name, per) in [
                ("tv", Perception::total_variation(pmf.clone()).unwrap()),
                ("w1", Perception::wasserstein(pmf.clone(), &xs).unwrap()),
                ("kl", Perception::kullback_leibler(pmf.clone()).unwrap()),
            ] {
                let p = base.clone().with_perception(per).unwrap();
                let out = p.solve(&[b[0], b[1], f64::INFINITY]).unwrap();
                for share in [0.5, 0.1, 0.0] {
                    let b3 = [b[0], b[1], share * out.constraints[2].achieved];
                    let (t, s) = time(&p, &b3);
                    println!(
                        "{n} {what} {name} {share}: {:.1} ms {} its gap {:.1e} vs {:.1} ms {} its: ratio {:.2} {}",
                        t * 1e3,
                        s.iterations,
                        s.gap(),
                        t0 * 1e3,
                        s0.iterations,
                        t / t0,
                        s.status
                    );
                }
            }
        }
    }
}
