//! Dates: what is read, and that printing is its reverse. jiff is the second opinion.

use entitlement::Moment;
use proptest::prelude::*;
use wire::{DATE_END, parse_date, print_date};

const READ: &[(&str, &str)] = &[
    ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"),
    ("2024-05-06t07:08:09z", "2024-05-06T07:08:09Z"),
    ("2024-05-06T07:08:09", "2024-05-06T07:08:09Z"),
    ("2024-05-06T07:08:09.999Z", "2024-05-06T07:08:09Z"),
    ("2024-05-06T07:08:09.1", "2024-05-06T07:08:09Z"),
    ("2024-05-06T07:08:09.123456789012345678901234567890+00:00", "2024-05-06T07:08:09Z"),
    ("2024-05-06T07:08:09+02:00", "2024-05-06T05:08:09Z"),
    ("2024-05-06T07:08:09-00:00", "2024-05-06T07:08:09Z"),
    ("2024-05-06T07:08:09.5-09:30", "2024-05-06T16:38:09Z"),
    ("2024-01-01T00:30:00+01:00", "2023-12-31T23:30:00Z"),
    ("2024-12-31T23:30:00-23:59", "2025-01-01T23:29:00Z"),
    ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
    ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
    ("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59Z"),
    ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
    ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
    ("2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59Z"),
];

const REFUSED: &[&str] = &[
    "",
    "2024-05-06",
    "2024-05-06T",
    "2024-05-06T07:08",
    "2024-05-06T07:08Z",
    "2024-05-06 07:08:09Z",
    "20240506T070809Z",
    "1714979289",
    "2024-5-6T7:8:9Z",
    "2024-05-06T07:08:09.Z",
    "2024-05-06T07:08:09,5Z",
    "2024-05-06T07:08:09ZZ",
    "2024-05-06T07:08:09Z ",
    " 2024-05-06T07:08:09Z",
    "2024-05-06T07:08:09+0200",
    "2024-05-06T07:08:09+02",
    "2024-05-06T07:08:09+2:00",
    "2024-05-06T07:08:09+24:00",
    "2024-05-06T07:08:09+01:60",
    "2024-05-06T07:08:09 +01:00",
    "2024-05-06T07:08:09[UTC]",
    "2024-05-06T24:00:00Z",
    "2024-05-06T07:60:00Z",
    "2024-05-06T07:08:60Z",
    "2024-05-06T07:08:61Z",
    "2023-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-01-00T00:00:00Z",
    "2024-01-32T00:00:00Z",
    "-024-05-06T07:08:09Z",
    "+2024-05-06T07:08:09Z",
    "10000-01-01T00:00:00Z",
    "0000-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "2024-05-06T07:08:0\u{0663}Z",
    "２０２４-05-06T07:08:09Z",
    "2024-05-06T07:08:09\u{0}",
];

#[test]
fn reads_rfc_3339_and_prints_utc() {
    for (text, printed) in READ {
        assert_eq!(parse_date(text).map(print_date).as_deref(), Some(*printed), "{text}");
    }
}

#[test]
fn refuses_everything_else() {
    for text in REFUSED {
        assert_eq!(parse_date(text), None, "{text}");
    }
}

#[test]
fn known_moments() {
    assert_eq!(parse_date("1970-01-01T00:00:00Z"), Some(Moment(0)));
    assert_eq!(parse_date("2024-05-06T07:08:09Z"), Some(Moment(1_714_979_289_000)));
    assert_eq!(print_date(DATE_END), "2200-01-01T00:00:00Z");
    assert_eq!(print_date(Moment(-1)), "1969-12-31T23:59:59Z");
    assert_eq!(print_date(Moment(999)), "1970-01-01T00:00:00Z");
}

#[test]
fn what_four_digits_cannot_say_is_printed_as_the_nearest() {
    assert_eq!(print_date(Moment(i64::MAX)), "9999-12-31T23:59:59Z");
    assert_eq!(print_date(Moment(i64::MIN)), "0000-01-01T00:00:00Z");
}

#[test]
fn every_day_of_four_centuries_agrees_with_jiff() {
    let mut day = jiff::civil::date(1800, 1, 1);
    let epoch = jiff::civil::date(1970, 1, 1);
    while day.year() < 2201 {
        let text = format!("{day}T00:00:00Z");
        let days = i64::from(epoch.until(day).expect("days").get_days());
        let read = parse_date(&text).expect("a date");
        assert_eq!((read, print_date(read)), (Moment(days * 86_400_000), text));
        day = day.tomorrow().expect("tomorrow");
    }
}

proptest! {
    #[test]
    fn printing_agrees_with_jiff(seconds in -62_167_219_200_i64..253_402_200_000, ms in 0_i64..1000) {
        let at = Moment(seconds * 1000 + ms);
        let jiffs = jiff::Timestamp::from_second(seconds).expect("in range");
        prop_assert_eq!(print_date(at), jiffs.to_string());
        prop_assert_eq!(parse_date(&jiffs.to_string()), Some(at.whole_second()));
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,40}", digits in "[0-9T:Z.+-]{0,40}") {
        for text in [text, digits] {
            if let Some(at) = parse_date(&text) {
                prop_assert_eq!(parse_date(&print_date(at)), Some(at));
            }
        }
    }
}
