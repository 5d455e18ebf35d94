//! Mail through aiosmtpd, a mail server written by others: TLS, authentication, and what is told when either fails. Source:
//! `spec/HEALTH.md` §3.

use crate::mail_server::{MailServer, PASSWORD, Tls, USER};

const KNOWN: [&str; 4] = ["--user", USER, "--password", PASSWORD];
const TRUSTED: &str = "ca_file = \"ca.pem\"";

/// Each recipient has the same mail, whole.
fn assert_arrived(server: &MailServer) {
    let mails = server.mails();
    let names: Vec<_> = mails.iter().map(|(name, _)| name.as_str()).collect();
    let [first, second] = ["it", "ops"].map(|to| format!("provisioning@contoso.example {to}@contoso.example"));
    assert_eq!(names, [format!("001 {first}"), format!("002 {second}")]);
    let mail = &mails[0].1;
    assert_eq!(mail, &mails[1].1);
    for line in [
        "From: provisioning@contoso.example",
        "To: it@contoso.example, ops@contoso.example",
        "Auto-Submitted: auto-generated",
        "Subject: [scimulator] SCIM application: provisioning is in quarantine (scim)",
    ] {
        assert!(mail.contains(&format!("{line}\r\n")), "{line} is not in\n{mail}");
    }
    let boundary = mail.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert_eq!(mail.matches(&format!("\r\n--{boundary}\r\n")).count(), 2, "text and HTML\n{mail}");
    assert!(mail.trim_end().ends_with(&format!("\r\n--{boundary}--")), "{mail}");
    assert_eq!(server.waiting(), None);
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn mail_arrives_whole_by_starttls_and_by_implicit_tls_with_authentication() {
    for (tls, scheme) in [(Tls::Starttls, "smtp"), (Tls::Implicit, "smtps")] {
        let server = MailServer::start(tls, &KNOWN);
        server.configure(scheme, true, TRUSTED);
        let said = server.sync_with(PASSWORD);
        assert!(!said.contains("could not be sent"), "{said}");
        assert_arrived(&server);
        server.make_due();
        server.sync_with(PASSWORD);
        assert_arrived(&server);
    }
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn mail_arrives_without_tls_where_the_server_on_this_machine_has_none() {
    let server = MailServer::start(Tls::None, &[]);
    server.configure("smtp", false, "");
    server.sync_with(PASSWORD);
    assert_arrived(&server);
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn lines_that_begin_with_a_dot_and_letters_of_all_scripts_arrive_as_they_were_written() {
    let server = MailServer::start(Tls::Starttls, &KNOWN);
    server.configure("smtp", true, &format!("{TRUSTED}\ntemplates = \"letters\""));
    std::fs::create_dir(server.path("letters")).unwrap();
    std::fs::write(server.path("letters/quarantine.txt"), "Subject: Größe 太郎\n\n.\n..two\n.end\n").unwrap();
    server.sync_with(PASSWORD);
    let mail = &server.mails()[0].1;
    assert!(mail.contains("\r\n.\r\n..two\r\n.end\r\n"), "{mail}");
    assert!(mail.contains("Subject: =?utf-8?"), "{mail}");
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn a_wrong_password_is_told_without_the_password_and_the_mail_goes_when_it_is_right() {
    for (echo, said) in [(&[][..], "5.7.8"), (&["--echo"][..], "5.7.8 provisioning with [hidden]? Never heard of")] {
        let server = MailServer::start(Tls::Starttls, &[&KNOWN, echo].concat());
        server.configure("smtp", true, TRUSTED);
        let told = server.sync_with("another-password/of=mine");
        let expected =
            format!("a mail could not be sent: the mail server did not take it: permanent error (535): {said}");
        assert!(told.contains(&expected), "{told}");
        let waiting = server.waiting().unwrap();
        assert!(waiting.contains(said), "{waiting}");
        assert_eq!(server.mails(), []);
        server.make_due();
        server.sync_with(PASSWORD);
        assert_arrived(&server);
    }
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn where_starttls_is_required_nothing_goes_in_the_clear() {
    // The job requires it, and the server has none.
    let server = MailServer::start(Tls::None, &[]);
    server.configure("smtp", false, &format!("{TRUSTED}\ntls = \"starttls\""));
    let told = server.sync_with(PASSWORD);
    assert!(told.contains("a mail could not be sent: the mail server did not take it: "), "{told}");
    assert!(told.contains("STARTTLS"), "{told}");
    assert_eq!(server.mails(), []);
    // The server requires it, and the job does without.
    let server = MailServer::start(Tls::Starttls, &[]);
    server.configure("smtp", false, "tls = \"none\"");
    let told = server.sync_with(PASSWORD);
    assert!(told.contains("permanent error (530): Must issue a STARTTLS command first"), "{told}");
    assert_eq!(server.mails(), []);
    server.configure("smtp", false, TRUSTED);
    server.make_due();
    server.sync_with(PASSWORD);
    assert_arrived(&server);
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn a_certificate_that_is_not_trusted_is_told_and_gets_no_mail() {
    for (tls, scheme) in [(Tls::Starttls, "smtp"), (Tls::Implicit, "smtps")] {
        let server = MailServer::start(tls, &KNOWN);
        server.configure(scheme, true, "");
        let told = server.sync_with(PASSWORD);
        assert!(told.contains("a mail could not be sent: the mail server did not take it: "), "{told}");
        assert!(told.contains("certificate"), "{told}");
        assert_eq!(server.mails(), []);
        server.configure(scheme, true, TRUSTED);
        server.make_due();
        server.sync_with(PASSWORD);
        assert_arrived(&server);
    }
}
