//! Resellers, their two sides, and what each side sells of whom.

use entitlement::RouteFacts;
use std::collections::BTreeMap;
use std::fmt;

/// A queued operation that nobody confirms ends as not done after three days
/// (docs/LIFECYCLE.md section 4).
pub const QUEUED_DEADLINE_S: i64 = 72 * 3600;

/// A reseller. Its two sides know nothing of each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reseller {
    /// For people.
    pub name: String,
    /// No create by it; all else goes on.
    pub retired: bool,
    /// Its side in test mode.
    pub test: Option<Side>,
    /// Its side in live mode.
    pub live: Option<Side>,
}

/// Test or live: a credential has one of them, and sees that side only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Test merchants and test data.
    Test,
    /// The real thing.
    Live,
}

/// A reseller in one mode.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// Where notifications go when an entitlement has no URL of its own.
    pub notification_url: Option<String>,
    /// How notifications authenticate to the reseller.
    pub notification_auth: NotificationAuth,
    /// The name of the secret that signs notifications; see [`Side::webhook_secret`].
    pub webhook_secret: Option<String>,
    /// No create on this side; all else goes on.
    pub retired: bool,
    /// By merchantAccountKey.
    pub routes: BTreeMap<String, Route>,
}

/// How a notification authenticates to the reseller (docs/API.md section 7). Secrets stand here by
/// their names; their values lie sealed in the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NotificationAuth {
    /// Only the signature.
    #[default]
    None,
    /// HTTP Basic.
    Basic {
        /// User name.
        user: String,
        /// The name of the password.
        password: String,
    },
    /// `Authorization: Bearer`.
    Bearer {
        /// The name of the token.
        token: String,
    },
    /// `X-Api-Key`.
    ApiKey {
        /// The name of the key.
        key: String,
    },
}

/// What one side of a reseller sells of one merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// productKeys, in the file's order; nothing means all that the merchant has.
    pub products: Option<Vec<String>>,
    /// productKeys that were sold here and no longer are: no create of them, all else goes on.
    pub retired_products: Vec<String>,
    /// Open entitlements per customer at this merchant, from 1.
    pub limit: u32,
    /// A cancel or revoke needs a reason.
    pub reason_required: bool,
    /// PENDING ends by itself after so long; nothing means never.
    pub pending_timeout_s: Option<i64>,
    /// A queued operation ends as not done after so long.
    pub queued_deadline_s: i64,
    /// What can be asked of the merchant.
    pub operations: Operations,
    /// The merchant de-duplicates by requestId: an unknown outcome may be sent again.
    pub repeatable: bool,
    /// The merchant tells an operation's outcome when asked.
    pub inquiry: bool,
    /// What a dry run takes the merchant to answer.
    pub usual: UsualAnswers,
    /// No create on it; all else goes on.
    pub retired: bool,
}

/// What can be asked of a merchant, beside a create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operations {
    /// Another product or offer.
    pub update: bool,
    /// The reseller's hold.
    pub suspend: bool,
    /// The hold goes.
    pub resume: bool,
    /// A planned end is taken back.
    pub undo: bool,
    /// Soft end.
    pub cancel: bool,
    /// Hard end.
    pub revoke: bool,
    /// A fresh activation URL or code.
    pub activation_info: bool,
}

/// What a merchant usually answers, by type of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsualAnswers {
    /// To a create.
    pub create: UsualAnswer,
    /// To another product or offer.
    pub update: UsualAnswer,
    /// To everything else.
    pub others: UsualAnswer,
}

/// One usual answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UsualAnswer {
    /// 200: done at once.
    #[default]
    Done,
    /// 202 with a URL: the user has to act.
    UserActs,
    /// 201: accepted, without a URL.
    Accepted,
    /// 202: confirmed later.
    Queued,
}

impl Reseller {
    /// Its side in that mode.
    #[must_use]
    pub fn side(&self, mode: Mode) -> Option<&Side> {
        match mode {
            Mode::Test => self.test.as_ref(),
            Mode::Live => self.live.as_ref(),
        }
    }

