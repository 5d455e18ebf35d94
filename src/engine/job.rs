//! A job, ready to run: its settings, its mappings compiled, its client.

use super::{check::roles_without_assignments, source_attributes::check_source_attributes};
use crate::{
    clock::SharedClock,
    config::{
        CredentialsIn, JobSettings, ScopeSetting, Settings,
        problem::{Problem, Problems},
        secret::SecretError,
    },
    graph::Identifiers,
    mapping::{self, ObjectMapping, Template},
    scim::{
        authorization::{Authorization, AuthorizationError},
        client::{Client, ClientOptions},
        client_credentials::{ClientCredentials, CredentialLocation},
        dialect::Dialect,
        http_transport::{HttpOptions, HttpTransport, HttpTransportError},
        mask::Mask,
        target::{Target, TargetError},
        transport::{Request, Response, Transport, TransportError},
    },
    store::{JobIdentityRow, ObjectKind, Store, StoreError},
};
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use std::{path::Path, sync::Arc};

/// What the source directory is called in the log.
pub(super) const SOURCE_NAME: &str = "Microsoft Entra ID";

/// A job that can run.
#[derive(Clone)]
pub struct Job {
    /// Its settings.
    pub settings: JobSettings,
    /// Its mappings.
    pub template: Template,
    /// A digest of the mappings.
    pub fingerprint: String,
    /// What assignments call its application.
    pub application: String,
    /// The ids that Graph's records name.
    pub identifiers: Identifiers,
    /// Its way to the target.
    pub client: Client,
    /// Hides its secrets.
    pub mask: Mask,
    /// For how many days the directory keeps what is no longer there.
    retention_days: u32,
}

/// Why a job cannot run.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The mapping file has errors.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Mapping(Vec<Problem>),
    /// The mapping file cannot be read.
    #[error(
        "{place}: the mapping `{name}` cannot be read: {error}; name a file, or one of the embedded mappings: {}",
        mapping::embedded::names()
    )]
    MappingFile {
        /// Where it is named.
        place: String,
        /// What is named.
        name: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The tenant URL is none.
    #[error("{place}: job `{job}`: {error}")]
    Target {
        /// Where it is written.
        place: String,
        /// The job.
        job: String,
        /// What is wrong with it.
        error: TargetError,
    },
    /// The secret cannot be had.
    #[error("{place}: job `{job}`: {error}")]
    Secret {
        /// Where the job is written.
        place: String,
        /// The job.
        job: String,
        /// Why.
        error: SecretError,
    },
    /// The credentials cannot be used as they are.
    #[error("{place}: job `{job}`: {error}")]
    Authorization {
        /// Where the job is written.
        place: String,
        /// The job.
        job: String,
        /// Why.
        error: AuthorizationError,
    },
    /// The connection cannot be set up.
    #[error("{place}: job `{job}`: {error}")]
    Transport {
        /// Where the job is written.
        place: String,
        /// The job.
        job: String,
        /// Why.
        error: HttpTransportError,
    },
    /// The state file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Job {
    /// Makes a job ready: reads its mapping and its secret, and sets up its connection (or takes `transport`).
    pub fn open(
        settings: &JobSettings,
        world: &Settings,
        clock: SharedClock,
        transport: Option<Arc<dyn Transport>>,
    ) -> Result<Self, JobError> {
        let (template, _) = read_template(settings, &world.folder)?;
        let problems = Problems::default();
        roles_without_assignments(settings, &template, &problems);
        refuse_if_any(problems)?;
        let (client, mask) = connect(settings, clock, transport)?;
        Ok(Self {
            fingerprint: template.fingerprint(),
            application: settings.application.clone().unwrap_or_else(|| template.application.clone()),
            identifiers: Identifiers::of(world.tenant.id, &settings.name),
            settings: settings.clone(),
            template,
            client,
            mask,
            retention_days: world.directory.soft_delete_retention_days,
        })
    }

    /// A job that can decide, and send nothing: it needs no secret.
    pub fn offline(settings: &JobSettings, world: &Settings, clock: SharedClock) -> Result<Self, JobError> {
        let settings = JobSettings { secret_token: None, oauth: None, ..settings.clone() };
        Self::open(&settings, world, clock, Some(Arc::new(Nowhere)))
    }

    /// The same job as it runs on demand: in the dialect of that, and without roles (`spec/ENGINE.md` §6).
    pub(super) fn on_demand(&self) -> Self {
        let mut job = self.clone();
        job.template.users.mappings.retain(|line| !line.reads("appRoleAssignments"));
        job.client = job.client.speaking(Dialect::ON_DEMAND);
        job
    }

    /// The same job, whose writes do not reach the target.
    #[must_use]
    pub fn rehearsing(&self) -> Self {
        Self { client: self.client.rehearsing(), ..self.clone() }
    }

    /// The job's name.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// What a cycle must run with from its beginning to its end: the mappings, and who is entitled.
    pub(super) fn cycle_fingerprint(&self) -> String {
        format!("{} {}", self.fingerprint, self.settings.scope.name())
    }

    /// Since when the directory has kept, at `now`, what is no longer there.
    pub(super) fn kept_since(&self, now: Timestamp) -> Timestamp {
        let life = SignedDuration::from_hours(i64::from(self.retention_days) * 24);
        now.checked_sub(life).unwrap_or(Timestamp::MIN)
    }

    /// The dialect that its tenant URL chooses.
    pub fn dialect(&self) -> Dialect {
        self.client.target().dialect()
    }

    /// Whether everybody in the directory is entitled.
    pub fn everybody(&self) -> bool {
        self.settings.scope == ScopeSetting::All
    }

    /// The mapping of a kind of object, if it is switched on.
    pub fn mapping(&self, kind: ObjectKind) -> Option<&ObjectMapping> {
        match kind {
            ObjectKind::User => Some(&self.template.users),
            ObjectKind::Group => self.template.enabled_groups(),
        }
    }

    /// What the state file keeps of its names.
    pub fn identity(&self) -> JobIdentityRow {
        JobIdentityRow {
            name: self.settings.name.clone(),
            id: self.identifiers.job(),
            tenant: self.identifiers.tenant.to_string(),
            application: self.application.clone(),
            title: self.template.title.clone(),
            target: self.client.target().identity().to_owned(),
        }
    }

    /// Refuses mappings that name source attributes which neither Entra nor the directory knows.
    pub async fn check_attributes(&self, store: &Store, extra: &[String]) -> Result<(), JobError> {
        let problems = Problems::default();
        check_source_attributes(&self.settings, &self.template, store, extra, &problems).await?;
        refuse_if_any(problems)
    }
}

