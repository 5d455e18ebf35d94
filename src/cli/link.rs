//! `jobs link`: which account at the target an object is connected to; and how to part them.

use super::{
    arguments::LinkCommand,
    control_client::Daemon,
    exit::{CommandError, Exit},
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::Settings,
    service::{Lever, Service, ServiceError},
    store::{ConnectionRow, ObjectKind, ObjectRow, Store, StoreError, Tables},
};
use serde_json::json;
use std::sync::Arc;

pub(super) async fn run(settings: Settings, command: &LinkCommand) -> Result<Exit, CommandError> {
    let Some(job) = settings.job(&command.job).map(|job| job.name.clone()) else {
        let known = settings.jobs.iter().map(|job| job.name.clone()).collect();
        return Err(ServiceError::UnknownJob { name: command.job.clone(), known }.into());
    };
    let store = Store::open_to_read(&settings.state.path)?;
    let (name, wanted) = (job.clone(), command.id.clone());
    let found = store.read(move |tables| find(tables, &name, &wanted)).await?;
    drop(store);
    let (object, connection) = match found.as_slice() {
        [] => {
            let message = format!(
                "`{}` is no user or group of the directory, and no id at the target of `{job}`; see `scimulator explain`",
                command.id
            );
            return Err(CommandError::usage(message));
        }
        [only] => only,
        several => {
            let ids: Vec<_> =
                several.iter().map(|(object, _)| format!("{} ({})", object.id, object.kind.name())).collect();
            return Err(CommandError::usage(format!("`{}` may be {}; give the id", command.id, ids.join(" or "))));
        }
    };
    if command.remove && connection.is_some() {
        remove(settings, &job, object.key).await?;
    }
    print(&job, object, connection.as_ref(), command);
    Ok(Exit::Success)
}

/// The objects that are meant, each with its connection: by id or name, or by the id at the target.
fn find(tables: &Tables, job: &str, wanted: &str) -> Result<Vec<(ObjectRow, Option<ConnectionRow>)>, StoreError> {
    let mut objects = tables.objects_named(wanted)?;
    for kind in [ObjectKind::User, ObjectKind::Group] {
        if let Some(held) = tables.connection_to(job, kind, wanted)?
            && objects.iter().all(|object| object.key != held.object)
        {
            objects.extend(tables.object(held.object)?);
        }
    }
    objects
        .into_iter()
        .map(|object| Ok((tables.connection(job, object.key)?, object)))
        .map(|found: Result<_, StoreError>| found.map(|(connection, object)| (object, connection)))
        .collect()
}

async fn remove(settings: Settings, job: &str, object: i64) -> Result<(), CommandError> {
    if let Some(daemon) = Daemon::find(&settings).await {
        return daemon.pull(job, "unlink", object.to_string()).await;
    }
    let chance = Arc::new(Chance::from_system());
    let service = Service::open(settings, "scimulator jobs link", Arc::new(SystemClock), chance)?;
    Ok(service.pull(job, &Lever::Unlink(object)).await?)
}

fn print(job: &str, object: &ObjectRow, connection: Option<&ConnectionRow>, command: &LinkCommand) {
    let ObjectRow { id, kind, name, .. } = object;
    if command.json {
        say!(
            "{}",
            json!({
                "job": job,
                "id": id,
                "kind": kind.name(),
                "name": name,
                "targetId": connection.map(|held| &held.target_id),
                "state": connection.map(|held| held.state.name()),
                "since": connection.map(|held| held.since),
                "removed": command.remove && connection.is_some(),
            })
        );
        return;
    }
    match connection {
        None => say!("{job}: {} {name} ({id}) is not connected", kind.name()),
        Some(held) if command.remove => {
            say!(
                "{job}: {} {name} ({id}) is parted from {}; the next cycle matches it anew",
                kind.name(),
                held.target_id
            );
        }
        Some(held) => {
            let since = held.since.strftime("%Y-%m-%d %H:%M:%S UTC");
            say!(
                "{job}: {} {name} ({id}) is connected to {}, {} since {since}",
                kind.name(),
                held.target_id,
                held.state.name()
            );
        }
    }
}
