//! The switches of a credential.

use crate::sample::told;
use wire::{NullInUpdate, ResponseCode, SWITCHES, Switches, Unknown};

#[test]
fn the_first_value_of_each_is_the_default() {
    let mut switches = Switches::default();
    for (name, values) in SWITCHES {
        switches.set(name, values[0]).expect(name);
    }
    assert_eq!(switches, Switches::default());
}

#[test]
fn every_other_value_changes_something() {
    for (name, values) in SWITCHES {
        let mut switches = Switches::default();
        let other = values[1].replace('*', "reason");
        switches.set(name, &other).expect(name);
        assert_ne!(switches, Switches::default(), "{name}");
    }
}

#[test]
fn a_header_sets_one() {
    let mut switches = Switches::default();
    for header in [
        "conflictCode=CONFLICT",
        " createdHttp = 202 ",
        "unknownFields=ignore",
        "unknownReasons=accept",
        "nullInUpdate=skip",
        "notificationReasonField=event",
        "notifyOwnChanges=off",
        "notifyOnCreate=on",
    ] {
        switches.set_by_header(header).expect(header);
    }
    let expected = Switches {
        conflict_code: ResponseCode::Conflict,
        created_http: 202,
        unknown_fields: Unknown::Accept,
        unknown_reasons: Unknown::Accept,
        null_in_update: NullInUpdate::Skip,
        notification_reason_field: "event".into(),
        notify_own_changes: false,
        notify_on_create: true,
    };
    assert_eq!(switches, expected);
}

/// Header, what is told, and what the hint has to say.
pub(crate) const FAULTS: &[(&str, &str, &str)] = &[
    ("conflictCode=OTHER", "conflictCode switch-invalid", "NOT_AVAILABLE and CONFLICT"),
    ("createdHttp=200", "createdHttp switch-invalid", "201 and 202"),
    ("createdHttp", "createdHttp switch-invalid", "201 and 202"),
    ("notifyOnCreate=ON", "notifyOnCreate switch-invalid", "off and on"),
    ("conflictcode=CONFLICT", "conflictcode switch-invalid", "conflictCode?"),
    ("colour=red", "colour switch-invalid", "conflictCode, createdHttp"),
    ("notificationReasonField=status", "notificationReasonField switch-invalid", "does not have already"),
    ("notificationReasonField=", "notificationReasonField switch-invalid", "does not have already"),
    ("", " switch-invalid", "name=value"),
];

#[test]
fn unknown_switches_and_values_change_nothing() {
    for (header, expected, piece) in FAULTS {
        let mut switches = Switches::default();
        let fault = switches.set_by_header(header).expect_err(header);
        assert!(fault.hint.as_deref().is_some_and(|hint| hint.contains(piece)), "{fault:?}");
        assert_eq!(told(&[fault]), [*expected]);
        assert_eq!(switches, Switches::default());
    }
}
