//! `directory diff`: what an import would change. It needs no lock and changes nothing.

use super::{
    super::exit::{CommandError, Exit},
    arguments::DiffCommand,
    counted,
};
use crate::{
    clock::{Clock, SystemClock},
    config::{ScopeSetting, Settings},
    directory::{AttributeChange, Difference, ImportError, ObjectChange, difference},
    engine::read_template,
    store::{Audience, ChangeKind, Concern, ObjectKind, RoleDifference, Scratch, Store, StoreError, TieDifference},
};
use serde_json::{Map, Value, json};

/// How many differences of each sort people are shown unless they say otherwise.
const SHOWN: usize = 20;

pub(super) async fn run(settings: Settings, command: &DiffCommand) -> Result<Exit, CommandError> {
    let (limit, json) = (command.limit.or((!command.json).then_some(SHOWN)), command.json);
    let shown = tokio::task::spawn_blocking(move || {
        let scratch = Scratch::new()
            .map_err(|error| CommandError::failed(format!("the folder for temporary files cannot be used: {error}")))?;
        let store = match Store::open_to_read(&settings.state.path) {
            // Nothing was imported yet: everything is new.
            Err(StoreError::Missing(_)) => Store::open(&scratch.path().join("diff.db"), "scimulator directory diff"),
            opened => opened,
        }?;
        match difference(&store, &settings.directory, SystemClock.now()) {
            Ok(found) if json => print_json(&settings, &found, limit),
            Ok(found) => print(&settings, &found, limit),
            Err(ImportError::Invalid(problems)) if json => {
                for problem in &problems {
                    say!("{}", kinded("Problem", &problem.as_json()));
                }
                Ok(Exit::Usage)
            }
            Err(ImportError::Store(error)) => Err(error.into()),
            Err(error) => Err(CommandError::usage(error.to_string())),
        }
    });
    shown.await.map_err(|error| CommandError::failed(format!("the comparison was broken off: {error}")))?
}

/// The jobs as the comparison knows them; none for one whose mapping cannot be read.
fn audiences(settings: &Settings) -> impl Iterator<Item = (&str, Option<Audience>)> {
    settings.jobs.iter().map(|job| {
        let audience = read_template(job, &settings.folder).ok().map(|(template, _)| Audience {
            job: job.name.clone(),
            everybody: job.scope == ScopeSetting::All,
            groups: template.enabled_groups().is_some(),
            application: job.application.clone().unwrap_or(template.application),
        });
        (job.name.as_str(), audience)
    })
}

