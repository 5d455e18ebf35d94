//! Application roles on the wire.
//!
//! A create has a role as an object, whose members depend on how it is meant ([`RoleForm`]):
//!
//! | one role | `{"primary":true,"type":"WindowsAzureActiveDirectoryRole","value":"Admin"}` |
//! |---|---|
//! | roles that are added | `{"primary":false,"type":"WindowsAzureActiveDirectoryRole","displayName":"Admin","value":"Admin"}` |
//! | roles that are asserted | the same with `display` in place of `displayName` |
//!
//! A change has the same objects, except that the legacy dialect writes roles that are added as JSON text in a `value`:
//! `{"value":"{\"id\":..,\"value\":..,\"displayName\":..}"}`. So a target may hold a role as any of these objects, as such
//! a text that it stored as it came, or as what it made of the text; [`Role::read`] takes them all.
//! Source: `spec/WIRE.md` §3, §4; `spec/MAPPINGS.md` §7.

use super::path::{Selector, member, scalar_eq};
use serde::Serialize;
use serde_json::{Value, json};

/// The type of every role.
pub const ROLE_TYPE: &str = "WindowsAzureActiveDirectoryRole";

/// A role as it is to be sent, or as a target holds it. What is not known of it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Its id.
    pub id: String,
    /// Its name for programs.
    pub value: String,
    /// Its name for people.
    pub display_name: String,
}

/// How a list of roles is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleForm {
    /// The target has these, and maybe others.
    Added,
    /// The target has these and no others.
    Asserted,
}

impl Role {
    /// Reads an entry of `roles`, in whatever shape a target has it. None: it names no role.
    pub fn read(entry: &Value) -> Option<Self> {
        let role = match entry {
            Value::String(text) => {
                Self::of_text(text).unwrap_or_else(|| Self { value: text.clone(), ..Self::default() })
            }
            Value::Object(_) => Self::within(entry).unwrap_or_else(|| Self::of_members(entry)),
            _ => return None,
        };
        (!role.name().is_empty()).then_some(role)
    }

    /// The role in the `value` of an entry, where that is the legacy dialect's text.
    fn within(entry: &Value) -> Option<Self> {
        Self::of_text(member(entry, "value")?.as_str()?)
    }

    /// The role that the legacy dialect's text means.
    fn of_text(text: &str) -> Option<Self> {
        let object = serde_json::from_str::<Value>(text).ok().filter(Value::is_object)?;
        Some(Self::of_members(&object))
    }

