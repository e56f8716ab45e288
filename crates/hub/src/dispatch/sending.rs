//! From a stored notification to a POST: URL, auth and secret are read at each attempt, so that
//! a PATCH repairs what waits; the body is printed from the history, the same at every attempt.

use crate::Hub;
use crate::catalog::{Account, NotificationAuth};
use crate::outgoing::Post;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use entitlement::{Reason, Record};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use store::{LaneWork, Row, StoredNotification};
use url::Url;
use wire::{NOTIFICATION_REASON_FIELD, Told, notification_body};

impl Hub {
    /// Where an entitlement's notifications go: its own URL, else the reseller's default. `None`: they
    /// wait for one.
    pub(crate) fn url_of(&self, row: &Row) -> Option<String> {
        let own = row.state.record.notification_url.clone();
        own.or_else(|| self.catalog().account(row.account)?.default_url.clone())
    }

    /// The request that tells it now, to its URL; or why it cannot be made.
    pub(super) fn post_of(
        &self,
        notification: &StoredNotification,
        row: &Row,
        url: &str,
        body: String,
    ) -> Result<Post, String> {
        let account = self.catalog().account(row.account).cloned();
        let account = account.ok_or_else(|| "its reseller is unknown".to_owned())?;
        self.post_to(url, &account, notification, body)
    }

    /// The body of what was claimed: usually it tells of the record as it is, and no history is read.
    pub(super) async fn text_of(&self, work: &LaneWork) -> Result<String, String> {
        let LaneWork { notification, row, event, .. } = work;
        match event {
            Some(event) if row.state.version == notification.version => {
                printed(notification, &row.state.record, event.why.as_ref())
            }
            Some(_) | None => self.notification_text(notification, row).await,
        }
    }

    /// The body, byte by byte the same at every attempt.
    pub(crate) async fn notification_text(
        &self,
        notification: &StoredNotification,
        row: &Row,
    ) -> Result<String, String> {
        let unreadable = |_| "its history cannot be read".to_owned();
        let history = self.store.history(row.key, Some(notification.version)).await.map_err(unreadable)?;
        let event = history.iter().find(|stored| stored.sequence == notification.event);
        let state = entitlement::fold(history.iter().map(|stored| &stored.event));
        let (Some(event), Some(state)) = (event, state) else {
            return Err("its history is not there".to_owned());
        };
        printed(notification, &state.record, event.event.reason.as_ref())
    }

    fn post_to(
        &self,
        url: &str,
        account: &Account,
        notification: &StoredNotification,
        body: String,
    ) -> Result<Post, String> {
        let parsed = Url::parse(url).map_err(|_| "the notificationUrl cannot be read".to_owned())?;
        let mut headers = self.signed_headers(account, notification, &body)?;
        authenticate(&mut headers, account, &parsed)?;
        let uri =
            without_userinfo(url, &parsed).parse().map_err(|_| "the notificationUrl cannot be called".to_owned())?;
        Ok(Post { url: uri, headers, body: Bytes::from(body), live: account.live })
    }

    fn signed_headers(
        &self,
        account: &Account,
        notification: &StoredNotification,
        body: &str,
    ) -> Result<HeaderMap, String> {
        let id = notification.id().to_string();
        let timestamp = self.real_now_s();
        let signature = account.webhook_secret.sign(&id, timestamp, body.as_bytes());
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("Entitle/", env!("CARGO_PKG_VERSION"))));
        headers.insert(HeaderName::from_static("webhook-id"), value(&id)?);
        headers.insert(HeaderName::from_static("webhook-timestamp"), value(&timestamp.to_string())?);
        headers.insert(HeaderName::from_static("webhook-signature"), value(&signature)?);
        Ok(headers)
    }

    /// Real time in seconds, whatever the test clock says.
    pub(crate) fn real_now_s(&self) -> i64 {
        (self.store.now().0 - self.store.clock_offset_ms()).div_euclid(1_000)
    }
}

fn printed(notification: &StoredNotification, record: &Record, why: Option<&Reason>) -> Result<String, String> {
    let id = notification.id();
    let reason_field = notification.reason_field.as_deref().unwrap_or(NOTIFICATION_REASON_FIELD);
    let told = Told { record, reason: notification.reason, id: &id, why, reason_field };
    notification_body(notification.form, &told).ok_or_else(|| "its form is unknown to this program".to_owned())
}

/// Userinfo of the URL is sent as Basic; else the reseller's own way.
fn authenticate(headers: &mut HeaderMap, account: &Account, url: &Url) -> Result<(), String> {
    if !url.username().is_empty() || url.password().is_some() {
        let (user, password) = (percent_decoded(url.username()), percent_decoded(url.password().unwrap_or("")));
        headers.insert(AUTHORIZATION, basic(&user, &password)?);
        return Ok(());
    }
    match &account.notification_auth {
        NotificationAuth::None => {}
        NotificationAuth::Basic { user, password } => {
            headers.insert(AUTHORIZATION, basic(user, &password.0)?);
        }
        NotificationAuth::Bearer(key) => {
            headers.insert(AUTHORIZATION, secret(&format!("Bearer {}", key.0))?);
        }
        NotificationAuth::ApiKey(key) => {
            headers.insert(HeaderName::from_static("x-api-key"), secret(&key.0)?);
        }
    }
    Ok(())
}

fn basic(user: &str, password: &str) -> Result<HeaderValue, String> {
    secret(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

fn secret(text: &str) -> Result<HeaderValue, String> {
    let mut value = value(text)?;
    value.set_sensitive(true);
    Ok(value)
}

fn value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| "a header of the notification cannot be sent".to_owned())
}

/// The URL exactly as given, but for userinfo, which has become a header, and a fragment, which
/// is never sent.
fn without_userinfo(given: &str, parsed: &Url) -> String {
    let given = given.split('#').next().unwrap_or(given);
    if parsed.username().is_empty() && parsed.password().is_none() {
        return given.to_owned();
    }
    let Some((scheme, rest)) = given.split_once("://") else {
        return given.to_owned();
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{tail}")
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_called_as_given_without_its_userinfo() {
        for (given, called) in [
            ("https://a.example/x?y=1", "https://a.example/x?y=1"),
            ("https://a.example/%7Ex?y=%20", "https://a.example/%7Ex?y=%20"),
            ("https://u:p%40@a.example:8443/x@y?z", "https://a.example:8443/x@y?z"),
            ("http://u@a.example?q", "http://a.example?q"),
            ("http://a.example/x#part", "http://a.example/x"),
        ] {
            assert_eq!(without_userinfo(given, &Url::parse(given).unwrap()), called);
        }
        assert_eq!(percent_decoded("p%40%"), "p@%");
    }
}
