//! The README's tables of what a server accepts, which a test generates.

use std::{
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// Set, the new text is written into the README instead of being complained of.
const WRITE: &str = "WRITE_README";

/// Two servers may be done at the same time.
static README: Mutex<()> = Mutex::new(());

/// Holds `table` against the one that the README has between the marks of this name.
pub(crate) fn compare(name: &str, table: &str) {
    let _one_at_a_time = README.lock().unwrap_or_else(PoisonError::into_inner);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&file).unwrap();
    let (begin, end) = (format!("<!-- {name}: generated -->\n"), format!("<!-- {name}: end -->\n"));
    let (before, rest) = readme.split_once(&begin).unwrap_or_else(|| panic!("the README has no `{begin}`"));
    let (there, after) = rest.split_once(&end).unwrap_or_else(|| panic!("the README has no `{end}`"));
    if there == table {
        return;
    }
    if std::env::var_os(WRITE).is_some() {
        fs::write(&file, [before, &begin, table, &end, after].concat()).unwrap();
        return;
    }
    panic!("the README's table of {name} should be (`{WRITE}=1` writes it):\n{table}");
}
