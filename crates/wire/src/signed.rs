//! Signed requests (docs/API.md section 1): which headers say that a request is signed, by which
//! form and when, and the bytes that were signed. Text in, bytes out: whether the signature is that
//! of a known key is computed in `hub`, which has the keys.

mod message;
mod older;

use older::Older;

/// A signature is good for so long before and after the moment it names.
pub const SIGNED_WITHIN_S: i64 = 120;
/// A Signature or Signature-Input header is never longer.
const HEADER_CHARS_MAX: usize = 8 * 1024;

/// Why a request does not count as signed. All are one 401 to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSigned {
    /// No Signature header, or no Created beside the older form.
    Missing,
    /// A header that cannot be read.
    Malformed,
    /// The moment it names is too far away.
    Stale,
    /// It leaves out what has to be signed.
    Incomplete,
    /// The body is another one.
    OtherBody,
}

/// What of a request can be signed.
pub struct SignedMessage<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// `https` or `http`, as the client called it.
    pub scheme: &'a str,
    /// Host and port, as the client named them.
    pub authority: &'a str,
    /// The path as it was sent.
    pub path: &'a str,
    /// The query as it was sent, without `?`.
    pub query: Option<&'a str>,
    /// The value of a header by its name in small letters; several joined by `, `.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body's bytes.
    pub body: &'a [u8],
}

/// How a signature was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    RsaSha256,
    /// Ed25519.
    Ed25519,
}

/// A signature as the headers state it, before anything was computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The signature's bytes.
    pub signature: Vec<u8>,
    /// The algorithm it names; `None` leaves it to the key.
    pub algorithm: Option<Algorithm>,
    /// The key it names.
    pub key_id: Option<String>,
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// `Created` and `Signature: keyId=RSA-SHA256V1, …`.
    Older(Older),
    /// RFC 9421.
    Message(message::Input),
}

impl Signed {
    /// Reads the headers; `now_s` is the real time. The body is not needed yet.
    ///
    /// # Errors
    /// Where they are not there, cannot be read, or name another time.
    pub fn read(header: &dyn Fn(&str) -> Option<String>, now_s: i64) -> Result<Self, NotSigned> {
        let signature = header("signature").ok_or(NotSigned::Missing)?;
        let input = header("signature-input");
        if [Some(&signature), input.as_ref()].into_iter().flatten().any(|text| text.len() > HEADER_CHARS_MAX) {
            return Err(NotSigned::Malformed);
        }
        match input {
            Some(input) => message::read(&input, &signature, now_s),
            None => older::read(&signature, &header("created").ok_or(NotSigned::Missing)?, now_s),
        }
    }

    /// The bytes that have to have been signed.
    ///
    /// # Errors
    /// Where they are not all of the request, or the body is another one.
    pub fn text(&self, message: &SignedMessage<'_>) -> Result<Vec<u8>, NotSigned> {
        match &self.form {
            Form::Older(older) => older.text(message),
            Form::Message(input) => input.text(message),
        }
    }
}

/// Within so many seconds of now, whichever is later.
fn is_fresh(at_s: i64, now_s: i64) -> bool {
    at_s.abs_diff(now_s) <= SIGNED_WITHIN_S.unsigned_abs()
}
