//! A small HTTP/1.1 client: one connection, kept alive, one request at a time. It knows what the
//! hub sends (a length before every body) and nothing more.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any answer of the hub may take (the test clock: 32 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(45);
/// The port is on this machine.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// A request; the same value can be sent again and is the same request.
#[derive(Debug, Clone)]
pub struct Request {
    /// GET, POST, PATCH.
    pub method: &'static str,
    /// With its query.
    pub path: String,
    /// JSON where it begins with `{`, else a form.
    pub body: String,
    /// X-RequestIdentifier; empty: none.
    pub identity: String,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Byte by byte.
    pub body: String,
    headers: Vec<(String, String)>,
}

/// One connection to the hub.
pub struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    authorization: String,
    patience: Duration,
}

impl Request {
    /// A GET.
    pub fn get(path: &str) -> Self {
        Self { method: "GET", path: path.to_owned(), body: String::new(), identity: String::new() }
    }

    /// A POST; with another method, a PATCH.
    pub fn post(path: &str, body: &str) -> Self {
        Self { method: "POST", path: path.to_owned(), body: body.to_owned(), identity: String::new() }
    }

    /// The same under a request identity.
    pub fn with_identity(self, identity: &str) -> Self {
        Self { identity: identity.to_owned(), ..self }
    }

    fn print(&self, address: SocketAddr, authorization: &str) -> String {
        let Self { method, path, body, identity } = self;
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {authorization}\r\n");
        if !identity.is_empty() {
            text.push_str(&format!("X-RequestIdentifier: {identity}\r\n"));
        }
        if *method != "GET" {
            let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
            text.push_str(&format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        text
    }
}

impl Answer {
    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The record's version.
    pub fn etag(&self) -> Option<u32> {
        self.header("etag").and_then(|tag| tag.trim_matches('"').parse().ok())
    }

    /// Whether it is a remembered answer.
    pub fn is_replayed(&self) -> bool {
        self.header("idempotent-replayed") == Some("true")
    }
}

impl Connection {
    /// Connects with the sandbox's credential.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        Self::open_as(address, "sandbox:sandbox")
    }

    /// Connects with another `user:password`.
    pub fn open_as(address: SocketAddr, credential: &str) -> io::Result<Self> {
        Self::open_for(address, credential, ANSWER_WITHIN)
    }

    /// The same for a client that waits no longer than this for an answer.
    #[expect(clippy::disallowed_methods, reason = "a client of the hub, not the hub")]
    pub fn open_for(address: SocketAddr, credential: &str, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, CONNECT_WITHIN)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        let authorization = format!("Basic {}", STANDARD.encode(credential));
        Ok(Self { stream: BufReader::new(stream), address, authorization, patience })
    }

    /// Sends a request and waits for its answer.
    pub fn ask(&mut self, request: &Request) -> io::Result<Answer> {
        self.send(request)?;
        self.receive()
    }

    /// Sends a request.
    pub fn send(&mut self, request: &Request) -> io::Result<()> {
        self.write(&request.print(self.address, &self.authorization))
    }

    /// Sends bytes, for requests that come in parts.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(text.as_bytes())
    }

    /// The `Authorization` it sends.
    pub fn authorization(&self) -> &str {
        &self.authorization
    }

    /// Waits for an answer. An error means that the connection ended before the answer was
    /// whole; a hub that lives and does not answer is a failure of its own.
    pub fn receive(&mut self) -> io::Result<Answer> {
        let received = self.read();
        if let Err(error) = &received
            && matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
        {
            panic!("no answer within {:?}", self.patience);
        }
        received
    }

    /// Sends a request and waits for its answer, as long as this client does: then it is an error, too.
    pub fn try_ask(&mut self, request: &Request) -> io::Result<Answer> {
        self.send(request)?;
        self.read()
    }

    fn read(&mut self) -> io::Result<Answer> {
        let status = self.line()?.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or(ErrorKind::InvalidData)?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or(ErrorKind::InvalidData)?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, body: String::new(), headers };
        let length = answer.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        answer.body = String::from_utf8(body).map_err(|_| ErrorKind::InvalidData)?;
        Ok(answer)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}
