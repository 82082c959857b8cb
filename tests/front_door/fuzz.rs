//! The fuzz targets of `fuzz/`, with their seeds and what becomes of those: bounded, and the same
//! every time. A fuzzer looks further (`fuzz/README.md`).

mod mutation;
mod properties;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use self::mutation::Mutations;

/// Inputs of each target beside its seeds.
const MADE_UP: usize = 2_000;

/// One test for each target.
macro_rules! replayed {
    ($($target:ident,)*) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target));
            }
        )*

        const REPLAYED: &[&str] = &[$(stringify!($target)),*];
    };
}

replayed! {
    access_token,
    case,
    compile,
    component,
    configuration,
    directory_file,
    discovery,
    email,
    id_token,
    json,
    jwks,
    logout_token,
    names,
    pointer,
    response,
    return_to,
    userinfo,
}

#[test]
fn every_target_has_seeds_a_program_and_a_test_and_there_are_no_others() {
    let named: BTreeSet<String> = targets::TARGETS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let replayed = REPLAYED.iter().map(|name| (*name).to_owned());
    assert_eq!(replayed.collect::<BTreeSet<_>>(), named);
    assert_eq!(stems(&folder().join("seeds")), named);
    assert_eq!(stems(&folder().join("fuzz_targets")), named);
    for name in &named {
        let target = folder()
            .join("fuzz_targets")
            .join(name)
            .with_extension("rs");
        let text = std::fs::read_to_string(target).unwrap();
        assert!(text.contains(&format!("run(\"{name}\", bytes)")), "{text}");
        let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
        assert!(seeds(name).len() > 9, "{name}: a few seeds more");
    }
}

/// What the targets are to find is found: they would say so if these were let through.
#[test]
fn an_account_of_a_token_that_ought_to_be_refused_is_a_finding() {
    let finds = |seed: &str| {
        let signed = std::fs::read(folder().join("seeds/id_token").join(seed)).unwrap();
        let token = targets::signed::token(&signed);
        std::panic::catch_unwind(|| targets::signed::believed(&token, &["jwt"])).is_err()
    };
    assert!(!finds("signed") && !finds("right"));
    for seed in [
        "alg-none",
        "zero-signature",
        "crit",
        "aud-twice",
        "member-twice-escaped",
        "too-deep",
        "kid-of-another",
        "typ-logout",
        "truncated",
    ] {
        assert!(finds(seed), "{seed}");
    }
}

fn replay(target: &str) {
    let seeds = seeds(target);
    let run = |bytes: &[u8], what: &dyn std::fmt::Display| {
        let ended = std::panic::catch_unwind(|| targets::run(target, bytes));
        let shown = String::from_utf8_lossy(bytes);
        assert!(ended.is_ok(), "{target}, {what}: {shown:.2000?}");
    };
    for (name, bytes) in &seeds {
        run(bytes, name);
    }
    let seeds: Vec<_> = seeds.into_iter().map(|(_, bytes)| bytes).collect();
    for (number, bytes) in Mutations::of(&seeds).take(MADE_UP).enumerate() {
        run(&bytes, &format!("mutation {number}"));
    }
}

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = folder().join("seeds").join(target);
    let names = listed(&folder);
    let seeds = names.into_iter().map(|name| {
        let bytes = std::fs::read(folder.join(&name)).unwrap();
        assert!(bytes.len() <= 8 << 10, "{target}/{name} is no small seed");
        (name, bytes)
    });
    seeds.collect()
}

fn stems(folder: &Path) -> BTreeSet<String> {
    let names = listed(folder).into_iter();
    names
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .collect()
}

/// What is in a folder, always in the same order.
fn listed(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}
