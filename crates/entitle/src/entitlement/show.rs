//! `entitle entitlement show`: one entitlement on a page, for whoever has to say what is the
//! matter with it. The page is put together from the record, explain, history and outbox; nothing
//! is worked out here.

use super::history;
use crate::connection::Connection;
use crate::notifications;
use crate::text::{Paint, WIDTH, clean, cut, padded, print, str_of, value, wrap};
use anyhow::Result;
use clap::Args;
use client::{Answer, Client, Error, Item, OutboxFilter};
use serde_json::Value;

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle entitlement show 01a2016b-694c-7000-84af-6fd2b7feaf85
  entitle entitlement show order-4711 --json | jq .explain.sentence
  entitle entitlement show order-4711 --url https://hub.example.com --user acme \\
    --password-file acme.password
  entitle entitlement show order-4711 --database sqlite:hub.db        as an operator of the hub";

/// Where the text of a field begins.
const LABEL: usize = 15;
/// Longer texts are cut; `--json` has them whole.
const TEXT_MAX: usize = 1_000;
/// So many notifications are shown.
const NOTIFICATIONS_MAX: usize = 20;

/// Which one.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Its entitlementId
    id: String,
    /// The hub's answers as they are, as one object: entitlement, explain, history, notifications
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Everything there is to say.
struct Shown {
    record: Answer,
    explain: Answer,
    history: Answer,
    /// `None` where the hub is no sandbox; the history tells the states then, too.
    notifications: Option<Vec<Item>>,
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    let asked = options.connection.reach(Some(&options.id)).await?;
    let shown = Shown::ask(&asked.hub, &options.id).await;
    asked.close().await?;
    let shown = shown?;
    let out = if options.json { shown.json() } else { shown.page(Paint::for_stdout()) };
    Ok(print(&out)?)
}

impl Shown {
    async fn ask(hub: &Client, id: &str) -> Result<Self, Error> {
        let record = hub.read(id).await?;
        let (explain, history) = (hub.explain(id).await?, hub.history(id).await?);
        let filter = OutboxFilter { entitlement_id: Some(id.to_owned()), state: None, limit: Some(NOTIFICATIONS_MAX) };
        let notifications = match hub.outbox(&filter).await {
            Ok(listed) => Some(listed),
            Err(Error::Refused(no)) if no.rule == "unknown-path" => None,
            Err(error) => return Err(error),
        };
        Ok(Self { record, explain, history, notifications })
    }

    fn json(&self) -> String {
        let notifications = self.notifications.as_ref().map_or_else(
            || "null".to_owned(),
            |listed| format!("[{}]", listed.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join(",")),
        );
        format!(
            "{{\"entitlement\":{},\"explain\":{},\"history\":{},\"notifications\":{notifications}}}\n",
            self.record.text, self.explain.text, self.history.text
        )
    }

    fn page(&self, paint: Paint) -> String {
        let mut page = Page { out: String::new(), paint };
        let status = str_of(self.record.body(), "status");
        page.out.push_str(&format!(
            "{} is {}\n\n",
            paint.strong(&value(&self.record["entitlementId"])),
            paint.word(status, status)
        ));
        for line in wrap(&value(&self.explain["sentence"]), WIDTH - 2) {
            page.out.push_str(&format!("  {line}\n"));
        }
        page.out.push('\n');
        self.fields(&mut page);
        self.turn(&mut page);
        page.heading("History (UTC)");
        history::push(&mut page.out, &self.history.items("events"), paint);
        self.told(&mut page);
        page.out
    }

