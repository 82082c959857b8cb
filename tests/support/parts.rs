//! Where the parts are that `cargo xtask test` fetches, and what happens without them.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Real programs that some tests need.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The browser itself.
    pub chromium: PathBuf,
    /// Its WebDriver server, of the same version.
    pub chromedriver: PathBuf,
    /// The script of axe-core.
    pub axe: PathBuf,
}

/// The folder of a built Keycloak; without one the test that asks is skipped, loudly.
pub fn keycloak() -> Option<PathBuf> {
    part("USHER_TEST_KEYCLOAK_HOME", "Keycloak")
}

/// The folder that the npm package `oidc-provider` is installed in; without it the test that asks
/// is skipped, loudly.
pub fn oidc_provider() -> Option<PathBuf> {
    part("USHER_TEST_OIDC_PROVIDER", "oidc-provider")
}

/// The program `glewlwyd`; without it the test that asks is skipped, loudly.
pub fn glewlwyd() -> Option<PathBuf> {
    part("USHER_TEST_GLEWLWYD", "Glewlwyd")
}

/// The browser and what belongs to it; without one the test that asks is skipped, loudly.
pub fn browser() -> Option<Browser> {
    let browser = (|| {
        Some(Browser {
            chromium: path("USHER_TEST_CHROMIUM")?,
            chromedriver: path("USHER_TEST_CHROMEDRIVER")?,
            axe: path("USHER_TEST_AXE")?,
        })
    })();
    if browser.is_none() {
        skipped("Chromium");
    }
    browser
}

/// The folder of the policies that `cargo xtask` built: named by `cargo xtask test`, else the
/// one that `cargo xtask policy build` writes to.
pub fn policies() -> PathBuf {
    let named = path("USHER_TEST_POLICIES");
    named.unwrap_or_else(|| output().with_file_name("policies"))
}

/// The program `componentize-qjs` or `componentize-py`; without it the test that asks leaves that
/// part out, loudly.
pub fn componentizer(name: &str) -> Option<PathBuf> {
    let variable = name.to_uppercase().replace('-', "_");
    let program = path(&format!("USHER_TEST_{variable}"));
    if program.is_none() {
        skipped(name);
    }
    program
}

/// `cargo xtask` itself, which runs the tests; without it the test that asks leaves that part
/// out, loudly.
pub fn xtask() -> Option<PathBuf> {
    let program = path("USHER_TEST_XTASK");
    if program.is_none() {
        skipped("cargo xtask");
    }
    program
}

/// Where logs and screenshots of this run go: `target/test-output`.
pub fn output() -> PathBuf {
    let executable = std::env::current_exe().expect("a running program has a path");
    let target = executable.ancestors().nth(3).expect("target/PROFILE/deps");
    let folder = target.join("test-output");
    std::fs::create_dir_all(&folder).expect("target can be written to");
    folder
}

/// A port that was free a moment ago: for programs that must be told their port. It lies below
/// those that the kernel hands out, so that neither a connection nor another test's provider
/// takes it meanwhile, and a process gets each only once.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    // Processes that run at the same time begin at different places.
    let start = std::process::id().wrapping_mul(1_009);
    loop {
        let step = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + start.wrapping_add(step) % COUNT;
        let port = u16::try_from(port).expect("30,000 is a port");
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Something is left out for want of a part. Says so past the test harness, which swallows what tests print, and where
/// `cargo xtask test` collects it.
pub fn skipped(part: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    assert!(
        env("CI").is_none_or(|ci| ci != "true"),
        "{part} is missing and CI=true: run `cargo xtask test`, which fetches it"
    );
    let line = format!("{test}\t{part}\n");
    let _told = std::io::stderr().write_all(format!("SKIPPED {line}").as_bytes());
    if let Some(list) = path("USHER_TEST_SKIPS") {
        let mut file = OpenOptions::new().append(true).create(true).open(list);
        let _noted = file.as_mut().map(|file| file.write_all(line.as_bytes()));
    }
}

/// How large a test is to be, where somebody says so.
pub fn number(name: &str) -> Option<usize> {
    env(name)?.to_str()?.parse().ok()
}

fn part(variable: &str, name: &str) -> Option<PathBuf> {
    let place = path(variable);
    if place.is_none() {
        skipped(name);
    }
    place
}

fn path(name: &str) -> Option<PathBuf> {
    env(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the tests read their environment"
)]
fn env(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
