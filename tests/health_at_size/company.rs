//! A company of any size and its application, which refuses what it is told to refuse.

use futures_util::future::{self, BoxFuture};
use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    clock::{Clock as _, ManualClock},
    config::{self, Settings},
    directory::import,
    engine::{CycleRequest, CycleResult, Engine, Job, Unobserved},
    health::HealthRules,
    sandbox::{self, Application},
    scim::transport::{Request, Response, Transport, TransportError},
    store::{JobRow, Store, StoreError, Tables},
};
use std::{
    fmt::Write as _,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const START: &str = "2026-01-05T08:00:00Z";
const BASE_URL: &str = "http://127.0.0.1:9/scim";
const BASE_PATH: &str = "/scim";
const JOB: &str = "job";
/// What the names and titles of those have whom the application refuses.
const FAILING: &str = "refused";

/// Who works there.
pub(crate) struct Setup {
    /// Users of whom the application refuses whatever it is told to refuse.
    pub(crate) failing: usize,
    /// Users of whom it takes everything.
    pub(crate) good: usize,
    /// Users whose managers it refuses; their manager is one of them.
    pub(crate) unmanaged: usize,
}

/// The company, a job for its application, and a clock that stands still.
pub(crate) struct Company {
    folder: TempDir,
    users: Vec<User>,
    day: u32,
    clock: ManualClock,
    application: Arc<Refusing>,
    engine: Engine,
}

struct User {
    name: String,
    sort: Sort,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Failing,
    Good,
    Unmanaged,
}

/// The application, and what it refuses.
struct Refusing {
    application: Application,
    changes: AtomicBool,
    creates: AtomicBool,
}

impl Company {
    /// Everybody is assigned, and nobody provisioned yet.
    pub(crate) fn new(setup: &Setup) -> Self {
        let sorts = [(Sort::Failing, setup.failing), (Sort::Good, setup.good), (Sort::Unmanaged, setup.unmanaged)];
        let mut users = Vec::new();
        for (sort, count) in sorts {
            let prefix = if sort == Sort::Failing { FAILING } else { "user" };
            users.extend((0..count).map(|number| User { name: format!("{prefix}{}{number}", sort as u8), sort }));
        }
        let clock = ManualClock::at(START.parse().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let settings = sandbox::Settings::default();
        let chance = Arc::new(Chance::seeded(1));
        let application = Application::open(settings, Arc::new(clock.clone()), chance).unwrap();
        let application = Refusing { application, changes: AtomicBool::new(false), creates: AtomicBool::new(false) };
        let engine = Engine {
            store: Store::open(&folder.path().join("state.db"), "test").unwrap(),
            clock: Arc::new(clock.clone()),
            chance: Arc::new(Chance::seeded(2)),
            rules: HealthRules::default(),
            log_retention_days: 30,
        };
        fs::create_dir(folder.path().join("directory")).unwrap();
        let company = Self { folder, users, day: 0, clock, application: Arc::new(application), engine };
        company.write();
        company
    }

    /// The next day everybody but the unmanaged has another title, and those have a manager.
    pub(crate) fn change_everybody(&mut self) {
        self.day += 1;
        self.clock.advance(Duration::from_secs(86_400));
        self.write();
    }

    fn write(&self) {
        let mut lines = String::new();
        for (number, user) in self.users.iter().enumerate() {
            let (name, day) = (&user.name, self.day);
            let _ = write!(lines, r#"{{"id":"{number}","userPrincipalName":"{name}","displayName":"{name}""#);
            let _ = match user.sort {
                Sort::Failing | Sort::Good => write!(lines, r#","jobTitle":"{name} on day {day}""#),
                Sort::Unmanaged if day > 0 => write!(lines, r#","manager":"{}""#, self.users.len() - 1),
                Sort::Unmanaged => Ok(()),
            };
            lines.push_str("}\n");
        }
        let file = self.folder.path().join("directory/users.ndjson");
        fs::write(&file, lines).unwrap();
        let written = self.clock.now() - jiff::SignedDuration::from_hours(1);
        fs::File::options().write(true).open(&file).unwrap().set_modified(Timestamp::into(written)).unwrap();
    }

    /// From now on changes of the failing, and managers, are refused.
    pub(crate) fn application_refuses_changes(&self) {
        self.application.changes.store(true, Ordering::Relaxed);
    }

    /// From now on the failing are not created.
    pub(crate) fn application_refuses_creates(&self) {
        self.application.creates.store(true, Ordering::Relaxed);
    }

    fn settings(&self) -> Settings {
        let text = format!(
            "[[jobs]]\nname = \"{JOB}\"\nmapping = \"scim\"\ntenant_url = \"{BASE_URL}\"\nanonymous = true\n\
             scope = \"all\"\n"
        );
        config::parse("scimulator.toml", &text, self.folder.path()).unwrap_or_else(|error| panic!("{error}")).0
    }

    /// Imports the directory and runs a cycle.
    pub(crate) async fn cycle(&mut self) -> CycleResult {
        let settings = self.settings();
        import(&self.engine.store, &settings.directory, false, &self.clock).await.unwrap();
        let clock = Arc::new(self.clock.clone());
        let job = Job::open(&settings.jobs[0], &settings, clock, Some(self.application.clone()));
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

impl Refusing {
    fn refuses(&self, request: &Request) -> bool {
        let body = request.body.as_deref().unwrap_or_default();
        let mentions = |text: &str| body.windows(text.len()).any(|window| window == text.as_bytes());
        match request.method.as_str() {
            "PATCH" => self.changes.load(Ordering::Relaxed) && (mentions(FAILING) || mentions(":manager")),
            "POST" => self.creates.load(Ordering::Relaxed) && mentions(FAILING),
            _ => false,
        }
    }
}

impl Transport for Refusing {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let answer = if self.refuses(&request) {
            sandbox::Response::error(400, Some("invalidValue"), "not today")
        } else {
            let path = request.url.strip_prefix(BASE_URL).expect("requests go to the application");
            self.application.handle(&sandbox::Request {
                method: request.method.as_str().to_owned(),
                path_and_query: format!("{BASE_PATH}{path}"),
                headers: request.headers,
                body: request.body.unwrap_or_default(),
            })
        };
        let response = Response { status: answer.status, headers: answer.headers, body: answer.body, truncated: false };
        Box::pin(future::ready(Ok(response)))
    }
}
