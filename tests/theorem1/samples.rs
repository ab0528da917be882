//! The check of Theorem 1 on samples: what it finds, against enumeration, and what it must not find.

use crate::common::random::Random;
use crate::common::{INF, count};
use crate::witness::{assert_proven, largest};
use rdc_theory::RdcError;
use rdc_theory::theorem1::{Bracket, Sample, check_samples};

fn sample<const K: usize>(budgets: [f64; K], rate: f64) -> Sample<K> {
    Sample { budgets, rate: Bracket::exact(rate).unwrap() }
}

/// `1 - d` at d = 0, 1/16, ..., 1, but for `lift` bits at one of them.
fn line(at: usize, lift: f64) -> Vec<Sample<1>> {
    let rate = |i: usize| 1.0 - i as f64 / 16.0 + if i == at { lift } else { 0.0 };
    (0..=16).map(|i| sample([i as f64 / 16.0], rate(i))).collect()
}

/// The least upper bound of the mixtures of samples with at most the budgets z, over the vertices of the polygon of weights:
/// one sample, two with one budget met exactly, three with both.
fn enumerated(samples: &[Sample<2>], z: [f64; 2]) -> f64 {
    let offsets: Vec<[f64; 2]> =
        samples.iter().map(|s| [s.budgets[0] - z[0], s.budgets[1] - z[1]]).collect();
    let upper = |i: usize| samples[i].rate.upper();
    let mut least = INF;
    let mut admit = |weights: &[(usize, f64)]| {
        let total: f64 = weights.iter().map(|(_, w)| w).sum();
        let mixed = |k: usize| weights.iter().map(|&(i, w)| w / total * offsets[i][k]).sum::<f64>();
        if weights.iter().all(|(_, w)| w / total >= 0.0) && mixed(0) <= 1e-12 && mixed(1) <= 1e-12 {
            least = weights.iter().map(|&(i, w)| w / total * upper(i)).sum::<f64>().min(least);
        }
    };
    let cross = |i: usize, j: usize| offsets[i][0] * offsets[j][1] - offsets[i][1] * offsets[j][0];
    for i in 0..samples.len() {
        admit(&[(i, 1.0)]);
        for j in 0..i {
            (0..2).for_each(|k| admit(&[(i, -offsets[j][k]), (j, offsets[i][k])]));
            (0..j).for_each(|l| admit(&[(i, cross(j, l)), (j, cross(l, i)), (l, cross(i, j))]));
        }
    }
    least
}

#[test]
fn violations_are_as_large_as_enumeration_says() {
    let (mut violated, mut unproven) = (0, 0);
    for seed in 0..3000 {
        let mut random = Random::new(20, seed);
        let count = 2 + random.below(7);
        // Whole numbers: many samples are collinear, equal, or tied.
        let mut draw = |most: usize| random.below(most + 1) as f64;
        let samples: Vec<Sample<2>> =
            (0..count).map(|_| sample([draw(4), draw(4)], draw(8))).collect();
        let excess = (0..count).map(|z| {
            let mut others = samples.clone();
            let point = others.remove(z);
            point.rate.lower() - enumerated(&others, point.budgets)
        });
        let expected = excess.fold(0.0, f64::max);
        // The same in other units.
        let units =
            [20, 20, 40].map(|most: i32| 2_f64.powi(random.below(2 * most as usize) as i32 - most));
        let converted = |s: &Sample<2>| {
            let [d, e] = s.budgets;
            sample([d * units[0], e * units[1]], s.rate.lower() * units[2])
        };
        let report = check_samples(&samples.iter().map(converted).collect::<Vec<_>>()).unwrap();
        let [found, resolution] = [largest(&report), report.resolution].map(|bits| bits / units[2]);
        violated += usize::from(expected > 1e-9);
        assert!(found <= expected + 1e-9, "seed {seed}: {found} found of {expected}: {report}");
        // On an edge of all samples that no weights of 53 bits hit: seen, not proven, and not called excluded.
        unproven += usize::from(report.points > 0 && resolution > 1e-9);
        assert!(found > expected - 1e-9 || resolution > expected - 1e-9, "seed {seed}: {report}");
    }
    assert!(violated > 1000 && unproven < 30, "{unproven} of {violated}");
}

