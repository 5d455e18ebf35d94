//! The settings of one job: which application, at which URL, for whom, and how often.

use super::{
    document::Section,
    mail,
    oauth::OAuthSettings,
    problem::Place,
    schedule::{ENTRA_INTERVAL, Schedule},
    secret::{SecretError, SecretSource},
};
use secrecy::SecretString;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Who is provisioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeSetting {
    /// Only those assigned to the application, directly or as direct members of an assigned group.
    Assigned,
    /// Everybody in the directory.
    All,
}

impl ScopeSetting {
    /// The name that the configuration uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::All => "all",
        }
    }
}

/// What is sent when a manager is removed at the source (`spec/WIRE.md` §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ManagerRemoval {
    /// `Replace` with an empty value: what is documented of Entra.
    #[default]
    Empty,
    /// `Remove` on the path.
    Remove,
    /// Nothing.
    None,
}

/// When a member or manager who comes into scope after the group or the report is written (`spec/WIRE.md` §6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LateReferences {
    /// At a restart only: what is documented of Entra.
    #[default]
    Restart,
    /// In the cycle that links them.
    Follow,
}

/// When somebody whom a change of scope from all to assigned leaves out is let go (`spec/ENGINE.md` §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScopeChange {
    /// At a restart, or as soon as the object changes: what is documented of Entra.
    #[default]
    Wait,
    /// At once, by an initial cycle.
    Restart,
}

/// An application role given in the configuration instead of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSetting {
    /// The role's id; derived from its value when left out.
    pub id: Option<String>,
    /// The value that tokens and SCIM carry.
    pub value: String,
    /// What people call it.
    pub display_name: String,
}

/// The settings of one job.
#[derive(Clone, Debug)]
pub struct JobSettings {
    /// Where the job is written.
    pub place: Place,
    /// The job's name: unique, used on the command line and in the log.
    pub name: String,
    /// What assignments call the application; the mapping's own name when left out.
    pub application: Option<String>,
    /// A mapping file, or the name of an embedded one.
    pub mapping: String,
    /// Where `mapping` is written.
    pub mapping_place: Place,
    /// The SCIM base address, with the dialect flag if wanted.
    pub tenant_url: String,
    /// Where `tenant_url` is written.
    pub url_place: Place,
    /// The secret token.
    pub secret_token: Option<SecretSource>,
    /// How access tokens are got in its place.
    pub oauth: Option<OAuthSettings>,
    /// Sends no credentials at all.
    pub anonymous: bool,
    /// Who is provisioned.
    pub scope: ScopeSetting,
    /// When a change of scope from all to assigned takes effect.
    pub scope_change: ScopeChange,
    /// When cycles start.
    pub schedule: Schedule,
    /// Whether the daemon runs the job.
    pub enabled: bool,
    /// Who is told of trouble.
    pub notification_email: Vec<String>,
    /// Whether they are told at all.
    pub notify_on_failure: bool,
    /// Whether they are told when quarantine is lifted, too.
    pub notify_on_recovery: bool,
    /// How many disables and deletes of one cycle are too many, and are held back; none: nothing is.
    pub deletion_threshold: Option<u64>,
    /// Leaves those alone who are unassigned or filtered out.
    pub skip_out_of_scope_deletions: bool,
    /// Requests at once.
    pub max_in_flight: usize,
    /// Requests a second; no limit when left out.
    pub requests_per_second: Option<f64>,
    /// How long a request may take.
    pub timeout: Duration,
    /// A `User-Agent`; Entra sends none.
    pub user_agent: Option<String>,
    /// Lets the token travel over plain HTTP to another machine.
    pub allow_insecure_http: bool,
    /// A file of certificates that the target's certificate may be signed by.
    pub ca_file: Option<PathBuf>,
    /// Accepts any certificate.
    pub accept_invalid_certificates: bool,
    /// Members a request at most.
    pub member_batch: usize,
    /// Lists custom extensions in `schemas` on creation.
    pub declare_extensions: bool,
    /// Sends the second schema URI of the documented group sample.
    pub legacy_group_schema: bool,
    /// Sends `"$ref": null` beside each member, as the documented sample has it.
    pub member_ref_null: bool,
    /// What clearing a manager sends.
    pub manager_removal: ManagerRemoval,
    /// When members and managers who come into scope late are written.
    pub late_references: LateReferences,
    /// Creates an object anew that vanished at the target.
    pub recreate_missing: bool,
    /// Asks the target, before a manager or a member is written, whether it holds it already.
    pub reference_check: bool,
    /// Fails an object that is answered with the members which were excluded.
    pub strict_excluded: bool,
    /// The roles of the application, where the directory names none.
    pub roles: Vec<RoleSetting>,
}

