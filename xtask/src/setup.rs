//! `cargo xtask setup`: what the tests need beside Rust, taken from Debian where it is missing.
//! Installs nothing that is there already, so it can run before every test.

use crate::shell::{Invocation, invocation};
use anyhow::{Result, bail, ensure};

/// A program of the machine that the tests start.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    /// As people call it, with the version the examples are written for.
    name: &'static str,
    /// The Debian package it comes in.
    package: &'static str,
    /// Succeeds where it is there and new enough.
    probe: [&'static str; 3],
}

/// What `prove` watches the binary with; the tests do without.
pub(crate) const STRACE: Need = Need { name: "strace", package: "strace", probe: ["strace", "-V", "-q"] };

/// The store's tests, and the fail-over, start clusters of their own and throw them away.
pub(crate) const POSTGRESQL_SERVER: Need = Need {
    name: "PostgreSQL's server",
    package: POSTGRESQL,
    // Debian keeps it out of the path.
    probe: [
        "python3",
        "-c",
        "import glob, shutil, sys; \
         sys.exit(not (glob.glob('/usr/lib/postgresql/*/bin/initdb') or shutil.which('initdb')))",
    ],
};

const NEEDS: [Need; 7] = [
    Need {
        name: "Python 3.10 or later",
        package: "python3",
        probe: ["python3", "-c", "import sys; sys.exit(sys.version_info < (3, 10))"],
    },
    Need {
        name: "Python's venv",
        package: "python3-venv",
        // The part that Debian packs by itself.
        probe: ["python3", "-c", "import venv, ensurepip"],
    },
    Need {
        name: "Node.js 18.3 or later",
        package: "nodejs",
        // The function that came with 18.3 and that the examples need.
        probe: ["node", "-e", "process.exit(require('util').parseArgs && globalThis.fetch ? 0 : 1)"],
    },
    // A machine that has next to nothing has no `kill` but its shells' own.
    Need { name: "kill", package: "procps", probe: ["kill", "-l", "TERM"] },
    // docs/OPERATIONS.md is followed word for word.
    Need { name: "curl", package: "curl", probe: ["curl", "--version", "-q"] },
    Need { name: "OpenSSL", package: "openssl", probe: ["openssl", "version", "-v"] },
    POSTGRESQL_SERVER,
];

const POSTGRESQL: &str = "postgresql";

/// Install what is missing, or say clearly why that cannot be done.
pub(crate) fn run(args: &[String]) -> Result<()> {
    ensure!(args.is_empty(), "setup takes no arguments");
    if install_missing(&NEEDS)? {
        return Ok(());
    }
    let names = NEEDS.map(|need| need.name).join(", ");
    println!("nothing to install: {names} found");
    Ok(())
}

/// Installs those that are missing; false where none was.
pub(crate) fn install_missing(needs: &[Need]) -> Result<bool> {
    let missing = missing_of(needs)?;
    if missing.is_empty() {
        return Ok(false);
    }
    let names = missing.iter().map(|need| need.name).collect::<Vec<_>>().join(", ");
    println!("missing: {names}");
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    install(&packages)?;

    let still: Vec<&str> = missing_of(needs)?.iter().map(|need| need.name).collect();
    ensure!(
        still.is_empty(),
        "Debian's packages are installed, but not new enough; please install {}",
        still.join(", ")
    );
    println!("installed from Debian: {}", packages.join(", "));
    Ok(true)
}

fn missing_of(needs: &[Need]) -> Result<Vec<&Need>> {
    let mut missing = Vec::new();
    for need in needs {
        if !invocation(need.probe).succeeds_silently()? {
            missing.push(need);
        }
    }
    Ok(missing)
}

fn install(packages: &[&'static str]) -> Result<()> {
    if !invocation(["apt-get", "--version"]).succeeds_silently()? {
        bail!("there is no apt-get on this machine; please install {} by hand", packages.join(" and "));
    }
    let Some(rights) = rights()? else {
        bail!(
            "no right to install packages (neither root nor sudo without a password); please run\n  \
             sudo apt-get update && sudo apt-get install {}",
            packages.join(" ")
        );
    };
    apt_get(rights, &["update", "-qq"])?;
    if packages.contains(&POSTGRESQL) {
        without_a_cluster(rights)?;
    }
    apt_get(rights, &[&INSTALL[..], packages].concat())
}

const INSTALL: [&str; 4] = ["install", "-qq", "--yes", "--no-install-recommends"];

/// Debian's package makes a cluster and starts it, which nobody has asked for. Its tools come first, so
/// that they can be told.
fn without_a_cluster(rights: &'static [&'static str]) -> Result<()> {
    apt_get(rights, &[&INSTALL[..], &["postgresql-common"]].concat())?;
    let sed = ["sed", "-i", "s/^#create_main_cluster.*/create_main_cluster = false/"];
    let words = [rights, &sed[..], &["/etc/postgresql-common/createcluster.conf"]].concat();
    let invocation = Invocation { env: &[], words };
    println!("{}", invocation.printed());
    ensure!(invocation.succeeds()?, "that failed; is postgresql-common another one than Debian's?");
    Ok(())
}

/// What to write before `apt-get`: nothing for root, `sudo` where it asks for no password.
fn rights() -> Result<Option<&'static [&'static str]>> {
    // The right that counts: writing where Debian keeps its list of installed packages.
    if invocation(["test", "-w", "/var/lib/dpkg"]).succeeds_silently()? {
        return Ok(Some(&[]));
    }
    if invocation(["sudo", "-n", "true"]).succeeds_silently()? {
        return Ok(Some(&["sudo", "-n"]));
    }
    Ok(None)
}

fn apt_get(rights: &[&'static str], arguments: &[&'static str]) -> Result<()> {
    // Through `env`, because sudo drops what we would set ourselves.
    let apt_get: &[&str] = &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    let invocation = Invocation { env: &[], words: [rights, apt_get, arguments].concat() };
    println!("{}", invocation.printed());
    ensure!(invocation.succeeds()?, "that failed; the machine's package lists or its network need a look");
    Ok(())
}
