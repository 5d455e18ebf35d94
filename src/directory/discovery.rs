//! Which files of the folder belong to the directory.
//!
//! A file belongs to it by its name alone: the name of a [`FileKind`] with the extension of a [`Format`], or any name
//! with such an extension in a folder named after the kind. The order is fixed, for the order of first import is the
//! order in which a cycle walks objects: kind by kind, within a kind by name in lower case, a file before the folder's
//! files.
//!
//! Dot files and what editors, spreadsheets and downloads leave behind are passed over silently, and so is whatever has
//! neither the name of a kind nor the extension of a format (a `README.md`). Everything else that is not read is
//! reported.
//!
//! Source: `spec/ENGINE.md` §1.

use super::file::{FileKind, Format, SourceFile, modified};
use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The files to read, in the order in which to read them.
    pub files: Vec<SourceFile>,
    /// What is left aside, though it may have been meant.
    pub ignored: Vec<Ignored>,
}

/// An entry of the folder that is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is ignored: {reason}", name.display())]
pub struct Ignored {
    /// The path relative to the directory's folder.
    pub name: PathBuf,
    /// Why it is not read.
    pub reason: IgnoredReason,
}

/// Why an entry of the folder is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IgnoredReason {
    /// A folder within a kind's folder.
    #[error("folders within a folder are not read")]
    Folder,
    /// Neither a file nor a folder: a pipe, a socket, a link that leads nowhere.
    #[error("it is no regular file")]
    NotAFile,
    /// A known name with the extension of no format.
    #[error("a file must end in `.json`, `.ndjson`, `.jsonl` or `.csv`")]
    UnknownFormat,
    /// A known format under an unknown name, or a folder whose name is nearly a known one.
    #[error("no such name is known{}", did_you_mean(nearest.as_deref()))]
    UnknownName {
        /// The known name that it resembles.
        nearest: Option<String>,
    },
}

/// Why a folder cannot be the source directory.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Nothing is there.
    #[error("the directory folder `{}` does not exist; create it or correct `[directory] path`", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// A file is there.
    #[error("`{}` is not a folder; `[directory] path` must name the folder of the users file", folder.display())]
    NotAFolder {
        /// The path that should be a folder.
        folder: PathBuf,
    },
    /// The folder holds nothing about users.
    #[error(
        "`{}` has no users file; expected `users.json`, `users.ndjson`, `users.csv` or such files in folder `users`{}",
        folder.display(), did_you_mean_file(found.as_deref())
    )]
    NoUsers {
        /// The folder.
        folder: PathBuf,
        /// A file with a name like it.
        found: Option<String>,
    },
    /// The operating system refuses.
    #[error("`{}` cannot be read: {source}", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Lists the files of the source directory in `folder`, in the order in which they are to be read.
pub fn discover(folder: &Path) -> Result<Listing, DirectoryError> {
    let mut listing = Listing { files: Vec::new(), ignored: Vec::new() };
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(DirectoryError::NotAFolder { folder: folder.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(DirectoryError::Missing { folder: folder.to_owned() });
        }
        Err(source) => return Err(DirectoryError::Unreadable { path: folder.to_owned(), source }),
    }
    for entry in entries(folder, Path::new(""))? {
        match (&entry.shape, entry.kind, entry.format) {
            (Shape::Folder, Some(kind), _) => listing.add_folder(&entry, kind)?,
            (Shape::File(metadata), Some(kind), Some(format)) => {
                listing.files.push(source_file(&entry, kind, format, metadata));
            }
            (Shape::Other, Some(_), Some(_)) => listing.ignore(entry.name, IgnoredReason::NotAFile),
            (_, Some(_), None) => listing.ignore(entry.name, IgnoredReason::UnknownFormat),
            (_, None, Some(format)) => {
                let nearest = FileKind::nearest(&entry.stem).map(|kind| format!("{kind}.{format}"));
                listing.ignore(entry.name, IgnoredReason::UnknownName { nearest });
            }
            (_, None, None) => {
                if let (Shape::Folder, Some(kind)) = (&entry.shape, FileKind::nearest(&entry.stem)) {
                    listing.ignore(entry.name, IgnoredReason::UnknownName { nearest: Some(kind.to_string()) });
                }
            }
        }
    }
    if !listing.files.iter().any(|file| file.kind == FileKind::Users) {
        return Err(DirectoryError::NoUsers { folder: folder.to_owned(), found: listing.likely_users_file() });
    }
    listing.files.sort_by_cached_key(|file| {
        let name = file.name.to_string_lossy().to_lowercase();
        (file.kind, name, file.name.clone())
    });
    listing.ignored.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(listing)
}

impl Listing {
    fn add_folder(&mut self, folder: &Entry, kind: FileKind) -> Result<(), DirectoryError> {
        for entry in entries(&folder.path, &folder.name)? {
            match (&entry.shape, entry.format) {
                (Shape::File(metadata), Some(format)) => {
                    self.files.push(source_file(&entry, kind, format, metadata));
                }
                (Shape::File(_), None) => self.ignore(entry.name, IgnoredReason::UnknownFormat),
                (Shape::Folder, _) => self.ignore(entry.name, IgnoredReason::Folder),
                (Shape::Other, _) => self.ignore(entry.name, IgnoredReason::NotAFile),
            }
        }
        Ok(())
    }

