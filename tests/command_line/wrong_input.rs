//! What cannot be used: the message says what, where and what to do; nothing is sent, and nothing is lost.

use crate::world::{Application, World, patch, probe};
use serde_json::json;
use std::sync::Arc;

/// Ada and Alan, both provisioned.
fn provisioned() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).user("alan", |_| {}).assign("ada", "scim").assign("alan", "scim");
    world.sync();
    application.requests();
    (world, application)
}

/// Expects that `sync now` is refused with this message and sends nothing, that the job's state is what it was, and
/// that the next run after `mended` is as if nothing had been.
#[track_caller]
fn refused<const N: usize>(
    world: &mut World,
    application: &Application,
    message: [&str; N],
    mended: impl FnOnce(&mut World),
) {
    let connections = "SELECT object, target_id, state FROM connection ORDER BY object";
    let before = world.query(connections);
    world.run(["sync", "now"]).exits_with(2).prints([]).complains(message);
    application.received([]);
    assert_eq!(world.query(connections), before);
    mended(world);
    world.user("ada", |user| {
        user.set("jobTitle", "Director");
    });
    world.sync();
    application.received_writes([patch("/Users/{ada}", json!([{"op": "Add", "path": "title", "value": "Director"}]))]);
    assert_eq!(application.roster(), ["ada", "alan"]);
}

#[test]
fn malformed_json_in_the_directory() {
    let (mut world, application) = provisioned();
    world.write("directory/users.json", "[\n  {\"userPrincipalName\": \"ada@contoso.example\",}\n]\n");
    refused(
        &mut world,
        &application,
        ["error: directory/users.json:2: record 1: the record is not JSON: trailing comma in line 2, \
         column 47"],
        |_| {},
    );
}

#[test]
fn a_file_that_ends_in_the_middle() {
    let (mut world, application) = provisioned();
    let whole = world.read("directory/users.json");
    world.write("directory/users.json", &whole[..whole.len() / 2]);
    refused(
        &mut world,
        &application,
        ["error: directory/users.json:8: the file ends before its list or object is closed; it may be \
         incomplete"],
        |_| {},
    );
}

#[test]
fn two_users_of_one_name() {
    let (mut world, application) = provisioned();
    world.write(
        "directory/users.json",
        "[\n  {\"userPrincipalName\": \"ada@contoso.example\"},\n\
         \x20 {\"userPrincipalName\": \"ADA@contoso.example\"}\n]\n",
    );
    refused(
        &mut world,
        &application,
        [
            "error: directory/users.json:3: `userPrincipalName` \"ADA@contoso.example\" is already used in \
         directory/users.json:2",
            "  help: give each object a value of its own",
        ],
        |_| {},
    );
}

#[test]
fn several_bad_records_are_all_told_of() {
    let (mut world, application) = provisioned();
    world.write(
        "directory/users.json",
        "[\n  {\"displayName\": \"Nobody\"},\n  {\"userPrincipalName\": \"ada@contoso.example\", \"accountEnabled\": \
         \"perhaps\"}\n]\n",
    );
    refused(
        &mut world,
        &application,
        [
            "error: directory/users.json:2: record 1: `userPrincipalName` is missing",
            "error: directory/users.json:3: record 2: `accountEnabled` must be true or false, not \"perhaps\"",
        ],
        |_| {},
    );
}

#[test]
fn an_assignment_without_a_principal() {
    let (mut world, application) = provisioned();
    world.write("directory/assignments.json", "[{\"app\": \"scim\"}]");
    refused(
        &mut world,
        &application,
        ["error: directory/assignments.json:1: record 1: `principal` is missing"],
        |_| {},
    );
}

#[test]
fn records_with_misspelt_fields() {
    let (mut world, application) = provisioned();
    world.write("directory/users.json", "[{\"userPrincipleName\": \"ada@contoso.example\"}]");
    world.write("directory/groups.json", "[{\"dispalyName\": \"Wiki\"}]");
    world.write("directory/assignments.json", "[{\"application\": \"scim\",\n\"principle\": \"ada@contoso.example\"}]");
    refused(
        &mut world,
        &application,
        [
            "error: directory/users.json:1: record 1: `userPrincipalName` is missing",
            "  help: is `userPrincipleName` meant for it?",
            "error: directory/groups.json:1: record 1: `displayName` is missing",
            "  help: is `dispalyName` meant for it?",
            "error: directory/assignments.json:1: record 1: `app` is missing",
            "  help: is `application` meant for it?",
            "error: directory/assignments.json:1: record 1: `principal` is missing",
            "  help: is `principle` meant for it?",
        ],
        |_| {},
    );
}

#[test]
fn a_users_file_that_is_gone() {
    let (mut world, application) = provisioned();
    std::fs::remove_file(world.path("directory/users.json")).unwrap();
    refused(
        &mut world,
        &application,
        ["error: `directory` has no users file; expected `users.json`, `users.ndjson`, `users.csv` or \
         such files in folder `users`"],
        |_| {},
    );
}

