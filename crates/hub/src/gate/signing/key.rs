//! A public key as resellers hand it over: PEM, or the RSAKeyValue XML of .NET.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode, Reader};
use ring::signature::{
    ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use wire::Algorithm;

/// Keys are at least so long, unless the operator says otherwise.
const RSA_BITS_MIN: usize = 2_048;
/// The public system's own page asks for this length, which today is too short to be the default.
const RSA_BITS_LEGACY: usize = 1_024;
/// The mathematics takes no longer ones.
const RSA_BITS_MAX: usize = 8_192;
const ED25519_BYTES: usize = 32;
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What is wrong with a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither of the forms.
    #[error(
        "this is no public key; give it as PEM (-----BEGIN PUBLIC KEY----- or -----BEGIN RSA PUBLIC KEY-----) or as \
         <RSAKeyValue> XML with Modulus and Exponent"
    )]
    Unreadable,
    /// The reseller's secret does not belong here.
    #[error(
        "this holds a private key, which only the reseller may have; ask for the public one and have the pair replaced"
    )]
    Private,
    /// Neither RSA nor Ed25519.
    #[error("this key is neither RSA nor Ed25519; ask for one of these")]
    OtherKind,
    /// Too short or too long.
    #[error("this RSA key has {0} bits; ask for 2048 bits or more (up to 8192), or allow 1024 explicitly")]
    Length(usize),
}

/// A public key that verifies requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    id: Option<String>,
    key: Key,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    /// Modulus and exponent, big-endian.
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    Ed25519(Vec<u8>),
}

impl SigningKey {
    /// Reads a key. `id` is what RFC 9421's `keyid` has to say, if anything is to be said there;
    /// `allow_1024` takes RSA keys from 1024 bits on.
    ///
    /// # Errors
    /// Says what is wrong with the text and what to do.
    pub fn parse(text: &str, id: Option<&str>, allow_1024: bool) -> Result<Self, KeyError> {
        let key = if text.contains("<RSAKeyValue") { of_xml(text)? } else { of_pem(text)? };
        key.check_length(if allow_1024 { RSA_BITS_LEGACY } else { RSA_BITS_MIN })?;
        Ok(Self { id: id.map(str::to_owned), key })
    }

    /// Whether a signature that names this algorithm and key can be of this one.
    pub(super) fn fits(&self, algorithm: Option<Algorithm>, id: Option<&str>) -> bool {
        let own = match self.key {
            Key::Rsa { .. } => Algorithm::RsaSha256,
            Key::Ed25519(_) => Algorithm::Ed25519,
        };
        let is_named = match (&self.id, id) {
            (Some(own), Some(named)) => own == named,
            (None, _) | (_, None) => true,
        };
        is_named && algorithm.is_none_or(|named| named == own)
    }

    pub(super) fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Key::Rsa { modulus, exponent } => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                let is_short = bits(modulus) < RSA_BITS_MIN;
                let way = if is_short {
                    &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
                } else {
                    &RSA_PKCS1_2048_8192_SHA256
                };
                key.verify(way, text, signature).is_ok()
            }
            Key::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(text, signature).is_ok(),
        }
    }
}

impl Key {
    fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        let whole = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
        Self::Rsa { modulus: whole(modulus), exponent: whole(exponent) }
    }

    fn check_length(&self, bits_min: usize) -> Result<(), KeyError> {
        match self {
            Self::Rsa { modulus, .. } if !(bits_min..=RSA_BITS_MAX).contains(&bits(modulus)) => {
                Err(KeyError::Length(bits(modulus)))
            }
            Self::Rsa { exponent, .. } if exponent.is_empty() => Err(KeyError::Unreadable),
            Self::Ed25519(key) if key.len() != ED25519_BYTES => Err(KeyError::Unreadable),
            Self::Rsa { .. } | Self::Ed25519(_) => Ok(()),
        }
    }
}

fn bits(modulus: &[u8]) -> usize {
    let leading = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    modulus.len().saturating_mul(8).saturating_sub(leading)
}

fn of_xml(text: &str) -> Result<Key, KeyError> {
    if ["<D>", "<P>", "<Q>", "<DP>", "<InverseQ>"].iter().any(|secret| text.contains(secret)) {
        return Err(KeyError::Private);
    }
    let number = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (encoded, _) = rest.split_once(&format!("</{name}>"))?;
        decoded(encoded)
    };
    let (Some(modulus), Some(exponent)) = (number("Modulus"), number("Exponent")) else {
        return Err(KeyError::Unreadable);
    };
    Ok(Key::rsa(&modulus, &exponent))
}

fn of_pem(text: &str) -> Result<Key, KeyError> {
    if text.contains("PRIVATE KEY-----") {
        return Err(KeyError::Private);
    }
    let block = |label: &str| {
        let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
        let (encoded, _) = rest.split_once(&format!("-----END {label}-----"))?;
        decoded(encoded)
    };
    if let Some(der) = block("RSA PUBLIC KEY") {
        return of_pkcs1(&der).map_err(|_| KeyError::Unreadable);
    }
    let der = block("PUBLIC KEY").ok_or(KeyError::Unreadable)?;
    let (kind, bits) = of_spki(&der).map_err(|_| KeyError::Unreadable)?;
    if kind == RSA {
        of_pkcs1(&bits).map_err(|_| KeyError::Unreadable)
    } else if kind == ED25519_OID {
        Ok(Key::Ed25519(bits))
    } else {
        Err(KeyError::OtherKind)
    }
}

fn decoded(encoded: &str) -> Option<Vec<u8>> {
    let bare: String = encoded.split_ascii_whitespace().collect();
    STANDARD.decode(bare).ok()
}

/// RSAPublicKey of RFC 8017: modulus and exponent.
fn of_pkcs1(der: &[u8]) -> der::Result<Key> {
    AnyRef::from_der(der)?.sequence(|inner| {
        let (modulus, exponent) = (UintRef::decode(inner)?, UintRef::decode(inner)?);
        Ok(Key::rsa(modulus.as_bytes(), exponent.as_bytes()))
    })
}

/// SubjectPublicKeyInfo of RFC 5280: the kind of key, and the key.
fn of_spki(der: &[u8]) -> der::Result<(ObjectIdentifier, Vec<u8>)> {
    AnyRef::from_der(der)?.sequence(|inner| {
        let kind = AnyRef::decode(inner)?.sequence(|algorithm| {
            let kind = ObjectIdentifier::decode(algorithm)?;
            algorithm.drain(algorithm.remaining_len())?;
            Ok::<_, der::Error>(kind)
        })?;
        let bits = BitStringRef::decode(inner)?;
        Ok((kind, bits.as_bytes().unwrap_or_default().to_vec()))
    })
}
