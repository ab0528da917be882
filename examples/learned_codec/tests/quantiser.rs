//! The quantiser: exactly L levels, no bias under dither, the gradient that it says.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use burn::tensor::{Device, Tensor, TensorData};
use learned_codec::{Cell, Gradient, Quantiser, entries};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::collections::BTreeSet;

fn column(values: &[f32], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len(), 1]), device)
}

/// Over all that E(X) + u can be.
fn sweep(quantiser: &Quantiser) -> Vec<f32> {
    let end = (1.0 + 0.5 * quantiser.step()) as f32;
    (0..=4000).map(|i| end * (i as f32 / 2000.0 - 1.0)).collect()
}

#[test]
fn there_are_exactly_so_many_levels_and_each_is_the_nearest() {
    let device = Device::default();
    for levels in 2..=9 {
        let quantiser = Quantiser::new(levels, Gradient::default());
        let inputs = sweep(&quantiser);
        let outputs = entries(quantiser.hard(column(&inputs, &device)));
        let grid: Vec<f64> = (0..levels).map(|index| quantiser.level(index)).collect();
        let distinct: BTreeSet<_> = outputs.iter().map(|y| y.to_bits()).collect();
        assert_eq!(distinct.len(), levels);
        assert!(grid[0] == -1.0 && (grid[levels - 1] - 1.0).abs() < 1e-12);
        for (x, y) in inputs.iter().zip(&outputs) {
            let nearest = grid.iter().map(|c| (c - f64::from(*x)).abs()).fold(f64::MAX, f64::min);
            assert!(
                ((f64::from(*y) - f64::from(*x)).abs() - nearest).abs() < 1e-6,
                "{levels}: {x} to {y}"
            );
            assert!(grid.iter().any(|c| (c - f64::from(*y)).abs() < 1e-6));
        }
    }
}

/// What the paper prints, round(x / step) step, has a level too many where L is even: why it is not used.
#[test]
fn the_papers_quantiser_has_a_level_too_many_where_l_is_even() {
    for levels in 2..=7_usize {
        let quantiser = Quantiser::new(levels, Gradient::default());
        let step = quantiser.step();
        let rounded = |x: &f32| (f64::from(*x) * (1.0 - 1e-9) / step).round() as i64;
        let distinct: BTreeSet<_> = sweep(&quantiser).iter().map(rounded).collect();
        assert_eq!(distinct.len(), if levels % 2 == 0 { levels + 1 } else { levels });
    }
}

/// E over u of Q(x + u) is x, and Q(x + u) - u has the variance of a uniform step, at every x: Schuchman's conditions.
#[test]
fn dither_makes_the_error_uniform_whatever_the_input() {
    let device = Device::default();
    for levels in 2..=5 {
        let quantiser = Quantiser::new(levels, Gradient::default());
        let half = 0.5 * quantiser.step();
        for x in [-1.0, -0.73, -0.2, 0.0, 0.41, 1.0_f64] {
            const DRAWS: usize = 40_000;
            // All dithers on a fine grid: an average that is exact but for the grid.
            let dither: Vec<f32> = (0..DRAWS)
                .map(|i| (half * ((2 * i + 1) as f64 / DRAWS as f64 - 1.0)) as f32)
                .collect();
            let x_column = column(&vec![x as f32; DRAWS], &device);
            let quantised = quantiser.hard(x_column.clone() + column(&dither, &device));
            let mean: f64 =
                entries(quantised).iter().map(|&y| f64::from(y)).sum::<f64>() / DRAWS as f64;
            assert!((mean - x).abs() < 1e-4, "L = {levels}: {x} becomes {mean}");

            let received = entries(quantiser.dithered(x_column, column(&dither, &device)));
            let errors: Vec<f64> = received.iter().map(|&y| f64::from(y) - x).collect();
            let variance = errors.iter().map(|e| e * e).sum::<f64>() / DRAWS as f64;
            assert!(errors.iter().all(|e| e.abs() < half + 1e-6));
            assert!((variance - half * half / 3.0).abs() < 1e-4 * half * half, "{levels}, {x}");
        }
    }
}

