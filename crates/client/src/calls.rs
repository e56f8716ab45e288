//! The calls of the public interface (docs/API.md sections 4 and 8.3), each sent with its retries.

use crate::answer::{Answer, Item};
use crate::call::Call;
use crate::error::{Error, Refusal};
use crate::http::{Http, HttpRequest};
use crate::retry::{TRIES_MAX, wait_after};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;
use url::{Host, Url};

/// A hub, seen with one credential. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    http: Http,
    base: Url,
    headers: HeaderMap,
    tries_max: usize,
}

/// One page of a report.
#[derive(Debug)]
pub struct Page {
    /// The records, oldest first.
    pub entitlements: Vec<Item>,
    /// Where the next page begins; `None` at the end.
    pub next_cursor: Option<String>,
    /// The feed's position before the report was read: report and feed together miss nothing.
    pub feed_cursor: String,
}

/// What the feed brought.
#[derive(Debug)]
pub struct Events {
    /// In the order of their positions.
    pub events: Vec<Item>,
    /// `after` of the next call.
    pub cursor: String,
}

/// Narrows a listing of the outbox.
#[derive(Debug, Clone, Default)]
pub struct OutboxFilter {
    /// Of this entitlement.
    pub entitlement_id: Option<String>,
    /// WAITING, DELIVERED or DEAD.
    pub state: Option<String>,
    /// At most so many, 1 to 1,000; 100 unless given.
    pub limit: Option<usize>,
}

