//! A place to run the program in: a configuration, a state file, a mapping, and the application that it provisions.

use super::{
    application::{Application, Plan, TOKEN},
    company::{APPLICATION, FILTERED},
    content::Content,
    victim::{Ended, Victim},
};
use scimulator::store::{ObjectKind, Store};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};
use tempfile::TempDir;

/// The job's name.
const JOB: &str = "job";

/// A mapping with what the lifecycle knows; the source id goes along as `externalId`.
const MAPPING: &str = r#"
application = "APPLICATION"
title = "Application"

[users.attributes]
userName = { type = "String", required = true, filterable = true }
active = { type = "Boolean" }
displayName = { type = "String" }
title = { type = "String" }
externalId = { type = "String" }
'emails[type eq "work"].value' = { type = "String" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department" = { type = "String" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { type = "Reference" }

[users.mappings]
userName = { direct = "userPrincipalName", matching = 1 }
active = { expression = 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' }
displayName = { direct = "displayName" }
title = { direct = "jobTitle" }
externalId = { direct = "objectId" }
'emails[type eq "work"].value' = { direct = "userPrincipalName" }
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

/// Either of the wire dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Legacy,
    Compliant,
}

/// The place.
pub(crate) struct Workplace {
    folder: TempDir,
    pub(crate) application: Application,
}

impl Workplace {
    /// A place whose job reads the source directory `directory`, with so many requests at once.
    pub(crate) fn new(directory: &Path, dialect: Dialect, max_in_flight: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let application = Application::start();
        let flag = if dialect == Dialect::Compliant { "?aadOptscim062020" } else { "" };
        let configuration = format!(
            "[directory]\npath = \"{}\"\n\n[[jobs]]\nname = \"{JOB}\"\nmapping = \"mapping.toml\"\ntenant_url = \
             \"{}{flag}\"\nsecret_token = \"{TOKEN}\"\nmax_in_flight = {max_in_flight}\nmember_batch = 2\n",
            directory.display(),
            application.url()
        );
        let mapping = MAPPING.replace("APPLICATION", APPLICATION).replace("FILTERED", FILTERED);
        for (file, text) in [("scimulator.toml", configuration), ("mapping.toml", mapping)] {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        Self { folder, application }
    }

    /// A path in the place's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The state file.
    pub(crate) fn state(&self) -> PathBuf {
        self.path("state/scimulator.db")
    }

    /// The program with these arguments, ready to start here.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulator"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command
    }

    /// Runs `sync now` in reach of `victim`, while the application does as planned. Returns the number of requests, too.
    pub(crate) fn sync(&self, victim: &Arc<Victim>, plan: Plan) -> (Ended, usize) {
        self.application.plan(plan);
        let ended = victim.run(&mut self.command(&["sync", "now", "--accept-shrink"]));
        (ended, self.application.settle())
    }

    /// Runs `sync now` in peace, and expects that the cycle comes to its end, whatever failed in it.
    /// Returns the number of requests.
    #[track_caller]
    pub(crate) fn sync_whole(&self) -> usize {
        let (ended, requests) = self.sync(&Arc::default(), Plan::Answer);
        assert!(matches!(ended.status.code(), Some(0 | 1)), "{}: {}", ended.status, ended.said);
        requests
    }

    /// Forgets escrows and watermark, so that the next cycle looks at everybody.
    #[track_caller]
    pub(crate) fn restart(&self) {
        let ended = Arc::<Victim>::default().run(&mut self.command(&["jobs", "restart", JOB]));
        assert!(ended.status.success(), "{}: {}", ended.status, ended.said);
    }

    /// How many cycles have come to their end.
    pub(crate) fn cycles(&self) -> usize {
        let Ok(store) = Store::open_to_read(&self.state()) else { return 0 };
        let cycles = store.read_blocking(|tables| tables.cycles(JOB, usize::MAX >> 1)).unwrap();
        cycles.iter().filter(|cycle| cycle.ended.is_some()).count()
    }

    /// How many accounts the state file knows.
    pub(crate) fn connections(&self) -> usize {
        let Ok(store) = Store::open_to_read(&self.state()) else { return 0 };
        let count = store.read_blocking(|tables| tables.count_connections(JOB, ObjectKind::User)).unwrap();
        usize::try_from(count).unwrap()
    }

    /// What the application holds; nothing may be there twice.
    #[track_caller]
    pub(crate) fn content(&self) -> Content {
        Content::of(&self.application).unwrap_or_else(|error| panic!("{error}\n{}", self.requests()))
    }

    /// The requests since the last look, a line each, for whoever looks into a failure. Source ids stand for those that the
    /// application gave.
    pub(crate) fn requests(&self) -> String {
        let requests = self.application.take_requests();
        let lines = requests.iter().map(|request| {
            let body = request.body.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{:?} {} {} {body}\n", request.status, request.method, request.path)
        });
        let resources = self.application.users().into_iter().chain(self.application.groups());
        resources.fold(lines.collect(), |text: String, resource| {
            let [id, source] = ["id", "externalId"].map(|name| resource[name].as_str().unwrap_or_default().to_owned());
            text.replace(&id, &format!("{{{source}}}"))
        })
    }
}
