//! What never changes once it is there, and is asked for with each change: the modes of accounts, and
//! that a route exists.

use super::connections::Connections;
use super::fault::Fault;
use super::values::get;
use ids::{AccountId, RouteId};
use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

#[derive(Debug, Default)]
pub(super) struct Facts {
    modes: RwLock<HashMap<AccountId, bool>>,
    routes: RwLock<HashSet<RouteId>>,
}

impl Facts {
    /// Whether an account is a live one.
    pub(super) async fn is_live(&self, connections: &Connections, account: AccountId) -> Result<bool, Fault> {
        if let Some(live) = self.modes.read().unwrap_or_else(PoisonError::into_inner).get(&account) {
            return Ok(*live);
        }
        let found = connections.read("SELECT live FROM account WHERE id = $1", &[&i64::from(account.0)]).await?;
        let Some(row) = found.first() else {
            return Err(Fault::Content(format!("account {} is unknown", account.0)));
        };
        let live = get(row, 0)?;
        self.modes.write().unwrap_or_else(PoisonError::into_inner).insert(account, live);
        Ok(live)
    }

    /// Refuses a route that is not there.
    pub(super) async fn is_route(&self, connections: &Connections, route: RouteId) -> Result<(), Fault> {
        if self.routes.read().unwrap_or_else(PoisonError::into_inner).contains(&route) {
            return Ok(());
        }
        let found = connections.read("SELECT FROM route WHERE id = $1", &[&i64::from(route.0)]).await?;
        if found.is_empty() {
            return Err(Fault::Content(format!("route {} is unknown", route.0)));
        }
        self.routes.write().unwrap_or_else(PoisonError::into_inner).insert(route);
        Ok(())
    }
}
