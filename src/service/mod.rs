//! The daemon and what it shares with the commands that work by themselves.
//!
//! A [`Service`] is the configuration brought to life: the state file, the jobs, one import at a time, one cycle a job at a
//! time. `sync now` uses it directly when no daemon holds the state file; otherwise it asks the daemon, over the control
//! socket ([`control`]), which runs the same code. [`daemon`] adds the schedule. Whoever asked for a cycle hears what becomes
//! of it (`audience`). Mail that cycles queued is taken to where it goes by `post`, beside them; what cannot be sent fails no
//! cycle, and is kept. Who hears of all that is a parameter ([`witness`]), and so is the way to the targets: a simulation has
//! its own of both.

mod audience;
pub mod control;
pub mod daemon;
mod post;
mod refusal;
pub mod witness;

use crate::{
    chance::Chance,
    clock::SharedClock,
    config::{JobSettings, Settings},
    directory::{ImportError, Imported, PurgeError, PurgeOrder, Purged, import, purge},
    engine::{
        CycleRequest, CycleResult, DemandError, DemandRequest, DemandResult, Engine, Job, JobError, Observer,
        PageTurns, Reset, target,
    },
    scim::{trace::Trace, transport::Transport},
    store::{ObjectKind, Scratch, Store, StoreError},
};
pub use post::Delivered;
pub use refusal::DirectoryRefusal;

use audience::Waiting;
use post::Post;
use refusal::Standing;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;
use witness::{Log, Witness};

