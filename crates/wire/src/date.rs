//! Dates of the public API: RFC 3339 in, `YYYY-MM-DDTHH:MM:SSZ` out. Written by hand because the
//! grammar is fixed, stricter than any library's, and printing must not allocate; a library gives
//! the second opinion in `tests/dates.rs`.

use entitlement::Moment;

/// A dateExpiry must lie before this moment, 2200-01-01T00:00:00Z: later ones are typing errors.
pub const DATE_END: Moment = Moment(7_258_118_400_000);

/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what four digits can print.
const PRINTABLE_S: (i64, i64) = (-62_167_219_200, 253_402_300_799);

const DAY_S: i64 = 86_400;

/// Reads an RFC 3339 date-time. `t` and `z` may be lower case, fractions are cut off, without
/// offset it is UTC. A leap second counts as the second before it. `None`: anything else, such as
/// bare dates, a space instead of `T`, 24:00, years outside 0000-9999 in UTC.
#[must_use]
pub fn parse_date(text: &str) -> Option<Moment> {
    let bytes = text.as_bytes();
    let (fixed, rest) = bytes.split_at_checked(19)?;
    let separated = fixed[4] == b'-'
        && fixed[7] == b'-'
        && matches!(fixed[10], b'T' | b't')
        && fixed[13] == b':'
        && fixed[16] == b':';
    if !separated {
        return None;
    }
    let days = days_from_civil(digits(&fixed[..4])?, digits(&fixed[5..7])?, digits(&fixed[8..10])?)?;
    let (hour, minute) = (below(digits(&fixed[11..13])?, 24)?, below(digits(&fixed[14..16])?, 60)?);
    let second = below(digits(&fixed[17..])?, 61)?;
    let local_s = days * DAY_S + hour * 3600 + minute * 60 + second.min(59);
    let utc_s = local_s - offset_s(after_fraction(rest)?)?;
    let leap_fits = second < 60 || utc_s.rem_euclid(DAY_S) == DAY_S - 1;
    let printable = (PRINTABLE_S.0..=PRINTABLE_S.1).contains(&utc_s);
    (leap_fits && printable).then_some(Moment(utc_s * 1000))
}

/// Appends `YYYY-MM-DDTHH:MM:SSZ`, the fraction cut off. What four digits of a year cannot say
/// is printed as the nearest moment they can.
pub fn push_date(out: &mut String, at: Moment) {
    let seconds = at.0.div_euclid(1000).clamp(PRINTABLE_S.0, PRINTABLE_S.1);
    let (year, month, day) = civil_from_days(seconds.div_euclid(DAY_S));
    let of_day = seconds.rem_euclid(DAY_S);
    let mut text = *b"0000-00-00T00:00:00Z";
    put(&mut text[..2], year / 100);
    put(&mut text[2..4], year % 100);
    put(&mut text[5..7], month);
    put(&mut text[8..10], day);
    put(&mut text[11..13], of_day / 3600);
    put(&mut text[14..16], of_day / 60 % 60);
    put(&mut text[17..19], of_day % 60);
    out.push_str(std::str::from_utf8(&text).unwrap_or_default());
}

/// See [`push_date`].
#[must_use]
pub fn print_date(at: Moment) -> String {
    let mut out = String::with_capacity(20);
    push_date(&mut out, at);
    out
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

fn below(value: i64, limit: i64) -> Option<i64> {
    (value < limit).then_some(value)
}

fn after_fraction(rest: &[u8]) -> Option<&[u8]> {
    let Some(fraction) = rest.strip_prefix(b".") else {
        return Some(rest);
    };
    let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (length > 0).then(|| &fraction[length..])
}

fn offset_s(zone: &[u8]) -> Option<i64> {
    let sign = match zone {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    if zone.len() != 6 || zone[3] != b':' {
        return None;
    }
    let hours = below(digits(&zone[1..3])?, 24)?;
    let minutes = below(digits(&zone[4..])?, 60)?;
    Some(sign * (hours * 3600 + minutes * 60))
}

/// Days since 1970-01-01 (Howard Hinnant's `days_from_civil`: years begin in March, so that the
/// leap day is the last of its year).
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=month_days(year, month)).contains(&day) {
        return None;
    }
    let march_year = if month <= 2 { year - 1 } else { year };
    let era = march_year.div_euclid(400);
    let of_era = march_year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The reverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn put(place: &mut [u8], value: i64) {
    for (digit, divisor) in place.iter_mut().zip([10, 1]) {
        *digit = b'0' + u8::try_from(value / divisor % 10).unwrap_or_default();
    }
}
