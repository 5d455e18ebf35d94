//! The description of one application.

use super::object_mapping::ObjectMapping;

/// How a leaver is dealt with at the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoftDelete {
    /// Disabled, through the mapping that reads `IsSoftDeleted`.
    #[default]
    Supported,
    /// Deleted: the application cannot disable.
    Unsupported,
}

/// What becomes of users who hold no role but Default Access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefaultAccess {
    /// They are provisioned like everybody.
    #[default]
    Provision,
    /// They are skipped as not effectively entitled.
    Skip,
}

/// One application: what its users and groups look like, and what fills them.
#[derive(Clone, Debug)]
pub struct Template {
    /// What assignments call it, unless the job says otherwise.
    pub application: String,
    /// What people call it.
    pub title: String,
    /// How leavers are dealt with.
    pub soft_delete: SoftDelete,
    /// What becomes of Default Access.
    pub default_access: DefaultAccess,
    /// Whether a null or empty attribute in a condition of `IIF` fails the object (`spec/EXPRESSIONS.md` §3).
    pub strict_conditions: bool,
    /// The mapping of users.
    pub users: ObjectMapping,
    /// The mapping of groups, where there is one.
    pub groups: Option<ObjectMapping>,
}

impl Template {
    /// The mapping of groups, if it is switched on.
    pub fn enabled_groups(&self) -> Option<&ObjectMapping> {
        self.groups.as_ref().filter(|groups| groups.enabled)
    }

    /// A digest of what decides about values and scope: two templates with the same one provision alike. Comments, titles
    /// and the order of the target's attribute list do not count.
    pub fn fingerprint(&self) -> String {
        super::fingerprint::of(self)
    }
}
