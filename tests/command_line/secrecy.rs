//! The secret token is nowhere but in the configuration, and copies of people's data are for their owner alone.

use crate::world::{Application, TOKEN, TOKEN_VARIABLE, World};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use scimulator::sandbox::{Request, Response};
use std::{os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

/// Expects that no file of the world holds the token, except the configuration.
#[track_caller]
fn nowhere(world: &World) {
    let files = world.files();
    assert!(files.iter().any(|file| file.ends_with("scimulator.db")));
    for file in files.iter().filter(|file| !file.ends_with("scimulator.toml")) {
        let bytes = std::fs::read(file).unwrap();
        for spelling in spellings() {
            let found = bytes.windows(spelling.len()).any(|window| window == spelling.as_bytes());
            assert!(!found, "{} holds the token as `{spelling}`", file.display());
        }
    }
}

/// The token as it is, as it may stand in a URL and in JSON, in other letters, and in base64, alone and after a name.
fn spellings() -> [String; 9] {
    let encoded = |text: &str| text.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    let coded = BASE64_STANDARD.encode(TOKEN);
    [
        TOKEN.to_owned(),
        encoded(TOKEN),
        encoded(TOKEN).replace('%', "%25"),
        TOKEN.replace('/', "\\/"),
        TOKEN.to_uppercase(),
        encoded(TOKEN).to_lowercase(),
        encoded(&coded),
        coded.trim_end_matches('=').to_owned(),
        BASE64_STANDARD.encode(format!("ada:{TOKEN}")),
    ]
}

/// Every command that talks to the target or tells of it, tracing where it can.
fn everything(world: &World) {
    world.run(["test-connection", "scim", "--trace", "test.ndjson"]);
    world.run(["test-connection", "scim", "--json"]);
    world.run(["sync", "now", "--trace", "first.har"]);
    world.run(["sync", "now", "--json", "--trace", "second.ndjson"]);
    for command in ["check", "jobs", "logs"] {
        world.run([command]);
        world.run([command, "--json"]);
    }
    let provision = ["provision", "scim", "--user", "ada@contoso.example"];
    for more in [&["--dry-run", "--trace", "rehearsal.ndjson"][..], &["--json", "--trace", "demand.har"], &[]] {
        world.run_all(&[&provision[..], more].concat());
    }
    world.run(["sync", "now", "--initial", "--dry-run", "--trace", "dry.har"]);
    world.run(["sync", "now", "--initial", "--dry-run", "--json"]);
    world.run(["discover", "scim", "--trace", "discovery.ndjson"]);
    world.run(["explain", "ada@contoso.example"]);
    world.run(["explain", "ada@contoso.example", "--json"]);
    world.run(["jobs", "link", "scim", "ada@contoso.example"]);
    world.run(["jobs", "scim"]);
    world.run(["jobs", "scim", "--json"]);
}

/// What the request brought as `Authorization`, said back in every part of an answer.
fn echo(request: &Request, status: u16) -> Response {
    let brought = request.header("Authorization").unwrap_or_default();
    let token = brought.trim_start_matches("Bearer ");
    Response::error(status, Some(token), &format!("`{brought}` may not do this; {}", spellings().join(" ")))
        .with_header("X-Echo", brought)
        .with_header("Location", &format!("http://127.0.0.1/?token={token}"))
}

fn world() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    (world, application)
}

#[test]
fn a_secret_that_is_a_word_of_every_request_is_warned_of_without_being_named() {
    let mut world = World::new();
    world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    let mut told_of = |secret: &str| {
        world.variable(TOKEN_VARIABLE, Some(secret));
        let said = world.run(["check"]).exits_with(0).complains([]).stdout;
        said.lines().take_while(|line| !line.starts_with("no errors")).map(str::to_owned).collect::<Vec<_>>()
    };
    for secret in ["userName", "GIVENNAME", "op"] {
        assert_eq!(
            told_of(secret),
            [
                "warning: scimulator.toml:7: the secret of job `scim` is a word that its requests are full of",
                "  help: traces and logs show `[hidden]` wherever it stands; use a secret that is no such word",
            ],
            "{secret}"
        );
    }
    for secret in ["t", "people", "operator", "userName1"] {
        assert_eq!(told_of(secret), [""; 0], "{secret}");
    }
}

#[test]
fn the_token_is_nowhere_when_all_goes_well() {
    let (world, _) = world();
    everything(&world);
    nowhere(&world);
}

