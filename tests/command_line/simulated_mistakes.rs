//! Mistakes in a scenario that only the directory, the jobs and the days show: all told before anything is played.

use crate::world::{NormalForm, Outcome, World};

/// Ada and Ben, an application with a role, and a scenario of two days.
fn refused<const N: usize>(events: &str, lines: [&str; N]) {
    let mut world = World::new();
    world.job_with("scim", "scim", "", "roles = [{ value = \"admin\", display_name = \"Administrator\" }]\n");
    for name in ["ada", "ben"] {
        world.user(name, |_| {}).assign(name, "scim");
    }
    world.write("story.toml", &format!("start = \"2026-03-02\"\ndays = 2\n{events}"));
    let output = world.command(&["simulate", "--scenario", "story.toml"]).output().expect("the program was built");
    Outcome::of(&output, &NormalForm::verbatim()).exits_with(2).complains(lines);
}

#[test]
fn what_never_happens_and_who_is_unknown_is_told_at_once() {
    refused(
        "[[events]]\nat = \"2d\"\nmend = true\n[[events]]\nat = \"2026-03-03\"\nuntil = \"5h\"\nevery = \"1h\"\nmend = true\n\
         [[events]]\nat = \"1h\"\nassign = { users = \"all\", role = \"administrater\" }\n",
        [
            "error: story.toml:3: it never happens: 2026-03-04T00:00:00Z is not before the end, 2026-03-04T00:00:00Z",
            "  help: name an earlier moment, or more days",
            "error: story.toml:6: it never happens: `until` is 2026-03-02T05:00:00Z, and the first time \
             2026-03-03T00:00:00Z",
            "  help: write a later moment for `until`, or leave it out",
            "error: story.toml:13: the application of job `scim` has no role `administrater`",
            "  help: did you mean `Administrator`?",
        ],
    );
    refused(
        "deletion_threshold = 0\n[[events]]\nat = \"5h\"\nuntil = \"4h\"\nevery = \"1h\"\nmend = true\n",
        [
            "error: story.toml:3: `deletion_threshold` must be at least 1",
            "  help: 1 holds back every disable and delete; leave it out, and nothing is held back",
            "error: story.toml:6: it never happens: `until` lies before the first time",
            "  help: write a later moment, or leave it out",
        ],
    );
}

#[test]
fn days_beyond_the_calendar_are_refused() {
    let world = World::new();
    for (start, days, complaint) in [
        (
            "9998-12-31",
            "1",
            "9998-12-31T00:00:00Z and 1 day later lie not both in the years 1 to 9998; name another `--start`, or fewer days",
        ),
        (
            "0000-12-31",
            "2",
            "0000-12-31T00:00:00Z and 2 days later lie not both in the years 1 to 9998; name another `--start`, or fewer days",
        ),
        (
            "9999-12-31",
            "1",
            "`9999-12-31` lies not in the years 1 to 9998; write one like `--start 2026-03-02`, or `2026-03-02T09:00`",
        ),
        ("2026-02-30", "1", "`2026-02-30` is no date; write one like `--start 2026-03-02`, or `2026-03-02T09:00`"),
    ] {
        let output =
            world.command(&["simulate", "--days", days, "--start", start]).output().expect("the program was built");
        let outcome = Outcome::of(&output, &NormalForm::verbatim()).exits_with(2);
        assert_eq!(outcome.stderr.trim_end(), format!("error: {complaint}"));
    }
    let first =
        world.command(&["simulate", "--days", "1", "--start", "0001-01-01"]).output().expect("the program was built");
    Outcome::of(&first, &NormalForm::verbatim()).exits_with(0).complains([]);
    let last =
        world.command(&["simulate", "--days", "1", "--start", "9998-12-30"]).output().expect("the program was built");
    Outcome::of(&last, &NormalForm::verbatim()).exits_with(0).complains([]);
}

#[test]
fn more_objects_than_memory_is_meant_for_are_refused() {
    refused(
        "[[events]]\nat = \"1h\"\nadd = { user = { userPrincipalName = \"{number}@x.example\" }, count = 200001 }\n",
        ["error: story.toml:5: 200001 at once are too many", "  help: write a number up to 200000"],
    );
    refused(
        "[[events]]\nat = \"1h\"\nevery = \"1h\"\nadd = { group = { displayName = \"{number}\" }, count = 5000 }\n",
        [
            "error: story.toml:3: by then 235000 are added",
            "  help: a scenario may add 200000 users and groups: lower `count`, `times` or the days",
        ],
    );
}

#[test]
fn what_is_refused_of_the_copy_is_told_of_the_directory_that_people_know() {
    let mut world = World::new();
    world.job("scim");
    for name in 0..24 {
        world.user(&format!("user{name}"), |_| {});
    }
    world.assign("user1", "scim");
    world.write(
        "story.toml",
        "start = \"2026-03-02\"\ndays = 1\n[[events]]\nat = \"10m\"\nremove = { users = \"all\", count = 20 }\n\
         [[events]]\nat = \"90m\"\nadd = { user = { userPrincipalName = \"new@x.example\", accountEnabled = 7 } }\n",
    );
    let output = world.command(&["simulate", "--scenario", "story.toml"]).output().expect("the program was built");
    let told = Outcome::of(&output, &NormalForm::verbatim()).exits_with(2).stdout;
    let refused: Vec<_> = told.lines().filter_map(|line| line.split_once("no cycle: ")).map(|(_, why)| why).collect();
    assert_eq!(
        refused,
        [
            "the directory `directory` looks emptied or half-copied: 20 of 24 users would go; if it is meant, run `scimulator sync now \
             --accept-shrink`",
            "error: the copy of directory/users.json:6: record 5: `accountEnabled` must be true or false, not 7",
        ]
    );
    world.write("directory/users.json", "[{}]");
    let output = world.command(&["simulate", "--days", "1"]).output().expect("the program was built");
    let outcome = Outcome::of(&output, &NormalForm::verbatim()).exits_with(2);
    assert_eq!(outcome.stderr, "error: the copy of directory/users.json:2: record 1: `userPrincipalName` is missing\n");
}

