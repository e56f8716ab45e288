//! The interface every connector implements.

use entitlement::{Answer, Entitlement, JsonObject, MerchantEvent, Moment, Operation};
use ids::EntitlementKey;

/// One call to a merchant about one open operation.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The hub's key of the entitlement.
    pub key: EntitlementKey,
    /// The entitlement as it stands with the operation open.
    pub entitlement: &'a Entitlement,
    /// The operation; its id is the `requestId`, the same on every repeat.
    pub operation: &'a Operation,
    /// First send, repeat, or inquiry.
    pub purpose: Purpose,
    /// The create's `extraInformation`, on its first send only.
    pub extra_information: &'a JsonObject,
    /// The reseller's key, `resellerId` towards the merchant.
    pub reseller: &'a str,
    /// The store's clock.
    pub now: Moment,
}

/// Why a merchant is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// For the first time.
    First,
    /// Again after an unknown outcome, where the route is repeatable.
    Repeat,
    /// Only to learn the outcome.
    Inquiry,
}

/// How a call goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// Nothing has to be awaited: the merchant is built in.
    Answered(Answered),
    /// To be sent by the hub.
    Send(Request),
}

/// An answer known at once, and what the built-in merchant will do later by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Calls it promises to make.
    pub promises: Vec<Promise>,
}

/// A later call of the built-in merchant, in its own words (see [`Connector::said`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// When, by the store's clock.
    pub at: Moment,
    /// What it will say.
    pub says: String,
}

/// An HTTP request as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// For example `POST`.
    pub method: &'static str,
    /// Absolute.
    pub url: String,
    /// Names and values; secrets are added by the hub.
    pub headers: Vec<(&'static str, String)>,
    /// The body, JSON.
    pub body: String,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// A whole answer.
    Whole {
        /// HTTP status.
        status: u16,
        /// At most the hub's limit of bytes.
        body: Vec<u8>,
    },
    /// Name, connect or TLS failure: nothing was sent.
    NotSent,
    /// Something was sent, and no whole answer came.
    Broken,
}

/// One kind of merchant.
pub trait Connector: std::fmt::Debug + Send + Sync {
    /// How this call is made.
    fn prepare(&self, call: &Call<'_>) -> Prepared;
    /// What the response to a [`Prepared::Send`] means.
    fn read(&self, call: &Call<'_>, response: &Response) -> Answer;
    /// Whether it answers by itself, magic numbers included, and calls nobody.
    fn is_built_in(&self) -> bool {
        false
    }
    /// What one of its promises says once its moment has come, about the entitlement as it then is.
    /// `None` where the text is not one of its own; merchants behind a network promise nothing.
    fn said(
        &self,
        _says: &str,
        _key: EntitlementKey,
        _entitlement: &Entitlement,
        _now: Moment,
    ) -> Option<MerchantEvent> {
        None
    }
}