#[test]
fn dither_is_uniform_on_half_a_step_to_either_side() {
    let device = Device::default();
    let quantiser = Quantiser::new(3, Gradient::default());
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let draws = entries(quantiser.dither([20_000, 2], &mut random, &device));
    assert_eq!(draws.len(), 40_000);
    assert!(draws.iter().all(|u| u.abs() <= 0.5));
    for bin in 0..10 {
        let low = 0.1 * bin as f32 - 0.5;
        let share = draws.iter().filter(|&&u| u >= low && u < low + 0.1).count() as f64 / 40_000.0;
        assert!((share - 0.1).abs() < 0.01, "{share} from {low}");
    }
}

#[test]
fn the_soft_gradient_is_that_of_finite_differences() {
    let device = Device::default().autodiff();
    for (levels, temperature) in [(2, 0.25), (3, 0.1), (4, 0.25), (5, 1.0)] {
        let quantiser = Quantiser::new(levels, Gradient::Soft { temperature });
        let inputs: Vec<f32> = (0..81).map(|i| -1.4 + 0.035 * i as f32).collect();
        let y = column(&inputs, &device).require_grad();
        let value = quantiser.quantise(y.clone());
        let hard = entries(quantiser.hard(y.clone()));
        assert_eq!(entries(value.clone()), hard, "the value is a level, to the last bit");
        let gradient = entries(y.grad(&value.sum().backward()).unwrap());

        // The same function in double precision, written out.
        let soft = |y: f64| {
            let weight = |c: f64| (-((y - c) / quantiser.step()).powi(2) / temperature).exp();
            let grid = || (0..levels).map(|index| quantiser.level(index));
            grid().map(|c| weight(c) * c).sum::<f64>() / grid().map(weight).sum::<f64>()
        };
        let single = entries(quantiser.soft(column(&inputs, &device), temperature));
        for ((&x, &slope), &value) in inputs.iter().zip(&gradient).zip(&single) {
            let (x, h) = (f64::from(x), 1e-5);
            let difference = (soft(x + h) - soft(x - h)) / (2.0 * h);
            assert!((soft(x) - f64::from(value)).abs() < 1e-5);
            assert!((difference - f64::from(slope)).abs() < 2e-4, "{x}: {slope}, {difference}");
        }
    }
}

#[test]
fn straight_through_passes_the_gradient_as_it_is() {
    let device = Device::default().autodiff();
    let quantiser = Quantiser::new(4, Gradient::StraightThrough);
    let y = column(&[-1.2, -0.3, 0.0, 0.9], &device).require_grad();
    let value = quantiser.quantise(y.clone());
    assert_eq!(entries(value.clone()), entries(quantiser.hard(y.clone())));
    let gradient = entries(y.grad(&(value * 3.0).sum().backward()).unwrap());
    assert_eq!(gradient, [3.0; 4]);
}

#[test]
fn every_vector_of_levels_has_its_index() {
    let device = Device::default();
    for levels in 2..=5_usize {
        let quantiser = Quantiser::new(levels, Gradient::default());
        let vectors = quantiser.vectors(3, &device);
        assert_eq!(vectors.dims(), [levels.pow(3), 3]);
        let expected: Vec<usize> = (0..levels.pow(3)).collect();
        assert_eq!(quantiser.index(vectors.clone()), expected);
        // Anything closer to it than to the others has the same index.
        let near = vectors + 0.49 * quantiser.step();
        assert_eq!(quantiser.index(near), expected);
        let bits = Cell { levels, lambda: 0.0, seed: 0 }.bits();
        assert!((bits - (expected.len() as f64).log2()).abs() < 1e-12);
    }
}