#[test]
fn who_plays_fewer_days_than_the_scenario_has_leaves_its_end_out() {
    let mut world = World::new();
    world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.run(["simulate", "--scenario", "leaver", "--days", "1"]).exits_with(0).complains([]);
}

#[test]
fn two_users_of_one_name_are_told_before_they_stop_every_import() {
    refused(
        "[[events]]\nat = \"1h\"\nadd = { user = { userPrincipalName = \"ADA@contoso.example\" } }\n\
         [[events]]\nat = \"2h\"\nevery = \"1d\"\nadd = { user = { userPrincipalName = \"new@contoso.example\" } }\n\
         [[events]]\nat = \"4h\"\nchange = { users = [\"ben@contoso.example\"], set = { userPrincipalName = \"new@contoso.example\" } }\n",
        [
            "error: story.toml:3: at 2026-03-02T01:00:00Z there would be two users `ADA@contoso.example`",
            "  help: user principal names differ: write `{number}` where they do, or remove the other one before",
            "error: story.toml:6: at 2026-03-03T02:00:00Z there would be two users `new@contoso.example`",
            "  help: user principal names differ: write `{number}` where they do, or remove the other one before",
            "error: story.toml:10: at 2026-03-02T04:00:00Z there would be two users `new@contoso.example`",
            "  help: user principal names differ: write `{number}` where they do, or remove the other one before",
        ],
    );
}

#[test]
fn who_comes_back_under_the_same_name_after_having_gone_is_no_mistake() {
    let mut world = World::new();
    world.job("scim");
    world.user("ada", |_| {}).user("ben", |_| {}).assign("ada", "scim");
    world.write(
        "story.toml",
        "start = \"2026-03-02\"\ndays = 1\n[[events]]\nat = \"1h\"\nremove = { users = [\"ada@contoso.example\"] }\n\
         [[events]]\nat = \"2h\"\nadd = { user = { userPrincipalName = \"ada@contoso.example\", id = \"7\" }, assign = true }\n\
         [[events]]\nat = \"3h\"\naccept_shrink = true\n",
    );
    world.run(["simulate", "--scenario", "story.toml"]).exits_with(0).complains([]);
}

#[test]
fn two_objects_of_one_id_are_told_before_they_stop_every_import() {
    let id = "6c92b3a0-1f0e-4d8e-9a59-3b6b6f4f2b11";
    refused(
        &format!(
            "[[events]]\nat = \"1h\"\nadd = {{ user = {{ id = \"{id}\", userPrincipalName = \"x{{number}}@contoso.example\" }}, count = 2 }}\n\
             [[events]]\nat = \"2h\"\nadd = {{ group = {{ id = \"{}\", displayName = \"Sales\" }} }}\n\
             [[events]]\nat = \"3h\"\nevery = \"1d\"\nadd = {{ group = {{ displayName = \"Crew\" }} }}\n\
             [[events]]\nat = \"4h\"\nevery = \"1h\"\nadd = {{ user = {{ id = \"{{number}}\", userPrincipalName = \"y{{number}}@contoso.example\" }} }}\n",
            id.to_uppercase()
        ),
        [
            &format!("error: story.toml:3: at 2026-03-02T01:00:00Z there would be two objects with the id `{id}`"),
            "  help: ids differ: write `{number}` where they do, or leave `id` out",
            &format!(
                "error: story.toml:6: at 2026-03-02T02:00:00Z there would be two objects with the id `{}`",
                id.to_uppercase()
            ),
            "  help: ids differ: write `{number}` where they do, or leave `id` out",
            "error: story.toml:9: at 2026-03-03T03:00:00Z there would be two groups `Crew` without an id",
            "  help: give them ids, or names that differ: write `{number}` where they do",
        ],
    );
}

#[test]
fn who_would_be_left_without_a_name_is_told_before_that_stops_every_import() {
    refused(
        "[[events]]\nat = \"1h\"\nchange = { users = [\"ben@contoso.example\"], clear = [\"userPrincipalName\"] }\n\
         [[events]]\nat = \"2h\"\nadd = { user = { userPrincipalName = \" \" } }\n\
         [[events]]\nat = \"3h\"\nchange = { groups = \"all\", set = { displayName = \"\" } }\n\
         [[events]]\nat = \"4h\"\nchange = { groups = \"all\", clear = [\"displayname\"] }\n\
         [[events]]\nat = \"5h\"\nchange = { users = \"all\", clear = [\"displayName\"] }\n",
        [
            "error: story.toml:5: a user cannot be without `userPrincipalName`",
            "  help: leave it out; write `set = { userPrincipalName = \"..\" }` to rename somebody",
            "error: story.toml:8: the user has no `userPrincipalName`",
            "  help: add `userPrincipalName = \"..\"`",
            "error: story.toml:11: a group cannot be without `displayName`",
            "  help: write another name, or leave it out",
            "error: story.toml:14: a group cannot be without `displayName`",
            "  help: leave it out; write `set = { displayName = \"..\" }` to rename somebody",
        ],
    );
}
