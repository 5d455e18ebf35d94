//! Where an import is prepared, beside the live tables.
//!
//! What is read goes into a file of its own; it is compared there with the live tables, and only the differences are merged
//! (`merge`). So other jobs' writes wait for the differences alone, and an import that is refused has touched nothing. While
//! files are read, the live tables are looked at record by record, on a connection of its own: no snapshot is held
//! meanwhile, which would keep the write-ahead log from being folded in. Where it is only to be seen what an import would change, what is read goes into a database that vanishes
//! with its connection. Source: `spec/ENGINE.md` §1, "Import", and §10.

use super::{
    ObjectKind, Store, StoreError, Tables, import, inventory::UnknownReferences, lock::private_options, merge, moment,
    open_reader,
};
use crate::clock::{Clock, elapsed};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use std::{
    cell::RefCell,
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// A file of the source directory, as it was when it was last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Its path below the directory's folder.
    pub path: String,
    /// What it holds.
    pub kind: String,
    /// Bytes.
    pub size: i64,
    /// When it was modified: nanoseconds since 1970.
    pub modified: i64,
    /// Whether size and time are enough to know it again. A file modified just before it was read is not trusted.
    pub trusted: bool,
}

impl FileRow {
    /// A file from the columns in the order of its fields.
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            path: row.get(0)?,
            kind: row.get(1)?,
            size: row.get(2)?,
            modified: row.get(3)?,
            trusted: row.get(4)?,
        })
    }

    /// Whether the file is as it was when it was `known`, so that it need not be read.
    pub fn is_still(&self, known: &Self) -> bool {
        known.trusted && *known == Self { trusted: true, ..self.clone() }
    }
}

/// A user or group as read.
#[derive(Clone, Debug)]
pub struct StagedObject {
    /// User or group.
    pub kind: ObjectKind,
    /// The source id, in lower case.
    pub id: String,
    /// User principal name or display name.
    pub name: String,
    /// The source attributes: JSON.
    pub attributes: String,
    /// `accountEnabled`, or `securityEnabled`.
    pub enabled: bool,
    /// The manager as written, in lower case.
    pub manager: Option<String>,
    /// Whether `deletedUsers` or `deletedGroups` names it.
    pub in_bin: bool,
    /// When it was deleted, where the record says so.
    pub deleted_at: Option<Timestamp>,
    /// A digest of everything above.
    pub content_hash: Vec<u8>,
    /// A digest of the record's raw text.
    pub raw_hash: Vec<u8>,
    /// The line its record begins at.
    pub line: i64,
}

/// An assignment as read.
#[derive(Clone, Debug)]
pub struct StagedAssignment {
    /// The application, as written.
    pub application: String,
    /// Who: an id, a user principal name or a group's name.
    pub reference: String,
    /// The role; empty is Default Access.
    pub role: String,
    /// Its place in the order of assignment.
    pub position: i64,
}

/// What is known of a record's raw text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The same record stood in the same file at the last import.
    Unchanged,
    /// It is new or differs.
    Changed,
    /// The same text stands in the file twice.
    Duplicate,
}

/// An import in preparation. Dropping it forgets it.
#[derive(Debug)]
pub struct Staging {
    pub(super) connection: Connection,
    /// The live tables, to be looked at while files are read.
    live: Connection,
    /// Where the live tables are, until they are attached to be compared.
    apart: RefCell<Option<String>>,
}

/// The file of an import that is to be merged; it goes with this value.
#[derive(Debug)]
pub struct StagingFile {
    file: PathBuf,
    store: PathBuf,
}

