//! A small company at the moment before the cycle that the cells look at: the state file, and what the application holds.
//!
//! In that cycle: ann has another display name, bob is new, cid is unassigned, dan's time in the recycle bin is over, gus has
//! got a manager and hal has none any more, ivy is assigned again. The group Sales gets a member and Night loses one, Ops is now
//! called Operations, Crew is new, Old is gone.

use super::{
    clock::{CellClock, TIMEOUT},
    faulty_server::FaultyServer,
};
use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    clock::Clock as _,
    config::{self, Settings},
    directory::import,
    engine::{CycleRequest, CycleResult, CycleState, Engine, Job, Unobserved},
    health::HealthRules,
    sandbox::{self, Application},
    scim::{
        http_transport::{HttpOptions, HttpTransport, ProxyChoice},
        trace::Trace,
        transport::Transport,
    },
    store::Store,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// The application's secret token.
pub(crate) const TOKEN: &str = "open-sesame/7";
/// The job's name.
pub(crate) const JOB: &str = "job";

const MAPPING: &str = r#"
application = "app"
title = "App"

[users.attributes]
userName = { required = true, filterable = true }
active = { type = "Boolean" }
displayName = {}
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { type = "Reference" }

[users.mappings]
userName = { direct = "userPrincipalName", matching = 1 }
active = { expression = 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' }
displayName = { direct = "displayName" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { direct = "manager" }

[groups.attributes]
displayName = { required = true, filterable = true }
members = { type = "Reference", multivalued = true }

[groups.mappings]
displayName = { direct = "displayName", matching = 1 }
members = { direct = "members" }
"#;

/// The company, to be copied for each cell.
pub(crate) struct Company {
    folder: TempDir,
    /// The moment of the cycle.
    pub(crate) now: Timestamp,
    /// The ids of those who are at the application, by their names.
    pub(crate) ids: BTreeMap<String, String>,
    /// What the application holds after the cycle if nothing goes wrong.
    pub(crate) expected: Vec<String>,
    pub(crate) transport: Arc<dyn Transport>,
}

/// The people and groups of one day.
struct Day {
    users: Value,
    groups: Value,
    assigned: &'static [&'static str],
}

fn user(name: &str) -> Value {
    json!({"id": format!("id-{name}"), "userPrincipalName": format!("{name}@contoso.example"), "displayName": name})
}

fn group(id: &str, name: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|name| format!("id-{name}")).collect();
    json!({"id": format!("id-{id}"), "displayName": name, "members": members})
}

fn first_day() -> Day {
    let mut users = ["ann", "cid", "dan", "eve", "gus", "hal", "ivy"].map(user);
    users[5]["manager"] = "id-eve".into();
    Day {
        users: users.to_vec().into(),
        groups: json!([
            group("sales", "Sales", &["ann"]),
            group("night", "Night", &["ann", "gus"]),
            group("ops", "Ops", &[]),
            group("old", "Old", &[])
        ]),
        assigned: &["ann", "cid", "dan", "eve", "gus", "hal", "ivy", "sales", "night", "ops", "old"],
    }
}

/// Dan has left the files, and ivy is not assigned.
fn second_day() -> Day {
    let mut day = first_day();
    day.users.as_array_mut().unwrap().retain(|user| user["id"] != "id-dan");
    day.assigned = &["ann", "cid", "dan", "eve", "gus", "hal", "sales", "night", "ops", "old"];
    day
}

fn third_day() -> Day {
    let mut users = ["ann", "bob", "cid", "eve", "gus", "hal", "ivy"].map(user);
    users[0]["displayName"] = "Ann Other".into();
    users[4]["manager"] = "id-eve".into();
    Day {
        users: users.to_vec().into(),
        groups: json!([
            group("sales", "Sales", &["ann", "eve"]),
            group("night", "Night", &["gus"]),
            group("ops", "Operations", &[]),
            group("crew", "Crew", &["gus"]),
        ]),
        assigned: &["ann", "bob", "eve", "gus", "hal", "ivy", "sales", "night", "ops", "crew"],
    }
}

fn write(folder: &Path, day: &Day) {
    let folder = folder.join("directory");
    std::fs::create_dir_all(&folder).unwrap();
    let assignments: Value =
        day.assigned.iter().map(|name| json!({"app": "app", "principal": format!("id-{name}")})).collect();
    for (file, records) in [("users", &day.users), ("groups", &day.groups), ("assignments", &assignments)] {
        std::fs::write(folder.join(file).with_extension("json"), records.to_string()).unwrap();
    }
}

/// A state file, an application and the engine between them.
pub(crate) struct Workplace {
    pub(crate) engine: Engine,
    pub(crate) clock: CellClock,
    pub(crate) settings: Settings,
    pub(crate) transport: Arc<dyn Transport>,
}

fn state_file(folder: &Path) -> PathBuf {
    folder.join("state.db")
}

fn application_file(folder: &Path) -> PathBuf {
    folder.join("application.json")
}

/// The application whose resources are kept in `folder`. Whoever opens the same one again needs another `seed`: ids are
/// given out by it.
pub(crate) fn application(folder: &Path, clock: &CellClock, seed: u64) -> Application {
    let state = Some(application_file(folder));
    let settings = sandbox::Settings { token: Some(TOKEN.into()), state, ..sandbox::Settings::default() };
    Application::open(settings, Arc::new(clock.clone()), Arc::new(Chance::seeded(seed))).unwrap()
}

