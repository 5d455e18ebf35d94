//! The state file by the one name that it has however it is written.
//!
//! Lock and control socket stand beside the state file. Two configurations that name one file, one of them through a symbolic
//! link, must find the same ones, or both would work with it at once. So a name that leads through a link is replaced by the
//! one that it leads to; any other is left as it is written, for messages repeat it.

use std::path::{Path, PathBuf};

/// How many links are followed that lead nowhere yet; more are a circle, which the system refuses in words of its own.
const LONGEST_CHAIN: usize = 40;

/// The name of the file without any link, where `written` has one. The file, and folders above it, may still have to be made.
pub(super) fn without_links(written: PathBuf) -> PathBuf {
    match std::path::absolute(&written) {
        Ok(absolute) => {
            let real = real(&absolute, LONGEST_CHAIN);
            if real == absolute { written } else { real }
        }
        Err(_) => written,
    }
}

fn real(path: &Path, links: usize) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return path.to_owned() };
    match path.read_link() {
        Ok(target) if links > 0 => real(&folder.join(target), links - 1),
        _ => real(folder, links).join(name),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::without_links;
    use std::{fs, os::unix::fs::symlink};

    #[test]
    fn a_link_to_a_file_or_a_folder_is_replaced_by_where_it_leads_whether_or_not_that_is_there_yet() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("links")).unwrap();
        symlink("../state/s.db", root.join("links/x.db")).unwrap();
        symlink("x.db", root.join("links/y.db")).unwrap();
        symlink("state", root.join("other")).unwrap();
        let names = ["links/x.db", "links/y.db", "other/s.db"];
        let found = || names.map(|name| without_links(root.join(name)));

        assert_eq!(found(), names.map(|_| root.join("state/s.db")));
        fs::create_dir(root.join("state")).unwrap();
        assert_eq!(found(), names.map(|_| root.join("state/s.db")));
        fs::write(root.join("state/s.db"), "").unwrap();
        assert_eq!(found(), names.map(|_| root.join("state/s.db")));
    }

    #[test]
    fn a_name_without_a_link_stays_as_it_is_written() {
        for name in ["state/s.db", "s.db", "/no/such/folder/s.db"] {
            assert_eq!(without_links(name.into()), std::path::Path::new(name));
        }
    }

    #[test]
    fn a_circle_of_links_comes_to_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        symlink("b.db", root.join("a.db")).unwrap();
        symlink("a.db", root.join("b.db")).unwrap();
        assert_eq!(without_links(root.join("a.db")).parent(), Some(&*root));
    }
}
