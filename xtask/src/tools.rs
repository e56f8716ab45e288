//! Programs that judge the contract from outside: a linter and a generator of calls, of fixed
//! versions, in a folder below `target`. Nothing is left in the user's home or the system.

use crate::shell::root;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Schemathesis, and Node.js for the linter, with all they need.
const REQUIREMENTS: &str = include_str!("../contract/requirements.txt");
/// The linter, one file without dependencies.
const REDOCLY: &str = "@redocly/cli@2.77.0";

/// Where they are.
pub(crate) struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Installs them where they are missing or of other versions.
    pub(crate) fn install() -> Result<Self> {
        let tools = Self { folder: root().join("target/tools/contract") };
        let versions = format!("{REQUIREMENTS}{REDOCLY}\n");
        let installed = tools.folder.join("installed");
        if fs::read_to_string(&installed).is_ok_and(|found| found == versions) {
            return Ok(tools);
        }
        println!("installing the linter and the generator of calls into {}", tools.folder.display());
        if tools.folder.exists() {
            fs::remove_dir_all(&tools.folder).context("what is there cannot be removed")?;
        }
        let mut venv = Command::new("python3");
        run(venv.args(["-m", "venv"]).arg(&tools.folder))?;
        let requirements = root().join("xtask/contract/requirements.txt");
        let mut pip = tools.program("pip");
        run(pip.args(["install", "--quiet", "--no-cache-dir", "--disable-pip-version-check", "-r"]).arg(requirements))?;
        let mut npm = tools.program("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
        run(npm.arg(&tools.folder).arg("--cache").arg(tools.folder.join("npm-cache")).arg(REDOCLY))?;
        fs::write(installed, versions).context("what was installed cannot be written down")?;
        Ok(tools)
    }

    /// The linter.
    pub(crate) fn redocly(&self) -> Command {
        let mut command = self.program("node");
        command.arg(self.folder.join("node_modules/@redocly/cli/bin/cli.js"));
        command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
        command
    }

    /// The generator of calls.
    pub(crate) fn schemathesis(&self) -> Command {
        self.program("schemathesis")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join("bin").join(name));
        command.current_dir(root());
        command
    }
}

/// Runs it with our own output; fails where it does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "this failed: {command:?}");
    Ok(())
}
