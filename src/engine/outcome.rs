//! What came of one object's journey: the record for the log, and what is to be stored with it in one transaction.

use super::{facts::Facts, redaction::is_redacted, walk::Walk};
use crate::{
    health::escrow::{Retry, after_failure},
    log::{
        Action, ErrorCategory, ErrorInformation, ModifiedProperty, REDACTED, Record, SourceIdentity, Status, Step,
        StepType,
    },
    scim::failure::Failure,
    store::{
        ConnectionRow, EscrowKind, EscrowRow, MemberChange, MemberRow, ObjectKind, Phase, StagedRow, StoreError,
        Tables, WorkRow,
    },
};
use jiff::Timestamp;

/// Something to be stored with the record.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// The object's connection is this.
    PutConnection(ConnectionRow),
    /// The object names a manager, or no longer does.
    NoteManager(bool),
    /// The object was found to be out of scope, or in.
    NoteScope {
        /// Whether it is out.
        out: bool,
    },
    /// The object has no connection any more.
    RemoveConnection,
    /// The object is matched to another target object than before.
    PartConnection,
    /// The object is no longer managed; what was sent of its memberships may still be taken back.
    ForgetConnection,
    /// Those whose references waited for the object are walked too.
    WakeReferences,
    /// Those whose references left the object out are walked too.
    WakeLateReferences,
    /// The connection of another object becomes this one's.
    MoveConnection {
        /// Whose it was.
        from: i64,
    },
    /// What was tried had a clear answer.
    RemoveAttempt,
    /// What was tried concerns the target object of another object, which is walked too.
    PassAttempt {
        /// Whose it is.
        to: i64,
    },
    /// The failure is overcome.
    RemoveEscrow(EscrowKind),
    /// It failed, and is tried again.
    PutEscrow(EscrowKind, EscrowRow),
    /// It failed for so long that it is not tried again.
    GiveUp(EscrowKind),
    /// The deletion guard holds back what is to be done.
    PutStaged(StagedRow),
    /// It holds back nothing of the object any more.
    RemoveStaged,
    /// A later phase walks the object too.
    AddWork(Phase, WorkRow),
    /// What is known of these members of this group.
    Members(MemberChange, Vec<MemberRow>),
    /// We disabled it; its memberships may be gone at the target.
    MarkStale,
}

/// What came of a journey.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What the log says; several for a group whose members went in several batches.
    pub(super) records: Vec<Record>,
    /// What is stored.
    pub(super) effects: Vec<Effect>,
    /// Why the cycle cannot go on.
    pub(super) halt: Option<Failure>,
}

/// The draft of a record, while the journey goes on.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) begun: Timestamp,
    pub(super) steps: Vec<Step>,
    pub(super) modified: Vec<ModifiedProperty>,
    pub(super) target_id: String,
}

impl Draft {
    pub(super) fn begin(walk: &Walk<'_>, facts: &Facts) -> Self {
        Self {
            begun: walk.engine.clock.now(),
            steps: Vec::new(),
            modified: Vec::new(),
            target_id: facts.connection.as_ref().map(|held| held.target_id.clone()).unwrap_or_default(),
        }
    }

    /// The finished record.
    pub(super) fn finish(
        self,
        walk: &Walk<'_>,
        facts: &Facts,
        action: Action,
        status: Status,
        error: Option<ErrorInformation>,
    ) -> Record {
        let engine = walk.engine;
        let mapping = walk.job.mapping(facts.object.kind);
        Record {
            id: engine.chance.uuid().to_string(),
            time: engine.clock.now(),
            job: walk.job.name().to_owned(),
            cycle: walk.cycle.clone(),
            change: engine.chance.uuid().to_string(),
            action,
            status,
            duration: crate::clock::elapsed(engine.clock.as_ref(), self.begun),
            source: SourceIdentity {
                id: facts.object.id.clone(),
                kind: facts.object.kind.name(),
                name: facts.object.name.clone(),
                display_name: if mapping.is_some_and(|mapping| is_redacted(mapping, "displayName")) {
                    REDACTED.to_owned()
                } else {
                    facts.display_name().to_owned()
                },
            },
            target_id: self.target_id,
            target_type: mapping.map(|mapping| mapping.target.clone()).unwrap_or_default(),
            error,
            steps: in_order(self.steps),
            modified: self.modified,
        }
    }
}

/// The steps in the order of Entra's log: what was found at the target stands before the verdict on scope, though here it is
/// read after that, and only if it is needed. Source: `spec/GRAPH.md` §2.5.
fn in_order(mut steps: Vec<Step>) -> Vec<Step> {
    let scoping = steps.iter().position(|step| step.provisioning_step_type == StepType::Scoping);
    let found = steps.iter().position(Step::is_target_found);
    if let (Some(scoping), Some(found)) = (scoping, found)
        && scoping < found
    {
        steps[scoping..=found].rotate_right(1);
    }
    steps
}

/// A failure on its way into escrow and log.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    /// Entra's code.
    pub(super) code: String,
    /// What happened.
    pub(super) reason: String,
    /// What to do.
    pub(super) advice: Option<String>,
}

