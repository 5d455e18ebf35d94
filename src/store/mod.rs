//! The state: one SQLite file, and the only place that speaks SQL.
//!
//! *What is in it*: the directory as last read, with the number of each object's last change; per job its watermark, its
//! cycles, the work of the cycle that runs, the connections between source and target objects, what was sent of
//! memberships, escrows, attempts, the disables and deletes that the deletion guard holds back (`staged`); the mail that
//! waits to be sent (`mail`); and the provisioning log. A file here is named after the table it knows.
//!
//! *How a directory gets in*: it is prepared beside the live tables (`staging`), compared with them (`import`, `turn`), and
//! merged (`merge`, `merge_edges`, `slice`): only the differences, in slices of short transactions, between which others write.
//! Where no file changed, all that is mostly left out (`unchanged`).
//!
//! *How it is used*: [`Store::read`] runs a closure on a connection of its own (WAL: readers never wait for the writer);
//! [`Store::write`] queues one for the single writer thread (`writer`), which batches, while another folds the log into the
//! file (`checkpoint`). Both give [`Tables`], whose methods
//! are the statements; rows are plain structs that higher floors convert.
//!
//! *Limits*: one process at a time works with a file (`lock`); looking at it needs no lock. The lock goes by the file's name:
//! the configuration follows symbolic links, and a file with a second name of another kind (a hard link) is refused.
//!
//! The file is a public interface: its views are documented in the README. It holds copies of people's data and is
//! readable by its owner alone. Source: `spec/ENGINE.md` §8, §10.

mod checkpoint;
mod comparison;
mod concern;
mod connection;
mod cycle;
mod entitlement;
mod error;
mod escrow;
mod forgetting;
mod import;
#[cfg(test)]
mod interrupted_merge;
mod inventory;
mod job;
mod lock;
mod log;
mod mail;
mod member;
mod merge;
mod merge_edges;
mod object;
mod purge;
mod schema;
mod scratch;
mod slice;
mod staged;
mod staging;
mod turn;
mod unchanged;
mod work;
mod writer;

pub use comparison::{ChangeKind, DifferenceCounts, ObjectContent, ObjectDifference, RoleDifference, TieDifference};
pub use concern::{Audience, Concern};
pub use connection::{AttemptRow, ConnectionRow, ConnectionState};
pub use cycle::CycleRow;
pub use entitlement::{AppRoleRow, EntitlementRow};
pub use error::StoreError;
pub use escrow::{EscrowCounts, EscrowKind, EscrowRow};
pub use forgetting::ForgettingRow;
pub use import::{Clash, ImportCounts, ImportVerdict, Removal, Spared};
pub use inventory::{BinRow, InventoryRow, Sample, UnknownReferences};
pub use job::{CoveredScope, JobIdentityRow, JobRow};
pub use lock::{private_folder, private_options};
pub use log::{LogQuery, LogRow};
pub use mail::{MailRow, WaitingMail};
pub use member::{MemberChange, MemberRow};
pub use object::{ObjectKind, ObjectRow, ObjectState};
pub use purge::purge;
pub use scratch::Scratch;
pub use staged::{StagedCounts, StagedRow};
pub use staging::{FileRow, Kept, StagedAssignment, StagedObject, Staging, StagingFile};
pub use work::{Candidate, Phase, Reach, WorkRow};

use crate::clock::{Hold, SharedClock};
use jiff::Timestamp;
use lock::Lock;
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;
use writer::{Keeping, Write, Writer};

/// How long a lock is waited for that another program holds: SQLite's, and that of a file that is being brought up to date.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections kept for later readers.
const SPARE_READERS: usize = 8;
/// Statements a connection keeps prepared.
const PREPARED_STATEMENTS: usize = 128;

/// The state file, open. Clones share it.
#[derive(Clone, Debug)]
pub struct Store(Arc<Shared>, Option<SharedClock>);

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    keeping: Keeping,
    // Dropped in this order: the writer's connection must be the last to close, for only it can fold the WAL into the file.
    readers: Mutex<Vec<Tables>>,
    writer: Option<Writer>,
    _lock: Option<Lock>,
}

/// One connection, and the statements on it.
#[derive(Debug)]
pub struct Tables(Connection);

impl Store {
    /// Opens the file for work: makes it if need be, takes its lock (`purpose` is what others are told), brings it to the
    /// present version.
    pub fn open(file: &Path, purpose: &str) -> Result<Self, StoreError> {
        Self::open_as(file, purpose, Keeping::ForGood)
    }

