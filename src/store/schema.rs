//! The tables, and how an older file becomes a newer one: forward only, one migration after another, all in one transaction
//! with the version they lead to (`PRAGMA user_version`). So a process that ends within leaves none of them behind, and nobody
//! who only looks finds a file halfway.
//!
//! Whoever only looks knows the tables of the present version alone. An older file is brought up to date for them, as it is for
//! those who work with it, unless somebody works with it at the moment (a daemon of an older version, say) or it cannot be
//! written. Several programs may find it old at the same moment: one of them brings it up to date, and the others wait for
//! that, as long as they would wait for SQLite's own lock.

use super::{
    error::StoreError,
    lock::{Lock, has_second_name, is_held},
    open_existing, prepare,
};
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
    include_str!("migrations/0011.sql"),
    include_str!("migrations/0012.sql"),
];

/// What a process says that holds the lock only until the file is up to date.
pub(super) const UPDATING: &str = "bringing it up to date";

/// Takes the lock of the file for work with it, or says who works with it. Whoever only brings it up to date, or looks whether
/// it is in use, is waited for, as long as `pause` says so. So is whoever holds the lock of an older file: who that is, is not
/// written yet at the moment that the lock is taken.
pub(super) fn lock_for_work(file: &Path, purpose: &str, mut pause: impl FnMut() -> bool) -> Result<Lock, StoreError> {
    let is_older = || {
        let found = open_existing(file).and_then(|tables| version(&tables.0, file));
        found.is_ok_and(|found| (1..MIGRATIONS.len()).contains(&found))
    };
    let passes = |holder: &str| holder.contains(UPDATING) || !is_held(file) || is_older();
    Lock::take_when_free(file, purpose, |holder| passes(holder) && pause())
}

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

/// Makes sure that the file can be read as it is, through a connection that only reads: brings an older one up to date, or waits
/// until somebody else has done so, as long as `pause` says.
pub(super) fn ensure_current(reader: &Connection, file: &Path, pause: impl FnMut() -> bool) -> Result<(), StoreError> {
    match version(reader, file)? {
        0 => Err(StoreError::Missing(file.to_owned())),
        found if found == MIGRATIONS.len() => Ok(()),
        found => bring_up_to_date(reader, file, pause).or_else(|obstacle| {
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

fn bring_up_to_date(reader: &Connection, file: &Path, mut pause: impl FnMut() -> bool) -> Result<(), StoreError> {
    let is_older = || version(reader, file).is_ok_and(|found| found < MIGRATIONS.len());
    let _lock = Lock::take_when_free(file, UPDATING, |_| is_older() && pause())?;
    let metadata = std::fs::metadata(file).map_err(|error| StoreError::File { file: file.to_owned(), error })?;
    if has_second_name(&metadata) {
        return Err(StoreError::HardLinked(file.to_owned()));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const HALFWAY: usize = 4;

    /// A file with the tables of a version.
    fn left_at(folder: &Path, version: usize) -> PathBuf {
        let file = folder.join("state.db");
        let state = Connection::open(&file).unwrap();
        state.pragma_update(None, "journal_mode", "WAL").unwrap();
        MIGRATIONS[..version].iter().for_each(|migration| state.execute_batch(migration).unwrap());
        state.pragma_update(None, "user_version", version).unwrap();
        file
    }

    fn held(file: &Path, purpose: &str) -> Lock {
        Lock::take(file, purpose).unwrap()
    }

    fn bring_up(file: &Path) {
        migrate(&mut Connection::open(file).unwrap(), file).unwrap();
    }

    /// The holder as a refusal has it, without the number of this process.
    fn holder(refusal: &StoreError) -> String {
        let StoreError::Locked { holder, .. } = refusal else { panic!("{refusal}") };
        holder.replace(&std::process::id().to_string(), "N")
    }

    #[test]
    fn who_finds_it_being_brought_up_to_date_waits_and_then_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = left_at(folder.path(), HALFWAY);
        let reader = open_existing(&file).unwrap();
        let _other = held(&file, UPDATING);
        let mut pauses = 0;
        let pause = || {
            pauses += 1;
            if pauses == 3 {
                bring_up(&file);
            }
            true
        };
        // The other one has not let go of the lock yet: a reader needs none.
        ensure_current(&reader.0, &file, pause).unwrap();
        assert_eq!(pauses, 3);
    }

    #[test]
    fn who_finds_that_the_other_one_gave_up_brings_it_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let file = left_at(folder.path(), HALFWAY);
        let reader = open_existing(&file).unwrap();
        let mut other = Some(held(&file, UPDATING));
        let pause = || {
            other = None;
            true
        };
        ensure_current(&reader.0, &file, pause).unwrap();
        assert_eq!(version(&reader.0, &file).unwrap(), MIGRATIONS.len());
    }

    #[test]
    fn who_has_waited_long_enough_is_told_who_stands_in_the_way_at_last() {
        let folder = tempfile::tempdir().unwrap();
        let file = left_at(folder.path(), HALFWAY);
        let reader = open_existing(&file).unwrap();
        let mut other = Some(held(&file, UPDATING));
        let mut pauses = 0;
        let pause = || {
            pauses += 1;
            other = None;
            other = Some(held(&file, "scimulator run"));
            pauses < 3
        };
        let refusal = ensure_current(&reader.0, &file, pause).unwrap_err();
        let StoreError::Older { found, obstacle, .. } = &refusal else { panic!("{refusal}") };
        assert_eq!((pauses, *found, holder(obstacle).as_str()), (3, HALFWAY, "process N (scimulator run)"));
        drop(other);

        let _other = held(&file, UPDATING);
        let refusal = ensure_current(&reader.0, &file, || false).unwrap_err().to_string();
        let end = format!("process {} ({UPDATING}) is not done yet; try again when it is", std::process::id());
        assert!(refusal.ends_with(&end), "{refusal}");
    }

    #[test]
    fn who_wants_to_work_with_it_waits_for_whoever_only_brings_it_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let file = left_at(folder.path(), HALFWAY);
        let mut other = Some(held(&file, UPDATING));
        let mut pauses = 0;
        let pause = || {
            pauses += 1;
            // It holds the lock for a moment longer than the file is older.
            match pauses {
                1 => bring_up(&file),
                _ => other = None,
            }
            true
        };
        lock_for_work(&file, "test", pause).unwrap();
        assert_eq!(pauses, 2);
    }

    #[test]
    fn who_wants_to_work_with_it_waits_for_whoever_only_looks_whether_it_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let file = left_at(folder.path(), MIGRATIONS.len());
        drop(held(&file, "scimulator run"));
        let looking = std::fs::File::open(folder.path().join("state.db.lock")).unwrap();
        looking.lock_shared().unwrap();
        let mut looking = Some(looking);
        let pause = || {
            looking = None;
            true
        };
        lock_for_work(&file, "test", pause).unwrap();
    }

    #[test]
    fn who_wants_to_work_with_it_does_not_wait_for_whoever_works_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = left_at(folder.path(), MIGRATIONS.len());
        let _other = held(&file, "scimulator run");
        let refusal = lock_for_work(&file, "test", || panic!("it waits")).unwrap_err();
        assert_eq!(holder(&refusal), "process N (scimulator run)");
    }
}
