//! One connection, kept alive: a request out, its answer in.

use crate::{LoadError, Target};
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection to the hub.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Where nobody listens.
    pub async fn open(target: &Target) -> Result<Self, LoadError> {
        let failed = |error| LoadError::Connection(target.address, error);
        #[expect(clippy::disallowed_methods, reason = "the load's own connections; the hub makes none of them")]
        let stream = TcpStream::connect(target.address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        Ok(Self { address: target.address, stream, buffer: Vec::with_capacity(8 * 1024) })
    }

    /// Sends a request and returns status and body of its answer.
    ///
    /// # Errors
    /// Where the connection breaks, or the answer is no HTTP/1.1 with a length.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<(u16, &[u8]), LoadError> {
        let address = self.address;
        let failed = |error| LoadError::Connection(address, error);
        self.stream.write_all(request).await.map_err(failed)?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await.map_err(failed)? == 0 {
                return Err(failed(ErrorKind::UnexpectedEof.into()));
            }
            if let Some((status, body_at)) = whole_answer(&self.buffer)? {
                return Ok((status, &self.buffer[body_at..]));
            }
        }
    }

    /// The body of a 2xx answer.
    ///
    /// # Errors
    /// As `exchange`, and where it is refused.
    pub async fn accepted(&mut self, request: &[u8]) -> Result<&[u8], LoadError> {
        match self.exchange(request).await? {
            (200..=299, body) => Ok(body),
            (status, body) => Err(LoadError::Refused(status, String::from_utf8_lossy(body).into_owned())),
        }
    }
}

/// Status, and where the body begins, once all of it is there.
fn whole_answer(bytes: &[u8]) -> Result<Option<(u16, usize)>, LoadError> {
    let Some(head_end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..head_end]).map_err(|_| LoadError::Answer("its head is no text"))?;
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|status| status.parse().ok());
    let length = head
        .lines()
        .find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok())
        .ok_or(LoadError::Answer("it has no Content-Length"))?;
    let status = status.ok_or(LoadError::Answer("it is no HTTP/1.1"))?;
    Ok((bytes.len() >= head_end + 4 + length).then_some((status, head_end + 4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        let whole = b"HTTP/1.1 201 Created\r\nContent-length: 2\r\n\r\n{}";
        for end in 0..whole.len() {
            assert!(whole_answer(&whole[..end]).unwrap().is_none(), "{end}");
        }
        assert_eq!(whole_answer(whole).unwrap(), Some((201, whole.len() - 2)));
        assert!(whole_answer(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(whole_answer(b"SSH-2.0\r\ncontent-length: 0\r\n\r\n").is_err());
    }
}