    /// The same for a file that nobody wants after this process: it may be lost with the machine.
    pub fn open_for_now(file: &Path, purpose: &str) -> Result<Self, StoreError> {
        Self::open_as(file, purpose, Keeping::ForNow)
    }

    fn open_as(file: &Path, purpose: &str, keeping: Keeping) -> Result<Self, StoreError> {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private_folder(folder).map_err(|error| StoreError::File { file: folder.to_owned(), error })?;
        }
        let lock = schema::lock_for_work(file, purpose, lock::patience())?;
        let failed = |error| StoreError::File { file: file.to_owned(), error };
        let made = private_options().append(true).create(true).open(file).map_err(failed)?;
        if lock::has_second_name(&made.metadata().map_err(failed)?) {
            return Err(StoreError::HardLinked(file.to_owned()));
        }
        drop(made);
        let mut connection = Connection::open(file)?;
        prepare(&connection)?;
        schema::version(&connection, file)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        schema::migrate(&mut connection, file)?;
        let writer = Writer::start(connection, file, keeping)?;
        let shared = Shared {
            file: file.to_owned(),
            keeping,
            writer: Some(writer),
            readers: Mutex::default(),
            _lock: Some(lock),
        };
        Ok(Self(Arc::new(shared), None))
    }

    /// The same store; `clock` stands still while it is read or written, if it is one that can.
    #[must_use]
    pub fn holding(self, clock: SharedClock) -> Self {
        Self(self.0, Some(clock))
    }

    fn hold(&self) -> Hold {
        self.1.as_ref().map(|clock| clock.hold()).unwrap_or_default()
    }

    /// Opens the file only to look at it: needs no lock, and changes nothing but that it brings an older file up to date.
    pub fn open_to_read(file: &Path) -> Result<Self, StoreError> {
        let tables = open_existing(file)?;
        schema::ensure_current(&tables.0, file, lock::patience())?;
        let readers = Mutex::new(vec![tables]);
        Ok(Self(
            Arc::new(Shared { file: file.to_owned(), keeping: Keeping::ForNow, writer: None, readers, _lock: None }),
            None,
        ))
    }

    /// Writes the whole state, as it is at this moment, into a new file at `copy`.
    pub fn copy_to(&self, copy: &Path) -> Result<(), StoreError> {
        Self::copy(&self.0.file, copy)
    }

    /// The same of a file that is not open. An older one stays as it is; so does its copy, until it is opened.
    pub fn copy(file: &Path, copy: &Path) -> Result<(), StoreError> {
        let tables = open_existing(file)?;
        if schema::version(&tables.0, file)? == 0 {
            return Err(StoreError::Missing(file.to_owned()));
        }
        let failed = |error| StoreError::File { file: copy.to_owned(), error };
        private_options().write(true).create_new(true).open(copy).map_err(failed)?;
        tables.0.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
        Ok(())
    }

    /// Whether some process works with the file now.
    pub fn is_in_use(&self) -> bool {
        lock::is_held(&self.0.file)
    }

    /// The file's path.
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// Runs `look` on a reader of its own, off the asynchronous threads.
    pub async fn read<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tables) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.clone();
        self.beside(move || store.read_blocking(look)).await
    }

    /// Runs what may take long off the asynchronous threads.
    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _held = self.hold();
        tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Stopped)?
    }

    /// Runs `look` on a reader, on this thread.
    pub fn read_blocking<T>(&self, look: impl FnOnce(&Tables) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let spare = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let tables = match spare {
            Some(tables) => tables,
            None => open_reader(&self.0.file)?,
        };
        tables.now("BEGIN")?;
        let found = look(&tables);
        tables.now("COMMIT")?;
        let mut readers = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < SPARE_READERS {
            readers.push(tables);
        }
        found
    }

    /// Queues `change` for the writer; answered when its batch is committed. An error undoes it alone.
    pub async fn write<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tables) -> Result<T, StoreError> + Send + 'static,
    {
        self.queue(change, false).await
    }

    /// As [`Store::write`], and on the disk (with all writes before it) when it is answered.
    pub async fn write_durably<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tables) -> Result<T, StoreError> + Send + 'static,
    {
        self.queue(change, true).await
    }

    /// Repeats a write that changes at most `limit` rows, and tells how many it did, until it changes fewer. Others write in
    /// between.
    pub async fn in_slices<F>(&self, slice: F, limit: usize) -> Result<(), StoreError>
    where
        F: Fn(&Tables) -> Result<usize, StoreError> + Clone + Send + 'static,
    {
        while self.write(slice.clone()).await? >= limit {}
        Ok(())
    }

    async fn queue<T, F>(&self, change: F, durable: bool) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tables) -> Result<T, StoreError> + Send + 'static,
    {
        let _held = self.hold();
        let (asker, answer) = oneshot::channel();
        let write = Change { action: Some(change), outcome: None, asker: Some(asker) };
        if !self.0.writer.as_ref().is_some_and(|writer| writer.write(Box::new(write), durable)) {
            return Err(StoreError::Stopped);
        }
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// Runs `action` with the file at `other` attached as `staging`, in one transaction; a durable one is on the disk
    /// afterwards.
    async fn write_attached<T, F>(&self, other: PathBuf, durable: bool, action: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tables) -> Result<T, StoreError> + Send + 'static,
    {
        let _held = self.hold();
        let mode = self.0.keeping.synchronous(durable);
        let (asker, answer) = oneshot::channel();
        let alone = move |connection: &mut Connection| {
            let _ = asker.send(attached(connection, &other, mode, action));
        };
        if !self.0.writer.as_ref().is_some_and(|writer| writer.alone(Box::new(alone))) {
            return Err(StoreError::Stopped);
        }
        answer.await.map_err(|_| StoreError::Stopped)?
    }
}

