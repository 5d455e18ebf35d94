//! What changes while the application runs: its resources, in memory and in the state file.

use super::{
    change::Change, error::Refusal, resource::Resource, resource_kind::ResourceKind, resource_store::ResourceStore,
    state_file::StateFile,
};

/// The resources and the file that keeps them.
pub(crate) struct State {
    /// The resources.
    pub(crate) store: ResourceStore,
    /// Where changes are written down first, if anywhere.
    pub(crate) file: Option<StateFile>,
}

impl State {
    /// The resource with this id.
    pub(crate) fn find(&self, kind: ResourceKind, id: &str) -> Result<&Resource, Refusal> {
        let found = self.store.table(kind).get(id);
        found.ok_or_else(|| Refusal::NotFound(format!("no {} has the id `{id}`", kind.name())))
    }

    /// Writes changes down and makes them; if they cannot be written down, makes none.
    pub(crate) fn commit(&mut self, changes: Vec<Change>) -> Result<(), Refusal> {
        if changes.is_empty() {
            return Ok(());
        }
        if let Some(file) = &mut self.file {
            file.append(&changes).map_err(|error| Refusal::State(error.to_string()))?;
        }
        for change in changes {
            self.store.apply(change);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn what_cannot_be_written_down_is_not_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.ndjson");
        std::fs::write(&path, "").unwrap();
        let file = Some(StateFile::new(File::open(&path).unwrap(), 0));
        let mut state = State { store: ResourceStore::default(), file };
        let user = Resource::new(ResourceKind::User, "1".to_owned(), jiff::Timestamp::UNIX_EPOCH);
        let change = Change::Stored {
            kind: user.kind,
            id: user.id,
            created: user.created,
            last_modified: user.last_modified,
            attributes: user.attributes,
        };
        assert!(matches!(state.commit(vec![change.clone()]), Err(Refusal::State(_))));
        assert_eq!(state.store.table(ResourceKind::User).len(), 0);
        state.file = None;
        state.commit(vec![change]).unwrap();
        assert_eq!(state.store.table(ResourceKind::User).len(), 1);
    }
}
