//! A folder for what is wanted only while this process lives: copies of people's data, so it is open to its owner alone.
//!
//! It goes when it is dropped. A process that is killed leaves it behind; the next one that makes such a folder takes away
//! those whose processes are dead. It knows them by their locks, which the system lets go of however a process ends: so it
//! does not matter whether numbers of processes are used again, or mean something here at all.

use super::lock::private_options;
use std::{
    fs::{self, File, Metadata},
    io,
    path::Path,
};
use tempfile::{Builder, TempDir};

/// What the names of these folders begin with, in the folder for temporary files.
const PREFIX: &str = "scimulator-scratch-";
/// The file in it that is locked as long as its process lives. It has this name only once it is locked.
const LOCK: &str = "lock";

/// A folder of this process. Dropped, it is gone.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes the folder, and takes away what dead processes left.
    pub fn new() -> io::Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    fn within(place: &Path) -> io::Result<Self> {
        let mut builder = Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        let folder = builder.tempdir_in(place)?;
        let unlocked = folder.path().join("unlocked");
        let lock = private_options().write(true).create_new(true).open(&unlocked)?;
        lock.lock()?;
        fs::rename(unlocked, folder.path().join(LOCK))?;
        sweep(place, &fs::metadata(folder.path())?);
        Ok(Self { folder, _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        empty(self.folder.path());
    }
}

/// Takes away what is in a folder, its lock last: whoever is killed within it leaves a folder that is known as that of a dead
/// process.
fn empty(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name() != LOCK) {
        let _ = if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            fs::remove_dir_all(entry.path())
        } else {
            fs::remove_file(entry.path())
        };
    }
}

/// Takes away the folders of dead processes: of those that belong to whom `own` does. Nobody else's are even looked into.
/// One that cannot be taken away will be next time.
fn sweep(place: &Path, own: &Metadata) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX))
            && entry.metadata().is_ok_and(|found| found.is_dir() && have_one_owner(&found, own));
        let lock = entry.path().join(LOCK);
        // What is no file, a pipe say, might never open.
        let is_file = || fs::symlink_metadata(&lock).is_ok_and(|found| found.is_file());
        if is_ours && is_file() && File::open(&lock).is_ok_and(|lock| lock.try_lock().is_ok()) {
            empty(&entry.path());
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(unix)]
fn have_one_owner(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    one.uid() == other.uid()
}

#[cfg(not(unix))]
fn have_one_owner(_: &Metadata, _: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(place: &Path) -> usize {
        fs::read_dir(place).unwrap().count()
    }

    #[test]
    fn a_folder_goes_with_its_owner() {
        let place = tempfile::tempdir().unwrap();
        let scratch = Scratch::within(place.path()).unwrap();
        assert!(scratch.path().starts_with(place.path()));
        drop(scratch);
        assert_eq!(names(place.path()), 0);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_dead_process_left_is_taken_away_and_what_others_use_or_own_is_not() {
        let place = tempfile::tempdir().unwrap();
        let living = Scratch::within(place.path()).unwrap();
        // The folder stays, and the lock is let go of.
        let mut dying = Scratch::within(place.path()).unwrap();
        dying.folder.disable_cleanup(true);
        let dead = dying.path().to_owned();
        drop(dying);
        fs::write(dead.join("state.db"), "").unwrap();
        let (begun, other) = (place.path().join(format!("{PREFIX}begun")), place.path().join("other"));
        fs::create_dir(&begun).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(other.join(LOCK), "").unwrap();
        let piped = place.path().join(format!("{PREFIX}piped"));
        fs::create_dir(&piped).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(piped.join(LOCK)).status().unwrap().success());
        let next = Scratch::within(place.path()).unwrap();
        assert!(!dead.exists());
        assert!([living.path(), next.path(), &begun, &other, &piped].iter().all(|folder| folder.exists()));
    }

    #[cfg(unix)]
    #[test]
    fn it_is_open_to_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let scratch = Scratch::within(place.path()).unwrap();
        assert_eq!(fs::metadata(scratch.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
