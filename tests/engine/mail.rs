//! Which turns of a job's health are told of, to whom, and how often. Source: `spec/HEALTH.md` §3.

use super::{
    wiretap::Fault,
    world::{JOB, World, refusal},
};
use scimulator::{engine::Reset, health::HealthRules, notify::Notice, store::MailRow};
use serde_json::json;

const TOLD: &str = "notification_email = [\"it@contoso.example\", \"ops@contoso.example\"]\nnotify_on_failure = true\n";

/// A world whose administrators are told, and in which ann is provisioned.
async fn told(settings: &str) -> World {
    told_with(settings, HealthRules::default()).await
}

async fn told_with(settings: &str, rules: HealthRules) -> World {
    let mut world = World::with(|setup| {
        setup.job = format!("{TOLD}{settings}");
        setup.rules = rules;
    });
    world.assigned_users(&["ann", "ben"]);
    world.sync().await;
    world
}

async fn mails(world: &World) -> Vec<MailRow> {
    world.read(|tables| tables.mail_of(JOB)).await
}

/// What was queued: `quarantineBegan EncounteredQuarantineException`.
async fn news(world: &World) -> Vec<String> {
    let told = |row: &MailRow| {
        let notice: Notice = serde_json::from_str(&row.notice).unwrap();
        format!("{} {}", row.event, notice.quarantine.reason.name())
    };
    mails(world).await.iter().map(told).collect()
}

#[tokio::test]
async fn over_a_hundred_failing_cycles_there_is_one_mail() {
    let world = told("").await;
    world.always(&["{random}"], refusal(401, "who?"));
    for _ in 0..100 {
        world.cycle().await;
        world.minutes_later(40);
    }
    assert_eq!(news(&world).await, ["quarantineBegan EncounteredQuarantineException"]);
}

#[tokio::test]
async fn a_reason_that_changes_is_told_once_more_in_the_same_thread() {
    let mut world = told_with("deletion_threshold = 1\n", HealthRules::default()).await;
    world.once(&["{random}"], refusal(401, "who?"));
    world.cycle().await;
    world.minutes_later(5);
    world.unassign("ann");
    for _ in 0..3 {
        world.sync().await;
        world.minutes_later(5);
    }
    assert_eq!(news(&world).await, ["quarantineBegan EncounteredQuarantineException", "reasonChanged TooManyDeletes"]);
    let mails = mails(&world).await;
    let notices: Vec<Notice> = mails.iter().map(|row| serde_json::from_str(&row.notice).unwrap()).collect();
    assert_eq!(notices[0].thread, None);
    assert_eq!(notices[1].thread.as_ref(), Some(&mails[0].id));
    assert_eq!(notices[1].to, ["it@contoso.example", "ops@contoso.example"]);
    assert_eq!(notices[1].held_back.disables, 1);
    let examples: Vec<_> = notices[1].examples.iter().map(|example| example.name.as_str()).collect();
    assert_eq!(examples, ["ann@contoso.example"]);
}

#[tokio::test]
async fn the_mail_that_later_ones_refer_to_is_kept_as_long_as_there_can_be_later_ones() {
    let mut world = World::with(|setup| {
        setup.job = format!("{TOLD}deletion_threshold = 1\nnotify_on_recovery = true\n");
        setup.retention = 1;
    });
    world.assigned_users(&["ann", "ben"]);
    world.sync().await;
    let send = async |world: &World| {
        let now = world.present();
        for row in mails(world).await.into_iter().filter(|row| row.sent.is_none()) {
            world.engine().store.write(move |tables| tables.mail_sent(&row.id, now, None)).await.unwrap();
        }
    };
    world.once(&["{random}"], refusal(401, "who?"));
    world.cycle().await;
    send(&world).await;
    let first = mails(&world).await[0].id.clone();
    // Days later the first mail is past its retention, and the next one still refers to it.
    world.days_later(3);
    world.unassign("ann");
    world.sync().await;
    send(&world).await;
    world.days_later(3);
    world.engine().allow_deletes(JOB).await.unwrap();
    world.sync().await;
    let threads = mails(&world).await;
    let threads: Vec<_> = threads.iter().map(|row| serde_json::from_str::<Notice>(&row.notice).unwrap()).collect();
    assert_eq!(threads.len(), 2, "the second one is past its retention, and nothing refers to it");
    assert_eq!((&threads[0].id, threads[1].thread.as_ref()), (&first, Some(&first)));
    send(&world).await;
    // Another quarantine is another thread, and takes the place of the old one.
    world.days_later(3);
    world.once(&["{random}"], refusal(401, "who?"));
    world.cycle().await;
    world.days_later(1);
    world.cycle().await;
    assert!(mails(&world).await.iter().all(|row| row.id != first));
}