    /// The record's telling fields; empty ones are left out.
    fn fields(&self, page: &mut Page) {
        let record = |name: &str| Some(&self.record[name]).filter(|found| !found.is_null()).map(value);
        let product = [record("productKey"), record("merchantAccountKey")].map(Option::unwrap_or_default).join(" of ");
        let name = record("entitlementDisplayName").map(|name| format!(" ({name})")).unwrap_or_default();
        let is_final = matches!(str_of(self.record.body(), "status"), "CANCELLED" | "REVOKED");
        let merchants_id = record("merchantEntitlementId").filter(|id| Some(id) != record("entitlementId").as_ref());
        for (label, text) in [
            ("Customer", record("customerIdentifier")),
            ("Product", Some(format!("{product}{name}"))),
            ("Offer", record("offerKey")),
            ("Code", record("activationCode")),
            ("Own reference", record("externalEntitlementId")),
            ("Created", record("dateCreated")),
            ("Activated", record("dateActivated")),
            ("Suspended", record("dateSuspended")),
            ("Resumed", record("dateResumed")),
            (if is_final { "Ended" } else { "Ends" }, record("dateEnded")),
            ("Expires", record("dateExpiry")),
            ("Last change", record("dateLastUpdated")),
            ("Notifies", Some(record("notificationUrl").unwrap_or_else(|| "the reseller's default URL".to_owned()))),
            ("Merchant's id", merchants_id),
            ("Shared id", record("sharedCustomerId")),
            ("Bango user", record("bangoUserId")),
        ] {
            page.field(label, text.into_iter());
        }
        page.field("Data", members(&self.record["extensionData"]));
        page.field("Finance", members(&self.record["financeData"]));
    }

    /// Whose turn it is, what may be done, and what stands in the way.
    fn turn(&self, page: &mut Page) {
        let explain = self.explain.body();
        page.out.push('\n');
        page.field("Waits for", awaited(explain).into_iter());
        page.field("Held by", explain["holds"].as_array().into_iter().flatten().map(held));
        page.field("Under way", operation(&explain["operation"]).into_iter());
        page.field("Last error", last_error(&explain["lastError"]).into_iter());
        let allowed: Vec<String> = explain["allowed"].as_array().into_iter().flatten().map(value).collect();
        let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
        page.field("Allowed", [allowed].into_iter());
        page.field(
            "Refused",
            refused(explain).into_iter().map(|(rule, verbs)| format!("{} ({rule})", verbs.join(", "))),
        );
    }

    fn told(&self, page: &mut Page) {
        let Some(listed) = &self.notifications else { return };
        page.heading("Notifications, newest first");
        if listed.is_empty() {
            page.out.push_str("  none\n");
        }
        for (at, one) in listed.iter().enumerate() {
            page.out.push_str(if at == 0 { "" } else { "\n" });
            page.out.push_str(&notifications::lines(one, "  ", page.paint));
        }
    }
}

/// A page being written.
struct Page {
    out: String,
    paint: Paint,
}

impl Page {
    fn heading(&mut self, text: &str) {
        let text = self.paint.strong(text);
        self.out.push_str(&format!("\n{text}\n\n"));
    }

    /// A label, and beside it its texts, each on lines of its own; nothing where there is none.
    fn field(&mut self, label: &str, texts: impl Iterator<Item = String>) {
        let lines = texts.flat_map(|text| wrap(&cut(&text, TEXT_MAX), WIDTH - LABEL - 2));
        for (at, line) in lines.enumerate() {
            let label = self.paint.faint(&padded(if at == 0 { label } else { "" }, LABEL));
            self.out.push_str(&format!("  {label}{line}\n"));
        }
    }
}

/// The members of an object, one each.
fn members(object: &Value) -> impl Iterator<Item = String> {
    object.as_object().into_iter().flatten().map(|(name, inner)| format!("{}: {}", clean(name), value(inner)))
}

fn awaited(explain: &Value) -> Option<String> {
    let awaited = explain["awaited"].as_str()?;
    let who = match awaited {
        "USER" => "the user",
        "RESELLER" => "the reseller",
        "MERCHANT" => "the merchant",
        "HUB" => "the hub",
        other => other,
    };
    Some(spans(who.to_owned(), explain, &[("since", "since"), ("until", "deadline")]))
}

fn held(hold: &Value) -> String {
    let reason = match &hold["reason"] {
        Value::Null => String::new(),
        Value::String(text) => format!(": {text}"),
        reason => format!(": {}", history::reason(reason)),
    };
    format!("{}{reason}", spans(str_of(hold, "owner").to_lowercase(), hold, &[("since", "since")]))
}