    fn ignore(&mut self, name: PathBuf, reason: IgnoredReason) {
        self.ignored.push(Ignored { name, reason });
    }

    /// An entry that may have been meant for the users file.
    fn likely_users_file(&self) -> Option<String> {
        let resembles = |ignored: &&Ignored| {
            let stem = ignored.name.file_stem().map(OsStr::to_string_lossy);
            stem.is_some_and(|stem| FileKind::nearest(&stem) == Some(FileKind::Users))
        };
        let name = |ignored: &Ignored| ignored.name.display().to_string();
        self.ignored.iter().filter(resembles).map(name).min()
    }
}

/// One entry of a folder.
struct Entry {
    path: PathBuf,
    name: PathBuf,
    /// A file's name without extension, a folder's whole name.
    stem: String,
    /// What the stem means.
    kind: Option<FileKind>,
    /// What a file's extension means.
    format: Option<Format>,
    shape: Shape,
}

/// What an entry is, links followed.
enum Shape {
    File(fs::Metadata),
    Folder,
    Other,
}

/// The entries of one folder except those that are passed over silently. `within` is the folder's own relative name.
fn entries(folder: &Path, within: &Path) -> Result<Vec<Entry>, DirectoryError> {
    let unreadable = |source| DirectoryError::Unreadable { path: folder.to_owned(), source };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let file_name = entry.map_err(unreadable)?.file_name();
        if is_left_over(&file_name.to_string_lossy()) {
            continue;
        }
        let path = folder.join(&file_name);
        let shape = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => Shape::File(metadata),
            Ok(metadata) if metadata.is_dir() => Shape::Folder,
            Ok(_) => Shape::Other,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Shape::Other,
            Err(source) => return Err(DirectoryError::Unreadable { path, source }),
        };
        let (stem, extension) = match shape {
            Shape::Folder => (Some(file_name.as_os_str()), None),
            Shape::File(_) | Shape::Other => (path.file_stem(), path.extension()),
        };
        let stem = stem.map(OsStr::to_string_lossy).unwrap_or_default().into_owned();
        let format = extension.and_then(|extension| Format::of_extension(&extension.to_string_lossy()));
        let kind = FileKind::named(&stem);
        entries.push(Entry { name: within.join(&file_name), stem, kind, format, shape, path });
    }
    Ok(entries)
}

fn source_file(entry: &Entry, kind: FileKind, format: Format, metadata: &fs::Metadata) -> SourceFile {
    let (path, name) = (entry.path.clone(), entry.name.clone());
    SourceFile { path, name, kind, format, size: metadata.len(), modified: modified(metadata) }
}

/// Dot files; the back-up, lock and swap files of editors and spreadsheets; unfinished downloads; a desktop's own
/// files.
fn is_left_over(name: &str) -> bool {
    const EXTENSIONS: [&str; 11] =
        ["bak", "crdownload", "lock", "old", "orig", "part", "partial", "swo", "swp", "temp", "tmp"];
    let extension = Path::new(name).extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    name.starts_with(['.', '#'])
        || name.starts_with("~$")
        || name.ends_with(['~', '#'])
        || EXTENSIONS.contains(&extension.as_str())
        || ["desktop.ini", "thumbs.db"].contains(&name.to_ascii_lowercase().as_str())
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default()
}

