//! Tests of a merge that does not come to its end: the next import takes up the rest.

use super::{
    FileRow, ImportCounts, ObjectKind, StagedObject, Staging, StagingFile, Store,
    merge::{self, Series},
};
use jiff::Timestamp;

fn now() -> Timestamp {
    "2026-01-05T08:00:00Z".parse().unwrap()
}

fn object(kind: ObjectKind, id: &str, name: &str) -> StagedObject {
    StagedObject {
        kind,
        id: id.to_owned(),
        name: name.to_owned(),
        attributes: "{}".to_owned(),
        enabled: true,
        manager: None,
        in_bin: false,
        deleted_at: None,
        content_hash: format!("{id} {name}").into_bytes(),
        raw_hash: format!("{id} {name}").into_bytes(),
        line: 1,
    }
}

/// Reads a directory with these users, and a group that names its members `ann@x` and `bob@x`.
fn read(store: &Store, users: &[(&str, &str)]) -> (Staging, StagingFile) {
    let (staging, merged) = Staging::begin(store).unwrap();
    let row = |path: &str| FileRow { path: path.into(), kind: path.into(), size: 1, modified: 1, trusted: true };
    let (user_file, group_file) = (row("users"), row("groups"));
    let file = staging.add_file(&user_file, false).unwrap();
    for (id, name) in users {
        staging.add_object(file, &object(ObjectKind::User, id, name)).unwrap();
    }
    let known = staging.known_file("groups").unwrap().is_some();
    let file = staging.add_file(&group_file, known).unwrap();
    if !known {
        staging.add_object(file, &object(ObjectKind::Group, "team", "Team")).unwrap();
        staging.add_member("team", "ann@x").unwrap();
        staging.add_member("team", "bob@x").unwrap();
    }
    assert!(staging.compare(now(), 30).unwrap().clashes.is_empty());
    (staging, merged)
}

/// Reads such a directory and merges it.
async fn import(store: &Store, users: &[(&str, &str)]) -> ImportCounts {
    let (staging, file) = read(store, users);
    file.merge(staging, store, Some(now())).await.unwrap()
}

fn members(store: &Store) -> Vec<String> {
    let sql = "SELECT id FROM membership JOIN source_object ON key = member_key WHERE NOT removed ORDER BY id";
    let look = |tables: &super::Tables| {
        let mut statement = tables.0.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    store.read_blocking(look).unwrap()
}

#[tokio::test]
async fn what_was_merged_early_is_not_lost_when_the_rest_is_not_merged_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("state.db"), "test").unwrap();
    import(&store, &[("a", "ann@x")]).await;
    assert_eq!(members(&store), ["a"]);
    let before = store.read_blocking(super::Tables::sequence).unwrap();

    // Ann is renamed, and Bob is new: both go early, and then the process ends.
    let later = [("a", "anna@x"), ("b", "bob@x")];
    let (staging, merged) = read(&store, &later);
    let extent = staging.prepare_merge().unwrap();
    assert_eq!(extent.of(Series::Objects), 2);
    staging.connection.execute_batch("DETACH live").unwrap();
    let start = store.read_blocking(|tables| merge::start(&tables.0)).unwrap();
    for slice in extent.slices(start).0.into_iter().filter(|slice| slice.series == Series::Objects) {
        store
            .write_attached(merged.path().to_owned(), false, move |tables| merge::merge_slice(&tables.0, slice))
            .await
            .unwrap();
    }
    drop((staging, merged));
    assert_eq!(members(&store), ["a"]);
    assert_eq!(store.read_blocking(super::Tables::sequence).unwrap(), before);

    let counts = import(&store, &later).await;
    assert_eq!((counts.objects, counts.memberships), (0, 2));
    assert_eq!(members(&store), ["b"]);
    let (directory, objects) = store
        .read_blocking(|tables| {
            let last = tables.0.query_row("SELECT max(sequence) FROM source_object", [], |row| row.get::<_, i64>(0))?;
            Ok((tables.sequence()?, last))
        })
        .unwrap();
    assert!(directory > objects && objects > before, "{directory} {objects} {before}");
}
