use std::path::PathBuf;

use clap::Subcommand;

use super::console::{Access, Console, Format, Listed};
use super::failure::Failure;
use super::opened::Opened;
use crate::config::{Problem, directory_file};
use crate::directory::{Completed, Unfit};

const EXAMPLES: &str = "\
Examples:
  usher directory apply directory.toml            create what it lists and is missing

A directory file:
  [[company]]
  id = \"acme\"
  name = \"Acme Robotics\"
  groups = [\"Research\"]
  domains = [\"acme.example\"]
  invitations = [{ email = \"ada@partner.example\", role = \"admin\" }]
";

/// The directory as a whole.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub(super) enum Directory {
    /// Create the companies, groups, domains and invitations that a file lists and that are
    /// missing; nothing is changed or deleted. `USHER__DIRECTORY_FILE` does it at every start.
    Apply {
        /// A TOML file.
        file: PathBuf,
        #[command(flatten)]
        listed: Listed,
    },
}

impl Directory {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let Self::Apply { file, listed } = self;
        let opened = console.open(Access::Change).await?;
        let administration = opened.administration();
        let (read, mut problems) = directory_file::read(&file);
        let applied = match problems.as_slice() {
            [] => administration.apply(&read).await.map(Some),
            _ => administration.try_out(&read).await.map(|()| None),
        };
        // What is wrong with the file is usage, what does not fit in it a refusal.
        let exit = if problems.is_empty() { 1 } else { 2 };
        match applied {
            Ok(Some(done)) => {
                if read.companies.is_empty() {
                    console.say("no company is listed; see: usher directory --help");
                }
                return show(&done, listed, console);
            }
            Ok(None) => {}
            Err(unfit) => problems.extend(unfit_in_words(unfit, &opened)),
        }
        Err(Failure { exit, problems })
    }
}

fn unfit_in_words(unfit: Unfit, opened: &Opened) -> Vec<Problem> {
    match unfit {
        Unfit::Store(error) => vec![Problem::of(&error.into(), &opened.place)],
        Unfit::Entries(entries) => {
            let entries = entries.into_iter();
            let problem = |(place, error)| Problem::of(&anyhow::Error::from(error), place);
            entries.map(problem).collect()
        }
    }
}

fn show(done: &Completed, listed: Listed, console: &mut Console<'_>) -> Result<(), Failure> {
    match listed.format() {
        Format::Json => console.json(done)?,
        Format::Table => {
            let columns = ["company", "created", "name"];
            console.list(listed, &done.created, columns, |c| {
                [
                    c.company.to_string(),
                    c.what.as_str().to_owned(),
                    c.name.clone(),
                ]
            })?;
        }
    }
    for kept in &done.kept {
        console.say(format_args!("kept: {}\n  where: {}", kept.what, kept.place));
    }
    if done.created.is_empty() {
        console.say("nothing to do: all of it is there");
    } else {
        console.next("usher company list");
    }
    Ok(())
}
