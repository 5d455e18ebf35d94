//! `directory`: what was read, what would change, the recycle bin, and a made-up company.

use crate::world::{Application, Outcome, World, delete};
use serde_json::json;
use std::sync::Arc;

/// Ada and Ben, provisioned; a group of both.
fn company() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("tribeloo");
    world.user("ada", |user| {
        user.set("id", "id-ada");
    });
    world.user("ben", |user| {
        user.set("id", "id-ben").set("jobTitle", "Engineer");
    });
    world.group("Team", &["ada", "ben"]).assign("Team", "tribeloo");
    world.sync();
    application.requests();
    (world, application)
}

#[test]
fn before_the_first_import_there_is_nothing_to_show_and_everything_would_be_new() {
    let mut world = World::new();
    world.job("tribeloo");
    world.user("ada", |_| {}).assign("ada", "tribeloo");
    let missing = "there is no state file `state/scimulator.db` yet; it is made by the first `scimulator sync now` or \
         `scimulator run`";
    world.run(["directory"]).exits_with(0).prints([]).complains([missing]);
    let nothing = "{\"directory\":\"directory\",\"importedAt\":null}";
    world.run(["directory", "status", "--json"]).exits_with(0).complains([]).prints([nothing]);
    world.run(["directory", "purge", "ada"]).exits_with(1).prints([]).complains([&format!("error: {missing}")]);
    world.run(["directory", "diff"]).exits_with(0).complains([]).prints([
        "users: 1 added",
        "  added         ada@contoso.example",
        "assignments: 1 added",
        "  added         ada@contoso.example to tribeloo",
        "jobs",
        "  tribeloo: concerns 1 user: ada@contoso.example",
    ]);
    assert!(!world.path("state").exists());
}

#[test]
fn status_shows_what_was_last_read_and_what_has_become_of_it_since() {
    let (mut world, _) = company();
    world.change(|directory| directory.remove_user("ada"));
    let groups = std::fs::File::options().append(true).open(world.path("directory/groups.json")).unwrap();
    groups.set_modified(std::time::UNIX_EPOCH).unwrap();
    world.sync();
    world.write("directory/users.json", "[]");
    std::fs::remove_file(world.path("directory/assignments.json")).unwrap();
    world.write("directory/appRoles.json", "[]");
    world.write("directory/people.json", "[]");
    world.run(["directory"]).exits_with(0).complains([]).prints([
        "directory: imported at {time}, change number 7",
        "  users               1",
        "  in the recycle bin  1",
        "  groups              1",
        "  memberships         2",
        "  assignments         1",
        "  application roles   0",
        "",
        "file\trecords\tbytes\tmodified\tsince the import",
        "appRoles.json\t0\t2\t{time}\tnew",
        "assignments.json\t1\t58\t{time}\tgone",
        "groups.json\t1\t118\t{time}\tunchanged",
        "users.json\t1\t205\t{time}\tchanged",
        "",
        "in the recycle bin\tid\tdeleted\tpurged from\tnamed by",
        "ada@contoso.example\tid-ada\t{time}\t{time}\t-",
        "",
        "warning: directory: `people.json` is ignored: no such name is known",
    ]);
}

#[test]
fn status_as_json_is_one_object() {
    let (world, _) = company();
    let outcome = world.run(["directory", "--json"]).exits_with(0).complains([]);
    let mut status = outcome.json_lines().remove(0);
    let file = status["files"][2].take();
    assert_eq!((&file["path"], &file["kind"], &file["records"]), (&json!("users.json"), &json!("users"), &json!(2)));
    assert_eq!((&file["size"], &file["since"]), (&json!(380), &json!("read again")));
    status["files"] = json!([]);
    assert_eq!(
        status,
        json!({
            "directory": "directory",
            "importedAt": "{time}",
            "changeNumber": 6,
            "users": 2,
            "softDeletedUsers": 0,
            "groups": 1,
            "memberships": 2,
            "assignments": 1,
            "appRoles": 0,
            "files": [],
            "recycleBin": [],
            "warnings": [],
        })
    );
}

/// Changes a bit of everything.
fn reorganise(world: &mut World) {
    world.user("ben", |user| {
        user.set("jobTitle", "Head of Engineering").set("otherMails", json!(["b@x"])).set("manager", "id-ada");
    });
    world.user("cid", |_| {});
    world.group("Team", &["ada", "cid"]).group("Night shift", &["ben"]).assign("cid", "tribeloo");
}

