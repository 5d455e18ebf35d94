//! An SMTP server, to which each copy of a mail is said command by command: only so is it known what an answer is about.
//!
//! Until a recipient is named (the greeting, EHLO, STARTTLS, AUTH, MAIL FROM) every answer that is none of success is about
//! the way, whatever its code: the server takes no mail from here at present, and nobody was refused. From then on (RCPT TO,
//! DATA, the text) it is about this copy: a 5yz refuses it for good, a 4yz for now. So does also what asks for somebody to
//! sign in (RFC 4954 §6), as the administrator may mend that, and a 421, which closes the connection (RFC 5321 §3.8) and not
//! the way: policies answer it, and a relay that is denied by 454, for one recipient and take the mail for the next.
//!
//! The connection is kept for the next copy, and asked before that whether it still stands. After anything but success a new
//! one is made. *Limits*: a server that refuses the sender because of whom the copy is for counts as a closed way, for it says
//! so before they are named; and one that names a fault of its own at RCPT TO with a 5yz refuses that copy.

use super::MailError;
use crate::{
    clock::Clock,
    config::{SmtpSettings, SmtpTls},
};
use lettre::{
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    error::Error as _,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long the server may take over a goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// A server, and the connection to it.
pub(super) struct SmtpServer {
    host: String,
    port: u16,
    tls: SmtpTls,
    parameters: Option<TlsParameters>,
    credentials: Option<Credentials>,
    /// How long connecting may take.
    timeout: Duration,
    /// The connection, while nobody speaks on it: who is cut off in the middle of a mail leaves none behind.
    kept: Mutex<Option<AsyncSmtpConnection>>,
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, tls, .. } = self;
        formatter
            .debug_struct("SmtpServer")
            .field("host", host)
            .field("port", port)
            .field("tls", tls)
            .finish_non_exhaustive()
    }
}

impl SmtpServer {
    /// The server of these settings; nothing is connected yet.
    pub(super) fn new(smtp: &SmtpSettings, password: Option<&SecretString>) -> Result<Self, MailError> {
        let parameters = match smtp.tls {
            SmtpTls::Starttls | SmtpTls::Implicit | SmtpTls::Opportunistic => Some(parameters(smtp)?),
            SmtpTls::None => None,
        };
        let credentials = smtp
            .user
            .as_ref()
            .zip(password)
            .map(|(user, password)| Credentials::new(user.clone(), password.expose_secret().to_owned()));
        Ok(Self {
            host: smtp.host.clone(),
            port: smtp.port,
            tls: smtp.tls,
            parameters,
            credentials,
            timeout: smtp.timeout,
            kept: Mutex::default(),
        })
    }

    /// Gives the server one copy of a mail.
    pub(super) async fn give(&self, copy: &Envelope, mail: &[u8]) -> Result<(), MailError> {
        let mut connection = self.connection().await.map_err(|error| of_the_way(&error))?;
        let given = say(&mut connection, copy, mail).await;
        if given.is_ok() {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        }
        given
    }

    /// Says goodbye, if there is a connection, and does not wait for long on `clock` until it is returned.
    pub(super) async fn hang_up(&self, clock: &dyn Clock) {
        if let Some(mut connection) = self.take_kept() {
            tokio::select! {
                biased;
                () = connection.abort() => {}
                () = clock.sleep(GOODBYE) => {}
            }
        }
    }

    fn take_kept(&self) -> Option<AsyncSmtpConnection> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The connection that was kept, or a new one on which somebody is signed in, if that is asked for.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        if let Some(mut kept) = self.take_kept() {
            if kept.test_connected().await {
                return Ok(kept);
            }
            kept.abort().await;
        }
        let hello = ClientId::default();
        let from_the_start = self.parameters.clone().filter(|_| self.tls == SmtpTls::Implicit);
        let place = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(self.timeout), &hello, from_the_start, None).await?;
        let upgrades = match self.tls {
            SmtpTls::Starttls => true,
            SmtpTls::Opportunistic => connection.can_starttls(),
            SmtpTls::Implicit | SmtpTls::None => false,
        };
        if let Some(parameters) = self.parameters.clone().filter(|_| upgrades) {
            connection.starttls(parameters, &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

async fn say(connection: &mut AsyncSmtpConnection, copy: &Envelope, mail: &[u8]) -> Result<(), MailError> {
    let sender = Mail::new(copy.from().cloned(), extensions(connection, copy, mail)?);
    connection.command(sender).await.map_err(|error| of_the_way(&error))?;
    for to in copy.to() {
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(|error| of_the_copy(&error))?;
    }
    connection.command(Data).await.map_err(|error| of_the_copy(&error))?;
    connection.message(mail).await.map_err(|error| of_the_copy(&error))?;
    Ok(())
}

/// What the server must be able to for this copy (RFC 6531 §3.1, RFC 6152 §2).
fn extensions(connection: &AsyncSmtpConnection, copy: &Envelope, mail: &[u8]) -> Result<Vec<MailParameter>, MailError> {
    let can = |extension| connection.server_info().supports_feature(extension);
    let is_foreign = |address: &lettre::Address| !address.to_string().is_ascii();
    let mut needed = Vec::new();
    let (from, to) = (copy.from().is_some_and(is_foreign), copy.to().iter().any(is_foreign));
    if from || to {
        if !can(Extension::SmtpUtfEight) {
            let lacks = |whose| format!("it takes no {whose} that is not ASCII: it has no SMTPUTF8");
            return Err(if from { MailError::Server(lacks("sender")) } else { MailError::NotYet(lacks("recipient")) });
        }
        needed.push(MailParameter::SmtpUtfEight);
    }
    if !mail.is_ascii() {
        if !can(Extension::EightBitMime) {
            return Err(MailError::Server("it takes no text that is not ASCII: it has no 8BITMIME".to_owned()));
        }
        needed.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(needed)
}

/// What it means that the server did not go along before anybody was named.
fn of_the_way(error: &Error) -> MailError {
    let text = with_causes(error);
    if error.is_response() { MailError::Broken(text) } else { MailError::Server(text) }
}

/// What it means that the server did not go along with this copy.
fn of_the_copy(error: &Error) -> MailError {
    let text = with_causes(error);
    let code = error.status().map(|code| code.to_string());
    match code.as_deref() {
        None => MailError::Broken(text),
        Some("530" | "534" | "535" | "538") => MailError::NotYet(text),
        Some(_) if error.is_permanent() => MailError::Refused(text),
        Some(_) => MailError::NotYet(text),
    }
}

fn parameters(smtp: &SmtpSettings) -> Result<TlsParameters, MailError> {
    let mut parameters = TlsParameters::builder(smtp.host.clone());
    if let Some(file) = &smtp.ca_file {
        let unusable = |reason: String| MailError::Certificates { file: file.clone(), reason };
        let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build().map_err(|error| MailError::Server(with_causes(&error)))
}

/// An error with what is behind it: `lettre` tells the cause only there.
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
