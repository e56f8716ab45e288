//! The workspace as cargo sees it, and the plan as `architecture.toml` has it.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use toml_edit::{Document, Item, Table};

/// One package of the workspace.
pub(crate) struct Room {
    pub(crate) name: String,
    /// Its Cargo.toml, relative to the root.
    pub(crate) manifest: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One direct dependency.
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// The table of the plan it belongs to: `uses` for code that ships, `tests-use` for tests.
    pub(crate) table: &'static str,
    /// A room of this house, not a crate from outside.
    pub(crate) is_room: bool,
}

/// Edges by table, user and used.
pub(crate) type Edges = BTreeSet<(String, String, String)>;

/// The workspace's root.
pub(crate) fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask stands in no folder")
}

/// Every package, with its direct dependencies as written, whatever the platform.
pub(crate) fn rooms() -> Result<Vec<Room>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root()?)
        .output()
        .context("cannot start cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    packages.iter().map(room).collect()
}

fn room(package: &Value) -> Result<Room> {
    let manifest = Path::new(text(package, "manifest_path")?).strip_prefix(root()?)?;
    let listed = package["dependencies"].as_array().context("a package without a list of dependencies")?;
    let dependencies = listed.iter().map(|one| {
        Ok(Dependency {
            name: text(one, "name")?.to_owned(),
            table: if one["kind"] == "dev" { "tests-use" } else { "uses" },
            is_room: one["path"].is_string(),
        })
    });
    Ok(Room {
        name: text(package, "name")?.to_owned(),
        manifest: manifest.to_string_lossy().replace('\\', "/"),
        dependencies: dependencies.collect::<Result<_>>()?,
    })
}

fn text<'v>(value: &'v Value, member: &str) -> Result<&'v str> {
    value[member].as_str().with_context(|| format!("cargo metadata without {member}"))
}

/// `architecture.toml`.
pub(crate) struct Plan {
    tables: Table,
}

impl Plan {
    pub(crate) fn read() -> Result<Self> {
        let text = std::fs::read_to_string(root()?.join("architecture.toml"))?;
        let document: Document<String> = text.parse().context("architecture.toml")?;
        Ok(Self { tables: document.as_table().clone() })
    }

    /// What each room is for.
    pub(crate) fn rooms(&self) -> Result<BTreeMap<String, String>> {
        reasons(&self.tables, "rooms")
    }

    /// Every edge of a table; each has a reason of one line.
    pub(crate) fn edges(&self, table: &str) -> Result<Edges> {
        let mut edges = Edges::new();
        let Some(users) = self.tables.get(table) else {
            return Ok(edges);
        };
        let users = users.as_table().with_context(|| format!("[{table}] is not a table"))?;
        for (user, _) in users {
            for used in reasons(users, user)?.into_keys() {
                edges.insert((table.to_owned(), user.to_owned(), used));
            }
        }
        Ok(edges)
    }
}

fn reasons(tables: &Table, name: &str) -> Result<BTreeMap<String, String>> {
    let mut reasons = BTreeMap::new();
    let table = tables.get(name).and_then(Item::as_table);
    for (key, reason) in table.with_context(|| format!("architecture.toml has no table {name}"))? {
        let reason = reason.as_str().unwrap_or_default();
        ensure!(!reason.trim().is_empty(), "architecture.toml: {name}.{key} needs a reason of one line");
        ensure!(!reason.contains('\n'), "architecture.toml: {name}.{key} has a reason of more than one line");
        reasons.insert(key.to_owned(), reason.to_owned());
    }
    Ok(reasons)
}
