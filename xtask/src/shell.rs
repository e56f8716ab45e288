//! Running other programs from the workspace's root. Nothing is passed through a shell.

use crate::family;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A program with its arguments and extra environment, as it can be typed.
pub(crate) struct Invocation {
    pub(crate) env: &'static [(&'static str, &'static str)],
    pub(crate) words: Vec<&'static str>,
}

impl Invocation {
    /// The command line, for people who want to repeat it.
    pub(crate) fn printed(&self) -> String {
        let env = self.env.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
        env.chain(self.words.iter().map(|word| quoted(word))).collect::<Vec<_>>().join(" ")
    }

    /// Run it with our own input and output; true if it succeeded.
    pub(crate) fn succeeds(&self) -> Result<bool> {
        let status = self.command()?.status().with_context(|| format!("cannot start {}", self.printed()))?;
        Ok(status.success())
    }

    /// The same, but ended with all that it started where it takes longer.
    pub(crate) fn succeeds_within(&self, most: Duration) -> Result<bool> {
        let mut child = self.command()?.spawn().with_context(|| format!("cannot start {}", self.printed()))?;
        let id = child.id();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || tell.send(child.wait()));
        match told.recv_timeout(most) {
            Ok(ended) => Ok(ended?.success()),
            Err(_) => {
                family::end(id);
                bail!("not done after {} minutes: {}", most.as_secs() / 60, self.printed());
            }
        }
    }

    /// Run it unseen; true if it could be started and succeeded.
    pub(crate) fn succeeds_silently(&self) -> Result<bool> {
        let mut command = self.command()?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command.status().is_ok_and(|status| status.success()))
    }

    fn command(&self) -> Result<Command> {
        let (program, arguments) = self.words.split_first().context("an empty command")?;
        let mut command = Command::new(program);
        command.args(arguments).envs(self.env.iter().copied()).current_dir(root());
        Ok(command)
    }
}

/// A command without extra environment.
pub(crate) fn invocation<const N: usize>(words: [&'static str; N]) -> Invocation {
    Invocation { env: &[], words: words.to_vec() }
}

/// The workspace's root: the folder above this package.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
