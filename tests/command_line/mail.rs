//! Mail to administrators: into the outbox, through a mail server, and through one that misbehaves. Source:
//! `spec/HEALTH.md` §3.

use crate::world::{Application, MailServer, Manner, World};
use scimulator::sandbox::Response;
use std::{collections::BTreeMap, sync::Arc};

pub(crate) const TOLD: &str = "notification_email = [\"it@contoso.example\"]\nnotify_on_failure = true\n";

/// A world whose administrators are told, with these lines below `[mail]`.
pub(crate) fn told(mail: &str) -> (World, Arc<Application>) {
    let mut world = World::new();
    world.configure("[directory]", &format!("[mail]\nfrom = \"provisioning@contoso.example\"\n{mail}\n[directory]"));
    let application = world.job_with("scim", "scim", "", TOLD);
    world.user("ada", |_| {}).assign("ada", "scim");
    world.sync();
    (world, application)
}

/// From now on the application refuses the token.
pub(crate) fn locks_out(application: &Application) {
    application.interfere(|_| Some(Response::error(401, None, "who?")));
}

/// The mails in the outbox, in the order of their names.
fn outbox(world: &World) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(world.path("state/outbox")) else { return Vec::new() };
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

pub(crate) fn header<'m>(mail: &'m str, name: &str) -> Option<&'m str> {
    let head = mail.split("\r\n\r\n").next().unwrap_or_default();
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn a_quarantine_is_told_once_by_a_mail_in_the_outbox() {
    let (world, application) = told("");
    locks_out(&application);
    for _ in 0..3 {
        world.run(["sync", "now"]).exits_with(3).complains([]);
    }
    let mails = outbox(&world);
    assert_eq!(mails.len(), 1);
    let mail = world.normal_form().of(&mails[0]);
    let expected = [
        "From: provisioning@contoso.example",
        "Message-ID: <{uuid}@contoso.example>",
        "Subject: [scimulator] SCIM application: provisioning is in quarantine (scim)",
        "Auto-Submitted: auto-generated",
        "To: it@contoso.example",
        "MIME-Version: 1.0",
    ];
    for line in expected {
        assert!(mail.contains(&format!("{line}\r\n")), "{line} is not in\n{mail}");
    }
    let body = mail.replace("=\r\n", "");
    for line in [
        "The provisioning job `scim` of Contoso for SCIM application is in quarantine since {time}.",
        "EncounteredQuarantineException: the application cannot be worked with",
        "401 Unauthorized: who?",
        "* Check the secret token of the application: it may be wrong, expired or revoked.",
        "* Ask it yourself: scimulator test-connection scim",
        "<li>Ask it yourself: scimulator test-connection scim</li>",
    ] {
        assert!(body.contains(line), "{line} is not in\n{body}");
    }
}

#[test]
fn mails_about_one_quarantine_form_a_thread() {
    let (mut world, application) = told("");
    world.configure(TOLD, &format!("{TOLD}notify_on_recovery = true\ndeletion_threshold = 1\n"));
    locks_out(&application);
    world.run(["sync", "now"]).exits_with(3);
    application.behave();
    world.change(|directory| directory.unassign("ada", "scim"));
    world.run(["sync", "now"]).exits_with(3);
    world.run(["jobs", "allow-deletes", "scim"]).exits_with(0);
    world.sync();
    let mails = outbox(&world);
    let by_subject: BTreeMap<_, _> = mails
        .iter()
        .map(|mail| {
            let subject = header(mail, "Subject").unwrap();
            let sort = ["still", "recovered"].into_iter().find(|word| subject.contains(word)).unwrap_or("first");
            (sort, mail.as_str())
        })
        .collect();
    assert_eq!(by_subject.keys().copied().collect::<Vec<_>>(), ["first", "recovered", "still"]);
    let first = header(by_subject["first"], "Message-ID");
    assert_eq!(header(by_subject["first"], "References"), None);
    for later in ["still", "recovered"] {
        assert_eq!(header(by_subject[later], "References"), first);
        assert_eq!(header(by_subject[later], "In-Reply-To"), first);
    }
}

#[test]
fn a_mail_goes_through_a_mail_server() {
    let server = MailServer::start();
    let (world, application) = told(&format!("transport = \"{}\"", server.url()));
    locks_out(&application);
    world.run(["sync", "now"]).exits_with(3).complains([]);
    let mails = server.take();
    assert_eq!(mails.len(), 1);
    assert_eq!(header(&mails[0], "To"), Some("it@contoso.example"));
    assert_eq!(outbox(&world), Vec::<String>::new());
}

