//! What is to be done with an object, from its scope and its connection: the table of `spec/ENGINE.md` §4.

use super::scope::Ground;
use crate::{
    mapping::{ObjectMapping, SoftDelete},
    store::{ConnectionState, ObjectKind},
};

/// What is to be done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// Bring it into step: create or update.
    Provision,
    /// Disable it, and remember why.
    Disable(ConnectionState),
    /// Delete it at the target.
    Delete,
    /// Remember another state of its connection; nothing is sent.
    Remember(ConnectionState),
    /// Drop the connection; nothing is sent.
    Forget,
    /// Leave it alone; the log says why.
    Skip,
    /// Leave it alone; it has been dealt with.
    Nothing,
}

/// The settings that the table depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    /// The mapping of the kind of object.
    pub(super) mapping: &'a ObjectMapping,
    /// How the application deals with leavers.
    pub(super) soft_delete: SoftDelete,
    /// Leaves those alone who are unassigned or filtered out.
    pub(super) skip_out_of_scope_deletions: bool,
}

/// The intent for an object that is out on `ground` (none: in scope) with a connection in `state` (none: unknown).
pub(super) fn intent(
    rules: Rules<'_>,
    kind: ObjectKind,
    ground: Option<Ground>,
    state: Option<ConnectionState>,
) -> Intent {
    let Some(ground) = ground else {
        return Intent::Provision;
    };
    let Some(state) = state else {
        return if ground == Ground::Purged { Intent::Nothing } else { Intent::Skip };
    };
    let out_of_scope = ground.is_out_of_scope();
    if out_of_scope && rules.skip_out_of_scope_deletions && state == ConnectionState::Linked {
        return Intent::Skip;
    }
    if ground == Ground::Purged {
        return match state {
            ConnectionState::Released => Intent::Forget,
            _ if rules.mapping.actions.delete => Intent::Delete,
            _ => Intent::Forget,
        };
    }
    let leaving = if out_of_scope { ConnectionState::Released } else { ConnectionState::Suspended };
    if kind == ObjectKind::Group || (rules.soft_delete == SoftDelete::Unsupported && !rules.mapping.can_disable()) {
        return if rules.mapping.actions.delete { Intent::Delete } else { Intent::Skip };
    }
    match (state, leaving) {
        (ConnectionState::Suspended, ConnectionState::Released) if !rules.skip_out_of_scope_deletions => {
            Intent::Remember(leaving)
        }
        (ConnectionState::Suspended | ConnectionState::Released, _) => Intent::Nothing,
        (ConnectionState::Linked, _) if !rules.mapping.actions.update => Intent::Skip,
        (ConnectionState::Linked, _) if !rules.mapping.can_disable() => Intent::Remember(leaving),
        (ConnectionState::Linked, _) => Intent::Disable(leaving),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{Template, embedded, read};
    use ConnectionState::{Linked, Released, Suspended};

    fn template() -> Template {
        let (_, text) = embedded::find("scim").unwrap();
        read::parse("scim", text).unwrap().0
    }

    fn of(template: &Template, ground: Option<Ground>, state: Option<ConnectionState>) -> Intent {
        let rules =
            Rules { mapping: &template.users, soft_delete: template.soft_delete, skip_out_of_scope_deletions: false };
        intent(rules, ObjectKind::User, ground, state)
    }

    #[test]
    fn the_table_of_the_lifecycle() {
        let template = template();
        let of = |ground, state| of(&template, ground, state);
        for state in [None, Some(Linked), Some(Suspended), Some(Released)] {
            assert_eq!(of(None, state), Intent::Provision);
        }
        assert_eq!(of(Some(Ground::Unassigned), None), Intent::Skip);
        assert_eq!(of(Some(Ground::Unassigned), Some(Linked)), Intent::Disable(Released));
        assert_eq!(of(Some(Ground::Filtered), Some(Linked)), Intent::Disable(Released));
        assert_eq!(of(Some(Ground::Disabled), Some(Linked)), Intent::Disable(Suspended));
        assert_eq!(of(Some(Ground::Deleted), Some(Linked)), Intent::Disable(Suspended));
        assert_eq!(of(Some(Ground::Deleted), Some(Suspended)), Intent::Nothing);
        assert_eq!(of(Some(Ground::Unassigned), Some(Suspended)), Intent::Remember(Released));
        assert_eq!(of(Some(Ground::Disabled), Some(Released)), Intent::Nothing);
        assert_eq!(of(Some(Ground::Purged), Some(Linked)), Intent::Delete);
        assert_eq!(of(Some(Ground::Purged), Some(Suspended)), Intent::Delete);
        assert_eq!(of(Some(Ground::Purged), Some(Released)), Intent::Forget);
        assert_eq!(of(Some(Ground::Purged), None), Intent::Nothing);
    }

    #[test]
    fn actions_switched_off_send_nothing() {
        let mut template = template();
        template.users.actions.update = false;
        template.users.actions.delete = false;
        assert_eq!(of(&template, Some(Ground::Unassigned), Some(Linked)), Intent::Skip);
        assert_eq!(of(&template, Some(Ground::Purged), Some(Linked)), Intent::Forget);
    }

    #[test]
    fn without_a_mapping_that_disables_nothing_is_sent_unless_the_application_cannot_disable() {
        let mut template = template();
        template.users.mappings.retain(|mapping| !mapping.reads_soft_deleted());
        assert_eq!(of(&template, Some(Ground::Unassigned), Some(Linked)), Intent::Remember(Released));
        template.soft_delete = SoftDelete::Unsupported;
        assert_eq!(of(&template, Some(Ground::Unassigned), Some(Linked)), Intent::Delete);
    }

    #[test]
    fn a_group_has_nothing_to_disable_and_is_deleted() {
        let template = template();
        let groups = template.groups.as_ref().unwrap();
        let rules = Rules { mapping: groups, soft_delete: template.soft_delete, skip_out_of_scope_deletions: false };
        assert_eq!(intent(rules, ObjectKind::Group, Some(Ground::Unassigned), Some(Linked)), Intent::Delete);
    }

    #[test]
    fn skip_out_of_scope_deletions_spares_the_unassigned_and_not_the_disabled() {
        let template = template();
        let rules =
            Rules { mapping: &template.users, soft_delete: template.soft_delete, skip_out_of_scope_deletions: true };
        let of = |ground| intent(rules, ObjectKind::User, Some(ground), Some(Linked));
        assert_eq!(of(Ground::Unassigned), Intent::Skip);
        assert_eq!(of(Ground::Filtered), Intent::Skip);
        assert_eq!(of(Ground::Disabled), Intent::Disable(Suspended));
    }
}
