//! A company of any size, its application, and what that refuses.

use futures_util::future::{self, BoxFuture};
use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    clock::{Clock as _, ManualClock},
    config::{self, Settings},
    directory::import,
    engine::{CycleRequest, CycleResult, Engine, Job, Unobserved},
    health::HealthRules,
    sandbox::{self, Application, InProcess},
    scim::transport::{Method, Request, Response, Transport, TransportError},
    store::{JobRow, Store, StoreError, Tables},
};
use std::{
    fmt::Write as _,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const START: &str = "2026-01-05T08:00:00Z";
const BASE_URL: &str = "http://127.0.0.1:9/scim";
const JOB: &str = "job";
/// What the titles begin with that the application refuses.
const REFUSED: &str = "refused";

/// What is different about the users of a company. Those that are left are as they were.
#[derive(Clone, Copy, Default)]
pub(crate) struct Change {
    /// So many, the first ones, have a title that the application refuses.
    pub(crate) failing: usize,
    /// So many after them have a title that it takes.
    pub(crate) good: usize,
    /// So many after them have a manager, whom it refuses.
    pub(crate) unmanaged: usize,
}

/// The company, a job for its application, and a clock that stands still.
pub(crate) struct Company {
    folder: TempDir,
    size: usize,
    clock: ManualClock,
    application: Arc<Application>,
    /// How many companies have been like this one before.
    branches: AtomicUsize,
    engine: Engine,
}

/// The way to the application, which does not take everything.
struct Refusing(InProcess);

impl Company {
    /// Everybody is assigned, and nobody provisioned yet.
    pub(crate) fn new(size: usize, change: Change) -> Self {
        let clock = ManualClock::at(START.parse().unwrap());
        let settings = sandbox::Settings::default();
        let application = Application::open(settings, Arc::new(clock.clone()), Arc::new(Chance::seeded(1))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path(), &clock, 2);
        let application = Arc::new(application);
        let company = Self { folder, size, clock, application, branches: AtomicUsize::new(0), engine };
        company.write(change, 0);
        company
    }

    /// The next day of this company, as it might be: with a state file of its own. The application is the same, and nothing
    /// of one such day hinders another.
    pub(crate) fn tomorrow(&self, change: Change) -> Self {
        let number = self.branches.fetch_add(1, Ordering::Relaxed) + 1;
        let clock = ManualClock::at(self.clock.now());
        clock.advance(Duration::from_secs(86_400));
        let folder = tempfile::tempdir().unwrap();
        self.engine.store.copy_to(&folder.path().join("state.db")).unwrap();
        let engine = engine(folder.path(), &clock, 2 + number as u64);
        let (size, application) = (self.size, self.application.clone());
        let company = Self { folder, size, clock, application, branches: AtomicUsize::new(0), engine };
        company.write(change, number);
        company
    }

    /// Writes the directory. `number` makes titles differ from those of other days.
    fn write(&self, change: Change, number: usize) {
        let mut lines = String::new();
        let Change { failing, good, unmanaged } = change;
        for user in 0..self.size {
            let _ = write!(lines, r#"{{"id":"{user}","userPrincipalName":"user{user}","displayName":"user{user}""#);
            let _ = match user {
                _ if user < failing => write!(lines, r#","jobTitle":"{REFUSED} {number}""#),
                _ if user < failing + good => write!(lines, r#","jobTitle":"Good {number}""#),
                _ if user < failing + good + unmanaged => write!(lines, r#","manager":"{}""#, self.size - 1),
                _ => Ok(()),
            };
            lines.push_str("}\n");
        }
        let file = self.folder.path().join("directory/users.ndjson");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, lines).unwrap();
        let written = self.clock.now() - jiff::SignedDuration::from_hours(1);
        fs::File::options().write(true).open(&file).unwrap().set_modified(Timestamp::into(written)).unwrap();
    }

    fn settings(&self) -> Settings {
        let text = format!(
            "[[jobs]]\nname = \"{JOB}\"\nmapping = \"scim\"\ntenant_url = \"{BASE_URL}\"\nanonymous = true\n\
             scope = \"all\"\n"
        );
        config::parse("scimulator.toml", &text, self.folder.path()).unwrap_or_else(|error| panic!("{error}")).0
    }

    /// Imports the directory and runs a cycle.
    pub(crate) async fn cycle(&self) -> CycleResult {
        let settings = self.settings();
        import(&self.engine.store, &settings.directory, false, &self.clock).await.unwrap();
        let transport = Arc::new(Refusing(InProcess::to(self.application.clone())));
        let job = Job::open(&settings.jobs[0], &settings, Arc::new(self.clock.clone()), Some(transport));
        let job = Arc::new(job.unwrap_or_else(|error| panic!("{error}")));
        let stop = CancellationToken::new();
        self.engine.run_cycle(&job, CycleRequest::default(), &Unobserved, &stop).await.unwrap()
    }

    /// How many escrows are outstanding.
    pub(crate) async fn escrows(&self) -> u64 {
        let counts = self.read(|tables| tables.count_escrows(JOB)).await;
        counts.objects + counts.references
    }

    /// The job as it is stored.
    pub(crate) async fn job_row(&self) -> JobRow {
        self.read(|tables| tables.job(JOB)).await.unwrap()
    }

    async fn read<T: Send + 'static>(&self, look: impl FnOnce(&Tables) -> Result<T, StoreError> + Send + 'static) -> T {
        self.engine.store.read(look).await.unwrap()
    }
}

fn engine(folder: &Path, clock: &ManualClock, seed: u64) -> Engine {
    Engine {
        store: Store::open(&folder.join("state.db"), "test").unwrap(),
        clock: Arc::new(clock.clone()),
        chance: Arc::new(Chance::seeded(seed)),
        rules: HealthRules::default(),
        log_retention_days: 30,
    }
}

impl Transport for Refusing {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let body = request.body.as_deref().unwrap_or_default();
        let mentions = |text: &str| body.windows(text.len()).any(|window| window == text.as_bytes());
        let refused = match request.method {
            Method::Patch => mentions(REFUSED) || mentions(":manager"),
            Method::Post => mentions(REFUSED),
            Method::Get | Method::Delete => false,
        };
        if !refused {
            return self.0.send(request);
        }
        let sandbox::Response { status, headers, body } =
            sandbox::Response::error(400, Some("invalidValue"), "not today");
        Box::pin(future::ready(Ok(Response { status, headers, body, truncated: false })))
    }
}
