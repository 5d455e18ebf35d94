//! What the timeline of `simulate` makes of a job that fails for long: levers, escrows given up, a time in quarantine that ends
//! between two tries. Source: `spec/HEALTH.md` §1, §2, §4.

use crate::world::{NormalForm, Outcome, World};

/// Three people who are assigned to a job, with these lines of configuration after the tenant's.
fn three(settings: &str) -> World {
    let mut world = World::new();
    world.configure("[directory]", &format!("{settings}\n[directory]"));
    world.job_with("scim", "scim", "", "every = \"1h\"\n");
    for name in ["ada", "ben", "cid"] {
        world.user(name, |_| {}).assign(name, "scim");
    }
    world
}

/// Plays a scenario of so many days; the story without its heading and its end.
fn story(world: &World, days: u32, events: &str, exit: i32) -> Vec<String> {
    world.write("story.toml", &format!("start = \"2026-03-02\"\ndays = {days}\n{events}"));
    let output = world.command(&["simulate", "--scenario", "story.toml"]).output().expect("the program was built");
    let told = Outcome::of(&output, &NormalForm::verbatim()).exits_with(exit).complains([]);
    let lines: Vec<_> = told.stdout.lines().skip(2).map(str::to_owned).collect();
    lines[..lines.len() - 1].to_vec()
}

#[test]
fn a_time_in_quarantine_that_ends_between_two_tries_ends_with_a_last_one() {
    let world = three("[health]\nquarantine_life = \"7h 30m\"");
    let told = story(&world, 2, "[[events]]\nat = \"30m\"\nfail = { status = 401 }\n", 3);
    assert_eq!(
        told[3..],
        [
            "Mon 2026-03-02 01:05  scim        try 1 in quarantine fails; tried again at Mon 2026-03-02 07:00",
            "Mon 2026-03-02 07:00  scim        try 2 in quarantine fails; tried again at Mon 2026-03-02 08:30",
            "Mon 2026-03-02 08:30  scim        try 3 in quarantine fails",
            "Mon 2026-03-02 08:30  scim        disabled: it was in quarantine for too long; nothing runs until `jobs start`",
        ]
    );
}

#[test]
fn a_time_in_quarantine_that_is_shorter_than_the_first_try_is_kept_to_as_well() {
    let world = three("[health]\nquarantine_life = \"90s\"");
    let told = story(&world, 1, "[[events]]\nat = \"30m\"\nfail = { status = 401 }\n", 3);
    assert_eq!(
        told[3..],
        [
            "Mon 2026-03-02 01:01:30  scim        try 1 in quarantine fails",
            "Mon 2026-03-02 01:01:30  scim        disabled: it was in quarantine for too long; nothing runs until `jobs start`",
        ]
    );
}

#[test]
fn a_job_whose_directory_is_refused_is_disabled_in_time_all_the_same() {
    let world = three("[health]\nquarantine_life = \"7h 30m\"");
    let events = "[[events]]\nat = \"30m\"\nfail = { status = 401 }\n[[events]]\nat = \"7h 10m\"\n\
                  change = { users = [\"ada@contoso.example\"], set = { accountEnabled = \"perhaps\" } }\n";
    let told = story(&world, 2, events, 3);
    let last = "Mon 2026-03-02 08:30  scim        disabled: it was in quarantine for too long; nothing runs until `jobs start`";
    assert_eq!(told.last().unwrap(), last);
    assert!(told[told.len() - 2].contains("scim        no cycle: "), "{told:#?}");
}

#[test]
fn a_lever_that_lifts_quarantine_says_so_and_the_next_failure_begins_another() {
    let world = three("");
    let events = "[[events]]\nat = \"30m\"\nfail = { status = 401 }\n[[events]]\nat = \"3h 30m\"\nstart = true\n\
                  [[events]]\nat = \"5h 30m\"\nmend = true\n[[events]]\nat = \"5h 30m\"\nrestart = true\n";
    let told = story(&world, 1, events, 3);
    let short: Vec<_> = told.iter().map(|line| line.split(": GET").next().unwrap()).collect();
    assert_eq!(
        short[2..],
        [
            "Mon 2026-03-02 01:00  scim        incremental cycle; quarantine begins (EncounteredQuarantineException)",
            "Mon 2026-03-02 01:05  scim        try 1 in quarantine fails; tried again at Mon 2026-03-02 07:00",
            "Mon 2026-03-02 03:30  scim        the administrator starts the job (`jobs start`); quarantine is lifted",
            "Mon 2026-03-02 03:30  scim        incremental cycle; quarantine begins (EncounteredQuarantineException)",
            "Mon 2026-03-02 03:35  scim        try 1 in quarantine fails; tried again at Mon 2026-03-02 09:30",
            "Mon 2026-03-02 05:30  scim        the sandbox is well again",
            "Mon 2026-03-02 05:30  scim        the administrator restarts the job (`jobs restart`); quarantine is lifted",
            "Mon 2026-03-02 05:30  scim        initial cycle: 3 skipped",
            "Mon 2026-03-02 06:00  scim        18 cycles until Mon 2026-03-02 23:00, nothing to do",
        ]
    );
}

