use super::wat::{self, Answer, WIT};
use super::{RUNTIME, guest};
use crate::domain::PolicyLimits;
use crate::policy::revision::without_wasi;
use crate::policy::{LoadError, LoadStep, inspect};

fn refused(component: &[u8]) -> LoadError {
    RUNTIME.load(component, PolicyLimits::Standard).unwrap_err()
}

fn plain() -> String {
    wat::module("", "", &Answer::admit("acme"))
}

#[test]
fn inspection_names_digest_contract_and_interfaces() {
    let log = r#"(import "usher:policy/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;
    let component = wat::policy(&wat::module(log, "", &Answer::admit("acme")));
    let inspection = inspect(&component).unwrap();
    assert_eq!(inspection.size, component.len());
    assert_eq!(inspection.contract.as_deref(), Some("0.1.0"));
    let imports_log = |name: &String| name == "usher:policy/log@0.1.0";
    assert!(inspection.imports.iter().any(imports_log));
    assert_eq!(inspection.exports, ["usher:policy/decide@0.1.0"]);
    assert!(inspection.foreign.is_empty());
    assert!(!inspection.check && !inspection.about);
    assert_eq!(guest("", "").id().contract, "0.1.0");
}

#[test]
fn a_foreign_import_is_refused_by_name_with_the_flag_that_removes_it() {
    let wasi = "package wasi:cli@0.2.6; interface environment { initial-cwd: func(); }";
    let world = "world greedy { include policy; import wasi:cli/environment@0.2.6; }";
    let policy = format!("{WIT}\n{world}");
    let import = r#"(import "wasi:cli/environment@0.2.6" "initial-cwd" (func $cwd))"#;
    let module = wat::module(import, "(call $cwd)", &Answer::admit("acme"));
    let component = wat::component(&[wasi, &policy], "greedy", &module);
    let error = refused(&component);
    assert_eq!(error.step, LoadStep::Imports);
    assert!(
        error.message.contains("wasi:cli/environment@0.2.6"),
        "{error}"
    );
    for flag in ["wasm32-unknown-unknown", "--stub-wasi", "-nostartfiles"] {
        assert!(error.fix.contains(flag), "{error}");
    }
}

#[test]
fn the_toolchain_that_signed_a_component_gets_its_own_advice() {
    let advice = |producer: &str| without_wasi(&[producer.to_owned()]);
    assert!(advice("Rust 1.95").starts_with("Rust:"));
    assert!(advice("componentize-py 0.25").starts_with("Python:"));
    assert!(advice("ComponentizeJS 0.23").starts_with("JavaScript:"));
    assert!(advice("something else").contains("Python:"));
}

#[test]
fn another_version_of_the_contract_is_refused() {
    for version in ["0.2.0", "1.0.0", "0.1.0-rc"] {
        let other = |text: &str| text.replace("@0.1.0", &format!("@{version}"));
        let component = wat::component(&[&other(WIT)], "policy", &other(&plain()));
        let error = refused(&component);
        assert_eq!(error.step, LoadStep::Contract);
        assert!(error.message.contains(version), "{error}");
    }
}

#[test]
fn a_component_that_decides_nothing_is_refused() {
    let idle = "package a:b@1.0.0; world idle { export run: func(); }";
    let module = r#"(module (func (export "run")))"#;
    let error = refused(&wat::component(&[idle], "idle", module));
    assert_eq!(error.step, LoadStep::Contract);
}

#[test]
fn a_function_that_the_contract_does_not_have_is_refused() {
    let grown = WIT.replace("interface log {", "interface log { shout: func();");
    let import = r#"(import "usher:policy/log@0.1.0" "shout" (func $shout))"#;
    let module = wat::module(import, "(call $shout)", &Answer::admit("acme"));
    let error = refused(&wat::component(&[&grown], "policy", &module));
    assert_eq!(error.step, LoadStep::Link);
    assert!(error.message.contains("shout"), "{error}");
}

#[test]
fn what_is_no_component_is_refused_in_words() {
    for (bytes, words) in [
        (&b""[..], "no WebAssembly"),
        (b"<html>", "no WebAssembly"),
        (&::wat::parse_str("(module)").unwrap(), "core module"),
    ] {
        let error = refused(bytes);
        assert_eq!(error.step, LoadStep::Parse);
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn a_component_truncated_anywhere_is_refused() {
    let component = wat::policy(&plain());
    let whole = inspect(&component).unwrap();
    for length in 0..component.len() {
        // Cut between two sections it is well-formed, lacks what comes later, and is refused
        // for that; cut behind the last export it only lacks signatures.
        if let Ok(cut) = inspect(&component[..length]) {
            assert!(cut.contract.is_none() || cut.exports == whole.exports);
            assert_ne!(cut.sha256, whole.sha256);
        }
    }
    assert_eq!(
        refused(&component[..component.len() / 2]).step,
        LoadStep::Parse
    );
}

#[test]
fn no_flipped_bit_brings_the_host_down() {
    let component = wat::policy(&plain());
    for position in (0..component.len()).step_by(3) {
        let mut flipped = component.clone();
        flipped[position] ^= 1 << (position % 8);
        if inspect(&flipped).is_ok() && position % 4 == 0 {
            let _ = RUNTIME.load(&flipped, PolicyLimits::Standard);
        }
    }
    let mut flipped = component.clone();
    flipped[0] ^= 1;
    assert_eq!(refused(&flipped).step, LoadStep::Parse);
}

#[test]
fn a_file_beyond_the_cap_is_not_even_read() {
    let error = refused(&vec![0; (4 << 20) + 1]);
    assert_eq!(error.step, LoadStep::Size);
    assert!(error.fix.contains("interpreter"), "{error}");
}

#[test]
fn what_cannot_start_is_refused_at_its_trial() {
    let module = plain();
    let begin = |body: &str| {
        let start = format!("(func $start {body}) (start $start) (memory");
        module.replacen("(memory", &start, 1)
    };
    let big = wat::module_of(300, "", "", &Answer::admit("acme"));
    for (module, words) in [
        (begin("(loop $again (br $again))"), "timeout"),
        (begin("unreachable"), "trap"),
        (big, "memory"),
    ] {
        let error = refused(&wat::policy(&module));
        assert_eq!(error.step, LoadStep::Trial, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn more_memory_is_the_interpreters() {
    let big = wat::policy(&wat::module_of(300, "", "", &Answer::admit("acme")));
    assert!(RUNTIME.load(&big, PolicyLimits::Interpreter).is_ok());
}
