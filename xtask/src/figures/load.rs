//! The load: keep-alive connections that each send the next request as soon as the answer before
//! it is whole. Written on the socket, so that the client takes as little of the two cores as it
//! can.

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Entitlements made before reads are measured.
const IDS_TO_READ: usize = 5_000;
/// `sandbox:sandbox`.
const CREDENTIAL: &str = "Basic c2FuZGJveDpzYW5kYm94";
/// One create of so many is noted, where they are.
const NOTED_EVERY: u64 = 16;
/// Numbers of customers and identities go on from measurement to measurement.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// What is sent where.
#[derive(Clone)]
pub(super) struct Load {
    port: u16,
    what: What,
    /// When some of the creates were answered, by their number.
    answered: Option<Arc<Mutex<HashMap<u64, Instant>>>>,
}

#[derive(Clone)]
enum What {
    Create { prefix: String, is_random: bool },
    Read(Arc<Vec<String>>),
}

/// What one measurement gave.
#[derive(Clone)]
pub(super) struct Measured {
    pub(super) per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.0} /s   p50 {:6.2} ms   p99 {:6.2} ms", self.per_second, self.p50_ms, self.p99_ms)
    }
}

impl Load {
    /// Creates that the merchant activates at once, each customer and identity new and ascending.
    pub(super) fn create(port: u16, prefix: &str) -> Self {
        Self { port, what: What::Create { prefix: prefix.to_owned(), is_random: false }, answered: None }
    }

    /// The same with customers and identities spread at random, as in real life.
    pub(super) fn create_random(port: u16) -> Self {
        Self { port, what: What::Create { prefix: "rnd".to_owned(), is_random: true }, answered: None }
    }

    /// Reads by id.
    pub(super) fn read(port: u16, ids: Arc<Vec<String>>) -> Self {
        Self { port, what: What::Read(ids), answered: None }
    }

    /// The same, and one of so many is noted when its answer is there.
    pub(super) fn noting_answers(self) -> Self {
        Self { answered: Some(Arc::default()), ..self }
    }

    /// What was noted.
    pub(super) fn answered(&self) -> HashMap<u64, Instant> {
        self.answered
            .as_ref()
            .map(|noted| noted.lock().unwrap_or_else(PoisonError::into_inner).clone())
            .unwrap_or_default()
    }

    #[expect(clippy::disallowed_methods, reason = "the measurement's own clock")]
    fn note(&self, number: u64) {
        if let Some(answered) = self.answered.as_ref().filter(|_| number.is_multiple_of(NOTED_EVERY)) {
            answered.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Instant::now());
        }
    }

    fn request(&self, number: u64) -> String {
        match &self.what {
            What::Create { prefix, is_random } => {
                let key = if *is_random { scrambled(number) } else { number };
                create_request(&format!("{prefix}-{key:016x}"))
            }
            What::Read(ids) => {
                let id = &ids[usize::try_from(scrambled(number)).unwrap_or(0) % ids.len()];
                get(&format!("/v1/entitlement/{id}"))
            }
        }
    }
}

/// Runs one load for so long.
#[expect(clippy::disallowed_methods, reason = "the measurement's own clock")]
pub(super) async fn run(load: &Load, connections: usize, seconds: Duration) -> Result<Measured> {
    let end = Instant::now() + seconds;
    let begun = Instant::now();
    let mut tasks = Vec::with_capacity(connections);
    for _ in 0..connections {
        tasks.push(tokio::spawn(one_connection(load.clone(), end)));
    }
    let mut latencies = Histogram::<u64>::new(3)?;
    for task in tasks {
        latencies.add(task.await??)?;
    }
    let ms = |quantile| latencies.value_at_quantile(quantile) as f64 / 1_000.0;
    Ok(Measured {
        per_second: latencies.len() as f64 / begun.elapsed().as_secs_f64(),
        p50_ms: ms(0.50),
        p99_ms: ms(0.99),
    })
}

/// Ids of entitlements made for reading.
pub(super) async fn ids_to_read(port: u16) -> Result<Arc<Vec<String>>> {
    let mut connection = Connection::open(port).await?;
    let load = Load::create(port, "read");
    let mut ids = Vec::with_capacity(IDS_TO_READ);
    for _ in 0..IDS_TO_READ {
        let body = connection.exchange(&load.request(NEXT.fetch_add(1, Ordering::Relaxed))).await?;
        let answer: serde_json::Value = serde_json::from_slice(body)?;
        ids.push(answer["entitlementId"].as_str().context("an answer without entitlementId")?.to_owned());
    }
    Ok(Arc::new(ids))
}

#[expect(clippy::disallowed_methods, reason = "the measurement's own clock")]
async fn one_connection(load: Load, end: Instant) -> Result<Histogram<u64>> {
    let mut connection = Connection::open(load.port).await?;
    let mut latencies = Histogram::<u64>::new(3)?;
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let request = load.request(number);
        let begun = Instant::now();
        if begun >= end {
            return Ok(latencies);
        }
        connection.exchange(&request).await?;
        load.note(number);
        latencies.record(u64::try_from(begun.elapsed().as_micros())?)?;
    }
}

/// One connection, kept alive.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    #[expect(clippy::disallowed_methods, reason = "the load's own connections")]
    pub(super) async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8 * 1024) })
    }

    /// Sends a request and returns the body of its 2xx answer.
    pub(super) async fn exchange(&mut self, request: &str) -> Result<&[u8]> {
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(body_at) = whole_answer(&self.buffer)? {
                return Ok(&self.buffer[body_at..]);
            }
        }
    }
}

/// Where the body begins, once all of it is there.
fn whole_answer(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(head_end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..head_end])?;
    if !head.starts_with("HTTP/1.1 2") {
        bail!("the server refused: {}", String::from_utf8_lossy(bytes));
    }
    let length = head
        .lines()
        .find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok())
        .context("an answer without content-length")?;
    Ok((bytes.len() >= head_end + 4 + length).then_some(head_end + 4))
}

/// A GET.
pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: {CREDENTIAL}\r\n\r\n")
}

/// A POST of JSON.
pub(super) fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: {CREDENTIAL}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The numbers of the creates on a page of the feed that may have been noted.
pub(super) fn noted<'p>(page: &'p [u8], prefix: &str) -> impl Iterator<Item = u64> + 'p {
    let page = std::str::from_utf8(page).unwrap_or_default();
    let name = format!("\"customerIdentifier\":\"{prefix}-");
    page.match_indices("\"customerIdentifier\":\"").filter_map(move |(at, _)| {
        let number = page[at..].strip_prefix(&name)?.get(..16)?;
        u64::from_str_radix(number, 16).ok().filter(|number| number.is_multiple_of(NOTED_EVERY))
    })
}

fn create_request(customer: &str) -> String {
    let body = format!(
        "{{\"customerIdentifier\":\"{customer}\",\"merchantAccountKey\":\"BANGO_US\",\"productKey\":\"MUSIC_NOW\"}}"
    );
    format!(
        "POST /v1/entitlement HTTP/1.1\r\nHost: hub\r\nAuthorization: {CREDENTIAL}\r\n\
         Content-Type: application/json\r\nX-RequestIdentifier: {customer}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A number that looks random and never comes twice (SplitMix64's mixer is a bijection).
fn scrambled(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
