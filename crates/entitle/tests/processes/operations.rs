//! docs/OPERATIONS.md, followed word for word: every command of the page in one shell, in an empty folder,
//! with free ports in the place of the page's. What the page shows as output has to come.

use crate::folder::Folder;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

/// Ports of the page; the test takes free ones.
const PORTS: [&str; 3] = ["8443", "9090", "8099"];
/// The whole page takes some ten seconds.
const WITHIN_S: &str = "180";

/// A command of the page and what it prints there.
#[derive(Debug)]
struct Step {
    command: String,
    shown: Vec<String>,
}

#[test]
fn the_page_works_as_it_stands() {
    let folder = Folder::new("operations");
    let place = folder.file().parent().unwrap().to_owned();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/", "OPERATIONS.md")).unwrap();
    let page = PORTS.iter().fold(page, |page, port| page.replace(port, &free_port()));
    let steps = steps(&page);
    assert!(steps.len() > 30, "the page has lost its commands: {}", steps.len());
    std::fs::write(place.join("page.sh"), script(&steps)).unwrap();
    let output = shell(&place);
    for (at, step) in steps.iter().enumerate() {
        let (printed, code) = between(&output, at).unwrap_or_else(|| panic!("{step:?} was not reached:\n{output}"));
        assert_eq!(code, "0", "{} failed:\n{printed}\n{}", step.command, log(&place));
        for line in &step.shown {
            assert!(printed.lines().any(|one| one == line), "{} does not print {line}:\n{printed}", step.command);
        }
    }
}

/// The page's commands: `$` begins one, `>` goes on with it, everything else is output.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (line, inside) {
            ("```console", _) => inside = true,
            ("```", _) => inside = false,
            (line, true) => match (line.strip_prefix("$ "), line.strip_prefix('>'), steps.last_mut()) {
                (Some(command), _, _) => steps.push(Step { command: command.to_owned(), shown: Vec::new() }),
                (None, Some(more), Some(step)) => {
                    step.command.push('\n');
                    step.command.push_str(more.strip_prefix(' ').unwrap_or(more));
                }
                (None, None, Some(step)) => step.shown.push(line.to_owned()),
                (None, _, None) => panic!("output without a command: {line}"),
            },
            (_, false) => {}
        }
    }
    steps
}

fn script(steps: &[Step]) -> String {
    let mut script = "set -o pipefail\nexec 2>&1\n".to_owned();
    for (at, Step { command, .. }) in steps.iter().enumerate() {
        script.push_str(&format!("echo '@@ {at}'\n{command}\necho \"@@ {at} ended $?\"\n"));
    }
    script
}

fn shell(place: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_entitle")).parent().unwrap().display().to_string();
    #[expect(clippy::disallowed_methods, reason = "the shell of the test finds its programs as the test does")]
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("timeout")
        .args([WITHIN_S, "bash", "page.sh"])
        .current_dir(place)
        .env_clear()
        .env("PATH", format!("{binary}:{path}"))
        .env("HOME", place)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a step printed, and its exit code.
fn between(output: &str, at: usize) -> Option<(String, String)> {
    let (_, rest) = output.split_once(&format!("@@ {at}\n"))?;
    let (printed, rest) = rest.split_once(&format!("@@ {at} ended "))?;
    Some((printed.to_owned(), rest.lines().next()?.to_owned()))
}

fn log(place: &Path) -> String {
    std::fs::read_to_string(place.join("hub.log")).unwrap_or_default()
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}