/// Entra asks an application to bear this many requests a second.
const ENTRA_REQUESTS_PER_SECOND: f64 = 25.0;
const DEFAULT_MAX_IN_FLIGHT: u64 = 8;
const DEFAULT_MEMBER_BATCH: u64 = 100;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(100);

impl JobSettings {
    /// Reads one `[[jobs]]` table. Problems are noted; a job without the three settings it cannot do without is dropped.
    pub(super) fn read(section: Section<'_>, folder: &Path) -> Option<Self> {
        let name = section.required_text("name").filter(|name| valid_name(&section, name));
        let mapping = section.required_text("mapping");
        let tenant_url = section.required_text("tenant_url");
        let secret_token = SecretSource::read(&section, "secret_token", folder);
        let anonymous = section.flag("anonymous").unwrap_or(false);
        let oauth = OAuthSettings::read(&section, folder);
        one_way_to_sign_in(&section, anonymous);
        let schedule = read_schedule(&section);
        let requests_per_second = read_pace(&section);
        let settings = Self {
            place: section.place.clone(),
            application: section.text("application"),
            mapping_place: section.place_of("mapping").clone(),
            url_place: section.place_of("tenant_url").clone(),
            secret_token,
            oauth,
            anonymous,
            scope: section
                .choice("scope", &[("assigned", ScopeSetting::Assigned), ("all", ScopeSetting::All)])
                .unwrap_or(ScopeSetting::Assigned),
            scope_change: section
                .choice("scope_change", &[("wait", ScopeChange::Wait), ("restart", ScopeChange::Restart)])
                .unwrap_or_default(),
            schedule,
            enabled: section.flag("enabled").unwrap_or(true),
            notification_email: mail::recipients(&section, "notification_email"),
            notify_on_failure: section.flag("notify_on_failure").unwrap_or(false),
            notify_on_recovery: section.flag("notify_on_recovery").unwrap_or(false),
            deletion_threshold: read_threshold(&section),
            skip_out_of_scope_deletions: section.flag("skip_out_of_scope_deletions").unwrap_or(false),
            max_in_flight: at_least_one(&section, "max_in_flight", DEFAULT_MAX_IN_FLIGHT),
            requests_per_second,
            timeout: section.duration("timeout").unwrap_or(DEFAULT_TIMEOUT),
            user_agent: section.text("user_agent"),
            allow_insecure_http: section.flag("allow_insecure_http").unwrap_or(false),
            ca_file: section.text("ca_file").map(|file| folder.join(file)),
            accept_invalid_certificates: section.flag("accept_invalid_certificates").unwrap_or(false),
            member_batch: at_least_one(&section, "member_batch", DEFAULT_MEMBER_BATCH),
            declare_extensions: section.flag("declare_extensions").unwrap_or(false),
            legacy_group_schema: section.flag("legacy_group_schema").unwrap_or(false),
            member_ref_null: section.flag("member_ref_null").unwrap_or(false),
            manager_removal: section
                .choice(
                    "manager_removal",
                    &[
                        ("empty", ManagerRemoval::Empty),
                        ("remove", ManagerRemoval::Remove),
                        ("none", ManagerRemoval::None),
                    ],
                )
                .unwrap_or_default(),
            late_references: section
                .choice("late_references", &[("restart", LateReferences::Restart), ("follow", LateReferences::Follow)])
                .unwrap_or_default(),
            recreate_missing: section.flag("recreate_missing").unwrap_or(false),
            reference_check: section.flag("reference_check").unwrap_or(false),
            strict_excluded: section.flag("strict_excluded").unwrap_or(false),
            roles: section.sections("roles", "a role").into_iter().filter_map(read_role).collect(),
            name: String::new(),
            mapping: String::new(),
            tenant_url: String::new(),
        };
        settings.warn_of_nobody_told(&section);
        section.finish();
        Some(Self { name: name?, mapping: mapping?, tenant_url: tenant_url?, ..settings })
    }
}

impl JobSettings {
    /// The secret by which the job says who it is. A client's secret goes into a form, and a token into a header, which
    /// carries less.
    pub fn secret(&self) -> Option<Result<SecretString, SecretError>> {
        match (&self.oauth, &self.secret_token) {
            (Some(oauth), _) => Some(oauth.client_secret.password()),
            (None, token) => token.as_ref().map(SecretSource::resolve),
        }
    }