#[test]
fn the_token_is_nowhere_when_the_target_says_it_back_to_every_request() {
    for status in [400, 401, 500] {
        let (world, application) = world();
        application.interfere(move |request| Some(echo(request, status)));
        everything(&world);
        nowhere(&world);
    }
}

#[test]
fn the_token_is_nowhere_when_the_target_says_it_back_to_a_write() {
    for status in [400, 409, 500] {
        let (world, application) = world();
        application.interfere(move |request| (request.method == "POST").then(|| echo(request, status)));
        everything(&world);
        nowhere(&world);
        let id = world.id_of_record("status = 'failure'");
        world.run(["logs", "show", &id]).exits_with(0);
        world.run(["logs", "show", &id, "--json"]).exits_with(0);
    }
}

#[test]
fn the_token_and_what_is_redacted_are_nowhere_when_the_target_escapes_what_it_says_back() {
    let mut world = World::new();
    let mapping = include_str!("../../mappings/scim.toml").replacen(
        "{ direct = \"jobTitle\" }",
        "{ expression = 'Redact([jobTitle])' }",
        1,
    );
    world.write("redacting.toml", &mapping);
    let application = world.job_with("scim", "redacting.toml", "", "");
    world.user("ada", |user| {
        user.set("jobTitle", "Jürgen Müßig <x>");
    });
    world.assign("ada", "scim");
    let said = [
        TOKEN.replace('+', "\\u002B"),
        TOKEN.replace('+', "\\\\u002B"),
        TOKEN.replace('k', "\\u006b"),
        "J\\u00fcrgen M\\u00fc\\u00dfig <x>".to_owned(),
        "J\\\\u00FCrgen M\\\\u00FC\\\\u00DFig \\\\u003Cx\\\\u003E".to_owned(),
    ];
    for status in [400, 500] {
        let body = format!("{{\"detail\": \"no {}\"}}", said.join(", "));
        application.interfere(move |request| {
            let answer = || Response { status, headers: Vec::new(), body: body.clone().into_bytes() };
            (request.method == "POST").then(answer)
        });
        everything(&world);
        nowhere(&world);
        let id = world.id_of_record("status = 'failure'");
        let shown = world.run(["logs", "show", &id]).exits_with(0);
        assert!(shown.stdout.contains("[hidden], [hidden], [hidden], [Redact], [Redact]"), "{}", shown.stdout);
        for file in world.files() {
            let bytes = std::fs::read(&file).unwrap();
            for part in ["u002B", "u006b", "u00fc", "u00FC"] {
                let found = bytes.windows(part.len()).any(|window| window == part.as_bytes());
                assert!(!found, "{} holds what was said back, `{part}`", file.display());
            }
        }
    }
}

#[test]
fn a_token_in_the_configuration_itself_is_nowhere_else() {
    let (mut world, application) = world();
    world.configure("{ env = \"WORLD_TOKEN\" }", &format!("{TOKEN:?}"));
    application.interfere(|request| (request.method == "POST").then(|| echo(request, 400)));
    everything(&world);
    world.configure("max_in_flight", "max_in_fligth");
    world.run(["check"]).exits_with(2);
    nowhere(&world);
}

#[test]
fn a_token_that_no_header_can_carry_is_refused_without_being_shown() {
    let (mut world, application) = world();
    world.variable("WORLD_TOKEN", Some("two\nlines-of-s3cret"));
    let outcome =
        world.run(["sync", "now"]).exits_with(2).prints([]).complains([
            "error: scimulator.toml:7: job `scim`: the secret from the environment variable `WORLD_TOKEN` \
         holds a line break or a character outside ASCII, which no HTTP header can carry",
        ]);
    assert!(!outcome.stderr.contains("s3cret"));
    application.received([]);
}

#[test]
fn files_with_peoples_data_are_their_owners_alone() {
    let (world, _) = world();
    world.run(["sync", "now", "--trace", "trace.ndjson"]).exits_with(0);
    world.run(["sync", "now", "--trace", "trace.har"]).exits_with(0);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(format!("{:o}", mode(&world.path("state"))), "700");
    let private: Vec<_> = world
        .files()
        .into_iter()
        .filter(|file| {
            file.starts_with(world.path("state"))
                || file.extension().is_some_and(|extension| extension == "ndjson" || extension == "har")
        })
        .collect();
    assert!(private.len() >= 4, "{private:?}");
    for file in private {
        assert_eq!(format!("{:o}", mode(&file)), "600", "{}", file.display());
    }
}
