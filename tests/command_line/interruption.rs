//! Ends in the middle: what is in hand is finished, the cycle goes on at the next start, and nothing happens twice.

use crate::world::{Application, PATIENCE, Sent, World, get, look_up, new_group, new_user, patch, post, probe};
use scimulator::sandbox::Response;
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    mpsc::{Receiver, Sender, channel},
};

/// An application that has received a request and does not answer it yet.
struct Held {
    arrived: Receiver<()>,
    release: Sender<()>,
}

impl Held {
    /// Holds the next request of this method back.
    fn next(application: &Application, method: &'static str) -> Self {
        let (tell, arrived) = channel();
        let (release, released) = channel::<()>();
        let released = Mutex::new(released);
        application.interfere(move |request| {
            if request.method == method && tell.send(()).is_ok() {
                // After the first one nobody waits on the other side any more.
                let _ = released.lock().unwrap().recv_timeout(PATIENCE);
            }
            None
        });
        Self { arrived, release }
    }

    /// Waits until it is there.
    fn wait(&self) {
        self.arrived.recv_timeout(PATIENCE).expect("the request comes");
    }

    /// Lets it, and all that come after it, through.
    fn go_on(self) {
        drop((self.release, self.arrived));
    }
}

/// Ada and her group, to be provisioned.
fn world() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).group("Engineers", &["ada"]).assign("ada", "scim").assign("Engineers", "scim");
    (world, application)
}

/// The requests that the second half of the initial cycle consists of.
fn the_group() -> [Sent; 3] {
    [
        get("/Groups?excludedAttributes=members&filter=displayName+eq+%22Engineers%22"),
        post("/Groups", new_group("Engineers")),
        patch("/Groups/{Engineers}", json!([{"op": "Add", "path": "members", "value": [{"value": "{ada}"}]}])),
    ]
}

/// The ids of all cycles.
fn cycles(world: &World) -> Vec<String> {
    world.ids("SELECT id FROM cycle ORDER BY began")
}

#[test]
fn ctrl_c_ends_a_cycle_after_the_objects_in_hand_and_the_next_one_goes_on_there() {
    let (world, application) = world();
    let held = Held::next(&application, "POST");
    let cycle = world.start(["sync", "now"]);
    held.wait();
    cycle.signal("INT");
    held.go_on();
    cycle.end().exits_with(1).prints([
        "scim: initial cycle interrupted: 1 created; 3 requests in {duration}",
        "  the next cycle goes on where this one stopped",
    ]);
    application.received([probe(), look_up("ada%40contoso.example"), post("/Users", new_user("ada"))]);
    let interrupted = cycles(&world);

    let line: Value = world.run(["sync", "now", "--json"]).exits_with(0).json_lines().remove(0);
    assert_eq!((&line["kind"], &line["counts"]["create"]), (&json!("initial"), &json!(2)));
    let [first, second, third] = the_group();
    application.received([probe(), first, second, third]);
    assert_eq!(cycles(&world), interrupted);
}

#[test]
fn a_daemon_that_is_stopped_finishes_what_is_in_hand_and_the_next_one_goes_on_there() {
    let (world, application) = world();
    let held = Held::next(&application, "POST");
    let daemon = world.start(["run"]);
    held.wait();
    daemon.signal("TERM");
    held.go_on();
    let log = daemon.end().exits_with(0).stderr;
    assert!(log.contains(" INFO cycle interrupted; the next one goes on there "), "{log}");
    assert!(!log.contains("WARN") && !log.contains("Failed"), "{log}");
    application.received([probe(), look_up("ada%40contoso.example"), post("/Users", new_user("ada"))]);
    let interrupted = cycles(&world);

    let mut daemon = world.start(["run"]);
    daemon.wait_for("cycle ended");
    daemon.signal("TERM");
    daemon.end().exits_with(0);
    let [first, second, third] = the_group();
    application.received([probe(), first, second, third]);
    assert_eq!(cycles(&world), interrupted);
}

/// Lets the application ask to wait for five minutes before it answers a request of this method.
fn asks_to_wait(application: &Application, method: &'static str) {
    application.interfere(move |request| {
        (request.method == method).then(|| Response::error(429, None, "later").with_header("Retry-After", "300"))
    });
}