#[test]
fn a_mail_that_cannot_be_sent_is_kept_tried_again_and_fails_nothing() {
    let server = MailServer::start();
    let (world, application) = told(&format!("transport = \"{}\"\ntimeout = \"1s\"", server.url()));
    server.behaves(Manner::RefusesTheRecipient);
    locks_out(&application);
    world.run(["sync", "now"]).exits_with(3).complains([
        "warning: a mail could not be sent: the mail server refuses it: permanent error (550): 5.1.1 nobody of that \
         name; it is kept, and tried again by the next run",
    ]);
    let shown = world.run(["jobs", "scim"]).exits_with(3).stdout;
    assert!(shown.contains("  mail            1 not sent yet; tried again at {time}: the mail server"), "{shown}");
    assert_eq!(server.take(), Vec::<String>::new());
    for manner in [Manner::HangsUp, Manner::FallsSilent] {
        server.behaves(manner);
        make_due(&world);
        let told = world.run(["sync", "now"]).exits_with(3).stderr;
        assert!(told.starts_with("warning: a mail could not be sent: the mail server did not take it"), "{told}");
    }
    server.behaves(Manner::Takes);
    make_due(&world);
    world.run(["sync", "now"]).exits_with(3).complains([]);
    let mails = server.take();
    let ids: Vec<_> = mails.iter().map(|mail| header(mail, "Message-ID")).collect();
    assert_eq!(ids, [ids[0]; 3], "the same mail, twice without an answer and once with one");
    make_due(&world);
    world.run(["sync", "now"]).exits_with(3).complains([]);
    assert_eq!(server.take(), Vec::<String>::new());
}

#[test]
fn whom_the_server_refuses_beside_others_stands_with_the_job_until_a_mail_reaches_everybody() {
    let server = MailServer::start();
    let (mut world, application) = told(&format!("transport = \"{}\"", server.url()));
    let both = TOLD.replace("[\"it@", "[\"gone@contoso.example\", \"it@");
    world.configure(TOLD, &format!("{both}notify_on_recovery = true\n"));
    server.behaves(Manner::RefusesOneOf("GONE@CONTOSO.EXAMPLE"));
    locks_out(&application);
    world.run(["sync", "now"]).exits_with(3);
    assert_eq!(server.take().len(), 1, "the others have it, and once");
    let refused = "gone@contoso.example: permanent error (550): 5.1.1 nobody of that name";
    let shown = world.run(["jobs", "scim"]).exits_with(3).stdout;
    assert!(shown.contains(&format!("  mail refused    the last one did not reach {refused}\n")), "{shown}");
    let data = world.run(["jobs", "scim", "--json"]).exits_with(3).json_lines();
    assert_eq!((&data[0]["mail"]["refused"], &data[0]["mail"]["waiting"]), (&refused.into(), &0.into()));
    server.behaves(Manner::Takes);
    application.behave();
    world.run(["sync", "now"]).exits_with(0);
    assert_eq!(server.take().len(), 2, "it goes to each by itself");
    let shown = world.run(["jobs", "scim"]).exits_with(0).stdout;
    assert!(!shown.contains("mail refused"), "{shown}");
}

/// Lets the time pass after which waiting mail is tried again.
pub(crate) fn make_due(world: &World) {
    let connection = rusqlite::Connection::open(world.path("state/scimulator.db")).unwrap();
    connection.execute("UPDATE mail SET next_attempt = created WHERE sent IS NULL", []).unwrap();
}

#[test]
fn several_mails_share_a_connection() {
    let server = MailServer::start();
    let mut world = World::new();
    world.configure("[directory]", &format!("[mail]\ntransport = \"{}\"\n[directory]", server.url()));
    for job in ["scim", "askspoke", "tribeloo"] {
        let application = world.job_with(job, job, "", TOLD);
        locks_out(&application);
    }
    world.run(["sync", "now"]).exits_with(3).complains([]);
    assert_eq!(server.take().len(), 3);
    assert_eq!(server.connections(), 1);
}

#[test]
fn the_daemon_sends_mail_too() {
    let server = MailServer::start();
    let (world, application) = told(&format!("transport = \"{}\"", server.url()));
    locks_out(&application);
    let mut daemon = world.start(["run"]);
    world.wait_for_daemon();
    world.run(["sync", "now"]).exits_with(3);
    daemon.wait_for("mail sent");
    daemon.signal("TERM");
    daemon.end().exits_with(0);
    assert_eq!(server.take().len(), 1);
}

