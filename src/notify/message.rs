//! A mail as it leaves: headers, a text and an HTML page. The same notice gives the same bytes.

use super::{MailError, Notice, template::Rendered};
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use std::time::SystemTime;

/// The Message-ID of the mail with this id: its right half is the sender's domain.
fn message_id(id: &str, from: &Mailbox) -> String {
    format!("<{id}@{}>", from.email.domain())
}

/// Makes the mail. An address that is none is an error: the configuration may have changed since it was queued.
pub fn compose(notice: &Notice, rendered: Rendered, from: &Mailbox) -> Result<Message, MailError> {
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let mut message = Message::builder()
        .from(from.clone())
        .date(SystemTime::from(notice.at))
        .message_id(Some(message_id(&notice.id, from)))
        .subject(rendered.subject)
        .raw_header(automatic);
    for to in &notice.to {
        let mailbox = to.parse::<Mailbox>().map_err(|_| MailError::Address(to.clone()))?;
        message = message.to(mailbox);
    }
    if let Some(thread) = &notice.thread {
        let first = message_id(thread, from);
        message = message.in_reply_to(first.clone()).references(first);
    }
    let body = MultiPart::alternative()
        .boundary(format!("=_{}", notice.id))
        .singlepart(SinglePart::plain(rendered.text))
        .singlepart(SinglePart::html(rendered.html));
    message.multipart(body).map_err(|error| MailError::Composition(error.to_string()))
}
