//! *Scope*: in or out, and why. A plain function of the facts. Source: `spec/ENGINE.md` §2, §4.

use super::{facts::Facts, job::Job};
use crate::{
    config::ScopeSetting,
    log::{SCOPE_EVALUATION_RESULT, Step, StepTexts},
    mapping::{
        DefaultAccess,
        scoping::{ClauseResult, Verdict},
        scoping_error::ScopingError,
    },
    store::{ConnectionState, ObjectState},
};
use indexmap::IndexMap;
use serde_json::{Map, Value};

/// Why an object is out of scope; of several grounds, the first in this order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// Hard-deleted at the source.
    Purged,
    /// Soft-deleted at the source.
    Deleted,
    /// Disabled at the source; of a group: not security-enabled.
    Disabled,
    /// Not assigned to the application.
    Unassigned,
    /// Assigned, but only with Default Access, and the application wants a role.
    NoRole,
    /// A scoping filter keeps it out.
    Filtered,
}

/// The verdict on one object.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// Why it is out; none: it is in.
    pub(super) ground: Option<Ground>,
    /// Why it would be out of scope if it were active.
    unentitled: Option<Ground>,
    active: bool,
    assigned: bool,
    everybody: bool,
    has_role: bool,
    filter: Option<Verdict>,
    /// Whether it was entitled when its account was suspended, or has been since.
    was_entitled: bool,
}

/// Decides about one object.
pub(super) fn decide(job: &Job, facts: &Facts) -> Result<Scope, ScopingError> {
    decide_among(job, facts, job.settings.scope == ScopeSetting::All)
}

/// The same, where the job's scope is `everybody` or those assigned, whatever its setting.
pub(super) fn decide_among(job: &Job, facts: &Facts, everybody: bool) -> Result<Scope, ScopingError> {
    let assigned = !facts.entitlements.is_empty();
    let has_role = facts.has_role || job.template.default_access == DefaultAccess::Provision;
    let mapping = job.mapping(facts.object.kind);
    let filter = mapping
        .and_then(|mapping| mapping.scoping_filter.as_ref())
        .map(|filter| filter.evaluate(&facts.attributes))
        .transpose();
    let active = facts.is_active(everybody);
    let inactive = match facts.object.state {
        ObjectState::Purged => Some(Ground::Purged),
        ObjectState::Deleted => Some(Ground::Deleted),
        ObjectState::Live => (!active).then_some(Ground::Disabled),
    };
    let unassigned = if mapping.is_none() || !(everybody || assigned) {
        Some(Ground::Unassigned)
    } else {
        (!has_role && !everybody).then_some(Ground::NoRole)
    };
    // No error keeps a leaver active: only where nothing else decides it matters that the filter cannot be evaluated.
    let filter = if inactive.is_some() || unassigned.is_some() { filter.unwrap_or_default() } else { filter? };
    let filtered = filter.as_ref().is_some_and(|verdict| !verdict.passed).then_some(Ground::Filtered);
    let unentitled = unassigned.or(filtered);
    let was_entitled = facts.connection.as_ref().is_none_or(|held| held.entitled);
    Ok(Scope {
        ground: inactive.or(unentitled),
        unentitled,
        active,
        assigned,
        everybody,
        has_role,
        filter,
        was_entitled,
    })
}

impl Ground {
    /// The sentence that the log gives.
    pub(super) fn reason(self, texts: &StepTexts) -> String {
        let StepTexts { kind, name, .. } = texts;
        match self {
            Self::Purged => format!("{kind} '{name}' was deleted in the source directory for good"),
            Self::Deleted => format!("{kind} '{name}' is deleted in the source directory"),
            Self::Disabled if *kind == "Group" => format!("{kind} '{name}' is not security-enabled"),
            Self::Disabled => format!("{kind} '{name}' is not active in the source directory"),
            Self::Unassigned => format!("{kind} '{name}' is not assigned to the application"),
            Self::NoRole => format!(
                "{kind} '{name}' is assigned with Default Access only, and the application provisions other roles only"
            ),
            Self::Filtered => format!("{kind} '{name}' does not pass the scoping filters"),
        }
    }

    /// Whether the object is there and active, and merely not meant for the application.
    pub(super) fn is_out_of_scope(self) -> bool {
        match self {
            Self::Unassigned | Self::NoRole | Self::Filtered => true,
            Self::Purged | Self::Deleted | Self::Disabled => false,
        }
    }

    /// The reason for the skip, in Entra's word for it.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Unassigned | Self::NoRole => "NotEffectivelyEntitled",
            Self::Purged | Self::Deleted | Self::Disabled | Self::Filtered => "EntrySynchronizationSkipped",
        }
    }
}

impl Scope {
    /// The ground that counts for an object whose connection is in `state`. One that was disabled at the source before, and
    /// has lost its entitlement since, is let go; where both came at once, or that first, it stays disabled for its own sake.
    pub(super) fn ground_of(&self, state: Option<ConnectionState>) -> Option<Ground> {
        match (self.ground, state) {
            (Some(Ground::Deleted | Ground::Disabled), Some(ConnectionState::Suspended)) if self.was_entitled => {
                self.unentitled.or(self.ground)
            }
            (ground, _) => ground,
        }
    }

    /// Whether the object would be in scope if it were active.
    pub(super) fn is_entitled(&self) -> bool {
        self.unentitled.is_none()
    }

    /// Whether the object counts as soft-deleted for the application.
    pub(super) fn is_soft_deleted(&self) -> bool {
        self.ground.is_some()
    }

    /// The step of the log.
    pub(super) fn step(&self, texts: &StepTexts) -> Step {
        let mut details = IndexMap::new();
        details.insert("Active in the source system".to_owned(), truth(self.active));
        details.insert("Assigned to the application".to_owned(), truth(self.assigned));
        if self.everybody {
            details.insert("Scope sync all".to_owned(), truth(true));
        }
        details.insert(format!("{} has the required role", texts.kind), truth(self.has_role));
        details.insert("Scoping filter evaluation passed".to_owned(), truth(self.passes_filter()));
        details.insert(SCOPE_EVALUATION_RESULT.to_owned(), self.clauses());
        texts.scoping(self.ground.is_none(), details)
    }

    /// The same step with the names that a run on demand has for it (`spec/GRAPH.md` §2.5).
    pub(super) fn step_on_demand(&self, texts: &StepTexts) -> Step {
        let entitled = self.has_role && (self.everybody || self.assigned);
        let details = [
            ("IsActive", truth(self.active)),
            ("Assigned", truth(self.assigned)),
            ("IsEffectivelyEntitledForProvisioning", truth(entitled)),
            ("IsInProvisioningScopeDisplayName", truth(self.passes_filter())),
            (SCOPE_EVALUATION_RESULT, self.clauses()),
        ];
        let details = details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        texts.scoping(self.ground.is_none(), details)
    }

    fn passes_filter(&self) -> bool {
        self.filter.as_ref().is_none_or(|verdict| verdict.passed)
    }

    /// Each clause of the scoping filters, and whether it holds: JSON.
    fn clauses(&self) -> String {
        let clauses = self.filter.iter().flat_map(|verdict| &verdict.clauses);
        let result: Map<_, _> = clauses.map(|ClauseResult { key, holds }| (key.clone(), Value::Bool(*holds))).collect();
        Value::Object(result).to_string()
    }
}

fn truth(value: bool) -> String {
    if value { "True" } else { "False" }.to_owned()
}
