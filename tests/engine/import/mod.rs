//! The import: what is read of a folder, what is left as it is, and what is refused.
//! Source: `spec/ENGINE.md` §1.

mod comparing;
mod purging;
mod reading;
mod refusing;
mod resolving;
mod shrinking;
mod skipping;
mod vanishing;

use crate::world::World;
use scimulator::{
    directory::{ImportError, Imported},
    store::ObjectState,
};

/// The folder of the source directory, as messages name it.
fn folder(world: &World) -> String {
    world.settings().directory.path.display().to_string()
}

/// Imports the files as they stand, which must be in order.
async fn imported(world: &World) -> Imported {
    world.import_files(false).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Why the files as they stand are refused, with `DIR` for the folder.
async fn refused(world: &World) -> String {
    said(world, &world.import_files(false).await.unwrap_err())
}

/// An error's text with `DIR` for the folder.
fn said(world: &World, error: &ImportError) -> String {
    error.to_string().replace(&folder(world), "DIR")
}

/// The warnings of an import with `DIR` for the folder.
fn warnings(world: &World, imported: &Imported) -> Vec<String> {
    imported.warnings.iter().map(|warning| warning.to_string().replace(&folder(world), "DIR")).collect()
}

/// Whether the directory has a user or group, and in which state.
async fn state(world: &World, id: &str) -> Option<ObjectState> {
    let id = id.to_owned();
    let found = world.read(move |tables| tables.objects_named(&id)).await;
    found.first().map(|object| object.state)
}

/// What changed: objects, memberships, assignments.
fn changed(imported: &Imported) -> (u64, u64, u64) {
    (imported.counts.objects, imported.counts.memberships, imported.counts.assignments)
}

/// What was read: files, records.
fn read(imported: &Imported) -> (u64, u64) {
    (imported.files_read, imported.records_parsed)
}
