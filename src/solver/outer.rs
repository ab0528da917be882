//! stub
use super::Outcome;
use super::watch::Watch;
use crate::frontier::Reach;
use crate::instance::Instance;
pub(super) fn solve(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    watch: &mut Watch<'_>,
) -> Outcome {
    super::constrained::solve(instance, reach, watch)
}
