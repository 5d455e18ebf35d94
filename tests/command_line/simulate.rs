//! `simulate`: weeks in seconds, told as a story, and nothing that is configured is touched.

use crate::world::{Application, World};
use serde_json::Value;
use std::sync::Arc;

/// A job whose target must hear nothing, and six people who are assigned to it.
fn six() -> (World, Arc<Application>) {
    let mut world = World::new();
    let settings =
        "notification_email = [\"it@contoso.example\"]\nnotify_on_failure = true\nnotify_on_recovery = true\n";
    let application = world.job_with("scim", "scim", "", settings);
    for name in ["ada", "ben", "cid", "dee", "eve", "fay"] {
        world.user(name, |_| {}).assign(name, "scim");
    }
    (world, application)
}

/// Plays an embedded scenario, and expects exactly this story below its title.
#[track_caller]
fn plays<const N: usize>(scenario: &str, heading: [&str; 2], lines: [&str; N]) {
    let (world, application) = six();
    let told = world.run(["simulate", "--scenario", scenario]).exits_with(0).complains([]);
    let expected: String = heading.iter().chain(&[""]).chain(&lines).flat_map(|line| [line, "\n"]).collect();
    assert!(told.stdout == expected, "it tells\n{}\ninstead of\n{expected}", told.stdout);
    application.received([]);
    assert!(!world.path("state").exists(), "a simulation has a state of its own");
}

#[test]
fn expired_credentials_are_quarantine_one_mail_and_the_end_after_four_weeks() {
    plays("expired-credentials", ["", ""], []);
}

#[test]
fn a_failing_weekend_is_escrows_that_are_made_good_on_monday() {
    plays("failing-weekend", ["", ""], []);
}

#[test]
fn a_mass_unassignment_is_held_back_until_it_is_allowed() {
    plays("mass-unassignment-allowed", ["", ""], []);
}

#[test]
fn a_mass_unassignment_that_is_rejected_disables_nobody() {
    plays("mass-unassignment-rejected", ["", ""], []);
}

#[test]
fn a_limited_rate_costs_time_and_nothing_else() {
    plays("rate-limiting", ["", ""], []);
}

#[test]
fn a_leaver_is_disabled_at_once_and_deleted_after_thirty_days() {
    plays("leaver", ["", ""], []);
}

#[test]
fn an_onboarding_day_creates_people_when_they_are_assigned() {
    plays("onboarding-day", ["", ""], []);
}

#[test]
fn without_a_configuration_the_sample_company_is_played_with() {
    let world = World::new();
    let told = world.run(["simulate", "--days", "1", "--start", "2026-03-02"]).exits_with(0).complains([]);
    told.prints([
        "1 day from Mon 2026-03-02 00:00 UTC, seed 1; nothing is configured here: this is the sample company Contoso",
        "",
        "Mon 2026-03-02 00:00  frankli     initial cycle: 33 created, 32 updated, 4 skipped",
        "Mon 2026-03-02 00:40  frankli     35 cycles until Mon 2026-03-02 23:20, nothing to do",
        "Tue 2026-03-03 00:00  frankli     the end: Active, not in quarantine; 36 cycles, 135 requests; the sandbox has 33 \
         users and 0 groups",
    ]);
}

#[test]
fn the_same_seed_plays_the_same_and_another_one_chooses_others() {
    let (world, _) = six();
    let scenario = "days = 1\nstart = \"2026-03-02\"\n[[events]]\nevery = \"6h\"\nunassign = { users = \"assigned\", count = 1 }\n\
                    [[events]]\nat = \"0\"\nfail = { status = 503, share = 0.5, route = \"POST /Users\" }\n";
    world.write("week.toml", scenario);
    let play = |seed: &str| {
        world.run(["simulate", "--scenario", "week.toml", "--seed", seed]).exits_with(0).stdout.replace(seed, "{seed}")
    };
    let (first, second) = (play("71"), play("71"));
    assert_eq!(first, second);
    assert!((72..78).any(|seed: u32| play(&seed.to_string()) != first), "every seed plays\n{first}");
}