#[tokio::test]
async fn the_objects_that_failed_are_named() {
    let mut world = told_with("", HealthRules { failures_floor: 2, ..HealthRules::default() }).await;
    world.always(&["PATCH"], refusal(400, "no"));
    world.change("ann", &json!({"displayName": "Annie"}));
    world.change("ben", &json!({"displayName": "Benny"}));
    world.sync().await;
    assert_eq!(news(&world).await, ["quarantineBegan EncounteredEscrowProportionThreshold"]);
    let notice: Notice = serde_json::from_str(&mails(&world).await[0].notice).unwrap();
    let examples: Vec<_> =
        notice.examples.iter().map(|example| (example.kind.as_str(), example.name.as_str())).collect();
    assert_eq!(examples, [("User", "ann@contoso.example"), ("User", "ben@contoso.example")]);
    assert!(notice.examples[0].what.contains("400"), "{}", notice.examples[0].what);
}

#[tokio::test]
async fn the_end_of_four_weeks_is_told() {
    let world = told("").await;
    world.always(&["{random}"], Fault::Refuse);
    world.cycle().await;
    world.days_later(28);
    world.cycle().await;
    assert_eq!(
        news(&world).await,
        ["quarantineBegan EncounteredQuarantineException", "disabled EncounteredQuarantineException"]
    );
}

#[tokio::test]
async fn recovery_is_told_only_where_that_is_asked_for() {
    for (settings, expected) in [("", 1), ("notify_on_recovery = true\n", 2)] {
        let world = told(settings).await;
        world.once(&["{random}"], refusal(401, "who?"));
        world.cycle().await;
        world.minutes_later(5);
        world.cycle().await;
        let news = news(&world).await;
        assert_eq!(news.len(), expected, "{news:?}");
        if expected == 2 {
            assert_eq!(news[1], "recovered EncounteredQuarantineException");
        }
    }
}

#[tokio::test]
async fn a_quarantine_after_a_recovery_is_told_anew_and_begins_another_thread() {
    let world = told("").await;
    for _ in 0..2 {
        world.once(&["{random}"], refusal(401, "who?"));
        world.cycle().await;
        world.minutes_later(5);
        world.cycle().await;
        world.minutes_later(40);
    }
    let mails = mails(&world).await;
    assert_eq!(mails.len(), 2);
    let second: Notice = serde_json::from_str(&mails[1].notice).unwrap();
    assert_eq!(second.thread, None);
}

#[tokio::test]
async fn nobody_is_told_of_what_is_no_quarantine_or_where_nobody_asked() {
    let mut world = told("").await;
    world.once(&["{random}"], refusal(503, "later"));
    world.cycle().await;
    world.once(&["PATCH"], refusal(400, "no"));
    world.change("ann", &json!({"displayName": "Annie"}));
    world.sync().await;
    assert_eq!(mails(&world).await, []);

    let quiet = World::with(|setup| setup.job = "notification_email = \"it@contoso.example\"".to_owned());
    quiet.always(&["{random}"], refusal(401, "who?"));
    quiet.cycle().await;
    assert_eq!(mails(&quiet).await, []);
}

#[tokio::test]
async fn a_restart_by_hand_is_no_recovery() {
    let world = told("notify_on_recovery = true\n").await;
    world.once(&["{random}"], refusal(401, "who?"));
    world.cycle().await;
    world.restart(&Reset::DEFAULT).await;
    world.cycle().await;
    assert_eq!(news(&world).await, ["quarantineBegan EncounteredQuarantineException"]);
}

#[tokio::test]
async fn a_guard_that_trips_again_in_the_same_quarantine_is_told_again() {
    let mut world = told("deletion_threshold = 1\n").await;
    world.unassign("ann");
    world.sync().await;
    world.engine().allow_deletes(JOB).await.unwrap();
    world.unassign("ben");
    world.sync().await;
    world.cycle().await;
    assert_eq!(news(&world).await, ["quarantineBegan TooManyDeletes", "guardTripped TooManyDeletes"]);
}

#[tokio::test]
async fn a_disabled_job_that_is_run_by_hand_is_not_told_of_again() {
    let world = told("").await;
    world.always(&["{random}"], Fault::Refuse);
    world.cycle().await;
    world.days_later(28);
    world.cycle().await;
    world.cycle().await;
    assert_eq!(
        news(&world).await,
        ["quarantineBegan EncounteredQuarantineException", "disabled EncounteredQuarantineException"]
    );
}
