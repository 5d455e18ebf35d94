//! A mail to several people, of whom the server does not take all at once: each has it once. Source: `spec/HEALTH.md` §3.

use crate::{
    mail::{TOLD, header, locks_out, make_due, told},
    world::{Application, MailServer, Manner, World},
};
use std::sync::Arc;

/// A world whose job tells these people at `x.example`, through this server, which has one second for each.
fn told_of(server: &MailServer, names: &[&str]) -> (World, Arc<Application>) {
    let (mut world, application) = told(&format!("transport = \"{}\"\ntimeout = \"1s\"", server.url()));
    let people: Vec<_> = names.iter().map(|name| format!("\"{name}@x.example\"")).collect();
    world.configure(TOLD, &TOLD.replace("\"it@contoso.example\"", &people.join(", ")));
    locks_out(&application);
    (world, application)
}

/// To whom the server's mails went since the last call, and with which Message-ID.
fn arrived(server: &MailServer) -> Vec<(String, String)> {
    let mails = server.take_addressed();
    mails.into_iter().map(|(to, mail)| (to, header(&mail, "Message-ID").unwrap().to_owned())).collect()
}

fn names_of(arrived: &[(String, String)]) -> Vec<&str> {
    arrived.iter().map(|(to, _)| to.split('@').next().unwrap_or_default()).collect()
}

#[test]
fn whoever_has_a_mail_does_not_get_it_again_while_another_waits_for_it() {
    let full = "FULL@X.EXAMPLE";
    let manners = [
        (Manner::MindsGoneAndFull, "does not take it yet: full@x.example: transient error (452): 4.2.2 mailbox full"),
        (Manner::FallsSilentAt(full), "did not take it within {duration}"),
        (Manner::HangsUpAt(full), "did not take it: response error: incomplete response"),
    ];
    for (manner, why) in manners {
        let server = MailServer::start();
        let (world, _application) = told_of(&server, &["good", "full"]);
        server.behaves(manner);
        for _ in 0..3 {
            let told = world.run(["sync", "now"]).exits_with(3).stderr;
            assert!(told.contains(&format!("{why}; it reached good@x.example; it is kept")), "{manner:?}: {told}");
            make_due(&world);
        }
        let before = arrived(&server);
        assert_eq!(names_of(&before), ["GOOD"], "{manner:?}");
        let shown = world.run(["jobs", "scim"]).exits_with(3).stdout;
        assert!(shown.contains("  mail            1 not sent yet; tried again at {time}: the mail server"), "{shown}");
        server.behaves(Manner::Takes);
        world.run(["sync", "now"]).exits_with(3).complains([]);
        make_due(&world);
        world.run(["sync", "now"]).exits_with(3).complains([]);
        let after = arrived(&server);
        assert_eq!(names_of(&after), ["FULL"], "{manner:?}");
        assert_eq!(before[0].1, after[0].1, "it is the same mail");
        let shown = world.run(["jobs", "scim"]).exits_with(3).stdout;
        assert!(!shown.contains("  mail "), "{shown}");
    }
}

#[test]
fn whom_the_server_refuses_while_another_waits_is_told_of_and_not_asked_for_again() {
    let server = MailServer::start();
    let (world, _application) = told_of(&server, &["gone", "full", "good"]);
    server.behaves(Manner::MindsGoneAndFull);
    let refused = "gone@x.example: permanent error (550): 5.1.1 nobody of that name";
    for _ in 0..2 {
        world.run(["sync", "now"]).exits_with(3);
        let shown = world.run(["jobs", "scim"]).exits_with(3).stdout;
        assert!(shown.contains(&format!("; it reached good@x.example; refused {refused}\n")), "{shown}");
        make_due(&world);
    }
    assert_eq!(names_of(&arrived(&server)), ["GOOD"]);
    server.behaves(Manner::Takes);
    world.run(["sync", "now"]).exits_with(3).complains([]);
    assert_eq!(names_of(&arrived(&server)), ["FULL"]);
    let shown = world.run(["jobs", "scim"]).exits_with(3).stdout;
    assert!(shown.contains(&format!("  mail refused    the last one did not reach {refused}\n")), "{shown}");
}

#[test]
fn a_mail_that_reached_nobody_goes_to_everybody_again() {
    let server = MailServer::start();
    let (world, _application) = told_of(&server, &["gone", "full"]);
    server.behaves(Manner::MindsGoneAndFull);
    world.run(["sync", "now"]).exits_with(3);
    server.behaves(Manner::RefusesTheRecipient);
    make_due(&world);
    let told = world.run(["sync", "now"]).exits_with(3).stderr;
    assert!(told.contains("the mail server refuses it: permanent error (550)"), "{told}");
    server.behaves(Manner::Takes);
    make_due(&world);
    world.run(["sync", "now"]).exits_with(3).complains([]);
    assert_eq!(names_of(&arrived(&server)), ["GONE", "FULL"]);
}

