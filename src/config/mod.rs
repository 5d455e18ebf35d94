//! The configuration: what the daemon reads, where it keeps its state, and which jobs it runs.
//!
//! A TOML file, over the defaults and under environment variables: `SCIMULATOR_STATE__PATH` sets `state.path`. Relative
//! paths start at the file's folder. Reading collects every problem with its line ([`problem`]); secrets are only named
//! here and read when a command needs them ([`secret`]).

pub mod document;
mod health;
mod job;
mod layers;
mod mail;
mod oauth;
pub mod problem;
pub mod schedule;
pub mod secret;
mod starter;
mod state_path;
pub mod toml_file;
pub mod written_text;

pub use health::HealthSettings;
pub(crate) use job::read_threshold;
pub use job::{JobSettings, LateReferences, ManagerRemoval, RoleSetting, ScopeChange, ScopeSetting};
pub use layers::{ConfigurationError, inspect, load, parse};
pub use mail::{MailSettings, MailTransport, SmtpSettings, SmtpTls};
pub use oauth::{CredentialsIn, OAuthSettings};
pub use starter::starter;

use document::Section;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// The configuration's file name where none is given.
pub const DEFAULT_FILE: &str = "scimulator.toml";

/// The whole configuration, read and checked for itself (mappings and directory are checked by the engine).
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who we are.
    pub tenant: TenantSettings,
    /// The source directory.
    pub directory: DirectorySettings,
    /// Where the state is kept.
    pub state: StateSettings,
    /// How mail is sent.
    pub mail: MailSettings,
    /// When failures are tried again, and when they are too many.
    pub health: HealthSettings,
    /// The jobs, in the order of the file.
    pub jobs: Vec<JobSettings>,
    /// The folder that relative paths start at.
    pub folder: PathBuf,
    /// Tells two configurations apart: a digest of all values, wherever they stand; a comment makes no difference.
    pub fingerprint: String,
}

/// The tenant that the records speak of.
#[derive(Clone, Debug)]
pub struct TenantSettings {
    /// Its name.
    pub name: String,
    /// Its id; derived from the name when left out.
    pub id: Uuid,
}

/// Where users, groups and assignments are read.
#[derive(Clone, Debug)]
pub struct DirectorySettings {
    /// The folder.
    pub path: PathBuf,
    /// What a record that cannot be read does to the whole import.
    pub on_invalid_record: OnInvalidRecord,
    /// Attribute names known besides the usual ones.
    pub attributes: Vec<String>,
    /// How long a soft-deleted user can be restored, in days.
    pub soft_delete_retention_days: u32,
}

/// What a record that cannot be read does to the import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInvalidRecord {
    /// The import is refused as a whole; the last good state stays.
    #[default]
    Fail,
    /// The record is left out, and never counts as deleted.
    Skip,
}

/// Where the state is kept.
#[derive(Clone, Debug)]
pub struct StateSettings {
    /// The SQLite file.
    pub path: PathBuf,
    /// How long provisioning records are kept, in days.
    pub log_retention_days: u32,
}

/// The namespace that tenant ids are derived in.
const TENANT_NAMESPACE: Uuid = Uuid::from_u128(0x8f1c_3d5e_02a4_4c17_9b6e_5d20_c1a7_43e1);
const DEFAULT_RETENTION_DAYS: u64 = 30;

impl Settings {
    /// Reads the merged document. Everything that is wrong goes to the section's problems.
    fn read(root: Section<'_>, folder: &Path) -> Self {
        let problems = root.problems();
        let empty = document::Node::empty(root.place.clone());
        let table = |key, subject| root.section(key, subject).or_else(|| Section::of(&empty, subject, problems));
        let tenant = table("tenant", "the tenant").map(TenantSettings::read);
        let directory = table("directory", "the directory").map(|section| DirectorySettings::read(section, folder));
        let state = table("state", "the state").map(|section| StateSettings::read(section, folder));
        let mail = table("mail", "the mail settings").map(|section| MailSettings::read(section, folder));
        let health = table("health", "the health settings").map(HealthSettings::read);
        let jobs: Vec<_> = root
            .sections("jobs", "a job")
            .into_iter()
            .filter_map(|section| JobSettings::read(section, folder))
            .collect();
        let mut names = HashSet::new();
        for job in &jobs {
            if !names.insert(job.name.to_lowercase()) {
                let help = Some("give each job a name of its own".to_owned());
                problems.error(&job.place, format!("two jobs are named `{}`", job.name), help);
            }
        }
        root.finish();
        let read = (tenant, directory, state, mail, health);
        let (Some(tenant), Some(directory), Some(state), Some(mail), Some(health)) = read else {
            unreachable!("an empty table reads as one")
        };
        Self { tenant, directory, state, mail, health, jobs, folder: folder.to_owned(), fingerprint: String::new() }
    }

    /// The job of that name, ignoring letter case.
    pub fn job(&self, name: &str) -> Option<&JobSettings> {
        self.jobs.iter().find(|job| job.name.to_lowercase() == name.to_lowercase())
    }

    /// The folder of the state file, where the lock and the control socket live too.
    pub fn state_folder(&self) -> &Path {
        self.state.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

impl TenantSettings {
    fn read(section: Section<'_>) -> Self {
        let name = section.text("name").unwrap_or_else(|| "Contoso".to_owned());
        let id = section.text("id").and_then(|text| {
            let parsed = Uuid::parse_str(&text).ok();
            if parsed.is_none() {
                section.problems().error(section.place_of("id"), format!("`{text}` is no tenant id (a UUID)"), None);
            }
            parsed
        });
        let id = id.unwrap_or_else(|| Uuid::new_v5(&TENANT_NAMESPACE, name.as_bytes()));
        section.finish();
        Self { name, id }
    }
}

impl DirectorySettings {
    fn read(section: Section<'_>, folder: &Path) -> Self {
        let choices = [("fail", OnInvalidRecord::Fail), ("skip", OnInvalidRecord::Skip)];
        let settings = Self {
            path: folder.join(section.text("path").unwrap_or_else(|| "directory".to_owned())),
            on_invalid_record: section.choice("on_invalid_record", &choices).unwrap_or_default(),
            attributes: section.texts("attributes").unwrap_or_default(),
            soft_delete_retention_days: days(&section, "soft_delete_retention_days"),
        };
        section.finish();
        settings
    }
}

impl StateSettings {
    fn read(section: Section<'_>, folder: &Path) -> Self {
        let written = folder.join(section.text("path").unwrap_or_else(|| "state/scimulator.db".to_owned()));
        let settings =
            Self { path: state_path::without_links(written), log_retention_days: days(&section, "log_retention_days") };
        section.finish();
        settings
    }
}

fn days(section: &Section<'_>, key: &'static str) -> u32 {
    u32::try_from(section.count(key).unwrap_or(DEFAULT_RETENTION_DAYS)).unwrap_or(u32::MAX)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