fn print(settings: &Settings, found: &Difference, limit: Option<usize>) -> Result<Exit, CommandError> {
    let counts = &found.counts;
    let total = |counts: &[(ChangeKind, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
    for (word, kind, counts) in
        [("users", ObjectKind::User, &counts.users), ("groups", ObjectKind::Group, &counts.groups)]
    {
        if heading(word, counts) {
            let mut left = total(counts);
            found.objects(kind, limit, |change| {
                print_object(&change);
                left -= 1;
            })?;
            say_more(left);
        }
    }
    if heading("memberships", &counts.memberships) {
        let mut left = total(&counts.memberships);
        found.memberships(limit, |TieDifference { change, holder, held, .. }| {
            say!("  {:<14}{held} in {holder}", word(change));
            left -= 1;
        })?;
        say_more(left);
    }
    if heading("assignments", &counts.assignments) {
        let mut left = total(&counts.assignments);
        found.assignments(limit, |TieDifference { change, holder, held, role, .. }| {
            let role = if role.is_empty() { String::new() } else { format!(" as {role}") };
            say!("  {:<14}{held} to {holder}{role}", word(change));
            left -= 1;
        })?;
        say_more(left);
    }
    if heading("application roles", &counts.app_roles) {
        let mut left = total(&counts.app_roles);
        found.app_roles(limit, |RoleDifference { change, application, value, .. }| {
            say!("  {:<14}{value} of {application}", word(change));
            left -= 1;
        })?;
        say_more(left);
    }
    if counts.is_nothing() {
        say!("nothing would change");
    } else if !settings.jobs.is_empty() {
        say!("jobs");
        for (job, audience) in audiences(settings) {
            match audience {
                Some(audience) => say!("  {job}: {}", concern_text(&found.concern(&audience)?)),
                None => say!("  {job}: its mapping cannot be read; see `scimulator check`"),
            }
        }
    }
    for warning in &found.warnings {
        complain!("{warning}");
    }
    match &found.refusal {
        Some(refusal) => Err(CommandError::usage(refusal.to_string())),
        None => Ok(Exit::Success),
    }
}

/// Says how many changes of a sort there are; nothing if there are none.
fn heading(what: &str, counts: &[(ChangeKind, u64)]) -> bool {
    let said: Vec<_> = counts.iter().map(|(change, count)| format!("{count} {}", word(*change))).collect();
    if !said.is_empty() {
        say!("{what}: {}", said.join(", "));
    }
    !said.is_empty()
}

fn say_more(left: u64) {
    if left > 0 {
        say!("  and {left} more");
    }
}

fn print_object(object: &ObjectChange) {
    let ObjectChange { change, name, attributes, .. } = object;
    let same = *change == ChangeKind::Changed && attributes.is_empty();
    say!("  {:<14}{name}{}", word(*change), if same { " (written otherwise, with the same values)" } else { "" });
    for AttributeChange { name, old, new } in attributes {
        say!("    {name}: {} -> {}", value_text(old.as_ref()), value_text(new.as_ref()));
    }
}

fn value_text(value: Option<&Value>) -> String {
    match value {
        None => "-".to_owned(),
        Some(Value::String(text)) if !text.contains(char::is_control) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn concern_text(concern: &Concern) -> String {
    let Concern { users, groups, names } = concern;
    let counts = match (users, groups) {
        (0, 0) => return "nobody is concerned".to_owned(),
        (users, 0) => counted(*users, "user"),
        (0, groups) => counted(*groups, "group"),
        (users, groups) => format!("{} and {}", counted(*users, "user"), counted(*groups, "group")),
    };
    let named = u64::try_from(names.len()).unwrap_or(u64::MAX);
    let more = if users + groups > named { ", .." } else { "" };
    format!("concerns {counts}: {}{more}", names.join(", "))
}

fn word(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::SoftDeleted => "soft-deleted",
        ChangeKind::Restored => "restored",
        ChangeKind::HardDeleted => "hard-deleted",
        ChangeKind::Removed => "removed",
    }
}

fn print_json(settings: &Settings, found: &Difference, limit: Option<usize>) -> Result<Exit, CommandError> {
    for kind in [ObjectKind::User, ObjectKind::Group] {
        found.objects(kind, limit, |change| {
            let ObjectChange { change, kind, id, name, attributes } = change;
            let values = attributes.into_iter().map(|AttributeChange { name, old, new }| (name, json!([old, new])));
            let values: Map<_, _> = values.collect();
            let kind = kind.name();
            say!("{}", json!({"kind": kind, "change": word(change), "id": id, "name": name, "attributes": values}));
        })?;
    }
    found.memberships(limit, |TieDifference { change, holder, holder_id, held, held_id, .. }| {
        let (group, member) = (json!({"id": holder_id, "name": holder}), json!({"id": held_id, "name": held}));
        say!("{}", json!({"kind": "Membership", "change": word(change), "group": group, "member": member}));
    })?;
    found.assignments(limit, |TieDifference { change, holder, held, held_id, role, .. }| {
        let principal = json!({"id": held_id, "name": held});
        let role = Some(role).filter(|role| !role.is_empty());
        let (kind, change) = ("Assignment", word(change));
        say!("{}", json!({"kind": kind, "change": change, "app": holder, "principal": principal, "role": role}));
    })?;
    found.app_roles(limit, |RoleDifference { change, application, id, value, display_name }| {
        let role = json!({"id": id, "value": value, "displayName": display_name});
        say!("{}", json!({"kind": "AppRole", "change": word(change), "app": application, "role": role}));
    })?;
    for (job, audience) in audiences(settings) {
        if let Some(audience) = audience {
            let Concern { users, groups, .. } = found.concern(&audience)?;
            say!("{}", json!({"kind": "Job", "job": job, "users": users, "groups": groups}));
        }
    }
    for warning in &found.warnings {
        say!("{}", kinded("Problem", &warning.as_json()));
    }
    let sum = |counts: &[(ChangeKind, u64)]| -> Map<_, _> {
        counts.iter().map(|(change, count)| (word(*change).to_owned(), json!(count))).collect()
    };
    let counts = &found.counts;
    let refused = found.refusal.as_ref().map(ToString::to_string);
    say!(
        "{}",
        json!({
            "kind": "Summary",
            "users": sum(&counts.users),
            "groups": sum(&counts.groups),
            "memberships": sum(&counts.memberships),
            "assignments": sum(&counts.assignments),
            "appRoles": sum(&counts.app_roles),
            "refused": refused,
        })
    );
    Ok(if found.refusal.is_some() { Exit::Usage } else { Exit::Success })
}

/// An object with its kind before everything else.
fn kinded(kind: &str, object: &Value) -> Value {
    let mut kinded = json!({"kind": kind});
    if let (Value::Object(kinded), Value::Object(object)) = (&mut kinded, object) {
        kinded.extend(object.clone());
    }
    kinded
}
