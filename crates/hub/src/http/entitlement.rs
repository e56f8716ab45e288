//! The reseller's calls: wire to command, answer to wire (docs/API.md section 4).

use super::authorize::{Asker, count, read_signature, verify_signature};
use super::prefer::preference;
use super::respond::{ANSWER_WITHIN, Reply, json};
use super::{Action, Received, body};
use crate::Hub;
use crate::answer::Answer;
use crate::catalog::Account;
use crate::execute::{Caller, Wanted, from_store};
use bytes::Bytes;
use entitlement::JsonObject;
use hyper::header::{HeaderMap, HeaderName, IF_MATCH};
use ids::RequestIdentity;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use store::{FINGERPRINT_BYTES, Load, Report, Row, Target};
use tokio::time::Instant;
use wire::{
    CreateRequest, ErrorAnswer, Fault, Parsed, RateLimit, ReportRequest, ResponseCode, UpdateRequest, canonical,
    echo_body, parse_customer_header, parse_end, print_cursor, report_body,
};

/// The preference that makes a write a dry run (docs/API.md section 4).
const DRY_RUN: &str = "validate-only";

/// Left between the inner deadline and the answer's, so that the better answer wins.
const MARGIN: Duration = Duration::from_millis(500);

/// Forces the test merchant's answer, in test mode.
const MAGIC_NUMBER: &str = "X-Magic-Number";
/// Sets a switch for one request, in test mode.
const SWITCH: &str = "X-Entitle-Switch";

/// One request of a reseller, authorised and read.
struct Asked {
    account: Arc<Account>,
    headers: HeaderMap,
    body: Option<JsonObject>,
    method: &'static str,
    path: String,
}

type Answered = Result<Answer, Box<ErrorAnswer>>;

impl Hub {
    pub(super) async fn entitlement_action(&self, action: &Action, request: Received, asker: &Asker) -> Reply {
        let identity =
            request.headers().get("x-requestidentifier").or(request.headers().get("idempotency-key")).cloned();
        let is_dry_run = is_dry_run(action, request.headers());
        let mut standing = None;
        let answered = self.answer_reseller(action, request, asker, &mut standing).await;
        let mut answer = answered.unwrap_or_else(|error| Answer::error(&error));
        answer.rate_limit = answer.rate_limit.or(standing);
        if is_dry_run && answer.preference_applied.is_none() && answer.http != 401 {
            answer.preference_applied = Some(DRY_RUN.to_owned());
        }
        let mut reply = json(answer);
        if let Some(identity) = identity {
            reply.headers_mut().insert(HeaderName::from_static("x-requestidentifier"), identity);
        }
        reply
    }

    /// The first checks in their order (docs/API.md section 2): credential and its terms, rate, load,
    /// size; a signature is verified once there is a body. `standing` becomes how the rate stands.
    async fn answer_reseller(
        &self,
        action: &Action,
        request: Received,
        asker: &Asker,
        standing: &mut Option<RateLimit>,
    ) -> Answered {
        let (parts, incoming) = request.into_parts();
        let epoch = *self.credentials_epoch.borrow();
        let sender = self.authorize(asker).await?;
        let signature = read_signature(&sender.gate, &parts.headers, self.real_now_s())?;
        *standing = count(&sender.gate)?;
        let place = self.load.take(sender.account.id)?;
        let mut account = switched(Arc::clone(&sender.account), &parts.headers);
        if let Some(forced) = self.forced(account.as_ref().unwrap_or(&sender.account), &parts)? {
            return Ok(forced);
        }
        let bytes = body::read(incoming).await?;
        if let Some(signature) = &signature {
            verify_signature(signature, &parts, &bytes)?;
        }
        if *self.credentials_epoch.borrow() != epoch {
            // A body may take 10 s: what it asks is decided on the catalog of now.
            account = switched(Arc::clone(&self.authorize(asker).await?.account), &parts.headers);
        }
        let is_read = action.is_read();
        let asked = Asked {
            body: read_json(&parts.headers, &bytes, is_read)?,
            account: account?,
            method: if parts.method == hyper::Method::PATCH { "PATCH" } else { "POST" },
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
        };
        match action {
            Action::Echo(id) => Ok(Answer::plain(200, echo_body(id))),
            Action::Read(id) => self.read(&asked, id).await,
            Action::Explain(id) => Box::pin(self.explain(&asked.account, id)).await,
            Action::Products(reseller) => {
                let customer = customer(&asked.headers)?;
                Box::pin(self.products(&asked.account, reseller.as_deref(), customer.as_deref())).await
            }
            Action::History(id) => Box::pin(self.history(&asked.account, id)).await,
            Action::Feed => Box::pin(self.feed(&asked.account, parts.uri.query(), asker, place)).await,
            Action::Report => Box::pin(self.report(asked)).await,
            Action::Create => Box::pin(self.write(self.wire_create(asked)?)).await,
            Action::Update => Box::pin(self.write(wire_update(asked)?)).await,
            Action::Cancel(id) => Box::pin(self.write(wire_end(asked, id.clone(), false)?)).await,
            Action::Revoke(id) => Box::pin(self.write(wire_end(asked, id.clone(), true)?)).await,
            Action::Reactivate => Err(Box::new(api_ended())),
            Action::ActivationInfo(id) => {
                let caller = asked.caller(None, "");
                Ok(Box::pin(self.execute(caller, Wanted::ActivationInfo(id.clone()))).await)
            }
            _ => Err(Box::new(crate::answer::internal_error())),
        }
    }

