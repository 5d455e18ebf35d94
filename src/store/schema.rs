//! The tables, and how an older file becomes a newer one: forward only, one migration after another, each in a transaction
//! of its own with the version it leads to (`PRAGMA user_version`).

use super::error::StoreError;
use rusqlite::Connection;
use std::path::Path;

/// The migrations; the n-th leads to version n + 1.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001.sql"), include_str!("migrations/0002.sql")];

/// Brings the file to the present version.
pub(super) fn migrate(connection: &mut Connection, file: &Path) -> Result<(), StoreError> {
    let found = version(connection)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { file: file.to_owned(), found, known });
    }
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(usize::try_from(found).unwrap_or_default()) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", index + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Refuses a file that this program cannot read as it is.
pub(super) fn check_version(connection: &Connection, file: &Path) -> Result<(), StoreError> {
    let found = version(connection)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    match found {
        0 => Err(StoreError::Missing(file.to_owned())),
        found if found > known => Err(StoreError::Newer { file: file.to_owned(), found, known }),
        _ => Ok(()),
    }
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
