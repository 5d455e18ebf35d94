//! The stage of the tests: a source directory, a state file, a job, an application, and a clock that stands still.

use super::{
    directory::Directory,
    wiretap::{Fault, Wiretap},
};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    clock::{Clock as _, ManualClock},
    config::{self, Settings},
    directory::{ImportError, Imported, import},
    engine::{CycleRequest, CycleResult, DemandRequest, DemandResult, Engine, Job, PageTurns, Reset, Unobserved},
    health::HealthRules,
    sandbox::{self, Application},
    scim::trace::Trace,
    store::{EscrowKind, EscrowRow, LogQuery, ObjectKind, Store, StoreError, Tables},
};
use serde_json::Value;
use std::{
    ops::{Deref, DerefMut},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// The application's base address.
pub(crate) const BASE_URL: &str = "http://127.0.0.1:9/scim";
/// The application's secret token.
pub(crate) const TOKEN: &str = "sesame";
/// The job's name.
pub(crate) const JOB: &str = "job";
/// When every test begins.
const START: &str = "2026-01-05T08:00:00Z";

/// A mapping with one attribute of each sort that the lifecycle knows.
pub(crate) const MAPPING: &str = r#"
application = "app"
title = "App"

[users]
[users.attributes]
userName = { type = "String", required = true, filterable = true }
active = { type = "Boolean" }
displayName = { type = "String", filterable = true }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { type = "Reference" }

[users.mappings]
userName = { direct = "userPrincipalName", matching = 1 }
active = { expression = 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' }
displayName = { direct = "displayName" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { direct = "manager" }

[groups]
[groups.attributes]
displayName = { type = "String", required = true, filterable = true }
externalId = { type = "String", filterable = true }
members = { type = "Reference", multivalued = true }

[groups.mappings]
displayName = { direct = "displayName", matching = 1 }
externalId = { direct = "objectId" }
members = { direct = "members" }
"#;

/// What a test wants to be otherwise than usual.
pub(crate) struct Setup {
    /// The mapping file's text.
    pub(crate) mapping: String,
    /// What follows the base address in `tenant_url`: the dialect's flag.
    pub(crate) query: &'static str,
    /// More lines of `[[jobs]]`.
    pub(crate) job: String,
    /// More lines of `[directory]`.
    pub(crate) directory: &'static str,
    /// The numbers of health.
    pub(crate) rules: HealthRules,
    /// How many days the log and sent mail are kept.
    pub(crate) retention: u32,
}

impl Setup {
    /// Adds an attribute of users and the mapping that fills it, each as a mapping file has it.
    pub(crate) fn map(&mut self, attribute: &str, definition: &str, mapping: &str) {
        let defined = format!("{attribute} = {definition}\n\n[users.mappings]");
        let mapped = format!("{attribute} = {mapping}\n\n[groups]\n");
        self.mapping = self.mapping.replacen("\n[users.mappings]", &defined, 1).replacen("\n[groups]\n", &mapped, 1);
        assert!(self.mapping.contains(&defined) && self.mapping.contains(&mapped));
    }
}

/// The stage. The source directory's own methods are the world's, too.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) setup: Setup,
    pub(crate) clock: ManualClock,
    pub(crate) application: Arc<Application>,
    pub(crate) wiretap: Arc<Wiretap>,
    directory: Directory,
    engine: Option<Engine>,
    opened: u64,
}

/// A cycle that was run.
pub(crate) struct Synced {
    /// How it ended.
    pub(crate) result: CycleResult,
    /// Its requests, in their order.
    pub(crate) requests: Vec<String>,
}

impl Synced {
    /// The requests after the probe, with which every cycle begins.
    #[track_caller]
    pub(crate) fn after_probe(&self) -> &[String] {
        assert_eq!(self.requests.first(), Some(&super::lines::probe()));
        &self.requests[1..]
    }
}

impl Deref for World {
    type Target = Directory;

    fn deref(&self) -> &Directory {
        &self.directory
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Directory {
        &mut self.directory
    }
}

impl World {
    /// The usual stage: the small mapping, the legacy dialect, only those assigned.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A stage that differs from the usual one.
    pub(crate) fn with(alter: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup {
            mapping: MAPPING.to_owned(),
            query: "",
            job: String::new(),
            directory: "",
            rules: HealthRules::default(),
            retention: 30,
        };
        alter(&mut setup);
        let clock = ManualClock::at(START.parse().unwrap());
        let settings = sandbox::Settings { token: Some(TOKEN.into()), ..sandbox::Settings::default() };
        let chance = Arc::new(Chance::seeded(1));
        let application = Arc::new(Application::open(settings, Arc::new(clock.clone()), chance).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self {
            wiretap: Arc::new(Wiretap::new(application.clone())),
            directory: Directory::at(folder.path().join("directory")),
            folder,
            setup,
            clock,
            application,
            engine: None,
            opened: 0,
        };
        world.open();
        world
    }

    fn open(&mut self) {
        self.opened += 1;
        self.engine = Some(Engine {
            store: Store::open(&self.settings().state.path, "test").unwrap(),
            clock: Arc::new(self.clock.clone()),
            chance: Arc::new(Chance::seeded(100 + self.opened)),
            rules: self.setup.rules.clone(),
            log_retention_days: self.setup.retention,
        });
    }

    /// Ends the process, as it were, and begins another one on the same state file.
    pub(crate) fn reopen(&mut self) {
        self.engine = None;
        self.open();
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    /// The configuration as it now is.
    pub(crate) fn settings(&self) -> Settings {
        let Setup { query, job, directory, .. } = &self.setup;
        let text = format!(
            "[directory]\n{directory}\n[[jobs]]\nname = \"{JOB}\"\nmapping = \"mapping.toml\"\n\
             tenant_url = \"{BASE_URL}{query}\"\nsecret_token = \"{TOKEN}\"\nmax_in_flight = 1\n{job}\n"
        );
        config::parse("scimulator.toml", &text, self.folder.path()).unwrap_or_else(|error| panic!("{error}")).0
    }

    /// The job as it is now configured.
    pub(crate) fn job(&self) -> Arc<Job> {
        std::fs::write(self.folder.path().join("mapping.toml"), &self.setup.mapping).unwrap();
        let settings = self.settings();
        let clock = Arc::new(self.clock.clone());
        let job = Job::open(&settings.jobs[0], &settings, clock, Some(self.wiretap.clone()));
        Arc::new(job.unwrap_or_else(|error| panic!("{error}")))
    }

    /// The present moment.
    pub(crate) fn present(&self) -> Timestamp {
        self.clock.now()
    }

    /// The present moment, as file times have it.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now().into()
    }

    /// Moves the clock on by so many minutes.
    pub(crate) fn minutes_later(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(minutes * 60));
    }

    /// Moves the clock on by so many hours.
    pub(crate) fn hours_later(&self, hours: u64) {
        self.minutes_later(hours * 60);
    }

    /// Moves the clock on by so many days.
    pub(crate) fn days_later(&self, days: u64) {
        self.hours_later(days * 24);
    }

    /// Writes one file of the source directory as it is given.
    pub(crate) fn file(&mut self, file: &str, text: &str) {
        let now = self.now();
        self.directory.write_file(file, text, now);
    }

    /// Imports the files as they stand.
    pub(crate) async fn import_files(&self, accept_shrink: bool) -> Result<Imported, ImportError> {
        let settings = self.settings().directory;
        import(&self.engine().store, &settings, accept_shrink, &self.clock).await
    }

    /// Writes the source directory and imports it.
    pub(crate) async fn import(&mut self) -> Result<Imported, ImportError> {
        let now = self.now();
        self.directory.write(now);
        self.import_files(false).await
    }

    /// Runs a cycle on the directory as last imported.
    pub(crate) async fn cycle(&self) -> Synced {
        self.cycle_until(&CancellationToken::new()).await
    }

    /// Runs a cycle until it is told to stop.
    pub(crate) async fn cycle_until(&self, stop: &CancellationToken) -> Synced {
        self.cycle_as(CycleRequest::default(), stop).await
    }

    /// Writes and imports the source directory, and runs a cycle that is traced.
    pub(crate) async fn sync_traced(&mut self, trace: &Trace) -> Synced {
        self.import().await.unwrap_or_else(|error| panic!("{error}"));
        let request = CycleRequest { trace: trace.clone(), ..CycleRequest::default() };
        self.cycle_as(request, &CancellationToken::new()).await
    }

    async fn cycle_as(&self, request: CycleRequest, stop: &CancellationToken) -> Synced {
        self.wiretap.take_lines();
        let resumed = self.read(|tables| tables.open_cycle(JOB)).await.is_some();
        let result = self.engine().run_cycle(&self.job(), request, &Unobserved, stop).await.unwrap();
        let requests = self.wiretap.take_lines();
        if !resumed {
            assert_eq!(result.requests, u64::try_from(requests.len()).unwrap(), "requests as the result counts them");
        }
        Synced { result, requests }
    }

    /// Imports the source directory, and provisions a user or a group with some of its members on demand.
    pub(crate) async fn demand(
        &mut self,
        kind: ObjectKind,
        name: &str,
        members: &[&str],
    ) -> (DemandResult, Vec<String>) {
        self.import().await.unwrap_or_else(|error| panic!("{error}"));
        self.wiretap.take_lines();
        let request = DemandRequest {
            kind,
            name: super::directory::id_of(name),
            members: members.iter().map(|name| super::directory::id_of(name)).collect(),
            trace: Trace::off(),
            turns: PageTurns::default(),
        };
        let result = self.engine().provision_on_demand(&self.job(), request).await.unwrap();
        (result, self.wiretap.take_lines())
    }

    /// Runs a cycle in which the process is killed by a fault, and begins another process. Returns the requests.
    pub(crate) async fn killed_cycle(&mut self) -> Vec<String> {
        self.wiretap.take_lines();
        let (job, stop) = (self.job(), CancellationToken::new());
        let cycle = self.engine().run_cycle(&job, CycleRequest::default(), &Unobserved, &stop);
        assert!(AssertUnwindSafe(cycle).catch_unwind().await.is_err(), "the cycle was not killed");
        self.reopen();
        self.wiretap.take_lines()
    }

    /// Writes and imports the source directory, and runs a cycle.
    pub(crate) async fn sync(&mut self) -> Synced {
        self.import().await.unwrap_or_else(|error| panic!("{error}"));
        self.cycle().await
    }

    /// The requests of such a run, after its probe.
    pub(crate) async fn requests(&mut self) -> Vec<String> {
        self.sync().await.after_probe().to_vec()
    }

    /// Restarts the job, forgetting what is named.
    pub(crate) async fn restart(&self, resets: &[Reset]) {
        self.engine().restart(JOB, resets).await.unwrap();
    }

    /// Plants a fault for all requests whose line contains all of `marks`.
    pub(crate) fn always(&self, marks: &[&str], fault: Fault) {
        self.wiretap.plant(marks, fault, None);
    }

    /// Plants a fault for the next request whose line contains all of `marks`.
    pub(crate) fn once(&self, marks: &[&str], fault: Fault) {
        self.wiretap.plant(marks, fault, Some(1));
    }

    /// The records of a cycle: `ann create success`, `ann other skipped RedundantExport`.
    pub(crate) async fn log(&self, synced: &Synced) -> Vec<String> {
        let query = LogQuery { cycle: Some(synced.result.cycle_id.clone()), ..LogQuery::default() };
        let rows = self.read(move |tables| tables.records(&query)).await;
        rows.iter()
            .map(|row| {
                let name = row.source_name.split('@').next().unwrap_or_default();
                let code = row.error_code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
                format!("{name} {} {}{code}", row.action, row.status)
            })
            .collect()
    }

    /// An account at the application; null if there is none.
    pub(crate) fn account(&self, name: &str) -> Value {
        let name = format!("{name}@contoso.example");
        self.application.users().into_iter().find(|user| user["userName"] == name.as_str()).unwrap_or_default()
    }

    /// Each account's name and whether it is active: `ann true`.
    pub(crate) fn accounts(&self) -> Vec<String> {
        let shown = |user: &Value| {
            let name = user["userName"].as_str().unwrap().split('@').next().unwrap().to_owned();
            format!("{name} {}", user["active"])
        };
        self.application.users().iter().map(shown).collect()
    }

    /// The names of a group's members at the application.
    pub(crate) fn members_of(&self, name: &str) -> Vec<String> {
        let group = self.application.groups().into_iter().find(|group| group["displayName"] == name).unwrap();
        let members = group["members"].as_array().cloned().unwrap_or_default();
        members.iter().map(|member| self.wiretap.named(member["value"].as_str().unwrap())).collect()
    }

    /// The escrow of a user or group.
    pub(crate) async fn escrow(&self, name: &str, kind: EscrowKind) -> Option<EscrowRow> {
        let key = self.key(name).await;
        self.read(move |tables| tables.escrow(JOB, key, kind)).await
    }

    /// The state of a user's or group's connection: `linked`, `suspended`, `released`, or none.
    pub(crate) async fn connection(&self, name: &str) -> Option<&'static str> {
        let key = self.key(name).await;
        self.read(move |tables| tables.connection(JOB, key)).await.map(|held| held.state.name())
    }

    /// How many users and groups are connected.
    pub(crate) async fn connection_count(&self) -> u64 {
        let count = |tables: &Tables| {
            Ok(tables.count_connections(JOB, ObjectKind::User)? + tables.count_connections(JOB, ObjectKind::Group)?)
        };
        self.read(count).await
    }

    /// The key of a user or group.
    pub(crate) async fn key(&self, name: &str) -> i64 {
        let id = super::directory::id_of(name);
        let found = self.read(move |tables| tables.objects_named(&id)).await;
        found.first().unwrap_or_else(|| panic!("the directory has no `{name}`")).key
    }

    /// Looks into the state.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Tables) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.engine().store.read(look).await.unwrap()
    }

    /// The moment that lies so many hours after the beginning of the test.
    pub(crate) fn start_plus_hours(hours: i64) -> Timestamp {
        START.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hours)
    }
}

/// An error as SCIM applications answer it.
pub(crate) fn refusal(status: u16, detail: &str) -> Fault {
    Fault::Answer(status, String::from_utf8(sandbox::Response::error(status, None, detail).body).unwrap())
}
