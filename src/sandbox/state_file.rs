//! The file that keeps an application's resources between runs.
//!
//! A line of JSON for each request that changed something: the list of its changes. The first line says what the file is.
//! Appending keeps the cost of a request independent of how much there is; opening the file reads it all, writes what is
//! left of it to a new file and puts that in its place. A last line that a crash cut short is dropped: its request was
//! never answered. The file is a copy of people's data, so only its owner may read it.
//!
//! What was written survives the end of the process, not a loss of power: nothing waits for the disk, except when the
//! file is written anew.

use super::{change::Change, resource_store::ResourceStore};
use serde_json::{Value, json};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

/// The name that the first line bears.
const FORMAT: &str = "scimulator-sandbox";

/// The version of the format that this code writes.
const VERSION: u64 = 1;

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file is something else. It is left as it is.
    #[error("`{path}` is no state file of a sandbox; name another file, or move this one away")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another application has the file open.
    #[error("`{path}` is in use by another sandbox; stop that one, or name another file")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read, written or put in place.
    #[error("`{path}` cannot be opened as the sandbox's state: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A line before the last one is damaged.
    #[error("`{path}` is damaged in line {line}: {source}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// An open state file.
#[derive(Debug)]
pub(crate) struct StateFile {
    file: File,
    length: u64,
}

impl StateFile {
    /// Reads the file into `store`, if there is one, and opens it for what comes.
    pub(crate) fn open(path: &Path, store: &mut ResourceStore) -> Result<Self, StateError> {
        let io = |source| StateError::Io { path: path.to_owned(), source };
        let in_use = || StateError::InUse { path: path.to_owned() };
        // Held until the new file stands in its place, so that two applications cannot both take the old one over.
        let _old = match File::open(path) {
            Ok(file) => {
                file.try_lock().map_err(|error| lock_error(error, in_use, io))?;
                read(path, &file, store)?;
                Some(file)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create_folder(path).map_err(io)?;
                None
            }
            Err(error) => return Err(io(error)),
        };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let new_path = path.with_file_name(name);
        let file = create_private(&new_path).map_err(io)?;
        file.try_lock().map_err(|error| lock_error(error, in_use, io))?;
        write_snapshot(&file, store).map_err(io)?;
        file.sync_all().map_err(io)?;
        fs::rename(&new_path, path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        Ok(Self::new(file, length))
    }

    /// A file of this length that is open for appending.
    pub(crate) fn new(file: File, length: u64) -> Self {
        Self { file, length }
    }

    /// Writes one request's changes down. If that fails, the file is as it was before.
    pub(crate) fn append(&mut self, changes: &[Change]) -> io::Result<()> {
        let mut line = serde_json::to_vec(changes)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

fn read(path: &Path, file: &File, store: &mut ResourceStore) -> Result<(), StateError> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        reader.read_until(b'\n', &mut line).map_err(|source| StateError::Io { path: path.to_owned(), source })?;
        if number == 1 && !line.is_empty() {
            let header: Value = serde_json::from_slice(&line).unwrap_or_default();
            if header["format"] != FORMAT || header["version"] != VERSION {
                return Err(StateError::Foreign { path: path.to_owned() });
            }
            continue;
        }
        if line.last() != Some(&b'\n') {
            break;
        }
        let changes: Vec<Change> = serde_json::from_slice(&line).map_err(|source| StateError::Line {
            path: path.to_owned(),
            line: number,
            source,
        })?;
        for change in changes {
            store.apply(change);
        }
    }
    Ok(())
}

fn write_snapshot(file: &File, store: &ResourceStore) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    writeln!(writer, "{}", json!({"format": FORMAT, "version": VERSION}))?;
    for change in store.snapshot() {
        serde_json::to_writer(&mut writer, &[change])?;
        writer.write_all(b"\n")?;
    }
    writer.flush()
}

fn lock_error(
    error: fs::TryLockError,
    in_use: impl Fn() -> StateError,
    io: impl Fn(io::Error) -> StateError,
) -> StateError {
    match error {
        fs::TryLockError::WouldBlock => in_use(),
        fs::TryLockError::Error(error) => io(error),
    }
}

/// Makes the file's folder if there is none, readable by its owner only.
fn create_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A new file for appending that only its owner may read; one that is left over from a crash makes way.
fn create_private(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