impl Tables {
    /// Runs a statement that takes and gives nothing, and that is run again and again.
    fn now(&self, statement: &str) -> Result<(), StoreError> {
        self.0.prepare_cached(statement)?.execute([])?;
        Ok(())
    }
}

fn attached<T>(
    connection: &mut Connection,
    other: &Path,
    synchronous: &str,
    action: impl FnOnce(&Tables) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.execute("ATTACH ?1 AS staging", [other.to_string_lossy()])?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    let owned = std::mem::replace(connection, Connection::open_in_memory()?);
    let tables = Tables(owned);
    let outcome = tables.0.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from).and_then(|()| {
        let done = action(&tables)?;
        tables.0.execute_batch("COMMIT")?;
        Ok(done)
    });
    if !tables.0.is_autocommit() {
        let _ = tables.0.execute_batch("ROLLBACK");
    }
    *connection = tables.0;
    connection.execute_batch("DETACH staging")?;
    outcome
}

/// A write on its way: the closure, then its outcome until the batch is committed.
struct Change<F, T> {
    action: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    asker: Option<oneshot::Sender<Result<T, StoreError>>>,
}

impl<F, T> Write for Change<F, T>
where
    T: Send,
    F: FnOnce(&Tables) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, tables: &Tables) -> bool {
        self.outcome = self.action.take().map(|action| action(tables));
        matches!(self.outcome, Some(Ok(_)))
    }

    fn answer(mut self: Box<Self>, failed: Option<&StoreError>) {
        let outcome = match (self.outcome.take(), failed) {
            (Some(Err(error)), _) => Err(error),
            (_, Some(StoreError::Busy)) => Err(StoreError::Busy),
            (_, Some(StoreError::NotWritable(why))) => Err(StoreError::NotWritable(why.clone())),
            (_, Some(error)) => Err(StoreError::NotWritable(error.to_string())),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(StoreError::Stopped),
        };
        if let Some(asker) = self.asker.take() {
            let _ = asker.send(outcome);
        }
    }
}

fn open_existing(file: &Path) -> Result<Tables, StoreError> {
    if !file.exists() {
        return Err(StoreError::Missing(file.to_owned()));
    }
    open_reader(file)
}

fn open_reader(file: &Path) -> Result<Tables, StoreError> {
    let connection =
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&connection)?;
    Ok(Tables(connection))
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    // Without it, statements that a partial index might serve are planned anew for every value that is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// A moment as the file has it: UTC with milliseconds, so that texts sort as moments do.
fn moment(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn timestamp(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|_| StoreError::Unexpected(format!("`{text}` for a moment")))
}

#[expect(clippy::needless_pass_by_value, reason = "it takes a column's value as it is read")]
fn optional_timestamp(text: Option<String>) -> Result<Option<Timestamp>, StoreError> {
    text.as_deref().map(timestamp).transpose()
}
