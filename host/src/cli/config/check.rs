use clap::Args;
use serde_json::{Value, json};

use super::super::console::{Console, Format, Listed};
use super::super::failure::Failure;
use crate::config::{self, Problem};

/// Say everything that is wrong with the configuration.
///
/// Nothing is contacted and nothing is opened but the files that settings name;
/// `usher doctor` looks at the live deployment.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    #[command(flatten)]
    listed: Listed,
}

impl Check {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let found = config::inspect(console.environment, console.config.as_deref());
        let (errors, warnings) = (&found.problems, &found.warnings);
        if self.listed.format() == Format::Json {
            console.json(&json!({
                "ok": errors.is_empty(),
                "errors": errors.iter().map(parts).collect::<Value>(),
                "warnings": warnings.iter().map(parts).collect::<Value>(),
            }))?;
        } else {
            for error in errors {
                console.data(format_args!("error: {error}"))?;
            }
            for warning in warnings {
                console.data(format_args!("warning: {warning}"))?;
            }
            console.say(format_args!(
                "{} and {}",
                counted(errors.len(), "error"),
                counted(warnings.len(), "warning")
            ));
        }
        match errors.is_empty() {
            true => Ok(()),
            false => Err(Failure::told(2)),
        }
    }
}

fn parts(problem: &Problem) -> Value {
    json!({ "what": problem.what, "where": problem.place, "fix": problem.fix })
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
