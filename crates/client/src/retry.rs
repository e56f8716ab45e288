//! When a call is tried again, and after which wait: what certainly did not arrive, what broke
//! (a write has its request identity, so it takes effect once), and where the hub says when.

use crate::error::Error;
use crate::http::SendError;
use std::time::Duration;

/// Waits before the second, third and fourth try, unless the hub names another.
const WAITS_MS: [u64; 3] = [100, 200, 400];
/// A `Retry-After` beyond this is the caller's to wait for.
const RETRY_AFTER_MAX_S: u64 = 10;

/// How often a call is tried, the first time included.
pub(crate) const TRIES_MAX: usize = 1 + WAITS_MS.len();

/// The wait before the next try; `None` where another try would be no better.
pub(crate) fn wait_after(tries: usize, error: &Error) -> Option<Duration> {
    let wait = Duration::from_millis(WAITS_MS[tries.saturating_sub(1).min(WAITS_MS.len() - 1)]);
    match error {
        Error::Unreachable { cause: SendError::NotSent(_) | SendError::Broken(_), .. } => Some(wait),
        Error::Refused(no) if matches!(no.http, 429 | 503) => match no.retry_after_s? {
            seconds @ ..=RETRY_AFTER_MAX_S => Some(wait.max(Duration::from_secs(seconds))),
            _ => None,
        },
        // A time-out has taken its time already.
        Error::Unreachable { cause: SendError::TooSlow(_), .. }
        | Error::Refused(_)
        | Error::Setting(_)
        | Error::NotAHub { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Refusal;

    fn refused(http: u16, retry_after_s: Option<u64>) -> Error {
        let body = serde_json::json!({"responseCode": "X", "responseMessage": "x"});
        Error::Refused(Box::new(Refusal::read(http, retry_after_s, body).unwrap()))
    }

    #[test]
    fn waits_as_told_within_bounds_and_only_where_it_helps() {
        let cut = |cause| Error::Unreachable { url: String::new(), cause };
        let ms = |tries, error: &Error| wait_after(tries, error).map(|wait| wait.as_millis());
        assert_eq!(
            [1, 2, 3].map(|tries| ms(tries, &cut(SendError::NotSent(String::new())))),
            [100, 200, 400].map(Some)
        );
        assert_eq!(ms(1, &cut(SendError::Broken(String::new()))), Some(100));
        assert_eq!(ms(1, &cut(SendError::TooSlow(Duration::from_secs(1)))), None);
        assert_eq!(ms(1, &refused(503, Some(2))), Some(2_000));
        assert_eq!(ms(3, &refused(429, Some(0))), Some(400));
        assert_eq!(ms(1, &refused(503, Some(11))), None);
        for http in [400, 401, 404, 409, 422, 500] {
            assert_eq!(ms(1, &refused(http, Some(1))), None, "{http}");
        }
        assert_eq!(ms(1, &refused(503, None)), None, "the hub does not ask for it");
    }
}
