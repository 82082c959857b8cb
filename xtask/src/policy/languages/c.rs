//! C by clang and wasi-libc, which Debian packages; the bindings are wit-bindgen's.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

use super::Job;
use crate::componentize;
use crate::policy::workspace::Workspace;
use crate::test::fetch::{install, program};
use crate::test::steps::Step;

/// The flags: no start function, hence nothing of WASI; the stack first, so that its overflow traps
/// instead of writing over data.
const FLAGS: [&str; 10] = [
    "--target=wasm32-wasi",
    "-mexec-model=reactor",
    "-nostartfiles",
    "-Wl,--no-entry",
    "-Oz",
    "-Wall",
    "-Werror",
    "-Wl,--stack-first",
    "-Wl,-z,stack-size=65536",
    "-Wl,--strip-debug",
];

pub(super) const TOOL: &str = "clang, wit-bindgen-c 0.63";

/// The compiler.
pub(super) fn fetch(step: &Step) -> anyhow::Result<PathBuf> {
    install(step, &[("clang", "clang"), ("wasm-ld", "lld")])?;
    let libraries = "/usr/lib/wasm32-wasi/libc.a";
    if Path::new("/etc/debian_version").exists() && !Path::new(libraries).exists() {
        install(
            step,
            &[
                (libraries, "wasi-libc"),
                (libraries, "libclang-rt-dev-wasm32"),
            ],
        )?;
    }
    program(&["clang"]).context("no clang")
}

pub(super) fn componentize(
    clang: &Path,
    workspace: &Workspace,
    step: &Step,
    job: &Job,
) -> anyhow::Result<Vec<u8>> {
    let generated = workspace.target.join("toolchain/wit-bindgen-c");
    bind(&job.wit, &generated)?;
    let mut command = Command::new(clang);
    command
        .args(FLAGS)
        .arg("-I")
        .arg(&generated)
        .arg(&job.rules)
        .arg(generated.join("policy.c"))
        .arg(generated.join("policy_component_type.o"))
        .arg("-o")
        .arg(&job.output);
    componentize::componentize(&job.run(step, command)?)
}

/// Writes `policy.h`, `policy.c` and the object that carries the component's type.
fn bind(wit: &Path, folder: &Path) -> anyhow::Result<()> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some("policy"))?;
    let mut files = Files::default();
    let mut generator = wit_bindgen_c::Opts::default().build();
    generator.generate(&mut resolve, world, &mut files)?;
    std::fs::create_dir_all(folder)?;
    for (name, bytes) in files.iter() {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}
