//! Tests of a merge that does not come to its end: the next import takes up the rest.

use super::{
    FileRow, ImportCounts, Kept, ObjectKind, StagedAssignment, StagedObject, Staging, StagingFile, Store,
    merge::{self, Series},
};
use crate::clock::ManualClock;
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
    file.merge(staging, store, Some(now()), &ManualClock::at(now())).await.unwrap()
}

fn members(store: &Store) -> Vec<String> {
    let sql = "SELECT id FROM standing_membership JOIN source_object ON key = member_key ORDER BY id";
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
    for slice in extent.slices(start).0.filter(|slice| slice.series == Series::Objects) {
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

/// A directory as its files have it at one time.
struct Files {
    /// When they were modified.
    modified: i64,
    users: &'static [(&'static str, &'static str)],
    groups: &'static [(&'static str, &'static str, &'static [&'static str])],
    assignments: &'static [&'static str],
}

const MONDAY: Files = Files {
    modified: 1,
    users: &[("a", "ann@x"), ("b", "bob@x"), ("c", "cat@x")],
    groups: &[("team", "Team", &["ann@x", "bob@x", "eve@x"]), ("old", "Club", &["ann@x", "cat@x"])],
    assignments: &["team", "club", "ann@x"],
};

/// Ann has another name, Bob has left, Dan is new; the club was made anew under its name; assignments moved.
const TUESDAY: Files = Files {
    modified: 2,
    users: &[("a", "anna@x"), ("c", "cat@x"), ("d", "dan@x")],
    groups: &[("team", "Team", &["anna@x", "dan@x"]), ("new", "Club", &["cat@x", "dan@x"])],
    assignments: &["dan@x", "club"],
};

/// Reads them as an import does: what is unchanged is not read, and of a file that is, what is kept is not parsed.
fn read_files(store: &Store, files: &Files, retention_days: u32) -> (Staging, StagingFile) {
    let (staging, merged) = Staging::begin(store).unwrap();
    let file = |path: &str| {
        let row = FileRow { path: path.into(), kind: path.into(), size: 1, modified: files.modified, trusted: true };
        let unchanged = staging.known_file(path).unwrap() == Some(row.clone());
        (staging.add_file(&row, unchanged).unwrap(), !unchanged)
    };
    let (user_file, users_read) = file("users");
    for (id, name) in files.users.iter().filter(|_| users_read) {
        let row = object(ObjectKind::User, id, name);
        if staging.keep(user_file, &row.raw_hash).unwrap() == Kept::Changed {
            staging.add_object(user_file, &row).unwrap();
        }
    }
    let (group_file, groups_read) = file("groups");
    for (id, name, members) in files.groups.iter().filter(|_| groups_read) {
        let raw_hash = format!("{id} {name} {members:?}").into_bytes();
        if staging.keep(group_file, &raw_hash).unwrap() == Kept::Changed {
            staging.add_object(group_file, &StagedObject { raw_hash, ..object(ObjectKind::Group, id, name) }).unwrap();
            members.iter().for_each(|member| staging.add_member(id, member).unwrap());
        }
    }
    let (assignment_file, assignments_read) = file("assignments");
    for (position, reference) in (1..).zip(files.assignments).filter(|_| assignments_read) {
        let (application, reference) = ("app".to_owned(), (*reference).to_owned());
        let row = StagedAssignment { application, reference, role: String::new(), position };
        staging.add_assignment(assignment_file, &row).unwrap();
    }
    assert!(staging.compare(now(), retention_days).unwrap().clashes.is_empty());
    (staging, merged)
}

async fn import_files(store: &Store, files: &Files) {
    let (staging, file) = read_files(store, files, 30);
    file.merge(staging, store, Some(now()), &ManualClock::at(now())).await.unwrap();
}

/// Merges as many slices as that, and no more. Returns how many there are.
async fn merge_some(store: &Store, (staging, merged): (Staging, StagingFile), some: usize) -> usize {
    let extent = staging.prepare_merge().unwrap();
    staging.connection.execute_batch("DETACH live").unwrap();
    let start = store.read_blocking(|tables| merge::start(&tables.0)).unwrap();
    let slices: Vec<_> = extent.slices(start).0.collect();
    for slice in slices.iter().copied().take(some) {
        let file = merged.path().to_owned();
        store.write_attached(file, false, move |tables| merge::merge_slice(&tables.0, slice)).await.unwrap();
    }
    slices.len()
}

fn lines(store: &Store, sql: &str) -> Vec<String> {
    let look = |tables: &super::Tables| {
        let mut statement = tables.0.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    store.read_blocking(look).unwrap()
}

/// Who is in which group and who is assigned, as everybody sees it.
fn edges(store: &Store) -> Vec<String> {
    lines(
        store,
        "SELECT holding.id || ' has ' || held.id FROM standing_membership \
         JOIN source_object AS holding ON holding.key = group_key JOIN source_object AS held ON held.key = member_key \
         UNION ALL SELECT position || ': ' || held.id FROM standing_assignment \
         JOIN source_object AS held ON held.key = principal_key ORDER BY 1",
    )
}

/// The same, with the objects that are there and all references.
fn everything(store: &Store) -> Vec<String> {
    let rest = lines(
        store,
        "SELECT id || ' ' || name FROM source_object WHERE state = 'live' \
         UNION ALL SELECT holding.id || ' names ' || reference || ' ' || coalesce(held.id, '-') FROM member_source \
         JOIN source_object AS holding ON holding.key = group_key \
         LEFT JOIN source_object AS held ON held.key = member_key \
         UNION ALL SELECT reference || ' is assigned ' || coalesce(held.id, '-') FROM assignment_source \
         LEFT JOIN source_object AS held ON held.key = principal_key ORDER BY 1",
    );
    edges(store).into_iter().chain(rest).collect()
}

/// Opens a state that has the directory of Monday.
async fn monday(folder: &std::path::Path, name: &str) -> Store {
    let store = Store::open(&folder.join(name), "test").unwrap();
    import_files(&store, &MONDAY).await;
    store
}

#[tokio::test]
async fn wherever_a_merge_ends_nobody_sees_half_of_it_and_the_next_one_takes_it_up_or_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = monday(folder.path(), "whole.db").await;
    let (old, old_edges) = (everything(&store), edges(&store));
    import_files(&store, &TUESDAY).await;
    let new = everything(&store);
    // Bob is in the recycle bin, and his membership stays.
    let new_edges = ["1: d", "2: new", "new has c", "new has d", "team has a", "team has b", "team has d"];
    assert_eq!(edges(&store), new_edges);
    assert_eq!(old_edges, ["1: team", "2: old", "3: a", "old has a", "old has c", "team has a", "team has b"]);

    let mut some = 0;
    loop {
        for (next, name, expected) in [(&TUESDAY, "on", &new), (&MONDAY, "back", &old)] {
            let store = monday(folder.path(), &format!("{name} {some}.db")).await;
            let all = merge_some(&store, read_files(&store, &TUESDAY, 30), some).await;
            assert_eq!(edges(&store), old_edges, "after {some} of {all} slices");
            import_files(&store, next).await;
            assert_eq!(&everything(&store), expected, "{name}, after {some} of {all} slices");
            let halves =
                "SELECT 'half' FROM membership, directory_state AS state WHERE membership.sequence > state.sequence";
            assert_eq!(lines(&store, halves), Vec::<String>::new());
            if some > all {
                assert!(all > 8, "only {all} slices");
                return;
            }
        }
        some += 1;
    }
}

#[tokio::test]
async fn where_no_file_changed_what_time_did_and_was_half_merged_does_not_stand_still() {
    let folder = tempfile::tempdir().unwrap();
    let stands = |store: &Store, days| store.read_blocking(|tables| tables.stands_still(now(), days)).unwrap();
    let mut some = 0;
    loop {
        let store = monday(folder.path(), &format!("{some}.db")).await;
        import_files(&store, &TUESDAY).await;
        // Bob is in the recycle bin, and his time in it may be over at once.
        assert!(stands(&store, 30) && !stands(&store, 0));
        let all = merge_some(&store, read_files(&store, &TUESDAY, 0), some).await;
        assert_eq!(stands(&store, 30), some == 0, "after {some} of {all} slices");
        import_files(&store, &TUESDAY).await;
        assert!(stands(&store, 30));
        assert_eq!(members(&store).contains(&"b".to_owned()), some == 0, "after {some} of {all} slices");
        if some > all {
            assert!(all > 1, "only {all} slices");
            return;
        }
        some += 1;
    }
}