#[test]
fn a_groups_file_that_is_gone() {
    let (mut world, application) = provisioned();
    std::fs::remove_file(world.path("directory/groups.json")).unwrap();
    refused(
        &mut world,
        &application,
        ["error: the directory `directory` looks emptied or half-copied: `groups.json` is missing; if it \
         is meant, run `scimulator sync now --accept-shrink`"],
        |_| {},
    );
}

const STAYS: &str = "warning: directory: 1 user stays as last read, for a record that was left out may name it, and no \
                     other does";
const STAYS_HELP: &str = "  help: mend that record or take it away: whoever is in no file then is removed";

#[test]
fn a_bad_record_that_is_skipped_is_never_taken_for_a_deletion() {
    let (mut world, application) = provisioned();
    world.configure("path = \"directory\"\n", "path = \"directory\"\non_invalid_record = \"skip\"\n");
    world.user("ada", |user| {
        user.set("accountEnabled", "perhaps");
    });
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["scim: incremental cycle Succeeded: nothing to do; 1 request in {duration}"])
        .complains([
            "warning: directory/users.json:2: record 1: `accountEnabled` must be true or false, not \"perhaps\"",
            STAYS,
            STAYS_HELP,
        ]);
    application.received([probe()]);
    let is_told = |command: &[&str]| {
        let outcome = world.run_all(command).exits_with(0);
        let told = outcome.stdout.clone() + &outcome.stderr;
        assert!(told.contains(STAYS) && told.contains(STAYS_HELP), "{told}");
    };
    is_told(&["check"]);
    is_told(&["directory"]);
    is_told(&["directory", "diff"]);
}

#[test]
fn a_directory_that_is_gone() {
    let (mut world, application) = provisioned();
    std::fs::rename(world.path("directory"), world.path("elsewhere")).unwrap();
    refused(
        &mut world,
        &application,
        ["error: the directory folder `directory` does not exist; create it or correct `[directory] path`"],
        |world| {
            std::fs::rename(world.path("elsewhere"), world.path("directory")).unwrap();
        },
    );
}

#[test]
fn an_unknown_key_in_the_configuration() {
    let (mut world, application) = provisioned();
    world.configure("max_in_flight = 1", "max_in_fligth = 1");
    refused(
        &mut world,
        &application,
        [
            "error: scimulator.toml:12: `max_in_fligth` is not a setting of a job",
            "  help: did you mean `max_in_flight`?",
        ],
        |world| world.configure("max_in_fligth = 1", "max_in_flight = 1"),
    );
}

#[test]
fn an_unknown_setting_in_the_environment() {
    let (mut world, application) = provisioned();
    world.variable("SCIMULATOR_STATE__PAHT", Some("elsewhere.db"));
    refused(
        &mut world,
        &application,
        [
            "error: environment variable `SCIMULATOR_STATE__PAHT`: `paht` is not a setting of the state",
            "  help: did you mean `path`?",
        ],
        |world| world.variable("SCIMULATOR_STATE__PAHT", None),
    );
}

#[test]
fn the_environment_goes_before_the_file() {
    let (mut world, application) = provisioned();
    world.variable("SCIMULATOR_STATE__PATH", Some("elsewhere/other.db"));
    world.sync().prints(["scim: initial cycle Succeeded: 2 skipped; 3 requests in {duration}"]);
    application.received_writes([]);
    assert!(world.path("elsewhere/other.db").exists());
}

#[test]
fn a_configuration_that_is_no_toml() {
    let (mut world, application) = provisioned();
    world.configure("[tenant]", "[tenant");
    refused(
        &mut world,
        &application,
        [
            "error: scimulator.toml:1: unclosed table, expected `]`",
            "  help: close it, or take the opening bracket away",
        ],
        |world| world.configure("[tenant", "[tenant]"),
    );
}

#[test]
fn no_configuration_at_all() {
    let world = World::new();
    world
        .run(["sync", "now"])
        .exits_with(2)
        .prints([])
        .complains(["error: there is no configuration file `scimulator.toml`; write one with `scimulator init`, or \
         name another with `--config`"]);
}

#[test]
fn an_unknown_function_in_a_mapping() {
    let (mut world, application) = provisioned();
    let mapping = include_str!("../../mappings/scim.toml");
    world.write("wiki.toml", &mapping.replace("Join(\" \"", "Jion(\" \""));
    world.configure("mapping = \"scim\"", "mapping = \"wiki.toml\"");
    refused(
        &mut world,
        &application,
        [
            "error: wiki.toml:47: the expression cannot be read: there is no function `Jion`",
            "  help: did you mean `Join`?",
            "           |",
            "        47 | Jion(\" \", [givenName], [surname])",
            "           | ^^^^",
        ],
        |world| world.configure("mapping = \"wiki.toml\"", "mapping = \"scim\""),
    );
}

#[test]
fn an_unknown_source_attribute_in_a_mapping() {
    let (mut world, application) = provisioned();
    let mapping = include_str!("../../mappings/scim.toml");
    world.write("wiki.toml", &mapping.replace("direct = \"jobTitle\"", "direct = \"jobTitel\""));
    world.configure("mapping = \"scim\"", "mapping = \"wiki.toml\"");
    refused(
        &mut world,
        &application,
        [
            "error: wiki.toml:42: the mapping of `title` names the source attribute `jobTitel`, which does \
         not exist",
            "  help: did you mean `jobTitle`?",
        ],
        |world| world.configure("mapping = \"wiki.toml\"", "mapping = \"scim\""),
    );
}