#[test]
fn diff_shows_what_an_import_would_change_and_changes_nothing() {
    let (mut world, application) = company();
    reorganise(&mut world);
    let told = [
        "users: 1 added, 1 changed",
        "  changed       ben@contoso.example",
        "    jobTitle: Engineer -> Head of Engineering",
        "    otherMails: - -> [\"b@x\"]",
        "    manager: - -> id-ada",
        "  added         cid@contoso.example",
        "groups: 1 added",
        "  added         Night shift",
        "memberships: 2 added, 1 removed",
        "  added         ben@contoso.example in Night shift",
        "  added         cid@contoso.example in Team",
        "  removed       ben@contoso.example in Team",
        "assignments: 1 added",
        "  added         cid@contoso.example to tribeloo",
        "jobs",
        "  tribeloo: concerns 2 users: ben@contoso.example, cid@contoso.example",
    ];
    world.run(["directory", "diff"]).exits_with(0).complains([]).prints(told);
    world.run(["directory", "diff"]).exits_with(0).complains([]).prints(told);
    world.run(["directory", "diff", "--limit", "1"]).exits_with(0).complains([]).prints([
        "users: 1 added, 1 changed",
        "  changed       ben@contoso.example",
        "    jobTitle: Engineer -> Head of Engineering",
        "    otherMails: - -> [\"b@x\"]",
        "    manager: - -> id-ada",
        "  and 1 more",
        "groups: 1 added",
        "  added         Night shift",
        "memberships: 2 added, 1 removed",
        "  added         ben@contoso.example in Night shift",
        "  and 2 more",
        "assignments: 1 added",
        "  added         cid@contoso.example to tribeloo",
        "jobs",
        "  tribeloo: concerns 2 users: ben@contoso.example, cid@contoso.example",
    ]);
    application.received([]);
    world.sync();
    world.run(["directory", "diff"]).exits_with(0).complains([]).prints(["nothing would change"]);
}

#[test]
fn diff_as_json_is_an_object_a_line() {
    let (mut world, _) = company();
    reorganise(&mut world);
    world.run(["directory", "diff", "--json"]).exits_with(0).complains([]).prints([
        "{\"kind\":\"User\",\"change\":\"changed\",\"id\":\"id-ben\",\"name\":\"ben@contoso.example\",\
         \"attributes\":{\"jobTitle\":[\"Engineer\",\"Head of Engineering\"],\"otherMails\":[null,[\"b@x\"]],\
         \"manager\":[null,\"id-ada\"]}}",
        "{\"kind\":\"User\",\"change\":\"added\",\"id\":\"{uuid}\",\"name\":\"cid@contoso.example\",\"attributes\":{}}",
        "{\"kind\":\"Group\",\"change\":\"added\",\"id\":\"{uuid}\",\"name\":\"Night shift\",\"attributes\":{}}",
        "{\"kind\":\"Membership\",\"change\":\"added\",\"group\":{\"id\":\"{uuid}\",\"name\":\"Night shift\"},\
         \"member\":{\"id\":\"id-ben\",\"name\":\"ben@contoso.example\"}}",
        "{\"kind\":\"Membership\",\"change\":\"added\",\"group\":{\"id\":\"{uuid}\",\"name\":\"Team\"},\
         \"member\":{\"id\":\"{uuid}\",\"name\":\"cid@contoso.example\"}}",
        "{\"kind\":\"Membership\",\"change\":\"removed\",\"group\":{\"id\":\"{uuid}\",\"name\":\"Team\"},\
         \"member\":{\"id\":\"id-ben\",\"name\":\"ben@contoso.example\"}}",
        "{\"kind\":\"Assignment\",\"change\":\"added\",\"app\":\"tribeloo\",\
         \"principal\":{\"id\":\"{uuid}\",\"name\":\"cid@contoso.example\"},\"role\":null}",
        "{\"kind\":\"Job\",\"job\":\"tribeloo\",\"users\":2,\"groups\":0}",
        "{\"kind\":\"Summary\",\"users\":{\"added\":1,\"changed\":1},\"groups\":{\"added\":1},\
         \"memberships\":{\"added\":2,\"removed\":1},\"assignments\":{\"added\":1},\"appRoles\":{},\"refused\":null}",
    ]);
}

