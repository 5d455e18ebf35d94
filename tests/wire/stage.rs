//! The stage of the stories: a source directory, a state file, a job, and an application behind a socket that the job reaches
//! through the real transport.

use super::{
    application::{Application, TOKEN},
    clock::StoryClock,
    directory::{Directory, id_of},
    golden::Recorded,
};
use scimulator::{
    chance::Chance,
    clock::{Clock as _, SharedClock},
    config,
    directory::import,
    engine::{CycleRequest, DemandRequest, Engine, Job, PageTurns, Reset, Unobserved},
    health::HealthRules,
    scim::trace::Trace,
    store::{ObjectKind, Store},
};
use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// When every story begins.
const START: &str = "2026-01-05T08:00:00Z";
/// The longest that a cycle is waited for. Nothing takes this long unless it never ends.
const PATIENCE: Duration = Duration::from_secs(240);
/// The job's name.
const JOB: &str = "job";

/// What a job is like.
#[derive(Clone)]
pub(crate) struct JobText {
    /// The mapping file's text.
    pub(crate) mapping: String,
    /// More lines of `[[jobs]]`; `HOST` stands for the application's address.
    pub(crate) settings: String,
    /// What follows the application's address in `tenant_url`, without the flag.
    pub(crate) base: String,
}

/// The stage. The source directory's own methods are the stage's, too.
pub(crate) struct Stage {
    folder: TempDir,
    job: JobText,
    /// What follows `base` in `tenant_url`.
    flag: &'static str,
    opened: Option<Arc<Job>>,
    clock: StoryClock,
    /// The application, as far as a story has to do with it.
    pub(crate) application: Application,
    directory: Directory,
    engine: Engine,
}

impl Deref for Stage {
    type Target = Directory;

    fn deref(&self) -> &Directory {
        &self.directory
    }
}

impl DerefMut for Stage {
    fn deref_mut(&mut self) -> &mut Directory {
        &mut self.directory
    }
}

impl Stage {
    /// A stage for a job, with this flag in its tenant URL.
    pub(crate) async fn open(job: JobText, flag: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = StoryClock::at(START.parse().unwrap());
        let shared: SharedClock = Arc::new(clock.clone());
        let engine = Engine {
            store: Store::open(&folder.path().join("state.db"), "test").unwrap(),
            clock: shared.clone(),
            chance: Arc::new(Chance::seeded(7)),
            rules: HealthRules::default(),
            log_retention_days: 30,
        };
        Self {
            application: Application::listen(shared).await,
            directory: Directory::at(folder.path().join("directory")),
            folder,
            job,
            flag,
            opened: None,
            clock,
            engine,
        }
    }

    /// The job, which makes its connections itself.
    pub(crate) fn job(&mut self) -> Arc<Job> {
        if self.opened.is_none() {
            self.opened = Some(self.open_job());
        }
        self.opened.clone().expect("it was just opened")
    }

    fn open_job(&self) -> Arc<Job> {
        std::fs::write(self.folder.path().join("mapping.toml"), &self.job.mapping).unwrap();
        let JobText { settings, base, .. } = &self.job;
        let settings = settings.replace("HOST", &self.application.address().to_string());
        let says_who = ["anonymous", "oauth"].iter().any(|way| settings.contains(way));
        let secret = if says_who { String::new() } else { format!("secret_token = \"{TOKEN}\"\n") };
        let in_flight = if settings.contains("max_in_flight") { "" } else { "max_in_flight = 1\n" };
        let text = format!(
            "[[jobs]]\nname = \"{JOB}\"\nmapping = \"mapping.toml\"\n\
             tenant_url = \"http://{}{base}{}\"\n{secret}{in_flight}{settings}\n",
            self.application.address(),
            self.flag,
        );
        let (settings, _) =
            config::parse("scimulator.toml", &text, self.folder.path()).unwrap_or_else(|error| panic!("{error}"));
        let job = Job::open(&settings.jobs[0], &settings, Arc::new(self.clock.clone()), None);
        Arc::new(job.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Time goes by.
    pub(crate) fn later(&self, hours: u64) {
        self.clock.advance(Duration::from_secs(hours * 3600));
    }

    /// How many seconds the cycles waited in all.
    pub(crate) fn seconds_passed(&self) -> f64 {
        self.clock.now().duration_since(START.parse().unwrap()).as_secs_f64()
    }

    async fn import(&mut self) {
        self.directory.write(self.clock.now().into());
        let text = config::parse("scimulator.toml", "", self.folder.path()).unwrap_or_else(|error| panic!("{error}")).0;
        import(&self.engine.store, &text.directory, true, &self.clock).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Reads the source directory and runs a cycle; gives its requests.
    pub(crate) async fn cycle(&mut self) -> Vec<Recorded> {
        self.import().await;
        let (job, stop) = (self.job(), CancellationToken::new());
        self.application.take_requests();
        let cycle = self.engine.run_cycle(&job, CycleRequest::default(), &Unobserved, &stop);
        tokio::time::timeout(PATIENCE, cycle).await.expect("the cycle ends").unwrap();
        self.application.take_requests()
    }

    /// Reads the source directory, and provisions a user, or a group with some of its members, on demand.
    pub(crate) async fn demand(&mut self, kind: ObjectKind, name: &str, members: &[&str]) -> Vec<Recorded> {
        self.import().await;
        self.application.take_requests();
        let request = DemandRequest {
            kind,
            name: id_of(name),
            members: members.iter().map(|name| id_of(name)).collect(),
            trace: Trace::off(),
            turns: PageTurns::default(),
        };
        let job = self.job();
        self.engine.provision_on_demand(&job, request).await.unwrap();
        self.application.take_requests()
    }

    /// Tests the connection.
    pub(crate) async fn test_connection(&mut self) -> Vec<Recorded> {
        self.application.take_requests();
        // A failure is seen in what is not asked any more.
        let job = self.job();
        let _ = self.engine.test_connection(&job, Trace::off()).await;
        self.application.take_requests()
    }

    /// Lists the accounts of the application.
    pub(crate) async fn discover(&mut self) -> Vec<Recorded> {
        self.application.take_requests();
        let job = self.job();
        self.engine.discover(&job, Trace::off(), |_| {}).await.unwrap();
        self.application.take_requests()
    }

    /// Restarts the job, forgetting what is named.
    pub(crate) async fn restart(&self, resets: &[Reset]) {
        self.engine.restart(JOB, resets).await.unwrap();
    }
}
