//! The model: Entra's rules for what an application holds after each cycle, written down a second time and as small as they
//! can be, from `spec/ENGINE.md` §1 to §4 and §10, `spec/WIRE.md` §5 and §6, `spec/MAPPINGS.md` §5 and `spec/HEALTH.md` §1.
//!
//! [`source`] knows what an import changes, and what a change affects. [`target`] is the application: accounts and groups in
//! memory. [`cycle`] walks the affected objects in the order of the phases, [`members`] and [`on_demand`] are the shorter ways,
//! and [`escrow`] says when a failed operation is tried again. Nothing is asked over a wire, nothing is stored, and there are
//! no pages, no positions and no log.

mod cycle;
mod escrow;
mod finding;
mod guard;
mod members;
mod on_demand;
mod source;
mod target;

use super::{
    company::{Company, Object},
    history::{Configuration, Failing, Fault, Forget},
};
use escrow::Escrow;
use jiff::Timestamp;
use source::{Source, Work};
use std::collections::{BTreeMap, BTreeSet};
use target::Target;

/// What is remembered of an object that the target has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    /// The account or group.
    at: usize,
    state: State,
    /// Whether it was to be enabled or deleted, and no clear answer came.
    unsure: bool,
    /// Whether the source named a manager when that was last looked at.
    names_manager: bool,
    /// Whether the object was out of scope when it was last looked at.
    out: bool,
    /// Of one that is suspended: whether it was entitled then, or has been since.
    entitled: bool,
}

/// The state of a link, as `spec/ENGINE.md` §4 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Linked,
    /// Disabled because disabled or deleted at the source.
    Suspended,
    /// Disabled because unassigned or filtered out: no longer managed.
    Released,
}

/// What failed: the object itself, or its references.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Failed {
    Object,
    References,
}

/// For whom a cycle was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Covered {
    Everybody,
    Assigned,
    /// Those assigned, and of the others who did not change since the cycle was for everybody.
    Narrowing,
}

/// What came of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Done,
    Refused,
    /// Nobody knows.
    Unclear,
}

/// The model of one job, its source and its target.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    configuration: Configuration,
    /// Whether everybody is entitled now.
    everybody: bool,
    /// Who was in scope in the last cycle; none before the first.
    covered: Option<Covered>,
    /// Whether a cycle or a run on demand is under way for which those who did not change are in scope as before.
    narrowing: bool,
    now: Timestamp,
    source: Source,
    pub(crate) target: Target,
    links: BTreeMap<Object, Link>,
    /// The names under which accounts and groups were to be created, or found, without a clear answer.
    attempts: BTreeMap<Object, BTreeSet<String>>,
    /// The members that were sent, by group and member: as what, and whether that is certain.
    rows: BTreeMap<(Object, Object), Row>,
    escrows: BTreeMap<(Object, Failed), Escrow>,
    /// What the deletion guard holds back, and whether it is allowed.
    held_back: BTreeMap<Object, bool>,
    /// Whether the job is in quarantine, for something is held back.
    quarantined: bool,
    /// What changed since the last cycle.
    work: Work,
    /// Whether the next cycle looks at everybody.
    initial: bool,
    /// When the last cycle began.
    last: Timestamp,
    fault: Option<Fault>,
    /// Objects that a cycle linked or brought back.
    arrived: BTreeSet<Object>,
    /// Those of them, and of those linked on demand, whose own create had failed, or whom we had disabled: references that wait
    /// for them follow with the cycle.
    awaited: BTreeSet<Object>,
    /// Whether a run on demand is under way.
    on_demand: bool,
}

/// A member that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    at: usize,
    certain: bool,
}

impl Model {
    /// A job that never ran, and a target with the accounts and groups of [`Target::beforehand`].
    pub(crate) fn new(configuration: Configuration, now: Timestamp) -> Self {
        Self {
            configuration,
            everybody: configuration.everybody,
            covered: None,
            narrowing: false,
            now,
            source: Source::default(),
            target: Target::beforehand(),
            links: BTreeMap::new(),
            attempts: BTreeMap::new(),
            rows: BTreeMap::new(),
            escrows: BTreeMap::new(),
            held_back: BTreeMap::new(),
            quarantined: false,
            work: Work::default(),
            initial: true,
            last: now,
            fault: None,
            arrived: BTreeSet::new(),
            awaited: BTreeSet::new(),
            on_demand: false,
        }
    }

