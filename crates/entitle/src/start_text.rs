//! What the sandbox prints at start: where it is, and three steps that work when pasted.

use crate::database::Place;
use entitlement::Moment;
use std::net::SocketAddr;

/// Everything the text names.
pub(crate) struct StartText<'a> {
    /// Scheme and host.
    pub(crate) url: &'a str,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The demo credential's password.
    pub(crate) password: &'a str,
    /// Where the data lie.
    pub(crate) place: &'a Place,
    /// The store's clock.
    pub(crate) now: Moment,
    /// The test clock's offset.
    pub(crate) clock_offset_ms: i64,
    /// Signs notifications.
    pub(crate) webhook_secret: &'a str,
}

impl StartText<'_> {
    /// Prints it on standard output.
    pub(crate) fn print(&self) {
        println!("{}", self.text());
    }

    fn text(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let (url, password, place) = (self.url, self.password, self.place);
        let now = wire::print_date(self.now);
        let clock = match (self.clock_offset_ms + 500).div_euclid(1_000) {
            0 => "real time".to_owned(),
            ahead => format!("{ahead} s ahead of real time"),
        };
        let local = format!("http://{}", self.address);
        // A customer of its own at every start, so that the first step always creates.
        let customer = format!("anna-{}", self.now.0.rem_euclid(100_000_000) / 1_000);
        let secret = self.webhook_secret;
        format!(
            "Entitle {version} sandbox

  Address      {url}
  Credential   sandbox / {password}
  Data         {place}
  Clock        {now} ({clock})
  Webhooks     signed with {secret}

1. Create an entitlement:

   curl -s -u sandbox:{password} {local}/v1/entitlement \\
     -H 'Content-Type: application/json' \\
     -d '{{\"customerIdentifier\":\"{customer}\",\"merchantAccountKey\":\"BANGO\",\"productKey\":\"BangoMusic\"}}'

2. Open parameters.url of the answer in a browser and press Confirm.

3. See the signed notification that says so:

   curl -s -u sandbox:{password} {local}/sandbox/v1/notifications

Stop with Ctrl-C."
        )
    }
}
