//! The text that Prometheus reads. What costs the store something is looked up at most once a second,
//! and the less often the more it costs.

use super::snapshot;
use crate::Hub;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use std::sync::Arc;
use std::time::Duration;
use store::{Standing, StoreError};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// What the text is.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// A standing is shown so long before it is looked up again.
const KEPT_FOR: Duration = Duration::from_secs(1);
/// And so many times as long as the look took: looking never takes more than a twentieth of a core.
const KEPT_TIMES: u32 = 20;

/// The last look at the store.
#[derive(Default)]
pub(crate) struct Scrape(Mutex<Option<Look>>);

struct Look {
    standing: Arc<Standing>,
    until: Instant,
}

pub(super) async fn text(hub: &Hub) -> String {
    let answers = hub.store.answers().await.is_ok();
    let standing = match hub.watching.scrape.standing(hub).await {
        Ok(standing) => standing,
        Err(error) => {
            tracing::debug!(%error, "the store does not say how much lies where");
            Arc::default()
        }
    };
    let mut text = String::with_capacity(32 * 1024);
    let found = snapshot::registry(hub, &standing, answers);
    // Writing into a string does not fail.
    let _ = encode_registry(&mut text, &hub.watching.figures.registry)
        .and_then(|()| encode_registry(&mut text, &found))
        .and_then(|()| encode_eof(&mut text));
    text
}

impl Scrape {
    async fn standing(&self, hub: &Hub) -> Result<Arc<Standing>, StoreError> {
        let mut last = self.0.lock().await;
        if let Some(look) = last.as_ref().filter(|look| Instant::now() < look.until) {
            return Ok(Arc::clone(&look.standing));
        }
        let begun = Instant::now();
        let standing = Arc::new(hub.store.standing().await?);
        let kept_for = KEPT_FOR.max(begun.elapsed() * KEPT_TIMES);
        *last = Some(Look { standing: Arc::clone(&standing), until: begun + kept_for });
        Ok(standing)
    }
}
