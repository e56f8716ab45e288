//! RFC 9421: `Signature-Input` names what is signed, `Signature` holds the signature. Taken is what
//! keeps a signature from being used for anything else: the method, the path, the query if there is
//! one, the digest of a body if there is one, and the time. Not here: parameters of components
//! (`;sf`, `;bs`, `;req` …), which no reseller needs; what has them is not accepted.

mod digest;
mod fields;

use super::{Algorithm, Form, NotSigned, Signed, SignedMessage, is_fresh};
use fields::{Member, Value};

/// Components at most.
const COMPONENTS_MAX: usize = 64;

/// What a signature covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Input {
    components: Vec<String>,
    /// The member of Signature-Input as it was sent, which is signed, too.
    parameters: String,
}

pub(super) fn read(input: &str, signature: &str, now_s: i64) -> Result<Signed, NotSigned> {
    let inputs = fields::dictionary(input).ok_or(NotSigned::Malformed)?;
    let signatures = fields::dictionary(signature).ok_or(NotSigned::Malformed)?;
    // One signature: which of several counts would be anybody's guess.
    let [member] = inputs.as_slice() else {
        return Err(NotSigned::Malformed);
    };
    let Value::Items(components) = &member.value else {
        return Err(NotSigned::Malformed);
    };
    let signature = signatures.iter().find(|signature| signature.key == member.key).map(|found| &found.value);
    let Some(Value::Bytes(signature)) = signature else {
        return Err(NotSigned::Malformed);
    };
    let is_twice = |at: usize| components[..at].contains(&components[at]);
    if components.len() > COMPONENTS_MAX || (0..components.len()).any(is_twice) {
        return Err(NotSigned::Malformed);
    }
    check_times(member, now_s)?;
    Ok(Signed {
        signature: signature.clone(),
        algorithm: algorithm(member)?,
        key_id: member.text("keyid").map(str::to_owned),
        form: Form::Message(Input { components: components.clone(), parameters: member.text.clone() }),
    })
}

fn check_times(member: &Member, now_s: i64) -> Result<(), NotSigned> {
    let created = member.number("created").ok_or(NotSigned::Incomplete)?;
    let is_over = member.number("expires").is_some_and(|expires| expires < now_s);
    if is_over || !is_fresh(created, now_s) {
        return Err(NotSigned::Stale);
    }
    Ok(())
}

fn algorithm(member: &Member) -> Result<Option<Algorithm>, NotSigned> {
    match member.text("alg") {
        None => Ok(None),
        Some("rsa-v1_5-sha256") => Ok(Some(Algorithm::RsaSha256)),
        Some("ed25519") => Ok(Some(Algorithm::Ed25519)),
        Some(_) => Err(NotSigned::Malformed),
    }
}

impl Input {
    /// The signature base of RFC 9421 section 2.5, if it covers the whole request.
    pub(super) fn text(&self, message: &SignedMessage<'_>) -> Result<Vec<u8>, NotSigned> {
        self.check_covers(message)?;
        self.base(message)
    }

    fn check_covers(&self, message: &SignedMessage<'_>) -> Result<(), NotSigned> {
        let covers = |component: &str| self.components.iter().any(|known| known == component);
        let target = covers("@target-uri") || covers("@request-target");
        let query = target || covers("@query") || message.query.is_none();
        let body = covers("content-digest") || message.body.is_empty();
        if !(covers("@method") && (target || covers("@path")) && query && body) {
            return Err(NotSigned::Incomplete);
        }
        match (message.header)("content-digest") {
            Some(digest) if covers("content-digest") => digest::check(&digest, message.body),
            Some(_) | None => Ok(()),
        }
    }

    fn base(&self, message: &SignedMessage<'_>) -> Result<Vec<u8>, NotSigned> {
        let mut base = String::new();
        for component in &self.components {
            let value = value(component, message).ok_or(NotSigned::Incomplete)?;
            base.push_str(&format!("\"{component}\": {value}\n"));
        }
        base.push_str(&format!("\"@signature-params\": {}", self.parameters));
        Ok(base.into_bytes())
    }
}

/// The value of a component (RFC 9421 sections 2.1 and 2.2).
fn value(component: &str, message: &SignedMessage<'_>) -> Option<String> {
    let query = || message.query.map_or_else(String::new, |query| format!("?{query}"));
    let authority = || message.authority.to_ascii_lowercase();
    Some(match component {
        "@method" => message.method.to_owned(),
        "@scheme" => message.scheme.to_ascii_lowercase(),
        "@authority" => without_port(&authority(), message.scheme),
        "@path" => message.path.to_owned(),
        // Without a query it is the question mark alone.
        "@query" => format!("?{}", message.query.unwrap_or_default()),
        "@request-target" => format!("{}{}", message.path, query()),
        "@target-uri" => format!("{}://{}{}{}", message.scheme, authority(), message.path, query()),
        derived if derived.starts_with('@') => return None,
        header => (message.header)(header)?.trim().to_owned(),
    })
}

/// The scheme's own port is left out.
fn without_port(authority: &str, scheme: &str) -> String {
    let port = if scheme == "https" { ":443" } else { ":80" };
    authority.strip_suffix(port).unwrap_or(authority).to_owned()
}

#[cfg(test)]
mod tests;
