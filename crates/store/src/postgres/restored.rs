//! The restorations that a copied store went through: one setting, the same as in the embedded engine. It
//! changes only while nobody has the store open, so that it is read once.

use super::accounts;
use super::connections::Connections;
use super::fault::Fault;
use crate::Restoration;

/// Where they lie among the settings.
const NAME: &str = "restorations";

/// Oldest first.
pub(super) async fn all(connections: &Connections) -> Result<Vec<Restoration>, Fault> {
    let Some(value) = accounts::setting(connections, NAME).await? else {
        return Ok(Vec::new());
    };
    let text = String::from_utf8_lossy(&value);
    Restoration::read(&text).ok_or_else(|| Fault::Content(format!("the setting {NAME} reads '{text}'")))
}

/// The one that counts.
pub(super) async fn newest(connections: &Connections) -> Result<Option<Restoration>, Fault> {
    Ok(all(connections).await?.pop())
}