const TABLES: &str = "
    CREATE TABLE file (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, size INTEGER NOT NULL,
        modified INTEGER NOT NULL, trusted INTEGER NOT NULL, unchanged INTEGER NOT NULL);
    CREATE TABLE kept (file INTEGER NOT NULL, raw_hash BLOB NOT NULL, PRIMARY KEY (file, raw_hash)) WITHOUT ROWID;
    CREATE TABLE object (ordinal INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
        folded TEXT NOT NULL, attributes TEXT NOT NULL, enabled INTEGER NOT NULL, manager TEXT, in_bin INTEGER NOT NULL,
        deleted_at TEXT, content_hash BLOB NOT NULL, raw_hash BLOB NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL);
    CREATE TABLE member (group_id TEXT NOT NULL, reference TEXT NOT NULL, PRIMARY KEY (group_id, reference)) WITHOUT ROWID;
    CREATE TABLE assignment (application TEXT NOT NULL, reference TEXT NOT NULL, role TEXT NOT NULL, file INTEGER NOT NULL,
        position INTEGER NOT NULL, PRIMARY KEY (application, reference, role)) WITHOUT ROWID;
    CREATE TABLE app_role (application TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, display_name TEXT NOT NULL,
        file INTEGER NOT NULL, PRIMARY KEY (application, id)) WITHOUT ROWID;
    CREATE TABLE skipped (file INTEGER NOT NULL, id TEXT);
    CREATE INDEX skipped_file ON skipped (file);
    CREATE INDEX skipped_id ON skipped (id);";

impl Staging {
    /// Begins an import into `store`, in a file that [`StagingFile::merge`] merges.
    pub fn begin(store: &Store) -> Result<(Self, StagingFile), StoreError> {
        let mut name = store.file().as_os_str().to_owned();
        name.push(".import");
        let file = PathBuf::from(name);
        let failed = |error| StoreError::File { file: file.clone(), error };
        private_options().write(true).create(true).truncate(true).open(&file).map_err(failed)?;
        let connection = Connection::open(&file)?;
        prepare(&connection, None)?;
        let apart = RefCell::new(Some(store.file().to_string_lossy().into_owned()));
        let staging = Self { connection, live: open_reader(store.file())?.0, apart };
        Ok((staging, StagingFile { file, store: store.file().to_owned() }))
    }

    /// Begins an import that is only looked at: `store` may be open to be read, in the hands of another process even, and
    /// nothing is left behind. All of it sees the tables as they are now.
    pub fn aside(store: &Store) -> Result<Self, StoreError> {
        // The empty name is a database of its own on the disk, which SQLite removes.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags("", flags)?;
        prepare(&connection, Some(&read_only(store.file())))?;
        connection.query_row("SELECT sequence FROM live.directory_state", [], |_| Ok(()))?;
        let live = open_reader(store.file())?.0;
        live.execute_batch("BEGIN; SELECT sequence FROM directory_state")?;
        Ok(Self { connection, live, apart: RefCell::new(None) })
    }

    /// Ends the reading: from here on the live tables are at hand as `live`. Nothing is undone any more, and a journal, which
    /// is in memory, would hold every row that the comparison alters.
    pub(super) fn end_reading(&self) -> Result<(), StoreError> {
        if let Some(live) = self.apart.take() {
            self.connection.execute_batch("COMMIT")?;
            self.connection.pragma_update(None, "journal_mode", "OFF")?;
            self.connection.execute("ATTACH ?1 AS live", [live])?;
        }
        Ok(())
    }

    /// The file of that path as it was last read.
    pub fn known_file(&self, path: &str) -> Result<Option<FileRow>, StoreError> {
        let sql = "SELECT path, kind, size, modified, trusted FROM source_file WHERE path = ?1";
        let mut statement = self.live.prepare_cached(sql)?;
        Ok(statement.query_row([path], FileRow::of).optional()?)
    }