impl Trouble {
    /// A failure with a code of its own.
    pub(super) fn new(code: &str, reason: impl Into<String>, advice: Option<&str>) -> Self {
        Self { code: code.to_owned(), reason: reason.into(), advice: advice.map(str::to_owned) }
    }
}

impl From<&Failure> for Trouble {
    fn from(failure: &Failure) -> Self {
        let (line, text) = (failure.to_string(), failure.reason_text());
        let reason = if text.starts_with(&line) { text } else { format!("{line}\r\n{text}") };
        Self::new(failure.error_code(), reason, failure.advice())
    }
}

impl Walk<'_> {
    /// Puts a failed operation into escrow, or gives it up after its time. Returns the effect and the error information,
    /// with the sentence about what follows.
    pub(super) fn escrow(
        &self,
        facts: &Facts,
        kind: EscrowKind,
        operation: Action,
        trouble: Trouble,
    ) -> (Effect, ErrorInformation) {
        let now = self.engine.clock.now();
        let (first_failure, attempts, retry) = match &facts.escrow {
            Some(before) if self.retries_escrow(before) => {
                let attempts = before.attempts + 1;
                (before.first_failure, attempts, after_failure(&self.engine.rules, before.first_failure, attempts, now))
            }
            Some(before) => (before.first_failure, before.attempts, Retry::At(before.next_attempt)),
            None => (now, 0, after_failure(&self.engine.rules, now, 0, now)),
        };
        let text = self.job.mask.text(&trouble.reason).into_owned();
        let (effect, sequel) = match retry {
            Retry::At(next_attempt) => {
                let row = EscrowRow {
                    operation: operation.name().to_owned(),
                    error_code: trouble.code.clone(),
                    error_text: text.clone(),
                    first_failure,
                    attempts,
                    next_attempt,
                };
                let again = next_attempt.strftime("%Y-%m-%dT%H:%M:%S%.7fZ");
                (
                    Effect::PutEscrow(kind, row),
                    format!(
                        "This operation was retried {attempts} times. It will be retried again after this date: {again} UTC"
                    ),
                )
            }
            Retry::GiveUp => (
                Effect::GiveUp(kind),
                format!("This operation was retried {attempts} times. It will not be retried again"),
            ),
        };
        let information = ErrorInformation {
            code: trouble.code,
            category: ErrorCategory::NonServiceFailure,
            reason: format!("{text}. {sequel}"),
            recommended_action: trouble.advice,
        };
        (effect, information)
    }

    /// Whether this walk is a retry of the escrow (and not a fresh change of the object, which starts no new count).
    fn retries_escrow(&self, before: &EscrowRow) -> bool {
        before.next_attempt <= self.engine.clock.now() || self.every_escrow
    }
}

/// Stores what came of a journey. One transaction: the writer gives each write a savepoint of its own.
pub(super) fn store(
    tables: &Tables,
    job: &str,
    object: i64,
    kind: ObjectKind,
    outcome: &Outcome,
    mask: &dyn Fn(&str) -> String,
) -> Result<(), StoreError> {
    for effect in &outcome.effects {
        match effect {
            Effect::PutConnection(row) => tables.put_connection(job, row)?,
            Effect::NoteManager(named) => tables.note_manager(job, object, *named)?,
            Effect::NoteScope { out } => tables.note_scope(job, object, *out)?,
            Effect::RemoveConnection => tables.remove_connection(job, object)?,
            Effect::PartConnection => tables.part(job, object)?,
            Effect::ForgetConnection => tables.forget_connection(job, object)?,
            Effect::WakeReferences => tables.wake_references(job, object)?,
            Effect::WakeLateReferences => tables.wake_late_references(job, object)?,
            Effect::MoveConnection { from } => tables.move_connection(job, *from, object)?,
            Effect::RemoveAttempt => tables.remove_attempt(job, object)?,
            Effect::PassAttempt { to } => {
                tables.pass_attempt(job, object, *to)?;
                // The users' own phase may have passed it already; the groups' takes whatever it is given.
                tables.put_work(job, Phase::Groups, &WorkRow { object: *to, known: None })?;
            }
            Effect::RemoveEscrow(kind) | Effect::GiveUp(kind) => tables.remove_escrow(job, object, *kind)?,
            Effect::PutEscrow(kind, row) => tables.put_escrow(job, object, *kind, row)?,
            Effect::PutStaged(row) => tables.put_staged(job, object, row)?,
            Effect::RemoveStaged => tables.remove_staged(job, object)?,
            Effect::AddWork(phase, row) => tables.put_work(job, *phase, row)?,
            Effect::Members(change, members) => tables.put_members(job, object, *change, members)?,
            Effect::MarkStale if kind == ObjectKind::User => tables.mark_member_stale(job, object)?,
            Effect::MarkStale => {}
        }
    }
    for record in &outcome.records {
        tables.add_record(&record.clone().into_row(mask))?;
    }
    Ok(())
}
