//! `[resellers.KEY]`, its sides `[resellers.KEY.test]` and `[resellers.KEY.live]`, and how they are
//! notified.

use super::table::{Reading, Table, Wrong};
use super::{routes, words};
use crate::bounds::{MERCHANTS_MAX, RESELLERS_MAX};
use crate::{Merchant, Mode, NotificationAuth, Reseller, Side};
use std::collections::BTreeMap;

/// Words of `notification_auth.type`.
const AUTH_NONE: &str = "none";
pub(crate) const AUTH_BASIC: &str = "basic";
pub(crate) const AUTH_BEARER: &str = "bearer";
pub(crate) const AUTH_API_KEY: &str = "api-key";
const AUTHS: [&str; 4] = [AUTH_NONE, AUTH_BASIC, AUTH_BEARER, AUTH_API_KEY];

pub(super) fn read(
    reading: &mut Reading,
    root: &mut Table<'_>,
    merchants: &BTreeMap<String, Merchant>,
) -> BTreeMap<String, Reseller> {
    let tables = root.tables(reading, "resellers", RESELLERS_MAX, words::reseller_key);
    tables.into_iter().map(|(key, table)| (key, reseller(reading, table, merchants))).collect()
}

fn reseller(reading: &mut Reading, mut table: Table<'_>, merchants: &BTreeMap<String, Merchant>) -> Reseller {
    let name = table.required(reading, "name", words::name).unwrap_or_default();
    let retired = table.flag(reading, "retired", false);
    let [test, live] = Mode::ALL.map(|mode| {
        let table = table.table(reading, mode.word())?;
        Some(side(reading, table, mode, merchants))
    });
    table.finish(reading);
    Reseller { name, retired, test, live }
}

fn side(reading: &mut Reading, mut table: Table<'_>, mode: Mode, merchants: &BTreeMap<String, Merchant>) -> Side {
    let is_live = mode == Mode::Live;
    let notification_url = table.text(reading, "notification_url", |text| words::notification_url(text, is_live));
    let notification_auth = table.table(reading, "notification_auth").and_then(|table| auth(reading, table));
    let webhook_secret = table.text(reading, "webhook_secret", words::secret_name);
    let retired = table.flag(reading, "retired", false);
    let tables = table.tables(reading, "routes", MERCHANTS_MAX, words::key);
    let routes = tables.into_iter().map(|(key, table)| {
        let merchant = routes::merchant(reading, table.place(), &key, mode, merchants);
        (key, routes::read(reading, table, merchant))
    });
    let routes = routes.collect();
    table.finish(reading);
    Side { notification_url, notification_auth: notification_auth.unwrap_or_default(), webhook_secret, retired, routes }
}

fn auth(reading: &mut Reading, mut table: Table<'_>) -> Option<NotificationAuth> {
    let kind = table.required(reading, "type", |text| match AUTHS.into_iter().find(|word| *word == text) {
        Some(word) => Ok(word),
        None => Err(words::not_among(text, &AUTHS)),
    })?;
    let auth = match kind {
        AUTH_BASIC => {
            let user = table.required(reading, "user", words::user_value);
            let password = table.required(reading, "password", words::secret_name);
            user.zip(password).map(|(user, password)| NotificationAuth::Basic { user, password })
        }
        AUTH_BEARER => {
            let token = table.required(reading, "token", words::secret_name);
            token.map(|token| NotificationAuth::Bearer { token })
        }
        AUTH_API_KEY => {
            let key = table.required(reading, "key", words::secret_name);
            key.map(|key| NotificationAuth::ApiKey { key })
        }
        _ => Some(NotificationAuth::None),
    };
    table.finish(reading);
    auth
}

/// What refers to something that is not there, with the nearest that is.
pub(super) fn no_such<'k>(what: &str, key: &str, known: impl Iterator<Item = &'k str>) -> Wrong {
    let known: Vec<&str> = known.collect();
    let problem = format!("there is no {what} {}", words::shown(key));
    match wire::nearest(key, known.iter().copied()) {
        Some(meant) => Wrong::new(problem, format!("is it {meant}? Keys are case sensitive")),
        None => Wrong::new(problem, format!("the file has to say what {} is", words::shown(key))),
    }
}
