//! The steps of a record, with the names, types and texts that Entra's log has. Source: `spec/GRAPH.md` §2.4, §2.5.

use super::record::Status;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The stage of the journey that a step belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepType {
    /// Reading the source, or an escrow.
    Import,
    /// Who is in scope.
    Scoping,
    /// What the target has.
    Matching,
    /// What the mappings give.
    Processing,
    /// Managers and members.
    ReferenceResolution,
    /// What was sent.
    Export,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Its stage.
    pub provisioning_step_type: StepType,
    /// How it went.
    pub status: Status,
    /// What happened, in a sentence.
    pub description: String,
    /// What it saw.
    pub details: IndexMap<String, String>,
}

impl Step {
    /// Whether it tells what the target holds of the object.
    pub fn is_target_found(&self) -> bool {
        self.provisioning_step_type == StepType::Matching
            && self.status == Status::Success
            && self.name == "EntryImport"
    }
}

/// What kind of change an object came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportKind {
    /// New to the job.
    Add,
    /// Known to it.
    Update,
    /// Gone from the source.
    Delete,
}

/// What the texts of one object's steps speak of.
#[derive(Clone, Debug)]
pub struct StepTexts {
    /// `User` or `Group`.
    pub kind: &'static str,
    /// User principal name or display name.
    pub name: String,
    /// What the source directory is called.
    pub source: &'static str,
    /// What the target is called.
    pub target: String,
}

impl StepTexts {
    /// The object came in from the source directory.
    pub fn import(&self, change: ImportKind, details: IndexMap<String, String>) -> Step {
        let (name, word) = match change {
            ImportKind::Add => ("EntryImportAdd", "Add"),
            ImportKind::Update => ("EntryImportUpdate", "Update"),
            ImportKind::Delete => ("EntryImportDelete", "Delete"),
        };
        let Self { kind, name: object, source, .. } = self;
        step(
            name,
            StepType::Import,
            Status::Success,
            format!("Received {kind} '{object}' change of type ({word}) from {source}"),
            details,
        )
    }

    /// The object was asked for.
    pub fn retrieved(&self, details: IndexMap<String, String>) -> Step {
        let description = format!("Retrieved {} '{}' from {}", self.kind, self.name, self.source);
        step("EntryImport", StepType::Import, Status::Success, description, details)
    }

    /// The object came out of the escrow.
    pub fn escrow_retry(&self, attempts: u32, first_failure: &str, next_attempt: &str) -> Step {
        let Self { kind, name, source, .. } = self;
        let details = [
            ("CountProcessed", attempts.to_string()),
            ("CreationTime", first_failure.to_owned()),
            ("Identifier", name.clone()),
            ("NextAttempt", next_attempt.to_owned()),
            ("Origin", "Source".to_owned()),
            ("TypeName", "EscrowedEntryDefault".to_owned()),
        ];
        step(
            "EntryEscrowRetry",
            StepType::Import,
            Status::Success,
            format!(
                "We are retrying an operation that previously failed.\r\nIdentifier: {name}\r\nObject type: {kind}\r\nDirectory: {source}"
            ),
            owned(details),
        )
    }

    /// Whether it is in scope.
    pub fn scoping(&self, in_scope: bool, details: IndexMap<String, String>) -> Step {
        let status = if in_scope { Status::Success } else { Status::Skipped };
        let description = format!("Determine if {} in scope by evaluating against each scoping filter", self.kind);
        step("EntrySynchronizationScoping", StepType::Scoping, status, description, details)
    }

    /// What the target holds of it.
    pub fn target_found(&self, details: IndexMap<String, String>) -> Step {
        let description = format!("Retrieved  '{}' from {}", self.name, self.target);
        step("EntryImport", StepType::Matching, Status::Success, description, details)
    }

    /// Nothing at the target matches; it will be created.
    pub fn will_be_created(&self) -> Step {
        let Self { kind, name, source, target } = self;
        step(
            "EntrySynchronizationAdd",
            StepType::Matching,
            Status::Success,
            format!(
                "{kind} '{name}' will be created in {target} ({kind} is active and assigned in {source}, but no matching \
                 {kind} was found in {target})"
            ),
            IndexMap::new(),
        )
    }

