//! Virtual time: the same engine and the same daemon, weeks in seconds.
//!
//! [`simulate`] runs the daemon ([`daemon`]) on a clock that moves only when everything sleeps on it ([`VirtualClock`]): so
//! cycles, re-tries, quarantine and mail come as they come in production, and are the same on every run from the same seed.
//! A [`Scenario`] says what happens when: at the source (`source`, `company`), to the sandboxes, by the hand of an
//! administrator. What does not fit is told before anything is played (`check`, `rehearsal`). What happens comes out as a
//! timeline of [`Entry`]s.
//!
//! *What it works on*: a copy of the directory in a temporary folder, a state of its own there, and a sandbox for each job,
//! called in this process, which has the attributes of the job's mapping and holds nobody at first. Of a job's settings all
//! count but those of its connection: neither is its secret read nor its target asked. One request is in flight at a time.
//! Mail is put together as it would be, and goes to the timeline.
//!
//! *Limits*: what a request takes is what the faults of the sandbox say, and otherwise no time at all; a cycle is over at the
//! moment at which it began. The mapping is read as in production, before each cycle.
//!
//! Source: `spec/HEALTH.md` §4.

mod application;
mod check;
mod company;
pub mod embedded;
pub mod read;
mod record;
mod rehearsal;
mod sample;
pub mod scenario;
mod script;
mod source;
mod stage;
mod timeline;

pub use application::schema_of;
pub use company::CopyError;
pub use sample::sample;
pub use scenario::Scenario;
pub use timeline::{Ending, Entry, Happening, SourceChange};

use crate::{
    chance::Chance,
    clock::VirtualClock,
    config::{Settings, problem::Problem},
    counted::counted,
    engine::JobError,
    sandbox::StateError,
    scim::trace::Trace,
    service::{Service, ServiceError, daemon},
    store::{Scratch, Store, StoreError, private_folder},
};
use company::Company;
use jiff::{SignedDuration, Timestamp};
use script::Script;
use source::Source;
use stage::Stage;
use std::sync::Arc;
use timeline::{Copied, Timeline};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The most days that a simulation may have: ten years.
pub const MOST_DAYS: u32 = 3650;

/// The most users and groups that a scenario may add. All records are kept in memory, and once more while the scenario is
/// rehearsed: some two kilobytes for each user.
pub const MOST_ADDED: u64 = 200_000;

/// The years in which a simulation may lie, the first and the last. The calendar goes a little further, for what the engine
/// looks ahead to (a try in weeks, the end of a retention) and back.
pub const YEARS: (i16, i16) = (1, 9998);

/// What is to be simulated.
pub struct Simulation {
    /// The configuration.
    pub settings: Settings,
    /// Which jobs; all enabled ones if none is named.
    pub jobs: Vec<String>,
    /// When it begins.
    pub start: Timestamp,
    /// How many days it takes.
    pub days: u32,
    /// Chooses ids, and who is meant by a share or a count.
    pub seed: u64,
    /// What happens when.
    pub scenario: Scenario,
}

/// Why there is no simulation.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The days lie where there is no calendar.
    #[error("{start} and {} later lie not both in the years {} to {}; name another `--start`, or fewer days", counted(*days, "day"), YEARS.0, YEARS.1)]
    Calendar {
        /// When it should begin.
        start: Timestamp,
        /// How many days it should take.
        days: u32,
    },
    /// The directory cannot be copied.
    #[error("{0}")]
    Copy(#[from] CopyError),
    /// The copy of the directory was refused; in the words of the directory that it is a copy of.
    #[error("{0}")]
    Import(String),
    /// The scenario does not fit the directory or the jobs.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Scenario(Vec<Problem>),
    /// No job is left to run.
    #[error("no job is enabled; name one, or set `enabled = true` for it")]
    NoJob,
    /// A job cannot run as it is configured.
    #[error("{0}")]
    Job(#[from] JobError),
    /// The directory or a job was refused.
    #[error("{0}")]
    Service(#[from] ServiceError),
    /// The state failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// It was asked to stop.
    #[error("stopped; nothing of the simulation is left")]
    Stopped,
    /// A sandbox cannot be opened.
    #[error("{0}")]
    Sandbox(#[from] StateError),
    /// The temporary folder or the runtime failed.
    #[error("the simulation cannot be set up: {0}")]
    Place(std::io::Error),
}

impl SimulationError {
    /// Whether arguments, configuration, directory or scenario must be mended first.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Copy(CopyError::Write(_)) | Self::Store(_) | Self::Sandbox(_) | Self::Stopped | Self::Place(_) => {
                false
            }
            Self::Calendar { .. } | Self::Copy(_) | Self::Import(_) | Self::Scenario(_) | Self::NoJob => true,
            Self::Job(error) => !matches!(error, JobError::Store(_)),
            Self::Service(error) => error.is_refusal(),
        }
    }
}

/// Runs a simulation to its end or until `stop` is cancelled, and tells what happens. It makes a runtime of its own, and must
/// not be called on a thread of another one's tasks.
pub fn simulate(
    order: &Simulation,
    tell: Box<dyn Fn(&Entry) + Send + Sync>,
    stop: &CancellationToken,
) -> Result<(), SimulationError> {
    let end = check::end(order)?;
    let folder = Scratch::new().map_err(SimulationError::Place)?;
    let clock = VirtualClock::at(order.start);
    let company = Company::read(&order.settings.directory)?;
    let stage = Stage::set(order, folder.path(), &clock)?;
    let mut source = Source::of(company, &stage.jobs, order.seed);
    check::check(order, &source, &stage.settings)?;
    private_folder(&stage.settings.directory.path).map_err(SimulationError::Place)?;
    // Older than anything that happens, or the import would not trust the files' times.
    let before = order.start.checked_sub(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN);
    source.write(&stage.settings.directory.path, before)?;

    let Stage { settings, jobs, transports } = stage;
    let copied = Copied::new(&settings.directory.path, &order.settings.directory.path);
    let timeline = Arc::new(Timeline::new(clock.clone(), tell, copied));
    let chance = Arc::new(Chance::seeded(order.seed));
    let store = Store::open_for_now(&settings.state.path, "a simulation")?;
    let service = Service::on(store, settings, Arc::new(clock.clone()), chance)
        .reaching(transports)
        .witnessed_by(timeline.clone());
    let service = Arc::new(service);
    let mut script = Script::of(order, source, jobs, service.clone(), timeline.clone());
    let play = async {
        service.import(false).await.map_err(|error| match &error {
            ServiceError::Import(refused) if error.is_refusal() => {
                SimulationError::Import(timeline.copied.told(&refused.to_string()))
            }
            _ => error.into(),
        })?;
        for job in &service.settings.jobs {
            service.job(&job.name).await?;
        }
        let (over, woken) = (CancellationToken::new(), Arc::new(Notify::new()));
        let running = {
            let (service, over, woken) = (service.clone(), over.clone(), woken.clone());
            tokio::spawn(async move { daemon::run(&service, &Trace::off(), &over, &woken).await })
        };
        let played = script.play(&clock, end, &woken).await;
        over.cancel();
        // Whatever is in the middle of a wait is cut off with the runtime.
        running.abort();
        played?;
        script.end().await
    };
    let played = clock.run(async {
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(SimulationError::Stopped),
            played = play => played,
        }
    });
    played.map_err(SimulationError::Place)?
}
