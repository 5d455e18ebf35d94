//! What Entra sends about groups and their members.

use crate::{
    case::{Case, Stage},
    scene::{Objection, Scene},
};
use serde_json::json;

/// The cases, in the order of a group's life.
pub(crate) const CASES: &[Case] = &[
    Case { name: "a group", play: |stage| played(stage, |_| {}, |scene| scene.group("Staff", &[])) },
    Case {
        name: "another name for a group",
        play: |stage| played(stage, |scene| scene.group("Staff", &[]), |scene| scene.rename_group("Staff", "Crew")),
    },
    Case {
        name: "a member, added",
        play: |stage| played(stage, |scene| scene.group("Staff", &[]), |scene| scene.members("Staff", &["ann"])),
    },
    Case {
        name: "a member, removed",
        play: |stage| {
            let begin = |scene: &mut Scene| scene.group("Staff", &["ann", "bob", "cem"]);
            played(stage, begin, |scene| scene.members("Staff", &["bob", "cem"]))
        },
    },
    Case {
        name: "two members, removed at once",
        play: |stage| {
            let begin = |scene: &mut Scene| scene.group("Staff", &["ann", "bob", "cem"]);
            played(stage, begin, |scene| scene.members("Staff", &["cem"]))
        },
    },
    Case {
        name: "a member removed and another one added",
        play: |stage| {
            let begin = |scene: &mut Scene| scene.group("Staff", &["ann", "bob"]);
            played(stage, begin, |scene| scene.members("Staff", &["bob", "cem"]))
        },
    },
    Case {
        name: "a group as a member",
        play: |stage| {
            played(
                stage,
                |_| {},
                |scene| {
                    scene.group("Staff", &["ann"]);
                    scene.group("Everybody", &["Staff", "bob"]);
                },
            )
        },
    },
    Case {
        name: "a group, deleted",
        play: |stage| played(stage, |scene| scene.group("Staff", &["ann"]), |scene| scene.delete_group("Staff")),
    },
];

/// The case with many users.
pub(crate) const LARGE: &[Case] = &[Case { name: "130 members, added in two batches", play: many_members }];

/// Three users; `begin` must go well, `change` is what is judged.
fn played(stage: &Stage, begin: impl FnOnce(&mut Scene), change: impl FnOnce(&mut Scene)) -> Result<(), Objection> {
    let mut scene = stage.scene();
    for name in ["ann", "bob", "cem"] {
        scene.user(name, &json!({}));
    }
    begin(&mut scene);
    scene.provision()?;
    change(&mut scene);
    scene.provision()
}

/// The batches are those of the default, 100 members each.
fn many_members(stage: &Stage) -> Result<(), Objection> {
    let mut scene = stage.scene();
    let names: Vec<_> = (1..=130).map(|number| format!("member{number}")).collect();
    for name in &names {
        scene.user(name, &json!({}));
    }
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    scene.group("Choir", &names);
    let cycle = scene.cycle();
    let batches: Vec<_> = cycle
        .requests
        .iter()
        .filter(|request| request.method == "PATCH")
        .map(|request| request.request_body["Operations"][0]["value"].as_array().unwrap().len())
        .collect();
    assert_eq!(batches, [100, 30]);
    scene.verdict()
}
