//! The closed form of the binary source asks for no memory.

use crate::common::binary::cases;
use std::hint::black_box;

#[test]
fn binary_points_and_boundaries_do_not_allocate() {
    for case in cases() {
        let made = allocation_counter::measure(|| {
            let rdc = black_box(case.binary());
            let e = case.e;
            black_box(rdc.point(case.d, e).unwrap());
            black_box((rdc.d1(e).unwrap(), rdc.d2(e).unwrap()));
            black_box(rdc.flat_in_distortion_from(e).unwrap());
            black_box((rdc.smallest_error(case.d).unwrap(), rdc.smallest_distortion(e).unwrap()));
            black_box(rdc.flat_in_error_from(case.d).unwrap());
        });
        assert_eq!(made.count_total, 0, "{case:?}");
    }
}