    /// A notification that nobody gets is a mistake.
    fn warn_of_nobody_told(&self, section: &Section<'_>) {
        for (key, wanted) in
            [("notify_on_failure", self.notify_on_failure), ("notify_on_recovery", self.notify_on_recovery)]
        {
            if wanted && self.notification_email.is_empty() {
                let help = Some("add `notification_email = [\"it@contoso.example\"]`".to_owned());
                section.problems().warn(section.place_of(key), format!("`{key}` is set, and nobody is told"), help);
            }
        }
    }
}

/// A job says who it is by a secret token or by OAuth; by nothing only if it says so.
fn one_way_to_sign_in(section: &Section<'_>, anonymous: bool) {
    let (token, oauth) = (section.node("secret_token").is_some(), section.node("oauth").is_some());
    let other = if token { Some("`secret_token`") } else { anonymous.then_some("`anonymous = true`") };
    if let Some(other) = other.filter(|_| oauth) {
        let message = format!("`oauth` and {other} cannot both be set");
        section.problems().error(section.place_of("oauth"), message, Some("keep one of them".to_owned()));
    }
    if !token && !oauth && !anonymous {
        let help = "give one, as in `secret_token = { env = \"TOKEN\" }`; for an application that asks for none, \
                    set `anonymous = true`";
        section.problems().error(section.place, "the job has no `secret_token`", Some(help.to_owned()));
    }
}

/// Job names stand in file names, on the command line and in URLs of the control socket.
fn valid_name(section: &Section<'_>, name: &str) -> bool {
    let valid = name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.'));
    if !valid {
        let help = "use the letters a to z, digits, `-`, `_` and `.`".to_owned();
        section.problems().error(section.place_of("name"), format!("`{name}` is no name for a job"), Some(help));
    }
    valid
}

fn at_least_one(section: &Section<'_>, key: &'static str, default: u64) -> usize {
    let mut count = section.count(key).unwrap_or(default);
    if count == 0 {
        section.problems().error(section.place_of(key), format!("`{key}` must be at least 1"), None);
        count = default;
    }
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// How many disables and deletes are too many. Nothing to send would be too many for 0.
pub(crate) fn read_threshold(section: &Section<'_>) -> Option<u64> {
    let threshold = section.count("deletion_threshold")?;
    if threshold == 0 {
        let help = "1 holds back every disable and delete; leave it out, and nothing is held back".to_owned();
        let place = section.place_of("deletion_threshold");
        section.problems().error(place, "`deletion_threshold` must be at least 1", Some(help));
        return None;
    }
    Some(threshold)
}

fn read_schedule(section: &Section<'_>) -> Schedule {
    let every = section.duration("every");
    let cron = section.text("cron");
    let zone = section.text("timezone");
    if zone.is_some() && cron.is_none() {
        let help = Some("an interval is the same in every zone; remove it, or use `cron`".to_owned());
        section.problems().error(section.place_of("timezone"), "`timezone` goes with `cron` only", help);
    }
    match (every, cron) {
        (Some(_), Some(_)) => {
            let message = "`every` and `cron` cannot both be set";
            section.problems().error(section.place_of("cron"), message, Some("keep one of them".to_owned()));
        }
        (Some(every), None) if every.is_zero() => {
            section.problems().error(section.place_of("every"), "`every` must be longer than nothing", None);
        }
        (Some(every), None) => return Schedule::Every(every),
        (None, Some(expression)) => match Schedule::cron(&expression, zone.as_deref()) {
            Ok(schedule) => return schedule,
            Err(error) => section.problems().error(section.place_of("cron"), error.to_string(), None),
        },
        (None, None) => {}
    }
    Schedule::Every(ENTRA_INTERVAL)
}

fn read_pace(section: &Section<'_>) -> Option<f64> {
    let named = section.choice("pace", &[("entra", ENTRA_REQUESTS_PER_SECOND)]);
    let rate = section.number("requests_per_second");
    if rate.is_some_and(|rate| rate <= 0.0) {
        let place = section.place_of("requests_per_second");
        section.problems().error(place, "`requests_per_second` must be above 0", None);
        return None;
    }
    rate.or(named)
}

fn read_role(section: Section<'_>) -> Option<RoleSetting> {
    let value = section.required_text("value");
    let role = (section.text("id"), section.text("display_name"));
    section.finish();
    let value = value?;
    Some(RoleSetting { id: role.0, display_name: role.1.unwrap_or_else(|| value.clone()), value })
}
