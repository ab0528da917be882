//! Loops that the compiler turns into vector instructions of the machine it runs on.
//!
//! Everything here is plain Rust that `pulp::Arch::dispatch` compiles once per instruction set; it must be inlined into it.

use std::f64::consts::LOG2_E;

/// The high and low parts of log 2 (fdlibm): `k * LN_2_HIGH` is exact for |k| < 2^20.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;

const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Adding and subtracting 1.5 * 2^52 rounds to an integer, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// `1 / k!`.
const TAYLOR: [f64; 13] = [
    1.0,
    1.0,
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
];

/// `exp(x)` for |x| <= 700 to a few units in the last place, without branches; with `FUSED` by instructions that multiply and
/// add at once, which a machine without them would call a function for.
///
/// The standard library's is a call that no loop can vectorise. `exp(k log 2 + r) = 2^k exp(r)` with |r| <= log(2)/2, where
/// the 13th term of the series is below 2e-16.
#[inline(always)]
pub(crate) fn exp<const FUSED: bool>(x: f64) -> f64 {
    let plus = |sum: f64, a: f64, b: f64| if FUSED { a.mul_add(b, sum) } else { sum + a * b };
    let shifted = plus(ROUND, x, LOG2_E);
    let k = shifted - ROUND;
    let r = plus(plus(x, -k, LN_2_HIGH), -k, LN_2_LOW);
    // Pairs of terms, pairs of pairs, and so on (Estrin 1960): term by term, each would wait for the one before.
    let pair = |k: usize| plus(TAYLOR[k], TAYLOR[k + 1], r);
    let (r2, r4) = (r * r, (r * r) * (r * r));
    let four = |k: usize| plus(pair(k), pair(k + 2), r2);
    let series = plus(four(0), r4, plus(four(4), r4, plus(four(8), TAYLOR[12], r4)));
    f64::from_bits(series.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// Whether [`exp`] is to be fused where the vectors are those of `S`.
pub(crate) const fn is_fused<S: pulp::Simd>() -> bool {
    !S::IS_SCALAR && cfg!(not(target_family = "wasm"))
}

/// How many numbers run side by side.
const LANES: usize = 8;

/// The smallest number, `+inf` of none; NaN is passed over.
#[inline(always)]
pub(crate) fn least(values: &[f64]) -> f64 {
    // `f64::min` one after the other would wait for the one before, and is no single instruction.
    let smaller = |a: f64, b: f64| if b < a { b } else { a };
    let mut lanes = [f64::INFINITY; LANES];
    let blocks = values.chunks_exact(LANES);
    let rest = blocks.remainder().iter().copied().fold(f64::INFINITY, smaller);
    for block in blocks {
        for (lane, &value) in lanes.iter_mut().zip(block) {
            *lane = smaller(*lane, value);
        }
    }
    lanes.into_iter().fold(rest, smaller)
}

/// The inner product, in interleaved sums.
#[inline(always)]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_blocks.remainder().iter().zip(b_blocks.remainder());
    let rest: f64 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in a_blocks.zip(b_blocks) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    rest + sums.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_standard_library() {
        for i in -70_000..=70_000 {
            let x = (f64::from(i) * 0.01 + 1e-3 * f64::from(i % 7)).clamp(-700.0, 700.0);
            for ours in [exp::<false>(x), exp::<true>(x)] {
                assert!((ours / x.exp() - 1.0).abs() < 1e-15, "exp({x}) = {ours}, not {}", x.exp());
            }
        }
        assert_eq!((exp::<false>(0.0), exp::<true>(0.0)), (1.0, 1.0));
    }

    #[test]
    fn dot_sums_every_length() {
        for n in 0..40_u32 {
            let a: Vec<f64> = (0..n).map(f64::from).collect();
            let squares = f64::from(n) * (f64::from(n) - 1.0) * (2.0 * f64::from(n) - 1.0) / 6.0;
            assert_eq!(dot(&a, &a), squares.max(0.0), "n = {n}");
        }
    }
}
