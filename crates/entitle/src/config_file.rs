//! `entitle.toml`: settings that would be flags. What stands in it takes the place of a flag's default, so
//! a flag and the environment go before it. Keys are the flags' names with `_` for `-`: those of `serve` at
//! the top, those of `sandbox` under `[sandbox]`; where the data lie (`database` …) and `key_file` count for
//! every command.

use crate::failure::Misuse;
use anyhow::{Context, Result};
use clap::Command;
use clap::builder::OsStr;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Value};

/// The file in the working directory that is read without being named.
const USUAL: &str = "entitle.toml";
/// The flag that names another one.
const FLAG: &str = "--config";
/// What counts for all commands that know it.
const EVERYBODYS: [&str; 4] = ["database", "database_password_file", "database_tls_ca", "key_file"];

/// Values of one setting.
type Values = Vec<String>;

/// The command line with the file's settings as its defaults.
///
/// # Errors
/// Where the file cannot be read, or a key in it is none; the text names file, line and key.
pub(crate) fn applied(command: Command, arguments: &[String], named: Option<PathBuf>) -> Result<Command> {
    let named = flag(arguments).or(named);
    let file = named.clone().unwrap_or_else(|| PathBuf::from(USUAL));
    if named.is_none() && !file.exists() {
        return Ok(command);
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    let (serve, sandbox) = read(&text, &file)?;
    let command = with_defaults(command, "serve", &serve, &file)?;
    let command = with_defaults(command, "sandbox", &sandbox, &file)?;
    // Without a command the sandbox starts: the root's own flags are the sandbox's.
    let command = defaulted(command, &sandbox);
    let shared: Settings = serve.into_iter().filter(|(key, _)| EVERYBODYS.contains(&key.as_str())).collect();
    Ok(for_everybody(command, &shared))
}

type Settings = BTreeMap<String, Values>;

/// `--config FILE` or `--config=FILE`.
fn flag(arguments: &[String]) -> Option<PathBuf> {
    let at = arguments.iter().position(|argument| argument == FLAG || argument.starts_with("--config="))?;
    match arguments[at].split_once('=') {
        Some((_, file)) => Some(PathBuf::from(file)),
        None => arguments.get(at + 1).map(PathBuf::from),
    }
}

/// The settings of `serve` and of `sandbox`.
fn read(text: &str, file: &Path) -> Result<(Settings, Settings)> {
    let document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| misuse(format!("{}: {}", file.display(), error.to_string().trim())))?;
    let (mut serve, mut sandbox) = (Settings::new(), Settings::new());
    for (key, item) in document.iter() {
        match (key, item) {
            ("sandbox", Item::Table(table)) => {
                for (key, item) in table.iter() {
                    sandbox.insert(key.to_owned(), values(key, item, file)?);
                }
            }
            (key, item) => drop(serve.insert(key.to_owned(), values(key, item, file)?)),
        }
    }
    Ok((serve, sandbox))
}

fn values(key: &str, item: &Item, file: &Path) -> Result<Values> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Boolean(set) => Some(set.value().to_string()),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::InlineTable(_) => None,
    };
    let found = match item.as_value() {
        Some(Value::Array(list)) => list.iter().map(one).collect(),
        Some(value) => one(value).map(|value| vec![value]),
        None => None,
    };
    found.ok_or_else(|| misuse(format!("{}: {key} is a text, a number or a list of texts", file.display())))
}

fn with_defaults(command: Command, name: &str, settings: &Settings, file: &Path) -> Result<Command> {
    let Some(sub) = command.find_subcommand(name) else {
        return Ok(command);
    };
    let known: Vec<&str> = sub.get_arguments().map(|argument| argument.get_id().as_str()).collect();
    if let Some(key) = settings.keys().find(|key| !known.contains(&key.as_str()) || *key == "config") {
        let nearest = wire::nearest(key, known.iter().copied()).map(|near| format!("; is it {near}?"));
        let message = format!("{}: there is no setting {key}{}", file.display(), nearest.unwrap_or_default());
        return Err(misuse(message));
    }
    Ok(command.mut_subcommand(name, |sub| defaulted(sub, settings)))
}

fn for_everybody(command: Command, settings: &Settings) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let known: Settings = settings
        .iter()
        .filter(|(key, _)| command.get_arguments().any(|argument| argument.get_id().as_str() == key.as_str()))
        .map(|(key, values)| (key.clone(), values.clone()))
        .collect();
    let command = if command.get_name() == "entitle" { command } else { defaulted(command, &known) };
    names
        .iter()
        .filter(|name| *name != "sandbox" && *name != "serve")
        .fold(command, |command, name| command.mut_subcommand(name, |sub| for_everybody(sub, settings)))
}

fn defaulted(command: Command, settings: &Settings) -> Command {
    settings.iter().fold(command, |command, (key, values)| {
        let values: Vec<OsStr> = values.iter().map(|value| OsStr::from(value.clone())).collect();
        // A default is shown by --help, and this one may hold a password.
        let is_hidden = key == "database";
        command.mut_arg(key, |argument| argument.default_values(values).hide_default_value(is_hidden))
    })
}

fn misuse(message: String) -> anyhow::Error {
    Misuse::new(message, "`entitle serve --help` has every setting.").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_is_found_in_both_forms() {
        let of = |arguments: &[&str]| flag(&arguments.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["entitle", "serve", "--config", "a.toml"]), Some(PathBuf::from("a.toml")));
        assert_eq!(of(&["entitle", "--config=b.toml", "serve"]), Some(PathBuf::from("b.toml")));
        assert_eq!(of(&["entitle", "serve"]), None);
    }

    #[test]
    fn what_is_no_setting_is_named_with_its_neighbour() {
        let file = Path::new("entitle.toml");
        let (serve, sandbox) =
            read("listen = \"1.2.3.4:5\"\ntrusted_proxy = [\"10.0.0.1\"]\n[sandbox]\nfresh = true", file).unwrap();
        assert_eq!(serve["listen"], ["1.2.3.4:5"]);
        assert_eq!(serve["trusted_proxy"], ["10.0.0.1"]);
        assert_eq!(sandbox["fresh"], ["true"]);
        for (text, says) in
            [("listen = 1.5", "listen is a text"), ("listen = ", "entitle.toml"), ("[tls]\nx = 1", "tls is")]
        {
            let error = read(text, file).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
