//! A part of a catalog as its keys and values, in the order in which the file has them: what is
//! printed and what is compared.

use crate::read::{AUTH_API_KEY, AUTH_BASIC, AUTH_BEARER, RATE_NONE};
use crate::{Credential, Merchant, NotificationAuth, Operations, Product, Reseller, Route, Side, Signing, duration};
use crate::{QUEUED_DEADLINE_S, UsualAnswers};
use ipnet::IpNet;
use std::fmt;
use wire::Switches;

/// The key that says of a part that nothing new is made of it.
pub(crate) const RETIRED: &str = "retired";

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A small table.
    Pairs(Vec<(&'static str, Given)>),
}

/// A key and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) key: &'static str,
    /// Nothing where there is no value at all.
    pub(crate) value: Option<Given>,
    /// The file need not say it.
    pub(crate) is_default: bool,
}

impl Setting {
    fn always(key: &'static str, text: &str) -> Self {
        Self { key, value: Some(Given::Text(text.to_owned())), is_default: false }
    }

    fn unless(default: &Given, key: &'static str, value: Given) -> Self {
        Self { key, is_default: value == *default, value: Some(value) }
    }

    fn optional(key: &'static str, value: Option<Given>) -> Self {
        Self { key, is_default: value.is_none(), value }
    }

    fn flag(key: &'static str, on: bool) -> Self {
        Self::unless(&Given::Flag(false), key, Given::Flag(on))
    }

    fn text(key: &'static str, text: Option<&String>) -> Self {
        Self::optional(key, text.cloned().map(Given::Text))
    }

    fn texts(key: &'static str, texts: &[String]) -> Self {
        Self::optional(key, (!texts.is_empty()).then(|| Given::Texts(texts.to_vec())))
    }
}

pub(crate) fn of_merchant(merchant: &Merchant) -> Vec<Setting> {
    vec![
        Setting::always("name", &merchant.name),
        Setting::always("connector", merchant.connector.word()),
        Setting::flag(RETIRED, merchant.retired),
    ]
}

pub(crate) fn of_product(product: &Product) -> Vec<Setting> {
    let behaves_like = |product: &Product| Given::Text(product.behaves_like.word().to_owned());
    vec![
        Setting::always("name", &product.name),
        Setting::unless(&text(""), "description", text(&product.description)),
        Setting::text("logo_url", product.logo_url.as_ref()),
        Setting::text("terms_url", product.terms_url.as_ref()),
        Setting::texts("offers", &product.offers),
        Setting::texts("retired_offers", &product.retired_offers),
        Setting::flag("offer_required", product.offer_required),
        Setting::unless(&behaves_like(&Product::default()), "behaves_like", behaves_like(product)),
        Setting::flag(RETIRED, product.retired),
    ]
}

pub(crate) fn of_reseller(reseller: &Reseller) -> Vec<Setting> {
    vec![Setting::always("name", &reseller.name), Setting::flag(RETIRED, reseller.retired)]
}

pub(crate) fn of_side(side: &Side) -> Vec<Setting> {
    vec![
        Setting::text("notification_url", side.notification_url.as_ref()),
        Setting::optional("notification_auth", of_auth(&side.notification_auth)),
        Setting::text("webhook_secret", side.webhook_secret.as_ref()),
        Setting::flag(RETIRED, side.retired),
    ]
}

fn of_auth(auth: &NotificationAuth) -> Option<Given> {
    let pairs = match auth {
        NotificationAuth::None => return None,
        NotificationAuth::Basic { user, password } => {
            vec![("type", text(AUTH_BASIC)), ("user", text(user)), ("password", text(password))]
        }
        NotificationAuth::Bearer { token } => vec![("type", text(AUTH_BEARER)), ("token", text(token))],
        NotificationAuth::ApiKey { key } => vec![("type", text(AUTH_API_KEY)), ("key", text(key))],
    };
    Some(Given::Pairs(pairs))
}

