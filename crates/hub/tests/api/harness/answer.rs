//! An answer of the hub, and what every answer has to be.

use serde_json::Value;
use std::fmt;
use std::ops::Index;

/// The record's members, in their order.
pub(crate) const FIELDS: [&str; 22] = [
    "entitlementId",
    "status",
    "dateCreated",
    "dateActivated",
    "dateEnded",
    "dateSuspended",
    "dateResumed",
    "dateLastUpdated",
    "customerIdentifier",
    "merchantAccountKey",
    "productKey",
    "offerKey",
    "activationCode",
    "entitlementDisplayName",
    "dateExpiry",
    "extensionData",
    "notificationUrl",
    "externalEntitlementId",
    "sharedCustomerId",
    "bangoUserId",
    "merchantEntitlementId",
    "financeData",
];

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
    json: Value,
}

impl Answer {
    /// Reads an HTTP/1.1 response, and checks what holds for all of them.
    pub(crate) fn parse(bytes: &[u8], is_head: bool) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let body = String::from_utf8(bytes[end + 4..].to_vec()).unwrap();
        let json = serde_json::from_str(&body).unwrap_or(Value::Null);
        let answer = Self { status, headers: headers.collect(), body, json };
        if !is_head {
            let length: usize = answer.header("content-length").unwrap().parse().unwrap();
            assert_eq!(length, answer.body.len(), "a whole body");
        }
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} stands twice");
        value
    }

    /// All headers, names in lower case.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The body as JSON; null where it is none.
    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    pub(crate) fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("no ETag: {self}")).to_owned()
    }

    /// A member that is a string.
    pub(crate) fn text(&self, member: &str) -> String {
        self[member].as_str().unwrap_or_else(|| panic!("{member} is no string: {self}")).to_owned()
    }

    /// The activation URL.
    pub(crate) fn url(&self) -> String {
        assert_eq!(self["parameters"]["action"], "NAVIGATE_TO_URL", "{self}");
        self["parameters"]["url"].as_str().unwrap().to_owned()
    }

    /// Status and code, in an envelope as it has to be.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status, &self["responseCode"]), (status, &Value::from(code)), "{self}");
        self.is_enveloped();
        self
    }

    /// A success with the record in that status.
    #[track_caller]
    pub(crate) fn shows(&self, http: u16, status: &str) -> &Self {
        let code =
            if self["parameters"]["action"].is_string() && http == 202 { "CLIENT_ACTION_REQUIRED" } else { "OK" };
        self.is(http, code);
        assert_eq!(self["status"], status, "{self}");
        self
    }

    /// A refusal by that rule.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str, rule: &str) -> &Self {
        self.is(status, code);
        assert_eq!(self["error"]["rule"], rule, "{self}");
        self
    }

    /// The hint of a refusal.
    #[track_caller]
    pub(crate) fn hints(&self, at: &str) -> &Self {
        let hint = self["error"]["hint"].as_str().unwrap_or_default();
        assert!(hint.contains(at), "{at} is not in the hint: {self}");
        self
    }

    /// Every faulty field with its rule, in order.
    pub(crate) fn faults(&self) -> Vec<String> {
        let fields = self["error"]["fields"].as_array().unwrap_or_else(|| panic!("no faults: {self}"));
        let word = |fault: &Value, member: &str| fault[member].as_str().unwrap().to_owned();
        fields.iter().map(|fault| format!("{} {}", word(fault, "field"), word(fault, "rule"))).collect()
    }

    #[track_caller]
    fn is_enveloped(&self) {
        assert!(self.header("content-type").is_some_and(|given| given.starts_with("application/json")), "{self}");
        assert!(self.header("x-request-id").is_some_and(|id| !id.is_empty()), "{self}");
        let members = wire::parse_object(self.body.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?}: {self}")).0;
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..3], ["responseCode", "responseMessage", "parameters"], "{self}");
        assert!(self["parameters"].is_object(), "{self}");
        assert_eq!(self.status >= 300, names.contains(&"error"), "{self}");
        if self.status >= 300 {
            self.explains_itself();
        }
    }

    #[track_caller]
    fn explains_itself(&self) {
        let error = &self["error"];
        let known = ["RESELLER", "HUB", "MERCHANT"];
        assert!(known.iter().any(|origin| error["origin"] == *origin), "{self}");
        let rule = error["rule"].as_str().unwrap();
        assert!(hub::all_rules().contains(&rule), "{rule} is not listed: {self}");
        assert!(error["retryable"].is_boolean(), "{self}");
        let faults = error["fields"].as_array().unwrap();
        if let Some(first) = faults.first() {
            assert_eq!((&first["field"], &first["rule"]), (&error["field"], &error["rule"]), "{self}");
            let messages: Vec<&str> = faults.iter().map(|fault| fault["message"].as_str().unwrap()).collect();
            assert_eq!(self["responseMessage"], messages.join("; "), "{self}");
        }
        if matches!(self.status, 429 | 503) {
            assert!(self.header("retry-after").is_some(), "{self}");
        }
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, member: &str) -> &Value {
        &self.json[member]
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, self.body)
    }
}
