//! Numbers that are known up to a radius: every operation encloses what exact arithmetic would make of what its operands
//! enclose.

use super::double_double::{
    DoubleDouble, EXP2_ERROR, LOG2E, PRODUCT_ERROR, QUOTIENT_ERROR, SUM_ERROR, UNDERFLOW,
    power_of_two,
};

/// Above what a dozen roundings of a radius take from it.
const RADIUS_ROUNDING: f64 = 1.0 + power_of_two(-46);

/// Powers of two beyond `2^+-LARGEST_EXPONENT` are not computed.
const LARGEST_EXPONENT: f64 = 900.0;

/// How far the first guess of a logarithm may be off before nothing is said of it.
const GUESS: f64 = power_of_two(-40);

/// All numbers within `radius` of `centre`. Where one of the two is infinite or NaN nothing is known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ball {
    centre: DoubleDouble,
    radius: f64,
}

impl From<f64> for Ball {
    fn from(centre: f64) -> Self {
        Self { centre: centre.into(), radius: 0.0 }
    }
}

impl Ball {
    pub(crate) const ZERO: Self =
        Self { centre: DoubleDouble { high: 0.0, low: 0.0 }, radius: 0.0 };

    /// Nothing is known.
    pub(crate) const UNKNOWN: Self =
        Self { centre: DoubleDouble { high: 0.0, low: 0.0 }, radius: f64::INFINITY };

    /// What lies within `radius` of `centre`, where `error` more comes from the rounding of the centre.
    fn new(centre: DoubleDouble, radius: f64) -> Self {
        Self { centre, radius: radius * RADIUS_ROUNDING + UNDERFLOW }
    }

    /// All numbers within `radius` of `centre`.
    pub(crate) fn around(centre: DoubleDouble, radius: f64) -> Self {
        Self::new(centre, radius)
    }

    /// All numbers in `[0, most]`.
    pub(crate) fn up_to(most: f64) -> Self {
        Self { centre: (0.5 * most).into(), radius: 0.5 * most }
    }

    /// The same number with this much more of an error.
    pub(crate) fn widened(self, by: f64) -> Self {
        Self::new(self.centre, self.radius + by)
    }

    /// `a - b` without an error.
    pub(crate) fn difference_of(a: f64, b: f64) -> Self {
        Self { centre: DoubleDouble::sum_of(a, -b), radius: 0.0 }
    }

    pub(crate) fn is_known(self) -> bool {
        self.centre.high.is_finite() && self.centre.low.is_finite() && self.radius.is_finite()
    }

    /// A double at or above every number of the ball, `+inf` where nothing is known.
    pub(crate) fn upper(self) -> f64 {
        if !self.is_known() {
            return f64::INFINITY;
        }
        if self.radius == 0.0 && self.centre.low == 0.0 {
            return self.centre.high;
        }
        // Two additions, each off by at most half of the gap to the next double.
        (self.centre.high + (self.centre.low + self.radius).next_up()).next_up()
    }

    /// A double at or below every number of the ball, `-inf` where nothing is known.
    pub(crate) fn lower(self) -> f64 {
        -self.negated().upper()
    }

    pub(crate) fn negated(self) -> Self {
        Self { centre: self.centre.negated(), radius: self.radius }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let centre = self.centre.plus(other.centre);
        Self::new(centre, self.radius + other.radius + centre.high.abs() * SUM_ERROR)
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.plus(other.negated())
    }

    pub(crate) fn times(self, other: Self) -> Self {
        let (a, b) = (self.centre.high.abs(), other.centre.high.abs());
        let centre = self.centre.times(other.centre);
        let spread = a * other.radius + b * self.radius + self.radius * other.radius;
        Self::new(centre, spread + centre.high.abs() * PRODUCT_ERROR)
    }

    pub(crate) fn times_double(self, factor: f64) -> Self {
        let centre = self.centre.times_double(factor);
        Self::new(centre, factor.abs() * self.radius + centre.high.abs() * PRODUCT_ERROR)
    }

    /// Nothing is known of a quotient by a ball that comes close to 0.
    pub(crate) fn over(self, divisor: Self) -> Self {
        let size = divisor.centre.high.abs();
        let least = size - divisor.radius;
        if !(divisor.is_known() && least > 0.5 * size && size > power_of_two(-900)) {
            return Self::UNKNOWN;
        }
        let centre = self.centre.over(divisor.centre);
        let spread = (self.radius + centre.high.abs() * divisor.radius + UNDERFLOW) / least;
        Self::new(centre, spread + centre.high.abs() * QUOTIENT_ERROR)
    }

    pub(crate) fn absolute(self) -> Self {
        if self.centre.high < 0.0 { self.negated() } else { self }
    }