/// Where the requests of a job go that sends none.
struct Nowhere;

impl Transport for Nowhere {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(std::future::ready(Err(TransportError::Request("this job only decides".to_owned()))))
    }
}

/// Refuses the job if there is any error.
fn refuse_if_any(problems: Problems) -> Result<(), JobError> {
    if problems.has_errors() { Err(JobError::Mapping(problems.into_sorted())) } else { Ok(()) }
}

/// Sets up a job's way to its target: the URL, the secret, the transport (or the one that is given). Beside it, what hides
/// the secret.
pub(super) fn connect(
    settings: &JobSettings,
    clock: SharedClock,
    transport: Option<Arc<dyn Transport>>,
) -> Result<(Client, Mask), JobError> {
    let place = || settings.place.to_string();
    let job = || settings.name.clone();
    let target = target(settings)?;
    let refused = |error| JobError::Authorization { place: place(), job: job(), error };
    let secret = settings.secret().transpose();
    let secret = secret.map_err(|error| JobError::Secret { place: place(), job: job(), error })?;
    let (authorization, mask) = match (&settings.oauth, secret) {
        (Some(oauth), Some(secret)) => {
            let allowed = settings.allow_insecure_http;
            let client =
                ClientCredentials::new(&oauth.token_url, &oauth.client_id, secret, allowed).map_err(refused)?;
            let client = client
                .located(match oauth.credentials_in {
                    CredentialsIn::Body => CredentialLocation::Body,
                    CredentialsIn::Header => CredentialLocation::Header,
                })
                .scope(oauth.scope.clone());
            let mask = client.mask().clone();
            (Authorization::ClientCredentials(Box::new(client)), mask)
        }
        (None, Some(secret)) => {
            let mask = Mask::new([&secret]);
            (Authorization::secret_token(secret).map_err(refused)?, mask)
        }
        (_, None) => (Authorization::Anonymous, Mask::default()),
    };
    let transport = match transport {
        Some(transport) => transport,
        None => {
            let options = HttpOptions {
                user_agent: settings.user_agent.clone(),
                ca_file: settings.ca_file.clone(),
                accept_invalid_certificates: settings.accept_invalid_certificates,
                ..HttpOptions::default()
            };
            let transport = HttpTransport::new(&options);
            Arc::new(transport.map_err(|error| JobError::Transport { place: place(), job: job(), error })?)
        }
    };
    let options = ClientOptions {
        timeout: settings.timeout,
        requests_per_second: settings.requests_per_second,
        strict_excluded: settings.strict_excluded,
        ..ClientOptions::default()
    };
    let client = Client::new(target, authorization, transport, clock, options).map_err(refused)?;
    Ok((client, mask))
}

/// Reads the template that a job names: an embedded one, or a file.
pub fn read_template(settings: &JobSettings, folder: &Path) -> Result<(Template, Vec<Problem>), JobError> {
    let (origin, text) = template_text(settings, folder)?;
    mapping::read::parse(&origin, &text).map_err(JobError::Mapping)
}

/// The text of the template that a job names, and what to call its origin.
pub(super) fn template_text(settings: &JobSettings, folder: &Path) -> Result<(String, String), JobError> {
    if let Some((name, text)) = mapping::embedded::find(&settings.mapping) {
        return Ok((format!("embedded mapping {name}"), text.to_owned()));
    }
    let file = folder.join(&settings.mapping);
    let text = std::fs::read_to_string(&file).map_err(|error| JobError::MappingFile {
        place: settings.mapping_place.to_string(),
        name: settings.mapping.clone(),
        error,
    })?;
    Ok((file.display().to_string(), text))
}

/// The target that a job names.
pub fn target(settings: &JobSettings) -> Result<Target, JobError> {
    Target::parse(&settings.tenant_url)
        .map(|target| target.insecure_http_allowed(settings.allow_insecure_http))
        .map_err(|error| JobError::Target { place: settings.url_place.to_string(), job: settings.name.clone(), error })
}
