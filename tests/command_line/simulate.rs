//! `simulate`: weeks in seconds, told as a story, and nothing that is configured is touched.

use crate::world::{Application, NormalForm, Outcome, World};
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

/// Plays an embedded scenario, and expects exactly this story below its title, and this exit code.
#[track_caller]
fn plays<const N: usize>(scenario: &str, exit: i32, heading: [&str; 2], lines: [&str; N]) {
    let (world, application) = six();
    let told = world.run(["simulate", "--scenario", scenario]).exits_with(exit).complains([]);
    let expected: String = heading.iter().chain(&[""]).chain(&lines).flat_map(|line| [line, "\n"]).collect();
    assert!(told.stdout == expected, "it tells\n{}\ninstead of\n{expected}", told.stdout);
    application.received([]);
    assert!(!world.path("state").exists(), "a simulation has a state of its own");
}

#[test]
fn expired_credentials_are_quarantine_one_mail_and_the_end_after_four_weeks() {
    plays(
        "expired-credentials",
        3,
        ["The credentials expire, and nobody renews them for 30 days", "30 days from Mon 2026-03-02 00:00 UTC, seed 1"],
        [
            "Mon 2026-03-02 00:00  scim        initial cycle: 6 created",
            "Mon 2026-03-02 00:20  scim        the sandbox begins to fail (status=401)",
            "Mon 2026-03-02 00:40  scim        incremental cycle; quarantine begins (EncounteredQuarantineException): GET /scim/Users?filter=userName+eq+%22{uuid}%22: 401 Unauthorized: a fault that the sandbox was told to have; tried again at Mon 2026-03-02 00:45",
            "Mon 2026-03-02 00:40  scim        mail to it@contoso.example: [scimulator] SCIM application: provisioning is in quarantine (scim)",
            "Mon 2026-03-02 00:45  scim        try 1 in quarantine fails; tried again at Mon 2026-03-02 06:40",
            "Mon 2026-03-02 06:40  scim        try 2 in quarantine fails; tried again at Mon 2026-03-02 12:40",
            "Mon 2026-03-02 12:40  scim        try 3 in quarantine fails; tried again at Tue 2026-03-03 00:40",
            "Tue 2026-03-03 00:40  scim        try 4 in quarantine fails; tried again at Wed 2026-03-04 00:40",
            "Wed 2026-03-04 00:40  scim        try 5 in quarantine fails; tried again at Thu 2026-03-05 00:40",
            "Thu 2026-03-05 00:40  scim        try 6 in quarantine fails; tried again at Fri 2026-03-06 00:40",
            "Fri 2026-03-06 00:40  scim        try 7 in quarantine fails; tried again at Sat 2026-03-07 00:40",
            "Sat 2026-03-07 00:40  scim        try 8 in quarantine fails; tried again at Sun 2026-03-08 00:40",
            "Sun 2026-03-08 00:40  scim        try 9 in quarantine fails; tried again at Mon 2026-03-09 00:40",
            "Mon 2026-03-09 00:40  scim        try 10 in quarantine fails; tried again at Tue 2026-03-10 00:40",
            "Tue 2026-03-10 00:40  scim        try 11 in quarantine fails; tried again at Wed 2026-03-11 00:40",
            "Wed 2026-03-11 00:40  scim        try 12 in quarantine fails; tried again at Thu 2026-03-12 00:40",
            "Thu 2026-03-12 00:40  scim        try 13 in quarantine fails; tried again at Fri 2026-03-13 00:40",
            "Fri 2026-03-13 00:40  scim        try 14 in quarantine fails; tried again at Sat 2026-03-14 00:40",
            "Sat 2026-03-14 00:40  scim        try 15 in quarantine fails; tried again at Sun 2026-03-15 00:40",
            "Sun 2026-03-15 00:40  scim        try 16 in quarantine fails; tried again at Mon 2026-03-16 00:40",
            "Mon 2026-03-16 00:40  scim        try 17 in quarantine fails; tried again at Tue 2026-03-17 00:40",
            "Tue 2026-03-17 00:40  scim        try 18 in quarantine fails; tried again at Wed 2026-03-18 00:40",
            "Wed 2026-03-18 00:40  scim        try 19 in quarantine fails; tried again at Thu 2026-03-19 00:40",
            "Thu 2026-03-19 00:40  scim        try 20 in quarantine fails; tried again at Fri 2026-03-20 00:40",
            "Fri 2026-03-20 00:40  scim        try 21 in quarantine fails; tried again at Sat 2026-03-21 00:40",
            "Sat 2026-03-21 00:40  scim        try 22 in quarantine fails; tried again at Sun 2026-03-22 00:40",
            "Sun 2026-03-22 00:40  scim        try 23 in quarantine fails; tried again at Mon 2026-03-23 00:40",
            "Mon 2026-03-23 00:40  scim        try 24 in quarantine fails; tried again at Tue 2026-03-24 00:40",
            "Tue 2026-03-24 00:40  scim        try 25 in quarantine fails; tried again at Wed 2026-03-25 00:40",
            "Wed 2026-03-25 00:40  scim        try 26 in quarantine fails; tried again at Thu 2026-03-26 00:40",
            "Thu 2026-03-26 00:40  scim        try 27 in quarantine fails; tried again at Fri 2026-03-27 00:40",
            "Fri 2026-03-27 00:40  scim        try 28 in quarantine fails; tried again at Sat 2026-03-28 00:40",
            "Sat 2026-03-28 00:40  scim        try 29 in quarantine fails; tried again at Sun 2026-03-29 00:40",
            "Sun 2026-03-29 00:40  scim        try 30 in quarantine fails; tried again at Mon 2026-03-30 00:40",
            "Mon 2026-03-30 00:40  scim        try 31 in quarantine fails",
            "Mon 2026-03-30 00:40  scim        disabled: it was in quarantine for too long; nothing runs until `jobs start`",
            "Mon 2026-03-30 00:40  scim        mail to it@contoso.example: [scimulator] SCIM application: provisioning is disabled (scim)",
            "Wed 2026-04-01 00:00  scim        the end: Disabled, in quarantine (EncounteredQuarantineException) since Mon 2026-03-02 00:40; 33 cycles, 45 requests; the sandbox has 6 users and 0 groups",
        ],
    );
}

