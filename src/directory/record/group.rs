//! A group with its members, as a Graph group resource has it.

use super::{
    RecordProblem,
    fields::{Fields, Names},
};
use crate::directory::RawRecord;
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The namespace of ids derived from display names of groups: version 5 of the DNS name `group.directory.scimulator`.
const NAMESPACE: Uuid = Uuid::from_u128(0xa2f152b9_d44c_500b_8ff0_226ce56c1fe6);

/// One group of the source directory.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The object id in lower case; derived from the display name where the record has none.
    pub id: String,
    /// The display name.
    pub display_name: String,
    /// Whether an assignment of the group reaches its members; true where the record does not say.
    pub security_enabled: bool,
    /// The source attributes by their canonical names: `objectId`, `displayName`, `securityEnabled`, then those of the
    /// record in its order. Without `members`, `owners` and `deletedDateTime`.
    pub attributes: Map<String, Value>,
    /// The ids or names of the direct members, in the order of the record.
    pub members: Vec<String>,
    /// When the group was deleted.
    pub deleted_at: Option<Timestamp>,
}

impl Group {
    /// Reads one record of a file of groups or deleted groups.
    pub fn parse(record: &RawRecord) -> Result<Self, Vec<RecordProblem>> {
        let mut fields = Fields::read(record, Names::Attributes)?;
        let given_id = fields.id("objectId");
        let display_name = fields.required_text("displayName");
        let security_enabled = fields.boolean("securityEnabled", true);
        let members = fields.references("members");
        let deleted_at = fields.moment("deletedDateTime");
        fields.value("owners");
        let id = given_id.unwrap_or_else(|| derived_group_id(&display_name));
        let mut attributes = Map::new();
        attributes.insert("objectId".to_owned(), id.clone().into());
        attributes.insert("displayName".to_owned(), display_name.as_str().into());
        attributes.insert("securityEnabled".to_owned(), security_enabled.into());
        fields.attributes(&mut attributes);
        fields.finish(Self { id, display_name, security_enabled, attributes, members, deleted_at })
    }
}

/// The id of a group whose record has none: a UUID version 5 of the display name in lower case.
pub fn derived_group_id(display_name: &str) -> String {
    Uuid::new_v5(&NAMESPACE, display_name.to_lowercase().as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{json, messages, raw};
    use super::*;
    use serde_json::json;

    fn group(text: &impl ToString) -> Group {
        Group::parse(&raw(text)).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn problems(text: &impl ToString) -> Vec<String> {
        messages(Group::parse(&raw(text)))
    }

    #[test]
    fn a_graph_group_is_read_without_members_among_its_attributes() {
        let group = group(&json!({
            "id": "45B7D2E7-B882-4A80-BA97-10B7A63B8FA4",
            "deletedDateTime": null,
            "description": "Everybody in sales",
            "displayName": "Sales",
            "groupTypes": [],
            "mailEnabled": "False",
            "mailNickname": "sales",
            "securityEnabled": false,
            "members@odata.context": "https://x/$metadata#directoryObjects",
            "members": [{"@odata.type": "#microsoft.graph.user", "id": "A1"}, "bob@contoso.example"],
            "owners": [{"id": "A1"}],
        }));
        assert_eq!(group.id, "45b7d2e7-b882-4a80-ba97-10b7a63b8fa4");
        assert_eq!(group.display_name, "Sales");
        assert!(!group.security_enabled);
        assert_eq!(group.members, ["A1", "bob@contoso.example"]);
        assert_eq!(group.deleted_at, None);
        assert_eq!(
            json(group.attributes),
            json(json!({
                "objectId": "45b7d2e7-b882-4a80-ba97-10b7a63b8fa4",
                "displayName": "Sales",
                "securityEnabled": false,
                "description": "Everybody in sales",
                "mailEnabled": false,
                "mailNickname": "sales",
            }))
        );
    }

    #[test]
    fn a_group_is_security_enabled_and_without_members_where_the_record_is_silent() {
        let group = group(&json!({"displayName": "Sales"}));
        assert!(group.security_enabled);
        assert_eq!(group.members, [""; 0]);
        assert_eq!(group.id, derived_group_id("SALES"));
        assert_eq!(group.id, "4fbac6ff-62b9-5ca4-bbde-530c8a84408d");
        assert_eq!(NAMESPACE, Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"group.directory.scimulator"));
    }

    #[test]
    fn members_are_read_from_a_cell_and_from_graphs_bindings() {
        assert_eq!(group(&json!({"displayName": "Sales", "members": "a@x; b@x"})).members, ["a@x", "b@x"]);
        let bound = json!({"displayName": "Sales", "members@odata.bind": ["https://x/v1.0/directoryObjects/a1"]});
        assert_eq!(group(&bound).members, ["a1"]);
    }

    #[test]
    fn a_list_of_members_that_goes_on_elsewhere_is_a_problem() {
        assert_eq!(
            problems(&json!({"displayName": "Sales", "members": ["a"], "members@odata.nextLink": "https://x"})),
            ["`members@odata.nextLink` says that the list goes on elsewhere; put the whole list into the record"]
        );
        assert_eq!(
            problems(&json!({"displayName": "Sales", "members@delta": [{"id": "a"}]})),
            ["`members@delta` belongs to the answer of a delta query, which lists changes; use the full list instead"]
        );
    }

    #[test]
    fn a_misspelt_name_is_offered_for_the_one_that_is_missing() {
        let problems =
            Group::parse(&raw(&json!({"dispalyName": "Sales", "mail": "sales@x"}))).err().unwrap_or_default();
        let suggestions: Vec<_> = problems.iter().filter_map(RecordProblem::suggestion).collect();
        assert_eq!(suggestions, ["is `dispalyName` meant for it?"]);
    }

    #[test]
    fn all_problems_of_a_group_are_reported() {
        assert_eq!(
            problems(&json!({"securityEnabled": "yes", "members": [{}, 1], "unseenCount": "many"})),
            [
                "`displayName` is missing",
                "`securityEnabled` must be true or false, not \"yes\"",
                "`members[0]` must be an id, a user principal name or an object with an `id`, not {}",
                "`members[1]` must be an id, a user principal name or an object with an `id`, not 1",
                "`unseenCount` must be a whole number, not \"many\"",
            ]
        );
        assert_eq!(
            problems(&json!({"displayName": "Sales", "members": {"id": "a"}})),
            ["`members` must be a list of ids, user principal names or objects with an `id`, not {\"id\":\"a\"}"]
        );
    }
}
