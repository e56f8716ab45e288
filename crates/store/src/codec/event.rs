//! The field changes of an event: an array of `[name, value]`, in order.

use super::Unreadable;
use super::end;
use super::print::{self, Object};
use super::read::{self, Fields};
use super::record::{read_record, write_record};
use super::tree::{self, Node};
use super::words::{party_of, party_word};
use entitlement::{Set, Status};

/// The sets of an event of the entitlement whose key in text form is `key`.
pub(crate) fn sets_text(sets: &[Set], key: &str) -> String {
    let mut out = String::with_capacity(128);
    print::list(&mut out, sets, |out, set| write_set(out, set, key));
    out
}

/// Reads what [`sets_text`] wrote.
pub(crate) fn read_sets(text: &str, key: &str) -> Result<Vec<Set>, Unreadable> {
    let node = tree::parse(text)?;
    read::items(&node)?.iter().map(|set| read_set(set, key)).collect()
}

fn write_set(out: &mut String, set: &Set, key: &str) {
    let moment = |out: &mut String, at: &_| {
        let entitlement::Moment(ms) = at;
        print::int(out, *ms);
    };
    let text = |out: &mut String, value: &String| print::text(out, value);
    out.push('[');
    match set {
        Set::Record(record) => object(out, "record", |o| write_record(o, record, key)),
        Set::Status(status) => value(out, "status", |out| print::text(out, status.as_str())),
        Set::DateActivated(at) => option(out, "activated", at.as_ref(), moment),
        Set::DateEnded(at) => option(out, "ended", at.as_ref(), moment),
        Set::DateSuspended(at) => option(out, "suspended", at.as_ref(), moment),
        Set::DateResumed(at) => option(out, "resumed", at.as_ref(), moment),
        Set::CustomerIdentifier(customer) => value(out, "customer", |out| print::text(out, customer)),
        Set::ProductKey(product) => value(out, "product", |out| print::text(out, product)),
        Set::OfferKey(offer) => option(out, "offer", offer.as_ref(), text),
        Set::ActivationCode(code) => option(out, "code", code.as_ref(), text),
        Set::EntitlementDisplayName(name) => option(out, "name", name.as_ref(), text),
        Set::DateExpiry(at) => option(out, "expiry", at.as_ref(), moment),
        Set::ExtensionData(json) => value(out, "extension", |out| print::json_object(out, json)),
        Set::NotificationUrl(url) => option(out, "url", url.as_ref(), text),
        Set::ExternalEntitlementId(id) => option(out, "external", id.as_ref(), text),
        Set::MerchantEntitlementId(id) => value(out, "merchantId", |out| print::text(out, id)),
        Set::FinanceData(json) => value(out, "finance", |out| print::json_object(out, json)),
        Set::MerchantExtension(json) => value(out, "merchantExtension", |out| print::json_object(out, json)),
        Set::Hold(party, hold) => {
            value(out, "hold", |out| print::text(out, party_word(*party)));
            out.push(',');
            nullable(out, hold.as_ref(), |out, hold| Object::write(out, |o| end::write_hold(o, hold)));
        }
        Set::Holds(holds) => object(out, "holds", |o| end::write_holds(o, holds)),
        Set::PendingUpdate(pending) => option(out, "pending", pending.as_ref(), |out, pending| {
            Object::write(out, |o| end::write_pending(o, pending));
        }),
        Set::Ending(ending) => option(out, "ending", ending.as_ref(), |out, ending| {
            Object::write(out, |o| end::write_ending(o, ending));
        }),
        Set::PendingUntil(at) => option(out, "pendingUntil", at.as_ref(), moment),
        Set::MerchantsTurn(is_theirs) => {
            value(out, "merchantsTurn", |out| out.push_str(if *is_theirs { "true" } else { "false" }))
        }
        Set::Wish(wish) => option(out, "wish", wish.as_ref(), |out, wish| {
            Object::write(out, |o| end::write_wish(o, wish));
        }),
        Set::LastMerchantEventAt(at) => value(out, "merchantEventAt", |out| print::int(out, at.0)),
    }
    out.push(']');
}

