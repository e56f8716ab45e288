//! Settings that are no flags, because they are secret or everybody's: this is the door to the
//! environment. Settings that are flags, too, stand beside their flags.

/// Where a password may come from; a flag would show it to everybody on the machine.
pub(crate) const PASSWORD: &str = "ENTITLE_PASSWORD";

/// The password of the environment.
#[expect(clippy::disallowed_methods, reason = "this is the door to the environment")]
pub(crate) fn password() -> Option<String> {
    std::env::var(PASSWORD).ok().filter(|password| !password.is_empty())
}

/// Whether colour is unwelcome whatever the output is: `NO_COLOR` set to anything.
#[expect(clippy::disallowed_methods, reason = "this is the door to the environment")]
pub(crate) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty())
}

/// Who is at the keyboard, for the audit: a name that is believed, beside the number that is known.
#[expect(clippy::disallowed_methods, reason = "this is the door to the environment")]
pub(crate) fn operator() -> String {
    ["ENTITLE_OPERATOR", "SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
        .unwrap_or_default()
}

/// The number of the system's user.
pub(crate) fn uid() -> u32 {
    rustix::process::getuid().as_raw()
}

/// What this machine calls itself.
pub(crate) fn machine() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The file with settings that the environment names.
#[expect(clippy::disallowed_methods, reason = "this is the door to the environment")]
pub(crate) fn config_file() -> Option<std::path::PathBuf> {
    std::env::var_os("ENTITLE_CONFIG").filter(|file| !file.is_empty()).map(Into::into)
}
