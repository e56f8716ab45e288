//! The key file: 32 random bytes in hexadecimal digits, made at first start, read by its owner only. It
//! opens the secrets in the store and is worth as much as all of them; a backup of the data without it
//! cannot send a notification.

use crate::database::Place;
use anyhow::{Context, Result, bail};
use hub::{Random, SealingKey};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use store::Store;

/// Only the owner reads.
const MODE: u32 = 0o600;
/// Digits of a key.
const DIGITS: usize = 64;

/// The key of these data, which a hub has made: an operator's command beside it makes none, or the hubs would
/// have to be brought the command's.
///
/// # Errors
/// Where there is none, or it is not readable or no key.
pub(crate) fn made_by_a_hub(place: &Place, named: Option<&Path>) -> Result<SealingKey> {
    let file = named.map_or_else(|| place.usual_key(), Path::to_owned);
    let Some(bytes) = read(&file)? else {
        bail!(
            "the key file {} is missing; the first hub on {place} makes it: start one, or bring its key file from \
             there (--key-file names another place)",
            file.display()
        );
    };
    Ok(SealingKey::new(&bytes)?)
}

/// The key of these data; a new one where nothing is sealed yet.
///
/// # Errors
/// Where the file is not readable, readable for others, no key, or missing although secrets are sealed.
pub(crate) async fn sealing_key(place: &Place, named: Option<&Path>, store: &dyn Store) -> Result<SealingKey> {
    let file = named.map_or_else(|| place.usual_key(), Path::to_owned);
    let bytes = match read(&file)? {
        Some(bytes) => bytes,
        None if store.secrets().await?.is_empty() => match make(&file) {
            Ok(made) => made,
            // Another hub that starts here at the same time was first.
            Err(error) => read(&file)?.ok_or(error)?,
        },
        None => bail!(
            "the key file {} is missing, and the secrets in {place} were sealed with it; put it back from where \
             it was saved, or bring it from the machine of another hub on these data (--key-file names another \
             place)",
            file.display(),
        ),
    };
    Ok(SealingKey::new(&bytes)?)
}

fn read(path: &Path) -> Result<Option<[u8; 32]>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("the key file {} cannot be read", path.display())),
    };
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("the key file {} can be read by others (mode {:o}); chmod 600 it", path.display(), mode & 0o777);
    }
    let mut text = String::new();
    file.read_to_string(&mut text).with_context(|| format!("the key file {} is no text", path.display()))?;
    match key(text.trim()) {
        Some(bytes) => Ok(Some(bytes)),
        None => {
            bail!("the key file {} does not hold {DIGITS} hexadecimal digits; put the right one back", path.display())
        }
    }
}

fn key(text: &str) -> Option<[u8; 32]> {
    if text.len() != DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn make(path: &Path) -> Result<[u8; 32]> {
    let bytes: [u8; 32] = Random::from_system()?.secret()?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Under another name first: half a key would be in the way of the whole one.
    let mut unfinished = path.as_os_str().to_owned();
    let apart: [u8; 8] = Random::from_system()?.secret()?;
    unfinished.push(format!(".{:016x}", u64::from_ne_bytes(apart)));
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&unfinished)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        let linked = std::fs::hard_link(&unfinished, path);
        std::fs::remove_file(&unfinished)?;
        linked?;
        // The name, too, has to outlast a loss of power.
        File::open(folder)?.sync_all()
    };
    written().with_context(|| format!("the key file {} cannot be made", path.display()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("hub.db.key");
        assert_eq!(read(&path).unwrap(), None);
        let made = make(&path).unwrap();
        assert_eq!(read(&path).unwrap(), Some(made));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert!(make(&path).is_err(), "a key is never replaced");
    }

    #[test]
    fn what_is_no_key_or_everybodys_is_refused_by_name() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("k");
        for (text, mode, says) in [("", 0o600, "hexadecimal"), ("zz", 0o600, "hexadecimal"), ("ab", 0o644, "chmod 600")]
        {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains(path.to_str().unwrap()), "{error}");
        }
    }
}