impl Client {
    /// A client of the hub at a base URL, with or without `/v1`.
    ///
    /// # Errors
    /// Where the URL is not absolute http or https, or the credential cannot stand in a header.
    pub fn new(base_url: &str, user: &str, password: &str) -> Result<Self, Error> {
        let base = base(base_url).ok_or_else(|| Error::Setting(format!("{base_url} is no http or https URL")))?;
        let http = Http::new().map_err(Error::Setting)?;
        let credential = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let mut authorization = HeaderValue::from_str(&credential)
            .map_err(|_| Error::Setting("user and password cannot be sent".to_owned()))?;
        authorization.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("Entitle-client/", env!("CARGO_PKG_VERSION"))));
        Ok(Self { http, base, headers, tries_max: TRIES_MAX })
    }

    /// A client over a connection that is there, whose other side asks for no credential: an operator's.
    /// `base_url` says under which path the calls lie; its host is not looked up.
    ///
    /// # Errors
    /// Where the URL is not absolute, or the header's value cannot stand in one.
    pub fn over(http: Http, base_url: &str, header: (&'static str, &str)) -> Result<Self, Error> {
        let base = base(base_url).ok_or_else(|| Error::Setting(format!("{base_url} is no http or https URL")))?;
        let value =
            HeaderValue::from_str(header.1).map_err(|_| Error::Setting(format!("{} cannot be sent", header.0)))?;
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(header.0), value);
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("Entitle-client/", env!("CARGO_PKG_VERSION"))));
        Ok(Self { http, base, headers, tries_max: 1 })
    }

    /// The same, trying each call at most so often (4 unless set; 1: no retries).
    #[must_use]
    pub fn with_tries_max(mut self, tries_max: usize) -> Self {
        self.tries_max = tries_max.max(1);
        self
    }

    /// The base URL, without `/v1` and trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Creates an entitlement.
    ///
    /// # Errors
    /// Like every call: where no success came, in the end.
    pub async fn create(&self, body: &Value) -> Result<Answer, Error> {
        self.write(Call::post(&["v1", "entitlement"]).with_body(body)).await
    }

    /// Reads the record.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn read(&self, id: &str) -> Result<Answer, Error> {
        self.send(&Call::get(&["v1", "entitlement", id])).await
    }

    /// Updates, suspends, resumes or takes an end back; the id stands in the body.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn update(&self, body: &Value) -> Result<Answer, Error> {
        self.write(Call::patch(&["v1", "entitlement"]).with_body(body)).await
    }

    /// Ends softly.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn cancel(&self, id: &str, body: &Value) -> Result<Answer, Error> {
        self.write(Call::post(&["v1", "entitlement", "cancel", id]).with_body(body)).await
    }

    /// Ends hard.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn revoke(&self, id: &str, body: &Value) -> Result<Answer, Error> {
        self.write(Call::post(&["v1", "entitlement", "revoke", id]).with_body(body)).await
    }

    /// A fresh activation URL or code.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn activation_info(&self, id: &str) -> Result<Answer, Error> {
        self.send(&Call::get(&["v1", "entitlement", id, "activationInfo"])).await
    }

    /// What happened to an entitlement, and what is planned: `events`.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn history(&self, id: &str) -> Result<Answer, Error> {
        self.send(&Call::get(&["v1", "entitlement", id, "history"])).await
    }

    /// Where an entitlement stands, whom it waits for, and what is allowed.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn explain(&self, id: &str) -> Result<Answer, Error> {
        self.send(&Call::get(&["v1", "entitlement", id, "explain"])).await
    }

    /// What is sold: `eligibleProducts`.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn products(&self) -> Result<Answer, Error> {
        self.send(&Call::get(&["v1", "products"])).await
    }

    /// One page of the entitlements that match a filter; `limit` and `cursor` are members of it.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn report_page(&self, filter: &Value) -> Result<Page, Error> {
        let answer = self.send(&Call::post(&["v1", "entitlement", "report"]).with_body(filter)).await?;
        let cursor = |name: &str| answer["parameters"][name].as_str().map(str::to_owned);
        Ok(Page {
            entitlements: answer.items("entitlements"),
            next_cursor: cursor("nextCursor"),
            feed_cursor: cursor("feedCursor").unwrap_or_default(),
        })
    }

    /// All entitlements that match a filter, page by page.
    ///
    /// # Errors
    /// Where a page did not come.
    pub async fn report(&self, filter: &Value) -> Result<Vec<Item>, Error> {
        let (mut filter, mut all) = (filter.clone(), Vec::new());
        loop {
            let page = self.report_page(&filter).await?;
            all.extend(page.entitlements);
            match page.next_cursor {
                Some(cursor) => filter["cursor"] = json!(cursor),
                None => return Ok(all),
            }
        }
    }

    /// Events after a position (`None`: from the oldest kept on), at most `limit` of them; waits
    /// up to `wait` (30 s at most) for the first.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn events(&self, after: Option<&str>, limit: usize, wait: Duration) -> Result<Events, Error> {
        let call = Call::get(&["v1", "events"])
            .with_query("after", after.map(str::to_owned))
            .with_query("limit", Some(limit.to_string()))
            .with_query("wait", Some(wait.as_secs().to_string()))
            .with_more_time(wait);
        let answer = self.send(&call).await?;
        let cursor = answer["parameters"]["feedCursor"].as_str().or(after).unwrap_or_default();
        Ok(Events { events: answer.items("events"), cursor: cursor.to_owned() })
    }

    /// The sandbox's notifications, newest first.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn outbox(&self, filter: &OutboxFilter) -> Result<Vec<Item>, Error> {
        let call = Call::get(&["sandbox", "v1", "outbox"])
            .with_query("entitlementId", filter.entitlement_id.clone())
            .with_query("state", filter.state.clone())
            .with_query("limit", filter.limit.map(|limit| limit.to_string()));
        Ok(self.send(&call).await?.items("notifications"))
    }

    /// Has the sandbox send a notification once more: `answered` and `failure` say what came of it.
    ///
    /// # Errors
    /// Where no success came.
    pub async fn replay(&self, notification_id: &str) -> Result<Answer, Error> {
        self.send(&Call::post(&["sandbox", "v1", "outbox", notification_id, "replay"])).await
    }

    /// Sends a call, again where that helps.
    ///
    /// # Errors
    /// What the last try brought, where it was no success.
    pub async fn send(&self, call: &Call) -> Result<Answer, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let outcome = self.once(call).await;
            let wait = outcome.as_ref().err().filter(|_| tries < self.tries_max);
            match wait.and_then(|error| wait_after(tries, error)) {
                Some(wait) => sleep(wait).await,
                None => return outcome,
            }
        }
    }

    /// A write under an identity of its own, the same on every try.
    async fn write(&self, call: Call) -> Result<Answer, Error> {
        self.send(&call.with_identity(identity()?)).await
    }

    async fn once(&self, call: &Call) -> Result<Answer, Error> {
        let url = self.base_url().to_owned();
        let answer = self.http.send(self.request(call)?, call.within).await;
        let answer = answer.map_err(|cause| Error::Unreachable { url: url.clone(), cause })?;
        let status = answer.status;
        let read = String::from_utf8(answer.body.to_vec()).ok().and_then(|text| {
            let body: Value = serde_json::from_str(&text).ok()?;
            body["responseCode"].is_string().then_some((text, body))
        });
        let Some((text, body)) = read else {
            return Err(Error::NotAHub { url, status });
        };
        if status < 300 {
            return Ok(Answer::new(status, text, body));
        }
        let refusal = Refusal::read(status, answer.retry_after_s, body).ok_or(Error::NotAHub { url, status })?;
        Err(Error::Refused(Box::new(refusal)))
    }

    fn request(&self, call: &Call) -> Result<HttpRequest, Error> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&call.path);
        }
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let mut headers = self.headers.clone();
        if call.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(identity) = &call.identity {
            let identity = HeaderValue::from_str(identity)
                .map_err(|_| Error::Setting("the request identity has other characters than ASCII".to_owned()))?;
            headers.insert(HeaderName::from_static("x-requestidentifier"), identity);
        }
        let url = url.as_str().parse().map_err(|_| Error::Setting(format!("{url} cannot be called")))?;
        let body = Bytes::from(call.body.clone().unwrap_or_default());
        Ok(HttpRequest { method: call.method.clone(), url, headers, body })
    }
}