#[test]
fn a_failing_weekend_is_escrows_that_are_made_good_on_monday() {
    plays(
        "failing-weekend",
        1,
        ["The endpoint fails half of all users for a weekend", "4 days from Fri 2026-03-06 12:00 UTC, seed 1"],
        [
            "Fri 2026-03-06 12:00  scim        initial cycle: 6 created",
            "Fri 2026-03-06 12:40  scim        8 cycles until Fri 2026-03-06 17:20, nothing to do",
            "Fri 2026-03-06 18:00  scim        the sandbox begins to fail (status=500, route=/Users, objects=0.5, for=2days 14h)",
            "Fri 2026-03-06 18:00  scim        24 cycles until Sat 2026-03-07 09:20, nothing to do",
            "Sat 2026-03-07 10:00  -           at the source: 6 changed (jobTitle): ada@contoso.example, ben@contoso.example, cid@contoso.example and 3 more",
            "Sat 2026-03-07 10:00  scim        incremental cycle: 2 updated, 4 failed",
            "Sat 2026-03-07 10:40  scim        incremental cycle: 4 failed",
            "Sat 2026-03-07 11:20  scim        8 cycles until Sat 2026-03-07 16:00, nothing to do",
            "Sat 2026-03-07 16:40  scim        incremental cycle: 4 failed",
            "Sat 2026-03-07 17:20  scim        7 cycles until Sat 2026-03-07 21:20, nothing to do",
            "Sat 2026-03-07 22:00  scim        incremental cycle: 4 failed",
            "Sat 2026-03-07 22:40  scim        17 cycles until Sun 2026-03-08 09:20, nothing to do",
            "Sun 2026-03-08 10:00  scim        incremental cycle: 4 failed",
            "Sun 2026-03-08 10:40  scim        32 cycles until Mon 2026-03-09 07:20, nothing to do",
            "Mon 2026-03-09 08:00  scim        the sandbox no longer fails (status=500, route=/Users, objects=0.5, for=2days 14h)",
            "Mon 2026-03-09 08:00  scim        3 cycles until Mon 2026-03-09 09:20, nothing to do",
            "Mon 2026-03-09 10:00  scim        incremental cycle: 4 updated",
            "Mon 2026-03-09 10:40  scim        38 cycles until Tue 2026-03-10 11:20, nothing to do",
            "Tue 2026-03-10 12:00  scim        the end: Active, not in quarantine; 144 cycles, 188 requests; the sandbox has 6 users and 0 groups",
        ],
    );
}

