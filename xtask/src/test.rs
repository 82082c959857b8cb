//! `cargo xtask test`: everything that must hold, in one command.

mod browser;
pub(crate) mod fetch;
mod keycloak;
mod parts;
mod providers;
pub(crate) mod steps;

use std::ffi::OsStr;
use std::process::Command;

use anyhow::Context as _;

use crate::policy;
use crate::policy::languages::Language;
use crate::policy::workspace::{Workspace, environment};
use parts::{Part, Parts};
use steps::Steps;

/// The one profile: the README's first command has built most of it already.
const PROFILE: &str = "--release";

/// Examples:
///   cargo xtask test                          everything
///   cargo xtask test --skip keycloak,browser  without these two
///   cargo xtask test -- layers                only tests with `layers` in their name
///   eval "$(cargo xtask test --print-env)"    then any `cargo test` finds the parts
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Leave these out
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    skip: Vec<Part>,
    /// Fetch what the tests need, print the variables that say where it is, and stop
    #[arg(long)]
    print_env: bool,
    /// For the tests: names to run, and options of the test harness
    #[arg(last = true, value_name = "FILTER")]
    filter: Vec<String>,
}

/// Runs all steps in order and stops at the first that fails.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::new(&workspace, arguments.count());
    let parts = Parts::fetch(&mut steps, &workspace, &arguments.skip)?;
    if arguments.print_env {
        print!("{}", parts.as_shell());
        return Ok(());
    }
    let held = check_and_test(&mut steps, &workspace, &parts, &arguments.filter);
    steps.finish();
    held.and(parts.report(environment("CI").as_deref() == Some("true")))
}

fn check_and_test(
    steps: &mut Steps,
    workspace: &Workspace,
    parts: &Parts,
    filter: &[String],
) -> anyhow::Result<()> {
    if filter.is_empty() {
        steps.run("formatting", |step| {
            step.show(cargo(&["fmt", "--all", "--check"]))
        })?;
        steps.run("policies, built from source", |_| {
            build_policies(workspace, parts)
        })?;
        steps.run("clippy", |step| step.show(clippy()))?;
        steps.run("documentation", |step| step.show(documentation()))?;
    }
    steps.run("tests", |step| step.show(tests(workspace, parts, filter)?))
}

impl Arguments {
    /// How many steps there will be.
    fn count(&self) -> usize {
        let fetched = Part::ALL
            .iter()
            .filter(|part| !self.skip.contains(part))
            .count();
        match (self.print_env, self.filter.is_empty()) {
            (true, _) => fetched,
            (false, true) => fetched + 5,
            (false, false) => fetched + 1,
        }
    }
}

fn build_policies(workspace: &Workspace, parts: &Parts) -> anyhow::Result<()> {
    policy::run(policy::Task::Check { toolchain: None })?;
    if workspace.guests().is_dir() {
        policy::run(policy::Task::BuildGuests { toolchain: None })?;
    }
    for example in workspace.examples()? {
        if Language::of(&example).is_some() && !parts.has(Part::Languages) {
            continue;
        }
        policy::run(policy::Task::Build {
            path: Some(example),
            update: false,
            toolchain: None,
        })?;
    }
    Ok(())
}

fn clippy() -> Command {
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        PROFILE,
        "--",
        "-D",
        "warnings",
    ])
}

fn documentation() -> Command {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", PROFILE]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

fn tests(workspace: &Workspace, parts: &Parts, filter: &[String]) -> anyhow::Result<Command> {
    let mut command = cargo(&["test", "--workspace", PROFILE]);
    if !filter.is_empty() {
        command.arg("--").args(filter);
    }
    command
        .envs(parts.environment())
        .env("USHER_TEST_POLICIES", workspace.target.join("policies"))
        .env("USHER_TEST_XTASK", std::env::current_exe()?);
    Ok(command)
}

fn cargo<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(environment("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    command.args(arguments);
    command
}

/// The user id that this program runs as.
fn is_root() -> anyhow::Result<bool> {
    let id = Command::new("id").arg("-u").output().context("id -u")?;
    Ok(id.stdout.trim_ascii() == b"0")
}
