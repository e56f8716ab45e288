//! A step of a schema. Each is applied once, in one transaction with the note that it was; its text
//! never changes afterwards. How steps are applied is each engine's own.

/// One step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// From 1 on, without gaps.
    pub(crate) number: i64,
    /// For people.
    pub(crate) name: &'static str,
    /// What is carried out.
    pub(crate) text: &'static str,
}

/// FNV-1a of 64 bits: it finds accidents, it need not withstand an attacker.
pub(crate) fn fingerprint(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
pub(crate) fn check_numbers(migrations: &[Migration]) {
    for (at, migration) in migrations.iter().enumerate() {
        assert_eq!(migration.number, at as i64 + 1, "{}", migration.name);
    }
}
