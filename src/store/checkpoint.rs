//! Folding the write-ahead log into the state file, beside the writer.
//!
//! SQLite would do it within the commit that finds the log long, and whoever waits for that commit would wait for the disk
//! twice over. Here a thread with a connection of its own does it, while the writer goes on. What is committed meanwhile stays
//! for the next time; but a log is begun anew only when all of it is folded in. So where writes come without a pause (the slices
//! of an import), the writer itself folds in the little that is left, each time the log has grown to several times its usual
//! length; and where the thread has not come to its end when the log is twice as long, the writer waits for it.
//!
//! *Limits*: while a reader holds on to an earlier state, the log grows. What cannot be folded in (a full disk) is safe in the
//! log, and is tried again after a later commit. Source: `spec/ENGINE.md` §10; SQLite's documentation of write-ahead logging.

use super::{StoreError, prepare};
use rusqlite::{Connection, hooks::Wal};
use std::{
    ffi::c_int,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

/// How long the log grows, in pages.
#[derive(Clone, Copy, Debug)]
struct Lengths {
    /// So much more, and the thread is called.
    call: c_int,
    /// So long, and the writer does the rest itself, unless the thread is at it; twice as long, and it waits for that.
    most: c_int,
}

/// 4 MiB, which is SQLite's own measure, and 32 MiB.
const LENGTHS: Lengths = Lengths { call: 1_000, most: 8_000 };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Fold,
    End,
}

/// The thread. It has to end before the writer's connection is closed, which folds in whatever is left.
#[derive(Debug)]
pub(super) struct Checkpointer {
    orders: SyncSender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts it for the state file, whose commits all come through `writer`.
    pub(super) fn start(writer: &mut Connection, file: &Path) -> Result<Self, StoreError> {
        Self::start_with(writer, file, LENGTHS)
    }

    fn start_with(writer: &mut Connection, file: &Path, lengths: Lengths) -> Result<Self, StoreError> {
        let connection = Connection::open(file)?;
        prepare(&connection)?;
        // One order may wait: it stands for all that are given meanwhile.
        let (orders, queue) = sync_channel(1);
        let turn = Arc::new(Mutex::new(()));
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn({
                let turn = turn.clone();
                move || serve(&connection, &turn, &queue)
            })
            .map_err(|error| StoreError::File { file: file.to_owned(), error })?;
        let calls = orders.clone();
        let mut due = lengths.call;
        writer.wal_hook(Some(move |log: &mut Wal, pages: c_int| {
            if pages < due - lengths.call {
                due = lengths.call;
            }
            if pages >= lengths.most {
                let own_turn = if pages >= 2 * lengths.most {
                    Some(turn.lock().unwrap_or_else(PoisonError::into_inner))
                } else {
                    turn.try_lock().ok()
                };
                if own_turn.is_some() {
                    let _ = log.checkpoint();
                }
            } else if pages >= due {
                let _ = calls.try_send(Order::Fold);
                due = pages + lengths.call;
            }
            Ok(())
        }))?;
        Ok(Self { orders, thread: Some(thread) })
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, turn: &Mutex<()>, queue: &Receiver<Order>) {
    while queue.recv() == Ok(Order::Fold) {
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}

#[cfg(test)]
mod tests {
    use super::{Checkpointer, Lengths};
    use rusqlite::Connection;
    use std::path::Path;

    const SHORT: Lengths = Lengths { call: 10, most: 80 };
    /// Each commit writes at least a page.
    const COMMITS: usize = 2_000;

    fn open(file: &Path) -> Connection {
        let connection = Connection::open(file).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "synchronous", "NORMAL").unwrap();
        connection.execute_batch("CREATE TABLE noted (number INTEGER PRIMARY KEY)").unwrap();
        connection
    }

    fn note(connection: &Connection) {
        for _ in 0..COMMITS {
            connection.execute_batch("INSERT INTO noted DEFAULT VALUES").unwrap();
        }
    }

    fn noted(connection: &Connection) -> usize {
        connection.query_row("SELECT count(*) FROM noted", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn commits_without_a_pause_do_not_let_the_log_grow_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.db");
        let mut writer = open(&file);
        let checkpointer = Checkpointer::start_with(&mut writer, &file, SHORT).unwrap();
        note(&writer);
        let log = std::fs::metadata(folder.path().join("state.db-wal")).unwrap().len();
        assert!(log < COMMITS as u64 * 4_096 / 2, "{log} bytes");
        drop(checkpointer);
        drop(writer);
        assert!(!folder.path().join("state.db-wal").exists());
        assert_eq!(noted(&Connection::open(&file).unwrap()), COMMITS);
    }

    #[test]
    fn a_reader_keeps_its_state_while_the_log_grows_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.db");
        let mut writer = open(&file);
        let reader = Connection::open(&file).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(noted(&reader), 0);
        let checkpointer = Checkpointer::start_with(&mut writer, &file, SHORT).unwrap();
        note(&writer);
        assert_eq!(noted(&reader), 0);
        reader.execute_batch("COMMIT").unwrap();
        assert_eq!(noted(&reader), COMMITS);
        drop(reader);
        drop(checkpointer);
        drop(writer);
        assert_eq!(noted(&Connection::open(&file).unwrap()), COMMITS);
    }
}
