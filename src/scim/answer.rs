//! Reading what a target answers.
//!
//! First the status: anything that is no success (200, 201, 204) is a [`Failure`] of some kind. Then the body, leniently in the letter
//! case of SCIM's own names and strictly in shape: a list is an object with the list's schema and `Resources`, a
//! resource an object with `schemas` and an `id`. What does not fit says what was wrong with it.
//!
//! Source: `spec/WIRE.md` §2.6, §3 and §7.

use super::{
    failure::{Failure, FailureKind},
    json_body,
    mask::Mask,
    path::member,
    transport::{Method, Response},
};
use serde_json::Value;
use url::Url;

/// The schema of a list of resources.
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// What the URN of every message that is no resource begins with.
const MESSAGES: &str = "urn:ietf:params:scim:api:messages:2.0:";

/// A page of resources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// How many resources there are in all, on this page and others.
    pub total: u64,
    /// Those on this page; each is an object with an `id`.
    pub resources: Vec<Value>,
}

/// A response with what is needed to say where it came from.
pub(crate) struct Reading {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) mask: Mask,
    pub(crate) response: Response,
}

impl Reading {
    /// Passes a status of success with a body that was read to its end.
    pub(crate) fn success(self) -> Result<Self, Failure> {
        let kind = match self.response.status {
            200..=299 if self.response.truncated => FailureKind::TooLarge,
            200 | 201 | 204 => return Ok(self),
            status if is_redirect(status) => {
                FailureKind::Redirected(self.response.header("Location").unwrap_or_default().to_owned())
            }
            ..=399 => FailureKind::UnexpectedStatus,
            400 if self.is_uniqueness() => FailureKind::Conflict,
            401 => FailureKind::InvalidCredentials,
            403 => FailureKind::InsufficientRights,
            404 | 410 => FailureKind::NotFound,
            405 => FailureKind::MethodNotAllowed,
            408 => FailureKind::Timeout(None),
            409 => FailureKind::Conflict,
            422 => FailureKind::UnprocessableEntity,
            429 => FailureKind::TooManyRequests,
            501 => FailureKind::NotImplemented,
            500.. => FailureKind::ServerError,
            _ => FailureKind::BadRequest,
        };
        Err(self.failure(kind))
    }

    /// Reads a list of resources.
    pub(crate) fn list(&self) -> Result<List, Failure> {
        let value = self.body()?;
        if !names_schema(&value, |urn| urn.eq_ignore_ascii_case(LIST_RESPONSE)) {
            return Err(self.not_scim(format!("a list must name `{LIST_RESPONSE}` in `schemas`")));
        }
        let total = match member(&value, "totalResults") {
            None | Some(Value::Null) => None,
            Some(total) => Some(total.as_u64().ok_or_else(|| self.not_scim("`totalResults` is no number"))?),
        };
        let resources = match (member(&value, "Resources"), total) {
            (Some(Value::Array(resources)), _) => resources.clone(),
            (None | Some(Value::Null), Some(0)) => Vec::new(),
            (None | Some(Value::Null), _) => return Err(self.not_scim("a list must have `Resources`")),
            (Some(_), _) => return Err(self.not_scim("`Resources` is no array")),
        };
        if let Some(place) = resources.iter().position(|resource| resource_id(resource).is_none()) {
            return Err(self.not_scim(format!("entry {} of `Resources` has no `id` that is a text", place + 1)));
        }
        let found = u64::try_from(resources.len()).unwrap_or(u64::MAX);
        Ok(List { total: total.unwrap_or(found).max(found), resources })
    }

    /// Reads the resource that was asked for by `id`.
    pub(crate) fn resource(&self, id: &str) -> Result<Value, Failure> {
        let value = self.body()?;
        if names_schema(&value, |urn| urn.eq_ignore_ascii_case(LIST_RESPONSE)) {
            let several = member(&value, "Resources").and_then(Value::as_array).is_some_and(|list| list.len() > 1);
            return Err(if several {
                self.failure(FailureKind::MultipleEntries)
            } else {
                self.not_scim("it is a list, where the object itself was asked for")
            });
        }
        if member(&value, "schemas").is_none_or(|schemas| !schemas.is_array()) {
            return Err(self.not_scim("a resource must have `schemas`"));
        }
        match resource_id(&value) {
            None => Err(self.not_scim("a resource must have an `id` that is a text")),
            Some(found) if !found.eq_ignore_ascii_case(id) => Err(self.about_another(id, found)),
            Some(_) => Ok(value),
        }
    }

