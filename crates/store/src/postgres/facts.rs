//! What never changes once it is there, and is asked for with each change: accounts, and that a route exists.

use super::connections::Connections;
use super::fault::Fault;
use super::homes::Homes;
use super::values::{count, get};
use ids::{AccountId, RouteId};
use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

/// What of an account never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    /// Its mode.
    pub(super) live: bool,
    pub(super) homes: Homes,
}

#[derive(Debug, Default)]
pub(super) struct Facts {
    accounts: RwLock<HashMap<AccountId, Account>>,
    routes: RwLock<HashSet<RouteId>>,
}

impl Facts {
    /// Refuses an account that is not there.
    pub(super) async fn account(&self, connections: &Connections, id: AccountId) -> Result<Account, Fault> {
        if let Some(account) = self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(*account);
        }
        let found =
            connections.read("SELECT live, homes::bigint FROM account WHERE id = $1", &[&i64::from(id.0)]).await?;
        let Some(row) = found.first() else {
            return Err(Fault::Content(format!("account {} is unknown", id.0)));
        };
        let account = Account { live: get(row, 0)?, homes: Homes::new(id, count(row, 1)?) };
        self.accounts.write().unwrap_or_else(PoisonError::into_inner).insert(id, account);
        Ok(account)
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