impl Workplace {
    /// Opens the state file in `folder`; with another `seed` than before.
    pub(crate) fn open(folder: &Path, url: &str, clock: CellClock, transport: Arc<dyn Transport>, seed: u64) -> Self {
        let text = format!(
            "[state]\npath = \"state.db\"\n[[jobs]]\nname = \"{JOB}\"\nmapping = \"mapping.toml\"\n\
             tenant_url = \"{url}\"\nsecret_token = \"{TOKEN}\"\nmax_in_flight = 1\ntimeout = \"{}s\"\n",
            TIMEOUT.as_secs()
        );
        std::fs::write(folder.join("mapping.toml"), MAPPING).unwrap();
        let (settings, _) = config::parse("scimulator.toml", &text, folder).unwrap_or_else(|error| panic!("{error}"));
        let engine = Engine {
            store: Store::open(&state_file(folder), "test").unwrap(),
            clock: Arc::new(clock.clone()),
            chance: Arc::new(Chance::seeded(seed)),
            rules: HealthRules::default(),
            log_retention_days: 300,
        };
        Self { engine, clock, settings, transport }
    }

    async fn import(&self) {
        let imported = import(&self.engine.store, &self.settings.directory, false, &self.clock).await;
        imported.unwrap_or_else(|error| panic!("{error}"));
    }

    pub(crate) async fn cycle(&self, trace: Trace) -> CycleResult {
        let clock = Arc::new(self.clock.clone());
        let job = Job::open(&self.settings.jobs[0], &self.settings, clock, Some(self.transport.clone()));
        let job = Arc::new(job.unwrap_or_else(|error| panic!("{error}")));
        let request = CycleRequest { trace, ..CycleRequest::default() };
        self.engine.run_cycle(&job, request, &Unobserved, &CancellationToken::new()).await.unwrap()
    }
}

impl Company {
    /// Works through the days before the cycle, and once through the cycle itself.
    pub(crate) async fn prepare() -> Self {
        let options = HttpOptions { proxy: ProxyChoice::Direct, ..HttpOptions::default() };
        let transport: Arc<dyn Transport> = Arc::new(HttpTransport::new(&options).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let clock = CellClock::at("2026-01-05T08:00:00Z".parse().unwrap());
        let server = FaultyServer::start(Arc::new(application(folder.path(), &clock, 1)), clock.clone()).await;
        let place = Workplace::open(folder.path(), &server.url(), clock.clone(), transport.clone(), 2);
        for day in [first_day(), second_day()] {
            write(folder.path(), &day);
            place.import().await;
            assert_eq!(place.cycle(Trace::off()).await.state, CycleState::Succeeded);
            clock.advance(Duration::from_secs(3600));
        }
        // Longer than leavers are kept, but not so long without a good cycle that everybody would be looked at again.
        clock.advance(Duration::from_secs(16 * 24 * 3600));
        assert_eq!(place.cycle(Trace::off()).await.state, CycleState::Succeeded);
        clock.advance(Duration::from_secs(15 * 24 * 3600));
        write(folder.path(), &third_day());
        place.import().await;
        let ids = ids(server.application());
        // The state file has to be closed before it is copied.
        drop(place);
        drop(server);
        let mut company = Self { folder, now: clock.now(), ids, expected: Vec::new(), transport };
        company.expected = company.undisturbed().await;
        company
    }

    /// What the application holds where nothing goes wrong.
    async fn undisturbed(&self) -> Vec<String> {
        let folder = self.copy();
        let clock = CellClock::at(self.now);
        let server = FaultyServer::start(Arc::new(application(folder.path(), &clock, 3)), clock.clone()).await;
        let place = Workplace::open(folder.path(), &server.url(), clock, self.transport.clone(), 4);
        let result = place.cycle(Trace::off()).await;
        assert_eq!(result.state, CycleState::Succeeded, "{:?}", result.error);
        assert_eq!(result.requests, 23);
        assert_eq!(place.cycle(Trace::off()).await.requests, 1);
        content(server.application())
    }

    /// A folder with copies of the state file and of what the application holds.
    pub(crate) fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.folder.path()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        copy
    }
}

fn name_of(resource: &Value) -> String {
    let name = resource["userName"].as_str().or(resource["displayName"].as_str()).unwrap();
    name.split('@').next().unwrap().to_owned()
}

fn ids(application: &Application) -> BTreeMap<String, String> {
    let resources = application.users().into_iter().chain(application.groups());
    resources.map(|resource| (name_of(&resource), resource["id"].as_str().unwrap().to_owned())).collect()
}

/// What an application holds, with names in place of ids.
pub(crate) fn content(application: &Application) -> Vec<String> {
    let ids = ids(application);
    let resources = application.users().into_iter().chain(application.groups());
    let mut content: Vec<_> = resources
        .map(|mut resource| {
            let attributes = resource.as_object_mut().unwrap();
            attributes.shift_remove("id");
            attributes.shift_remove("meta");
            if let Some(Value::Array(members)) = attributes.get_mut("members") {
                members.sort_by_key(ToString::to_string);
            }
            let text = resource.to_string();
            ids.iter().fold(text, |text, (name, id)| text.replace(id, name))
        })
        .collect();
    content.sort_unstable();
    content
}
