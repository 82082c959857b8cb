use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::{Limits, component, load, named, refused};
use crate::cli::console::{Console, Format, Listed, or_dash, printable, table};
use crate::cli::failure::Failure;
use crate::policy::{self, Inspection, Policy};

/// Say what a component is, and what it says about itself.
///
/// Digest, size, imports and exports are read without running any of it. If it exports `about` or
/// `check` and loads, it is then asked, in the sandbox, for its description and for the schema
/// of the site's settings.
#[derive(Debug, Args)]
pub(in crate::cli) struct Inspect {
    /// Component; without it the built-in default policy.
    file: Option<PathBuf>,
    /// Which limits hold: interpreter for policies in JavaScript or Python.
    #[arg(long, value_enum, default_value = "standard")]
    limits: Limits,
    #[command(flatten)]
    listed: Listed,
}

/// What is read, and what is said.
#[derive(Serialize)]
struct Inspected {
    #[serde(flatten)]
    inspection: Inspection,
    /// The answer of `about`: JSON, or text if it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Value>,
    /// The answer of `check.schema`: JSON, or text if it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings_schema: Option<Value>,
}

impl Inspect {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let file = self.file.as_deref();
        let inspected = policy::inspect(&component(file)?);
        let inspection = inspected.map_err(|error| refused(&error, file))?;
        let mut inspected = Inspected {
            inspection,
            description: None,
            settings_schema: None,
        };
        if inspected.inspection.about || inspected.inspection.check {
            match load(file, self.limits) {
                Ok(policy) => inspected.ask(&policy, console).await,
                Err(_) => console.say("it is not loaded, so it was not asked what it is"),
            }
        }
        match self.listed.format() {
            Format::Json => console.json(&inspected)?,
            Format::Table => {
                console.data(describe(&inspected))?;
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

impl Inspected {
    async fn ask(&mut self, policy: &Policy, console: &mut Console<'_>) {
        let (description, schema) = (policy.description().await, policy.settings_schema().await);
        for failure in [&description, &schema]
            .into_iter()
            .filter_map(|it| it.as_ref().err())
        {
            console.say(format_args!("asked what it is, it failed: {failure}"));
        }
        self.description = description.ok().flatten().map(json_or_text);
        self.settings_schema = schema.ok().flatten().map(json_or_text);
    }
}

fn json_or_text(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// Characters of a row; `--json` has all.
const SHOWN: usize = 2_000;

/// The members of the description, each on a line of its own, and the schema.
fn said(inspected: &Inspected) -> Vec<[String; 2]> {
    let line = |value: &Value| match value {
        Value::String(text) => printable(text),
        Value::Array(items) => {
            let items = items.iter().map(|item| match item {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            printable(&items.collect::<Vec<_>>().join(", "))
        }
        other => printable(&other.to_string()),
    };
    let line = |value: &Value| line(value).chars().take(SHOWN).collect::<String>();
    let mut rows = Vec::new();
    match &inspected.description {
        Some(Value::Object(members)) => {
            rows.extend(
                members
                    .iter()
                    .map(|(name, value)| [format!("says {}", printable(name)), line(value)]),
            );
        }
        Some(other) => rows.push(["says".to_owned(), line(other)]),
        None => {}
    }
    let schema = inspected.settings_schema.as_ref();
    rows.extend(schema.map(|schema| ["settings schema".to_owned(), line(schema)]));
    rows
}

fn describe(inspected: &Inspected) -> String {
    let i = &inspected.inspection;
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
    rows.extend(said(inspected));
    table(&[], rows)
}
