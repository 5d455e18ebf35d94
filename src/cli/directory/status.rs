//! `directory status`: what was last read. It needs no lock.

use super::{
    super::{
        exit::{CommandError, Exit},
        terminal::print_table,
    },
    counted, moment,
};
use crate::{
    config::{Settings, problem::Problem},
    directory::{DirectoryStatus, FileStatus, SoftDeleted, status},
    store::{Store, StoreError},
};
use serde_json::{Value, json};
use std::path::Path;

/// How many files, and users of the recycle bin, people are shown.
const SHOWN: usize = 20;

pub(super) async fn run(settings: Settings, json: bool) -> Result<Exit, CommandError> {
    let folder = settings.directory.path.clone();
    let store = match Store::open_to_read(&settings.state.path) {
        Ok(store) => store,
        Err(StoreError::Missing(_)) if json => {
            say!("{}", json!({"directory": folder, "importedAt": null}));
            return Ok(Exit::Success);
        }
        Err(error @ StoreError::Missing(_)) => {
            complain!("{error}");
            return Ok(Exit::Success);
        }
        Err(error) => return Err(error.into()),
    };
    let found = store.read(move |tables| status(tables, &settings.directory)).await?;
    if json {
        say!("{}", as_json(&folder, &found));
    } else {
        print(&folder, &found);
    }
    Ok(Exit::Success)
}

fn print(folder: &Path, status: &DirectoryStatus) {
    let DirectoryStatus { inventory, recycle_bin, warnings, .. } = status;
    match status.imported_at {
        Some(_) => {
            say!("{}: imported at {}, change number {}", folder.display(), moment(status.imported_at), status.sequence);
        }
        None => say!("{}: not imported yet", folder.display()),
    }
    for (word, count) in [
        ("users", inventory.users),
        ("in the recycle bin", inventory.soft_deleted),
        ("groups", inventory.groups),
        ("memberships", inventory.memberships),
        ("assignments", inventory.assignments),
        ("application roles", inventory.app_roles),
    ] {
        say!("  {word:<20}{count}");
    }
    if !status.files.is_empty() {
        say!("");
        let rows = status.files.iter().take(SHOWN).map(file_row).collect();
        print_table(&["file", "records", "bytes", "modified", "since the import"], rows);
        say_more(status.files.len(), "file");
    }
    if !recycle_bin.is_empty() {
        say!("");
        let rows = recycle_bin.iter().take(SHOWN).map(bin_row).collect();
        print_table(&["in the recycle bin", "id", "deleted", "purged from", "named by"], rows);
        say_more(recycle_bin.len(), "user");
    }
    if !warnings.is_empty() {
        say!("");
    }
    for warning in warnings {
        say!("{warning}");
    }
}

fn say_more(count: usize, word: &str) {
    let more = u64::try_from(count.saturating_sub(SHOWN)).unwrap_or(u64::MAX);
    if more > 0 {
        say!("and {} more", counted(more, word));
    }
}

fn file_row(file: &FileStatus) -> Vec<String> {
    vec![
        file.path.clone(),
        file.records.to_string(),
        file.size.to_string(),
        moment(file.modified),
        file.since.name().to_owned(),
    ]
}

fn bin_row(user: &SoftDeleted) -> Vec<String> {
    vec![
        user.name.clone(),
        user.id.clone(),
        moment(user.deleted_at),
        moment(user.purged_at),
        user.file.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}

fn as_json(folder: &Path, status: &DirectoryStatus) -> Value {
    let file = |file: &FileStatus| {
        json!({
            "path": file.path,
            "kind": file.kind,
            "records": file.records,
            "size": file.size,
            "modified": file.modified,
            "since": file.since.name(),
        })
    };
    let user = |user: &SoftDeleted| {
        json!({
            "id": user.id,
            "userPrincipalName": user.name,
            "deletedDateTime": user.deleted_at,
            "purgedFrom": user.purged_at,
            "file": user.file,
        })
    };
    json!({
        "directory": folder,
        "importedAt": status.imported_at,
        "changeNumber": status.sequence,
        "users": status.inventory.users,
        "softDeletedUsers": status.inventory.soft_deleted,
        "groups": status.inventory.groups,
        "memberships": status.inventory.memberships,
        "assignments": status.inventory.assignments,
        "appRoles": status.inventory.app_roles,
        "files": status.files.iter().map(file).collect::<Vec<_>>(),
        "recycleBin": status.recycle_bin.iter().map(user).collect::<Vec<_>>(),
        "warnings": status.warnings.iter().map(Problem::as_json).collect::<Vec<_>>(),
    })
}
