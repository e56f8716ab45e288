//! Calls of the hub: one connection each, written and read by hand, so that malformed ones can be
//! sent and answers are seen byte by byte.

use super::{Answer, PASSWORD, TestHub, contract};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// No call takes longer, the slow ones (10 s) included.
const CALL_WITHIN: Duration = Duration::from_secs(40);

/// A call being put together.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    hub: &'a TestHub,
    method: &'a str,
    path: String,
    headers: Vec<(String, String)>,
    user: Option<String>,
    body: Option<Vec<u8>>,
}

impl TestHub {
    pub(crate) fn call<'a>(&'a self, method: &'a str, path: &str) -> Call<'a> {
        let user = Some("sandbox".to_owned());
        Call { hub: self, method, path: path.to_owned(), headers: Vec::new(), user, body: None }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path).json(body).send().await
    }

    /// A create at BANGO_US, not sent yet.
    pub(crate) fn creating(&self, customer: &str, product: &str) -> Call<'_> {
        self.call("POST", "/v1/entitlement").json(&create_body(customer, product))
    }

    /// A create at BANGO_US.
    pub(crate) async fn create(&self, customer: &str, product: &str) -> Answer {
        self.creating(customer, product).send().await
    }

    /// A create at BANGO_US that goes through; its id.
    pub(crate) async fn created(&self, customer: &str, product: &str) -> String {
        let answer = self.create(customer, product).await;
        assert!(answer.status < 300, "{answer}");
        answer.text("entitlementId")
    }

    /// A create of that body that goes through; its id.
    pub(crate) async fn created_of(&self, body: &Value) -> String {
        let answer = self.post("/v1/entitlement", body).await;
        assert!(answer.status < 300, "{answer}");
        answer.text("entitlementId")
    }

    /// An update, not sent yet.
    pub(crate) fn updating(&self, id: &str, members: &Value) -> Call<'_> {
        let mut body = members.clone();
        body["entitlementId"] = json!(id);
        self.call("PATCH", "/v1/entitlement").json(&body)
    }

    pub(crate) async fn update(&self, id: &str, members: &Value) -> Answer {
        self.updating(id, members).send().await
    }

    pub(crate) async fn read(&self, id: &str) -> Answer {
        self.get(&format!("/v1/entitlement/{id}")).await
    }

    pub(crate) async fn cancel(&self, id: &str) -> Answer {
        self.call("POST", &format!("/v1/entitlement/cancel/{id}")).send().await
    }

    pub(crate) async fn revoke(&self, id: &str) -> Answer {
        self.call("POST", &format!("/v1/entitlement/revoke/{id}")).send().await
    }

    /// The activation page of a URL that an answer gave.
    pub(crate) async fn page(&self, url: &str) -> Answer {
        self.call("GET", self.path_of(url)).anonymous().send().await
    }

    /// Presses a button of the activation page.
    pub(crate) async fn choose(&self, url: &str, choice: &str) -> Answer {
        let form = format!("choice={choice}").into_bytes();
        let pressed = self.call("POST", self.path_of(url)).anonymous().bytes(form);
        pressed.header("Content-Type", "application/x-www-form-urlencoded").send().await
    }

    /// The path of a URL on this hub.
    pub(crate) fn path_of<'a>(&self, url: &'a str) -> &'a str {
        url.strip_prefix(&format!("http://{}", self.address)).unwrap_or_else(|| panic!("{url} is not on the hub"))
    }
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn identity(self, identity: &str) -> Self {
        self.header("X-RequestIdentifier", identity)
    }

    pub(crate) fn if_match(self, value: &str) -> Self {
        self.header("If-Match", value)
    }

    pub(crate) fn user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.user = None;
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        let text = body.to_string();
        self.header("Content-Type", "application/json").bytes(text.into_bytes())
    }

    /// The body as it is, without a media type.
    pub(crate) fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The request's bytes.
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.path, self.hub.address);
        if let Some(user) = &self.user {
            head.push_str(&format!("Authorization: {}\r\n", basic(user, PASSWORD)));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = &self.body {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("Connection: close\r\n\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend(self.body.iter().flatten());
        bytes
    }

    pub(crate) async fn send(&self) -> Answer {
        let came = exchange(self.hub.address, &self.text()).await;
        Answer::parse(&came, self.method == "HEAD")
    }
}

/// A create at BANGO_US.
pub(crate) fn create_body(customer: &str, product: &str) -> Value {
    json!({ "customerIdentifier": customer, "merchantAccountKey": "BANGO_US", "productKey": product })
}

pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// Sends bytes and reads until the other side closes.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = connect(address).await;
    // The other side may answer and close before it has read everything.
    let _ = stream.write_all(request).await;
    let came = read_to_end(&mut stream).await;
    contract::check(request, &Answer::parse(&came, request.starts_with(b"HEAD ")));
    came
}

pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    #[expect(clippy::disallowed_methods, reason = "the tests' own client")]
    let stream = TcpStream::connect(address).await.unwrap();
    stream
}

/// Everything until the other side closes.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut came = Vec::new();
    // A reset after the answer is as good as a close.
    let _ = timeout(CALL_WITHIN, stream.read_to_end(&mut came)).await.expect("no answer in time");
    came
}
