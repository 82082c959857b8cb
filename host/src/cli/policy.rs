mod bench;
mod check;
mod compile;
mod explain;
mod inspect;
mod list;
mod run;
mod test;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::console::Console;
use super::failure::Failure;
use crate::config::Problem;
use crate::domain::PolicyLimits;
use crate::policy::{self, Compiler, LoadError, Runtime, RuntimeOptions};

const EXAMPLES: &str = "\
Examples:
  usher policy list                               what decides now, and what was refused
  usher policy inspect my-policy.wasm             what is in it
  usher policy check my-policy.wasm               would it be loaded
  usher policy test --policy my-policy.wasm cases/
  usher policy run --policy my-policy.wasm cases/ann.json
  usher policy run cases/ann.json                 the same with the default policy
  usher policy explain cases/ann.json             why: rules, and where claims are
  usher policy bench --policy my-policy.wasm      what a decision costs
";

/// Policies: look into them, try them, test them.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub(super) enum Policy {
    /// Say what a component is, and what it says about itself.
    Inspect(inspect::Inspect),
    /// Load a component as the service would, and put the cases beside it to it.
    Check(check::Check),
    /// Put one case to a policy: decision, trace, what was read, cost.
    Run(run::Run),
    /// Say what decides the sign-ins of each provider, since when, and what was refused.
    List(list::List),
    /// Compile a component within limits: what the service and these commands start for each.
    #[command(hide = true)]
    Compile(compile::Compile),
    /// Explain the decision of one case: every rule with what it looked at, and where claims
    /// are.
    Explain(explain::Explain),
    /// Put cases to a policy, and compare its decisions with the expected ones.
    Test(test::Test),
    /// Measure what decisions of a policy cost.
    Bench(bench::Bench),
}

impl Policy {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        match self {
            Self::Inspect(command) => command.run(console).await,
            Self::Check(command) => command.run(console).await,
            Self::List(command) => command.run(console).await,
            Self::Compile(command) => command.run(console),
            Self::Run(command) => command.run(console).await,
            Self::Explain(command) => command.run(console).await,
            Self::Test(command) => command.run(console).await,
            Self::Bench(command) => command.run(console).await,
        }
    }
}

/// Bytes of a file that are read: more than any policy may have, so that the rest is not missed.
const MOST: u64 = (32 << 20) + 1;

/// Which policy decides the cases.
#[derive(Debug, Args)]
struct Chosen {
    /// Component; without it the built-in default policy.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Which limits hold: interpreter for policies in JavaScript or Python.
    #[arg(long, value_enum, default_value = "standard")]
    limits: Limits,
}

impl Chosen {
    fn load(&self) -> Result<policy::Policy, Failure> {
        load(self.policy.as_deref(), self.limits)
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Limits {
    Standard,
    Interpreter,
}

/// Loads a component as the service would.
fn load(file: Option<&Path>, limits: Limits) -> Result<policy::Policy, Failure> {
    let bytes = component(file)?;
    let limits = match limits {
        Limits::Standard => PolicyLimits::Standard,
        Limits::Interpreter => PolicyLimits::Interpreter,
    };
    let runtime = Runtime::start(RuntimeOptions::default())
        .map_err(|error| Failure::broken(&error, "the policy runtime"))?;
    let loaded = runtime.load_by(&Compiler::in_child_of_this_program(), &bytes, limits);
    loaded.map_err(|error| refused(&error, file))
}

/// The bytes of a component: the file's, or those of the built-in default policy.
fn component(file: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let Some(file) = file else {
        return Ok(policy::DEFAULT.to_vec());
    };
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|open| open.take(MOST).read_to_end(&mut bytes))
        .map_err(|error| unreadable(file, &error))?;
    Ok(bytes)
}

fn refused(error: &LoadError, file: Option<&Path>) -> Failure {
    let what = format!(
        "the policy was not loaded ({}): {}",
        error.step, error.message
    );
    Failure::refused(Problem::new(what, named(file), error.fix.clone()))
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(Problem::new(
        format!("the file cannot be read: {error}"),
        file.display(),
        "name a file that exists and that this user may read",
    ))
}

fn named(file: Option<&Path>) -> String {
    match file {
        Some(file) => file.display().to_string(),
        None => "the built-in default policy".to_owned(),
    }
}