#[test]
fn cycles_that_fail_alike_are_told_once_and_counted() {
    let world = three("");
    let events = "[[events]]\nat = \"90m\"\nfail = { status = 503 }\n[[events]]\nat = \"2d\"\nmend = true\n\
                  [[events]]\nat = \"2d 90m\"\nfail = { status = 500 }\n[[events]]\nat = \"2d 10h\"\nfail = { status = 503 }\n";
    let told = story(&world, 3, events, 1);
    let short: Vec<_> = told.iter().map(|line| line.split(": GET").next().unwrap()).collect();
    assert_eq!(
        short[1..],
        [
            "Mon 2026-03-02 01:00  scim        1 cycle, nothing to do",
            "Mon 2026-03-02 01:30  scim        the sandbox begins to fail (status=503)",
            "Mon 2026-03-02 02:00  scim        incremental cycle failed",
            "Mon 2026-03-02 03:00  scim        45 more cycles until Tue 2026-03-03 23:00 fail alike",
            "Wed 2026-03-04 00:00  scim        the sandbox is well again",
            "Wed 2026-03-04 00:00  scim        2 cycles until Wed 2026-03-04 01:00, nothing to do",
            "Wed 2026-03-04 01:30  scim        the sandbox begins to fail (status=500)",
            "Wed 2026-03-04 02:00  scim        incremental cycle failed",
            "Wed 2026-03-04 03:00  scim        7 more cycles until Wed 2026-03-04 09:00 fail alike",
            "Wed 2026-03-04 10:00  scim        the sandbox begins to fail (status=503)",
            "Wed 2026-03-04 10:00  scim        14 more cycles until Wed 2026-03-04 23:00 fail alike",
        ]
    );
}

#[test]
fn what_is_given_up_after_its_time_is_told() {
    let world = three("[health]\nescrow_life = \"20h\"");
    let events = "[[events]]\nat = \"0\"\nfail = { status = 400, route = \"POST /Users\" }\n";
    let told = story(&world, 2, events, 1);
    assert_eq!(
        told,
        [
            "Mon 2026-03-02 00:00  scim        the sandbox begins to fail (status=400, route=POST /Users)",
            "Mon 2026-03-02 00:00  scim        initial cycle: 3 failed",
            "Mon 2026-03-02 01:00  scim        incremental cycle: 3 failed",
            "Mon 2026-03-02 02:00  scim        5 cycles until Mon 2026-03-02 06:00, nothing to do",
            "Mon 2026-03-02 07:00  scim        incremental cycle: 3 failed",
            "Mon 2026-03-02 08:00  scim        4 cycles until Mon 2026-03-02 11:00, nothing to do",
            "Mon 2026-03-02 12:00  scim        incremental cycle: 3 failed",
            "Mon 2026-03-02 13:00  scim        7 cycles until Mon 2026-03-02 19:00, nothing to do",
            "Mon 2026-03-02 20:00  scim        incremental cycle: 3 failed, 3 of them for the last time",
            "Mon 2026-03-02 21:00  scim        27 cycles until Tue 2026-03-03 23:00, nothing to do",
        ]
    );
}

#[test]
fn what_the_guard_holds_back_is_not_forgotten_when_the_target_fails_for_something_else() {
    let world = three("");
    let events = "deletion_threshold = 2\n[[events]]\nat = \"30m\"\nunassign = { users = \"all\" }\n\
                  [[events]]\nat = \"62m\"\nfail = { status = 503 }\n[[events]]\nat = \"8h\"\nmend = true\n";
    let told = story(&world, 1, events, 3);
    let held = "(TooManyDeletes): 3 disables and 0 deletes are held back by the deletion guard";
    assert!(told[2].contains(held), "{told:#?}");
    assert!(told[4].contains("try 1 in quarantine fails: GET ") && told[4].contains("503"), "{told:#?}");
    let json = ["simulate", "--scenario", "story.toml", "--json"];
    let output = world.command(&json).output().expect("the program was built");
    let told = Outcome::of(&output, &NormalForm::verbatim()).exits_with(3).stdout;
    let tries: Vec<serde_json::Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let messages = tries.iter().filter_map(|entry| entry["cycle"]["quarantine"]["errorMessage"].as_str());
    let messages: Vec<_> = messages.collect();
    assert!(messages.len() > 2, "{messages:?}");
    assert!(messages.iter().all(|message| message.contains("held back by the deletion guard")), "{messages:?}");
}
