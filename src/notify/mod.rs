//! Mail to the administrators of a job: what it says, and how it goes.
//!
//! A [`Notice`] is written down in the state file when a job's health takes a turn; [`message`] renders it, with templates
//! that files can override ([`template`]); a [`Postman`] takes it to an outbox or an SMTP server. When it is tried again
//! ([`retry_after`]) is decided here; the queue and the clock are the caller's. A [`Delivery`] is who has it already. Whoever records a mail as sent only after
//! it was taken sends it again after a crash between the two, with the same Message-ID: never less than once, and a mail
//! program shows it once. Source: `spec/HEALTH.md` §3.

mod delivery;
pub mod message;
mod notice;
pub mod postman;
mod smtp;
pub mod template;

pub use delivery::Delivery;
pub use notice::{Example, HeldBack, Notice};
pub use postman::{Letter, MailError, Postman};

use std::time::Duration;

/// How long a mail waits after its first failures; after these it waits as long as after the last one, without end.
const WAITS: [Duration; 4] =
    [Duration::from_secs(60), Duration::from_secs(300), Duration::from_secs(900), Duration::from_secs(3_600)];

/// How long a mail waits that could not be sent, after `attempts` failures before this one.
pub fn retry_after(attempts: u32) -> Duration {
    let index = usize::try_from(attempts).unwrap_or(usize::MAX);
    WAITS.get(index).copied().unwrap_or(WAITS[WAITS.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_tried_again_ever_more_seldom_and_never_given_up() {
        let minutes: Vec<_> = (0..6).map(|attempts| retry_after(attempts).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 5, 15, 60, 60, 60]);
        assert_eq!(retry_after(u32::MAX), Duration::from_secs(3_600));
    }
}
