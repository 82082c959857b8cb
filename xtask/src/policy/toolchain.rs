//! A Rust compiler that can build for WebAssembly, wherever one is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

use super::debian;
use super::workspace::{Workspace, environment};

/// What policies are compiled for: no import that is not ours.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// How long rustup may take to add the target before other ways are tried.
const RUSTUP_LIMIT: Duration = Duration::from_secs(90);

/// Ways to a toolchain, in the order of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Route {
    /// The target is installed in the active toolchain
    Installed,
    /// rustup adds the target
    Rustup,
    /// The folder that USHER_WASM_TOOLCHAIN names
    Folder,
    /// Debian's packages, fetched into target/ and not installed
    Debian,
}

/// A compiler, and what cargo must be told to use it.
pub(crate) struct Toolchain {
    rustc: PathBuf,
    /// Folder with the compiler's own libraries, if it is not where the loader looks.
    libraries: Option<PathBuf>,
    sysroot: PathBuf,
    /// Text of `rustc -vV`.
    version: String,
    /// No std for the target: cargo builds it from the sources in the sysroot.
    build_std: bool,
    linker: Option<PathBuf>,
}

impl Toolchain {
    /// Searches in the order of [`Route`], or takes the one that is asked for.
    pub(crate) fn find(workspace: &Workspace, asked: Option<Route>) -> anyhow::Result<Self> {
        let order = [
            Route::Installed,
            Route::Rustup,
            Route::Folder,
            Route::Debian,
        ];
        let mut tried = Vec::new();
        for route in order {
            if asked.is_some_and(|asked| asked != route) {
                continue;
            }
            match Self::by(route, workspace) {
                Ok(toolchain) => {
                    eprintln!("toolchain: {} ({route:?})", toolchain.release());
                    return Ok(toolchain);
                }
                Err(error) => tried.push(format!("  {route:?}: {error:#}")),
            }
        }
        anyhow::bail!(
            "no Rust compiler for {TARGET}\n{}\n\nWays out:\n  \
             rustup target add {TARGET}\n  \
             USHER_WASM_TOOLCHAIN=FOLDER, a folder with bin/rustc (or usr/bin/rustc) whose \
             lib/rustlib holds {TARGET} or src/rust\n  \
             on Debian: network to the package mirror, so that this command can fetch rustc-web",
            tried.join("\n")
        )
    }

    fn by(route: Route, workspace: &Workspace) -> anyhow::Result<Self> {
        match route {
            Route::Installed => Self::active(),
            Route::Rustup => {
                add_target()?;
                Self::active()
            }
            Route::Folder => {
                let folder = environment("USHER_WASM_TOOLCHAIN");
                Self::in_folder(&PathBuf::from(
                    folder.context("USHER_WASM_TOOLCHAIN is not set")?,
                ))
            }
            Route::Debian => Self::in_folder(&debian::toolchain(workspace)?),
        }
    }

    /// The compiler that cargo uses anyway.
    fn active() -> anyhow::Result<Self> {
        let rustc = PathBuf::from(environment("RUSTC").unwrap_or_else(|| "rustc".to_owned()));
        let toolchain = Self::probe(rustc, None)?;
        anyhow::ensure!(!toolchain.build_std, "{TARGET} is not installed");
        Ok(toolchain)
    }

