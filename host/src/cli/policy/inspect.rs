use std::path::PathBuf;

use clap::Args;

use super::{component, named, refused};
use crate::cli::console::{Console, Format, Listed, or_dash, table};
use crate::cli::failure::Failure;
use crate::policy::{self, Inspection};

/// Say what a component is, without running it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Inspect {
    /// Component; without it the built-in default policy.
    file: Option<PathBuf>,
    #[command(flatten)]
    listed: Listed,
}

impl Inspect {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let file = self.file.as_deref();
        let inspected = policy::inspect(&component(file)?);
        let inspection = inspected.map_err(|error| refused(&error, file))?;
        match self.listed.format() {
            Format::Json => console.json(&inspection)?,
            Format::Table => {
                console.data(describe(&inspection))?;
                match file {
                    Some(file) => {
                        console.next(format_args!("usher policy check {}", file.display()))
                    }
                    None => console.say(format_args!("this is {}", named(None))),
                }
            }
        }
        Ok(())
    }
}

fn describe(i: &Inspection) -> String {
    let yes = |flag| if flag { "yes" } else { "no" }.to_owned();
    let mut rows = vec![
        ["sha256".to_owned(), i.sha256.clone()],
        ["size".to_owned(), format!("{} bytes", i.size)],
        ["contract".to_owned(), or_dash(i.contract.as_ref())],
        ["checks settings".to_owned(), yes(i.check)],
        ["describes itself".to_owned(), yes(i.about)],
    ];
    let lists = [
        ("imports", &i.imports),
        ("foreign import", &i.foreign),
        ("exports", &i.exports),
        ("made by", &i.producers),
    ];
    for (name, items) in lists {
        rows.extend(items.iter().map(|item| [name.to_owned(), item.clone()]));
    }
    table(&[], rows)
}