/// The largest of some planes that fall in every budget, at samples where it is exact: multiples of a power of two with
/// fewer than 53 bits.
fn convex<const K: usize>(random: &mut Random) -> Vec<Sample<K>> {
    let whole = |random: &mut Random, most: usize| random.below(most + 1) as f64;
    let [slope, spacing] =
        [40, 20].map(|most: i32| 2_f64.powi(random.below(2 * most as usize + 1) as i32 - most));
    let steepest = random.size(64);
    let widest = random.size(30);
    let count = random.size(4);
    let planes: Vec<(f64, [f64; K])> = (0..count)
        .map(|_| (whole(random, 2000), std::array::from_fn(|_| whole(random, steepest))))
        .collect();
    let count = random.size(30);
    (0..count)
        .map(|_| {
            let at: [f64; K] = std::array::from_fn(|_| whole(random, widest));
            let plane = |(start, slopes): &(f64, [f64; K])| {
                start - slopes.iter().zip(&at).map(|(s, x)| s * x).sum::<f64>()
            };
            let rate = planes.iter().map(plane).fold(0.0, f64::max);
            sample(at.map(|x| x * spacing), rate * slope * spacing)
        })
        .collect()
}

#[test]
fn convex_functions_pass() {
    for seed in 0..count(700) {
        let mut random = Random::new(21, seed);
        let [one, two, three] = [
            check_samples(&convex::<1>(&mut random)).unwrap().to_string(),
            check_samples(&convex::<2>(&mut random)).unwrap().to_string(),
            check_samples(&convex::<3>(&mut random)).unwrap().to_string(),
        ];
        for report in [one, two, three] {
            assert!(!report.contains("contradict"), "seed {seed}: {report}");
        }
    }
}

#[test]
fn a_raised_sample_on_a_flat_region_is_not_monotone() {
    let mut samples: Vec<Sample<2>> =
        (0..81).map(|i| sample([f64::from(i % 9), f64::from(i / 9)], 0.0)).collect();
    samples[40] = sample([4.0, 4.0], 1e-6);
    let violation = check_samples(&samples).unwrap().monotonicity.unwrap();
    assert_proven(&violation);
    assert_eq!(violation.point, samples[40]);
    assert!((violation.size - 1e-6).abs() < 1e-15 && violation.support[0].0 == 1.0);
}

#[test]
fn a_raised_sample_on_a_line_is_not_convex() {
    let samples = line(5, 1e-6);
    let report = check_samples(&samples).unwrap();
    assert!(report.monotonicity.is_none());
    let violation = report.convexity.unwrap();
    assert_proven(&violation);
    assert_eq!(violation.point, samples[5]);
    assert!((violation.size - 1e-6).abs() < 1e-14, "{violation}");
}

#[test]
fn a_lowered_sample_on_a_line_supports_what_is_above() {
    let samples = line(5, -1e-6);
    let violation = check_samples(&samples).unwrap().convexity.unwrap();
    assert_proven(&violation);
    assert!(violation.support.iter().any(|(_, sample)| *sample == samples[5]));
    // At 6/16, ten elevenths of the way from the end to the sample.
    assert_eq!(violation.point, samples[6]);
    assert!((violation.size - 1e-6 * 10.0 / 11.0).abs() < 1e-14, "{violation}");
}

#[test]
fn weights_that_no_double_holds_are_moved_to_the_safe_side() {
    for n in [3, 7, 10, 49, 97] {
        let n = f64::from(n);
        for k in 1..n as u32 {
            let k = f64::from(k);
            let samples = [sample([0.0], n), sample([n], 0.0), sample([k], n - k + 1e-6)];
            let violation = check_samples(&samples).unwrap().convexity.unwrap();
            assert_proven(&violation);
            assert!((violation.size - 1e-6).abs() < 1e-12, "{k} of {n}: {violation}");
        }
    }
}

/// On the faces and edges of the grid, mixtures may use nothing else.
#[test]
fn every_point_of_a_concave_grid_is_seen_to_be_above_a_mixture() {
    let axis = |i: u32, k: u32| f64::from(i / 11_u32.pow(k) % 11) / 10.0;
    let samples: Vec<Sample<3>> = (0..1331)
        .map(|i| [0, 1, 2].map(|k| axis(i, k)))
        .map(|at| sample(at, at.iter().map(|x| 1.0 - x * x).sum()))
        .collect();
    let report = check_samples(&samples).unwrap();
    assert!(report.monotonicity.is_none());
    assert!(largest(&report) > 0.7 && report.resolution < 1e-12, "{report}");
}

