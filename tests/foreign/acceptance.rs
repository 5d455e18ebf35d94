//! What each server accepts in which dialect: every case is played, and the README's table must say the same.
//!
//! A case that a server does not accept has a reason here, by name; a reason without such a case is an error too.

use crate::{
    COMPLIANT, LEGACY,
    case::{Case, Stage, on_one_server, on_servers_of_their_own},
    readme,
    scene::Objection,
    server::{Server, Software},
};
use std::{collections::BTreeSet, fmt::Write as _, sync::Arc, thread};

/// A reason, with the cases that it holds for.
type Reason = (&'static str, &'static [&'static str]);

/// Why scim2-server does not accept what Entra sends.
const OF_SCIM2_SERVER: &[Reason] = &[
    (
        "Entra adds a typed entry by a path with a filter; the server wants such a path to find one already",
        &[
            "a typed entry beside others (a fax beside a phone)",
            "a typed entry of an attribute without any (a first phone)",
        ],
    ),
    (
        "Entra sends a manager as a bare text, in both dialects; the server wants `{\"value\": id}`",
        &["a manager, set", "a manager, changed", "a manager, removed"],
    ),
    ("roles have `display`, and no `displayName`, which Entra sends from this function", &["roles, added"]),
    (
        "the server takes no value in a removal, but a filter in the path, which the compliant dialect has",
        &["a member, removed", "two members, removed at once", "a member removed and another one added"],
    ),
    (
        "the server has no such extension, and `name` has no `displayName` there: it refuses what it does not know",
        &[
            "the template `askspoke`: a user, created and changed",
            "the template `mediusflow`: a user, created and changed",
        ],
    ),
];

/// Why scimmy does not.
const OF_SCIMMY: &[Reason] = &[
    (
        "Entra adds a typed entry by a path with a filter; the server wants such a path to find one already",
        &[
            "a typed entry beside others (a fax beside a phone)",
            "a typed entry of an attribute without any (a first phone)",
        ],
    ),
    (
        "the legacy dialect sends truth values as texts; the server wants them as such",
        &["disabled", "restored", "an own extension: a truth value, changed"],
    ),
    (
        "Entra sends a manager as a bare text, in both dialects; the server wants `{\"value\": id}`",
        &["a manager, set", "a manager, changed", "a manager, removed"],
    ),
    ("the server knows no role of the `type` that Entra sends", &["roles, asserted", "roles, added"]),
    (
        "the server has no such extension, and `name` has no `displayName` there: a create loses what it does not know, and \
         a change is refused",
        &[
            "the template `askspoke`: a user, created and changed",
            "the template `mediusflow`: a user, created and changed",
        ],
    ),
    (
        "a filter on a typed path fails while anybody lacks the attribute; the probe is such a filter",
        &["users matched by `emails[type eq \"work\"].value`, somebody else has no e-mail"],
    ),
    (
        "an escaped quotation mark makes a filter unreadable; an escaped backslash finds nobody, and so a create is sent \
         for who is there",
        &[
            "users matched by `userName`, special characters",
            "users matched by `externalId`, special characters",
            "users matched by `displayName`, special characters",
            "users matched by `emails[type eq \"work\"].value`, special characters",
            "users matched by `phoneNumbers[type eq \"work\"].value`, special characters",
            "groups matched by `displayName`, special characters",
        ],
    ),
    (
        "a filter on an attribute of an extension finds nobody, and so a create is sent for who is there",
        &["users matched by the enterprise `employeeNumber`, special characters"],
    ),
];

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn scim2_server_accepts_what_the_readme_says() {
    readme::compare("scim2-server", &table(Software::Scim2Server, OF_SCIM2_SERVER));
}

#[test]
#[ignore = "needs Node and npm: run by CI with --ignored"]
fn scimmy_accepts_what_the_readme_says() {
    readme::compare("scimmy", &table(Software::Scimmy, OF_SCIMMY));
}

/// The table in Markdown, a row a case.
fn table(software: Software, reasons: &[Reason]) -> String {
    let (legacy, compliant) = thread::scope(|threads| {
        let legacy = threads.spawn(|| played(software, LEGACY));
        let compliant = played(software, COMPLIANT);
        (legacy.join().unwrap(), compliant)
    });
    let mut table = "| what Entra sends | legacy | compliant | why not |\n|---|---|---|---|\n".to_owned();
    let mut unexplained = BTreeSet::new();
    let mut used = BTreeSet::new();
    for (case, (legacy, compliant)) in cases().zip(legacy.iter().zip(&compliant)) {
        let reason = reasons.iter().position(|(_, cases)| cases.contains(&case.name));
        let accepted = legacy.is_ok() && compliant.is_ok();
        match reason {
            Some(_) if accepted => panic!("there is a reason for what is accepted: {}", case.name),
            None if !accepted => drop(unexplained.insert(case.name)),
            _ => {}
        }
        let why = match reason {
            // Said in full once, at its first case.
            Some(reason) if used.insert(reason) => format!("{}: {}", reason + 1, reasons[reason].0),
            Some(reason) => (reason + 1).to_string(),
            None => String::new(),
        };
        let _ = writeln!(table, "| {} | {} | {} | {why} |", case.name, cell(legacy), cell(compliant));
    }
    assert_eq!(unexplained, BTreeSet::new(), "cases without a reason in\n{table}");
    assert_eq!(used.len(), reasons.len(), "reasons without a case");
    table
}

fn cases() -> impl Iterator<Item = &'static Case> {
    on_one_server().chain(on_servers_of_their_own())
}

fn played(software: Software, flag: &'static str) -> Vec<Result<(), Objection>> {
    let server = Arc::new(Server::start(software));
    let play = |server: &Arc<Server>, index: usize, case: &Case| {
        (case.play)(&Stage::of(server, flag, &format!("case{index}")))
    };
    let together = on_one_server().enumerate().map(|(index, case)| play(&server, index, case));
    let alone = on_servers_of_their_own().map(|case| play(&Arc::new(Server::start(software)), 0, case));
    together.chain(alone).collect()
}

fn cell(verdict: &Result<(), Objection>) -> String {
    match verdict {
        Ok(()) => "yes".to_owned(),
        Err(Objection::Refused(how)) => format!("no: {how}"),
        Err(Objection::Differs(attributes)) => format!("taken, but not as sent: {attributes}"),
        Err(Objection::Partly(what)) => what.clone(),
    }
}
