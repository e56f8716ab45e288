//! Durations as the file has them: a whole number and a unit, `90s`, `30m`, `72h`, `14d`.

use crate::bounds::DURATION_S_MAX;

/// Units and their seconds, the longest first.
const UNITS: [(&str, i64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Seconds, from 1 to `DURATION_S_MAX`.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (unit, unit_s) = UNITS.into_iter().find(|(unit, _)| text.ends_with(unit))?;
    let number = text.strip_suffix(unit)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = number.parse::<i64>().ok()?.checked_mul(unit_s)?;
    (1..=DURATION_S_MAX).contains(&seconds).then_some(seconds)
}

/// In the longest unit that leaves no rest; days only from the fourth on, as people speak.
pub(crate) fn print(seconds: i64) -> String {
    let fits = |(unit, unit_s): &(&str, i64)| seconds % unit_s == 0 && (*unit != "d" || seconds > 3 * unit_s);
    let (unit, unit_s) = UNITS.into_iter().find(fits).unwrap_or(("s", 1));
    format!("{}{unit}", seconds / unit_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_and_a_unit_are_a_duration() {
        for (text, seconds) in [
            ("1s", Some(1)),
            ("72h", Some(259_200)),
            ("30m", Some(1_800)),
            ("366d", Some(DURATION_S_MAX)),
            ("367d", None),
            ("0h", None),
            ("-1h", None),
            ("+1h", None),
            ("1.5h", None),
            ("72", None),
            ("h", None),
            ("", None),
            ("72 h", None),
            ("PT72H", None),
            ("99999999999999999999d", None),
            ("9223372036854775807d", None),
        ] {
            assert_eq!(parse(text), seconds, "{text}");
        }
    }

    #[test]
    fn printed_durations_read_back() {
        for (seconds, text) in
            [(1, "1s"), (90, "90s"), (3_600, "1h"), (86_400, "24h"), (259_200, "72h"), (345_600, "4d")]
        {
            assert_eq!(print(seconds), text);
            assert_eq!(parse(text), Some(seconds));
        }
    }
}
