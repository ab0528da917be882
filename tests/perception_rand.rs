use nalgebra::{DMatrix, DVector};
use rdc_theory::*;
struct R(u64);
impl R {
    fn u(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
    fn below(&mut self, n: usize) -> usize {
        ((self.u() * n as f64) as usize).min(n - 1)
    }
}
fn pmf(r: &mut R, n: usize, zeros: bool) -> DVector<f64> {
    let mut v = DVector::from_fn(n, |_, _| -(r.u().max(1e-300)).ln());
    if zeros && n > 1 {
        for i in 0..n {
            if r.u() < 0.15 {
                v[i] = 0.0;
            }
        }
    }
    if v.sum() == 0.0 {
        v[0] = 1.0;
    }
    let t = v.sum();
    v / t
}
fn case(seed: u64) -> (Problem, Vec<f64>, String) {
    let mut r = R(seed.wrapping_mul(7919));
    let n = 2 + r.below(39);
    let m = 2 + r.below(39);
    let k = r.below(4);
    let p = pmf(&mut r, n, false);
    let kind = r.below(4);
    let kk = if kind == 2 { 2 + r.below(20) } else { m };
    let target = if r.u() < 0.5 && m == n {
        p.clone()
    } else {
        let z = r.u() < 0.3;
        pmf(&mut r, kk, z)
    };
    let target = if kind == 2 { pmf(&mut r, kk, false) } else { target };
    let pts: Vec<f64> = {
        let mut a = 0.0;
        (0..m)
            .map(|_| {
                a += 0.05 + r.u();
                a
            })
            .collect()
    };
    let per = match kind {
        0 => Perception::total_variation(target.clone()),
        1 => Perception::wasserstein(target.clone(), &pts),
        2 => {
            let sq = r.u() < 0.5;
            Perception::transport(
                target.clone(),
                DMatrix::from_fn(m, kk, |i, j| {
                    if sq { (i as f64 / m as f64 - j as f64 / kk as f64).powi(2) } else { r.u() }
                }),
            )
        }
        _ => Perception::kullback_leibler(target.clone()),
    }
    .unwrap();
    let mut pr = Problem::new(p.clone(), m).unwrap();
    let mut costs = vec![];
    for i in 0..k {
        let t = r.below(3);
        let c = match t {
            0 => DMatrix::from_fn(n, m, |_, _| r.u()),
            1 => DMatrix::from_fn(n, m, |a, b| (a as f64 / n as f64 - b as f64 / m as f64).powi(2)),
            _ => DMatrix::from_fn(n, m, |a, b| f64::from(a % m != b)),
        };
        pr = pr.with_cost(format!("c{i}"), c.clone()).unwrap();
        costs.push(c);
    }
    let measure = per.clone();
    pr = pr.with_perception(per).unwrap();
    // a channel inside
    let sharp = 10.0_f64.powf(2.0 * r.u() - 0.5);
    let mut w = DMatrix::from_fn(n, m, |_, _| (sharp * r.u()).exp());
    for (x, mut row) in w.row_iter_mut().enumerate() {
        for y in 0..m {
            let d: f64 = costs.iter().map(|c| c[(x, y)]).sum();
            row[y] *= (-sharp * 3.0 * d).exp();
            if kind == 3 && target[y] == 0.0 {
                row[y] = 0.0;
            }
        }
        let t = row.sum();
        row /= t;
    }
    if kind == 3 {
        let mx = 0.3 * r.u();
        let _ = mx;
    }
    let mix = r.u();
    if kind == 2 {
        for v in w.iter_mut() {
            *v = (1.0 - mix) * *v + mix / m as f64;
        }
    } else {
        for x in 0..n {
            for y in 0..m {
                w[(x, y)] = (1.0 - mix) * w[(x, y)] + mix * target[y];
            }
        }
    }
    let out = w.tr_mul(&p);
    let slack = 10.0_f64.powf(-3.0 * r.u());
    let mut b: Vec<f64> = costs
        .iter()
        .map(|c| (0..n).map(|x| p[x] * w.row(x).dot(&c.row(x))).sum::<f64>() * (1.0 + slack))
        .collect();
    let d = match kind {
        0 => 0.5 * (&out - &target).abs().sum(),
        1 => {
            let mut a = 0.0;
            (0..m - 1)
                .map(|y| {
                    a += out[y] - target[y];
                    f64::abs(a) * (pts[y + 1] - pts[y])
                })
                .sum()
        }
        2 => f64::NAN,
        _ => out
            .iter()
            .zip(&target)
            .map(|(q, t)| if *q > 0.0 { q * (q / t).log2() } else { 0.0 })
            .sum(),
    };
    let d = if kind == 2 { measure.divergence(&out).unwrap() } else { d };
    b.push(if r.u() < 0.1 && mix > 2.0 { 0.0 } else { d.max(0.0) * (1.0 + slack) });
    (pr, b, format!("n {n} m {m} k {k} kind {kind} slack {slack:.1e}"))
}
#[test]
fn rand() {
    let from: u64 = std::env::var("FROM").map_or(0, |v| v.parse().unwrap());
    let to: u64 = std::env::var("TO").map_or(1000, |v| v.parse().unwrap());
    let mut worst = 0;
    let mut bad = 0;
    let mut its = 0;
    let mut inf = 0;
    for seed in from..to {
        let (pr, b, what) = case(seed);
        if what.contains("kind 2") && std::env::var("K2").is_err() {
            continue;
        }
        let t = std::time::Instant::now();
        match pr.solve(&b) {
            Ok(s) => {
                let neg = s.trace.iter().map(|t| t.gap()).fold(1.0, f64::min);
                if neg < -1e-12 {
                    println!("{seed} {what} NEGATIVE {neg:e}");
                }
                its += s.iterations;
                worst = worst.max(s.iterations);
                if !(s.gap() <= 1e-9) || s.iterations > 60 {
                    bad += 1;
                    println!(
                        "{seed} {what}: gap {:.1e} rate {} it {} {} {:?}",
                        s.gap(),
                        s.rate,
                        s.iterations,
                        s.status,
                        t.elapsed()
                    );
                    if std::env::var("TRACE").is_ok() {
                        println!("{b:?}\n{}", s.trace_csv());
                    }
                }
            }
            Err(e) => {
                inf += 1;
                println!("{seed} {what}: {e}");
            }
        }
    }
    println!("bad {bad} inf {inf} worst {worst} mean {}", its as f64 / (to - from) as f64);
}