/// Why something that was asked for could not be done at all.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The directory was refused; the last good state stays.
    #[error("{0}")]
    Import(#[from] ImportError),
    /// The job cannot run as it is configured.
    #[error("{0}")]
    Job(#[from] JobError),
    /// A lever does not move.
    #[error("{0}")]
    Lever(#[from] crate::engine::LeverError),
    /// What is to be provisioned on demand cannot be.
    #[error("{0}")]
    Demand(#[from] DemandError),
    /// Whoever runs the cycles was told to stop before this one had its turn.
    #[error("the cycle was not begun, for the program that runs the cycles was told to stop")]
    Stopping,
    /// There is no place for a copy of the state.
    #[error("a copy of the state for the dry run cannot be made: {0}")]
    Scratch(std::io::Error),
    /// Nobody was purged.
    #[error("{0}")]
    Purge(#[from] PurgeError),
    /// The state file failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// There is no such job.
    #[error("there is no job `{name}`; there are: {}", known.join(", "))]
    UnknownJob {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The target of the job is another than the one that its connections belong to.
    #[error(
        "the tenant URL of job `{job}` leads to `{now}`, and its connections belong to `{before}`; run \
         `scimulator jobs restart {job} --reset Full` to match everything anew there, or `scimulator jobs restart {job} \
         --keep-links` if it is the same application at another address, or set the URL back"
    )]
    TargetMoved {
        /// The job.
        job: String,
        /// What the connections belong to.
        before: String,
        /// What the configuration says.
        now: String,
    },
}

impl ServiceError {
    /// Whether the configuration or the directory must be mended first (exit code 2), rather than something having failed.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Import(ImportError::Store(_))
            | Self::Store(_)
            | Self::Job(JobError::Store(_))
            | Self::Demand(DemandError::Store(_))
            | Self::Stopping
            | Self::Scratch(_)
            | Self::Purge(PurgeError::Store(_)) => false,
            Self::Import(_)
            | Self::Job(_)
            | Self::Lever(_)
            | Self::Demand(_)
            | Self::Purge(_)
            | Self::UnknownJob { .. }
            | Self::TargetMoved { .. } => true,
        }
    }
}

/// The configuration, brought to life.
pub struct Service {
    /// The configuration.
    pub settings: Settings,
    /// What all jobs share.
    pub engine: Engine,
    importer: Mutex<()>,
    refusal: Standing,
    post: Post,
    running: HashMap<String, Turns>,
    /// Whether nothing is really sent or kept.
    rehearsal: Option<Scratch>,
    witness: Arc<dyn Witness>,
    /// The ways to the targets, by job, where they are not the network.
    transports: HashMap<String, Arc<dyn Transport>>,
}

/// Whose turn it is with one job.
#[derive(Debug, Default)]
struct Turns {
    cycle: Mutex<()>,
    pages: PageTurns,
    /// The cycle that was asked for and has not begun.
    waiting: std::sync::Mutex<Option<Arc<Waiting>>>,
}

/// What is asked for on demand.
#[derive(Clone, Debug)]
pub struct DemandOrder {
    /// The job.
    pub job: String,
    /// A user or a group.
    pub kind: ObjectKind,
    /// Its id or name.
    pub name: String,
    /// The members of the group that are meant.
    pub members: Vec<String>,
    /// Where requests are traced.
    pub trace: Trace,
}

/// What is asked of one cycle.
#[derive(Clone, Default)]
pub struct SyncOrder {
    /// Begin anew with everybody.
    pub initial: bool,
    /// Where requests are traced.
    pub trace: Trace,
}

impl Service {
    /// Opens the state file (`purpose` is what others are told who find it locked).
    pub fn open(
        settings: Settings,
        purpose: &str,
        clock: SharedClock,
        chance: Arc<Chance>,
    ) -> Result<Self, StoreError> {
        let store = Store::open(&settings.state.path, purpose)?;
        Ok(Self::on(store, settings, clock, chance))
    }

    /// The same on a state that is open already. A clock that can stands still while the state is worked with.
    pub fn on(store: Store, settings: Settings, clock: SharedClock, chance: Arc<Chance>) -> Self {
        let store = store.holding(clock.clone());
        let running = settings.jobs.iter().map(|job| (job.name.clone(), Turns::default())).collect();
        let log_retention_days = settings.state.log_retention_days;
        let rules = settings.health.clone();
        let engine = Engine { store, clock, chance, rules, log_retention_days };
        Self {
            settings,
            engine,
            importer: Mutex::new(()),
            refusal: Standing::default(),
            post: Post::default(),
            running,
            rehearsal: None,
            witness: Arc::new(Log),
            transports: HashMap::new(),
        }
    }

    /// The same; `witness` hears what happens in place of the log.
    #[must_use]
    pub fn witnessed_by(self, witness: Arc<dyn Witness>) -> Self {
        Self { witness, ..self }
    }

    /// The same; the targets of these jobs are reached so, and not over the network.
    #[must_use]
    pub fn reaching(self, transports: HashMap<String, Arc<dyn Transport>>) -> Self {
        Self { transports, ..self }
    }

    /// The same on a copy of the state, for a dry run: reads are sent and writes are not, and nothing is kept. It works
    /// beside a daemon.
    pub fn rehearsal(mut settings: Settings, clock: SharedClock, chance: Arc<Chance>) -> Result<Self, ServiceError> {
        let folder = Scratch::new().map_err(ServiceError::Scratch)?;
        let copy = folder.path().join("rehearsal.db");
        match Store::copy(&settings.state.path, &copy) {
            Ok(()) | Err(StoreError::Missing(_)) => {}
            Err(error) => return Err(error.into()),
        }
        settings.state.path = copy;
        let service = Self::open(settings, "a dry run", clock, chance)?;
        Ok(Self { rehearsal: Some(folder), ..service })
    }

    /// The settings of the job of that name.
    pub fn job_settings(&self, name: &str) -> Result<&JobSettings, ServiceError> {
        self.settings.job(name).ok_or_else(|| ServiceError::UnknownJob {
            name: name.to_owned(),
            known: self.settings.jobs.iter().map(|job| job.name.clone()).collect(),
        })
    }

    /// The jobs that are meant: those named, or all enabled ones.
    pub fn chosen(&self, names: &[String]) -> Result<Vec<String>, ServiceError> {
        if names.is_empty() {
            return Ok(self.settings.jobs.iter().filter(|job| job.enabled).map(|job| job.name.clone()).collect());
        }
        let mut chosen: Vec<String> = Vec::new();
        for name in names {
            let name = &self.job_settings(name)?.name;
            if !chosen.contains(name) {
                chosen.push(name.clone());
            }
        }
        Ok(chosen)
    }

    /// Imports the directory. One import at a time; its result is for all jobs.
    pub async fn import(&self, accept_shrink: bool) -> Result<Imported, ServiceError> {
        let _turn = self.importer.lock().await;
        let clock = self.engine.clock.as_ref();
        let imported = import(&self.engine.store, &self.settings.directory, accept_shrink, clock).await;
        self.refusal.note(imported.as_ref().err(), clock.now());
        let imported = imported?;
        for warning in &imported.warnings {
            tracing::warn!("{warning}");
        }
        Ok(imported)
    }

    /// Why the directory was refused the last time that it was to be imported, if it was.
    pub fn directory_refusal(&self) -> Option<DirectoryRefusal> {
        self.refusal.get()
    }

    /// Deletes soft-deleted users for good, between two imports.
    pub async fn purge(&self, order: &PurgeOrder) -> Result<Vec<Purged>, ServiceError> {
        let _turn = self.importer.lock().await;
        Ok(purge(&self.engine.store, order, self.engine.clock.as_ref()).await?)
    }

    /// Refuses a job that could not run as it is configured: its mapping, its URL, its secret.
    pub fn check_job(&self, name: &str) -> Result<(), ServiceError> {
        let settings = self.job_settings(name)?;
        Job::open(settings, &self.settings, self.engine.clock.clone(), None)?;
        Ok(())
    }

    /// Makes a job ready. Its mapping and its secret are read anew each time, so that a change takes effect with the next
    /// cycle.
    pub async fn job(&self, name: &str) -> Result<Arc<Job>, ServiceError> {
        let settings = self.job_settings(name)?;
        let transport = self.transports.get(&settings.name).cloned();
        let job = Job::open(settings, &self.settings, self.engine.clock.clone(), transport)?;
        // Attributes that were known when these mappings ran first may have gone with the last record that had them.
        let state = self.engine.job_state(&job).await?;
        if state.fingerprint.as_ref() != Some(&job.fingerprint) {
            job.check_attributes(&self.engine.store, &self.settings.directory.attributes).await?;
        }
        Ok(Arc::new(if self.rehearsal.is_some() { job.rehearsing() } else { job }))
    }

    /// Runs one cycle of a job on the directory as last imported, after the one that may be running.
    pub async fn cycle(
        &self,
        name: &str,
        order: SyncOrder,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<CycleResult, ServiceError> {
        let _turn = self.turn(name).await?;
        self.run_cycle(name, order, observer, stop).await
    }

    async fn run_cycle(
        &self,
        name: &str,
        order: SyncOrder,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<CycleResult, ServiceError> {
        if stop.is_cancelled() {
            return Err(ServiceError::Stopping);
        }
        let job = self.job(name).await?;
        self.check_target(name).await?;
        let turns = self.turns(name)?.pages.clone();
        let request = CycleRequest { initial: order.initial, trace: order.trace, turns };
        let result = self.engine.run_cycle(&job, request, observer, stop).await;
        self.post.bell.notify_one();
        Ok(result?)
    }

    /// Goes on with what is about to be forgotten of a job, if somebody was kept from it.
    async fn finish_forgetting(&self, name: &str) -> Result<(), ServiceError> {
        let wanted = name.to_owned();
        if self.engine.store.read(move |tables| tables.forgetting(&wanted)).await?.is_some() {
            let _turn = self.turn(name).await?;
            self.engine.finish_forgetting(name).await?;
        }
        Ok(())
    }

    /// Disables a job whose time in quarantine is over, though no cycle of it can begin. Tells whether it did.
    async fn end_quarantine(&self, name: &str) -> Result<bool, ServiceError> {
        let job = self.job(name).await?;
        let _turn = self.turn(name).await?;
        let ended = self.engine.end_quarantine(&job).await?;
        self.post.bell.notify_one();
        Ok(ended)
    }

    /// Provisions one object of the directory as last imported, between two pages of a cycle that may be running.
    pub async fn provision(&self, order: DemandOrder) -> Result<DemandResult, ServiceError> {
        let job = self.job(&order.job).await?;
        self.check_target(&order.job).await?;
        let DemandOrder { kind, name, members, trace, .. } = order;
        let turns = self.turns(job.name())?.pages.clone();
        Ok(self.engine.provision_on_demand(&job, DemandRequest { kind, name, members, trace, turns }).await?)
    }

    /// Waits until no cycle of the job runs, and keeps others from running meanwhile.
    async fn turn(&self, name: &str) -> Result<MutexGuard<'_, ()>, ServiceError> {
        Ok(self.turns(name)?.cycle.lock().await)
    }

    /// Whether a cycle of the job runs now.
    pub fn is_running(&self, name: &str) -> bool {
        self.turns(name).is_ok_and(|turns| turns.cycle.try_lock().is_err())
    }

    fn turns(&self, name: &str) -> Result<&Turns, ServiceError> {
        let settings = self.job_settings(name)?;
        Ok(self.running.get(&settings.name).expect("every job of the settings has its turns"))
    }

    /// Refuses a job whose tenant URL has moved: connections belong to the target's scheme, host and path, and mean nothing
    /// elsewhere.
    pub async fn check_target(&self, name: &str) -> Result<(), ServiceError> {
        let settings = self.job_settings(name)?;
        self.engine.finish_forgetting(&settings.name).await?;
        let name = settings.name.clone();
        let stored = self
            .engine
            .store
            .read(move |tables| {
                let connected = tables.has_connections(&name)?;
                Ok(tables.job(&name)?.filter(|_| connected))
            })
            .await?;
        let now = target(settings)?.identity().to_owned();
        match stored {
            Some(row) if row.identity.target != now => {
                Err(ServiceError::TargetMoved { job: settings.name.clone(), before: row.identity.target, now })
            }
            _ => Ok(()),
        }
    }

    /// Moves a lever of a job.
    pub async fn pull(&self, name: &str, lever: &Lever) -> Result<(), ServiceError> {
        let name = self.job_settings(name)?.name.clone();
        match lever {
            Lever::Start => self.engine.start(&name).await?,
            Lever::Pause => self.engine.pause(&name).await?,
            Lever::AllowDeletes => {
                let _turn = self.turn(&name).await?;
                self.engine.allow_deletes(&name).await?;
            }
            Lever::Unlink(object) => {
                let _turn = self.turn(&name).await?;
                self.engine.unlink(&name, *object).await?;
            }
            Lever::Restart(resets) => {
                let _turn = self.turn(&name).await?;
                self.engine.restart(&name, resets).await?;
            }
            Lever::RestartKeepingLinks(resets) => {
                let target = target(self.job_settings(&name)?)?;
                let _turn = self.turn(&name).await?;
                self.engine.restart_at(&name, resets, target.identity()).await?;
            }
        }
        Ok(())
    }
}

/// A lever of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lever {
    /// Let it run.
    Start,
    /// Keep it from running on its schedule.
    Pause,
    /// Begin anew, forgetting what is named.
    Restart(Vec<Reset>),
    /// Let go what the deletion guard holds back.
    AllowDeletes,
    /// The same; the stored links belong to the target of the configuration from now on.
    RestartKeepingLinks(Vec<Reset>),
    /// Remove the stored link of the object with this key.
    Unlink(i64),
}
