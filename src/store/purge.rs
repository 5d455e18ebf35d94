//! Hard deletes on demand: an import in which nothing changes but that these users are gone for good.
//!
//! So memberships, assignments and change numbers come out as at the end of the thirty days, by the same merge. Source:
//! `spec/ENGINE.md` §1, `directory purge`.

use super::{Staging, StagingFile, Store, StoreError, import, moment};
use crate::clock::Clock;
use jiff::Timestamp;
use rusqlite::params;

impl Staging {
    /// Stages the hard delete of these users, who must be in the recycle bin; others stay as they are.
    fn stage_purge(&self, keys: &[i64], now: Timestamp) -> Result<(), StoreError> {
        self.end_reading()?;
        self.connection.execute_batch(
            "INSERT INTO file (id, path, kind, size, modified, trusted, unchanged)
                SELECT id, path, kind, size, modified, trusted, 1 FROM live.source_file",
        )?;
        import::make_comparison(&self.connection)?;
        // What a record that was left out keeps stands in none of these files, and stays.
        self.connection.execute_batch(
            "INSERT INTO nameless VALUES
                ('users'), ('groups'), ('deletedUsers'), ('deletedGroups'), ('assignments'), ('appRoles')",
        )?;
        let mut statement = self.connection.prepare(
            "INSERT INTO change (key, id, action, state, deleted_at, listed, entitlement, identity) \
             SELECT key, id, 'go', 'purged', coalesce(deleted_at, ?2), listed_in_bin, 0, 1 FROM live.source_object \
             WHERE key = ?1 AND kind = 'User' AND state = 'deleted'",
        )?;
        for key in keys {
            statement.execute(params![key, moment(now)])?;
        }
        import::compare_edges(&self.connection)
    }
}

/// Deletes these users for good, who must be in the recycle bin; others stay as they are.
pub async fn purge(store: &Store, keys: Vec<i64>, clock: &dyn Clock) -> Result<(), StoreError> {
    let (for_staging, now) = (store.clone(), clock.now());
    let staged = store.beside(move || -> Result<(Staging, StagingFile), StoreError> {
        let (staging, file) = Staging::begin(&for_staging)?;
        staging.stage_purge(&keys, now)?;
        Ok((staging, file))
    });
    let (staging, file) = staged.await?;
    file.merge(staging, store, None, clock).await.map(drop)
}