    /// Asking the target failed.
    pub fn matching_failed(&self, reason: &str) -> Step {
        let description = format!("Failed to match {} '{}' in {}: {reason}", self.kind, self.name, self.target);
        step("EntryImport", StepType::Matching, Status::Failure, description, IndexMap::new())
    }

    /// Source and target are in step already.
    pub fn redundant(&self) -> Step {
        let Self { kind, name, .. } = self;
        self.skip(
            StepType::Export,
            "RedundantExport",
            format!(
                "The state of the entry in both the source and target systems already match. No change to the {kind} \
                 '{name}' currently needs to be made."
            ),
            None,
        )
    }

    /// A required attribute has no value.
    pub fn attribute_missing(&self, properties: &[String]) -> Step {
        let Self { kind, name, .. } = self;
        let listed = properties.join(", ");
        let word = if properties.len() == 1 { "property" } else { "properties" };
        self.skip(
            StepType::Processing,
            "AttributeValidationFailed",
            format!(
                "{kind} '{name}' will be skipped because the value of the {word} {listed} is missing or invalid. Please \
                 update the {kind} in the source system."
            ),
            Some(listed),
        )
    }

    /// Skipped for another reason.
    pub fn skip(&self, stage: StepType, reason: &str, description: String, property: Option<String>) -> Step {
        let mut details = owned([("SkipReason", reason.to_owned())]);
        if let Some(property) = property {
            details.insert("PropertyName".to_owned(), property);
        }
        details.insert("ReportableIdentifier".to_owned(), self.name.clone());
        step("EntrySynchronizationSkip", stage, Status::Skipped, description, details)
    }

    /// A value could not be made.
    pub fn mapping_failed(&self, reason: &str) -> Step {
        step("EntrySynchronizationSkip", StepType::Processing, Status::Failure, reason.to_owned(), IndexMap::new())
    }

    /// Values were made in a way that the service may not support; none where there is nothing to tell. A step of our own:
    /// Entra's log has no such thing.
    pub fn mapping_warnings(&self, warnings: &[String]) -> Option<Step> {
        let told = warnings.join("\r\n");
        let step = step("AttributeMappingWarning", StepType::Processing, Status::Warning, told, IndexMap::new());
        (!warnings.is_empty()).then_some(step)
    }

    /// The target returned members that were excluded from its answer. A step of our own: Entra fails the object there.
    pub fn excluded_members(&self) -> Step {
        let Self { kind, name, target, .. } = self;
        let told = format!(
            "{target} returned the members of {kind} '{name}', which `excludedAttributes` had excluded; they are ignored. \
             Microsoft Entra ID fails the object there; with `strict_excluded = true` so does this job"
        );
        step("ExcludedMembersWarning", StepType::Import, Status::Warning, told, IndexMap::new())
    }

    /// A request was sent, and answered well or badly. `name` is the step's name, `done` what it did: "created".
    pub fn export(&self, name: &str, done: &str, failed: bool, written: IndexMap<String, String>) -> Step {
        let Self { kind, name: object, target, .. } = self;
        let infinitive = done.trim_end_matches('d');
        let description = if failed {
            format!("Failed to {infinitive} {kind} '{object}' in {target}")
        } else {
            format!("{kind} '{object}' was {done} in {target}")
        };
        let mut details: IndexMap<_, _> =
            written.into_iter().map(|(path, value)| (path.replace(['.', ':'], ""), value)).collect();
        details.insert("ReportableIdentifier".to_owned(), object.clone());
        let status = if failed { Status::Failure } else { Status::Success };
        step(name, StepType::Export, status, description, details)
    }

    /// A manager or members that cannot be written yet.
    pub fn unresolved(&self, reference: &str, referenced: &[String]) -> Step {
        let description =
            format!("We were unable to assign {} as the {reference} of {}.", referenced.join(", "), self.name);
        step("EntrySynchronizationSkip", StepType::ReferenceResolution, Status::Failure, description, IndexMap::new())
    }
}

fn step(
    name: &str,
    provisioning_step_type: StepType,
    status: Status,
    description: String,
    details: IndexMap<String, String>,
) -> Step {
    Step { name: name.to_owned(), provisioning_step_type, status, description, details }
}

fn owned<const COUNT: usize>(details: [(&str, String); COUNT]) -> IndexMap<String, String> {
    details.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
