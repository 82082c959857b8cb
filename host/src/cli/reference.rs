use std::fmt::Write;

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Args, Command};

use super::console::Console;
use super::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  usher reference > docs/reference/command-line.md
";

/// Print the reference page of the command line.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, hide = true)]
pub(super) struct Reference {}

impl Reference {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        Ok(console.raw(page(super::command()).as_bytes())?)
    }
}

const BEGIN: &str = "\
<!-- Made by `usher reference`; change the commands, not this page. -->

# Command line

Every command reads the same [settings](configuration.md): the environment, then the file of `--config`, which every command takes; the environment wins. Data goes to stdout, talk to stderr. Exit codes: 0 fine, 1 a finding or a refusal, 2 usage or configuration. Commands work beside a running `usher serve`.

Where a command takes `--json`, that is the same as `--format json`; without it, it prints a table.
";

fn page(mut command: Command) -> String {
    command.build();
    let mut page = BEGIN.to_owned();
    for sub in shown(&command) {
        entry(&mut page, "usher", sub);
    }
    page
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    let subcommands = command.get_subcommands();
    subcommands.filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
}

/// A command and those below it. Writing to a text cannot fail.
fn entry(page: &mut String, parent: &str, command: &Command) {
    let path = format!("{parent} {}", command.get_name());
    let about = command.get_long_about().or(command.get_about());
    let _ = write!(page, "\n## `{path}`\n\n{}\n", text(about));
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let examples = text(command.get_before_help());
    let _ = write!(page, "\n```text\n{usage}\n\n{examples}\n```\n");
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| is_its_own(arg))
        .collect();
    if !arguments.is_empty() {
        page.push_str("\n| argument | default | meaning |\n| --- | --- | --- |\n");
    }
    for argument in arguments {
        row(page, argument);
    }
    for sub in shown(command) {
        entry(page, &path, sub);
    }
}

/// Not what every command has.
fn is_its_own(argument: &Arg) -> bool {
    !argument.is_global_set()
        && !argument.is_hide_set()
        && !["help", "version"].contains(&argument.get_id().as_str())
}

fn row(page: &mut String, argument: &Arg) {
    let takes_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    let values: Vec<_> = argument.get_value_names().into_iter().flatten().collect();
    let value = match values.first() {
        Some(name) if takes_value => format!("<{name}>"),
        _ => String::new(),
    };
    let name = match (argument.get_long(), value.as_str()) {
        (Some(long), "") => format!("--{long}"),
        (Some(long), value) => format!("--{long} {value}"),
        (None, value) => value.to_owned(),
    };
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<_> = defaults
        .filter(|_| takes_value)
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    let default = match argument.is_required_set() {
        true => "required".to_owned(),
        false => defaults.join(", "),
    };
    let mut meaning = text(argument.get_long_help().or(argument.get_help()));
    let possible = argument.get_possible_values();
    if takes_value && !possible.is_empty() {
        let words: Vec<_> = possible
            .iter()
            .map(|word| format!("`{}`", word.get_name()))
            .collect();
        let _ = write!(meaning, "; {}", words.join(" or "));
    }
    let meaning = meaning.replace('\n', " ").replace('|', "\\|");
    let _ = writeln!(page, "| `{name}` | {default} | {} |", meaning.trim());
}

fn text(styled: Option<&StyledStr>) -> String {
    styled
        .map(|text| text.to_string().trim_end().to_owned())
        .unwrap_or_default()
}