fn operation(operation: &Value) -> Option<String> {
    let kind = operation["type"].as_str()?.to_lowercase();
    let stage = match str_of(operation, "stage") {
        "IN_FLIGHT" => "sent to the merchant",
        "QUEUED" => "queued at the merchant",
        "UNKNOWN" => "outcome unknown, being asked for",
        other => other,
    };
    let by = operation["by"].as_str().map(|by| format!(" by {}", by.to_lowercase())).unwrap_or_default();
    let tries = match operation["attempts"].as_u64() {
        None | Some(0) => String::new(),
        Some(1) => ", 1 try".to_owned(),
        Some(tries) => format!(", {tries} tries"),
    };
    let words = [("since", "since"), ("next try", "nextAttempt"), ("until", "deadline")];
    Some(spans(format!("{kind}{by}: {stage}{tries}"), operation, &words))
}

fn last_error(error: &Value) -> Option<String> {
    let message = error["message"].as_str()?;
    let about = error["operation"].as_str().map(|operation| format!(", {}", operation.to_lowercase()));
    let rule = error["rule"].as_str().map(|rule| format!(" ({rule})"));
    let who = str_of(error, "origin").to_lowercase();
    Some(format!("{}, {who}{}: {message}{}", value(&error["at"]), about.unwrap_or_default(), rule.unwrap_or_default()))
}

/// A text with the moments of an object that are there.
fn spans(text: String, object: &Value, words: &[(&str, &str)]) -> String {
    words
        .iter()
        .filter(|(_, name)| !object[*name].is_null())
        .fold(text, |text, (word, name)| format!("{text}, {word} {}", value(&object[*name])))
}

/// What is refused, by rule: many verbs have the same.
fn refused(explain: &Value) -> Vec<(String, Vec<String>)> {
    let mut rules: Vec<(String, Vec<String>)> = Vec::new();
    for (verb, rule) in explain["refused"].as_object().into_iter().flatten() {
        let rule = value(rule);
        match rules.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, verbs)) => verbs.push(verb.clone()),
            None => rules.push((rule, vec![verb.clone()])),
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_is_awaited_and_what_is_under_way_are_said_in_words() {
        let awaits = json!({"awaited": "USER", "since": "2026-03-10T12:00:00Z", "deadline": "2026-04-09T12:00:00Z"});
        let said = awaited(&awaits).unwrap();
        assert_eq!(said, "the user, since 2026-03-10 12:00:00, until 2026-04-09 12:00:00");
        assert_eq!(awaited(&json!({"awaited": null, "since": "2026-03-10T12:00:00Z"})), None);
        let asked = json!({
            "type": "SUSPEND", "stage": "UNKNOWN", "by": "RESELLER", "since": "2026-03-10T12:00:00Z",
            "attempts": 2, "nextAttempt": "2026-03-10T12:05:00Z", "deadline": null
        });
        assert_eq!(
            operation(&asked).unwrap(),
            "suspend by reseller: outcome unknown, being asked for, 2 tries, since 2026-03-10 12:00:00, \
             next try 2026-03-10 12:05:00"
        );
        assert_eq!(operation(&Value::Null), None);
    }

    #[test]
    fn holds_errors_and_refusals_name_who_and_why() {
        let hold = json!({
            "owner": "RESELLER", "since": "2026-03-10T12:00:00Z",
            "reason": {"category": "REVOKED", "code": "FRAUD", "description": "a chargeback"}
        });
        assert_eq!(held(&hold), "reseller, since 2026-03-10 12:00:00: REVOKED/FRAUD: a chargeback");
        let error = json!({
            "at": "2026-03-10T12:00:00Z", "origin": "MERCHANT", "operation": "UPDATE", "rule": "not-done",
            "message": "It was not carried out."
        });
        assert_eq!(
            last_error(&error).unwrap(),
            "2026-03-10 12:00:00, merchant, update: It was not carried out. (not-done)"
        );
        let no = json!({"refused": {"cancel": "already-ended", "resume": "not-suspended", "suspend": "already-ended"}});
        let ended = ("already-ended".to_owned(), vec!["cancel".to_owned(), "suspend".to_owned()]);
        assert_eq!(refused(&no)[0], ended);
    }
}