    fn of_members(object: &Value) -> Self {
        let text = |name: &str| member(object, name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let display_name = [text("displayName"), text("display")].into_iter().find(|name| !name.is_empty());
        Self { id: text("id"), value: text("value"), display_name: display_name.unwrap_or_default() }
    }

    /// What the role is called by one text: its value, or its name for people where it has none.
    pub fn name(&self) -> &str {
        if self.value.is_empty() { &self.display_name } else { &self.value }
    }

    /// The role as the legacy dialect writes it: compact JSON with `id`, `value` and `displayName`.
    pub fn to_text(&self) -> String {
        json!(self).to_string()
    }

    /// Whether both are called alike. Letter case counts where `case_exact` says so.
    pub fn is_called(&self, other: &Self, case_exact: bool) -> bool {
        same_text(self.name(), other.name(), case_exact)
    }

    /// Whether nothing that is known of both tells them apart: neither names nor ids.
    pub fn is_same(&self, other: &Self, case_exact: bool) -> bool {
        let agree = |left: &str, right: &str| left.is_empty() || right.is_empty() || same_text(left, right, case_exact);
        self.is_called(other, case_exact)
            && agree(&self.id.to_lowercase(), &other.id.to_lowercase())
            && agree(&self.display_name, &other.display_name)
    }

    fn element(&self, form: RoleForm) -> Value {
        let name = if self.display_name.is_empty() { &self.value } else { &self.display_name };
        match form {
            RoleForm::Added => {
                json!({"primary": false, "type": ROLE_TYPE, "displayName": name, "value": self.name()})
            }
            RoleForm::Asserted => json!({"primary": false, "type": ROLE_TYPE, "display": name, "value": self.name()}),
        }
    }
}

/// The roles as the objects that a create has.
pub fn elements(form: RoleForm, roles: &[Role]) -> Value {
    roles.iter().map(|role| role.element(form)).collect()
}

/// The roles that a target holds in `attribute`, the value of `roles`.
pub fn held(attribute: &Value) -> Vec<Role> {
    entries(attribute).iter().filter_map(Role::read).collect()
}

/// Whether a target holds `role` as the one that `selector` picks. The legacy dialect's text counts too, and an entry that
/// says nothing of what the selector asks for, as a target may make of the text; an entry that is marked otherwise does not.
pub fn holds_selected(attribute: &Value, selector: &Selector, role: &Role, case_exact: bool) -> bool {
    entries(attribute).iter().any(|entry| {
        let is_silent = || selector.0.iter().all(|(name, _)| member(entry, name).is_none_or(Value::is_null));
        let fits = Role::within(entry).is_some() || is_silent() || selector.matches(entry);
        fits && Role::read(entry).is_some_and(|held| held.is_called(role, case_exact))
    })
}

/// The entries of `attribute`, of whatever kind; a single one may stand outside a list.
pub fn entries(attribute: &Value) -> &[Value] {
    match attribute {
        Value::Array(entries) => entries,
        single => std::slice::from_ref(single),
    }
}

fn same_text(left: &str, right: &str, case_exact: bool) -> bool {
    if case_exact { left == right } else { scalar_eq(&left.into(), &right.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(id: &str, value: &str, display_name: &str) -> Role {
        Role { id: id.into(), value: value.into(), display_name: display_name.into() }
    }

    #[test]
    fn a_role_is_written_as_the_documented_samples_have_it() {
        let roles = [role("06b07648", "25", "Role1234")];
        assert_eq!(roles[0].to_text(), r#"{"id":"06b07648","value":"25","displayName":"Role1234"}"#);
        assert_eq!(
            elements(RoleForm::Added, &roles).to_string(),
            r#"[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","displayName":"Role1234","value":"25"}]"#
        );
        assert_eq!(
            elements(RoleForm::Asserted, &roles).to_string(),
            r#"[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Role1234","value":"25"}]"#
        );
    }

    #[test]
    fn what_is_missing_of_a_role_is_filled_in_for_people_and_programs() {
        assert_eq!(
            elements(RoleForm::Added, &[role("", "25", ""), role("", "", "Boss")]).to_string(),
            "[{\"primary\":false,\"type\":\"WindowsAzureActiveDirectoryRole\",\"displayName\":\"25\",\"value\":\"25\"},\
             {\"primary\":false,\"type\":\"WindowsAzureActiveDirectoryRole\",\"displayName\":\"Boss\",\"value\":\"Boss\"}]"
        );
    }

    #[test]
    fn a_role_is_read_in_every_shape_that_a_target_may_have_it_in() {
        for (entry, expected) in [
            (json!({"primary": false, "type": ROLE_TYPE, "displayName": "B", "value": "25"}), role("", "25", "B")),
            (json!({"Display": "B", "Value": "25"}), role("", "25", "B")),
            (json!({"value": r#"{"id":"7","value":"25","displayName":"B"}"#}), role("7", "25", "B")),
            (json!({"id": "7", "value": "25", "displayName": "B"}), role("7", "25", "B")),
            (json!(r#"{"id":"7","value":"25","displayName":"B"}"#), role("7", "25", "B")),
            (json!("25"), role("", "25", "")),
            (json!({"value": "[]"}), role("", "[]", "")),
            (json!({"display": "B"}), role("", "", "B")),
        ] {
            assert_eq!(Role::read(&entry), Some(expected), "{entry}");
        }
        for entry in [json!(null), json!(7), json!({"type": ROLE_TYPE, "primary": true}), json!(""), json!("{}")] {
            assert_eq!(Role::read(&entry), None, "{entry}");
        }
    }

    #[test]
    fn a_selected_role_is_held_unless_the_target_marks_it_otherwise() {
        let selector = Selector::parse("primary eq \"True\"").unwrap();
        let text = r#"{"id":"7","value":"Admin","displayName":"B"}"#;
        let holds = |held: Value| holds_selected(&held, &selector, &role("7", "Admin", "B"), false);
        assert!(holds(json!([{"primary": false, "value": "User"}, {"primary": true, "value": "admin"}])));
        assert!(holds(json!({"primary": true, "value": "Admin"})));
        assert!(holds(json!([{"value": text, "primary": false}])));
        assert!(holds(json!([text])));
        assert!(holds(json!([{"value": "Admin"}])));
        assert!(!holds(json!([{"primary": false, "value": "Admin"}])));
        assert!(!holds(json!([{"primary": true, "value": "User"}])));
        assert!(!holds_selected(&json!(["admin"]), &selector, &role("7", "Admin", "B"), true));
    }

    #[test]
    fn roles_are_told_apart_by_what_is_known_of_both() {
        let admin = role("7", "Admin", "Boss");
        for (other, called, same) in [
            (role("", "admin", ""), true, true),
            (role("7", "Admin", "Boss"), true, true),
            (role("8", "Admin", "Boss"), true, false),
            (role("", "Admin", "Chief"), true, false),
            (role("7", "User", "Boss"), false, false),
        ] {
            assert_eq!((admin.is_called(&other, false), admin.is_same(&other, false)), (called, same), "{other:?}");
        }
        assert!(!admin.is_called(&role("", "admin", ""), true));
    }
}
