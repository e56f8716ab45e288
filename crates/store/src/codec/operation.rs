//! The open operation, with all it needs to be sent again.

use super::Unreadable;
use super::end::{read_reason, write_reason};
use super::print::{self, Object};
use super::read::{self, Fields};
use super::words::{party_of, party_word};
use entitlement::{Ask, Details, EndRequest, Operation, Party, ProductChange, Reason, Stage};
use ids::{OperationId, parse_uuid};

pub(super) fn write_operation(o: &mut Object<'_>, operation: &Operation) {
    let Operation { id, ask, by, stage, opened_at, attempts, next_at, deadline, note } = operation;
    o.text("id", &id.to_string());
    o.object("ask", |o| write_ask(o, ask));
    o.text("by", party_word(*by));
    o.text("stage", stage_word(*stage));
    o.moment("opened", *opened_at);
    o.int("attempts", i64::from(*attempts));
    o.moment_opt("next", *next_at);
    o.moment_opt("deadline", *deadline);
    o.text_opt("note", note.as_deref());
}

pub(super) fn read_operation(f: Fields<'_, '_>) -> Result<Operation, Unreadable> {
    Ok(Operation {
        id: OperationId(f.word("id", parse_uuid)?),
        ask: f.object("ask", read_ask)?,
        by: f.word("by", party_of)?,
        stage: f.word("stage", stage_of)?,
        opened_at: f.moment("opened")?,
        attempts: f.count("attempts")?,
        next_at: f.moment_opt("next")?,
        deadline: f.moment_opt("deadline")?,
        note: f.text_opt("note")?,
    })
}

const fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::InFlight => "in-flight",
        Stage::Queued => "queued",
        Stage::Unknown => "unknown",
    }
}

fn stage_of(word: &str) -> Option<Stage> {
    [Stage::InFlight, Stage::Queued, Stage::Unknown].into_iter().find(|stage| stage_word(*stage) == word)
}

fn write_ask(o: &mut Object<'_>, ask: &Ask) {
    match ask {
        Ask::Create => o.text("is", "create"),
        Ask::ActivationInfo => o.text("is", "activation-info"),
        Ask::Update { product, details } => {
            o.text("is", "update");
            o.object("product", |o| write_product(o, product));
            o.object("details", |o| write_details(o, details));
        }
        Ask::Suspend { owner, reason, details } => {
            o.text("is", "suspend");
            write_owned(o, *owner, details);
            o.object_opt("reason", reason.as_ref(), write_reason);
        }
        Ask::Resume { owner, details } => {
            o.text("is", "resume");
            write_owned(o, *owner, details);
        }
        Ask::Undo { details } => {
            o.text("is", "undo");
            o.object("details", |o| write_details(o, details));
        }
        Ask::Cancel(request) => write_end(o, "cancel", request),
        Ask::Revoke(request) => write_end(o, "revoke", request),
        Ask::Terminate { reason } => {
            o.text("is", "terminate");
            o.object_opt("reason", reason.as_ref(), write_reason);
        }
        Ask::SuspendAgain => o.text("is", "suspend-again"),
        Ask::UpdateBack => o.text("is", "update-back"),
    }
}

fn read_ask(f: Fields<'_, '_>) -> Result<Ask, Unreadable> {
    let reason = |f: Fields<'_, '_>| -> Result<Option<Reason>, Unreadable> { f.object_opt("reason", read_reason) };
    let details = |f: Fields<'_, '_>| f.object("details", read_details).map(Box::new);
    Ok(match f.text("is")?.as_str() {
        "create" => Ask::Create,
        "activation-info" => Ask::ActivationInfo,
        "update" => Ask::Update { product: f.object("product", read_product)?, details: details(f)? },
        "suspend" => Ask::Suspend { owner: f.word("owner", party_of)?, reason: reason(f)?, details: details(f)? },
        "resume" => Ask::Resume { owner: f.word("owner", party_of)?, details: details(f)? },
        "undo" => Ask::Undo { details: details(f)? },
        "cancel" => Ask::Cancel(f.object("request", read_end)?.into()),
        "revoke" => Ask::Revoke(f.object("request", read_end)?.into()),
        "terminate" => Ask::Terminate { reason: reason(f)? },
        "suspend-again" => Ask::SuspendAgain,
        "update-back" => Ask::UpdateBack,
        other => return Err(Unreadable(format!("ask '{other}' is unknown"))),
    })
}

fn write_owned(o: &mut Object<'_>, owner: Party, details: &Details) {
    o.text("owner", party_word(owner));
    o.object("details", |o| write_details(o, details));
}

fn write_end(o: &mut Object<'_>, is: &str, request: &EndRequest) {
    let EndRequest { reason, extension, reason_keys } = request;
    o.text("is", is);
    o.object("request", |o| {
        o.object_opt("reason", reason.as_ref(), write_reason);
        o.json("extension", extension);
        o.texts("keys", reason_keys);
    });
}

fn read_end(f: Fields<'_, '_>) -> Result<EndRequest, Unreadable> {
    Ok(EndRequest {
        reason: f.object_opt("reason", read_reason)?,
        extension: f.json("extension")?,
        reason_keys: f.texts("keys")?,
    })
}

fn write_product(o: &mut Object<'_>, product: &ProductChange) {
    let ProductChange { product_key, offer_key, display_name } = product;
    o.text("product", product_key);
    o.text_opt("offer", offer_key.as_deref());
    patch(o, "name", display_name.as_ref(), |out, name| print::text(out, name));
}

fn read_product(f: Fields<'_, '_>) -> Result<ProductChange, Unreadable> {
    Ok(ProductChange {
        product_key: f.text("product")?,
        offer_key: f.text_opt("offer")?,
        display_name: f.patch("name", read::text)?,
    })
}

fn write_details(o: &mut Object<'_>, details: &Details) {
    let Details {
        customer_identifier,
        notification_url,
        date_expiry,
        extension_data,
        entitlement_display_name,
        external_entitlement_id,
    } = details;
    o.text_opt("customer", customer_identifier.as_deref());
    patch(o, "url", notification_url.as_ref(), |out, url| print::text(out, url));
    patch(o, "expiry", date_expiry.as_ref(), |out, at| print::int(out, at.0));
    patch(o, "extension", extension_data.as_ref(), print::json_object);
    patch(o, "name", entitlement_display_name.as_ref(), |out, name| print::text(out, name));
    patch(o, "external", external_entitlement_id.as_ref(), |out, id| print::text(out, id));
}

fn read_details(f: Fields<'_, '_>) -> Result<Details, Unreadable> {
    Ok(Details {
        customer_identifier: f.text_opt("customer")?,
        notification_url: f.patch("url", read::text)?,
        date_expiry: f.patch("expiry", read::moment)?,
        extension_data: f.patch("extension", read::json_object)?,
        entitlement_display_name: f.patch("name", read::text)?,
        external_entitlement_id: f.patch("external", read::text)?,
    })
}

/// `None` leaves the member out, `Some(None)` writes null.
fn patch<T>(o: &mut Object<'_>, name: &str, value: Option<&Option<T>>, write: impl FnOnce(&mut String, &T)) {
    let Some(value) = value else { return };
    o.name(name);
    match value {
        Some(value) => write(o.out, value),
        None => o.out.push_str("null"),
    }
}