    /// The larger of two numbers.
    pub(crate) fn max(self, other: Self) -> Self {
        if !(self.is_known() && other.is_known()) {
            return Self::UNKNOWN;
        }
        let ahead = self.centre.plus(other.centre.negated());
        let first = if ahead.high >= 0.0 { self } else { other };
        Self { centre: first.centre, radius: self.radius.max(other.radius) }
    }

    /// `2^x`.
    pub(crate) fn exp2(self) -> Self {
        let DoubleDouble { high, low } = self.centre;
        if !self.is_known() || high > LARGEST_EXPONENT || self.radius > 1.0 {
            return self.coarse_exp2();
        }
        if high < -LARGEST_EXPONENT {
            return Self::up_to(power_of_two(3 - LARGEST_EXPONENT as i32));
        }
        let whole = high.round();
        let power = DoubleDouble::sum_of(high - whole, low).exp2_fraction();
        let centre = power.scaled(power_of_two(whole as i32));
        // 2^r - 1 <= r for r in [0, 1].
        Self::new(centre, centre.high * (EXP2_ERROR + self.radius))
    }

    /// `2^x` of what is hardly known.
    fn coarse_exp2(self) -> Self {
        let most = self.upper();
        if most > LARGEST_EXPONENT {
            return Self::UNKNOWN;
        }
        Self::up_to(power_of_two(most.max(-LARGEST_EXPONENT).ceil() as i32 + 1))
    }

    /// The binary logarithm; nothing is known of that of a ball that comes close to 0.
    pub(crate) fn log2(self) -> Self {
        let DoubleDouble { high, .. } = self.centre;
        if !(self.is_known() && high > 0.0 && 4.0 * self.radius < high) {
            return Self::UNKNOWN;
        }
        let (mantissa, exponent) = self.normalised();
        let guess = mantissa.centre.high.log2();
        // The guess may come from anywhere: what it is off by is computed.
        let off = mantissa.centred().times(Self::from(-guess).exp2()).minus(Self::from(1.0));
        if !(off.centre.high.abs() + off.radius <= GUESS) {
            return Self::from(exponent).widened(2.0);
        }
        // log(1 + off) = off - off^2 / 2, up to off^3.
        let square = off.times(off).times_double(-0.5);
        let natural = off.plus(square).widened(power_of_two(-120));
        let log2e = Self { centre: LOG2E, radius: power_of_two(-105) };
        let log = natural.times(log2e).plus(Self::from(guess)).plus(Self::from(exponent));
        // |log2(1 + r)| <= 2 |r| for |r| <= 1/4; the relative radius is at most 4/3 of that at the centre.
        let relative = mantissa.radius / mantissa.centre.high;
        log.widened(2.0 * relative)
    }

    fn centred(self) -> Self {
        Self { centre: self.centre, radius: 0.0 }
    }

    /// `m` in [1, 2) or next to it and a whole number `e` with `m 2^e` the ball.
    fn normalised(self) -> (Self, f64) {
        let (mut ball, mut exponent) = (self, 0.0);
        if ball.centre.high < power_of_two(-500) {
            ball = ball.scaled(power_of_two(600));
            exponent -= 600.0;
        }
        let stored = (ball.centre.high.to_bits() >> 52) as i32 - 1023;
        let (half, rest) = (stored / 2, stored - stored / 2);
        let ball = ball.scaled(power_of_two(-half)).scaled(power_of_two(-rest)).widened(0.0);
        (ball, exponent + f64::from(stored))
    }