    /// A reseller's read for an operator: the same answer, without the reseller's credential. The feed does
    /// not wait, since nobody's credential is there to be looked at meanwhile.
    pub(crate) async fn read_for(
        &self,
        account: Arc<Account>,
        action: Action,
        headers: &HeaderMap,
        query: &str,
        bytes: &Bytes,
    ) -> Answered {
        let is_read = action.is_read();
        let body = read_json(headers, bytes, is_read)?;
        let (path, headers) = (String::new(), headers.clone());
        let asked = Asked { account, headers, body, method: "GET", path };
        match action {
            Action::Read(id) => self.read(&asked, &id).await,
            Action::Explain(id) => self.explain(&asked.account, &id).await,
            Action::History(id) => self.history(&asked.account, &id).await,
            Action::Products(_) => self.products(&asked.account, None, customer(&asked.headers)?.as_deref()).await,
            Action::Feed => self.feed_now(&asked.account, query).await,
            Action::Report => self.report(asked).await,
            _ => Err(Box::new(read_only())),
        }
    }

    /// Carries a write out. The future is made of values already read, so that it stays small.
    async fn write(&self, write: Write) -> Answered {
        let Write { caller, wanted, ignored_fields, dry_run } = write;
        let answer = match dry_run {
            true => Box::pin(self.dry_run(caller, wanted)).await,
            false => self.execute(caller, wanted).await,
        };
        Ok(Answer { ignored_fields, ..answer })
    }

    fn wire_create(&self, asked: Asked) -> Result<Write, Box<ErrorAnswer>> {
        let now = self.store.now();
        asked.write(|body, account| {
            let Parsed { request, ignored_fields } =
                CreateRequest::parse(body, now, account.live, &account.switches).map_err(faults)?;
            Ok((Wanted::Create(Box::new(request)), ignored_fields))
        })
    }

    async fn read(&self, asked: &Asked, id: &str) -> Answered {
        let Some(row) = self.find(&asked.account, id).await? else {
            return Err(Box::new(crate::execute::not_found()));
        };
        Ok(Answer::record(200, ResponseCode::Ok, None, &row.state))
    }

    /// The entitlement of that public id, with what time has brought committed first.
    pub(crate) async fn find(&self, account: &Arc<Account>, id: &str) -> Result<Option<Box<Row>>, Box<ErrorAnswer>> {
        const LOOKS_MAX: usize = 4;
        for _ in 0..LOOKS_MAX {
            let load = Load { account: account.id, target: Target::Id(id.to_owned()), identity: None };
            let span = crate::watching::span("load");
            let loaded = self.store.load(load).await.map_err(from_store)?;
            drop(span);
            let Some(row) = loaded.row else {
                return Ok(None);
            };
            let is_due = row.due_at.is_some_and(|due| due <= self.store.now());
            let route = account.route(&row.state.record.merchant_account_key);
            match route {
                Some(route) if is_due && Box::pin(self.settle_due(account, route, &row)).await? => {}
                Some(_) | None => return Ok(Some(row)),
            }
        }
        Err(Box::new(crate::answer::internal_error()))
    }

    async fn report(&self, mut asked: Asked) -> Answered {
        let request = ReportRequest::parse(asked.body.take().unwrap_or_default()).map_err(faults)?;
        let account = asked.account.id;
        let feed_cursor = self.store.feed_head(account).await.map_err(from_store)?;
        let limit = request.limit;
        let rows = self.store.report(account, report(request)).await.map_err(from_store)?;
        let last = rows.last().filter(|_| rows.len() == limit).map(|row| &row.state.record);
        let next_cursor = last.map(|record| print_cursor(record.date_created, &record.entitlement_id));
        let records = rows.iter().map(|row| &*row.state.record);
        Ok(Answer::plain(200, report_body(records, next_cursor.as_deref(), feed_cursor)))
    }
}