    /// Adds a file. An unchanged one is not read: everything in it stays. Returns its number.
    pub fn add_file(&self, row: &FileRow, unchanged: bool) -> Result<i64, StoreError> {
        let known = self
            .live
            .prepare_cached("SELECT id FROM source_file WHERE path = ?1")?
            .query_row([&row.path], |row| row.get::<_, i64>(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => {
                let last = |connection: &Connection, table: &str| {
                    let sql = format!("SELECT coalesce(max(id), 0) FROM {table}");
                    connection.prepare_cached(&sql)?.query_row([], |row| row.get::<_, i64>(0))
                };
                last(&self.live, "source_file")?.max(last(&self.connection, "file")?) + 1
            }
        };
        self.connection
            .prepare_cached(
                "INSERT INTO file (id, path, kind, size, modified, trusted, unchanged) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![id, row.path, row.kind, row.size, row.modified, row.trusted, unchanged])?;
        Ok(id)
    }

    /// Whether a file of this kind is no longer as it was at the last import, or no longer there.
    pub fn is_altered(&self, kind: &str) -> Result<bool, StoreError> {
        let mut known = self.live.prepare_cached("SELECT path FROM source_file WHERE kind = ?1")?;
        let mut unchanged = self.connection.prepare_cached("SELECT 1 FROM file WHERE path = ?1 AND unchanged")?;
        let mut rows = known.query([kind])?;
        while let Some(row) = rows.next()? {
            if !unchanged.exists([row.get_ref(0)?.as_str().unwrap_or_default()])? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Notes that an unchanged file is read after all. Returns its number.
    pub fn read_anyway(&self, path: &str) -> Result<i64, StoreError> {
        let sql = "UPDATE file SET unchanged = 0 WHERE path = ?1 RETURNING id";
        Ok(self.connection.prepare_cached(sql)?.query_row([path], |row| row.get(0))?)
    }

    /// Corrects a file's size and time after it was read. One with a record that was left out is read again next time, for
    /// the record goes on sparing whatever it names.
    pub fn update_file(&self, id: i64, row: &FileRow) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "UPDATE file SET size = ?2, modified = ?3, \
                 trusted = ?4 AND NOT EXISTS (SELECT 1 FROM skipped WHERE file = ?1) WHERE id = ?1",
            )?
            .execute(params![id, row.size, row.modified, row.trusted])?;
        Ok(())
    }

    /// Marks a point that [`Staging::undo_to_mark`] goes back to.
    pub fn mark(&self) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch("SAVEPOINT mark")?)
    }

    /// Forgets what was added since the last mark.
    pub fn undo_to_mark(&self) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch("ROLLBACK TO mark; RELEASE mark")?)
    }

    /// Looks whether a record with this raw text stood in the same file before; if so, its object stays as it is.
    pub fn keep(&self, file: i64, raw_hash: &[u8]) -> Result<Kept, StoreError> {
        let known = self
            .live
            .prepare_cached("SELECT 1 FROM source_object WHERE file = ?1 AND raw_hash = ?2 AND state <> 'purged'")?
            .exists(params![file, raw_hash])?;
        if !known {
            return Ok(Kept::Changed);
        }
        let added = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO kept (file, raw_hash) VALUES (?1, ?2)")?
            .execute(params![file, raw_hash])?;
        Ok(if added == 0 { Kept::Duplicate } else { Kept::Unchanged })
    }

    /// Adds a user or group that is new or differs.
    pub fn add_object(&self, file: i64, row: &StagedObject) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO object (kind, id, name, folded, attributes, enabled, manager, in_bin, deleted_at, \
                 content_hash, raw_hash, file, line) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                row.kind.name(),
                row.id,
                row.name,
                row.name.to_lowercase(),
                row.attributes,
                row.enabled,
                row.manager,
                row.in_bin,
                row.deleted_at.map(moment),
                row.content_hash,
                row.raw_hash,
                file,
                row.line
            ])?;
        Ok(())
    }

    /// Adds a member of a group that is new or differs.
    pub fn add_member(&self, group_id: &str, reference: &str) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO member (group_id, reference) VALUES (?1, ?2)")?
            .execute(params![group_id, reference.to_lowercase()])?;
        Ok(())
    }

    /// Adds an assignment of a changed file.
    pub fn add_assignment(&self, file: i64, row: &StagedAssignment) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT OR IGNORE INTO assignment (application, reference, role, file, position) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                row.application.to_lowercase(),
                row.reference.to_lowercase(),
                row.role,
                file,
                row.position
            ])?;
        Ok(())
    }

    /// Adds an application role of a changed file.
    pub fn add_app_role(
        &self,
        file: i64,
        application: &str,
        id: &str,
        value: &str,
        display_name: &str,
    ) -> Result<(), StoreError> {
        let sql =
            "INSERT OR REPLACE INTO app_role (application, id, value, display_name, file) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.connection.prepare_cached(sql)?.execute(params![
            application.to_lowercase(),
            id,
            value,
            display_name,
            file
        ])?;
        Ok(())
    }

    /// Notes a record that was left out because it cannot be read: whoever it names is not deleted for it. If it does not say
    /// whose it is, it may be anybody's of its kind, from whatever file: none of them is.
    pub fn skip(&self, file: i64, id: Option<&str>) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("INSERT INTO skipped (file, id) VALUES (?1, ?2)")?
            .execute(params![file, id.map(str::to_lowercase)])?;
        Ok(())
    }

    /// Ends the reading: makes the indexes, and compares with the live tables.
    pub fn compare(&self, now: Timestamp, retention_days: u32) -> Result<import::ImportVerdict, StoreError> {
        self.end_reading()?;
        import::compare(&self.connection, now, retention_days)
    }
}