#[test]
fn diff_says_what_an_import_would_refuse() {
    let (mut world, _) = company();
    world.write("directory/users.json", "[{}, {\"userPrincipalName\": 7.5}]");
    let problem = "directory/users.json:1: record 1: `userPrincipalName` is missing";
    let other = "directory/users.json:1: record 2: `userPrincipalName` must be a text in quotation marks, not 7.5";
    let errors = [format!("error: {problem}"), format!("error: {other}")];
    let errors = [errors[0].as_str(), &errors[1]];
    world.run(["directory", "diff"]).exits_with(2).prints([]).complains(errors);
    let in_json = world.run(["directory", "diff", "--json"]).exits_with(2).complains([]).json_lines();
    assert_eq!(in_json[0]["message"], "record 1: `userPrincipalName` is missing");
    assert_eq!((in_json.len(), &in_json[0]["kind"]), (2, &json!("Problem")));
    world.change(|_| {});
    std::fs::remove_file(world.path("directory/assignments.json")).unwrap();
    let refused = "the directory `directory` looks emptied or half-copied: `assignments.json` is missing; if it is \
         meant, run `scimulator sync now --accept-shrink`";
    world.run(["directory", "diff"]).exits_with(2).complains([&format!("error: {refused}")]).prints([
        "assignments: 1 removed",
        "  removed       Team to tribeloo",
        "jobs",
        "  tribeloo: concerns 2 users: ada@contoso.example, ben@contoso.example",
    ]);
    let summary = world.run(["directory", "diff", "--json"]).exits_with(2).complains([]).json_lines().pop().unwrap();
    assert_eq!(summary["refused"], refused);
}

#[test]
fn a_job_whose_mapping_cannot_be_read_hides_no_difference() {
    let (mut world, _) = company();
    world.configure("mapping = \"tribeloo\"", "mapping = \"tribelo.toml\"");
    world.change(|directory| directory.remove_group("Team"));
    world.run(["directory", "diff"]).exits_with(0).prints([
        "groups: 1 hard-deleted",
        "  hard-deleted  Team",
        "memberships: 2 removed",
        "  removed       ada@contoso.example in Team",
        "  removed       ben@contoso.example in Team",
        "assignments: 1 removed",
        "  removed       Team to tribeloo",
        "jobs",
        "  tribeloo: its mapping cannot be read; see `scimulator check`",
    ]);
}

#[test]
fn a_purged_user_is_deleted_at_the_target_in_the_next_cycle() {
    let (mut world, application) = company();
    world.change(|directory| directory.remove_user("ada"));
    world.write(
        "directory/deletedUsers.json",
        r#"[{"id": "id-ada", "userPrincipalName": "ada@contoso.example", "deletedDateTime": "2999-01-01T00:00:00Z"}]"#,
    );
    world.sync().prints(["tribeloo: incremental cycle Succeeded: 1 disabled; 3 requests in {duration}"]);
    application.requests();
    world.run(["directory", "purge", "ada@contoso.example"]).exits_with(0).complains([]).prints([
        "ada@contoso.example (id-ada) is deleted for good; applications that manage the account delete it in their next \
         cycle",
        "`deletedUsers.json` goes on naming this user, and nothing comes of it any more",
    ]);
    world.sync().prints(["tribeloo: incremental cycle Succeeded: 1 deleted; 2 requests in {duration}"]);
    world.run(["directory", "diff"]).exits_with(0).complains([]).prints(["nothing would change"]);
    world.run(["directory", "purge", "ben@contoso.example"]).exits_with(2).prints([]).complains([
        "error: `ben@contoso.example` is not soft-deleted, and only soft-deleted users can be purged; take the \
         user out of the files and import first",
    ]);
}

#[test]
fn the_whole_recycle_bin_is_purged_only_when_it_is_said_twice() {
    let (mut world, _) = company();
    world.run(["directory", "purge", "--all"]).exits_with(0).complains([]).prints(["the recycle bin is empty"]);
    for name in ["ada", "ben"] {
        world.change(|directory| directory.remove_user(name));
    }
    world.sync();
    world
        .run(["directory", "purge", "--all"])
        .exits_with(2)
        .prints([])
        .complains(["error: the recycle bin holds 2 users; add `--yes` to delete all of them for good"]);
    world
        .run(["directory", "purge", "--all", "--yes"])
        .exits_with(0)
        .complains([])
        .prints(["2 users deleted for good; applications delete the accounts in their next cycle"]);
    world.sync().prints(["tribeloo: incremental cycle Succeeded: 2 deleted; 3 requests in {duration}"]);
    assert_eq!(world.run(["directory", "purge"]).exits_with(2).stdout, "");
    assert_eq!(world.run(["directory", "purge", "ada", "--all"]).exits_with(2).stdout, "");
}

