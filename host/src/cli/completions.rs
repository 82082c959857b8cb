use clap::Args;
use clap_complete::Shell;

use super::console::Console;
use super::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  usher completions bash > /etc/bash_completion.d/usher
  usher completions fish > ~/.config/fish/completions/usher.fish
";

/// Print shell completions.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Completions {
    /// For which shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "usher", &mut script);
        Ok(console.raw(&script)?)
    }
}
