//! What Entra sends of an extension of the application's own.

use crate::{
    case::{Case, Stage, default_mapping_with},
    company::CORE_USER,
    scene::{Objection, Scene},
};
use serde_json::{Value, json};

/// The extension that both servers are told of.
const HELPDESK: &str = "urn:ietf:params:scim:schemas:extension:helpdesk:2.0:User";

/// The cases.
pub(crate) const CASES: &[Case] = &[
    Case { name: "an own extension, in a create", play: |stage| created(stage, "") },
    Case {
        name: "an own extension, in a create, with `declare_extensions = true`",
        play: |stage| created(stage, "declare_extensions = true"),
    },
    Case {
        name: "an own extension: a value, changed",
        play: |stage| changed(stage, &json!({"extensionAttribute1": "D12"}), &json!({"desk": "D12"})),
    },
    Case {
        name: "an own extension: a truth value, changed",
        play: |stage| changed(stage, &json!({"extensionAttribute2": "False"}), &json!({"onCall": false})),
    },
    Case { name: "an own extension: its first value", play: first_value },
];

fn scene(stage: &Stage, settings: &str) -> Scene {
    let desk = default_mapping_with(
        &format!("\"{HELPDESK}:desk\""),
        "{ type = \"String\" }",
        "{ direct = \"extensionAttribute1\" }",
    );
    let (attributes, mappings) = ("[users.attributes]\n", "[users.mappings]\n");
    let on_call = format!("\"{HELPDESK}:onCall\"");
    let mapping = desk
        .replacen(attributes, &format!("{attributes}{on_call} = {{ type = \"Boolean\" }}\n"), 1)
        .replacen(mappings, &format!("{mappings}{on_call} = {{ direct = \"extensionAttribute2\" }}\n"), 1);
    stage.scene_with(&mapping, settings)
}

/// The user `ann`, who has something of the extension.
fn expect(scene: &mut Scene, extension: &Value) {
    let ann = scene.user_name("ann");
    scene.expect(&ann, json!({"schemas": [CORE_USER, HELPDESK], HELPDESK: extension}));
}

fn created(stage: &Stage, settings: &str) -> Result<(), Objection> {
    let mut scene = scene(stage, settings);
    scene.user("ann", &json!({"extensionAttribute1": "D7", "extensionAttribute2": "True"}));
    expect(&mut scene, &json!({"desk": "D7", "onCall": true}));
    scene.provision()
}

fn changed(stage: &Stage, after: &Value, expected: &Value) -> Result<(), Objection> {
    let mut scene = scene(stage, "");
    scene.user("ann", &json!({"extensionAttribute1": "D7", "extensionAttribute2": "True"}));
    expect(&mut scene, &json!({"desk": "D7", "onCall": true}));
    scene.provision()?;
    scene.change("ann", after);
    let mut extension = json!({"desk": "D7", "onCall": true});
    extension.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
    expect(&mut scene, &extension);
    scene.provision()
}

fn first_value(stage: &Stage) -> Result<(), Objection> {
    let mut scene = scene(stage, "");
    scene.user("ann", &json!({}));
    scene.provision()?;
    scene.change("ann", &json!({"extensionAttribute1": "D7"}));
    expect(&mut scene, &json!({"desk": "D7"}));
    scene.provision()
}
