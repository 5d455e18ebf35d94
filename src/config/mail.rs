//! How mail is sent: into a folder of `.eml` files, or through an SMTP server.
//!
//! `transport = "outbox"` needs nothing installed. `smtp://user@host:port` begins in the clear and demands STARTTLS;
//! `smtps://` is TLS from the first byte. A password goes over TLS only, unless the server is on this machine.
//! Source: `spec/HEALTH.md` §3.

use super::{document::Section, problem::Place, secret::SecretSource};
use lettre::{Address, message::Mailbox};
use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use url::Url;

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Where the settings are written.
    pub place: Place,
    /// The way it goes.
    pub transport: MailTransport,
    /// The sender.
    pub from: Mailbox,
    /// A folder with templates of one's own.
    pub templates: Option<PathBuf>,
}

/// The way that mail goes.
#[derive(Clone, Debug)]
pub enum MailTransport {
    /// Into a folder.
    Outbox(PathBuf),
    /// Through an SMTP server.
    Smtp(SmtpSettings),
}

/// An SMTP server.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub tls: SmtpTls,
    /// Who signs in.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<SecretSource>,
    /// Certificates that the server's may be signed by, besides the system's.
    pub ca_file: Option<PathBuf>,
    /// How long it may take over a mail.
    pub timeout: Duration,
}

/// How a connection to an SMTP server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// STARTTLS, or no mail.
    Starttls,
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS if the server offers it.
    Opportunistic,
    /// Never.
    None,
}

const DEFAULT_FROM: &str = "provisioning@localhost.localdomain";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
const SUBMISSION_PORT: u16 = 587;
const SUBMISSIONS_PORT: u16 = 465;

impl MailSettings {
    /// Reads `[mail]`. What is wrong goes to the section's problems.
    pub(super) fn read(section: Section<'_>, folder: &Path) -> Self {
        let outbox = folder.join(section.text("outbox").unwrap_or_else(|| "state/outbox".to_owned()));
        let from = section.text("from").and_then(|text| {
            let parsed = text.parse::<Mailbox>();
            if parsed.is_err() {
                let help = Some("write it like \"provisioning@contoso.example\", or \"Contoso IT <it@..>\"".to_owned());
                let message = format!("`{text}` is no sender's address");
                section.problems().error(section.place_of("from"), message, help);
            }
            parsed.ok()
        });
        let transport = section.text("transport").unwrap_or_else(|| "outbox".to_owned());
        let settings = Self {
            place: section.place.clone(),
            transport: read_transport(&section, &transport, outbox, folder),
            from: from.unwrap_or_else(|| Mailbox::new(None, DEFAULT_FROM.parse().expect("the default is an address"))),
            templates: section.text("templates").map(|templates| folder.join(templates)),
        };
        section.finish();
        settings
    }
}

fn read_transport(section: &Section<'_>, text: &str, outbox: PathBuf, folder: &Path) -> MailTransport {
    let smtp = read_smtp(section, text, folder);
    if text == "outbox" {
        return MailTransport::Outbox(outbox);
    }
    smtp.map_or(MailTransport::Outbox(outbox), MailTransport::Smtp)
}

/// Reads the settings of an SMTP server, which have no meaning beside an outbox but are known there.
fn read_smtp(section: &Section<'_>, text: &str, folder: &Path) -> Option<SmtpSettings> {
    let choices = [
        ("starttls", SmtpTls::Starttls),
        ("implicit", SmtpTls::Implicit),
        ("opportunistic", SmtpTls::Opportunistic),
        ("none", SmtpTls::None),
    ];
    let tls = section.choice("tls", &choices);
    let password = SecretSource::read(section, "password", folder);
    let ca_file = section.text("ca_file").map(|file| folder.join(file));
    let timeout = section.duration("timeout").unwrap_or(DEFAULT_TIMEOUT);
    if timeout.is_zero() {
        section.problems().error(section.place_of("timeout"), "`timeout` must be longer than nothing", None);
    }
    if text == "outbox" {
        return None;
    }
    let refuse = |message: String, help: &str| {
        section.problems().error(section.place_of("transport"), message, Some(help.to_owned()));
        None
    };
    let form = "write \"outbox\", \"smtp://user@mail.example:587\" or \"smtps://user@mail.example\"";
    let Ok(url) = Url::parse(text) else { return refuse("`transport` is neither `outbox` nor a URL".to_owned(), form) };
    if url.password().is_some() {
        return refuse("`transport` holds a password".to_owned(), "take it out, and set `password = { env = \"..\" }`");
    }
    let implicit = match url.scheme() {
        "smtp" => false,
        "smtps" => true,
        other => return refuse(format!("`transport` has the scheme `{other}`"), form),
    };
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        return refuse("`transport` names no server".to_owned(), form);
    };
    let host = host.trim_matches(['[', ']']).to_owned();
    let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let user = Some(url.username()).filter(|user| !user.is_empty()).map(decoded);
    let default = match (implicit, local) {
        (true, _) => SmtpTls::Implicit,
        (false, true) => SmtpTls::Opportunistic,
        (false, false) => SmtpTls::Starttls,
    };
    let settings = SmtpSettings {
        port: url.port().unwrap_or(if implicit { SUBMISSIONS_PORT } else { SUBMISSION_PORT }),
        tls: tls.unwrap_or(default),
        host,
        user,
        password,
        ca_file,
        timeout,
    };
    match (&settings.user, &settings.password) {
        (Some(_), None) => refuse(
            "`transport` names a user, and there is no `password`".to_owned(),
            "set `password = { env = \"..\" }` below `[mail]`",
        ),
        (None, Some(_)) => {
            refuse("there is a `password`, and `transport` names no user".to_owned(), "write \"smtp://user@host\"")
        }
        (Some(_), Some(_)) if !local && matches!(settings.tls, SmtpTls::Opportunistic | SmtpTls::None) => refuse(
            "the password would go to another machine in the clear".to_owned(),
            "leave `tls` out, or set it to \"starttls\" or \"implicit\"",
        ),
        _ => Some(settings),
    }
}

