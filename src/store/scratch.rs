//! A folder for what is wanted only while this process lives: copies of people's data, so it is open to its owner alone.
//!
//! It goes when it is dropped. A process that is killed leaves it behind; the next one that makes such a folder takes away
//! those whose processes are dead. It knows them by their locks, which the system lets go of however a process ends: so it
//! does not matter whether numbers of processes are used again, or mean something here at all.

use super::lock::private_options;
use std::{
    fs::{self, File},
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
        sweep(place);
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
        Ok(Self { folder, _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Takes away the folders of dead processes. One that cannot be taken away is somebody else's, or will be next time.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX))
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_ours && File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
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

    #[test]
    fn what_a_dead_process_left_is_taken_away_and_what_others_use_or_own_is_not() {
        let place = tempfile::tempdir().unwrap();
        let living = Scratch::within(place.path()).unwrap();
        // The folder stays, and the lock is let go of.
        let dead = Scratch::within(place.path()).unwrap().folder.keep();
        let (begun, other) = (place.path().join(format!("{PREFIX}begun")), place.path().join("other"));
        fs::create_dir(&begun).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(other.join(LOCK), "").unwrap();
        let next = Scratch::within(place.path()).unwrap();
        assert!(!dead.exists());
        assert!([living.path(), next.path(), &begun, &other].iter().all(|folder| folder.exists()));
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
