use std::io;
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, roman};

use super::console::Console;
use super::failure::Failure;
use crate::config::{Problem, nearest};

const EXAMPLES: &str = "\
Examples:
  usher man | man -l -                            the manual page of usher
  usher man user disable | man -l -               that of one command
  usher man --folder /usr/local/share/man/man1    those of all commands, to be installed
";

/// Print manual pages.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Man {
    /// Of which command; by default of usher itself.
    #[arg(conflicts_with = "folder")]
    command: Vec<String>,
    /// Write the pages of all commands to this folder instead.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let mut command = super::command().disable_help_subcommand(true);
        command.build();
        if let Some(folder) = &self.folder {
            let written = write_all(&command, folder).map_err(|error| {
                let what = format!("a manual page cannot be written: {error}");
                let fix = "name a folder that exists and that this user may write to";
                Failure::refused(Problem::new(what, folder.display(), fix))
            })?;
            console.say(format_args!(
                "{written} pages written to {}",
                folder.display()
            ));
            return Ok(());
        }
        let mut page = &command;
        for word in &self.command {
            page = page.find_subcommand(word).ok_or_else(|| {
                let known = page.get_subcommands().map(clap::Command::get_name);
                let fix = match nearest(word, known) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "see: usher --help".to_owned(),
                };
                let what = format!("`{word}` is no command");
                Failure::usage(Problem::new(what, "usher man", fix))
            })?;
        }
        Ok(console.raw(&render(page)?)?)
    }
}

fn write_all(command: &clap::Command, folder: &std::path::Path) -> io::Result<usize> {
    let name = Page::new(command.clone()).get_filename();
    std::fs::write(folder.join(name), render(command)?)?;
    let mut written = 1;
    for sub in command.get_subcommands() {
        written += write_all(sub, folder)?;
    }
    Ok(written)
}

/// One page; the examples, which help shows first, have a section of their own.
fn render(command: &clap::Command) -> io::Result<Vec<u8>> {
    let examples = command.get_before_help().map(ToString::to_string);
    let page = Page::new(command.clone())
        .source(concat!("usher ", env!("CARGO_PKG_VERSION")))
        .manual("Usher");
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    if let Some(examples) = examples {
        let lines = examples
            .lines()
            .skip_while(|line| line.starts_with("Examples"));
        let mut section = Roff::new();
        section.control("SH", ["EXAMPLES"]).control("nf", []);
        for line in lines {
            section.text([roman(line)]);
        }
        section.control("fi", []).to_writer(&mut text)?;
    }
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    Ok(text)
}