    /// Reads what was created: its id, and itself.
    pub(crate) fn created(&self) -> Result<(String, Value), Failure> {
        let value = self.body()?;
        match resource_id(&value).map(str::to_owned) {
            Some(id) if !is_message(&value) => Ok((id, value)),
            _ => Err(self.not_scim("the answer to a create must carry an `id` that is a text")),
        }
    }

    /// Reads the answer to a change of the resource with this id: the resource as it is now, if the target returns it.
    pub(crate) fn changed(&self, id: &str) -> Result<Option<Value>, Failure> {
        let Some(value) = self.body_if_any()? else { return Ok(None) };
        if is_message(&value) {
            return Err(self.not_scim("it is a message, where the changed resource or nothing was due"));
        }
        match resource_id(&value) {
            Some(found) if !found.eq_ignore_ascii_case(id) => Err(self.about_another(id, found)),
            found => Ok(found.is_some().then_some(value)),
        }
    }

    /// Reads the answer to a delete. A body is not due; one that is a web page or a message comes from somebody who did
    /// something else.
    pub(crate) fn deleted(&self) -> Result<(), Failure> {
        match self.body_if_any()? {
            Some(value) if is_message(&value) => Err(self.not_scim("it is a message, where nothing was due")),
            Some(_) | None => Ok(()),
        }
    }

    fn about_another(&self, id: &str, found: &str) -> Failure {
        self.not_scim(format!("`{id}` was asked for, and the answer is about `{found}`"))
    }

    /// The body as a JSON object, where one came.
    fn body_if_any(&self) -> Result<Option<Value>, Failure> {
        let blank = json_body::without_mark(&self.response.body).iter().all(u8::is_ascii_whitespace);
        if blank { Ok(None) } else { self.body().map(Some) }
    }

    /// The body as a JSON object.
    pub(crate) fn body(&self) -> Result<Value, Failure> {
        let body = json_body::without_mark(&self.response.body);
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(self.not_scim("the body is empty"));
        }
        match json_body::read(&self.response.body) {
            Ok(value) if value.is_object() => Ok(value),
            Ok(_) => Err(self.not_scim("the body is JSON, but no object")),
            Err(error) => Err(self.not_scim(self.why_no_json(body, &error))),
        }
    }

    fn is_uniqueness(&self) -> bool {
        json_body::read(&self.response.body).is_ok_and(|error| {
            member(&error, "scimType")
                .and_then(Value::as_str)
                .is_some_and(|kind| kind.eq_ignore_ascii_case("uniqueness"))
        })
    }
}

/// Whether a status says that what was asked for is elsewhere. 304 does not: it answers a question that is never put.
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 300..=303 | 307 | 308)
}

/// Where a redirect leads, if that is the same scheme, host and port.
pub(super) fn same_origin_redirect(url: &str, response: &Response) -> Option<String> {
    if !is_redirect(response.status) {
        return None;
    }
    let from = Url::parse(url).ok()?;
    let to = from.join(response.header("Location")?).ok()?;
    let clean = to.username().is_empty() && to.password().is_none() && to.fragment().is_none();
    (to.origin() == from.origin() && clean).then(|| to.into())
}

/// The `id` of a resource, in whatever letter case its name is written; `None` unless it is a text with something in
/// it.
pub fn resource_id(resource: &Value) -> Option<&str> {
    member(resource, "id")?.as_str().filter(|id| !id.is_empty())
}

/// Whether a group shows members.
pub fn holds_members(resource: &Value) -> bool {
    member(resource, "members").and_then(Value::as_array).is_some_and(|members| !members.is_empty())
}

/// Whether one of the URNs in `schemas` is as wanted.
fn names_schema(value: &Value, wanted: impl Fn(&str) -> bool) -> bool {
    let schemas = member(value, "schemas").and_then(Value::as_array);
    schemas.is_some_and(|schemas| schemas.iter().filter_map(Value::as_str).any(wanted))
}

