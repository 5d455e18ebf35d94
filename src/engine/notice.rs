//! What a cycle's end is worth telling, and to whom: notices for the queue of mail, stored with the end itself.
//!
//! So no turn of a job's health is without its mail, and none has two, whatever happens to the process. Sending them is the
//! service's. Source: `spec/HEALTH.md` §3.

use super::{cycle::Engine, job::Job};
use crate::{
    health::{
        news::{News, news},
        quarantine::{Quarantine, Reason},
    },
    log::{Action, Status},
    notify::{Example, HeldBack, Notice},
    store::{LogQuery, LogRow, MailRow, StoreError},
};
use jiff::Timestamp;

/// How many objects a mail names.
const EXAMPLES: usize = 5;

/// The quarantine before and after a cycle, whether its deletion guard tripped, and whether it disabled the job.
#[derive(Clone, Copy)]
pub(super) struct Turn<'q> {
    pub(super) before: Option<&'q Quarantine>,
    pub(super) after: Option<&'q Quarantine>,
    pub(super) tripped: bool,
    pub(super) disabled: bool,
}

impl Engine {
    /// The mails that the end of a cycle calls for; its failures are their examples.
    pub(super) async fn mails(
        &self,
        job: &Job,
        cycle: &str,
        turn: Turn<'_>,
        now: Timestamp,
    ) -> Result<Vec<MailRow>, StoreError> {
        let settings = &job.settings;
        let wanted = |news: &News| match news {
            News::QuarantineBegan | News::ReasonChanged | News::GuardTripped | News::Disabled => {
                settings.notify_on_failure
            }
            News::Recovered => settings.notify_on_recovery,
        };
        let news: Vec<_> =
            news(turn.before, turn.after, turn.tripped, turn.disabled).into_iter().filter(wanted).collect();
        let Some(quarantine) = turn.after.or(turn.before) else { return Ok(Vec::new()) };
        if news.is_empty() || settings.notification_email.is_empty() {
            return Ok(Vec::new());
        }
        let (name, series, cycle) = (job.name().to_owned(), quarantine.series_began, cycle.to_owned());
        let held_back = quarantine.reason == Reason::TooManyDeletes;
        let (mut thread, staged, records) = self
            .store
            .read(move |tables| {
                let of_cycle = LogQuery { cycle: Some(cycle), limit: Some(EXAMPLES), ..LogQuery::default() };
                let query = if held_back {
                    LogQuery { action: Some(Action::StagedDelete.name().to_owned()), ..of_cycle }
                } else {
                    LogQuery { status: Some(Status::Failure.name().to_owned()), ..of_cycle }
                };
                let records = tables.records(&query)?;
                Ok((tables.first_mail(&name, series)?, tables.count_staged(&name)?, records))
            })
            .await?;
        let held_back =
            HeldBack { disables: staged.disables, deletes: staged.deletes, threshold: settings.deletion_threshold };
        let examples: Vec<_> = records.into_iter().map(example).collect();
        let mut mails = Vec::new();
        for news in news {
            let id = self.chance.uuid().to_string();
            let notice = Notice {
                id: id.clone(),
                thread: thread.clone(),
                news,
                at: now,
                to: settings.notification_email.clone(),
                job: job.name().to_owned(),
                application: job.template.title.clone(),
                target: job.client.target().identity().to_owned(),
                quarantine: quarantine.clone(),
                disabled_at: quarantine.ends(&self.rules),
                held_back,
                examples: examples.clone(),
            };
            mails.push(MailRow {
                id: id.clone(),
                job: notice.job.clone(),
                series,
                event: news.name().to_owned(),
                created: now,
                notice: serde_json::to_string(&notice)?,
                attempts: 0,
                next_attempt: Some(now),
                last_error: None,
                sent: None,
                delivery: None,
            });
            thread.get_or_insert(id);
        }
        Ok(mails)
    }
}

fn example(row: LogRow) -> Example {
    let what = match (row.action.as_str(), row.reason) {
        ("stagedDelete", _) => "would be disabled or deleted".to_owned(),
        (_, reason) => reason.as_deref().and_then(|reason| reason.lines().next()).unwrap_or_default().to_owned(),
    };
    Example { kind: row.source_type, name: row.source_name, what }
}
