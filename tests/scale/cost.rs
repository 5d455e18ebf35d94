//! A cycle costs what changed, not what exists: requests and bytes are counted.

use super::{
    company::{Company, EVERYBODY},
    target::{BASE_URL, Target},
};
use jiff::{SignedDuration, Timestamp};
use scimulator::{
    chance::Chance,
    clock::{Clock as _, ManualClock},
    config::{self, Settings},
    directory::{Imported, import},
    engine::{CycleRequest, CycleResult, CycleState, Engine, Job, Unobserved},
    health::HealthRules,
    store::Store,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const START: &str = "2026-01-05T08:00:00Z";

const MAPPING: &str = r#"
application = "app"
title = "App"

[users.attributes]
userName = { type = "String", required = true, filterable = true }
active = { type = "Boolean" }
displayName = { type = "String" }
title = { type = "String" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { type = "Reference" }

[users.mappings]
userName = { direct = "userPrincipalName", matching = 1 }
active = { expression = 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' }
displayName = { direct = "displayName" }
title = { direct = "jobTitle" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { direct = "manager" }

[groups.attributes]
displayName = { type = "String", required = true, filterable = true }
members = { type = "Reference", multivalued = true }

[groups.mappings]
displayName = { direct = "displayName", matching = 1 }
members = { direct = "members" }
"#;

/// A company, and an application that everybody in it is assigned to.
struct World {
    folder: TempDir,
    company: Company,
    left_out: Value,
    clock: ManualClock,
    target: Arc<Target>,
    engine: Engine,
}

impl World {
    fn new(users: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let company = Company::generate(&folder.path().join("directory"), users);
        let left_out = company.assign_everybody_but_one_member();
        let clock = ManualClock::at(START.parse().unwrap());
        company.date(clock.now() - SignedDuration::from_hours(1));
        std::fs::write(folder.path().join("mapping.toml"), MAPPING).unwrap();
        let engine = Engine {
            store: Store::open(&folder.path().join("state.db"), "test").unwrap(),
            clock: Arc::new(clock.clone()),
            chance: Arc::new(Chance::seeded(1)),
            rules: HealthRules::default(),
            log_retention_days: 30,
        };
        Self { target: Arc::new(Target::new(&clock)), folder, company, left_out, clock, engine }
    }

    fn settings(&self) -> Settings {
        let text = format!(
            "[directory]\npath = \"directory\"\n[[jobs]]\nname = \"job\"\nmapping = \"mapping.toml\"\n\
             tenant_url = \"{BASE_URL}\"\nsecret_token = \"sesame\"\n"
        );
        config::parse("scimulator.toml", &text, self.folder.path()).unwrap_or_else(|error| panic!("{error}")).0
    }

    async fn import(&self) -> Imported {
        let imported = import(&self.engine.store, &self.settings().directory, false, &self.clock).await;
        imported.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn cycle(&self) -> CycleResult {
        let settings = self.settings();
        let job = Job::open(&settings.jobs[0], &settings, Arc::new(self.clock.clone()), Some(self.target.clone()));
        let job = Arc::new(job.unwrap_or_else(|error| panic!("{error}")));
        let result = self.engine.run_cycle(&job, CycleRequest::default(), &Unobserved, &CancellationToken::new()).await;
        let result = result.unwrap();
        assert_eq!(result.state, CycleState::Succeeded, "{:?}", result.counts);
        result
    }

    /// An hour passes, at whose beginning files are written.
    fn next_hour(&self) -> Timestamp {
        let written = self.clock.now();
        self.clock.advance(Duration::from_secs(60 * 60));
        written
    }
}

/// The figures of an import: files, bytes and records read, records parsed.
fn figures(imported: &Imported) -> (u64, u64, u64, u64) {
    (imported.files_read, imported.bytes_read, imported.records_read, imported.records_parsed)
}

/// What a large directory may cost.
async fn costs_what_changed(users: u32, groups: u64, largest: usize) {
    let world = World::new(users);
    let everybody = u64::from(users);
    assert!(world.company.made.groups >= groups, "{:?}", world.company.made);
    let imported = world.import().await;
    assert_eq!(imported.records_parsed, imported.records_read);
    world.cycle().await;
    let provisioned = world.target.users();
    world.target.take_patches();

    // Nothing changed: not a byte is read, and only the probe is sent.
    world.next_hour();
    assert_eq!(figures(&world.import().await), (0, 0, 0, 0));
    assert_eq!(world.cycle().await.requests, 1);

    // The users' file is touched, and its content is the same: it is hashed, and nothing is imported again.
    world.company.date_one("users.ndjson", world.next_hour());
    let touched = world.import().await;
    assert_eq!(figures(&touched), (1, world.company.size("users.ndjson"), everybody, 0));
    assert_eq!((touched.counts.objects, touched.counts.memberships, touched.counts.assignments), (0, 0, 0));
    assert_eq!(world.cycle().await.requests, 1);

    // Ten users change: of the other files not a byte is read.
    let written = world.next_hour();
    let mut changed = 0;
    let step = usize::try_from(users).unwrap() / 12;
    world.company.rewrite("users.ndjson", |number, user| {
        let is_meant = number > 0 && number % step == 0 && changed < 10 && user["accountEnabled"] == true;
        if is_meant {
            changed += 1;
            match changed {
                1 | 2 => user["accountEnabled"] = false.into(),
                3 => user["displayName"] = "Somebody Else".into(),
                _ => user["jobTitle"] = "Head of Scale".into(),
            }
        }
        is_meant
    });
    assert_eq!(changed, 10);
    world.company.date_one("users.ndjson", written);
    let ten = world.import().await;
    assert_eq!(figures(&ten), (1, world.company.size("users.ndjson"), everybody, 10));
    assert_eq!((ten.counts.objects, ten.counts.memberships, ten.counts.assignments), (10, 0, 0));
    let cycle = world.cycle().await;
    assert_eq!((cycle.counts.update, cycle.counts.disable), (8, 2));
    assert!(cycle.requests <= 1 + 4 * 10, "{} requests", cycle.requests);
    assert_eq!(world.target.take_patches().len(), 10);

    // One more member of the group that everybody is in: one PATCH with one value.
    let written = world.next_hour();
    let mut members = 0;
    world.company.rewrite("groups.ndjson", |_, group| {
        let is_meant = group["displayName"] == EVERYBODY;
        if is_meant {
            let list = group["members"].as_array_mut().unwrap();
            list.push(world.left_out.clone());
            members = list.len();
        }
        is_meant
    });
    world.company.date_one("groups.ndjson", written);
    let added = world.import().await;
    assert_eq!(figures(&added), (1, world.company.size("groups.ndjson"), world.company.made.groups, 1));
    assert_eq!((added.counts.objects, added.counts.memberships, added.counts.assignments), (0, 1, 0));
    world.cycle().await;
    let patches = world.target.take_patches();
    assert_eq!(patches.len(), 1, "{patches:?}");
    let value = patches[0][0]["value"].as_array().unwrap();
    let expected = json!([{"op": "Add", "path": "members", "value": [{"value": value[0]["value"]}]}]);
    assert_eq!(patches[0], expected);
    assert!(members >= largest, "a group of {members} members");
    println!(
        "{users} users, {} groups, {provisioned} provisioned; ten changes: {} requests; a group of {members} members",
        world.company.made.groups, cycle.requests
    );
}

#[tokio::test]
async fn a_cycle_over_2000_users_costs_what_changed() {
    costs_what_changed(2_000, 20, 1_900).await;
}

#[tokio::test]
#[ignore = "takes minutes: run it with `cargo test --release --test scale 100000_users -- --ignored`"]
async fn a_cycle_over_100000_users_and_a_group_of_100000_members_costs_what_changed() {
    costs_what_changed(103_500, 1_000, 100_000).await;
}
