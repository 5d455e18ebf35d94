//! The stage: the real import and engine on a real state file, against the sandbox application in the same process.

use super::{
    company::{APPLICATION, Company, FILTERED, GROUPS, Object, PEOPLE, STRANGERS},
    history::{Configuration, Fault, Forget, History},
    transport::{BASE_URL, TOKEN, Tap},
};
use scimulator::{
    chance::Chance,
    clock::{Clock as _, ManualClock},
    config::{self, ScopeSetting, Settings},
    directory::{self, PurgeOrder},
    engine::{CycleRequest, CycleResult, CycleState, DemandRequest, Engine, Job, PageTurns, Reset, Unobserved},
    health::HealthRules,
    sandbox::{self, Application},
    scim::trace::Trace,
    store::{EscrowKind, ObjectKind, Store, Tables},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// The job's name.
const JOB: &str = "job";
/// When every history begins.
pub(crate) const START: &str = "2026-01-05T08:00:00Z";
/// Where an account has department and manager.
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A mapping with each sort of flow that the model knows.
const MAPPING: &str = r#"
application = "APPLICATION"
title = "Application"

[users.attributes]
userName = { type = "String", required = true, filterable = true }
active = { type = "Boolean" }
displayName = { type = "String" }
title = { type = "String" }
nickName = { type = "String" }
preferredLanguage = { type = "String" }
externalId = { type = "String" }
'emails[type eq "work"].value' = { type = "String" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" = { type = "String" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { type = "Reference" }

[users.mappings]
userName = { direct = "userPrincipalName", matching = 1 }
active = { expression = 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' }
displayName = { direct = "displayName" }
title = { direct = "jobTitle", default = "Staff" }
nickName = { none = true, default = "-" }
preferredLanguage = { direct = "preferredLanguage", apply = "creation" }
externalId = { direct = "objectId" }
'emails[type eq "work"].value' = { direct = "mail" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" = { direct = "department" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { direct = "manager" }

[[users.scoping_filters]]
title = "Not elsewhere"
clauses = [{ attribute = "department", operator = "NOT EQUALS", value = "FILTERED" }]

[groups.attributes]
displayName = { type = "String", required = true, filterable = true }
externalId = { type = "String" }
members = { type = "Reference", multivalued = true }

[groups.mappings]
displayName = { direct = "displayName", matching = 1 }
externalId = { direct = "objectId" }
members = { direct = "members" }
"#;

/// The stage.
pub(crate) struct Stage {
    folder: TempDir,
    settings: Settings,
    pub(crate) clock: ManualClock,
    application: Arc<Application>,
    tap: Arc<Tap>,
    /// The ids of the account and the group that nobody ever has.
    strangers: Vec<String>,
    engine: Option<Engine>,
    opened: u64,
    written: u64,
}

impl Stage {
    /// An empty state file, and an application with the accounts and groups that the model begins with.
    pub(crate) fn new(history: &History, content: &[Value]) -> Self {
        let clock = ManualClock::at(START.parse().unwrap());
        let settings = sandbox::Settings { token: Some(TOKEN.into()), ..sandbox::Settings::default() };
        let application = Application::open(settings, Arc::new(clock.clone()), Arc::new(Chance::seeded(1))).unwrap();
        let application = Arc::new(application);
        let folder = tempfile::tempdir().unwrap();
        let mapping = MAPPING.replace("APPLICATION", APPLICATION).replace("FILTERED", FILTERED);
        std::fs::write(folder.path().join("mapping.toml"), mapping).unwrap();
        std::fs::create_dir(folder.path().join("directory")).unwrap();
        let query = if history.compliant { "?aadOptscim062020" } else { "" };
        let Configuration { everybody, threshold, spares, narrows_at_once } = history.configuration;
        let scope = if everybody { "all" } else { "assigned" };
        let change = if narrows_at_once { "restart" } else { "wait" };
        let threshold = threshold.map(|threshold| format!("deletion_threshold = {threshold}\n")).unwrap_or_default();
        let text = format!(
            "[[jobs]]\nname = \"{JOB}\"\nmapping = \"mapping.toml\"\ntenant_url = \"{BASE_URL}{query}\"\nsecret_token = \
             \"{TOKEN}\"\nmax_in_flight = 1\nscope = \"{scope}\"\nscope_change = \"{change}\"\n\
             skip_out_of_scope_deletions = {spares}\n{threshold}"
        );
        let settings =
            config::parse("scimulator.toml", &text, folder.path()).unwrap_or_else(|error| panic!("{error}")).0;
        let tap = Arc::new(Tap::new(application.clone()));
        for resource in content {
            match resource["group"].as_str() {
                Some(name) => tap.create("/Groups", &json!({"displayName": name})),
                None => tap.create(
                    "/Users",
                    &json!({
                        "userName": resource["values"]["userName"],
                        "displayName": resource["values"]["displayName"],
                        "active": resource["active"],
                    }),
                ),
            }
        }
        let all = application.users().into_iter().chain(application.groups());
        let strangers = all.filter(|resource| {
            [&resource["userName"], &resource["displayName"]]
                .iter()
                .any(|name| STRANGERS.contains(&name.as_str().unwrap_or_default()))
        });
        let strangers = strangers.map(|resource| resource["id"].as_str().unwrap().to_owned()).collect();
        let mut stage =
            Self { folder, settings, clock, application, tap, strangers, engine: None, opened: 0, written: 0 };
        stage.reopen();
        stage
    }

    /// Ends the program, as it were, and begins another on the same state file.
    pub(crate) fn reopen(&mut self) {
        self.opened += 1;
        self.engine = None;
        self.engine = Some(Engine {
            store: Store::open(&self.settings.state.path, "test").unwrap(),
            clock: Arc::new(self.clock.clone()),
            chance: Arc::new(Chance::seeded(100 + self.opened)),
            rules: HealthRules::default(),
            log_retention_days: 30,
        });
    }

    fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("an engine")
    }

    /// Moves the clock on.
    pub(crate) fn later(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(minutes * 60));
    }

    /// Imports the source as it is.
    pub(crate) async fn import(&mut self, company: &Company) -> Result<(), String> {
        company.write(&self.folder.path().join("directory"), self.clock.now().into(), &mut self.written);
        let imported = directory::import(&self.engine().store, &self.settings.directory, true, &self.clock).await;
        imported.map(|_| ()).map_err(|error| error.to_string())
    }

    fn job(&self) -> Arc<Job> {
        let clock = Arc::new(self.clock.clone());
        let job = Job::open(&self.settings.jobs[0], &self.settings, clock, Some(self.tap.clone()));
        Arc::new(job.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Runs a cycle. Returns its requests.
    pub(crate) async fn cycle(&self, fault: Option<Fault>) -> Result<Vec<String>, String> {
        self.tap.take_lines();
        self.tap.plant(fault);
        let stop = CancellationToken::new();
        let result: CycleResult =
            self.engine().run_cycle(&self.job(), CycleRequest::default(), &Unobserved, &stop).await.unwrap();
        self.tap.plant(None);
        match result.state {
            CycleState::Succeeded | CycleState::EntryLevelErrors | CycleState::Quarantine => Ok(self.tap.take_lines()),
            CycleState::Failed => Err(format!("the cycle did not come to its end: {result:?}")),
        }
    }

    /// Provisions an object on demand. Returns the requests.
    pub(crate) async fn demand(&self, object: Object, members: &[usize]) -> Result<Vec<String>, String> {
        self.tap.take_lines();
        let request = DemandRequest {
            kind: if matches!(object, Object::User(_)) { ObjectKind::User } else { ObjectKind::Group },
            name: object.id(),
            members: members.iter().map(|member| Object::User(*member).id()).collect(),
            trace: Trace::off(),
            turns: PageTurns::default(),
        };
        let result = self.engine().provision_on_demand(&self.job(), request).await;
        result.map(|_| self.tap.take_lines()).map_err(|error| error.to_string())
    }

    /// Restarts the job, if it ever ran.
    pub(crate) async fn restart(&self, forget: Forget) {
        let resets: &[Reset] = match forget {
            Forget::Usual => &Reset::DEFAULT,
            Forget::Full => &[Reset::Full],
            Forget::Watermark => &[Reset::Watermark],
            Forget::Links => &[Reset::ConnectorDataStore],
            Forget::Escrows => &[Reset::Escrows],
            Forget::Quarantine => &[Reset::QuarantineState],
            Forget::Deletes => &[Reset::ForceDeletes],
        };
        let _ = self.engine().restart(JOB, resets).await;
    }

    /// Allows what the deletion guard holds back, if there is anything.
    pub(crate) async fn allow_deletes(&self) {
        let _ = self.engine().allow_deletes(JOB).await;
    }

    /// Turns the job's scope over.
    pub(crate) fn turn_scope(&mut self) {
        let scope = &mut self.settings.jobs[0].scope;
        *scope = if *scope == ScopeSetting::All { ScopeSetting::Assigned } else { ScopeSetting::All };
    }

    /// Deletes a soft-deleted user for good. Returns whether there was one.
    pub(crate) async fn purge(&self, person: usize) -> bool {
        let order = PurgeOrder::User(Object::User(person).id());
        directory::purge(&self.engine().store, &order, &self.clock).await.is_ok()
    }

    /// Removes the stored link of an object while the job is paused.
    pub(crate) async fn unlink(&self, object: Object) {
        let id = object.id();
        let found = self.engine().store.read(move |tables| tables.objects_named(&id)).await.unwrap();
        if self.engine().pause(JOB).await.is_ok() {
            if let Some(row) = found.first() {
                self.engine().unlink(JOB, row.key).await.unwrap();
            }
            self.engine().start(JOB).await.unwrap();
        }
    }

    /// What the state file still has to try again, a line each.
    pub(crate) async fn escrows(&self) -> Vec<String> {
        let mut found = Vec::new();
        let objects = (0..PEOPLE).map(Object::User).chain((0..GROUPS).map(Object::Group));
        for id in objects.map(Object::id) {
            let look = move |tables: &Tables| {
                let mut lines = Vec::new();
                for object in tables.objects_named(&id)? {
                    for kind in [EscrowKind::Object, EscrowKind::Reference] {
                        let escrow = tables.escrow(JOB, object.key, kind)?;
                        lines.extend(escrow.map(|escrow| format!("{id}: {kind:?}: {escrow:?}")));
                    }
                }
                Ok(lines)
            };
            found.extend(self.engine().store.read(look).await.unwrap());
        }
        found
    }

    /// What the application holds, in the form of the model's.
    pub(crate) fn content(&self) -> Vec<Value> {
        let (users, groups) = (self.application.users(), self.application.groups());
        let names: BTreeMap<String, Value> = users
            .iter()
            .map(|user| (user, "userName"))
            .chain(groups.iter().map(|group| (group, "displayName")))
            .map(|(resource, name)| (resource["id"].as_str().unwrap().to_owned(), resource[name].clone()))
            .collect();
        let name = |id: &Value| names.get(id.as_str().unwrap_or_default()).cloned().unwrap_or_else(|| json!("(gone)"));
        let accounts = users.iter().map(|user| {
            let mut values: BTreeMap<&str, Value> =
                ["userName", "displayName", "title", "nickName", "preferredLanguage", "externalId"]
                    .into_iter()
                    .map(|path| (path, user[path].clone()))
                    .collect();
            values.insert("department", user[ENTERPRISE]["department"].clone());
            values.insert("email", user.pointer("/emails/0/value").cloned().unwrap_or_default());
            values.retain(|_, value| !value.is_null());
            let manager = &user[ENTERPRISE]["manager"]["value"];
            let manager = if manager.is_null() { Value::Null } else { name(manager) };
            json!({"active": user["active"], "values": values, "manager": manager})
        });
        let groups = groups.iter().map(|group| {
            let members = group["members"].as_array().into_iter().flatten();
            let mut members: Vec<_> = members.map(|member| name(&member["value"])).collect();
            members.sort_by_key(Value::to_string);
            json!({"group": group["displayName"], "source": group["externalId"], "members": members})
        });
        let mut content: Vec<_> = accounts.chain(groups).collect();
        content.sort_by_key(Value::to_string);
        content
    }

    /// Whether a request is about an account or a group that nobody ever has.
    pub(crate) fn is_about_strangers(&self, line: &str) -> bool {
        let strangers = self.strangers.iter();
        strangers.map(String::as_str).any(|id| line.contains(id))
    }

    /// A text with names in place of the ids that the application gave.
    pub(crate) fn named(&self, text: &str) -> String {
        self.tap.named(text)
    }
}

/// Whether a request is the probe: a query for a random value, which nobody has.
pub(crate) fn is_probe(line: &str) -> bool {
    let value = line.strip_prefix("GET /Users?filter=userName+eq+%22").and_then(|rest| rest.strip_suffix("%22"));
    value.is_some_and(|value| value.parse::<uuid::Uuid>().is_ok())
}