impl StagingFile {
    /// Where it is.
    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        &self.file
    }

    /// Merges the differences into the live tables, slice by slice; the last one brings them into force. Returns what changed.
    /// `imported_at` is when the files were read; none leaves the moment of the last import as it is. `clock` tells how long
    /// slices take.
    pub async fn merge(
        self,
        staging: Staging,
        store: &Store,
        imported_at: Option<Timestamp>,
        clock: &dyn Clock,
    ) -> Result<import::ImportCounts, StoreError> {
        let (staging, extent) = store
            .beside(move || {
                let extent = staging.prepare_merge()?;
                staging.connection.execute_batch("DETACH live")?;
                Ok((staging, extent))
            })
            .await?;
        let start = store.read(|tables| merge::start(&tables.0)).await?;
        let file = || self.file.clone();
        let (mut slices, last) = extent.slices(start);
        while let Some(slice) = slices.next() {
            let asked = clock.now();
            store.write_attached(file(), false, move |tables| merge::merge_slice(&tables.0, slice)).await?;
            slices.took(elapsed(clock, asked));
        }
        let finished = move |tables: &Tables| merge::finish(&tables.0, start, last, imported_at);
        store.write_attached(file(), true, finished).await?;
        let counts = extent.counts();
        let live = self.store.to_string_lossy().into_owned();
        store
            .beside(move || {
                staging.connection.execute("ATTACH ?1 AS live", [live])?;
                let unknown = UnknownReferences::find(&staging.connection, "live", "main.object", "true")?;
                Ok(import::ImportCounts { unknown, ..counts })
            })
            .await
    }
}

/// Makes a database ready to read into, with the live tables at hand if they are given.
fn prepare(connection: &Connection, live: Option<&str>) -> Result<(), StoreError> {
    super::prepare(connection)?;
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    if let Some(live) = live {
        // After the modes, which would be those of the live tables, too.
        connection.execute("ATTACH ?1 AS live", [live])?;
    }
    connection.execute_batch(TABLES)?;
    Ok(connection.execute_batch("BEGIN")?)
}

impl Drop for StagingFile {
    fn drop(&mut self) {
        // The file is made anew by each import; one that stays behind is in nobody's way.
        let _ = std::fs::remove_file(&self.file);
    }
}

/// The URI by which SQLite opens a file without ever writing to it.
fn read_only(file: &Path) -> String {
    let mut uri = if file.is_absolute() { "file://" } else { "file:" }.to_owned();
    for byte in file.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri + "?mode=ro"
}

#[cfg(test)]
mod tests {
    use super::read_only;
    use std::path::Path;

    #[test]
    fn no_character_of_a_path_means_anything_else_in_its_uri() {
        assert_eq!(read_only(Path::new("a b/c?d#e%f/ü.db")), "file:a%20b/c%3Fd%23e%25f/%C3%BC.db?mode=ro");
        assert_eq!(read_only(Path::new("/state/x.db")), "file:///state/x.db?mode=ro");
    }
}
