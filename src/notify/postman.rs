//! Takes a mail where it goes: into an outbox, or to an SMTP server.
//!
//! An outbox has a file a mail, named after its moment, job and id: a mail that is taken there twice is there once. It is
//! written beside its name and moved there, so that nobody ever sees half of one. An SMTP server is given a copy for each
//! recipient, one after another, and keeps its connection for the next.

use super::{
    Notice, message,
    smtp::SmtpServer,
    template::{TemplateError, Templates},
};
use crate::{
    clock::Clock,
    config::{
        MailSettings, MailTransport,
        secret::{SecretError, SecretSource},
    },
    store::{private_folder, private_options},
};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use lettre::{Address, address::Envelope, message::Mailbox};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

/// Takes mails to where they go.
#[derive(Debug)]
pub struct Postman {
    templates: Templates,
    from: Mailbox,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Outbox(PathBuf),
    Smtp {
        server: Box<SmtpServer>,
        /// How long one mail may take. The library's own limit is for the connection only.
        timeout: Duration,
        /// What no text of the server may show.
        secrets: Vec<SecretString>,
    },
}

/// A mail that is ready to go.
#[derive(Debug)]
pub struct Letter {
    /// What it is called in an outbox.
    name: String,
    bytes: Vec<u8>,
    copies: Vec<Envelope>,
}

impl Letter {
    /// The copies of it: an outbox has one for everybody, a mail server one for each recipient, so that it can take some and
    /// refuse others.
    pub fn copies(&self) -> &[Envelope] {
        &self.copies
    }
}

/// Why a mail could not be sent, or none can be. What a server said stands in it as it came: [`Postman::secrets`] has what
/// may not be shown of it.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// A recipient is no address.
    #[error("`{0}` is no mail address")]
    Address(String),
    /// The server hung up, or answered in no way that is known.
    #[error("the mail server did not take it: {0}")]
    Broken(String),
    /// The certificates cannot be read.
    #[error("the certificates of the mail server `{}` cannot be read: {reason}", file.display())]
    Certificates {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The mail cannot be put together.
    #[error("the mail cannot be put together: {0}")]
    Composition(String),
    /// The server does not take it now for these recipients, and may later, whatever becomes of others.
    #[error("the mail server does not take it yet: {0}")]
    NotYet(String),
    /// The outbox cannot be written to.
    #[error("the outbox `{}` cannot be written to: {error}", folder.display())]
    Outbox {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The password cannot be had.
    #[error("the password for mail: {0}")]
    Password(#[from] SecretError),
    /// The server takes no mail at present.
    #[error("the mail server did not take it: {0}")]
    Server(String),
    /// The server will not take this one, whatever becomes of others.
    #[error("the mail server refuses it: {0}")]
    Refused(String),
    /// The server did not take it in time.
    #[error("the mail server did not take it within {} s", .0.as_secs_f64())]
    Silent(Duration),
    /// A template cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl MailError {
    /// Whether the way itself is closed, so that the next mail would fare no better.
    pub fn is_the_way(&self) -> bool {
        match self {
            Self::Broken(_)
            | Self::Certificates { .. }
            | Self::Outbox { .. }
            | Self::Password(_)
            | Self::Server(_)
            | Self::Silent(_) => true,
            Self::Address(_) | Self::Composition(_) | Self::NotYet(_) | Self::Refused(_) | Self::Template(_) => false,
        }
    }
}

impl Postman {
    /// Opens the way; nothing is connected yet. `tenant` is who the mails speak of.
    pub fn new(settings: &MailSettings, tenant: &str) -> Result<Self, MailError> {
        let templates = Templates::open(settings.templates.as_deref(), tenant)?;
        let way = match &settings.transport {
            MailTransport::Outbox(folder) => Way::Outbox(folder.clone()),
            MailTransport::Smtp(smtp) => {
                let password = smtp.password.as_ref().map(SecretSource::password).transpose()?;
                let secrets = password.iter().flat_map(|password| spellings(smtp.user.as_deref(), password)).collect();
                Way::Smtp {
                    server: Box::new(SmtpServer::new(smtp, password.as_ref())?),
                    timeout: smtp.timeout,
                    secrets,
                }
            }
        };
        Ok(Self { templates, from: settings.from.clone(), way })
    }

    /// What a server may say back and nobody else may see: the password, and the forms in which it goes over the wire.
    pub fn secrets(&self) -> &[SecretString] {
        match &self.way {
            Way::Outbox(_) => &[],
            Way::Smtp { secrets, .. } => secrets,
        }
    }

    /// The subject of a mail.
    pub fn subject(&self, notice: &Notice) -> Result<String, MailError> {
        Ok(self.templates.render(notice)?.subject)
    }

    /// Makes the mail ready.
    pub fn letter(&self, notice: &Notice) -> Result<Letter, MailError> {
        let message = message::compose(notice, self.templates.render(notice)?, &self.from)?;
        let everybody = message.envelope();
        let copies = match &self.way {
            Way::Outbox(_) => vec![everybody.clone()],
            Way::Smtp { .. } => {
                let one = |to: &Address| {
                    Envelope::new(everybody.from().cloned(), vec![to.clone()])
                        .map_err(|error| MailError::Composition(error.to_string()))
                };
                everybody.to().iter().map(one).collect::<Result<_, _>>()?
            }
        };
        let name = format!("{}-{}-{}.eml", notice.at.strftime("%Y%m%dT%H%M%SZ"), notice.job, notice.id);
        Ok(Letter { name, bytes: message.formatted(), copies })
    }

    /// Takes one copy of a mail there. A server that is silent for too long on `clock` has not taken it.
    pub async fn deliver(&self, letter: &Letter, copy: &Envelope, clock: &dyn Clock) -> Result<(), MailError> {
        match &self.way {
            Way::Outbox(folder) => put(folder, &letter.name, &letter.bytes)
                .map_err(|error| MailError::Outbox { folder: folder.clone(), error }),
            Way::Smtp { server, timeout, .. } => tokio::select! {
                biased;
                given = server.give(copy, &letter.bytes) => given,
                () = clock.sleep(*timeout) => Err(MailError::Silent(*timeout)),
            },
        }
    }

    /// Ends the connection to a server, when nothing more is to be delivered.
    pub async fn hang_up(&self, clock: &dyn Clock) {
        match &self.way {
            Way::Outbox(_) => {}
            Way::Smtp { server, .. } => server.hang_up(clock).await,
        }
    }
}

/// Writes a mail into the outbox, for its owner alone.
fn put(folder: &Path, name: &str, mail: &[u8]) -> std::io::Result<()> {
    private_folder(folder)?;
    let half = folder.join(format!(".{name}.part"));
    let mut file = private_options().write(true).create(true).truncate(true).open(&half)?;
    file.write_all(mail)?;
    file.sync_all()?;
    std::fs::rename(half, folder.join(name))?;
    std::fs::File::open(folder)?.sync_all()
}

/// A password as it is, and as `AUTH LOGIN` and `AUTH PLAIN` send it (RFC 4616 §2).
fn spellings(user: Option<&str>, password: &SecretString) -> [SecretString; 3] {
    let password = password.expose_secret();
    let plain = format!("\0{}\0{password}", user.unwrap_or_default());
    [password.into(), BASE64_STANDARD.encode(password).into(), BASE64_STANDARD.encode(plain).into()]
}
