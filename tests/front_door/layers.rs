//! Who may name whom in `host/src`: the drawing of the architecture as a table.

mod source;

use std::path::{Path, PathBuf};
use std::process::Command;

use self::source::Source;

/// A module of the host and the modules it may name. What is not said may not be.
const MAY_NAME: [(&str, &[&str]); 20] = [
    // Wires everything; the command line is what starts it.
    ("main", &["cli"]),
    ("lib", &EVERY_MODULE),
    ("app", &EVERY_MODULE),
    (
        "cli",
        &[
            "administration",
            "app",
            "audit",
            "clock",
            "config",
            "dev",
            "directory",
            "doctor",
            "domain",
            "oidc",
            "policy",
            "seal",
            "sessions",
            "store",
        ],
    ),
    // Looks at everything that a service is built of, as it is built.
    (
        "doctor",
        &[
            "app", "audit", "clock", "config", "domain", "oidc", "policy", "seal", "store",
        ],
    ),
    (
        "dev",
        &[
            "app",
            "clock",
            "config",
            "directory",
            "domain",
            "policy",
            "seal",
            "store",
        ],
    ),
    (
        "http",
        &[
            "administration",
            "audit",
            "clock",
            "directory",
            "domain",
            "login",
            "oidc",
            "policy",
            "seal",
            "sessions",
            "store",
        ],
    ),
    // The story.
    (
        "login",
        &[
            "audit",
            "clock",
            "directory",
            "domain",
            "oidc",
            "policy",
            "seal",
            "sessions",
            "store",
        ],
    ),
    (
        "administration",
        &["audit", "directory", "domain", "seal", "sessions", "store"],
    ),
    // Siblings, which never name each other.
    ("oidc", &["clock", "domain"]),
    ("policy", &["clock", "domain"]),
    ("directory", &["clock", "domain", "seal", "store"]),
    ("sessions", &["clock", "domain", "seal", "store"]),
    ("audit", &["clock", "domain", "seal", "store"]),
    // What they stand on.
    ("store", &["clock", "domain"]),
    ("seal", &["clock", "domain"]),
    ("config", &["clock", "domain"]),
    ("clock", &[]),
    ("domain", &[]),
    ("examples", &["app", "config", "domain", "http"]),
];

const EVERY_MODULE: [&str; 17] = [
    "administration",
    "app",
    "audit",
    "cli",
    "clock",
    "config",
    "dev",
    "directory",
    "doctor",
    "domain",
    "http",
    "login",
    "oidc",
    "policy",
    "seal",
    "sessions",
    "store",
];

/// A crate and the modules that may name it.
const CRATES: [(&str, &[&str]); 4] = [
    ("axum", &["app", "dev", "examples", "http"]),
    ("openidconnect", &["oidc"]),
    ("sqlx", &["store"]),
    ("wasmtime", &["policy"]),
];

/// A function and the one module that may call it.
const CALLERS: [(&str, &str, &str); 3] = [
    ("VerifiedTokens", "attest", "oidc/verify"),
    ("VerifiedIdentity", "new", "oidc/claims"),
    ("VerifiedLogout", "attest", "oidc/verify"),
];

/// Files are read in one go.
const LONGEST_FILE: usize = 400;

