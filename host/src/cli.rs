//! The command line: one file per command.
//!
//! Data goes to stdout, talk to stderr. Exit codes: 0 fine, 1 a finding, a refusal or a
//! failed test, 2 usage or configuration (`spec.md` §2). Every error says what is wrong,
//! where, and what to do.

mod admin;
mod audit;
mod company;
mod completions;
mod config;
mod console;
#[cfg(feature = "dev")]
mod dev;
mod directory;
mod doctor;
mod domain;
mod evidence;
mod failure;
mod group;
mod invite;
mod logging;
mod man;
mod openapi;
mod opened;
mod policy;
mod reference;
mod serve;
mod user;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::console::Console;
use self::failure::Failure;
use crate::config::{Environment, Problem};

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let environment = Environment::of_process();
    // Not locked: `serve` and `dev` run for long, and others write too.
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    ExitCode::from(run(std::env::args_os(), &environment, &mut out, &mut err))
}

/// Runs a command: arguments with the program's name first, environment and streams in, exit
/// code out.
pub fn run<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    environment: &Environment,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let matches = command().try_get_matches_from(args);
    let usher = match matches.and_then(|matches| Usher::from_arg_matches(&matches)) {
        Ok(usher) => usher,
        Err(error) => return usage(&error, out, err),
    };
    let mut console = Console::new(environment, usher.config, out, err);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            let what = format!("the system gives no threads: {error}");
            let fix = "raise the limit of processes (ulimit -u)";
            return console.fail(&Failure::refused(Problem::new(what, "usher", fix)));
        }
    };
    let ended = runtime.block_on(usher.command.run(&mut console));
    // A policy that is being compiled changes nothing any more.
    runtime.shutdown_background();
    match ended {
        Ok(()) => 0,
        Err(failure) => console.fail(&failure),
    }
}

/// The whole command line. A command without examples of its own shows those of its parent
/// that are about it.
fn command() -> clap::Command {
    fn inherit(path: &str, examples: &str, command: clap::Command) -> clap::Command {
        let path = format!("{path} {}", command.get_name());
        let own = command.get_before_help().map(ToString::to_string);
        let is_about = |line: &&str| line.trim_start().starts_with(&path);
        let about: Vec<&str> = examples.lines().filter(is_about).collect();
        let examples = match (own, about.is_empty()) {
            (Some(own), _) => own,
            (None, true) => examples.to_owned(),
            (None, false) => format!("Examples:\n{}\n", about.join("\n")),
        };
        let command = command.before_help(examples.clone());
        command.mut_subcommands(|sub| inherit(&path, &examples, sub))
    }
    Usher::command().mut_subcommands(|sub| inherit("usher", EXAMPLES, sub))
}

/// Help and version are data, everything else is talk.
fn usage(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let text = error.render();
    // Nobody is left to tell if the stream is closed.
    let _ = match error.use_stderr() {
        true => write!(err, "{text}"),
        false => write!(out, "{text}"),
    };
    u8::try_from(error.exit_code()).unwrap_or(2)
}

const EXAMPLES: &str = "\
Examples:
  usher dev                                       everything embedded, to try it out
  usher company create --id acme --name Acme      a company, then users can be placed there
  usher serve --config usher.toml                 the service
  usher audit list                                who signed in, who was refused
  usher audit show 7KQ2-M4XD-0ZPA                 why
";

/// The sign-in service of a multi-tenant API server.
#[derive(Debug, Parser)]
#[command(name = "usher", version, before_help = EXAMPLES)]
struct Usher {
    /// Configuration file; the environment wins over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service.
    Serve(serve::Serve),
    /// Run everything embedded: development provider, sample users, default policy.
    #[cfg(feature = "dev")]
    Dev(dev::Dev),
    /// Companies (tenants, workspaces).
    #[command(subcommand)]
    Company(company::Company),
    /// User groups of companies.
    #[command(subcommand)]
    Group(group::Group),
    /// Invitations to companies.
    #[command(subcommand)]
    Invite(invite::Invite),
    /// E-mail domains of companies.
    #[command(subcommand)]
    Domain(domain::Domain),
    /// Users.
    #[command(subcommand)]
    User(user::User),
    /// The directory as a whole: create what a file lists.
    #[command(subcommand)]
    Directory(directory::Directory),
    /// The decision log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// The configuration: what holds, and why.
    #[command(subcommand)]
    Config(config::Config),
    /// For when nobody can sign in: a one-time link for an administrator.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Policies: look into them, try them, test them.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Check a live deployment from end to end, each line with its fix.
    Doctor(doctor::Doctor),
    /// Print shell completions.
    Completions(completions::Completions),
    /// Print manual pages.
    Man(man::Man),
    /// Print the OpenAPI document of the HTTP interface.
    Openapi(openapi::Openapi),
    /// Print the reference page of the command line.
    #[command(hide = true)]
    Reference(reference::Reference),
}

impl Command {
    async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        match self {
            Self::Serve(command) => return command.run(console).await,
            #[cfg(feature = "dev")]
            Self::Dev(command) => return command.run(console).await,
            // What is to be logged may be what is wrong with it.
            Self::Config(command) => return command.run(console),
            _ => {
                let filter = logging::of_command(console.environment);
                logging::start(filter, console.environment)?;
            }
        }
        match self {
            Self::Company(command) => command.run(console).await,
            Self::Group(command) => command.run(console).await,
            Self::Invite(command) => command.run(console).await,
            Self::Domain(command) => command.run(console).await,
            Self::User(command) => command.run(console).await,
            Self::Directory(command) => command.run(console).await,
            Self::Audit(command) => command.run(console).await,
            Self::Admin(command) => command.run(console).await,
            Self::Policy(command) => command.run(console).await,
            Self::Doctor(command) => command.run(console).await,
            Self::Completions(command) => command.run(console),
            Self::Man(command) => command.run(console),
            Self::Openapi(command) => command.run(console),
            Self::Reference(command) => command.run(console),
            _ => Ok(()),
        }
    }
}
