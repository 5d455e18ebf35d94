//! An import of a folder in which every file is as it was: what most imports of a quiet directory are.
//!
//! Only the list of files is looked at, and what time does by itself. What has to be looked at more closely is left to the whole
//! way: a file more or less, one that is not trusted (for it was modified just before it was read, or a record of it was left
//! out), somebody whose time in the recycle bin is over, and what an import left behind that did not come to its end. All that is
//! stored is the moment, and nothing waits for that to be on the disk. Source: `spec/ENGINE.md` §1.

use super::{
    Listing,
    import::{Imported, row_of},
    warning::{left_aside, unknown_references},
};
use crate::{
    config::DirectorySettings,
    store::{FileRow, ImportCounts, Store, StoreError, Tables},
};
use jiff::Timestamp;
use std::collections::HashMap;

/// Imports the folder if nothing in it changed. None: it has to be read.
pub(super) async fn import_unchanged(
    store: &Store,
    settings: &DirectorySettings,
    listing: &Listing,
    now: Timestamp,
) -> Result<Option<Imported>, StoreError> {
    let files: HashMap<_, _> = listing
        .files
        .iter()
        .map(|file| {
            let row = row_of(file, now);
            (row.path.clone(), row)
        })
        .collect();
    let retention_days = settings.soft_delete_retention_days;
    let look = move |tables: &Tables| {
        let known = tables.known_files()?;
        let is_still = |known: &FileRow| files.get(&known.path).is_some_and(|file| file.is_still(known));
        let unchanged = known.len() == files.len() && known.iter().all(is_still);
        if !(unchanged && tables.stands_still(now, retention_days)?) {
            return Ok(None);
        }
        tables.references_still_unknown().map(Some)
    };
    let Some(unknown) = store.read(look).await? else { return Ok(None) };
    store.write(move |tables| tables.note_import(now)).await?;
    tracing::debug!("the directory is as it was");
    let mut warnings = left_aside(settings, listing);
    warnings.extend(unknown_references(settings, &unknown));
    let counts = ImportCounts { unknown, ..ImportCounts::default() };
    Ok(Some(Imported { counts, warnings, ..Imported::default() }))
}
