//! The daemon: every enabled job on its schedule, until told to stop.
//!
//! Each job has a loop of its own, which keeps to the service's clock: wait for the next tick (or, in quarantine, for the next try), import, run a cycle. Ticks
//! that pass meanwhile are skipped. Mail is sent beside them (`post`). At shutdown the objects in hand are finished; the
//! cycle is resumed at the next start.

use super::{Service, ServiceError, SyncOrder};
use crate::{engine::Unobserved, health::quarantine::Quarantine, scim::trace::Trace};
use jiff::Timestamp;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a job is left alone whose configuration, directory or state was refused, unless a lever is moved after which it is to run at once.
const AFTER_REFUSAL: Duration = Duration::from_secs(60);
/// When a job is looked at again that is paused or disabled. A lever that starts it wakes its loop.
const WHILE_PAUSED: Duration = Duration::from_secs(3600);

/// Runs all enabled jobs until `stop` is cancelled.
pub async fn run(service: &Arc<Service>, trace: &Trace, stop: &CancellationToken, woken: &Arc<Notify>) {
    let loops = TaskTracker::new();
    for job in service.settings.jobs.iter().filter(|job| job.enabled) {
        let (service, name, trace) = (service.clone(), job.name.clone(), trace.clone());
        let (stop, woken) = (stop.clone(), woken.clone());
        loops.spawn(async move { keep(&service, &name, &trace, &stop, &woken).await });
    }
    {
        let (service, stop) = (service.clone(), stop.clone());
        loops.spawn(async move { service.keep_post(&stop).await });
    }
    loops.close();
    stop.cancelled().await;
    loops.wait().await;
}

/// One job's loop.
async fn keep(service: &Service, name: &str, trace: &Trace, stop: &CancellationToken, woken: &Notify) {
    let mut just_started = true;
    let mut tried = None;
    // Where the clock wakes one after the other, jobs that are due at one moment do not run at once.
    service.engine.clock.sleep(Duration::ZERO).await;
    while !stop.is_cancelled() {
        // Before the state is looked at: a lever that is pulled from here on wakes the loop.
        let mut wake = pin!(woken.notified());
        wake.as_mut().enable();
        let wait = match due(service, name, just_started, tried).await {
            Ok(wait) => wait,
            Err(error) => {
                service.witness.cycle_refused(name, &error);
                AFTER_REFUSAL
            }
        };
        if !wait.is_zero() {
            just_started = false;
            tokio::select! {
                () = service.engine.clock.sleep(wait) => {}
                () = wake => {}
                () = stop.cancelled() => return,
            }
            continue;
        }
        just_started = false;
        tried = Some(service.engine.clock.now());
        if let Err(error) = once(service, name, trace, stop).await {
            if matches!(error, ServiceError::Stopping) {
                return;
            }
            service.witness.cycle_refused(name, &error);
            // Where that fails too, it is for the same reason.
            if service.end_quarantine(name).await.unwrap_or(false) {
                service.witness.job_disabled(name);
            }
            tokio::select! {
                () = service.engine.clock.sleep(AFTER_REFUSAL) => {}
                () = wake => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

async fn once(service: &Service, name: &str, trace: &Trace, stop: &CancellationToken) -> Result<(), ServiceError> {
    service.import(false).await?;
    let result = service.cycle(name, SyncOrder { initial: false, trace: trace.clone() }, &Unobserved, stop).await?;
    service.witness.cycle_ended(&result);
    Ok(())
}

/// How long until the job is due; nothing if it is now. A cycle that was interrupted is taken up at once after a start; a
/// lever that was broken off is moved to its end first, for the job's state says little before.
/// `tried` is when this daemon last ran the job.
async fn due(
    service: &Service,
    name: &str,
    just_started: bool,
    tried: Option<Timestamp>,
) -> Result<Duration, ServiceError> {
    service.finish_forgetting(name).await?;
    let wanted = name.to_owned();
    let (row, open, last) = service
        .engine
        .store
        .read(move |tables| Ok((tables.job(&wanted)?, tables.open_cycle(&wanted)?, tables.cycles(&wanted, 1)?)))
        .await?;
    let now = service.engine.clock.now();
    let Some(row) = row else { return Ok(Duration::ZERO) };
    if row.schedule_state != "Active" {
        return Ok(WHILE_PAUSED);
    }
    if let Some(quarantine) = row.quarantine.as_deref().and_then(|text| serde_json::from_str::<Quarantine>(text).ok()) {
        return Ok(until(quarantine.due(&service.engine.rules), now));
    }
    if just_started && open.is_some() {
        return Ok(Duration::ZERO);
    }
    let (Some(anchor), Some(last)) = (row.anchor, last.first()) else { return Ok(Duration::ZERO) };
    if was_told_to_begin(row.watermark, last.state.as_deref()) {
        return Ok(Duration::ZERO);
    }
    let schedule = &service.job_settings(name)?.schedule;
    let next = schedule.next(anchor, last_activity(last.began, last.ended, tried));
    Ok(next.map_or(Duration::MAX, |next| until(next, now)))
}

/// Whether a lever was moved since the last cycle, of a job that is not in quarantine: it took the watermark away, or lifted the
/// quarantine that the last cycle left the job in.
fn was_told_to_begin(watermark: Option<i64>, last: Option<&str>) -> bool {
    match last {
        Some("Quarantine") => true,
        Some("Succeeded" | "EntryLevelErrors" | "Abandoned") => watermark.is_none(),
        _ => false,
    }
}

/// The moment after which the next tick counts: the end of the last cycle. One that stays open, because the target failed in
/// its middle, began long ago; each try of it counts, or a failing target would be asked without a pause.
fn last_activity(began: Timestamp, ended: Option<Timestamp>, tried: Option<Timestamp>) -> Timestamp {
    ended.unwrap_or(began).max(tried.unwrap_or(began))
}

fn until(moment: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(moment.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::last_activity;
    use crate::config::schedule::{ENTRA_INTERVAL, Schedule};
    use jiff::Timestamp;

    #[test]
    fn an_open_cycle_that_failed_again_waits_for_the_next_tick() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (began, tried) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T02:05:00Z"));
        let next = |tried| Schedule::Every(ENTRA_INTERVAL).next(began, last_activity(began, None, tried));
        assert_eq!(next(None), Some(at("2026-01-01T00:40:00Z")), "its tick has passed: it is due at once");
        assert_eq!(next(Some(tried)), Some(at("2026-01-01T02:40:00Z")));
    }

    #[test]
    fn a_cycle_that_ended_counts_from_its_end() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (began, ended) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:45:00Z"));
        assert_eq!(last_activity(began, Some(ended), Some(began)), ended);
    }
}
