mod check;
mod env;
mod explain;
mod page;
mod show;

use clap::Subcommand;

use super::console::Console;
use super::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  usher config show                               every effective value, and where it comes from
  usher config check --config usher.toml          everything that is wrong with it
  usher config explain groups.claim               what a setting means, and how it is written
  usher config env --provider keycloak            every variable
";

/// The configuration: what holds, and why.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub(super) enum Config {
    /// Show every effective value with its origin; secrets are masked.
    Show(show::Show),
    /// Say everything that is wrong with the configuration.
    Check(check::Check),
    /// Explain one setting: meaning, names, example, and what holds now.
    Explain(explain::Explain),
    /// List every variable with its type, default and meaning.
    Env(env::Env),
}

impl Config {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        match self {
            Self::Show(command) => command.run(console),
            Self::Check(command) => command.run(console),
            Self::Explain(command) => command.run(console),
            Self::Env(command) => command.run(console),
        }
    }
}
