//! Somebody in the middle of the way to the database: a socket of its own, by which everything goes through, or
//! slowly, or in one direction only, or not at all; and connections are cut when a test wants.

use crate::clock::pause;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// While something is held back, it is looked so often whether it still is.
const LOOK: Duration = Duration::from_millis(5);
const PIECE_BYTES: usize = 64 * 1024;

/// How bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// At once.
    Open,
    /// Each piece so much later.
    Slow(Duration),
    /// Requests arrive, answers do not.
    Deaf,
    /// Nothing arrives; nobody is told.
    Held,
    /// New connections are closed at once.
    Shut,
}

#[derive(Debug)]
struct Shared {
    way: Way,
    /// Both ends of every connection.
    ends: Vec<UnixStream>,
}

/// Stands in the middle; what goes through it ends with the test's process.
#[derive(Debug)]
pub struct Proxy {
    folder: PathBuf,
    shared: Arc<Mutex<Shared>>,
}

impl Proxy {
    /// Makes a socket in this folder, as PostgreSQL would, by which `server` is reached.
    #[must_use]
    pub fn start(folder: &Path, server: &Path) -> Self {
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).expect("a socket for the proxy");
        let shared = Arc::new(Mutex::new(Shared { way: Way::Open, ends: Vec::new() }));
        let (server, with) = (server.to_owned(), Arc::clone(&shared));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Where the server is not there the client sees its connection end.
                if with.lock().unwrap().way != Way::Shut
                    && let Ok(server) = UnixStream::connect(&server)
                {
                    carry(&client, &server, &with);
                }
            }
        });
        Self { folder: folder.to_owned(), shared }
    }

    /// Where its socket lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// From here on bytes go this way.
    pub fn set(&self, way: Way) {
        self.shared.lock().unwrap().way = way;
    }

    /// Ends all connections, whatever was under way.
    pub fn cut(&self) {
        for end in self.shared.lock().unwrap().ends.drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

fn carry(client: &UnixStream, server: &UnixStream, shared: &Arc<Mutex<Shared>>) {
    let (Ok(ends), Ok(back)) = (pair(client, server), pair(server, client)) else { return };
    shared.lock().unwrap().ends.extend(pair(client, server).into_iter().flat_map(|(one, other)| [one, other]));
    for ((from, to), is_answers) in [(ends, false), (back, true)] {
        let shared = Arc::clone(shared);
        std::thread::spawn(move || forward(from, to, is_answers, &shared));
    }
}

fn pair(one: &UnixStream, other: &UnixStream) -> std::io::Result<(UnixStream, UnixStream)> {
    Ok((one.try_clone()?, other.try_clone()?))
}

fn forward(mut from: UnixStream, mut to: UnixStream, is_answers: bool, shared: &Mutex<Shared>) {
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        loop {
            let way = shared.lock().unwrap().way;
            match way {
                Way::Held => pause(LOOK),
                Way::Deaf if is_answers => pause(LOOK),
                Way::Slow(time) => {
                    pause(time);
                    break;
                }
                Way::Open | Way::Deaf | Way::Shut => break,
            }
        }
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    for end in [&from, &to] {
        let _ = end.shutdown(Shutdown::Both);
    }
}
