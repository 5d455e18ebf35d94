//! A user, as a Graph user resource or a row of the portal's download has it.

use super::{
    RecordProblem,
    fields::{Fields, Names},
    principal_name::{before_deletion, guest_address},
};
use crate::directory::RawRecord;
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The namespace of ids derived from user principal names: version 5 of the DNS name `user.directory.scimulator`.
const NAMESPACE: Uuid = Uuid::from_u128(0x4e12232e_364b_57ba_9cb5_2a4543d86b5b);

/// One user of the source directory.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The object id in lower case; derived from the user principal name where the record has none.
    pub id: String,
    /// The user principal name as the record has it, of a guest with `#EXT#`; only blanks around it are gone, and what
    /// Entra writes before the name of a deleted user.
    pub user_principal_name: String,
    /// The source attributes by their canonical names: `objectId`, `userPrincipalName` (of a guest, the address at
    /// home), `originalUserPrincipalName` (the full name, unless the record has its own), `accountEnabled`, then those
    /// of the record in its order. Without `manager` and `deletedDateTime`.
    pub attributes: Map<String, Value>,
    /// Whether the account is enabled; true where the record does not say.
    pub account_enabled: bool,
    /// The manager's id or user principal name.
    pub manager: Option<String>,
    /// When the user was soft-deleted.
    pub deleted_at: Option<Timestamp>,
}

impl User {
    /// Reads one record of a file of users or deleted users.
    pub fn parse(record: &RawRecord) -> Result<Self, Vec<RecordProblem>> {
        let mut fields = Fields::read(record, Names::Attributes)?;
        let given_id = fields.id("objectId");
        let written_name = fields.required_text("userPrincipalName");
        let account_enabled = fields.boolean("accountEnabled", true);
        let manager = fields.reference("manager");
        let deleted_at = fields.moment("deletedDateTime");
        let name = name(&written_name, given_id.as_deref(), deleted_at).to_owned();
        let id = given_id.unwrap_or_else(|| derived_user_id(&name));
        let mut attributes = own_attributes(&id, &name);
        attributes.insert("accountEnabled".to_owned(), account_enabled.into());
        fields.attributes(&mut attributes);
        fields.finish(Self { id, user_principal_name: name, attributes, account_enabled, manager, deleted_at })
    }

    /// The attributes of a record that expressions are tried on. It is read as a user's, but need not have a name, and may
    /// have what otherwise is worked out for each job: `IsSoftDeleted`, which follows from the account where it is left out,
    /// and `appRoleAssignments`. The manager stays as it is written.
    pub fn sketch(record: &RawRecord) -> Result<Map<String, Value>, Vec<RecordProblem>> {
        let mut fields = Fields::read(record, Names::Attributes)?;
        let given_id = fields.id("objectId");
        let written_name = fields.text("userPrincipalName");
        let account_enabled = fields.boolean("accountEnabled", true);
        let manager = fields.reference("manager");
        let deleted_at = fields.moment("deletedDateTime");
        let soft_deleted = fields.boolean("IsSoftDeleted", !account_enabled || deleted_at.is_some());
        let roles = fields.value("appRoleAssignments");
        let name = written_name.as_deref().map(|written| name(written, given_id.as_deref(), deleted_at));
        let mut attributes = match (name, &given_id) {
            (Some(name), Some(id)) => own_attributes(id, name),
            (Some(name), None) => own_attributes(&derived_user_id(name), name),
            (None, id) => id.iter().map(|id| ("objectId".to_owned(), id.as_str().into())).collect(),
        };
        attributes.insert("accountEnabled".to_owned(), account_enabled.into());
        attributes.insert("IsSoftDeleted".to_owned(), soft_deleted.into());
        attributes.extend(roles.map(|(_, roles)| ("appRoleAssignments".to_owned(), roles)));
        attributes.extend(manager.map(|manager| ("manager".to_owned(), manager.into())));
        fields.attributes(&mut attributes);
        fields.finish(attributes)
    }
}

/// The user principal name as it was before the user was deleted, if that is so.
fn name<'n>(written: &'n str, id: Option<&str>, deleted_at: Option<Timestamp>) -> &'n str {
    match (id, deleted_at) {
        (Some(id), Some(_)) => before_deletion(written, id),
        _ => written,
    }
}