#[test]
fn a_mapping_file_that_is_not_there() {
    let (mut world, application) = provisioned();
    world.configure("mapping = \"scim\"", "mapping = \"scmi\"");
    refused(
        &mut world,
        &application,
        ["error: job `scim`: scimulator.toml:9: the mapping `scmi` cannot be read: No such file or directory (os \
         error 2); name a file, or one of the embedded mappings: `askspoke`, `flock`, `frankli`, \
         `mediusflow`, `scim`, `tribeloo`"],
        |world| world.configure("mapping = \"scmi\"", "mapping = \"scim\""),
    );
}

#[test]
fn a_token_variable_that_is_not_set() {
    let (mut world, application) = provisioned();
    world.variable("WORLD_TOKEN", None);
    refused(
        &mut world,
        &application,
        ["error: scimulator.toml:7: job `scim`: the environment variable `WORLD_TOKEN` is not set; set \
         it, or name another one in the configuration"],
        |world| world.variable("WORLD_TOKEN", Some(crate::world::TOKEN)),
    );
}

#[test]
fn a_tenant_url_that_is_none() {
    let (mut world, application) = provisioned();
    let url = application.url();
    world.configure(&url, "wiki.example/scim");
    refused(
        &mut world,
        &application,
        ["error: scimulator.toml:10: job `scim`: `wiki.example/scim` is no URL (relative URL without a \
         base); write it like `https://app.example/scim`"],
        |world| world.configure("wiki.example/scim", &url),
    );
}

#[test]
fn a_tenant_url_that_leads_elsewhere() {
    let (mut world, application) = provisioned();
    let url = application.url();
    world.configure(&url, "http://127.0.0.1:1/other");
    refused(
        &mut world,
        &application,
        ["error: the tenant URL of job `scim` leads to `http://127.0.0.1:1/other`, and its connections \
         belong to `http://{target}/scim`; run `scimulator jobs restart scim --reset Full` to match \
         everything anew there, or `scimulator jobs restart scim --keep-links` if it is the same \
         application at another address, or set the URL back"],
        |world| world.configure("http://127.0.0.1:1/other", &url),
    );
}

#[test]
fn an_unknown_job_names_those_that_there_are() {
    let (world, application) = provisioned();
    world
        .run(["sync", "now", "skim"])
        .exits_with(2)
        .prints([])
        .complains(["error: there is no job `skim`; there are: scim"]);
    application.received([]);
}

#[test]
fn an_unknown_command() {
    let (world, _) = provisioned();
    world.run(["snyc"]).exits_with(2).prints([]).complains([
        "error: unrecognized subcommand 'snyc'",
        "",
        "  tip: a similar subcommand exists: 'sync'",
        "",
        "Usage: scimulator [OPTIONS] <COMMAND>",
        "",
        "For more information, try '--help'.",
    ]);
}

#[test]
fn a_folder_that_lost_most_of_its_users() {
    let mut world = World::new();
    let application = world.job("scim");
    let names: Vec<_> = (1..=20).map(|number| format!("user{number:02}")).collect();
    for name in &names {
        world.user(name, |_| {}).assign(name, "scim");
    }
    world.sync();
    application.requests();
    let everybody = application.roster();
    world.change(|directory| {
        for name in &names[..11] {
            directory.remove_user(name);
        }
    });
    world
        .run(["sync", "now"])
        .exits_with(2)
        .prints([])
        .complains(["error: the directory `directory` looks emptied or half-copied: 11 of 20 users would go; if it \
         is meant, run `scimulator sync now --accept-shrink`"]);
    let checked = world.run(["check"]).exits_with(2).complains([]).stdout;
    let errors: Vec<_> = checked.lines().filter(|line| !line.starts_with("warning: ")).collect();
    assert_eq!(
        errors,
        [
            "error: directory: the directory `directory` looks emptied or half-copied: 11 of 20 users would go; if it is \
             meant, run `scimulator sync now --accept-shrink`",
            "1 error",
        ]
    );
    application.received([]);
    assert_eq!(application.roster(), everybody);
    world
        .run(["sync", "now", "--accept-shrink"])
        .exits_with(0)
        .prints(["scim: incremental cycle Succeeded: 11 disabled; 23 requests in {duration}"]);
    assert_eq!(application.roster().iter().filter(|name| name.starts_with('-')).count(), 11);
}

#[test]
fn a_state_file_that_another_process_works_with() {
    let (world, application) = provisioned();
    let held = scimulator::store::Store::open(&world.path("state/scimulator.db"), "a migration").unwrap();
    world
        .run(["sync", "now"])
        .exits_with(1)
        .prints([])
        .complains(["error: the state file `state/scimulator.db` is in use by process {process} (a migration); stop \
         that first, or let it do the work"]);
    application.received([]);
    world.run(["jobs"]).exits_with(0);
    drop(held);
    world.sync();
}