    fn scaled(self, power: f64) -> Self {
        Self { centre: self.centre.scaled(power), radius: self.radius * power }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::rng::Random;
    use dashu_float::FBig;
    use dashu_float::round::mode::Zero;

    type Big = FBig<Zero, 2>;

    const PRECISION: usize = 400;

    fn big(value: f64) -> Big {
        Big::try_from(value).unwrap().with_precision(PRECISION).value()
    }

    fn size(value: &Big) -> Big {
        if *value < Big::ZERO { -value.clone() } else { value.clone() }
    }

    /// What the centre is off by from a value, over the radius.
    #[track_caller]
    fn assert_holds(ball: Ball, exact: &Big, what: &str) {
        assert!(ball.is_known(), "{what}: nothing is known");
        let off = size(&(big(ball.centre.high) + big(ball.centre.low) - exact));
        assert!(off <= big(ball.radius), "{what}: {ball:?} lacks {exact}, off by {off}");
        assert!(big(ball.lower()) <= *exact && *exact <= big(ball.upper()), "{what}: {ball:?}");
    }

    fn exp2(x: &Big) -> Big {
        (x * big(2.0).ln()).exp()
    }

    fn log2(x: &Big) -> Big {
        x.ln() / big(2.0).ln()
    }

    /// A number of any size in `[2^-range, 2^range]` with digits in both parts.
    fn number(rng: &mut Random, range: f64) -> DoubleDouble {
        let high = (range * (2.0 * rng.uniform() - 1.0)).exp2() * (1.0 + rng.uniform());
        DoubleDouble::sum_of(high, high * (rng.uniform() - 0.5) * power_of_two(-53))
    }

    fn exact(value: DoubleDouble) -> Big {
        big(value.high) + big(value.low)
    }

    #[test]
    fn the_four_operations_hold_the_exact_results() {
        let rng = &mut Random::new(7);
        for _ in 0..3000 {
            let (a, mut b) = (number(rng, 60.0), number(rng, 60.0));
            if rng.uniform() < 0.5 {
                b = b.negated();
            }
            if rng.uniform() < 0.3 {
                b = DoubleDouble::sum_of(-a.high, 0.3 * a.low);
            }
            let of = |centre: DoubleDouble| Ball { centre, radius: 0.0 };
            assert_holds(of(a).plus(of(b)), &(exact(a) + exact(b)), "sum");
            assert_holds(of(a).minus(of(b)), &(exact(a) - exact(b)), "difference");
            assert_holds(of(a).times(of(b)), &(exact(a) * exact(b)), "product");
            assert_holds(of(a).times_double(b.high), &(exact(a) * big(b.high)), "by a double");
            assert_holds(of(a).over(of(b)), &(exact(a) / exact(b)), "quotient");
        }
    }

    #[test]
    fn powers_and_logarithms_hold_those_of_an_oracle() {
        let rng = &mut Random::new(8);
        let mut largest = 0.0_f64;
        for _ in 0..1500 {
            let mut x = number(rng, 12.0);
            if x.high > 800.0 {
                continue;
            }
            let positive = Ball { centre: x, radius: 0.0 };
            assert_holds(positive.log2(), &log2(&exact(x)), "logarithm");
            if rng.uniform() < 0.5 {
                x = x.negated();
            }
            let power = Ball { centre: x, radius: 0.0 }.exp2();
            let expected = exp2(&exact(x));
            assert_holds(power, &expected, "power");
            let off = size(&(exact(power.centre) - &expected)) / &expected;
            largest = largest.max(off.to_f64().value());
        }
        // The constant that is proven leaves room: what is seen is far below.
        assert!(largest <= EXP2_ERROR / 4.0, "{:e}", largest);
        for x in [1.0, 1.0 + f64::EPSILON, 1.0 - f64::EPSILON / 2.0, 5e-324, 1e-310, 1e308] {
            assert_holds(Ball::from(x).log2(), &log2(&big(x)), "logarithm");
        }
    }

    #[test]
    fn what_operands_may_be_is_held_too() {
        let rng = &mut Random::new(9);
        for _ in 0..1000 {
            let (a, b) = (number(rng, 6.0), number(rng, 6.0));
            let radius = 0.2 * f64::exp2(-60.0 * rng.uniform());
            let (ra, rb) = (radius * a.high, radius * b.high);
            let ball = |centre, radius| Ball { centre, radius };
            for (sa, sb) in [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)] {
                let (at_a, at_b) = (exact(a) + big(sa * ra), exact(b) + big(sb * rb));
                let (a, b) = (ball(a, ra), ball(b, rb));
                assert_holds(a.times(b), &(&at_a * &at_b), "product");
                assert_holds(a.over(b), &(&at_a / &at_b), "quotient");
                assert_holds(a.minus(b), &(&at_a - &at_b), "difference");
                assert_holds(a.log2(), &log2(&at_a), "logarithm");
                assert_holds(a.negated().exp2(), &exp2(&-at_a), "power");
                let larger = if exact(a.centre) + big(sa * ra) > at_b { sa } else { 0.0 };
                let most = if larger == 0.0 { at_b } else { exact(a.centre) + big(sa * ra) };
                assert_holds(a.max(b), &most, "maximum");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        for ball in [
            Ball::UNKNOWN,
            Ball::from(f64::NAN),
            Ball::from(1.0).over(Ball::ZERO),
            Ball::from(0.0).log2(),
            Ball::from(-1.0).log2(),
            Ball::from(2000.0).exp2(),
            Ball::from(1e300).times(Ball::from(1e300)),
            Ball::from(1.0).over(Ball::from(f64::INFINITY)),
            Ball::UNKNOWN.max(Ball::from(1.0)),
            Ball::from(f64::NAN).max(Ball::from(1.0)),
            Ball::from(1.0).max(Ball::from(f64::NAN)),
        ] {
            assert_eq!(
                (ball.lower(), ball.upper()),
                (f64::NEG_INFINITY, f64::INFINITY),
                "{ball:?}"
            );
        }
        let tiny = Ball::from(-1e300).exp2();
        assert!(tiny.lower() <= 0.0 && tiny.upper() > 0.0 && tiny.upper() < 1e-200);
    }
}