/// What every user has: the id, and the name with and without what Entra makes of a guest's.
fn own_attributes(id: &str, name: &str) -> Map<String, Value> {
    let address = guest_address(name);
    [("objectId", id), ("userPrincipalName", address.as_deref().unwrap_or(name)), ("originalUserPrincipalName", name)]
        .map(|(attribute, value)| (attribute.to_owned(), value.into()))
        .into_iter()
        .collect()
}

/// The id of a user whose record has none: a UUID version 5 of the user principal name in lower case.
pub fn derived_user_id(user_principal_name: &str) -> String {
    Uuid::new_v5(&NAMESPACE, user_principal_name.to_lowercase().as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{json, messages, raw};
    use super::*;
    use serde_json::json;

    const ID: &str = "6e7b768e-07e2-4810-8459-485f84f8f204";

    fn user(text: &impl ToString) -> User {
        User::parse(&raw(text)).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn problems(text: &impl ToString) -> Vec<String> {
        messages(User::parse(&raw(text)))
    }

    /// The attribute `name` of a user who also has the given member.
    fn attribute(member: &str, value: &Value, name: &str) -> Option<Value> {
        user(&json!({"userPrincipalName": "ann@contoso.example", member: value})).attributes.get(name).cloned()
    }

    #[test]
    fn a_graph_user_is_read_with_entras_names() {
        let user = user(&json!({
            "@odata.type": "#microsoft.graph.user",
            "businessPhones": ["+1 425 555 0109"],
            "displayName": "Adele Vance",
            "givenName": "Adele",
            "jobTitle": null,
            "mail": "AdeleV@contoso.example",
            "mobilePhone": "+1 425 555 0101",
            "officeLocation": "18/2111",
            "faxNumber": "+1 425 555 0102",
            "preferredLanguage": "en-US",
            "surname": "Vance",
            "userPrincipalName": "AdeleV@contoso.example",
            "id": "87D349ED-44D7-43E1-9A83-5F2406DEE5BD",
            "accountEnabled": false,
            "proxyAddresses": ["SMTP:AdeleV@contoso.example"],
            "otherMails": [],
            "onPremisesExtensionAttributes": {"extensionAttribute1": "A1", "extensionAttribute2": null},
            "employeeOrgData": {"division": "Sales", "costCenter": "77"},
            "extension_abc_Badge": 7,
            "favouriteColour": ["red"],
        }));
        assert_eq!(user.id, "87d349ed-44d7-43e1-9a83-5f2406dee5bd");
        assert_eq!(user.user_principal_name, "AdeleV@contoso.example");
        assert!(!user.account_enabled);
        assert_eq!((user.manager, user.deleted_at), (None, None));
        assert_eq!(
            json(user.attributes),
            json(json!({
                "objectId": "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
                "userPrincipalName": "AdeleV@contoso.example",
                "originalUserPrincipalName": "AdeleV@contoso.example",
                "accountEnabled": false,
                "telephoneNumber": "+1 425 555 0109",
                "displayName": "Adele Vance",
                "givenName": "Adele",
                "mail": "AdeleV@contoso.example",
                "mobile": "+1 425 555 0101",
                "physicalDeliveryOfficeName": "18/2111",
                "facsimileTelephoneNumber": "+1 425 555 0102",
                "preferredLanguage": "en-US",
                "surname": "Vance",
                "proxyAddresses": ["SMTP:AdeleV@contoso.example"],
                "extensionAttribute1": "A1",
                "employeeOrgData": {"division": "Sales", "costCenter": "77"},
                "extension_abc_Badge": 7,
                "favouriteColour": ["red"],
            }))
        );
    }

    #[test]
    fn a_row_of_texts_is_read_the_same_way() {
        let user = user(&json!({
            "USERPRINCIPALNAME": " ann@contoso.example ",
            "ObjectId": ID,
            "accountEnabled": "True",
            "employeeId": "0755",
            "businessPhones": "[\"+1 425 555 0109\"]",
            "proxyAddresses": "SMTP:ann@contoso.example; smtp:a@contoso.example",
            "onPremisesExtensionAttributes.extensionAttribute3": "A3",
            "manager": "bob@contoso.example",
        }));
        assert_eq!(user.manager.as_deref(), Some("bob@contoso.example"));
        assert_eq!(
            json(user.attributes),
            json(json!({
                "objectId": ID,
                "userPrincipalName": "ann@contoso.example",
                "originalUserPrincipalName": "ann@contoso.example",
                "accountEnabled": true,
                "employeeId": "0755",
                "telephoneNumber": "+1 425 555 0109",
                "proxyAddresses": ["SMTP:ann@contoso.example", "smtp:a@contoso.example"],
                "extensionAttribute3": "A3",
            }))
        );
    }

    #[test]
    fn an_id_that_is_left_out_follows_from_the_name_in_any_case() {
        let id = |name: &str| user(&json!({"userPrincipalName": name})).id;
        assert_eq!(id("Ann@contoso.example"), id("ann@CONTOSO.example"));
        assert_eq!(id("ann@contoso.example"), derived_user_id("ann@contoso.example"));
        assert_eq!(id("ann@contoso.example"), "e2f07b1d-19bd-5771-8747-286ae84526be");
        assert_eq!(NAMESPACE, Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"user.directory.scimulator"));
    }

    #[test]
    fn a_guest_is_delivered_by_the_address_at_home() {
        let name = "ann_lee_partner.example#EXT#@contoso.onmicrosoft.com";
        let user = user(&json!({"userPrincipalName": name}));
        assert_eq!(user.user_principal_name, name);
        assert_eq!(user.id, derived_user_id(name));
        assert_eq!(user.attributes["userPrincipalName"], "ann_lee@partner.example");
        assert_eq!(user.attributes["originalUserPrincipalName"], name);
    }

    #[test]
    fn a_sketch_is_read_as_a_user_and_may_lack_everything_or_have_what_is_computed() {
        let sketch = |value: Value| {
            let attributes = User::sketch(&raw(&value)).unwrap_or_else(|problems| panic!("{problems:?}"));
            json(attributes)
        };
        assert_eq!(sketch(json!({})), json(json!({"accountEnabled": true, "IsSoftDeleted": false})));
        assert_eq!(
            sketch(json!({
                "id": "A1", "userPrincipalName": "ann_partner.example#EXT#@contoso.onmicrosoft.com", "accountEnabled": false,
                "mobilePhone": "+1", "manager": {"id": "B2"}, "appRoleAssignments": [{"value": "Admin"}], "level": null,
            })),
            json(json!({
                "objectId": "a1", "userPrincipalName": "ann@partner.example",
                "originalUserPrincipalName": "ann_partner.example#EXT#@contoso.onmicrosoft.com",
                "accountEnabled": false, "IsSoftDeleted": true, "appRoleAssignments": [{"value": "Admin"}],
                "manager": "B2", "mobile": "+1",
            }))
        );
        assert_eq!(
            sketch(json!({"accountEnabled": false, "isSoftDeleted": "False"})),
            json(json!({"accountEnabled": false, "IsSoftDeleted": false}))
        );
        assert_eq!(messages(User::sketch(&raw(&json!({"city": ["a"]})))).len(), 1);
    }

    #[test]
    fn a_deleted_user_gets_the_name_back() {
        let name = "6e7b768e07e248108459485f84f8f204ann@contoso.example";
        let mut record = json!({"id": ID, "userPrincipalName": name, "deletedDateTime": "2026-01-31T08:00:00Z"});
        let deleted = user(&record);
        assert_eq!(deleted.user_principal_name, "ann@contoso.example");
        assert_eq!(deleted.attributes["userPrincipalName"], "ann@contoso.example");
        assert_eq!(deleted.deleted_at, "2026-01-31T08:00:00Z".parse().ok());
        assert!(!deleted.attributes.contains_key("deletedDateTime"));
        record["deletedDateTime"] = Value::Null;
        assert_eq!(user(&record).user_principal_name, name);
    }

    #[test]
    fn a_moment_without_an_offset_is_utc() {
        let deleted_at = |text: &str| {
            let user = user(&json!({"userPrincipalName": "ann@contoso.example", "deletedDateTime": text}));
            user.deleted_at.unwrap().to_string()
        };
        assert_eq!(deleted_at("2026-01-31T08:00:00.1234567+02:00"), "2026-01-31T06:00:00.1234567Z");
        assert_eq!(deleted_at("2026-01-31T08:00:00"), "2026-01-31T08:00:00Z");
        assert_eq!(deleted_at("2026-01-31"), "2026-01-31T00:00:00Z");
    }

    #[test]
    fn account_enabled_is_a_truth_value_in_many_spellings() {
        let enabled = |value: Value| {
            let user = user(&json!({"userPrincipalName": "ann@contoso.example", "accountEnabled": value}));
            assert_eq!(user.attributes["accountEnabled"], user.account_enabled);
            user.account_enabled
        };
        for value in [json!(true), json!("True"), json!("TRUE"), json!("1"), json!(1), json!(null), json!("")] {
            assert!(enabled(value.clone()), "{value}");
        }
        for value in [json!(false), json!("false"), json!("0"), json!(0)] {
            assert!(!enabled(value.clone()), "{value}");
        }
        assert_eq!(
            problems(&json!({"userPrincipalName": "ann@contoso.example", "AccountEnabled": "maybe"})),
            ["`AccountEnabled` must be true or false, not \"maybe\""]
        );
    }

    #[test]
    fn a_manager_is_named_in_every_way() {
        let manager = |name: &str, value: Value| {
            let user = user(&json!({"userPrincipalName": "ann@contoso.example", name: value}));
            assert!(!user.attributes.contains_key("manager"));
            user.manager
        };
        assert_eq!(manager("manager", json!(ID)).as_deref(), Some(ID));
        assert_eq!(manager("Manager", json!({"id": ID})).as_deref(), Some(ID));
        assert_eq!(manager("manager", json!({"userPrincipalName": "bob@x"})).as_deref(), Some("bob@x"));
        assert_eq!(manager("manager", json!({"@odata.id": format!("https://x/v1.0/users/{ID}")})).as_deref(), Some(ID));
        assert_eq!(manager("manager@odata.bind", json!(format!("https://x/v1.0/users/{ID}"))).as_deref(), Some(ID));
        assert_eq!(manager("manager", Value::Null), None);
        assert_eq!(manager("manager", json!("")), None);
    }

    #[test]
    fn whole_numbers_in_text_attributes_become_text() {
        assert_eq!(attribute("employeeId", &json!(755), "employeeId"), Some(json!("755")));
        assert_eq!(attribute("employeeId", &json!("0755"), "employeeId"), Some(json!("0755")));
        assert_eq!(
            problems(
                &json!({"userPrincipalName": "ann@contoso.example", "employeeId": 7.50, "city": true, "mail": ["a"]})
            ),
            [
                "`employeeId` must be a text in quotation marks, not 7.5",
                "`city` must be a text in quotation marks, not true",
                "`mail` must be a text in quotation marks, not [\"a\"]",
            ]
        );
    }

    #[test]
    fn business_phones_give_their_first_number() {
        let phone = |value: Value| attribute("BusinessPhones", &value, "telephoneNumber");
        assert_eq!(phone(json!(["+1", "+2"])), Some(json!("+1")));
        assert_eq!(phone(json!("+1;+2")), Some(json!("+1")));
        assert_eq!(phone(json!([])), None);
        assert_eq!(
            problems(&json!({"userPrincipalName": "ann@contoso.example", "businessPhones": {"work": "+1"}})),
            ["`businessPhones` must be a text in quotation marks, not {\"work\":\"+1\"}"]
        );
    }

    #[test]
    fn other_truth_values_and_lists_are_read_from_text() {
        assert_eq!(attribute("onPremisesSyncEnabled", &json!("True"), "onPremisesSyncEnabled"), Some(json!(true)));
        assert_eq!(attribute("otherMails", &json!(["a@x", null, 7]), "otherMails"), Some(json!(["a@x", "7"])));
        assert_eq!(
            problems(
                &json!({"userPrincipalName": "ann@contoso.example", "showInAddressList": "no", "otherMails": {"a": 1}})
            ),
            [
                "`showInAddressList` must be true or false, not \"no\"",
                "`otherMails` must be a list of texts, not {\"a\":1}",
            ]
        );
    }

    #[test]
    fn a_blank_text_is_a_value_only_where_texts_are_values() {
        assert_eq!(attribute("department", &json!(""), "department"), Some(json!("")));
        for name in ["showInAddressList", "unseenCount", "otherMails", "deletedDateTime", "id"] {
            assert_eq!(
                user(&json!({"userPrincipalName": "ann@contoso.example", name: " "})).attributes.len(),
                4,
                "{name}"
            );
        }
    }

    #[test]
    fn what_the_engine_computes_and_passwords_are_not_read() {
        for name in
            ["IsSoftDeleted", "isSoftDeleted", "appRoleAssignments", "passwordProfile", "passwordProfile.password"]
        {
            let user = user(&json!({"userPrincipalName": "ann@contoso.example", name: "x"}));
            assert_eq!(user.attributes.len(), 4, "{name}");
        }
    }

    #[test]
    fn two_names_of_one_attribute_must_agree() {
        let record = r#"{"id": "1", "objectId": "1", "userPrincipalName": "ann@contoso.example"}"#;
        assert_eq!(user(&record).id, "1");
        let record = r#"{"id": "1", "objectId": "2", "userPrincipalName": "a@x", "mail": "a", "mail": "b", "Mail": "a",
            "onPremisesExtensionAttributes": {"extensionAttribute1": "x"}, "extensionAttribute1": "y"}"#;
        assert_eq!(
            problems(&record),
            [
                "`objectId` and `id` are the same attribute and have different values",
                "`mail` stands twice, with different values",
                "`extensionAttribute1` and `onPremisesExtensionAttributes.extensionAttribute1` are the same attribute \
                 and have different values",
            ]
        );
    }

    #[test]
    fn all_problems_of_a_record_are_reported() {
        assert_eq!(
            problems(&json!({"accountEnabled": "x", "manager": 1, "deletedDateTime": "yesterday", "city": {}})),
            [
                "`userPrincipalName` is missing",
                "`accountEnabled` must be true or false, not \"x\"",
                "`manager` must be an id, a user principal name or an object with an `id`, not 1",
                "`deletedDateTime` must be a date and time as in `2026-01-31T08:00:00Z`, not \"yesterday\"",
                "`city` must be a text in quotation marks, not {}",
            ]
        );
        assert_eq!(problems(&json!({"UserPrincipalName": " "})), ["`UserPrincipalName` is missing"]);
        assert_eq!(
            problems(&json!({"userPrincipalName": []})),
            ["`userPrincipalName` must be a text in quotation marks, not []"]
        );
    }

    #[test]
    fn a_record_that_is_no_object_is_a_problem() {
        assert_eq!(problems(&"[1]"), ["the record must be a JSON object, not [1]"]);
        assert_eq!(problems(&"null"), ["the record must be a JSON object, not null"]);
    }

    #[test]
    fn a_syntax_error_has_the_place_in_the_file() {
        let at = |text: &str| {
            let record = RawRecord { text: text.as_bytes().to_vec(), line: 10, column: 5, number: 3 };
            messages(User::parse(&record)).join("\n")
        };
        assert_eq!(at("{\"é\": x}"), "the record is not JSON: expected value in line 10, column 11");
        assert_eq!(at("{\n  \"é\": x}"), "the record is not JSON: expected value in line 11, column 8");
        assert_eq!(at("nul"), "the record is not JSON: EOF while parsing a value in line 10, column 7");
        assert_eq!(at("{} {}"), "the record is not JSON: trailing characters in line 10, column 8");
    }

    #[test]
    fn a_misspelt_name_is_offered_for_the_one_that_is_missing() {
        let suggestions = |record: &Value| {
            let problems = User::parse(&raw(record)).err().unwrap_or_default();
            problems.iter().map(RecordProblem::suggestion).collect::<Vec<_>>()
        };
        let meant = |name: &str| [Some(format!("is `{name}` meant for it?"))];
        assert_eq!(suggestions(&json!({"userPrincipleName": "a@x", "displayName": "A"})), meant("userPrincipleName"));
        assert_eq!(suggestions(&json!({"User Principal Name": "a@x"})), meant("User Principal Name"));
        assert_eq!(suggestions(&json!({"userPrincipalNames": ["a@x"]})), meant("userPrincipalNames"));
        assert_eq!(suggestions(&json!({"onPremisesUserPrincipalName": "a@x", "displayName": "A"})), [None]);
        assert_eq!(suggestions(&json!({"userPrincipalName": " ", "userPrincipleName": "a@x"})), [None]);
        assert_eq!(suggestions(&json!({"userPrincipleName": null})), [None]);
    }

    #[test]
    fn the_answer_of_a_delta_query_is_no_directory() {
        assert_eq!(
            problems(&json!({"id": "1", "userPrincipalName": "a@x", "@removed": {"reason": "deleted"}})),
            ["`@removed` belongs to the answer of a delta query, which lists changes; use the full list instead"]
        );
    }
}