#[test]
fn one_signal_ends_a_wait_that_the_target_asked_for_and_the_object_is_no_failure() {
    let (world, application) = world();
    asks_to_wait(&application, "POST");
    let mut cycle = world.start(["sync", "now"]);
    cycle.wait_for("answers 429: the job waits 300 s");
    cycle.signal("TERM");
    cycle.end().exits_with(1).prints([
        "scim: initial cycle interrupted: nothing to do; 3 requests in {duration}",
        "  the next cycle goes on where this one stopped",
    ]);
    let ada = || [look_up("ada%40contoso.example"), post("/Users", new_user("ada"))];
    let [looked_up, posted] = ada();
    application.received([probe(), looked_up, posted]);
    assert!(world.query("SELECT id FROM provisioning_logs").is_empty());
    assert!(world.query("SELECT object FROM escrow").is_empty());
    let interrupted = cycles(&world);

    application.behave();
    world.run(["sync", "now"]).exits_with(0).prints([
        "scim: initial cycle Succeeded: 2 created, 1 updated; 9 requests in all, the last part in {duration}",
    ]);
    let ([looked_up, posted], [first, second, third]) = (ada(), the_group());
    application.received([probe(), looked_up, posted, first, second, third]);
    assert_eq!(cycles(&world), interrupted);
}

#[test]
fn a_wait_before_the_cycle_has_its_work_leaves_no_cycle_to_go_on_with() {
    let (mut world, application) = world();
    world.sync();
    application.requests();
    let before = cycles(&world);
    world.user("ada", |user| {
        user.set("jobTitle", "Director");
    });
    asks_to_wait(&application, "GET");
    let mut cycle = world.start(["sync", "now"]);
    cycle.wait_for("answers 429: the job waits 300 s");
    cycle.signal("INT");
    cycle.end().exits_with(1).prints([
        "scim: incremental cycle interrupted: nothing to do; 1 request in {duration}",
        "  the next cycle goes on where this one stopped",
    ]);
    application.received([probe()]);
    assert_eq!(cycles(&world), before);

    application.behave();
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["scim: incremental cycle Succeeded: 1 updated; 3 requests in {duration}"]);
    application.received([
        probe(),
        get("/Users/{ada}"),
        patch("/Users/{ada}", json!([{"op": "Add", "path": "title", "value": "Director"}])),
    ]);
}

#[test]
fn one_signal_ends_a_daemon_whose_job_waits() {
    let (world, application) = world();
    asks_to_wait(&application, "GET");
    let mut daemon = world.start(["run"]);
    daemon.wait_for("answers 429: the job waits 300 s");
    daemon.signal("TERM");
    daemon.end().exits_with(0);
    application.behave();
    world.run(["sync", "now"]).exits_with(0);
    assert_eq!(application.roster(), ["ada"]);
}

#[test]
fn a_create_whose_answer_was_lost_in_a_crash_makes_no_second_account() {
    let (world, application) = world();
    let held = Held::next(&application, "POST");
    let cycle = world.start(["sync", "now"]);
    held.wait();
    cycle.signal("KILL");
    drop(cycle);
    held.go_on();
    application.wait_for("POST");
    world.sync();
    let [first, second, third] = the_group();
    application.received([probe(), look_up("ada%40contoso.example"), first, second, third]);
    assert_eq!(application.roster(), ["ada"]);
}

#[test]
fn a_second_program_is_told_who_works_with_the_state_file_and_sends_nothing() {
    let (world, application) = world();
    let held = Held::next(&application, "POST");
    let first = world.start(["sync", "now"]);
    held.wait();
    world.run(["sync", "now"]).exits_with(1).prints([]).complains([
        "error: the state file `state/scimulator.db` is in use by process {process} (scimulator sync now); stop that \
         first, or let it do the work",
    ]);
    held.go_on();
    first.end().exits_with(0);
    let [first, second, third] = the_group();
    application.received([
        probe(),
        look_up("ada%40contoso.example"),
        post("/Users", new_user("ada")),
        first,
        second,
        third,
    ]);
    world.sync().prints(["scim: incremental cycle Succeeded: nothing to do; 1 request in {duration}"]);
}

#[test]
fn whoever_moves_a_lever_that_waits_for_the_running_cycle_is_told() {
    let (world, application) = world();
    let held = Held::next(&application, "POST");
    let _daemon = world.start(["run"]);
    held.wait();
    world.wait_for_daemon();
    let mut lever = world.start(["jobs", "restart", "scim"]);
    lever.wait_for("waiting for the running cycle of `scim` to end");
    held.go_on();
    lever.end().exits_with(0).prints(["scim: restarted"]);
}