/// A write, read and named.
struct Write {
    caller: Caller,
    wanted: Wanted,
    ignored_fields: Vec<String>,
    dry_run: bool,
}

fn wire_update(asked: Asked) -> Result<Write, Box<ErrorAnswer>> {
    asked.write(|body, account| {
        let Parsed { request, ignored_fields } =
            UpdateRequest::parse(body, account.live, &account.switches).map_err(faults)?;
        Ok((Wanted::Update(Box::new(request)), ignored_fields))
    })
}

fn wire_end(asked: Asked, id: String, revoke: bool) -> Result<Write, Box<ErrorAnswer>> {
    asked.write(|body, account| {
        let end = Box::new(parse_end(body, &id, revoke, &account.switches).map_err(faults)?);
        Ok((if revoke { Wanted::Revoke(id, end) } else { Wanted::Cancel(id, end) }, Vec::new()))
    })
}

/// What a body wants, and the names of fields that are ignored.
type Read = Result<(Wanted, Vec<String>), Box<ErrorAnswer>>;

impl Asked {
    /// Reads the identity and the body.
    fn write(mut self, read: impl FnOnce(JsonObject, &Account) -> Read) -> Result<Write, Box<ErrorAnswer>> {
        let body = self.body.take().unwrap_or_default();
        let text = canonical(&body);
        let identity = self.identity()?;
        let (wanted, ignored_fields) = read(body, &self.account)?;
        let dry_run = preference(&self.headers, DRY_RUN).is_some();
        Ok(Write { caller: self.caller(identity, &text), wanted, ignored_fields, dry_run })
    }

    fn caller(self, identity: Option<RequestIdentity>, canonical_body: &str) -> Caller {
        let fingerprint = match identity {
            Some(_) => fingerprint(self.method, &self.path, canonical_body),
            None => [0; FINGERPRINT_BYTES],
        };
        let if_match = self.headers.get(IF_MATCH).map(|value| value.to_str().unwrap_or("").to_owned());
        let deadline = Instant::now() + ANSWER_WITHIN - MARGIN;
        let magic_number = header_once(&self.headers, MAGIC_NUMBER);
        Caller { account: self.account, identity, fingerprint, if_match, magic_number, deadline, audit: None }
    }

    /// X-RequestIdentifier, alias Idempotency-Key.
    fn identity(&self) -> Result<Option<RequestIdentity>, Box<ErrorAnswer>> {
        let named = read_identity(&self.headers, "X-RequestIdentifier")?;
        let alias = read_identity(&self.headers, "Idempotency-Key")?;
        match (named, alias) {
            (Some(named), Some(alias)) if named != alias => Err(identity_fault(
                "X-RequestIdentifier",
                "X-RequestIdentifier and Idempotency-Key differ; send one of them.",
            )),
            (named, alias) => Ok(named.or(alias)),
        }
    }
}

/// Only writes can be tried without being done; a read prefers in vain.
fn is_dry_run(action: &Action, headers: &HeaderMap) -> bool {
    let is_write =
        matches!(action, Action::Create | Action::Update | Action::Cancel(_) | Action::Revoke(_) | Action::Reactivate);
    is_write && preference(headers, DRY_RUN).is_some()
}

fn read_json(headers: &HeaderMap, bytes: &Bytes, is_read: bool) -> Result<Option<JsonObject>, Box<ErrorAnswer>> {
    if is_read {
        return Ok(None);
    }
    body::json(headers, bytes)
}

/// In test mode `X-Entitle-Switch: name=value` sets one of the credential's switches for this
/// request.
fn switched(account: Arc<Account>, headers: &HeaderMap) -> Result<Arc<Account>, Box<ErrorAnswer>> {
    if let Some(header) = [SWITCH, MAGIC_NUMBER].into_iter().find(|name| account.live && headers.contains_key(*name)) {
        return Err(Box::new(test_only(header)));
    }
    let Some(header) = header_once(headers, SWITCH) else {
        return Ok(account);
    };
    let mut account = (*account).clone();
    account.switches.set_by_header(&header).map_err(|fault| faults(vec![fault]))?;
    Ok(Arc::new(account))
}

