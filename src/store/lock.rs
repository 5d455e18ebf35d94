//! The lock that keeps two processes from working with one state file, and files that only their owner may read.

use super::{BUSY_TIMEOUT, error::StoreError};
use std::{
    fs::{File, Metadata, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How long before the next try, where a lock is waited for: nobody is told when it gets free.
const PAUSE: Duration = Duration::from_millis(10);

/// Held as long as this process works with the state file; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `state`, or says who holds it. It tries again as long as `waits` says so, which is told each time what
    /// the holder says of itself.
    pub(super) fn take_when_free(
        state: &Path,
        purpose: &str,
        mut waits: impl FnMut(&str) -> bool,
    ) -> Result<Self, StoreError> {
        loop {
            match Self::take(state, purpose) {
                Err(StoreError::Locked { holder, .. }) if waits(&holder) => {}
                outcome => return outcome,
            }
        }
    }

    /// Takes the lock of `state`, or says who holds it.
    pub(super) fn take(state: &Path, purpose: &str) -> Result<Self, StoreError> {
        let path = lock_path(state);
        let failed = |error| StoreError::File { file: path.clone(), error };
        let mut file =
            private_options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let holder = if holder.trim().is_empty() { "another process" } else { holder.trim() };
                return Err(StoreError::Locked { file: state.to_owned(), holder: holder.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        writeln!(file, "process {} ({purpose})", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Pauses, and tells whether another try is worth it; not if SQLite would have given up waiting, either.
pub(super) fn patience() -> impl FnMut() -> bool {
    let end = Instant::now() + BUSY_TIMEOUT;
    move || {
        std::thread::sleep(PAUSE);
        Instant::now() < end
    }
}

/// Whether a process works with `state` now.
pub(super) fn is_held(state: &Path) -> bool {
    File::open(lock_path(state)).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Whether the file has hard links beside the name it was opened by. Its lock, like SQLite's write-ahead log, goes by the name.
pub(super) fn has_second_name(file: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        file.nlink() > 1
    }
    #[cfg(not(unix))]
    false
}

fn lock_path(state: &Path) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Options that make a file readable by its owner alone (0600).
pub fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Makes `folder`, and those above it that are missing, open to their owner alone (0700). Folders that exist stay as they
/// are.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}