fn did_you_mean_file(found: Option<&str>) -> String {
    found.map(|found| format!("; should `{found}` be one?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{SignedDuration, Timestamp};
    use tempfile::TempDir;

    /// A folder with empty files of these names, and the folders they need.
    fn folder(names: &[&str]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        folder
    }

    fn found(names: &[&str]) -> Vec<String> {
        let folder = folder(names);
        let listing = discover(folder.path()).unwrap();
        listing.files.iter().map(|file| format!("{} {} {:?}", file.name.display(), file.kind, file.format)).collect()
    }

    fn ignored(names: &[&str]) -> Vec<String> {
        let folder = folder(&[names, &["users.json"]].concat());
        discover(folder.path()).unwrap().ignored.iter().map(ToString::to_string).collect()
    }

    fn refused(names: &[&str]) -> String {
        let folder = folder(names);
        let message = discover(folder.path()).unwrap_err().to_string();
        message.replace(&folder.path().display().to_string(), "FOLDER")
    }

    #[test]
    fn files_come_kind_by_kind_and_by_name() {
        assert_eq!(
            found(&[
                "users/b.json",
                "users/A.json",
                "assignments.csv",
                "appRoles.json",
                "deletedGroups.json",
                "deletedUsers.ndjson",
                "groups/staff.ndjson",
                "groups.json",
                "users.jsonl",
                "users.csv",
            ]),
            [
                "users.csv users Csv",
                "users.jsonl users Ndjson",
                "users/A.json users Json",
                "users/b.json users Json",
                "groups.json groups Json",
                "groups/staff.ndjson groups Ndjson",
                "appRoles.json appRoles Json",
                "assignments.csv assignments Csv",
                "deletedUsers.ndjson deletedUsers Ndjson",
                "deletedGroups.json deletedGroups Json",
            ]
        );
    }

    #[test]
    fn letter_case_of_names_does_not_matter() {
        assert_eq!(
            found(&["Users.JSON", "APPROLES.csv", "Groups/x.NdJson"]),
            ["Users.JSON users Json", "Groups/x.NdJson groups Ndjson", "APPROLES.csv appRoles Csv"]
        );
    }

    #[test]
    fn a_file_carries_its_size_and_notices_a_change() {
        let folder = folder(&["users.json"]);
        let file = discover(folder.path()).unwrap().files.remove(0);
        assert_eq!(file.size, 1);
        assert!(file.is_unchanged().unwrap());
        let set = |text: &str, modified: Timestamp| {
            fs::write(&file.path, text).unwrap();
            fs::File::options().append(true).open(&file.path).unwrap().set_modified(modified.into()).unwrap();
            file.is_unchanged().unwrap()
        };
        let modified = file.modified.unwrap();
        assert!(set("y", modified));
        assert!(!set("xy", modified));
        assert!(!set("x", modified + SignedDuration::from_secs(1)));
    }

    #[test]
    fn what_programs_leave_behind_is_passed_over_silently() {
        let names =
            [".users.json.swp", "users.json~", "#users.json#", "~$users.csv", "users.json.tmp", "users.csv.bak"];
        assert_eq!(ignored(&names), [""; 0]);
        assert_eq!(ignored(&["users/.hidden.json", "users/a.json~", ".git/config"]), [""; 0]);
    }

    #[test]
    fn unrelated_files_are_passed_over_silently() {
        assert_eq!(
            ignored(&["README.md", "LICENSE", "photos/ann.jpg", "notes/users.json", "users_guide.pdf"]),
            [""; 0]
        );
    }

    #[test]
    fn what_may_have_been_meant_is_reported_with_the_nearest_name() {
        assert_eq!(
            ignored(&["user.csv", "asignments.JSON", "users-2.json", "group/a.json", "colours.json", "user.jsonl"]),
            [
                "`asignments.JSON` is ignored: no such name is known; did you mean `assignments.json`?",
                "`colours.json` is ignored: no such name is known",
                "`group` is ignored: no such name is known; did you mean `groups`?",
                "`user.csv` is ignored: no such name is known; did you mean `users.csv`?",
                "`user.jsonl` is ignored: no such name is known; did you mean `users.ndjson`?",
                "`users-2.json` is ignored: no such name is known; did you mean `users.json`?",
            ]
        );
    }

    #[test]
    fn another_format_is_reported() {
        assert_eq!(
            ignored(&["groups.xlsx", "groups/readme.txt"]),
            [
                "`groups/readme.txt` is ignored: a file must end in `.json`, `.ndjson`, `.jsonl` or `.csv`",
                "`groups.xlsx` is ignored: a file must end in `.json`, `.ndjson`, `.jsonl` or `.csv`",
            ]
        );
    }

    #[test]
    fn folders_within_a_folder_are_reported() {
        assert_eq!(ignored(&["users/old/a.json"]), ["`users/old` is ignored: folders within a folder are not read"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_one_that_leads_nowhere_is_reported() {
        let folder = folder(&["users.json", "elsewhere/real.json"]);
        let link = |target: &str, name: &str| {
            std::os::unix::fs::symlink(folder.path().join(target), folder.path().join(name)).unwrap();
        };
        link("elsewhere/real.json", "groups.json");
        link("nowhere", "assignments.json");
        let listing = discover(folder.path()).unwrap();
        assert_eq!(listing.files[1].name, Path::new("groups.json"));
        assert_eq!(listing.ignored[0].to_string(), "`assignments.json` is ignored: it is no regular file");
    }

    #[test]
    fn a_missing_folder_and_a_file_in_its_place_are_refused() {
        let folder = folder(&["users.json"]);
        let message = |name: &str| {
            let message = discover(&folder.path().join(name)).unwrap_err().to_string();
            message.replace(&folder.path().display().to_string(), "FOLDER")
        };
        assert_eq!(
            message("none"),
            "the directory folder `FOLDER/none` does not exist; create it or correct `[directory] path`"
        );
        assert_eq!(
            message("users.json"),
            "`FOLDER/users.json` is not a folder; `[directory] path` must name the folder of the users file"
        );
    }

    #[test]
    fn a_folder_without_users_is_refused() {
        const NO_USERS: &str = "`FOLDER` has no users file; expected `users.json`, `users.ndjson`, `users.csv` or \
            such files in folder `users`";
        assert_eq!(refused(&["groups.json"]), NO_USERS);
        assert_eq!(refused(&["users/.keep"]), NO_USERS);
        assert_eq!(refused(&["user.json", "group.json"]), format!("{NO_USERS}; should `user.json` be one?"));
        assert_eq!(refused(&["users.xlsx"]), format!("{NO_USERS}; should `users.xlsx` be one?"));
    }
}
