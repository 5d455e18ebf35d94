//! What an import would change, told beforehand: exactly what the import then changes, and nothing is changed by telling.

use super::{changed, said};
use crate::world::{JOB, World};
use scimulator::{
    chance::Chance,
    clock::Clock as _,
    directory::{Difference, ImportError, ObjectChange, difference},
    store::{Audience, ChangeKind, Concern, ObjectKind, Store, Tables, TieDifference},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::PathBuf};

/// Compares as another process would: on the state file, open to be read, while it is in use.
fn compare(world: &World) -> Result<Difference, ImportError> {
    let settings = world.settings();
    let store = Store::open_to_read(&settings.state.path).unwrap();
    difference(&store, &settings.directory, world.clock.now())
}

fn compared(world: &World) -> Difference {
    compare(world).unwrap_or_else(|error| panic!("{error}"))
}

/// Writes what the test has changed, without importing it.
fn write(world: &mut World) {
    let now = world.now();
    world.write(now);
}

/// All differences, one a line.
fn told(found: &Difference) -> Vec<String> {
    let mut lines = Vec::new();
    for kind in [ObjectKind::User, ObjectKind::Group] {
        let object = |object: ObjectChange| {
            let ObjectChange { change, name, attributes, .. } = object;
            lines.push(format!("{change:?} {name}"));
            let shown = |value: Option<Value>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
            let values = attributes.into_iter();
            lines.extend(values.map(|value| format!("  {}: {} -> {}", value.name, shown(value.old), shown(value.new))));
        };
        found.objects(kind, None, object).unwrap();
    }
    let tie = |TieDifference { change, holder, held, role, .. }| format!("{change:?} {holder}: {held} {role}");
    found.memberships(None, |difference| lines.push(tie(difference))).unwrap();
    found.assignments(None, |difference| lines.push(tie(difference))).unwrap();
    found
        .app_roles(None, |role| lines.push(format!("{:?} {}: {}", role.change, role.application, role.value)))
        .unwrap();
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// How many users and groups, memberships and assignments differ.
fn sums(found: &Difference) -> (u64, u64, u64) {
    let sum = |counts: &[(ChangeKind, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
    let counts = &found.counts;
    (sum(&counts.users) + sum(&counts.groups), sum(&counts.memberships), sum(&counts.assignments))
}

/// A world in which three users, a group and an assignment are imported.
async fn with_team() -> World {
    let mut world = World::new();
    world.users(&["ann", "bob", "cid"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.import().await.unwrap();
    world
}

#[tokio::test]
async fn each_sort_of_change_is_told_with_old_and_new_values() {
    let mut world = with_team().await;
    world.remove("cid");
    world.import().await.unwrap();
    world.change("ann", &json!({"displayName": "Annie", "jobTitle": "Chief", "manager": "id-bob"}));
    world.remove("bob");
    world.users(&["cid", "dan"]);
    world.members("Team", &["ann", "dan"]);
    world.group("Night shift", &["cid"]);
    world.assign_role("dan", "Admin");
    world.file("appRoles.json", r#"[{"app": "app", "value": "Admin"}]"#);
    write(&mut world);
    assert_eq!(
        told(&compared(&world)),
        [
            "Changed ann@contoso.example",
            "  displayName: \"Ann\" -> \"Annie\"",
            "  jobTitle: - -> \"Chief\"",
            "  manager: - -> \"id-bob\"",
            "Restored cid@contoso.example",
            "Added dan@contoso.example",
            "SoftDeleted bob@contoso.example",
            "Added Night shift",
            "Added Night shift: cid@contoso.example",
            "Added Team: dan@contoso.example",
            "Added app: dan@contoso.example Admin",
            "Added app: Admin",
        ]
    );
}

#[tokio::test]
async fn nothing_is_changed_by_telling_and_afterwards_there_is_nothing_to_tell() {
    let mut world = with_team().await;
    let state = world.settings().state.path;
    let files = |folder: PathBuf| {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.collect();
        names.sort_unstable();
        names
    };
    world.change("ann", &json!({"jobTitle": "Chief"}));
    write(&mut world);
    let before = (files(state.parent().unwrap().to_owned()), world.read(Tables::sequence).await);
    let first = compared(&world);
    assert_eq!(told(&first), told(&compared(&world)));
    assert_eq!(before, (files(state.parent().unwrap().to_owned()), world.read(Tables::sequence).await));
    world.import_files(false).await.unwrap();
    assert!(compared(&world).counts.is_nothing());
    assert_eq!(told(&first), ["Changed ann@contoso.example", "  jobTitle: - -> \"Chief\""]);
}

#[tokio::test]
async fn a_reference_that_says_the_same_in_another_way_is_no_difference() {
    let mut world = with_team().await;
    world.change_group("Team", &json!({"members": ["ANN@contoso.example", "id-bob"]}));
    write(&mut world);
    assert_eq!(told(&compared(&world)), [""; 0]);
}

#[tokio::test]
async fn a_user_who_comes_is_a_member_where_a_group_named_nobody_before() {
    let mut world = with_team().await;
    world.members("Team", &["ann", "bob", "dan"]);
    world.import().await.unwrap();
    world.users(&["dan"]);
    write(&mut world);
    assert_eq!(told(&compared(&world)), ["Added dan@contoso.example", "Added Team: dan@contoso.example"]);
}

#[tokio::test]
async fn what_names_nobody_is_warned_of() {
    let mut world = with_team().await;
    world.members("Team", &["ann", "bob", "eve"]);
    world.change("cid", &json!({"manager": "eve@contoso.example"}));
    world.assign("eve");
    write(&mut world);
    let folder = super::folder(&world);
    let warnings: Vec<_> =
        compared(&world).warnings.iter().map(|warning| warning.to_string().replace(&folder, "DIR")).collect();
    let nobody = "and nobody is called so";
    assert_eq!(
        warnings,
        [
            format!("warning: DIR: the group `Team` has the member `id-eve`, {nobody}"),
            format!("warning: DIR: the manager of `cid@contoso.example` is `eve@contoso.example`, {nobody}"),
            format!("warning: DIR: `id-eve` is assigned to `app`, {nobody}"),
        ]
    );
}

/// Whom of the differences the job is concerned with, as its settings are or otherwise.
fn concerned(world: &World, alter: impl FnOnce(&mut Audience)) -> (u64, u64, Vec<String>) {
    let (job, application) = (JOB.to_owned(), "app".to_owned());
    let mut audience = Audience { job, application, everybody: false, groups: false };
    alter(&mut audience);
    let Concern { users, groups, names } = compared(world).concern(&audience).unwrap();
    (users, groups, names.iter().map(|name| name.trim_end_matches("@contoso.example").to_owned()).collect())
}

#[tokio::test]
async fn a_job_is_concerned_with_those_who_are_assigned_or_connected() {
    let mut world = with_team().await;
    world.cycle().await;
    world.change("ann", &json!({"jobTitle": "Chief"}));
    world.change("cid", &json!({"jobTitle": "Chief"}));
    world.group("Night shift", &["cid"]);
    write(&mut world);
    assert_eq!(concerned(&world, |_| {}), (1, 0, vec!["ann".to_owned()]));
    let everybody = (2, 1, vec!["ann".to_owned(), "cid".to_owned(), "Night shift".to_owned()]);
    assert_eq!(concerned(&world, |audience| (audience.everybody, audience.groups) = (true, true)), everybody);
    world.assign("Night shift");
    write(&mut world);
    let both = vec!["ann".to_owned(), "cid".to_owned()];
    assert_eq!(concerned(&world, |_| {}), (2, 0, both.clone()));
    assert_eq!(concerned(&world, |audience| audience.application = "wiki".to_owned()), (1, 0, vec!["ann".to_owned()]));
    world.assign("cid");
    world.sync().await;
    world.unassign("cid");
    world.unassign("Night shift");
    world.sync().await;
    world.change("cid", &json!({"jobTitle": "Director"}));
    write(&mut world);
    assert_eq!(concerned(&world, |_| {}), (1, 0, vec!["cid".to_owned()]), "the account is still connected");
}

#[tokio::test]
async fn a_job_is_concerned_with_the_members_of_an_assigned_group_that_changes() {
    let mut world = with_team().await;
    let both = vec!["ann".to_owned(), "bob".to_owned()];
    world.change_group("Team", &json!({"description": "The team"}));
    write(&mut world);
    assert_eq!(concerned(&world, |_| {}), (0, 0, Vec::new()));
    assert_eq!(concerned(&world, |audience| audience.groups = true), (0, 1, vec!["Team".to_owned()]));
    world.change_group("Team", &json!({"securityEnabled": false}));
    write(&mut world);
    assert_eq!(concerned(&world, |_| {}), (2, 0, both.clone()));
    world.import().await.unwrap();
    world.members("Team", &["ann"]);
    write(&mut world);
    assert_eq!(concerned(&world, |_| {}), (1, 0, vec!["bob".to_owned()]));
    world.unassign("Team");
    write(&mut world);
    assert_eq!(concerned(&world, |_| {}), (2, 0, both));
}

#[tokio::test]
async fn what_looks_emptied_is_told_with_the_refusal() {
    let mut world = with_team().await;
    std::fs::remove_file(world.settings().directory.path.join("assignments.json")).unwrap();
    let found = compared(&world);
    assert_eq!(told(&found), ["Removed app: Team"]);
    assert_eq!(
        said(&world, found.refusal.as_ref().unwrap()),
        "the directory `DIR` looks emptied or half-copied: `assignments.json` is missing; if it is meant, run `scimulator sync now \
         --accept-shrink`"
    );
    world.file("assignments.json", "[");
    assert_eq!(
        said(&world, &compare(&world).unwrap_err()),
        "error: DIR/assignments.json:1: the file ends before its list or object is closed; it may be incomplete"
    );
}

/// Users, groups and assignments by chance, some of them as they were before; references in all spellings, some of them to
/// nobody.
fn shuffle(world: &mut World, chance: &Chance) {
    let people = 12;
    let reference = |number: usize| match chance.below(4) {
        0 => format!("P{number}@x"),
        1 => format!("p{number}@X"),
        _ => format!("i{number}"),
    };
    let (mut users, mut bin) = (Vec::new(), Vec::new());
    for number in 0..people {
        let mut record = json!({"id": format!("i{number}"), "userPrincipalName": format!("p{number}@x")});
        if chance.below(4) == 0 {
            record["jobTitle"] = json!(format!("Title {}", chance.below(2)));
        }
        if chance.below(4) == 0 {
            record["manager"] = json!(reference(chance.below(people)));
        }
        if chance.below(6) == 0 {
            // Two change places: the name of the one is now the other's.
            record["userPrincipalName"] = json!(format!("q{number}@x"));
        }
        match chance.below(6) {
            0 => {}
            1 => {
                if chance.below(3) == 0 {
                    record["deletedDateTime"] = json!("2025-01-01T00:00:00Z");
                }
                bin.push(record);
            }
            _ => users.push(record),
        }
    }
    let mut groups = Vec::new();
    for number in 0..4 {
        if chance.below(5) > 0 {
            let mut members: Vec<_> = (0..chance.below(8)).map(|_| reference(chance.below(people + 2))).collect();
            members.extend((chance.below(3) == 0).then(|| format!("g{}", chance.below(4))));
            groups.push(json!({"id": format!("g{number}"), "displayName": format!("G{number}"), "members": members}));
        }
    }
    let mut assignments = Vec::new();
    for _ in 0..chance.below(10) {
        let principal = match chance.below(3) {
            0 => format!("G{}", chance.below(4)),
            _ => reference(chance.below(people + 2)),
        };
        let (app, role) = (["app", "wiki"][chance.below(2)], ["Admin", "Member", ""][chance.below(3)]);
        assignments.push(json!({"app": app, "principal": principal, "role": role}));
    }
    let files = [("users", users), ("deletedUsers", bin), ("groups", groups), ("assignments", assignments)];
    for (name, records) in files {
        if chance.below(5) > 0 {
            world.file(&format!("{name}.json"), &Value::from(records).to_string());
        }
    }
}

#[tokio::test]
async fn as_much_is_told_as_the_import_then_changes_whatever_the_files_say() {
    let mut world = World::new();
    let chance = Chance::seeded(4);
    for name in ["users", "deletedUsers", "groups", "assignments"] {
        world.file(&format!("{name}.json"), "[]");
    }
    world.import_files(true).await.unwrap();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for step in 0..60 {
        shuffle(&mut world, &chance);
        let found = compare(&world);
        let imported = world.import_files(true).await;
        match (found, imported) {
            (Ok(found), Ok(imported)) => {
                assert_eq!(sums(&found), changed(&imported), "step {step}: {:#?}", told(&found));
                let (objects, memberships, assignments) = changed(&imported);
                let told = told(&found);
                let told = told.iter().filter_map(|line| line.split(' ').next().filter(|word| !word.is_empty()));
                let before: u64 = seen.values().sum();
                told.for_each(|change| *seen.entry(change.to_owned()).or_default() += 1);
                assert_eq!(seen.values().sum::<u64>() - before, objects + memberships + assignments, "step {step}");
                assert!(compared(&world).counts.is_nothing(), "step {step}");
            }
            (Err(found), Err(imported)) => assert_eq!(found.to_string(), imported.to_string()),
            (found, imported) => panic!("step {step}: {found:?}, {imported:?}"),
        }
        if step % 10 == 0 {
            world.days_later(9);
        }
    }
    let sorts: Vec<_> = seen.keys().map(String::as_str).collect();
    assert_eq!(sorts, ["Added", "Changed", "HardDeleted", "Removed", "Restored", "SoftDeleted"]);
    assert!(seen.values().all(|count| *count >= 20), "too little was tried: {seen:?}");
}
