//! The Unix socket of the operator interface: `<database>.sock`, which only its owner may open. Where that
//! name is too long for a socket, one lies in a directory of the system's for temporary files, and a file
//! at the long name says where.

use crate::database::beside;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use tokio::net::{UnixListener, UnixStream};

/// Linux takes 107 bytes, others a few less.
const NAME_BYTES_MAX: usize = 100;

/// A bound socket; what names it is removed with it.
pub(crate) struct Bound {
    pub(crate) listener: UnixListener,
    /// What to remove.
    pub(crate) names: Vec<PathBuf>,
}

/// The socket's name, or that of the file which names it.
pub(crate) fn path_of(database: &Path) -> PathBuf {
    beside(database, ".sock")
}

/// Binds the socket of a data file that this process owns: whatever is left there is of one that is gone.
///
/// # Errors
/// Where the directory is not writable.
pub(crate) fn bind(database: &Path) -> Result<Bound> {
    let named = path_of(database);
    let failed = |path: &Path| format!("the operator's socket {} cannot be made", path.display());
    remove(&named).with_context(|| failed(&named))?;
    if named.as_os_str().len() <= NAME_BYTES_MAX {
        let listener = bind_private(&named).with_context(|| failed(&named))?;
        return Ok(Bound { listener, names: vec![named] });
    }
    let short = short_name(database)?;
    remove(&short).with_context(|| failed(&short))?;
    let listener = bind_private(&short).with_context(|| failed(&short))?;
    fs::write(&named, short.as_os_str().as_bytes()).with_context(|| failed(&named))?;
    Ok(Bound { listener, names: vec![named, short] })
}

/// A connection to the hub that owns a data file; `None` where nobody listens.
///
/// # Errors
/// Where the socket is there and cannot be opened.
pub(crate) async fn connect(database: &Path) -> Result<Option<UnixStream>> {
    let named = path_of(database);
    let path = match fs::symlink_metadata(&named) {
        Ok(found) if found.file_type().is_file() => {
            PathBuf::from(fs::read_to_string(&named).with_context(|| format!("{} cannot be read", named.display()))?)
        }
        Ok(_) => named,
        Err(_) => return Ok(None),
    };
    match UnixStream::connect(&path).await {
        Ok(stream) => {
            // A name in a directory of everybody's may have been taken by somebody else meanwhile.
            let (owner, peer) = (fs::metadata(database)?.uid(), stream.peer_cred()?.uid());
            anyhow::ensure!(
                peer == owner || peer == 0,
                "{} belongs to user {owner}, and at {} listens user {peer}: nothing was sent",
                database.display(),
                path.display()
            );
            Ok(Some(stream))
        }
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("the operator's socket {} cannot be opened", path.display())),
    }
}

/// Nobody else can open it at any moment: the mode is set before it is there.
fn bind_private(path: &Path) -> std::io::Result<UnixListener> {
    let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(path);
    rustix::process::umask(before);
    bound
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() || found.file_type().is_file() => fs::remove_file(path),
        Ok(_) => Err(std::io::Error::other("something else than a socket has its name")),
        Err(_) => Ok(()),
    }
}

/// A name by the data file's own, in a directory of ours.
fn short_name(database: &Path) -> Result<PathBuf> {
    let whole = fs::canonicalize(database).with_context(|| format!("{} is not there", database.display()))?;
    let hash: String =
        Sha256::digest(whole.as_os_str().as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect();
    let folder = std::env::temp_dir().join(format!("entitle-{}", rustix::process::getuid().as_raw()));
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("{} cannot be made", folder.display()));
        }
        Ok(()) | Err(_) => {}
    }
    let found = fs::symlink_metadata(&folder)?;
    let is_ours = found.is_dir() && found.uid() == rustix::process::getuid().as_raw() && found.mode() & 0o077 == 0;
    anyhow::ensure!(is_ours, "{} is not a directory of yours alone; remove it", folder.display());
    Ok(folder.join(format!("{hash}.sock")))
}
