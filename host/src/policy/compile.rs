//! Native code of components: kept from before, else compiled.

mod child;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine::compiling;
use super::kept::Kept;
use super::revision::{LoadError, LoadStep, sha256_hex};

/// Makes native code of components.
///
/// A compiler is large, and a component may be made to exhaust it: where the process is Usher's
/// own, service or command, somebody else's component is compiled in a child process with
/// limits of time and memory, whose end is nobody else's.
#[derive(Default)]
pub struct Compiler {
    child: Option<PathBuf>,
    kept: Option<Kept>,
}

/// A digest behind what the child process writes shows that it is whole.
const DIGEST: usize = 64;

impl Compiler {
    /// Compiles in this process.
    pub fn in_process() -> Self {
        Self::default()
    }

    /// Compiles in a child process: `usher policy compile` of this program.
    #[must_use]
    pub fn in_child(mut self, usher: PathBuf) -> Self {
        self.child = Some(usher);
        self
    }

    /// Compiles in a child process of the program that runs here, which must be Usher: whoever
    /// else calls this starts himself.
    pub fn in_child_of_this_program() -> Self {
        // The very file that runs, whatever took its place meanwhile; only Linux has it.
        let running = PathBuf::from("/proc/self/exe");
        let program = match running.exists() {
            true => running,
            false => std::env::current_exe().unwrap_or(running),
        };
        Self::in_process().in_child(program)
    }

    /// Keeps what was compiled, and takes it from there the next time.
    #[must_use]
    pub fn keeping(mut self, kept: Kept) -> Self {
        self.kept = Some(kept);
        self
    }

    /// Where things are kept, if they are.
    pub fn kept(&self) -> Option<&Kept> {
        self.kept.as_ref()
    }

    /// The compiled component.
    pub(super) fn component(
        &self,
        engine: &Engine,
        sha256: &str,
        bytes: &[u8],
    ) -> Result<Component, LoadError> {
        let name = code_name(engine, sha256);
        let kept = self.kept.as_ref();
        if let Some(code) = kept.and_then(|kept| kept.entry(&name)) {
            match runnable(engine, &code) {
                Ok(component) => return Ok(component),
                Err(error) => tracing::warn!(%error, name, "kept native code is made again"),
            }
        }
        // The built-in policy is ours, and must load where no child can be started.
        let ours = bytes == super::DEFAULT;
        let component = match &self.child {
            Some(usher) if !ours => runnable(engine, &child::compile(usher, bytes)?),
            _ => Component::from_binary(engine, bytes).and_then(ready),
        };
        let component = component.map_err(|error| refused(&format!("{error:#}")))?;
        if let Some(kept) = kept {
            let put = component.serialize().map(|code| kept.put(&name, &code));
            if !matches!(put, Ok(Ok(()))) {
                tracing::warn!(
                    name,
                    "native code could not be kept: it is made at every start"
                );
            }
        }
        Ok(component)
    }
}

/// What [`Compiler`] asks a child process for: the native code of a component, with its digest
/// behind it.
///
/// # Errors
/// In words, why there is none.
pub fn native_code(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let engine = compiling().map_err(|error| format!("{error:#}"))?;
    let code = engine.precompile_component(bytes);
    let mut code = code.map_err(|error| format!("{error:#}"))?;
    let digest = sha256_hex(&code);
    code.extend_from_slice(digest.as_bytes());
    Ok(code)
}

/// Code is for one component, one compiler and one set of options.
fn code_name(engine: &Engine, sha256: &str) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{sha256}-{:016x}.code", hasher.finish())
}

/// Native code becomes a component again.
#[expect(
    unsafe_code,
    reason = "native code cannot be checked, only trusted: it comes from a child that this \
              process started, or bears this installation's signature"
)]
fn runnable(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` was made by `native_code` or `Component::serialize` of this installation:
    // its digest or signature was checked by whoever calls this, on these very bytes.
    unsafe { Component::deserialize(engine, code) }.and_then(ready)
}

fn ready(component: Component) -> wasmtime::Result<Component> {
    component.initialize_copy_on_write_image()?;
    Ok(component)
}

fn refused(error: &str) -> LoadError {
    LoadError::new(
        LoadStep::Compile,
        format!("it cannot be compiled: {error}"),
        "keep memory, tables and instances within the limits of its profile, and build it without \
         features beyond WebAssembly 2.0: no threads, no 64-bit or several memories, no garbage \
         collection, no exceptions",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PolicyLimits;
    use crate::policy::tests::RUNTIME;
    use crate::policy::{DEFAULT, digest};

    fn keeping(folder: &std::path::Path) -> Compiler {
        let kept = Kept::open(folder, |text| digest(text.as_bytes())).unwrap();
        Compiler::in_process().keeping(kept)
    }

    #[test]
    fn kept_code_is_taken_the_next_time_and_forged_code_never() {
        let folder = tempfile::tempdir().unwrap();
        let load = || {
            let compiler = keeping(folder.path());
            RUNTIME.load_by(&compiler, DEFAULT, PolicyLimits::Standard)
        };
        let entry = || {
            let entry = std::fs::read_dir(folder.path()).unwrap().next().unwrap();
            entry.unwrap().path()
        };
        load().unwrap();
        let made = std::fs::read(entry()).unwrap();
        let modified = || std::fs::metadata(entry()).unwrap().modified().unwrap();
        let first = modified();
        load().unwrap();
        assert_eq!(modified(), first, "taken, not made again");
        for (forged, name) in [
            (b"forged".to_vec(), "short"),
            (made[..made.len() / 2].to_vec(), "cut"),
            ([&b"0".repeat(64), &made[64..]].concat(), "unsigned"),
        ] {
            std::fs::write(entry(), forged).unwrap();
            load().unwrap();
            assert_eq!(std::fs::read(entry()).unwrap().len(), made.len(), "{name}");
        }
    }

    #[test]
    fn what_a_child_makes_is_what_this_process_runs() {
        let code = native_code(DEFAULT).unwrap();
        let (code, digest_of_it) = code.split_at(code.len() - DIGEST);
        assert_eq!(digest(code).as_bytes(), digest_of_it);
        let engine = compiling().unwrap();
        assert!(runnable(&engine, code).is_ok());
        assert!(native_code(b"no component").is_err());
    }
}
