//! `entitle entitlement hold|release|resolve`: what only an operator of the hub does, written into the
//! audit in the same commit.

use crate::operator::{Operator, OperatorOptions};
use crate::text::{print, value};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use client::{Answer, Call};
use serde_json::{Value, json};

/// Examples under `hold --help`.
pub(crate) const HOLD_EXAMPLES: &str = "\
It is suspended until every hold is lifted: the reseller's resume does not lift the hub's.

Examples:
  entitle entitlement hold order-4711 --note 'chargeback under review'
  entitle entitlement hold order-4711 --category REVOKED --code FRAUD --description 'card stolen'";

/// Examples under `release --help`.
pub(crate) const RELEASE_EXAMPLES: &str = "Examples:
  entitle entitlement release order-4711 --note 'review ended'";

/// Examples under `resolve --help`.
pub(crate) const RESOLVE_EXAMPLES: &str = "\
For an operation whose outcome nobody could find out: say how it stands at the merchant, once
you have asked there. `entitle entitlement show` says what is open.

Examples:
  entitle entitlement resolve order-4711 --as active --note 'merchant ticket 812'
  entitle entitlement resolve order-4711 --as cancelled --description 'not known there'";

/// Which one, and why.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Its entitlementId
    id: String,
    /// The reason's category, as REVOKED
    #[arg(long, value_name = "WORD", requires = "code")]
    category: Option<String>,
    /// The reason's code, as FRAUD
    #[arg(long, value_name = "WORD", requires = "category")]
    code: Option<String>,
    /// The reason in words; reseller and merchant see it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Why, for the audit only
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// In this mode only
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// The hub's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Which one, and how it stands.
#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// How it stands at the merchant
    #[arg(long = "as", value_enum)]
    stands: Stands,
    #[command(flatten)]
    options: Options,
}

/// Test or live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Test data.
    Test,
    /// Live data.
    Live,
}

/// How an entitlement stands at the merchant.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Stands {
    /// The user has access there.
    Active,
    /// The merchant waits for its user.
    Pending,
    /// It is not there, or has ended.
    Cancelled,
}

impl Mode {
    /// The word of the operator interface.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// Sets the hub's hold.
pub(crate) async fn hold(options: &Options) -> Result<()> {
    options.act("hold", json!({}), "is held by the hub").await
}

/// Lifts it.
pub(crate) async fn release(options: &Options) -> Result<()> {
    options.act("release", json!({}), "is no longer held by the hub").await
}

/// Settles what nobody could find out.
pub(crate) async fn resolve(resolve: &Resolve) -> Result<()> {
    let stands = match resolve.stands {
        Stands::Active => "active",
        Stands::Pending => "pending",
        Stands::Cancelled => "cancelled",
    };
    resolve.options.act("resolve", json!({ "as": stands }), "is resolved").await
}

impl Options {
    async fn act(&self, verb: &str, mut body: Value, said: &str) -> Result<()> {
        let members = [
            ("reasonCategory", &self.category),
            ("reasonCode", &self.code),
            ("reasonDescription", &self.description),
            ("note", &self.note),
        ];
        for (name, member) in members {
            body[name] = json!(member);
        }
        let operator = self.hub.reach().await?;
        let answer = self.sent(&operator, verb, &body).await;
        operator.close().await?;
        let answer = answer?;
        if self.json {
            return Ok(print(&format!("{}\n", answer.text))?);
        }
        let status = answer["status"].as_str().map_or_else(|| "gone".to_owned(), |_| value(&answer["status"]));
        Ok(print(&format!("{} {said}; it is {status}.\n", self.id))?)
    }

    async fn sent(&self, operator: &Operator, verb: &str, body: &Value) -> Result<Answer> {
        let (reseller, mode) = whose(operator, &self.id, self.mode).await?;
        let path = ["v1", "resellers", &reseller, &mode, "entitlements", &self.id, verb];
        Ok(operator.send(&Call::post(&path).with_body(body)).await?)
    }
}

/// Whose an entitlement is, where it is one reseller's only.
pub(crate) async fn whose(operator: &Operator, id: &str, mode: Option<Mode>) -> Result<(String, String)> {
    let found = operator.send(&Call::get(&["v1", "entitlements", id])).await?.items("found");
    let of_mode: Vec<_> = found.iter().filter(|one| mode.is_none_or(|mode| one["mode"] == mode.word())).collect();
    match of_mode.as_slice() {
        [one] => Ok((value(&one["reseller"]), value(&one["mode"]))),
        [] => bail!("there is no {} entitlement {id}", mode.map_or("such", Mode::word)),
        [_, ..] => bail!("there is an entitlement {id} in test and one in live mode; say which by --mode"),
    }
}
