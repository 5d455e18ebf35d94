//! The two dialects in which Entra speaks SCIM, and every difference between them.
//!
//! | | legacy (default) | compliant (`aadOptscim062020`) |
//! |---|---|---|
//! | `op` | `Add`, `Replace`, `Remove` | `add`, `replace`, `remove` |
//! | operations | one an attribute, always with `path` | plain attributes of one kind fold into one without `path` |
//! | booleans | texts, in the letter case that the mapping gave | real booleans |
//! | roles added | JSON text in a `value` | the objects of a create |
//! | members removed | one operation with a list | one operation a member, selected in its path |
//! | second schema of a group, on request | sent | never |
//!
//! All else of a create is the same in both, and so are reads, the manager, and roles that are asserted: `replace`, in lower
//! case. Source: `spec/WIRE.md` §1, §3, §4.

use super::{
    patch::{Change, OperationKind},
    path::Path,
    resource::{LEGACY_GROUP, extension},
};
use serde_json::{Map, Value, json};

/// How changes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// What Entra sends unless told otherwise.
    #[default]
    Legacy,
    /// What Entra sends with the flag `aadOptscim062020`: RFC 7644.
    Compliant,
}

impl Dialect {
    /// What a run on demand speaks: there the flag has no effect (`spec/WIRE.md` §2).
    pub const ON_DEMAND: Self = Self::Legacy;

    /// The dialect that a flag of this name in the tenant URL's query selects; none: it is no flag.
    pub fn of_flag(name: &str) -> Option<Self> {
        let is = |flag: &str| name.eq_ignore_ascii_case(flag);
        if is("aadOptscim062020") || is("AzureAdScimPatch062020") {
            Some(Self::Compliant)
        } else if is("AzureAdScimPatch2017") {
            Some(Self::Legacy)
        } else {
            None
        }
    }

    /// The second schema of the documented group sample, which a create names where the job asks for it; none: never.
    pub fn second_group_schema(self) -> Option<&'static str> {
        (self == Self::Legacy).then_some(LEGACY_GROUP)
    }

    /// The word for an operation.
    pub fn operation_name(self, kind: OperationKind) -> &'static str {
        match (self, kind) {
            (Self::Legacy, OperationKind::Add) => "Add",
            (Self::Legacy, OperationKind::Replace) => "Replace",
            (Self::Legacy, OperationKind::Remove) => "Remove",
            (Self::Compliant, OperationKind::Add) => "add",
            (_, OperationKind::Assert) | (Self::Compliant, OperationKind::Replace) => "replace",
            (Self::Compliant, OperationKind::Remove) => "remove",
        }
    }

    /// The operations for the changes of one object, in the order of the mappings; in the compliant dialect those whose path
    /// has a selector come first.
    pub fn operations(self, changes: &[Change]) -> Vec<Value> {
        match self {
            Self::Legacy => changes.iter().map(|change| self.with_path(change)).collect(),
            Self::Compliant => self.folded(changes),
        }
    }

    /// The operations that add members to a group: one, with all of them.
    pub fn add_members(self, ids: &[&str], reference_null: bool) -> Vec<Value> {
        vec![json!({
            "op": self.operation_name(OperationKind::Add),
            "path": "members",
            "value": member_values(ids, reference_null),
        })]
    }

    /// The operations that remove members from a group.
    pub fn remove_members(self, ids: &[&str], reference_null: bool) -> Vec<Value> {
        let op = self.operation_name(OperationKind::Remove);
        match self {
            Self::Legacy => vec![json!({"op": op, "path": "members", "value": member_values(ids, reference_null)})],
            Self::Compliant => ids
                .iter()
                .map(|id| json!({"op": op, "path": format!("members[value eq {}]", Value::from(*id))}))
                .collect(),
        }
    }

    fn with_path(self, change: &Change) -> Value {
        let mut operation = Map::new();
        operation.insert("op".to_owned(), self.operation_name(change.kind).into());
        operation.insert("path".to_owned(), change.path.as_str().into());
        if change.kind != OperationKind::Remove {
            operation.insert("value".to_owned(), self.value(change));
        }
        Value::Object(operation)
    }

    fn value(self, change: &Change) -> Value {
        if self == Self::Legacy && !change.roles.is_empty() {
            return change.roles.iter().map(|role| json!({"value": role.to_text()})).collect();
        }
        match (self, &change.value, &change.text) {
            (Self::Legacy, Value::Bool(_), Some(text)) => Value::from(text.as_str()),
            (Self::Legacy, Value::Bool(flag), None) => Value::from(if *flag { "True" } else { "False" }),
            _ => change.value.clone(),
        }
    }

    /// The operations of the compliant dialect: first those whose path has a selector, as the documented sample has it, then
    /// the others, all in the order of the mappings; what is folded stands where its first attribute would.
    fn folded(self, changes: &[Change]) -> Vec<Value> {
        let (selected, others): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.path.selector.is_some());
        let mut operations: Vec<_> = selected.into_iter().map(|change| self.with_path(change)).collect();
        let mut folded: Vec<OperationKind> = Vec::new();
        for change in &others {
            if keeps_path(change) {
                operations.push(self.with_path(change));
                continue;
            }
            if folded.contains(&change.kind) {
                continue;
            }
            folded.push(change.kind);
            let of_kind: Vec<_> =
                others.iter().filter(|other| other.kind == change.kind && !keeps_path(other)).collect();
            operations.push(match of_kind.as_slice() {
                [only] if extension(&only.path).is_none() => self.with_path(only),
                several => {
                    let values: Map<_, _> =
                        several.iter().map(|change| (change.path.as_str().to_owned(), self.value(change))).collect();
                    json!({"op": self.operation_name(change.kind), "value": values})
                }
            });
        }
        operations
    }
}

/// Removals, roles, and the manager (a bare text on its path) never fold.
fn keeps_path(change: &Change) -> bool {
    matches!(change.kind, OperationKind::Assert | OperationKind::Remove)
        || !change.roles.is_empty()
        || Path::is_manager(&change.path)
}

fn member_values(ids: &[&str], reference_null: bool) -> Value {
    ids.iter()
        .map(|id| if reference_null { json!({"$ref": null, "value": id}) } else { json!({"value": id}) })
        .collect()
}
