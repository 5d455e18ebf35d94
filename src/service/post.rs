//! The post: takes queued mail to where it goes, and tries again what could not be sent.
//!
//! A mail is recorded as sent after it was taken, durably; so a crash between the two sends it once more, with the same
//! Message-ID. A mail that cannot be sent never fails a cycle, and is never dropped. Source: `spec/HEALTH.md` §3.

use super::Service;
use crate::{
    notify::{MailError, Notice, Postman, retry_after},
    scim::mask::Mask,
    store::{StoreError, Tables},
};
use jiff::{SignedDuration, Timestamp};
use std::{collections::HashMap, time::Duration};
use tokio_util::sync::CancellationToken;

/// How long the post rests when its state cannot be read.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// What became of the mail that was due.
#[derive(Debug, Default)]
pub struct Delivered {
    /// How many mails were sent.
    pub sent: usize,
    /// Why others were not; they are kept.
    pub problems: Vec<String>,
}

impl Service {
    /// Sends the mail that is due, oldest first. Where the way itself is closed, the rest waits without being tried.
    pub async fn deliver_mail(&self) -> Result<Delivered, StoreError> {
        let mut delivered = Delivered::default();
        if self.rehearsal.is_some() {
            return Ok(delivered);
        }
        let mut unrecorded = self.post.turn.lock().await;
        let mut after: Option<String> = None;
        // One for all, so that the connection to a mail server is used again; made anew each time, as its settings' files are.
        let mut postman: Option<Postman> = None;
        loop {
            let now = self.engine.clock.now();
            let last = after.clone();
            let due = self.engine.store.read(move |tables| tables.due_mail(now, last.as_deref())).await?;
            let Some(row) = due else { return Ok(delivered) };
            let notice = match serde_json::from_str::<Notice>(&row.notice) {
                Ok(notice) => notice,
                Err(error) => {
                    let unreadable = MailError::Composition(error.to_string()).to_string();
                    self.postpone(&row.id, row.attempts, &unreadable, now).await?;
                    delivered.problems.push(unreadable);
                    after = Some(row.id);
                    continue;
                }
            };
            let taken = if let Some(refused) = unrecorded.get(&row.id) {
                Ok(refused.clone())
            } else {
                match self.postman(&mut postman) {
                    Ok(postman) => self.hand_over(postman, &notice).await,
                    Err(error) => Err(error),
                }
            };
            let id = row.id.clone();
            match taken {
                Ok(refused) => {
                    if unrecorded.insert(row.id.clone(), refused.clone()).is_none() {
                        delivered.sent += 1;
                        let subject = postman.as_ref().and_then(|postman| postman.subject(&notice).ok());
                        self.witness.mail_sent(&notice, &subject.unwrap_or_default());
                    }
                    self.engine
                        .store
                        .write_durably(move |tables| tables.mail_sent(&id, now, refused.as_deref()))
                        .await?;
                    unrecorded.remove(&row.id);
                }
                Err(error) => {
                    let told = masked(postman.as_ref(), &error.to_string());
                    self.postpone(&row.id, row.attempts, &told, now).await?;
                    self.witness.mail_kept(&notice, &told);
                    delivered.problems.push(told);
                    if error.is_the_way() {
                        return Ok(delivered);
                    }
                }
            }
            after = Some(row.id);
        }
    }

    fn postman<'p>(&self, known: &'p mut Option<Postman>) -> Result<&'p Postman, MailError> {
        if known.is_none() {
            *known = Some(Postman::new(&self.settings.mail, &self.settings.tenant.name)?);
        }
        Ok(known.as_ref().expect("it was made just now"))
    }

    /// Gives one mail to the postman. A recipient who is refused while others are not is told of, here and in what comes
    /// back, and that is all: the others would have the mail twice.
    async fn hand_over(&self, postman: &Postman, notice: &Notice) -> Result<Option<String>, MailError> {
        let refused = postman.deliver(notice, self.engine.clock.as_ref()).await?;
        let told = refused.iter().map(|refused| {
            let reason = masked(Some(postman), &refused.reason);
            tracing::warn!("the mail server refuses mail to {}: {reason}", refused.to);
            format!("{}: {reason}", refused.to)
        });
        let told: Vec<_> = told.collect();
        Ok((!told.is_empty()).then(|| told.join("; ")))
    }

    async fn postpone(&self, id: &str, attempts: u32, error: &str, now: Timestamp) -> Result<(), StoreError> {
        let wait = SignedDuration::try_from(retry_after(attempts)).unwrap_or(SignedDuration::ZERO);
        let next = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        let (id, error) = (id.to_owned(), error.to_owned());
        self.engine.store.write(move |tables| tables.mail_failed(&id, &error, next)).await
    }

    /// Sends mail whenever some is due, until told to stop.
    pub(super) async fn keep_post(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            // A mail that is cut off by the end of the process is sent again by the next one.
            let delivered = tokio::select! {
                delivered = self.deliver_mail() => delivered,
                () = stop.cancelled() => return,
            };
            let wait = match delivered {
                Ok(_) => self.until_next_mail().await,
                Err(error) => Err(error),
            };
            let wait = wait.unwrap_or_else(|error| {
                tracing::error!("the queue of mail cannot be worked with: {error}");
                Some(AFTER_FAILURE)
            });
            let wait = async {
                match wait {
                    Some(wait) => self.engine.clock.sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wait => {}
                () = self.post.bell.notified() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// How long until the next mail is due; none: there is none. One that waits behind another is not due before it.
    async fn until_next_mail(&self) -> Result<Option<Duration>, StoreError> {
        let next = self.engine.store.read(Tables::next_mail).await?;
        let now = self.engine.clock.now();
        Ok(next
            .map(|next| Duration::try_from(next.duration_since(now)).unwrap_or_default().max(Duration::from_secs(1))))
    }
}

/// A text of the mail server without the password, which it may have said back.
fn masked(postman: Option<&Postman>, text: &str) -> String {
    Mask::new(postman.map(Postman::secrets).unwrap_or_default()).text(text).into_owned()
}

/// Whose turn it is with the post, and the bell that calls it.
#[derive(Debug, Default)]
pub(super) struct Post {
    /// Whoever has the turn knows which mails were taken and could not be recorded as sent (the disk is full, say), and who was
    /// refused: those are recorded when that works again, and not sent once a minute until then.
    turn: tokio::sync::Mutex<HashMap<String, Option<String>>>,
    pub(super) bell: tokio::sync::Notify,
}
