//! Names with characters that have a meaning in filters, in URLs or in JSON, in each attribute that users and groups are
//! matched by. Source: `spec/WIRE.md` §1 (filters) and §2 (matching).

use crate::world::{Application, World, principal_name};
use serde_json::{Value, json};
use std::sync::Arc;

const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A quotation mark, a backslash, marks that URLs know, a space, an emoji, and letters that are read from the right.
const CHARACTERS: [&str; 10] = ["\"", "\\", "+", "&", "%", "#", "'", " ", "\u{1f9ad}", "\u{645}\u{631}\u{64a}\u{645}"];

/// The attributes, as a mapping file has them.
const MATCHING: [&str; 6] = [
    "userName",
    "externalId",
    "displayName",
    "'emails[type eq \"work\"].value'",
    "'phoneNumbers[type eq \"work\"].value'",
    "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber\"",
];

#[test]
fn users_with_special_characters_are_matched_created_changed_and_disabled_in_the_legacy_dialect() {
    for attribute in MATCHING {
        users_live(attribute, "");
    }
}

#[test]
fn users_with_special_characters_are_matched_created_changed_and_disabled_in_the_compliant_dialect() {
    for attribute in MATCHING {
        users_live(attribute, "?aadOptscim062020");
    }
}

#[test]
fn groups_with_special_characters_are_matched_created_filled_and_deleted() {
    for flag in ["", "?aadOptscim062020"] {
        let mut world = World::new();
        let application = world.job_with("scim", "scim", flag, "");
        world.user("ada", |_| {}).assign("ada", "scim");
        for name in names() {
            world.group(&name, &[]).assign(&name, "scim");
        }
        world.sync();
        nothing_is_created_anew(&world, &application);
        for name in names() {
            world.group(&name, &["ada"]);
        }
        world.sync();
        let held: Vec<_> = application
            .groups()
            .into_iter()
            .map(|mut group| {
                let external_id = group.as_object_mut().unwrap().remove("externalId");
                assert!(external_id.is_some_and(|id| id.is_string()));
                group["members"] = group["members"].as_array().unwrap().iter().map(|it| it["value"].clone()).collect();
                group
            })
            .collect();
        let expected: Vec<_> = names().map(|name| json!({"displayName": name, "members": ["{ada}"]})).collect();
        assert_eq!(sorted(held), sorted(expected));
        world.change(|directory| names().for_each(|name| directory.remove_group(&name)));
        world.run(["sync", "now", "--accept-shrink"]).exits_with(0);
        assert_eq!(application.groups(), Vec::<Value>::new());
    }
}

/// A name for each of the characters.
fn names() -> impl Iterator<Item = String> {
    CHARACTERS.iter().map(|character| format!("x{character}y"))
}

/// Users with the characters in all that they are called, matched by this attribute.
fn users_live(attribute: &str, flag: &str) {
    let mut world = World::new();
    world.write("matching.toml", &matched_by(attribute));
    let application = world.job_with("scim", "matching.toml", flag, "");
    for name in names() {
        world.user(&name, |user| {
            user.set("jobTitle", "Librarian")
                .set("employeeId", name.clone())
                .set("businessPhones", [name.clone()].to_vec());
        });
        world.assign(&name, "scim");
    }
    world.sync();
    nothing_is_created_anew(&world, &application);
    for name in names() {
        world.user(&name, |user| {
            user.set("jobTitle", "Archivist");
        });
    }
    world.sync();
    assert_eq!(sorted(application.users()), sorted(expected(true)), "matched by {attribute}");
    for name in names() {
        world.user(&name, |user| {
            user.set("accountEnabled", false);
        });
    }
    world.sync();
    assert_eq!(sorted(application.users()), sorted(expected(false)), "matched by {attribute}");
}

/// The job forgets everything, and finds everybody again.
fn nothing_is_created_anew(world: &World, application: &Arc<Application>) {
    application.requests();
    world.run(["jobs", "restart", "scim", "--reset", "Full"]).exits_with(0);
    world.sync();
    application.received_writes([]);
}

/// The users whom the application is to hold, whole.
fn expected(active: bool) -> Vec<Value> {
    let user = |name: String| {
        let principal_name = principal_name(&name);
        json!({
            "userName": principal_name,
            "externalId": name,
            "active": active,
            "displayName": format!("{name} of Contoso"),
            "title": "Archivist",
            "emails": [{"type": "work", "primary": true, "value": principal_name}],
            "phoneNumbers": [{"type": "work", "value": name}],
            ENTERPRISE_USER: {"employeeNumber": name},
        })
    };
    names().map(user).collect()
}

/// The default mapping with this attribute as the one that users are matched by.
fn matched_by(attribute: &str) -> String {
    let usual = include_str!("../../mappings/scim.toml");
    let (attributes, mappings) = usual.split_once("[users.mappings]\n").unwrap();
    let mappings = mappings.replacen("\", matching = 1 }", "\" }", 1);
    let line = mappings.lines().find(|line| line.split(" = ").next().unwrap().trim_end() == attribute).unwrap();
    let matching = line.replacen("\" }", "\", matching = 1 }", 1);
    assert_ne!(line, matching);
    format!("{attributes}[users.mappings]\n{}", mappings.replacen(line, &matching, 1))
}

fn sorted(mut resources: Vec<Value>) -> Vec<Value> {
    resources.iter_mut().for_each(Value::sort_all_objects);
    resources.sort_by_cached_key(Value::to_string);
    resources
}