    /// The time that it is now.
    pub(crate) fn at(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Takes the source as its files have it now.
    pub(crate) fn import(&mut self, company: &Company) {
        let kept: BTreeSet<_> = self.links.keys().chain(self.attempts.keys()).copied().collect();
        self.source.import(company, self.now, &kept, &mut self.work);
    }

    /// Deletes somebody in the recycle bin for good. Returns whether there was somebody.
    pub(crate) fn purge(&mut self, person: usize) -> bool {
        self.source.purge(person, &mut self.work)
    }

    /// Whether a user or group is known, deleted or not.
    pub(crate) fn knows(&self, object: Object) -> bool {
        self.source.knows(object)
    }

    /// Restarts the job. What is held back is judged and counted afresh.
    pub(crate) fn restart(&mut self, forget: Forget) {
        if matches!(forget, Forget::Deletes) {
            return self.allow_deletes();
        }
        self.initial |= !matches!(forget, Forget::Escrows | Forget::Quarantine);
        self.work.objects.extend(std::mem::take(&mut self.held_back).into_keys());
        if matches!(forget, Forget::Usual | Forget::Full | Forget::Escrows) {
            self.escrows.clear();
        }
        if matches!(forget, Forget::Usual | Forget::Full | Forget::Quarantine) {
            self.quarantined = false;
        }
        if matches!(forget, Forget::Full | Forget::Links) {
            self.links.clear();
            self.rows.clear();
        }
    }

    /// Allows what is held back at present.
    pub(crate) fn allow_deletes(&mut self) {
        self.held_back.values_mut().for_each(|allowed| *allowed = true);
    }

    /// Turns the job's scope over.
    pub(crate) fn turn_scope(&mut self) {
        self.everybody ^= true;
    }

    /// Removes the stored link of an object, which the next cycle matches anew. The job is paused for that, and started again,
    /// which lifts its quarantine.
    pub(crate) fn unlink(&mut self, object: Object) {
        self.quarantined = false;
        if self.source.knows(object) && self.links.contains_key(&object) {
            self.part(object);
            self.work.objects.insert(object);
        }
    }

    /// Whether anything failed that will be tried again.
    pub(crate) fn has_escrows(&self) -> bool {
        !self.escrows.is_empty()
    }

    fn is_in_scope(&self, object: Object) -> bool {
        self.source.ground(object, self.everybody).is_none()
    }

    /// Whether somebody may become a manager or a member, or be given any. Until a narrowed scope is felt, those who were in it
    /// still are, unless they were found to be out since.
    fn may_be_referred_to(&self, object: Object) -> bool {
        let was_out = self.links.get(&object).map_or_else(|| self.failed_to_leave(object), |link| link.out);
        let unseen = self.narrowing && !was_out;
        self.source.ground(object, self.everybody || unseen).is_none()
    }

    /// Remembers whether an object with a link is out of scope.
    fn note_scope(&mut self, object: Object) {
        let (out, entitled) = (!self.is_in_scope(object), self.is_entitled(object));
        if let Some(link) = self.links.get_mut(&object) {
            link.out = out;
            link.entitled |= entitled;
        }
    }

    /// Whether an object would be in scope if it were active.
    fn is_entitled(&self, object: Object) -> bool {
        self.source.knows(object) && !self.source.is_left_out(object, self.everybody)
    }

    /// Whether somebody's own create, or return, failed and is tried again.
    fn is_awaited(&self, object: Object) -> bool {
        self.escrows.contains_key(&(object, Failed::Object))
    }

    /// Whether the scope is narrower than it was, and that waits for a restart.
    fn is_narrowing(&self) -> bool {
        !self.everybody && matches!(self.covered, Some(Covered::Everybody | Covered::Narrowing))
    }

    fn state(&self, object: Object) -> Option<State> {
        self.links.get(&object).map(|link| link.state)
    }

    /// Forgets the link of an object, and what was sent of it: its groups are looked at again.
    fn part(&mut self, object: Object) {
        self.links.remove(&object);
        let groups = self.rows.keys().filter(|(_, member)| *member == object).map(|(group, _)| *group);
        self.work.memberships.extend(groups);
        self.rows.retain(|(group, member), _| *group != object && *member != object);
    }

    /// Sends a write about something whose source id, as the target has it, is `of`.
    fn write(&mut self, of: Option<&str>, act: impl FnOnce(&mut Target) -> bool) -> Answer {
        let hit = |fault: &&Fault| fault.victims.iter().any(|victim| Some(victim.id().as_str()) == of);
        let how = self.fault.as_ref().filter(hit).map(|fault| fault.how);
        match how {
            Some(Failing::Refuses) => Answer::Refused,
            Some(Failing::Breaks) => Answer::Unclear,
            how => match (act(&mut self.target), how) {
                (_, Some(_)) => Answer::Unclear,
                (true, None) => Answer::Done,
                (false, None) => Answer::Refused,
            },
        }
    }
}
