//! The post: takes queued mail to where it goes, and tries again what could not be sent.
//!
//! A mail is recorded as sent after it was taken, durably; so a crash between the two sends it once more, with the same
//! Message-ID. The same holds of each recipient: who has a mail is recorded before the next is asked for, and they do not get
//! it again while it waits for others. A mail that cannot be sent never fails a cycle, and is never dropped. Source:
//! `spec/HEALTH.md` §3.

use super::Service;
use crate::{
    notify::{Delivery, MailError, Notice, Postman, retry_after},
    scim::mask::Mask,
    store::{MailRow, StoreError, Tables},
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
        if self.rehearsal.is_some() {
            return Ok(Delivered::default());
        }
        // One for all, so that the connection to a mail server is used again; made anew each time, as its settings' files are.
        let mut postman = None;
        let delivered = self.deliver_by(&mut postman).await;
        if let Some(postman) = postman {
            postman.hang_up(self.engine.clock.as_ref()).await;
        }
        delivered
    }

    async fn deliver_by(&self, postman: &mut Option<Postman>) -> Result<Delivered, StoreError> {
        let mut delivered = Delivered::default();
        let mut unrecorded = self.post.turn.lock().await;
        let mut after: Option<String> = None;
        loop {
            let now = self.engine.clock.now();
            let last = after.clone();
            let due = self.engine.store.read(move |tables| tables.due_mail(now, last.as_deref())).await?;
            let Some(row) = due else { return Ok(delivered) };
            let (notice, kept) = match read(&row) {
                Ok(read) => read,
                Err(unreadable) => {
                    let unreadable = unreadable.to_string();
                    self.postpone(&row, &unreadable, row.delivery.clone(), now).await?;
                    delivered.problems.push(unreadable);
                    after = Some(row.id);
                    continue;
                }
            };
            let delivery = unrecorded.entry(row.id.clone()).or_insert(kept);
            let taken = match self.postman(postman) {
                Ok(postman) => self.hand_over(postman, &row, &notice, delivery).await?,
                Err(error) => Err(error),
            };
            match taken {
                Ok(()) => {
                    let (id, refused) = (row.id.clone(), delivery.refusals());
                    if let Some(refused) = &refused {
                        tracing::warn!("the mail server refuses mail to {refused}");
                    }
                    let record = move |tables: &Tables| tables.mail_sent(&id, now, refused.as_deref());
                    self.engine.store.write_durably(record).await?;
                    delivered.sent += 1;
                    let subject = postman.as_ref().and_then(|postman| postman.subject(&notice).ok());
                    self.witness.mail_sent(&notice, &subject.unwrap_or_default());
                    unrecorded.remove(&row.id);
                }
                Err(error) => {
                    let told = masked(postman.as_ref(), &error.to_string()) + &delivery.so_far();
                    self.postpone(&row, &told, written(delivery), now).await?;
                    unrecorded.remove(&row.id);
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

    /// Gives the postman one mail for everybody who has not got it. It is done when somebody has it and all others were refused
    /// for good: those are told of, and nobody waits for them. One that everybody is refused waits for all of them.
    async fn hand_over(
        &self,
        postman: &Postman,
        row: &MailRow,
        notice: &Notice,
        delivery: &mut Delivery,
    ) -> Result<Result<(), MailError>, StoreError> {
        let letter = match postman.letter(notice) {
            Ok(letter) => letter,
            Err(error) => return Ok(Err(error)),
        };
        let (mut not_yet, mut refused) = (Vec::new(), None);
        // Written before anybody else gets a copy: a process that ends within has at most one to send again.
        let mut unwritten = written(delivery) != row.delivery;
        let mut copies: Vec<_> = letter.copies().iter().collect();
        copies.sort_by_key(|copy| delivery.puts_off(copy));
        for copy in copies {
            if delivery.settles(copy) {
                continue;
            }
            if std::mem::take(&mut unwritten) {
                let (id, delivery) = (row.id.clone(), written(delivery));
                let record = move |tables: &Tables| tables.mail_delivery(&id, delivery.as_deref());
                self.engine.store.write_durably(record).await?;
            }
            match postman.deliver(&letter, copy, self.engine.clock.as_ref()).await {
                Ok(()) => {
                    delivery.reached(copy);
                    unwritten = true;
                }
                Err(MailError::NotYet(reason)) => {
                    not_yet.extend(copy.to().iter().map(|to| format!("{to}: {reason}")));
                }
                Err(MailError::Refused(reason)) => {
                    delivery.refused(copy, &masked(Some(postman), &reason));
                    refused = Some(reason);
                }
                Err(error) => {
                    if matches!(error, MailError::Broken(_) | MailError::Silent(_)) {
                        delivery.put_off(copy, letter.copies());
                    }
                    return Ok(Err(error));
                }
            }
        }
        Ok(match refused {
            _ if !not_yet.is_empty() => Err(MailError::NotYet(not_yet.join("; "))),
            Some(reason) if !delivery.reached_anybody() => {
                *delivery = Delivery::default();
                Err(MailError::Refused(reason))
            }
            _ => Ok(()),
        })
    }

    async fn postpone(
        &self,
        row: &MailRow,
        error: &str,
        delivery: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let wait = SignedDuration::try_from(retry_after(row.attempts)).unwrap_or(SignedDuration::ZERO);
        let next = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        let (id, error) = (row.id.clone(), error.to_owned());
        let record = move |tables: &Tables| tables.mail_failed(&id, &error, next, delivery.as_deref());
        self.engine.store.write_durably(record).await
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

/// What a mail tells, and how far it has come.
fn read(row: &MailRow) -> Result<(Notice, Delivery), MailError> {
    let unreadable = |error: serde_json::Error| MailError::Composition(error.to_string());
    let delivery = row.delivery.as_deref().map(serde_json::from_str).transpose().map_err(unreadable)?;
    Ok((serde_json::from_str(&row.notice).map_err(unreadable)?, delivery.unwrap_or_default()))
}

/// How far a mail has come, for its row.
fn written(delivery: &Delivery) -> Option<String> {
    (!delivery.is_empty()).then(|| serde_json::to_string(delivery).expect("addresses and texts can be written"))
}

/// A text of the mail server without the password, which it may have said back.
fn masked(postman: Option<&Postman>, text: &str) -> String {
    Mask::new(postman.map(Postman::secrets).unwrap_or_default()).text(text).into_owned()
}

/// Whose turn it is with the post, and the bell that calls it.
#[derive(Debug, Default)]
pub(super) struct Post {
    /// Whoever has the turn knows how far the mails have come whose row does not say so, as it could not be written (the disk is
    /// full, say): that is recorded when it works again, and nobody gets the mail once a minute until then.
    turn: tokio::sync::Mutex<HashMap<String, Delivery>>,
    pub(super) bell: tokio::sync::Notify,
}
