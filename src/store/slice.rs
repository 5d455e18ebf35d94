//! How a merge is cut into slices: by the time that they take.
//!
//! Whoever writes meanwhile waits for the slice under way, so none may take long. But each is a transaction, which writes every
//! index page that it touches, so a few large ones take less time in all than many small ones. How many rows fit into the time
//! depends on the machine, on the series and on how large the tables are: each slice is as large as the time of the one before
//! suggests, and every series begins with a small one.
//!
//! *Limit*: the time is that from asking to answer, so where others write much meanwhile, slices are small. Source:
//! `spec/ENGINE.md` §10.

use super::merge::Series;
use std::{collections::VecDeque, time::Duration};

/// What a slice should take. The disk lets some take several times as long.
const AIM: Duration = Duration::from_millis(10);
/// How many rows the first slice of a series has.
const FIRST: i64 = 250;
/// How many rows a slice has at least, however long they take.
const FEWEST: i64 = 25;
/// How many it has at most, where time stands still.
const MOST: i64 = 8_000;

/// One slice of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) series: Series,
    /// The place that it begins after, and the one that it ends with.
    pub(super) after: i64,
    pub(super) until: i64,
    /// The change number that the series' first row follows.
    pub(super) start: i64,
}

/// What is left of a merge, and how much of it goes at a time.
#[derive(Clone, Debug)]
pub(super) struct Slices {
    /// The rest of each series.
    left: VecDeque<Slice>,
    rows: i64,
}

impl Slices {
    /// All that `series` have, in their order.
    pub(super) fn of(series: impl IntoIterator<Item = Slice>) -> Self {
        Self { left: series.into_iter().filter(|whole| whole.after < whole.until).collect(), rows: FIRST }
    }

    /// Says how long the last slice took.
    pub(super) fn took(&mut self, time: Duration) {
        let fitting = i128::from(self.rows) * nanoseconds(AIM) / nanoseconds(time).max(1);
        let rows = i64::try_from(fitting).unwrap_or(MOST).clamp(self.rows / 2, self.rows * 3 / 2);
        self.rows = rows.clamp(FEWEST, MOST);
    }
}

impl Iterator for Slices {
    type Item = Slice;

    fn next(&mut self) -> Option<Slice> {
        while self.left.front().is_some_and(|rest| rest.after >= rest.until) {
            self.left.pop_front();
            self.rows = FIRST;
        }
        let rest = self.left.front_mut()?;
        let slice = Slice { until: rest.until.min(rest.after + self.rows), ..*rest };
        rest.after = slice.until;
        Some(slice)
    }
}

fn nanoseconds(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Series, Slice, Slices};
    use std::time::Duration;

    /// So many objects, then so many references of groups.
    fn slices(objects: i64, steps: i64) -> Slices {
        let whole = |series, until| Slice { series, after: 0, until, start: 7 };
        Slices::of([whole(Series::Objects, objects), whole(Series::MemberTurns, 0), whole(Series::MemberSteps, steps)])
    }

    /// The sizes of all slices, where a row takes so long.
    fn sizes(slices: &mut Slices, row: Duration) -> Vec<i64> {
        let mut sizes = Vec::new();
        while let Some(Slice { after, until, .. }) = slices.next() {
            sizes.push(until - after);
            slices.took(row * u32::try_from(until - after).unwrap());
        }
        sizes
    }

    #[test]
    fn slices_follow_one_another_through_every_series_that_has_rows() {
        let mut slices = slices(300, 200);
        let expected = [(Series::Objects, 0, 250), (Series::Objects, 250, 300), (Series::MemberSteps, 0, 200)];
        let expected = expected.map(|(series, after, until)| Slice { series, after, until, start: 7 });
        assert_eq!(slices.by_ref().collect::<Vec<_>>(), expected);
        assert_eq!(slices.next(), None);
    }

    #[test]
    fn slices_grow_step_by_step_to_what_fits_into_the_time_and_a_new_series_begins_with_a_small_one() {
        let sizes = sizes(&mut slices(3_000, 600), Duration::from_micros(20));
        assert_eq!(sizes, [250, 375, 500, 500, 500, 500, 375, 250, 350]);
    }

    #[test]
    fn slices_shrink_where_rows_take_long_but_never_to_nothing() {
        let sizes = sizes(&mut slices(600, 0), Duration::from_millis(5));
        assert_eq!(sizes, [250, 125, 62, 31, 25, 25, 25, 25, 25, 7]);
    }

    #[test]
    fn slices_have_a_bound_where_time_stands_still() {
        let sizes = sizes(&mut slices(100_000, 0), Duration::ZERO);
        assert_eq!(sizes.iter().max(), Some(&8_000));
        assert_eq!(sizes.iter().sum::<i64>(), 100_000);
    }
}
