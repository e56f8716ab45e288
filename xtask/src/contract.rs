//! `cargo xtask contract`: the OpenAPI document before two strict judges that are not ours. A linter
//! reads it; a generator of calls, which knows nothing else, tries it on the real sandbox. That the
//! hub's answers are as documented in every test is checked by the tests themselves.

use crate::shell::root;
use crate::tools::{Tools, run};
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

const DOCUMENT: &str = "docs/openapi.json";
/// Tag, base path, how long calls are made up in seconds, and in which ways: the reseller's API, then
/// the sandbox's own, in which no call leads to another.
const PARTS: [(&str, &str, &str, &str); 2] = [
    ("Entitlements", "/v1", "60", "examples,coverage,fuzzing,stateful"),
    ("Sandbox", "", "20", "examples,coverage,fuzzing"),
];

/// Judge the document.
pub(crate) fn run_all(args: &[String]) -> Result<()> {
    ensure!(args.is_empty(), "contract takes no arguments");
    let tools = Tools::install()?;
    println!("linting {DOCUMENT}");
    run(tools.redocly().args(["lint", "--config", "xtask/contract/redocly.yaml", DOCUMENT]))?;
    for (tag, base, seconds, phases) in PARTS {
        let sandbox = Sandbox::start()?;
        println!("calling {} ({tag}) for {seconds} s", sandbox.url);
        run(tools
            .schemathesis()
            .args(["--config-file", "xtask/contract/schemathesis.toml", "run", "--include-tag", tag])
            .args(["--phases", phases, "--max-time", seconds, "--url", &format!("{}{base}", sandbox.url)])
            .arg(format!("{}/docs/openapi.json", sandbox.url)))?;
    }
    Ok(())
}

/// The real binary on a free port and an empty data file; it ends with this value.
struct Sandbox {
    child: Child,
    /// Its standard output, kept open.
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Sandbox {
    fn start() -> Result<Self> {
        run(Command::new("cargo").args(["build", "--quiet", "-p", "entitle"]).current_dir(root()))?;
        let database = format!("sqlite:{}", root().join("target/tools/contract/sandbox.db").display());
        let mut child = Command::new(root().join("target/debug/entitle"))
            .args(["sandbox", "--listen", "127.0.0.1:0", "--fresh", "--database", &database])
            .current_dir(root())
            .stdout(Stdio::piped())
            .spawn()
            .context("the sandbox cannot be started")?;
        let lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        let mut sandbox = Self { child, lines, url: String::new() };
        sandbox.url = sandbox.address()?;
        Ok(sandbox)
    }

    /// The first URL of its start text, once that has come to its end.
    fn address(&mut self) -> Result<String> {
        let mut url = None;
        for line in self.lines.by_ref() {
            let line = line?;
            let words = line.split_whitespace().find(|word| word.starts_with("http://"));
            url = url.or(words.map(str::to_owned));
            if line.trim_start().starts_with("Stop with") {
                return url.context("the start text names no address");
            }
        }
        bail!("the sandbox ended before it was ready")
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It holds nothing that anybody needs.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
