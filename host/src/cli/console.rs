use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use serde::Serialize;

use super::failure::Failure;
use super::opened::Opened;
use crate::clock::Clock;
use crate::config::{self, Environment, Problem};
use crate::domain::DatabaseUrl;
use crate::store::Store;

/// What a command reads from and talks to.
pub(super) struct Console<'a> {
    pub(super) environment: &'a Environment,
    /// The file of `--config`.
    pub(super) config: Option<PathBuf>,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

/// What a command does with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// It only looks.
    Read,
    /// It may change something.
    Change,
}

impl<'a> Console<'a> {
    pub(super) fn new(
        environment: &'a Environment,
        config: Option<PathBuf>,
        out: &'a mut dyn Write,
        err: &'a mut dyn Write,
    ) -> Self {
        Self {
            environment,
            config,
            out,
            err,
        }
    }

    /// Opens the database. What is wrong with the rest of the configuration is only said.
    pub(super) async fn open(&mut self, access: Access) -> Result<Opened, Failure> {
        let stored = config::load_stored(self.environment, self.config.as_deref())?;
        self.warn(&stored.warnings);
        let place = match &stored.database_url {
            DatabaseUrl::Sqlite(path) => format!("the directory in {}", path.display()),
            DatabaseUrl::Postgres(_) => "the directory in PostgreSQL".into(),
        };
        let opened = match access {
            Access::Read => Store::open_to_read(&stored.database_url).await,
            Access::Change => Store::open(&stored.database_url).await,
        };
        match opened {
            Ok(store) => Ok(Opened {
                store,
                place,
                stored,
            }),
            Err(error) => {
                let place = format!("{place} (USHER__DATABASE_URL)");
                Err(Failure::usage(Problem::of(&error, place)))
            }
        }
    }

    /// A line of data.
    pub(super) fn data(&mut self, line: impl Display) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Data as it is.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.out.flush()
    }

    /// Data for a program.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
        Ok(self.data(text)?)
    }

    /// A list: a table for people, an array for programs.
    pub(super) fn list<T: Serialize, const N: usize>(
        &mut self,
        listed: Listed,
        items: &[T],
        columns: [&str; N],
        row: impl Fn(&T) -> [String; N],
    ) -> Result<(), Failure> {
        if listed.format() == Format::Json {
            return self.json(&items);
        }
        if items.is_empty() {
            return Ok(());
        }
        let rows = items.iter().map(row);
        Ok(self.data(table(&columns, rows))?)
    }

    /// Talk, which may repeat what somebody else wrote. Nobody is left to tell if it cannot be
    /// written.
    pub(super) fn say(&mut self, talk: impl Display) {
        let talk = talk.to_string();
        for line in talk.split('\n') {
            let _ = writeln!(self.err, "{}", printable(line));
        }
    }

    /// The command that most likely comes next.
    pub(super) fn next(&mut self, command: impl Display) {
        self.say(format_args!("next: {command}"));
    }

    pub(super) fn warn(&mut self, warnings: &[Problem]) {
        for warning in warnings {
            self.say(format_args!("warning: {warning}"));
        }
    }

    /// Says why a command ends, and with which code.
    pub(super) fn fail(&mut self, failure: &Failure) -> u8 {
        for problem in &failure.problems {
            self.say(format_args!("error: {problem}"));
        }
        failure.exit
    }
}

/// The time of a change.
pub(super) fn now() -> jiff::Timestamp {
    Clock::system().now()
}

/// How a list or a thing is shown.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Listed {
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// For people or for programs; both have the same fields.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

impl Listed {
    pub(super) fn format(self) -> Format {
        match self.json {
            true => Format::Json,
            false => self.format,
        }
    }
}

/// A table without lines, so that `grep` and `cut` work on it.
pub(super) fn table<const N: usize>(
    columns: &[&str],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if !columns.is_empty() {
        table.set_header(columns.iter().map(|column| column.to_uppercase()));
    }
    for row in rows {
        table.add_row(row.map(|cell| printable(&cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// What somebody else wrote must not move the cursor.
pub(super) fn printable(text: &str) -> String {
    let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(visible).collect()
}

/// A time for people.
pub(super) fn when(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A value that may be absent.
pub(super) fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