/// A header that may stand once. Sent twice it is as senseless as its values joined, and one that
/// is no text is as good as empty.
fn header_once(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or(""));
    let first = values.next()?;
    Some(values.fold(first.to_owned(), |joined, value| joined + ", " + value))
}

fn test_only(header: &str) -> ErrorAnswer {
    ErrorAnswer::faults(vec![Fault {
        field: header.to_owned(),
        rule: "test-only",
        message: format!("{header} parameter is invalid"),
        hint: Some("This header is for test credentials; live ones know no such thing.".to_owned()),
    }])
}

/// The customer of `X-CustomerIdentifier`.
fn customer(headers: &HeaderMap) -> Result<Option<String>, Box<ErrorAnswer>> {
    let value = headers.get("x-customeridentifier");
    value.map(|value| parse_customer_header(value.as_bytes()).map_err(|fault| faults(vec![fault]))).transpose()
}

fn read_identity(headers: &HeaderMap, name: &'static str) -> Result<Option<RequestIdentity>, Box<ErrorAnswer>> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else {
        return Ok(None);
    };
    let parsed = value.to_str().ok().and_then(RequestIdentity::parse).filter(|_| second.is_none());
    parsed.map(Some).ok_or_else(|| identity_fault(name, "Send it once, with 1 to 128 visible ASCII characters."))
}

fn identity_fault(name: &'static str, hint: &str) -> Box<ErrorAnswer> {
    Box::new(ErrorAnswer::faults(vec![Fault {
        field: name.to_owned(),
        rule: "identity-invalid",
        message: format!("{name} parameter is invalid"),
        hint: Some(hint.to_owned()),
    }]))
}

/// Method, path without `/v1` and trailing slash, and the body with its keys sorted; headers do
/// not count.
fn fingerprint(method: &str, path: &str, canonical_body: &str) -> [u8; FINGERPRINT_BYTES] {
    let path = path.strip_prefix("/v1").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut hash = Sha256::new();
    for part in [method, path, canonical_body] {
        hash.update(part.as_bytes());
        hash.update([b'\n']);
    }
    let mut short = [0; FINGERPRINT_BYTES];
    short.copy_from_slice(&hash.finalize()[..FINGERPRINT_BYTES]);
    short
}

fn report(request: ReportRequest) -> Report {
    Report {
        customer_identifier: request.customer_identifier,
        entitlement_id: request.entitlement_id,
        external_entitlement_id: request.external_entitlement_id,
        merchant_account_key: request.merchant_account_key,
        product_key: request.product_key,
        offer_key: request.offer_key,
        status: request.status,
        updated_since: request.updated_since,
        created_from: request.created_from,
        created_to: request.created_to,
        after: request.cursor,
        limit: request.limit,
    }
}

/// The public system ended this call in 2019.
fn api_ended() -> ErrorAnswer {
    let message = "Reactivation has ended; what has ended stays ended.";
    ErrorAnswer::new(422, ResponseCode::NotAvailable, "api-ended", message)
        .with_hint("Create a new entitlement for the same customer.")
}

/// An operator sees what a reseller sees; he does not act in its name.
fn read_only() -> ErrorAnswer {
    let message = "An operator reads for a reseller and changes nothing in its name.";
    ErrorAnswer::new(405, ResponseCode::BadRequest, "operator-invalid", message)
        .with_hint("`entitle entitlement hold`, `release` and `resolve` are the operator's own.")
}

fn faults(faults: Vec<Fault>) -> Box<ErrorAnswer> {
    Box::new(ErrorAnswer::faults(faults))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn the_fingerprint_forgets_version_and_slash_and_nothing_else() {
        let print = fingerprint("POST", "/v1/entitlement/", "{}");
        assert_eq!(print, fingerprint("POST", "/entitlement", "{}"));
        assert_ne!(print, fingerprint("PATCH", "/entitlement", "{}"));
        assert_ne!(print, fingerprint("POST", "/entitlement", "{\"a\":1}"));
        assert_ne!(print, fingerprint("POST", "/entitlement/cancel/x", "{}"));
    }

    #[test]
    fn an_identity_is_read_once_and_in_either_name() {
        let mut headers = HeaderMap::new();
        assert_eq!(read_identity(&headers, "Idempotency-Key").unwrap(), None);
        headers.insert("Idempotency-Key", HeaderValue::from_static("\"a-1\""));
        assert_eq!(read_identity(&headers, "Idempotency-Key").unwrap().unwrap().as_str(), "a-1");
        headers.append("Idempotency-Key", HeaderValue::from_static("a-1"));
        assert!(read_identity(&headers, "Idempotency-Key").is_err());
    }
}
