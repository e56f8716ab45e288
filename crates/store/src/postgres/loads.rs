//! What a command needs, by one statement: one round trip, one snapshot. Those by id share theirs: `gathered`.

use super::claims::{self, claim_columns};
use super::connections::Connections;
use super::facts::Account;
use super::fault::Fault;
use super::gathered::{Asked, Gathered};
use super::rows::{self, row_columns};
use super::values::{Id, Value};
use crate::{Change, Load, Loaded, RowChange, Target};
use ids::{AccountId, parse_uuid};
use std::sync::Arc;

/// The claim, whatever is joined to it.
macro_rules! with_claim {
    ($($rest:expr),+) => {
        concat!(
            "SELECT ", claim_columns!(), ", ", row_columns!(),
            " FROM (VALUES (1)) one LEFT JOIN claim c ON c.home = $1 AND c.identity = $2 ",
            $($rest),+
        )
    };
}

const CLAIM: &str = concat!("SELECT ", claim_columns!(), " FROM claim c WHERE c.home = $1 AND c.identity = $2");

const BY_KEY: &str = with_claim!("LEFT JOIN entitlement e ON e.key = $3 LEFT JOIN route r ON r.id = e.route");

const BY_CUSTOMER: &str = with_claim!(
    "LEFT JOIN entitlement e ON e.account = $5 AND e.customer = $4 AND e.route = $3 AND e.slot IS NOT NULL \
     LEFT JOIN route r ON r.id = e.route ORDER BY e.slot"
);

/// `facts`: of the account, for what goes by an id or an identity.
pub(super) async fn load(gathered: &Arc<Gathered>, load: &Load, facts: Option<Account>) -> Result<Loaded, Fault> {
    let connections = gathered.connections();
    let account = i64::from(load.account.0);
    let identity = load.identity.as_ref().map(|identity| identity.as_str());
    // Where none is asked for, none is found.
    let home = identity.zip(facts).map_or(0, |(identity, facts)| facts.homes.of(identity));
    let found = match &load.target {
        Target::Nothing if identity.is_none() => return Ok(Loaded::default()),
        Target::Nothing => connections.read(CLAIM, &[&home, &identity]).await?,
        Target::Key(key) => connections.read(BY_KEY, &[&home, &identity, &Id::from(*key)]).await?,
        Target::Id(id) => {
            let (key, identity) = (parse_uuid(id).map(Id), identity.map(str::to_owned));
            vec![
                gathered
                    .find(Asked {
                        account,
                        home,
                        identity,
                        key,
                        id: id.clone(),
                        live: facts.is_some_and(|facts| facts.live),
                    })
                    .await?,
            ]
        }
        Target::Customer(route, customer) => {
            let values: [Value<'_>; 5] = [&home, &identity, &i64::from(route.0), customer, &account];
            connections.read(BY_CUSTOMER, &values).await?
        }
    };
    let claim = match found.first() {
        Some(row) => claims::read_opt(connections, row, load.identity.as_ref()).await?,
        None => None,
    };
    let mut entitlements = match load.target {
        Target::Nothing => Vec::new(),
        Target::Key(_) | Target::Id(_) | Target::Customer(..) => {
            let rows: Result<Vec<_>, _> = found.iter().map(|row| rows::read_opt(row, claims::COLUMNS)).collect();
            rows?.into_iter().flatten().collect()
        }
    };
    Ok(match load.target {
        Target::Customer(..) => Loaded { claim, row: None, open: entitlements },
        Target::Nothing | Target::Key(_) | Target::Id(_) => {
            Loaded { claim, row: entitlements.pop().map(Box::new), open: Vec::new() }
        }
    })
}

/// Whether an id that a reseller chose is used in the mode, as an own id or as a key.
pub(super) async fn own_id_is_used(connections: &Connections, id: &str, live: bool) -> Result<bool, Fault> {
    let sql = "SELECT FROM own_id WHERE id = $1 AND live = $2 \
               UNION ALL SELECT FROM entitlement WHERE key = $3 AND live = $2 LIMIT 1";
    let values: [Value<'_>; 3] = [&id, &live, &parse_uuid(id).map(Id)];
    Ok(!connections.read(sql, &values).await?.is_empty())
}

/// What a load would say of everything that a change touches.
pub(super) async fn found(gathered: &Arc<Gathered>, change: &Change, facts: Option<Account>) -> Result<Loaded, Fault> {
    let account = change.account;
    let ask = |account: AccountId, target: Target, identity| Load { account, target, identity };
    let target = match &change.row {
        RowChange::None => Target::Nothing,
        RowChange::Insert(row) | RowChange::Update(row) => Target::Key(row.key),
        RowChange::Remove { key, .. } => Target::Key(*key),
    };
    let identity = change.claim.identity().cloned();
    let mut found = load(gathered, &ask(account, target, identity), facts).await?;
    if let (RowChange::Insert(row), None) = (&change.row, &found.row)
        && let Some(id) = &row.own_id
    {
        found.row = load(gathered, &ask(row.account, Target::Id(id.clone()), None), facts).await?.row;
    }
    if let Some(row) = change.row() {
        let customer = Target::Customer(row.route, row.state.record.customer_identifier.clone());
        found.open = load(gathered, &ask(row.account, customer, None), facts).await?.open;
    }
    Ok(found)
}
