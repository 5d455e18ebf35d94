//! The tables, and how an older file becomes a newer one: forward only, one migration after another, all in one transaction
//! with the version they lead to (`PRAGMA user_version`). So a process that ends within leaves none of them behind, and nobody
//! who only looks finds a file halfway.
//!
//! Whoever only looks knows the tables of the present version alone. An older file is brought up to date for them, as it is for
//! those who work with it, unless somebody works with it at the moment (a daemon of an older version, say) or it cannot be
//! written.

use super::{error::StoreError, lock::Lock, prepare};
use rusqlite::{Connection, ErrorCode};
use std::path::Path;

/// The migrations; the n-th leads to version n + 1.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
    include_str!("migrations/0010.sql"),
];

/// Brings the file to the present version.
pub(super) fn migrate(connection: &mut Connection, file: &Path) -> Result<(), StoreError> {
    let found = version(connection, file)?;
    if found == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for migration in &MIGRATIONS[found..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len())?;
    Ok(transaction.commit()?)
}

/// Makes sure that the file can be read as it is, through a connection that only reads: brings an older one up to date.
pub(super) fn ensure_current(reader: &Connection, file: &Path) -> Result<(), StoreError> {
    match version(reader, file)? {
        0 => Err(StoreError::Missing(file.to_owned())),
        found if found == MIGRATIONS.len() => Ok(()),
        found => bring_up_to_date(file).or_else(|obstacle| {
            // Another process may have been faster.
            let now = version(reader, file)?;
            if now == MIGRATIONS.len() {
                return Ok(());
            }
            let (file, obstacle) = (file.to_owned(), Box::new(obstacle));
            Err(StoreError::Older { file, found, needed: MIGRATIONS.len(), obstacle })
        }),
    }
}

fn bring_up_to_date(file: &Path) -> Result<(), StoreError> {
    let _lock = Lock::take(file, "bringing it up to date")?;
    let mut connection = Connection::open(file)?;
    prepare(&connection)?;
    migrate(&mut connection, file)
}

/// The version of the file; 0 for one that is empty yet. Refuses what is no state file, and what is a newer one.
pub(super) fn version(connection: &Connection, file: &Path) -> Result<usize, StoreError> {
    let foreign = || StoreError::Foreign(file.to_owned());
    let found: Result<i64, _> = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    let found = found.map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign(),
        _ => error.into(),
    })?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if found == 0 && tables > 0 {
        return Err(foreign());
    }
    let known = || i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let version = usize::try_from(found).ok().filter(|version| *version <= MIGRATIONS.len());
    version.ok_or_else(|| StoreError::Newer { file: file.to_owned(), found, known: known() })
}
