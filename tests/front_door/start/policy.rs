//! Components that are not loaded: the file, the step that refused it, and what to do.

use std::path::Path;

use usher_tests::server::Installation;

use super::{Error, SERVICES, complete, only, refused};
use crate::guest::Guest;

fn default_policy() -> anyhow::Result<Vec<u8>> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-guest/usher-default-policy.wasm");
    Ok(std::fs::read(path)?)
}

fn with_policy(bytes: &[u8]) -> anyhow::Result<Installation> {
    let installation = complete();
    let path = installation.path("policy.wasm");
    std::fs::write(&path, bytes)?;
    let module = path.display().to_string();
    Ok(installation.with(format!("{SERVICES}policy__module"), module))
}

/// The service does not start with these bytes; the error names file and setting.
fn refused_policy(bytes: &[u8]) -> anyhow::Result<Error> {
    let installation = with_policy(bytes)?;
    let error = only(refused(&installation)?);
    let path = installation.path("policy.wasm").display().to_string();
    assert!(error.what.contains(&path), "{error:#?}");
    assert_eq!(error.place, format!("{SERVICES}policy__module"));
    Ok(error)
}

#[test]
fn a_file_that_is_missing_or_a_folder_is_named() -> anyhow::Result<()> {
    for (path, what) in [
        ("/nowhere/policy.wasm", "cannot be read"),
        ("/tmp", "folder"),
    ] {
        let installation = complete().with(format!("{SERVICES}policy__module"), path);
        let error = only(refused(&installation)?);
        assert!(
            error.what.contains(path) && error.what.contains(what),
            "{error:#?}"
        );
        assert_eq!(error.place, format!("{SERVICES}policy__module"));
    }
    Ok(())
}

#[test]
fn what_is_no_policy_says_which_step_refused_it() -> anyhow::Result<()> {
    let good = default_policy()?;
    let flipped = |position: usize| {
        let mut bytes = good.clone();
        bytes[position] ^= 0xff;
        bytes
    };
    let foreign = Guest::Admit("acme").with_a_foreign_import()?;
    let later = Guest::Admit("acme").of_contract("0.2.0")?;
    let cases: [(&str, Vec<u8>, &[&str]); 9] = [
        ("text", b"no policy".to_vec(), &["parse", "no WebAssembly"]),
        ("empty", Vec::new(), &["parse", "no WebAssembly"]),
        (
            "truncated",
            good[..good.len() / 2].to_vec(),
            &["parse", "damaged"],
        ),
        ("header", flipped(4), &["parse"]),
        ("middle", flipped(9), &["parse", "damaged"]),
        (
            "core module",
            b"\0asm\x01\0\0\0".to_vec(),
            &["parse", "core module"],
        ),
        (
            "nothing exported",
            b"\0asm\x0d\0\x01\0".to_vec(),
            &["contract", "decide"],
        ),
        (
            "foreign import",
            foreign,
            &["imports", "wasi:cli/environment@0.2.6"],
        ),
        ("contract", later, &["contract", "0.2.0", "0.1"]),
    ];
    for (name, bytes, words) in cases {
        let error = refused_policy(&bytes)?;
        for word in words {
            assert!(error.what.contains(word), "{name}: {word}: {error:#?}");
        }
    }
    Ok(())
}

#[test]
fn a_flipped_bit_is_refused_or_harmless_and_never_brings_the_host_down() -> anyhow::Result<()> {
    let good = default_policy()?;
    let mut refusals = 0;
    for number in 0..12 {
        let mut flipped = good.clone();
        let position = 8 + number * (good.len() - 8) / 12;
        flipped[position] ^= 1 << (number % 8);
        let installation = with_policy(&flipped)?;
        let file = installation.path("policy.wasm").display().to_string();
        let checked = installation.run(&["policy", "check", &file])?;
        match checked.code {
            Some(0) => {}
            Some(1) => {
                refusals += 1;
                let error = only(super::errors(&checked));
                assert_eq!(error.place, file, "bit in {position}");
            }
            _ => panic!("bit in {position}: {checked:#?}"),
        }
    }
    assert!(refusals > 2, "only {refusals} of 12");
    Ok(())
}
