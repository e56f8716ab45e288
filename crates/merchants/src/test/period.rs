//! The month-long billing period of `BANGO_US`, counted from activation.

use entitlement::Moment;
use jiff::{Timestamp, ToSpan, tz::TimeZone};

/// More months than any entitlement lives (dates end before the year 2200).
const MONTHS_MAX: i32 = 12 * 400;

/// The first moment after `now` that lies whole calendar months after `activated`; the last day
/// of shorter months stands in for days they lack. `None` outside the calendar.
pub(super) fn end_of_month_long_period(activated: Moment, now: Moment) -> Option<Moment> {
    let start = Timestamp::from_millisecond(activated.0).ok()?.to_zoned(TimeZone::UTC);
    let now = Timestamp::from_millisecond(now.0).ok()?.to_zoned(TimeZone::UTC);
    let years = i32::from(now.year()) - i32::from(start.year());
    let guess = (years * 12 + i32::from(now.month()) - i32::from(start.month())).max(1);
    (guess..=MONTHS_MAX)
        .map_while(|months| start.checked_add(months.months()).ok())
        .find(|end| *end > now)
        .map(|end| Moment(end.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn ends_one_calendar_month_on() {
        for (activated, now, end) in [
            ("2026-01-15T10:00:00Z", "2026-01-15T10:00:00Z", "2026-02-15T10:00:00Z"),
            ("2026-01-15T10:00:00Z", "2026-02-15T09:59:59Z", "2026-02-15T10:00:00Z"),
            ("2026-01-15T10:00:00Z", "2026-02-15T10:00:00Z", "2026-03-15T10:00:00Z"),
            ("2026-01-31T10:00:00Z", "2026-02-10T00:00:00Z", "2026-02-28T10:00:00Z"),
            ("2026-01-31T10:00:00Z", "2026-03-01T00:00:00Z", "2026-03-31T10:00:00Z"),
            ("2024-11-30T10:00:00Z", "2026-11-30T10:00:00Z", "2026-12-30T10:00:00Z"),
        ] {
            assert_eq!(end_of_month_long_period(at(activated), at(now)), Some(at(end)), "{activated} at {now}");
        }
    }
}
