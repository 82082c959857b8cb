//! What a component is, read from its bytes without running any of it.

use std::collections::BTreeSet;

use serde::Serialize;
use wasmparser::{KnownCustom, Parser, Payload, Validator, WasmFeatures};

use super::revision::{LoadError, LoadStep, sha256_hex};

/// What a component says about itself, before anything of it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Size of the file, bytes.
    pub size: usize,
    /// Version of the contract it was built for; none if it exports no `decide`.
    pub contract: Option<String>,
    /// Everything it imports, in its order.
    pub imports: Vec<String>,
    /// Everything it exports, in its order.
    pub exports: Vec<String>,
    /// The imports that no policy may have.
    pub foreign: Vec<String>,
    /// Whether it can check the site's settings.
    pub check: bool,
    /// Whether it can describe itself.
    pub about: bool,
    /// Languages and tools that made it, as far as they signed.
    pub producers: Vec<String>,
}

impl Inspection {
    /// The full name under which it exports an interface of the contract.
    pub(super) fn export(&self, interface: &str) -> Option<&str> {
        named(&self.exports, interface)
    }
}

/// Reads a component: everything is parsed and validated, nothing is run.
///
/// # Errors
/// If it is no valid component; the error says what it is instead.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, LoadError> {
    if !Parser::is_component(bytes) {
        return Err(no_component(bytes));
    }
    Validator::new_with_features(features())
        .validate_all(bytes)
        .map_err(|error| damaged(&error))?;
    let outer = outer(bytes).map_err(|error| damaged(&error))?;
    let decide = named(&outer.exports, "decide");
    let foreign = outer
        .imports
        .iter()
        .filter(|name| !name.starts_with(PACKAGE));
    Ok(Inspection {
        sha256: sha256_hex(bytes),
        size: bytes.len(),
        contract: decide.and_then(version).map(str::to_owned),
        foreign: foreign.cloned().collect(),
        check: named(&outer.exports, "check").is_some(),
        about: named(&outer.exports, "about").is_some(),
        producers: outer.producers.into_iter().collect(),
        imports: outer.imports,
        exports: outer.exports,
    })
}

/// No module of a policy has several memories. The engine lets them pass, for the code of its own
/// that copies from one module's memory to another's.
fn features() -> WasmFeatures {
    WasmFeatures::default().difference(WasmFeatures::MULTI_MEMORY)
}

const PACKAGE: &str = "usher:policy/";

/// The version behind the `@` of `usher:policy/interface@version`.
pub(super) fn version(name: &str) -> Option<&str> {
    let (_, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    Some(version)
}

/// The name that stands for an interface of the contract, of whatever version.
fn named<'a>(names: &'a [String], interface: &str) -> Option<&'a str> {
    let is = |name: &&String| {
        let rest = name.strip_prefix(PACKAGE).unwrap_or_default();
        rest.split('@').next() == Some(interface)
    };
    names.iter().find(is).map(String::as_str)
}

/// What the outermost component imports and exports, and who made its parts.
#[derive(Default)]
struct Outer {
    imports: Vec<String>,
    exports: Vec<String>,
    producers: BTreeSet<String>,
}

fn outer(bytes: &[u8]) -> wasmparser::Result<Outer> {
    let mut outer = Outer::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    outer.imports.push(import?.name.full_name().into_owned());
                }
            }
            Payload::ComponentExportSection(exports) if depth == 1 => {
                for export in exports {
                    outer.exports.push(export?.name.full_name().into_owned());
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Producers(fields) = section.as_known() {
                    // Signatures of tools are hearsay: one that cannot be read is no error.
                    let _ = signed(fields, &mut outer.producers);
                }
            }
            _ => {}
        }
    }
    Ok(outer)
}

fn signed(
    fields: wasmparser::ProducersSectionReader<'_>,
    producers: &mut BTreeSet<String>,
) -> wasmparser::Result<()> {
    for field in fields {
        for value in field?.values {
            let value = value?;
            let signature = format!("{} {}", value.name, value.version);
            let signature = super::evidence::plain(signature.trim().to_owned(), 80);
            if producers.len() < 32 {
                producers.insert(signature);
            }
        }
    }
    Ok(())
}

fn no_component(bytes: &[u8]) -> LoadError {
    if Parser::is_core_wasm(bytes) {
        return LoadError::new(
            LoadStep::Parse,
            "it is a core module, not a component",
            "encode it as a component: `usher policy build`, or wit-component",
        );
    }
    LoadError::new(
        LoadStep::Parse,
        "it is no WebAssembly file",
        "give the path of the component that `usher policy build` wrote",
    )
}

fn damaged(error: &wasmparser::BinaryReaderError) -> LoadError {
    LoadError::new(
        LoadStep::Parse,
        format!("it is damaged: {error}"),
        "copy it again and compare its SHA-256, or build it again",
    )
}