/// Whether a base URL leads to this machine; `None` where it is none.
#[must_use]
pub fn is_loopback(base_url: &str) -> Option<bool> {
    Some(match base(base_url)?.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
    })
}

/// The base, so that segments can be appended.
fn base(text: &str) -> Option<Url> {
    let text = text.trim_end_matches('/');
    let url = Url::parse(text.strip_suffix("/v1").unwrap_or(text)).ok()?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (matches!(url.scheme(), "http" | "https") && url.host().is_some() && plain).then_some(url)
}

/// 128 random bits as 32 hexadecimal digits.
fn identity() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    #[expect(clippy::disallowed_methods, reason = "this is the client's door for randomness")]
    let filled = rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes);
    filled.map_err(|_| Error::Setting("the system gives no random bytes".to_owned()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_url_is_taken_with_and_without_version_and_ids_are_encoded() {
        for base in ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/"] {
            let client = Client::new(base, "u", "p").unwrap();
            assert_eq!(client.base_url(), "http://h:1", "{base}");
            let call = Call::get(&["v1", "entitlement", "a b/c?"]).with_query("limit", Some("1".to_owned()));
            let request = client.request(&call).unwrap();
            assert_eq!(request.url.to_string(), "http://h:1/v1/entitlement/a%20b%2Fc%3F?limit=1", "{base}");
        }
        let behind = Client::new("https://h/resale/v1", "u", "p").unwrap();
        let read = behind.request(&Call::get(&["v1", "echo", "1"])).unwrap();
        assert_eq!(read.url.to_string(), "https://h/resale/v1/echo/1");
        for base in ["", "h:1", "ftp://h", "http://", "http://h?x=1", "http://u@h"] {
            assert!(matches!(Client::new(base, "u", "p"), Err(Error::Setting(_))), "{base}");
        }
    }

    #[test]
    fn loopback_is_this_machine_and_nothing_that_looks_like_it() {
        for url in ["http://127.0.0.1:8080", "https://127.9.9.9/v1", "http://[::1]:1", "http://LOCALHOST"] {
            assert_eq!(is_loopback(url), Some(true), "{url}");
        }
        for url in ["http://127.0.0.1.example", "http://localhost.example", "http://10.0.0.1"] {
            assert_eq!(is_loopback(url), Some(false), "{url}");
        }
        assert_eq!(is_loopback("localhost"), None);
    }

    #[test]
    fn identities_differ() {
        let (one, other) = (identity().unwrap(), identity().unwrap());
        assert!(one != other && one.len() == 32, "{one} {other}");
    }
}
