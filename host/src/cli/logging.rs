use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::failure::Failure;
use crate::config::{Environment, Problem, unquoted};

/// Logs to stderr from here on. Does nothing if the process logs already.
pub(super) fn start(filter: &str, environment: &Environment) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Failure::usage(Problem::new(
            format!("what is to be logged cannot be read: {error}"),
            "USHER__LOG",
            "write a level (error, warn, info, debug, trace), or directives such as usher=debug,warn",
        ))
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !no_color(environment));
    // An embedding program may log in its own way.
    let _ = subscriber.try_init();
    Ok(())
}

/// From here on a panic says where it was and nothing else: its text may quote what was at
/// hand, and lands in the log.
pub(super) fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(
            place,
            "a panic; what it said may hold a secret and is not shown"
        );
    }));
}

/// What commands other than `serve` log: only what somebody should see.
pub(super) fn of_command(environment: &Environment) -> &str {
    of_environment(environment).unwrap_or("warn")
}

/// `USHER__LOG`, in any letter case after the prefix.
pub(super) fn of_environment(environment: &Environment) -> Option<&str> {
    let is_log = |name: &str| {
        name.strip_prefix("USHER__")
            .is_some_and(|rest| rest.eq_ignore_ascii_case("log"))
    };
    let mut variables = environment.iter();
    variables
        .find(|(name, _)| is_log(name))
        .map(|(_, value)| unquoted(value))
}

fn no_color(environment: &Environment) -> bool {
    environment
        .value("NO_COLOR")
        .is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const SECRET: &str = "canary in a panic";

    #[test]
    #[ignore = "run by the other one, in a process of its own"]
    fn somebody_panics() {
        let environment = [("NO_COLOR", "1")].into_iter().collect();
        start("info", &environment).unwrap();
        quiet_panics();
        panic!("{SECRET}");
    }

    #[test]
    fn a_panic_says_where_and_not_what() {
        let name = "cli::logging::tests::somebody_panics";
        let itself = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", name])
            .output()
            .unwrap();
        let said = [itself.stdout, itself.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("1 failed"), "{said}");
        assert!(said.contains(file!()), "{said}");
        assert!(!said.contains(SECRET), "{said}");
    }
}
