//! The data file and its lock: one process at a time, readable by its owner only, never on a
//! network file system.

use super::OpenError;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Only the owner reads and writes.
pub(super) const FILE_MODE: u32 = 0o600;
/// Only the owner looks inside.
const DIRECTORY_MODE: u32 = 0o700;

/// Holds the exclusive lock until it is dropped. The lock file stays: removing it would let two
/// processes lock two files of one name.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Nobody owns it now; the text is only for messages, so failing does not matter.
        let _ = self.0.set_len(0);
        let _ = self.0.unlock();
    }
}

/// Makes directory and file where absent, refuses network file systems, takes the lock.
pub(super) fn take(path: &Path) -> Result<Lock, OpenError> {
    let lock = take_place(path)?;
    let file = owners_only(path, "opened")?;
    let mode = file.metadata().map_err(failed(path, "read"))?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(FILE_MODE)).map_err(failed(path, "kept private"))?;
    }
    Ok(lock)
}

/// The same without the file: its place only.
pub(super) fn take_place(path: &Path) -> Result<Lock, OpenError> {
    let directory = directory_of(path);
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory).map_err(failed(directory, "created"))?;
    if let Some(kind) = network_kind(directory) {
        return Err(OpenError::Network { path: path.into(), kind });
    }
    lock(path)
}

/// The directory a file lies in.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The process that owns a data file now: `None` where nobody does, `Some(None)` where the lock
/// does not tell who.
pub(super) fn owner(path: &Path) -> Option<Option<u32>> {
    let mut file = File::open(lock_path(path)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Unreadable text only costs the number.
            let _ = file.read_to_string(&mut text);
            Some(text.trim().parse().ok())
        }
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// The lock file's place.
pub(super) fn lock_path(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

/// A file beside the data file, named after it.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn failed(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::File { path, doing, source }
}

fn owners_only(path: &Path, doing: &'static str) -> Result<File, OpenError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(path)
        .map_err(failed(path, doing))
}

fn lock(path: &Path) -> Result<Lock, OpenError> {
    let lock_path = lock_path(path);
    let mut file = owners_only(&lock_path, "opened")?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Unreadable text only costs the number in the message.
            let _ = file.read_to_string(&mut text);
            return Err(OpenError::InUse { path: path.into(), pid: text.trim().parse().ok() });
        }
        Err(TryLockError::Error(source)) => {
            return Err(OpenError::File { path: lock_path, doing: "locked", source });
        }
    }
    let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(failed(&lock_path, "written"))?;
    Ok(Lock(file))
}

/// The name of the network file system the directory lies on, if it does.
#[cfg(target_os = "linux")]
fn network_kind(directory: &Path) -> Option<&'static str> {
    // linux/magic.h, cut to 32 bits as statfs gives them on every architecture.
    const KINDS: [(u32, &str); 11] = [
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0xfe53_4d42, "SMB2"),
        (0x5346_414f, "AFS"),
        (0x0102_1997, "9P"),
        (0x00c3_6400, "Ceph"),
        (0x7375_7245, "Coda"),
        (0x0bd0_0bd0, "Lustre"),
        (0x4750_4653, "GPFS"),
        (0x564c, "NCP"),
    ];
    let found = rustix::fs::statfs(directory).ok()?.f_type;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let found = found as u32;
    KINDS.iter().find(|(magic, _)| *magic == found).map(|(_, kind)| *kind)
}

/// Elsewhere the kinds have no stable numbers.
#[cfg(not(target_os = "linux"))]
fn network_kind(_directory: &Path) -> Option<&'static str> {
    None
}