#[test]
fn killed_between_sending_and_recording_it_sends_the_same_mail_once_more_and_none_is_lost() {
    let kills = std::env::var("MAIL_KILLS").map_or(5, |count| count.parse().unwrap());
    let server = MailServer::start();
    let (world, application) = told(&format!("transport = \"{}\"", server.url()));
    let mut ids = Vec::new();
    for _ in 0..kills {
        locks_out(&application);
        server.behaves(Manner::Kills);
        let victim = world.start(["sync", "now"]);
        server.victim(victim.id());
        victim.end();
        server.behaves(Manner::Takes);
        world.run(["sync", "now"]).exits_with(3).complains([]);
        let mails = server.take();
        let sent: Vec<_> = mails.iter().map(|mail| header(mail, "Message-ID").unwrap().to_owned()).collect();
        assert!(sent.len() == 2 && sent[0] == sent[1], "{sent:?}");
        ids.push(sent[0].clone());
        application.behave();
        world.sync();
        assert_eq!(server.take(), Vec::<String>::new());
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), kills, "an event has a mail of its own");
}

#[test]
fn a_password_that_the_server_says_back_is_shown_nowhere() {
    const PASSWORD: &str = "p4ss/word+x";
    let server = MailServer::start();
    server.behaves(Manner::RefusesTheUser);
    let transport = server.url().replace("smtp://", "smtp://it@");
    let (mut world, application) =
        told(&format!("transport = \"{transport}\"\npassword = {{ env = \"MAIL_PASSWORD\" }}"));
    world.variable("MAIL_PASSWORD", Some(PASSWORD));
    locks_out(&application);
    let refused =
        "the mail server did not take it: permanent error (535): 5.7.8 [hidden] (/it/[hidden]) is nobody here";
    let told = world.run(["sync", "now"]).exits_with(3).stderr;
    assert!(told.contains(refused), "{told}");
    let shown = world.run(["jobs", "scim"]).exits_with(3).stdout;
    assert!(shown.contains(refused), "{shown}");
    world.variable("SCIMULATOR_LOG", Some("debug"));
    make_due(&world);
    let logged = world.run(["sync", "now"]).exits_with(3).stderr;
    assert!(logged.contains(refused), "{logged}");
    let in_base_64 = ["cDRzcy93b3JkK3g=", "AGl0AHA0c3Mvd29yZCt4"];
    for file in world.files() {
        let bytes = std::fs::read(&file).unwrap();
        for secret in [PASSWORD, in_base_64[0], in_base_64[1]] {
            assert!(!told.contains(secret) && !logged.contains(secret));
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds {secret}", file.display());
        }
    }
}

#[test]
fn a_mail_that_was_taken_and_cannot_be_recorded_is_not_sent_again_by_the_same_process() {
    let server = MailServer::start();
    let (world, application) = told(&format!("transport = \"{}\"", server.url()));
    // As where the disk is full: the state file takes no word of what was sent.
    let state = || rusqlite::Connection::open(world.path("state/scimulator.db")).unwrap();
    let full = "CREATE TRIGGER full BEFORE UPDATE OF sent ON mail BEGIN SELECT RAISE(ABORT, 'disk is full'); END";
    state().execute_batch(full).unwrap();
    locks_out(&application);
    let mut daemon = world.start(["run"]);
    world.wait_for_daemon();
    for _ in 0..3 {
        world.run(["sync", "now"]).exits_with(3);
        daemon.wait_for("the queue of mail cannot be worked with");
    }
    state().execute_batch("DROP TRIGGER full").unwrap();
    world.run(["sync", "now"]).exits_with(3);
    let sent = || state().query_row("SELECT count(*) FROM mail WHERE sent IS NOT NULL", [], |row| row.get::<_, u32>(0));
    while sent().unwrap() == 0 {
        std::thread::yield_now();
    }
    daemon.signal("TERM");
    daemon.end().exits_with(0);
    assert_eq!(server.take().len(), 1);
}

#[test]
fn templates_of_ones_own_are_used_and_checked() {
    let (world, application) = told("templates = \"letters\"");
    std::fs::create_dir(world.path("letters")).unwrap();
    world.write("letters/quarantine.txt", "Subject: Oh dear, {{ application }}\n\n{{ error }}\n");
    locks_out(&application);
    world.run(["sync", "now"]).exits_with(3);
    assert_eq!(header(&outbox(&world)[0], "Subject"), Some("Oh dear, SCIM application"));

    world.write("letters/quarantine.txt", "Subject: x\n\n{{ eror }}\n");
    let told = world.run(["check"]).exits_with(2).stdout;
    assert!(told.contains("the mail template `quarantine.txt`: undefined value in line 3"), "{told}");
}