#[test]
fn modules_name_only_what_lies_below_them() {
    let sources = host_sources();
    assert!(
        sources.len() > 15,
        "the host is somewhere else: {} files",
        sources.len()
    );
    let broken: Vec<String> = sources.iter().flat_map(breaches).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn planted_upward_reference_is_found() {
    let planted = |path: &str, text: &str| breaches(&Source::parse(path, text));
    for (path, text) in [
        ("store/rows.rs", "use crate::login::Login;"),
        ("store.rs", "use crate::{domain::{Code, Secret}, login};"),
        ("store.rs", "fn f() { super::login::begin() }"),
        ("store/rows.rs", "use super::super::login::Login;"),
        (
            "directory/users.rs",
            "use crate::sessions::end_all_of_user;",
        ),
        ("oidc/keys.rs", "fn f() -> crate::policy::Policy { g() }"),
        ("login.rs", "fn f() -> axum::http::StatusCode { g() }"),
        ("sessions.rs", "#[derive(sqlx::FromRow)] struct Row;"),
        ("cli/serve.rs", "use wasmtime::Engine;"),
        ("login.rs", "fn f() { VerifiedTokens::attest(claims) }"),
        (
            "oidc/keys.rs",
            "fn f() { domain::VerifiedTokens::attest(claims) }",
        ),
        ("login.rs", "let identity = VerifiedIdentity::new(tokens);"),
        ("login.rs", "fn f() { VerifiedLogout::attest(claims) }"),
        ("policy/engine.rs", "use crate::SignedIn;"),
        ("stray.rs", "fn f() {}"),
    ] {
        assert_eq!(planted(path, text).len(), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("store.rs", "// use crate::login::Login;"),
        ("store.rs", "/* crate::login /* nested */ axum */ fn f() {}"),
        (
            "store.rs",
            r##"const A: &str = "crate::login \" axum"; const B: &str = r#"crate::"login"#;"##,
        ),
        (
            "store.rs",
            "const Q: char = '\"'; fn f<'a>(x: &'a str) {} // crate::login",
        ),
        (
            "store.rs",
            "use crate::domain::{self, Code}; use sqlx::Row;",
        ),
        (
            "store/rows.rs",
            "use super::login_attempts; use super::Store;",
        ),
        (
            "store.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests {\n fn g() { crate::login::begin() }\n}\n",
        ),
        (
            "oidc/verify.rs",
            "fn f() { VerifiedTokens::attest(claims) }",
        ),
        (
            "domain/identity.rs",
            "impl VerifiedTokens { pub(crate) fn attest() {} }",
        ),
    ] {
        assert_eq!(planted(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn modules_declared_for_tests_are_known() {
    let text = "#[cfg(test)]\nmod one;\n#[cfg(test)] pub(crate) mod two;\nmod three;";
    let store = Source::parse("store.rs", text);
    assert_eq!(store.test_modules(), ["store/one", "store/two"]);
    let fixture = |path| Source::parse(path, "").is_in("store/one");
    assert!(fixture("store/one.rs") && fixture("store/one/more.rs") && !fixture("store/ones.rs"));
}

#[test]
fn every_file_is_short_enough_to_read() {
    let root = root();
    let long: Vec<String> = ["host", "policy-guest", "policy-sdk", "tests", "xtask"]
        .iter()
        .flat_map(|folder| source::files(&root.join(folder)))
        .map(|path| {
            (
                std::fs::read_to_string(&path)
                    .unwrap_or_default()
                    .lines()
                    .count(),
                path,
            )
        })
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .map(|(lines, path)| format!("{lines} lines: {}", path.display()))
        .collect();
    assert!(
        long.is_empty(),
        "over {LONGEST_FILE} lines:\n{}",
        long.join("\n")
    );
}

#[test]
fn crates_that_must_be_single_are_single() {
    let tree = Command::new(env!("CARGO"))
        .current_dir(root())
        .args([
            "tree",
            "--workspace",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--format", "{p}", "--locked", "--offline"])
        .output()
        .expect("cargo runs");
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8(tree.stdout).expect("cargo prints UTF-8");
    for name in ["reqwest", "rustls", "serde_json", "tokio", "wasmtime"] {
        let of_this_name = |line: &&str| line.split(' ').next() == Some(name);
        let mut versions: Vec<&str> = tree
            .lines()
            .map(|line| line.trim_end_matches(" (*)"))
            .filter(of_this_name)
            .collect();
        versions.sort_unstable();
        versions.dedup();
        assert_eq!(versions.len(), 1, "{name}: {versions:?}");
    }
}

/// Every sentence that can be said against a source file.
fn breaches(source: &Source) -> Vec<String> {
    let module = source.module.as_str();
    let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == module) else {
        return vec![format!(
            "{}: {module} is not in the table of layers",
            source.path
        )];
    };
    let modules = source
        .names()
        .into_iter()
        .filter(|(_, name)| name != module && !allowed.contains(&name.as_str()))
        .map(|(line, name)| format!("{}:{line}: {module} may not name {name}", source.path));
    let crates = CRATES
        .iter()
        .filter(|(_, owners)| !owners.contains(&module))
        .flat_map(|(name, owners)| {
            source.uses(&[name]).into_iter().map(move |line| {
                format!(
                    "{}:{line}: only {} may name {name}",
                    source.path,
                    owners.join(", ")
                )
            })
        });
    let callers = CALLERS
        .iter()
        .filter(|(_, _, caller)| !source.path.starts_with(caller))
        .flat_map(|(owner, function, caller)| {
            source
                .uses(&[owner, ":", ":", function])
                .into_iter()
                .map(move |line| {
                    format!(
                        "{}:{line}: only {caller} may call {owner}::{function}",
                        source.path
                    )
                })
        });
    modules.chain(crates).chain(callers).collect()
}

fn host_sources() -> Vec<Source> {
    let host = root().join("host");
    let read = |folder: PathBuf, prefix: &str| -> Vec<Source> {
        let files = source::files(&folder).into_iter();
        files
            .map(|path| {
                let name = path
                    .strip_prefix(&folder)
                    .expect("below the folder")
                    .display();
                Source::parse(
                    &format!("{prefix}{name}"),
                    &std::fs::read_to_string(&path).expect("readable"),
                )
            })
            .filter(|source| !source.is_test())
            .collect()
    };
    let mut sources = read(host.join("src"), "");
    sources.extend(read(host.join("examples"), "examples/"));
    let tests: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    sources.retain(|source| !tests.iter().any(|test| source.is_in(test)));
    sources
}

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("tests lies in the workspace")
        .to_owned()
}
