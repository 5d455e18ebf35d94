//! Every input that fuzzing kept, once more: what must hold of any input holds of these.
//!
//! The inputs lie in `fuzz/corpus`, a folder for each reader; what must hold of them is in `fuzz/properties`, where the fuzz
//! targets find it as well. Inputs that once broke something have a name that says what.

#[expect(unreachable_pub, reason = "the fuzz targets are another crate")]
#[path = "../fuzz/properties/mod.rs"]
mod properties;

use std::{fs, panic, path::Path};

/// Holds `hold` against each file of a reader's corpus, of which there must be so many at least.
fn replay(reader: &str, at_least: usize, hold: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(reader);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() >= at_least, "{} has {} files of {at_least}", folder.display(), files.len());
    let broken: Vec<_> = files
        .into_iter()
        .filter(|file| {
            let input = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            panic::catch_unwind(|| hold(&input)).is_err()
        })
        .collect();
    assert!(broken.is_empty(), "does not hold of {broken:#?}");
}

#[test]
fn expressions_are_read_printed_and_evaluated() {
    replay("expression", 100, properties::expression::hold);
}

#[test]
fn paths_and_filters_are_read_and_printed() {
    replay("path", 30, properties::path::hold);
}

#[test]
fn mapping_files_are_read_whatever_they_say() {
    replay("mapping", 30, properties::mapping::hold);
}

#[test]
fn regular_expressions_match_and_replace_within_their_budget() {
    replay("pattern", 50, properties::pattern::hold);
}

#[test]
fn answers_of_targets_are_read_whatever_they_say() {
    replay("answer", 30, properties::answer::hold);
}