#[test]
fn what_the_brackets_cover_is_not_reported() {
    let around = |sample: &Sample<1>| Sample {
        rate: Bracket::around(sample.rate.lower(), 1e-6).unwrap(),
        ..*sample
    };
    for (lift, found) in [(1.9e-6, false), (2.1e-6, true)] {
        let samples: Vec<Sample<1>> = line(5, lift).iter().map(around).collect();
        let report = check_samples(&samples).unwrap();
        assert_eq!(report.convexity.is_some(), found, "{report}");
        assert!((1.9e-6..4.1e-6).contains(&report.resolution), "{report}");
        assert!(largest(&report) < 1.1e-7);
    }
}

#[test]
fn the_resolution_is_what_the_brackets_leave_room_for() {
    let bracket = |d: f64, lower: f64, width: f64| Sample {
        budgets: [d],
        rate: Bracket::new(lower, lower + width).unwrap(),
    };
    // Level lower bounds: the points' own widths.
    let level = [0.25, 0.125, 0.5, 1.0].map(|width| bracket(1.0 / width, 2.0, width));
    let report = check_samples(&level).unwrap();
    assert_eq!((report.samples, report.pairs, report.points), (4, 6, 3));
    // The sample at 1 has none below.
    assert_eq!((report.resolution, report.median_resolution), (0.5, 0.25));
    // Rising ones: how far the others' lie below, too.
    let falling = check_samples(&[bracket(0.0, 1.0, 1.0), bracket(1.0, 1.25, 0.5)]).unwrap();
    assert_eq!(falling.resolution, 0.75);
    // Strictly convex: no mixture comes close to the point.
    let convex = [(0.0, 1.0), (0.5, 0.25), (1.0, 0.0)].map(|(d, rate)| bracket(d, rate, 0.0625));
    let report = check_samples(&convex).unwrap();
    assert_eq!((report.points, report.resolution), (2, 0.0625));
    // A plane as steep as it takes, where the first budget can be no smaller.
    let steep = [([0.0, 0.0], 1.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 0.0), ([1.0, 1.0], 0.0)];
    let report = check_samples(&steep.map(|(budgets, rate)| sample(budgets, rate))).unwrap();
    assert_eq!((report.points, report.resolution), (3, 0.0));
    // What bounds nothing from below leaves room for anything.
    let unknown = Sample { budgets: [0.0], rate: Bracket::new(f64::NEG_INFINITY, 2.0).unwrap() };
    let report = check_samples(&[unknown, bracket(1.0, 1.0, 0.0)]).unwrap();
    assert_eq!((report.points, report.resolution), (1, INF));
}

#[test]
fn an_infeasible_point_between_feasible_ones_is_a_violation_without_bound() {
    let ends = [sample([0.0, 1.0], 2.0), sample([1.0, 0.0], 1.0)];
    for (at, found) in
        [([0.5, 0.5], true), ([0.5, 0.75], true), ([0.5, 0.25], false), ([0.0, 0.5], false)]
    {
        // That other samples need less rate is no reason to think these need none.
        let elsewhere = sample([5.0, 5.0], 0.0);
        let report = check_samples(&[ends[0], ends[1], elsewhere, sample(at, INF)]).unwrap();
        assert!(report.monotonicity.is_none());
        assert_eq!(report.convexity.is_some(), found, "{at:?}");
        if let Some(violation) = report.convexity {
            assert_proven(&violation);
            assert_eq!((violation.size, violation.support.len()), (INF, 2));
        }
    }
    let violation =
        check_samples(&[ends[0], sample([0.0, 2.0], INF)]).unwrap().monotonicity.unwrap();
    assert_proven(&violation);
    assert_eq!((violation.size, violation.support), (INF, vec![(1.0, ends[0])]));
}

#[test]
fn infeasible_and_unknown_samples_bound_nothing() {
    let unknown = Sample { budgets: [0.0], rate: Bracket::new(0.0, INF).unwrap() };
    let nothing = Sample { budgets: [1.0], rate: Bracket::new(f64::NEG_INFINITY, INF).unwrap() };
    let report =
        check_samples(&[sample([0.0], INF), unknown, nothing, sample([0.5], 5.0)]).unwrap();
    assert!(report.holds());
    // The infeasible sample lies outside the hull of the one that is bounded.
    assert_eq!((report.pairs, report.points, report.resolution), (0, 1, INF));
}