/// A user name as it is meant: `%40` in a URL is `@`.
fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("user={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, user)| user.into_owned())
        .unwrap_or_default()
}

/// Whom mail may go to, of what a job names.
pub(super) fn recipients(section: &Section<'_>, key: &'static str) -> Vec<String> {
    let named = section.texts(key).unwrap_or_default();
    let is_address = |text: &String| {
        let valid = text.parse::<Address>().is_ok() || text.parse::<Mailbox>().is_ok();
        if !valid {
            let help = Some("write it like \"it@contoso.example\"".to_owned());
            section.problems().error(section.place_of(key), format!("`{text}` is no mail address"), help);
        }
        valid
    };
    named.into_iter().filter(is_address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    fn read(mail: &str) -> Result<MailSettings, String> {
        let text = format!("[mail]\n{mail}");
        parse("a.toml", &text, Path::new("/here")).map(|read| read.0.mail).map_err(|error| error.to_string())
    }

    fn smtp(mail: &str) -> SmtpSettings {
        match read(mail).unwrap().transport {
            MailTransport::Smtp(smtp) => smtp,
            MailTransport::Outbox(folder) => panic!("an outbox at {}", folder.display()),
        }
    }

    #[track_caller]
    fn refused(mail: &str, expected: &str) {
        let told = read(mail).unwrap_err();
        assert!(told.contains(expected), "{told}");
    }

    #[test]
    fn without_settings_mail_goes_into_the_outbox() {
        let settings = read("").unwrap();
        assert!(
            matches!(settings.transport, MailTransport::Outbox(folder) if folder == Path::new("/here/state/outbox"))
        );
        assert_eq!(settings.from.to_string(), DEFAULT_FROM);
    }

    #[test]
    fn a_url_says_server_port_user_and_how_it_is_secured() {
        let server = smtp("transport = \"smtp://it%40contoso.example@mail.example\"\npassword = \"secret\"");
        assert_eq!((server.host.as_str(), server.port, server.tls), ("mail.example", 587, SmtpTls::Starttls));
        assert_eq!(server.user.as_deref(), Some("it@contoso.example"));
        let server = smtp("transport = \"smtps://mail.example\"");
        assert_eq!((server.port, server.tls), (465, SmtpTls::Implicit));
        let server = smtp("transport = \"smtp://127.0.0.1:2525\"");
        assert_eq!((server.port, server.tls), (2525, SmtpTls::Opportunistic));
        let server = smtp("transport = \"smtp://[::1]:2525\"\ntls = \"none\"");
        assert_eq!((server.host.as_str(), server.tls), ("::1", SmtpTls::None));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_no_password_is_shown() {
        refused("transport = \"smpt://mail.example\"", "`transport` has the scheme `smpt`");
        refused("transport = \"mail.example\"", "`transport` is neither `outbox` nor a URL");
        refused("transport = \"smtp://it@mail.example\"", "names a user, and there is no `password`");
        refused("transport = \"smtp://mail.example\"\npassword = \"x\"", "`transport` names no user");
        refused("from = \"nobody\"", "`nobody` is no sender's address");
        refused(
            "transport = \"smtp://it@mail.example\"\npassword = \"x\"\ntls = \"none\"",
            "the password would go to another machine in the clear",
        );
        let told = read("transport = \"smtp://it:hunter2@mail.example\"").unwrap_err();
        assert!(told.contains("`transport` holds a password") && !told.contains("hunter2"), "{told}");
    }
}