#[test]
fn a_mailbox_that_is_full_holds_up_no_other_mail() {
    let server = MailServer::start();
    let (mut world, _application) = told_of(&server, &["full"]);
    let other = world.job_with("askspoke", "askspoke", "", &TOLD.replace("it@contoso", "good@x"));
    locks_out(&other);
    server.behaves(Manner::MindsGoneAndFull);
    world.run(["sync", "now", "scim"]).exits_with(3);
    make_due(&world);
    world.run(["sync", "now", "askspoke"]).exits_with(3);
    assert_eq!(names_of(&arrived(&server)), ["GOOD"]);
}

#[test]
fn whoever_the_server_hangs_up_at_holds_up_no_other_recipient() {
    for manner in [Manner::HangsUpAt("BAD@X.EXAMPLE"), Manner::FallsSilentAt("BAD@X.EXAMPLE")] {
        let server = MailServer::start();
        let (world, _application) = told_of(&server, &["bad", "good"]);
        server.behaves(manner);
        for _ in 0..3 {
            world.run(["sync", "now"]).exits_with(3);
            make_due(&world);
        }
        assert_eq!(names_of(&arrived(&server)), ["GOOD"]);
    }
}

#[test]
fn what_closes_the_way_to_all_refuses_nobody_who_waits() {
    for (at, answer) in [
        ("", "554 5.3.2 no SMTP service here, maintenance"),
        ("EHLO", "550 5.7.1 not from there"),
        ("MAIL", "553 5.7.1 sender denied"),
        ("MAIL", "451 4.3.0 no room"),
        ("RCPT", "530 5.7.0 sign in first"),
    ] {
        let server = MailServer::start();
        let (world, _application) = told_of(&server, &["good", "full"]);
        server.behaves(Manner::MindsGoneAndFull);
        world.run(["sync", "now"]).exits_with(3);
        server.behaves(Manner::Answers(at, answer));
        make_due(&world);
        let told = world.run(["sync", "now"]).exits_with(3).stderr;
        let (code, text) = answer.split_at(3);
        assert!(
            told.contains(&format!("error ({code}):{text}; it reached good@x.example; it is kept")),
            "{at}: {told}"
        );
        server.behaves(Manner::Takes);
        make_due(&world);
        world.run(["sync", "now"]).exits_with(3).complains([]);
        assert_eq!(names_of(&arrived(&server)), ["GOOD", "FULL"], "{at} {answer}");
        let shown = world.run(["jobs", "scim"]).exits_with(3).stdout;
        assert!(!shown.contains("  mail "), "{shown}");
    }
}

#[test]
fn a_recipient_whom_the_server_does_not_relay_to_holds_up_no_other() {
    for answer in ["454 4.7.1 Relay access denied", "421 4.7.0 try again later", "530 5.7.0 sign in first"] {
        let server = MailServer::start();
        let (world, _application) = told_of(&server, &["outside", "it", "others"]);
        server.behaves(Manner::Answers("RCPT TO:<OUTSIDE@X.EXAMPLE>", answer));
        for _ in 0..2 {
            let told = world.run(["sync", "now"]).exits_with(3).stderr;
            let waits = "; it reached it@x.example, others@x.example; it is kept";
            assert!(told.contains("outside@x.example: ") && told.contains(waits), "{answer}: {told}");
            make_due(&world);
        }
        assert_eq!(names_of(&arrived(&server)), ["IT", "OTHERS"], "{answer}");
        server.behaves(Manner::Takes);
        world.run(["sync", "now"]).exits_with(3).complains([]);
        assert_eq!(names_of(&arrived(&server)), ["OUTSIDE"], "{answer}");
    }
}

#[test]
fn killed_between_two_recipients_it_sends_the_first_of_them_nothing_more() {
    let server = MailServer::start();
    let (world, _application) = told_of(&server, &["good", "full"]);
    server.behaves(Manner::KillsAt("FULL@X.EXAMPLE"));
    let victim = world.start(["sync", "now"]);
    server.victim(victim.id());
    victim.end();
    server.behaves(Manner::Takes);
    world.run(["sync", "now"]).exits_with(3).complains([]);
    let arrived = arrived(&server);
    assert_eq!(names_of(&arrived), ["GOOD", "FULL"]);
    assert_eq!(arrived[0].1, arrived[1].1);
}

#[test]
fn nobody_else_gets_a_mail_before_it_is_recorded_who_has_it() {
    let server = MailServer::start();
    let (world, _application) = told_of(&server, &["first", "second"]);
    let state = || rusqlite::Connection::open(world.path("state/scimulator.db")).unwrap();
    let full = "CREATE TRIGGER full BEFORE UPDATE OF delivery ON mail BEGIN SELECT RAISE(ABORT, 'disk is full'); END";
    state().execute_batch(full).unwrap();
    let mut daemon = world.start(["run"]);
    world.wait_for_daemon();
    for _ in 0..2 {
        world.run(["sync", "now"]).exits_with(3);
        daemon.wait_for("the queue of mail cannot be worked with");
    }
    assert_eq!(names_of(&arrived(&server)), ["FIRST"]);
    state().execute_batch("DROP TRIGGER full").unwrap();
    world.run(["sync", "now"]).exits_with(3);
    daemon.wait_for("mail sent");
    daemon.signal("TERM");
    daemon.end().exits_with(0);
    assert_eq!(names_of(&arrived(&server)), ["SECOND"]);
}
