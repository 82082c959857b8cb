//! Debian's compiler for WebAssembly: packages fetched by apt, unpacked under target/, not installed
//! (they conflict with the packages of the ordinary compiler). No root needed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;

use super::toolchain::text;
use super::workspace::Workspace;

/// A mirror that moves between two requests answers 404 once, then no more.
const ATTEMPTS: u32 = 3;

/// The unpacked packages: from the cache, or fetched now.
pub(crate) fn toolchain(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let cache = workspace.target.join("toolchain");
    match cached(&cache) {
        Some(folder) => Ok(folder),
        None => fetch(&cache),
    }
}

/// The newest complete folder; one with a temporary name is none.
fn cached(cache: &Path) -> Option<PathBuf> {
    let folders = std::fs::read_dir(cache).ok()?.flatten();
    let complete =
        folders.filter(|entry| entry.file_name().to_string_lossy().starts_with("debian-"));
    complete
        .max_by_key(|entry| entry.metadata().and_then(|data| data.modified()).ok())
        .map(|entry| entry.path())
}

fn fetch(cache: &Path) -> anyhow::Result<PathBuf> {
    for tool in ["apt-cache", "apt-get", "dpkg"] {
        text(Command::new(tool).arg("--version"))
            .with_context(|| format!("{tool} is not here; this is no Debian"))?;
    }
    let mut failure = None;
    for attempt in 1..=ATTEMPTS {
        match fetch_once(cache, attempt > 1) {
            Ok(folder) => return Ok(folder),
            Err(error) => {
                eprintln!("attempt {attempt} of {ATTEMPTS}: {error:#}");
                failure = Some(error);
                sleep(Duration::from_secs(2) * (attempt - 1));
            }
        }
    }
    Err(failure.unwrap_or_else(|| anyhow::anyhow!("nothing was tried")))
}

fn fetch_once(cache: &Path, refresh: bool) -> anyhow::Result<PathBuf> {
    if refresh || packages().is_err() {
        eprintln!("refreshing the package lists (apt-get update)");
        run(Command::new("apt-get").arg("update").stdout(Stdio::null()))?;
    }
    let packages = packages()?;
    let folder = cache.join(format!("debian-{}", version(&packages[0])?));
    let temporary = cache.join(format!("unpacking-{}", std::process::id()));
    if temporary.exists() {
        std::fs::remove_dir_all(&temporary)?;
    }
    std::fs::create_dir_all(&temporary)?;
    let unpacked = download(&temporary, &packages).and_then(|()| unpack(&temporary));
    if let Err(error) = unpacked {
        std::fs::remove_dir_all(&temporary)?;
        return Err(error);
    }
    if folder.exists() {
        // Somebody else was quicker; theirs is the same.
        std::fs::remove_dir_all(&temporary)?;
    } else {
        std::fs::rename(&temporary, &folder)?;
    }
    Ok(folder)
}

/// The five packages under the names that Debian gives them today; it renames them with every
/// browser update.
fn packages() -> anyhow::Result<[String; 5]> {
    let std = dependency("libstd-rust-web-dev", "libstd-rust-web-")?;
    let llvm = dependency(&std, "libllvm")?;
    Ok([
        "rustc-web".to_owned(),
        std,
        "libstd-rust-web-dev".to_owned(),
        llvm,
        "rust-web-src".to_owned(),
    ])
}

/// The dependency of a package whose name begins so and goes on with a number.
fn dependency(package: &str, prefix: &str) -> anyhow::Result<String> {
    let listing = text(Command::new("apt-cache").args(["depends", package]))?;
    let names = listing
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "));
    let mut numbered = names.filter(|name| {
        let rest = name.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    });
    let found = numbered.next();
    Ok(found
        .with_context(|| format!("the package lists have no {package} that depends on {prefix}N"))?
        .to_owned())
}

/// Candidate version, fit for a folder's name.
fn version(package: &str) -> anyhow::Result<String> {
    let policy = text(Command::new("apt-cache").args(["policy", package]))?;
    let candidate = policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "));
    let candidate = candidate.with_context(|| format!("{package} has no candidate version"))?;
    Ok(candidate.replace(
        |character: char| !character.is_ascii_alphanumeric() && character != '.',
        "_",
    ))
}

fn download(folder: &Path, packages: &[String]) -> anyhow::Result<()> {
    eprintln!("fetching Debian's {} (137 MB, once)", packages.join(", "));
    run(Command::new("apt-get")
        .args(["download", "--quiet"])
        .args(packages)
        .current_dir(folder)
        .stdout(Stdio::null()))
}

fn unpack(folder: &Path) -> anyhow::Result<()> {
    let entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    for (index, entry) in entries.iter().enumerate() {
        let package = entry.path();
        eprintln!("unpacking {} of {}", index + 1, entries.len());
        run(Command::new("dpkg")
            .arg("-x")
            .arg(&package)
            .arg(folder.join("root")))?;
        std::fs::remove_file(&package)?;
    }
    Ok(())
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| name.clone())?;
    anyhow::ensure!(status.success(), "{name} failed ({status})");
    Ok(())
}
