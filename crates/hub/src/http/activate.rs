//! The test merchant's activation page: the user confirms or declines, and the merchant tells
//! the hub as any merchant would (docs/API.md section 8).

use super::page::{Button, Mood, Page};
use super::respond::Reply;
use super::{Received, body};
use crate::Hub;
use entitlement::{Entitlement, Given, MerchantEvent, Reason, Status, Told};
use http_body_util::Full;
use hyper::header::{HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use merchants::test::ActivationToken;

const DECIDE: [Button; 2] = [
    Button { value: "confirm", label: "Confirm", is_main: true },
    Button { value: "decline", label: "Decline", is_main: false },
];

impl Hub {
    /// Shows where the entitlement stands, and the two buttons while there is something to decide.
    pub(super) async fn activate_page(&self, segment: &str) -> Reply {
        let Some((token, state)) = self.of_token(segment).await else {
            return unknown_link();
        };
        if is_waiting(&state) && self.store.now() >= token.expires_at {
            return expired_link(&state);
        }
        page_of(&state)
    }

    /// Takes the user's choice and shows the page again, so that a reload repeats nothing.
    pub(super) async fn activate_choice(&self, segment: &str, request: Received) -> Reply {
        let Some((token, state)) = self.of_token(segment).await else {
            return unknown_link();
        };
        let Ok(form) = body::read(request.into_body()).await else {
            return page_of(&state);
        };
        let event = match form.as_ref() {
            b"choice=confirm" => confirmed(),
            b"choice=decline" => declined(),
            _ => return page_of(&state),
        };
        if is_waiting(&state) {
            if self.store.now() >= token.expires_at {
                return expired_link(&state);
            }
            if let Err(error) = self.merchant_told(token.key, &event, None).await {
                tracing::error!(rule = error.rule, "a choice on the activation page could not be stored");
                return try_again();
            }
        }
        see_again(segment)
    }

    async fn of_token(&self, segment: &str) -> Option<(ActivationToken, Entitlement)> {
        let token = ActivationToken::read(segment, self.desk.page_key())?;
        let (row, account, route) = self.row_and_route(token.key).await.ok().flatten()?;
        // What is due by now is shown as done.
        let _ = self.settle_due(&account, &route, &row).await;
        let row = self.row(token.key).await.ok().flatten()?;
        Some((token, row.state))
    }
}

fn confirmed() -> MerchantEvent {
    MerchantEvent { what: Told::Activated(Given::default()), occurred_at: None }
}

fn declined() -> MerchantEvent {
    let reason = Reason {
        category: Some("CUSTOMER_CANCELLED".to_owned()),
        code: Some("OTHER".to_owned()),
        description: Some("The user declined on the activation page.".to_owned()),
    };
    MerchantEvent { what: Told::Refused(Some(reason)), occurred_at: None }
}

fn is_waiting(state: &Entitlement) -> bool {
    state.record.status == Status::Pending
}

fn page_of(state: &Entitlement) -> Reply {
    let product = product_name(state);
    let page = |mood, title: &str, text: &str, buttons: &[Button]| {
        let facts = facts(state);
        Page { status: StatusCode::OK, mood, title, text: vec![text.to_owned()], facts, buttons }.reply()
    };
    match state.record.status {
        Status::Pending if state.pending_update.is_some() => page(
            Mood::Ask,
            &format!("Change to {product}?"),
            "Your provider asked us to change your subscription. Nothing changes until you confirm.",
            &DECIDE,
        ),
        Status::Pending => page(
            Mood::Ask,
            &format!("Start {product}?"),
            "Your provider has added this service for you. Confirm, and you can use it at once.",
            &DECIDE,
        ),
        Status::Active | Status::ActiveEnding => page(
            Mood::Done,
            &format!("{product} is active"),
            "All done. You can close this page and start using it.",
            &[],
        ),
        Status::Suspended => page(Mood::Over, &format!("{product} is paused"), "Ask your provider why.", &[]),
        Status::Cancelled | Status::Revoked => page(
            Mood::Over,
            "This will not be started",
            "The request was declined or has ended. If you want it after all, ask your provider again.",
            &[],
        ),
        Status::Failed => page(Mood::Over, "Please wait", "We are still finding out how this went.", &[]),
    }
}

fn facts(state: &Entitlement) -> Vec<(&'static str, String)> {
    let record = &state.record;
    vec![
        ("Service", product_name(state)),
        ("Merchant", record.merchant_account_key.clone()),
        ("Status", record.status.as_str().to_owned()),
        ("Reference", record.entitlement_id.clone()),
    ]
}

fn product_name(state: &Entitlement) -> String {
    let record = &state.record;
    record.entitlement_display_name.clone().unwrap_or_else(|| record.product_key.clone())
}

fn expired_link(state: &Entitlement) -> Reply {
    let text = vec![
        "Links work for 24 hours. Go back to your provider and start again there; you will get a new link to the \
         same service."
            .to_owned(),
    ];
    let title = "This link has expired";
    Page { status: StatusCode::GONE, mood: Mood::Over, title, text, facts: facts(state), buttons: &[] }.reply()
}

fn unknown_link() -> Reply {
    let text = vec!["Check that the whole link was copied, or start again at your provider.".to_owned()];
    let title = "We do not know this link";
    Page { status: StatusCode::NOT_FOUND, mood: Mood::Over, title, text, facts: Vec::new(), buttons: &[] }.reply()
}

fn try_again() -> Reply {
    let text = vec!["Your choice could not be saved. Go back and press the button again.".to_owned()];
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Page { status, mood: Mood::Over, title: "Please try again", text, facts: Vec::new(), buttons: &[] }.reply()
}

fn see_again(segment: &str) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::from_str(&format!("/activate/{segment}")) {
        reply.headers_mut().insert(LOCATION, location);
    }
    reply
}