#[test]
fn a_mass_unassignment_is_held_back_until_it_is_allowed() {
    plays(
        "mass-unassignment-allowed",
        3,
        ["A mass unassignment is caught by the guard, then allowed", "2 days from Mon 2026-03-02 00:00 UTC, seed 1"],
        [
            "Mon 2026-03-02 00:00  scim        initial cycle: 6 created",
            "Mon 2026-03-02 00:40  scim        14 cycles until Mon 2026-03-02 09:20, nothing to do",
            "Mon 2026-03-02 09:30  scim        at the source: 6 unassigned: ada@contoso.example, ben@contoso.example, cid@contoso.example and 3 more",
            "Mon 2026-03-02 10:00  scim        incremental cycle: 6 held back; quarantine begins (TooManyDeletes): 6 disables and 0 deletes are held back by the deletion guard, for they reach the threshold of 5: ada@contoso.example, ben@contoso.example, cid@contoso.example and 3 others. If they are meant, run `scimulator jobs allow-deletes scim`; if not, bring the users and groups back into scope, and run `scimulator jobs restart scim`; looked at again at Mon 2026-03-02 10:05",
            "Mon 2026-03-02 10:00  scim        mail to it@contoso.example: [scimulator] SCIM application: provisioning is in quarantine (scim)",
            "Mon 2026-03-02 10:05  scim        try 1 in quarantine fails; looked at again at Mon 2026-03-02 16:00",
            "Mon 2026-03-02 11:00  scim        the administrator lets go what is held back (`jobs allow-deletes`)",
            "Mon 2026-03-02 11:00  scim        quarantine is lifted; incremental cycle: 6 disabled",
            "Mon 2026-03-02 11:00  scim        mail to it@contoso.example: [scimulator] SCIM application: provisioning has recovered (scim)",
            "Mon 2026-03-02 11:20  scim        55 cycles until Tue 2026-03-03 23:20, nothing to do",
            "Wed 2026-03-04 00:00  scim        the end: Active, not in quarantine; 73 cycles, 97 requests; the sandbox has 6 users and 0 groups",
        ],
    );
}

#[test]
fn a_mass_unassignment_that_is_rejected_disables_nobody() {
    plays(
        "mass-unassignment-rejected",
        3,
        ["A mass unassignment is caught by the guard, then rejected", "2 days from Mon 2026-03-02 00:00 UTC, seed 1"],
        [
            "Mon 2026-03-02 00:00  scim        initial cycle: 6 created",
            "Mon 2026-03-02 00:40  scim        14 cycles until Mon 2026-03-02 09:20, nothing to do",
            "Mon 2026-03-02 09:30  scim        at the source: 6 unassigned: ada@contoso.example, ben@contoso.example, cid@contoso.example and 3 more",
            "Mon 2026-03-02 10:00  scim        incremental cycle: 6 held back; quarantine begins (TooManyDeletes): 6 disables and 0 deletes are held back by the deletion guard, for they reach the threshold of 5: ada@contoso.example, ben@contoso.example, cid@contoso.example and 3 others. If they are meant, run `scimulator jobs allow-deletes scim`; if not, bring the users and groups back into scope, and run `scimulator jobs restart scim`; looked at again at Mon 2026-03-02 10:05",
            "Mon 2026-03-02 10:00  scim        mail to it@contoso.example: [scimulator] SCIM application: provisioning is in quarantine (scim)",
            "Mon 2026-03-02 10:05  scim        try 1 in quarantine fails; looked at again at Mon 2026-03-02 16:00",
            "Mon 2026-03-02 11:00  scim        the administrator rejects the deletes: 6 put back at the source, then `jobs restart`; quarantine is lifted",
            "Mon 2026-03-02 11:00  scim        initial cycle: 6 skipped",
            "Mon 2026-03-02 11:20  scim        55 cycles until Tue 2026-03-03 23:20, nothing to do",
            "Wed 2026-03-04 00:00  scim        the end: Active, not in quarantine; 73 cycles, 91 requests; the sandbox has 6 users and 0 groups",
        ],
    );
}

#[test]
fn a_limited_rate_costs_time_and_nothing_else() {
    let (world, application) = six();
    // As it is: the normal form hides moments with seconds.
    let output = world.command(&["simulate", "--scenario", "rate-limiting"]).output().expect("the program was built");
    Outcome::of(&output, &NormalForm::verbatim()).exits_with(0).complains([]).prints([
        "The endpoint limits the rate",
        "1 day from Mon 2026-03-02 00:00 UTC, seed 1",
        "",
        "Mon 2026-03-02 00:00  scim        the sandbox begins to fail (status=429, retry_after=30, share=0.2, for=12h)",
        "Mon 2026-03-02 00:00:30  scim        initial cycle in 30s: 6 created",
        "Mon 2026-03-02 00:40  scim        14 cycles until Mon 2026-03-02 09:20:30, nothing to do",
        "Mon 2026-03-02 09:30  -           at the source: 6 changed (department): ada@contoso.example, ben@contoso.example, cid@contoso.example and 3 more",
        "Mon 2026-03-02 10:01:30  scim        incremental cycle in 1m 30s: 6 updated",
        "Mon 2026-03-02 10:40  scim        2 cycles until Mon 2026-03-02 11:20, nothing to do",
        "Mon 2026-03-02 12:00  scim        the sandbox no longer fails (status=429, retry_after=30, share=0.2, for=12h)",
        "Mon 2026-03-02 12:00  scim        18 cycles until Mon 2026-03-02 23:20, nothing to do",
        "Tue 2026-03-03 00:00  scim        the end: Active, not in quarantine; 36 cycles, 69 requests; the sandbox has 6 users and 0 groups",
    ]);
    application.received([]);
}

