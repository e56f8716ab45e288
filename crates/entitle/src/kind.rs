//! Whether a data file is a sandbox's or a serving hub's, written into it at its first start. Neither opens
//! the other's: a sandbox would let its well-known password in, and empty test data; a serving hub has no
//! test clock.

use crate::database::Place;
use anyhow::{Result, bail};
use store::Store;

/// The setting's name in the store.
const SETTING: &str = "kind";

/// Whose a data file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `entitle sandbox`.
    Sandbox,
    /// `entitle serve`, and operators without a hub.
    Hub,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Hub => "hub",
        }
    }

    /// Takes a data file for this, where it is nobody's yet.
    ///
    /// # Errors
    /// Where it is the other's.
    pub(crate) async fn take(self, store: &dyn Store, place: &Place) -> Result<()> {
        match store.setting(SETTING).await? {
            None => Ok(store.put_setting(SETTING, self.word().as_bytes().to_vec()).await?),
            Some(kept) if kept == self.word().as_bytes() => Ok(()),
            Some(_) => match self {
                Self::Sandbox => {
                    bail!("{place} holds the data of a serving hub; a sandbox wants a place of its own (--database)")
                }
                Self::Hub => bail!(
                    "{place} holds the data of a sandbox; `entitle sandbox` runs it, and a running one is asked \
                     through its socket. A hub wants a place of its own (--database)"
                ),
            },
        }
    }
}
