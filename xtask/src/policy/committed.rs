//! The default policy's component in the repository, so that the first run needs no toolchain, and
//! where it came from.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use wasmparser::{Parser, Payload};

use super::toolchain::Toolchain;
use super::workspace::{self, Workspace};
use super::{sha256, sources};

/// Name of the component, without its ending.
pub(crate) const NAME: &str = "usher-default-policy";

/// Largest component that is committed.
const LARGEST: usize = 64 * 1024;

/// What to type when it is stale.
const REMEDY: &str = "cargo xtask policy build --update";

/// Where a committed component came from.
#[derive(Deserialize, Serialize)]
struct Provenance {
    sha256: String,
    size: usize,
    sources_sha256: String,
    rustc: String,
    /// Equal bytes are promised for an equal identity only.
    toolchain: String,
    tools: Vec<String>,
}

/// Rewrites component and provenance.
pub(crate) fn update(
    workspace: &Workspace,
    toolchain: &Toolchain,
    component: &[u8],
) -> anyhow::Result<()> {
    refuse_unfit(component)?;
    let provenance = Provenance {
        sha256: sha256(component),
        size: component.len(),
        sources_sha256: sources::hash(workspace)?,
        rustc: toolchain.release().to_owned(),
        toolchain: toolchain.identity(),
        tools: sources::tools(workspace)?,
    };
    let json = serde_json::to_string_pretty(&provenance)? + "\n";
    workspace::write(&place(workspace, "wasm"), component)?;
    workspace::write(&place(workspace, "json"), json.as_bytes())?;
    println!("{}", place(workspace, "wasm").display());
    println!("{}", place(workspace, "json").display());
    Ok(())
}

/// Compares with a fresh build.
pub(crate) fn check(
    workspace: &Workspace,
    toolchain: &Toolchain,
    fresh: &[u8],
) -> anyhow::Result<()> {
    refuse_unfit(fresh).context("the fresh component")?;
    let component = std::fs::read(place(workspace, "wasm"))
        .with_context(|| format!("no committed component: {REMEDY}"))?;
    let provenance = std::fs::read(place(workspace, "json"))
        .with_context(|| format!("no provenance of the committed component: {REMEDY}"))?;
    let provenance: Provenance = serde_json::from_slice(&provenance)
        .with_context(|| format!("the provenance cannot be read: {REMEDY}"))?;
    refuse_unfit(&component).context("the committed component")?;
    anyhow::ensure!(
        provenance.sha256 == sha256(&component),
        "the committed component is not the one that its provenance describes: {REMEDY}"
    );
    anyhow::ensure!(
        provenance.sources_sha256 == sources::hash(workspace)?,
        "the committed component is stale, its sources have changed: {REMEDY}"
    );
    if provenance.toolchain != toolchain.identity() {
        println!(
            "{NAME}: sources unchanged; built by {}, so bytes are not compared with those of {}",
            provenance.rustc,
            toolchain.release()
        );
        return Ok(());
    }
    anyhow::ensure!(
        component == fresh,
        "the same compiler builds other bytes ({}) from the same sources: {REMEDY}",
        sha256(fresh)
    );
    println!("{NAME}: a fresh build has the same bytes");
    Ok(())
}

/// Size and imports, which hold for every component that is committed or compared.
fn refuse_unfit(component: &[u8]) -> anyhow::Result<()> {
    anyhow::ensure!(
        component.len() < LARGEST,
        "{} bytes; the default policy stays under {LARGEST}",
        component.len()
    );
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    let name = import?.name.name;
                    anyhow::ensure!(name.starts_with("usher:policy/"), "foreign import {name}");
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn place(workspace: &Workspace, ending: &str) -> PathBuf {
    workspace.default_policy().join(format!("{NAME}.{ending}"))
}