#[test]
fn a_leaver_is_disabled_at_once_and_deleted_after_thirty_days() {
    let (mut world, application) = six();
    world.configure("max_in_flight = 1\n", "max_in_flight = 1\nevery = \"4h\"\n");
    world.run(["simulate", "--scenario", "leaver"]).exits_with(0).complains([]).prints([
        "A leaver's 30 days",
        "33 days from Mon 2026-03-02 00:00 UTC, seed 1",
        "",
        "Mon 2026-03-02 00:00  scim        initial cycle: 6 created",
        "Mon 2026-03-02 04:00  scim        10 cycles until Tue 2026-03-03 16:00, nothing to do",
        "Tue 2026-03-03 17:00  -           at the source: 1 disabled: eve@contoso.example",
        "Tue 2026-03-03 20:00  scim        incremental cycle: 1 disabled",
        "Wed 2026-03-04 00:00  scim        3 cycles until Wed 2026-03-04 08:00, nothing to do",
        "Wed 2026-03-04 09:00  -           at the source: 1 gone: eve@contoso.example",
        "Wed 2026-03-04 12:00  scim        180 cycles until Fri 2026-04-03 08:00, nothing to do",
        "Fri 2026-04-03 12:00  scim        incremental cycle: 1 deleted",
        "Fri 2026-04-03 16:00  scim        2 cycles until Fri 2026-04-03 20:00, nothing to do",
        "Sat 2026-04-04 00:00  scim        the end: Active, not in quarantine; 198 cycles, 213 requests; the sandbox has 5 users and 0 groups",
    ]);
    application.received([]);
}

#[test]
fn an_onboarding_day_creates_people_when_they_are_assigned() {
    plays(
        "onboarding-day",
        0,
        ["Onboarding day", "1 day from Mon 2026-03-02 00:00 UTC, seed 1"],
        [
            "Mon 2026-03-02 00:00  scim        initial cycle: 6 created",
            "Mon 2026-03-02 00:40  scim        8 cycles until Mon 2026-03-02 05:20, nothing to do",
            "Mon 2026-03-02 06:00  -           at the source: 10 new: new.hire.1@contoso.example, new.hire.2@contoso.example, new.hire.3@contoso.example and 7 more",
            "Mon 2026-03-02 06:00  scim        incremental cycle: 10 skipped",
            "Mon 2026-03-02 06:40  scim        4 cycles until Mon 2026-03-02 08:40, nothing to do",
            "Mon 2026-03-02 09:00  scim        at the source: 10 assigned: new.hire.1@contoso.example, new.hire.2@contoso.example, new.hire.3@contoso.example and 7 more",
            "Mon 2026-03-02 09:20  scim        incremental cycle: 10 created",
            "Mon 2026-03-02 10:00  scim        3 cycles until Mon 2026-03-02 11:20, nothing to do",
            "Mon 2026-03-02 12:00  -           at the source: 1 changed (jobTitle): new.hire.7@contoso.example",
            "Mon 2026-03-02 12:00  scim        incremental cycle: 1 updated",
            "Mon 2026-03-02 12:40  scim        4 cycles until Mon 2026-03-02 14:40, nothing to do",
            "Mon 2026-03-02 15:00  -           at the source: 1 new and assigned: late.hire@contoso.example",
            "Mon 2026-03-02 15:20  scim        incremental cycle: 1 created",
            "Mon 2026-03-02 16:00  scim        12 cycles until Mon 2026-03-02 23:20, nothing to do",
            "Tue 2026-03-03 00:00  scim        the end: Active, not in quarantine; 36 cycles, 72 requests; the sandbox has 17 users and 0 groups",
        ],
    );
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
        "Tue 2026-03-03 00:00  frankli     the end: Active, not in quarantine; 36 cycles, 136 requests; the sandbox has 33 \
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
        world.run(["simulate", "--scenario", "week.toml", "--seed", seed]).exits_with(1).stdout.replace(seed, "{seed}")
    };
    let (first, second) = (play("71"), play("71"));
    assert_eq!(first, second);
    assert!((72..78).any(|seed: u32| play(&seed.to_string()) != first), "every seed plays\n{first}");
}

#[test]
fn the_timeline_comes_as_data_too() {
    let (world, _) = six();
    let told = world.run(["simulate", "--scenario", "mass-unassignment-allowed", "--json"]).exits_with(3).complains([]);
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
    let told = world.run(["simulate", "--scenario", "week.toml"]).exits_with(1).stdout;
    let first = told.lines().find(|line| line.contains("initial cycle")).unwrap_or_default();
    assert_eq!(first, "Mon 2026-03-02 00:10  scim        initial cycle in 10m: 6 failed");
}
