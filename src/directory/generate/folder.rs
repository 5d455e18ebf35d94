//! The folder of a made-up company: whose it is, and how its files are replaced.
//!
//! Each file is written under a temporary name beside the old one; when all are complete, they are renamed one right after
//! the other. So a reader never sees half a file. Between two renames it may see files of two days: users come first, for then
//! whatever the others name is there.
//!
//! A process that is killed leaves its temporary files behind; the next one that writes into the folder takes them away.
//!
//! `company.toml` marks the folder as the generator's own and says how the company was made; the import does not read it.

use super::{CompanyFormat, CompanyOrder, GenerateError};
use crate::directory::{FileKind, Format};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};
use tempfile::{Builder, NamedTempFile};

/// The file that says how the company was made.
pub(super) const LEDGER: &str = "company.toml";
/// What stands at its head.
const HEAD: &str = "# A made-up company: written by `scimulator directory generate`, and not read by the import. With this file,\n\
     # `--mutate RATE` writes the next day. Do not edit it.\n";
/// How companies are made: another number makes others of the same seed.
const VERSION: u32 = 1;
/// What the names of temporary files begin and end with.
const TEMPORARY: (&str, &str) = (".scimulator-", ".part");
/// Bytes written to a file at once.
const BUFFER: usize = 256 * 1024;

/// How a company was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Ledger {
    version: u32,
    #[serde(flatten)]
    pub(super) order: CompanyOrder,
    /// The rate of each day after the first one.
    pub(super) days: Vec<f64>,
}

impl Ledger {
    /// The ledger of a company on its first day.
    pub(super) fn new(order: CompanyOrder) -> Self {
        Self { version: VERSION, order, days: Vec::new() }
    }

    /// The ledger in a folder; none if the folder is empty or not there. A folder that holds anything else is somebody's.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, GenerateError> {
        let path = folder.join(LEDGER);
        match fs::read_to_string(&path) {
            Ok(text) => match toml::from_str::<Self>(&text) {
                Ok(ledger) if ledger.version == VERSION => Ok(Some(ledger)),
                Ok(_) => Err(GenerateError::OtherVersion { path }),
                Err(error) => Err(GenerateError::Ledger { path, message: error.message().to_owned() }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_dir(folder) {
                // An entry that cannot be read is somebody's, too.
                Ok(mut entries) => {
                    let is_free = entries.all(|entry| entry.is_ok_and(|entry| is_temporary(&entry.path())));
                    if is_free { Ok(None) } else { Err(GenerateError::NotOwn { folder: folder.to_owned() }) }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(GenerateError::Unusable { path: folder.to_owned(), error }),
            },
            Err(error) => Err(GenerateError::Unusable { path, error }),
        }
    }
}

impl From<CompanyFormat> for Format {
    fn from(format: CompanyFormat) -> Self {
        match format {
            CompanyFormat::Ndjson => Self::Ndjson,
            CompanyFormat::Json => Self::Json,
        }
    }
}

/// The files of a day, until all of them are complete.
pub(super) struct Folder {
    path: PathBuf,
    format: Format,
    complete: Vec<(PathBuf, NamedTempFile)>,
}

impl Folder {
    /// Makes the folder if need be, and takes away what a killed process left in it.
    pub(super) fn open(path: &Path, format: Format) -> Result<Self, GenerateError> {
        fs::create_dir_all(path)
            .and_then(|()| sweep(path))
            .map_err(|error| GenerateError::Unusable { path: path.to_owned(), error })?;
        Ok(Self { path: path.to_owned(), format, complete: Vec::new() })
    }

    /// Writes the file of a kind, record by record. Returns how many records those are.
    pub(super) fn write<R: Serialize>(
        &mut self,
        kind: FileKind,
        records: impl IntoIterator<Item = R>,
        mut written: impl FnMut(&R),
    ) -> Result<u64, GenerateError> {
        let format = self.format;
        let mut count = 0;
        self.file(&format!("{kind}.{format}"), |out| {
            for record in records {
                let before: &[u8] = match (format, count) {
                    (Format::Json, 0) => b"[\n",
                    (Format::Json, _) => b",\n",
                    _ => b"",
                };
                out.write_all(before)?;
                serde_json::to_writer(&mut *out, &record)?;
                if format != Format::Json {
                    out.write_all(b"\n")?;
                }
                written(&record);
                count += 1;
            }
            out.write_all(match (format, count) {
                (Format::Json, 0) => b"[]\n",
                (Format::Json, _) => b"\n]\n",
                // A file of lines must not be empty: it would look half-written.
                (_, 0) => b"\n",
                _ => b"",
            })
        })?;
        Ok(count)
    }

    fn file(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<&fs::File>) -> io::Result<()>,
    ) -> Result<(), GenerateError> {
        let path = self.path.join(name);
        let complete = temporary(&self.path).and_then(|file| {
            let mut out = BufWriter::with_capacity(BUFFER, file.as_file());
            write(&mut out).and_then(|()| out.flush())?;
            drop(out);
            Ok(file)
        });
        match complete {
            Ok(file) => self.complete.push((path, file)),
            Err(error) => return Err(GenerateError::Unusable { path, error }),
        }
        Ok(())
    }

    /// Puts all files in their places. The ledger comes first in a new folder, so that one is never left that nobody owns; else
    /// last, so that a day that was broken off is made again. Files that the generator wrote in the other format go.
    pub(super) fn publish(mut self, ledger: &Ledger, before: Option<&Ledger>) -> Result<(), GenerateError> {
        let text = toml::to_string(ledger)
            .map_err(|error| GenerateError::Ledger { path: self.path.join(LEDGER), message: error.to_string() })?;
        self.file(LEDGER, |out| out.write_all(HEAD.as_bytes()).and_then(|()| out.write_all(text.as_bytes())))?;
        if before.is_none() {
            self.complete.rotate_right(1);
        }
        for (path, file) in self.complete {
            file.persist(&path).map_err(|error| GenerateError::Unusable { path, error: error.error })?;
        }
        match before.map(|before| Format::from(before.order.format)) {
            Some(other) if other != self.format => remove_files(&self.path, other),
            _ => Ok(()),
        }
    }
}

/// Removes the files of a format.
fn remove_files(folder: &Path, format: Format) -> Result<(), GenerateError> {
    for kind in FileKind::ALL {
        let path = folder.join(format!("{kind}.{format}"));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(GenerateError::Unusable { path, error });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes the temporary files of a process that was killed.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_temporary(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn is_temporary(path: &Path) -> bool {
    let (prefix, suffix) = TEMPORARY;
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with(prefix) && name.ends_with(suffix))
}

/// A file beside those of the folder, with the usual permissions: nobody in it exists.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
