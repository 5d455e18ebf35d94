//! The one thread that writes.
//!
//! Writes come as closures through a queue. The thread takes what is there, runs it in one transaction with a savepoint
//! each, and commits when the queue is empty or the batch is full; so writes that come together cost one commit, and one that
//! fails undoes only itself. It does not wait for more: those who might ask mostly wait for an answer themselves, and a commit
//! costs less than the wait. Whoever asked is answered after the commit. A *durable* write reaches the disk before its answer
//! (`synchronous = FULL`); what others wrote before it reaches the disk with it. Source: `spec/ENGINE.md` §10.

use super::{Tables, checkpoint::Checkpointer, error::StoreError};
use rusqlite::Connection;
use std::{
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
    thread::JoinHandle,
};

/// How many writes a batch takes at most.
const BATCH_SIZE: usize = 512;

/// What the writer remembers of the file, in KiB. The index pages that an import comes back to again and again fit in.
const CACHE: i64 = 32_000;

/// How long a state is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// Whatever happens to the machine.
    ForGood,
    /// As long as this process lives: nothing waits for the disk.
    ForNow,
}

impl Keeping {
    /// SQLite's `synchronous` for a write.
    pub(super) fn synchronous(self, durable: bool) -> &'static str {
        match (self, durable) {
            (Self::ForNow, _) => "OFF",
            (Self::ForGood, true) => "FULL",
            (Self::ForGood, false) => "NORMAL",
        }
    }
}

/// What one write does; it is told whether its batch was committed.
pub(super) trait Write: Send {
    /// Runs the statements. `false` undoes them.
    fn run(&mut self, tables: &Tables) -> bool;
    /// Tells the asker how it ended: `None` when the batch was committed.
    fn answer(self: Box<Self>, failed: Option<&StoreError>);
}

enum Order {
    Write { write: Box<dyn Write>, durable: bool },
    Alone(Box<dyn FnOnce(&mut Connection) + Send>),
}

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, which owns `connection`, the one to `file` that writes.
    pub(super) fn start(mut connection: Connection, file: &Path, keeping: Keeping) -> Result<Self, StoreError> {
        // SQLite takes a positive number for one of pages.
        connection.pragma_update(None, "cache_size", -CACHE)?;
        // Where nothing waits for the disk, SQLite's own way costs nobody time.
        let checkpointer = match keeping {
            Keeping::ForGood => Some(Checkpointer::start(&mut connection, file)?),
            Keeping::ForNow => None,
        };
        let (orders, queue) = channel();
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(connection, keeping, checkpointer, &queue))
            .map_err(|error| StoreError::File { file: file.to_owned(), error })?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Queues one write. `false`: the thread is gone.
    pub(super) fn write(&self, write: Box<dyn Write>, durable: bool) -> bool {
        self.order(Order::Write { write, durable })
    }

    /// Queues something that needs the connection outside of any transaction.
    pub(super) fn alone(&self, action: Box<dyn FnOnce(&mut Connection) + Send>) -> bool {
        self.order(Order::Alone(action))
    }

    fn order(&self, order: Order) -> bool {
        self.orders.as_ref().is_some_and(|orders| orders.send(order).is_ok())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Serves until nobody can ask any more. The checkpointer ends before the connection is closed.
fn serve(connection: Connection, keeping: Keeping, checkpointer: Option<Checkpointer>, queue: &Receiver<Order>) {
    let mut tables = Tables(connection);
    let mut next = queue.recv().ok();
    while let Some(order) = next.take() {
        match order {
            Order::Alone(action) => action(&mut tables.0),
            Order::Write { write, durable } => next = batch(&tables, keeping, write, durable, queue),
        }
        next = next.or_else(|| queue.recv().ok());
    }
    drop(checkpointer);
}

/// Runs one batch, beginning with `first`. An order that belongs to another batch is handed back.
fn batch(
    tables: &Tables,
    keeping: Keeping,
    first: Box<dyn Write>,
    durable: bool,
    queue: &Receiver<Order>,
) -> Option<Order> {
    let connection = &tables.0;
    let mode = keeping.synchronous(durable);
    if let Err(error) =
        connection.pragma_update(None, "synchronous", mode).and_then(|()| connection.execute_batch("BEGIN IMMEDIATE"))
    {
        first.answer(Some(&error.into()));
        return None;
    }
    let mut done: Vec<Box<dyn Write>> = Vec::new();
    let mut next = Some(first);
    let mut left_over = None;
    let mut failed = None;
    while let Some(mut write) = next.take() {
        if let Err(error) = run(tables, write.as_mut()) {
            write.answer(Some(&error));
        } else {
            done.push(write);
        }
        // On a full disk SQLite may take the whole transaction back, and what came before in the batch with it.
        if connection.is_autocommit() {
            failed = Some(StoreError::NotWritable("the whole batch was taken back".to_owned()));
            break;
        }
        if done.len() >= BATCH_SIZE {
            break;
        }
        match queue.try_recv() {
            Ok(Order::Write { write, durable: wanted }) if wanted == durable => next = Some(write),
            Ok(order) => left_over = Some(order),
            Err(_) => {}
        }
    }
    let failed = failed.or_else(|| {
        let error = connection.execute_batch("COMMIT").err()?;
        let _ = connection.execute_batch("ROLLBACK");
        Some(StoreError::from(error))
    });
    for write in done {
        write.answer(failed.as_ref());
    }
    left_over
}

/// Runs one write within a savepoint of its own.
fn run(tables: &Tables, write: &mut dyn Write) -> Result<(), StoreError> {
    tables.now("SAVEPOINT one")?;
    if !write.run(tables) {
        tables.now("ROLLBACK TO one")?;
    }
    tables.now("RELEASE one")
}

#[cfg(test)]
mod tests {
    use super::super::{Store, StoreError, Tables};
    use std::sync::mpsc::channel;

    fn noted(tables: &Tables) -> Result<i64, StoreError> {
        Ok(tables.0.query_row("SELECT count(*) FROM noted", [], |row| row.get(0))?)
    }

    fn note(tables: &Tables) -> Result<(), StoreError> {
        Ok(tables.0.execute_batch("INSERT INTO noted VALUES (1)")?)
    }

    #[tokio::test]
    async fn a_batch_that_the_system_takes_back_is_answered_with_an_error_and_the_next_one_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db"), "test").unwrap();
        store.write(|tables| Ok(tables.0.execute_batch("CREATE TABLE noted (one)")?)).await.unwrap();
        let (go_on, waiting) = channel::<()>();
        let first = store.write(move |tables| {
            let _ = waiting.recv();
            note(tables)
        });
        let second = store.write(note);
        let third = store.write(|tables| {
            tables.0.execute_batch("ROLLBACK")?;
            Err::<(), _>(StoreError::NotWritable("the disk is full".to_owned()))
        });
        let fourth = store.write(note);
        // Each is queued when it is first looked at; the first one is held until the others are queued behind it.
        let queued = async { drop(go_on) };
        let (first, second, third, fourth, ()) = tokio::join!(first, second, third, fourth, queued);
        let why = |error: Result<(), StoreError>| match error {
            Err(StoreError::NotWritable(why)) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why(first), "the whole batch was taken back");
        assert_eq!(why(second), "the whole batch was taken back");
        assert_eq!(why(third), "the disk is full");
        fourth.unwrap();
        assert_eq!(store.read(noted).await.unwrap(), 1);
    }
}