/// Whether the object is one of SCIM's messages (a list, an error) and no resource.
fn is_message(value: &Value) -> bool {
    names_schema(value, |urn| urn.get(..MESSAGES.len()).is_some_and(|start| start.eq_ignore_ascii_case(MESSAGES)))
}

#[cfg(test)]
mod tests {
    use super::{FailureKind, LIST_RESPONSE, List, Mask, Method, Reading, Response, resource_id};
    use serde_json::{Value, json};

    const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

    fn reading(status: u16, body: impl AsRef<[u8]>) -> Reading {
        let response = Response { status, body: body.as_ref().to_vec(), ..Response::default() };
        let mask = Mask::new([&"sesame".into()]);
        Reading { method: Method::Get, path: "/Users".into(), mask, response }
    }

    fn ok(body: &Value) -> Reading {
        reading(200, body.to_string())
    }

    /// What is said to be wrong with a list.
    fn complaint(body: impl AsRef<[u8]>) -> String {
        match reading(200, body).list().unwrap_err().kind {
            FailureKind::NotScim(what) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_status_has_its_meaning() {
        let kind = |status| reading(status, "").success().err().map(|failure| failure.kind);
        for status in [200, 201, 204] {
            assert_eq!(kind(status), None, "{status}");
        }
        for (status, expected) in [
            (202, FailureKind::UnexpectedStatus),
            (206, FailureKind::UnexpectedStatus),
            (302, FailureKind::Redirected(String::new())),
            (304, FailureKind::UnexpectedStatus),
            (400, FailureKind::BadRequest),
            (401, FailureKind::InvalidCredentials),
            (403, FailureKind::InsufficientRights),
            (404, FailureKind::NotFound),
            (405, FailureKind::MethodNotAllowed),
            (408, FailureKind::Timeout(None)),
            (409, FailureKind::Conflict),
            (410, FailureKind::NotFound),
            (413, FailureKind::BadRequest),
            (422, FailureKind::UnprocessableEntity),
            (429, FailureKind::TooManyRequests),
            (500, FailureKind::ServerError),
            (501, FailureKind::NotImplemented),
            (503, FailureKind::ServerError),
            (999, FailureKind::ServerError),
        ] {
            assert_eq!(kind(status), Some(expected), "{status}");
        }
    }

    #[test]
    fn a_400_for_uniqueness_is_a_conflict() {
        for mark in ["", "\u{feff}"] {
            let body = format!(r#"{mark}{{"SCIMTYPE":"Uniqueness","Detail":"taken"}}"#);
            let failure = reading(400, body).success().err().unwrap();
            assert_eq!(failure.kind, FailureKind::Conflict);
            assert_eq!(failure.to_string(), "GET /Users: 400 Bad Request, Uniqueness: taken");
        }
    }

    #[test]
    fn a_list_is_read_in_any_letter_case() {
        let body = json!({
            "Schemas": [LIST_RESPONSE.to_uppercase()], "TOTALRESULTS": 1, "resources": [{"ID": "7", "active": "True"}]
        });
        assert_eq!(ok(&body).list().unwrap(), List { total: 1, resources: vec![json!({"ID": "7", "active": "True"})] });
    }

    #[test]
    fn an_empty_list_may_leave_its_resources_out() {
        assert_eq!(ok(&json!({"schemas": [LIST_RESPONSE], "totalResults": 0})).list().unwrap(), List::default());
        let null = json!({"schemas": [LIST_RESPONSE], "totalResults": 0, "Resources": null});
        assert_eq!(ok(&null).list().unwrap(), List::default());
    }

    #[test]
    fn a_list_counts_what_stands_on_other_pages() {
        let list = |total: Value| {
            ok(&json!({"schemas": [LIST_RESPONSE], "totalResults": total, "Resources": [{"id": "7"}]})).list().unwrap()
        };
        assert_eq!(list(json!(40)).total, 40);
        assert_eq!(list(json!(0)).total, 1);
        assert_eq!(list(json!(null)).total, 1);
    }

    #[test]
    fn what_is_no_list_says_what_is_wrong_with_it() {
        let list = |rest: &str| format!(r#"{{"schemas":["{LIST_RESPONSE}"]{rest}}}"#);
        for (body, expected) in [
            (String::new(), "the body is empty"),
            ("[]".into(), "the body is JSON, but no object"),
            ("{\"schemas\":[".into(), "the body is JSON that breaks off"),
            ("oops, sesame".into(), "the body is no JSON (`oops, [hidden]`)"),
            ("<!DOCTYPE html>\n<html>".into(), "the body is no JSON but HTML or XML (`<!DOCTYPE html> <html>`)"),
            ("{}".into(), "a list must name `urn:ietf:params:scim:api:messages:2.0:ListResponse` in `schemas`"),
            (list(""), "a list must have `Resources`"),
            (list(r#","totalResults":1"#), "a list must have `Resources`"),
            (list(r#","totalResults":"1""#), "`totalResults` is no number"),
            (list(r#","Resources":{}"#), "`Resources` is no array"),
            (list(r#","Resources":[{"id":"1"},{"id":2}]"#), "entry 2 of `Resources` has no `id` that is a text"),
        ] {
            assert_eq!(complaint(&body), expected, "{body}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(reading(200, "\u{feff}{\"a\":1}").body().unwrap(), json!({"a": 1}));
    }

    #[test]
    fn a_resource_must_be_the_one_asked_for() {
        let user = json!({"schemas": [USER], "id": "A7"});
        assert_eq!(ok(&user).resource("a7").unwrap(), user);
        for (body, expected) in [
            (json!({"id": "A7"}), "a resource must have `schemas`"),
            (json!({"schemas": [USER]}), "a resource must have an `id` that is a text"),
            (json!({"schemas": [USER], "id": ""}), "a resource must have an `id` that is a text"),
            (json!({"schemas": [USER], "id": "B"}), "`a7` was asked for, and the answer is about `B`"),
            (
                json!({"schemas": [LIST_RESPONSE], "Resources": [{"id": "A7"}]}),
                "it is a list, where the object itself was asked for",
            ),
        ] {
            let failure = ok(&body).resource("a7").unwrap_err();
            assert_eq!(failure.kind, FailureKind::NotScim(expected.into()), "{body}");
        }
    }

    #[test]
    fn several_objects_where_one_was_asked_for_have_a_code_of_their_own() {
        let several = json!({"schemas": [LIST_RESPONSE], "totalResults": 2, "Resources": [{"id": "1"}, {"id": "2"}]});
        let failure = ok(&several).resource("1").unwrap_err();
        assert_eq!(failure.error_code(), "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse");
    }

    #[test]
    fn what_was_created_must_carry_an_id() {
        assert_eq!(ok(&json!({"id": "7"})).created().unwrap(), ("7".into(), json!({"id": "7"})));
        for body in [json!({}), json!({"id": 7}), json!({"id": "7", "schemas": [LIST_RESPONSE]})] {
            assert_eq!(
                ok(&body).created().unwrap_err().kind,
                FailureKind::NotScim("the answer to a create must carry an `id` that is a text".into()),
                "{body}"
            );
        }
    }

    #[test]
    fn a_change_may_be_answered_with_nothing_or_with_the_resource() {
        assert_eq!(reading(204, "").changed("7").unwrap(), None);
        assert_eq!(reading(200, " \r\n").changed("7").unwrap(), None);
        assert_eq!(reading(200, "\u{feff}\r\n").changed("7").unwrap(), None);
        assert_eq!(ok(&json!({})).changed("7").unwrap(), None);
        assert_eq!(ok(&json!({"id": "7"})).changed("7").unwrap(), Some(json!({"id": "7"})));
        assert!(reading(200, "<html>").changed("7").is_err());
        let error = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400"});
        assert!(ok(&error).changed("7").is_err());
    }

    #[test]
    fn a_cut_off_body_is_too_large_whatever_it_says() {
        let mut reading = ok(&json!({"id": "7"}));
        reading.response.truncated = true;
        assert_eq!(reading.success().err().unwrap().kind, FailureKind::TooLarge);
    }

    #[test]
    fn the_id_is_found_in_any_letter_case_and_must_be_a_text() {
        assert_eq!(resource_id(&json!({"Id": "x"})), Some("x"));
        assert_eq!(resource_id(&json!({"id": 1})), None);
        assert_eq!(resource_id(&json!("id")), None);
    }
}
