//! From a core module, as compilers write it, to a component that the runtime loads.
//!
//! Knows nothing of the rest of the service, so that `xtask` can include it as it is.

use anyhow::Context as _;
use wasmparser::{Parser, Payload};

/// Where every import of a policy comes from.
const CONTRACT: &str = "usher:policy/";

/// Encodes a core module, built against the contract by a binding generator, as a component.
///
/// Fails when the bytes are no core module, when it imports anything outside the contract (each
/// import is named, with what removes it), or when it does not carry the contract's type.
pub fn componentize(core_module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let foreign = foreign_imports(core_module)?;
    anyhow::ensure!(
        foreign.is_empty(),
        "a policy may import nothing but {CONTRACT}*, and this one also imports\n{}",
        foreign.join("\n")
    );
    anyhow::ensure!(
        carries_type(core_module)?,
        "the core module carries no component type: build it with wit-bindgen (policy_sdk::export!)"
    );
    let component = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(core_module)
        .context("the component type that the core module carries is damaged")?
        .encode()
        .context("the core module does not fit the component type that it carries")?;
    without_names(&component)
}

/// Leaves out the names of the component's own parts, which help nobody and are a twentieth of
/// a small policy. Those of its functions are in its core modules.
fn without_names(component: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut kept = wasm_encoder::Component::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        if let (0, Some((id, range))) = (depth, payload.as_section())
            && !matches!(&payload, Payload::CustomSection(custom) if custom.name() == "component-name")
        {
            let data = &component[usize::try_from(range.start)?..usize::try_from(range.end)?];
            kept.section(&wasm_encoder::RawSection { id, data });
        }
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    Ok(kept.finish())
}

/// Whether a binding generator left the type that the component is to have. Without one the
/// encoder would make an empty component.
fn carries_type(core_module: &[u8]) -> anyhow::Result<bool> {
    for payload in Parser::new(0).parse_all(core_module) {
        if let Payload::CustomSection(section) = payload.context("the core module is damaged")?
            && section.name().starts_with("component-type")
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Imports outside the contract, one line each with what removes it.
fn foreign_imports(core_module: &[u8]) -> anyhow::Result<Vec<String>> {
    anyhow::ensure!(
        Parser::is_core_wasm(core_module),
        "this is no WebAssembly core module{}",
        if Parser::is_component(core_module) {
            ": it is a component already"
        } else {
            ""
        }
    );
    let mut foreign = Vec::new();
    for payload in Parser::new(0).parse_all(core_module) {
        let Payload::ImportSection(imports) = payload.context("the core module is damaged")? else {
            continue;
        };
        for import in imports.into_imports() {
            let import = import.context("the core module is damaged")?;
            if !import.module.starts_with(CONTRACT) {
                let remedy = remedy(import.module);
                foreign.push(format!("  {} {}: {remedy}", import.module, import.name));
            }
        }
    }
    Ok(foreign)
}

/// What removes imports of this module, for the toolchains that bring them.
fn remedy(module: &str) -> &'static str {
    match module {
        "wasi_snapshot_preview1" => {
            "WASI of an older kind; in Rust build for wasm32-unknown-unknown, in C link with -mexec-model=reactor -nostartfiles"
        }
        "env" => "a C function that nothing defines; link its library or leave its caller out",
        module if module.starts_with("wasi:") => {
            "WASI; in Rust build for wasm32-unknown-unknown (not wasm32-wasip2), in JavaScript add --backend-qjs-stub-wasi, in Python --stub-wasi"
        }
        module if module.starts_with("__wbindgen") => {
            "a browser's JavaScript; switch off the dependency's feature that brings wasm-bindgen in (js, wasm_js, wasmbind)"
        }
        module if module.starts_with("usher:") => {
            "another package of ours, not the policy contract"
        }
        _ => "nothing in a policy's sandbox answers it; leave the dependency out that asks",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A core module with the import `module` `f`, written byte by byte.
    fn importing(module: &str) -> Vec<u8> {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend([1, 4, 1, 0x60, 0, 0]);
        let length = u8::try_from(module.len()).unwrap();
        bytes.extend([2, length + 6, 1, length]);
        bytes.extend(module.as_bytes());
        bytes.extend([1, b'f', 0, 0]);
        bytes
    }

    #[test]
    fn a_foreign_import_is_refused_by_name_with_what_removes_it() {
        let error = componentize(&importing("wasi:clocks/monotonic-clock@0.2.0")).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("wasi:clocks/monotonic-clock@0.2.0 f"),
            "{error}"
        );
        assert!(error.contains("wasm32-unknown-unknown"), "{error}");
    }

    #[test]
    fn imports_of_the_contract_are_not_foreign() {
        let module = importing("usher:policy/log@0.1.0");
        assert!(foreign_imports(&module).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_core_module_is_refused() {
        assert!(
            componentize(b"hello")
                .unwrap_err()
                .to_string()
                .contains("no WebAssembly")
        );
        let mut truncated = importing("env");
        truncated.truncate(20);
        assert!(
            componentize(&truncated)
                .unwrap_err()
                .to_string()
                .contains("damaged")
        );
    }

    #[test]
    fn a_module_without_the_contract_is_refused() {
        assert!(componentize(b"\0asm\x01\0\0\0").is_err());
    }
}