#[test]
fn an_infinite_budget_constrains_nothing() {
    let ends = [sample([0.0, 1.0], 1.0), sample([1.0, 0.0], 0.5)];
    // The first budget is free: the second sample alone is below.
    let free = check_samples(&[ends[0], ends[1], sample([INF, 0.0], 0.75)]).unwrap();
    assert_eq!(free.monotonicity.unwrap().support, [(1.0, ends[1])]);
    let mixed = check_samples(&[
        sample([0.0, 0.0], 1.0),
        sample([0.0, 1.0], 0.0),
        sample([INF, 0.5], 0.75),
    ]);
    let violation = mixed.unwrap().convexity.unwrap();
    assert_proven(&violation);
    assert!((violation.size - 0.25).abs() < 1e-12);
    let all = check_samples(&[ends[0], ends[1], sample([INF, INF], 0.75)]).unwrap();
    assert_eq!(all.monotonicity.unwrap().support, [(1.0, ends[1])]);
}

#[test]
fn a_sample_without_a_constraint_says_nothing_where_there_is_one() {
    let unconstrained = [sample([INF, 0.0], 0.0), sample([0.0, INF], 0.0)];
    let mut samples = vec![unconstrained[0], unconstrained[1], sample([9.0, 9.0], 1.0)];
    assert!(check_samples(&samples).unwrap().holds());
    // Nor does it stand in the way of those that do say something.
    samples.extend([sample([10.0, 0.0], 0.5), sample([0.0, 10.0], 0.5)]);
    let violation = check_samples(&samples).unwrap().convexity.unwrap();
    assert_proven(&violation);
    assert_eq!(violation.support.len(), 2);
    assert!((violation.size - 0.5).abs() < 1e-12);
}

#[test]
fn two_values_at_the_same_budgets_contradict_each_other() {
    let report = check_samples(&[sample([0.5], 1.0), sample([0.5], 2.0)]).unwrap();
    assert!(report.convexity.is_none(), "one sample is no mixture");
    let violation = report.monotonicity.unwrap();
    assert_eq!((violation.point.rate.lower(), violation.support[0].1.rate.upper()), (2.0, 1.0));
    assert!((violation.size - 1.0).abs() < 1e-12);
}

#[test]
fn no_samples_no_claims() {
    let report = check_samples::<2>(&[]).unwrap();
    assert!(report.holds());
    assert_eq!((report.samples, report.points, report.resolution), (0, 0, INF));
    assert!(check_samples(&[sample([], 1.0), sample([], 2.0)]).unwrap().monotonicity.is_some());
}

#[test]
fn budgets_and_bounds_out_of_range_are_refused() {
    for budget in [f64::NAN, f64::NEG_INFINITY, 1e151, -1e151] {
        let refused = check_samples(&[sample([0.0, 0.0], 1.0), sample([0.0, budget], 1.0)]);
        assert!(
            matches!(refused, Err(RdcError::Value { argument, .. }) if argument == "samples[1].budgets[1]")
        );
    }
    let nan = f64::NAN;
    for (lower, upper) in
        [(nan, 1.0), (0.0, nan), (1.0, 0.5), (-INF, -INF), (0.0, 1e151), (INF, 1.0)]
    {
        assert!(Bracket::new(lower, upper).is_err(), "{lower} {upper}");
    }
    assert!(Bracket::new(-INF, 0.0).is_ok() && Bracket::new(0.0, INF).is_ok());
    assert!(Bracket::around(1.0, -1.0).is_err() && Bracket::around(1.0, INF).is_err());
    let around = Bracket::around(1.0, 0.0).unwrap();
    assert!(around.lower() < 1.0 && 1.0 < around.upper());
}

/// Numbers next to 0 are numbers: a violation in plain sight is found whatever they are.
#[test]
fn the_smallest_numbers_hide_nothing() {
    for tiny in [5e-324, 1e-300, 1e-295, 1e-200] {
        for (first, second) in
            [((tiny, 0.5), (0.3, 1.0)), ((0.1, tiny), (0.3, 1.0)), ((0.0, 0.5), (tiny, 1.0))]
        {
            let samples = [first, second].map(|(d, rate)| sample([d], rate));
            let report = check_samples(&samples).unwrap();
            let violation = report.monotonicity.unwrap();
            assert!((violation.size - (second.1 - first.1)).abs() <= 1e-14, "{violation}");
        }
        let step = [(0.0, 1.0), (0.5, 1.0), (1.0, tiny)].map(|(d, rate)| sample([d], rate));
        let violation = check_samples(&step).unwrap().convexity.unwrap();
        assert!((violation.size - 0.5).abs() <= 1e-14, "{violation}");
    }
}

#[test]
fn a_sample_alone_says_nothing() {
    for samples in [vec![], vec![sample([0.5], 1.0)]] {
        let report = check_samples(&samples).unwrap();
        assert!(report.holds() && report.points == 0);
        assert!(report.to_string().contains("say nothing of Theorem 1"), "{report}");
    }
}
