//! Sending a notification once more because somebody asks for it: beside its lane, which neither
//! waits for it nor learns of it (docs/API.md section 7).

use super::attempts::attempt_end;
use crate::Hub;
use crate::outgoing::Posted;
use hyper::header::{HeaderName, HeaderValue};
use store::{Row, StoredNotification};

impl Hub {
    /// The same id and body as ever, to the URL, with the auth and the secret of now. Nothing of
    /// what comes of it is stored: the lane alone says whether a notification was delivered.
    pub(crate) async fn replay_notification(&self, notification: &StoredNotification, row: &Row) -> Posted {
        let unsent = |error: String| Posted { status: None, retry_after_s: None, error: Some(error) };
        let Some(url) = self.url_of(row) else {
            return unsent("there is no URL to send it to".to_owned());
        };
        let text = self.notification_text(notification, row).await;
        match text.and_then(|text| self.post_of(notification, row, &url, text)) {
            Err(error) => unsent(error),
            Ok(mut post) => {
                post.headers.insert(HeaderName::from_static("webhook-replay"), HeaderValue::from_static("true"));
                self.outgoing.post(post, attempt_end()).await
            }
        }
    }
}
