//! One call of the public interface, before it is sent.

use hyper::Method;
use serde_json::Value;
use std::time::Duration;

/// Longer than the hub lets any answer take (12 s; docs/API.md section 1).
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What to ask; the same value can be sent again and is the same request.
#[derive(Debug, Clone)]
pub struct Call {
    pub(crate) method: Method,
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<String>,
    pub(crate) identity: Option<String>,
    pub(crate) within: Duration,
}

impl Call {
    /// A GET of a path, given as its segments; they are encoded here.
    #[must_use]
    pub fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST.
    #[must_use]
    pub fn post(path: &[&str]) -> Self {
        Self::new(Method::POST, path)
    }

    /// A PATCH.
    #[must_use]
    pub fn patch(path: &[&str]) -> Self {
        Self::new(Method::PATCH, path)
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn with_body(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    /// The same with one more member of the query, where there is a value.
    #[must_use]
    pub fn with_query(mut self, name: &'static str, value: Option<String>) -> Self {
        self.query.extend(value.map(|value| (name, value)));
        self
    }

    /// The same as a write of this request identity: 1 to 128 visible ASCII characters
    /// (docs/API.md section 4). Give one of your own to repeat a call of an earlier process;
    /// [`Client`](crate::Client) makes one for each of its writes.
    #[must_use]
    pub fn with_identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// The same, waiting for its answer so much longer (a long poll).
    #[must_use]
    pub fn with_more_time(mut self, more: Duration) -> Self {
        self.within += more;
        self
    }

    fn new(method: Method, path: &[&str]) -> Self {
        let path = path.iter().map(|segment| (*segment).to_owned()).collect();
        Self { method, path, query: Vec::new(), body: None, identity: None, within: ANSWER_WITHIN }
    }
}