pub(crate) fn of_route(route: &Route) -> Vec<Setting> {
    let period = |seconds| Given::Text(duration::print(seconds));
    vec![
        Setting::optional("products", route.products.clone().map(Given::Texts)),
        Setting::texts("retired_products", &route.retired_products),
        Setting::unless(&Given::Number(1), "limit", Given::Number(i64::from(route.limit))),
        Setting::flag("reason_required", route.reason_required),
        Setting::optional("pending_timeout", route.pending_timeout_s.map(period)),
        Setting::unless(&period(QUEUED_DEADLINE_S), "queued_deadline", period(route.queued_deadline_s)),
        Setting::unless(&of_operations(Operations::ALL), "operations", of_operations(route.operations)),
        Setting::flag("repeatable", route.repeatable),
        Setting::flag("inquiry", route.inquiry),
        Setting::unless(&of_usual(UsualAnswers::default()), "usual", of_usual(route.usual)),
        Setting::flag(RETIRED, route.retired),
    ]
}

fn of_operations(operations: Operations) -> Given {
    Given::Texts(operations.words().map(str::to_owned).collect())
}

fn of_usual(usual: UsualAnswers) -> Given {
    let UsualAnswers { create, update, others } = usual;
    Given::Pairs(vec![
        ("create", text(create.word())),
        ("update", text(update.word())),
        ("others", text(others.word())),
    ])
}

pub(crate) fn of_credential(credential: &Credential) -> Vec<Setting> {
    let addresses: Vec<String> = credential.addresses.iter().map(network).collect();
    let ordinary = Credential::new("", credential.mode);
    vec![
        Setting::always("reseller", &credential.reseller),
        Setting::always("mode", credential.mode.word()),
        Setting::texts("addresses", &addresses),
        Setting::unless(&of_rate(&ordinary), "rate", of_rate(credential)),
        Setting::optional("switches", of_switches(&credential.switches)),
    ]
    .into_iter()
    .chain(of_signing(credential.signing.as_ref()))
    .collect()
}

/// Without a key nothing is demanded; with one, a signature is unless the file says otherwise.
fn of_signing(signing: Option<&Signing>) -> [Setting; 3] {
    let required = signing.is_some_and(|signing| signing.required);
    [
        Setting::text("signing.public_key", signing.map(|signing| &signing.public_key)),
        Setting {
            key: "signing.required",
            value: Some(Given::Flag(required)),
            is_default: signing.is_none() || required,
        },
        Setting::flag("signing.allow_1024", signing.is_some_and(|signing| signing.allow_1024)),
    ]
}

/// An address alone is written as one.
fn network(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() { network.addr().to_string() } else { network.to_string() }
}

fn of_rate(credential: &Credential) -> Given {
    match credential.rate {
        None => text(RATE_NONE),
        Some(rate) => Given::Pairs(vec![
            ("per_second", Given::Number(i64::from(rate.per_second))),
            ("burst", Given::Number(i64::from(rate.burst))),
        ]),
    }
}

fn of_switches(switches: &Switches) -> Option<Given> {
    let defaults = Switches::default();
    let changed = switches.values().into_iter().zip(defaults.values()).filter(|(value, default)| value != default);
    let pairs: Vec<_> = changed.map(|((name, value), _)| (name, text(value))).collect();
    (!pairs.is_empty()).then_some(Given::Pairs(pairs))
}

fn text(text: &str) -> Given {
    Given::Text(text.to_owned())
}

impl Given {
    /// The same for programs.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Flag(on) => (*on).into(),
            Self::Number(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Texts(texts) => texts.as_slice().into(),
            Self::Pairs(pairs) => pairs.iter().map(|(key, value)| ((*key).to_owned(), value.to_json())).collect(),
        }
    }
}

/// As the file has it.
impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(on) => write!(f, "{on}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{}", toml_edit::Value::from(text.as_str())),
            Self::Texts(texts) => {
                let texts: Vec<String> = texts.iter().map(|one| text(one).to_string()).collect();
                write!(f, "[{}]", texts.join(", "))
            }
            Self::Pairs(pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                write!(f, "{{ {} }}", pairs.join(", "))
            }
        }
    }
}