fn value(out: &mut String, name: &str, write: impl FnOnce(&mut String)) {
    print::text(out, name);
    out.push(',');
    write(out);
}

fn object(out: &mut String, name: &str, members: impl FnOnce(&mut Object<'_>)) {
    value(out, name, |out| Object::write(out, members));
}

fn option<T>(out: &mut String, name: &str, content: Option<&T>, write: impl FnOnce(&mut String, &T)) {
    value(out, name, |out| nullable(out, content, write));
}

fn nullable<T>(out: &mut String, content: Option<&T>, write: impl FnOnce(&mut String, &T)) {
    match content {
        Some(content) => write(out, content),
        None => out.push_str("null"),
    }
}

fn read_set(node: &Node<'_>, key: &str) -> Result<Set, Unreadable> {
    let items = read::items(node)?;
    let [name, value, more @ ..] = items else {
        return Err(Unreadable::new("a set without a value"));
    };
    let name = read::text(name)?;
    set_of(&name, value, more, key).map_err(|e| e.at(&name))
}

fn set_of(name: &str, node: &Node<'_>, more: &[Node<'_>], key: &str) -> Result<Set, Unreadable> {
    let texts = || maybe(node, read::text);
    let moments = || maybe(node, read::moment);
    Ok(match name {
        "record" => Set::Record(read_record(Fields::of(node)?, key)?.into()),
        "status" => Set::Status(read::word(node, Status::parse)?),
        "activated" => Set::DateActivated(moments()?),
        "ended" => Set::DateEnded(moments()?),
        "suspended" => Set::DateSuspended(moments()?),
        "resumed" => Set::DateResumed(moments()?),
        "customer" => Set::CustomerIdentifier(read::text(node)?),
        "product" => Set::ProductKey(read::text(node)?),
        "offer" => Set::OfferKey(texts()?),
        "code" => Set::ActivationCode(texts()?),
        "name" => Set::EntitlementDisplayName(texts()?),
        "expiry" => Set::DateExpiry(moments()?),
        "extension" => Set::ExtensionData(read::json_object(node)?),
        "url" => Set::NotificationUrl(texts()?),
        "external" => Set::ExternalEntitlementId(texts()?),
        "merchantId" => Set::MerchantEntitlementId(read::text(node)?),
        "finance" => Set::FinanceData(read::json_object(node)?),
        "merchantExtension" => Set::MerchantExtension(read::json_object(node)?),
        "hold" => Set::Hold(
            read::word(node, party_of)?,
            maybe(more.first().unwrap_or(&Node::Null), |n| end::read_hold(Fields::of(n)?))?,
        ),
        "holds" => Set::Holds(end::read_holds(Fields::of(node)?)?),
        "pending" => Set::PendingUpdate(maybe(node, |n| end::read_pending(Fields::of(n)?))?),
        "ending" => Set::Ending(maybe(node, |n| end::read_ending(Fields::of(n)?))?),
        "pendingUntil" => Set::PendingUntil(moments()?),
        "merchantsTurn" => Set::MerchantsTurn(read::flag(node)?),
        "wish" => Set::Wish(maybe(node, |n| end::read_wish(Fields::of(n)?))?),
        "merchantEventAt" => Set::LastMerchantEventAt(read::moment(node)?),
        _ => return Err(Unreadable::new("unknown field")),
    })
}

fn maybe<'n, 'a, T>(
    node: &'n Node<'a>,
    read: impl FnOnce(&'n Node<'a>) -> Result<T, Unreadable>,
) -> Result<Option<T>, Unreadable> {
    match node {
        Node::Null => Ok(None),
        node => read(node).map(Some),
    }
}