    /// A compiler in a folder: a sysroot, or packages unpacked below it.
    fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let rustc = ["bin/rustc", "usr/bin/rustc", "root/usr/bin/rustc"]
            .map(|place| folder.join(place))
            .into_iter()
            .find(|rustc| rustc.is_file())
            .with_context(|| format!("{} has no bin/rustc", folder.display()))?;
        let libraries = libraries_beside(&rustc);
        let toolchain = Self::probe(rustc, libraries)?;
        anyhow::ensure!(
            !toolchain.build_std || toolchain.std_sources().join("library").is_dir(),
            "{} has neither {TARGET} nor the sources of std",
            folder.display()
        );
        anyhow::ensure!(
            !toolchain.build_std || toolchain.linker.is_some(),
            "no rust-lld, lld or wasm-ld that could link {TARGET}"
        );
        Ok(toolchain)
    }

    fn probe(rustc: PathBuf, libraries: Option<PathBuf>) -> anyhow::Result<Self> {
        let ask = |arguments: &[&str]| {
            let mut command = Command::new(&rustc);
            if let Some(libraries) = &libraries {
                command.env("LD_LIBRARY_PATH", libraries);
            }
            text(command.args(arguments)).with_context(|| rustc.display().to_string())
        };
        let version = ask(&["-vV"])?;
        let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?);
        let installed = PathBuf::from(ask(&["--print", "target-libdir", "--target", TARGET])?);
        let build_std = !holds_std(&installed);
        Ok(Self {
            linker: if build_std { linker(&version) } else { None },
            rustc,
            libraries,
            sysroot,
            version,
            build_std,
        })
    }

    /// Arguments for cargo, beyond those that every toolchain needs.
    pub(crate) fn cargo_arguments(&self) -> &'static [&'static str] {
        if self.build_std {
            &["-Zbuild-std=std,panic_abort"]
        } else {
            &[]
        }
    }

    /// Variables for the one child process that builds.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = vec![("RUSTC", self.rustc.clone().into_os_string())];
        if let Some(libraries) = &self.libraries {
            variables.push(("LD_LIBRARY_PATH", libraries.clone().into_os_string()));
        }
        if self.build_std {
            // For `-Z` on a stable cargo.
            variables.push(("RUSTC_BOOTSTRAP", "1".into()));
        }
        if let Some(linker) = &self.linker {
            let name = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER";
            variables.push((name, linker.clone().into_os_string()));
        }
        variables
    }

    /// Where the compiler says the sources of std are. Not its resolved place: cargo prints this
    /// one, and a remap of another leaves paths in the module.
    pub(crate) fn std_sources(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }

    /// First line of the version: `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub(crate) fn release(&self) -> &str {
        self.version.lines().next().unwrap_or("rustc")
    }

    /// What bytes depend on: two toolchains with the same identity build the same bytes.
    pub(crate) fn identity(&self) -> String {
        let commit = self.line("commit-hash: ").unwrap_or("unknown");
        let std = if self.build_std {
            "std built from source"
        } else {
            "std as released"
        };
        format!("{commit}, {std}")
    }

    /// Name for folders that must not be shared between compilers.
    pub(crate) fn key(&self) -> String {
        let release = self.line("release: ").unwrap_or("unknown");
        let commit = self.line("commit-hash: ").unwrap_or("unknown");
        let std = if self.build_std { "-std" } else { "" };
        format!("{release}-{}{std}", commit.get(..9).unwrap_or(commit))
    }

    fn line(&self, label: &str) -> Option<&str> {
        self.version
            .lines()
            .find_map(|line| line.strip_prefix(label))
    }
}

fn holds_std(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with("libstd-")
    })
}

/// Debian keeps the compiler's libraries under `usr/lib/MACHINE`.
fn libraries_beside(rustc: &Path) -> Option<PathBuf> {
    let lib = rustc.parent()?.parent()?.join("lib");
    let folders = std::fs::read_dir(lib)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    folders.filter(|folder| folder.is_dir()).find(|folder| {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names = files.map(|file| file.file_name());
        names.any(|name| name.to_string_lossy().starts_with("librustc_driver-"))
    })
}

/// The linker of the active toolchain, or one of the system.
fn linker(version: &str) -> Option<PathBuf> {
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))?;
    let sysroot = text(Command::new("rustc").args(["--print", "sysroot"])).ok();
    let ours = sysroot.map(|sysroot| {
        Path::new(&sysroot)
            .join("lib/rustlib")
            .join(host)
            .join("bin/rust-lld")
    });
    if let Some(ours) = ours.filter(|linker| linker.is_file()) {
        return Some(ours);
    }
    ["rust-lld", "wasm-ld", "lld"]
        .map(PathBuf::from)
        .into_iter()
        .find(|name| text(Command::new(name).args(["-flavor", "wasm", "--version"])).is_ok())
}

fn add_target() -> anyhow::Result<()> {
    eprintln!(
        "asking rustup for {TARGET} (at most {} s)",
        RUSTUP_LIMIT.as_secs()
    );
    let mut child = Command::new("rustup")
        .args(["target", "add", TARGET])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .context("rustup cannot be started")?;
    let pause = Duration::from_millis(100);
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            anyhow::ensure!(status.success(), "rustup target add {TARGET} failed");
            return Ok(());
        }
        if waited >= RUSTUP_LIMIT {
            child.kill()?;
            child.wait()?;
            anyhow::bail!("rustup gave no answer in {} s", RUSTUP_LIMIT.as_secs());
        }
        std::thread::sleep(pause);
        waited += pause;
    }
}

/// Standard output of a command that succeeds, without the line break at its end.
pub(crate) fn text(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    anyhow::ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
