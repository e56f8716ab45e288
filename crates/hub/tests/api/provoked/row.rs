//! A row of the table: the rule, and how it is provoked. What was sent and what came are kept as
//! they went over the wire; that nothing else changed is checked here, for every row alike.

use crate::harness::{Answer, TestHub, exchange};
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use store::Report;

type Provoking<'a> = Pin<Box<dyn Future<Output = Provoked> + Send + 'a>>;

/// How to provoke.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// On a plain sandbox, which others use before and after.
    Shared(for<'a> fn(&'a TestHub) -> Provoking<'a>),
    /// On a hub that the row sets up itself.
    Alone(fn() -> Provoking<'static>),
}

/// One rule.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) rule: &'static str,
    pub(super) way: Way,
}

/// Rows on the shared hub, each `"rule" => |hub| expression`.
macro_rules! shared {
    ($($rule:literal => |$hub:ident| $does:expr),+ $(,)?) => {
        pub(super) const ROWS: &[crate::provoked::row::Row] = &[$(crate::provoked::row::Row {
            rule: $rule,
            way: crate::provoked::row::Way::Shared(|$hub| Box::pin(async move { $does })),
        }),+];
    };
}
pub(super) use shared;

/// Rows with hubs of their own, each `"rule" => expression`; the list's name comes first.
macro_rules! alone {
    ($name:ident: $($rule:literal => $does:expr),+ $(,)?) => {
        pub(super) const $name: &[crate::provoked::row::Row] = &[$(crate::provoked::row::Row {
            rule: $rule,
            way: crate::provoked::row::Way::Alone(|| Box::pin(async { $does })),
        }),+];
    };
}
pub(super) use alone;

impl Row {
    pub(super) async fn provoke_on(self, hub: Arc<TestHub>) -> Provoked {
        match self.way {
            Way::Shared(provoke) => provoke(&hub).await,
            Way::Alone(_) => panic!("{} wants a hub of its own", self.rule),
        }
    }

    pub(super) async fn provoke_alone(self) -> Provoked {
        match self.way {
            Way::Alone(provoke) => provoke().await,
            Way::Shared(_) => panic!("{} shares a hub", self.rule),
        }
    }
}

/// What came of a row.
#[derive(Debug)]
pub(super) enum Provoked {
    /// Over HTTP.
    Answered {
        /// What was so before, as a sentence for the page.
        before: &'static str,
        /// The request's bytes.
        sent: Vec<u8>,
        answer: Answer,
    },
    /// No call of this release meets it; the rules were asked themselves, and gave this rule.
    ByTheRules {
        /// Who can meet it, as a sentence for the page.
        who: &'static str,
        rule: &'static str,
    },
}

impl Provoked {
    pub(super) fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answered { answer, .. } => Some(answer),
            Self::ByTheRules { .. } => None,
        }
    }

    /// What the rules gave, where no call meets them.
    pub(super) fn rule_asked(&self) -> Option<&'static str> {
        match self {
            Self::Answered { .. } => None,
            Self::ByTheRules { rule, .. } => Some(rule),
        }
    }

    pub(super) fn new(before: &'static str, sent: Vec<u8>, came: &[u8]) -> Self {
        Self::Answered { before, sent, answer: Answer::parse(came, false) }
    }
}

impl TestHub {
    /// Sends what is to be refused; no record, no event and no operation may come of it.
    pub(super) async fn refuses(&self, before: &'static str, sent: Vec<u8>) -> Provoked {
        let had = self.everything().await;
        let came = exchange(self.address, &sent).await;
        assert_eq!(self.everything().await, had, "a refusal changes nothing");
        Provoked::new(before, sent, &came)
    }

    /// A create with these members beside, or instead of, the usual ones; null takes one out.
    pub(super) async fn refuses_create(&self, before: &'static str, members: &Value) -> Provoked {
        let mut body = crate::harness::create_body("anna", "MUSIC_NOW");
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.refuses(before, self.call("POST", "/v1/entitlement").json(&body).text()).await
    }

    /// An update of the entitlement.
    pub(super) async fn refuses_update(&self, before: &'static str, id: &str, members: &Value) -> Provoked {
        self.refuses(before, self.updating(id, members).text()).await
    }

    /// Every entitlement and feed position of every account. Not the rows' revisions: they count
    /// the intent of an operation that came to nothing, too.
    async fn everything(&self) -> String {
        let mut all = String::new();
        for account in self.store.accounts().await.unwrap() {
            let rows = self.store.report(account.id, Report { limit: 1_000, ..Report::default() }).await.unwrap();
            let head = self.store.feed_head(account.id).await.unwrap();
            let states: Vec<_> = rows.iter().map(|row| &row.state).collect();
            all.push_str(&format!("{head} {states:?}\n"));
        }
        all
    }
}