    /// The place of its side in that mode.
    pub fn side_mut(&mut self, mode: Mode) -> &mut Option<Side> {
        match mode {
            Mode::Test => &mut self.test,
            Mode::Live => &mut self.live,
        }
    }

    /// The sides there are, test first.
    pub fn sides(&self) -> impl Iterator<Item = (Mode, &Side)> {
        Mode::ALL.into_iter().filter_map(|mode| Some((mode, self.side(mode)?)))
    }
}

impl Mode {
    /// Both of them, the harmless one first.
    pub const ALL: [Self; 2] = [Self::Test, Self::Live];

    /// Its word in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Side {
    /// The name of the secret that signs notifications: its own, or `<reseller>-<mode>-webhook`.
    #[must_use]
    pub fn webhook_secret(&self, reseller: &str, mode: Mode) -> String {
        self.webhook_secret.clone().unwrap_or_else(|| format!("{reseller}-{mode}-webhook"))
    }
}

impl Default for Route {
    /// A route of all products, with everything offered and nothing promised of the merchant.
    fn default() -> Self {
        Self {
            products: None,
            retired_products: Vec::new(),
            limit: 1,
            reason_required: false,
            pending_timeout_s: None,
            queued_deadline_s: QUEUED_DEADLINE_S,
            operations: Operations::default(),
            repeatable: false,
            inquiry: false,
            usual: UsualAnswers::default(),
            retired: false,
        }
    }
}

impl Route {
    /// Whether this product of the merchant is for sale here: listed, or no list, and not retired
    /// on this route.
    #[must_use]
    pub fn lists(&self, product: &str) -> bool {
        let listed = self.products.as_ref().is_none_or(|products| products.iter().any(|key| key == product));
        listed && !self.retired_products.iter().any(|key| key == product)
    }

    /// Whether an unknown outcome can be settled by the hub itself; only then *nothing twice* is
    /// promised (docs/LIFECYCLE.md section 5).
    #[must_use]
    pub fn settles_unknowns(&self) -> bool {
        self.repeatable || self.inquiry
    }

    /// What the rules need to know of it.
    #[must_use]
    pub fn facts(&self) -> RouteFacts {
        let Operations { update, suspend, resume, undo, cancel, revoke, activation_info } = self.operations;
        RouteFacts {
            update,
            suspend,
            resume,
            undo,
            cancel,
            revoke,
            activation_info,
            repeatable: self.repeatable,
            inquiry: self.inquiry,
            reason_required: self.reason_required,
            limit: self.limit,
            pending_timeout_s: self.pending_timeout_s,
            queued_deadline_s: self.queued_deadline_s,
        }
    }
}

impl Operations {
    /// Their words in the file.
    pub const WORDS: [&'static str; 7] = ["update", "suspend", "resume", "undo", "cancel", "revoke", "activation_info"];
    /// All of them.
    pub const ALL: Self = Self {
        update: true,
        suspend: true,
        resume: true,
        undo: true,
        cancel: true,
        revoke: true,
        activation_info: true,
    };

    /// Those whose words are named.
    #[must_use]
    pub fn named(is_named: impl Fn(&str) -> bool) -> Self {
        let [update, suspend, resume, undo, cancel, revoke, activation_info] = Self::WORDS.map(is_named);
        Self { update, suspend, resume, undo, cancel, revoke, activation_info }
    }

    /// The words of those that are offered.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let Self { update, suspend, resume, undo, cancel, revoke, activation_info } = self;
        let offered = [update, suspend, resume, undo, cancel, revoke, activation_info];
        Self::WORDS.into_iter().zip(offered).filter(|(_, offered)| *offered).map(|(word, _)| word)
    }
}

impl Default for Operations {
    fn default() -> Self {
        Self::ALL
    }
}

impl UsualAnswer {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Done, Self::UserActs, Self::Accepted, Self::Queued];

    /// Its word in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::UserActs => "user-acts",
            Self::Accepted => "accepted",
            Self::Queued => "queued",
        }
    }
}
