//! A receiver of notifications: keeps everything that comes, in the order it came, and answers by
//! its mood. Whether it was right is judged by the tests.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// One in so many notifications meets a bad mood.
const UNLUCKY_ONE_IN: u64 = 16;

/// How it treats the first attempt of an unlucky notification. Every later attempt is taken, so
/// that no lane waits for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As every other.
    Takes,
    /// 500.
    Refuses,
    /// No answer: the connection ends.
    HangsUp,
}

/// What came.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The path it was sent to.
    pub path: String,
    /// The header.
    pub webhook_id: String,
    /// The header.
    pub webhook_timestamp: String,
    /// The header.
    pub webhook_signature: String,
    /// The body.
    pub body: String,
    /// When, in seconds of real time.
    pub at_s: i64,
    /// Whether it was answered with success.
    pub taken: bool,
}

struct Kept {
    mood: Mood,
    arrived: Vec<Arrived>,
    refused: HashSet<String>,
    taken: HashSet<String>,
}

/// The receiver; its threads end with the process.
pub struct Receiver {
    kept: Arc<Mutex<Kept>>,
    /// Scheme and host.
    pub url: String,
}

impl Receiver {
    /// Listens on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("no free port");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let kept = Kept { mood: Mood::Takes, arrived: Vec::new(), refused: HashSet::new(), taken: HashSet::new() };
        let kept = Arc::new(Mutex::new(kept));
        let shared = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&shared);
                std::thread::spawn(move || receive_all(stream, &kept));
            }
        });
        Self { kept, url }
    }

    /// From here on it treats unlucky ones so.
    pub fn set_mood(&self, mood: Mood) {
        self.kept.lock().unwrap().mood = mood;
    }

    /// How many different notifications it has taken.
    pub fn taken(&self) -> usize {
        self.kept.lock().unwrap().taken.len()
    }

    /// Everything that came, in order.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.kept.lock().unwrap().arrived.clone()
    }
}

impl Kept {
    /// The answer, if there is one.
    fn keep(&mut self, mut arrived: Arrived) -> Option<u16> {
        let id = arrived.webhook_id.clone();
        let unlucky = self.mood != Mood::Takes && is_unlucky(&id) && self.refused.insert(id.clone());
        arrived.taken = !unlucky;
        if arrived.taken {
            self.taken.insert(id);
        }
        self.arrived.push(arrived);
        match self.mood {
            Mood::HangsUp if unlucky => None,
            Mood::Refuses if unlucky => Some(500),
            Mood::Takes | Mood::Refuses | Mood::HangsUp => Some(200),
        }
    }
}

fn receive_all(stream: TcpStream, kept: &Mutex<Kept>) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Some(arrived) = read(&mut reader) {
        let Some(status) = kept.lock().unwrap().keep(arrived) else {
            return;
        };
        let answer = format!("HTTP/1.1 {status} -\r\nContent-Length: 0\r\n\r\n");
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// One whole request; `None` where the sender ended, or was killed, before that.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Arrived> {
    let path = line(reader)?.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let header = |name: &str| headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    let mut body = vec![0; header("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Arrived {
        path,
        webhook_id: header("webhook-id").unwrap_or_default(),
        webhook_timestamp: header("webhook-timestamp").unwrap_or_default(),
        webhook_signature: header("webhook-signature").unwrap_or_default(),
        body: String::from_utf8(body).ok()?,
        at_s: now_s(),
        taken: false,
    })
}

fn line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    line.strip_suffix("\r\n").map(str::to_owned)
}

/// By the id alone, so that it does not depend on the order in which things come.
fn is_unlucky(id: &str) -> bool {
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 20).is_multiple_of(UNLUCKY_ONE_IN)
}

#[expect(clippy::disallowed_methods, reason = "a receiver compares a signature's timestamp with real time")]
fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_secs()).expect("it is before the end of time")
}
