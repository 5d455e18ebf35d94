//! The stage: the settings that a simulation runs with, and the sandboxes in place of the targets.

use super::{Simulation, SimulationError, schema_of};
use crate::{
    chance::Chance,
    clock::VirtualClock,
    config::{JobSettings, MailSettings, MailTransport, Settings},
    engine::read_template,
    sandbox::{self, Application, InProcess, fault::Faults},
    scim::transport::Transport,
    service::ServiceError,
};
use std::{collections::HashMap, path::Path, sync::Arc};

/// Where the sandboxes seem to be.
const ADDRESS: &str = "http://sandbox/scim";

/// All that a simulation runs with.
pub(super) struct Stage {
    pub(super) settings: Settings,
    pub(super) jobs: Vec<StagedJob>,
    pub(super) transports: HashMap<String, Arc<dyn Transport>>,
}

/// A job and its sandbox.
pub(super) struct StagedJob {
    pub(super) name: String,
    /// What assignments call its application.
    pub(super) application: String,
    pub(super) sandbox: Arc<Application>,
    pub(super) faults: Arc<Faults>,
}

impl Stage {
    /// Everything in `folder`, which is empty.
    pub(super) fn set(order: &Simulation, folder: &Path, clock: &VirtualClock) -> Result<Self, SimulationError> {
        let mut settings = order.settings.clone();
        let chosen = chosen(order)?;
        settings.jobs = chosen.into_iter().map(|job| staged(job, order.scenario.deletion_threshold)).collect();
        settings.directory.path = folder.join("directory");
        settings.state.path = folder.join("state").join("scimulator.db");
        let transport = MailTransport::Outbox(folder.join("outbox"));
        settings.mail = MailSettings { transport, ..settings.mail };
        let (mut jobs, mut transports) = (Vec::new(), HashMap::<String, Arc<dyn Transport>>::new());
        for job in &settings.jobs {
            let (template, _) = read_template(job, &settings.folder)?;
            let chance = Chance::of(order.seed, &job.name, 0);
            let seed = u64::try_from(chance.below(usize::MAX)).unwrap_or_default();
            let faults = Arc::new(Faults::new(Arc::new(clock.clone()), seed));
            let world = sandbox::Settings { schema: Some(schema_of(&template)), ..sandbox::Settings::default() };
            let sandbox = Application::open(world, Arc::new(clock.clone()), Arc::new(chance))?;
            let sandbox = Arc::new(sandbox.with_fault(faults.clone()));
            transports.insert(job.name.clone(), Arc::new(InProcess::to(sandbox.clone())));
            let application = job.application.clone().unwrap_or(template.application);
            jobs.push(StagedJob { name: job.name.clone(), application, sandbox, faults });
        }
        Ok(Self { settings, jobs, transports })
    }
}

/// The jobs that are meant, in the order of the configuration.
fn chosen(order: &Simulation) -> Result<Vec<JobSettings>, SimulationError> {
    let known = &order.settings.jobs;
    for name in &order.jobs {
        if order.settings.job(name).is_none() {
            let known = known.iter().map(|job| job.name.clone()).collect();
            return Err(ServiceError::UnknownJob { name: name.clone(), known }.into());
        }
    }
    let is_meant = |job: &&JobSettings| {
        if order.jobs.is_empty() {
            return job.enabled;
        }
        order.jobs.iter().any(|name| name.to_lowercase() == job.name.to_lowercase())
    };
    let chosen: Vec<_> = known.iter().filter(is_meant).cloned().collect();
    if chosen.is_empty() { Err(SimulationError::NoJob) } else { Ok(chosen) }
}

/// A job before its sandbox: nothing of its connection is left but the dialect that its URL chooses.
fn staged(job: JobSettings, deletion_threshold: Option<u64>) -> JobSettings {
    let query = job.tenant_url.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
    JobSettings {
        tenant_url: format!("{ADDRESS}{query}"),
        secret_token: None,
        oauth: None,
        anonymous: true,
        enabled: true,
        max_in_flight: 1,
        deletion_threshold: deletion_threshold.or(job.deletion_threshold),
        ..job
    }
}
