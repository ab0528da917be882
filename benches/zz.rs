mod common;
use rdc_theory::*;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;
fn main() {
    let n = 64;
    let rdc = common::mixture(n).unwrap();
    let k = 50;
    let e0 = rdc.smallest_error(f64::INFINITY).unwrap().unwrap();
    let d0 = rdc.smallest_distortion(f64::INFINITY).unwrap().unwrap();
    let zf = rdc.zero_rate_frontier().unwrap();
    println!("e0 {e0} d0 {d0} zero ends {:?}", (zf.smallest_first(), zf.smallest_second()));
    let (dm, em) = (zf.smallest_first() * 0.5, zf.smallest_second() * 0.6);
    let ds: Vec<f64> =
        (0..k).map(|i| d0 + 0.01 + (dm - d0 - 0.01) * i as f64 / (k - 1) as f64).collect();
    let es: Vec<f64> =
        (0..k).map(|i| e0 + 0.002 + (em - e0 - 0.002) * i as f64 / (k - 1) as f64).collect();
    let t = Instant::now();
    let s = rdc.surface(&ds, &es).unwrap();
    println!("{:?} iterations {}", t.elapsed(), ITER.load(Relaxed));
    let mut c = [0; 6];
    for (_, _, cell) in s.iter() {
        match cell {
            Cell::Infeasible => c[4] += 1,
            Cell::Missing => c[5] += 1,
            Cell::Solved(p) => {
                c[p.regime as usize] += 1;
                if p.status != Status::Certified {
                    println!("{p:?}")
                }
            }
        }
    }
    println!("{c:?}");
}