#[test]
fn the_timeline_comes_as_data_too() {
    let (world, _) = six();
    let told = world.run(["simulate", "--scenario", "mass-unassignment-allowed", "--json"]).exits_with(0).complains([]);
    let lines = told.json_lines();
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    let expected =
        ["cycle", "quietCycles", "source", "cycle", "mail", "cycle", "lever", "cycle", "mail", "quietCycles", "end"];
    assert_eq!(events, expected);
    assert_eq!(lines[0]["cycle"]["counts"]["create"], 6);
    assert_eq!(lines[1]["cycles"], 14);
    assert_eq!(lines[2]["change"], "unassigned");
    assert_eq!(lines[3]["cycle"]["quarantine"]["reason"], "TooManyDeletes");
    assert_eq!((&lines[4]["news"], &lines[4]["to"][0]), (&"quarantineBegan".into(), &"it@contoso.example".into()));
    assert_eq!((&lines[6]["lever"], &lines[6]["refusal"]), (&"allow-deletes".into(), &Value::Null));
    assert_eq!(lines[7]["before"]["quarantine"]["reason"], "TooManyDeletes");
    assert_eq!((&lines[10]["schedule"], &lines[10]["users"]), (&"Active".into(), &6.into()));
    assert!(lines.iter().all(|line| line["time"].is_string() && line["text"].is_string()));
}

#[test]
fn every_mistake_in_a_scenario_file_is_told_at_once() {
    let (world, _) = six();
    world.write(
        "week.toml",
        "days = 1\n[[events]]\nat = \"soon\"\nmend = true\n\n[[events]]\nat = \"1h\"\nfail = { staus = 503 }\n",
    );
    world.run(["simulate", "--scenario", "week.toml"]).exits_with(2).prints([]).complains([
        "error: week.toml:3: `at` is no moment: `soon`",
        "  help: write how long after the start (\"40m\", \"2d 9h\"), or a date (\"2026-03-02T09:00\")",
        "error: week.toml:8: `staus` is not a setting of a fault",
        "  help: did you mean `status`?",
    ]);
}

#[test]
fn whoever_a_scenario_names_must_be_there() {
    let (world, application) = six();
    world.write(
        "week.toml",
        "days = 1\n[[events]]\nat = \"1h\"\nremove = { users = [\"zoe@contoso.example\", \"ada@contoso.example\"] }\n\
         [[events]]\nat = \"2h\"\njob = \"skim\"\npause = true\n",
    );
    world.run(["simulate", "--scenario", "week.toml", "--start", "2026-03-02"]).exits_with(2).complains([
        "error: week.toml:4: there is no user `zoe@contoso.example`, and no event adds one",
        "  help: write an id or a user principal name",
        "error: week.toml:7: no job `skim` is simulated",
        "  help: did you mean `scim`?",
    ]);
    application.received([]);
}

#[test]
fn what_cannot_be_played_is_refused_with_what_to_do() {
    let (world, _) = six();
    world
        .run(["simulate"])
        .exits_with(2)
        .prints([])
        .complains(["error: how long? say it with `--days`, or name a scenario that has days of its own"]);
    world
        .run(["simulate", "--days", "1", "--start", "tomorrow"])
        .exits_with(2)
        .prints([])
        .complains(["error: `tomorrow` is no date; write one like `--start 2026-03-02`, or `2026-03-02T09:00`"]);
    world.run(["simulate", "--days", "1", "--scenario", "leavers"]).exits_with(2).prints([]).complains([
        "error: the scenario `leavers` cannot be read: No such file or directory (os error 2); name a file, or one of the \
         embedded scenarios: `expired-credentials`, `failing-weekend`, `leaver`, `mass-unassignment-allowed`, \
         `mass-unassignment-rejected`, `onboarding-day`, `rate-limiting`",
    ]);
    world
        .run(["simulate", "skim", "--days", "1", "--start", "2026-03-02"])
        .exits_with(2)
        .complains(["error: there is no job `skim`; there are: scim"]);
}

#[test]
fn a_target_that_hangs_costs_its_time_outs_on_the_clock_and_not_on_the_wall() {
    let (world, _) = six();
    world.write(
        "week.toml",
        "days = 1\nstart = \"2026-03-02\"\n[[events]]\nat = \"0\"\nfail = { timeout = true, route = \"POST /Users\", for = \"20m\" }\n",
    );
    let told = world.run(["simulate", "--scenario", "week.toml"]).exits_with(0).stdout;
    let first = told.lines().find(|line| line.contains("initial cycle")).unwrap_or_default();
    assert_eq!(first, "Mon 2026-03-02 00:10  scim        initial cycle in 10m: 6 failed");
}
