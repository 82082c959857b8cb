//! The misbehaving policies of the tests: `tests/guests`, whose README says what is what.

#[path = "../../../tests/guests/bit-flipped/bytes.rs"]
mod bit_flipped;
mod bytes;
#[path = "../../../tests/guests/compile-bomb/bytes.rs"]
mod compile_bomb;
#[path = "../../../tests/guests/custom-section-bomb/bytes.rs"]
mod custom_section_bomb;
#[path = "../../../tests/guests/deep-nesting/bytes.rs"]
mod deep_nesting;
#[path = "../../../tests/guests/empty-section-bomb/bytes.rs"]
mod empty_section_bomb;
#[path = "../../../tests/guests/hostile-names/bytes.rs"]
mod hostile_names;
#[path = "../../../tests/guests/import-flood/bytes.rs"]
mod import_flood;
#[path = "../../../tests/guests/many-functions/bytes.rs"]
mod many_functions;
#[path = "../../../tests/guests/nested-components/bytes.rs"]
mod nested_components;
#[path = "../../../tests/guests/nested-types/bytes.rs"]
mod nested_types;
#[path = "../../../tests/guests/sixty-four-instances/bytes.rs"]
mod sixty_four_instances;
#[path = "../../../tests/guests/truncated/bytes.rs"]
mod truncated;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::toolchain::Toolchain;
use super::workspace::Workspace;
use super::{build, report, write_component};

/// What is done to the bytes of a component.
type Change = fn(&[u8]) -> Vec<u8>;

/// The guests with a `bytes.rs`.
const CHANGED: [(&str, Change); 12] = [
    ("bit-flipped", bit_flipped::bytes),
    ("compile-bomb", compile_bomb::bytes),
    ("custom-section-bomb", custom_section_bomb::bytes),
    ("deep-nesting", deep_nesting::bytes),
    ("empty-section-bomb", empty_section_bomb::bytes),
    ("hostile-names", hostile_names::bytes),
    ("import-flood", import_flood::bytes),
    ("many-functions", many_functions::bytes),
    ("nested-components", nested_components::bytes),
    ("nested-types", nested_types::bytes),
    ("sixty-four-instances", sixty_four_instances::bytes),
    ("truncated", truncated::bytes),
];

/// Builds all of them. They are encoded even where `componentize` would refuse, since the host
/// must refuse them by itself.
pub(super) fn build(workspace: &Workspace, toolchain: &Toolchain) -> anyhow::Result<()> {
    let folder = workspace.guests();
    let mut modules = build::examples(workspace, toolchain, &folder)?;
    for guest in written_by_hand(&folder)? {
        modules.push(assemble(workspace, &guest).with_context(|| guest.display().to_string())?);
    }
    for (name, module) in modules {
        let component = ComponentEncoder::default()
            .validate(false)
            .module(&module)
            .and_then(ComponentEncoder::encode)
            .with_context(|| format!("guest {name}"))?;
        let change = CHANGED.iter().find(|(changed, _)| *changed == name);
        let component = match change {
            Some((_, change)) => change(&component),
            None => component,
        };
        let place = format!("guests/{name}");
        report(&write_component(workspace, &place, &component)?);
    }
    Ok(())
}

/// Folders with a `guest.wat`, in the order of their names.
fn written_by_hand(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        found.push(entry?.path());
    }
    found.retain(|path| path.join("guest.wat").is_file());
    found.sort();
    Ok(found)
}

/// The core module of one folder, with the type of its world in it.
fn assemble(workspace: &Workspace, guest: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    let name = guest.file_name().context("a folder has a name")?;
    let text = std::fs::read_to_string(guest.join("guest.wat"))?;
    let whole = text.lines().any(|line| line.starts_with("(module"));
    let text = if whole {
        text
    } else {
        let honest = std::fs::read_to_string(workspace.guests().join("honest.wat"))?;
        format!("(module\n{text}\n{honest})")
    };
    let mut module = wat::parse_str(text)?;
    let (resolve, world) = world(workspace, &guest.join("world.wit"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    Ok((name.to_string_lossy().into_owned(), module))
}

/// The world of this file, if there is one, or the contract's.
fn world(workspace: &Workspace, own: &Path) -> anyhow::Result<(Resolve, wit_parser::WorldId)> {
    let contract = workspace.root.join("wit").join("policy.wit");
    let contract = std::fs::read_to_string(contract)?;
    let own = own.is_file().then(|| std::fs::read_to_string(own));
    let own = own.transpose()?;
    let mut resolve = Resolve::default();
    let mut package = None;
    // A world of the same package stands in the contract's place.
    let replaced = |own: &String| own.starts_with("package usher:policy@0.1.0;");
    if !own.as_ref().is_some_and(replaced) {
        package = Some(resolve.push_str("policy.wit", &contract)?);
    }
    let mut name = Some("policy");
    if let Some(own) = own {
        package = Some(resolve.push_str("world.wit", &own)?);
        name = None;
    }
    let package = package.context("a package")?;
    let world = resolve.select_world(&[package], name)?;
    Ok((resolve, world))
}
