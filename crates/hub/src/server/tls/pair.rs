//! A certificate chain and its key out of PEM files, checked as far as a server can check its own:
//! they are there, they can be read, and they belong together. Whether clients trust the chain is
//! the clients' business.

use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use entitlement::Moment;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// No certificate file is larger; a path to something else is said, not read into memory.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The listener's certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or not for the hub's eyes.
    #[error("cannot read {0}: {1}; give the path of a PEM file that the hub's user may read")]
    Read(String, std::io::Error),
    /// A file is no PEM from some point on.
    #[error(
        "{0} is no PEM file: {1}; it has to consist of -----BEGIN …----- blocks, as a certificate authority or \
         certbot writes them"
    )]
    NotPem(String, String),
    /// No certificate in it.
    #[error(
        "{0} holds no certificate; it needs -----BEGIN CERTIFICATE----- blocks: the server's own first, then the \
         intermediate ones"
    )]
    NoCertificate(String),
    /// A block that is no X.509 certificate.
    #[error("certificate {1} in {0} cannot be read; get the file anew from whoever issued it")]
    BrokenCertificate(String, usize),
    /// No private key in it.
    #[error("{0} holds no private key; it needs a -----BEGIN PRIVATE KEY----- block (RSA and EC PRIVATE KEY do, too)")]
    NoKey(String),
    /// The key is encrypted.
    #[error(
        "the private key in {0} is encrypted, and nobody is there to type its password; decrypt it: \
         openssl pkey -in {0} -out key.pem, and let only the hub's user read it"
    )]
    EncryptedKey(String),
    /// The key is of a kind that cannot be used.
    #[error(
        "the private key in {0} cannot be used: {1}; it has to be RSA of 2048 bits or more, ECDSA P-256 or P-384, or \
         Ed25519"
    )]
    UnusableKey(String, String),
    /// Certificate and key are of different pairs.
    #[error(
        "the private key in {1} does not belong to the first certificate in {0}; name the key that the certificate \
         was made for, and put the server's own certificate first"
    )]
    Mismatch(String, String),
    /// The TLS library refuses its settings.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

/// Where the pair lies.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// A chain and its key, ready to be served.
pub(super) struct Pair {
    pub(super) key: Arc<CertifiedKey>,
    /// The earliest end in the chain.
    pub(super) expires_at: Moment,
    /// Of both files: another one, another pair.
    pub(super) digest: [u8; 32],
}

impl Files {
    pub(super) fn read(&self) -> Result<Pair, TlsError> {
        let (chain_text, key_text) = (read(&self.certificate)?, read(&self.key)?);
        let chain = self.chain(&chain_text)?;
        let expires_at = self.expires_at(&chain)?;
        let key = self.key(&key_text)?;
        let provider = rustls::crypto::ring::default_provider();
        let key = CertifiedKey::from_der(chain, key, &provider).map_err(|error| self.unfit(error))?;
        let mut digest = Sha256::new();
        for text in [&chain_text, &key_text] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        Ok(Pair { key: Arc::new(key), expires_at, digest: digest.finalize().into() })
    }

    fn chain(&self, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let file = || name(&self.certificate);
        let blocks: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(text).collect();
        let chain = blocks.map_err(|error| TlsError::NotPem(file(), error.to_string()))?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate(file()));
        }
        Ok(chain)
    }

    fn expires_at(&self, chain: &[CertificateDer<'_>]) -> Result<Moment, TlsError> {
        let mut earliest = Moment(i64::MAX);
        for (at, certificate) in chain.iter().enumerate() {
            let end = not_after(certificate)
                .map_err(|_| TlsError::BrokenCertificate(name(&self.certificate), at.saturating_add(1)))?;
            earliest = earliest.min(end);
        }
        Ok(earliest)
    }

    fn key(&self, text: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
        PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
            pem::Error::NoItemsFound if holds(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----") => {
                TlsError::EncryptedKey(name(&self.key))
            }
            pem::Error::NoItemsFound => TlsError::NoKey(name(&self.key)),
            other => TlsError::NotPem(name(&self.key), other.to_string()),
        })
    }

    fn unfit(&self, error: rustls::Error) -> TlsError {
        match error {
            rustls::Error::InconsistentKeys(_) => TlsError::Mismatch(name(&self.certificate), name(&self.key)),
            rustls::Error::InvalidCertificate(_) => TlsError::BrokenCertificate(name(&self.certificate), 1),
            other => TlsError::UnusableKey(name(&self.key), other.to_string()),
        }
    }
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    let fails = |error| TlsError::Read(name(file), error);
    if std::fs::metadata(file).map_err(fails)?.len() > FILE_BYTES_MAX {
        return Err(fails(std::io::Error::other("it is larger than 1 MiB")));
    }
    std::fs::read(file).map_err(fails)
}

fn name(file: &Path) -> String {
    file.display().to_string()
}

fn holds(text: &[u8], words: &str) -> bool {
    text.windows(words.len()).any(|some| some == words.as_bytes())
}

/// The end of a certificate's validity: the second date of the fourth or fifth member of what is
/// signed (RFC 5280 section 4.1; the version before them all may be missing).
fn not_after(certificate: &[u8]) -> der::Result<Moment> {
    // The signature behind it is not looked at: nobody but the clients can check it.
    let mut reader = SliceReader::new(certificate)?;
    let signed = AnyRef::decode(&mut reader)?.sequence(|inner| {
        let signed = AnyRef::decode(inner)?;
        inner.drain(inner.remaining_len())?;
        Ok::<_, der::Error>(signed)
    })?;
    signed.sequence(|inner| {
        if matches!(Tag::peek(inner)?, Tag::ContextSpecific { .. }) {
            inner.tlv_bytes()?;
        }
        for _before in ["serialNumber", "signature", "issuer"] {
            inner.tlv_bytes()?;
        }
        let end = AnyRef::decode(inner)?.sequence(|validity| {
            validity.tlv_bytes()?;
            date(AnyRef::decode(validity)?)
        })?;
        inner.drain(inner.remaining_len())?;
        Ok(end)
    })
}

fn date(value: AnyRef<'_>) -> der::Result<Moment> {
    let since_1970 = match value.tag() {
        Tag::UtcTime => value.decode_as::<UtcTime>()?.to_unix_duration(),
        _ => value.decode_as::<GeneralizedTime>()?.to_unix_duration(),
    };
    Ok(Moment(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)))
}
