//! What Entra sends about users.

use crate::{
    case::{Case, Stage, default_mapping_with},
    scene::{Objection, Scene},
};
use serde_json::{Value, json};

/// The cases, in the order of a user's life.
pub(crate) const CASES: &[Case] = &[
    Case { name: "a user with all attributes", play: |stage| created(stage, &everything()) },
    Case { name: "a plain attribute", play: |stage| changed(stage, &json!({"jobTitle": "Archivist"})) },
    Case {
        name: "several plain attributes",
        play: |stage| changed(stage, &json!({"jobTitle": "Archivist", "displayName": "Ann Lee", "surname": "Lee"})),
    },
    Case {
        name: "a plain attribute that had no value",
        play: |stage| added(stage, &json!({}), &json!({"jobTitle": "Archivist", "preferredLanguage": "mi-NZ"})),
    },
    Case {
        name: "a typed value (work e-mail, work phone, work address)",
        play: |stage| {
            let new = json!({"mail": "ann.lee@contoso.example", "businessPhones": ["+64 4 5550123"], "city": "Napier"});
            changed(stage, &new)
        },
    },
    Case {
        name: "a typed entry beside others (a fax beside a phone)",
        play: |stage| {
            added(stage, &json!({"businessPhones": ["+64 4 5550100"]}), &json!({"faxNumber": "+64 4 5550199"}))
        },
    },
    Case {
        name: "a typed entry of an attribute without any (a first phone)",
        play: |stage| added(stage, &json!({}), &json!({"mobilePhone": "+64 21 5550100"})),
    },
    Case {
        name: "the enterprise extension: a value, changed",
        play: |stage| changed(stage, &json!({"department": "Archives"})),
    },
    Case {
        name: "the enterprise extension: its first value",
        play: |stage| added(stage, &json!({}), &json!({"department": "Archives"})),
    },
    Case { name: "disabled", play: disabled },
    Case { name: "restored", play: restored },
    Case { name: "deleted for good", play: deleted },
    Case { name: "a manager, set", play: manager_set },
    Case { name: "a manager, changed", play: manager_changed },
    Case { name: "a manager, removed", play: |stage| manager_removed(stage, "") },
    Case {
        name: "a manager, removed with `manager_removal = \"remove\"`",
        play: |stage| manager_removed(stage, "manager_removal = \"remove\""),
    },
    Case { name: "roles, asserted", play: |stage| role(stage, "AssertiveAppRoleAssignmentsComplex") },
    Case { name: "roles, added", play: |stage| role(stage, "AppRoleAssignmentsComplex") },
];

/// A value for everything that the default mapping has.
fn everything() -> Value {
    json!({
        "jobTitle": "Librarian",
        "mail": "ann@contoso.example",
        "preferredLanguage": "en-NZ",
        "officeLocation": "Wellington",
        "streetAddress": "1 Featherston Street",
        "city": "Wellington",
        "state": "WGN",
        "postalCode": "6011",
        "country": "NZ",
        "businessPhones": ["+64 4 5550100"],
        "mobilePhone": "+64 21 5550100",
        "faxNumber": "+64 4 5550101",
        "employeeId": "4711",
        "department": "Library",
    })
}

fn created(stage: &Stage, attributes: &Value) -> Result<(), Objection> {
    let mut scene = stage.scene();
    scene.user("ann", attributes);
    scene.provision()
}

/// A user who has everything gets other values.
fn changed(stage: &Stage, attributes: &Value) -> Result<(), Objection> {
    added(stage, &everything(), attributes)
}

fn added(stage: &Stage, before: &Value, after: &Value) -> Result<(), Objection> {
    let mut scene = stage.scene();
    scene.user("ann", before);
    scene.provision()?;
    scene.change("ann", after);
    scene.provision()
}

fn disabled(stage: &Stage) -> Result<(), Objection> {
    let mut scene = stage.scene();
    scene.user("ann", &everything());
    scene.provision()?;
    scene.enable("ann", false);
    scene.provision()
}

fn restored(stage: &Stage) -> Result<(), Objection> {
    let mut scene = stage.scene();
    scene.user("ann", &everything());
    scene.provision()?;
    scene.enable("ann", false);
    scene.provision()?;
    scene.enable("ann", true);
    scene.provision()
}

fn deleted(stage: &Stage) -> Result<(), Objection> {
    let mut scene = stage.scene();
    scene.user("ann", &everything());
    scene.provision()?;
    scene.delete_for_good("ann");
    scene.provision()
}

/// Ann, who has no manager yet, Bob and Cem.
fn with_managers(stage: &Stage, settings: &str) -> Result<Scene, Objection> {
    let mut scene = stage.scene_with("scim", settings);
    for name in ["ann", "bob", "cem"] {
        scene.user(name, &json!({"department": "Library"}));
    }
    scene.provision()?;
    Ok(scene)
}

fn manager_set(stage: &Stage) -> Result<(), Objection> {
    let mut scene = with_managers(stage, "")?;
    scene.change("ann", &json!({"manager": scene.user_name("bob")}));
    scene.provision()
}

/// The first manager is there by other means.
fn manager_changed(stage: &Stage) -> Result<(), Objection> {
    let mut scene = with_managers(stage, "")?;
    scene.set_manager_at_both_ends("ann", "bob");
    scene.provision()?;
    scene.change("ann", &json!({"manager": scene.user_name("cem")}));
    scene.provision()
}

/// The manager is there by other means.
fn manager_removed(stage: &Stage, settings: &str) -> Result<(), Objection> {
    let mut scene = with_managers(stage, settings)?;
    scene.set_manager_at_both_ends("ann", "bob");
    scene.provision()?;
    scene.change("ann", &json!({"manager": null}));
    scene.provision()
}

/// A role in the create, and another one in a change.
fn role(stage: &Stage, function: &str) -> Result<(), Objection> {
    let expression = format!("{{ expression = '{function}([appRoleAssignments])' }}");
    let mapping = default_mapping_with("roles", "{ multivalued = true }", &expression);
    let roles = r#"
        [[jobs.roles]]
        id = "5f6cbb4e-8d8f-4f0d-8a0e-1f9f4a1c0001"
        value = "reader"
        display_name = "Reader"
        [[jobs.roles]]
        id = "5f6cbb4e-8d8f-4f0d-8a0e-1f9f4a1c0002"
        value = "admin"
        display_name = "Admin"
    "#;
    let mut scene = stage.scene_with(&mapping, roles);
    scene.user("ann", &json!({}));
    scene.role("ann", "reader");
    let ann = scene.user_name("ann");
    scene.expect(&ann, json!({"roles": [held_role("Reader", "reader")]}));
    scene.provision()?;
    scene.role("ann", "admin");
    scene.expect(&ann, json!({"roles": [held_role("Admin", "admin")]}));
    scene.provision()
}

fn held_role(display: &str, value: &str) -> Value {
    json!({"display": display, "primary": false, "type": "WindowsAzureActiveDirectoryRole", "value": value})
}
