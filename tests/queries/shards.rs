//! Shards: put together in any order they are the surface computed at once, and what does not belong together is told.

use crate::common::{bernoulli, random::Random};
use crate::job::{Job, Shard};
use rdc_theory::{Cell, Rdc, RdcError, Surface, SurfacePoint};
use std::ops::ControlFlow;

const DISTORTIONS: [f64; 4] = [0.0, 0.05, 0.2, f64::INFINITY];
const ERRORS: [f64; 5] = [0.0, 0.1, 0.15, 0.3, f64::INFINITY];

fn shard(rdc: &Rdc, index: usize, count: usize) -> Surface {
    let sweep = rdc.sweep(&DISTORTIONS, &ERRORS).unwrap().with_shard(index, count).unwrap();
    sweep.run(|_| ControlFlow::Continue(())).unwrap()
}

#[track_caller]
fn refused(shards: &[Surface], at: usize, word: &str) {
    let error = Surface::merge(shards).unwrap_err();
    assert!(matches!(error, RdcError::Shards { shard, .. } if shard == at), "{error}");
    assert!(error.to_string().contains(word), "{error}, not {word}");
}

#[test]
fn shards_are_the_whole() {
    let rdc = bernoulli();
    let whole = format!("{:?}", rdc.surface(&DISTORTIONS, &ERRORS).unwrap());
    for count in 1..=7 {
        let shards: Vec<Surface> = (0..count).map(|index| shard(&rdc, index, count)).collect();
        for seed in 0..5 {
            let order = Random::new(count as u64, seed).permutation(count);
            let shuffled: Vec<Surface> = order.iter().map(|&index| shards[index].clone()).collect();
            let merged = Surface::merge(&shuffled).unwrap();
            assert!(merged.is_complete());
            assert_eq!(format!("{merged:?}"), whole, "{count} shards in the order {order:?}");
        }
    }
}

#[test]
fn shards_of_other_counts_overlap() {
    let rdc = bernoulli();
    let shards = [shard(&rdc, 0, 2), shard(&rdc, 2, 3), shard(&rdc, 1, 4), shard(&rdc, 0, 1)];
    assert_eq!(Surface::merge(&shards), Ok(rdc.surface(&DISTORTIONS, &ERRORS).unwrap()));
}

#[test]
fn cells_of_no_shard_stay_missing() {
    let rdc = bernoulli();
    let merged = Surface::merge(&[shard(&rdc, 2, 3), shard(&rdc, 0, 3)]).unwrap();
    let computed = |cell: &Cell| *cell != Cell::Missing;
    let rows: Vec<bool> = (0..5).map(|j| merged.row(j).unwrap().iter().all(computed)).collect();
    assert_eq!(rows, [true, false, true, true, false]);
    assert!(!merged.is_complete());
}

#[test]
fn shards_of_other_surfaces_are_refused() {
    let rdc = bernoulli();
    let mine = shard(&rdc, 0, 2);
    let other = |distortions: &[f64], errors: &[f64]| rdc.surface(distortions, errors).unwrap();
    let mut moved = DISTORTIONS;
    moved[1] = 0.06;
    let wide = other(&moved, &ERRORS);
    refused(&[mine.clone(), mine.clone(), wide], 2, "first[1] = 0.06, in shards[0] it is");
    refused(
        &[mine.clone(), other(&DISTORTIONS, &ERRORS[1..])],
        1,
        "4 second budgets, shards[0] has 5",
    );
    // Other settings: the same budgets, other bits.
    let coarse = rdc_theory::Settings::default().with_tolerance(1e-2).unwrap();
    let sweep = rdc.sweep(&DISTORTIONS, &ERRORS).unwrap().with_settings(coarse);
    let coarse = sweep.run(|_| ControlFlow::Continue(())).unwrap();
    refused(&[mine.clone(), coarse], 1, "the cell at distortion");
    let infeasible = Surface::new(
        mine.names(),
        mine.first().into(),
        mine.second().into(),
        vec![Cell::Infeasible; 20],
    );
    refused(&[infeasible.unwrap(), mine.clone()], 1, "in a shard before it Infeasible");
    let fixed = |budget: f64| mine.clone().with_fixed(vec![("price".into(), budget)]).unwrap();
    refused(&[fixed(0.1), fixed(0.2)], 1, "fixed at [(\"price\", 0.2)], shards[0] at");
    refused(&[mine.clone(), fixed(0.1)], 1, "fixed at");
    assert_eq!(Surface::merge(&[fixed(0.1)]), Ok(fixed(0.1)));
    let cells = vec![Cell::Missing; 20];
    let names = ["distortion", "price"];
    let other = Surface::new(names, mine.first().into(), mine.second().into(), cells).unwrap();
    refused(&[mine.clone(), other], 1, "of [\"distortion\", \"price\"], shards[0] is of");
    assert!(matches!(Surface::merge(&[]), Err(RdcError::Empty { .. })));
}

const JOB: &str = r#"{
    "source": { "pmf": [0.7, 0.3], "posterior": [[1, 0], [0, 1]] },
    "distortion": [[0, 1], [1, 0]],
    "classifier": { "hard": [0, 1] },
    "distortions": [0, 0.05, 0.2, "inf"],
    "errors": [0, 0.1, 0.15, 0.3, "inf"]
}"#;

fn job(text: &str) -> Result<Job, serde_json::Error> {
    serde_json::from_str(text)
}

#[test]
fn jobs_compute_the_surface() {
    let file = |index| {
        let shard = job(JOB).unwrap().compute(Shard { index, count: 3 }).unwrap();
        serde_json::to_string(&shard).unwrap()
    };
    let shards: Vec<Surface> =
        [2, 0, 1].map(|index| serde_json::from_str(&file(index)).unwrap()).into();
    let merged = Surface::merge(&shards).unwrap();
    assert_eq!(merged, bernoulli().surface(&DISTORTIONS, &ERRORS).unwrap());
}

#[test]
fn settings_of_a_job_count() {
    let settings = r#""settings": { "method": "interior_point", "tolerance": 0.01 }, "source""#;
    let loose = job(&JOB.replace("\"source\"", settings)).unwrap();
    let surface = loose.compute(Shard { index: 0, count: 1 }).unwrap();
    let gaps = surface.iter().filter_map(|(_, _, cell)| cell.point()).map(SurfacePoint::gap);
    assert!(gaps.fold(0.0, f64::max) > 1e-9);
}

#[test]
fn bad_jobs_are_told() {
    let bad = [
        ("0.7,", "0.8,", "pmf sums to 1.1"),
        ("\"inf\"", "\"Inf\"", "\"inf\""),
        ("\"errors\"", "\"E\"", "unknown field `E`"),
        ("\"errors\": [0, 0.1, 0.15, 0.3, \"inf\"]", "\"settings\": null", "invalid type: null"),
    ];
    for (from, to, word) in bad {
        let error = job(&JOB.replace(from, to)).err().unwrap();
        assert!(error.to_string().contains(word), "{from} -> {to}: {error}");
    }
    let unordered = job(&JOB.replace("0.05", "0.5")).unwrap();
    assert!(unordered.compute(Shard { index: 0, count: 1 }).is_err());
    assert!(job(JOB).unwrap().compute(Shard { index: 3, count: 3 }).is_err());
    assert_eq!("3/8".parse(), Ok(Shard { index: 3, count: 8 }));
    for text in ["3", "3/", "/8", "-1/8", "a/b", "3/8/2"] {
        assert!(text.parse::<Shard>().is_err(), "{text}");
    }
}
