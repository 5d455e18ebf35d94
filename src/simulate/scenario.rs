//! A scenario: what happens when, as data.

use crate::{config::problem::Place, sandbox::fault::FaultRule};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

/// What happens when.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// What it shows, in a line.
    pub title: Option<String>,
    /// How many days it takes, unless the command says otherwise.
    pub days: Option<u32>,
    /// When it begins, unless the command says otherwise.
    pub start: Option<Timestamp>,
    /// The threshold of the deletion guard that it needs, in place of the jobs' own.
    pub deletion_threshold: Option<u64>,
    /// What happens, in the order of the file.
    pub events: Vec<Event>,
}

/// One thing that happens, once or every so often.
#[derive(Clone, Debug)]
pub struct Event {
    /// Where it is written.
    pub place: Place,
    /// When.
    pub when: When,
    /// The job that it concerns, and where that is written; all of them without one.
    pub job: Option<(String, Place)>,
    /// What.
    pub action: Action,
}

/// The moments of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// The first.
    pub first: Moment,
    /// How long from one to the next; without it there is one only.
    pub every: Option<Duration>,
    /// None lies behind this.
    pub until: Option<Moment>,
    /// How many there are at most.
    pub times: Option<u64>,
}

/// A moment of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So long after its start.
    After(Duration),
    /// On the calendar.
    At(Timestamp),
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Action {
    /// Attributes get other values.
    Change {
        /// Whose.
        who: Selection,
        /// The new values.
        set: Map<String, Value>,
        /// Attributes that have none any more.
        clear: Vec<String>,
    },
    /// Somebody is new.
    Add {
        /// Users or groups.
        kind: Kind,
        /// The record, in which `{number}` stands for the number of the object.
        record: Map<String, Value>,
        /// How many.
        count: u64,
        /// Whether they are assigned as well.
        assign: bool,
    },
    /// Somebody goes from the directory.
    Remove(Selection),
    /// Accounts are disabled.
    Disable(Selection),
    /// Accounts are enabled.
    Enable(Selection),
    /// Somebody is assigned.
    Assign {
        /// Who.
        who: Selection,
        /// In which role.
        role: Option<String>,
    },
    /// Assignments end; without names, some of all there are.
    Unassign(Selection),
    /// The sandbox begins to fail.
    Fail(FaultRule),
    /// The sandbox is well again.
    Mend,
    /// An administrator moves a lever.
    Pull(Hand),
}

/// What an administrator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Lets go what the deletion guard holds back.
    AllowDeletes,
    /// Puts back what the scenario took away so far, and restarts the job.
    RejectDeletes,
    /// Starts the job.
    Start,
    /// Pauses the job.
    Pause,
    /// Restarts the job.
    Restart,
    /// Imports the directory, however much of it has vanished.
    AcceptShrink,
}

/// Users or groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Users.
    Users,
    /// Groups.
    Groups,
}

impl Kind {
    /// What one of them is.
    pub(super) fn one(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::Groups => "group",
        }
    }

    /// The attribute without which there is no such object, and by which people call it.
    pub(super) fn naming_attribute(self) -> &'static str {
        match self {
            Self::Users => "userPrincipalName",
            Self::Groups => "displayName",
        }
    }
}

/// Some users or groups.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Where it is written.
    pub place: Place,
    /// Users or groups; of assignments, neither means both.
    pub kind: Option<Kind>,
    /// Among whom.
    pub pool: Pool,
    /// How many of them.
    pub portion: Portion,
}

/// Among whom some are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Everybody.
    All,
    /// Those who are assigned, by themselves or by a group.
    Assigned,
    /// Those whose accounts the scenario has disabled so far.
    Disabled,
    /// Those of these ids or names.
    Named(Vec<String>),
}

/// How many of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Portion {
    /// All.
    Whole,
    /// This share, from 0 to 1.
    Share(f64),
    /// So many.
    Count(usize),
}

impl Moment {
    /// Where it lies on the calendar.
    pub(super) fn on(self, start: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::After(passed) => later(start, passed),
        }
    }
}

impl When {
    /// The moment that follows as the one of this number, counted from 0.
    pub(super) fn moment(&self, number: u64, start: Timestamp) -> Option<Timestamp> {
        if self.times.is_some_and(|times| number >= times) {
            return None;
        }
        let first = self.first.on(start);
        let moment = match (number, self.every) {
            (0, _) => first,
            (_, None) => return None,
            (_, Some(every)) => later(first, every.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX))),
        };
        self.until.is_none_or(|until| moment <= until.on(start)).then_some(moment)
    }
}

impl When {
    /// How many of the moments lie before `end`.
    pub(super) fn times_before(&self, end: Timestamp, start: Timestamp) -> u64 {
        let Some(first) = self.moment(0, start).filter(|first| *first < end) else { return 0 };
        let Some(every) = self.every else { return 1 };
        // All of them are before `end`; the last one may be at `until`.
        let last = SignedDuration::from_nanos(1);
        let last =
            end.checked_sub(last).unwrap_or(first).min(self.until.map_or(Timestamp::MAX, |until| until.on(start)));
        let span = Duration::try_from(last.duration_since(first)).unwrap_or_default();
        let more = span.as_nanos().checked_div(every.as_nanos()).unwrap_or_default();
        let times = u64::try_from(more).unwrap_or(u64::MAX).saturating_add(1);
        self.times.map_or(times, |most| times.min(most))
    }
}

/// A moment plus a length of time; the end of time at most.
pub(super) fn later(moment: Timestamp, passed: Duration) -> Timestamp {
    let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
    moment.checked_add(passed).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn start() -> Timestamp {
        "2026-03-02T00:00:00Z".parse().unwrap()
    }

    /// The hours after the start at which it happens.
    fn hours(when: &When) -> Vec<i64> {
        (0..10)
            .map_while(|number| when.moment(number, start()))
            .map(|at| at.duration_since(start()).as_hours())
            .collect()
    }

    #[test]
    fn what_happens_once_has_one_moment() {
        let when = When { first: Moment::After(HOUR), every: None, until: None, times: None };
        assert_eq!(hours(&when), [1]);
    }

    #[test]
    fn the_moments_before_an_end_are_counted_without_going_through_them() {
        let every = When { first: Moment::After(HOUR), every: Some(HOUR * 24), until: None, times: None };
        let until = When { until: Some(Moment::After(HOUR * 25)), ..every.clone() };
        let three = When { times: Some(3), ..every.clone() };
        let once = When { every: None, ..every.clone() };
        for when in [&every, &until, &three, &once] {
            for end in [1, 2, 25, 26, 49, 50, 200] {
                let end = later(start(), HOUR * end);
                let moments = (0..10).map_while(|number| when.moment(number, start()));
                let before = moments.filter(|moment| *moment < end).count() as u64;
                assert_eq!(when.times_before(end, start()), before, "{when:?} {end}");
            }
        }
        let decade = later(start(), HOUR * 24 * 3650);
        let often = When { every: Some(Duration::from_secs(1)), ..every };
        assert_eq!(often.times_before(decade, start()), 3650 * 86_400 - 3600);
    }

    #[test]
    fn what_happens_every_so_often_ends_with_its_number_or_its_last_moment() {
        let every = When { first: Moment::After(HOUR), every: Some(HOUR * 24), until: None, times: Some(3) };
        assert_eq!(hours(&every), [1, 25, 49]);
        let until = When { times: None, until: Some(Moment::After(HOUR * 25)), ..every };
        assert_eq!(hours(&until), [1, 25]);
    }
}