#[test]
fn all_of_it_works_beside_a_daemon() {
    let (mut world, application) = company();
    world.change(|directory| directory.remove_user("ada"));
    let mut daemon = world.start(["run"]);
    daemon.wait_for("running");
    world.run(["sync", "now"]).exits_with(0);
    application.requests();
    reorganise(&mut world);
    assert!(world.run(["directory"]).exits_with(0).complains([]).stdout.contains("  in the recycle bin  1\n"));
    assert!(world.run(["directory", "diff"]).exits_with(0).stdout.contains("users: 1 added, 1 changed\n"));
    world.run(["directory", "purge", "eve"]).exits_with(2).prints([]).complains([
        "error: nobody in the recycle bin has the id or user principal name `eve`; `scimulator directory` shows who is there",
    ]);
    world.run(["directory", "purge", "id-ada"]).exits_with(0).complains([]).prints([
        "ada@contoso.example (id-ada) is deleted for good; applications that manage the account delete it in their next \
         cycle",
    ]);
    application.received([]);
    world.run(["sync", "now"]).exits_with(0);
    let requests = application.requests();
    assert!(requests.contains(&delete("/Users/{ada}")), "{requests:?}");
}

/// Runs `directory generate` into the world's own directory.
fn generate(world: &World, arguments: &[&str]) -> Outcome {
    let output = world.command(&[&["directory", "generate", "--out", "company"], arguments].concat()).output().unwrap();
    Outcome::of(&output, &world.normal_form())
}

#[test]
fn a_made_up_company_is_checked_and_provisioned_and_its_next_day_is_seen() {
    let mut world = World::new();
    world.job("scim");
    world.configure("path = \"directory\"", "path = \"company\"");
    generate(&world, &["--users", "120", "--seed", "7", "--app", "scim"])
        .exits_with(0)
        .complains([])
        .prints(["company: 120 users, 40 groups with 535 memberships, 4 assignments; 1 in the recycle bin"]);
    world.run(["check"]).exits_with(0).complains([]).prints([
        "no errors: company is ready to provision scim",
        "scim: the next cycle is initial, because no cycle has ended yet: about 59 reads and at most 116 writes; about 7 \
         seconds at 25 requests a second",
    ]);
    let synced = world.run(["sync", "now"]).exits_with(0);
    assert!(synced.stdout.contains("initial cycle Succeeded: "), "{}", synced.stdout);
    world.run(["directory", "diff"]).exits_with(0).complains([]).prints(["nothing would change"]);
    generate(&world, &["--mutate", "0.1", "--seed", "7"]).exits_with(0).complains([]).prints([
        "company: 120 users, 40 groups with 535 memberships, 4 assignments; 2 in the recycle bin",
        "day 1: 2 joined, 2 left, 3 moved, 1 disabled or enabled, 3 in other projects, 2 direct assignments changed",
    ]);
    let difference = world.run(["directory", "diff"]).exits_with(0).complains([]);
    assert_eq!(difference.stdout.lines().next(), Some("users: 2 added, 4 changed, 2 soft-deleted"));
    world.run(["sync", "now"]).exits_with(0);
}

#[test]
fn a_made_up_company_needs_a_size_and_a_folder_of_its_own() {
    let mut world = World::new();
    world.job("scim");
    let refused = |arguments: &[&str], told: &str| {
        let outcome = generate(&world, arguments).exits_with(2).prints([]);
        assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
    };
    refused(&[], "--users <N>");
    refused(&["--users", "0"], "0 is not in 1..=3000000");
    refused(&["--mutate", "1.5"], "the rate must be from 0 to 1; 0.01 is one in 100");
    refused(&["--mutate", "0.1"], "error: `company` holds no company yet; make one with `--users N` first");
    refused(&["--mutate", "0.1", "--app", "wiki"], "cannot be used with");
    generate(&world, &["--users", "3", "--format", "json", "--date", "2026-02-27"]).exits_with(0);
    assert!(world.read("company/company.toml").contains("first_day = \"2026-02-27\"\n"));
    refused(
        &["--users", "4", "--mutate", "0.1"],
        "error: the company in `company` was made with `--users 3`, not `--users 4`",
    );
    std::fs::remove_file(world.path("company/company.toml")).unwrap();
    refused(&["--users", "3"], "error: `company` holds files that are not a made-up company's");
}
